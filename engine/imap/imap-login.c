/* From the connection to an authenticated session that knows its server: greeting, STARTTLS, login, and what
 * has to be learnt after it. Where the last run remembered the server, none of these waits for the other.
 * Threats: nothing but CAPABILITY and STARTTLS is sent in clear where TLS is wanted, and nothing that was
 * received in clear is kept or shown. */
#include "imap-session-private.h"

#include <string.h>

static gboolean
refuse_greeting (ImapSession *session, const ImapResponse *response, GError **error)
{
  g_autofree char *text = NULL;

  if (response->type != IMAP_RESPONSE_CONDITION || response->status != IMAP_STATUS_BYE)
    {
      g_set_error (error, IMAP_ERROR, IMAP_ERROR_PROTOCOL,
                   "the server's greeting is not one of IMAP; check host and port");
      return FALSE;
    }
  text = imap_session_server_text (session, response->text);
  g_set_error (error, IMAP_ERROR, IMAP_ERROR_BYE, "the server turns connections away (“%s”); try again later",
               text);
  return FALSE;
}

gboolean
imap_login_greeting (ImapSession *session, const ImapResponse *response, GError **error)
{
  gboolean condition = response->type == IMAP_RESPONSE_CONDITION;

  if (!condition || (response->status != IMAP_STATUS_OK && response->status != IMAP_STATUS_PREAUTH))
    return refuse_greeting (session, response, error);
  if (response->status == IMAP_STATUS_PREAUTH && !net_connection_is_secure (session->connection))
    {
      g_set_error (error, IMAP_ERROR, IMAP_ERROR_INSECURE,
                   "the server began a session without TLS (PREAUTH); nothing was sent");
      return FALSE;
    }
  if (response->code.type == IMAP_CODE_CAPABILITY)
    imap_memory_set_greeted (session->learnt, response->code.strings);
  /* While a login is under way already, what is offered before it counts for the next run only. */
  if (response->code.type == IMAP_CODE_CAPABILITY && !session->hurries)
    imap_capabilities_set (session, (const char *const *)response->code.strings);
  imap_session_advance (session,
                        response->status == IMAP_STATUS_OK ? IMAP_STATE_GREETED : IMAP_STATE_AUTHENTICATED);
  return TRUE;
}

static gboolean
open_connection (ImapSession *session, GError **error)
{
  if (!net_connection_open (session->connection, error))
    return FALSE;
  imap_session_note_privacy (session);
  return TRUE;
}

static gboolean
await_greeting (ImapSession *session, GError **error)
{
  while (session->state == IMAP_STATE_CONNECTING)
    imap_session_iterate (session);
  return imap_session_check (session, error);
}

/* The state changes with the answer itself: octets behind it must find the door shut. */
static void
starttls_answered (ImapRequest *request, ImapResponse *answer, gpointer user_data)
{
  if (answer->status == IMAP_STATUS_OK)
    imap_session_advance (user_data, IMAP_STATE_SECURING);
  imap_request_keep_answer (request, answer);
}

static gboolean
ask_for_tls (ImapSession *session, GError **error)
{
  g_autoptr (ImapRequest) request = imap_request_new (session, "STARTTLS", imap_command_new ("STARTTLS"));

  imap_request_set_done (request, starttls_answered, session, NULL);
  imap_request_send (request);
  if (!imap_request_await (request, error) || !imap_session_check (session, error))
    return FALSE;
  if (session->state == IMAP_STATE_SECURING)
    return TRUE;
  imap_session_set_error (session, error, IMAP_ERROR, IMAP_ERROR_INSECURE,
                          "the server refused STARTTLS; nothing was sent, security=tls may work (port 993)");
  return FALSE;
}

/* No state at all survives: what was said in clear may have been said by anybody (RFC 9051 section 6.2.1). */
static void
forget_what_was_heard (ImapSession *session)
{
  imap_capabilities_forget (session);
  imap_session_renew_parser (session);
  session->last_code = IMAP_CODE_NONE;
}

static gboolean
start_tls (ImapSession *session, GError **error)
{
  if (session->capability_words == NULL && !imap_capabilities_ask (session, error))
    return FALSE;
  if (!imap_session_has (session, IMAP_CAPABILITY_STARTTLS))
    {
      imap_session_set_error (
          session, error, IMAP_ERROR, IMAP_ERROR_INSECURE,
          "the server offers no STARTTLS, or someone on the way hides it; nothing was sent, "
          "security=tls may work (port 993)");
      return FALSE;
    }
  if (!ask_for_tls (session, error))
    return FALSE;
  forget_what_was_heard (session);
  if (!net_connection_start_tls (session->connection, error))
    return FALSE;
  imap_session_note_privacy (session);
  imap_session_advance (session, IMAP_STATE_GREETED);
  return TRUE;
}

static gboolean
log_in (ImapSession *session, const Account *account, const char *secret, GError **error)
{
  if (session->state == IMAP_STATE_AUTHENTICATED)
    return TRUE;
  if (!session->is_private)
    {
      imap_session_set_error (session, error, IMAP_ERROR, IMAP_ERROR_INSECURE,
                              "there is no TLS and so no login; set security=tls or security=starttls");
      return FALSE;
    }
  if (session->capability_words == NULL && !imap_capabilities_ask (session, error))
    return FALSE;
  imap_memory_set_greeted (session->learnt, session->capability_words);
  return imap_authenticate (session, account, secret, error);
}

/* A server that speaks IMAP4rev2 alone has no modified UTF-7 (RFC 9051 section 5.1). */
static gboolean
speaks_rev2_alone (const char *const *words)
{
  return imap_capabilities_contain (words, "IMAP4rev2") && !imap_capabilities_contain (words, "IMAP4rev1");
}

/* What a server refused that offered something else then may be worth a try. */
static void
note_admitted (ImapSession *session)
{
  if (session->memory != NULL && !g_strv_equal ((const char *const *)session->memory->greeted,
                                                (const char *const *)session->learnt->greeted))
    session->learnt->unbound = FALSE;
  imap_memory_set_admitted (session->learnt, session->capability_words);
}

static gboolean
learn_server (ImapSession *session, GError **error)
{
  if (session->capability_words == NULL && !imap_capabilities_ask (session, error))
    return FALSE;
  if (speaks_rev2_alone ((const char *const *)session->capability_words))
    imap_session_set_utf8 (session);
  note_admitted (session);
  imap_learn_send (session);
  return imap_learn_await (session, error);
}

/* What was asked for on the word of the last run counts only if the server still says the same of itself. */
static gboolean
end_hurry (ImapSession *session, GError **error)
{
  if (!imap_learn_await (session, error) ||
      (session->capability_words == NULL && !imap_capabilities_ask (session, error)))
    return FALSE;
  if (!g_strv_equal ((const char *const *)session->capability_words,
                     (const char *const *)session->memory->admitted))
    g_clear_pointer (&session->listing, imap_listing_free);
  if (speaks_rev2_alone ((const char *const *)session->capability_words))
    imap_session_set_utf8 (session);
  note_admitted (session);
  return TRUE;
}

/* Inside TLS, or to a loopback address, what the server greets with changes nothing: it has proved already
 * who it is. */
static gboolean
hurry (ImapSession *session, const Account *account, const char *secret, GError **error)
{
  imap_capabilities_set (session, (const char *const *)session->memory->greeted);
  if (!imap_authenticate (session, account, secret, error))
    return FALSE;
  return session->flight != NULL ? end_hurry (session, error) : learn_server (session, error);
}

gboolean
imap_login_may_hurry (const Account *account, const ImapMemory *memory)
{
  return memory != NULL && !memory->waits && account->security != ACCOUNT_SECURITY_STARTTLS &&
         imap_capabilities_contain ((const char *const *)memory->greeted, "SASL-IR") &&
         imap_capabilities_contain ((const char *const *)memory->admitted, "IMAP4rev1");
}

gboolean
imap_login (ImapSession *session, const Account *account, const char *secret, GError **error)
{
  if (!open_connection (session, error))
    return FALSE;
  if (session->hurries && session->is_private)
    return hurry (session, account, secret, error);
  return await_greeting (session, error) &&
         (account->security != ACCOUNT_SECURITY_STARTTLS || start_tls (session, error)) &&
         log_in (session, account, secret, error) && learn_server (session, error);
}
