/* Which mailboxes there may be, by what users did to them on either side since the last completed sync.
 *
 * A mailbox is called by its label: the name that it had then, or the one it was created under. All names
 * that it has had since lead to it. Where names were exchanged, or changed on both sides in each other's way,
 * it is open what leads where: then only messages count, not their places.
 */
#pragma once

#include "history-snapshot.h"

typedef enum
{
  HISTORY_REMOTE,
  HISTORY_LOCAL,
} HistorySide;

typedef struct _HistoryNames HistoryNames;

/* `keeps_parents`: the server deletes no mailbox that has others below it. */
HistoryNames *history_names_new (gboolean keeps_parents);
void history_names_free (HistoryNames *names);

/* What users do, each mailbox by itself. */
void history_names_create (HistoryNames *names, HistorySide side, const char *name);
gboolean history_names_is_deleted (HistoryNames *names, HistorySide side, const char *name);
void history_names_delete (HistoryNames *names, HistorySide side, const char *name);
void history_names_rename (HistoryNames *names, HistorySide side, const char *from, const char *to);
void history_names_open (HistoryNames *names);

/* A sync did not come to its end. */
void history_names_interrupt (HistoryNames *names);
/* What was removed here is held. */
void history_names_hold (HistoryNames *names);
/* What was held is so no more. */
void history_names_release (HistoryNames *names);
/* What was held comes back; with each label of that. */
void history_names_restore (HistoryNames *names, void (*restored) (const char *label, gpointer user_data),
                            gpointer user_data);

/* Before a sync, by what is there: whether the program can know a renamed mailbox again (contract C6.1). */
void history_names_foresee (HistoryNames *names, const HistorySnapshot *remote, const HistorySnapshot *local);

const char *history_names_label (HistoryNames *names, const char *name);
gboolean history_names_is_open (HistoryNames *names);
/* TRUE when its new name may have been taken for another mailbox. */
gboolean history_names_is_unsure (HistoryNames *names, const char *label);
/* TRUE for a mailbox that was deleted on one side, and that such a server has to keep. */
gboolean history_names_is_kept (HistoryNames *names);
/* A sync may end with something held. */
gboolean history_names_may_be_held (HistoryNames *names);

/* NULL, or (transfer full) what is wrong. `has_news`: the side got messages in that mailbox. */
char *history_names_check (HistoryNames *names, const HistorySnapshot *snapshot,
                           gboolean (*has_news) (const char *label, HistorySide side, gpointer user_data),
                           gpointer user_data);

/* Both sides have what the snapshots say. */
void
history_names_begin_again (HistoryNames *names, const HistorySnapshot *remote, const HistorySnapshot *local);
