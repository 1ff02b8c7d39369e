#include "move-there.h"

#include "moves.h"
#include "passage.h"
#include "tell.h"
#include "verify-there.h"

#define GROUP_MESSAGES 1000 /* between two commits */

static void
collect_passages (PassageGroup *group, GHashTable *pending)
{
  GHashTableIter iter;
  gpointer operation;

  g_hash_table_iter_init (&iter, pending);
  while (g_hash_table_iter_next (&iter, NULL, &operation))
    passage_group_add (group, operation, mailbox_sync_find_move (group->from, operation));
}

static gboolean
record_moved (const Passage *passage, GError **error)
{
  const Origin *move = passage->origin;
  Journal *journal = move->to->account->journal;
  g_autofree char *key = plan_operation_key (passage->operation);
  JournalMessage row = passage_make_row (passage);

  if (!journal_queue_remove (journal, move->from->row->id, key, error))
    return FALSE;
  if (move->leaves ? !journal_update_message (journal, &row, error)
                   : !journal_add_message (journal, &row, error))
    return FALSE;
  origin_note_letters (move, row.id);
  return move->leaves || mailbox_sync_begin_leaving (move->from, passage->operation, error);
}

static gboolean
record_all (const PassageGroup *group, GError **error)
{
  const Passage *passage;
  PassageIter iter;

  passage_group_begin (group, &iter);
  while ((passage = passage_group_next (&iter)) != NULL)
    if (!record_moved (passage, error))
      return FALSE;
  return TRUE;
}

static void
tell_moved (const PassageGroup *group)
{
  const Passage *passage;
  PassageIter iter;

  passage_group_begin (group, &iter);
  while ((passage = passage_group_next (&iter)) != NULL)
    {
      group->from->account->tally.moved++;
      mailbox_sync_tell_moved (group->from, passage->origin, passage->uid);
    }
}

static gboolean
record (const PassageGroup *group, GError **error)
{
  AccountSync *account = group->from->account;

  if (!journal_begin (account->journal, error) ||
      !journal_end (account->journal, record_all (group, error), error))
    return FALSE;
  tell_moved (group);
  report_progress (&account->report, group->from->row->name, g_hash_table_size (group->targets), 0);
  return TRUE;
}

/* One try a run: what is still in its old place then is uploaded. */
static void
close_tried (const PassageGroup *group)
{
  for (guint i = 0; i < group->passages->len; i++)
    {
      const Passage *passage = g_ptr_array_index (group->passages, i);

      g_hash_table_add (group->from->closed, plan_operation_key (passage->operation));
    }
}

static gboolean
run_group (PassageGroup *group, GHashTable *pending, GError **error)
{
  const gboolean can_move = imap_session_has (group->from->account->session, IMAP_CAPABILITY_MOVE);
  gboolean selected;

  if (!mailbox_sync_select (group->from, &selected, error))
    return FALSE;
  if (!selected || !mailbox_sync_verify_there (group->from, pending, error))
    return selected == FALSE;
  collect_passages (group, pending);
  close_tried (group);
  return passage_group_send (group, can_move, error) && record (group, error);
}

/* The next ones of a mailbox that go to the same other one, behind *index. (nullable): that other one. */
static MailboxSync *
next_group (MailboxSync *from, GHashTable *done, GHashTable *pending)
{
  MailboxSync *to = NULL;

  for (guint i = 0; i < from->plan->len && g_hash_table_size (pending) < GROUP_MESSAGES; i++)
    {
      PlanOperation *operation = &g_array_index (from->plan, PlanOperation, i);
      const Origin *move;

      if (operation->kind != PLAN_MOVE || g_hash_table_contains (done, operation))
        continue;
      move = mailbox_sync_find_move (from, operation);
      to = to != NULL ? to : move->to;
      if (move->to != to)
        continue;
      g_hash_table_add (done, operation);
      g_hash_table_insert (pending, GUINT_TO_POINTER (operation->uid), operation);
    }
  return to;
}

static gboolean
move_from (MailboxSync *from, GError **error)
{
  g_autoptr (GHashTable) done = g_hash_table_new (NULL, NULL);

  for (;;)
    {
      g_autoptr (GHashTable) pending = g_hash_table_new (NULL, NULL);
      g_auto (PassageGroup) group = { 0 };
      MailboxSync *to = next_group (from, done, pending);

      if (to == NULL)
        return TRUE;
      passage_group_init (&group, from, to);
      if (!run_group (&group, pending, error))
        return FALSE;
    }
}

gboolean
account_sync_move_there (AccountSync *account, GError **error)
{
  for (guint i = 0; i < account->mailboxes->len; i++)
    {
      MailboxSync *mailbox = g_ptr_array_index (account->mailboxes, i);

      if (mailbox_sync_plans (mailbox, PLAN_MOVE) && !move_from (mailbox, error))
        return FALSE;
    }
  return TRUE;
}
