#include "job.h"

#include "account-sync.h"
#include "base.h"
#include "clones.h"
#include "copies.h"
#include "delete-remote.h"
#include "download.h"
#include "explain.h"
#include "fetch-headers.h"
#include "filling.h"
#include "gmail.h"
#include "gone-mailboxes.h"
#include "import-account.h"
#include "job-journal.h"
#include "known.h"
#include "letters.h"
#include "local-flags.h"
#include "look-here.h"
#include "mailboxes.h"
#include "move-here.h"
#include "move-there.h"
#include "observe-local.h"
#include "observe-remote.h"
#include "open-local.h"
#include "outcome.h"
#include "plan-account.h"
#include "quiet.h"
#include "recover.h"
#include "rematch.h"
#include "remote-flags.h"
#include "remove-local.h"
#include "second-files.h"
#include "upload.h"

#include "../account/secret.h"

/* Each round brings both sides nearer; what our own work moved (a message in \Trash, a merged flag) is found
 * by the next. Rounds that fill a mailbox (filling.h) are not counted: each begins at higher UIDs. More than
 * this many means that somebody else keeps changing things. */
#define MAX_ROUNDS 6

#define SERVER_FACT "server"

static gboolean
connect_account (AccountSync *account, GError **error)
{
  g_autofree char *memory = journal_get_fact (account->journal, SERVER_FACT, NULL);
  char *password = secret_lookup_password (account->settings, account->cancellable, error);
  const ImapOpening opening = {
    .account = account->settings,
    .secret = password,
    .memory = memory,
    .lists_at_login = TRUE,
    .context = account->context,
    .cancellable = account->cancellable,
    .log = report_log,
    .log_data = &account->report,
  };

  if (password == NULL)
    return FALSE;
  account->session = imap_session_open (&opening, error);
  if (account->session != NULL && account->settings->connections > 1)
    account->secret = g_steal_pointer (&password);
  g_clear_pointer (&password, secret_free);
  return account->session != NULL;
}

/* What the next run may take for granted of the server until it says otherwise. */
static gboolean
remember_server (AccountSync *account, GError **error)
{
  Journal *journal = account->journal;
  g_autofree char *before = journal_get_fact (journal, SERVER_FACT, NULL);
  g_autofree char *memory = imap_session_get_memory (account->session);

  if (account->dry_run || g_strcmp0 (before, memory) == 0)
    return TRUE;
  return journal_begin (journal, error) &&
         journal_end (journal, journal_set_fact (journal, SERVER_FACT, memory, error), error);
}

static void
reset_round (AccountSync *account)
{
  g_hash_table_remove_all (account->moves);
  g_hash_table_remove_all (account->follows);
  g_hash_table_remove_all (account->copies);
  g_hash_table_remove_all (account->origins);
  for (guint i = 0; i < account->mailboxes->len; i++)
    mailbox_sync_reset (g_ptr_array_index (account->mailboxes, i));
}

/* UIDNEXT and HIGHESTMODSEQ are kept by a complete listing only; rows that follow belong to the UIDVALIDITY.
 * TRUE when anything is new. */
static gboolean
note_observation (const MailboxSync *mailbox, JournalMailbox *row)
{
  const JournalMailbox before = *row;
  gboolean is_other = g_strcmp0 (row->mailbox_id, mailbox->mailbox_id) != 0;

  row->uidvalidity = mailbox->uidvalidity;
  if (mailbox->box != NULL)
    row->cur_inode = maildir_cur_inode (mailbox->account->maildir, row->directory);
  if (mailbox->remote_complete)
    {
      row->uidnext = mailbox->uidnext;
      row->highestmodseq = mailbox->highestmodseq;
    }
  if (is_other)
    {
      g_free (row->mailbox_id);
      row->mailbox_id = g_strdup (mailbox->mailbox_id);
    }
  return is_other || row->cur_inode != before.cur_inode || row->uidvalidity != before.uidvalidity ||
         row->uidnext != before.uidnext || row->highestmodseq != before.highestmodseq;
}

static gboolean
record_observation (AccountSync *account, GError **error)
{
  if (!journal_begin (account->journal, error))
    return FALSE;
  for (guint i = 0; i < account->mailboxes->len; i++)
    {
      MailboxSync *mailbox = g_ptr_array_index (account->mailboxes, i);
      JournalMailbox *row = mailbox->row;

      if (mailbox->plan == NULL || mailbox->uidvalidity == 0)
        continue;
      gboolean is_new = note_observation (mailbox, row);

      is_new |= mailbox_sync_note_quiet (mailbox, row);
      if ((is_new && !journal_put_mailbox (account->journal, row, error)) ||
          !mailbox_sync_note_letters (mailbox, error))
        {
          journal_rollback (account->journal);
          return FALSE;
        }
    }
  return journal_commit (account->journal, error);
}

static gboolean
fetch_headers (AccountSync *account, GError **error)
{
  for (guint i = 0; i < account->mailboxes->len; i++)
    {
      MailboxSync *mailbox = g_ptr_array_index (account->mailboxes, i);
      gboolean needed = mailbox->due && !mailbox->skipped && mailbox->on_server, selected = TRUE;

      if (!needed || !mailbox_sync_needs_headers (mailbox))
        continue;
      if (!mailbox_sync_select (mailbox, &selected, error))
        return FALSE;
      if (selected && !mailbox_sync_fetch_headers (mailbox, error))
        return FALSE;
    }
  return TRUE;
}

static void
announce (AccountSync *account)
{
  account->octets_ahead = 0;
  for (guint i = 0; i < account->mailboxes->len; i++)
    {
      MailboxSync *mailbox = g_ptr_array_index (account->mailboxes, i);

      for (guint j = 0; mailbox->plan != NULL && j < mailbox->plan->len; j++)
        {
          const PlanOperation *operation = &g_array_index (mailbox->plan, PlanOperation, j);
          guint64 octets = 0;

          if (operation->kind == PLAN_DOWNLOAD)
            octets = mailbox_sync_find_remote (mailbox, operation->uid)->remote_size;
          else if (operation->kind == PLAN_UPLOAD || operation->kind == PLAN_REPLACE)
            octets = mailbox_sync_find_local (mailbox, operation->base)->identity->wire_size;
          account->octets_ahead += octets;
          report_expect (&account->report, 1, octets);
        }
    }
}

static guint
count_changes_here (const MailboxSync *mailbox)
{
  guint count = 0;

  for (guint i = 0; mailbox->plan != NULL && i < mailbox->plan->len; i++)
    switch (g_array_index (mailbox->plan, PlanOperation, i).kind)
      {
      case PLAN_DOWNLOAD:
      case PLAN_LOCAL_FLAGS:
      case PLAN_CLONE:
      case PLAN_FOLLOW:
      case PLAN_REMOVE_LOCAL:
      case PLAN_REMOVE_SECOND:
      case PLAN_EXPUNGE_MARKED:
        count++;
        break;
      default:
        break;
      }
  return count;
}

/* What is followed one by one is kept in memory one by one: of more, the directory is read again. */
#define MAX_FOLLOWED 2000

/* A user may have 128 of them, for all programs together. */
#define MAX_WATCHES 8

static void
watch (AccountSync *account)
{
  guint watched = 0;

  for (guint i = 0; i < account->mailboxes->len && watched < MAX_WATCHES; i++)
    {
      MailboxSync *mailbox = g_ptr_array_index (account->mailboxes, i);
      const guint n_changes = count_changes_here (mailbox);

      if (n_changes > 0 && n_changes <= MAX_FOLLOWED)
        mailbox_sync_watch_here (mailbox);
      watched += mailbox->watch != NULL;
    }
}

static gboolean
apply (AccountSync *account, GError **error)
{
  announce (account);
  watch (account);
  return account_sync_raise_generation (account, error) && account_sync_apply_base (account, error) &&
         account_sync_move_here (account, error) && account_sync_clone (account, error) &&
         account_sync_download (account, error) && account_sync_apply_local_flags (account, error) &&
         account_sync_upload (account, error) && account_sync_copy_there (account, error) &&
         account_sync_move_there (account, error) && account_sync_apply_remote_flags (account, error) &&
         account_sync_remove_second_files (account, error) && account_sync_remove_local (account, error) &&
         account_sync_delete_remote (account, error) && account_sync_forget_moved (account, error);
}

/* What was worked on is looked at once more, and so is \Trash when something may have gone there; with `all`
 * all are. */
static void
choose_due (AccountSync *account, gboolean trashed, gboolean all)
{
  for (guint i = 0; i < account->mailboxes->len; i++)
    {
      MailboxSync *mailbox = g_ptr_array_index (account->mailboxes, i);

      mailbox->due = all || (mailbox->plan != NULL && mailbox->plan->len > 0) || mailbox->joined ||
                     (trashed && g_strcmp0 (mailbox->row->wire_name, account->trash_wire_name) == 0);
    }
}

/* Where a name proves to be another mailbox's, names are brought together again, once. */
static gboolean
observe_remote (AccountSync *account, GError **error)
{
  reset_round (account);
  if (!account_sync_observe_remote (account, error))
    return FALSE;
  if (!account->seeks_others)
    return TRUE;
  account->sought_others = TRUE;
  account->seeks_others = FALSE;
  reset_round (account);
  return account_sync_match_mailboxes (account, error) && account_sync_observe_remote (account, error);
}

static gboolean
observe (AccountSync *account, GError **error)
{
  return observe_remote (account, error) && account_sync_observe_local (account, error);
}

static gboolean
observe_and_plan (AccountSync *account, guint *n_operations, GError **error)
{
  return observe (account, error) &&
         (!account_sync_may_have_moved (account) || observe (account, error)) &&
         (!account_sync_may_not_fill (account) || observe (account, error)) &&
         fetch_headers (account, error) && account_sync_rematch (account, error) &&
         account_sync_plan (account, n_operations, error);
}

/* Nothing more can be done in this run. What was closed without a word (a file that was renamed under our
 * hands) is no reason to claim that both sides are equal. */
static gboolean
finish_rounds (AccountSync *account)
{
  g_autofree char *changes = words_count (account->n_waiting, "change");

  if (account->n_waiting > 0 && account->report.left == 0)
    report_left (&account->report, NULL, "unsettled",
                 "%s came in between while the mailboxes were synchronized; run again for the rest", changes);
  return TRUE;
}

static gboolean
run_rounds (AccountSync *account, GError **error)
{
  for (guint round = 0; round < MAX_ROUNDS;)
    {
      const guint deleted = account->tally.deleted;
      guint n_operations;
      gboolean changed, fills, labels;

      if (!observe_and_plan (account, &n_operations, error))
        return FALSE;
      if (account->dry_run)
        return account_sync_explain (account, error);
      if (!record_observation (account, error))
        return FALSE;
      fills = account_sync_is_filling (account);
      labels = account_sync_changes_labels (account);
      if (n_operations > 0 && !apply (account, error))
        return FALSE;
      /* All that may show the same message, and all whose plans waited. */
      choose_due (account, account->tally.deleted > deleted, labels || fills);
      if (!account_sync_end_gone (account, &changed, error))
        return FALSE;
      if (n_operations == 0 && !changed && !fills)
        return finish_rounds (account);
      round += !fills;
    }
  report_left (&account->report, NULL, "unsettled",
               "the mailboxes kept changing while they were synchronized; run again for the rest");
  return TRUE;
}

/* Of a directory that is gone, and of a base that has to be paired afresh, every row counts. */
static gboolean
needs_whole_base (const MailboxSync *mailbox)
{
  return mailbox->box == NULL || mailbox->gone_here || mailbox->row->refresh != JOURNAL_REFRESH_NONE;
}

/* No connection: what was changed here is queued and said (contract C5.1). */
static gboolean
queue_offline (AccountSync *account, GError **error)
{
  guint n_operations;

  for (guint i = 0; i < account->mailboxes->len; i++)
    {
      MailboxSync *mailbox = g_ptr_array_index (account->mailboxes, i);

      mailbox->permanent_any = TRUE;
      mailbox->permanent = (MessageFlags){ MESSAGE_FLAGS_ALL_SYSTEM, "" };
      if (needs_whole_base (mailbox) && !mailbox_sync_load_base (mailbox, error))
        return FALSE;
    }
  if (!account_sync_observe_local (account, error) || !account_sync_plan (account, &n_operations, error))
    return FALSE;
  if (account->dry_run)
    return account_sync_explain (account, error);
  const guint count = n_operations + account->n_queued_mailboxes;
  g_autofree char *changes = words_count (count, "change");
  const EngineField fields[] = { { .key = "changes", .number = count } };

  if (count == 0)
    report_fields (&account->report, ENGINE_EVENT_RESULT, NULL, "queued", fields, G_N_ELEMENTS (fields),
                   "not connected: nothing was changed here since the last run");
  else
    report_fields (
        &account->report, ENGINE_EVENT_RESULT, NULL, "queued", fields, G_N_ELEMENTS (fields),
        "not connected: %s made here queued; the next run with a connection brings them to the server",
        changes);
  return TRUE;
}

static gboolean
run_sync (AccountSync *account, GError **error)
{
  g_autoptr (GError) connect_error = NULL;

  if (account->settings->protocol == ACCOUNT_PROTOCOL_POP3)
    return account_sync_import (account, error);
  if (!account_sync_open_local (account, error) || !account_sync_load_mailboxes (account, error))
    return FALSE;
  if (!account->dry_run &&
      !(account_sync_finish_staged (account, error) && account_sync_clean_attic (account, error)))
    return FALSE;
  if (connect_account (account, &connect_error))
    return remember_server (account, error) && account_sync_match_mailboxes (account, error) &&
           run_rounds (account, error);
  if (queue_offline (account, error))
    g_propagate_error (error, g_steal_pointer (&connect_error));
  return FALSE;
}

typedef struct
{
  const char *key;
  const char *one;
  const char *after; /* what was done with them */
  guint count;
} TallyPart;

/* (transfer full): "2 messages downloaded, 1 message uploaded", without what did not happen. */
static char *
words_for_tally (const TallyPart *parts, guint n_parts)
{
  g_autoptr (GString) text = g_string_new (NULL);

  for (guint i = 0; i < n_parts; i++)
    {
      g_autofree char *count = words_count (parts[i].count, parts[i].one);

      if (parts[i].count > 0)
        g_string_append_printf (text, "%s%s%s", text->len > 0 ? ", " : "", count, parts[i].after);
    }
  return g_string_free (g_steal_pointer (&text), FALSE);
}

static const char *
words_for_end (const AccountSync *account)
{
  if (account->report.left > 0)
    return "done, but something was left";
  return account->settings->protocol == ACCOUNT_PROTOCOL_POP3 ? "all that is on the server is here"
                                                              : "both sides are equal";
}

static void
sum_up (AccountSync *account)
{
  const Tally *tally = &account->tally;
  const TallyPart parts[] = {
    { "downloaded", "message", " downloaded", tally->downloaded },
    { "uploaded", "message", " uploaded", tally->uploaded },
    { "moved", "message", " moved on the server", tally->moved },
    { "moved-here", "message", " moved here", tally->followed },
    { "copied", "message", " copied on the server", tally->copied },
    { "copied-here", "message", " copied here", tally->cloned },
    { "paired", "message", " matched", tally->paired },
    { "flags", "change", " of flags", tally->flags },
    { "removed", "message", " removed here", tally->removed },
    { "deleted", "message", " deleted on the server", tally->deleted },
    { "mailboxes", "change", " of mailboxes", tally->mailboxes },
  };
  g_autofree char *done = words_for_tally (parts, G_N_ELEMENTS (parts));
  EngineField fields[G_N_ELEMENTS (parts) + 1];

  for (guint i = 0; i < G_N_ELEMENTS (parts); i++)
    fields[i] = (EngineField){ .key = parts[i].key, .number = parts[i].count };
  fields[G_N_ELEMENTS (parts)] = (EngineField){ .key = "left", .number = account->report.left };
  report_fields (&account->report, ENGINE_EVENT_RESULT, NULL, "synced", fields, G_N_ELEMENTS (fields),
                 "%s: %s", words_for_end (account),
                 *done != '\0'               ? done
                 : account->report.left == 0 ? "there was nothing to do"
                                             : "there was nothing else to do");
}

#define LEFT_LINES 20

/* Held and refused ones are in the journal by themselves. */
static gboolean
is_told_by_journal (const char *name)
{
  return g_str_equal (name, "held") || g_str_has_prefix (name, "refused");
}

/* (transfer full) (nullable): what was left in this run, a line each, for `status` to tell again. */
static char *
words_left (const Report *left)
{
  g_autoptr (GPtrArray) lines = g_ptr_array_new ();
  GHashTableIter iter;
  gpointer line, name;

  g_hash_table_iter_init (&iter, left->told);
  while (lines->len < LEFT_LINES && g_hash_table_iter_next (&iter, &line, &name))
    if (!is_told_by_journal (name))
      g_ptr_array_add (lines, line);
  if (lines->len == 0)
    return NULL;
  g_ptr_array_add (lines, NULL);
  return g_strjoinv ("\n", (char **)lines->pdata);
}

/* For `status`; a journal that can't be written has been complained of already. */
static void
record_outcome (AccountSync *account, EngineOutcome outcome)
{
  g_autofree char *now = g_strdup_printf ("%" G_GINT64_FORMAT, g_get_real_time () / G_USEC_PER_SEC);
  g_autofree char *status = g_strdup_printf ("%d", outcome);
  g_autofree char *left = words_left (&account->report);

  if (account->journal == NULL || account->dry_run || !journal_begin (account->journal, NULL))
    return;
  if (!journal_set_fact (account->journal, "last-outcome", status, NULL) ||
      !journal_set_fact (account->journal, "last-left", left, NULL) ||
      ((outcome == ENGINE_OUTCOME_EQUAL || outcome == ENGINE_OUTCOME_LEFT) &&
       !journal_set_fact (account->journal, "last-sync", now, NULL)) ||
      !journal_commit (account->journal, NULL))
    journal_rollback (account->journal);
}

static void
close_account (AccountSync *account)
{
  if (account->session != NULL && account->journal != NULL)
    remember_server (account, NULL);
  if (account->session != NULL)
    imap_session_logout (account->session);
  g_ptr_array_unref (account->mailboxes);
  g_ptr_array_unref (account->lanes);
  g_clear_pointer (&account->secret, secret_free);
  g_clear_pointer (&account->session, imap_session_free);
  g_clear_pointer (&account->attic, maildir_attic_free);
  g_clear_pointer (&account->maildir, maildir_free);
  g_clear_pointer (&account->journal, journal_close);
  g_clear_pointer (&account->lock, journal_unlock);
  g_hash_table_unref (account->moved);
  g_hash_table_unref (account->remote_moves);
  g_ptr_array_unref (account->unobserved);
  g_ptr_array_unref (account->sleeping);
  g_hash_table_unref (account->uploaded);
  g_hash_table_unref (account->foreign);
  g_hash_table_unref (account->moves);
  g_hash_table_unref (account->follows);
  g_hash_table_unref (account->copies);
  g_hash_table_unref (account->origins);
  g_hash_table_unref (account->report.told);
  message_keyword_pool_free (account->pool);
  g_free (account->trash_wire_name);
  g_main_context_pop_thread_default (account->context);
  g_main_context_unref (account->context);
}

EngineOutcome
job_sync (const Job *job)
{
  g_autoptr (GError) error = NULL;
  EngineOutcome outcome;
  AccountSync account = {
    .settings = job->account,
    .report = job_report (job),
    .context = g_main_context_new (),
    .cancellable = job->cancellable,
    .dry_run = job->dry_run,
    .only = job->only,
    .pool = message_keyword_pool_new (),
    .mailboxes = g_ptr_array_new_with_free_func ((GDestroyNotify)mailbox_sync_free),
    .lanes = g_ptr_array_new_with_free_func ((GDestroyNotify)imap_session_free),
    .moved = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, g_free),
    .remote_moves = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL),
    .unobserved = g_ptr_array_new_with_free_func (g_free),
    .sleeping = g_ptr_array_new_with_free_func (g_free),
    .uploaded = g_hash_table_new_full (message_digest_hash, (GEqualFunc)message_digest_equal, g_free, NULL),
    .foreign = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL),
    .moves = g_hash_table_new_full (g_int64_hash, g_int64_equal, NULL, g_free),
    .copies = g_hash_table_new_full (NULL, NULL, NULL, g_free),
    .follows = g_hash_table_new_full (g_int64_hash, g_int64_equal, NULL, g_free),
    .origins = g_hash_table_new_full (NULL, NULL, NULL, g_free),
  };

  account.report.told = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_main_context_push_thread_default (account.context);
  if (run_sync (&account, &error))
    {
      outcome = account.report.left == 0 ? ENGINE_OUTCOME_EQUAL : ENGINE_OUTCOME_LEFT;
      if (!account.dry_run)
        sum_up (&account);
    }
  else
    outcome = report_error (&account.report, error);
  record_outcome (&account, outcome);
  close_account (&account);
  return outcome;
}
