#include "mailboxes.h"

#include "../message/text-safe.h"

#include <string.h>

static gboolean
is_wanted (AccountSync *account, const char *name)
{
  return account_wants_mailbox (account->settings, name) &&
         (account->only == NULL || g_strv_contains (account->only, name));
}

/* A mailbox that this run leaves alone keeps its directory. Where configuration wants it, mail may have been
 * moved into it meanwhile. */
static void
note_left_alone (AccountSync *account, const char *name, const char *directory)
{
  g_ptr_array_add (account->sleeping, g_strdup (directory));
  if (account_wants_mailbox (account->settings, name))
    g_ptr_array_add (account->unobserved, g_strdup (directory));
}

static MailboxSync *
find_by_name (AccountSync *account, const char *name)
{
  for (guint i = 0; i < account->mailboxes->len; i++)
    {
      MailboxSync *mailbox = g_ptr_array_index (account->mailboxes, i);

      if (g_str_equal (mailbox->row->name, name))
        return mailbox;
    }
  return NULL;
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

static gboolean
put_row (AccountSync *account, JournalMailbox *row, GError **error)
{
  return journal_begin (account->journal, error) &&
         journal_end (account->journal, journal_put_mailbox (account->journal, row, error), error);
}

/* Adds a mailbox that the journal did not know. (transfer none), owned by the account. */
static MailboxSync *
add_mailbox (AccountSync *account, const char *name, const char *directory, GError **error)
{
  g_autoptr (JournalMailbox) row = g_new0 (JournalMailbox, 1);

  row->name = g_strdup (name);
  row->directory = g_strdup (directory);
  if (!put_row (account, row, error))
    return NULL;
  MailboxSync *mailbox = mailbox_sync_new (account, g_steal_pointer (&row));
  g_ptr_array_add (account->mailboxes, mailbox);
  return mailbox;
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

      if (is_wanted (account, row->name))
        g_ptr_array_add (account->mailboxes, mailbox_sync_new (account, row));
      else
        {
          note_left_alone (account, row->name, row->directory);
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

static gboolean
directory_is_known (AccountSync *account, const char *directory)
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

/* What a directory's mailbox is called: by the rules, or by the file in a hashed one. (transfer full)
 * (nullable) */
static char *
name_of_directory (AccountSync *account, const char *directory)
{
  if (maildir_directory_is_hashed (directory))
    return maildir_read_full_name (account->maildir, directory, NULL);
  return maildir_mailbox_for_directory (account->settings->layout, directory);
}

static gboolean
add_new_directories (AccountSync *account, const char *const *directories, GError **error)
{
  for (guint i = 0; directories[i] != NULL; i++)
    {
      g_autofree char *name = NULL;

      if (directory_is_known (account, directories[i]))
        continue;
      name = name_of_directory (account, directories[i]);
      if (name == NULL)
        g_ptr_array_add (account->unobserved, g_strdup (directories[i]));
      if (name == NULL)
        report_left (&account->report, NULL, "directory",
                     "the directory “%s” can't be a mailbox's name; it was left alone", directories[i]);
      else if (!is_wanted (account, name))
        note_left_alone (account, name, directories[i]);
      else if (find_by_name (account, name) == NULL &&
               add_mailbox (account, name, directories[i], error) == NULL)
        return FALSE;
    }
  return TRUE;
}

static void
leave_mailbox (MailboxSync *mailbox, const char *name, const char *why)
{
  mailbox->skipped = TRUE;
  g_ptr_array_add (mailbox->account->unobserved, g_strdup (mailbox->row->directory));
  report_left (&mailbox->account->report, mailbox->row->name, name, "%s", why);
}

/* A directory that is gone while the base holds messages for it is damage, never deletion (contract C1.2). */
static gboolean
open_box (MailboxSync *mailbox, gboolean exists, GError **error)
{
  AccountSync *account = mailbox->account;
  g_autoptr (GError) local_error = NULL;
  guint count = 0;

  if (!journal_count_messages (account->journal, mailbox->row->id, &count, error))
    return FALSE;
  if (!exists && count > 0)
    {
      leave_mailbox (
          mailbox, "directory-missing",
          "its directory is missing or lost its cur/; nothing was deleted on the server. Put it back, or "
          "mount it, and run again; to have this mailbox on the server only, add “!” and its name to "
          "mailboxes="
          " in the configuration");
      return TRUE;
    }
  if (!exists && account->dry_run)
    return TRUE;
  if (!exists && !account_sync_raise_generation (account, error))
    return FALSE;
  mailbox->box =
      maildir_box_open (account->maildir, mailbox->row->directory, mailbox->row->name, !exists, &local_error);
  if (mailbox->box == NULL && !g_error_matches (local_error, MAILDIR_ERROR, MAILDIR_ERROR_DAMAGED) &&
      !g_error_matches (local_error, MAILDIR_ERROR, MAILDIR_ERROR_GONE) &&
      !g_error_matches (local_error, MAILDIR_ERROR, MAILDIR_ERROR_NAME))
    {
      g_propagate_error (error, g_steal_pointer (&local_error));
      return FALSE;
    }
  if (mailbox->box == NULL)
    leave_mailbox (mailbox, "directory-damaged", local_error->message);
  return TRUE;
}

static gboolean
remove_row (AccountSync *account, gint64 id, GError **error)
{
  return journal_begin (account->journal, error) &&
         journal_end (account->journal, journal_remove_mailbox (account->journal, id, error), error);
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
      if (!remove_row (account, mailbox->row->id, error))
        return FALSE;
      g_ptr_array_remove_index (account->mailboxes, i);
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
  directories = maildir_list_directories (account->maildir, error);
  if (directories == NULL || !add_new_directories (account, (const char *const *)directories, error))
    return FALSE;
  if (!drop_unused_rows (account, (const char *const *)directories, error))
    return FALSE;
  for (guint i = 0; i < account->mailboxes->len; i++)
    {
      MailboxSync *mailbox = g_ptr_array_index (account->mailboxes, i);
      gboolean exists = g_strv_contains ((const char *const *)directories, mailbox->row->directory);

      if (!open_box (mailbox, exists, error))
        return FALSE;
    }
  g_ptr_array_sort (account->mailboxes, compare_mailboxes);
  return TRUE;
}

/* The name without namespace prefix and with "/" between levels; NULL when it can't be written so. */
static char *
internal_name (AccountSync *account, const ImapListItem *item)
{
  const char *prefix = imap_session_get_prefix (account->session);
  const char *name = item->mailbox;
  g_autofree char *folded = NULL;

  if (name == NULL || *name == '\0')
    return NULL;
  if (*prefix != '\0' && g_str_has_prefix (name, prefix) && name[strlen (prefix)] != '\0')
    name += strlen (prefix);
  if (name != item->mailbox && g_ascii_strcasecmp (name, "INBOX") == 0)
    return NULL;
  if (item->delimiter != '/' && strchr (name, '/') != NULL)
    return NULL;
  folded = g_strdup (name);
  if (item->delimiter != '\0')
    g_strdelimit (folded, (char[]){ item->delimiter, '\0' }, '/');
  return g_steal_pointer (&folded);
}

static char *
wire_name (AccountSync *account, const char *name)
{
  char delimiter = imap_session_get_delimiter (account->session);
  gboolean inbox = g_str_equal (name, "INBOX");
  g_autofree char *full = NULL;

  if (strchr (name, '/') != NULL && delimiter == '\0')
    return NULL;
  if (delimiter != '/' && delimiter != '\0' && strchr (name, delimiter) != NULL)
    return NULL;
  full = g_strconcat (inbox ? "" : imap_session_get_prefix (account->session), name, NULL);
  if (delimiter != '\0' && !inbox)
    for (char *c = full + strlen (full) - strlen (name); *c != '\0'; c++)
      *c = *c == '/' ? delimiter : *c;
  return imap_session_encode_name (account->session, full);
}

static const char *
special_use (const ImapListItem *item)
{
  static const char *const uses[] = { "\\Trash",   "\\Junk", "\\Drafts", "\\Sent",
                                      "\\Archive", "\\All",  "\\Flagged" };

  for (guint i = 0; i < G_N_ELEMENTS (uses); i++)
    if (imap_list_item_has (item, uses[i]))
      return uses[i];
  return NULL;
}

static gboolean
folds_alike (const char *directory, const char *folded)
{
  g_autofree char *other = maildir_directory_fold (directory);

  return g_str_equal (folded, other);
}

static gboolean
is_taken (AccountSync *account, const char *folded)
{
  for (guint i = 0; i < account->mailboxes->len; i++)
    if (folds_alike (((MailboxSync *)g_ptr_array_index (account->mailboxes, i))->row->directory, folded))
      return TRUE;
  for (guint i = 0; i < account->sleeping->len; i++)
    if (folds_alike (g_ptr_array_index (account->sleeping, i), folded))
      return TRUE;
  return FALSE;
}

/* A directory for a name: its own, or the hashed one where another mailbox folds onto it. */
static char *
choose_directory (AccountSync *account, const char *name, GError **error)
{
  g_autofree char *directory = maildir_directory_for_mailbox (account->settings->layout, name, error);
  g_autofree char *folded = directory != NULL ? maildir_directory_fold (directory) : NULL;

  if (directory == NULL)
    return NULL;
  return is_taken (account, folded) ? maildir_directory_hashed (account->settings->layout, name, error)
                                    : g_steal_pointer (&directory);
}

static gboolean
add_remote_mailbox (AccountSync *account, const char *name, MailboxSync **mailbox, GError **error)
{
  g_autoptr (GError) local_error = NULL;
  g_autofree char *directory = choose_directory (account, name, &local_error);

  *mailbox = NULL;
  if (directory == NULL)
    {
      g_autofree char *safe = text_make_safe (name);

      report_left (&account->report, safe, "name", "%s; this mailbox was left on the server",
                   local_error->message);
      return TRUE;
    }
  *mailbox = add_mailbox (account, name, directory, error);
  return *mailbox != NULL && open_box (*mailbox, FALSE, error);
}

static gboolean
note_on_server (MailboxSync *mailbox, const ImapListItem *item, GError **error)
{
  JournalMailbox *row = mailbox->row;
  const char *use = special_use (item);

  mailbox->on_server = TRUE;
  if (g_strcmp0 (row->wire_name, item->raw) == 0 && g_strcmp0 (row->special_use, use) == 0)
    return TRUE;
  g_free (row->wire_name);
  row->wire_name = g_strdup (item->raw);
  g_free (row->special_use);
  row->special_use = g_strdup (use);
  return put_row (mailbox->account, row, error);
}

static gboolean
match_item (AccountSync *account, const ImapListItem *item, GError **error)
{
  MailboxSync *mailbox;
  g_autofree char *name = NULL;

  if (imap_list_item_has (item, "\\Noselect") || imap_list_item_has (item, "\\NonExistent"))
    return TRUE;
  name = internal_name (account, item);
  if (name == NULL)
    {
      g_autofree char *safe = text_make_safe (item->raw);

      report_left (&account->report, safe, "name",
                   "this name can't be a directory's; the mailbox was left on the server. Rename it there");
      return TRUE;
    }
  if (!is_wanted (account, name))
    return TRUE;
  mailbox = find_by_name (account, name);
  if (mailbox == NULL && !add_remote_mailbox (account, name, &mailbox, error))
    return FALSE;
  if (mailbox != NULL && mailbox->on_server)
    {
      report_left (&account->report, name, "name",
                   "the server has two mailboxes that would both get this name here; the second was left on "
                   "the server. "
                   "Rename it there");
      return TRUE;
    }
  return mailbox == NULL || note_on_server (mailbox, item, error);
}

/* CREATE for a directory that the server has no mailbox for, once; later absence is left alone. */
static gboolean
create_on_server (MailboxSync *mailbox, GError **error)
{
  AccountSync *account = mailbox->account;
  g_autoptr (GError) local_error = NULL;
  g_autofree char *wire = NULL;

  if (mailbox->row->uidvalidity != 0)
    {
      leave_mailbox (mailbox, "gone-on-server",
                     "the server has no such mailbox any more; its mail was kept here and nothing was "
                     "deleted. To have it here "
                     "only, add “!” and its name to mailboxes= in the configuration");
      return TRUE;
    }
  wire = wire_name (account, mailbox->row->name);
  if (wire == NULL)
    {
      leave_mailbox (mailbox, "name", "the server can't have a mailbox of this name; rename the directory");
      return TRUE;
    }
  if (account->dry_run)
    {
      report (&account->report, ENGINE_EVENT_RESULT, mailbox->row->name, "plan",
              "would be created on the server: its directory is new here");
      return TRUE;
    }
  if (!imap_session_create (account->session, wire, &local_error))
    {
      if (!g_error_matches (local_error, IMAP_ERROR, IMAP_ERROR_REFUSED))
        {
          g_propagate_error (error, g_steal_pointer (&local_error));
          return FALSE;
        }
      leave_mailbox (mailbox, "create-refused", local_error->message);
      return TRUE;
    }
  mailbox->row->wire_name = g_steal_pointer (&wire);
  mailbox->on_server = TRUE;
  report (&account->report, ENGINE_EVENT_INFO, mailbox->row->name, "created", "created on the server");
  return put_row (account, mailbox->row, error);
}

static void
name_unknown (AccountSync *account)
{
  for (guint i = 0; account->only != NULL && account->only[i] != NULL; i++)
    if (find_by_name (account, account->only[i]) == NULL)
      {
        g_autofree char *safe = text_make_safe (account->only[i]);

        report_left (&account->report, safe, "unknown-mailbox",
                     "there is no such mailbox, here or on the server, or “mailboxes” leaves it out");
      }
}

gboolean
account_sync_match_mailboxes (AccountSync *account, GError **error)
{
  g_autoptr (GPtrArray) items = imap_session_list (account->session, error);

  if (items == NULL)
    return FALSE;
  for (guint i = 0; i < items->len; i++)
    {
      const ImapListItem *item = g_ptr_array_index (items, i);

      if (imap_list_item_has (item, "\\Trash") && account->trash_wire_name == NULL)
        account->trash_wire_name = g_strdup (item->raw);
      if (!match_item (account, item, error))
        return FALSE;
    }
  g_ptr_array_sort (account->mailboxes, compare_mailboxes);
  for (guint i = 0; i < account->mailboxes->len; i++)
    {
      MailboxSync *mailbox = g_ptr_array_index (account->mailboxes, i);

      if (!mailbox->on_server && !mailbox->skipped && !create_on_server (mailbox, error))
        return FALSE;
    }
  name_unknown (account);
  return TRUE;
}
