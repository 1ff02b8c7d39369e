#include "journal-flags.h"
#include "journal-private.h"
#include "../message/message-flags.h"

gboolean
journal_foreach_flags (Journal *journal, gint64 mailbox, guint32 first, guint32 last, JournalFlagsFunc func,
                       gpointer user_data, GError **error)
{
  g_auto (JournalStatement) statement =
      journal_statement (journal, "SELECT uid, system, keywords FROM message"
                                  " WHERE mailbox = ? AND uid BETWEEN ? AND ? AND state = 1 ORDER BY uid");

  journal_bind_int (&statement, mailbox);
  journal_bind_int (&statement, first);
  journal_bind_int (&statement, last);
  while (journal_step (&statement))
    if (!func (journal_column_int (&statement, 0), journal_column_int (&statement, 1),
               journal_column_text (&statement, 2), user_data))
      break;
  return journal_finish (&statement, error);
}

gboolean
journal_foreach_keywords (Journal *journal, gint64 mailbox, JournalKeywordsFunc func, gpointer user_data,
                          GError **error)
{
  g_auto (JournalStatement) statement =
      journal_statement (journal, "SELECT DISTINCT system & ?1, keywords FROM message"
                                  " WHERE mailbox = ?2 AND state = 1 AND (keywords <> '' OR system & ?1)");

  journal_bind_int (&statement, MESSAGE_FLAG_FORWARDED);
  journal_bind_int (&statement, mailbox);
  while (journal_step (&statement))
    if (!func (journal_column_int (&statement, 0), journal_column_text (&statement, 1), user_data))
      break;
  return journal_finish (&statement, error);
}
