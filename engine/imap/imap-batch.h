/* Many commands in flight on one session: send, and wait at visible points.
 *
 * Handlers record; flows wait. Handlers run from inside a wait (or a send that had to wait for room) and must
 * not call the session or the batch. Each command completes exactly once with its tagged answer; when the
 * session fails, the wait returns the error and no further handler runs. A batch never outlives its scope:
 * freeing it early takes back what was not begun and detaches the rest (its answers are read and dropped; an
 * APPEND under way goes on, so its source must live until `notify`). A session has one batch at a time.
 *
 * Only UID commands, and APPEND to the selected mailbox, go here; the session's own functions refuse
 * (g_critical) while a batch has commands in flight. One SEARCH at a time unless the server has ESEARCH: the
 * batch waits by itself.
 */
#pragma once

#include "imap-session.h"
#include "grammar/imap-parser.h"

typedef struct _ImapBatch ImapBatch;

typedef struct
{
  ImapStatus status; /* OK, NO or BAD */
  const ImapCode *code;
  const char *text; /* made safe for people */
} ImapResult;

typedef void (*ImapDoneFunc) (const ImapResult *result, gpointer user_data);
typedef void (*ImapFetchFunc) (const ImapFetch *fetch, gpointer user_data);
typedef void (*ImapModifiedFunc) (const ImapUidSet *set, gpointer user_data);

/* (transfer full) */
ImapBatch *imap_batch_new (ImapSession *session);
void imap_batch_free (ImapBatch *batch);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ImapBatch, imap_batch_free)

/* Every FETCH response that comes while the batch lives, unsolicited ones too; only those with a UID. */
void imap_batch_set_fetch_handler (ImapBatch *batch, ImapFetchFunc fetch, gpointer user_data);
/* What STOREs with UNCHANGEDSINCE passed over: every [MODIFIED], of tagged answers and others (RFC 7162
 * section 3.1.3). The server may name anything. */
void imap_batch_set_modified_handler (ImapBatch *batch, ImapModifiedFunc modified, gpointer user_data);
/* Which UIDs vanished, before the selection or meanwhile, is added to *vanished; what goes beyond all bounds
 * is left out. */
void imap_batch_set_vanished (ImapBatch *batch, ImapUidSet *vanished);
/* Where BODY[] octets go; see imap-parser.h. A FALSE from the sink fails the session. */
void imap_batch_set_body_sink (ImapBatch *batch, const ImapBodySink *sink, gpointer user_data);

/* Sets are never empty; one that is too long for a command is split, and `done` is called once, with the
 * worst status and the COPYUIDs of all. MOVE's untagged COPYUID is given to `done` too. `done` is (nullable).
 */

/* `items`: "(UID FLAGS)". CONDSTORE's CHANGEDSINCE is written by the caller behind the
 * items. */
void imap_batch_uid_fetch (ImapBatch *batch, const ImapUidSet *set, const char *items, ImapDoneFunc done,
                           gpointer user_data);
/* UID FETCH first:* */
void imap_batch_uid_fetch_from (ImapBatch *batch, guint32 first, const char *items, ImapDoneFunc done,
                                gpointer user_data);
/* `mode`: "+FLAGS", "-FLAGS", "FLAGS"; CONDSTORE's UNCHANGEDSINCE is written by the caller before it. `flags`
 * in IMAP's words without parentheses. Not silent: the answer tells what the server kept. */
void imap_batch_uid_store (ImapBatch *batch, const ImapUidSet *set, const char *mode, const char *flags,
                           ImapDoneFunc done, gpointer user_data);
/* What matches is added to *found (by ESEARCH where offered); without a result from the server, or with more
 * ranges than there are messages, the status is BAD, whatever it was. `criteria`: "UID 3:9", "ALL",
 * "DELETED". */
void imap_batch_uid_search (ImapBatch *batch, const char *criteria, ImapUidSet *found, ImapDoneFunc done,
                            gpointer user_data);
void imap_batch_uid_copy (ImapBatch *batch, const ImapUidSet *set, const char *wire_name, ImapDoneFunc done,
                          gpointer user_data);
void imap_batch_uid_move (ImapBatch *batch, const ImapUidSet *set, const char *wire_name, ImapDoneFunc done,
                          gpointer user_data);
/* UID EXPUNGE (RFC 4315): only where UIDPLUS is offered. */
void imap_batch_uid_expunge (ImapBatch *batch, const ImapUidSet *set, ImapDoneFunc done, gpointer user_data);
/* Bare EXPUNGE, sent alone: contract C3.5 says when. */
void imap_batch_expunge (ImapBatch *batch, ImapDoneFunc done, gpointer user_data);

/* A message to be stored. `size` octets are pulled from `source` when the server is ready for them; a source
 * that ends early or fails makes the session fail (nothing half is ever completed). `notify` (nullable) frees
 * source_data. */
typedef struct
{
  const char *flags; /* (nullable) in IMAP's words without parentheses */
  gint64 internal_date;
  guint64 size;
  NetSourceFunc source;
  gpointer source_data;
  GDestroyNotify notify;
} ImapAppend;

/* One command; several messages, all of them or none, only where MULTIAPPEND is offered (RFC 3502; an empty
 * one among them cancels it). `done` is called after every `notify`. */
void imap_batch_append (ImapBatch *batch, const char *wire_name, const ImapAppend *messages, guint n_messages,
                        ImapDoneFunc done, gpointer user_data);

/* Commands sent or queued, and not answered yet. */
guint imap_batch_get_outstanding (const ImapBatch *batch);

/* Waits until at most `n` are outstanding; FALSE: the session failed. */
gboolean imap_batch_wait_at_most (ImapBatch *batch, guint n, GError **error);
gboolean imap_batch_wait (ImapBatch *batch, GError **error); /* for all */

/* Waits until a command of one of these batches is answered, or a session fails; their sessions have one
 * context. How each fares is seen by its own next wait. */
void imap_batches_wait_for_any (ImapBatch *const *batches, guint count);
