#include "second-files.h"

#include "../journal/journal-alike.h"
#include "gmail.h"
#include "mailboxes.h"
#include "moves.h"

#include <string.h>

static gboolean
takes_away (PlanKind kind)
{
  return kind == PLAN_REPLACE || kind == PLAN_DELETE_REMOTE || kind == PLAN_REMOVE_LOCAL ||
         kind == PLAN_FORGET || kind == PLAN_EXPUNGE_MARKED;
}

/* (transfer full): set of row ids */
static GHashTable *
collect_leaving (AccountSync *account)
{
  GHashTable *leaving = g_hash_table_new (g_int64_hash, g_int64_equal);

  for (guint i = 0; i < account->mailboxes->len; i++)
    {
      const MailboxSync *mailbox = g_ptr_array_index (account->mailboxes, i);

      for (guint j = 0; mailbox->plan != NULL && j < mailbox->plan->len; j++)
        {
          PlanOperation *operation = &g_array_index (mailbox->plan, PlanOperation, j);

          if (takes_away (operation->kind))
            g_hash_table_add (leaving, &operation->row);
        }
    }
  return leaving;
}

/* What one mailbox holds of the content of its new files. */
typedef struct
{
  GHashTable *leaving; /* set of row ids: not these */
  GHashTable *wanted;  /* set of MessageDigest */
  GHashTable *present; /* likewise: those that some row has */
} ContentSearch;

static gboolean
compare_content (const JournalMessage *message, gpointer user_data)
{
  ContentSearch *search = user_data;
  MessageDigest digest;
  gpointer wanted;

  memcpy (digest.bytes, message->digest, sizeof digest.bytes);
  if (message->state == JOURNAL_MESSAGE_PRESENT && message->has_digest &&
      !g_hash_table_contains (search->leaving, &message->id) &&
      g_hash_table_lookup_extended (search->wanted, &digest, &wanted, NULL))
    g_hash_table_add (search->present, wanted);
  return TRUE;
}

static GHashTable *
digests_new (void)
{
  return g_hash_table_new (message_digest_hash, (GEqualFunc)message_digest_equal);
}

/* Of a file that would go up, also one that was changed in place: where files are hard links, all of them
 * are.
 */
static const MessageDigest *
digest_of_new (MailboxSync *mailbox, const PlanOperation *operation)
{
  if ((operation->kind != PLAN_UPLOAD && operation->kind != PLAN_REPLACE) || operation->undecided)
    return NULL;
  return &mailbox_sync_find_local (mailbox, operation->base)->identity->full;
}

static gboolean
find_second_in (MailboxSync *mailbox, GHashTable *leaving, GHashTable *second, GError **error)
{
  g_autoptr (GHashTable) wanted = digests_new ();
  g_autoptr (GHashTable) present = digests_new ();
  ContentSearch search = { leaving, wanted, present };

  for (guint i = 0; i < mailbox->plan->len; i++)
    {
      const MessageDigest *digest = digest_of_new (mailbox, &g_array_index (mailbox->plan, PlanOperation, i));

      if (digest != NULL)
        g_hash_table_add (wanted, (gpointer)digest);
    }
  if (!journal_foreach_message (mailbox->account->journal, mailbox->row->id, compare_content, &search, error))
    return FALSE;
  for (guint i = 0; i < mailbox->plan->len; i++)
    {
      PlanOperation *operation = &g_array_index (mailbox->plan, PlanOperation, i);
      const MessageDigest *digest = digest_of_new (mailbox, operation);

      if (digest == NULL || !g_hash_table_contains (present, digest))
        continue;
      operation->kind = PLAN_REMOVE_SECOND;
      g_hash_table_add (second, (gpointer)digest);
    }
  return TRUE;
}

/* Where a second file came from: its label goes, and no message with it. */
static void
note_moved (MailboxSync *mailbox, GHashTable *second)
{
  AccountSync *account = mailbox->account;

  for (guint i = 0; mailbox->plan != NULL && i < mailbox->plan->len; i++)
    {
      const PlanOperation *operation = &g_array_index (mailbox->plan, PlanOperation, i);
      const PlanBase *base;

      if (operation->kind != PLAN_DELETE_REMOTE)
        continue;
      base = &g_array_index (mailbox->base, PlanBase, mailbox_sync_row_index (mailbox, operation->row));
      if (!base->has_digest || !g_hash_table_contains (second, &base->digest))
        continue;
      g_hash_table_insert (account->moved, g_memdup2 (&base->row, sizeof base->row),
                           g_memdup2 (&base->digest, sizeof base->digest));
      g_hash_table_add (account->uploaded, g_memdup2 (&base->digest, sizeof base->digest));
    }
}

gboolean
account_sync_find_second_files (AccountSync *account, GError **error)
{
  g_autoptr (GHashTable) leaving = NULL;
  g_autoptr (GHashTable) second = digests_new ();

  if (!account_sync_is_gmail (account))
    return TRUE;
  leaving = collect_leaving (account);
  for (guint i = 0; i < account->mailboxes->len; i++)
    {
      MailboxSync *mailbox = g_ptr_array_index (account->mailboxes, i);

      if ((mailbox_sync_plans (mailbox, PLAN_UPLOAD) || mailbox_sync_plans (mailbox, PLAN_REPLACE)) &&
          !find_second_in (mailbox, leaving, second, error))
        return FALSE;
    }
  for (guint i = 0; i < account->mailboxes->len; i++)
    note_moved (g_ptr_array_index (account->mailboxes, i), second);
  return TRUE;
}

/* A row of the same message in some mailbox. */
typedef struct
{
  AccountSync *account;
  GHashTable *leaving; /* set of row ids: not these */
  const char *email_id;
  gint64 row; /* other than this one */
  gboolean found;
} ShownSearch;

/* Where this run does not look, what the journal says may have been so long ago. */
static gboolean
is_looked_at (AccountSync *account, gint64 id)
{
  const MailboxSync *mailbox = account_sync_find_id (account, id);

  return mailbox != NULL && mailbox->on_server && !mailbox->skipped;
}

static gboolean
compare_row (const JournalMessage *message, gpointer user_data)
{
  ShownSearch *search = user_data;

  search->found = message->id != search->row && g_strcmp0 (message->email_id, search->email_id) == 0 &&
                  !g_hash_table_contains (search->leaving, &message->id) &&
                  is_looked_at (search->account, message->mailbox);
  return !search->found;
}

static gboolean
note_shown_elsewhere (MailboxSync *mailbox, const PlanOperation *operation, GHashTable *leaving,
                      GError **error)
{
  const guint index = mailbox_sync_row_index (mailbox, operation->row);
  const BaseFacts *facts = &g_array_index (mailbox->base_facts, BaseFacts, index);
  ShownSearch search = { mailbox->account, leaving, facts->email_id, operation->row, FALSE };

  if (facts->email_id == NULL)
    return TRUE;
  if (!journal_foreach_stamp (mailbox->account->journal, facts->remote_size, facts->internal_date,
                              compare_row, &search, error))
    return FALSE;
  if (search.found)
    g_hash_table_add (mailbox->account->remote_moves, g_memdup2 (&operation->row, sizeof operation->row));
  return TRUE;
}

gboolean
account_sync_find_shown_elsewhere (AccountSync *account, GError **error)
{
  g_autoptr (GHashTable) leaving = NULL;

  if (!account_sync_is_gmail (account) || !account_sync_plans (account, PLAN_REMOVE_LOCAL))
    return TRUE;
  leaving = collect_leaving (account);
  for (guint i = 0; i < account->mailboxes->len; i++)
    {
      MailboxSync *mailbox = g_ptr_array_index (account->mailboxes, i);

      for (guint j = 0; mailbox->plan != NULL && j < mailbox->plan->len; j++)
        {
          const PlanOperation *operation = &g_array_index (mailbox->plan, PlanOperation, j);

          if (operation->kind == PLAN_REMOVE_LOCAL &&
              !note_shown_elsewhere (mailbox, operation, leaving, error))
            return FALSE;
        }
    }
  return TRUE;
}

void
account_sync_keep_in_all_mail (AccountSync *account)
{
  for (guint i = 0; i < account->mailboxes->len; i++)
    {
      MailboxSync *mailbox = g_ptr_array_index (account->mailboxes, i);

      if (!account_sync_is_gmail (account) || !mailbox_sync_is (mailbox, "\\All"))
        continue;
      for (guint j = 0; mailbox->plan != NULL && j < mailbox->plan->len; j++)
        {
          PlanOperation *operation = &g_array_index (mailbox->plan, PlanOperation, j);

          if (operation->kind == PLAN_DELETE_REMOTE &&
              g_hash_table_contains (account->moved, &operation->row))
            operation->kind = PLAN_FORGET;
        }
    }
}
