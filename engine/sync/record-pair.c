#include "record-pair.h"

#include <string.h>

gboolean
mailbox_sync_record_pair (MailboxSync *mailbox, guint32 uid, const char *base, GError **error)
{
  AccountSync *account = mailbox->account;
  const PlanLocal *local = mailbox_sync_find_local (mailbox, base);
  const LocalContent *content = (const LocalContent *)local->identity;
  const PlanRemote *remote = mailbox_sync_find_remote (mailbox, uid);
  MessageFlags common = message_flags_intersect (account->pool, local->flags, remote->flags);
  JournalMessage row = {
    .mailbox = mailbox->row->id,
    .uid = uid,
    .state = JOURNAL_MESSAGE_PRESENT,
    .base = base,
    .system = common.system,
    .keywords = common.keywords,
    .not_kept_keywords = "",
    .size = content->identity.size,
    .remote_size = remote->remote_size,
    .file_size = content->stamp.size,
    .mtime_ns = content->stamp.mtime_ns,
    .has_digest = TRUE,
    .internal_date = remote->internal_date,
  };

  memcpy (row.digest, content->identity.full.bytes, sizeof row.digest);
  account->tally.paired++;
  return journal_add_message (account->journal, &row, error);
}
