#include "renamed-there.h"

#include "mailbox-names.h"
#include "mailboxes-private.h"
#include "renamed-here.h"
#include "../message/text-safe.h"

#include <string.h>

void
listed_mailbox_free (ListedMailbox *listed)
{
  g_free (listed->name);
  g_free (listed->mailbox_id);
  g_free (listed);
}

/* (nullable) in *selected: the server refused. */
static gboolean
examine (AccountSync *account, const char *wire_name, const ImapSelected **selected, GError **error)
{
  g_autoptr (GError) local_error = NULL;

  *selected = imap_session_select (account->session, wire_name, TRUE, &local_error);
  if (*selected != NULL || g_error_matches (local_error, IMAP_ERROR, IMAP_ERROR_REFUSED))
    return TRUE;
  g_propagate_error (error, g_steal_pointer (&local_error));
  return FALSE;
}

static gboolean
look_at (AccountSync *account, ListedMailbox *listed, GError **error)
{
  const ImapSelected *selected;

  if (listed->examined)
    return TRUE;
  if (!examine (account, listed->item->raw, &selected, error))
    return FALSE;
  listed->examined = TRUE;
  if (selected != NULL)
    {
      listed->uidvalidity = selected->uidvalidity;
      listed->uidnext = selected->uidnext;
      listed->mailbox_id = g_strdup (selected->mailbox_id);
    }
  return TRUE;
}

/* Sizes by UID: those of the base against those of the other mailbox. */
typedef struct
{
  GHashTable *sizes; /* uid -> RFC822.SIZE of the base, in 32 bits; 0: not known */
  ImapUidSet *uids;
  guint common, different;
} Comparison;

static gboolean
collect_size (const JournalMessage *message, gpointer user_data)
{
  Comparison *comparison = user_data;

  if (message->state != JOURNAL_MESSAGE_PRESENT || message->uid == 0)
    return TRUE;
  g_hash_table_insert (comparison->sizes, GUINT_TO_POINTER (message->uid),
                       GUINT_TO_POINTER ((guint32)message->remote_size));
  imap_uid_set_add (comparison->uids, message->uid);
  return TRUE;
}

static void
compare_size (const ImapFetch *fetch, gpointer user_data)
{
  Comparison *comparison = user_data;
  guint32 known = GPOINTER_TO_UINT (g_hash_table_lookup (comparison->sizes, GUINT_TO_POINTER (fetch->uid)));

  if ((fetch->present & IMAP_FETCH_SIZE) == 0 ||
      !g_hash_table_contains (comparison->sizes, GUINT_TO_POINTER (fetch->uid)))
    return;
  comparison->common++;
  comparison->different += known != 0 && known != (guint32)fetch->size;
}

static gboolean
fetch_sizes (AccountSync *account, const ListedMailbox *listed, Comparison *comparison, GError **error)
{
  const ImapSelected *selected;
  g_autoptr (ImapBatch) batch = NULL;

  if (!examine (account, listed->item->raw, &selected, error))
    return FALSE;
  if (selected == NULL || selected->uidvalidity != listed->uidvalidity)
    {
      comparison->different++;
      return TRUE;
    }
  batch = imap_batch_new (account->session);
  imap_batch_set_fetch_handler (batch, compare_size, comparison);
  imap_batch_uid_fetch (batch, comparison->uids, "(UID RFC822.SIZE)", NULL, NULL);
  return imap_batch_wait (batch, error);
}

static gboolean
have_same_sizes (MailboxSync *mailbox, const ListedMailbox *listed, gboolean *same, GError **error)
{
  AccountSync *account = mailbox->account;
  g_autoptr (GHashTable) sizes = g_hash_table_new (NULL, NULL);
  g_autoptr (ImapUidSet) uids = imap_uid_set_new ();
  Comparison comparison = { sizes, uids, 0, 0 };

  if (!journal_foreach_message (account->journal, mailbox->row->id, collect_size, &comparison, error))
    return FALSE;
  *same = TRUE;
  if (imap_uid_set_is_empty (uids))
    return TRUE;
  if (!fetch_sizes (account, listed, &comparison, error))
    return FALSE;
  *same = comparison.common > 0 && comparison.different == 0;
  return TRUE;
}

gboolean
mailbox_sync_is_listed_as (MailboxSync *mailbox, ListedMailbox *listed, gboolean *same, GError **error)
{
  const JournalMailbox *row = mailbox->row;

  *same = FALSE;
  if (listed->taken)
    return TRUE;
  if (!look_at (mailbox->account, listed, error))
    return FALSE;
  if (row->mailbox_id != NULL && listed->mailbox_id != NULL)
    {
      *same = g_str_equal (row->mailbox_id, listed->mailbox_id);
      return TRUE;
    }
  if (listed->uidvalidity != row->uidvalidity || (listed->uidnext != 0 && listed->uidnext < row->uidnext))
    return TRUE;
  return have_same_sizes (mailbox, listed, same, error);
}

/* What lies below the directory went with it; the rows follow, also of mailboxes that sleep. */
static gboolean
move_directories (MailboxSync *mailbox, const char *from, const char *to, GError **error)
{
  AccountSync *account = mailbox->account;
  g_autofree char *below = g_strconcat (from, "/", NULL);
  g_autoptr (GPtrArray) rows = journal_list_mailboxes (account->journal, error);

  if (rows == NULL)
    return FALSE;
  for (guint i = 0; i < rows->len; i++)
    {
      JournalMailbox *row = account_sync_find_row (account, g_ptr_array_index (rows, i));
      char *moved;

      if (row == mailbox->row || !g_str_has_prefix (row->directory, below))
        continue;
      moved = g_strconcat (to, row->directory + strlen (from), NULL);
      g_free (row->directory);
      row->directory = moved;
      if (!journal_put_mailbox (account->journal, row, error))
        return FALSE;
    }
  return TRUE;
}

static gboolean
record_new_name (MailboxSync *mailbox, const ListedMailbox *listed, const char *directory, GError **error)
{
  JournalMailbox *row = mailbox->row;
  g_autofree char *old = g_steal_pointer (&row->directory);

  g_free (row->name);
  g_free (row->wire_name);
  row->name = g_strdup (listed->name);
  row->wire_name = g_strdup (listed->item->raw);
  row->directory = g_strdup (directory);
  return journal_put_mailbox (mailbox->account->journal, row, error) &&
         (g_str_equal (old, directory) || move_directories (mailbox, old, directory, error));
}

/* Where it shall lie under its new name. A renaming here to the same name, and one that a kill interrupted,
 * have put it there already. (transfer full), or NULL with MAILDIR_ERROR_NAME. */
static char *
choose_place (MailboxSync *mailbox, const char *name, GError **error)
{
  if (mailbox_sync_lies_right (mailbox, name))
    return g_strdup (mailbox->row->directory);
  return account_sync_choose_directory (mailbox->account, mailbox, name, error);
}

/* *moved FALSE: something stands in the way, which was named. */
static gboolean
move_directory (MailboxSync *mailbox, const char *name, const char *to, gboolean *moved, GError **error)
{
  AccountSync *account = mailbox->account;
  const char *from = mailbox->row->directory;
  g_autoptr (GError) local_error = NULL;

  *moved = TRUE;
  if (g_str_equal (from, to) || mailbox->box == NULL)
    return TRUE;
  if (!account_sync_raise_generation (account, error))
    return FALSE;
  if (maildir_rename_mailbox (account->maildir, from, to, name, &local_error))
    return TRUE;
  *moved = FALSE;
  report (&account->report, ENGINE_EVENT_WARNING, mailbox->row->name, "renamed",
          "%s; the mailbox's new name on the server is taken for a new mailbox", local_error->message);
  if (g_error_matches (local_error, MAILDIR_ERROR, MAILDIR_ERROR_EXISTS))
    return TRUE;
  g_propagate_error (error, g_steal_pointer (&local_error));
  return FALSE;
}

/* Messages name the path: a box is opened again where it lies now. */
static gboolean
reopen_boxes (AccountSync *account, const char *directory, GError **error)
{
  g_autofree char *below = g_strconcat (directory, "/", NULL);

  for (guint i = 0; i < account->mailboxes->len; i++)
    {
      MailboxSync *mailbox = g_ptr_array_index (account->mailboxes, i);

      if (mailbox->box == NULL || (!g_str_equal (mailbox->row->directory, directory) &&
                                   !g_str_has_prefix (mailbox->row->directory, below)))
        continue;
      g_clear_pointer (&mailbox->box, maildir_box_free);
      if (!mailbox_sync_open_box (mailbox, FALSE, error))
        return FALSE;
    }
  return TRUE;
}

static void
tell (MailboxSync *mailbox, const char *old)
{
  AccountSync *account = mailbox->account;
  g_autofree char *old_name = text_make_safe (old);
  g_autofree char *name = text_make_safe (mailbox->row->name);

  if (account->dry_run)
    report_plan (&account->report, old,
                 "the mailbox would be renamed to “%s” here: it was renamed on the server", name);
  else
    report (&account->report, ENGINE_EVENT_INFO, mailbox->row->name, "renamed", "renamed here, from “%s”",
            old_name);
}

/* A dry run records it in its own copy of the journal and leaves the directory where it is. */
static gboolean
follow (MailboxSync *mailbox, ListedMailbox *listed, GError **error)
{
  AccountSync *account = mailbox->account;
  g_autofree char *old = g_strdup (mailbox->row->name);
  g_autofree char *directory = choose_place (mailbox, listed->name, NULL);
  gboolean moved = TRUE;

  if (directory == NULL)
    return TRUE;
  if (!account->dry_run && !move_directory (mailbox, listed->name, directory, &moved, error))
    return FALSE;
  if (!moved)
    return TRUE;
  if (!journal_begin (account->journal, error) ||
      !journal_end (account->journal, record_new_name (mailbox, listed, directory, error), error))
    return FALSE;
  listed->taken = TRUE;
  mailbox->on_server = TRUE;
  account->tally.mailboxes++;
  tell (mailbox, old);
  return account->dry_run || reopen_boxes (account, directory, error);
}

/* Its directory went along with its parent's, and the server has a mailbox under that name: one that was
 * created for it before a run was killed, or another one; as with one that was deleted and created again,
 * UIDVALIDITY will tell (contract C2.3). (nullable) */
static ListedMailbox *
find_successor (MailboxSync *mailbox, GPtrArray *fresh)
{
  g_autofree char *wanted = mailbox_sync_wanted_name (mailbox);

  for (guint i = 0; wanted != NULL && i < fresh->len; i++)
    {
      ListedMailbox *listed = g_ptr_array_index (fresh, i);

      if (!listed->taken && g_str_equal (listed->name, wanted))
        return listed;
    }
  return NULL;
}

static gboolean
follow_one (MailboxSync *mailbox, GPtrArray *fresh, GError **error)
{
  gboolean is_known = mailbox->row->uidvalidity != 0;
  ListedMailbox *successor;

  for (guint i = 0; is_known && i < fresh->len; i++)
    {
      ListedMailbox *listed = g_ptr_array_index (fresh, i);
      gboolean same;

      if (!mailbox_sync_is_listed_as (mailbox, listed, &same, error))
        return FALSE;
      if (same)
        return follow (mailbox, listed, error);
    }
  successor = find_successor (mailbox, fresh);
  return successor == NULL || follow (mailbox, successor, error);
}

gboolean
account_sync_follow_renames (AccountSync *account, GPtrArray *fresh, GError **error)
{
  for (guint i = 0; i < account->mailboxes->len; i++)
    {
      MailboxSync *mailbox = g_ptr_array_index (account->mailboxes, i);

      if (mailbox->on_server || mailbox->skipped || g_str_equal (mailbox->row->name, "INBOX"))
        continue;
      if (!follow_one (mailbox, fresh, error))
        return FALSE;
    }
  return TRUE;
}
