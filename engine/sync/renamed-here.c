#include "renamed-here.h"

#include "mailbox-names.h"
#include "mailboxes-private.h"
#include "subscription.h"
#include "../message/text-safe.h"

#include <string.h>

/* A directory that no row has. */
typedef struct
{
  const char *directory;
  char *name;        /* (nullable) */
  GHashTable *bases; /* (nullable) its messages' base names, once it was looked into */
  gboolean taken;
} NewDirectory;

typedef struct
{
  AccountSync *account;
  GPtrArray *directories; /* of NewDirectory */
  GHashTable *renamed;    /* old name -> new name, of those found so far */
} Search;

static void
new_directory_free (gpointer data)
{
  NewDirectory *directory = data;

  g_clear_pointer (&directory->bases, g_hash_table_unref);
  g_free (directory->name);
  g_free (directory);
}

static void
collect_new (Search *search, const char *const *directories)
{
  AccountSync *account = search->account;

  for (guint i = 0; directories[i] != NULL; i++)
    {
      NewDirectory *directory;

      if (account_sync_knows_directory (account, directories[i]))
        continue;
      directory = g_new0 (NewDirectory, 1);
      directory->directory = directories[i];
      directory->name =
          mailbox_name_of_directory (account->maildir, account->settings->layout, directories[i]);
      g_ptr_array_add (search->directories, directory);
    }
}

static void
look_into (AccountSync *account, NewDirectory *directory)
{
  g_autoptr (MaildirBox) box =
      maildir_box_open (account->maildir, directory->directory, directory->name, FALSE, NULL);
  g_autoptr (MaildirScan) scan = box != NULL ? maildir_scan (box, NULL) : NULL;

  directory->bases = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  for (guint i = 0; scan != NULL && i < scan->entries->len; i++)
    g_hash_table_add (directory->bases, g_strdup (g_array_index (scan->entries, MaildirEntry, i).base));
}

/* Its own name is free for a mailbox that was renamed back before the server heard of it. */
static gboolean
is_free (const MailboxSync *mailbox, const NewDirectory *directory)
{
  const MailboxSync *other;

  if (directory->taken || directory->name == NULL)
    return FALSE;
  other = account_sync_find_mailbox (mailbox->account, directory->name);
  return other == NULL || other == mailbox;
}

/* Where its parent's new name puts it. (nullable) */
static NewDirectory *
find_by_parent (Search *search, const MailboxSync *mailbox)
{
  const char *name = mailbox->row->name;
  const char *slash = strrchr (name, '/');
  g_autofree char *parent = slash != NULL ? g_strndup (name, slash - name) : NULL;
  const char *new_parent = parent != NULL ? g_hash_table_lookup (search->renamed, parent) : NULL;
  g_autofree char *expected = new_parent != NULL ? g_strconcat (new_parent, slash, NULL) : NULL;

  for (guint i = 0; expected != NULL && i < search->directories->len; i++)
    {
      NewDirectory *directory = g_ptr_array_index (search->directories, i);

      if (is_free (mailbox, directory) && g_str_equal (directory->name, expected))
        return directory;
    }
  return NULL;
}

static gboolean
collect_base (const JournalMessage *message, gpointer user_data)
{
  g_ptr_array_add (user_data, g_strdup (message->base));
  return TRUE;
}

static guint
count_common (const NewDirectory *directory, const GPtrArray *bases)
{
  guint common = 0;

  for (guint i = 0; i < bases->len; i++)
    common += g_hash_table_contains (directory->bases, g_ptr_array_index (bases, i));
  return common;
}

/* *found (nullable): the one that holds more than half of the known messages. */
static gboolean
find_by_messages (Search *search, MailboxSync *mailbox, NewDirectory **found, GError **error)
{
  g_autoptr (GPtrArray) bases = g_ptr_array_new_with_free_func (g_free);

  *found = NULL;
  if (!journal_foreach_message (search->account->journal, mailbox->row->id, collect_base, bases, error))
    return FALSE;
  for (guint i = 0; bases->len > 0 && *found == NULL && i < search->directories->len; i++)
    {
      NewDirectory *directory = g_ptr_array_index (search->directories, i);

      if (!is_free (mailbox, directory))
        continue;
      if (directory->bases == NULL)
        look_into (search->account, directory);
      if (count_common (directory, bases) * 2 > bases->len)
        *found = directory;
    }
  return TRUE;
}

static gboolean
adopt (Search *search, MailboxSync *mailbox, NewDirectory *directory, GError **error)
{
  directory->taken = TRUE;
  g_hash_table_insert (search->renamed, g_strdup (mailbox->row->name), g_strdup (directory->name));
  g_free (mailbox->row->directory);
  mailbox->row->directory = g_strdup (directory->directory);
  return account_sync_put_row (search->account, mailbox->row, error);
}

static gboolean
is_gone (const MailboxSync *mailbox, const char *const *directories)
{
  return mailbox->row->uidvalidity != 0 && !g_str_equal (mailbox->row->name, "INBOX") &&
         !g_strv_contains (directories, mailbox->row->directory);
}

static gboolean
find_renamed (Search *search, const char *const *directories, GError **error)
{
  AccountSync *account = search->account;

  for (guint i = 0; i < account->mailboxes->len; i++)
    {
      MailboxSync *mailbox = g_ptr_array_index (account->mailboxes, i);
      NewDirectory *directory;

      if (!is_gone (mailbox, directories))
        continue;
      if (search->directories->len == 0)
        collect_new (search, directories);
      directory = find_by_parent (search, mailbox);
      if (directory == NULL && !find_by_messages (search, mailbox, &directory, error))
        return FALSE;
      if (directory != NULL && !adopt (search, mailbox, directory, error))
        return FALSE;
    }
  return TRUE;
}

gboolean
account_sync_find_renamed_here (AccountSync *account, const char *const *directories, GError **error)
{
  g_autoptr (GPtrArray) new_ones = g_ptr_array_new_with_free_func (new_directory_free);
  g_autoptr (GHashTable) renamed = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  Search search = { account, new_ones, renamed };

  account_sync_sort_mailboxes (account);
  return find_renamed (&search, directories, error);
}

char *
mailbox_sync_wanted_name (MailboxSync *mailbox)
{
  AccountSync *account = mailbox->account;
  const JournalMailbox *row = mailbox->row;
  AccountLayout layout = account->settings->layout;
  g_autofree char *wanted = NULL;

  if (account->maildir == NULL || maildir_is_directory_of (layout, row->directory, row->name))
    return NULL;
  wanted = mailbox_name_of_directory (account->maildir, layout, row->directory);
  return g_strcmp0 (wanted, row->name) != 0 ? g_steal_pointer (&wanted) : NULL;
}

static void
replace_prefix (char **text, const char *old, const char *new)
{
  char *replaced = g_strconcat (new, *text + strlen (old), NULL);

  g_free (*text);
  *text = replaced;
}

static gboolean
holds_name (const GPtrArray *rows, const char *name)
{
  for (guint i = 0; i < rows->len; i++)
    if (g_str_equal (((JournalMailbox *)g_ptr_array_index (rows, i))->name, name))
      return TRUE;
  return FALSE;
}

/* RENAME took along what lies below (RFC 9051 section 6.3.6); so do the rows, also of mailboxes that sleep.
 */
static gboolean
rename_rows (MailboxSync *mailbox, const char *name, const char *wire_name, GError **error)
{
  AccountSync *account = mailbox->account;
  g_autoptr (GPtrArray) rows = journal_list_mailboxes (account->journal, error);
  char delimiter = imap_session_get_delimiter (account->session);
  g_autofree char *below = g_strconcat (mailbox->row->name, "/", NULL);
  g_autofree char *new_below = g_strconcat (name, "/", NULL);
  g_autofree char *wire_below = g_strdup_printf ("%s%c", mailbox->row->wire_name, delimiter);
  g_autofree char *new_wire_below = g_strdup_printf ("%s%c", wire_name, delimiter);

  if (rows == NULL)
    return FALSE;
  for (guint i = 0; i < rows->len; i++)
    {
      JournalMailbox *row = account_sync_find_row (account, g_ptr_array_index (rows, i));
      g_autofree char *new_name = NULL;

      if (delimiter == '\0' || !g_str_has_prefix (row->name, below) || row->wire_name == NULL ||
          !g_str_has_prefix (row->wire_name, wire_below))
        continue;
      new_name = g_strconcat (new_below, row->name + strlen (below), NULL);
      if (holds_name (rows, new_name))
        continue;
      replace_prefix (&row->name, below, new_below);
      replace_prefix (&row->wire_name, wire_below, new_wire_below);
      if (!journal_put_mailbox (account->journal, row, error))
        return FALSE;
    }
  replace_prefix (&mailbox->row->name, mailbox->row->name, name);
  replace_prefix (&mailbox->row->wire_name, mailbox->row->wire_name, wire_name);
  return journal_put_mailbox (account->journal, mailbox->row, error);
}

/* *renamed FALSE: the server refused, which was named. */
static gboolean
rename_on_server (MailboxSync *mailbox, const char *name, const char *wire, gboolean *renamed, GError **error)
{
  AccountSync *account = mailbox->account;
  g_autoptr (GError) local_error = NULL;
  g_autofree char *old = text_make_safe (mailbox->row->name);
  g_autofree char *new = text_make_safe (name);

  if (!account_sync_raise_generation (account, error) ||
      !account_sync_intend_subscription (account, wire, error))
    return FALSE;
  if (!imap_session_rename (account->session, mailbox->row->wire_name, wire, &local_error))
    {
      if (!g_error_matches (local_error, IMAP_ERROR, IMAP_ERROR_REFUSED))
        {
          g_propagate_error (error, g_steal_pointer (&local_error));
          return FALSE;
        }
      report_left (
          &account->report, mailbox->row->name, "rename-refused",
          "its directory was renamed to “%s” here, and the server refused to rename the mailbox: %s; "
          "its mail is synchronized all the same",
          new, local_error->message);
      return TRUE;
    }
  *renamed = TRUE;
  account->tally.mailboxes++;
  report (&account->report, ENGINE_EVENT_INFO, name, "renamed", "renamed on the server, from “%s”", old);
  return journal_begin (account->journal, error) &&
         journal_end (account->journal,
                      rename_rows (mailbox, name, wire, error) &&
                          account_sync_end_subscription (account, error),
                      error);
}

/* *taken: the name is another mailbox's, on the server or in the journal. */
static gboolean
is_taken (AccountSync *account, const GPtrArray *items, const char *name, gboolean *taken, GError **error)
{
  g_autoptr (GPtrArray) rows = journal_list_mailboxes (account->journal, error);

  *taken = rows != NULL && holds_name (rows, name);
  for (guint i = 0; i < items->len; i++)
    {
      g_autofree char *listed = mailbox_name_from_item (account->session, g_ptr_array_index (items, i));

      *taken = *taken || g_strcmp0 (listed, name) == 0;
    }
  return rows != NULL;
}

static gboolean
carry (MailboxSync *mailbox, const char *name, const GPtrArray *items, gboolean *renamed, GError **error)
{
  AccountSync *account = mailbox->account;
  g_autofree char *wire = mailbox_name_to_wire (account->session, name);
  g_autofree char *safe = text_make_safe (name);
  gboolean taken;

  *renamed = FALSE;
  if (!is_taken (account, items, name, &taken, error))
    return FALSE;
  if (wire == NULL || taken)
    {
      report_left (
          &account->report, mailbox->row->name, "rename-refused",
          wire == NULL
              ? "its directory was renamed to “%s” here, a name that the server can't have; rename it "
                "again"
              : "its directory was renamed to “%s” here, and the server has another mailbox of that "
                "name; rename one of them",
          safe);
      return TRUE;
    }
  if (account->dry_run)
    {
      report (&account->report, ENGINE_EVENT_RESULT, mailbox->row->name, "plan",
              "the mailbox would be renamed to “%s” on the server: its directory was renamed here", safe);
      return TRUE;
    }
  return rename_on_server (mailbox, name, wire, renamed, error);
}

/* (nullable): the next by its new name, which is in *wanted. A parent comes before what lies below it, or the
 * server would make one of its own. */
static MailboxSync *
find_next (AccountSync *account, GHashTable *tried, char **wanted)
{
  MailboxSync *next = NULL;

  for (guint i = 0; i < account->mailboxes->len; i++)
    {
      MailboxSync *mailbox = g_ptr_array_index (account->mailboxes, i);
      gboolean may_be = mailbox->on_server && !mailbox->skipped && !g_hash_table_contains (tried, mailbox);
      g_autofree char *name = may_be ? mailbox_sync_wanted_name (mailbox) : NULL;

      if (name == NULL || (next != NULL && strcmp (name, *wanted) > 0))
        continue;
      next = mailbox;
      g_free (*wanted);
      *wanted = g_steal_pointer (&name);
    }
  return next;
}

gboolean
account_sync_carry_renames (AccountSync *account, GPtrArray **items, gboolean *renamed, GError **error)
{
  g_autoptr (GHashTable) tried = g_hash_table_new (NULL, NULL);
  g_autofree char *wanted = NULL;
  MailboxSync *mailbox;
  gboolean this_one;

  *renamed = FALSE;
  while ((mailbox = find_next (account, tried, &wanted)) != NULL)
    {
      g_hash_table_add (tried, mailbox);
      if (!carry (mailbox, wanted, *items, &this_one, error))
        return FALSE;
      g_clear_pointer (&wanted, g_free);
      if (!this_one)
        continue;
      *renamed = TRUE;
      g_ptr_array_unref (*items);
      *items = imap_session_list (account->session, error);
      if (*items == NULL)
        return FALSE;
    }
  return TRUE;
}
