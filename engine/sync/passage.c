#include "passage.h"

#include "observe-remote.h"

#include <string.h>

/* What goes with one command. */
typedef struct
{
  PassageGroup *group;
  GHashTable *passages; /* uid -> Passage */
} Command;

static void
command_free (gpointer data)
{
  Command *command = data;

  g_hash_table_unref (command->passages);
  g_free (command);
}

void
passage_group_init (PassageGroup *group, MailboxSync *from, MailboxSync *to)
{
  *group = (PassageGroup){ from, to, g_ptr_array_new_with_free_func (g_free),
                           g_ptr_array_new_with_free_func (command_free), g_hash_table_new (NULL, NULL) };
}

void
passage_group_clear (PassageGroup *group)
{
  g_clear_pointer (&group->targets, g_hash_table_unref);
  g_clear_pointer (&group->commands, g_ptr_array_unref);
  g_clear_pointer (&group->passages, g_ptr_array_unref);
}

/* The first command that does not name the UID yet. */
static Command *
find_command (PassageGroup *group, guint32 uid)
{
  Command *command;

  for (guint i = 0; i < group->commands->len; i++)
    {
      command = g_ptr_array_index (group->commands, i);
      if (!g_hash_table_contains (command->passages, GUINT_TO_POINTER (uid)))
        return command;
    }
  command = g_new0 (Command, 1);
  command->group = group;
  command->passages = g_hash_table_new (NULL, NULL);
  g_ptr_array_add (group->commands, command);
  return command;
}

void
passage_group_add (PassageGroup *group, const PlanOperation *operation, const Origin *origin)
{
  const guint32 uid = origin->row->uid;
  MaildirFileStamp stamp;
  Passage *passage;

  if (!origin_is_unchanged (origin, &stamp))
    return;
  passage = g_new0 (Passage, 1);
  passage->operation = operation;
  passage->origin = origin;
  g_ptr_array_add (group->passages, passage);
  g_hash_table_insert (find_command (group, uid)->passages, GUINT_TO_POINTER (uid), passage);
}

/* A COPYUID of another UIDVALIDITY, or of UIDs that were there before, is not believed. */
static void
note_answer (const ImapResult *result, gpointer user_data)
{
  const Command *command = user_data;
  const ImapCode *code = result->code;
  const MailboxSync *to = command->group->to;

  if (code->type != IMAP_CODE_COPYUID || code->source == NULL || code->number != to->uidvalidity)
    return;
  for (guint i = 0; i < code->source->len; i++)
    {
      const guint32 source = g_array_index (code->source, guint32, i);
      const guint32 target = g_array_index (code->target, guint32, i);
      Passage *passage = g_hash_table_lookup (command->passages, GUINT_TO_POINTER (source));

      if (passage != NULL && target >= to->uidnext)
        passage->uid = target;
    }
}

static gboolean
send_all (PassageGroup *group, gboolean is_move, GError **error)
{
  g_autoptr (ImapBatch) batch = imap_batch_new (group->from->account->session);

  for (guint i = 0; i < group->commands->len; i++)
    {
      Command *command = g_ptr_array_index (group->commands, i);
      g_autoptr (ImapUidSet) set = imap_uid_set_new ();
      GHashTableIter iter;
      gpointer uid;

      g_hash_table_iter_init (&iter, command->passages);
      while (g_hash_table_iter_next (&iter, &uid, NULL))
        imap_uid_set_add (set, GPOINTER_TO_UINT (uid));
      if (is_move)
        imap_batch_uid_move (batch, set, group->to->row->wire_name, note_answer, command);
      else
        imap_batch_uid_copy (batch, set, group->to->row->wire_name, note_answer, command);
    }
  return imap_batch_wait (batch, error);
}

static gboolean
note_known (const JournalMessage *message, gpointer user_data)
{
  *(gboolean *)user_data = TRUE;
  return TRUE;
}

/* A UID that is told for two, or known already, is nobody's. */
static gboolean
collect_targets (PassageGroup *group, GError **error)
{
  for (guint i = 0; i < group->passages->len; i++)
    {
      Passage *passage = g_ptr_array_index (group->passages, i);
      gboolean known = FALSE;

      if (passage->uid == 0)
        continue;
      if (!journal_find_uid (group->to->account->journal, group->to->row->id, passage->uid, note_known,
                             &known, error))
        return FALSE;
      if (!known && !g_hash_table_contains (group->targets, GUINT_TO_POINTER (passage->uid)))
        g_hash_table_insert (group->targets, GUINT_TO_POINTER (passage->uid), passage);
    }
  return TRUE;
}

/* What stands there is what left: of its size and date. */
static void
note_found (const ImapFetch *fetch, gpointer user_data)
{
  const PassageGroup *group = user_data;
  const guint needed = IMAP_FETCH_SIZE | IMAP_FETCH_INTERNALDATE;
  Passage *passage = g_hash_table_lookup (group->targets, GUINT_TO_POINTER (fetch->uid));
  const BaseFacts *facts = passage != NULL ? passage->origin->facts : NULL;

  if (facts == NULL || (fetch->present & needed) != needed)
    return;
  passage->remote_size = fetch->size;
  passage->internal_date = fetch->internal_date;
  if (fetch->email_id != NULL)
    passage->email_id = g_string_chunk_insert (group->to->email_ids, fetch->email_id);
  passage->found = (facts->remote_size == 0 || facts->remote_size == fetch->size) &&
                   facts->internal_date == fetch->internal_date;
}

static gboolean
look (PassageGroup *group, GError **error)
{
  g_autofree char *items =
      g_strdup_printf ("(UID RFC822.SIZE INTERNALDATE%s)", account_sync_email_id_item (group->to->account));
  g_autoptr (ImapBatch) batch = NULL;
  g_autoptr (ImapUidSet) set = imap_uid_set_new ();
  gboolean selected;
  GHashTableIter iter;
  gpointer uid;

  g_hash_table_iter_init (&iter, group->targets);
  while (g_hash_table_iter_next (&iter, &uid, NULL))
    imap_uid_set_add (set, GPOINTER_TO_UINT (uid));
  if (imap_uid_set_is_empty (set))
    return TRUE;
  if (!mailbox_sync_select (group->to, &selected, error))
    return FALSE;
  if (!selected)
    return TRUE;
  batch = imap_batch_new (group->to->account->session);
  imap_batch_set_fetch_handler (batch, note_found, group);
  imap_batch_uid_fetch (batch, set, items, NULL, NULL);
  return imap_batch_wait (batch, error);
}

gboolean
passage_group_send (PassageGroup *group, gboolean is_move, GError **error)
{
  if (group->passages->len == 0)
    return TRUE;
  if (!send_all (group, is_move, error) || !collect_targets (group, error) || !look (group, error))
    return FALSE;
  for (guint i = 0; i < group->passages->len; i++)
    {
      Passage *passage = g_ptr_array_index (group->passages, i);

      if (passage->found)
        origin_keep_date (passage->origin, &passage->stamp);
    }
  return TRUE;
}

void
passage_group_begin (const PassageGroup *group, PassageIter *iter)
{
  g_hash_table_iter_init (iter, group->targets);
}

const Passage *
passage_group_next (PassageIter *iter)
{
  gpointer passage;

  while (g_hash_table_iter_next (iter, NULL, &passage))
    if (((const Passage *)passage)->found)
      return passage;
  return NULL;
}

JournalMessage
passage_make_row (const Passage *passage)
{
  const Origin *origin = passage->origin;
  const LocalContent *content = (const LocalContent *)origin->file->identity;
  JournalMessage row = {
    .mailbox = origin->to->row->id,
    .uid = passage->uid,
    .state = JOURNAL_MESSAGE_PRESENT,
    .base = origin->file->base,
    .keywords = origin->file->flags.keywords,
    .not_kept_keywords = "",
    .size = content->identity.size,
    .remote_size = passage->remote_size,
    .file_size = passage->stamp.size,
    .mtime_ns = passage->stamp.mtime_ns,
    .has_digest = TRUE,
    .internal_date = passage->internal_date,
    .email_id = passage->email_id,
  };

  memcpy (row.digest, content->identity.full.bytes, sizeof row.digest);
  origin_fill_row (origin, &row);
  return row;
}
