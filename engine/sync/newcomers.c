#include "newcomers.h"

struct _Newcomers
{
  GHashTable *by_digest; /* MessageDigest -> GPtrArray of Newcomer */
};

static void
add_newcomer (Newcomers *self, MailboxSync *mailbox, PlanOperation *operation)
{
  Newcomer *newcomer = g_new0 (Newcomer, 1);
  const MessageDigest *digest;
  GPtrArray *alike;

  newcomer->mailbox = mailbox;
  newcomer->operation = operation;
  newcomer->file = mailbox_sync_find_local (mailbox, operation->base);
  digest = &newcomer->file->identity->full;
  alike = g_hash_table_lookup (self->by_digest, digest);
  if (alike == NULL)
    {
      alike = g_ptr_array_new_with_free_func (g_free);
      g_hash_table_insert (self->by_digest, (gpointer)digest, alike);
    }
  g_ptr_array_add (alike, newcomer);
}

Newcomers *
newcomers_new (AccountSync *account, NewcomersInclude includes, gpointer user_data)
{
  Newcomers *self = g_new0 (Newcomers, 1);

  self->by_digest = g_hash_table_new_full (message_digest_hash, (GEqualFunc)message_digest_equal, NULL,
                                           (GDestroyNotify)g_ptr_array_unref);
  for (guint i = 0; i < account->mailboxes->len; i++)
    {
      MailboxSync *mailbox = g_ptr_array_index (account->mailboxes, i);

      for (guint j = 0; mailbox->plan != NULL && j < mailbox->plan->len; j++)
        {
          PlanOperation *operation = &g_array_index (mailbox->plan, PlanOperation, j);

          if (includes (mailbox, operation, user_data))
            add_newcomer (self, mailbox, operation);
        }
    }
  return self;
}

void
newcomers_free (Newcomers *self)
{
  g_hash_table_unref (self->by_digest);
  g_free (self);
}

const Newcomer *
newcomers_take (Newcomers *self, MailboxSync *from, const PlanBase *row, gboolean same_name,
                NewcomersFit fits)
{
  GPtrArray *alike = row->has_digest ? g_hash_table_lookup (self->by_digest, &row->digest) : NULL;

  for (guint i = 0; alike != NULL && i < alike->len; i++)
    {
      Newcomer *newcomer = g_ptr_array_index (alike, i);

      if (newcomer->is_taken || newcomer->mailbox == from || newcomer->file->identity->size != row->size ||
          (same_name && !g_str_equal (newcomer->file->base, row->base)) ||
          (fits != NULL && !fits (from, row, newcomer)))
        continue;
      newcomer->is_taken = TRUE;
      return newcomer;
    }
  return NULL;
}
