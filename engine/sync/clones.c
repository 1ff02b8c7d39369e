#include "clones.h"

#include "../journal/journal-alike.h"
#include "arrived.h"
#include "doubles.h"
#include "file-of-row.h"
#include "moves.h"

#include <string.h>

/* A row whose message some new one may be, as far as size and date tell. */
typedef struct
{
  gint64 row;
  MailboxSync *at;
  const char *email_id; /* (nullable) */
  gboolean is_draft;
  MessageDigest digest;
} Candidate;

typedef struct
{
  AccountSync *account;
  GArray *wanted;         /* of Arrived: all that would be downloaded */
  GPtrArray *like_some;   /* of those: of the size and date of some row, and known by their header at best */
  GHashTable *candidates; /* size and date -> GPtrArray of Candidate: some row has them */
} Clones;

static gboolean
may_be_cloned (MailboxSync *mailbox, const PlanOperation *operation)
{
  PlanOperation clone = *operation;

  clone.kind = PLAN_CLONE;
  return operation->kind == PLAN_DOWNLOAD && !operation->undecided &&
         !mailbox_sync_is_closed (mailbox, &clone);
}

static void
collect_wanted (Clones *clones)
{
  GPtrArray *mailboxes = clones->account->mailboxes;

  for (guint i = 0; i < mailboxes->len; i++)
    {
      MailboxSync *mailbox = g_ptr_array_index (mailboxes, i);

      for (guint j = 0; mailbox->plan != NULL && mailbox_sync_takes_files (mailbox) && j < mailbox->plan->len;
           j++)
        {
          PlanOperation *operation = &g_array_index (mailbox->plan, PlanOperation, j);
          const Arrived arrived = { mailbox, operation, FALSE };

          if (may_be_cloned (mailbox, operation))
            g_array_append_val (clones->wanted, arrived);
        }
    }
}

static void
clone_from (Arrived *arrived, gint64 row)
{
  arrived->is_taken = TRUE;
  arrived->download->kind = PLAN_CLONE;
  g_hash_table_insert (arrived->mailbox->sources, GUINT_TO_POINTER (arrived->download->uid),
                       g_memdup2 (&row, sizeof row));
}

typedef struct
{
  AccountSync *account;
  GPtrArray *found; /* (nullable) of Candidate */
} StampSearch;

static gboolean
add_candidate (const JournalMessage *message, gpointer user_data)
{
  StampSearch *search = user_data;
  MailboxSync *at = account_sync_find_files (search->account, message->mailbox);
  Candidate *candidate;

  if (at == NULL)
    return TRUE;
  if (search->found == NULL)
    search->found = g_ptr_array_new_with_free_func (g_free);
  candidate = g_new0 (Candidate, 1);
  candidate->row = message->id;
  candidate->at = at;
  if (message->email_id != NULL)
    candidate->email_id = g_string_chunk_insert (at->strings, message->email_id);
  candidate->is_draft = ((message->system | message->not_kept_system) & MESSAGE_FLAG_DRAFT) != 0;
  memcpy (candidate->digest.bytes, message->digest, sizeof candidate->digest.bytes);
  g_ptr_array_add (search->found, candidate);
  return TRUE;
}

/* *candidates (nullable): rows of its size and date. Each of these is looked for once. */
static gboolean
find_candidates (Clones *clones, const PlanRemote *remote, GPtrArray **candidates, GError **error)
{
  g_autofree char *key = alike_stamp_key (remote->remote_size, remote->internal_date);
  StampSearch search = { clones->account, NULL };

  *candidates = g_hash_table_lookup (clones->candidates, key);
  if (*candidates != NULL)
    return TRUE;
  if (!journal_foreach_stamp (clones->account->journal, remote->remote_size, remote->internal_date,
                              add_candidate, &search, error))
    return FALSE;
  if (search.found != NULL)
    g_hash_table_insert (clones->candidates, g_steal_pointer (&key), search.found);
  *candidates = search.found;
  return TRUE;
}

/* (nullable): with the id of the message. */
static const Candidate *
find_by_id (const GPtrArray *candidates, const PlanRemote *remote)
{
  for (guint i = 0; remote->email_id != NULL && i < candidates->len; i++)
    {
      const Candidate *candidate = g_ptr_array_index (candidates, i);

      if (g_strcmp0 (candidate->email_id, remote->email_id) == 0)
        return candidate;
    }
  return NULL;
}

/* The header may tell. */
static gboolean
may_be (const Candidate *candidate, const PlanRemote *remote)
{
  return !candidate->is_draft && !alike_is_draft (remote->flags) &&
         !alike_ids_differ (candidate->email_id, remote->email_id);
}

static gboolean
may_be_some (const GPtrArray *candidates, const PlanRemote *remote)
{
  for (guint i = 0; i < candidates->len; i++)
    if (may_be (g_ptr_array_index (candidates, i), remote))
      return TRUE;
  return FALSE;
}

static gboolean
find_row (Clones *clones, Arrived *arrived, GError **error)
{
  const PlanRemote *remote = arrived_message (arrived);
  const Candidate *same;
  GPtrArray *candidates;

  if (!find_candidates (clones, remote, &candidates, error))
    return FALSE;
  if (candidates == NULL)
    return TRUE;
  same = find_by_id (candidates, remote);
  if (same != NULL)
    clone_from (arrived, same->row);
  else if (may_be_some (candidates, remote))
    g_ptr_array_add (clones->like_some, arrived);
  return TRUE;
}

static gboolean
find_rows (Clones *clones, GError **error)
{
  for (guint i = 0; i < clones->wanted->len; i++)
    if (!find_row (clones, &g_array_index (clones->wanted, Arrived, i), error))
      return FALSE;
  return TRUE;
}

/* What a file says of itself. */
typedef struct
{
  const Candidate *candidate;
  char *key; /* (nullable) */
} Naming;

/* Not when it is not the message of the row any more. */
static gboolean
read_header (const JournalMessage *message, gpointer user_data)
{
  Naming *naming = user_data;
  MailboxSync *at = naming->candidate->at;
  const MaildirPlace place = mailbox_sync_place_row (at, message);
  g_auto (MessageIdentity) identity = { 0 };

  if (maildir_message_identify (at->box, &place, &identity, NULL, NULL) &&
      message_digest_equal (&identity.full, &naming->candidate->digest))
    naming->key = alike_header_key (message->remote_size, message->internal_date, &identity);
  return FALSE;
}

/* Adds the row under what the header of its file is known by. */
static gboolean
name_candidate (Clones *clones, GHashTable *named, Candidate *candidate, GError **error)
{
  Naming naming = { candidate, NULL };

  if (candidate->is_draft)
    return TRUE;
  if (!journal_find_message (clones->account->journal, candidate->row, read_header, &naming, error))
    return FALSE;
  if (naming.key != NULL)
    alike_add (named, naming.key, candidate);
  return TRUE;
}

static gboolean
name_all (Clones *clones, GHashTable *named, const GPtrArray *candidates, GError **error)
{
  for (guint i = 0; i < candidates->len; i++)
    if (!name_candidate (clones, named, g_ptr_array_index (candidates, i), error))
      return FALSE;
  return TRUE;
}

/* (transfer full): size, date and header -> GPtrArray of Candidate. NULL: failed. */
static GHashTable *
name_candidates (Clones *clones, GError **error)
{
  g_autoptr (GHashTable) named = alike_groups_new ();
  g_autoptr (GHashTable) seen = g_hash_table_new (NULL, NULL);

  for (guint i = 0; i < clones->like_some->len; i++)
    {
      const PlanRemote *remote = arrived_message (g_ptr_array_index (clones->like_some, i));
      g_autofree char *key = alike_stamp_key (remote->remote_size, remote->internal_date);
      GPtrArray *candidates = g_hash_table_lookup (clones->candidates, key);

      if (g_cancellable_set_error_if_cancelled (clones->account->cancellable, error) ||
          (g_hash_table_add (seen, candidates) && !name_all (clones, named, candidates, error)))
        return NULL;
    }
  return g_steal_pointer (&named);
}

/* (nullable) of rows that look the same: one, if all their files are one message. */
static const Candidate *
choose (const GPtrArray *candidates, const PlanRemote *remote)
{
  const Candidate *chosen = NULL;

  for (guint i = 0; candidates != NULL && i < candidates->len; i++)
    {
      const Candidate *candidate = g_ptr_array_index (candidates, i);

      if (!may_be (candidate, remote))
        continue;
      if (chosen != NULL && !message_digest_equal (&chosen->digest, &candidate->digest))
        return NULL;
      chosen = candidate;
    }
  return chosen;
}

static gboolean
match_names (Clones *clones, GError **error)
{
  g_autoptr (GHashTable) named = name_candidates (clones, error);

  if (named == NULL)
    return FALSE;
  if (g_hash_table_size (named) == 0)
    return TRUE;
  if (!account_sync_fetch_names (clones->account, clones->like_some, TRUE, error))
    return FALSE;
  for (guint i = 0; i < clones->like_some->len; i++)
    {
      Arrived *arrived = g_ptr_array_index (clones->like_some, i);
      const PlanRemote *remote = arrived_message (arrived);
      g_autofree char *key = alike_remote_header_key (remote);
      const Candidate *candidate = key != NULL ? choose (g_hash_table_lookup (named, key), remote) : NULL;

      if (candidate != NULL)
        clone_from (arrived, candidate->row);
    }
  return TRUE;
}

/* A dry run has no next round: it tells what that would do. */
static void
leave_to_next_round (const GPtrArray *doubles)
{
  for (guint i = 0; i < doubles->len; i++)
    {
      const Arrived *arrived = g_ptr_array_index (doubles, i);

      if (arrived->mailbox->account->dry_run)
        arrived->download->kind = PLAN_CLONE;
      else
        g_hash_table_add (arrived->mailbox->waited, GUINT_TO_POINTER (arrived->download->uid));
      arrived->mailbox->joined = TRUE;
    }
}

static gboolean
wait_for_doubles (Clones *clones, GError **error)
{
  g_autoptr (GPtrArray) doubles = g_ptr_array_new ();
  g_autoptr (GPtrArray) left = g_ptr_array_new ();
  g_autoptr (GHashTable) waiting = g_hash_table_new (NULL, NULL);

  for (guint i = 0; i < clones->wanted->len; i++)
    {
      Arrived *arrived = &g_array_index (clones->wanted, Arrived, i);

      if (!arrived->is_taken &&
          !g_hash_table_contains (arrived->mailbox->waited, GUINT_TO_POINTER (arrived->download->uid)))
        g_ptr_array_add (left, arrived);
    }
  if (!account_sync_find_doubles (clones->account, left, doubles, error))
    return FALSE;
  leave_to_next_round (doubles);
  for (guint i = 0; i < doubles->len && !clones->account->dry_run; i++)
    g_hash_table_add (waiting, ((Arrived *)g_ptr_array_index (doubles, i))->download);
  account_sync_drop_operations (clones->account, waiting);
  return TRUE;
}

static gboolean
find_clones (Clones *clones, GError **error)
{
  collect_wanted (clones);
  if (clones->wanted->len == 0)
    return TRUE;
  if (journal_has_messages (clones->account->journal) &&
      (!find_rows (clones, error) || !match_names (clones, error)))
    return FALSE;
  return wait_for_doubles (clones, error);
}

gboolean
account_sync_plan_clones (AccountSync *account, GError **error)
{
  g_autoptr (GArray) wanted = g_array_new (FALSE, FALSE, sizeof (Arrived));
  g_autoptr (GPtrArray) like_some = g_ptr_array_new ();
  g_autoptr (GHashTable) candidates = alike_groups_new ();
  Clones clones = { account, wanted, like_some, candidates };

  return account->session == NULL || find_clones (&clones, error);
}
