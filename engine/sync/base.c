#include "base.h"

#include "origins.h"

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
    case PLAN_MOVE:
    case PLAN_FOLLOW:
    case PLAN_COPY:
    case PLAN_CLONE:
    case PLAN_REMOVE_SECOND:
      return TRUE;
    }
  return TRUE;
}

/* Base names of files that are new somewhere: name -> mailbox. */
static GHashTable *
collect_new_names (AccountSync *account)
{
  GHashTable *names = g_hash_table_new (g_str_hash, g_str_equal);

  for (guint i = 0; i < account->mailboxes->len; i++)
    {
      MailboxSync *mailbox = g_ptr_array_index (account->mailboxes, i);

      for (guint j = 0; mailbox->plan != NULL && j < mailbox->plan->len; j++)
        {
          const PlanOperation *operation = &g_array_index (mailbox->plan, PlanOperation, j);

          if (operation->kind == PLAN_UPLOAD || operation->kind == PLAN_PAIR)
            g_hash_table_insert (names, (gpointer)operation->base, mailbox);
        }
    }
  return names;
}

/* Rows that are forgotten last. */
typedef struct
{
  GHashTable *names;   /* base names of files that are new somewhere -> mailbox */
  GHashTable *leaving; /* row -> Origin */
} LastRows;

/* A row whose file is new in another mailbox tells what the file's letters mean (contract C3.3), and what
 * both sides held, also after a crash: it goes when the file is known there. */
static gboolean
is_last (const LastRows *rows, MailboxSync *mailbox, const PlanOperation *operation)
{
  MailboxSync *now =
      operation->kind == PLAN_FORGET ? g_hash_table_lookup (rows->names, operation->base) : NULL;

  return (now != NULL && now != mailbox) ||
         (operation->kind == PLAN_FORGET && g_hash_table_contains (rows->leaving, &operation->row));
}

/* It is the row of the file where that is now. */
static gboolean
has_gone (const LastRows *rows, const PlanOperation *operation)
{
  const Origin *origin = g_hash_table_lookup (rows->leaving, &operation->row);

  return origin != NULL && origin->has_gone;
}

static gboolean
apply_all (AccountSync *account, gboolean last, GError **error)
{
  g_autoptr (GHashTable) names = collect_new_names (account);
  g_autoptr (GHashTable) leaving = account_sync_leaving_rows (account);
  const LastRows rows = { names, leaving };

  for (guint i = 0; i < account->mailboxes->len; i++)
    {
      MailboxSync *mailbox = g_ptr_array_index (account->mailboxes, i);

      for (guint j = 0; mailbox->plan != NULL && j < mailbox->plan->len; j++)
        {
          const PlanOperation *operation = &g_array_index (mailbox->plan, PlanOperation, j);

          if (is_last (&rows, mailbox, operation) == last && !has_gone (&rows, operation) &&
              !apply_operation (account->journal, operation, error))
            return FALSE;
        }
    }
  return TRUE;
}

gboolean
account_sync_apply_base (AccountSync *account, GError **error)
{
  return journal_begin (account->journal, error) &&
         journal_end (account->journal, apply_all (account, FALSE, error), error);
}

gboolean
account_sync_forget_moved (AccountSync *account, GError **error)
{
  return journal_begin (account->journal, error) &&
         journal_end (account->journal, apply_all (account, TRUE, error), error);
}
