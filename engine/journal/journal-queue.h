/* The queue: the durable plan for the server, computed anew at each observation (contract C5.2).
 *
 * An operation is known by (mailbox, key), e.g. "upload BASE", "flags UID", "delete UID". Put again, it keeps
 * the time it was first seen; refused, it stays refused while its detail (what it would do) is the same. */
#pragma once

#include "journal.h"

typedef enum
{
  JOURNAL_OPERATION_CREATE,
  JOURNAL_OPERATION_UPLOAD,
  JOURNAL_OPERATION_REPLACE,
  JOURNAL_OPERATION_FLAGS,
  JOURNAL_OPERATION_DELETE,
  JOURNAL_OPERATION_RENAME, /* of the mailbox itself, like CREATE */
  JOURNAL_OPERATION_DELETE_MAILBOX,
  JOURNAL_OPERATION_MOVE,
  JOURNAL_OPERATION_COPY, /* an upload that costs no text: its key is an upload's */
} JournalOperationKind;

typedef enum
{
  JOURNAL_OPERATION_QUEUED,
  JOURNAL_OPERATION_REFUSED, /* for good; kept, named, counted, in nobody's way (contract C5.4) */
} JournalOperationState;

typedef struct
{
  gint64 id;
  gint64 mailbox;
  const char *mailbox_name; /* given back, not stored */
  JournalOperationKind kind;
  const char *key;
  const char *detail;  /* e.g. the digest to upload, "+\\Seen -todo" */
  const char *subject; /* what a person knows it by: a Subject or base name, made safe */
  gint64 first_seen;   /* seconds since 1970 */
  JournalOperationState state;
  const char *reason; /* (nullable) the server's words, made safe */
} JournalOperation;

/* One round for one mailbox: begin, put each, end. What was not put since begin is gone after end. */
gboolean journal_queue_begin (Journal *journal, gint64 mailbox, GError **error);
/* *refused (nullable): TRUE when this very operation (kind and detail) was refused before; else it is queued.
 * operation->id, first_seen and state become those of the row. */
gboolean journal_queue_put (Journal *journal, JournalOperation *operation, gboolean *refused, GError **error);
gboolean journal_queue_end (Journal *journal, gint64 mailbox, GError **error);

gboolean journal_queue_remove (Journal *journal, gint64 mailbox, const char *key, GError **error); /* done */
gboolean
journal_queue_refuse (Journal *journal, gint64 mailbox, const char *key, const char *reason, GError **error);
/* What was refused in `mailbox` is queued again. *count: how many. */
gboolean journal_queue_retry (Journal *journal, gint64 mailbox, guint *count, GError **error);

typedef gboolean (*JournalOperationFunc) (const JournalOperation *operation, gpointer user_data);
/* mailbox 0: all. By mailbox name, kind, and first appearance. Must not write. */
gboolean journal_queue_foreach (Journal *journal, gint64 mailbox, JournalOperationFunc func,
                                gpointer user_data, GError **error);
