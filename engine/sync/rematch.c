#include "rematch.h"

#include "../journal/journal-queue.h"
#include "../journal/journal-unmatched.h"
#include "known.h"
#include "plan-account.h"
#include "rematch-partners.h"
#include "unmatched.h"
#include "uploads-in-doubt.h"

#include <string.h>

static const PlanRemote *
partner (const Rematch *rematch, guint row)
{
  return &g_array_index (rematch->mailbox->remote, PlanRemote, rematch->found[row] - 1);
}

/* Of another history only what both sides say now counts. */
static void
begin_from_both (Rematch *rematch, guint row, PlanBase *base)
{
  MessageKeywordPool *pool = rematch->mailbox->account->pool;
  const PlanLocal *file = rematch->files->pdata[row];

  base->flags = message_flags_intersect (pool, file->flags, partner (rematch, row)->flags);
  base->not_kept = message_flags_none ();
}

/* The base in memory becomes what it will be in the journal. (transfer full) (element-type gint64): the rows
 * that go. */
static GArray *
renumber_base (Rematch *rematch)
{
  MailboxSync *mailbox = rematch->mailbox;
  GArray *gone = g_array_new (FALSE, FALSE, sizeof (gint64));
  guint kept = 0;

  for (guint i = 0; i < mailbox->base->len; i++)
    {
      PlanBase base = g_array_index (mailbox->base, PlanBase, i);
      BaseFacts facts = g_array_index (mailbox->base_facts, BaseFacts, i);
      const PlanRemote *remote = NULL;

      if (rematch->found[i] == 0)
        {
          g_array_append_val (gone, base.row);
          continue;
        }
      remote = partner (rematch, i);
      base.uid = remote->uid;
      facts.remote_size = remote->remote_size;
      facts.internal_date = remote->internal_date;
      facts.email_id = remote->email_id;
      if (mailbox->refresh != JOURNAL_REFRESH_UIDS)
        begin_from_both (rematch, i, &base);
      g_array_index (mailbox->base, PlanBase, kept) = base;
      g_array_index (mailbox->base_facts, BaseFacts, kept++) = facts;
    }
  g_array_set_size (mailbox->base, kept);
  g_array_set_size (mailbox->base_facts, kept);
  return gone;
}

/* A file that could not be read and whose row has gone is nobody's: it is new when it can be read. */
static void
leave_unreadable (MailboxSync *mailbox)
{
  guint row = 0, kept = 0;

  for (guint i = 0; i < mailbox->local->len; i++)
    {
      const PlanLocal file = g_array_index (mailbox->local, PlanLocal, i);
      int order = 1;

      while (row < mailbox->base->len &&
             (order = strcmp (g_array_index (mailbox->base, PlanBase, row).base, file.base)) < 0)
        row++;
      if (file.identity != NULL || (row < mailbox->base->len && order == 0))
        g_array_index (mailbox->local, PlanLocal, kept++) = file;
    }
  g_array_set_size (mailbox->local, kept);
}

static gboolean
write_row (MailboxSync *mailbox, guint index, GError **error)
{
  const PlanBase *base = &g_array_index (mailbox->base, PlanBase, index);
  const BaseFacts *facts = &g_array_index (mailbox->base_facts, BaseFacts, index);
  JournalMessage row = {
    .id = base->row,
    .mailbox = mailbox->row->id,
    .uid = base->uid,
    .state = JOURNAL_MESSAGE_PRESENT,
    .base = base->base,
    .system = base->flags.system,
    .keywords = base->flags.keywords,
    .not_kept_system = base->not_kept.system,
    .not_kept_keywords = base->not_kept.keywords,
    .size = base->size,
    .remote_size = facts->remote_size,
    .file_size = facts->file_size,
    .mtime_ns = facts->mtime_ns,
    .has_digest = base->has_digest,
    .internal_date = facts->internal_date,
    .email_id = facts->email_id,
  };

  memcpy (row.digest, base->digest.bytes, sizeof row.digest);
  return journal_update_message (mailbox->account->journal, &row, error);
}

static gboolean
write_rows (MailboxSync *mailbox, const GArray *gone, GError **error)
{
  Journal *journal = mailbox->account->journal;

  if (!journal_clear_uids (journal, mailbox->row->id, error))
    return FALSE;
  for (guint i = 0; i < mailbox->base->len; i++)
    if (!write_row (mailbox, i, error))
      return FALSE;
  for (guint i = 0; i < gone->len; i++)
    if (!journal_remove_message (journal, g_array_index (gone, gint64, i), error))
      return FALSE;
  return TRUE;
}

static gboolean
collect_by_uid (const JournalOperation *operation, gpointer user_data)
{
  if (operation->kind == JOURNAL_OPERATION_FLAGS || operation->kind == JOURNAL_OPERATION_DELETE)
    g_ptr_array_add (user_data, g_strdup (operation->key));
  return TRUE;
}

/* What an earlier matching held there; this one decides again. */
static gboolean
forget_held_downloads (MailboxSync *mailbox, GHashTable *held, GError **error)
{
  GHashTableIter iter;
  gpointer key;

  g_hash_table_iter_init (&iter, held);
  while (g_hash_table_iter_next (&iter, &key, NULL))
    if (g_str_has_prefix (key, "download ") &&
        !journal_remove_unmatched (mailbox->account->journal, mailbox->row->id, key, error))
      return FALSE;
  return TRUE;
}

/* What the journal says of single UIDs beside the base: queued changes, what is held there, and marks taken
 * off others' messages. */
static gboolean
forget_uids (MailboxSync *mailbox, GHashTable *held, GError **error)
{
  Journal *journal = mailbox->account->journal;
  g_autoptr (GPtrArray) keys = g_ptr_array_new_with_free_func (g_free);

  if (!journal_queue_foreach (journal, mailbox->row->id, collect_by_uid, keys, error))
    return FALSE;
  for (guint i = 0; i < keys->len; i++)
    if (!journal_queue_remove (journal, mailbox->row->id, g_ptr_array_index (keys, i), error))
      return FALSE;
  return forget_held_downloads (mailbox, held, error) &&
         journal_set_unmarked (journal, mailbox->row->id, 0, NULL, error);
}

/* Without a UIDVALIDITY the next observation has to be paired again; and that it was held once is enough. No
 * HIGHESTMODSEQ vouches for the new base before a plan was made of it, should this run end here. */
static gboolean
write_mailbox (MailboxSync *mailbox, gboolean may_hold, GError **error)
{
  JournalMailbox *row = mailbox->row;
  g_autoptr (GArray) plan = NULL;

  row->quiet_modseq = 0;
  if (mailbox->uidvalidity == 0)
    row->refresh = JOURNAL_REFRESH_UIDS;
  else
    {
      row->refresh = JOURNAL_REFRESH_NONE;
      row->uidvalidity = mailbox->uidvalidity;
      row->uidnext = mailbox->uidnext;
      row->highestmodseq = mailbox->highestmodseq;
      g_free (row->mailbox_id);
      row->mailbox_id = g_strdup (mailbox->mailbox_id);
    }
  if (!journal_put_mailbox (mailbox->account->journal, row, error))
    return FALSE;
  if (!may_hold)
    return TRUE;
  plan = mailbox_sync_make_plan (mailbox, error);
  return plan != NULL && mailbox_sync_hold_unmatched (mailbox, plan, error);
}

/* A base that was empty, with nothing held either, is a first sync, or a lost journal: that brings both sides
 * together. */
static gboolean
write_all (Rematch *rematch, GError **error)
{
  MailboxSync *mailbox = rematch->mailbox;
  Journal *journal = mailbox->account->journal;
  g_autoptr (GHashTable) held = mailbox_sync_load_unmatched (mailbox, error);
  g_autoptr (GArray) gone = NULL;
  gboolean may_hold;

  if (held == NULL)
    return FALSE;
  may_hold = (mailbox->base->len > 0 || g_hash_table_size (held) > 0) &&
             (mailbox->uidvalidity != 0 || mailbox->row->refresh == JOURNAL_REFRESH_NONE);
  gone = renumber_base (rematch);
  leave_unreadable (mailbox);
  mailbox->rematched = mailbox->base->len + gone->len > 0;
  return journal_begin (journal, error) &&
         journal_end (journal,
                      write_rows (mailbox, gone, error) && forget_uids (mailbox, held, error) &&
                          write_mailbox (mailbox, may_hold, error),
                      error);
}

static gboolean
pair_mailbox (MailboxSync *mailbox, GError **error)
{
  g_autoptr (GPtrArray) files = g_ptr_array_new ();
  g_autoptr (GPtrArray) others = g_ptr_array_new ();
  g_autofree guint32 *found = g_new0 (guint32, mailbox->base->len);
  g_autofree gboolean *is_taken = g_new0 (gboolean, mailbox->remote->len);
  Rematch rematch = { mailbox, files, others, found, is_taken };

  return rematch_find_partners (&rematch, error) && write_all (&rematch, error);
}

/* Half an observation would double what it does not show. */
static gboolean
is_observed (MailboxSync *mailbox)
{
  if (mailbox->remote_complete && (mailbox->local_complete || mailbox->account->unreadable))
    return TRUE;
  mailbox->skipped = TRUE;
  report_left (&mailbox->account->report, mailbox->row->name, "unmatched",
               "not all of this mailbox could be seen, so that its messages could not be matched again; run "
               "again");
  return FALSE;
}

/* Uploads in doubt are looked for when it is known whose the messages there are. */
static gboolean
rematch_mailbox (MailboxSync *mailbox, GError **error)
{
  gboolean selected;

  if (!is_observed (mailbox))
    return TRUE;
  if (!mailbox_sync_select (mailbox, &selected, error))
    return FALSE;
  mailbox->skipped = !selected;
  if (!selected)
    return TRUE;
  if (!pair_mailbox (mailbox, error))
    return FALSE;
  mailbox->account->tally.paired += mailbox->uidvalidity != 0 ? mailbox->base->len : 0;
  mailbox->refresh = JOURNAL_REFRESH_NONE;
  return mailbox_sync_settle_uploads (mailbox, error) && mailbox_sync_load_base (mailbox, error);
}

gboolean
account_sync_rematch (AccountSync *account, GError **error)
{
  for (guint i = 0; i < account->mailboxes->len; i++)
    {
      MailboxSync *mailbox = g_ptr_array_index (account->mailboxes, i);

      if (mailbox->due && !mailbox->skipped && mailbox->refresh != JOURNAL_REFRESH_NONE &&
          !rematch_mailbox (mailbox, error))
        return FALSE;
    }
  return TRUE;
}
