#include "base.h"

static gboolean
apply_operation (Journal *journal, const PlanOperation *operation, GError **error)
{
  switch (operation->kind)
    {
    case PLAN_FORGET:
      return journal_remove_message (journal, operation->row, error);
    case PLAN_RELINK:
      return journal_set_message_base (journal, operation->row, operation->base, error);
    case PLAN_BASE_FLAGS:
      return journal_set_message_flags (journal, operation->row, operation->flags.system,
                                        operation->flags.keywords, operation->not_kept.system,
                                        operation->not_kept.keywords, error);
    case PLAN_DOWNLOAD:
    case PLAN_UPLOAD:
    case PLAN_REPLACE:
    case PLAN_PAIR:
    case PLAN_REMOTE_FLAGS:
    case PLAN_LOCAL_FLAGS:
    case PLAN_DELETE_REMOTE:
    case PLAN_REMOVE_LOCAL:
    case PLAN_EXPUNGE_MARKED:
      return TRUE;
    }
  return TRUE;
}

static gboolean
apply_all (AccountSync *account, GError **error)
{
  for (guint i = 0; i < account->mailboxes->len; i++)
    {
      MailboxSync *mailbox = g_ptr_array_index (account->mailboxes, i);

      for (guint j = 0; mailbox->plan != NULL && j < mailbox->plan->len; j++)
        if (!apply_operation (account->journal, &g_array_index (mailbox->plan, PlanOperation, j), error))
          return FALSE;
    }
  return TRUE;
}

gboolean
account_sync_apply_base (AccountSync *account, GError **error)
{
  return journal_begin (account->journal, error) &&
         journal_end (account->journal, apply_all (account, error), error);
}
