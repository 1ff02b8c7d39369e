#include "copies.h"

#include "passage.h"
#include "subject.h"
#include "tell.h"

#define GROUP_MESSAGES 1000 /* between two commits */

/* Some copies from one mailbox to one other, or to the same. */
typedef struct
{
  MailboxSync *from, *to;
  GPtrArray *operations; /* of PlanOperation, of `to` */
  GHashTable *verified;  /* UIDs in `from` under which the server holds what the journal says */
  GHashTable *expected;  /* uid in `from` -> Copy, any of it */
} CopyGroup;

static void
compare_with_journal (const ImapFetch *fetch, gpointer user_data)
{
  const CopyGroup *group = user_data;
  const guint needed = IMAP_FETCH_SIZE | IMAP_FETCH_INTERNALDATE;
  const Copy *copy = g_hash_table_lookup (group->expected, GUINT_TO_POINTER (fetch->uid));

  if (copy != NULL && (fetch->present & needed) == needed &&
      (copy->facts.remote_size == 0 || copy->facts.remote_size == fetch->size) &&
      copy->facts.internal_date == fetch->internal_date)
    g_hash_table_add (group->verified, GUINT_TO_POINTER (fetch->uid));
}

static gboolean
verify (CopyGroup *group, GError **error)
{
  g_autoptr (ImapBatch) batch = imap_batch_new (group->from->account->session);
  g_autoptr (ImapUidSet) set = imap_uid_set_new ();

  for (guint i = 0; i < group->operations->len; i++)
    {
      const Copy *copy = mailbox_sync_find_copy (group->to, g_ptr_array_index (group->operations, i));

      imap_uid_set_add (set, copy->row.uid);
      g_hash_table_insert (group->expected, GUINT_TO_POINTER (copy->row.uid), (gpointer)copy);
    }
  imap_batch_set_fetch_handler (batch, compare_with_journal, group);
  imap_batch_uid_fetch (batch, set, "(UID RFC822.SIZE INTERNALDATE)", NULL, NULL);
  return imap_batch_wait (batch, error);
}

/* A mailbox that stood still was not opened in this run. */
static gboolean
select_source (MailboxSync *from, gboolean *selected, GError **error)
{
  if (from->uidvalidity == 0)
    from->uidvalidity = from->row->uidvalidity;
  return mailbox_sync_select (from, selected, error);
}

static void
fill_passages (const CopyGroup *group, PassageGroup *passages)
{
  for (guint i = 0; i < group->operations->len; i++)
    {
      const PlanOperation *operation = g_ptr_array_index (group->operations, i);
      const Copy *copy = mailbox_sync_find_copy (group->to, operation);

      if (g_hash_table_contains (group->verified, GUINT_TO_POINTER (copy->row.uid)))
        passage_group_add (passages, operation, &copy->origin);
    }
}

static gboolean
record_copied (const Passage *passage, GError **error)
{
  const Origin *origin = passage->origin;
  Journal *journal = origin->to->account->journal;
  g_autofree char *key = g_strdup_printf ("upload %s", origin->file->base);
  JournalMessage row = passage_make_row (passage);

  if (!journal_queue_remove (journal, origin->to->row->id, key, error) ||
      !journal_add_message (journal, &row, error))
    return FALSE;
  origin_note_letters (origin, row.id);
  return TRUE;
}

static gboolean
record_all (const PassageGroup *passages, GError **error)
{
  const Passage *passage;
  PassageIter iter;

  passage_group_begin (passages, &iter);
  while ((passage = passage_group_next (&iter)) != NULL)
    if (!record_copied (passage, error))
      return FALSE;
  return TRUE;
}

static void
tell_copied (const PassageGroup *passages)
{
  MailboxSync *to = passages->to;
  const Passage *passage;
  PassageIter iter;

  passage_group_begin (passages, &iter);
  while ((passage = passage_group_next (&iter)) != NULL)
    {
      const MessageIdentity *identity = passage->origin->file->identity;
      g_autofree char *subject = mailbox_sync_is_heard (to) ? subject_decode (identity->subject) : NULL;

      to->account->tally.copied++;
      g_hash_table_add (to->account->uploaded, g_memdup2 (&identity->full, sizeof (MessageDigest)));
      mailbox_sync_tell (to, passage->operation, passage->uid, subject);
    }
}

static gboolean
record (const PassageGroup *passages, GError **error)
{
  AccountSync *account = passages->to->account;

  if (!journal_begin (account->journal, error) ||
      !journal_end (account->journal, record_all (passages, error), error))
    return FALSE;
  tell_copied (passages);
  report_progress (&account->report, passages->to->row->name, passages->passages->len, 0);
  return TRUE;
}

/* One try a run: what has not arrived then is uploaded. */
static void
close_tried (const CopyGroup *group)
{
  for (guint i = 0; i < group->operations->len; i++)
    g_hash_table_add (group->to->closed, plan_operation_key (g_ptr_array_index (group->operations, i)));
}

static gboolean
run_group (CopyGroup *group, GError **error)
{
  g_auto (PassageGroup) passages = { 0 };
  gboolean selected;

  passage_group_init (&passages, group->from, group->to);
  close_tried (group);
  if (!select_source (group->from, &selected, error))
    return FALSE;
  if (!selected)
    return TRUE;
  if (!verify (group, error))
    return FALSE;
  fill_passages (group, &passages);
  return passage_group_send (&passages, FALSE, error) && record (&passages, error);
}

/* The next ones that come from the same mailbox. (nullable): that mailbox. */
static MailboxSync *
next_group (MailboxSync *to, GHashTable *done, GPtrArray *operations)
{
  MailboxSync *from = NULL;

  for (guint i = 0; i < to->plan->len && operations->len < GROUP_MESSAGES; i++)
    {
      PlanOperation *operation = &g_array_index (to->plan, PlanOperation, i);
      const Copy *copy;

      if (operation->kind != PLAN_COPY || g_hash_table_contains (done, operation))
        continue;
      copy = mailbox_sync_find_copy (to, operation);
      from = from != NULL ? from : copy->origin.from;
      if (copy->origin.from != from)
        continue;
      g_hash_table_add (done, operation);
      g_ptr_array_add (operations, operation);
    }
  return from;
}

static gboolean
copy_to (MailboxSync *to, GError **error)
{
  g_autoptr (GHashTable) done = g_hash_table_new (NULL, NULL);

  for (;;)
    {
      g_autoptr (GPtrArray) operations = g_ptr_array_new ();
      g_autoptr (GHashTable) verified = g_hash_table_new (NULL, NULL);
      g_autoptr (GHashTable) expected = g_hash_table_new (NULL, NULL);
      CopyGroup group = { next_group (to, done, operations), to, operations, verified, expected };

      if (group.from == NULL)
        return TRUE;
      if (!run_group (&group, error))
        return FALSE;
    }
}

gboolean
account_sync_copy_there (AccountSync *account, GError **error)
{
  for (guint i = 0; i < account->mailboxes->len; i++)
    {
      MailboxSync *mailbox = g_ptr_array_index (account->mailboxes, i);

      if (mailbox_sync_plans (mailbox, PLAN_COPY) && !copy_to (mailbox, error))
        return FALSE;
    }
  return TRUE;
}
