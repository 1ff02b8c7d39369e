#include "mailboxes.h"

#include "mailbox-names.h"
#include "mailboxes-private.h"
#include "renamed-here.h"
#include "trade-places.h"
#include "../message/text-safe.h"

#include <string.h>

gboolean
account_sync_wants (AccountSync *account, const char *name)
{
  return account_wants_mailbox (account->settings, name) &&
         (account->only == NULL || g_strv_contains (account->only, name));
}

void
account_sync_leave_alone (AccountSync *account, const char *name, const char *directory)
{
  g_ptr_array_add (account->sleeping, g_strdup (directory));
  if (account_wants_mailbox (account->settings, name))
    g_ptr_array_add (account->unobserved, g_strdup (directory));
}

MailboxSync *
account_sync_find_mailbox (AccountSync *account, const char *name)
{
  for (guint i = 0; i < account->mailboxes->len; i++)
    {
      MailboxSync *mailbox = g_ptr_array_index (account->mailboxes, i);

      if (g_str_equal (mailbox->row->name, name))
        return mailbox;
    }
  return NULL;
}

MailboxSync *
account_sync_find_id (AccountSync *account, gint64 id)
{
  for (guint i = 0; i < account->mailboxes->len; i++)
    {
      MailboxSync *mailbox = g_ptr_array_index (account->mailboxes, i);

      if (mailbox->row->id == id)
        return mailbox;
    }
  return NULL;
}

JournalMailbox *
account_sync_find_row (AccountSync *account, JournalMailbox *row)
{
  const MailboxSync *mailbox = account_sync_find_id (account, row->id);

  return mailbox != NULL ? mailbox->row : row;
}

static int
compare_mailboxes (gconstpointer a, gconstpointer b)
{
  const MailboxSync *left = *(MailboxSync *const *)a;
  const MailboxSync *right = *(MailboxSync *const *)b;
  gboolean left_inbox = g_str_equal (left->row->name, "INBOX");
  gboolean right_inbox = g_str_equal (right->row->name, "INBOX");

  return left_inbox != right_inbox ? right_inbox - left_inbox : strcmp (left->row->name, right->row->name);
}

gboolean
account_sync_put_row (AccountSync *account, JournalMailbox *row, GError **error)
{
  return journal_begin (account->journal, error) &&
         journal_end (account->journal, journal_put_mailbox (account->journal, row, error), error);
}

MailboxSync *
account_sync_add_mailbox (AccountSync *account, const char *name, const char *directory, GError **error)
{
  g_autoptr (JournalMailbox) row = g_new0 (JournalMailbox, 1);

  row->name = g_strdup (name);
  row->directory = g_strdup (directory);
  if (!account_sync_put_row (account, row, error))
    return NULL;
  MailboxSync *mailbox = mailbox_sync_new (account, g_steal_pointer (&row));
  g_ptr_array_add (account->mailboxes, mailbox);
  return mailbox;
}

void
account_sync_sort_mailboxes (AccountSync *account)
{
  g_ptr_array_sort (account->mailboxes, compare_mailboxes);
}

static gboolean
load_rows (AccountSync *account, GError **error)
{
  g_autoptr (GPtrArray) rows = journal_list_mailboxes (account->journal, error);

  if (rows == NULL)
    return FALSE;
  g_ptr_array_set_free_func (rows, NULL);
  for (guint i = 0; i < rows->len; i++)
    {
      JournalMailbox *row = g_ptr_array_index (rows, i);

      if (account_sync_wants (account, row->name))
        g_ptr_array_add (account->mailboxes, mailbox_sync_new (account, row));
      else
        {
          account_sync_leave_alone (account, row->name, row->directory);
          journal_mailbox_free (row);
        }
    }
  return TRUE;
}

static gboolean
holds_text (GPtrArray *texts, const char *text)
{
  return g_ptr_array_find_with_equal_func (texts, text, g_str_equal, NULL);
}

gboolean
account_sync_knows_directory (AccountSync *account, const char *directory)
{
  if (holds_text (account->sleeping, directory))
    return TRUE;
  for (guint i = 0; i < account->mailboxes->len; i++)
    {
      MailboxSync *mailbox = g_ptr_array_index (account->mailboxes, i);

      if (g_str_equal (mailbox->row->directory, directory))
        return TRUE;
    }
  return FALSE;
}

static void
leave_directory (AccountSync *account, const char *directory, const char *why)
{
  g_autofree char *safe = text_make_safe (directory);

  g_ptr_array_add (account->unobserved, g_strdup (directory));
  report_left (&account->report, NULL, "directory", "the directory “%s” was left alone: %s; rename it", safe,
               why);
}

static gboolean
add_new_directory (AccountSync *account, const char *directory, GError **error)
{
  g_autofree char *name = mailbox_name_of_directory (account->maildir, account->settings->layout, directory);

  if (name == NULL)
    leave_directory (account, directory, "it can't be a mailbox's name");
  else if (account->other_is_gone || !account_sync_wants (account, name))
    account_sync_leave_alone (account, name, directory);
  else if (account_sync_find_mailbox (account, name) != NULL)
    leave_directory (account, directory, "another directory is the mailbox of this name already");
  else
    return account_sync_add_mailbox (account, name, directory, error) != NULL;
  return TRUE;
}

/* Of those that configuration wants and this run leaves alone. */
static gboolean
is_other_gone (AccountSync *account, const char *const *directories)
{
  for (guint i = 0; i < account->unobserved->len; i++)
    if (!g_strv_contains (directories, g_ptr_array_index (account->unobserved, i)))
      return TRUE;
  return FALSE;
}

static gboolean
add_new_directories (AccountSync *account, const char *const *directories, GError **error)
{
  for (guint i = 0; directories[i] != NULL; i++)
    if (!account_sync_knows_directory (account, directories[i]) &&
        !add_new_directory (account, directories[i], error))
      return FALSE;
  return TRUE;
}

void
mailbox_sync_leave (MailboxSync *mailbox, const char *name, const char *why)
{
  mailbox->skipped = TRUE;
  g_ptr_array_add (mailbox->account->unobserved, g_strdup (mailbox->row->directory));
  report_left (&mailbox->account->report, mailbox->row->name, name, "%s", why);
}

/* An empty directory may be where a disk is mounted at other times; where no message is known it is a mailbox
 * that a killed run was making or removing. */
static gboolean
make_again (MailboxSync *mailbox, const char *damage, GError **error)
{
  guint count;

  if (!journal_count_messages (mailbox->account->journal, mailbox->row->id, &count, error))
    return FALSE;
  if (count == 0)
    return mailbox_sync_open_box (mailbox, TRUE, error);
  mailbox_sync_leave (mailbox, "directory-damaged", damage);
  return TRUE;
}

/* A directory that is gone is a deletion, which waits for release; what else keeps it from being opened is
 * damage and never a deletion (contract C1.2). */
gboolean
mailbox_sync_open_box (MailboxSync *mailbox, gboolean create, GError **error)
{
  AccountSync *account = mailbox->account;
  g_autoptr (GError) local_error = NULL;

  if (create && account->dry_run)
    return TRUE;
  if (mailbox->row->bound_for != NULL)
    {
      mailbox_sync_leave (
          mailbox, "moving",
          "an interrupted run was moving its directory; the next one that may change something "
          "finishes that");
      return TRUE;
    }
  if (create && !account_sync_raise_generation (account, error))
    return FALSE;
  mailbox->box =
      maildir_box_open (account->maildir, mailbox->row->directory, mailbox->row->name, create, &local_error);
  mailbox->gone_here = g_error_matches (local_error, MAILDIR_ERROR, MAILDIR_ERROR_GONE);
  if (mailbox->box != NULL || mailbox->gone_here)
    return TRUE;
  if (!g_error_matches (local_error, MAILDIR_ERROR, MAILDIR_ERROR_DAMAGED) &&
      !g_error_matches (local_error, MAILDIR_ERROR, MAILDIR_ERROR_NAME))
    {
      g_propagate_error (error, g_steal_pointer (&local_error));
      return FALSE;
    }
  if (!create && g_error_matches (local_error, MAILDIR_ERROR, MAILDIR_ERROR_DAMAGED))
    return make_again (mailbox, local_error->message, error);
  mailbox_sync_leave (mailbox, "directory-damaged", local_error->message);
  return TRUE;
}

gboolean
account_sync_drop_mailbox (AccountSync *account, guint index, GError **error)
{
  MailboxSync *mailbox = g_ptr_array_index (account->mailboxes, index);

  if (!journal_begin (account->journal, error) ||
      !journal_end (account->journal, journal_remove_mailbox (account->journal, mailbox->row->id, error),
                    error))
    return FALSE;
  g_ptr_array_remove_index (account->mailboxes, index);
  return TRUE;
}

/* A mailbox that was never selected and has no directory was begun and not finished, or its directory was
 * made and removed again before any sync: nothing is known of it. LIST brings it back where the server has
 * it. */
static gboolean
drop_unused_rows (AccountSync *account, const char *const *directories, GError **error)
{
  for (guint i = account->mailboxes->len; i-- > 0;)
    {
      MailboxSync *mailbox = g_ptr_array_index (account->mailboxes, i);

      if (mailbox->row->uidvalidity != 0 || g_strv_contains (directories, mailbox->row->directory))
        continue;
      if (!account_sync_drop_mailbox (account, i, error))
        return FALSE;
    }
  return TRUE;
}

gboolean
account_sync_load_mailboxes (AccountSync *account, GError **error)
{
  g_auto (GStrv) directories = NULL;

  if (!load_rows (account, error))
    return FALSE;
  if (account->maildir == NULL)
    return TRUE;
  if (!account->dry_run && !account_sync_trade_places (account, error))
    return FALSE;
  directories = maildir_list_directories (account->maildir, error);
  if (directories == NULL)
    return FALSE;
  account->other_is_gone = is_other_gone (account, (const char *const *)directories);
  if (!account_sync_find_renamed_here (account, (const char *const *)directories, error) ||
      !add_new_directories (account, (const char *const *)directories, error) ||
      !drop_unused_rows (account, (const char *const *)directories, error))
    return FALSE;
  for (guint i = 0; i < account->mailboxes->len; i++)
    if (!mailbox_sync_open_box (g_ptr_array_index (account->mailboxes, i), FALSE, error))
      return FALSE;
  account_sync_sort_mailboxes (account);
  return TRUE;
}

static gboolean
folds_alike (const char *directory, const char *folded)
{
  g_autofree char *other = maildir_directory_fold (directory);

  return g_str_equal (folded, other);
}

static gboolean
is_taken (AccountSync *account, const MailboxSync *self, const char *folded)
{
  for (guint i = 0; i < account->mailboxes->len; i++)
    {
      const MailboxSync *other = g_ptr_array_index (account->mailboxes, i);

      if (other != self && folds_alike (other->row->directory, folded))
        return TRUE;
    }
  for (guint i = 0; i < account->sleeping->len; i++)
    if (folds_alike (g_ptr_array_index (account->sleeping, i), folded))
      return TRUE;
  return FALSE;
}

char *
account_sync_choose_directory (AccountSync *account, const MailboxSync *self, const char *name,
                               GError **error)
{
  g_autofree char *directory = maildir_directory_for_mailbox (account->settings->layout, name, error);
  g_autofree char *folded = directory != NULL ? maildir_directory_fold (directory) : NULL;
  g_autofree char *decoded = directory != NULL ? mailbox_directory_decode (directory) : NULL;

  if (directory == NULL)
    return NULL;
  /* One that would be read as modified UTF-7 would be another's when the journal is lost. */
  return decoded != NULL || is_taken (account, self, folded)
             ? maildir_directory_hashed (account->settings->layout, name, error)
             : g_steal_pointer (&directory);
}
