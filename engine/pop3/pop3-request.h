/* One command on its way, and its answer.
 *
 * Answers carry no tag: they come in the order of the commands. With PIPELINING a command is sent as long as
 * the window has room for it, else when the one before it was answered. The session holds what is under way,
 * whoever made a request holds it as long as it is wanted.
 */
#pragma once

#include "pop3-session.h"
#include "grammar/pop3-parser.h"

typedef struct _Pop3Request Pop3Request;

/* The answer has come: OK or ERR. */
typedef void (*Pop3AnswerFunc) (const Pop3Response *answer, gpointer user_data);

/* (transfer full). `name` is static, e.g. "RETR"; `arguments` (nullable) hold no CR, no LF. */
Pop3Request *
pop3_request_new (Pop3Session *session, const char *name, const char *arguments, Pop3Shape shape);
void pop3_request_unref (Pop3Request *request);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Pop3Request, pop3_request_unref)

/* What the command is about, for the log; is made safe. */
void pop3_request_set_subject (Pop3Request *request, const char *subject);
/* Its octets are wiped at the end. */
void pop3_request_set_secret (Pop3Request *request);
/* Where a body goes. `size`: of a message as listed, 0: not known. */
void pop3_request_set_body (Pop3Request *request, guint64 size, Pop3TakeFunc take, gpointer user_data);
void
pop3_request_set_done (Pop3Request *request, Pop3AnswerFunc done, gpointer user_data, GDestroyNotify destroy);

/* Queues it, and sends it when that is allowed. */
void pop3_request_send (Pop3Request *request);

/* (transfer none) (nullable) */
const Pop3Response *pop3_request_get_answer (const Pop3Request *request);

/* Waits for the answer. FALSE only if the session failed before it came. */
gboolean pop3_request_await (Pop3Request *request, GError **error);
/* AUTH: waits for a challenge (transfer full), or for the answer: *challenge NULL. */
gboolean pop3_request_await_challenge (Pop3Request *request, char **challenge, GError **error);

/* The parser is between two responses: tells it what is to come. */
void pop3_requests_expect (Pop3Session *session);
/* What the server said. FALSE: it broke the protocol. */
gboolean
pop3_requests_answer (Pop3Session *session, Pop3Response *response /* (transfer full) */, GError **error);

/* Takes back what was not sent, and forgets who waits for the rest: answers are read and dropped. */
void pop3_requests_detach (Pop3Session *session);
/* When the session goes. */
void pop3_requests_clear (Pop3Session *session);
