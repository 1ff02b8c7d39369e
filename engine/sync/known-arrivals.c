#include "known-arrivals.h"

#include "record-pair.h"
#include "tell.h"

struct _KnownArrivals
{
  MailboxSync *mailbox;
  GHashTable *undecided; /* MessageDigest -> GPtrArray of PlanOperation */
};

static void
add_undecided (KnownArrivals *self, PlanOperation *operation)
{
  const MessageDigest *digest = &mailbox_sync_find_local (self->mailbox, operation->base)->identity->full;
  GPtrArray *alike = g_hash_table_lookup (self->undecided, digest);

  if (alike == NULL)
    {
      alike = g_ptr_array_new ();
      g_hash_table_insert (self->undecided, (gpointer)digest, alike);
    }
  g_ptr_array_add (alike, operation);
}

KnownArrivals *
known_arrivals_new (MailboxSync *mailbox)
{
  KnownArrivals *self = g_new0 (KnownArrivals, 1);

  self->mailbox = mailbox;
  self->undecided = g_hash_table_new_full (message_digest_hash, (GEqualFunc)message_digest_equal, NULL,
                                           (GDestroyNotify)g_ptr_array_unref);
  for (guint i = 0; i < mailbox->plan->len; i++)
    {
      PlanOperation *operation = &g_array_index (mailbox->plan, PlanOperation, i);

      if (operation->kind == PLAN_UPLOAD && operation->undecided)
        add_undecided (self, operation);
    }
  return self;
}

void
known_arrivals_free (KnownArrivals *self)
{
  g_hash_table_unref (self->undecided);
  g_free (self);
}

/* NULL when there is none (left) with this very content. */
static const PlanOperation *
take_equal_upload (KnownArrivals *self, const Arrival *arrival)
{
  GPtrArray *alike = arrival->operation->undecided
                         ? g_hash_table_lookup (self->undecided, &arrival->delivered.identity.full)
                         : NULL;

  return alike != NULL && alike->len > 0 ? g_ptr_array_steal_index (alike, alike->len - 1) : NULL;
}

static gboolean
pair (MailboxSync *mailbox, const Arrival *arrival, const PlanOperation *upload, GError **error)
{
  const PlanOperation operation = { .kind = PLAN_PAIR, .uid = arrival->operation->uid, .base = upload->base };
  Journal *journal = mailbox->account->journal;

  g_hash_table_add (mailbox->closed, plan_operation_key (upload));
  if (!maildir_box_remove_tmp (mailbox->box, arrival->base, error) || !journal_begin (journal, error) ||
      !journal_end (journal, mailbox_sync_record_pair (mailbox, operation.uid, operation.base, error), error))
    return FALSE;
  mailbox_sync_tell (mailbox, &operation, 0, NULL);
  return TRUE;
}

gboolean
known_arrivals_take (KnownArrivals *self, GPtrArray *arrivals, GError **error)
{
  for (guint i = arrivals->len; i-- > 0;)
    {
      const Arrival *arrival = g_ptr_array_index (arrivals, i);
      const PlanOperation *upload = take_equal_upload (self, arrival);

      if (upload == NULL)
        continue;
      if (!pair (self->mailbox, arrival, upload, error))
        return FALSE;
      g_ptr_array_remove_index_fast (arrivals, i);
    }
  return TRUE;
}
