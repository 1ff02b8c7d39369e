/* What -ERR means to a person (RFC 2449 section 8, RFC 3206): wait, mend the password, or ask somebody. */
#include "pop3-session-private.h"

/* The codes that mean the same whatever was asked for. FALSE: it is none of them. */
static gboolean
set_known_error (const Pop3Session *session, const Pop3Response *answer, const char *text, GError **error)
{
  switch (answer->code)
    {
    case POP3_CODE_IN_USE:
      pop3_session_set_error (
          session, error, POP3_ERROR, POP3_ERROR_LATER,
          "another session has this mailbox open (“%s”); end that one, or try again later", text);
      return TRUE;
    case POP3_CODE_LOGIN_DELAY:
      pop3_session_set_error (session, error, POP3_ERROR, POP3_ERROR_LATER,
                              "the server wants more time between two logins (“%s”); try again later", text);
      return TRUE;
    case POP3_CODE_SYS_TEMP:
      pop3_session_set_error (session, error, POP3_ERROR, POP3_ERROR_LATER,
                              "the server has trouble at the moment (“%s”); try again later", text);
      return TRUE;
    case POP3_CODE_SYS_PERM:
      pop3_session_set_error (
          session, error, POP3_ERROR, POP3_ERROR_REFUSED,
          "the server has trouble that will not pass by itself (“%s”); ask whoever runs it", text);
      return TRUE;
    case POP3_CODE_NONE:
    case POP3_CODE_OTHER:
    case POP3_CODE_AUTH:
    case POP3_CODE_UTF8:
      return FALSE;
    }
  return FALSE;
}

void
pop3_refusal_set_error (const Pop3Session *session, const char *command, const Pop3Response *answer,
                        GError **error)
{
  g_autofree char *text = pop3_session_server_text (session, answer->text);

  if (!set_known_error (session, answer, text, error))
    pop3_session_set_error (session, error, POP3_ERROR, POP3_ERROR_REFUSED, "the server refused %s: “%s”",
                            command, text);
}

void
pop3_refusal_set_greeting_error (const Pop3Session *session, const Pop3Response *answer, GError **error)
{
  g_autofree char *text = pop3_session_server_text (session, answer->text);

  if (!set_known_error (session, answer, text, error))
    pop3_session_set_error (session, error, POP3_ERROR, POP3_ERROR_LATER,
                            "the server turns connections away (“%s”); try again later", text);
}

void
pop3_refusal_set_login_error (const Pop3Session *session, const Pop3Response *answer, gboolean is_token,
                              const char *words, GError **error)
{
  g_autofree char *text = pop3_session_server_text (session, answer->text);

  if (set_known_error (session, answer, text, error))
    return;
  if (is_token)
    pop3_session_set_error (
        session, error, POP3_ERROR, POP3_ERROR_AUTHENTICATION,
        "the server refused the access token (“%s”); see that token-command prints one that "
        "is valid now and allows POP3, and run again",
        words != NULL && *words != '\0' ? words : text);
  else if (answer->code != POP3_CODE_AUTH && pop3_session_has (session, POP3_CAPABILITY_AUTH_RESP_CODE))
    pop3_session_set_error (session, error, POP3_ERROR, POP3_ERROR_REFUSED,
                            "the server refused the login, but does not say that user name or password are "
                            "wrong (“%s”); see whether POP3 is switched on there",
                            text);
  else
    pop3_session_set_error (
        session, error, POP3_ERROR, POP3_ERROR_AUTHENTICATION,
        "the server refused the user name or password (“%s”); store a new one and run again", text);
}
