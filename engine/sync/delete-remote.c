#include "delete-remote.h"

#include "copy-to-trash.h"
#include "expunge.h"
#include "gmail.h"
#include "remove-local.h"
#include "job-journal.h"
#include "search.h"
#include "tell.h"
#include "uploads-in-doubt.h"
#include "verify-there.h"

/* The deletions of one mailbox. Operations leave `pending` as they turn out not to be ours to delete now. */
typedef struct
{
  MailboxSync *mailbox;
  GHashTable *pending; /* uid -> PlanOperation */
} Deletion;

static gboolean
is_deletion (const PlanOperation *operation)
{
  return operation->kind == PLAN_DELETE_REMOTE || operation->kind == PLAN_EXPUNGE_MARKED;
}

/* A message that was moved here goes from its old place only when it has arrived at the new one (contract
 * C1.3). */
static gboolean
has_arrived (AccountSync *account, const PlanOperation *operation)
{
  const MessageDigest *digest = g_hash_table_lookup (account->moved, &operation->row);

  return digest == NULL || g_hash_table_contains (account->uploaded, digest);
}

static void
collect (Deletion *deletion)
{
  MailboxSync *mailbox = deletion->mailbox;

  for (guint i = 0; i < mailbox->plan->len; i++)
    {
      PlanOperation *operation = &g_array_index (mailbox->plan, PlanOperation, i);
      g_autofree char *key = is_deletion (operation) ? plan_operation_key (operation) : NULL;

      if (key == NULL || g_hash_table_contains (mailbox->closed, key))
        continue;
      if (has_arrived (mailbox->account, operation))
        g_hash_table_insert (deletion->pending, GUINT_TO_POINTER (operation->uid), operation);
      else
        g_hash_table_add (mailbox->closed, g_steal_pointer (&key));
    }
}

static ImapUidSet *
pending_uids (Deletion *deletion)
{
  g_autoptr (GList) uids = g_hash_table_get_keys (deletion->pending);
  ImapUidSet *set = imap_uid_set_new ();

  for (GList *item = uids; item != NULL; item = item->next)
    imap_uid_set_add (set, GPOINTER_TO_UINT (item->data));
  return set;
}

/* Gmail's labels are taken off by an expunge, which for a message that was moved here is all there is to do;
 * only its \Trash deletes. */
static gboolean
goes_to_trash (MailboxSync *mailbox, const PlanOperation *operation)
{
  AccountSync *account = mailbox->account;

  if (account_sync_is_gmail (account))
    return mailbox_sync_needs_trash (mailbox) && !g_hash_table_contains (account->moved, &operation->row);
  return operation->kind == PLAN_DELETE_REMOTE && account->settings->delete_mode == ACCOUNT_DELETE_TRASH &&
         !mailbox_sync_is (mailbox, "\\Trash") && !mailbox_sync_is (mailbox, "\\Junk") &&
         !mailbox_sync_is (mailbox, "\\Drafts") && !g_hash_table_contains (account->moved, &operation->row);
}

/* To \Trash where the server has it, also when that mailbox is not synchronized; else expunged. */
static gboolean
carry_out (Deletion *deletion, GError **error)
{
  MailboxSync *mailbox = deletion->mailbox;
  g_autoptr (ImapUidSet) to_trash = imap_uid_set_new ();
  g_autoptr (ImapUidSet) to_expunge = imap_uid_set_new ();
  const char *trash = mailbox->account->trash_wire_name;
  GHashTableIter iter;
  gpointer uid, operation;

  g_hash_table_iter_init (&iter, deletion->pending);
  while (g_hash_table_iter_next (&iter, &uid, &operation))
    imap_uid_set_add (trash != NULL && goes_to_trash (mailbox, operation) ? to_trash : to_expunge,
                      GPOINTER_TO_UINT (uid));
  if (!imap_uid_set_is_empty (to_trash) && !mailbox_sync_move_to_trash (mailbox, to_trash, error))
    return FALSE;
  return imap_uid_set_is_empty (to_expunge) || mailbox_sync_expunge (mailbox, to_expunge, error);
}

static void
tell_remaining (MailboxSync *mailbox, guint count)
{
  g_autofree char *messages = words_count (count, "message");

  report_left (&mailbox->account->report, mailbox->row->name, "not-deleted",
               "the server did not delete %s that %s deleted here; the next run tries again", messages,
               count == 1 ? "was" : "were");
}

/* What is really gone leaves the base; what the server still shows is named and stays. */
static gboolean
drop_remaining (Deletion *deletion, GError **error)
{
  MailboxSync *mailbox = deletion->mailbox;
  g_autoptr (ImapUidSet) set = pending_uids (deletion);
  g_autoptr (ImapUidSet) found = imap_uid_set_new ();
  gboolean refused;
  GHashTableIter iter;
  gpointer uid, operation;
  guint remaining = 0;

  if (!mailbox_sync_search_uids (mailbox, set, found, &refused, error))
    return FALSE;
  g_hash_table_iter_init (&iter, deletion->pending);
  while (g_hash_table_iter_next (&iter, &uid, &operation))
    if (refused || imap_uid_set_contains (found, GPOINTER_TO_UINT (uid)))
      {
        g_hash_table_add (mailbox->closed, plan_operation_key (operation));
        g_hash_table_iter_remove (&iter);
        remaining++;
      }
  if (remaining > 0)
    tell_remaining (mailbox, remaining);
  return TRUE;
}

static gboolean
record_deleted (Deletion *deletion, const PlanOperation *operation, GError **error)
{
  Journal *journal = deletion->mailbox->account->journal;
  g_autofree char *key = plan_operation_key (operation);

  return (operation->kind == PLAN_EXPUNGE_MARKED ||
          journal_remove_message (journal, operation->row, error)) &&
         journal_queue_remove (journal, deletion->mailbox->row->id, key, error);
}

static gboolean
counts_as_deletion (MailboxSync *mailbox, const PlanOperation *operation)
{
  guint index = mailbox_sync_row_index (mailbox, operation->row);

  const PlanBase *base = &g_array_index (mailbox->base, PlanBase, index);
  gboolean was_draft =
      g_str_has_prefix (base->base, REPLACED_PREFIX) && (base->flags.system & MESSAGE_FLAG_DRAFT) != 0;

  return operation->kind == PLAN_DELETE_REMOTE && !was_draft &&
         !g_hash_table_contains (mailbox->account->moved, &operation->row);
}

static void
tell_deleted (const Deletion *deletion)
{
  GHashTableIter iter;
  gpointer operation;

  g_hash_table_iter_init (&iter, deletion->pending);
  while (mailbox_sync_is_heard (deletion->mailbox) && g_hash_table_iter_next (&iter, NULL, &operation))
    if (((const PlanOperation *)operation)->kind == PLAN_DELETE_REMOTE)
      mailbox_sync_tell (deletion->mailbox, operation, 0, NULL);
}

static gboolean
record (Deletion *deletion, GError **error)
{
  MailboxSync *mailbox = deletion->mailbox;
  Journal *journal = mailbox->account->journal;
  GHashTableIter iter;
  gpointer operation;
  gboolean done = TRUE;
  guint count = 0;

  if (!journal_begin (journal, error))
    return FALSE;
  g_hash_table_iter_init (&iter, deletion->pending);
  while (done && g_hash_table_iter_next (&iter, NULL, &operation))
    {
      done = record_deleted (deletion, operation, error);
      count += counts_as_deletion (mailbox, operation);
    }
  if (done &&
      journal_note_deletions (journal, mailbox->row->id, JOURNAL_SIDE_REMOTE,
                              g_get_real_time () / G_USEC_PER_SEC, count, error) &&
      journal_commit (journal, error))
    {
      mailbox->account->tally.deleted += g_hash_table_size (deletion->pending);
      report_progress (&mailbox->account->report, mailbox->row->name, g_hash_table_size (deletion->pending),
                       0);
      tell_deleted (deletion);
      return TRUE;
    }
  journal_rollback (journal);
  return FALSE;
}

/* What was marked here and is expunged there goes here as well (`expunge-marked`). */
static gboolean
remove_marked (Deletion *deletion, GError **error)
{
  g_autoptr (GPtrArray) marked = g_ptr_array_new ();
  GHashTableIter iter;
  gpointer operation;

  g_hash_table_iter_init (&iter, deletion->pending);
  while (g_hash_table_iter_next (&iter, NULL, &operation))
    if (((PlanOperation *)operation)->kind == PLAN_EXPUNGE_MARKED)
      g_ptr_array_add (marked, operation);
  return mailbox_sync_remove_files (deletion->mailbox, marked, JOURNAL_SIDE_REMOTE, error);
}

static gboolean
run_deletion (Deletion *deletion, GError **error)
{
  MailboxSync *mailbox = deletion->mailbox;
  gboolean selected;

  collect (deletion);
  if (g_hash_table_size (deletion->pending) == 0)
    return TRUE;
  if (!mailbox_sync_select (mailbox, &selected, error))
    return FALSE;
  if (!selected || !mailbox_sync_verify_there (mailbox, deletion->pending, error))
    return selected == FALSE;
  if (g_hash_table_size (deletion->pending) == 0)
    return TRUE;
  if (!carry_out (deletion, error) || !mailbox_sync_select (mailbox, &selected, error))
    return FALSE;
  return !selected ||
         (drop_remaining (deletion, error) && record (deletion, error) && remove_marked (deletion, error));
}

gboolean
account_sync_delete_remote (AccountSync *account, GError **error)
{
  for (guint i = 0; i < account->mailboxes->len; i++)
    {
      Deletion deletion = { .mailbox = g_ptr_array_index (account->mailboxes, i) };
      gboolean done;

      if (!mailbox_sync_plans (deletion.mailbox, PLAN_DELETE_REMOTE) &&
          !mailbox_sync_plans (deletion.mailbox, PLAN_EXPUNGE_MARKED))
        continue;
      deletion.pending = g_hash_table_new (NULL, NULL);
      done = run_deletion (&deletion, error);
      g_hash_table_unref (deletion.pending);
      if (!done)
        return FALSE;
    }
  return TRUE;
}
