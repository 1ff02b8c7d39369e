#include "remove-local.h"

#include "search.h"
#include "subject.h"
#include "tell.h"

#include <string.h>

#define ATTIC_OCTETS (G_GUINT64_CONSTANT (1024) * 1024 * 1024)
#define CHUNK 500 /* operations between two commits */

/* TRUE when the file still is what the base knows. Another size or mtime: only its digest tells. */
static gboolean
is_still_base_content (MailboxSync *mailbox, const PlanOperation *operation, MaildirFileStamp *stamp)
{
  guint index = mailbox_sync_row_index (mailbox, operation->row);
  const BaseFacts *facts = &g_array_index (mailbox->base_facts, BaseFacts, index);
  const PlanBase *base = &g_array_index (mailbox->base, PlanBase, index);
  MaildirPlace place = mailbox_sync_place (mailbox, operation->base);
  g_auto (MessageIdentity) identity = { 0 };

  if (!maildir_message_stat (mailbox->box, &place, stamp, NULL))
    return FALSE;
  if (stamp->size == facts->file_size && stamp->mtime_ns == facts->mtime_ns)
    return TRUE;
  return base->has_digest && maildir_message_identify (mailbox->box, &place, &identity, stamp, NULL) &&
         message_digest_equal (&identity.full, &base->digest);
}

/* The same for the same message, also when its removal is begun a second time: what is there under this name
 * already is this content. Row ids alone would come again after a lost journal. */
static char *
attic_name (const PlanBase *base, const BaseFacts *facts)
{
  g_autofree char *digest = base->has_digest ? message_digest_to_string (&base->digest) : NULL;

  return g_strdup_printf ("%" G_GINT64_FORMAT "-%" G_GINT64_FORMAT "-%.32s", base->row, facts->mtime_ns,
                          digest != NULL ? digest : "0");
}

static gboolean
keep_in_attic (MailboxSync *mailbox, const PlanOperation *operation, const MaildirFileStamp *stamp,
               GError **error)
{
  AccountSync *account = mailbox->account;
  guint index = mailbox_sync_row_index (mailbox, operation->row);
  const PlanBase *base = &g_array_index (mailbox->base, PlanBase, index);
  const BaseFacts *facts = &g_array_index (mailbox->base_facts, BaseFacts, index);
  MaildirPlace place = mailbox_sync_place (mailbox, operation->base);
  g_autofree char *file = attic_name (base, facts);
  g_autofree char *subject = mailbox_sync_subject (mailbox, operation->base);
  g_autoptr (GError) local_error = NULL;
  JournalAtticEntry entry = {
    .mailbox = mailbox->row->name,
    .file = file,
    .subject = subject,
    .internal_date = facts->internal_date,
    .removed = g_get_real_time () / G_USEC_PER_SEC,
    .size = stamp->size,
    .system = base->flags.system,
    .keywords = base->flags.keywords,
  };

  if (!maildir_attic_keep (account->attic, file, mailbox->box, &place, &local_error) &&
      !g_error_matches (local_error, MAILDIR_ERROR, MAILDIR_ERROR_EXISTS))
    {
      g_propagate_error (error, g_steal_pointer (&local_error));
      return FALSE;
    }
  return journal_add_attic (account->journal, &entry, error);
}

/* A file that is gone already needs no removal; one that holds something else is left to the next look. */
typedef struct
{
  const PlanOperation *operation;
  MaildirFileStamp stamp;
  gboolean is_gone;
  char *subject; /* (nullable) from before it goes, where it is to be told */
} Removal;

static void
removal_clear (gpointer removal)
{
  g_free (((Removal *)removal)->subject);
}

static GArray *
check_files (MailboxSync *mailbox, const GPtrArray *operations, guint from, guint to)
{
  GArray *removals = g_array_new (FALSE, TRUE, sizeof (Removal));

  g_array_set_clear_func (removals, removal_clear);
  for (guint i = from; i < to; i++)
    {
      Removal removal = { .operation = g_ptr_array_index (operations, i) };
      MaildirPlace place = mailbox_sync_place (mailbox, removal.operation->base);
      g_autoptr (GError) local_error = NULL;

      removal.is_gone = !maildir_message_stat (mailbox->box, &place, &removal.stamp, &local_error) &&
                        g_error_matches (local_error, MAILDIR_ERROR, MAILDIR_ERROR_GONE);
      if (!removal.is_gone && !is_still_base_content (mailbox, removal.operation, &removal.stamp))
        {
          mailbox->look_anew = TRUE;
          continue;
        }
      if (mailbox_sync_is_heard (mailbox))
        removal.subject = mailbox_sync_subject (mailbox, removal.operation->base);
      g_array_append_val (removals, removal);
    }
  return removals;
}

static gboolean
keep_all (MailboxSync *mailbox, const GArray *removals, GError **error)
{
  Journal *journal = mailbox->account->journal;

  if (mailbox->account->attic == NULL)
    return TRUE;
  if (!journal_begin (journal, error))
    return FALSE;
  for (guint i = 0; i < removals->len; i++)
    {
      const Removal *removal = &g_array_index (removals, Removal, i);

      if (!removal->is_gone && !keep_in_attic (mailbox, removal->operation, &removal->stamp, error))
        {
          journal_rollback (journal);
          return FALSE;
        }
    }
  return journal_commit (journal, error);
}

static gboolean
unlink_all (MailboxSync *mailbox, GArray *removals, GError **error)
{
  for (guint i = removals->len; i-- > 0;)
    {
      Removal *removal = &g_array_index (removals, Removal, i);
      MaildirPlace place = mailbox_sync_place (mailbox, removal->operation->base);
      g_autoptr (GError) local_error = NULL;

      if (removal->is_gone || maildir_message_remove (mailbox->box, &place, &removal->stamp, &local_error) ||
          g_error_matches (local_error, MAILDIR_ERROR, MAILDIR_ERROR_GONE))
        continue;
      report_left (&mailbox->account->report, mailbox->row->name, "not-removed", "%s", local_error->message);
      g_array_remove_index_fast (removals, i);
    }
  return maildir_box_sync (mailbox->box, error);
}

static gboolean
forget_rows (MailboxSync *mailbox, const GArray *removals, JournalSide side, GError **error)
{
  Journal *journal = mailbox->account->journal;

  if (!journal_begin (journal, error))
    return FALSE;
  for (guint i = 0; i < removals->len; i++)
    if (!journal_remove_message (journal, g_array_index (removals, Removal, i).operation->row, error))
      {
        journal_rollback (journal);
        return FALSE;
      }
  if (journal_note_deletions (journal, mailbox->row->id, side, g_get_real_time () / G_USEC_PER_SEC,
                              removals->len, error) &&
      journal_commit (journal, error))
    return TRUE;
  journal_rollback (journal);
  return FALSE;
}

static void
tell_removed (MailboxSync *mailbox, const GArray *removals)
{
  for (guint i = 0; i < removals->len; i++)
    {
      const Removal *removal = &g_array_index (removals, Removal, i);

      mailbox_sync_tell (mailbox, removal->operation, 0, removal->subject);
    }
}

gboolean
mailbox_sync_remove_files (MailboxSync *mailbox, const GPtrArray *operations, JournalSide side,
                           GError **error)
{
  for (guint from = 0; from < operations->len; from += CHUNK)
    {
      g_autoptr (GArray) removals =
          check_files (mailbox, operations, from, MIN (from + CHUNK, operations->len));

      if (!keep_all (mailbox, removals, error) || !unlink_all (mailbox, removals, error) ||
          !forget_rows (mailbox, removals, side, error))
        return FALSE;
      mailbox->account->tally.removed += removals->len;
      tell_removed (mailbox, removals);
      report_progress (&mailbox->account->report, mailbox->row->name, removals->len, 0);
    }
  return TRUE;
}

/* A message that was moved on the server stays here while anything did not come that the server lists. */
static gboolean
waits_for_new_place (MailboxSync *mailbox, const PlanOperation *operation)
{
  AccountSync *account = mailbox->account;

  if (account->undelivered == 0 || !g_hash_table_contains (account->remote_moves, &operation->row))
    return FALSE;
  g_hash_table_add (mailbox->closed, plan_operation_key (operation));
  return TRUE;
}

/* The server is asked for the very UIDs before any file goes (contract C1.2). (transfer full): those
 * confirmed gone. */
static GPtrArray *
confirm_gone (MailboxSync *mailbox, GError **error)
{
  g_autoptr (GPtrArray) gone = g_ptr_array_new ();
  g_autoptr (ImapUidSet) uids = imap_uid_set_new ();
  g_autoptr (ImapUidSet) found = imap_uid_set_new ();
  gboolean refused;

  for (guint i = 0; i < mailbox->plan->len; i++)
    {
      PlanOperation *operation = &g_array_index (mailbox->plan, PlanOperation, i);

      if (operation->kind != PLAN_REMOVE_LOCAL || waits_for_new_place (mailbox, operation))
        continue;
      imap_uid_set_add (uids, operation->uid);
      g_ptr_array_add (gone, operation);
    }
  if (mailbox->gone_there)
    return g_steal_pointer (&gone);
  if (!mailbox_sync_search_uids (mailbox, uids, found, &refused, error))
    return NULL;
  for (guint i = gone->len; i-- > 0;)
    if (refused || imap_uid_set_contains (found, ((PlanOperation *)g_ptr_array_index (gone, i))->uid))
      g_ptr_array_remove_index_fast (gone, i);
  if (refused)
    report_left (&mailbox->account->report, mailbox->row->name, "not-confirmed",
                 "the server did not confirm that the deleted messages are gone; they were kept here");
  return g_steal_pointer (&gone);
}

gboolean
account_sync_remove_local (AccountSync *account, GError **error)
{
  for (guint i = 0; i < account->mailboxes->len; i++)
    {
      MailboxSync *mailbox = g_ptr_array_index (account->mailboxes, i);
      g_autoptr (GPtrArray) gone = NULL;
      gboolean selected = TRUE;

      if (!mailbox_sync_plans (mailbox, PLAN_REMOVE_LOCAL))
        continue;
      if (!mailbox->gone_there && !mailbox_sync_select (mailbox, &selected, error))
        return FALSE;
      if (!selected)
        continue;
      gone = confirm_gone (mailbox, error);
      if (gone == NULL || !mailbox_sync_remove_files (mailbox, gone, JOURNAL_SIDE_LOCAL, error))
        return FALSE;
    }
  return TRUE;
}

typedef struct
{
  GPtrArray *files; /* of char*: to go */
  GArray *ids;      /* of gint64 */
  gint64 before;
  guint64 octets;
} AtticSweep;

/* Newest first: what comes after the limit is the oldest. */
static gboolean
choose_old (const JournalAtticEntry *entry, gpointer user_data)
{
  AtticSweep *sweep = user_data;

  sweep->octets += entry->size;
  if (entry->removed < sweep->before || sweep->octets > ATTIC_OCTETS)
    {
      g_ptr_array_add (sweep->files, g_strdup (entry->file));
      g_array_append_val (sweep->ids, entry->id);
    }
  return TRUE;
}

static gboolean
drop_old (AccountSync *account, MaildirAttic *attic, const AtticSweep *sweep, GError **error)
{
  if (sweep->ids->len == 0)
    return TRUE;
  for (guint i = 0; i < sweep->files->len; i++)
    if (!maildir_attic_remove (attic, g_ptr_array_index (sweep->files, i), error))
      return FALSE;
  if (!journal_begin (account->journal, error))
    return FALSE;
  for (guint i = 0; i < sweep->ids->len; i++)
    if (!journal_remove_attic (account->journal, g_array_index (sweep->ids, gint64, i), error))
      {
        journal_rollback (account->journal);
        return FALSE;
      }
  return journal_commit (account->journal, error);
}

/* keep-deleted=0: an attic that earlier runs left is emptied. */
static MaildirAttic *
open_abandoned (AccountSync *account)
{
  g_autofree char *path = g_build_filename (account->settings->state_dir, "attic", NULL);

  return g_file_test (path, G_FILE_TEST_IS_DIR) ? maildir_attic_open (path, NULL) : NULL;
}

gboolean
account_sync_clean_attic (AccountSync *account, GError **error)
{
  gint64 now = g_get_real_time () / G_USEC_PER_SEC;
  gint64 before = now - (gint64)account->settings->keep_deleted * 24 * 60 * 60;
  g_autoptr (GPtrArray) files = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GArray) ids = g_array_new (FALSE, FALSE, sizeof (gint64));
  AtticSweep sweep = { files, ids, account->attic != NULL ? before : G_MAXINT64, 0 };
  g_autoptr (MaildirAttic) abandoned = account->attic == NULL ? open_abandoned (account) : NULL;
  MaildirAttic *attic = account->attic != NULL ? account->attic : abandoned;

  if (attic == NULL)
    return TRUE;
  if (!journal_foreach_attic (account->journal, choose_old, &sweep, error) ||
      !drop_old (account, attic, &sweep, error))
    return FALSE;
  maildir_attic_clean (attic, sweep.before);
  return TRUE;
}
