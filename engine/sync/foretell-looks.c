#include "foretell-looks.h"

#include "../journal/journal-prints.h"
#include "observe-changes.h"
#include "observe-remote.h"
#include "uploads-in-doubt.h"

/* FALSE: the listing that is to be expected is not in the flight. A base that has to be paired afresh is not
 * loaded when it is asked for. */
static gboolean
foretell_listing (MailboxSync *mailbox, const JournalBaseCount *count)
{
  ImapSession *session = mailbox->account->session;
  const guint32 highest = mailbox->row->refresh == JOURNAL_REFRESH_NONE ? count->highest_uid : 0;
  g_autoptr (ImapUidSet) known = imap_uid_set_new ();

  if (highest == 0)
    return imap_session_foretell_uid_fetch_from (session, 1, LISTING_OF_NEW);
  imap_uid_set_add_range (known, 1, highest);
  return imap_session_foretell_uid_fetch (session, known, LISTING_OF_KNOWN) &&
         (highest == G_MAXUINT32 ||
          imap_session_foretell_uid_fetch_from (session, highest + 1, LISTING_OF_NEW));
}

/* *ends: behind this mailbox nothing is foretold. What an earlier run left in doubt is settled first, in
 * words that can't be told yet. */
static gboolean
foretell_look (MailboxSync *mailbox, gboolean *ends, GError **error)
{
  AccountSync *account = mailbox->account;
  g_autoptr (GPtrArray) uploads = mailbox_sync_load_uploads (mailbox, error);
  JournalBaseCount count;

  if (uploads == NULL || !journal_count_base (account->journal, mailbox->row->id, &count, error))
    return FALSE;
  *ends = uploads->len > 0 ||
          !imap_session_foretell_select (account->session, mailbox->row->wire_name, account->dry_run) ||
          !(mailbox_sync_may_foretell_changes (mailbox) ? mailbox_sync_foretell_changes (mailbox, &count)
                                                        : foretell_listing (mailbox, &count));
  return TRUE;
}

gboolean
account_sync_foretell_looks (AccountSync *account, guint first, GError **error)
{
  gboolean ends = FALSE;

  for (guint i = first; i < account->mailboxes->len && !ends; i++)
    {
      MailboxSync *mailbox = g_ptr_array_index (account->mailboxes, i);

      if (mailbox->due && !mailbox->skipped && mailbox->on_server && !foretell_look (mailbox, &ends, error))
        return FALSE;
    }
  return TRUE;
}
