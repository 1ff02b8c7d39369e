/* The handle's end, its transactions, its errors; and the facts. */
#include "journal-private.h"

G_DEFINE_QUARK (journal - error - quark, journal_error)

static const char *
describe (Journal *journal, int result)
{
  if (journal->database != NULL && sqlite3_extended_errcode (journal->database) == result)
    return sqlite3_errmsg (journal->database);
  return sqlite3_errstr (result);
}

static void
set_io_error (Journal *journal, int result, GError **error)
{
  int cause = journal->database != NULL ? sqlite3_system_errno (journal->database) : 0;

  if ((result & 0xff) == SQLITE_IOERR && cause != 0)
    g_set_error (error, JOURNAL_ERROR, JOURNAL_ERROR_IO, "%s: %s (%s); this step was not recorded",
                 journal->path, g_strerror (cause), sqlite3_errstr (result));
  else
    g_set_error (error, JOURNAL_ERROR, JOURNAL_ERROR_IO, "%s: %s", journal->path, describe (journal, result));
}

gboolean
journal_fail (Journal *journal, int result, GError **error)
{
  switch (result & 0xff) /* the primary code */
    {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      g_set_error (
          error, JOURNAL_ERROR, JOURNAL_ERROR_CORRUPT,
          "%s: damaged (%s); the next sync sets it aside and matches all mail again, nothing is deleted",
          journal->path, describe (journal, result));
      journal->broken = TRUE;
      journal_suspect (journal);
      break;
    case SQLITE_FULL:
      g_set_error (error, JOURNAL_ERROR, JOURNAL_ERROR_IO,
                   "%s: the disk is full; this step was not recorded; make room and run again",
                   journal->path);
      break;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      g_set_error (error, JOURNAL_ERROR, JOURNAL_ERROR_IO,
                   "%s: another program has kept it locked for %d seconds; close it and run again",
                   journal->path, JOURNAL_BUSY_SECONDS);
      break;
    default:
      set_io_error (journal, result, error);
    }

  /* What a failed fsync left unwritten may be called clean by the next one: this handle is not used again. */
  if (result == SQLITE_IOERR_FSYNC || result == SQLITE_IOERR_DIR_FSYNC)
    journal->broken = TRUE;
  return FALSE;
}

void
journal_close_database (Journal *journal)
{
  g_hash_table_remove_all (journal->statements);
  if (journal->database != NULL)
    {
      int result = sqlite3_close (journal->database);

      g_warn_if_fail (result == SQLITE_OK);
      journal->database = NULL;
    }
}

void
journal_close (Journal *journal)
{
  if (journal == NULL)
    return;
  journal_rollback (journal);
  journal_close_database (journal);
  journal_unlock_handles (journal);
  g_hash_table_unref (journal->statements);
  g_free (journal->path);
  g_free (journal);
}

static gboolean
run (Journal *journal, const char *sql, GError **error)
{
  g_auto (JournalStatement) statement = journal_statement (journal, sql);

  journal_step (&statement);
  return journal_finish (&statement, error);
}

gboolean
journal_begin (Journal *journal, GError **error)
{
  g_return_val_if_fail (!journal->in_transaction, FALSE);

  if (journal->broken)
    {
      g_set_error (error, JOURNAL_ERROR, JOURNAL_ERROR_IO,
                   "%s: it failed before and is not written to any more; run again", journal->path);
      return FALSE;
    }
  if (!run (journal, "BEGIN IMMEDIATE", error))
    return FALSE;
  journal->in_transaction = TRUE;
  journal->transaction_failed = FALSE;
  return TRUE;
}

gboolean
journal_commit (Journal *journal, GError **error)
{
  g_auto (JournalStatement) statement = journal_statement (journal, "COMMIT");

  if (!journal_write (&statement, error))
    return FALSE;
  journal->in_transaction = FALSE;
  return TRUE;
}

void
journal_rollback (Journal *journal)
{
  if (!journal->in_transaction)
    return;
  journal->in_transaction = FALSE;
  journal->next_message_id = journal->last_message_id + 1; /* perhaps the block was taken just now */
  if (!sqlite3_get_autocommit (journal->database))
    {
      g_autoptr (GError) error = NULL;

      if (!run (journal, "ROLLBACK", &error))
        g_warning ("%s", error->message);
    }
}

gboolean
journal_end (Journal *journal, gboolean done, GError **error)
{
  if (done && journal_commit (journal, error))
    return TRUE;
  journal_rollback (journal);
  return FALSE;
}

char *
journal_get_fact (Journal *journal, const char *key, GError **error)
{
  g_auto (JournalStatement) statement = journal_statement (journal, "SELECT value FROM fact WHERE key = ?");
  g_autofree char *value = NULL;

  journal_bind_text (&statement, key);
  if (journal_step (&statement))
    value = g_strdup (journal_column_text (&statement, 0));
  return journal_finish (&statement, error) ? g_steal_pointer (&value) : NULL;
}

static gboolean
forget_fact (Journal *journal, const char *key, GError **error)
{
  g_auto (JournalStatement) statement = journal_statement (journal, "DELETE FROM fact WHERE key = ?");

  journal_bind_text (&statement, key);
  return journal_write (&statement, error);
}

gboolean
journal_set_fact (Journal *journal, const char *key, const char *value, GError **error)
{
  if (value == NULL)
    return forget_fact (journal, key, error);

  g_auto (JournalStatement) statement =
      journal_statement (journal, "INSERT INTO fact (key, value) VALUES (?, ?)"
                                  " ON CONFLICT (key) DO UPDATE SET value = excluded.value");
  journal_bind_text (&statement, key);
  journal_bind_text (&statement, value);
  return journal_write (&statement, error);
}
