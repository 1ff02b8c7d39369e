#include "expunge.h"

typedef struct
{
  Report *report;
  const char *mailbox;
  gboolean refused;
} Answer;

static void
note_answer (const ImapResult *result, gpointer user_data)
{
  Answer *answer = user_data;

  if (result->status == IMAP_STATUS_OK)
    return;
  if (!answer->refused)
    report_left (answer->report, answer->mailbox, "expunge-refused",
                 "the server refused to delete messages: %s",
                 *result->text != '\0' ? result->text : "it gave no reason");
  answer->refused = TRUE;
}

static gboolean
store_deleted (MailboxSync *mailbox, const char *mode, const ImapUidSet *uids, Answer *answer, GError **error)
{
  g_autoptr (ImapBatch) batch = imap_batch_new (mailbox->account->session);

  imap_batch_uid_store (batch, uids, mode, "\\Deleted", note_answer, answer);
  return imap_batch_wait (batch, error);
}

static gboolean
record_unmarked (MailboxSync *mailbox, const ImapUidSet *others, GError **error)
{
  Journal *journal = mailbox->account->journal;
  g_autofree char *text = others != NULL ? imap_uid_set_to_string (others) : NULL;

  return journal_begin (journal, error) &&
         journal_end (journal,
                      journal_set_unmarked (journal, mailbox->row->id, mailbox->uidvalidity, text, error),
                      error);
}

/* (transfer full): what is marked \Deleted and is not ours. What is marked must have been there when all
 * messages were listed. */
static ImapUidSet *
find_others (MailboxSync *mailbox, const ImapUidSet *ours, Answer *answer, GError **error)
{
  g_autoptr (ImapBatch) batch = imap_batch_new (mailbox->account->session);
  g_autoptr (ImapUidSet) marked = imap_uid_set_new ();
  g_autoptr (ImapUidSet) others = imap_uid_set_new ();

  imap_batch_uid_search (batch, "DELETED", marked, note_answer, answer);
  if (!imap_batch_wait (batch, error))
    return NULL;
  answer->refused |= imap_uid_set_count (marked) > imap_uid_set_count (mailbox->there);
  for (guint i = 0; i < imap_uid_set_n_ranges (marked) && !answer->refused; i++)
    for (guint64 uid = imap_uid_set_range (marked, i)->first; uid <= imap_uid_set_range (marked, i)->last;
         uid++)
      {
        answer->refused |= !imap_uid_set_contains (mailbox->there, (guint32)uid);
        if (!imap_uid_set_contains (ours, (guint32)uid))
          imap_uid_set_add (others, (guint32)uid);
      }
  return g_steal_pointer (&others);
}

static gboolean
expunge_all_marked (MailboxSync *mailbox, Answer *answer, GError **error)
{
  g_autoptr (ImapBatch) batch = imap_batch_new (mailbox->account->session);

  imap_batch_expunge (batch, note_answer, answer);
  return imap_batch_wait (batch, error);
}

/* Marks them again. A refusal keeps the record: the next run tries again. */
static gboolean
mark_again (MailboxSync *mailbox, const ImapUidSet *others, Answer *answer, GError **error)
{
  Answer marking = { answer->report, answer->mailbox, FALSE };

  return store_deleted (mailbox, "+FLAGS", others, &marking, error) &&
         (marking.refused || record_unmarked (mailbox, NULL, error));
}

/* OK is not enough: what is still marked and not ours would be expunged with it. */
static gboolean
unmark (MailboxSync *mailbox, const ImapUidSet *others, const ImapUidSet *ours, Answer *answer,
        GError **error)
{
  g_autoptr (ImapUidSet) left = NULL;

  if (!store_deleted (mailbox, "-FLAGS", others, answer, error))
    return FALSE;
  if (answer->refused)
    return TRUE;
  left = find_others (mailbox, ours, answer, error);
  if (left != NULL && !imap_uid_set_is_empty (left))
    answer->refused = TRUE;
  return left != NULL;
}

/* A server without UIDPLUS expunges all that is marked. A message that was marked by others since the
 * observation can't be told apart: then nothing is expunged in this run. */
static gboolean
expunge_without_uidplus (MailboxSync *mailbox, const ImapUidSet *uids, Answer *answer, GError **error)
{
  g_autoptr (ImapUidSet) others = find_others (mailbox, uids, answer, error);

  if (others == NULL)
    return FALSE;
  if (answer->refused)
    return TRUE;
  if (imap_uid_set_is_empty (others))
    return expunge_all_marked (mailbox, answer, error);
  return record_unmarked (mailbox, others, error) && unmark (mailbox, others, uids, answer, error) &&
         (answer->refused || expunge_all_marked (mailbox, answer, error)) &&
         mark_again (mailbox, others, answer, error);
}

gboolean
mailbox_sync_expunge (MailboxSync *mailbox, const ImapUidSet *uids, GError **error)
{
  Answer answer = { &mailbox->account->report, mailbox->row->name, FALSE };
  g_autoptr (ImapBatch) batch = NULL;

  if (!store_deleted (mailbox, "+FLAGS", uids, &answer, error))
    return FALSE;
  if (answer.refused)
    return TRUE;
  if (!imap_session_has (mailbox->account->session, IMAP_CAPABILITY_UIDPLUS))
    return expunge_without_uidplus (mailbox, uids, &answer, error);
  batch = imap_batch_new (mailbox->account->session);
  imap_batch_uid_expunge (batch, uids, note_answer, &answer);
  return imap_batch_wait (batch, error);
}
