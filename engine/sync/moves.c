#include "moves.h"

#include <string.h>

static gint64 *
copy_row (gint64 row)
{
  return g_memdup2 (&row, sizeof row);
}

/* New messages here, by full digest: MessageDigest -> how many are not spoken for. */
static GHashTable *
count_new_here (AccountSync *account)
{
  GHashTable *counts = g_hash_table_new (message_digest_hash, (GEqualFunc)message_digest_equal);

  for (guint i = 0; i < account->mailboxes->len; i++)
    {
      MailboxSync *mailbox = g_ptr_array_index (account->mailboxes, i);

      for (guint j = 0; mailbox->plan != NULL && j < mailbox->plan->len; j++)
        {
          const PlanOperation *operation = &g_array_index (mailbox->plan, PlanOperation, j);
          const MessageDigest *digest;

          if (operation->kind != PLAN_UPLOAD && operation->kind != PLAN_PAIR)
            continue;
          digest = &mailbox_sync_find_local (mailbox, operation->base)->identity->full;
          g_hash_table_insert (
              counts, (gpointer)digest,
              GUINT_TO_POINTER (GPOINTER_TO_UINT (g_hash_table_lookup (counts, digest)) + 1));
        }
    }
  return counts;
}

static gboolean
collect_begun (const JournalOperation *operation, gpointer user_data)
{
  if (operation->kind == JOURNAL_OPERATION_DELETE && g_str_has_prefix (operation->detail, MOVED_DETAIL))
    g_hash_table_add (user_data,
                      g_strdup_printf ("%" G_GINT64_FORMAT " %s", operation->mailbox, operation->key));
  return TRUE;
}

/* Moves whose upload an earlier run finished: the queue still knows the deletion as the second half of a
 * move. */
static gboolean
is_begun_move (MailboxSync *mailbox, const PlanOperation *operation, GHashTable *begun)
{
  g_autofree char *key = plan_operation_key (operation);
  g_autofree char *entry = g_strdup_printf ("%" G_GINT64_FORMAT " %s", mailbox->row->id, key);

  return g_hash_table_contains (begun, entry);
}

/* TRUE when the content is on both sides in some other place. */
static gboolean
is_elsewhere (MailboxSync *mailbox, const PlanBase *base)
{
  gboolean found = FALSE;

  return base->has_digest &&
         journal_find_digest (mailbox->account->journal, base->digest.bytes, base->row, &found, NULL) && found;
}

static void
note_move (AccountSync *account, const PlanBase *base)
{
  g_hash_table_insert (account->moved, copy_row (base->row), g_memdup2 (&base->digest, sizeof base->digest));
}

static void
find_local_moves (AccountSync *account)
{
  g_autoptr (GHashTable) counts = count_new_here (account);
  g_autoptr (GHashTable) begun = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  journal_queue_foreach (account->journal, 0, collect_begun, begun, NULL);

  for (guint i = 0; i < account->mailboxes->len; i++)
    {
      MailboxSync *mailbox = g_ptr_array_index (account->mailboxes, i);

      for (guint j = 0; mailbox->plan != NULL && j < mailbox->plan->len; j++)
        {
          const PlanOperation *operation = &g_array_index (mailbox->plan, PlanOperation, j);
          const PlanBase *base;
          guint left;

          if (operation->kind != PLAN_DELETE_REMOTE)
            continue;
          base = &g_array_index (mailbox->base, PlanBase, mailbox_sync_row_index (mailbox, operation->row));
          left = base->has_digest ? GPOINTER_TO_UINT (g_hash_table_lookup (counts, &base->digest)) : 0;
          if (left > 0)
            {
              g_hash_table_insert (counts, (gpointer)&base->digest, GUINT_TO_POINTER (left - 1));
              note_move (account, base);
            }
          else if (is_begun_move (mailbox, operation, begun) && is_elsewhere (mailbox, base))
            {
              note_move (account, base);
              g_hash_table_add (account->uploaded, g_memdup2 (&base->digest, sizeof base->digest));
            }
        }
    }
}

static char *
remote_key (guint64 size, gint64 internal_date)
{
  return g_strdup_printf ("%" G_GUINT64_FORMAT " %" G_GINT64_FORMAT, size, internal_date);
}

static GHashTable *
count_new_there (AccountSync *account)
{
  GHashTable *counts = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  for (guint i = 0; i < account->mailboxes->len; i++)
    {
      MailboxSync *mailbox = g_ptr_array_index (account->mailboxes, i);

      for (guint j = 0; mailbox->plan != NULL && j < mailbox->plan->len; j++)
        {
          const PlanOperation *operation = &g_array_index (mailbox->plan, PlanOperation, j);
          const PlanRemote *remote;
          char *key;

          if (operation->kind != PLAN_DOWNLOAD)
            continue;
          remote = mailbox_sync_find_remote (mailbox, operation->uid);
          key = remote_key (remote->remote_size, remote->internal_date);
          g_hash_table_insert (counts, key,
                               GUINT_TO_POINTER (GPOINTER_TO_UINT (g_hash_table_lookup (counts, key)) + 1));
        }
    }
  return counts;
}

static void
find_remote_moves (AccountSync *account)
{
  g_autoptr (GHashTable) counts = count_new_there (account);

  for (guint i = 0; i < account->mailboxes->len; i++)
    {
      MailboxSync *mailbox = g_ptr_array_index (account->mailboxes, i);

      for (guint j = 0; mailbox->plan != NULL && j < mailbox->plan->len; j++)
        {
          const PlanOperation *operation = &g_array_index (mailbox->plan, PlanOperation, j);
          const BaseFacts *facts;
          char *key;
          guint left;

          if (operation->kind != PLAN_REMOVE_LOCAL)
            continue;
          facts = &g_array_index (mailbox->base_facts, BaseFacts,
                                  mailbox_sync_row_index (mailbox, operation->row));
          key = remote_key (facts->remote_size, facts->internal_date);
          left = GPOINTER_TO_UINT (g_hash_table_lookup (counts, key));
          if (left > 0)
            g_hash_table_add (account->remote_moves, copy_row (operation->row));
          g_hash_table_insert (counts, key, GUINT_TO_POINTER (left > 0 ? left - 1 : 0));
        }
    }
}

void
account_sync_find_moves (AccountSync *account)
{
  find_local_moves (account);
  find_remote_moves (account);
}
