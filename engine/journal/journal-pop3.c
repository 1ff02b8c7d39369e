#include "journal-pop3.h"
#include "journal-private.h"

/* In the order of the table, as for read_message. */
static void
bind_message (JournalStatement *statement, const JournalPop3Message *message)
{
  journal_bind_text (statement, message->uidl);
  journal_bind_digest (statement, message->has_digest ? message->digest : NULL);
  journal_bind_digest (statement, message->has_digest ? message->header_digest : NULL);
  journal_bind_int (statement, message->size);
  journal_bind_text (statement, message->base);
  journal_bind_int (statement, message->first_seen);
  journal_bind_int (statement, message->unlisted);
  journal_bind_int (statement, message->deleted);
}

static gboolean
read_message (JournalStatement *row, JournalPop3Message *message)
{
  message->id = journal_column_int (row, 0);
  message->uidl = journal_column_text_or_null (row, 1);
  message->has_digest = journal_column_digest (row, 2, message->digest) &&
                        journal_column_digest (row, 3, message->header_digest);
  message->size = journal_column_int (row, 4);
  message->base = journal_column_text_or_null (row, 5);
  message->first_seen = journal_column_int (row, 6);
  message->unlisted = journal_column_int (row, 7);
  message->deleted = journal_column_int (row, 8);
  return journal_row_is_sound (row);
}

gboolean
journal_foreach_pop3_message (Journal *journal, JournalPop3MessageFunc func, gpointer user_data,
                              GError **error)
{
  g_auto (JournalStatement) statement =
      journal_statement (journal, "SELECT id, uidl, digest, header_digest, size, base, first_seen, unlisted,"
                                  " deleted FROM pop3_message ORDER BY id");

  while (journal_step (&statement))
    {
      JournalPop3Message message = { 0 };

      if (!read_message (&statement, &message) || !func (&message, user_data))
        break;
    }
  return journal_finish (&statement, error);
}

gboolean
journal_count_pop3_messages (Journal *journal, guint *count, GError **error)
{
  g_auto (JournalStatement) statement = journal_statement (journal, "SELECT count (*) FROM pop3_message");

  if (journal_step (&statement))
    *count = journal_column_int (&statement, 0);
  return journal_finish (&statement, error);
}

gboolean
journal_add_pop3_message (Journal *journal, JournalPop3Message *message, GError **error)
{
  g_auto (JournalStatement) statement = journal_statement (
      journal, "INSERT INTO pop3_message (uidl, digest, header_digest, size, base, first_seen, unlisted,"
               " deleted) VALUES (?, ?, ?, ?, ?, ?, ?, ?)");

  bind_message (&statement, message);
  if (!journal_write (&statement, error))
    return FALSE;
  message->id = sqlite3_last_insert_rowid (journal->database);
  return TRUE;
}

gboolean
journal_update_pop3_message (Journal *journal, const JournalPop3Message *message, GError **error)
{
  g_auto (JournalStatement) statement = journal_statement (
      journal, "UPDATE pop3_message SET uidl = ?, digest = ?, header_digest = ?, size = ?, base = ?,"
               " first_seen = ?, unlisted = ?, deleted = ? WHERE id = ?");

  bind_message (&statement, message);
  journal_bind_int (&statement, message->id);
  return journal_write_row (&statement, "message of the maildrop", message->id, error);
}

gboolean
journal_set_pop3_message_present (Journal *journal, gint64 id, GError **error)
{
  g_auto (JournalStatement) statement =
      journal_statement (journal, "UPDATE pop3_message SET base = NULL WHERE id = ?");

  journal_bind_int (&statement, id);
  return journal_write_row (&statement, "message of the maildrop", id, error);
}

gboolean
journal_remove_pop3_message (Journal *journal, gint64 id, GError **error)
{
  g_auto (JournalStatement) statement = journal_statement (journal, "DELETE FROM pop3_message WHERE id = ?");

  journal_bind_int (&statement, id);
  return journal_write (&statement, error);
}

gboolean
journal_forget_pop3_messages (Journal *journal, gint64 before, GError **error)
{
  g_auto (JournalStatement) statement =
      journal_statement (journal, "DELETE FROM pop3_message WHERE unlisted > 0 AND unlisted < ?");

  journal_bind_int (&statement, before);
  return journal_write (&statement, error);
}

/* What a digest was passed on from says nothing without its UIDL. */
gboolean
journal_forget_pop3_uidls (Journal *journal, GError **error)
{
  g_auto (JournalStatement) passed_on =
      journal_statement (journal, "DELETE FROM pop3_message WHERE digest IS NULL");
  g_auto (JournalStatement) others = journal_statement (journal, "UPDATE pop3_message SET uidl = NULL");

  return journal_write (&passed_on, error) && journal_write (&others, error);
}

gboolean
journal_forget_pop3_present (Journal *journal, GError **error)
{
  g_auto (JournalStatement) statement =
      journal_statement (journal, "DELETE FROM pop3_message WHERE base IS NULL");

  return journal_write (&statement, error);
}

gboolean
journal_foreach_pop3_file (Journal *journal, JournalPop3FileFunc func, gpointer user_data, GError **error)
{
  g_auto (JournalStatement) statement =
      journal_statement (journal, "SELECT base, size, mtime_ns, digest FROM pop3_file");

  while (journal_step (&statement))
    {
      JournalPop3File file = { .base = journal_column_text (&statement, 0),
                               .size = journal_column_int (&statement, 1),
                               .mtime_ns = journal_column_int (&statement, 2) };

      if (!journal_column_digest (&statement, 3, file.digest))
        statement.result = SQLITE_CORRUPT;
      if (!journal_row_is_sound (&statement) || !func (&file, user_data))
        break;
    }
  return journal_finish (&statement, error);
}

gboolean
journal_put_pop3_file (Journal *journal, const JournalPop3File *file, GError **error)
{
  g_auto (JournalStatement) statement = journal_statement (
      journal, "INSERT OR REPLACE INTO pop3_file (base, size, mtime_ns, digest) VALUES (?, ?, ?, ?)");

  journal_bind_text (&statement, file->base);
  journal_bind_int (&statement, file->size);
  journal_bind_int (&statement, file->mtime_ns);
  journal_bind_digest (&statement, file->digest);
  return journal_write (&statement, error);
}

gboolean
journal_remove_pop3_file (Journal *journal, const char *base, GError **error)
{
  g_auto (JournalStatement) statement = journal_statement (journal, "DELETE FROM pop3_file WHERE base = ?");

  journal_bind_text (&statement, base);
  return journal_write (&statement, error);
}
