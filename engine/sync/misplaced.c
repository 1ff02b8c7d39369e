#include "misplaced.h"

#include "job-journal.h"

/* The names and the sizes and dates of all files in the unobserved directories. Evidence enough to wait. */
typedef struct
{
  GHashTable *bases;
  GHashTable *stamps;
  gboolean is_blind; /* some directory could not be looked at */
} Elsewhere;

static char *
stamp_key (guint64 size, gint64 mtime_ns)
{
  return g_strdup_printf ("%" G_GUINT64_FORMAT " %" G_GINT64_FORMAT, size, mtime_ns / 1000000000);
}

/* A directory that is there and can't be looked at may hide anything; one that is not there hides nothing. */
static void
look_into (AccountSync *account, const char *directory, Elsewhere *elsewhere)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *name = maildir_directory_is_hashed (directory)
                              ? maildir_read_full_name (account->maildir, directory, NULL)
                              : g_strdup (directory);
  g_autoptr (MaildirBox) box =
      name != NULL ? maildir_box_open (account->maildir, directory, name, FALSE, &error) : NULL;
  g_autoptr (MaildirScan) scan = box != NULL ? maildir_scan (box, NULL) : NULL;

  if (scan == NULL)
    {
      elsewhere->is_blind |= !g_error_matches (error, MAILDIR_ERROR, MAILDIR_ERROR_GONE);
      return;
    }
  for (guint i = 0; i < scan->entries->len; i++)
    {
      const MaildirEntry *entry = &g_array_index (scan->entries, MaildirEntry, i);

      g_hash_table_add (elsewhere->bases, g_strdup (entry->base));
      g_hash_table_add (elsewhere->stamps, stamp_key (entry->size, entry->mtime_ns));
    }
}

static gboolean
may_lie_elsewhere (MailboxSync *mailbox, const PlanOperation *operation, const Elsewhere *elsewhere)
{
  guint index;
  const BaseFacts *facts;
  g_autofree char *key = NULL;

  if (operation->kind != PLAN_DELETE_REMOTE)
    return FALSE;
  index = mailbox_sync_row_index (mailbox, operation->row);
  facts = &g_array_index (mailbox->base_facts, BaseFacts, index);
  key = stamp_key (facts->file_size, facts->mtime_ns);
  return elsewhere->is_blind || g_hash_table_contains (elsewhere->stamps, key) ||
         g_hash_table_contains (elsewhere->bases, g_array_index (mailbox->base, PlanBase, index).base);
}

static void
keep_in_mailbox (MailboxSync *mailbox, const Elsewhere *elsewhere)
{
  guint kept = 0, waiting = 0;

  for (guint i = 0; i < mailbox->plan->len; i++)
    {
      const PlanOperation operation = g_array_index (mailbox->plan, PlanOperation, i);

      if (may_lie_elsewhere (mailbox, &operation, elsewhere))
        waiting++;
      else
        g_array_index (mailbox->plan, PlanOperation, kept++) = operation;
    }
  g_array_set_size (mailbox->plan, kept);
  if (waiting > 0)
    {
      g_autofree char *messages = words_count (waiting, "message");

      report_left (
          &mailbox->account->report, mailbox->row->name, "misplaced",
          "gone here, and maybe moved into a directory that this run did not synchronize: %s; nothing "
          "of that is deleted on the server until it is",
          messages);
    }
}

static gboolean
has_deletions (AccountSync *account)
{
  for (guint i = 0; i < account->mailboxes->len; i++)
    if (mailbox_sync_plans (g_ptr_array_index (account->mailboxes, i), PLAN_DELETE_REMOTE))
      return TRUE;
  return FALSE;
}

gboolean
account_sync_keep_misplaced (AccountSync *account, GError **error)
{
  g_autoptr (GHashTable) bases = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr (GHashTable) stamps = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  Elsewhere elsewhere = { bases, stamps, FALSE };

  if (account->unobserved->len == 0 || !has_deletions (account))
    return TRUE;
  for (guint i = 0; i < account->unobserved->len; i++)
    {
      if (g_cancellable_set_error_if_cancelled (account->cancellable, error))
        return FALSE;
      look_into (account, g_ptr_array_index (account->unobserved, i), &elsewhere);
    }
  for (guint i = 0; i < account->mailboxes->len; i++)
    {
      MailboxSync *mailbox = g_ptr_array_index (account->mailboxes, i);

      if (mailbox->plan != NULL)
        keep_in_mailbox (mailbox, &elsewhere);
    }
  return TRUE;
}
