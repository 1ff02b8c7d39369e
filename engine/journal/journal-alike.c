#include "journal-alike.h"

#include "journal-private.h"

#define SELECT_ALIKE "SELECT " JOURNAL_MESSAGE_COLUMNS " FROM message WHERE state = 1 AND digest IS NOT NULL "
#define AT_MOST " LIMIT " G_STRINGIFY (JOURNAL_ALIKE_MAX)

gboolean
journal_foreach_stamp (Journal *journal, guint64 remote_size, gint64 internal_date, JournalMessageFunc func,
                       gpointer user_data, GError **error)
{
  g_auto (JournalStatement) statement =
      journal_statement (journal, SELECT_ALIKE "AND internal_date = ? AND remote_size = ?" AT_MOST);

  journal_bind_int (&statement, internal_date);
  journal_bind_int (&statement, remote_size);
  return journal_read_messages (&statement, func, user_data, error);
}

gboolean
journal_index_texts (Journal *journal, GError **error)
{
  g_auto (JournalStatement) statement =
      journal_statement (journal, "CREATE INDEX IF NOT EXISTS message_sizes ON message (size)");

  return journal_write (&statement, error);
}

gboolean
journal_foreach_text (Journal *journal, guint64 size, const guint8 *digest, JournalMessageFunc func,
                      gpointer user_data, GError **error)
{
  g_auto (JournalStatement) statement =
      journal_statement (journal, SELECT_ALIKE "AND size = ? AND digest = ?" AT_MOST);

  journal_bind_int (&statement, size);
  journal_bind_digest (&statement, digest);
  return journal_read_messages (&statement, func, user_data, error);
}

gboolean
journal_find_message (Journal *journal, gint64 id, JournalMessageFunc func, gpointer user_data,
                      GError **error)
{
  g_auto (JournalStatement) statement =
      journal_statement (journal, "SELECT " JOURNAL_MESSAGE_COLUMNS " FROM message WHERE id = ?");

  journal_bind_int (&statement, id);
  return journal_read_messages (&statement, func, user_data, error);
}

gboolean
journal_has_messages (Journal *journal)
{
  g_auto (JournalStatement) statement = journal_statement (journal, "SELECT 1 FROM message LIMIT 1");

  return journal_step (&statement);
}
