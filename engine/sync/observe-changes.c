#include "observe-changes.h"

#include "observe-remote.h"

static void
add_base (MailboxSync *mailbox)
{
  for (guint i = 0; i < mailbox->base->len; i++)
    {
      const PlanBase *base = &g_array_index (mailbox->base, PlanBase, i);
      const BaseFacts *facts = &g_array_index (mailbox->base_facts, BaseFacts, i);
      PlanRemote remote = { .uid = base->uid,
                            .flags = base->flags,
                            .size = base->size,
                            .remote_size = facts->remote_size,
                            .internal_date = facts->internal_date };

      g_array_append_val (mailbox->remote, remote);
    }
}

/* Changed ones replace those of the base, which stand before them. */
static gboolean
fetch (MailboxSync *mailbox, guint32 highest, char **refusal, GError **error)
{
  g_autoptr (ImapBatch) batch = imap_batch_new (mailbox->account->session);
  g_autofree char *items =
      g_strdup_printf ("(UID FLAGS) (CHANGEDSINCE %" G_GUINT64_FORMAT ")", mailbox->row->quiet_modseq);

  imap_batch_set_fetch_handler (batch, mailbox_sync_add_remote, mailbox);
  if (highest > 0)
    {
      g_autoptr (ImapUidSet) known = imap_uid_set_new ();

      imap_uid_set_add_range (known, 1, highest);
      imap_batch_uid_fetch (batch, known, items, mailbox_sync_note_refusal, refusal);
    }
  if (highest < G_MAXUINT32)
    imap_batch_uid_fetch_from (batch, highest + 1, "(UID FLAGS RFC822.SIZE INTERNALDATE)",
                               mailbox_sync_note_refusal, refusal);
  if (!imap_batch_wait (batch, error))
    return FALSE;
  mailbox_sync_sort_remote (mailbox);
  return TRUE;
}

/* Somebody expunged: the server says which are left, in ranges. */
static gboolean
drop_expunged (MailboxSync *mailbox, char **refusal, GError **error)
{
  g_autoptr (ImapBatch) batch = imap_batch_new (mailbox->account->session);
  g_autoptr (ImapUidSet) found = imap_uid_set_new ();
  guint kept = 0;

  imap_batch_uid_search (batch, "ALL", found, mailbox_sync_note_refusal, refusal);
  if (!imap_batch_wait (batch, error))
    return FALSE;
  for (guint i = 0; *refusal == NULL && i < mailbox->remote->len; i++)
    {
      const PlanRemote remote = g_array_index (mailbox->remote, PlanRemote, i);

      if (imap_uid_set_contains (found, remote.uid))
        g_array_index (mailbox->remote, PlanRemote, kept++) = remote;
    }
  if (*refusal == NULL)
    g_array_set_size (mailbox->remote, kept);
  return TRUE;
}

gboolean
mailbox_sync_fetch_changes (MailboxSync *mailbox, gboolean *complete, GError **error)
{
  const ImapSelected *selected = imap_session_get_selected (mailbox->account->session);
  g_autofree char *refusal = NULL;

  add_base (mailbox);
  if (!fetch (mailbox, mailbox_sync_highest_uid (mailbox), &refusal, error))
    return FALSE;
  if (refusal == NULL && mailbox->remote->len > selected->exists && !drop_expunged (mailbox, &refusal, error))
    return FALSE;
  *complete = refusal == NULL && mailbox->remote->len == selected->exists;
  if (!*complete)
    g_array_set_size (mailbox->remote, 0);
  return TRUE;
}
