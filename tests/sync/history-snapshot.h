/* Everything that one side holds. */
#pragma once

#include "history.h"

typedef struct
{
  char *mailbox;
  char *token;
  char *digest; /* of the body with CRLF */
  guint flags;
  char *others; /* flags and keywords that are not the history's */
  gint64 date;
  char *id;    /* UID, or base name */
  char *place; /* the same, or file and its time */
} HistoryCopy;

typedef struct
{
  GPtrArray *mailboxes; /* (element-type utf8), sorted */
  GPtrArray *copies;    /* of HistoryCopy, sorted by all but place */
} HistorySnapshot;

HistorySnapshot *history_snapshot_new (void);
void history_snapshot_free (HistorySnapshot *snapshot);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (HistorySnapshot, history_snapshot_free)

void history_snapshot_add_mailbox (HistorySnapshot *snapshot, const char *name);
/* Takes over `id` and `place`. */
void history_snapshot_add (HistorySnapshot *snapshot, const char *mailbox, GBytes *bytes, guint flags,
                           const char *others, gint64 date, char *id, char *place);
void history_snapshot_sort (HistorySnapshot *snapshot);

/* (transfer full): a line for each copy; `places`: with where exactly it is. */
char *history_snapshot_describe (const HistorySnapshot *snapshot, gboolean places);
