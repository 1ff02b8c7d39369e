#include "journal-deletions.h"
#include "journal-private.h"

gboolean
journal_add_attic (Journal *journal, JournalAtticEntry *entry, GError **error)
{
  g_auto (JournalStatement) statement = journal_statement (
      journal, "INSERT OR REPLACE INTO attic (mailbox, file, subject, internal_date, removed, size,"
               " system, keywords) VALUES (?, ?, ?, ?, ?, ?, ?, ?)");

  journal_bind_text (&statement, entry->mailbox);
  journal_bind_text (&statement, entry->file);
  journal_bind_text (&statement, entry->subject);
  journal_bind_int (&statement, entry->internal_date);
  journal_bind_int (&statement, entry->removed);
  journal_bind_int (&statement, entry->size);
  journal_bind_int (&statement, entry->system);
  journal_bind_text (&statement, entry->keywords);
  if (!journal_write (&statement, error))
    return FALSE;
  entry->id = sqlite3_last_insert_rowid (journal->database);
  return TRUE;
}

gboolean
journal_remove_attic (Journal *journal, gint64 id, GError **error)
{
  g_auto (JournalStatement) statement = journal_statement (journal, "DELETE FROM attic WHERE id = ?");

  journal_bind_int (&statement, id);
  return journal_write (&statement, error);
}

static gboolean
read_entry (JournalStatement *row, JournalAtticEntry *entry)
{
  entry->id = journal_column_int (row, 0);
  entry->mailbox = journal_column_text (row, 1);
  entry->file = journal_column_text (row, 2);
  entry->subject = journal_column_text (row, 3);
  entry->internal_date = journal_column_int (row, 4);
  entry->removed = journal_column_int (row, 5);
  entry->size = journal_column_int (row, 6);
  entry->system = journal_column_int (row, 7);
  entry->keywords = journal_column_text (row, 8);
  return journal_row_is_sound (row);
}

gboolean
journal_foreach_attic (Journal *journal, JournalAtticFunc func, gpointer user_data, GError **error)
{
  g_auto (JournalStatement) statement =
      journal_statement (journal, "SELECT id, mailbox, file, subject, internal_date, removed, size, system,"
                                  " keywords FROM attic ORDER BY removed DESC, id DESC");

  while (journal_step (&statement))
    {
      JournalAtticEntry entry = { 0 };

      if (!read_entry (&statement, &entry) || !func (&entry, user_data))
        break;
    }
  return journal_finish (&statement, error);
}
