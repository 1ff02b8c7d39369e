#include "origins.h"

#include "letters.h"
#include "moves.h"
#include "newcomers.h"
#include "plan-flags.h"

#include <string.h>

Origin
origin_make (MailboxSync *from, guint index, MailboxSync *to, const PlanLocal *file, gboolean leaves)
{
  return (Origin){ .from = from,
                   .row = &g_array_index (from->base, PlanBase, index),
                   .facts = &g_array_index (from->base_facts, BaseFacts, index),
                   .to = to,
                   .file = file,
                   .leaves = leaves };
}

/* Where both sides have it: found so, or perhaps when the whole text has come. */
static gboolean
is_on_both_sides (const MailboxSync *mailbox, const PlanOperation *operation, gpointer user_data)
{
  return operation->kind == PLAN_PAIR || (operation->kind == PLAN_UPLOAD && operation->undecided);
}

static gboolean
is_upload (const MailboxSync *mailbox, const PlanOperation *operation, gpointer user_data)
{
  return operation->kind == PLAN_UPLOAD && !operation->undecided;
}

static gboolean
is_second (const MailboxSync *mailbox, const PlanOperation *operation, gpointer user_data)
{
  return operation->kind == PLAN_REMOVE_SECOND;
}

/* A file that is still called like the row holds something else by now, and needs the name. */
static gboolean
may_be_origin (const MailboxSync *mailbox, const PlanOperation *operation)
{
  if (operation->kind == PLAN_FORGET)
    return mailbox->scan == NULL || maildir_scan_find (mailbox->scan, operation->base) == NULL;
  return operation->kind == PLAN_DELETE_REMOTE &&
         g_hash_table_contains (mailbox->account->moved, &operation->row);
}

/* What goes up instead of being moved keeps its keywords, also those that a client which knows none left out
 * of the new name. */
static void
take_keywords (const Origin *origin, PlanOperation *upload)
{
  const MailboxSync *to = origin->to;
  const PlanInput server = { .permanent = to->permanent,
                             .permanent_any = to->permanent_any,
                             .pool = to->account->pool };
  const MessageFlags flags = { upload->flags.system | upload->not_kept.system, origin_keywords (origin) };

  upload->flags = flags_permitted (&server, flags);
  upload->not_kept = message_flags_minus (server.pool, flags, upload->flags);
}

static void
add_origin (MailboxSync *from, guint index, gboolean leaves, const Newcomer *newcomer)
{
  Origin *origin = g_new0 (Origin, 1);

  *origin = origin_make (from, index, newcomer->mailbox, newcomer->file, leaves);
  g_hash_table_insert (from->account->origins, (gpointer)newcomer->file, origin);
  if (newcomer->operation->kind == PLAN_UPLOAD)
    take_keywords (origin, newcomer->operation);
}

static void
find_in_mailbox (MailboxSync *mailbox, Newcomers *newcomers, gboolean same_name, GHashTable *found)
{
  for (guint i = 0; mailbox->plan != NULL && i < mailbox->plan->len; i++)
    {
      PlanOperation *operation = &g_array_index (mailbox->plan, PlanOperation, i);
      const Newcomer *newcomer;
      guint index;

      if (!may_be_origin (mailbox, operation) || g_hash_table_contains (found, &operation->row))
        continue;
      index = mailbox_sync_row_index (mailbox, operation->row);
      newcomer = newcomers_take (newcomers, mailbox, &g_array_index (mailbox->base, PlanBase, index),
                                 same_name, NULL);
      if (newcomer == NULL)
        continue;
      g_hash_table_add (found, &operation->row);
      add_origin (mailbox, index, operation->kind == PLAN_FORGET, newcomer);
    }
}

static void
find_among (AccountSync *account, NewcomersInclude includes, GHashTable *found)
{
  g_autoptr (Newcomers) newcomers = newcomers_new (account, includes, NULL);

  for (guint pass = 0; pass < 2; pass++)
    for (guint i = 0; i < account->mailboxes->len; i++)
      find_in_mailbox (g_ptr_array_index (account->mailboxes, i), newcomers, pass == 0, found);
}

void
account_sync_find_origins (AccountSync *account)
{
  g_autoptr (GHashTable) found = g_hash_table_new (g_int64_hash, g_int64_equal);

  if (!account_sync_plans (account, PLAN_FORGET) && !account_sync_plans (account, PLAN_DELETE_REMOTE))
    return;
  find_among (account, is_on_both_sides, found);
  find_among (account, is_upload, found);
  find_among (account, is_second, found);
}

Origin *
mailbox_sync_find_origin (MailboxSync *mailbox, const PlanLocal *file)
{
  return g_hash_table_lookup (mailbox->account->origins, file);
}

GHashTable *
account_sync_leaving_rows (AccountSync *account)
{
  GHashTable *rows = g_hash_table_new (g_int64_hash, g_int64_equal);
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, account->origins);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    if (((const Origin *)value)->leaves)
      g_hash_table_insert (rows, (gpointer) & ((const Origin *)value)->row->row, value);
  return rows;
}

static const MaildirEntry *
find_entry (const Origin *origin)
{
  return maildir_scan_find (origin->to->scan, origin->file->base);
}

static const char *
keywords_of_row (const Origin *origin)
{
  const PlanBase *row = origin->row;

  return message_flags_union (origin->from->account->pool, row->flags, row->not_kept).keywords;
}

/* What its letters stand for where it is now. */
static const char *
keywords_of_letters (const Origin *origin)
{
  return maildir_keywords_to_flags (&origin->to->scan->keywords, find_entry (origin)->letters,
                                    origin->to->account->pool)
      .keywords;
}

const char *
origin_keywords (const Origin *origin)
{
  const MaildirEntry *entry = find_entry (origin);
  const MaildirScan *scan = origin->from->scan;
  const char *known = keywords_of_row (origin);

  if (entry->letters == 0)
    return known;
  if (!g_str_equal (origin->row->base, origin->file->base))
    return origin->file->flags.keywords;
  if (mailbox_sync_is_relettered (origin->from, origin->row, entry->letters))
    return known;
  return letters_read (origin->to->account->pool, scan != NULL ? &scan->keywords : NULL, entry->letters,
                       known)
      .keywords;
}

/* They are those of the row. */
static gboolean
keeps_keywords (const Origin *origin)
{
  return origin_keywords (origin) == keywords_of_row (origin);
}

gboolean
origin_knows_keywords (const Origin *origin)
{
  return keeps_keywords (origin) || keywords_of_letters (origin) == origin_keywords (origin);
}

gboolean
origin_is_unchanged (const Origin *origin, MaildirFileStamp *stamp)
{
  const LocalContent *content = (const LocalContent *)origin->file->identity;
  MaildirPlace place = mailbox_sync_place (origin->to, origin->file->base);

  return maildir_message_stat (origin->to->box, &place, stamp, NULL) && stamp->size == content->stamp.size &&
         stamp->mtime_ns == content->stamp.mtime_ns;
}

void
origin_keep_date (const Origin *origin, MaildirFileStamp *stamp)
{
  MaildirPlace place = mailbox_sync_place (origin->to, origin->file->base);
  gint64 seconds = origin->facts->mtime_ns / G_TIME_SPAN_SECOND / 1000;

  if (!origin_is_unchanged (origin, stamp))
    *stamp = (MaildirFileStamp){ 0 };
  else if (stamp->mtime_ns / G_TIME_SPAN_SECOND / 1000 != seconds &&
           maildir_message_set_mtime (origin->to->box, &place, seconds, NULL))
    maildir_message_stat (origin->to->box, &place, stamp, NULL);
}

/* The base takes what the letters mean in the new mailbox. */
static void
fill_seen_keywords (const Origin *origin, JournalMessage *row)
{
  MessageKeywordPool *pool = origin->to->account->pool;
  const MessageFlags seen = { 0, keywords_of_letters (origin) };
  const MessageFlags not_kept = { 0, origin->row->not_kept.keywords };
  const MessageFlags still_not_kept = message_flags_intersect (pool, seen, not_kept);

  row->not_kept_keywords = still_not_kept.keywords;
  row->keywords = message_flags_minus (pool, seen, still_not_kept).keywords;
}

void
origin_fill_row (const Origin *origin, JournalMessage *row)
{
  const PlanBase *base = origin->row;

  if (origin->leaves)
    row->id = base->row;
  row->system = base->flags.system;
  row->not_kept_system = base->not_kept.system;
  if (keeps_keywords (origin))
    fill_seen_keywords (origin, row);
  else if (origin_knows_keywords (origin))
    {
      row->keywords = base->flags.keywords;
      row->not_kept_keywords = base->not_kept.keywords;
    }
}

void
origin_note_letters (const Origin *origin, gint64 row)
{
  if (origin->from != origin->to)
    g_hash_table_add (origin->to->account->foreign, g_memdup2 (&row, sizeof row));
}
