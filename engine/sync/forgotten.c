#include "forgotten.h"

#include "moves.h"
#include "newcomers.h"

static gboolean
is_upload_in (const MailboxSync *mailbox, const PlanOperation *operation, gpointer only)
{
  return mailbox == only && operation->kind == PLAN_UPLOAD && !operation->undecided;
}

static void
relink_in (MailboxSync *mailbox, GHashTable *replaced)
{
  g_autoptr (Newcomers) uploads = newcomers_new (mailbox->account, is_upload_in, mailbox);

  for (guint i = 0; i < mailbox->plan->len; i++)
    {
      PlanOperation *operation = &g_array_index (mailbox->plan, PlanOperation, i);
      const Newcomer *newcomer;
      guint index;

      if (operation->kind != PLAN_FORGET)
        continue;
      index = mailbox_sync_row_index (mailbox, operation->row);
      newcomer = newcomers_take (uploads, NULL, &g_array_index (mailbox->base, PlanBase, index), FALSE, NULL);
      if (newcomer == NULL)
        continue;
      operation->kind = PLAN_RELINK;
      operation->base = newcomer->file->base;
      g_hash_table_add (replaced, newcomer->operation);
    }
}

void
account_sync_relink_forgotten (AccountSync *account)
{
  g_autoptr (GHashTable) replaced = g_hash_table_new (NULL, NULL);

  for (guint i = 0; i < account->mailboxes->len; i++)
    {
      MailboxSync *mailbox = g_ptr_array_index (account->mailboxes, i);

      if (mailbox_sync_plans (mailbox, PLAN_FORGET) && mailbox_sync_plans (mailbox, PLAN_UPLOAD))
        relink_in (mailbox, replaced);
    }
  account_sync_drop_operations (account, replaced);
}
