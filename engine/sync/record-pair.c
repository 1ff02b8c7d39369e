#include "record-pair.h"

#include "copies.h"

#include <string.h>

/* A file that came from another mailbox still carries that mailbox's letters: the base takes what they mean
 * here, and the next merge brings the server's keywords. */
static const char *
common_keywords (MailboxSync *mailbox, const PlanLocal *local, MessageFlags common)
{
  const MaildirEntry *entry = maildir_scan_find (mailbox->scan, local->base);
  MessageFlags seen =
      maildir_keywords_to_flags (&mailbox->scan->keywords, entry->letters, mailbox->account->pool);

  return seen.keywords == local->flags.keywords ? common.keywords : seen.keywords;
}

static void
take_stamp (const MaildirFileStamp *stamp, JournalMessage *row)
{
  row->file_size = stamp->size;
  row->mtime_ns = stamp->mtime_ns;
}

static void
take_origin (const Origin *origin, JournalMessage *row)
{
  MaildirFileStamp stamp;

  origin_fill_row (origin, row);
  origin_keep_date (origin, &stamp);
  take_stamp (&stamp, row);
}

/* A copy has the date of the message (copies.h), also where only this pairing shows that it was made. */
static gboolean
take_date (MailboxSync *mailbox, const PlanLocal *local, JournalMessage *row, GError **error)
{
  const Origin origin = { .to = mailbox, .file = local };
  const MaildirPlace place = mailbox_sync_place (mailbox, local->base);
  MaildirFileStamp stamp;
  gboolean found;

  if (row->mtime_ns / G_TIME_SPAN_SECOND / 1000 == row->internal_date)
    return TRUE;
  if (!account_sync_find_original (mailbox->account, local->identity, row->internal_date, &found, error))
    return FALSE;
  if (found && origin_is_unchanged (&origin, &stamp) &&
      maildir_message_set_mtime (mailbox->box, &place, row->internal_date, NULL) &&
      maildir_message_stat (mailbox->box, &place, &stamp, NULL))
    take_stamp (&stamp, row);
  return TRUE;
}

gboolean
mailbox_sync_record_pair (MailboxSync *mailbox, guint32 uid, const char *base, GError **error)
{
  AccountSync *account = mailbox->account;
  const PlanLocal *local = mailbox_sync_find_local (mailbox, base);
  const LocalContent *content = (const LocalContent *)local->identity;
  const PlanRemote *remote = mailbox_sync_find_remote (mailbox, uid);
  Origin *origin = mailbox_sync_find_origin (mailbox, local);
  MessageFlags common = message_flags_intersect (account->pool, local->flags, remote->flags);
  JournalMessage row = {
    .mailbox = mailbox->row->id,
    .uid = uid,
    .state = JOURNAL_MESSAGE_PRESENT,
    .base = base,
    .system = common.system,
    .keywords = common_keywords (mailbox, local, common),
    .not_kept_keywords = "",
    .size = content->identity.size,
    .remote_size = remote->remote_size,
    .file_size = content->stamp.size,
    .mtime_ns = content->stamp.mtime_ns,
    .has_digest = TRUE,
    .internal_date = remote->internal_date,
    .email_id = remote->email_id,
  };

  memcpy (row.digest, content->identity.full.bytes, sizeof row.digest);
  if (origin != NULL)
    take_origin (origin, &row);
  else if (!take_date (mailbox, local, &row, error))
    return FALSE;
  account->tally.paired++;
  /* On both sides: as good as uploaded for a message that was moved here. */
  g_hash_table_add (account->uploaded, g_memdup2 (&content->identity.full, sizeof (MessageDigest)));
  if (origin != NULL && origin->leaves)
    {
      origin->has_gone = TRUE;
      if (!journal_update_message (account->journal, &row, error))
        return FALSE;
    }
  else if (!journal_add_message (account->journal, &row, error))
    return FALSE;
  if (origin != NULL)
    origin_note_letters (origin, row.id);
  return TRUE;
}
