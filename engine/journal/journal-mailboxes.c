#include "journal-private.h"

void
journal_mailbox_free (JournalMailbox *mailbox)
{
  if (mailbox == NULL)
    return;
  g_free (mailbox->name);
  g_free (mailbox->wire_name);
  g_free (mailbox->directory);
  g_free (mailbox->special_use);
  g_free (mailbox->mailbox_id);
  g_free (mailbox->quiet_mark);
  g_free (mailbox->bound_for);
  g_free (mailbox);
}

static JournalMailbox *
read_mailbox (JournalStatement *row)
{
  JournalMailbox *mailbox = g_new0 (JournalMailbox, 1);

  mailbox->id = journal_column_int (row, 0);
  mailbox->name = g_strdup (journal_column_text (row, 1));
  mailbox->wire_name = g_strdup (journal_column_text_or_null (row, 2));
  mailbox->directory = g_strdup (journal_column_text (row, 3));
  mailbox->uidvalidity = journal_column_int (row, 4);
  mailbox->uidnext = journal_column_int (row, 5);
  mailbox->highestmodseq = journal_column_int (row, 6);
  mailbox->special_use = g_strdup (journal_column_text_or_null (row, 7));
  mailbox->refresh = journal_column_int (row, 8);
  mailbox->mailbox_id = g_strdup (journal_column_text_or_null (row, 9));
  mailbox->quiet_modseq = journal_column_int (row, 10);
  mailbox->quiet_uidnext = journal_column_int (row, 11);
  mailbox->quiet_messages = journal_column_int (row, 12);
  mailbox->quiet_mark = g_strdup (journal_column_text_or_null (row, 13));
  mailbox->listed = journal_column_int (row, 14);
  mailbox->cur_inode = (guint64)journal_column_int (row, 15);
  mailbox->bound_for = g_strdup (journal_column_text_or_null (row, 16));
  return mailbox;
}

GPtrArray *
journal_list_mailboxes (Journal *journal, GError **error)
{
  g_auto (JournalStatement) statement = journal_statement (
      journal, "SELECT id, name, wire_name, directory, uidvalidity, uidnext, highestmodseq,"
               " special_use, refresh, mailbox_id, quiet_modseq, quiet_uidnext, quiet_messages, quiet_mark,"
               " listed, cur_inode, bound_for FROM mailbox ORDER BY name");
  g_autoptr (GPtrArray) mailboxes = g_ptr_array_new_with_free_func ((GDestroyNotify)journal_mailbox_free);

  while (journal_step (&statement))
    g_ptr_array_add (mailboxes, read_mailbox (&statement));
  return journal_finish (&statement, error) ? g_steal_pointer (&mailboxes) : NULL;
}

static void
bind_mailbox (JournalStatement *statement, const JournalMailbox *mailbox)
{
  journal_bind_text (statement, mailbox->name);
  journal_bind_text (statement, mailbox->wire_name);
  journal_bind_text (statement, mailbox->directory);
  journal_bind_int (statement, mailbox->uidvalidity);
  journal_bind_int (statement, mailbox->uidnext);
  journal_bind_int (statement, mailbox->highestmodseq);
  journal_bind_text (statement, mailbox->special_use);
  journal_bind_int (statement, mailbox->refresh);
  journal_bind_text (statement, mailbox->mailbox_id);
  journal_bind_int (statement, mailbox->quiet_modseq);
  journal_bind_int (statement, mailbox->quiet_uidnext);
  journal_bind_int (statement, mailbox->quiet_messages);
  journal_bind_text (statement, mailbox->quiet_mark);
  journal_bind_int (statement, mailbox->listed);
  journal_bind_int (statement, (gint64)mailbox->cur_inode);
  journal_bind_text (statement, mailbox->bound_for);
}

static gboolean
insert_mailbox (Journal *journal, JournalMailbox *mailbox, GError **error)
{
  g_auto (JournalStatement) statement = journal_statement (
      journal, "INSERT INTO mailbox (name, wire_name, directory, uidvalidity, uidnext,"
               " highestmodseq, special_use, refresh, mailbox_id, quiet_modseq, quiet_uidnext,"
               " quiet_messages, quiet_mark, listed, cur_inode, bound_for) VALUES (?, ?, ?, ?, ?, ?, ?, ?, "
               "?, ?, ?, ?, ?, ?, ?, ?)");

  bind_mailbox (&statement, mailbox);
  if (!journal_write (&statement, error))
    return FALSE;
  mailbox->id = sqlite3_last_insert_rowid (journal->database);
  return TRUE;
}

gboolean
journal_put_mailbox (Journal *journal, JournalMailbox *mailbox, GError **error)
{
  if (mailbox->id == 0)
    return insert_mailbox (journal, mailbox, error);

  g_auto (JournalStatement) statement = journal_statement (
      journal, "UPDATE mailbox SET name = ?, wire_name = ?, directory = ?, uidvalidity = ?,"
               " uidnext = ?, highestmodseq = ?, special_use = ?, refresh = ?, mailbox_id = ?,"
               " quiet_modseq = ?, quiet_uidnext = ?, quiet_messages = ?, quiet_mark = ?, listed = ?, "
               "cur_inode = ?, bound_for = ?"
               " WHERE id = ?");
  bind_mailbox (&statement, mailbox);
  journal_bind_int (&statement, mailbox->id);
  return journal_write_row (&statement, "mailbox", mailbox->id, error);
}

gboolean
journal_remove_mailbox (Journal *journal, gint64 id, GError **error)
{
  g_auto (JournalStatement) statement = journal_statement (journal, "DELETE FROM mailbox WHERE id = ?");

  journal_bind_int (&statement, id);
  return journal_write (&statement, error);
}

gboolean
journal_end_quiet (Journal *journal, gint64 mailbox, GError **error)
{
  g_auto (JournalStatement) statement = journal_statement (
      journal, "UPDATE mailbox SET quiet_modseq = 0, quiet_mark = NULL WHERE ?1 = 0 OR id = ?1");

  journal_bind_int (&statement, mailbox);
  return journal_write (&statement, error);
}

gboolean
journal_is_quiet (Journal *journal, gint64 mailbox, gboolean *quiet, GError **error)
{
  g_auto (JournalStatement) statement = journal_statement (
      journal, "SELECT EXISTS (SELECT 1 FROM upload WHERE mailbox = ?1)"
               " OR EXISTS (SELECT 1 FROM unmarked WHERE mailbox = ?1)"
               " OR EXISTS (SELECT 1 FROM operation WHERE mailbox = ?1)"
               " OR EXISTS (SELECT 1 FROM unmatched WHERE mailbox = ?1)"
               " OR EXISTS (SELECT 1 FROM hold CROSS JOIN message ON message.id = hold.message"
               " WHERE message.mailbox = ?1)");

  journal_bind_int (&statement, mailbox);
  *quiet = journal_step (&statement) && journal_column_int (&statement, 0) == 0;
  return journal_finish (&statement, error);
}

static gboolean
forget_unmarked (Journal *journal, gint64 mailbox, GError **error)
{
  g_auto (JournalStatement) statement = journal_statement (journal, "DELETE FROM unmarked WHERE mailbox = ?");

  journal_bind_int (&statement, mailbox);
  return journal_write (&statement, error);
}

gboolean
journal_set_unmarked (Journal *journal, gint64 mailbox, guint32 uidvalidity, const char *uids, GError **error)
{
  if (uids == NULL)
    return forget_unmarked (journal, mailbox, error);

  g_auto (JournalStatement) statement =
      journal_statement (journal, "INSERT INTO unmarked (mailbox, uidvalidity, uids) VALUES (?, ?, ?)"
                                  " ON CONFLICT (mailbox) DO UPDATE"
                                  " SET uidvalidity = excluded.uidvalidity, uids = excluded.uids");
  journal_bind_int (&statement, mailbox);
  journal_bind_int (&statement, uidvalidity);
  journal_bind_text (&statement, uids);
  return journal_write (&statement, error);
}

char *
journal_get_unmarked (Journal *journal, gint64 mailbox, guint32 *uidvalidity, GError **error)
{
  g_auto (JournalStatement) statement =
      journal_statement (journal, "SELECT uids, uidvalidity FROM unmarked WHERE mailbox = ?");
  g_autofree char *uids = NULL;

  journal_bind_int (&statement, mailbox);
  if (journal_step (&statement))
    uids = g_strdup (journal_column_text (&statement, 0));
  if (uids != NULL)
    *uidvalidity = journal_column_int (&statement, 1);
  return journal_finish (&statement, error) ? g_steal_pointer (&uids) : NULL;
}
