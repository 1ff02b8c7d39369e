/* The oracle of histories: what both sides may hold, by what users did on each since the last completed sync.
 *
 * It knows tokens, not files or UIDs, and says only what holds whichever way a correct program goes:
 *  - how often a token is in a mailbox lies between two bounds (nothing is lost, nothing is doubled, what one
 *    side deleted and the other left alone is gone outside \Trash);
 *  - a message that there is once has the flags that follow from the three-way merge of each flag by itself
 *    (contract C3), and the date it began with;
 *  - a mailbox is where users put it: created, renamed, deleted (contract C6; see history-names.h).
 */
#pragma once

#include "history-names.h"

typedef struct _HistoryModel HistoryModel;

/* `expunge`: deletions here do not go to \Trash. `keeps_parents`: see history-names.h. */
HistoryModel *history_model_new (gboolean expunge, gboolean keeps_parents);
void history_model_free (HistoryModel *model);

/* What users do. */
void history_model_make (HistoryModel *model, HistorySide side, const char *mailbox, const char *token,
                         guint flags, gint64 date);
void history_model_delete (HistoryModel *model, HistorySide side, const char *mailbox, const char *token);
void history_model_move (HistoryModel *model, HistorySide side, const char *mailbox, const char *token,
                         const char *to);
/* A client that knows no keywords gave its file a name without their letters. */
void history_model_strip (HistoryModel *model, const char *token);
/* In some mailbox here the letters of keywords stand for others now. */
void history_model_reletter (HistoryModel *model);
/* Another base name in the same mailbox. */
void history_model_rebase (HistoryModel *model, const char *mailbox, const char *token);
void
history_model_flags (HistoryModel *model, HistorySide side, const char *token, guint before, guint after);
/* A draft's new content, with the flags and the date that its file has. */
void history_model_edit (HistoryModel *model, const char *mailbox, const char *token, const char *new_token,
                         guint flags, gint64 date);

/* Mailboxes: each by itself, also those that go with another. What is in it goes before it is deleted. */
void history_model_create_mailbox (HistoryModel *model, HistorySide side, const char *mailbox);
void history_model_delete_with_mailbox (HistoryModel *model, HistorySide side, const char *mailbox,
                                        const char *token);
void history_model_delete_mailbox (HistoryModel *model, HistorySide side, const char *mailbox);
void
history_model_rename_mailbox (HistoryModel *model, HistorySide side, const char *mailbox, const char *to);
/* Names are exchanged between mailboxes. */
void history_model_exchange_names (HistoryModel *model);

/* Before each sync, with what there is. */
void history_model_foresee (HistoryModel *model, const HistorySnapshot *remote, const HistorySnapshot *local);
gboolean history_model_may_be_held (HistoryModel *model);
/* One sync may not do, and says so. */
gboolean history_model_may_take_several (HistoryModel *model);

/* A sync was killed. */
void history_model_killed (HistoryModel *model);
/* It ended with something held; what was held was let through; it was given back. */
void history_model_held (HistoryModel *model);
void history_model_released (HistoryModel *model);
void history_model_restored (HistoryModel *model);

/* After a completed sync, for what both sides then hold: NULL, or (transfer full) what is wrong. What is
 * there is the beginning of what comes next. */
char *history_model_check (HistoryModel *model, const HistorySnapshot *remote, const HistorySnapshot *local);

/* FALSE: nobody can tell which of two dates it has. */
gboolean history_model_has_date (HistoryModel *model, const char *token);
