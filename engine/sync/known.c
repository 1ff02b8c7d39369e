#include "known.h"

#include "observe-remote.h"

#include <string.h>

typedef struct
{
  MailboxSync *mailbox;
  gboolean unseen;
  gboolean found;
} Load;

static gboolean
add_row (const JournalMessage *message, gpointer user_data)
{
  Load *load = user_data;
  MailboxSync *mailbox = load->mailbox;
  MessageKeywordPool *pool = mailbox->account->pool;
  PlanBase base = {
    .row = message->id,
    .uid = mailbox->refresh == JOURNAL_REFRESH_NONE ? message->uid : 0,
    .flags = { message->system, message_keyword_pool_intern (pool, message->keywords) },
    .not_kept = { message->not_kept_system, message_keyword_pool_intern (pool, message->not_kept_keywords) },
    .has_digest = message->has_digest,
    .size = message->size,
  };
  BaseFacts facts = {
    .remote_size = message->remote_size,
    .file_size = message->file_size,
    .mtime_ns = message->mtime_ns,
    .internal_date = message->internal_date,
    .unseen = load->unseen,
  };

  if (message->state == JOURNAL_MESSAGE_STAGED)
    return TRUE;
  load->found = TRUE;
  base.base = g_string_chunk_insert (mailbox->strings, message->base);
  if (message->email_id != NULL)
    facts.email_id = g_string_chunk_insert (mailbox->strings, message->email_id);
  memcpy (base.digest.bytes, message->digest, sizeof base.digest.bytes);
  g_array_append_val (mailbox->base, base);
  g_array_append_val (mailbox->base_facts, facts);
  return TRUE;
}

gboolean
mailbox_sync_load_base (MailboxSync *mailbox, GError **error)
{
  Load load = { .mailbox = mailbox };

  g_array_set_size (mailbox->base, 0);
  g_array_set_size (mailbox->base_facts, 0);
  g_hash_table_remove_all (mailbox->rows);
  if (!journal_foreach_message (mailbox->account->journal, mailbox->row->id, add_row, &load, error))
    return FALSE;
  mailbox->whole = TRUE;
  mailbox->n_known = mailbox->base->len;
  return TRUE;
}

gboolean
mailbox_sync_load_uid (MailboxSync *mailbox, guint32 uid, gboolean *found, GError **error)
{
  Load load = { .mailbox = mailbox };

  if (!journal_find_uid (mailbox->account->journal, mailbox->row->id, uid, add_row, &load, error))
    return FALSE;
  *found = load.found;
  return TRUE;
}

gboolean
mailbox_sync_load_id (MailboxSync *mailbox, gint64 id, GError **error)
{
  Load load = { .mailbox = mailbox, .unseen = TRUE };

  return journal_find_id (mailbox->account->journal, mailbox->row->id, id, add_row, &load, error);
}

gboolean
mailbox_sync_load_name (MailboxSync *mailbox, const char *base, GError **error)
{
  Load load = { .mailbox = mailbox, .unseen = TRUE };

  return journal_find_base (mailbox->account->journal, mailbox->row->id, base, add_row, &load, error);
}

typedef struct
{
  PlanBase base;
  BaseFacts facts;
} Row;

static int
compare_rows (gconstpointer a, gconstpointer b)
{
  return strcmp (((const Row *)a)->base.base, ((const Row *)b)->base.base);
}

/* A row may have been loaded for both sides. */
void
mailbox_sync_sort_base (MailboxSync *mailbox)
{
  g_autoptr (GArray) rows = g_array_sized_new (FALSE, FALSE, sizeof (Row), mailbox->base->len);
  guint kept = 0;

  for (guint i = 0; i < mailbox->base->len; i++)
    {
      Row row = { g_array_index (mailbox->base, PlanBase, i),
                  g_array_index (mailbox->base_facts, BaseFacts, i) };

      g_array_append_val (rows, row);
    }
  g_array_sort (rows, compare_rows);
  for (guint i = 0; i < rows->len; i++)
    {
      const Row *row = &g_array_index (rows, Row, i);

      if (kept > 0 && g_array_index (mailbox->base, PlanBase, kept - 1).row == row->base.row)
        {
          g_array_index (mailbox->base_facts, BaseFacts, kept - 1).unseen |= row->facts.unseen;
          continue;
        }
      g_array_index (mailbox->base, PlanBase, kept) = row->base;
      g_array_index (mailbox->base_facts, BaseFacts, kept++) = row->facts;
    }
  g_array_set_size (mailbox->base, kept);
  g_array_set_size (mailbox->base_facts, kept);
  g_hash_table_remove_all (mailbox->rows);
}

void
mailbox_sync_fill_remote (MailboxSync *mailbox)
{
  const guint n_told = mailbox->remote->len;
  g_autoptr (GArray) unchanged = g_array_new (FALSE, FALSE, sizeof (PlanRemote));

  for (guint i = 0; i < mailbox->base->len; i++)
    {
      const PlanBase *base = &g_array_index (mailbox->base, PlanBase, i);
      const BaseFacts *facts = &g_array_index (mailbox->base_facts, BaseFacts, i);
      PlanRemote remote = { .uid = base->uid,
                            .flags = base->flags,
                            .size = base->size,
                            .remote_size = facts->remote_size,
                            .internal_date = facts->internal_date };

      if (!imap_uid_set_contains (mailbox->gone, base->uid) &&
          mailbox_sync_lookup_remote (mailbox, base->uid) == NULL)
        g_array_append_val (unchanged, remote);
    }
  g_array_append_vals (mailbox->remote, unchanged->data, unchanged->len);
  if (mailbox->remote->len > n_told)
    mailbox_sync_sort_remote (mailbox);
}

static int
compare_local (gconstpointer a, gconstpointer b)
{
  return strcmp (((const PlanLocal *)a)->base, ((const PlanLocal *)b)->base);
}

void
mailbox_sync_fill_local (MailboxSync *mailbox)
{
  MessageKeywordPool *pool = mailbox->account->pool;
  const guint n_found = mailbox->local->len;
  guint next = 0;

  for (guint i = 0; i < mailbox->base->len; i++)
    {
      const PlanBase *base = &g_array_index (mailbox->base, PlanBase, i);
      PlanLocal local = { .base = base->base,
                          .flags = message_flags_union (pool, base->flags, base->not_kept) };

      while (next < n_found && strcmp (g_array_index (mailbox->local, PlanLocal, next).base, base->base) < 0)
        next++;
      if (!g_array_index (mailbox->base_facts, BaseFacts, i).unseen &&
          !(next < n_found && g_str_equal (g_array_index (mailbox->local, PlanLocal, next).base, base->base)))
        g_array_append_val (mailbox->local, local);
    }
  g_array_sort (mailbox->local, compare_local);
}
