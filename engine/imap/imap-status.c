/* STATUS (RFC 9051 section 6.3.11): of one mailbox, or of all in a flight. */
#include "imap-session-private.h"

#include "grammar/imap-mailbox-name.h"

/* Commands under way at once: enough to hide the latency, few enough for any server's buffers. */
#define FLIGHT 64

static void
mailbox_status_free (gpointer data)
{
  ImapMailboxStatus *status = data;

  g_free (status->mailbox);
  g_free (status->raw);
  g_free (status);
}

GPtrArray *
imap_status_array_new (void)
{
  return g_ptr_array_new_with_free_func (mailbox_status_free);
}

void
imap_status_collect (ImapResponse *response, gpointer user_data)
{
  GPtrArray *statuses = user_data;
  ImapMailboxStatus *status;

  if (response->type != IMAP_RESPONSE_STATUS || statuses->len >= IMAP_MAX_MAILBOXES)
    return;
  status = g_new (ImapMailboxStatus, 1);
  *status = response->mailbox_status;
  response->mailbox_status = (ImapMailboxStatus){ 0 };
  g_ptr_array_add (statuses, status);
}

const char *
imap_status_items (const ImapSession *session)
{
  return imap_session_has (session, IMAP_CAPABILITY_CONDSTORE)
             ? "(MESSAGES UIDNEXT UIDVALIDITY UNSEEN HIGHESTMODSEQ)"
             : "(MESSAGES UIDNEXT UIDVALIDITY UNSEEN)";
}

static ImapCommand *
status_command (ImapSession *session, const char *wire_name)
{
  ImapCommand *command = imap_command_new ("STATUS");

  imap_command_astring (command, wire_name);
  imap_command_raw (command, " ");
  imap_command_raw (command, imap_status_items (session));
  return command;
}

static ImapRequest *
send_status (ImapSession *session, const char *wire_name)
{
  ImapRequest *request = imap_request_new (session, "STATUS", status_command (session, wire_name));

  imap_request_set_subject (request, wire_name);
  imap_request_send (request);
  return request;
}

static gboolean
fly (ImapSession *session, GPtrArray *items, GError **error)
{
  g_autoptr (GPtrArray) flight = g_ptr_array_new_with_free_func ((GDestroyNotify)imap_request_unref);

  for (guint i = 0; i < items->len; i++)
    {
      const ImapListItem *item = g_ptr_array_index (items, i);

      if (imap_list_item_has (item, "\\Noselect"))
        continue;
      g_ptr_array_add (flight, send_status (session, item->raw));
      if (flight->len >= FLIGHT &&
          !imap_request_await (g_ptr_array_index (flight, flight->len - FLIGHT), error))
        return FALSE;
    }
  imap_requests_drain (session);
  return imap_session_check (session, error);
}

gboolean
imap_status_ask_all (ImapSession *session, GPtrArray *items, GPtrArray *statuses, GError **error)
{
  gboolean complete;

  session->collect = imap_status_collect;
  session->collect_data = statuses;
  complete = fly (session, items, error);
  session->collect = NULL;
  return complete;
}

static gboolean
is_for (ImapSession *session, const ImapMailboxStatus *status, const char *wire_name)
{
  g_autofree char *mailbox = session->utf8 ? g_strdup (wire_name) : imap_mailbox_name_decode (wire_name);

  if (g_strcmp0 (status->raw, wire_name) == 0 || g_strcmp0 (status->mailbox, mailbox) == 0)
    return TRUE;
  return g_ascii_strcasecmp (wire_name, "INBOX") == 0 && status->raw != NULL &&
         g_ascii_strcasecmp (status->raw, "INBOX") == 0;
}

static const ImapMailboxStatus *
find_status (ImapSession *session, GPtrArray *statuses, const char *wire_name)
{
  for (guint i = 0; i < statuses->len; i++)
    if (is_for (session, g_ptr_array_index (statuses, i), wire_name))
      return g_ptr_array_index (statuses, i);
  return NULL;
}

gboolean
imap_session_status (ImapSession *session, const char *wire_name, ImapMailboxStatus *status, GError **error)
{
  g_autoptr (GPtrArray) statuses = imap_status_array_new ();
  const ImapMailboxStatus *found;

  g_return_val_if_fail (wire_name != NULL, FALSE);
  if (!imap_alone_begin (session, G_STRFUNC, error))
    return FALSE;
  if (!imap_alone_run (session, "STATUS", wire_name, status_command (session, wire_name), imap_status_collect,
                       statuses, error))
    return FALSE;
  found = find_status (session, statuses, wire_name);
  if (found == NULL)
    {
      imap_session_set_error (session, error, IMAP_ERROR, IMAP_ERROR_REFUSED,
                              "the server answered STATUS without telling any");
      return FALSE;
    }
  *status = *found;
  status->mailbox = NULL;
  status->raw = NULL;
  return TRUE;
}
