/* From the connection to an authenticated session that knows its server: greeting, STARTTLS, login, and what
 * has to be learnt after it. Threats: nothing but CAPABILITY and STARTTLS is sent in clear where TLS is
 * wanted, and nothing that was received in clear is kept or shown. */
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
    imap_capabilities_set (session, (const char *const *)response->code.strings);
  imap_session_advance (session,
                        response->status == IMAP_STATUS_OK ? IMAP_STATE_GREETED : IMAP_STATE_AUTHENTICATED);
  return TRUE;
}

static gboolean
await_greeting (ImapSession *session, GError **error)
{
  if (!net_connection_open (session->connection, error))
    return FALSE;
  imap_session_note_privacy (session);
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
  return imap_authenticate (session, account, secret, error);
}

static void
learn_namespace (ImapSession *session, const char *prefix, char delimiter)
{
  gboolean bare = prefix == NULL || *prefix == '\0';
  gboolean closed = bare || delimiter == '\0' || prefix[strlen (prefix) - 1] == delimiter;

  g_free (session->prefix);
  session->prefix = closed ? g_strdup (bare ? "" : prefix) : g_strdup_printf ("%s%c", prefix, delimiter);
  session->delimiter = delimiter;
}

static void
learn_enabled (ImapSession *session, char **words)
{
  for (gsize i = 0; words != NULL && words[i] != NULL; i++)
    if (g_ascii_strcasecmp (words[i], "UTF8=ACCEPT") == 0)
      imap_session_set_utf8 (session);
}

static void
learn (ImapResponse *response, gpointer user_data)
{
  ImapSession *session = user_data;

  if (response->type == IMAP_RESPONSE_ENABLED)
    learn_enabled (session, response->strings);
  else if (response->type == IMAP_RESPONSE_NAMESPACE)
    learn_namespace (session, response->prefix, response->delimiter);
  else if (response->type == IMAP_RESPONSE_LIST && session->delimiter == '\0')
    session->delimiter = response->list.delimiter;
}

static void
flight_add (GPtrArray *flight, ImapSession *session, const char *name, const char *text)
{
  ImapRequest *request = imap_request_new (session, name, imap_command_new (text));

  imap_request_send (request);
  g_ptr_array_add (flight, request);
}

/* Refusals are no failure: all of this is optional. */
static gboolean
flight_await (GPtrArray *flight, GError **error)
{
  for (guint i = 0; i < flight->len; i++)
    if (!imap_request_await (g_ptr_array_index (flight, i), error))
      return FALSE;
  g_ptr_array_set_size (flight, 0);
  return TRUE;
}

/* One flight; LIST "" "" tells the delimiter where NAMESPACE does not. */
static gboolean
fly (ImapSession *session, GError **error)
{
  g_autoptr (GPtrArray) flight = g_ptr_array_new_with_free_func ((GDestroyNotify)imap_request_unref);

  if (imap_session_has (session, IMAP_CAPABILITY_ENABLE) &&
      imap_session_has (session, IMAP_CAPABILITY_UTF8_ACCEPT))
    flight_add (flight, session, "ENABLE", "ENABLE UTF8=ACCEPT");
  if (imap_session_has (session, IMAP_CAPABILITY_ID))
    flight_add (flight, session, "ID", "ID (\"name\" \"dovetail\" \"version\" \"" DOVETAIL_VERSION "\")");
  if (imap_session_has (session, IMAP_CAPABILITY_NAMESPACE))
    flight_add (flight, session, "NAMESPACE", "NAMESPACE");
  else
    flight_add (flight, session, "LIST", "LIST \"\" \"\"");
  if (!flight_await (flight, error))
    return FALSE;
  if (session->delimiter == '\0' && imap_session_has (session, IMAP_CAPABILITY_NAMESPACE))
    flight_add (flight, session, "LIST", "LIST \"\" \"\"");
  return flight_await (flight, error);
}

static gboolean
has_word (const ImapSession *session, const char *word)
{
  for (gsize i = 0; session->capability_words[i] != NULL; i++)
    if (g_ascii_strcasecmp (session->capability_words[i], word) == 0)
      return TRUE;
  return FALSE;
}

static gboolean
learn_server (ImapSession *session, GError **error)
{
  gboolean learnt;

  if (session->capability_words == NULL && !imap_capabilities_ask (session, error))
    return FALSE;
  /* A server that speaks IMAP4rev2 alone has no modified UTF-7 (RFC 9051 section 5.1). */
  if (imap_session_has (session, IMAP_CAPABILITY_REV2) && !has_word (session, "IMAP4rev1"))
    imap_session_set_utf8 (session);
  session->collect = learn;
  session->collect_data = session;
  learnt = fly (session, error);
  session->collect = NULL;
  return learnt && imap_session_check (session, error);
}

gboolean
imap_login (ImapSession *session, const Account *account, const char *secret, GError **error)
{
  return await_greeting (session, error) &&
         (account->security != ACCOUNT_SECURITY_STARTTLS || start_tls (session, error)) &&
         log_in (session, account, secret, error) && learn_server (session, error);
}
