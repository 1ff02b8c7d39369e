#include "settled-there.h"

#include "../journal/journal-flags.h"
#include "known.h"
#include "plan-settled.h"

typedef struct
{
  MailboxSync *mailbox;
  guint next; /* in mailbox->remote: not looked at yet */
  guint kept; /* of those before it */
  gboolean finds_gone;
} Merge;

static PlanRemote *
remote_at (const MailboxSync *mailbox, guint index)
{
  return &g_array_index (mailbox->remote, PlanRemote, index);
}

static void
keep_next (Merge *merge)
{
  *remote_at (merge->mailbox, merge->kept++) = *remote_at (merge->mailbox, merge->next++);
}

static gboolean
merge_row (guint32 uid, guint8 system, const char *keywords, gpointer user_data)
{
  Merge *merge = user_data;
  MailboxSync *mailbox = merge->mailbox;
  const PlanBase row = { .flags = { system,
                                    message_keyword_pool_intern (mailbox->account->pool, keywords) } };

  while (merge->next < mailbox->remote->len && remote_at (mailbox, merge->next)->uid < uid)
    keep_next (merge);
  if (merge->next == mailbox->remote->len || remote_at (mailbox, merge->next)->uid != uid)
    {
      if (merge->finds_gone && !imap_uid_set_contains (mailbox->there, uid))
        imap_uid_set_add (mailbox->gone, uid);
    }
  else if (plan_is_settled_there (&row, remote_at (mailbox, merge->next)->flags))
    merge->next++;
  else
    keep_next (merge);
  return TRUE;
}

gboolean
mailbox_sync_drop_settled (MailboxSync *mailbox, guint32 first, guint32 last, gboolean finds_gone,
                           GError **error)
{
  Merge merge = { .mailbox = mailbox, .finds_gone = finds_gone };

  if (!journal_foreach_flags (mailbox->account->journal, mailbox->row->id, first, last, merge_row, &merge,
                              error))
    return FALSE;
  while (merge.next < mailbox->remote->len)
    keep_next (&merge);
  g_array_set_size (mailbox->remote, merge.kept);
  return TRUE;
}

/* What a row of the base says of a message that the server named. */
static void
take_facts (PlanRemote *remote, const PlanBase *base, const BaseFacts *facts)
{
  remote->size = base->size;
  remote->remote_size = facts->remote_size;
  remote->internal_date = facts->internal_date;
}

/* *found: the row stays loaded. *settled: it says the same, and is not loaded. */
static gboolean
load_row (MailboxSync *mailbox, PlanRemote *remote, gboolean *found, gboolean *settled, GError **error)
{
  const guint row = mailbox->base->len;

  *settled = FALSE;
  if (!mailbox_sync_load_uid (mailbox, remote->uid, found, error))
    return FALSE;
  *settled = *found && plan_is_settled_there (&g_array_index (mailbox->base, PlanBase, row), remote->flags);
  if (*settled)
    {
      g_array_set_size (mailbox->base, row);
      g_array_set_size (mailbox->base_facts, row);
    }
  else if (*found)
    take_facts (remote, &g_array_index (mailbox->base, PlanBase, row),
                &g_array_index (mailbox->base_facts, BaseFacts, row));
  return TRUE;
}

static gboolean
load_told (MailboxSync *mailbox, guint32 highest, guint *n_new, GError **error)
{
  guint kept = 0;

  *n_new = 0;
  for (guint i = 0; i < mailbox->remote->len; i++)
    {
      PlanRemote remote = *remote_at (mailbox, i);
      gboolean found = FALSE, settled = FALSE;

      if (remote.uid <= highest && !load_row (mailbox, &remote, &found, &settled, error))
        return FALSE;
      *n_new += !found;
      if (!settled)
        *remote_at (mailbox, kept++) = remote;
    }
  g_array_set_size (mailbox->remote, kept);
  return TRUE;
}

static gboolean
load_gone (MailboxSync *mailbox, guint *n_gone, GError **error)
{
  *n_gone = 0;
  for (guint i = 0; i < imap_uid_set_n_ranges (mailbox->gone); i++)
    {
      const ImapUidRange *range = imap_uid_set_range (mailbox->gone, i);

      for (guint64 uid = range->first; uid <= range->last; uid++)
        {
          gboolean found;

          if (!mailbox_sync_load_uid (mailbox, (guint32)uid, &found, error))
            return FALSE;
          *n_gone += found;
        }
    }
  return TRUE;
}

gboolean
mailbox_sync_load_unsettled (MailboxSync *mailbox, guint32 highest, guint *n_new, guint *n_gone,
                             GError **error)
{
  g_array_set_size (mailbox->base, 0);
  g_array_set_size (mailbox->base_facts, 0);
  return load_told (mailbox, highest, n_new, error) && load_gone (mailbox, n_gone, error);
}
