#include "verify-there.h"

#include "job-journal.h"

typedef struct
{
  MailboxSync *mailbox;
  GHashTable *pending;  /* uid -> PlanOperation */
  GHashTable *seen;     /* uids the server answered for */
  GPtrArray *strangers; /* of PlanOperation: the UID holds another message than the journal says */
} Verification;

static void
compare_with_journal (const ImapFetch *fetch, gpointer user_data)
{
  Verification *verification = user_data;
  PlanOperation *operation = g_hash_table_lookup (verification->pending, GUINT_TO_POINTER (fetch->uid));
  const guint needed = IMAP_FETCH_SIZE | IMAP_FETCH_INTERNALDATE;
  const BaseFacts *facts;

  if (operation == NULL || (fetch->present & needed) != needed)
    return;
  g_hash_table_add (verification->seen, GUINT_TO_POINTER (fetch->uid));
  facts = &g_array_index (verification->mailbox->base_facts, BaseFacts,
                          mailbox_sync_row_index (verification->mailbox, operation->row));
  if ((facts->remote_size != 0 && facts->remote_size != fetch->size) ||
      facts->internal_date != fetch->internal_date)
    g_ptr_array_add (verification->strangers, operation);
}

static void
tell_strangers (MailboxSync *mailbox, guint count)
{
  g_autofree char *messages = words_count (count, "message");
  const gboolean is_one = count == 1;

  report (
      &mailbox->account->report, ENGINE_EVENT_WARNING, mailbox->row->name, "stranger",
      "%s on the server %s deleted or moved here (another size or date under the same UID); %s left there "
      "and %s fetched again",
      messages, is_one ? "is not the one that was" : "are not the ones that were",
      is_one ? "it was" : "they were", is_one ? "is" : "are");
}

static gboolean
remove_rows (Verification *verification, GError **error)
{
  Journal *journal = verification->mailbox->account->journal;

  for (guint i = 0; i < verification->strangers->len; i++)
    {
      const PlanOperation *operation = g_ptr_array_index (verification->strangers, i);

      g_hash_table_remove (verification->pending, GUINT_TO_POINTER (operation->uid));
      if (!journal_remove_message (journal, operation->row, error))
        return FALSE;
    }
  return journal_end_quiet (journal, verification->mailbox->row->id, error);
}

static gboolean
forget_strangers (Verification *verification, GError **error)
{
  MailboxSync *mailbox = verification->mailbox;
  Journal *journal = mailbox->account->journal;

  if (verification->strangers->len == 0)
    return TRUE;
  tell_strangers (mailbox, verification->strangers->len);
  mailbox->row->quiet_modseq = 0;
  return journal_begin (journal, error) && journal_end (journal, remove_rows (verification, error), error);
}

static gboolean
ask (Verification *verification, GError **error)
{
  g_autoptr (ImapBatch) batch = imap_batch_new (verification->mailbox->account->session);
  g_autoptr (GList) uids = g_hash_table_get_keys (verification->pending);
  g_autoptr (ImapUidSet) set = imap_uid_set_new ();

  for (GList *item = uids; item != NULL; item = item->next)
    imap_uid_set_add (set, GPOINTER_TO_UINT (item->data));
  imap_batch_set_fetch_handler (batch, compare_with_journal, verification);
  imap_batch_uid_fetch (batch, set, "(UID RFC822.SIZE INTERNALDATE)", NULL, NULL);
  return imap_batch_wait (batch, error);
}

gboolean
mailbox_sync_verify_there (MailboxSync *mailbox, GHashTable *pending, GError **error)
{
  g_autoptr (GHashTable) seen = g_hash_table_new (NULL, NULL);
  g_autoptr (GPtrArray) strangers = g_ptr_array_new ();
  Verification verification = { mailbox, pending, seen, strangers };
  GHashTableIter iter;
  gpointer uid;

  if (g_hash_table_size (pending) == 0)
    return TRUE;
  if (!ask (&verification, error))
    return FALSE;
  g_hash_table_iter_init (&iter, pending);
  while (g_hash_table_iter_next (&iter, &uid, NULL))
    if (!g_hash_table_contains (seen, uid))
      g_hash_table_iter_remove (&iter);
  return forget_strangers (&verification, error);
}
