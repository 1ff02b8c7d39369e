#include "recover.h"

#include "refusal.h"

#include <string.h>

/* A staged row, remembered while the journal is read. */
typedef struct
{
  gint64 id;
  char *base;
  guint8 system;
  char *keywords;
  gboolean present; /* the file is visible now */
} Staged;

static void
staged_free (gpointer data)
{
  Staged *staged = data;

  g_free (staged->base);
  g_free (staged->keywords);
  g_free (staged);
}

static gboolean
collect_staged (const JournalMessage *message, gpointer user_data)
{
  Staged *staged = g_new0 (Staged, 1);

  *staged =
      (Staged){ message->id, g_strdup (message->base), message->system, g_strdup (message->keywords), FALSE };
  g_ptr_array_add (user_data, staged);
  return TRUE;
}

static gboolean
publish_staged (MailboxSync *mailbox, const Staged *staged, GError **error)
{
  int fd = maildir_box_get_fd (mailbox->box);
  g_auto (MaildirKeywords) keywords = { 0 };
  g_autoptr (GError) local_error = NULL;

  if (!maildir_keywords_read (fd, &keywords, error) ||
      !maildir_keywords_assign (fd, &keywords, staged->keywords, NULL, error))
    return FALSE;
  if (maildir_box_publish (mailbox->box, staged->base, staged->system,
                           maildir_keywords_letters (&keywords, staged->keywords), &local_error))
    return TRUE;
  if (g_error_matches (local_error, MAILDIR_ERROR, MAILDIR_ERROR_EXISTS))
    return maildir_box_remove_tmp (mailbox->box, staged->base, error);
  g_propagate_error (error, g_steal_pointer (&local_error));
  return FALSE;
}

static gboolean
finish_file (MailboxSync *mailbox, Staged *staged, GError **error)
{
  g_autoptr (GError) local_error = NULL;
  g_autofree char *file = NULL;
  MaildirFileStamp stamp;
  gboolean in_new;

  if (maildir_box_has_tmp (mailbox->box, staged->base) && !publish_staged (mailbox, staged, error))
    return FALSE;
  /* Most are where they were put, which spares reading the directory for each. */
  staged->present =
      maildir_message_guess (mailbox->box, staged->base, staged->system, 0, &file, &in_new, &stamp) ||
      maildir_box_find (mailbox->box, staged->base, &file, &in_new, &local_error);
  if (staged->present || g_error_matches (local_error, MAILDIR_ERROR, MAILDIR_ERROR_GONE))
    return TRUE;
  g_propagate_error (error, g_steal_pointer (&local_error));
  return FALSE;
}

static gboolean
finish_files (MailboxSync *mailbox, GPtrArray *list, GError **error)
{
  for (guint i = 0; i < list->len; i++)
    if (!finish_file (mailbox, g_ptr_array_index (list, i), error))
      return FALSE;
  return maildir_box_sync (mailbox->box, error);
}

static gboolean
record_finished (MailboxSync *mailbox, GPtrArray *list, GError **error)
{
  Journal *journal = mailbox->account->journal;

  for (guint i = 0; i < list->len; i++)
    {
      const Staged *staged = g_ptr_array_index (list, i);

      if (!(staged->present ? journal_set_message_state (journal, staged->id, JOURNAL_MESSAGE_PRESENT, error)
                            : journal_remove_message (journal, staged->id, error)))
        return FALSE;
    }
  return TRUE;
}

/* Where the directory is gone nothing is present: not a deletion, the message was on its way (contract C2.1).
 */
static gboolean
finish_mailbox (MailboxSync *mailbox, GError **error)
{
  AccountSync *account = mailbox->account;
  g_autoptr (GPtrArray) list = g_ptr_array_new_with_free_func (staged_free);

  if (!journal_foreach_staged (account->journal, mailbox->row->id, collect_staged, list, error))
    return FALSE;
  if (list->len == 0)
    return TRUE;
  if ((mailbox->box != NULL && !finish_files (mailbox, list, error)) ||
      !journal_begin (account->journal, error))
    return FALSE;
  if (record_finished (mailbox, list, error) && journal_commit (account->journal, error))
    return TRUE;
  journal_rollback (account->journal);
  return FALSE;
}

gboolean
account_sync_finish_staged (AccountSync *account, GError **error)
{
  for (guint i = 0; i < account->mailboxes->len; i++)
    {
      MailboxSync *mailbox = g_ptr_array_index (account->mailboxes, i);

      if (mailbox->skipped || (mailbox->box == NULL && !mailbox->gone_here))
        continue;
      if (!finish_mailbox (mailbox, error))
        return FALSE;
      if (mailbox->box != NULL)
        maildir_box_clean_tmp (mailbox->box, g_get_real_time () / G_USEC_PER_SEC);
    }
  return TRUE;
}

static gboolean
forget_unmarked (MailboxSync *mailbox, GError **error)
{
  Journal *journal = mailbox->account->journal;

  return journal_begin (journal, error) &&
         journal_end (journal, journal_set_unmarked (journal, mailbox->row->id, 0, NULL, error), error);
}

static void
note_refusal (const ImapResult *result, gpointer user_data)
{
  gboolean *refused = user_data;

  *refused |= result->status != IMAP_STATUS_OK && !refusal_is_final (result);
}

gboolean
mailbox_sync_restore_unmarked (MailboxSync *mailbox, GError **error)
{
  AccountSync *account = mailbox->account;
  g_autoptr (GError) local_error = NULL;
  guint32 uidvalidity = 0;
  g_autofree char *uids =
      journal_get_unmarked (account->journal, mailbox->row->id, &uidvalidity, &local_error);
  g_autoptr (ImapUidSet) set = NULL;
  gboolean refused = FALSE;

  if (local_error != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&local_error));
      return FALSE;
    }
  if (uids == NULL)
    return TRUE;
  set = imap_uid_set_parse (uids, strlen (uids));
  if (set != NULL && uidvalidity == mailbox->uidvalidity)
    {
      g_autoptr (ImapBatch) batch = imap_batch_new (account->session);

      imap_batch_uid_store (batch, set, "+FLAGS", "\\Deleted", note_refusal, &refused);
      if (!imap_batch_wait (batch, error))
        return FALSE;
    }
  return refused || forget_unmarked (mailbox, error);
}
