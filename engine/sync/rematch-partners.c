#include "rematch-partners.h"

#include "arrived.h"
#include "fetch-headers.h"
#include "pairing.h"

#include <string.h>

/* What pair_known_messages is given. */
typedef struct
{
  GPtrArray *remote, *local;
  GArray *rows; /* of guint: the base row of each local one, for as many as have one */
  gboolean *undecided_remote, *undecided_local;
} Candidates;

static void
clear_candidates (Candidates *candidates)
{
  g_ptr_array_unref (candidates->remote);
  g_ptr_array_unref (candidates->local);
  g_array_unref (candidates->rows);
  g_free (candidates->undecided_remote);
  g_free (candidates->undecided_local);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Candidates, clear_candidates)

static const PlanBase *
base_row (const Rematch *rematch, guint index)
{
  return &g_array_index (rematch->mailbox->base, PlanBase, index);
}

static const PlanRemote *
remote_message (const Rematch *rematch, guint index)
{
  return &g_array_index (rematch->mailbox->remote, PlanRemote, index);
}

static void
take (Rematch *rematch, guint row, guint remote)
{
  rematch->found[row] = remote + 1;
  rematch->is_taken[remote] = TRUE;
}

static const BaseFacts *
facts_of (const Rematch *rematch, guint row)
{
  return &g_array_index (rematch->mailbox->base_facts, BaseFacts, row);
}

#define SEVERAL G_MAXUINT

/* (transfer full): key -> index plus 1, or SEVERAL */
static GHashTable *
indices_new (void)
{
  return g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
}

/* `key` (transfer full) (nullable) */
static void
add_index (GHashTable *indices, char *key, guint index)
{
  if (key != NULL)
    g_hash_table_replace (indices, key,
                          GUINT_TO_POINTER (g_hash_table_contains (indices, key) ? SEVERAL : index + 1));
}

/* The only one of this key, 1 added to its index; 0: none, or several. */
static guint
find_index (GHashTable *indices, const char *key)
{
  const guint found = GPOINTER_TO_UINT (g_hash_table_lookup (indices, key));

  return found == SEVERAL ? 0 : found;
}

/* (transfer full) (nullable) */
static char *
id_of_row (const Rematch *rematch, guint row)
{
  const BaseFacts *facts = facts_of (rematch, row);

  return alike_id_key (facts->email_id, facts->remote_size, facts->internal_date);
}

/* The same content has the same EMAILID whatever its UID (RFC 8474, section 5.1). Several that are alike are
 * left to their headers. */
static void
pair_by_email_ids (Rematch *rematch)
{
  g_autoptr (GHashTable) rows = indices_new ();
  g_autoptr (GHashTable) messages = indices_new ();

  for (guint i = 0; i < rematch->mailbox->base->len; i++)
    add_index (rows, id_of_row (rematch, i), i);
  for (guint i = 0; i < rematch->mailbox->remote->len; i++)
    {
      const PlanRemote *message = remote_message (rematch, i);

      add_index (messages, alike_id_key (message->email_id, message->remote_size, message->internal_date), i);
    }
  for (guint i = 0; i < rematch->mailbox->base->len; i++)
    {
      g_autofree char *key = id_of_row (rematch, i);
      const guint row = key != NULL ? find_index (rows, key) : 0;
      const guint message = row != 0 ? find_index (messages, key) : 0;

      if (message != 0)
        take (rematch, i, message - 1);
    }
}

/* Base and local are both sorted by base name. */
static void
find_files (Rematch *rematch)
{
  const GArray *base = rematch->mailbox->base, *local = rematch->mailbox->local;
  guint row = 0;

  g_ptr_array_set_size (rematch->files, base->len);
  for (guint i = 0; i < local->len; i++)
    {
      PlanLocal *file = &g_array_index (local, PlanLocal, i);

      while (row < base->len && strcmp (base_row (rematch, row)->base, file->base) < 0)
        row++;
      if (row == base->len || !g_str_equal (base_row (rematch, row)->base, file->base))
        g_ptr_array_add (rematch->others, file);
      else if (!file->replaced && file->identity != NULL)
        rematch->files->pdata[row] = file;
    }
}

static void
remove_all (GPtrArray *files, GHashTable *which)
{
  guint kept = 0;

  for (guint i = 0; i < files->len; i++)
    if (!g_hash_table_contains (which, files->pdata[i]))
      files->pdata[kept++] = files->pdata[i];
  g_ptr_array_set_size (files, kept);
}

/* What is gone under its name may be here under another. */
static void
find_renamed (Rematch *rematch)
{
  g_autoptr (GHashTable) others = g_hash_table_new (message_digest_hash, (GEqualFunc)message_digest_equal);
  g_autoptr (GHashTable) renamed = g_hash_table_new (NULL, NULL);

  for (guint i = 0; i < rematch->others->len; i++)
    {
      PlanLocal *file = g_ptr_array_index (rematch->others, i);

      g_hash_table_insert (others, (gpointer)&file->identity->full, file);
    }
  for (guint i = 0; i < rematch->files->len; i++)
    {
      const PlanBase *row = base_row (rematch, i);

      if (rematch->files->pdata[i] == NULL && row->has_digest)
        rematch->files->pdata[i] = g_hash_table_lookup (others, &row->digest);
      if (rematch->files->pdata[i] != NULL && g_hash_table_remove (others, &row->digest))
        g_hash_table_add (renamed, rematch->files->pdata[i]);
    }
  remove_all (rematch->others, renamed);
}

/* Rows first: where there are more alike here than there, they come before what is new here. */
static Candidates
collect_candidates (Rematch *rematch)
{
  Candidates candidates = { g_ptr_array_new (), g_ptr_array_new (),
                            g_array_new (FALSE, FALSE, sizeof (guint)), NULL, NULL };

  for (guint i = 0; i < rematch->mailbox->remote->len; i++)
    if (remote_message (rematch, i)->identity != NULL && !rematch->is_taken[i])
      g_ptr_array_add (candidates.remote, (gpointer)remote_message (rematch, i));
  for (guint i = 0; i < rematch->files->len; i++)
    if (rematch->files->pdata[i] != NULL && rematch->found[i] == 0)
      {
        g_ptr_array_add (candidates.local, rematch->files->pdata[i]);
        g_array_append_val (candidates.rows, i);
      }
  g_ptr_array_extend (candidates.local, rematch->others, NULL, NULL);
  candidates.undecided_remote = g_new0 (gboolean, candidates.remote->len);
  candidates.undecided_local = g_new0 (gboolean, candidates.local->len);
  return candidates;
}

static guint
remote_index (const Rematch *rematch, const Candidates *candidates, guint index)
{
  const PlanRemote *message = g_ptr_array_index (candidates->remote, index);

  return (guint)(message - remote_message (rematch, 0));
}

/* What is new here and has found a partner is left to the plan, which finds it again. */
static void
pair_by_headers (Rematch *rematch, Candidates *candidates)
{
  g_autoptr (GArray) pairs = pair_known_messages (candidates->remote, candidates->local,
                                                  candidates->undecided_remote, candidates->undecided_local);

  for (guint i = 0; i < pairs->len; i++)
    {
      const Pair *pair = &g_array_index (pairs, Pair, i);

      if (pair->local < candidates->rows->len)
        take (rematch, g_array_index (candidates->rows, guint, pair->local),
              remote_index (rematch, candidates, pair->remote));
    }
}

/* The undecided rows by their full digests: (transfer full) (element-type MessageDigest -> GQueue of rows).
 */
static GHashTable *
undecided_rows (Rematch *rematch, const Candidates *candidates)
{
  GHashTable *rows = g_hash_table_new_full (message_digest_hash, (GEqualFunc)message_digest_equal, NULL,
                                            (GDestroyNotify)g_queue_free);

  for (guint i = 0; i < candidates->rows->len; i++)
    {
      const PlanLocal *file = g_ptr_array_index (candidates->local, i);
      GQueue *alike = g_hash_table_lookup (rows, &file->identity->full);

      if (!candidates->undecided_local[i])
        continue;
      if (alike == NULL)
        g_hash_table_insert (rows, (gpointer)&file->identity->full, alike = g_queue_new ());
      g_queue_push_tail (alike, GUINT_TO_POINTER (g_array_index (candidates->rows, guint, i)));
    }
  return rows;
}

/* (transfer full) */
static ImapUidSet *
undecided_messages (const Candidates *candidates)
{
  ImapUidSet *set = imap_uid_set_new ();

  for (guint i = 0; i < candidates->remote->len; i++)
    if (candidates->undecided_remote[i])
      imap_uid_set_add (set, ((const PlanRemote *)g_ptr_array_index (candidates->remote, i))->uid);
  return set;
}

/* Drafts, messages without Message-ID or Date, and several whose sizes differ. */
static gboolean
pair_by_digests (Rematch *rematch, const Candidates *candidates, GError **error)
{
  g_autoptr (GHashTable) rows = undecided_rows (rematch, candidates);
  g_autoptr (ImapUidSet) set = undecided_messages (candidates);
  g_autoptr (GHashTable) digests = NULL;

  if (g_hash_table_size (rows) == 0)
    return TRUE;
  digests = mailbox_sync_fetch_digests (rematch->mailbox, set, error);
  for (guint i = 0; digests != NULL && i < candidates->remote->len; i++)
    {
      const PlanRemote *message = g_ptr_array_index (candidates->remote, i);
      const MessageDigest *digest = g_hash_table_lookup (digests, GUINT_TO_POINTER (message->uid));
      GQueue *alike = digest != NULL ? g_hash_table_lookup (rows, digest) : NULL;

      if (alike != NULL && !g_queue_is_empty (alike))
        take (rematch, GPOINTER_TO_UINT (g_queue_pop_head (alike)), remote_index (rematch, candidates, i));
    }
  return digests != NULL;
}

/* What nobody claimed, by size and INTERNALDATE. (transfer full) */
static GHashTable *
free_by_stamp (Rematch *rematch)
{
  GHashTable *stamps = indices_new ();

  for (guint i = 0; i < rematch->mailbox->remote->len; i++)
    {
      const PlanRemote *message = remote_message (rematch, i);

      if (!rematch->is_taken[i])
        add_index (stamps, alike_stamp_key (message->remote_size, message->internal_date), i);
    }
  return stamps;
}

/* The only message there that may be the row's, 1 added to its index; 0: none. */
static guint
find_by_stamp (Rematch *rematch, GHashTable *stamps, guint row)
{
  const BaseFacts *facts = facts_of (rematch, row);
  g_autofree char *key = alike_stamp_key (facts->remote_size, facts->internal_date);
  const guint found = find_index (stamps, key);

  return found == 0 || rematch->is_taken[found - 1] || facts->remote_size == 0 ? 0 : found;
}

/* The only message there that may be each row's whose content is not here, 1 added to its index; 0: none. Its
 * UID is added to the set. (transfer full) */
static guint *
find_gone (Rematch *rematch, ImapUidSet *set)
{
  g_autoptr (GHashTable) stamps = free_by_stamp (rematch);
  guint *messages = g_new0 (guint, rematch->files->len);

  for (guint i = 0; i < rematch->files->len; i++)
    {
      if (rematch->files->pdata[i] != NULL || rematch->found[i] != 0 || !base_row (rematch, i)->has_digest)
        continue;
      messages[i] = find_by_stamp (rematch, stamps, i);
      if (messages[i] != 0)
        imap_uid_set_add (set, remote_message (rematch, messages[i] - 1)->uid);
    }
  return messages;
}

/* Rows whose content is not here: deleted, replaced or unreadable. Only certainty keeps them, since a
 * deletion or an overwriting may hang on it. */
static gboolean
pair_gone (Rematch *rematch, GError **error)
{
  g_autoptr (ImapUidSet) set = imap_uid_set_new ();
  g_autofree guint *messages = find_gone (rematch, set);
  g_autoptr (GHashTable) digests = mailbox_sync_fetch_digests (rematch->mailbox, set, error);

  for (guint i = 0; digests != NULL && i < rematch->files->len; i++)
    {
      const guint message = messages[i];
      const MessageDigest *digest = NULL;

      if (message == 0 || rematch->is_taken[message - 1])
        continue;
      digest = g_hash_table_lookup (digests, GUINT_TO_POINTER (remote_message (rematch, message - 1)->uid));
      if (digest != NULL && message_digest_equal (digest, &base_row (rematch, i)->digest))
        take (rematch, i, message - 1);
    }
  return digests != NULL;
}

gboolean
rematch_find_partners (Rematch *rematch, GError **error)
{
  g_auto (Candidates) candidates = { 0 };

  find_files (rematch);
  find_renamed (rematch);
  if (rematch->mailbox->refresh == JOURNAL_REFRESH_UIDS)
    pair_by_email_ids (rematch);
  candidates = collect_candidates (rematch);
  pair_by_headers (rematch, &candidates);
  return pair_by_digests (rematch, &candidates, error) &&
         (rematch->mailbox->refresh != JOURNAL_REFRESH_UIDS || pair_gone (rematch, error));
}
