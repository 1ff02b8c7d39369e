#include "journal-unmatched.h"
#include "journal-private.h"

gboolean
journal_put_unmatched (Journal *journal, gint64 mailbox, const char *key, GError **error)
{
  g_auto (JournalStatement) statement =
      journal_statement (journal, "INSERT OR IGNORE INTO unmatched (mailbox, key) VALUES (?, ?)");

  journal_bind_int (&statement, mailbox);
  journal_bind_text (&statement, key);
  return journal_write (&statement, error);
}

gboolean
journal_remove_unmatched (Journal *journal, gint64 mailbox, const char *key, GError **error)
{
  g_auto (JournalStatement) statement =
      journal_statement (journal, "DELETE FROM unmatched WHERE mailbox = ? AND key = ?");

  journal_bind_int (&statement, mailbox);
  journal_bind_text (&statement, key);
  return journal_write (&statement, error);
}

gboolean
journal_release_unmatched (Journal *journal, gint64 mailbox, guint *count, GError **error)
{
  g_auto (JournalStatement) statement =
      journal_statement (journal, "DELETE FROM unmatched WHERE mailbox = ?");

  journal_bind_int (&statement, mailbox);
  if (!journal_write (&statement, error))
    return FALSE;
  *count = sqlite3_changes (journal->database);
  return journal_end_quiet (journal, mailbox, error);
}

gboolean
journal_foreach_unmatched (Journal *journal, gint64 mailbox, JournalUnmatchedFunc func, gpointer user_data,
                           GError **error)
{
  g_auto (JournalStatement) statement =
      journal_statement (journal, "SELECT key FROM unmatched WHERE mailbox = ? ORDER BY key");

  journal_bind_int (&statement, mailbox);
  while (journal_step (&statement))
    {
      const char *key = journal_column_text (&statement, 0);

      if (!journal_row_is_sound (&statement) || !func (key, user_data))
        break;
    }
  return journal_finish (&statement, error);
}
