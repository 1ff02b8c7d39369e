#include "queue-mailbox.h"

#include "renamed-here.h"
#include "../message/text-safe.h"

static gboolean
put (MailboxSync *mailbox, JournalOperationKind kind, const char *key, const char *name, guint *queued,
     GError **error)
{
  g_autofree char *subject = text_make_safe (name);
  JournalOperation operation = {
    .mailbox = mailbox->row->id,
    .kind = kind,
    .key = key,
    .detail = name,
    .subject = subject,
    .first_seen = g_get_real_time () / G_USEC_PER_SEC,
  };

  ++*queued;
  return journal_queue_put (mailbox->account->journal, &operation, NULL, error);
}

gboolean
mailbox_sync_enqueue_itself (MailboxSync *mailbox, guint *queued, GError **error)
{
  const JournalMailbox *row = mailbox->row;
  g_autofree char *wanted = mailbox_sync_wanted_name (mailbox);

  if (row->wire_name == NULL)
    return put (mailbox, JOURNAL_OPERATION_CREATE, "create", row->name, queued, error);
  if (mailbox->gone_here)
    return put (mailbox, JOURNAL_OPERATION_DELETE_MAILBOX, "delete mailbox", row->name, queued, error);
  return wanted == NULL || put (mailbox, JOURNAL_OPERATION_RENAME, "rename", wanted, queued, error);
}
