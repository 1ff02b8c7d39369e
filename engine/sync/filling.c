#include "filling.h"

#include "fetch-headers.h"
#include "observe-remote.h"

#include "../journal/journal-prints.h"

#ifndef PORTION_MESSAGES
#define PORTION_MESSAGES 100000
#endif

#define NOT_TO_BE_FILLED G_MAXUINT32

gboolean
mailbox_sync_is_to_be_filled (MailboxSync *mailbox, guint32 exists, gboolean *fills, GError **error)
{
  JournalBaseCount count;

  *fills = FALSE;
  if (exists <= PORTION_MESSAGES || mailbox->account->dry_run || mailbox->filled_from == NOT_TO_BE_FILLED)
    return TRUE;
  if (!journal_count_base (mailbox->account->journal, mailbox->row->id, &count, error))
    return FALSE;
  *fills = exists > count.messages && exists - count.messages > PORTION_MESSAGES &&
           count.highest_uid < G_MAXUINT32 - 1 && count.highest_uid + 1 > mailbox->filled_from;
  return TRUE;
}

/* "n:*" names the last message in any case (RFC 9051 section 9). */
static void
drop_below (ImapUidSet **set, guint32 first)
{
  g_autoptr (ImapUidSet) found = g_steal_pointer (set);

  *set = imap_uid_set_new ();
  for (guint i = 0; i < imap_uid_set_n_ranges (found); i++)
    {
      const ImapUidRange *range = imap_uid_set_range (found, i);

      if (range->last >= first)
        imap_uid_set_add_range (*set, MAX (range->first, first), range->last);
    }
}

gboolean
mailbox_sync_find_portion (MailboxSync *mailbox, ImapUidSet **portion, char **refusal, GError **error)
{
  ImapSession *session = mailbox->account->session;
  g_autoptr (ImapBatch) batch = imap_batch_new (session);
  g_autoptr (ImapUidSet) found = imap_uid_set_new ();
  g_autofree char *criteria = NULL;
  JournalBaseCount count;
  gboolean fills;

  *portion = NULL;
  if (!mailbox_sync_is_to_be_filled (mailbox, imap_session_get_selected (session)->exists, &fills, error))
    return FALSE;
  if (!fills)
    return TRUE;
  if (!journal_count_base (mailbox->account->journal, mailbox->row->id, &count, error))
    return FALSE;
  mailbox->filled_from = count.highest_uid + 1;
  criteria = g_strdup_printf ("UID %u:*", mailbox->filled_from);
  imap_batch_uid_search (batch, criteria, found, mailbox_sync_note_refusal, refusal);
  if (!imap_batch_wait (batch, error))
    return FALSE;
  drop_below (&found, mailbox->filled_from);
  if (*refusal == NULL && imap_uid_set_count (found) > PORTION_MESSAGES)
    *portion = imap_uid_set_take (found, PORTION_MESSAGES, G_MAXSIZE);
  return TRUE;
}

gboolean
account_sync_may_not_fill (AccountSync *account)
{
  gboolean found = FALSE;

  for (guint i = 0; i < account->mailboxes->len; i++)
    {
      MailboxSync *mailbox = g_ptr_array_index (account->mailboxes, i);

      if (mailbox->fills && mailbox_sync_has_new_here (mailbox))
        {
          mailbox->filled_from = NOT_TO_BE_FILLED;
          found = TRUE;
        }
    }
  return found;
}

gboolean
account_sync_is_filling (AccountSync *account)
{
  for (guint i = 0; i < account->mailboxes->len; i++)
    if (((MailboxSync *)g_ptr_array_index (account->mailboxes, i))->fills)
      return TRUE;
  return FALSE;
}

void
account_sync_keep_filling (AccountSync *account)
{
  for (guint i = 0; i < account->mailboxes->len; i++)
    {
      MailboxSync *mailbox = g_ptr_array_index (account->mailboxes, i);
      guint kept = 0;

      for (guint j = 0; mailbox->plan != NULL && j < mailbox->plan->len; j++)
        {
          const PlanOperation operation = g_array_index (mailbox->plan, PlanOperation, j);

          /* What may be here already is compared with the uploads that wait. */
          if (operation.kind == PLAN_DOWNLOAD && !operation.undecided)
            g_array_index (mailbox->plan, PlanOperation, kept++) = operation;
        }
      if (mailbox->plan != NULL)
        g_array_set_size (mailbox->plan, kept);
    }
}
