#include "local-flags.h"

#include "letters.h"
#include "tell.h"

/* Letters to be set, among those that are touched. */
typedef struct
{
  guint32 set, touched;
} Letters;

/* $Forwarded, which has a letter of its own, may have one of the keywords' too, as Dovecot gives it. */
static Letters
letters_of (MailboxSync *mailbox, const PlanOperation *operation, MessageFlags touched)
{
  const guint32 all = mailbox_sync_letters (mailbox, touched.keywords);
  const gboolean forwarded = (touched.system & MESSAGE_FLAG_FORWARDED) != 0;

  return (Letters){ mailbox_sync_letters (mailbox, operation->add.keywords),
                    forwarded ? all | mailbox_sync_letters (mailbox, "$Forwarded") : all };
}

/* It gets the letters of its keywords, and no others. */
static gboolean
is_relettered (MailboxSync *mailbox, const PlanOperation *operation)
{
  return g_array_index (mailbox->base_facts, BaseFacts, mailbox_sync_row_index (mailbox, operation->row))
      .relettered;
}

static gboolean
choose_letters (MailboxSync *mailbox, const PlanOperation *operation, MessageFlags touched, Letters *letters,
                GError **error)
{
  MessageKeywordPool *pool = mailbox->account->pool;
  const gboolean all = is_relettered (mailbox, operation);
  const char *wanted = all ? message_flags_union (pool, operation->flags, operation->not_kept).keywords
                           : operation->add.keywords;

  if (!mailbox_sync_assign_letters (mailbox, wanted, error))
    return FALSE;
  *letters = all ? (Letters){ mailbox_sync_letters (mailbox, wanted), ALL_LETTERS }
                 : letters_of (mailbox, operation, touched);
  return TRUE;
}

/* TRUE also when the file went away or was renamed by others meanwhile: the next look tells. */
static gboolean
set_local_flags (MailboxSync *mailbox, const PlanOperation *operation, gboolean *changed, GError **error)
{
  g_autoptr (GError) local_error = NULL;
  MaildirPlace place = mailbox_sync_place (mailbox, operation->base);
  MessageFlags touched = message_flags_union (mailbox->account->pool, operation->add, operation->remove);
  Letters letters;

  if (!choose_letters (mailbox, operation, touched, &letters, error))
    return FALSE;
  *changed = maildir_message_set_flags (mailbox->box, &place, operation->add.system, touched.system,
                                        letters.set, letters.touched, NULL, &local_error);
  if (*changed)
    return TRUE;
  g_hash_table_add (mailbox->closed, plan_operation_key (operation));
  if (!g_error_matches (local_error, MAILDIR_ERROR, MAILDIR_ERROR_GONE))
    report_left (&mailbox->account->report, mailbox->row->name, "not-renamed",
                 "%s; its flags were not changed here", local_error->message);
  return TRUE;
}

/* Rows that also go to the server are recorded when it has answered. */
static GHashTable *
rows_for_server (MailboxSync *mailbox)
{
  GHashTable *rows = g_hash_table_new (g_int64_hash, g_int64_equal);

  for (guint i = 0; i < mailbox->plan->len; i++)
    {
      PlanOperation *operation = &g_array_index (mailbox->plan, PlanOperation, i);

      if (operation->kind == PLAN_REMOTE_FLAGS || operation->kind == PLAN_REPLACE)
        g_hash_table_add (rows, &operation->row);
    }
  return rows;
}

/* What the server should have got may have left the plan: refused before, or a mailbox that takes no changes.
 * Then the base stays, and the change pending. */
static gboolean
is_so_there (MailboxSync *mailbox, const PlanOperation *operation)
{
  guint32 uid = g_array_index (mailbox->base, PlanBase, mailbox_sync_row_index (mailbox, operation->row)).uid;
  const PlanRemote *remote = mailbox_sync_lookup_remote (mailbox, uid);

  return remote == NULL || message_flags_equal (remote->flags, operation->flags);
}

static gboolean
record_local (MailboxSync *mailbox, GPtrArray *done, GError **error)
{
  Journal *journal = mailbox->account->journal;
  g_autoptr (GHashTable) for_server = rows_for_server (mailbox);

  if (!journal_begin (journal, error))
    return FALSE;
  for (guint i = 0; i < done->len; i++)
    {
      const PlanOperation *operation = g_ptr_array_index (done, i);

      if (!g_hash_table_contains (for_server, &operation->row) && is_so_there (mailbox, operation) &&
          !journal_set_message_flags (journal, operation->row, operation->flags.system,
                                      operation->flags.keywords, operation->not_kept.system,
                                      operation->not_kept.keywords, error))
        {
          journal_rollback (journal);
          return FALSE;
        }
    }
  return journal_commit (journal, error);
}

static gboolean
apply_mailbox (MailboxSync *mailbox, GError **error)
{
  g_autoptr (GPtrArray) done = g_ptr_array_new ();

  if (mailbox_sync_plans (mailbox, PLAN_LOCAL_FLAGS))
    mailbox_sync_drop_foreign_letters (mailbox);
  for (guint i = 0; mailbox->plan != NULL && i < mailbox->plan->len; i++)
    {
      PlanOperation *operation = &g_array_index (mailbox->plan, PlanOperation, i);
      gboolean changed = FALSE;

      if (operation->kind != PLAN_LOCAL_FLAGS)
        continue;
      if (!set_local_flags (mailbox, operation, &changed, error))
        return FALSE;
      if (changed)
        g_ptr_array_add (done, operation);
    }
  if (done->len == 0)
    return TRUE;
  mailbox->account->tally.flags += done->len;
  report_progress (&mailbox->account->report, mailbox->row->name, done->len, 0);
  if (!maildir_box_sync (mailbox->box, error) || !record_local (mailbox, done, error))
    return FALSE;
  for (guint i = 0; i < done->len; i++)
    mailbox_sync_tell (mailbox, g_ptr_array_index (done, i), 0, NULL);
  return TRUE;
}

gboolean
account_sync_apply_local_flags (AccountSync *account, GError **error)
{
  for (guint i = 0; i < account->mailboxes->len; i++)
    if (!apply_mailbox (g_ptr_array_index (account->mailboxes, i), error))
      return FALSE;
  return TRUE;
}
