#include "plan.h"

#include "pairing.h"
#include "plan-flags.h"
#include "relink.h"

#include <string.h>

#define N_KINDS (PLAN_EXPUNGE_MARKED + 1)

/* A base row that is gone here and still there. */
typedef struct
{
  const PlanBase *row;
  MessageFlags remote;
} LostRow;

typedef struct
{
  const PlanInput *input;
  GArray *operations;   /* of PlanOperation, in the order they were found */
  gboolean *is_known;   /* of each remote message: a base row has its uid */
  GPtrArray *new_local; /* (element-type PlanLocal), in input order */
  GArray *lost;         /* of LostRow, in input order */
} Planner;

/* One side of a base row as it counts: what was not looked at is unchanged. */
typedef struct
{
  gboolean is_present;
  gboolean is_replaced;
  MessageFlags flags;
} Side;

static PlanOperation *
add_operation (Planner *planner, PlanKind kind, const PlanBase *row, const char *base)
{
  MessageFlags none = message_flags_none ();
  PlanOperation operation = { .kind = kind, .base = base, .add = none, .remove = none };

  operation.row = row != NULL ? row->row : 0;
  operation.uid = row != NULL ? row->uid : 0;
  operation.flags = row != NULL ? row->flags : none;
  operation.not_kept = row != NULL ? row->not_kept : none;
  g_array_append_val (planner->operations, operation);
  return &g_array_index (planner->operations, PlanOperation, planner->operations->len - 1);
}

static void
add_merged (Planner *planner, PlanKind kind, const PlanBase *row, const char *base, const FlagMerge *merge)
{
  PlanOperation *operation = add_operation (planner, kind, row, base);

  operation->flags = merge->flags;
  operation->not_kept = merge->not_kept;
  if (kind == PLAN_REMOTE_FLAGS)
    {
      operation->add = merge->remote_add;
      operation->remove = merge->remote_remove;
    }
  if (kind == PLAN_LOCAL_FLAGS)
    {
      operation->add = merge->local_add;
      operation->remove = merge->local_remove;
    }
}

static gboolean
changes (MessageFlags add, MessageFlags remove)
{
  return !message_flags_is_empty (add) || !message_flags_is_empty (remove);
}

static gboolean
base_follows (const PlanBase *row, const FlagMerge *merge)
{
  return !message_flags_equal (row->flags, merge->flags) ||
         !message_flags_equal (row->not_kept, merge->not_kept);
}

/* `expunge-marked` takes what was marked here since the base; older marks are flags like the others. So are
 * marks that the server has too: after a crash they may be its own, brought here before the base followed;
 * but not where that crash came between our own mark on the server and the expunging. */
static gboolean
was_marked_here (const PlanInput *input, const PlanBase *row, MessageFlags remote, MessageFlags local,
                 const FlagMerge *merge)
{
  gboolean begun =
      input->expunging != NULL && g_hash_table_contains (input->expunging, GUINT_TO_POINTER (row->uid));
  guint8 elsewhere = row->flags.system | (begun ? 0 : remote.system) | merge->not_kept.system;

  return (local.system & ~elsewhere & MESSAGE_FLAG_DELETED) != 0;
}

static void
plan_flags (Planner *planner, const PlanBase *row, const char *base, MessageFlags remote, MessageFlags local)
{
  FlagMerge merge = flag_merge (planner->input, row, remote, local);
  gboolean changes_remote = changes (merge.remote_add, merge.remote_remove);
  gboolean changes_local = changes (merge.local_add, merge.local_remove);

  if (planner->input->expunge_marked && was_marked_here (planner->input, row, remote, local, &merge))
    {
      add_merged (planner, PLAN_EXPUNGE_MARKED, row, base, &merge);
      return;
    }
  if (changes_remote)
    add_merged (planner, PLAN_REMOTE_FLAGS, row, base, &merge);
  if (changes_local)
    add_merged (planner, PLAN_LOCAL_FLAGS, row, base, &merge);
  if (!changes_remote && !changes_local && base_follows (row, &merge))
    add_merged (planner, PLAN_BASE_FLAGS, row, base, &merge);
}

static void
plan_replaced (Planner *planner, const PlanBase *row, MessageFlags remote, MessageFlags local)
{
  FlagMerge merge = flag_merge_replaced (planner->input, row, remote, local);

  add_merged (planner, PLAN_REPLACE, row, row->base, &merge);
  if (changes (merge.local_add, merge.local_remove))
    add_merged (planner, PLAN_LOCAL_FLAGS, row, row->base, &merge);
}

/* (nullable). Its index in the input, when there. */
static const PlanRemote *
find_remote (const GArray *remote, guint32 uid, guint *index)
{
  guint low = 0, high = remote->len;

  while (low < high)
    {
      guint middle = low + (high - low) / 2;
      const PlanRemote *message = &g_array_index (remote, PlanRemote, middle);

      if (message->uid == uid)
        {
          *index = middle;
          return message;
        }
      if (message->uid < uid)
        low = middle + 1;
      else
        high = middle;
    }
  return NULL;
}

static Side
remote_side (Planner *planner, const PlanBase *row)
{
  const PlanInput *input = planner->input;
  guint index = 0;
  const PlanRemote *message = input->offline ? NULL : find_remote (input->remote, row->uid, &index);

  if (message == NULL)
    return (Side){ input->offline || !input->remote_complete, FALSE, row->flags };
  planner->is_known[index] = TRUE;
  return (Side){ TRUE, FALSE, message->flags };
}

static Side
local_side (Planner *planner, const PlanBase *row, const PlanLocal *message)
{
  const PlanInput *input = planner->input;

  if (message == NULL)
    return (Side){ !input->local_complete, FALSE,
                   message_flags_union (input->pool, row->flags, row->not_kept) };
  return (Side){ TRUE, message->replaced, message->flags };
}

/* The table of contract C3, for a row of the base. `message` (nullable): the file of its base name. */
static void
plan_row (Planner *planner, const PlanBase *row, const PlanLocal *message)
{
  Side remote = remote_side (planner, row);
  Side local = local_side (planner, row, message);

  if (!remote.is_present && local.is_replaced)
    {
      add_operation (planner, PLAN_FORGET, row, row->base);
      g_ptr_array_add (planner->new_local, (gpointer)message);
    }
  else if (!remote.is_present && local.is_present)
    add_operation (planner, PLAN_REMOVE_LOCAL, row, row->base);
  else if (!remote.is_present)
    add_operation (planner, PLAN_FORGET, row, row->base);
  else if (local.is_replaced)
    plan_replaced (planner, row, remote.flags, local.flags);
  else if (local.is_present)
    plan_flags (planner, row, row->base, remote.flags, local.flags);
  else
    {
      LostRow lost = { row, remote.flags };
      g_array_append_val (planner->lost, lost);
    }
}

/* Base and local are both sorted by base name: one walk sees each row with its file, and the new files. */
static void
plan_rows (Planner *planner)
{
  const GArray *base = planner->input->base;
  const GArray *local = planner->input->local;
  guint i = 0, j = 0;

  while (i < base->len || j < local->len)
    {
      const PlanBase *row = i < base->len ? &g_array_index (base, PlanBase, i) : NULL;
      const PlanLocal *message = j < local->len ? &g_array_index (local, PlanLocal, j) : NULL;
      int order = row == NULL ? 1 : message == NULL ? -1 : strcmp (row->base, message->base);

      if (order > 0)
        g_ptr_array_add (planner->new_local, (gpointer)message);
      else
        plan_row (planner, row, order == 0 ? message : NULL);
      i += order <= 0;
      j += order >= 0;
    }
}

static void
plan_relink (Planner *planner, const LostRow *lost, const PlanLocal *message)
{
  add_operation (planner, PLAN_RELINK, lost->row, message->base);
  plan_flags (planner, lost->row, message->base, lost->remote, message->flags);
}

static void
remove_nulls (GPtrArray *messages)
{
  guint kept = 0;

  for (guint i = 0; i < messages->len; i++)
    if (messages->pdata[i] != NULL)
      messages->pdata[kept++] = messages->pdata[i];
  g_ptr_array_set_size (messages, kept);
}

/* What is gone here was renamed when its content is among the new files, else it was deleted. */
static void
plan_lost (Planner *planner)
{
  g_autoptr (GPtrArray) rows = g_ptr_array_new ();
  g_autoptr (GArray) relinks = NULL;
  guint next = 0;

  for (guint i = 0; i < planner->lost->len; i++)
    g_ptr_array_add (rows, (gpointer)g_array_index (planner->lost, LostRow, i).row);
  relinks = relink_messages (rows, planner->new_local);

  for (guint i = 0; i < planner->lost->len; i++)
    {
      const LostRow *lost = &g_array_index (planner->lost, LostRow, i);
      const Relink *relink = next < relinks->len ? &g_array_index (relinks, Relink, next) : NULL;

      if (relink != NULL && relink->row == i)
        {
          plan_relink (planner, lost, g_ptr_array_index (planner->new_local, relink->local));
          planner->new_local->pdata[relink->local] = NULL;
          next++;
        }
      else
        add_operation (planner, PLAN_DELETE_REMOTE, lost->row, lost->row->base);
    }
  remove_nulls (planner->new_local);
}

static void
plan_download (Planner *planner, const PlanRemote *message, gboolean undecided)
{
  PlanOperation *operation = add_operation (planner, PLAN_DOWNLOAD, NULL, NULL);

  operation->uid = message->uid;
  operation->flags = message->flags;
  operation->undecided = undecided;
}

static void
plan_upload (Planner *planner, const PlanLocal *message, gboolean undecided)
{
  PlanOperation *operation = add_operation (planner, PLAN_UPLOAD, NULL, message->base);

  operation->flags = flags_permitted (planner->input, message->flags);
  operation->not_kept = message_flags_minus (planner->input->pool, message->flags, operation->flags);
  operation->undecided = undecided;
}

static void
plan_pair (Planner *planner, const PlanRemote *remote, const PlanLocal *local)
{
  PlanOperation *operation = add_operation (planner, PLAN_PAIR, NULL, local->base);

  operation->uid = remote->uid;
  operation->flags = message_flags_intersect (planner->input->pool, remote->flags, local->flags);
}

/* (transfer container) the new ones that can be compared; the others are downloaded whatever is here. */
static GPtrArray *
remote_candidates (Planner *planner)
{
  const GArray *remote = planner->input->remote;
  GPtrArray *candidates = g_ptr_array_new ();

  for (guint i = 0; !planner->input->offline && i < remote->len; i++)
    {
      const PlanRemote *message = &g_array_index (remote, PlanRemote, i);

      if (planner->is_known[i])
        continue;
      if (message->identity != NULL)
        g_ptr_array_add (candidates, (gpointer)message);
      else
        plan_download (planner, message, FALSE);
    }
  return candidates;
}

static GPtrArray *
local_candidates (Planner *planner)
{
  GPtrArray *candidates = g_ptr_array_new ();

  for (guint i = 0; i < planner->new_local->len; i++)
    {
      const PlanLocal *message = g_ptr_array_index (planner->new_local, i);

      if (message->identity != NULL)
        g_ptr_array_add (candidates, (gpointer)message);
      else
        plan_upload (planner, message, FALSE);
    }
  return candidates;
}

static void
plan_new (Planner *planner)
{
  g_autoptr (GPtrArray) remote = remote_candidates (planner);
  g_autoptr (GPtrArray) local = local_candidates (planner);
  g_autofree gboolean *undecided_remote = g_new0 (gboolean, remote->len);
  g_autofree gboolean *undecided_local = g_new0 (gboolean, local->len);
  g_autoptr (GArray) pairs = pair_messages (remote, local, undecided_remote, undecided_local);

  for (guint i = 0; i < pairs->len; i++)
    {
      const Pair *pair = &g_array_index (pairs, Pair, i);

      plan_pair (planner, g_ptr_array_index (remote, pair->remote), g_ptr_array_index (local, pair->local));
      remote->pdata[pair->remote] = NULL;
      local->pdata[pair->local] = NULL;
    }
  for (guint i = 0; i < remote->len; i++)
    if (remote->pdata[i] != NULL)
      plan_download (planner, remote->pdata[i], undecided_remote[i]);
  for (guint i = 0; i < local->len; i++)
    if (local->pdata[i] != NULL)
      plan_upload (planner, local->pdata[i], undecided_local[i]);
}

/* (transfer full): the same operations, kind by kind, each kind in the order it was in. */
static GArray *
group_by_kind (const GArray *operations)
{
  GArray *grouped = g_array_new (FALSE, FALSE, sizeof (PlanOperation));
  guint starts[N_KINDS] = { 0 };
  guint total = 0;

  for (guint i = 0; i < operations->len; i++)
    starts[g_array_index (operations, PlanOperation, i).kind]++;
  for (guint kind = 0; kind < N_KINDS; kind++)
    {
      guint count = starts[kind];

      starts[kind] = total;
      total += count;
    }
  g_array_set_size (grouped, total);
  for (guint i = 0; i < operations->len; i++)
    {
      const PlanOperation *operation = &g_array_index (operations, PlanOperation, i);

      g_array_index (grouped, PlanOperation, starts[operation->kind]++) = *operation;
    }
  return grouped;
}

GArray *
plan_mailbox (const PlanInput *input)
{
  g_autoptr (GArray) operations = g_array_new (FALSE, FALSE, sizeof (PlanOperation));
  g_autoptr (GPtrArray) new_local = g_ptr_array_new ();
  g_autoptr (GArray) lost = g_array_new (FALSE, FALSE, sizeof (LostRow));
  g_autofree gboolean *is_known = g_new0 (gboolean, input->remote->len);
  Planner planner = { input, operations, is_known, new_local, lost };

  plan_rows (&planner);
  plan_lost (&planner);
  plan_new (&planner);
  return group_by_kind (operations);
}
