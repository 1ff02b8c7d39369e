#include "follows.h"

#include "arrived.h"
#include "moves.h"
#include "newcomers.h"

/* A row that is gone on the server, with its file. */
typedef struct
{
  Follow follow;            /* but for `to` and `uid` */
  PlanOperation *operation; /* that would remove or forget it */
  PlanOperation *upload;    /* (nullable) of its file, where that was moved here */
  MessageIdentity identity; /* of the file */
  gboolean is_taken;
} Departed;

typedef struct
{
  AccountSync *account;
  GPtrArray *arrivals;  /* of Arrived: like something that departed */
  GHashTable *arrived;  /* key -> GPtrArray of Arrived, each under every key that something departed has */
  GPtrArray *departed;  /* of Departed: something like it has arrived */
  GHashTable *replaced; /* operations that are not needed any more */
} Follows;

static void
departed_free (gpointer data)
{
  Departed *departed = data;

  message_identity_clear (&departed->identity);
  g_free (departed);
}

static const PlanBase *
row_of (const Departed *departed)
{
  return &g_array_index (departed->follow.from->base, PlanBase, departed->follow.index);
}

static const BaseFacts *
facts_of (const Departed *departed)
{
  return &g_array_index (departed->follow.from->base_facts, BaseFacts, departed->follow.index);
}

/* (transfer full): what a message can be known by before its header is: by its id, and by size and date. */
static GStrv
keys_of (const char *email_id, guint64 remote_size, gint64 internal_date)
{
  g_autoptr (GStrvBuilder) keys = g_strv_builder_new ();
  g_autofree char *id = alike_id_key (email_id, remote_size, internal_date);
  g_autofree char *stamp = alike_stamp_key (remote_size, internal_date);

  if (id != NULL)
    g_strv_builder_add (keys, id);
  g_strv_builder_add (keys, stamp);
  return g_strv_builder_end (keys);
}

static GStrv
keys_of_row (MailboxSync *mailbox, guint index)
{
  const BaseFacts *facts = &g_array_index (mailbox->base_facts, BaseFacts, index);

  return keys_of (facts->email_id, facts->remote_size, facts->internal_date);
}

/* (transfer full): the keys of rows that are gone on the server. */
static GHashTable *
collect_keys (AccountSync *account)
{
  GHashTable *all = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  for (guint i = 0; i < account->mailboxes->len; i++)
    {
      MailboxSync *mailbox = g_ptr_array_index (account->mailboxes, i);

      for (guint j = 0; mailbox->plan != NULL && j < mailbox->plan->len; j++)
        {
          const PlanOperation *operation = &g_array_index (mailbox->plan, PlanOperation, j);
          g_autofree GStrv keys = NULL;

          if (operation->kind != PLAN_REMOVE_LOCAL && operation->kind != PLAN_FORGET)
            continue;
          keys = keys_of_row (mailbox, mailbox_sync_row_index (mailbox, operation->row));
          for (guint k = 0; keys[k] != NULL; k++)
            g_hash_table_add (all, keys[k]);
        }
    }
  return all;
}

static void
add_arrived (Follows *follows, GHashTable *wanted, MailboxSync *mailbox, PlanOperation *download)
{
  const PlanRemote *remote = mailbox_sync_find_remote (mailbox, download->uid);
  g_auto (GStrv) keys = keys_of (remote->email_id, remote->remote_size, remote->internal_date);
  Arrived *arrived = NULL;

  for (guint i = 0; keys[i] != NULL; i++)
    {
      if (!g_hash_table_contains (wanted, keys[i]))
        continue;
      if (arrived == NULL)
        {
          arrived = g_new0 (Arrived, 1);
          *arrived = (Arrived){ mailbox, download, FALSE };
          g_ptr_array_add (follows->arrivals, arrived);
        }
      alike_add (follows->arrived, g_strdup (keys[i]), arrived);
    }
}

static void
collect_arrived (Follows *follows)
{
  GPtrArray *mailboxes = follows->account->mailboxes;
  g_autoptr (GHashTable) wanted = collect_keys (follows->account);

  for (guint i = 0; i < mailboxes->len; i++)
    {
      MailboxSync *mailbox = g_ptr_array_index (mailboxes, i);

      for (guint j = 0; mailbox->plan != NULL && mailbox_sync_takes_files (mailbox) && j < mailbox->plan->len;
           j++)
        {
          PlanOperation *operation = &g_array_index (mailbox->plan, PlanOperation, j);

          if (operation->kind == PLAN_DOWNLOAD && !operation->undecided)
            add_arrived (follows, wanted, mailbox, operation);
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

static gboolean
has_arrived (const Follows *follows, MailboxSync *mailbox, guint index)
{
  g_auto (GStrv) keys = keys_of_row (mailbox, index);

  for (guint i = 0; keys[i] != NULL; i++)
    if (g_hash_table_contains (follows->arrived, keys[i]))
      return TRUE;
  return FALSE;
}

static void
collect_departed (Follows *follows, MailboxSync *mailbox, Newcomers *uploads)
{
  for (guint i = 0; mailbox->plan != NULL && i < mailbox->plan->len; i++)
    {
      PlanOperation *operation = &g_array_index (mailbox->plan, PlanOperation, i);
      Departed *departed;
      guint index;

      if (!is_departure (mailbox, operation))
        continue;
      index = mailbox_sync_row_index (mailbox, operation->row);
      if (!has_arrived (follows, mailbox, index))
        continue;
      departed = find_file (mailbox, index, operation, uploads);
      if (departed != NULL)
        g_ptr_array_add (follows->departed, departed);
    }
}

/* FALSE: it is not the message of the row any more. */
static gboolean
read_file (Departed *departed)
{
  Follow *follow = &departed->follow;
  MaildirPlace place = mailbox_sync_place (follow->at, follow->base);

  return row_of (departed)->has_digest &&
         maildir_message_identify (follow->at->box, &place, &departed->identity, &follow->stamp, NULL) &&
         message_digest_equal (&departed->identity.full, &row_of (departed)->digest);
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
follow_one (Follows *follows, Departed *departed, Arrived *arrived)
{
  Follow *follow = g_memdup2 (&departed->follow, sizeof departed->follow);

  departed->is_taken = arrived->is_taken = TRUE;
  follow->to = arrived->mailbox;
  follow->uid = arrived->download->uid;
  follow->to->joined = follow->at->joined = TRUE;
  departed->operation->kind = PLAN_FOLLOW;
  g_hash_table_add (follows->replaced, arrived->download);
  if (departed->upload != NULL)
    g_hash_table_add (follows->replaced, departed->upload);
  g_hash_table_insert (follows->account->follows, (gpointer)&row_of (departed)->row, follow);
}

/* An id says that all that have it are one message: it is no matter which goes where. */
static void
match_ids (Follows *follows)
{
  for (guint i = 0; i < follows->departed->len; i++)
    {
      Departed *departed = g_ptr_array_index (follows->departed, i);
      const BaseFacts *facts = facts_of (departed);
      g_autofree char *key = alike_id_key (facts->email_id, facts->remote_size, facts->internal_date);
      const GPtrArray *there = key != NULL ? g_hash_table_lookup (follows->arrived, key) : NULL;

      for (guint j = 0; there != NULL && !departed->is_taken && j < there->len; j++)
        if (!((Arrived *)g_ptr_array_index (there, j))->is_taken)
          follow_one (follows, departed, g_ptr_array_index (there, j));
    }
}

/* (nullable): of the same size and date. */
static const GPtrArray *
arrived_like (const Follows *follows, const Departed *departed)
{
  g_autofree char *key =
      alike_stamp_key (facts_of (departed)->remote_size, facts_of (departed)->internal_date);

  return g_hash_table_lookup (follows->arrived, key);
}

/* (transfer full): (nullable) a draft may be what it was before, under the same Message-ID and Date. */
static char *
name_of (const Departed *departed)
{
  const BaseFacts *facts = facts_of (departed);

  return departed->is_taken || alike_is_draft (row_of (departed)->flags)
             ? NULL
             : alike_name_key (facts->remote_size, facts->internal_date, &departed->identity);
}

/* A draft that has arrived is never known by a name. */
static gboolean
may_be_like (const Arrived *arrived, gboolean named)
{
  return !arrived->is_taken && !(named && alike_is_draft (arrived_message (arrived)->flags));
}

/* (transfer container): what has arrived with the size and date of something that can be known by a name;
 * `named` FALSE: of something that can't. */
static GPtrArray *
collect_like (const Follows *follows, gboolean named)
{
  g_autoptr (GHashTable) seen = g_hash_table_new (NULL, NULL);
  GPtrArray *all = g_ptr_array_new ();

  for (guint i = 0; i < follows->departed->len; i++)
    {
      const Departed *departed = g_ptr_array_index (follows->departed, i);
      const GPtrArray *there = NULL;
      g_autofree char *name = name_of (departed);

      if (!departed->is_taken && (name != NULL) == named)
        there = arrived_like (follows, departed);
      for (guint j = 0; there != NULL && j < there->len; j++)
        if (may_be_like (g_ptr_array_index (there, j), named) &&
            g_hash_table_add (seen, g_ptr_array_index (there, j)))
          g_ptr_array_add (all, g_ptr_array_index (there, j));
    }
  return all;
}

/* (transfer full): by all that they are known by. */
static GHashTable *
group_arrived (const GPtrArray *arrived)
{
  GHashTable *groups = alike_groups_new ();

  for (guint i = 0; i < arrived->len; i++)
    {
      const PlanRemote *remote = arrived_message (g_ptr_array_index (arrived, i));
      char *key = alike_name_key (remote->remote_size, remote->internal_date, remote->identity);

      if (key != NULL)
        alike_add (groups, key, g_ptr_array_index (arrived, i));
    }
  return groups;
}

static GHashTable *
group_departed (const Follows *follows)
{
  GHashTable *groups = alike_groups_new ();

  for (guint i = 0; i < follows->departed->len; i++)
    {
      char *key = name_of (g_ptr_array_index (follows->departed, i));

      if (key != NULL)
        alike_add (groups, key, g_ptr_array_index (follows->departed, i));
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

static gboolean
have_other_ids (const GPtrArray *departed, const GPtrArray *arrived)
{
  for (guint i = 0; i < arrived->len; i++)
    if (alike_ids_differ (facts_of (g_ptr_array_index (departed, i))->email_id,
                          arrived_message (g_ptr_array_index (arrived, i))->email_id))
      return TRUE;
  return FALSE;
}

/* A second message on the server that looks the same may be another: then neither is taken for it. */
static gboolean
match_names (Follows *follows, GError **error)
{
  g_autoptr (GPtrArray) named = collect_like (follows, TRUE);
  g_autoptr (GHashTable) arrived = NULL;
  g_autoptr (GHashTable) departed = NULL;
  GHashTableIter iter;
  gpointer key, value;

  if (!account_sync_fetch_names (follows->account, named, FALSE, error))
    return FALSE;
  arrived = group_arrived (named);
  departed = group_departed (follows);
  g_hash_table_iter_init (&iter, departed);
  while (g_hash_table_iter_next (&iter, &key, &value))
    {
      const GPtrArray *here = value;
      const GPtrArray *there = g_hash_table_lookup (arrived, key);

      if (there == NULL || there->len > here->len || !are_alike (here) || have_other_ids (here, there))
        continue;
      for (guint i = 0; i < there->len; i++)
        follow_one (follows, g_ptr_array_index (here, i), g_ptr_array_index (there, i));
    }
  return TRUE;
}

static void
match_digest (Follows *follows, Departed *departed, GHashTable *digests)
{
  const GPtrArray *there = arrived_like (follows, departed);

  for (guint i = 0; there != NULL && !departed->is_taken && i < there->len; i++)
    {
      Arrived *arrived = g_ptr_array_index (there, i);
      const MessageDigest *digest = g_hash_table_lookup (digests, arrived);

      if (digest != NULL && !arrived->is_taken && message_digest_equal (digest, &row_of (departed)->digest))
        follow_one (follows, departed, arrived);
    }
}

/* What no name is known by. Reading its text costs what downloading it does, but the file keeps its name and
 * what was changed here. */
static gboolean
match_digests (Follows *follows, GError **error)
{
  g_autoptr (GPtrArray) like = collect_like (follows, FALSE);
  g_autoptr (GHashTable) digests = account_sync_fetch_digests (follows->account, like, error);

  for (guint i = 0; digests != NULL && i < follows->departed->len; i++)
    {
      Departed *departed = g_ptr_array_index (follows->departed, i);
      g_autofree char *name = name_of (departed);

      if (name == NULL)
        match_digest (follows, departed, digests);
    }
  return digests != NULL;
}

static gboolean
find_follows (Follows *follows, GError **error)
{
  GPtrArray *mailboxes = follows->account->mailboxes;
  g_autoptr (Newcomers) uploads = NULL;

  collect_arrived (follows);
  if (follows->arrivals->len == 0)
    return TRUE;
  uploads = newcomers_new (follows->account, is_upload, NULL);
  for (guint i = 0; i < mailboxes->len; i++)
    collect_departed (follows, g_ptr_array_index (mailboxes, i), uploads);
  if (!read_files (follows, error))
    return FALSE;
  match_ids (follows);
  if (!match_names (follows, error) || !match_digests (follows, error))
    return FALSE;
  account_sync_drop_operations (follows->account, follows->replaced);
  return TRUE;
}

gboolean
account_sync_plan_follows (AccountSync *account, GError **error)
{
  g_autoptr (GPtrArray) arrivals = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GHashTable) arrived = alike_groups_new ();
  g_autoptr (GPtrArray) departed = g_ptr_array_new_with_free_func (departed_free);
  g_autoptr (GHashTable) replaced = g_hash_table_new (NULL, NULL);
  Follows follows = { account, arrivals, arrived, departed, replaced };

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
