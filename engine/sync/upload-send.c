#include "upload-batch.h"

#include "observe-remote.h"
#include "refusal.h"

/* The uploads of one command. */
typedef struct
{
  Upload **uploads;
  guint count;
} UploadGroup;

static void
note_refusal (Upload *upload, const ImapResult *result)
{
  upload->is_final = refusal_is_final (result);
  upload->reason = g_strdup (*result->text != '\0' ? result->text : "it gave no reason");
}

/* APPENDUID's UIDs are in the order of the messages (RFC 4315 section 3). */
static void
note_uid (Upload *upload, const ImapCode *code, guint index, guint count)
{
  if (code->type == IMAP_CODE_APPENDUID && code->target != NULL && code->target->len == count &&
      code->number == upload->intent.uidvalidity &&
      g_array_index (code->target, guint32, index) >= upload->intent.uidnext)
    upload->uid = g_array_index (code->target, guint32, index);
}

static void
note_answer (const ImapResult *result, gpointer user_data)
{
  const UploadGroup *group = user_data;

  for (guint i = 0; i < group->count; i++)
    {
      Upload *upload = group->uploads[i];

      upload->status = result->status;
      upload->cancelled = result->status != IMAP_STATUS_OK && group->count > 1;
      upload->answered = !upload->cancelled;
      if (result->status == IMAP_STATUS_OK)
        note_uid (upload, result->code, i, group->count);
      else if (upload->answered)
        note_refusal (upload, result);
    }
}

/* An empty message cancels the command that it is in (RFC 3502 section 6.3.11). */
static guint
count_for_command (const UploadBatch *batch, guint first)
{
  const AccountSync *account = batch->mailbox->account;
  guint count = 1;

  if (batch->mailbox->appends_alone || !imap_session_has (account->session, IMAP_CAPABILITY_MULTIAPPEND))
    return 1;
  while (first + count < batch->uploads->len &&
         ((Upload *)g_ptr_array_index (batch->uploads, first + count - 1))->intent.wire_size > 0 &&
         ((Upload *)g_ptr_array_index (batch->uploads, first + count))->intent.wire_size > 0)
    count++;
  return count;
}

static void
send_group (UploadBatch *batch, ImapBatch *commands, UploadGroup *group)
{
  MailboxSync *mailbox = batch->mailbox;
  g_autofree ImapAppend *messages = g_new0 (ImapAppend, group->count);
  g_autoptr (GPtrArray) flags = g_ptr_array_new_with_free_func (g_free);

  for (guint i = 0; i < group->count; i++)
    {
      Upload *upload = group->uploads[i];

      g_ptr_array_add (flags, message_flags_to_imap (upload->operation->flags));
      messages[i] = (ImapAppend){ .flags = g_ptr_array_index (flags, i),
                                  .internal_date = upload->intent.internal_date,
                                  .size = upload->intent.wire_size,
                                  .source = maildir_upload_read,
                                  .source_data = upload->file };
    }
  imap_batch_append (commands, mailbox->row->wire_name, messages, group->count, note_answer, group);
}

gboolean
upload_batch_send (UploadBatch *batch, GError **error)
{
  g_autofree UploadGroup *groups = g_new0 (UploadGroup, batch->uploads->len);
  g_autoptr (ImapBatch) commands = imap_batch_new (batch->mailbox->account->session);
  guint n_groups = 0;

  for (guint i = 0; i < batch->uploads->len; i += groups[n_groups++].count)
    {
      groups[n_groups].uploads = (Upload **)&g_ptr_array_index (batch->uploads, i);
      groups[n_groups].count = count_for_command (batch, i);
      send_group (batch, commands, &groups[n_groups]);
    }
  return imap_batch_wait (commands, error);
}

/* A false APPENDUID names somebody else's message: what stands there must be as long and as old as what was
 * sent, and nobody's so far. Otherwise the upload is in doubt, which also finds a message that the server
 * rewrote. */
static gboolean
is_ours (UploadBatch *batch, const Upload *upload, const ImapFetch *fetch)
{
  const guint needed = IMAP_FETCH_FLAGS | IMAP_FETCH_SIZE | IMAP_FETCH_INTERNALDATE;

  return upload->uid != 0 && upload->uid == fetch->uid && upload->now.uid == 0 &&
         (fetch->present & needed) == needed && fetch->size == upload->intent.wire_size &&
         fetch->internal_date == upload->intent.internal_date &&
         !g_hash_table_contains (batch->known, GUINT_TO_POINTER (fetch->uid));
}

static void
note_uploaded (const ImapFetch *fetch, gpointer user_data)
{
  UploadBatch *batch = user_data;

  for (guint i = 0; i < batch->uploads->len; i++)
    {
      Upload *upload = g_ptr_array_index (batch->uploads, i);

      if (!is_ours (batch, upload, fetch))
        continue;
      upload->now = (UploadedMessage){ .uid = fetch->uid,
                                       .flags = message_flags_from_imap (batch->mailbox->account->pool,
                                                                         (const char *const *)fetch->flags),
                                       .remote_size = fetch->size,
                                       .internal_date = fetch->internal_date };
      if (fetch->email_id != NULL)
        upload->now.email_id = g_string_chunk_insert (batch->mailbox->email_ids, fetch->email_id);
      g_hash_table_add (batch->known, GUINT_TO_POINTER (fetch->uid));
    }
}

gboolean
upload_batch_look (UploadBatch *batch, GError **error)
{
  g_autofree char *items = account_sync_listing_of_new (batch->mailbox->account);
  g_autoptr (ImapBatch) commands = imap_batch_new (batch->mailbox->account->session);
  g_autoptr (ImapUidSet) set = imap_uid_set_new ();

  for (guint i = 0; i < batch->uploads->len; i++)
    {
      const Upload *upload = g_ptr_array_index (batch->uploads, i);

      if (upload->uid != 0)
        imap_uid_set_add (set, upload->uid);
    }
  if (imap_uid_set_is_empty (set))
    return TRUE;
  imap_batch_set_fetch_handler (commands, note_uploaded, batch);
  imap_batch_uid_fetch (commands, set, items, NULL, NULL);
  return imap_batch_wait (commands, error);
}
