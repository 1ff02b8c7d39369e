/* AUTHENTICATE (RFC 9051 section 6.2.2) with the best mechanism that both sides have, or LOGIN where there is
 * none. The caller has seen to it that the connection is private. */
#include "imap-session-private.h"

#include <string.h>

#include "../net/sasl-base64.h"
#include "../net/sasl.h"

#define MAX_CHALLENGES 10

/* With a valid channel binding that the server refuses there may still be a plain login inside verified TLS
 * (Cyrus accepts only tls-unique): tried once. */
static const char *const plus_mechanisms[] = { "SCRAM-SHA-256-PLUS", "SCRAM-SHA-1-PLUS", NULL };

/* One AUTHENTICATE. */
typedef struct
{
  ImapSession *session;
  Sasl *sasl;
} Exchange;

static gboolean
step (Sasl *sasl, const char *challenge, char **line, GError **error)
{
  g_autoptr (GBytes) decoded = sasl_decode_challenge (challenge);
  GBytes *response;

  if (decoded == NULL)
    {
      g_set_error (error, IMAP_ERROR, IMAP_ERROR_PROTOCOL,
                   "the server's challenge is not base64; login was broken off");
      return FALSE;
    }
  response = sasl_step (sasl, decoded, error);
  if (response == NULL)
    return FALSE;
  *line = sasl_encode_response (response);
  return TRUE;
}

static void
write_line (ImapSession *session, const char *line)
{
  net_connection_write (session->connection, line, strlen (line));
  net_connection_write (session->connection, "\r\n", 2);
}

/* "*" tells the server; then nothing that it says counts any more. */
static gboolean
break_off (ImapSession *session, GError *cause, GError **error)
{
  write_line (session, "*");
  net_connection_close (session->connection);
  imap_session_fail (session, cause);
  return imap_session_check (session, error);
}

/* Where the server is known, the questions that come after the login follow its last word at once: they only
 * look, and what is answered to them counts only behind a login that succeeded. */
static void
hurry_on (Exchange *exchange)
{
  ImapSession *session = exchange->session;

  if (!session->hurries || session->flight != NULL || !sasl_has_said_all (exchange->sasl))
    return;
  imap_capabilities_set (session, (const char *const *)session->memory->admitted);
  imap_learn_send (session);
  imap_capabilities_forget (session);
}

static gboolean
answer_challenge (Exchange *exchange, const char *challenge, guint count, GError **error)
{
  ImapSession *session = exchange->session;
  GError *cause = NULL;
  char *line = NULL;

  if (count > MAX_CHALLENGES)
    g_set_error (&cause, IMAP_ERROR, IMAP_ERROR_PROTOCOL, "the server asks for ever during login");
  else
    step (exchange->sasl, challenge, &line, &cause);
  if (cause != NULL)
    return break_off (session, cause, error);
  write_line (session, line);
  sasl_wipe (line);
  hurry_on (exchange);
  return TRUE;
}

/* Until the tagged answer. `late` is the initial response of a server without SASL-IR: it answers the first,
 * empty challenge. */
static gboolean
converse (Exchange *exchange, ImapRequest *request, const char *late, GError **error)
{
  for (guint count = 1;; count++)
    {
      g_autofree char *challenge = NULL;

      if (!imap_request_await_challenge (request, &challenge, error))
        return FALSE;
      if (challenge == NULL)
        return TRUE;
      if (count == 1 && late != NULL && *challenge == '\0')
        write_line (exchange->session, late);
      else if (!answer_challenge (exchange, challenge, count, error))
        return FALSE;
    }
}

static ImapRequest *
authenticate_request (ImapSession *session, const char *mechanism, const char *initial)
{
  ImapCommand *command = imap_command_new ("AUTHENTICATE");
  ImapRequest *request;

  imap_command_raw (command, " ");
  imap_command_raw (command, mechanism);
  if (initial != NULL)
    {
      imap_command_raw (command, " ");
      imap_command_raw (command, *initial != '\0' ? initial : "=");
    }
  request = imap_request_new (session, "AUTHENTICATE", command);
  imap_request_set_secret (request);
  imap_request_set_subject (request, mechanism);
  return request;
}

static void
fail_unproved (ImapSession *session, const GError *cause)
{
  imap_session_fail (session, g_error_new (IMAP_ERROR, IMAP_ERROR_AUTHENTICATION,
                                           "the server did not prove that it knows the password (%s); it may "
                                           "be an impostor",
                                           cause->message));
}

/* The state changes with the answer itself: what was asked for behind the login may follow in the same
 * octets, and the server's proof may stand just before it. */
static void
authenticated (ImapRequest *request, ImapResponse *answer, gpointer user_data)
{
  Exchange *exchange = user_data;
  g_autofree char *challenge = imap_request_take_challenge (request);
  g_autofree char *line = NULL;
  g_autoptr (GError) cause = NULL;

  imap_request_keep_answer (request, answer);
  if (answer->status != IMAP_STATUS_OK)
    return;
  if ((challenge == NULL || step (exchange->sasl, challenge, &line, &cause)) &&
      sasl_finish (exchange->sasl, &cause))
    imap_session_advance (exchange->session, IMAP_STATE_AUTHENTICATED);
  else
    fail_unproved (exchange->session, cause);
}

/* Sends AUTHENTICATE and talks until the tagged answer. (transfer full) (nullable) */
static ImapRequest *
run_exchange (ImapSession *session, const char *mechanism, Sasl *sasl, GError **error)
{
  Exchange exchange = { .session = session, .sasl = sasl };
  gboolean first = sasl_is_client_first (sasl);
  gboolean at_once = first && imap_session_has (session, IMAP_CAPABILITY_SASL_IR);
  char *initial = NULL;
  g_autoptr (ImapRequest) request = NULL;
  gboolean finished;

  if (first && !step (sasl, "", &initial, error))
    return NULL;
  request = authenticate_request (session, mechanism, at_once ? initial : NULL);
  imap_request_set_done (request, authenticated, &exchange, NULL);
  imap_capabilities_forget (session);
  session->challenged = request;
  imap_request_send (request);
  hurry_on (&exchange);
  finished = converse (&exchange, request, at_once ? NULL : initial, error);
  session->challenged = NULL;
  sasl_wipe (initial);
  return finished ? g_steal_pointer (&request) : NULL;
}

/* What came with the exchange says more than the answer behind it. */
static void
set_token_refusal (ImapSession *session, const char *words, const char *text, GError **error)
{
  imap_session_set_error (
      session, error, IMAP_ERROR, IMAP_ERROR_AUTHENTICATION,
      "the server refused the access token (“%s”); see that token-command prints one that "
      "is valid now and allows IMAP, and run again",
      words != NULL && *words != '\0' ? words : text);
}

/* A login that was sent unheard was refused for what it was made of, not for the password: the server can't
 * be talked to so, or offers other things now. */
static gboolean
set_unheard_refusal (const ImapSession *session, const ImapResponse *answer, const char *text, GError **error)
{
  gboolean is_bad = answer->status == IMAP_STATUS_BAD;

  if (!session->hurries || (!is_bad && g_strv_equal ((const char *const *)session->learnt->greeted,
                                                     (const char *const *)session->memory->greeted)))
    return FALSE;
  imap_session_set_error (session, error, IMAP_ERROR, is_bad ? IMAP_ERROR_PROTOCOL : IMAP_ERROR_REFUSED,
                          "the server does not take the login of the last run any more (“%s”)", text);
  return TRUE;
}

/* `sasl` is NULL for LOGIN. */
static void
set_refusal (ImapSession *session, const SaslCredentials *credentials, const Sasl *sasl,
             const ImapResponse *answer, GError **error)
{
  g_autofree char *text = imap_session_server_text (session, answer->text);

  if (set_unheard_refusal (session, answer, text, error))
    return;
  switch (answer->code.type)
    {
    case IMAP_CODE_UNAVAILABLE:
    case IMAP_CODE_INUSE:
    case IMAP_CODE_LIMIT:
      imap_session_set_error (session, error, IMAP_ERROR, IMAP_ERROR_BYE,
                              "the server can't log in anybody now (“%s”); try again later", text);
      break;
    case IMAP_CODE_PRIVACYREQUIRED:
      imap_session_set_error (session, error, IMAP_ERROR, IMAP_ERROR_INSECURE,
                              "the server wants a better protected connection for a login (“%s”)", text);
      break;
    case IMAP_CODE_EXPIRED:
      imap_session_set_error (session, error, IMAP_ERROR, IMAP_ERROR_AUTHENTICATION,
                              "the password or access token has expired (“%s”); get a new one and run again",
                              text);
      break;
    case IMAP_CODE_CONTACTADMIN:
      imap_session_set_error (session, error, IMAP_ERROR, IMAP_ERROR_AUTHENTICATION,
                              "the server refused the login and sends you to its administrator (“%s”)", text);
      break;
    default:
      if (credentials->token != NULL)
        set_token_refusal (session, sasl_get_server_words (sasl), text, error);
      else
        imap_session_set_error (
            session, error, IMAP_ERROR, IMAP_ERROR_AUTHENTICATION,
            "the server refused the user name or password (“%s”); store a new one and run again", text);
    }
}

/* One attempt. A refusal is handed out (transfer full) beside its error. */
static gboolean
try_mechanism (ImapSession *session, const char *mechanism, const SaslCredentials *credentials,
               ImapRequest **refused, GError **error)
{
  g_autoptr (GError) cause = NULL;
  g_autoptr (Sasl) sasl = sasl_new (mechanism, credentials, &cause);
  g_autoptr (ImapRequest) request = sasl == NULL ? NULL : run_exchange (session, mechanism, sasl, &cause);

  if (request == NULL)
    {
      imap_session_fail (session, g_steal_pointer (&cause));
      return imap_session_check (session, error);
    }
  if (imap_request_get_answer (request)->status == IMAP_STATUS_OK)
    return imap_session_check (session, error);
  set_refusal (session, credentials, sasl, imap_request_get_answer (request), error);
  *refused = g_steal_pointer (&request);
  return FALSE;
}

static gboolean
log_in_plainly (ImapSession *session, const SaslCredentials *credentials, GError **error)
{
  ImapCommand *command = imap_command_new ("LOGIN");
  g_autoptr (ImapRequest) request = NULL;

  imap_command_astring (command, credentials->user);
  imap_command_astring (command, credentials->password);
  request = imap_request_new (session, "LOGIN", command);
  imap_request_set_secret (request);
  imap_capabilities_forget (session);
  imap_request_send (request);
  if (!imap_request_await (request, error))
    return FALSE;
  if (imap_request_get_answer (request)->status == IMAP_STATUS_OK)
    {
      imap_session_advance (session, IMAP_STATE_AUTHENTICATED);
      return imap_session_check (session, error);
    }
  set_refusal (session, credentials, NULL, imap_request_get_answer (request), error);
  return FALSE;
}

static gboolean
log_in_without_sasl (ImapSession *session, const SaslCredentials *credentials, GError **error)
{
  if (credentials->token != NULL)
    {
      imap_session_set_error (session, error, IMAP_ERROR, IMAP_ERROR_REFUSED,
                              "the server takes no access tokens (neither OAUTHBEARER nor XOAUTH2); write "
                              "password-command instead of token-command");
      return FALSE;
    }
  if (!imap_session_has (session, IMAP_CAPABILITY_LOGINDISABLED))
    return log_in_plainly (session, credentials, error);
  imap_session_set_error (
      session, error, IMAP_ERROR, IMAP_ERROR_INSECURE,
      "the server offers no login that can be used here (LOGINDISABLED and no known AUTH=)");
  return FALSE;
}

static gboolean
may_retry (const char *mechanism, const ImapRequest *refused)
{
  ImapCodeType code = refused == NULL ? IMAP_CODE_UNAVAILABLE : imap_request_get_answer (refused)->code.type;

  return g_strv_contains (plus_mechanisms, mechanism) && code != IMAP_CODE_UNAVAILABLE &&
         code != IMAP_CODE_INUSE && code != IMAP_CODE_LIMIT;
}

static gboolean
authenticate_with (ImapSession *session, const SaslCredentials *credentials, GError **error)
{
  g_auto (GStrv) offered = imap_capabilities_mechanisms (session);
  guint capabilities = session->capabilities;
  gboolean unbound = session->memory != NULL && session->memory->unbound;
  const char *mechanism =
      sasl_choose_mechanism ((const char *const *)offered, credentials, unbound ? plus_mechanisms : NULL);
  g_autoptr (ImapRequest) refused = NULL;
  g_autoptr (GError) first_error = NULL;

  if (mechanism == NULL)
    return log_in_without_sasl (session, credentials, error);
  session->learnt->unbound = unbound;
  if (try_mechanism (session, mechanism, credentials, &refused, &first_error))
    return TRUE;
  if (!session->hurries && may_retry (mechanism, refused))
    {
      const char *plain = sasl_choose_mechanism ((const char *const *)offered, credentials, plus_mechanisms);

      g_clear_pointer (&refused, imap_request_unref);
      session->capabilities = capabilities;
      session->learnt->unbound = TRUE;
      if (plain != NULL)
        return try_mechanism (session, plain, credentials, &refused, error);
    }
  g_propagate_error (error, g_steal_pointer (&first_error));
  return FALSE;
}

gboolean
imap_authenticate (ImapSession *session, const Account *account, const char *secret, GError **error)
{
  const char *type = NULL;
  gboolean is_token = account->token_command != NULL;
  g_autoptr (GBytes) binding = net_connection_get_channel_binding (session->connection, &type);
  SaslCredentials credentials = {
    .user = account->user,
    .password = is_token ? NULL : secret,
    .secure = session->is_private,
    .channel_binding = binding,
    .channel_binding_type = type,
    .token = is_token ? secret : NULL,
    .host = account->host,
    .port = account->port,
  };

  return authenticate_with (session, &credentials, error);
}
