/* Candidates of both sides are sorted together, so that those with one Message-ID and Date stand side by side
 * (a group), within it those of one size, within that those of one header digest, and among these, where it
 * does not matter which is which, those of equal flags, so that no pair has flags to merge without need. All
 * decisions are made on such runs: nothing compares every message with every other, however many a sender
 * made alike.
 */
#include "pairing.h"

#include <string.h>

typedef struct
{
  guint hash; /* of Message-ID and Date; sorting by it first spares most string comparisons */
  const char *message_id;
  const char *date;
  guint64 size;
  const MessageDigest *header; /* (nullable): not known */
  MessageFlags flags;
  gboolean is_local;
  guint index;
  gboolean is_draft;
  gboolean is_paired;
} Candidate;

typedef struct
{
  GArray *pairs;          /* of Pair */
  gboolean *undecided[2]; /* remote, local */
  gboolean whatever_size; /* a Message-ID and Date of one message on each side decide alone */
} Pairing;

typedef struct
{
  Candidate *first;
  Candidate *end;
} Run;

static guint
hash_key (const MessageIdentity *identity)
{
  guint message_id = identity->message_id != NULL ? g_str_hash (identity->message_id) : 0;
  guint date = identity->date != NULL ? g_str_hash (identity->date) : 0;

  return message_id * 31 + date;
}

static void
add_candidate (GArray *candidates, const MessageIdentity *identity, Candidate candidate)
{
  candidate.hash = hash_key (identity);
  candidate.message_id = identity->message_id;
  candidate.date = identity->date;
  g_array_append_val (candidates, candidate);
}

static void
add_remote (GArray *candidates, const PlanRemote *remote, guint index)
{
  Candidate candidate = {
    .size = remote->size,
    .header = remote->has_header_digest ? &remote->identity->header : NULL,
    .flags = remote->flags,
    .is_local = FALSE,
    .index = index,
    .is_draft = (remote->flags.system & MESSAGE_FLAG_DRAFT) != 0,
  };

  add_candidate (candidates, remote->identity, candidate);
}

static void
add_local (GArray *candidates, const PlanLocal *local, guint index)
{
  Candidate candidate = {
    .size = local->identity->size,
    .header = &local->identity->header,
    .flags = local->flags,
    .is_local = TRUE,
    .index = index,
    .is_draft = (local->flags.system & MESSAGE_FLAG_DRAFT) != 0,
  };

  add_candidate (candidates, local->identity, candidate);
}

static int
compare_groups (const Candidate *a, const Candidate *b)
{
  int order;

  if (a->hash != b->hash)
    return a->hash < b->hash ? -1 : 1;
  order = g_strcmp0 (a->message_id, b->message_id);
  return order != 0 ? order : g_strcmp0 (a->date, b->date);
}

static int
compare_sizes (const Candidate *a, const Candidate *b)
{
  return (a->size > b->size) - (a->size < b->size);
}

static int
compare_headers (const Candidate *a, const Candidate *b)
{
  if (a->header == NULL || b->header == NULL)
    return (a->header != NULL) - (b->header != NULL);
  return memcmp (a->header, b->header, sizeof *a->header);
}

static int
compare_flags (const Candidate *a, const Candidate *b)
{
  if (a->flags.system != b->flags.system)
    return a->flags.system < b->flags.system ? -1 : 1;
  return strcmp (a->flags.keywords, b->flags.keywords);
}

static int
compare_candidates (gconstpointer a, gconstpointer b)
{
  const Candidate *first = a, *second = b;
  int order = compare_groups (first, second);

  if (order == 0)
    order = compare_sizes (first, second);
  if (order == 0)
    order = compare_headers (first, second);
  if (order == 0)
    order = compare_flags (first, second);
  if (order == 0)
    order = (first->index > second->index) - (first->index < second->index);
  return order;
}

/* The candidates from `first` on that compare equal to it. */
static Run
run_from (Candidate *first, const Candidate *end, int (*compare) (const Candidate *, const Candidate *))
{
  Run run = { first, first + 1 };

  while (run.end < end && compare (first, run.end) == 0)
    run.end++;
  return run;
}

static guint
run_count (Run run, gboolean is_local)
{
  guint count = 0;

  for (const Candidate *candidate = run.first; candidate < run.end; candidate++)
    count += candidate->is_local == is_local && !candidate->is_paired;
  return count;
}

/* The first one from `candidate` on that a header may decide: drafts are left to the full digest. */
static Candidate *
run_next (Run run, Candidate *candidate, gboolean is_local)
{
  while (candidate < run.end &&
         (candidate->is_local != is_local || candidate->is_draft || candidate->is_paired))
    candidate++;
  return candidate;
}

/* All in `run` are alike: one to one, in order, until one side has no more. */
static void
pair_in_order (Pairing *pairing, Run run)
{
  Candidate *remote = run_next (run, run.first, FALSE);
  Candidate *local = run_next (run, run.first, TRUE);

  while (remote < run.end && local < run.end)
    {
      Pair pair = { remote->index, local->index };

      remote->is_paired = local->is_paired = TRUE;
      g_array_append_val (pairing->pairs, pair);
      remote = run_next (run, remote + 1, FALSE);
      local = run_next (run, local + 1, TRUE);
    }
}

/* Those of equal flags first. */
static void
pair_alike (Pairing *pairing, Run run)
{
  for (Run same_flags = { run.first, run.first }; same_flags.end < run.end;)
    {
      same_flags = run_from (same_flags.end, run.end, compare_flags);
      pair_in_order (pairing, same_flags);
    }
  pair_in_order (pairing, run);
}

/* `run` has one size, Message-ID and Date. */
static void
pair_same_size (Pairing *pairing, Run run)
{
  guint n_remote = run_count (run, FALSE);
  guint n_local = run_count (run, TRUE);

  if (n_remote == 1 && n_local == 1)
    {
      pair_in_order (pairing, run);
      return;
    }
  for (Run alike = { run.first, run.first }; alike.end < run.end;)
    {
      /* Without a header digest there are only remote ones, which find nobody. */
      alike = run_from (alike.end, run.end, compare_headers);
      pair_alike (pairing, alike);
    }
}

/* (transfer full): the known header digests on one side of `run` that are without a partner. */
static GHashTable *
unpaired_headers (Run run, gboolean is_local)
{
  GHashTable *headers = g_hash_table_new (message_digest_hash, (GEqualFunc)message_digest_equal);

  for (const Candidate *candidate = run.first; candidate < run.end; candidate++)
    if (candidate->is_local == is_local && !candidate->is_paired && candidate->header != NULL)
      g_hash_table_add (headers, (gpointer)candidate->header);
  return headers;
}

static gboolean
has_unpaired_without_header (Run run)
{
  for (const Candidate *candidate = run.first; candidate < run.end; candidate++)
    if (!candidate->is_paired && candidate->header == NULL)
      return TRUE;
  return FALSE;
}

/* Those of `run` without a partner may still be equal to one of the other side, unless their headers are
 * known to differ from all of them: then their full digests do, too. */
static void
mark_undecided (Pairing *pairing, Run run)
{
  g_autoptr (GHashTable) remote = NULL;
  g_autoptr (GHashTable) local = NULL;
  gboolean any_local_may_match;

  if (run_count (run, FALSE) == 0 || run_count (run, TRUE) == 0)
    return;
  remote = unpaired_headers (run, FALSE);
  local = unpaired_headers (run, TRUE);
  any_local_may_match = has_unpaired_without_header (run);
  for (const Candidate *candidate = run.first; candidate < run.end; candidate++)
    {
      gboolean may_match;

      if (candidate->is_local)
        may_match = any_local_may_match || g_hash_table_contains (remote, candidate->header);
      else
        may_match = candidate->header == NULL || g_hash_table_contains (local, candidate->header);
      if (may_match && !candidate->is_paired)
        pairing->undecided[candidate->is_local][candidate->index] = TRUE;
    }
}

/* One message on each side, and no more, before anything was paired. */
static gboolean
is_one_to_one (Run group)
{
  return group.end - group.first == 2 && run_count (group, FALSE) == 1 && run_count (group, TRUE) == 1;
}

/* `group` has one Message-ID and Date, or lacks one of them: then only the full digest decides, and messages
 * of different sizes can't share one. */
static void
pair_group (Pairing *pairing, Run group)
{
  gboolean is_named = group.first->message_id != NULL && group.first->date != NULL;

  for (Run same_size = { group.first, group.first }; same_size.end < group.end;)
    {
      same_size = run_from (same_size.end, group.end, compare_sizes);
      if (is_named)
        pair_same_size (pairing, same_size);
      else
        mark_undecided (pairing, same_size);
    }
  if (is_named && pairing->whatever_size && is_one_to_one (group))
    pair_in_order (pairing, group);
  if (is_named)
    mark_undecided (pairing, group);
}

static int
compare_pairs (gconstpointer a, gconstpointer b)
{
  const Pair *first = a, *second = b;

  return (first->remote > second->remote) - (first->remote < second->remote);
}

static GArray *
sorted_candidates (const GPtrArray *remote, const GPtrArray *local)
{
  GArray *candidates = g_array_sized_new (FALSE, FALSE, sizeof (Candidate), remote->len + local->len);

  for (guint i = 0; i < remote->len; i++)
    add_remote (candidates, g_ptr_array_index (remote, i), i);
  for (guint i = 0; i < local->len; i++)
    add_local (candidates, g_ptr_array_index (local, i), i);
  g_array_sort (candidates, compare_candidates);
  return candidates;
}

static void
pair_all (Pairing *pairing, const GPtrArray *remote, const GPtrArray *local)
{
  g_autoptr (GArray) candidates = NULL;
  Run group;

  if (remote->len == 0 || local->len == 0)
    return;
  candidates = sorted_candidates (remote, local);
  group.end = &g_array_index (candidates, Candidate, 0);
  for (const Candidate *end = group.end + candidates->len; group.end < end;)
    {
      group = run_from (group.end, end, compare_groups);
      pair_group (pairing, group);
    }
  g_array_sort (pairing->pairs, compare_pairs);
}

GArray *
pair_messages (const GPtrArray *remote, const GPtrArray *local, gboolean *undecided_remote,
               gboolean *undecided_local)
{
  Pairing pairing = { g_array_new (FALSE, FALSE, sizeof (Pair)),
                      { undecided_remote, undecided_local },
                      FALSE };

  pair_all (&pairing, remote, local);
  return pairing.pairs;
}

GArray *
pair_known_messages (const GPtrArray *remote, const GPtrArray *local, gboolean *undecided_remote,
                     gboolean *undecided_local)
{
  Pairing pairing = { g_array_new (FALSE, FALSE, sizeof (Pair)),
                      { undecided_remote, undecided_local },
                      TRUE };

  pair_all (&pairing, remote, local);
  return pairing.pairs;
}
