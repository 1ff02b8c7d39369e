/* What an index alone tells of the base: a tenth of what a walk over the messages costs. */
#pragma once

#include "journal.h"

/* All UIDs of a mailbox in ascending order, each with the print of its file (message_print); staged ones too,
 * which have none. FALSE stops. */
typedef gboolean (*JournalPrintFunc) (guint32 uid, guint64 print, gpointer user_data);
gboolean journal_foreach_print (Journal *journal, gint64 mailbox, JournalPrintFunc func, gpointer user_data,
                                GError **error);

typedef struct
{
  guint messages;      /* present ones */
  guint32 highest_uid; /* 0: none */
} JournalBaseCount;

gboolean journal_count_base (Journal *journal, gint64 mailbox, JournalBaseCount *count, GError **error);
