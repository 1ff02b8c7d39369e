/* One command on its way: parts to be written in turn, and its tagged answer.
 *
 * Commands are written in the order of imap_request_send, as soon as that is allowed: a synchronizing literal
 * halts it and all later ones until its continuation comes, or its refusal, which cancels it. Requests are
 * counted: the session holds what is under way, whoever made one holds it as long as it is wanted.
 */
#pragma once

#include "imap-session.h"
#include "imap-stream.h"
#include "grammar/imap-command.h"

typedef struct _ImapRequest ImapRequest;

/* The tagged answer has come. */
typedef void (*ImapAnswerFunc) (ImapRequest *request, ImapResponse *answer /* (transfer full) */,
                                gpointer user_data);

/* (transfer full). `name` is static, e.g. "UID FETCH"; `command` (transfer full), without a tag. */
ImapRequest *imap_request_new (ImapSession *session, const char *name, ImapCommand *command);
void imap_request_unref (ImapRequest *request);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ImapRequest, imap_request_unref)

/* What the command is about, for the log and for error messages; is made safe. */
void imap_request_set_subject (ImapRequest *request, const char *subject);
/* Without `done` the answer stays in the request. */
void
imap_request_set_done (ImapRequest *request, ImapAnswerFunc done, gpointer user_data, GDestroyNotify destroy);
/* The user data of imap_request_set_done, if `done` is the function given there; else NULL. */
gpointer imap_request_get_user_data (const ImapRequest *request, ImapAnswerFunc done);
/* Its octets are wiped at the end. */
void imap_request_set_secret (ImapRequest *request);
/* What follows the next part that is marked so (transfer full). */
void imap_request_add_stream (ImapRequest *request, ImapStream *stream);

void imap_request_send (ImapRequest *request);
/* Instead: its words were sent already, with this tag. */
void imap_request_follow (ImapRequest *request, const char *tag);

/* (transfer none) (nullable) */
const ImapResponse *imap_request_get_answer (const ImapRequest *request);
/* For a `done` function that leaves the answer (transfer full) to whoever awaits it. */
void imap_request_keep_answer (ImapRequest *request, ImapResponse *answer);

/* Waits for the tagged answer. FALSE only if the session failed before it came. */
gboolean imap_request_await (ImapRequest *request, GError **error);
/* The same, and OK is demanded: else IMAP_ERROR_REFUSED. */
gboolean imap_request_await_ok (ImapRequest *request, GError **error);
/* AUTHENTICATE: waits for a challenge (transfer full), or for the tagged answer: *challenge NULL. */
gboolean imap_request_await_challenge (ImapRequest *request, char **challenge, GError **error);

/* (transfer full) (nullable): the challenge that nobody has waited for yet. */
char *imap_request_take_challenge (ImapRequest *request);

/* What the server said. FALSE: it broke the protocol. */
gboolean
imap_requests_answer (ImapSession *session, ImapResponse *response /* (transfer full) */, GError **error);
gboolean imap_requests_continue (ImapSession *session, const ImapResponse *response, GError **error);

/* Takes back what was not begun, and forgets who waits for the rest: answers are read and dropped. */
void imap_requests_detach (ImapSession *session);
/* Waits until none is under way. */
void imap_requests_drain (ImapSession *session);
/* When the session goes. */
void imap_requests_clear (ImapSession *session);
