#include "file-of-row.h"

#include "mailboxes.h"

MailboxSync *
account_sync_find_files (AccountSync *account, gint64 mailbox)
{
  MailboxSync *found = account_sync_find_id (account, mailbox);

  return found != NULL && found->box != NULL && !found->gone_here ? found : NULL;
}

/* Letters of keywords; a mailbox that this round did not look at says them in its file. */
static guint32
letters_of (MailboxSync *mailbox, const char *keywords)
{
  g_auto (MaildirKeywords) letters = { 0 };

  if (*keywords == '\0')
    return 0;
  if (mailbox->scan != NULL)
    return mailbox_sync_letters (mailbox, keywords);
  return maildir_keywords_read (maildir_box_get_fd (mailbox->box), &letters, NULL)
             ? maildir_keywords_letters (&letters, keywords)
             : 0;
}

static gboolean
guess (MailboxSync *mailbox, const JournalMessage *row, MaildirPlace *place)
{
  MessageKeywordPool *pool = mailbox->account->pool;
  const MessageFlags base = { row->system, message_keyword_pool_intern (pool, row->keywords) };
  const MessageFlags not_kept = { row->not_kept_system,
                                  message_keyword_pool_intern (pool, row->not_kept_keywords) };
  const MessageFlags flags = message_flags_union (pool, base, not_kept);
  g_autofree char *file = NULL;
  MaildirFileStamp stamp;

  if (!maildir_message_guess (mailbox->box, row->base, flags.system, letters_of (mailbox, flags.keywords),
                              &file, &place->in_new, &stamp))
    return FALSE;
  place->file = g_string_chunk_insert (mailbox->strings, file);
  return TRUE;
}

MaildirPlace
mailbox_sync_place_row (MailboxSync *mailbox, const JournalMessage *row)
{
  MaildirPlace place = { .base = g_string_chunk_insert (mailbox->strings, row->base) };
  const MaildirEntry *entry = mailbox->scan != NULL ? maildir_scan_find (mailbox->scan, row->base) : NULL;

  if (entry == NULL && !guess (mailbox, row, &place))
    {
      /* One look at all of them is better than one for each. */
      if (mailbox->all == NULL)
        mailbox->all = maildir_scan (mailbox->box, NULL);
      entry = mailbox->all != NULL ? maildir_scan_find (mailbox->all, row->base) : NULL;
    }
  if (entry != NULL)
    place = (MaildirPlace){ .base = place.base, .file = entry->file, .in_new = entry->in_new };
  return place;
}
