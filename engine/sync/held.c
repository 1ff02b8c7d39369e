#include "held.h"

#include "second-files.h"
#include "hold.h"
#include "job-journal.h"
#include "mailboxes.h"
#include "moves.h"
#include "uploads-in-doubt.h"

#include <string.h>

#define DAY (24 * 60 * 60)

/* One side of the account while it is decided. */
typedef struct
{
  AccountSync *account;
  JournalSide side;
  GHashTable *holds; /* row -> GINT_TO_POINTER (1 held, 2 released) */
  gint64 now;
} HoldRun;

enum
{
  HOLD_WAITING = 1,
  HOLD_RELEASED = 2,
};

static gboolean
collect_hold (const JournalHold *hold, gpointer user_data)
{
  g_hash_table_insert (user_data, g_memdup2 (&hold->message, sizeof hold->message),
                       GINT_TO_POINTER (hold->released ? HOLD_RELEASED : HOLD_WAITING));
  return TRUE;
}

/* Overwriting a message destroys it as much as deleting it; a draft is there to be overwritten. */
static gboolean
overwrites (const PlanOperation *operation)
{
  return operation->kind == PLAN_REPLACE && (operation->flags.system & MESSAGE_FLAG_DRAFT) == 0;
}

static gboolean
deletes_on (const PlanOperation *operation, JournalSide side)
{
  if (side == JOURNAL_SIDE_LOCAL)
    return operation->kind == PLAN_REMOVE_LOCAL;
  return operation->kind == PLAN_DELETE_REMOTE || operation->kind == PLAN_EXPUNGE_MARKED ||
         overwrites (operation);
}

/* Moves and the old copy of a replaced content are no deletions. What was released is one: what comes beside
 * it counts as it would after it. */
static gboolean
counts (HoldRun *run, MailboxSync *mailbox, const PlanOperation *operation)
{
  const PlanBase *base =
      &g_array_index (mailbox->base, PlanBase, mailbox_sync_row_index (mailbox, operation->row));

  return deletes_on (operation, run->side) &&
         !g_hash_table_contains (run->account->remote_moves, &operation->row) &&
         !g_hash_table_contains (run->account->moved, &operation->row) &&
         !g_str_has_prefix (base->base, REPLACED_PREFIX);
}

static gboolean
is_exempt (const MailboxSync *mailbox)
{
  return !g_str_equal (mailbox->row->name, "INBOX") &&
         (mailbox_sync_is (mailbox, "\\Trash") || mailbox_sync_is (mailbox, "\\Junk"));
}

static gboolean
count_mailbox (HoldRun *run, MailboxSync *mailbox, HoldMailbox *hold, GError **error)
{
  Journal *journal = run->account->journal;

  hold->exempt = !mailbox->gone_here && is_exempt (mailbox);
  hold->whole = mailbox->gone_here || mailbox->gone_there;
  for (guint i = 0; mailbox->plan != NULL && i < mailbox->plan->len; i++)
    {
      const PlanOperation *operation = &g_array_index (mailbox->plan, PlanOperation, i);

      hold->deletions += deletes_on (operation, run->side) && counts (run, mailbox, operation);
    }
  return journal_count_messages (journal, mailbox->row->id, &hold->messages, error) &&
         journal_count_deletions (journal, mailbox->row->id, run->side, run->now - DAY, &hold->recent, error);
}

/* What this run does not look at counts for the account all the same: mailbox by mailbox is no way round a
 * hold. */
static gboolean
count_rest (HoldRun *run, const HoldMailbox *loaded, HoldMailbox *rest, GError **error)
{
  Journal *journal = run->account->journal;
  g_autoptr (GPtrArray) rows = journal_list_mailboxes (journal, error);
  guint counted = 0;

  if (rows == NULL || !journal_count_deletions (journal, 0, run->side, run->now - DAY, &rest->recent, error))
    return FALSE;
  for (guint i = 0; i < rows->len; i++)
    {
      const JournalMailbox *row = g_ptr_array_index (rows, i);

      if (account_sync_find_id (run->account, row->id) != NULL)
        continue;
      if (!journal_count_messages (journal, row->id, &counted, error))
        return FALSE;
      rest->messages += counted;
    }
  for (guint i = 0; i < run->account->mailboxes->len; i++)
    rest->recent -= MIN (rest->recent, loaded[i].recent);
  return TRUE;
}

static gboolean
is_held (HoldRun *run, MailboxSync *mailbox, const PlanOperation *operation, const HoldMailbox *hold)
{
  int state = GPOINTER_TO_INT (g_hash_table_lookup (run->holds, &operation->row));

  if (state == HOLD_RELEASED || !deletes_on (operation, run->side) || !counts (run, mailbox, operation))
    return FALSE;
  return hold->held || state == HOLD_WAITING;
}

static void
name_hold (HoldRun *run, MailboxSync *mailbox, guint held)
{
  g_autofree char *selector = words_selector (run->account->settings->name, mailbox->row->name);
  g_autofree char *messages = words_count (held, "message");

  if (run->side == JOURNAL_SIDE_REMOTE)
    report_left (
        &run->account->report, mailbox->row->name, "held",
        "held: %s deleted or overwritten here, a large part of what there is; the server still has the mail. "
        "`dovetail release %s` lets that through, with --restore it brings the mail back here",
        messages, selector);
  else
    report_left (&run->account->report, mailbox->row->name, "held",
                 "held: %s gone on the server, a large part of what there is; the mail was kept here. "
                 "`dovetail release %s` removes it here, with --restore it brings the mail back there",
                 messages, selector);
}

/* Takes what is held out of the plan. */
static gboolean
hold_mailbox (HoldRun *run, MailboxSync *mailbox, const HoldMailbox *hold, GError **error)
{
  guint kept = 0, held = 0;

  if (mailbox->plan == NULL)
    return TRUE;
  for (guint i = 0; i < mailbox->plan->len; i++)
    {
      const PlanOperation operation = g_array_index (mailbox->plan, PlanOperation, i);

      if (!is_held (run, mailbox, &operation, hold))
        {
          g_array_index (mailbox->plan, PlanOperation, kept++) = operation;
          continue;
        }
      held++;
      if (!journal_put_hold (run->account->journal, operation.row, run->side, run->now, error))
        return FALSE;
    }
  g_array_set_size (mailbox->plan, kept);
  if (held > 0)
    name_hold (run, mailbox, held);
  return TRUE;
}

/* A directory that is gone may be a disk that is not mounted, a link that was lost: whatever its size, its
 * mail goes on the server only when somebody says so. */
static void
hold_removed_directories (HoldRun *run, HoldMailbox *mailboxes)
{
  for (guint i = 0; i < run->account->mailboxes->len; i++)
    {
      const MailboxSync *mailbox = g_ptr_array_index (run->account->mailboxes, i);

      mailboxes[i].held |= run->account->settings->hold_deletions && mailbox->gone_here;
    }
}

static gboolean
hold_side (HoldRun *run, GError **error)
{
  AccountSync *account = run->account;
  const HoldLimit limit = { account->settings->hold_deletions, account->settings->max_delete_count,
                            account->settings->max_delete_percent };
  g_autofree HoldMailbox *mailboxes = g_new0 (HoldMailbox, account->mailboxes->len + 1);

  for (guint i = 0; i < account->mailboxes->len; i++)
    if (!count_mailbox (run, g_ptr_array_index (account->mailboxes, i), &mailboxes[i], error))
      return FALSE;
  if (!count_rest (run, mailboxes, &mailboxes[account->mailboxes->len], error))
    return FALSE;
  hold_decide (&limit, mailboxes, account->mailboxes->len + 1);
  hold_removed_directories (run, mailboxes);
  for (guint i = 0; i < account->mailboxes->len; i++)
    if (!hold_mailbox (run, g_ptr_array_index (account->mailboxes, i), &mailboxes[i], error))
      return FALSE;
  return TRUE;
}

/* Rows that are planned to be deleted, on either side. */
static GHashTable *
planned_rows (AccountSync *account)
{
  GHashTable *rows = g_hash_table_new (g_int64_hash, g_int64_equal);

  for (guint i = 0; i < account->mailboxes->len; i++)
    {
      MailboxSync *mailbox = g_ptr_array_index (account->mailboxes, i);

      for (guint j = 0; mailbox->plan != NULL && j < mailbox->plan->len; j++)
        {
          PlanOperation *operation = &g_array_index (mailbox->plan, PlanOperation, j);

          if (deletes_on (operation, JOURNAL_SIDE_LOCAL) || deletes_on (operation, JOURNAL_SIDE_REMOTE))
            g_hash_table_add (rows, &operation->row);
        }
    }
  return rows;
}

/* A held message that is on both sides again is held no longer; only a complete look at both can tell. */
static gboolean
end_holds (AccountSync *account, MailboxSync *mailbox, GHashTable *planned, GError **error)
{
  g_autoptr (GHashTable) holds = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);
  GHashTableIter iter;
  gpointer row;

  if (mailbox->plan == NULL || !mailbox->remote_complete || !mailbox->local_complete)
    return TRUE;
  if (!journal_foreach_hold (account->journal, mailbox->row->id, collect_hold, holds, error))
    return FALSE;
  g_hash_table_iter_init (&iter, holds);
  while (g_hash_table_iter_next (&iter, &row, NULL))
    if (!g_hash_table_contains (planned, row) &&
        !journal_remove_hold (account->journal, *(gint64 *)row, error))
      return FALSE;
  return TRUE;
}

gboolean
account_sync_apply_holds (AccountSync *account, GError **error)
{
  g_autoptr (GHashTable) holds = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);
  g_autoptr (GHashTable) planned = planned_rows (account);
  HoldRun run = { account, JOURNAL_SIDE_REMOTE, holds, g_get_real_time () / G_USEC_PER_SEC };

  for (guint i = 0; i < account->mailboxes->len; i++)
    if (!end_holds (account, g_ptr_array_index (account->mailboxes, i), planned, error))
      return FALSE;
  account_sync_find_moves (account);
  if (!account_sync_find_shown_elsewhere (account, error))
    return FALSE;
  if (g_hash_table_size (planned) == 0)
    return TRUE;
  if (!journal_foreach_hold (account->journal, 0, collect_hold, holds, error) || !hold_side (&run, error))
    return FALSE;
  run.side = JOURNAL_SIDE_LOCAL;
  return hold_side (&run, error);
}
