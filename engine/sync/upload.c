#include "upload.h"

#include "../message/text-safe.h"
#include "far.h"
#include "refusal.h"
#include "subject.h"
#include "tell.h"
#include "upload-batch.h"

#include <string.h>

#define BATCH_MESSAGES 100
#define BATCH_OCTETS (8 * 1024 * 1024)
#define MAX_ATTEMPTS 2 /* answered OK, and not found afterwards */

static void
upload_free (gpointer data)
{
  Upload *upload = data;

  g_clear_pointer (&upload->file, maildir_upload_free);
  g_free (upload->reason);
  g_free (upload);
}

/* Servers refuse dates before 1970, or take them for far ones: 0 leaves it to the server. */
static gint64
seconds_of (gint64 mtime_ns)
{
  return MAX (mtime_ns / G_TIME_SPAN_SECOND / 1000, 0);
}

static void
fill_intent (UploadBatch *batch, Upload *upload)
{
  MailboxSync *mailbox = batch->mailbox;
  const MessageIdentity *identity = &upload->content->identity;
  const JournalUpload *earlier = g_hash_table_lookup (batch->attempts, upload->operation->base);
  MessageFlags flags =
      message_flags_union (mailbox->account->pool, upload->operation->flags, upload->operation->not_kept);
  gboolean again =
      earlier != NULL && memcmp (earlier->digest, identity->full.bytes, sizeof earlier->digest) == 0;

  upload->intent = (JournalUpload){
    .mailbox = mailbox->row->id,
    .base = upload->operation->base,
    .replaces = upload->operation->row,
    .uidvalidity = mailbox->uidvalidity,
    .uidnext = mailbox->uidnext,
    .size = identity->size,
    .wire_size = identity->wire_size,
    .message_id = identity->message_id,
    .date = identity->date,
    .internal_date = seconds_of (upload->content->stamp.mtime_ns),
    .system = flags.system,
    .keywords = flags.keywords,
    .file_size = upload->content->stamp.size,
    .mtime_ns = upload->content->stamp.mtime_ns,
    .attempts = again ? earlier->attempts : 0,
  };
  memcpy (upload->intent.digest, identity->full.bytes, sizeof upload->intent.digest);
  memcpy (upload->intent.header_digest, identity->header.bytes, sizeof upload->intent.header_digest);
}

static char *
describe (const Upload *upload)
{
  const char *subject = upload->content->identity.subject;
  g_autofree char *decoded = subject_decode (subject);
  g_autofree char *file = text_make_safe (upload->operation->base);

  return *decoded != '\0' ? g_strdup_printf ("the message “%s”", decoded)
                          : g_strdup_printf ("the message without a subject, file %s", file);
}

static gboolean
refuse_lost (UploadBatch *batch, Upload *upload, GError **error)
{
  g_autofree char *what = describe (upload);
  const PlanOperation *operation = upload->operation;

  upload_free (upload);
  return mailbox_sync_refuse (batch->mailbox, operation, TRUE, what, "it took it twice and shows it nowhere",
                              error);
}

/* Opens the file; one that changed since it was read is left to the next look (contract C3.1). */
static gboolean
prepare (UploadBatch *batch, const PlanOperation *operation, GError **error)
{
  MailboxSync *mailbox = batch->mailbox;
  MaildirPlace place = mailbox_sync_place (mailbox, operation->base);
  MaildirFileStamp stamp;
  Upload *upload;

  if (mailbox_sync_is_closed (mailbox, operation))
    return TRUE;
  upload = g_new0 (Upload, 1);
  upload->operation = operation;
  upload->content = (const LocalContent *)mailbox_sync_find_local (mailbox, operation->base)->identity;
  fill_intent (batch, upload);
  if (upload->intent.attempts >= MAX_ATTEMPTS)
    return refuse_lost (batch, upload, error);
  upload->file = maildir_upload_open (mailbox->box, &place, &stamp, NULL);
  if (upload->file == NULL || !maildir_upload_is_unchanged (upload->file, &upload->content->stamp))
    {
      mailbox->look_anew = TRUE;
      upload_free (upload);
      return TRUE;
    }
  g_ptr_array_add (batch->uploads, upload);
  batch->octets += upload->intent.wire_size;
  return TRUE;
}

static gboolean
record_intent (UploadBatch *batch, Upload *upload, GError **error)
{
  Journal *journal = batch->mailbox->account->journal;
  JournalUpload *earlier = g_hash_table_lookup (batch->attempts, upload->operation->base);

  if (earlier != NULL && !journal_remove_upload (journal, earlier->id, error))
    return FALSE;
  g_hash_table_remove (batch->attempts, upload->operation->base);
  return journal_add_upload (journal, &upload->intent, error);
}

static gboolean
record_intents (UploadBatch *batch, GError **error)
{
  Journal *journal = batch->mailbox->account->journal;

  if (!journal_begin (journal, error))
    return FALSE;
  for (guint i = 0; i < batch->uploads->len; i++)
    if (!record_intent (batch, g_ptr_array_index (batch->uploads, i), error))
      {
        journal_rollback (journal);
        return FALSE;
      }
  return journal_commit (journal, error);
}

/* The server says OK, and which message it is is not known: in doubt, and counted. */
static gboolean
count_attempt (Journal *journal, Upload *upload, GError **error)
{
  upload->intent.attempts++;
  return journal_remove_upload (journal, upload->intent.id, error) &&
         journal_add_upload (journal, &upload->intent, error);
}

/* Confirmed: part of the base. Refused: the intent goes, nothing is in doubt. Neither, or refused together
 * with others: the intent stays. */
static gboolean
record_answer (UploadBatch *batch, Upload *upload, GError **error)
{
  MailboxSync *mailbox = batch->mailbox;

  if (upload->answered && upload->status != IMAP_STATUS_OK)
    return journal_remove_upload (mailbox->account->journal, upload->intent.id, error);
  if (upload->now.uid == 0)
    return !upload->answered || count_attempt (mailbox->account->journal, upload, error);
  g_hash_table_add (mailbox->account->uploaded,
                    g_memdup2 (&upload->content->identity.full, sizeof (MessageDigest)));
  report_progress (&mailbox->account->report, mailbox->row->name, 1, upload->intent.wire_size);
  return mailbox_sync_confirm_upload (mailbox, &upload->intent, &upload->now, error);
}

static gboolean
record_answers (UploadBatch *batch, GError **error)
{
  Journal *journal = batch->mailbox->account->journal;

  if (!journal_begin (journal, error))
    return FALSE;
  for (guint i = 0; i < batch->uploads->len; i++)
    if (!record_answer (batch, g_ptr_array_index (batch->uploads, i), error))
      {
        journal_rollback (journal);
        return FALSE;
      }
  return journal_commit (journal, error);
}

static void
tell_uploaded (const UploadBatch *batch)
{
  for (guint i = 0; mailbox_sync_is_heard (batch->mailbox) && i < batch->uploads->len; i++)
    {
      const Upload *upload = g_ptr_array_index (batch->uploads, i);
      g_autofree char *subject = subject_decode (upload->content->identity.subject);

      if (upload->now.uid != 0)
        mailbox_sync_tell (batch->mailbox, upload->operation, upload->now.uid, subject);
    }
}

/* A server that refuses several messages has stored none of them. Before they go up one by one, which is the
 * next round's, they are looked for all the same. */
static gboolean
name_refusals (UploadBatch *batch, gboolean *doubt, GError **error)
{
  *doubt = FALSE;
  for (guint i = 0; i < batch->uploads->len; i++)
    {
      const Upload *upload = g_ptr_array_index (batch->uploads, i);
      g_autofree char *what = describe (upload);

      batch->mailbox->appends_alone |= upload->cancelled;
      *doubt |=
          upload->cancelled || (upload->answered && upload->status == IMAP_STATUS_OK && upload->now.uid == 0);
      if (upload->answered && upload->status != IMAP_STATUS_OK &&
          !mailbox_sync_refuse (batch->mailbox, upload->operation, upload->is_final, what, upload->reason,
                                error))
        return FALSE;
    }
  return TRUE;
}

static gboolean
upload_batch (UploadBatch *batch, GError **error)
{
  gboolean doubt;

  if (batch->uploads->len == 0)
    return TRUE;
  if (!record_intents (batch, error) || !upload_batch_send (batch, error) ||
      !upload_batch_look (batch, error) || !record_answers (batch, error))
    return FALSE;
  tell_uploaded (batch);
  if (!name_refusals (batch, &doubt, error))
    return FALSE;
  g_ptr_array_set_size (batch->uploads, 0);
  batch->octets = 0;
  return !doubt || mailbox_sync_settle_uploads (batch->mailbox, error);
}

/* Earlier attempts by base name. */
static GHashTable *
load_attempts (MailboxSync *mailbox, GError **error)
{
  g_autoptr (GPtrArray) uploads = mailbox_sync_load_uploads (mailbox, error);
  g_autoptr (GHashTable) attempts =
      g_hash_table_new_full (g_str_hash, g_str_equal, NULL, (GDestroyNotify)journal_upload_free);

  if (uploads == NULL)
    return NULL;
  while (uploads->len > 0)
    {
      JournalUpload *upload = g_ptr_array_steal_index (uploads, uploads->len - 1);

      g_hash_table_replace (attempts, (gpointer)upload->base, upload);
    }
  return g_steal_pointer (&attempts);
}

static gboolean
forget_attempts (UploadBatch *batch, GError **error)
{
  Journal *journal = batch->mailbox->account->journal;
  GHashTableIter iter;
  gpointer upload;

  if (g_hash_table_size (batch->attempts) == 0)
    return TRUE;
  if (!journal_begin (journal, error))
    return FALSE;
  g_hash_table_iter_init (&iter, batch->attempts);
  while (g_hash_table_iter_next (&iter, NULL, &upload))
    if (!journal_remove_upload (journal, ((JournalUpload *)upload)->id, error))
      {
        journal_rollback (journal);
        return FALSE;
      }
  return journal_commit (journal, error);
}

static gboolean
is_upload (const PlanOperation *operation)
{
  return operation->kind == PLAN_UPLOAD || operation->kind == PLAN_REPLACE;
}

static gboolean
run_batches (UploadBatch *batch, GError **error)
{
  GArray *plan = batch->mailbox->plan;

  for (guint i = 0; i < plan->len; i++)
    {
      const PlanOperation *operation = &g_array_index (plan, PlanOperation, i);

      if (!is_upload (operation))
        continue;
      if (!prepare (batch, operation, error))
        return FALSE;
      if ((batch->uploads->len >= BATCH_MESSAGES || batch->octets >= BATCH_OCTETS) &&
          !upload_batch (batch, error))
        return FALSE;
    }
  return upload_batch (batch, error);
}

/* Earlier attempts whose file is not to go up any more are forgotten, also where nothing goes up. */
static gboolean
upload_mailbox (MailboxSync *mailbox, GError **error)
{
  g_autoptr (GPtrArray) uploads = g_ptr_array_new_with_free_func (upload_free);
  g_autoptr (GHashTable) attempts = load_attempts (mailbox, error);
  g_autoptr (GHashTable) known = g_hash_table_new (NULL, NULL);
  UploadBatch batch = { .mailbox = mailbox, .uploads = uploads, .attempts = attempts, .known = known };
  gboolean needed = mailbox_sync_plans (mailbox, PLAN_UPLOAD) || mailbox_sync_plans (mailbox, PLAN_REPLACE);
  gboolean selected = TRUE;

  if (attempts == NULL || (needed && (!mailbox_sync_collect_uids (mailbox, known, error) ||
                                      !mailbox_sync_select (mailbox, &selected, error))))
    return FALSE;
  if (needed && selected && !account_sync_compress (mailbox->account, error))
    return FALSE;
  return !selected || (run_batches (&batch, error) && forget_attempts (&batch, error));
}

gboolean
account_sync_upload (AccountSync *account, GError **error)
{
  for (guint i = 0; i < account->mailboxes->len; i++)
    {
      MailboxSync *mailbox = g_ptr_array_index (account->mailboxes, i);

      if (mailbox->plan != NULL && !upload_mailbox (mailbox, error))
        return FALSE;
    }
  return TRUE;
}
