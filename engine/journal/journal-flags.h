/* The flags of the base in the order of UIDs, for a merge with what a server says. */
#pragma once

#include "journal.h"

/* FALSE stops. `keywords` is the canonical text, valid during the call. */
typedef gboolean (*JournalFlagsFunc) (guint32 uid, guint8 system, const char *keywords, gpointer user_data);
/* Of present messages with UIDs from `first` to `last`, ascending. */
gboolean journal_foreach_flags (Journal *journal, gint64 mailbox, guint32 first, guint32 last,
                                JournalFlagsFunc func, gpointer user_data, GError **error);

/* Sets of keywords in use, each once, with $Forwarded's bit in `system`: present messages that have any. */
typedef gboolean (*JournalKeywordsFunc) (guint8 system, const char *keywords, gpointer user_data);
gboolean journal_foreach_keywords (Journal *journal, gint64 mailbox, JournalKeywordsFunc func,
                                   gpointer user_data, GError **error);
