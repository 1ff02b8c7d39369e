/* The base. Adding and walking are the journal's hot paths: hundreds of thousands of rows in one sync. */
#include "journal-private.h"

#define ID_BLOCK 1000

/* In the order of the table, as for journal_read_message. */
static void
bind_message (JournalStatement *statement, const JournalMessage *message)
{
  journal_bind_int (statement, message->mailbox);
  journal_bind_int (statement, message->uid);
  journal_bind_int (statement, message->state);
  journal_bind_text (statement, message->base);
  journal_bind_int (statement, message->system);
  journal_bind_text (statement, message->keywords);
  journal_bind_int (statement, message->not_kept_system);
  journal_bind_text (statement, message->not_kept_keywords);
  journal_bind_int (statement, message->size);
  journal_bind_int (statement, message->remote_size);
  journal_bind_int (statement, message->file_size);
  journal_bind_int (statement, message->mtime_ns);
  journal_bind_digest (statement, message->has_digest ? message->digest : NULL);
  journal_bind_int (statement, message->internal_date);
  journal_bind_text (statement, message->email_id);
}

gboolean
journal_read_message (JournalStatement *row, JournalMessage *message)
{
  message->id = journal_column_int (row, 0);
  message->mailbox = journal_column_int (row, 1);
  message->uid = journal_column_int (row, 2);
  message->state = journal_column_int (row, 3);
  message->base = journal_column_text (row, 4);
  message->system = journal_column_int (row, 5);
  message->keywords = journal_column_text (row, 6);
  message->not_kept_system = journal_column_int (row, 7);
  message->not_kept_keywords = journal_column_text (row, 8);
  message->size = journal_column_int (row, 9);
  message->remote_size = journal_column_int (row, 10);
  message->file_size = journal_column_int (row, 11);
  message->mtime_ns = journal_column_int (row, 12);
  message->has_digest = journal_column_digest (row, 13, message->digest);
  message->internal_date = journal_column_int (row, 14);
  message->email_id = journal_column_text_or_null (row, 15);
  return journal_row_is_sound (row);
}

#define SELECT_MESSAGE "SELECT " JOURNAL_MESSAGE_COLUMNS " FROM message WHERE mailbox = ? "

gboolean
journal_read_messages (JournalStatement *statement, JournalMessageFunc func, gpointer user_data,
                       GError **error)
{
  while (journal_step (statement))
    {
      JournalMessage message = { 0 };

      if (!journal_read_message (statement, &message) || !func (&message, user_data))
        break;
    }
  return journal_finish (statement, error);
}

static gboolean
read_messages (Journal *journal, const char *sql, gint64 mailbox, JournalMessageFunc func, gpointer user_data,
               GError **error)
{
  g_auto (JournalStatement) statement = journal_statement (journal, sql);

  journal_bind_int (&statement, mailbox);
  return journal_read_messages (&statement, func, user_data, error);
}

gboolean
journal_foreach_message (Journal *journal, gint64 mailbox, JournalMessageFunc func, gpointer user_data,
                         GError **error)
{
  return read_messages (journal, SELECT_MESSAGE "ORDER BY base", mailbox, func, user_data, error);
}

gboolean
journal_foreach_staged (Journal *journal, gint64 mailbox, JournalMessageFunc func, gpointer user_data,
                        GError **error)
{
  return read_messages (journal, SELECT_MESSAGE "AND state = 0", mailbox, func, user_data, error);
}

gboolean
journal_foreach_draft (Journal *journal, gint64 mailbox, JournalMessageFunc func, gpointer user_data,
                       GError **error)
{
  return read_messages (journal, SELECT_MESSAGE "AND (system | not_kept_system) & 1", mailbox, func,
                        user_data, error);
}

gboolean
journal_find_uid (Journal *journal, gint64 mailbox, guint32 uid, JournalMessageFunc func, gpointer user_data,
                  GError **error)
{
  g_auto (JournalStatement) statement = journal_statement (journal, SELECT_MESSAGE "AND uid = ?");

  journal_bind_int (&statement, mailbox);
  journal_bind_int (&statement, uid);
  return journal_read_messages (&statement, func, user_data, error);
}

gboolean
journal_find_id (Journal *journal, gint64 mailbox, gint64 id, JournalMessageFunc func, gpointer user_data,
                 GError **error)
{
  g_auto (JournalStatement) statement = journal_statement (journal, SELECT_MESSAGE "AND id = ?");

  journal_bind_int (&statement, mailbox);
  journal_bind_int (&statement, id);
  return journal_read_messages (&statement, func, user_data, error);
}

gboolean
journal_find_base (Journal *journal, gint64 mailbox, const char *base, JournalMessageFunc func,
                   gpointer user_data, GError **error)
{
  g_auto (JournalStatement) statement = journal_statement (journal, SELECT_MESSAGE "AND base = ?");

  journal_bind_int (&statement, mailbox);
  journal_bind_text (&statement, base);
  return journal_read_messages (&statement, func, user_data, error);
}

gboolean
journal_find_digest (Journal *journal, const guint8 *digest, gint64 row, gboolean *found, GError **error)
{
  g_auto (JournalStatement) statement =
      journal_statement (journal, "SELECT 1 FROM message WHERE digest = ? AND id <> ? AND state = 1 LIMIT 1");

  journal_bind_digest (&statement, digest);
  journal_bind_int (&statement, row);
  *found = journal_step (&statement);
  return journal_finish (&statement, error);
}

gboolean
journal_count_messages (Journal *journal, gint64 mailbox, guint *count, GError **error)
{
  g_auto (JournalStatement) statement =
      journal_statement (journal, "SELECT count (*) FROM message WHERE mailbox = ?");

  journal_bind_int (&statement, mailbox);
  if (!journal_step (&statement))
    return journal_finish (&statement, error);
  *count = journal_column_int (&statement, 0);
  return TRUE;
}

static gboolean
take_ids (Journal *journal, GError **error)
{
  g_auto (JournalStatement) statement =
      journal_statement (journal, "UPDATE id_block SET next = next + ? RETURNING next");

  journal_bind_int (&statement, ID_BLOCK);
  if (!journal_write (&statement, error))
    return FALSE;
  if (!journal_row_is_sound (&statement))
    return journal_fail (journal, SQLITE_CORRUPT, error); /* the row is gone */
  journal->last_message_id = journal_column_int (&statement, 0) - 1;
  journal->next_message_id = journal->last_message_id - ID_BLOCK + 1;
  return TRUE;
}

gboolean
journal_add_message (Journal *journal, JournalMessage *message, GError **error)
{
  if (journal->next_message_id > journal->last_message_id && !take_ids (journal, error))
    return FALSE;

  g_auto (JournalStatement) statement = journal_statement (
      journal, "INSERT INTO message (mailbox, uid, state, base, system, keywords,"
               " not_kept_system, not_kept_keywords, size, remote_size, file_size, mtime_ns,"
               " digest, internal_date, email_id, id, print)"
               " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16,"
               " message_print (?3, ?4, ?5, ?7, ?6, ?8, ?11, ?12))");

  bind_message (&statement, message);
  journal_bind_int (&statement, journal->next_message_id);
  if (!journal_write (&statement, error))
    return FALSE;
  message->id = journal->next_message_id++;
  return TRUE;
}

gboolean
journal_update_message (Journal *journal, const JournalMessage *message, GError **error)
{
  g_auto (JournalStatement) statement = journal_statement (
      journal, "UPDATE message SET mailbox = ?1, uid = ?2, state = ?3, base = ?4, system = ?5,"
               " keywords = ?6, not_kept_system = ?7, not_kept_keywords = ?8, size = ?9,"
               " remote_size = ?10, file_size = ?11, mtime_ns = ?12, digest = ?13, internal_date = ?14,"
               " email_id = ?15, print = message_print (?3, ?4, ?5, ?7, ?6, ?8, ?11, ?12)"
               " WHERE id = ?16");

  bind_message (&statement, message);
  journal_bind_int (&statement, message->id);
  return journal_write_row (&statement, "message", message->id, error);
}

gboolean
journal_clear_uids (Journal *journal, gint64 mailbox, GError **error)
{
  g_auto (JournalStatement) statement =
      journal_statement (journal, "UPDATE message SET uid = NULL WHERE mailbox = ?");

  journal_bind_int (&statement, mailbox);
  return journal_write (&statement, error);
}

gboolean
journal_set_message_state (Journal *journal, gint64 id, JournalMessageState state, GError **error)
{
  g_auto (JournalStatement) statement =
      journal_statement (journal, "UPDATE message SET state = ?1, print = message_print (?1, base, system,"
                                  " not_kept_system, keywords, not_kept_keywords, file_size, mtime_ns)"
                                  " WHERE id = ?2");

  journal_bind_int (&statement, state);
  journal_bind_int (&statement, id);
  return journal_write_row (&statement, "message", id, error);
}

gboolean
journal_set_messages_present (Journal *journal, gint64 mailbox, gint64 first, gint64 last, guint count,
                              GError **error)
{
  g_auto (JournalStatement) statement = journal_statement (
      journal, "UPDATE message SET state = 1, print = message_print (1, base, system, not_kept_system,"
               " keywords, not_kept_keywords, file_size, mtime_ns)"
               " WHERE mailbox = ? AND state = 0 AND id BETWEEN ? AND ?");

  journal_bind_int (&statement, mailbox);
  journal_bind_int (&statement, first);
  journal_bind_int (&statement, last);
  return journal_write_rows (&statement, count, "each of the messages up to", last, error);
}

gboolean
journal_set_message_flags (Journal *journal, gint64 id, guint8 system, const char *keywords,
                           guint8 not_kept_system, const char *not_kept_keywords, GError **error)
{
  g_auto (JournalStatement) statement =
      journal_statement (journal, "UPDATE message SET system = ?1, keywords = ?2, not_kept_system = ?3,"
                                  " not_kept_keywords = ?4, print = message_print (state, base, ?1, ?3, ?2,"
                                  " ?4, file_size, mtime_ns) WHERE id = ?5");

  journal_bind_int (&statement, system);
  journal_bind_text (&statement, keywords);
  journal_bind_int (&statement, not_kept_system);
  journal_bind_text (&statement, not_kept_keywords);
  journal_bind_int (&statement, id);
  return journal_write_row (&statement, "message", id, error);
}

gboolean
journal_set_message_base (Journal *journal, gint64 id, const char *base, GError **error)
{
  g_auto (JournalStatement) statement =
      journal_statement (journal, "UPDATE message SET base = ?1, print = message_print (state, ?1, system,"
                                  " not_kept_system, keywords, not_kept_keywords, file_size, mtime_ns)"
                                  " WHERE id = ?2");

  journal_bind_text (&statement, base);
  journal_bind_int (&statement, id);
  return journal_write_row (&statement, "message", id, error);
}

gboolean
journal_set_message_stamps (Journal *journal, gint64 id, guint64 file_size, gint64 mtime_ns, GError **error)
{
  g_auto (JournalStatement) statement =
      journal_statement (journal, "UPDATE message SET file_size = ?1, mtime_ns = ?2,"
                                  " print = message_print (state, base, system, not_kept_system, keywords,"
                                  " not_kept_keywords, ?1, ?2) WHERE id = ?3");

  journal_bind_int (&statement, file_size);
  journal_bind_int (&statement, mtime_ns);
  journal_bind_int (&statement, id);
  return journal_write_row (&statement, "message", id, error);
}

gboolean
journal_remove_messages (Journal *journal, gint64 mailbox, GError **error)
{
  g_auto (JournalStatement) statement = journal_statement (journal, "DELETE FROM message WHERE mailbox = ?");

  journal_bind_int (&statement, mailbox);
  return journal_write (&statement, error);
}

gboolean
journal_remove_message (Journal *journal, gint64 id, GError **error)
{
  g_auto (JournalStatement) statement = journal_statement (journal, "DELETE FROM message WHERE id = ?");

  journal_bind_int (&statement, id);
  return journal_write (&statement, error);
}
