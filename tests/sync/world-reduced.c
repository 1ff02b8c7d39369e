#include "world-reduced.h"

#include "../../engine/sync/plan-settled.h"

#include <string.h>

/* (nullable) */
static const PlanRemote *
find_remote (const PlanInput *input, guint32 uid)
{
  for (guint i = 0; i < input->remote->len; i++)
    if (g_array_index (input->remote, PlanRemote, i).uid == uid)
      return &g_array_index (input->remote, PlanRemote, i);
  return NULL;
}

/* (nullable) */
static const PlanLocal *
find_local (const PlanInput *input, const char *base)
{
  for (guint i = 0; i < input->local->len; i++)
    if (g_str_equal (g_array_index (input->local, PlanLocal, i).base, base))
      return &g_array_index (input->local, PlanLocal, i);
  return NULL;
}

static gboolean
is_settled (const PlanInput *input, const PlanBase *row)
{
  const PlanRemote *remote = find_remote (input, row->uid);
  const PlanLocal *local = find_local (input, row->base);
  gboolean there = input->offline || (remote != NULL && plan_is_settled_there (row, remote->flags));

  return there && local != NULL && plan_is_settled_here (input->pool, row, local);
}

typedef struct
{
  GArray *base, *remote, *local;
} Lists;

static void
leave_out (Lists *lists, const PlanBase *row)
{
  for (guint i = 0; i < lists->remote->len; i++)
    if (g_array_index (lists->remote, PlanRemote, i).uid == row->uid)
      g_array_remove_index (lists->remote, i--);
  for (guint i = 0; i < lists->local->len; i++)
    if (g_str_equal (g_array_index (lists->local, PlanLocal, i).base, row->base))
      g_array_remove_index (lists->local, i--);
}

/* Every `nth` settled row is left out. (transfer full): the plan. */
static GArray *
plan_reduced (const PlanInput *input, guint nth)
{
  g_autoptr (GArray) base = g_array_new (FALSE, FALSE, sizeof (PlanBase));
  g_autoptr (GArray) remote = g_array_copy ((GArray *)input->remote);
  g_autoptr (GArray) local = g_array_copy ((GArray *)input->local);
  Lists lists = { base, remote, local };
  PlanInput reduced = *input;
  guint n_settled = 0;

  for (guint i = 0; i < input->base->len; i++)
    {
      const PlanBase row = g_array_index (input->base, PlanBase, i);

      if (is_settled (input, &row) && ++n_settled % nth == 0)
        leave_out (&lists, &row);
      else
        g_array_append_val (base, row);
    }
  reduced.base = base;
  reduced.remote = remote;
  reduced.local = local;
  return plan_mailbox (&reduced);
}

gboolean
plan_operation_equal (const PlanOperation *a, const PlanOperation *b)
{
  return a->kind == b->kind && a->row == b->row && a->uid == b->uid && g_strcmp0 (a->base, b->base) == 0 &&
         message_flags_equal (a->flags, b->flags) && message_flags_equal (a->not_kept, b->not_kept) &&
         message_flags_equal (a->add, b->add) && message_flags_equal (a->remove, b->remove) &&
         a->undecided == b->undecided;
}

void
world_assert_reducible (const PlanInput *input, const GArray *operations)
{
  for (guint nth = 1; nth <= 2; nth++)
    {
      g_autoptr (GArray) reduced = plan_reduced (input, nth);

      g_assert_cmpuint (reduced->len, ==, operations->len);
      for (guint i = 0; i < operations->len; i++)
        g_assert_true (plan_operation_equal (&g_array_index (operations, PlanOperation, i),
                                             &g_array_index (reduced, PlanOperation, i)));
    }
}
