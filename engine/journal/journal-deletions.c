#include "journal-deletions.h"
#include "journal-private.h"

#define DELETIONS_KEPT_SECONDS (48 * 3600) /* twice what is ever asked for */

gboolean
journal_put_hold (Journal *journal, gint64 message, JournalSide side, gint64 since, GError **error)
{
  g_auto (JournalStatement) statement = journal_statement (
      journal,
      "INSERT INTO hold (message, side, since, released) VALUES (?, ?, ?, 0)"
      " ON CONFLICT (message) DO UPDATE SET side = excluded.side, since = excluded.since, released = 0"
      " WHERE side <> excluded.side");

  journal_bind_int (&statement, message);
  journal_bind_int (&statement, side);
  journal_bind_int (&statement, since);
  return journal_write (&statement, error);
}

gboolean
journal_remove_hold (Journal *journal, gint64 message, GError **error)
{
  g_auto (JournalStatement) statement = journal_statement (journal, "DELETE FROM hold WHERE message = ?");

  journal_bind_int (&statement, message);
  return journal_write (&statement, error);
}

static gboolean
write_and_count (JournalStatement *statement, guint *count, GError **error)
{
  if (!journal_write (statement, error))
    return FALSE;
  *count = sqlite3_changes (statement->journal->database);
  return TRUE;
}

gboolean
journal_release_holds (Journal *journal, gint64 mailbox, guint *count, GError **error)
{
  g_auto (JournalStatement) statement = journal_statement (
      journal, "UPDATE hold SET released = 1 WHERE released = 0"
               " AND (?1 = 0 OR ?1 = (SELECT mailbox FROM message WHERE message.id = hold.message))");

  journal_bind_int (&statement, mailbox);
  return write_and_count (&statement, count, error);
}

gboolean
journal_restore_holds (Journal *journal, gint64 mailbox, guint *count, GError **error)
{
  g_auto (JournalStatement) statement = journal_statement (
      journal, "DELETE FROM message WHERE id IN (SELECT message FROM hold WHERE released = 0)"
               " AND (?1 = 0 OR mailbox = ?1)");

  journal_bind_int (&statement, mailbox);
  return write_and_count (&statement, count, error) && journal_end_quiet (journal, mailbox, error);
}

static gboolean
read_hold (JournalStatement *row, JournalHold *hold)
{
  hold->message = journal_column_int (row, 0);
  hold->mailbox = journal_column_int (row, 1);
  hold->mailbox_name = journal_column_text (row, 2);
  hold->side = journal_column_int (row, 3);
  hold->since = journal_column_int (row, 4);
  hold->released = journal_column_int (row, 5) != 0;
  return journal_row_is_sound (row);
}

/* CROSS JOIN keeps SQLite from beginning with the messages, of which there are many. */
gboolean
journal_foreach_hold (Journal *journal, gint64 mailbox, JournalHoldFunc func, gpointer user_data,
                      GError **error)
{
  g_auto (JournalStatement) statement = journal_statement (
      journal, "SELECT hold.message, mailbox.id, mailbox.name, side, since, released"
               " FROM hold CROSS JOIN message ON message.id = hold.message"
               " CROSS JOIN mailbox ON mailbox.id = message.mailbox"
               " WHERE ?1 = 0 OR message.mailbox = ?1 ORDER BY mailbox.name, hold.message");

  journal_bind_int (&statement, mailbox);
  while (journal_step (&statement))
    {
      JournalHold hold = { 0 };

      if (!read_hold (&statement, &hold) || !func (&hold, user_data))
        break;
    }
  return journal_finish (&statement, error);
}

static gboolean
forget_deletions_before (Journal *journal, gint64 time, GError **error)
{
  g_auto (JournalStatement) statement = journal_statement (journal, "DELETE FROM deletion WHERE at < ?");

  journal_bind_int (&statement, time);
  return journal_write (&statement, error);
}

gboolean
journal_note_deletions (Journal *journal, gint64 mailbox, JournalSide side, gint64 now, guint count,
                        GError **error)
{
  g_auto (JournalStatement) statement =
      journal_statement (journal, "INSERT INTO deletion (at, mailbox, side, count) VALUES (?, ?, ?, ?)");

  journal_bind_int (&statement, now);
  journal_bind_int (&statement, mailbox);
  journal_bind_int (&statement, side);
  journal_bind_int (&statement, count);
  return journal_write (&statement, error) &&
         forget_deletions_before (journal, now - DELETIONS_KEPT_SECONDS, error);
}

gboolean
journal_count_deletions (Journal *journal, gint64 mailbox, JournalSide side, gint64 since, guint *count,
                         GError **error)
{
  g_auto (JournalStatement) statement =
      journal_statement (journal, "SELECT coalesce (sum (count), 0) FROM deletion"
                                  " WHERE (?1 = 0 OR mailbox = ?1) AND side = ?2 AND at >= ?3");

  journal_bind_int (&statement, mailbox);
  journal_bind_int (&statement, side);
  journal_bind_int (&statement, since);
  if (!journal_step (&statement))
    return journal_finish (&statement, error);
  *count = journal_column_int (&statement, 0);
  return TRUE;
}
