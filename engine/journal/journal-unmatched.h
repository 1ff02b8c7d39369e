/* Messages that a new matching found on one side only, too many at once to be copied without a word (contract
 * C2.3): the operations that would copy them wait here for `dovetail release`. */
#pragma once

#include "journal.h"

/* `key` names the operation as the queue does: "download UID", "upload BASE". Put again, it stays. */
gboolean journal_put_unmatched (Journal *journal, gint64 mailbox, const char *key, GError **error);
gboolean journal_remove_unmatched (Journal *journal, gint64 mailbox, const char *key, GError **error);
/* Lets all of a mailbox go on. *count: how many. */
gboolean journal_release_unmatched (Journal *journal, gint64 mailbox, guint *count, GError **error);

typedef gboolean (*JournalUnmatchedFunc) (const char *key, gpointer user_data);
/* By key. Must not write. */
gboolean journal_foreach_unmatched (Journal *journal, gint64 mailbox, JournalUnmatchedFunc func,
                                    gpointer user_data, GError **error);
