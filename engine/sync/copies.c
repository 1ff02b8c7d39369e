#include "copies.h"

#include "../journal/journal-alike.h"
#include "mailboxes.h"
#include "moves.h"

#include <string.h>

/* A row that a new file may be a copy of. */
typedef struct
{
  MailboxSync *to;
  const PlanLocal *file;
  Copy *copy; /* (nullable) the first that is good for it */
} CopySearch;

/* UIDs of the journal mean something there. Offline, what will be asked for is queued. */
static gboolean
may_copy_from (const MailboxSync *mailbox)
{
  const JournalMailbox *row = mailbox->row;

  if (mailbox->is_other || row->refresh != JOURNAL_REFRESH_NONE || row->uidvalidity == 0)
    return FALSE;
  return mailbox->account->session == NULL ||
         (mailbox->on_server && !mailbox->gone_there &&
          (mailbox->uidvalidity == 0 || mailbox->uidvalidity == row->uidvalidity));
}

static Copy *
copy_new (MailboxSync *from, const JournalMessage *message, MailboxSync *to, const PlanLocal *file)
{
  MessageKeywordPool *pool = to->account->pool;
  Copy *copy = g_new0 (Copy, 1);

  copy->row = (PlanBase){
    .row = message->id,
    .uid = message->uid,
    .base = g_string_chunk_insert (from->strings, message->base),
    .flags = { message->system, message_keyword_pool_intern (pool, message->keywords) },
    .not_kept = { message->not_kept_system, message_keyword_pool_intern (pool, message->not_kept_keywords) },
    .has_digest = TRUE,
    .size = message->size,
  };
  memcpy (copy->row.digest.bytes, message->digest, sizeof copy->row.digest.bytes);
  copy->facts = (BaseFacts){ .remote_size = message->remote_size,
                             .file_size = message->file_size,
                             .mtime_ns = message->mtime_ns,
                             .internal_date = message->internal_date };
  copy->origin = (Origin){ .from = from, .row = &copy->row, .facts = &copy->facts, .to = to, .file = file };
  return copy;
}

/* Its message was to be moved in this run, and does not let itself be. */
static gboolean
was_tried (MailboxSync *from, guint32 uid)
{
  const PlanOperation move = { .kind = PLAN_MOVE, .uid = uid };

  return mailbox_sync_is_closed (from, &move);
}

/* A row that is gone there, as far as this round has seen, is no source. */
static gboolean
consider (const JournalMessage *message, gpointer user_data)
{
  CopySearch *search = user_data;
  MailboxSync *from = account_sync_find_id (search->to->account, message->mailbox);

  if (from == NULL || message->uid == 0 || !may_copy_from (from) ||
      imap_uid_set_contains (from->gone, message->uid) || was_tried (from, message->uid))
    return TRUE;
  search->copy = copy_new (from, message, search->to, search->file);
  if (!origin_knows_keywords (&search->copy->origin))
    g_clear_pointer (&search->copy, g_free);
  return search->copy == NULL;
}

/* `refused`: where the server does not take the message for good, the copy was tried before. */
static gboolean
may_be_copied (MailboxSync *mailbox, const PlanOperation *operation, GHashTable *refused)
{
  PlanOperation copy = *operation;

  copy.kind = PLAN_COPY;
  return operation->kind == PLAN_UPLOAD && !operation->undecided &&
         !mailbox_sync_is_closed (mailbox, &copy) && !mailbox_sync_was_refused (mailbox, operation, refused);
}

static gboolean
find_one (MailboxSync *mailbox, const PlanOperation *operation, GError **error)
{
  AccountSync *account = mailbox->account;
  const PlanLocal *file = mailbox_sync_find_local (mailbox, operation->base);
  CopySearch search = { mailbox, file, NULL };

  if (!journal_foreach_text (account->journal, file->identity->size, file->identity->full.bytes, consider,
                             &search, error))
    return FALSE;
  if (search.copy != NULL)
    g_hash_table_insert (account->copies, (gpointer)file, search.copy);
  return TRUE;
}

typedef struct
{
  gint64 internal_date;
  gboolean found;
} DateSearch;

static gboolean
compare_date (const JournalMessage *message, gpointer user_data)
{
  DateSearch *search = user_data;

  search->found = message->internal_date == search->internal_date;
  return !search->found;
}

gboolean
account_sync_find_original (AccountSync *account, const MessageIdentity *identity, gint64 internal_date,
                            gboolean *found, GError **error)
{
  DateSearch search = { internal_date, FALSE };

  if (!journal_index_texts (account->journal, error) ||
      !journal_foreach_text (account->journal, identity->size, identity->full.bytes, compare_date, &search,
                             error))
    return FALSE;
  *found = search.found;
  return TRUE;
}

static gboolean
index_texts (Journal *journal, GError **error)
{
  return journal_begin (journal, error) && journal_end (journal, journal_index_texts (journal, error), error);
}

gboolean
account_sync_find_copies (AccountSync *account, GError **error)
{
  g_autoptr (GHashTable) refused = NULL;

  if (!account_sync_plans (account, PLAN_UPLOAD) || !journal_has_messages (account->journal))
    return TRUE;
  refused = account_sync_refused_uploads (account, error);
  if (refused == NULL || !index_texts (account->journal, error))
    return FALSE;
  for (guint i = 0; i < account->mailboxes->len; i++)
    {
      MailboxSync *mailbox = g_ptr_array_index (account->mailboxes, i);

      for (guint j = 0; mailbox->plan != NULL && mailbox_sync_may_move (mailbox) && j < mailbox->plan->len;
           j++)
        {
          const PlanOperation *operation = &g_array_index (mailbox->plan, PlanOperation, j);

          if (may_be_copied (mailbox, operation, refused) && !find_one (mailbox, operation, error))
            return FALSE;
        }
    }
  return TRUE;
}

gboolean
mailbox_sync_is_copy (MailboxSync *mailbox, const PlanOperation *operation)
{
  return operation->kind == PLAN_UPLOAD &&
         g_hash_table_contains (mailbox->account->copies, mailbox_sync_find_local (mailbox, operation->base));
}

void
account_sync_plan_copies (AccountSync *account)
{
  for (guint i = 0; g_hash_table_size (account->copies) > 0 && i < account->mailboxes->len; i++)
    {
      MailboxSync *mailbox = g_ptr_array_index (account->mailboxes, i);

      for (guint j = 0; mailbox->plan != NULL && j < mailbox->plan->len; j++)
        {
          PlanOperation *operation = &g_array_index (mailbox->plan, PlanOperation, j);

          if (mailbox_sync_is_copy (mailbox, operation))
            operation->kind = PLAN_COPY;
        }
    }
}

const Copy *
mailbox_sync_find_copy (MailboxSync *mailbox, const PlanOperation *operation)
{
  const Copy *copy =
      g_hash_table_lookup (mailbox->account->copies, mailbox_sync_find_local (mailbox, operation->base));

  g_assert (copy != NULL);
  return copy;
}
