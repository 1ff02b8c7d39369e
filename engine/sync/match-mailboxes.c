/* The server's LIST and the mailboxes of this run brought together. */
#include "gmail.h"
#include "gone-mailboxes.h"
#include "mailbox-names.h"
#include "mailboxes-private.h"
#include "mailboxes.h"
#include "quiet.h"
#include "renamed-here.h"
#include "renamed-there.h"
#include "subscription.h"
#include "traded-there.h"
#include "../message/text-safe.h"

#include <string.h>

/* One look at the server's mailboxes. */
typedef struct
{
  AccountSync *account;
  GPtrArray *items;    /* of ImapListItem */
  GPtrArray *statuses; /* (nullable) of ImapMailboxStatus */
  GPtrArray *fresh;    /* of ListedMailbox: those that no row has */
  GHashTable *rows;    /* names of all rows of the journal, also of those that sleep */
} Match;

static gboolean
note_on_server (MailboxSync *mailbox, const ImapListItem *item, GError **error)
{
  JournalMailbox *row = mailbox->row;
  const char *use = mailbox_item_special_use (item);

  mailbox->on_server = TRUE;
  if (g_strcmp0 (row->wire_name, item->raw) == 0 && g_strcmp0 (row->special_use, use) == 0)
    return TRUE;
  g_free (row->wire_name);
  row->wire_name = g_strdup (item->raw);
  g_free (row->special_use);
  row->special_use = g_strdup (use);
  return account_sync_put_row (mailbox->account, row, error);
}

static void
leave_item (AccountSync *account, const ImapListItem *item, const char *why)
{
  g_autofree char *safe = text_make_safe (item->raw);

  report_left (&account->report, safe, "name", "%s; the mailbox was left on the server. Rename it there",
               why);
}

static gboolean
is_among (const GPtrArray *fresh, const char *name)
{
  for (guint i = 0; i < fresh->len; i++)
    if (g_str_equal (((ListedMailbox *)g_ptr_array_index (fresh, i))->name, name))
      return TRUE;
  return FALSE;
}

/* A row is known by the name the server gave it; one that the server did not have yet, by ours. */
static gboolean
match_item (Match *match, const ImapListItem *item, GError **error)
{
  AccountSync *account = match->account;
  g_autofree char *name = mailbox_name_from_item (account->session, item);
  MailboxSync *mailbox;

  if (name == NULL)
    {
      leave_item (account, item, "this name can't be a directory's");
      return TRUE;
    }
  mailbox = account_sync_find_mailbox (account, name);
  if ((mailbox != NULL && mailbox->on_server) || is_among (match->fresh, name))
    leave_item (account, item, "the server has two mailboxes that would both get this name here");
  else if (mailbox != NULL)
    return note_on_server (mailbox, item, error);
  else if (!g_hash_table_contains (match->rows, name))
    {
      ListedMailbox *listed = g_new0 (ListedMailbox, 1);

      listed->name = g_steal_pointer (&name);
      listed->item = item;
      g_ptr_array_add (match->fresh, listed);
    }
  return TRUE;
}

static gboolean
match_items (Match *match, GError **error)
{
  AccountSync *account = match->account;

  for (guint i = 0; i < match->items->len; i++)
    {
      const ImapListItem *item = g_ptr_array_index (match->items, i);

      if (imap_list_item_has (item, "\\Trash") && account->trash_wire_name == NULL)
        account->trash_wire_name = g_strdup (item->raw);
      if (mailbox_item_is_selectable (item) && !match_item (match, item, error))
        return FALSE;
    }
  account_sync_choose_labels (account, match->fresh);
  return TRUE;
}

static gboolean
add_fresh (AccountSync *account, const ListedMailbox *listed, GError **error)
{
  g_autoptr (GError) local_error = NULL;
  g_autofree char *directory = account_sync_choose_directory (account, NULL, listed->name, &local_error);
  MailboxSync *mailbox;

  if (directory == NULL)
    {
      leave_item (account, listed->item, local_error->message);
      return TRUE;
    }
  mailbox = account_sync_add_mailbox (account, listed->name, directory, error);
  if (mailbox == NULL || !mailbox_sync_open_box (mailbox, TRUE, error))
    return FALSE;
  if (mailbox->box != NULL)
    {
      account->tally.mailboxes++;
      report (&account->report, ENGINE_EVENT_INFO, listed->name, "created-here", "created here");
    }
  return note_on_server (mailbox, listed->item, error);
}

static gboolean
add_all_fresh (Match *match, GError **error)
{
  for (guint i = 0; i < match->fresh->len; i++)
    {
      const ListedMailbox *listed = g_ptr_array_index (match->fresh, i);

      if (!listed->taken && !match->account->other_is_gone &&
          account_sync_wants (match->account, listed->name) && !add_fresh (match->account, listed, error))
        return FALSE;
    }
  return TRUE;
}

/* What was renamed to a name that configuration does not want sleeps from now on. */
static void
put_to_sleep (AccountSync *account)
{
  for (guint i = account->mailboxes->len; i-- > 0;)
    {
      MailboxSync *mailbox = g_ptr_array_index (account->mailboxes, i);

      if (account_sync_wants (account, mailbox->row->name))
        continue;
      account_sync_leave_alone (account, mailbox->row->name, mailbox->row->directory);
      g_ptr_array_remove_index (account->mailboxes, i);
    }
}

/* *created FALSE: the server refused, which was named. */
static gboolean
send_create (MailboxSync *mailbox, const char *wire, gboolean *created, GError **error)
{
  AccountSync *account = mailbox->account;
  g_autoptr (GError) local_error = NULL;

  *created = FALSE;
  if (!account_sync_raise_generation (account, error) ||
      !account_sync_intend_subscription (account, wire, error))
    return FALSE;
  *created = imap_session_create (account->session, wire, &local_error);
  if (*created)
    return TRUE;
  if (!g_error_matches (local_error, IMAP_ERROR, IMAP_ERROR_REFUSED))
    {
      g_propagate_error (error, g_steal_pointer (&local_error));
      return FALSE;
    }
  mailbox_sync_leave (mailbox, "create-refused", local_error->message);
  return TRUE;
}

static gboolean
record_created (MailboxSync *mailbox, const char *name, const char *wire, GError **error)
{
  AccountSync *account = mailbox->account;
  JournalMailbox *row = mailbox->row;

  if (!g_str_equal (row->name, name))
    {
      g_free (row->name);
      row->name = g_strdup (name);
    }
  g_free (row->wire_name);
  row->wire_name = g_strdup (wire);
  mailbox->on_server = TRUE;
  account->tally.mailboxes++;
  report (&account->report, ENGINE_EVENT_INFO, row->name, "created", "created on the server");
  return journal_begin (account->journal, error) &&
         journal_end (account->journal,
                      journal_put_mailbox (account->journal, row, error) &&
                          account_sync_end_subscription (account, error),
                      error);
}

gboolean
mailbox_sync_create_on_server (MailboxSync *mailbox, GError **error)
{
  AccountSync *account = mailbox->account;
  g_autofree char *wanted = mailbox_sync_wanted_name (mailbox);
  g_autofree char *name = g_strdup (wanted != NULL ? wanted : mailbox->row->name);
  g_autofree char *wire = mailbox_name_to_wire (account->session, name);
  gboolean created;

  if (wire == NULL)
    {
      mailbox_sync_leave (mailbox, "name",
                          "the server can't have a mailbox of this name; rename the directory");
      return TRUE;
    }
  if (wanted != NULL && account_sync_find_mailbox (account, wanted) != NULL)
    {
      mailbox_sync_leave (mailbox, "name",
                          "another mailbox has the name that its directory gives it; rename the directory");
      return TRUE;
    }
  if (account->dry_run)
    {
      mailbox->comes_there = TRUE;
      return TRUE;
    }
  return send_create (mailbox, wire, &created, error) &&
         (!created || record_created (mailbox, name, wire, error));
}

static gboolean
has_parent (AccountSync *account, const char *name)
{
  const char *slash = strrchr (name, '/');
  g_autofree char *parent = slash != NULL ? g_strndup (name, slash - name) : NULL;
  const MailboxSync *found = parent != NULL ? account_sync_find_mailbox (account, parent) : NULL;

  return slash == NULL || (found != NULL && found->on_server);
}

/* Directories that the server has no mailbox for. *orphans: one was created below what is no mailbox. */
static gboolean
create_new (AccountSync *account, gboolean *orphans, GError **error)
{
  *orphans = FALSE;
  account_sync_sort_mailboxes (account);
  for (guint i = 0; i < account->mailboxes->len; i++)
    {
      MailboxSync *mailbox = g_ptr_array_index (account->mailboxes, i);

      if (mailbox->row->uidvalidity != 0 || mailbox->box == NULL || mailbox->on_server || mailbox->skipped)
        continue;
      if (!mailbox_sync_create_on_server (mailbox, error))
        return FALSE;
      *orphans = *orphans || !has_parent (account, mailbox->row->name);
    }
  return TRUE;
}

static void
name_unknown (AccountSync *account)
{
  for (guint i = 0; account->only != NULL && account->only[i] != NULL; i++)
    if (account_sync_find_mailbox (account, account->only[i]) == NULL)
      {
        g_autofree char *safe = text_make_safe (account->only[i]);

        report_left (&account->report, safe, "unknown-mailbox", "%s",
                     account->other_is_gone
                         ? "another mailbox is gone, and may have got this name: synchronize the whole "
                           "account, so that a renaming can be told from a new mailbox"
                         : "there is no such mailbox, here or on the server, or “mailboxes” leaves it out");
      }
}

/* A pattern with a slip in it must not look like two equal sides. */
static void
name_none (AccountSync *account)
{
  if (account->only == NULL && account->mailboxes->len == 0 && account->report.left == 0)
    report_left (
        &account->report, NULL, "no-mailboxes",
        "no mailbox, here or on the server, matches “mailboxes” in the configuration; `dovetail check "
        "-v %s` lists those left out",
        account->settings->name);
}

/* Known, not looked at in this run, and not on the server. */
static gboolean
is_other_gone (const Match *match, const JournalMailbox *row)
{
  AccountSync *account = match->account;

  return row->uidvalidity != 0 && row->wire_name != NULL && !account_sync_wants (account, row->name) &&
         account_wants_mailbox (account->settings, row->name) &&
         !mailbox_items_have (match->items, row->wire_name);
}

static gboolean
collect_rows (Match *match, GError **error)
{
  g_autoptr (GPtrArray) rows = journal_list_mailboxes (match->account->journal, error);

  for (guint i = 0; rows != NULL && i < rows->len; i++)
    {
      const JournalMailbox *row = g_ptr_array_index (rows, i);

      g_hash_table_add (match->rows, g_strdup (row->name));
      match->account->other_is_gone |= is_other_gone (match, row);
    }
  return rows != NULL;
}

static void
forget_listed (AccountSync *account)
{
  for (guint i = 0; i < account->mailboxes->len; i++)
    ((MailboxSync *)g_ptr_array_index (account->mailboxes, i))->on_server = FALSE;
  g_clear_pointer (&account->trash_wire_name, g_free);
}

/* What RENAME took along is listed under another name now. */
static gboolean
match_anew (Match *match, GError **error)
{
  AccountSync *account = match->account;

  forget_listed (account);
  g_ptr_array_set_size (match->fresh, 0);
  g_hash_table_remove_all (match->rows);
  return collect_rows (match, error) && match_items (match, error) &&
         account_sync_follow_renames (account, match->fresh, error);
}

/* Some servers make a mailbox of each level above one that is created. */
static gboolean
add_made_parents (Match *match, GError **error)
{
  g_ptr_array_unref (match->items);
  match->items = imap_session_list (match->account->session, error);
  return match->items != NULL && match_anew (match, error) && add_all_fresh (match, error);
}

static gboolean
run_match (Match *match, GError **error)
{
  AccountSync *account = match->account;
  gboolean renamed, orphans;

  return account_sync_finish_subscription (account, match->items, error) && collect_rows (match, error) &&
         match_items (match, error) &&
         account_sync_follow_trades (account, match->items, match->statuses, match->fresh, error) &&
         account_sync_follow_renames (account, match->fresh, error) &&
         account_sync_carry_renames (account, &match->items, &renamed, error) &&
         (!renamed || match_anew (match, error)) &&
         account_sync_believe_gone (account, match->items, error) && add_all_fresh (match, error) &&
         create_new (account, &orphans, error) && (!orphans || add_made_parents (match, error));
}

/* What STATUS says is of use only where it tells HIGHESTMODSEQ, or who is who. *statuses (transfer full)
 * (nullable) */
static GPtrArray *
list (AccountSync *account, GPtrArray **statuses, GError **error)
{
  if (imap_session_has (account->session, IMAP_CAPABILITY_CONDSTORE) || account->sought_others)
    return imap_session_list_with_status (account->session, statuses, error);
  *statuses = NULL;
  return imap_session_list (account->session, error);
}

gboolean
account_sync_match_mailboxes (AccountSync *account, GError **error)
{
  g_autoptr (GPtrArray) statuses = NULL;
  g_autoptr (GPtrArray) fresh = g_ptr_array_new_with_free_func ((GDestroyNotify)listed_mailbox_free);
  g_autoptr (GHashTable) rows = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  Match match = { .account = account, .fresh = fresh, .rows = rows };
  gboolean matched;

  forget_listed (account);
  match.items = list (account, &statuses, error);
  match.statuses = statuses;
  matched = match.items != NULL && run_match (&match, error);
  g_clear_pointer (&match.items, g_ptr_array_unref);
  if (!matched)
    return FALSE;
  put_to_sleep (account);
  name_unknown (account);
  name_none (account);
  account_sync_sort_mailboxes (account);
  return account_sync_find_quiet (account, statuses, error);
}
