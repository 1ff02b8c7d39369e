/* AUTH (RFC 5034) with the best mechanism that both sides have, or USER and PASS where there is none; never
 * APOP, whose MD5 can be reversed. The caller has seen to it that the connection is private. */
#include "pop3-session-private.h"

#include <string.h>

#include "../net/sasl-base64.h"
#include "../net/sasl.h"

#define MAX_CHALLENGES 10
#define MAX_COMMAND_LINE 255 /* RFC 2449 section 4, with CRLF */

static const char *const plus_mechanisms[] = { "SCRAM-SHA-256-PLUS", "SCRAM-SHA-1-PLUS", NULL };

/* One attempt with one mechanism. */
typedef struct
{
  Pop3Session *session;
  const char *mechanism;
  const SaslCredentials *credentials;
  Sasl *sasl;
  char *initial;        /* (nullable) base64, not sent yet */
  guint challenges;     /* that came */
  Pop3Request *request; /* (nullable) */
} Attempt;

static void
attempt_clear (Attempt *attempt)
{
  g_clear_pointer (&attempt->sasl, sasl_free);
  g_clear_pointer (&attempt->initial, sasl_wipe);
  g_clear_pointer (&attempt->request, pop3_request_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Attempt, attempt_clear)

static gboolean
step (Attempt *attempt, const char *challenge, char **line, GError **error)
{
  g_autoptr (GBytes) decoded = sasl_decode_challenge (challenge);
  GBytes *response;

  if (decoded == NULL)
    {
      g_set_error (error, POP3_ERROR, POP3_ERROR_PROTOCOL,
                   "the server's challenge is not base64; login was broken off");
      return FALSE;
    }
  response = sasl_step (attempt->sasl, decoded, error);
  if (response == NULL)
    return FALSE;
  *line = sasl_encode_response (response);
  return TRUE;
}

static void
write_line (Pop3Session *session, const char *line)
{
  net_connection_write (session->connection, line, strlen (line));
  net_connection_write (session->connection, "\r\n", 2);
}

/* "*" tells the server; then nothing that it says counts any more. */
static gboolean
break_off (Pop3Session *session, GError *cause, GError **error)
{
  write_line (session, "*");
  net_connection_close (session->connection);
  pop3_session_fail (session, cause);
  return pop3_session_check (session, error);
}

static gboolean
answer_challenge (Attempt *attempt, const char *challenge, GError **error)
{
  GError *cause = NULL;
  char *line = NULL;

  attempt->challenges++;
  if (attempt->initial != NULL && *challenge == '\0')
    line = g_steal_pointer (&attempt->initial);
  else if (attempt->challenges > MAX_CHALLENGES)
    g_set_error (&cause, POP3_ERROR, POP3_ERROR_PROTOCOL, "the server asks for ever during login");
  else
    step (attempt, challenge, &line, &cause);
  if (cause != NULL)
    return break_off (attempt->session, cause, error);
  write_line (attempt->session, line);
  sasl_wipe (line);
  return TRUE;
}

/* Until the answer. */
static gboolean
converse (Attempt *attempt, GError **error)
{
  for (;;)
    {
      g_autofree char *challenge = NULL;

      if (!pop3_request_await_challenge (attempt->request, &challenge, error))
        return FALSE;
      if (challenge == NULL)
        return TRUE;
      if (!answer_challenge (attempt, challenge, error))
        return FALSE;
    }
}

/* RFC 5034 section 4: where the line would be too long the server is asked first. Microsoft's servers know
 * XOAUTH2 only in this form. */
static gboolean
may_send_at_once (const Attempt *attempt)
{
  return attempt->initial != NULL && !g_str_equal (attempt->mechanism, "XOAUTH2") &&
         strlen ("AUTH  \r\n") + strlen (attempt->mechanism) + strlen (attempt->initial) <= MAX_COMMAND_LINE;
}

static gboolean
exchange (Attempt *attempt, gboolean at_once, GError **error)
{
  char *initial = at_once ? g_steal_pointer (&attempt->initial) : NULL;
  char *arguments =
      g_strjoin (" ", attempt->mechanism, initial != NULL && *initial == '\0' ? "=" : initial, NULL);

  g_clear_pointer (&attempt->request, pop3_request_unref);
  attempt->request = pop3_request_new (attempt->session, "AUTH", arguments, POP3_SHAPE_LINE);
  pop3_request_set_secret (attempt->request);
  pop3_request_set_subject (attempt->request, attempt->mechanism);
  sasl_wipe (arguments);
  sasl_wipe (initial);
  pop3_request_send (attempt->request);
  return converse (attempt, error);
}

/* The two-step form was refused before anything was told: this server wants it in one. */
static gboolean
wants_one_line (const Attempt *attempt)
{
  const Pop3Response *answer = pop3_request_get_answer (attempt->request);

  return attempt->initial != NULL && attempt->challenges == 0 && answer->status == POP3_STATUS_ERR &&
         (answer->code == POP3_CODE_NONE || answer->code == POP3_CODE_OTHER);
}

static gboolean
attempt_run (Attempt *attempt, GError **error)
{
  attempt->sasl = sasl_new (attempt->mechanism, attempt->credentials, error);
  if (attempt->sasl == NULL)
    return FALSE;
  if (sasl_is_client_first (attempt->sasl) && !step (attempt, "", &attempt->initial, error))
    return FALSE;
  return exchange (attempt, may_send_at_once (attempt), error) &&
         (!wants_one_line (attempt) || exchange (attempt, TRUE, error));
}

/* The server said +OK. */
static gboolean
accept_answer (Pop3Session *session, Sasl *sasl, GError **error)
{
  g_autoptr (GError) cause = NULL;

  if (sasl != NULL && !sasl_finish (sasl, &cause))
    {
      pop3_session_fail (session,
                         g_error_new (POP3_ERROR, POP3_ERROR_AUTHENTICATION,
                                      "the server did not prove that it knows the password (%s); it may be "
                                      "an impostor",
                                      cause != NULL ? cause->message : "no proof came"));
      return pop3_session_check (session, error);
    }
  if (session->failure == NULL)
    pop3_session_advance (session, POP3_STATE_TRANSACTION);
  return pop3_session_check (session, error);
}

/* *is_refused: the server said -ERR, and the session lives. */
static gboolean
try_mechanism (Pop3Session *session, const char *mechanism, const SaslCredentials *credentials,
               gboolean *may_retry, GError **error)
{
  g_auto (Attempt) attempt = { .session = session, .mechanism = mechanism, .credentials = credentials };
  GError *cause = NULL;
  const Pop3Response *answer;

  *may_retry = FALSE;
  if (!attempt_run (&attempt, &cause))
    {
      pop3_session_fail (session, cause);
      return pop3_session_check (session, error);
    }
  answer = pop3_request_get_answer (attempt.request);
  if (answer->status == POP3_STATUS_OK)
    return accept_answer (session, attempt.sasl, error);
  pop3_refusal_set_login_error (session, answer, credentials->token != NULL,
                                sasl_get_server_words (attempt.sasl), error);
  *may_retry =
      answer->code == POP3_CODE_NONE || answer->code == POP3_CODE_OTHER || answer->code == POP3_CODE_AUTH;
  return FALSE;
}

/* With a valid channel binding that the server refuses there may still be a plain login inside verified TLS
 * (Cyrus accepts only tls-unique): tried once. */
static gboolean
authenticate_by (Pop3Session *session, const char *const *offered, const char *mechanism,
                 const SaslCredentials *credentials, GError **error)
{
  g_autoptr (GError) cause = NULL;
  gboolean may_retry;

  if (try_mechanism (session, mechanism, credentials, &may_retry, &cause))
    return TRUE;
  if (may_retry && g_strv_contains (plus_mechanisms, mechanism))
    {
      const char *plain = sasl_choose_mechanism (offered, credentials, plus_mechanisms);

      if (plain != NULL)
        return try_mechanism (session, plain, credentials, &may_retry, error);
    }
  g_propagate_error (error, g_steal_pointer (&cause));
  return FALSE;
}

/* A password that holds a line end would be a command of its own. */
static gboolean
check_plain_password (const Pop3Session *session, const char *password, GError **error)
{
  if (strpbrk (password, "\r\n") == NULL)
    return TRUE;
  pop3_session_set_error (session, error, POP3_ERROR, POP3_ERROR_AUTHENTICATION,
                          "the password holds a line end, which this server can't be told; nothing was sent");
  return FALSE;
}

static Pop3Request *
send_login_line (Pop3Session *session, const char *name, const char *argument)
{
  Pop3Request *request = pop3_request_new (session, name, argument, POP3_SHAPE_LINE);

  pop3_request_set_secret (request);
  pop3_request_send (request);
  return request;
}

static gboolean
is_refused (const Pop3Request *request)
{
  return pop3_request_get_answer (request)->status != POP3_STATUS_OK;
}

/* With PIPELINING both in one flight: the connection is private, so that the password is shown to nobody who
 * refused the name. */
static gboolean
log_in_plainly (Pop3Session *session, const SaslCredentials *credentials, GError **error)
{
  gboolean at_once = pop3_session_has (session, POP3_CAPABILITY_PIPELINING);
  g_autoptr (Pop3Request) user = NULL;
  g_autoptr (Pop3Request) pass = NULL;
  const Pop3Request *refused;

  if (!check_plain_password (session, credentials->password, error))
    return FALSE;
  user = send_login_line (session, "USER", credentials->user);
  if (at_once)
    pass = send_login_line (session, "PASS", credentials->password);
  if (!pop3_request_await (user, error))
    return FALSE;
  if (!at_once && !is_refused (user))
    pass = send_login_line (session, "PASS", credentials->password);
  if (pass != NULL && !pop3_request_await (pass, error))
    return FALSE;
  if (pass != NULL && !is_refused (pass))
    return accept_answer (session, NULL, error);
  refused = is_refused (user) ? user : pass;
  pop3_refusal_set_login_error (session, pop3_request_get_answer (refused), FALSE, NULL, error);
  return FALSE;
}

static gboolean
log_in_without_sasl (Pop3Session *session, const SaslCredentials *credentials, GError **error)
{
  if (credentials->token == NULL)
    return log_in_plainly (session, credentials, error);
  pop3_session_set_error (session, error, POP3_ERROR, POP3_ERROR_REFUSED,
                          "the server takes no access tokens (neither OAUTHBEARER nor XOAUTH2); write "
                          "password-command instead of token-command");
  return FALSE;
}

/* RFC 6856 section 2.1: before the login, in its flight where that is allowed. Without it a server may refuse
 * messages whose header is UTF-8. Its refusal is of no interest. */
static Pop3Request *
ask_for_utf8 (Pop3Session *session)
{
  Pop3Request *request;

  if (!pop3_session_has (session, POP3_CAPABILITY_UTF8))
    return NULL;
  request = pop3_request_new (session, "UTF8", NULL, POP3_SHAPE_LINE);
  pop3_request_send (request);
  return request;
}

gboolean
pop3_authenticate (Pop3Session *session, const Account *account, const char *secret, GError **error)
{
  const char *type = NULL;
  gboolean is_token = account->token_command != NULL;
  g_autoptr (GBytes) binding = net_connection_get_channel_binding (session->connection, &type);
  g_autoptr (Pop3Request) utf8 = ask_for_utf8 (session);
  g_autoptr (GPtrArray) offered = g_ptr_array_new ();
  const char *mechanism;
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

  g_ptr_array_extend (offered, session->capabilities->mechanisms, NULL, NULL);
  g_ptr_array_add (offered, NULL);
  mechanism = sasl_choose_mechanism ((const char *const *)offered->pdata, &credentials, NULL);
  if (mechanism == NULL)
    return log_in_without_sasl (session, &credentials, error);
  return authenticate_by (session, (const char *const *)offered->pdata, mechanism, &credentials, error);
}
