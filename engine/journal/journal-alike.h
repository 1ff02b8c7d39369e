/* Messages of the whole account that may be the same as a new one: found by what a move or a copy does not
 * change. Only present ones whose full digest is known, so that their file can prove it. Hints: the caller
 * compares what it knows. At most JOURNAL_ALIKE_MAX are told, so that a server that says the same of all its
 * messages costs no more than that.
 */
#pragma once

#include "journal.h"

#define JOURNAL_ALIKE_MAX 50

/* The same RFC822.SIZE and INTERNALDATE; as JournalMessageFunc says, in no order. */
gboolean journal_foreach_stamp (Journal *journal, guint64 remote_size, gint64 internal_date,
                                JournalMessageFunc func, gpointer user_data, GError **error);

/* The same text: normalised size and full digest (32 octets). Needs the index of the next call. */
gboolean journal_foreach_text (Journal *journal, guint64 size, const guint8 *digest, JournalMessageFunc func,
                               gpointer user_data, GError **error);
/* Makes the index that finds texts, if it is not there. A first sync has no use for it, and would take longer
 * to keep it than it takes to make it once: sizes come in no order. */
gboolean journal_index_texts (Journal *journal, GError **error);

/* One message, in whichever mailbox it is. */
gboolean journal_find_message (Journal *journal, gint64 id, JournalMessageFunc func, gpointer user_data,
                               GError **error);
/* FALSE: no mailbox has a message, so that nothing need be asked. */
gboolean journal_has_messages (Journal *journal);
