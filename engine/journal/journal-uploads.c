#include "journal-private.h"

static gboolean
read_upload (JournalStatement *row, JournalUpload *upload)
{
  upload->id = journal_column_int (row, 0);
  upload->mailbox = journal_column_int (row, 1);
  upload->base = journal_column_text (row, 2);
  upload->replaces = journal_column_int (row, 3);
  upload->uidvalidity = journal_column_int (row, 4);
  upload->uidnext = journal_column_int (row, 5);
  upload->size = journal_column_int (row, 6);
  upload->wire_size = journal_column_int (row, 7);
  if (!journal_column_digest (row, 8, upload->digest) ||
      !journal_column_digest (row, 9, upload->header_digest))
    row->result = SQLITE_CORRUPT;
  upload->message_id = journal_column_text_or_null (row, 10);
  upload->date = journal_column_text_or_null (row, 11);
  upload->internal_date = journal_column_int (row, 12);
  upload->system = journal_column_int (row, 13);
  upload->keywords = journal_column_text (row, 14);
  upload->file_size = journal_column_int (row, 15);
  upload->mtime_ns = journal_column_int (row, 16);
  upload->attempts = journal_column_int (row, 17);
  return journal_row_is_sound (row);
}

gboolean
journal_foreach_upload (Journal *journal, gint64 mailbox, JournalUploadFunc func, gpointer user_data,
                        GError **error)
{
  g_auto (JournalStatement) statement =
      journal_statement (journal, "SELECT id, mailbox, base, replaces, uidvalidity, uidnext, size, wire_size,"
                                  " digest, header_digest, message_id, date, internal_date, system, keywords,"
                                  " file_size, mtime_ns, attempts FROM upload WHERE mailbox = ? ORDER BY id");

  journal_bind_int (&statement, mailbox);
  while (journal_step (&statement))
    {
      JournalUpload upload = { 0 };

      if (!read_upload (&statement, &upload) || !func (&upload, user_data))
        break;
    }
  return journal_finish (&statement, error);
}

gboolean
journal_add_upload (Journal *journal, JournalUpload *upload, GError **error)
{
  g_auto (JournalStatement) statement = journal_statement (
      journal, "INSERT INTO upload (mailbox, base, replaces, uidvalidity, uidnext, size,"
               " wire_size, digest, header_digest, message_id, date, internal_date, system,"
               " keywords, file_size, mtime_ns, attempts)"
               " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");

  journal_bind_int (&statement, upload->mailbox);
  journal_bind_text (&statement, upload->base);
  journal_bind_id (&statement, upload->replaces);
  journal_bind_int (&statement, upload->uidvalidity);
  journal_bind_int (&statement, upload->uidnext);
  journal_bind_int (&statement, upload->size);
  journal_bind_int (&statement, upload->wire_size);
  journal_bind_digest (&statement, upload->digest);
  journal_bind_digest (&statement, upload->header_digest);
  journal_bind_text (&statement, upload->message_id);
  journal_bind_text (&statement, upload->date);
  journal_bind_int (&statement, upload->internal_date);
  journal_bind_int (&statement, upload->system);
  journal_bind_text (&statement, upload->keywords);
  journal_bind_int (&statement, upload->file_size);
  journal_bind_int (&statement, upload->mtime_ns);
  journal_bind_int (&statement, upload->attempts);
  if (!journal_write (&statement, error))
    return FALSE;
  upload->id = sqlite3_last_insert_rowid (journal->database);
  return TRUE;
}

gboolean
journal_remove_upload (Journal *journal, gint64 id, GError **error)
{
  g_auto (JournalStatement) statement = journal_statement (journal, "DELETE FROM upload WHERE id = ?");

  journal_bind_int (&statement, id);
  return journal_write (&statement, error);
}
