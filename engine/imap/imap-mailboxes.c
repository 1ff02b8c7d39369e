/* Commands about mailboxes, each sent alone. */
#include "imap-session-private.h"

#include <string.h>

#include "grammar/imap-mailbox-name.h"

static ImapCommand *
command_for (const char *name, const char *wire_name)
{
  ImapCommand *command = imap_command_new (name);

  imap_command_astring (command, wire_name);
  return command;
}

/* As in the table of requests: the answer opens the mailbox, so that what follows in the same octets is
 * already counted against it. */
static void
select_answered (ImapRequest *request, ImapResponse *answer, gpointer user_data)
{
  ImapSession *session = user_data;

  session->selecting = FALSE;
  if (answer->status == IMAP_STATUS_OK && imap_selection_is_counted (session->selection))
    {
      imap_selection_open (session->selection, answer);
      imap_session_advance (session, IMAP_STATE_SELECTED);
    }
  imap_request_keep_answer (request, answer);
}

static const char *
select_name (gboolean examine)
{
  return examine ? "EXAMINE" : "SELECT";
}

ImapCommand *
imap_select_command (const char *wire_name, gboolean examine)
{
  return command_for (select_name (examine), wire_name);
}

static gboolean
run_select (ImapSession *session, const char *wire_name, gboolean examine, GError **error)
{
  g_autoptr (ImapRequest) request =
      imap_request_new (session, select_name (examine), imap_select_command (wire_name, examine));

  imap_request_set_subject (request, wire_name);
  imap_request_set_done (request, select_answered, session, NULL);
  session->selecting = TRUE;
  imap_request_send (request);
  return imap_request_await_ok (request, error) && imap_session_check (session, error);
}

static void
fail_uncounted (ImapSession *session)
{
  imap_session_fail (session,
                     g_error_new (IMAP_ERROR, IMAP_ERROR_PROTOCOL,
                                  "the server opened a mailbox without telling how many messages exist"));
}

/* Whatever comes of it, the old mailbox is not selected any more (RFC 9051 section 6.3.2). */
const ImapSelected *
imap_session_select (ImapSession *session, const char *wire_name, gboolean examine, GError **error)
{
  g_return_val_if_fail (wire_name != NULL, NULL);
  if (!imap_alone_begin (session, G_STRFUNC, error))
    return NULL;
  imap_session_advance (session, IMAP_STATE_AUTHENTICATED);
  imap_selection_free (session->selection);
  session->selection = imap_selection_new (wire_name, examine);
  if (!run_select (session, wire_name, examine, error))
    return NULL;
  if (session->state != IMAP_STATE_SELECTED)
    fail_uncounted (session);
  return imap_session_check (session, error) ? imap_selection_get (session->selection) : NULL;
}

gboolean
imap_select_again (ImapSession *session, GError **error)
{
  ImapSelection *selection = session->selection;
  const ImapSelected before = *imap_selection_get (selection);

  imap_session_advance (session, IMAP_STATE_AUTHENTICATED);
  imap_selection_begin_again (selection);
  if (!run_select (session, before.mailbox, imap_selection_examines (selection), error))
    return FALSE;
  if (session->state == IMAP_STATE_SELECTED && imap_selection_end_again (selection, &before))
    return TRUE;
  imap_session_set_error (session, error, IMAP_ERROR, IMAP_ERROR_PROTOCOL,
                          "the selected mailbox became another meanwhile; run again");
  return FALSE;
}

gboolean
imap_session_unselect (ImapSession *session, GError **error)
{
  g_autoptr (GError) refused = NULL;

  if (!imap_alone_begin (session, G_STRFUNC, error))
    return FALSE;
  if (session->state != IMAP_STATE_SELECTED)
    return TRUE;
  imap_session_advance (session, IMAP_STATE_AUTHENTICATED);
  if (imap_session_has (session, IMAP_CAPABILITY_UNSELECT))
    return imap_alone_run (session, "UNSELECT", NULL, imap_command_new ("UNSELECT"), NULL, NULL, error);
  /* A name of wildcards can't exist, so this fails, and a failed EXAMINE selects nothing. */
  if (!imap_alone_run (session, "EXAMINE", NULL, command_for ("EXAMINE", "%*%"), NULL, NULL, &refused) &&
      !g_error_matches (refused, IMAP_ERROR, IMAP_ERROR_REFUSED))
    {
      g_propagate_error (error, g_steal_pointer (&refused));
      return FALSE;
    }
  return TRUE;
}

gboolean
imap_session_noop (ImapSession *session, GError **error)
{
  return imap_alone_begin (session, G_STRFUNC, error) &&
         imap_alone_run (session, "NOOP", NULL, imap_command_new ("NOOP"), NULL, NULL, error);
}

/* Subscriptions are a courtesy to other clients: a refusal is no failure. */
static void
run_courtesy (ImapSession *session, const char *name, const char *wire_name)
{
  ImapCodeType code = session->last_code;

  imap_alone_run (session, name, wire_name, command_for (name, wire_name), NULL, NULL, NULL);
  session->last_code = code;
}

/* TRUE too when the server refuses because that is the state already, as `code` says. */
static gboolean
run_change (ImapSession *session, const char *name, const char *wire_name, ImapCommand *command,
            ImapCodeType code, GError **error)
{
  g_autoptr (GError) refused = NULL;

  if (imap_alone_run (session, name, wire_name, command, NULL, NULL, &refused) ||
      (g_error_matches (refused, IMAP_ERROR, IMAP_ERROR_REFUSED) && session->last_code == code))
    return TRUE;
  g_propagate_error (error, g_steal_pointer (&refused));
  return FALSE;
}

gboolean
imap_session_create (ImapSession *session, const char *wire_name, GError **error)
{
  g_return_val_if_fail (wire_name != NULL, FALSE);
  if (!imap_alone_begin (session, G_STRFUNC, error) ||
      !run_change (session, "CREATE", wire_name, command_for ("CREATE", wire_name), IMAP_CODE_ALREADYEXISTS,
                   error))
    return FALSE;
  run_courtesy (session, "SUBSCRIBE", wire_name);
  return imap_session_check (session, error);
}

gboolean
imap_session_subscribe (ImapSession *session, const char *wire_name, GError **error)
{
  g_return_val_if_fail (wire_name != NULL, FALSE);
  if (!imap_alone_begin (session, G_STRFUNC, error))
    return FALSE;
  run_courtesy (session, "SUBSCRIBE", wire_name);
  return imap_session_check (session, error);
}

gboolean
imap_session_rename (ImapSession *session, const char *from, const char *to, GError **error)
{
  ImapCommand *command;

  g_return_val_if_fail (from != NULL && to != NULL, FALSE);
  if (!imap_alone_begin (session, G_STRFUNC, error))
    return FALSE;
  command = command_for ("RENAME", from);
  imap_command_astring (command, to);
  if (!imap_alone_run (session, "RENAME", from, command, NULL, NULL, error))
    return FALSE;
  run_courtesy (session, "SUBSCRIBE", to);
  run_courtesy (session, "UNSUBSCRIBE", from);
  return imap_session_check (session, error);
}

gboolean
imap_session_delete (ImapSession *session, const char *wire_name, GError **error)
{
  g_return_val_if_fail (wire_name != NULL, FALSE);
  if (!imap_alone_begin (session, G_STRFUNC, error) ||
      !run_change (session, "DELETE", wire_name, command_for ("DELETE", wire_name), IMAP_CODE_NONEXISTENT,
                   error))
    return FALSE;
  run_courtesy (session, "UNSUBSCRIBE", wire_name);
  return imap_session_check (session, error);
}

char *
imap_session_encode_name (ImapSession *session, const char *mailbox)
{
  return session->utf8 ? g_strdup (mailbox) : imap_mailbox_name_encode (mailbox);
}

/* The server's farewell is not waited for: it can't change anything any more. */
void
imap_session_logout (ImapSession *session)
{
  gboolean idle;

  if (!imap_session_may_call (session, G_STRFUNC))
    return;
  imap_foretold_clear (session);
  idle = g_hash_table_size (session->requests) == 0;
  if (idle && (session->state == IMAP_STATE_AUTHENTICATED || session->state == IMAP_STATE_SELECTED))
    {
      g_autoptr (ImapRequest) request = imap_request_new (session, "LOGOUT", imap_command_new ("LOGOUT"));

      imap_request_send (request);
      imap_requests_detach (session);
      imap_session_advance (session, IMAP_STATE_LOGGED_OUT);
    }
  net_connection_close (session->connection);
}
