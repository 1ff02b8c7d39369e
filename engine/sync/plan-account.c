#include "plan-account.h"

#include "clones.h"
#include "copies.h"
#include "filling.h"
#include "follows.h"
#include "forgotten.h"
#include "gone-mailboxes.h"
#include "held.h"
#include "job-journal.h"
#include "letters.h"
#include "misplaced.h"
#include "moves.h"
#include "origins.h"
#include "queue-mailbox.h"
#include "second-files.h"
#include "subject.h"
#include "tell.h"
#include "unmatched.h"

#include <stdio.h>

/* How the queue tells an `expunge-marked` from other deletions. */
#define MARKED_DETAIL "marked"

static gboolean
collect_expunging (const JournalOperation *operation, gpointer user_data)
{
  guint uid;

  if (g_str_equal (operation->detail, MARKED_DETAIL) && sscanf (operation->key, "delete %u", &uid) == 1)
    g_hash_table_add (user_data, GUINT_TO_POINTER (uid));
  return TRUE;
}

GArray *
mailbox_sync_make_plan (MailboxSync *mailbox, GError **error)
{
  AccountSync *account = mailbox->account;
  g_autoptr (GHashTable) expunging = g_hash_table_new (NULL, NULL);
  const PlanInput input = {
    .base = mailbox->base,
    .remote = mailbox->remote,
    .local = mailbox->local,
    .remote_complete = mailbox->remote_complete,
    .local_complete = mailbox->local_complete,
    .offline = account->session == NULL,
    .permanent = mailbox->permanent,
    .permanent_any = mailbox->permanent_any,
    .expunge_marked = account->settings->expunge_marked,
    .expunging = expunging,
    .pool = account->pool,
  };

  if (!journal_queue_foreach (account->journal, mailbox->row->id, collect_expunging, expunging, error))
    return NULL;
  return plan_mailbox (&input);
}

gboolean
plan_kind_is_for_server (PlanKind kind)
{
  switch (kind)
    {
    case PLAN_UPLOAD:
    case PLAN_REPLACE:
    case PLAN_REMOTE_FLAGS:
    case PLAN_DELETE_REMOTE:
    case PLAN_EXPUNGE_MARKED:
    case PLAN_MOVE:
    case PLAN_COPY:
      return TRUE;
    case PLAN_DOWNLOAD:
    case PLAN_PAIR:
    case PLAN_RELINK:
    case PLAN_LOCAL_FLAGS:
    case PLAN_BASE_FLAGS:
    case PLAN_REMOVE_LOCAL:
    case PLAN_FORGET:
    case PLAN_FOLLOW:
    case PLAN_CLONE:
    case PLAN_REMOVE_SECOND:
      return FALSE;
    }
  return FALSE;
}

/* Said when it begins. */
static void
tell_not_kept (MailboxSync *mailbox)
{
  MessageKeywordPool *pool = mailbox->account->pool;
  MessageFlags all = message_flags_none ();

  for (guint i = 0; i < mailbox->plan->len; i++)
    {
      const PlanOperation *operation = &g_array_index (mailbox->plan, PlanOperation, i);
      const PlanBase *row =
          operation->row != 0
              ? &g_array_index (mailbox->base, PlanBase, mailbox_sync_row_index (mailbox, operation->row))
              : NULL;
      const MessageFlags before = row != NULL ? row->not_kept : message_flags_none ();

      all = message_flags_union (pool, all, message_flags_minus (pool, operation->not_kept, before));
    }
  mailbox_sync_tell_not_kept (mailbox, all);
}

static gboolean
plan_one (MailboxSync *mailbox, GError **error)
{
  mailbox->plan = mailbox_sync_make_plan (mailbox, error);
  if (mailbox->plan == NULL)
    return FALSE;
  if (mailbox->account->session != NULL)
    {
      mailbox_sync_plan_letters (mailbox);
      tell_not_kept (mailbox);
    }
  /* Before anything is held back: what waits for whatever reason is still to be found by the next run. */
  mailbox->waits = mailbox->plan->len > 0;
  if (mailbox->account->session != NULL)
    mailbox_sync_tell_matching (mailbox);
  return TRUE;
}

static JournalOperationKind
queue_kind (MailboxSync *mailbox, const PlanOperation *operation)
{
  if (operation->kind == PLAN_UPLOAD)
    return mailbox_sync_is_copy (mailbox, operation) ? JOURNAL_OPERATION_COPY : JOURNAL_OPERATION_UPLOAD;
  if (operation->kind == PLAN_REPLACE)
    return JOURNAL_OPERATION_REPLACE;
  if (operation->kind == PLAN_MOVE)
    return JOURNAL_OPERATION_MOVE;
  return operation->kind == PLAN_REMOTE_FLAGS ? JOURNAL_OPERATION_FLAGS : JOURNAL_OPERATION_DELETE;
}

/* What exactly it would do: a refusal holds only while this is the same. (transfer full) */
static char *
detail_of (MailboxSync *mailbox, const PlanOperation *operation)
{
  g_autofree char *add = NULL;
  g_autofree char *remove = NULL;

  if (operation->kind == PLAN_UPLOAD || operation->kind == PLAN_REPLACE)
    return message_digest_to_string (&mailbox_sync_find_local (mailbox, operation->base)->identity->full);
  if (operation->kind == PLAN_EXPUNGE_MARKED)
    return g_strdup (MARKED_DETAIL);
  if (operation->kind == PLAN_MOVE)
    return g_strdup_printf (MOVE_DETAIL, mailbox_sync_find_move (mailbox, operation)->to->row->id);
  if (g_hash_table_contains (mailbox->account->moved, &operation->row))
    {
      g_autofree char *digest =
          message_digest_to_string (g_hash_table_lookup (mailbox->account->moved, &operation->row));

      return g_strconcat (MOVED_DETAIL, digest, NULL);
    }
  add = message_flags_to_imap (operation->add);
  remove = message_flags_to_imap (operation->remove);
  return g_strdup_printf ("+(%s) -(%s)", add, remove);
}

static char *
subject_of (MailboxSync *mailbox, const PlanOperation *operation)
{
  if (operation->kind == PLAN_UPLOAD || operation->kind == PLAN_REPLACE)
    return subject_decode (mailbox_sync_find_local (mailbox, operation->base)->identity->subject);
  if (operation->kind == PLAN_MOVE)
    return subject_decode (mailbox_sync_find_move (mailbox, operation)->file->identity->subject);
  return g_strdup_printf ("message %u", operation->uid);
}

static gboolean
enqueue_one (MailboxSync *mailbox, const PlanOperation *operation, gboolean *refused, GError **error)
{
  g_autofree char *key = plan_operation_key (operation);
  g_autofree char *detail = detail_of (mailbox, operation);
  g_autofree char *subject = subject_of (mailbox, operation);
  JournalOperation row = {
    .mailbox = mailbox->row->id,
    .kind = queue_kind (mailbox, operation),
    .key = key,
    .detail = detail,
    .subject = subject,
    .first_seen = g_get_real_time () / G_USEC_PER_SEC,
  };

  return journal_queue_put (mailbox->account->journal, &row, refused, error);
}

/* Where no UIDVALIDITY says which message a UID is, none is changed or removed by it (contract C2.3). */
static gboolean
is_unsafe (const MailboxSync *mailbox, const PlanOperation *operation)
{
  return mailbox->account->session != NULL && mailbox->on_server && mailbox->uidvalidity == 0 &&
         operation->kind != PLAN_UPLOAD &&
         (plan_kind_is_for_server (operation->kind) || operation->kind == PLAN_REMOVE_LOCAL ||
          operation->kind == PLAN_FOLLOW);
}

/* Queues what goes to the server. What was refused before, or failed in this run, leaves the plan; the
 * refused is counted in the exit status, and was named when it happened (contract C5.4). */
static gboolean
enqueue_mailbox (MailboxSync *mailbox, GError **error)
{
  AccountSync *account = mailbox->account;
  guint kept = 0, n_refused = 0, n_read_only = 0;
  g_autoptr (GHashTable) unmatched = mailbox_sync_load_unmatched (mailbox, error);

  if (unmatched == NULL || !journal_queue_begin (account->journal, mailbox->row->id, error) ||
      !mailbox_sync_enqueue_itself (mailbox, &account->n_queued_mailboxes, error))
    return FALSE;
  for (guint i = 0; i < mailbox->plan->len; i++)
    {
      const PlanOperation operation = g_array_index (mailbox->plan, PlanOperation, i);
      gboolean closed = mailbox_sync_is_closed (mailbox, &operation);
      gboolean refused = FALSE;

      if (mailbox_sync_is_unmatched (unmatched, &operation))
        continue;
      if (plan_kind_is_for_server (operation.kind) && !enqueue_one (mailbox, &operation, &refused, error))
        return FALSE;
      gboolean forbidden = mailbox->read_only && plan_kind_is_for_server (operation.kind);
      n_refused += refused && !closed;
      account->n_waiting += closed;
      n_read_only += forbidden;
      if (!refused && !closed && !forbidden && !is_unsafe (mailbox, &operation))
        g_array_index (mailbox->plan, PlanOperation, kept++) = operation;
    }
  g_array_set_size (mailbox->plan, kept);
  if (n_refused > 0)
    {
      g_autofree char *changes = words_count (n_refused, "change");

      report_left (
          &account->report, mailbox->row->name, "refused-before",
          "refused by the server earlier and kept here: %s; `dovetail status` names what was refused",
          changes);
    }
  if (n_read_only > 0)
    {
      g_autofree char *changes = words_count (n_read_only, "change");

      report_left (&account->report, mailbox->row->name, "read-only",
                   "the server opens this mailbox for reading only; made here and kept here: %s", changes);
    }
  return mailbox_sync_end_unmatched (mailbox, unmatched, error) &&
         journal_queue_end (account->journal, mailbox->row->id, error);
}

static gboolean
enqueue_all (AccountSync *account, GError **error)
{
  if (!journal_begin (account->journal, error))
    return FALSE;
  /* A round that fills deletes nothing, and does not see yet what was moved. */
  if (account_sync_is_filling (account))
    account_sync_find_moves (account);
  else if (!account_sync_apply_holds (account, error))
    goto failed;
  account_sync_keep_in_all_mail (account);
  account_sync_drop_waiting (account);
  for (guint i = 0; i < account->mailboxes->len; i++)
    {
      MailboxSync *mailbox = g_ptr_array_index (account->mailboxes, i);

      if (mailbox->plan != NULL && !enqueue_mailbox (mailbox, error))
        goto failed;
    }
  return journal_commit (account->journal, error);

failed:
  journal_rollback (account->journal);
  return FALSE;
}

static gboolean
is_planned (AccountSync *account, const MailboxSync *mailbox)
{
  return mailbox->due && !mailbox->skipped &&
         (account->session == NULL || mailbox->on_server || mailbox->gone_there || mailbox->comes_there);
}

gboolean
account_sync_plan (AccountSync *account, guint *n_operations, GError **error)
{
  for (guint i = 0; i < account->mailboxes->len; i++)
    {
      MailboxSync *mailbox = g_ptr_array_index (account->mailboxes, i);

      if (is_planned (account, mailbox) && !plan_one (mailbox, error))
        return FALSE;
    }
  account->n_waiting = account->n_queued_mailboxes = 0;
  if (!account_sync_find_second_files (account, error) || !account_sync_plan_moves (account, error) ||
      !account_sync_plan_follows (account, error))
    return FALSE;
  account_sync_relink_forgotten (account);
  if (!account_sync_keep_misplaced (account, error) || !account_sync_find_copies (account, error) ||
      !enqueue_all (account, error))
    return FALSE;
  if (account_sync_is_filling (account))
    account_sync_keep_filling (account);
  account_sync_find_origins (account);
  if (!account_sync_plan_clones (account, error))
    return FALSE;
  account_sync_plan_copies (account);
  *n_operations = 0;
  for (guint i = 0; i < account->mailboxes->len; i++)
    {
      MailboxSync *mailbox = g_ptr_array_index (account->mailboxes, i);

      *n_operations += mailbox->plan != NULL ? mailbox->plan->len : 0;
    }
  return TRUE;
}
