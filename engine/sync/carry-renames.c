#include "renamed-here.h"

#include "mailbox-names.h"
#include "mailboxes-private.h"
#include "subscription.h"
#include "../message/text-safe.h"

#include <string.h>

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

#define ASIDE " (moving)"

/* What a mailbox is called on the server while another still has the name that it is to get. (transfer full)
 */
static char *
name_aside (const char *wanted)
{
  return g_strconcat (wanted, ASIDE, NULL);
}

/* TRUE when `name` is `wanted`, or where that is while it, or one above it, is aside. */
static gboolean
is_on_its_way (const char *name, const char *wanted)
{
  if (g_str_equal (name, wanted))
    return TRUE;
  for (const char *end = strchrnul (wanted, '/');; end = strchrnul (end + 1, '/'))
    {
      g_autofree char *above = g_strndup (wanted, (gsize)(end - wanted));
      g_autofree char *aside = g_strconcat (above, ASIDE, end, NULL);

      if (g_str_equal (name, aside))
        return TRUE;
      if (*end == '\0')
        return FALSE;
    }
}

gboolean
mailbox_sync_lies_right (MailboxSync *mailbox, const char *name)
{
  AccountSync *account = mailbox->account;
  AccountLayout layout = account->settings->layout;
  g_autofree char *called = mailbox_name_of_directory (account->maildir, layout, mailbox->row->directory);

  return maildir_is_directory_of (layout, mailbox->row->directory, name) ||
         (called != NULL && is_on_its_way (name, called));
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

/* What stands in a new name's way. */
typedef enum
{
  WAY_FREE,
  WAY_WAITS, /* one of ours, which is to get another name itself */
  WAY_TAKEN,
} Way;

typedef struct
{
  AccountSync *account;
  GPtrArray **items; /* of ImapListItem: the server's LIST */
  GHashTable *tried; /* set of MailboxSync: renamed, or not to be */
} Carry;

static gboolean
is_leaving (const Carry *carry, const char *name)
{
  MailboxSync *mailbox = account_sync_find_mailbox (carry->account, name);
  gboolean may_leave = mailbox != NULL && mailbox->on_server && !mailbox->skipped &&
                       !g_hash_table_contains (carry->tried, mailbox);
  g_autofree char *wanted = may_leave ? mailbox_sync_wanted_name (mailbox) : NULL;

  return wanted != NULL;
}

/* What lies below one that is leaving goes along, and may be right then. */
static gboolean
lies_below_leaving (const Carry *carry, const char *name)
{
  g_autofree char *above = g_strdup (name);

  for (char *slash = strrchr (above, '/'); slash != NULL; slash = strrchr (above, '/'))
    {
      *slash = '\0';
      if (is_leaving (carry, above))
        return TRUE;
    }
  return FALSE;
}

static gboolean
find_way (const Carry *carry, const char *name, Way *way, GError **error)
{
  AccountSync *account = carry->account;
  const GPtrArray *items = *carry->items;
  g_autoptr (GPtrArray) rows = journal_list_mailboxes (account->journal, error);
  gboolean taken = rows != NULL && holds_name (rows, name);

  for (guint i = 0; i < items->len; i++)
    {
      g_autofree char *listed = mailbox_name_from_item (account->session, g_ptr_array_index (items, i));

      taken = taken || g_strcmp0 (listed, name) == 0;
    }
  *way = !taken ? WAY_FREE : is_leaving (carry, name) ? WAY_WAITS : WAY_TAKEN;
  return rows != NULL;
}

static void
leave (MailboxSync *mailbox, const char *name, gboolean can_be)
{
  g_autofree char *safe = text_make_safe (name);

  report_left (&mailbox->account->report, mailbox->row->name, "rename-refused",
               can_be
                   ? "its directory was renamed to “%s” here, and the server has another mailbox of that "
                     "name; rename one of them"
                   : "its directory was renamed to “%s” here, a name that the server can't have; rename it "
                     "again",
               safe);
}

static void
explain (MailboxSync *mailbox, const char *name)
{
  g_autofree char *safe = text_make_safe (name);

  report_plan (&mailbox->account->report, mailbox->row->name, WORDS_RENAME_THERE, safe);
}

/* A way that is not free is told in *way, and nothing done. */
static gboolean
carry_one (const Carry *carry, MailboxSync *mailbox, const char *name, Way *way, gboolean *renamed,
           GError **error)
{
  AccountSync *account = carry->account;
  g_autofree char *wire = mailbox_name_to_wire (account->session, name);

  *renamed = FALSE;
  if (!find_way (carry, name, way, error))
    return FALSE;
  if (lies_below_leaving (carry, name) || lies_below_leaving (carry, mailbox->row->name))
    *way = WAY_WAITS;
  if (wire == NULL || *way == WAY_TAKEN)
    leave (mailbox, name, wire != NULL);
  else if (account->dry_run)
    explain (mailbox, name);
  else if (*way == WAY_FREE)
    return rename_on_server (mailbox, name, wire, renamed, error);
  return TRUE;
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

static gboolean
list_again (Carry *carry, GError **error)
{
  g_ptr_array_unref (*carry->items);
  *carry->items = imap_session_list (carry->account->session, error);
  return *carry->items != NULL;
}

/* Each once. *waiting (nullable): of those that others of ours stand in the way of, the first. */
static gboolean
carry_each (Carry *carry, gboolean *renamed, MailboxSync **waiting, GError **error)
{
  AccountSync *account = carry->account;
  g_autoptr (GHashTable) seen = g_hash_table_new (NULL, NULL);
  g_autofree char *wanted = NULL;
  MailboxSync *mailbox;

  *waiting = NULL;
  while ((mailbox = find_next (account, seen, &wanted)) != NULL)
    {
      gboolean this_one = FALSE;
      Way way = WAY_FREE;

      g_hash_table_add (seen, mailbox);
      if (!g_hash_table_contains (carry->tried, mailbox) &&
          !carry_one (carry, mailbox, wanted, &way, &this_one, error))
        return FALSE;
      g_clear_pointer (&wanted, g_free);
      if (way != WAY_WAITS)
        g_hash_table_add (carry->tried, mailbox);
      else if (*waiting == NULL || lies_below_leaving (carry, (*waiting)->row->name))
        *waiting = mailbox;
      *renamed = *renamed || this_one;
      if (this_one && !list_again (carry, error))
        return FALSE;
    }
  return TRUE;
}

static gboolean
carry_aside (Carry *carry, MailboxSync *mailbox, gboolean *renamed, GError **error)
{
  g_autofree char *wanted = mailbox_sync_wanted_name (mailbox);
  g_autofree char *aside = name_aside (wanted);
  g_autofree char *wire = mailbox_name_to_wire (carry->account->session, aside);
  gboolean this_one = FALSE;
  Way way;

  if (!find_way (carry, aside, &way, error))
    return FALSE;
  if (wire != NULL && way == WAY_FREE)
    {
      if (!rename_on_server (mailbox, aside, wire, &this_one, error))
        return FALSE;
    }
  else
    leave (mailbox, wanted, TRUE);
  *renamed = *renamed || this_one;
  if (this_one)
    return list_again (carry, error);
  g_hash_table_add (carry->tried, mailbox);
  return TRUE;
}

gboolean
account_sync_carry_renames (AccountSync *account, GPtrArray **items, gboolean *renamed, GError **error)
{
  g_autoptr (GHashTable) tried = g_hash_table_new (NULL, NULL);
  Carry carry = { account, items, tried };
  MailboxSync *waiting;

  *renamed = FALSE;
  for (;;)
    {
      const guint n_tried = g_hash_table_size (tried);

      if (!carry_each (&carry, renamed, &waiting, error))
        return FALSE;
      if (waiting == NULL || account->dry_run)
        return TRUE;
      if (g_hash_table_size (tried) == n_tried && !carry_aside (&carry, waiting, renamed, error))
        return FALSE;
    }
}
