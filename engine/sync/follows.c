#include "follows.h"

#include "fetch-headers.h"
#include "moves.h"
#include "newcomers.h"

/* A message that is new on the server. */
typedef struct
{
  MailboxSync *mailbox;
  PlanOperation *download;
} Arrived;

/* A row that is gone on the server, with its file. */
typedef struct
{
  Follow follow;            /* but for `to` and `uid` */
  PlanOperation *operation; /* that would remove or forget it */
  PlanOperation *upload;    /* (nullable) of its file, where that was moved here */
  MessageIdentity identity; /* of the file */
} Departed;

typedef struct
{
  AccountSync *account;
  GHashTable *arrived;  /* size and date -> GPtrArray of Arrived */
  GPtrArray *departed;  /* of Departed: some message of its size and date has arrived */
  GHashTable *replaced; /* operations that are not needed any more */
} Follows;

static void
free_group (gpointer array)
{
  g_ptr_array_unref (array);
}

static void
departed_free (gpointer data)
{
  Departed *departed = data;

  message_identity_clear (&departed->identity);
  g_free (departed);
}

static void
add_to_group (GHashTable *groups, char *key, gpointer item, GDestroyNotify notify)
{
  GPtrArray *group = g_hash_table_lookup (groups, key);

  if (group == NULL)
    {
      group = g_ptr_array_new_with_free_func (notify);
      g_hash_table_insert (groups, key, group);
    }
  else
    g_free (key);
  g_ptr_array_add (group, item);
}

static char *
stamp_key (guint64 size, gint64 internal_date)
{
  return g_strdup_printf ("%" G_GUINT64_FORMAT " %" G_GINT64_FORMAT, size, internal_date);
}

static char *
name_key (guint64 size, gint64 internal_date, const MessageIdentity *identity)
{
  return g_strdup_printf ("%" G_GUINT64_FORMAT " %" G_GINT64_FORMAT "\n%s\n%s", size, internal_date,
                          identity->message_id, identity->date);
}

static gboolean
is_draft (MessageFlags flags)
{
  return (flags.system & MESSAGE_FLAG_DRAFT) != 0;
}

/* Files can come to it, and its UIDs mean something in the next run too. */
static gboolean
takes_files (const MailboxSync *mailbox)
{
  return !mailbox->gone_here && mailbox->uidvalidity != 0 &&
         (mailbox->box != NULL || mailbox->account->dry_run);
}

/* (transfer full): sizes and dates of rows that are gone on the server. */
static GHashTable *
collect_stamps (AccountSync *account)
{
  GHashTable *stamps = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  for (guint i = 0; i < account->mailboxes->len; i++)
    {
      MailboxSync *mailbox = g_ptr_array_index (account->mailboxes, i);

      for (guint j = 0; mailbox->plan != NULL && j < mailbox->plan->len; j++)
        {
          const PlanOperation *operation = &g_array_index (mailbox->plan, PlanOperation, j);
          const BaseFacts *facts;

          if (operation->kind != PLAN_REMOVE_LOCAL && operation->kind != PLAN_FORGET)
            continue;
          facts = &g_array_index (mailbox->base_facts, BaseFacts,
                                  mailbox_sync_row_index (mailbox, operation->row));
          g_hash_table_add (stamps, stamp_key (facts->remote_size, facts->internal_date));
        }
    }
  return stamps;
}

static void
add_arrived (Follows *follows, GHashTable *stamps, MailboxSync *mailbox, PlanOperation *download)
{
  const PlanRemote *remote = mailbox_sync_find_remote (mailbox, download->uid);
  g_autofree char *key = stamp_key (remote->remote_size, remote->internal_date);
  Arrived *arrived;

  if (!g_hash_table_contains (stamps, key))
    return;
  arrived = g_new0 (Arrived, 1);
  *arrived = (Arrived){ mailbox, download };
  add_to_group (follows->arrived, g_steal_pointer (&key), arrived, g_free);
}

static void
collect_arrived (Follows *follows)
{
  GPtrArray *mailboxes = follows->account->mailboxes;
  g_autoptr (GHashTable) stamps = collect_stamps (follows->account);

  for (guint i = 0; i < mailboxes->len; i++)
    {
      MailboxSync *mailbox = g_ptr_array_index (mailboxes, i);

      for (guint j = 0; mailbox->plan != NULL && takes_files (mailbox) && j < mailbox->plan->len; j++)
        {
          PlanOperation *operation = &g_array_index (mailbox->plan, PlanOperation, j);

          if (operation->kind == PLAN_DOWNLOAD && !operation->undecided && !is_draft (operation->flags))
            add_arrived (follows, stamps, mailbox, operation);
        }
    }
}

static gboolean
is_upload (const MailboxSync *mailbox, const PlanOperation *operation, gpointer user_data)
{
  return operation->kind == PLAN_UPLOAD && !operation->undecided;
}

static gboolean
is_departure (MailboxSync *mailbox, const PlanOperation *operation)
{
  PlanOperation follow = *operation;

  follow.kind = PLAN_FOLLOW;
  return (operation->kind == PLAN_REMOVE_LOCAL || operation->kind == PLAN_FORGET) &&
         !mailbox_sync_is_closed (mailbox, &follow);
}

/* Where the file of the row is. (transfer full) (nullable): nowhere. */
static Departed *
find_file (MailboxSync *mailbox, guint index, PlanOperation *operation, Newcomers *uploads)
{
  const PlanBase *row = &g_array_index (mailbox->base, PlanBase, index);
  const Newcomer *newcomer = NULL;
  Departed *departed;

  if (operation->kind == PLAN_FORGET)
    {
      newcomer = newcomers_take (uploads, NULL, row, TRUE, NULL);
      newcomer = newcomer != NULL ? newcomer : newcomers_take (uploads, NULL, row, FALSE, NULL);
      if (newcomer == NULL)
        return NULL;
    }
  departed = g_new0 (Departed, 1);
  departed->follow = (Follow){ .from = mailbox, .index = index, .at = mailbox, .base = row->base };
  departed->operation = operation;
  if (newcomer != NULL)
    {
      departed->follow.at = newcomer->mailbox;
      departed->follow.base = newcomer->file->base;
      departed->follow.file = newcomer->file;
      departed->upload = newcomer->operation;
    }
  return departed;
}

static void
collect_departed (Follows *follows, MailboxSync *mailbox, Newcomers *uploads)
{
  for (guint i = 0; mailbox->plan != NULL && i < mailbox->plan->len; i++)
    {
      PlanOperation *operation = &g_array_index (mailbox->plan, PlanOperation, i);
      g_autofree char *key = NULL;
      const BaseFacts *facts;
      Departed *departed;
      guint index;

      if (!is_departure (mailbox, operation))
        continue;
      index = mailbox_sync_row_index (mailbox, operation->row);
      facts = &g_array_index (mailbox->base_facts, BaseFacts, index);
      key = stamp_key (facts->remote_size, facts->internal_date);
      if (!g_hash_table_contains (follows->arrived, key) ||
          is_draft (g_array_index (mailbox->base, PlanBase, index).flags))
        continue;
      departed = find_file (mailbox, index, operation, uploads);
      if (departed != NULL)
        g_ptr_array_add (follows->departed, departed);
    }
}

/* FALSE: it is not the message of the row any more, or has not what it can be known by. */
static gboolean
read_file (Departed *departed)
{
  Follow *follow = &departed->follow;
  const PlanBase *row = &g_array_index (follow->from->base, PlanBase, follow->index);
  MaildirPlace place = mailbox_sync_place (follow->at, follow->base);

  return row->has_digest &&
         maildir_message_identify (follow->at->box, &place, &departed->identity, &follow->stamp, NULL) &&
         message_digest_equal (&departed->identity.full, &row->digest) &&
         departed->identity.message_id != NULL && departed->identity.date != NULL;
}

static gboolean
read_files (Follows *follows, GError **error)
{
  for (guint i = follows->departed->len; i-- > 0;)
    {
      if (g_cancellable_set_error_if_cancelled (follows->account->cancellable, error))
        return FALSE;
      if (!read_file (g_ptr_array_index (follows->departed, i)))
        g_ptr_array_remove_index (follows->departed, i);
    }
  return TRUE;
}

static void
add_unnamed (const GPtrArray *arrived, GHashTable *unnamed)
{
  for (guint i = 0; i < arrived->len; i++)
    {
      const Arrived *one = g_ptr_array_index (arrived, i);
      ImapUidSet *set = g_hash_table_lookup (unnamed, one->mailbox);

      if (mailbox_sync_find_remote (one->mailbox, one->download->uid)->identity != NULL)
        continue;
      if (set == NULL)
        {
          set = imap_uid_set_new ();
          g_hash_table_insert (unnamed, one->mailbox, set);
        }
      imap_uid_set_add (set, one->download->uid);
    }
}

/* Those that have the size and date of something that departed, and of which no header field is known yet:
 * (transfer full) mailbox -> ImapUidSet. */
static GHashTable *
find_unnamed (const Follows *follows)
{
  GHashTable *unnamed = g_hash_table_new_full (NULL, NULL, NULL, (GDestroyNotify)imap_uid_set_free);
  g_autoptr (GHashTable) seen = g_hash_table_new (NULL, NULL);

  for (guint i = 0; i < follows->departed->len; i++)
    {
      const Follow *follow = &((Departed *)g_ptr_array_index (follows->departed, i))->follow;
      const BaseFacts *facts = &g_array_index (follow->from->base_facts, BaseFacts, follow->index);
      g_autofree char *key = stamp_key (facts->remote_size, facts->internal_date);
      GPtrArray *arrived = g_hash_table_lookup (follows->arrived, key);

      if (g_hash_table_add (seen, arrived))
        add_unnamed (arrived, unnamed);
    }
  return unnamed;
}

static gboolean
fetch_names (Follows *follows, GError **error)
{
  g_autoptr (GHashTable) unnamed = find_unnamed (follows);

  for (guint i = 0; i < follows->account->mailboxes->len; i++)
    {
      MailboxSync *mailbox = g_ptr_array_index (follows->account->mailboxes, i);
      const ImapUidSet *set = g_hash_table_lookup (unnamed, mailbox);
      gboolean selected;

      if (set == NULL)
        continue;
      if (!mailbox_sync_select (mailbox, &selected, error) ||
          (selected && !mailbox_sync_fetch_names (mailbox, set, error)))
        return FALSE;
    }
  return TRUE;
}

/* (transfer full): what has arrived, by all that it is known by. */
static GHashTable *
group_arrived (const Follows *follows)
{
  GHashTable *groups = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, free_group);
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, follows->arrived);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    for (guint i = 0; i < ((GPtrArray *)value)->len; i++)
      {
        const Arrived *arrived = g_ptr_array_index ((GPtrArray *)value, i);
        const PlanRemote *remote = mailbox_sync_find_remote (arrived->mailbox, arrived->download->uid);

        if (remote->identity != NULL && remote->identity->message_id != NULL &&
            remote->identity->date != NULL)
          add_to_group (groups, name_key (remote->remote_size, remote->internal_date, remote->identity),
                        (gpointer)arrived, NULL);
      }
  return groups;
}

static GHashTable *
group_departed (const Follows *follows)
{
  GHashTable *groups = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, free_group);

  for (guint i = 0; i < follows->departed->len; i++)
    {
      Departed *departed = g_ptr_array_index (follows->departed, i);
      const Follow *follow = &departed->follow;
      const BaseFacts *facts = &g_array_index (follow->from->base_facts, BaseFacts, follow->index);

      add_to_group (groups, name_key (facts->remote_size, facts->internal_date, &departed->identity),
                    departed, NULL);
    }
  return groups;
}

/* All of them are one message, byte for byte: then it is no matter which goes where. */
static gboolean
are_alike (const GPtrArray *departed)
{
  const Departed *first = g_ptr_array_index (departed, 0);

  for (guint i = 1; i < departed->len; i++)
    if (!message_digest_equal (&((Departed *)g_ptr_array_index (departed, i))->identity.full,
                               &first->identity.full))
      return FALSE;
  return TRUE;
}

static void
follow_one (Follows *follows, Departed *departed, const Arrived *arrived)
{
  Follow *follow = g_memdup2 (&departed->follow, sizeof departed->follow);
  const PlanBase *row = &g_array_index (follow->from->base, PlanBase, follow->index);

  follow->to = arrived->mailbox;
  follow->uid = arrived->download->uid;
  follow->to->joined = follow->at->joined = TRUE;
  departed->operation->kind = PLAN_FOLLOW;
  g_hash_table_add (follows->replaced, arrived->download);
  if (departed->upload != NULL)
    g_hash_table_add (follows->replaced, departed->upload);
  g_hash_table_insert (follows->account->follows, (gpointer)&row->row, follow);
}

/* A second message on the server that looks the same may be another: then both come down. */
static void
match (Follows *follows)
{
  g_autoptr (GHashTable) arrived = group_arrived (follows);
  g_autoptr (GHashTable) departed = group_departed (follows);
  GHashTableIter iter;
  gpointer key, value;

  g_hash_table_iter_init (&iter, departed);
  while (g_hash_table_iter_next (&iter, &key, &value))
    {
      const GPtrArray *here = value;
      const GPtrArray *there = g_hash_table_lookup (arrived, key);

      if (there == NULL || there->len > here->len || !are_alike (here))
        continue;
      for (guint i = 0; i < there->len; i++)
        follow_one (follows, g_ptr_array_index (here, i), g_ptr_array_index (there, i));
    }
}

static gboolean
find_follows (Follows *follows, GError **error)
{
  GPtrArray *mailboxes = follows->account->mailboxes;
  g_autoptr (Newcomers) uploads = NULL;

  collect_arrived (follows);
  if (g_hash_table_size (follows->arrived) == 0)
    return TRUE;
  uploads = newcomers_new (follows->account, is_upload, NULL);
  for (guint i = 0; i < mailboxes->len; i++)
    collect_departed (follows, g_ptr_array_index (mailboxes, i), uploads);
  if (!read_files (follows, error) || !fetch_names (follows, error))
    return FALSE;
  match (follows);
  account_sync_drop_operations (follows->account, follows->replaced);
  return TRUE;
}

gboolean
account_sync_plan_follows (AccountSync *account, GError **error)
{
  g_autoptr (GHashTable) arrived = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, free_group);
  g_autoptr (GPtrArray) departed = g_ptr_array_new_with_free_func (departed_free);
  g_autoptr (GHashTable) replaced = g_hash_table_new (NULL, NULL);
  Follows follows = { account, arrived, departed, replaced };

  if (account->session == NULL ||
      (!account_sync_plans (account, PLAN_REMOVE_LOCAL) && !account_sync_plans (account, PLAN_FORGET)))
    return TRUE;
  return find_follows (&follows, error);
}

const Follow *
mailbox_sync_find_follow (MailboxSync *mailbox, const PlanOperation *operation)
{
  const Follow *follow = g_hash_table_lookup (mailbox->account->follows, &operation->row);

  g_assert (follow != NULL);
  return follow;
}
