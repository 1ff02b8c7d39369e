#include "move-there.h"

#include "moves.h"
#include "observe-remote.h"
#include "subject.h"
#include "tell.h"
#include "verify-there.h"

#include <string.h>

#define GROUP_MESSAGES 1000 /* between two commits */

/* One message on its way. */
typedef struct
{
  const PlanOperation *operation;
  const Origin *move;
  MaildirFileStamp stamp; /* of its file */
  guint32 uid;            /* in the other mailbox, as COPYUID says; 0: not told */
  guint64 remote_size;    /* as found there; valid with `found` */
  gint64 internal_date;
  const char *email_id; /* (nullable) */
  gboolean found;
} Moving;

/* Some that go from one mailbox to one other. */
typedef struct
{
  MailboxSync *from, *to;
  GHashTable *pending; /* uid -> PlanOperation, as verified */
  GHashTable *movings; /* uid -> Moving */
} Group;

static void
collect_movings (Group *group)
{
  GHashTableIter iter;
  gpointer uid, operation;

  g_hash_table_iter_init (&iter, group->pending);
  while (g_hash_table_iter_next (&iter, &uid, &operation))
    {
      const Origin *move = mailbox_sync_find_move (group->from, operation);
      Moving *moving;
      MaildirFileStamp stamp;

      if (!origin_is_unchanged (move, &stamp))
        continue;
      moving = g_new0 (Moving, 1);
      moving->operation = operation;
      moving->move = move;
      moving->stamp = stamp;
      g_hash_table_insert (group->movings, uid, moving);
    }
}

/* A COPYUID of another UIDVALIDITY, or of UIDs that were there before, is not believed. */
static void
note_answer (const ImapResult *result, gpointer user_data)
{
  Group *group = user_data;
  const ImapCode *code = result->code;

  if (code->type != IMAP_CODE_COPYUID || code->source == NULL || code->number != group->to->uidvalidity)
    return;
  for (guint i = 0; i < code->source->len; i++)
    {
      guint32 source = g_array_index (code->source, guint32, i);
      guint32 target = g_array_index (code->target, guint32, i);
      Moving *moving = g_hash_table_lookup (group->movings, GUINT_TO_POINTER (source));

      if (moving != NULL && target >= group->to->uidnext)
        moving->uid = target;
    }
}

static gboolean
send_move (Group *group, GError **error)
{
  g_autoptr (ImapBatch) batch = imap_batch_new (group->from->account->session);
  g_autoptr (ImapUidSet) set = imap_uid_set_new ();
  GHashTableIter iter;
  gpointer uid;

  g_hash_table_iter_init (&iter, group->movings);
  while (g_hash_table_iter_next (&iter, &uid, NULL))
    imap_uid_set_add (set, GPOINTER_TO_UINT (uid));
  if (imap_session_has (group->from->account->session, IMAP_CAPABILITY_MOVE))
    imap_batch_uid_move (batch, set, group->to->row->wire_name, note_answer, group);
  else
    imap_batch_uid_copy (batch, set, group->to->row->wire_name, note_answer, group);
  return imap_batch_wait (batch, error);
}

static gboolean
note_known (const JournalMessage *message, gpointer user_data)
{
  *(gboolean *)user_data = TRUE;
  return TRUE;
}

/* What stands there is what left: of its size and date, and nobody's so far. */
static void
note_found (const ImapFetch *fetch, gpointer user_data)
{
  GHashTable *targets = user_data;
  const guint needed = IMAP_FETCH_SIZE | IMAP_FETCH_INTERNALDATE;
  Moving *moving = g_hash_table_lookup (targets, GUINT_TO_POINTER (fetch->uid));
  const BaseFacts *facts = moving != NULL ? origin_facts (moving->move) : NULL;

  if (facts == NULL || (fetch->present & needed) != needed)
    return;
  moving->remote_size = fetch->size;
  moving->internal_date = fetch->internal_date;
  if (fetch->email_id != NULL)
    moving->email_id = g_string_chunk_insert (moving->move->to->email_ids, fetch->email_id);
  moving->found = (facts->remote_size == 0 || facts->remote_size == fetch->size) &&
                  facts->internal_date == fetch->internal_date;
}

/* (transfer full): uid there -> Moving; a UID that is told for two, or known already, is nobody's. */
static gboolean
collect_targets (Group *group, GHashTable *targets, GError **error)
{
  Journal *journal = group->to->account->journal;
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, group->movings);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      Moving *moving = value;
      gboolean known = FALSE;

      if (moving->uid == 0)
        continue;
      if (!journal_find_uid (journal, group->to->row->id, moving->uid, note_known, &known, error))
        return FALSE;
      if (!known && !g_hash_table_contains (targets, GUINT_TO_POINTER (moving->uid)))
        g_hash_table_insert (targets, GUINT_TO_POINTER (moving->uid), moving);
    }
  return TRUE;
}

static gboolean
look (Group *group, GHashTable *targets, GError **error)
{
  g_autofree char *items =
      g_strdup_printf ("(UID RFC822.SIZE INTERNALDATE%s)", account_sync_email_id_item (group->to->account));
  g_autoptr (ImapBatch) batch = NULL;
  g_autoptr (ImapUidSet) set = imap_uid_set_new ();
  gboolean selected;
  GHashTableIter iter;
  gpointer uid;

  g_hash_table_iter_init (&iter, targets);
  while (g_hash_table_iter_next (&iter, &uid, NULL))
    imap_uid_set_add (set, GPOINTER_TO_UINT (uid));
  if (imap_uid_set_is_empty (set))
    return TRUE;
  if (!mailbox_sync_select (group->to, &selected, error))
    return FALSE;
  if (!selected)
    return TRUE;
  batch = imap_batch_new (group->to->account->session);
  imap_batch_set_fetch_handler (batch, note_found, targets);
  imap_batch_uid_fetch (batch, set, items, NULL, NULL);
  return imap_batch_wait (batch, error);
}

static gboolean
record_moved (const Moving *moving, GError **error)
{
  const Origin *move = moving->move;
  const LocalContent *content = (const LocalContent *)move->file->identity;
  Journal *journal = move->to->account->journal;
  g_autofree char *key = plan_operation_key (moving->operation);
  JournalMessage row = {
    .mailbox = move->to->row->id,
    .uid = moving->uid,
    .state = JOURNAL_MESSAGE_PRESENT,
    .base = move->file->base,
    .keywords = move->file->flags.keywords,
    .not_kept_keywords = "",
    .size = content->identity.size,
    .remote_size = moving->remote_size,
    .file_size = moving->stamp.size,
    .mtime_ns = moving->stamp.mtime_ns,
    .has_digest = TRUE,
    .internal_date = moving->internal_date,
    .email_id = moving->email_id,
  };

  memcpy (row.digest, content->identity.full.bytes, sizeof row.digest);
  origin_fill_row (move, &row);
  if (!journal_queue_remove (journal, move->from->row->id, key, error))
    return FALSE;
  if (move->leaves)
    return journal_update_message (journal, &row, error);
  return journal_add_message (journal, &row, error) &&
         mailbox_sync_begin_leaving (move->from, moving->operation, error);
}

static gboolean
record_all (GHashTable *targets, GError **error)
{
  GHashTableIter iter;
  gpointer moving;

  g_hash_table_iter_init (&iter, targets);
  while (g_hash_table_iter_next (&iter, NULL, &moving))
    if (((Moving *)moving)->found && !record_moved (moving, error))
      return FALSE;
  return TRUE;
}

static void
tell_moved (Group *group, GHashTable *targets)
{
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, targets);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      const Moving *moving = value;

      if (!moving->found)
        continue;
      group->from->account->tally.moved++;
      mailbox_sync_tell_moved (group->from, moving->move, moving->uid);
    }
}

static gboolean
record (Group *group, GHashTable *targets, GError **error)
{
  AccountSync *account = group->from->account;
  GHashTableIter iter;
  gpointer moving;

  g_hash_table_iter_init (&iter, targets);
  while (g_hash_table_iter_next (&iter, NULL, &moving))
    if (((Moving *)moving)->found)
      origin_keep_date (((Moving *)moving)->move, &((Moving *)moving)->stamp);
  if (!journal_begin (account->journal, error) ||
      !journal_end (account->journal, record_all (targets, error), error))
    return FALSE;
  tell_moved (group, targets);
  report_progress (&account->report, group->from->row->name, g_hash_table_size (targets), 0);
  return TRUE;
}

/* One try a run: what is still in its old place then is uploaded. */
static void
close_tried (Group *group)
{
  GHashTableIter iter;
  gpointer moving;

  g_hash_table_iter_init (&iter, group->movings);
  while (g_hash_table_iter_next (&iter, NULL, &moving))
    g_hash_table_add (group->from->closed, plan_operation_key (((const Moving *)moving)->operation));
}

static gboolean
run_group (Group *group, GError **error)
{
  g_autoptr (GHashTable) targets = g_hash_table_new (NULL, NULL);
  gboolean selected;

  if (!mailbox_sync_select (group->from, &selected, error))
    return FALSE;
  if (!selected || !mailbox_sync_verify_there (group->from, group->pending, error))
    return selected == FALSE;
  collect_movings (group);
  if (g_hash_table_size (group->movings) == 0)
    return TRUE;
  close_tried (group);
  return send_move (group, error) && collect_targets (group, targets, error) &&
         look (group, targets, error) && record (group, targets, error);
}

/* The next ones of a mailbox that go to the same other one, behind *index. (nullable): that other one. */
static MailboxSync *
next_group (MailboxSync *from, GHashTable *done, GHashTable *pending)
{
  MailboxSync *to = NULL;

  for (guint i = 0; i < from->plan->len && g_hash_table_size (pending) < GROUP_MESSAGES; i++)
    {
      PlanOperation *operation = &g_array_index (from->plan, PlanOperation, i);
      const Origin *move;

      if (operation->kind != PLAN_MOVE || g_hash_table_contains (done, operation))
        continue;
      move = mailbox_sync_find_move (from, operation);
      to = to != NULL ? to : move->to;
      if (move->to != to)
        continue;
      g_hash_table_add (done, operation);
      g_hash_table_insert (pending, GUINT_TO_POINTER (operation->uid), operation);
    }
  return to;
}

static gboolean
move_from (MailboxSync *from, GError **error)
{
  g_autoptr (GHashTable) done = g_hash_table_new (NULL, NULL);

  for (;;)
    {
      g_autoptr (GHashTable) pending = g_hash_table_new (NULL, NULL);
      g_autoptr (GHashTable) movings = g_hash_table_new_full (NULL, NULL, NULL, g_free);
      Group group = { from, next_group (from, done, pending), pending, movings };

      if (group.to == NULL)
        return TRUE;
      if (!run_group (&group, error))
        return FALSE;
    }
}

gboolean
account_sync_move_there (AccountSync *account, GError **error)
{
  for (guint i = 0; i < account->mailboxes->len; i++)
    {
      MailboxSync *mailbox = g_ptr_array_index (account->mailboxes, i);

      if (mailbox_sync_plans (mailbox, PLAN_MOVE) && !move_from (mailbox, error))
        return FALSE;
    }
  return TRUE;
}
