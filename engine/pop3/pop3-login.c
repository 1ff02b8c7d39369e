/* From the connection to a session that knows its maildrop: greeting, STLS, login, listing. Threats: nothing
 * but STLS is sent in clear where TLS is wanted, and nothing that was received in clear is kept or shown. */
#include "pop3-session-private.h"

gboolean
pop3_login_greeting (Pop3Session *session, const Pop3Response *response, GError **error)
{
  switch (response->status)
    {
    case POP3_STATUS_OK:
      pop3_session_advance (session, POP3_STATE_GREETED);
      return TRUE;
    case POP3_STATUS_ERR:
      pop3_refusal_set_greeting_error (session, response, error);
      return FALSE;
    case POP3_STATUS_CONTINUE:
      break;
    }
  g_set_error (error, POP3_ERROR, POP3_ERROR_PROTOCOL,
               "the server's greeting is not one of POP3; check host and port");
  return FALSE;
}

static gboolean
await_greeting (Pop3Session *session, GError **error)
{
  if (!net_connection_open (session->connection, error))
    return FALSE;
  pop3_session_note_privacy (session);
  while (session->state == POP3_STATE_CONNECTING)
    pop3_session_iterate (session);
  return pop3_session_check (session, error);
}

/* The state changes with the answer itself: octets behind it must find the door shut. */
static void
stls_answered (const Pop3Response *answer, gpointer user_data)
{
  if (answer->status == POP3_STATUS_OK)
    pop3_session_advance (user_data, POP3_STATE_SECURING);
}

/* CAPA is not asked for it: in clear its answer may be anybody's, and this one tells as much. */
static gboolean
ask_for_tls (Pop3Session *session, GError **error)
{
  g_autoptr (Pop3Request) request = pop3_request_new (session, "STLS", NULL, POP3_SHAPE_LINE);

  pop3_request_set_done (request, stls_answered, session, NULL);
  pop3_request_send (request);
  if (!pop3_request_await (request, error) || !pop3_session_check (session, error))
    return FALSE;
  if (session->state == POP3_STATE_SECURING)
    return TRUE;
  pop3_session_set_error (
      session, error, POP3_ERROR, POP3_ERROR_INSECURE,
      "the server refused STLS, or someone on the way did; nothing was sent, security=tls "
      "may work (port 995)");
  return FALSE;
}

static gboolean
start_tls (Pop3Session *session, GError **error)
{
  if (!ask_for_tls (session, error))
    return FALSE;
  pop3_session_renew_parser (session);
  if (!net_connection_start_tls (session->connection, error))
    return FALSE;
  pop3_session_note_privacy (session);
  pop3_session_advance (session, POP3_STATE_GREETED);
  return TRUE;
}

/* -ERR: a server of before RFC 2449, which has USER and PASS. */
static gboolean
ask_capabilities (Pop3Session *session, GError **error)
{
  g_autoptr (Pop3Request) request = pop3_capabilities_request (session);

  pop3_request_send (request);
  return pop3_request_await (request, error) && pop3_session_check (session, error);
}

static gboolean
log_in (Pop3Session *session, const Account *account, const char *secret, GError **error)
{
  if (!session->is_private)
    {
      pop3_session_set_error (session, error, POP3_ERROR, POP3_ERROR_INSECURE,
                              "there is no TLS and so no login; set security=tls or security=starttls");
      return FALSE;
    }
  return ask_capabilities (session, error) && pop3_authenticate (session, account, secret, error);
}

gboolean
pop3_login (Pop3Session *session, const Account *account, const char *secret, GError **error)
{
  return await_greeting (session, error) &&
         (account->security != ACCOUNT_SECURITY_STARTTLS || start_tls (session, error)) &&
         log_in (session, account, secret, error) && pop3_listing_ask (session, error);
}
