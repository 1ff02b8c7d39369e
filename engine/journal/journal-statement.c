#include "journal-private.h"

JournalStatement
journal_statement (Journal *journal, const char *sql)
{
  JournalStatement statement = { .journal = journal, .cached = TRUE, .result = SQLITE_OK };

  statement.handle = g_hash_table_lookup (journal->statements, sql);
  if (statement.handle != NULL && !sqlite3_stmt_busy (statement.handle))
    return statement;

  /* Busy: this is a call from within the loop over the same statement, which needs one of its own. */
  statement.cached = statement.handle == NULL;
  statement.result = sqlite3_prepare_v3 (
      journal->database, sql, -1, statement.cached ? SQLITE_PREPARE_PERSISTENT : 0, &statement.handle, NULL);
  if (statement.result == SQLITE_OK && statement.cached)
    g_hash_table_insert (journal->statements, (gpointer)sql, statement.handle);
  return statement;
}

void
journal_statement_clear (JournalStatement *statement)
{
  if (statement->handle == NULL)
    return;
  if (statement->cached)
    {
      sqlite3_reset (statement->handle);
      sqlite3_clear_bindings (statement->handle);
    }
  else
    sqlite3_finalize (statement->handle);
  statement->handle = NULL;
}

void
journal_bind_int (JournalStatement *statement, gint64 value)
{
  if (statement->result == SQLITE_OK)
    statement->result = sqlite3_bind_int64 (statement->handle, ++statement->parameter, value);
}

void
journal_bind_id (JournalStatement *statement, gint64 id)
{
  if (id != 0)
    journal_bind_int (statement, id);
  else
    statement->parameter++; /* unbound is NULL */
}

void
journal_bind_text (JournalStatement *statement, const char *text)
{
  if (statement->result == SQLITE_OK)
    statement->result =
        sqlite3_bind_text (statement->handle, ++statement->parameter, text, -1, SQLITE_STATIC);
}

void
journal_bind_digest (JournalStatement *statement, const guint8 *digest)
{
  if (statement->result == SQLITE_OK)
    statement->result = sqlite3_bind_blob (statement->handle, ++statement->parameter, digest,
                                           digest != NULL ? 32 : 0, SQLITE_STATIC);
}

gboolean
journal_step (JournalStatement *statement)
{
  if (statement->result != SQLITE_OK && statement->result != SQLITE_ROW)
    return FALSE;
  statement->result = sqlite3_step (statement->handle);
  return statement->result == SQLITE_ROW;
}

gboolean
journal_finish (JournalStatement *statement, GError **error)
{
  if (statement->result == SQLITE_OK || statement->result == SQLITE_ROW || statement->result == SQLITE_DONE)
    return TRUE;
  return journal_fail (statement->journal, statement->result, error);
}

gboolean
journal_write (JournalStatement *statement, GError **error)
{
  Journal *journal = statement->journal;

  g_return_val_if_fail (journal->in_transaction, FALSE);

  /* After a full disk SQLite has rolled back by itself: what came next would be a transaction of its own. */
  if (journal->transaction_failed || sqlite3_get_autocommit (journal->database))
    {
      g_set_error (error, JOURNAL_ERROR, JOURNAL_ERROR_IO,
                   "%s: an earlier step of this transaction failed; it can only be rolled back",
                   journal->path);
      return FALSE;
    }
  journal_step (statement);
  journal->transaction_failed = statement->result != SQLITE_DONE && statement->result != SQLITE_ROW;
  return journal_finish (statement, error);
}

gboolean
journal_write_row (JournalStatement *statement, const char *what, gint64 id, GError **error)
{
  return journal_write_rows (statement, 1, what, id, error);
}

gboolean
journal_write_rows (JournalStatement *statement, guint count, const char *what, gint64 id, GError **error)
{
  Journal *journal = statement->journal;

  if (!journal_write (statement, error))
    return FALSE;
  if ((guint)sqlite3_changes (journal->database) == count)
    return TRUE;
  journal->transaction_failed = TRUE;
  g_set_error (error, JOURNAL_ERROR, JOURNAL_ERROR_IO, "%s: %s %" G_GINT64_FORMAT " is not in the journal",
               journal->path, what, id);
  return FALSE;
}

gint64
journal_column_int (JournalStatement *statement, int column)
{
  return sqlite3_column_int64 (statement->handle, column);
}

const char *
journal_column_text_or_null (JournalStatement *statement, int column)
{
  return (const char *)sqlite3_column_text (statement->handle, column);
}

const char *
journal_column_text (JournalStatement *statement, int column)
{
  const char *text = journal_column_text_or_null (statement, column);

  if (text != NULL)
    return text;
  statement->result = SQLITE_CORRUPT;
  return "";
}

gboolean
journal_column_digest (JournalStatement *statement, int column, guint8 *digest)
{
  const void *bytes = sqlite3_column_blob (statement->handle, column);

  if (bytes == NULL || sqlite3_column_bytes (statement->handle, column) != 32)
    return FALSE;
  memcpy (digest, bytes, 32);
  return TRUE;
}

gboolean
journal_row_is_sound (const JournalStatement *statement)
{
  return statement->result == SQLITE_ROW;
}
