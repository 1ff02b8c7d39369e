#include "clones.h"

#include "../journal/journal-alike.h"
#include "arrivals.h"
#include "arrived.h"
#include "file-of-row.h"
#include "gmail.h"

#include <string.h>
#include <unistd.h>

/* The file that is copied. */
typedef struct
{
  AccountSync *account;
  int fd; /* -1: it can't be read */
  gboolean is_draft;
  MessageDigest digest;
} Source;

static gboolean
open_file (const JournalMessage *row, gpointer user_data)
{
  Source *source = user_data;
  MailboxSync *at = account_sync_find_files (source->account, row->mailbox);
  MaildirPlace place;

  if (at == NULL || !row->has_digest)
    return FALSE;
  place = mailbox_sync_place_row (at, row);
  source->fd = maildir_message_open (at->box, &place, NULL, NULL);
  source->is_draft = ((row->system | row->not_kept_system) & MESSAGE_FLAG_DRAFT) != 0;
  memcpy (source->digest.bytes, row->digest, sizeof source->digest.bytes);
  return FALSE;
}

static Arrival *
arrival_new (MailboxSync *mailbox, const PlanOperation *operation, char *base)
{
  const PlanRemote *remote = mailbox_sync_find_remote (mailbox, operation->uid);
  Arrival *arrival = g_new0 (Arrival, 1);

  arrival->operation = operation;
  arrival->base = base;
  arrival->remote_size = remote->remote_size;
  arrival->internal_date = remote->internal_date;
  arrival->flags = remote->flags;
  return arrival;
}

static gboolean
is_linked (const MailboxSync *mailbox, const PlanOperation *operation, const Source *source)
{
  return mailbox->account->settings->gmail == ACCOUNT_GMAIL_HARD_LINK &&
         account_sync_is_gmail (mailbox->account) && !source->is_draft && !alike_is_draft (operation->flags);
}

static gboolean
fill (MaildirDelivery *delivery, MailboxSync *mailbox, const PlanOperation *operation, const Source *source,
      MessageDigest *digest, GError **error)
{
  const gint64 date = mailbox_sync_find_remote (mailbox, operation->uid)->internal_date;

  return (is_linked (mailbox, operation, source) &&
          maildir_delivery_link (delivery, source->fd, date, digest)) ||
         maildir_delivery_copy (delivery, source->fd, digest, error);
}

/* TRUE also where it is left to the next round. */
static gboolean
deliver_copy (MailboxSync *mailbox, Arrivals *arrivals, const PlanOperation *operation, const Source *source,
              GError **error)
{
  g_autofree char *base = maildir_name_generate (g_get_real_time ());
  g_autoptr (MaildirDelivery) delivery = maildir_delivery_begin (mailbox->box, base, error);
  g_autoptr (GError) local_error = NULL;
  MessageDigest digest;

  if (delivery == NULL)
    return FALSE;
  if (!fill (delivery, mailbox, operation, source, &digest, &local_error))
    {
      if (!g_error_matches (local_error, MAILDIR_ERROR, MAILDIR_ERROR_NO_SPACE))
        return TRUE;
      g_propagate_error (error, g_steal_pointer (&local_error));
      return FALSE;
    }
  if (!message_digest_equal (&digest, &source->digest))
    return TRUE;
  report_progress (&mailbox->account->report, mailbox->row->name, 1, 0);
  return arrivals_add (arrivals, delivery, arrival_new (mailbox, operation, g_steal_pointer (&base)), error);
}

static gboolean
clone_one (MailboxSync *mailbox, Arrivals *arrivals, const PlanOperation *operation, GError **error)
{
  AccountSync *account = mailbox->account;
  const gint64 *row = g_hash_table_lookup (mailbox->sources, GUINT_TO_POINTER (operation->uid));
  Source source = { .account = account, .fd = -1 };
  gboolean done;

  g_hash_table_add (mailbox->closed, plan_operation_key (operation));
  if (g_cancellable_set_error_if_cancelled (account->cancellable, error) ||
      !journal_find_message (account->journal, *row, open_file, &source, error))
    return FALSE;
  if (source.fd < 0)
    return TRUE;
  done = deliver_copy (mailbox, arrivals, operation, &source, error);
  close (source.fd);
  return done;
}

static gboolean
clone_all (MailboxSync *mailbox, Arrivals *arrivals, GError **error)
{
  for (guint i = 0; i < mailbox->plan->len; i++)
    {
      const PlanOperation *operation = &g_array_index (mailbox->plan, PlanOperation, i);

      if (operation->kind == PLAN_CLONE &&
          (!clone_one (mailbox, arrivals, operation, error) || !arrivals_go_on (arrivals, error)))
        return FALSE;
    }
  return arrivals_finish (arrivals, error);
}

gboolean
account_sync_clone (AccountSync *account, GError **error)
{
  for (guint i = 0; i < account->mailboxes->len; i++)
    {
      MailboxSync *mailbox = g_ptr_array_index (account->mailboxes, i);
      g_autoptr (Arrivals) arrivals = NULL;

      if (!mailbox_sync_plans (mailbox, PLAN_CLONE))
        continue;
      arrivals = arrivals_new (mailbox);
      if (!clone_all (mailbox, arrivals, error))
        return FALSE;
    }
  return TRUE;
}
