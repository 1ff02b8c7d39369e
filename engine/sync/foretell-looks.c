#include "foretell-looks.h"

#include "observe-changes.h"
#include "observe-listing.h"
#include "uploads-in-doubt.h"

/* *foretold FALSE: what is to be expected is not all in the flight. */
static gboolean
foretell_questions (MailboxSync *mailbox, gboolean *foretold, GError **error)
{
  JournalBaseCount count;

  if (!mailbox_sync_may_foretell_changes (mailbox))
    return mailbox_sync_foretell_listing (mailbox, foretold, error);
  if (!journal_count_base (mailbox->account->journal, mailbox->row->id, &count, error))
    return FALSE;
  *foretold = mailbox_sync_foretell_changes (mailbox, &count);
  return TRUE;
}

/* *ends: behind this mailbox nothing is foretold. What an earlier run left in doubt is settled first, in
 * words that can't be told yet. */
static gboolean
foretell_look (MailboxSync *mailbox, gboolean *ends, GError **error)
{
  AccountSync *account = mailbox->account;
  g_autoptr (GPtrArray) uploads = mailbox_sync_load_uploads (mailbox, error);
  gboolean foretold = FALSE;

  if (uploads == NULL)
    return FALSE;
  *ends = uploads->len > 0 ||
          !imap_session_foretell_select (account->session, mailbox->row->wire_name, account->dry_run);
  if (!*ends && !foretell_questions (mailbox, &foretold, error))
    return FALSE;
  *ends |= !foretold;
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
