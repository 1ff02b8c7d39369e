/* Many commands in flight on one session: send, and wait at visible points.
 *
 * Handlers record; flows wait. Handlers run from inside a wait (or a send that had to wait for room) and must
 * not call the session or the batch. Each command completes exactly once, in the order of sending; when the
 * session fails, the wait returns the error and no further handler runs. A batch never outlives its scope:
 * freeing it early takes back what was not sent and detaches the rest (its answers are read and dropped). A
 * session has one batch at a time.
 *
 * With PIPELINING commands are sent ahead as long as at most POP3_WINDOW_COMMANDS are unanswered and the
 * messages that they ask for have at most POP3_WINDOW_OCTETS together by their listed sizes; without it one
 * by one (RFC 2449 section 6.6). The caller need not know.
 */
#pragma once

#include "pop3-session.h"

#define POP3_WINDOW_COMMANDS 1000
#define POP3_WINDOW_OCTETS (16 * 1024 * 1024)

typedef struct _Pop3Batch Pop3Batch;

typedef struct
{
  Pop3Status status; /* OK or ERR */
  Pop3CodeType code;
  const char *text; /* made safe for people */
} Pop3Result;

typedef void (*Pop3DoneFunc) (const Pop3Result *result, gpointer user_data);

/* Octets of a message, unstuffed, as they come: bare CR and LF kept. FALSE fails the session. */
typedef gboolean (*Pop3DataFunc) (const guint8 *data, gsize length, gpointer user_data);

/* (transfer full). Frees nothing of the session; NULL is returned only for a caller's bug. */
Pop3Batch *pop3_batch_new (Pop3Session *session);
void pop3_batch_free (Pop3Batch *batch);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Pop3Batch, pop3_batch_free)

/* `number` is always that of a Pop3Message of the session's; `done` is (nullable). */

/* The message was retrieved whole if and only if `done` is told OK: the line with the dot has come. A server
 * must end the last line; where the listed size shows that the message has no line end there, it is left out.
 */
void
pop3_batch_retr (Pop3Batch *batch, guint32 number, Pop3DataFunc data, Pop3DoneFunc done, gpointer user_data);
/* The header, the empty line and the first `lines` lines behind it: what a server without TOP refuses. */
void pop3_batch_top (Pop3Batch *batch, guint32 number, guint32 lines, Pop3DataFunc data, Pop3DoneFunc done,
                     gpointer user_data);
/* Only for what is durable (contract C7.3). `uidl`: that under which the message was made durable; NULL: it
 * was retrieved whole in this very session. Anything else is a caller's bug: a critical warning, nothing is
 * sent, and `done` is not called. +OK marks; what is marked goes with pop3_session_quit. */
void
pop3_batch_dele (Pop3Batch *batch, guint32 number, const char *uidl, Pop3DoneFunc done, gpointer user_data);

/* Commands sent or queued, and not answered yet. */
guint pop3_batch_get_outstanding (const Pop3Batch *batch);

/* Waits until at most `n` are outstanding; FALSE: the session failed. */
gboolean pop3_batch_wait_at_most (Pop3Batch *batch, guint n, GError **error);
gboolean pop3_batch_wait (Pop3Batch *batch, GError **error); /* for all */
