#include "search.h"

#include <string.h>

#define SET_UIDS 2000
#define SET_OCTETS 7000

static void
note_refusal (const ImapResult *result, gpointer user_data)
{
  gboolean *refused = user_data;

  *refused |= result->status != IMAP_STATUS_OK;
}

gboolean
mailbox_sync_search_uids (MailboxSync *mailbox, const ImapUidSet *uids, ImapUidSet *found, gboolean *refused,
                          GError **error)
{
  g_autoptr (ImapBatch) batch = imap_batch_new (mailbox->account->session);
  g_autofree char *text = imap_uid_set_to_string (uids);
  g_autoptr (ImapUidSet) rest = imap_uid_set_parse (text, strlen (text));

  *refused = FALSE;
  while (rest != NULL && !imap_uid_set_is_empty (rest))
    {
      g_autoptr (ImapUidSet) part = imap_uid_set_take (rest, SET_UIDS, SET_OCTETS);
      g_autofree char *part_text = imap_uid_set_to_string (part);
      g_autofree char *criteria = g_strconcat ("UID ", part_text, NULL);

      imap_batch_uid_search (batch, criteria, found, note_refusal, refused);
    }
  return imap_batch_wait (batch, error);
}

gboolean
mailbox_sync_search_from (MailboxSync *mailbox, guint32 first, ImapUidSet *found, GError **error)
{
  ImapSession *session = mailbox->account->session;
  g_autoptr (ImapBatch) batch = imap_batch_new (session);
  g_autoptr (ImapUidSet) all = imap_uid_set_new ();
  g_autofree char *criteria = g_strdup_printf ("UID %u:*", first);
  guint32 before = imap_session_get_selected (session)->exists;

  imap_batch_uid_search (batch, criteria, all, NULL, NULL);
  if (!imap_batch_wait (batch, error))
    return FALSE;
  if (imap_uid_set_count (all) > MAX (before, imap_session_get_selected (session)->exists))
    {
      g_set_error_literal (
          error, IMAP_ERROR, IMAP_ERROR_PROTOCOL,
          "the server's answer to UID SEARCH names more messages than there are; nothing was changed");
      return FALSE;
    }
  for (guint i = 0; i < imap_uid_set_n_ranges (all); i++)
    {
      const ImapUidRange *range = imap_uid_set_range (all, i);

      if (range->last >= first)
        imap_uid_set_add_range (found, MAX (range->first, first), range->last);
    }
  return TRUE;
}
