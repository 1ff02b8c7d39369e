/* What the files of the session share. Everything here is for one thread, like the session. */
#pragma once

#include "pop3-request.h"

typedef enum
{
  POP3_STATE_CONNECTING,
  POP3_STATE_GREETED,
  POP3_STATE_SECURING,
  POP3_STATE_TRANSACTION,
  POP3_STATE_QUITTING,
  POP3_STATE_CLOSED,
  POP3_STATE_FAILED,
} Pop3State;

typedef struct
{
  gboolean known;        /* the server answered CAPA */
  guint bits;            /* Pop3Capability */
  GPtrArray *mechanisms; /* of char *: SASL */
  guint lines;
} Pop3Capabilities;

struct _Pop3Session
{
  char *where; /* "host:port" */
  NetConnection *connection;
  Pop3Parser *parser;
  Pop3State state;
  GError *failure;        /* (nullable) sticky */
  gboolean plain_allowed; /* security=none: the connection saw to it that the peer is a loopback address */
  gboolean is_private; /* TLS is verified, or the peer is a loopback address and plain text was asked for */
  guint in_handler;    /* > 0: the caller's code runs; it may not come back in */
  Pop3LogFunc log;
  gpointer log_data;

  Pop3Capabilities *capabilities;
  GArray *messages;      /* of Pop3Message, by number */
  GByteArray *retrieved; /* for each message: 1 when it was retrieved whole */

  const char *last_command; /* (nullable) static */
  GQueue sent;              /* Pop3Request, in the order in which answers come */
  GQueue outbox;            /* Pop3Request, not sent yet */
  guint64 sent_octets;      /* what `sent` asks for, by listed sizes */
  gboolean is_unasked;      /* the response under way answers nothing */
  const char *complaint;    /* (nullable) why a body was not taken; static */
  gboolean has_batch;
};

/* pop3-session.c */
void pop3_session_advance (Pop3Session *session, Pop3State to);
/* Waits for something to happen and handles it; a failure is recorded in the session. */
void pop3_session_iterate (Pop3Session *session);
/* FALSE with a copy of the sticky error when the session has failed. */
gboolean pop3_session_check (const Pop3Session *session, GError **error);
/* Makes `error` (transfer full) the sticky one, with place and last command in its message. */
void pop3_session_fail (Pop3Session *session, GError *error);
/* An error that names the place. */
void pop3_session_set_error (const Pop3Session *session, GError **error, GQuark domain, int code,
                             const char *format, ...) G_GNUC_PRINTF (5, 6);
void pop3_session_log (Pop3Session *session, const char *format, ...) G_GNUC_PRINTF (2, 3);
/* FALSE, with a critical warning, from inside a handler. */
gboolean pop3_session_may_call (const Pop3Session *session, const char *function);
/* After the connection is open, and after STLS: looks whether it is private now. */
void pop3_session_note_privacy (Pop3Session *session);
/* (transfer full) the server's words made safe; "" for what came in clear where TLS is wanted. */
char *pop3_session_server_text (const Pop3Session *session, const char *text);
/* A parser that knows nothing of what came before. */
void pop3_session_renew_parser (Pop3Session *session);

/* pop3-refusal.c: why the server said -ERR to a command, or to a login by whatever `secret` names. */
void pop3_refusal_set_error (const Pop3Session *session, const char *command, const Pop3Response *answer,
                             GError **error);
/* `words` (nullable): what the server said against a token. */
void pop3_refusal_set_login_error (const Pop3Session *session, const Pop3Response *answer, gboolean is_token,
                                   const char *words, GError **error);
void pop3_refusal_set_greeting_error (const Pop3Session *session, const Pop3Response *answer, GError **error);

/* pop3-capabilities.c */
Pop3Capabilities *pop3_capabilities_new (void);
void pop3_capabilities_free (Pop3Capabilities *capabilities);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Pop3Capabilities, pop3_capabilities_free)
/* (transfer full): CAPA, whose answer replaces the session's capabilities; -ERR leaves them. */
Pop3Request *pop3_capabilities_request (Pop3Session *session);

/* pop3-listing.c: LIST and UIDL, and CAPA where the server knows it, in one flight */
gboolean pop3_listing_ask (Pop3Session *session, GError **error);
/* Index in session->messages; FALSE when no message has that number. */
gboolean pop3_listing_find (const Pop3Session *session, guint32 number, guint *index);

/* pop3-login.c */
gboolean pop3_login (Pop3Session *session, const Account *account, const char *secret, GError **error);
gboolean pop3_login_greeting (Pop3Session *session, const Pop3Response *response, GError **error);

/* pop3-authenticate.c */
gboolean pop3_authenticate (Pop3Session *session, const Account *account, const char *secret, GError **error);
