/* A round marks what it puts (`seen`) and drops the rest. Cut off between begin and end, it has dropped
 * nothing: the next round starts over. */
#include "journal-queue.h"
#include "journal-private.h"

gboolean
journal_queue_begin (Journal *journal, gint64 mailbox, GError **error)
{
  g_auto (JournalStatement) statement =
      journal_statement (journal, "UPDATE operation SET seen = 0 WHERE mailbox = ?");

  journal_bind_int (&statement, mailbox);
  return journal_write (&statement, error);
}

gboolean
journal_queue_put (Journal *journal, JournalOperation *operation, gboolean *refused, GError **error)
{
  g_auto (JournalStatement) statement = journal_statement (
      journal, "INSERT INTO operation (mailbox, kind, key, detail, subject, first_seen, state, seen)"
               " VALUES (?, ?, ?, ?, ?, ?, 0, 1)"
               " ON CONFLICT (mailbox, key) DO UPDATE SET"
               "  state = iif (kind = excluded.kind AND detail = excluded.detail, state, 0),"
               "  reason = iif (kind = excluded.kind AND detail = excluded.detail, reason, NULL),"
               "  kind = excluded.kind, detail = excluded.detail, subject = excluded.subject, seen = 1"
               " RETURNING id, first_seen, state");

  journal_bind_int (&statement, operation->mailbox);
  journal_bind_int (&statement, operation->kind);
  journal_bind_text (&statement, operation->key);
  journal_bind_text (&statement, operation->detail);
  journal_bind_text (&statement, operation->subject);
  journal_bind_int (&statement, operation->first_seen);
  if (!journal_write (&statement, error))
    return FALSE;

  operation->id = journal_column_int (&statement, 0);
  operation->first_seen = journal_column_int (&statement, 1);
  operation->state = journal_column_int (&statement, 2);
  if (refused != NULL)
    *refused = operation->state == JOURNAL_OPERATION_REFUSED;
  return TRUE;
}

gboolean
journal_queue_end (Journal *journal, gint64 mailbox, GError **error)
{
  g_auto (JournalStatement) statement =
      journal_statement (journal, "DELETE FROM operation WHERE mailbox = ? AND seen = 0");

  journal_bind_int (&statement, mailbox);
  return journal_write (&statement, error);
}

gboolean
journal_queue_remove (Journal *journal, gint64 mailbox, const char *key, GError **error)
{
  g_auto (JournalStatement) statement =
      journal_statement (journal, "DELETE FROM operation WHERE mailbox = ? AND key = ?");

  journal_bind_int (&statement, mailbox);
  journal_bind_text (&statement, key);
  return journal_write (&statement, error);
}

gboolean
journal_queue_refuse (Journal *journal, gint64 mailbox, const char *key, const char *reason, GError **error)
{
  g_auto (JournalStatement) statement =
      journal_statement (journal, "UPDATE operation SET state = 1, reason = ? WHERE mailbox = ? AND key = ?");
  g_autofree char *what = g_strdup_printf ("the operation \"%s\" of mailbox", key);

  journal_bind_text (&statement, reason);
  journal_bind_int (&statement, mailbox);
  journal_bind_text (&statement, key);
  return journal_write_row (&statement, what, mailbox, error);
}

gboolean
journal_queue_retry (Journal *journal, gint64 mailbox, guint *count, GError **error)
{
  g_auto (JournalStatement) statement = journal_statement (
      journal, "UPDATE operation SET state = 0, reason = NULL WHERE state = 1 AND mailbox = ?");

  journal_bind_int (&statement, mailbox);
  if (!journal_write (&statement, error))
    return FALSE;
  *count = sqlite3_changes (journal->database);
  return TRUE;
}

static gboolean
read_operation (JournalStatement *row, JournalOperation *operation)
{
  operation->id = journal_column_int (row, 0);
  operation->mailbox = journal_column_int (row, 1);
  operation->mailbox_name = journal_column_text (row, 2);
  operation->kind = journal_column_int (row, 3);
  operation->key = journal_column_text (row, 4);
  operation->detail = journal_column_text (row, 5);
  operation->subject = journal_column_text (row, 6);
  operation->first_seen = journal_column_int (row, 7);
  operation->state = journal_column_int (row, 8);
  operation->reason = journal_column_text_or_null (row, 9);
  return journal_row_is_sound (row);
}

gboolean
journal_queue_foreach (Journal *journal, gint64 mailbox, JournalOperationFunc func, gpointer user_data,
                       GError **error)
{
  g_auto (JournalStatement) statement = journal_statement (
      journal,
      "SELECT operation.id, mailbox, mailbox.name, kind, key, detail, subject, first_seen, state, reason"
      " FROM operation JOIN mailbox ON mailbox.id = operation.mailbox"
      " WHERE ?1 = 0 OR mailbox = ?1 ORDER BY mailbox.name, kind, operation.id");

  journal_bind_int (&statement, mailbox);
  while (journal_step (&statement))
    {
      JournalOperation operation = { 0 };

      if (!read_operation (&statement, &operation) || !func (&operation, user_data))
        break;
    }
  return journal_finish (&statement, error);
}
