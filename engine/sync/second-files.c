#include "second-files.h"

#include "../journal/journal-alike.h"
#include "gmail.h"
#include "moves.h"
#include "subject.h"
#include "tell.h"

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

static const MessageDigest *
digest_of_new (MailboxSync *mailbox, const PlanOperation *operation)
{
  if (operation->kind != PLAN_UPLOAD || operation->undecided)
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

  if (!account_sync_is_gmail (account) || !account_sync_plans (account, PLAN_UPLOAD))
    return TRUE;
  leaving = collect_leaving (account);
  for (guint i = 0; i < account->mailboxes->len; i++)
    {
      MailboxSync *mailbox = g_ptr_array_index (account->mailboxes, i);

      if (mailbox_sync_plans (mailbox, PLAN_UPLOAD) && !find_second_in (mailbox, leaving, second, error))
        return FALSE;
    }
  for (guint i = 0; i < account->mailboxes->len; i++)
    note_moved (g_ptr_array_index (account->mailboxes, i), second);
  return TRUE;
}

/* A row of the same message in some mailbox. */
typedef struct
{
  GHashTable *leaving; /* set of row ids: not these */
  const char *email_id;
  gint64 row; /* other than this one */
  gboolean found;
} ShownSearch;

static gboolean
compare_row (const JournalMessage *message, gpointer user_data)
{
  ShownSearch *search = user_data;

  search->found = message->id != search->row && g_strcmp0 (message->email_id, search->email_id) == 0 &&
                  !g_hash_table_contains (search->leaving, &message->id);
  return !search->found;
}

static gboolean
note_shown_elsewhere (MailboxSync *mailbox, const PlanOperation *operation, GHashTable *leaving,
                      GError **error)
{
  const guint index = mailbox_sync_row_index (mailbox, operation->row);
  const BaseFacts *facts = &g_array_index (mailbox->base_facts, BaseFacts, index);
  ShownSearch search = { .leaving = leaving, .email_id = facts->email_id, .row = operation->row };

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

static gboolean
keep_second (MailboxSync *mailbox, const PlanLocal *local, const MaildirPlace *place, GError **error)
{
  AccountSync *account = mailbox->account;
  const LocalContent *content = (const LocalContent *)local->identity;
  g_autofree char *digest = message_digest_to_string (&content->identity.full);
  g_autofree char *file =
      g_strdup_printf ("second-%" G_GINT64_FORMAT "-%.32s", content->stamp.mtime_ns, digest);
  g_autofree char *subject = mailbox_sync_subject (mailbox, local->base);
  g_autoptr (GError) local_error = NULL;
  JournalAtticEntry entry = {
    .mailbox = mailbox->row->name,
    .file = file,
    .subject = subject,
    .internal_date = content->stamp.mtime_ns / G_TIME_SPAN_SECOND / 1000,
    .removed = g_get_real_time () / G_USEC_PER_SEC,
    .size = content->stamp.size,
    .system = local->flags.system,
    .keywords = local->flags.keywords,
  };

  if (account->attic == NULL)
    return TRUE;
  if (!maildir_attic_keep (account->attic, file, mailbox->box, place, &local_error) &&
      !g_error_matches (local_error, MAILDIR_ERROR, MAILDIR_ERROR_EXISTS))
    {
      g_propagate_error (error, g_steal_pointer (&local_error));
      return FALSE;
    }
  return journal_begin (account->journal, error) &&
         journal_end (account->journal, journal_add_attic (account->journal, &entry, error), error);
}

/* One that changed since it was read, or is gone, is left to the next look. */
static gboolean
remove_second (MailboxSync *mailbox, const PlanOperation *operation, GError **error)
{
  const PlanLocal *local = mailbox_sync_find_local (mailbox, operation->base);
  const LocalContent *content = (const LocalContent *)local->identity;
  const MaildirPlace place = mailbox_sync_place (mailbox, operation->base);
  g_autofree char *subject =
      mailbox_sync_is_heard (mailbox) ? mailbox_sync_subject (mailbox, operation->base) : NULL;
  MaildirFileStamp stamp;

  if (!maildir_message_stat (mailbox->box, &place, &stamp, NULL) || stamp.size != content->stamp.size ||
      stamp.mtime_ns != content->stamp.mtime_ns)
    return TRUE;
  if (!keep_second (mailbox, local, &place, error))
    return FALSE;
  if (!maildir_message_remove (mailbox->box, &place, &stamp, NULL))
    return TRUE;
  mailbox->account->tally.removed++;
  mailbox_sync_tell (mailbox, operation, 0, subject);
  return TRUE;
}

gboolean
account_sync_remove_second_files (AccountSync *account, GError **error)
{
  for (guint i = 0; i < account->mailboxes->len; i++)
    {
      MailboxSync *mailbox = g_ptr_array_index (account->mailboxes, i);

      if (!mailbox_sync_plans (mailbox, PLAN_REMOVE_SECOND))
        continue;
      for (guint j = 0; j < mailbox->plan->len; j++)
        {
          const PlanOperation *operation = &g_array_index (mailbox->plan, PlanOperation, j);

          if (operation->kind == PLAN_REMOVE_SECOND && !remove_second (mailbox, operation, error))
            return FALSE;
        }
      if (!maildir_box_sync (mailbox->box, error))
        return FALSE;
    }
  return TRUE;
}
