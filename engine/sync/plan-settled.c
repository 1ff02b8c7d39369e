#include "plan-settled.h"

gboolean
plan_is_settled_there (const PlanBase *row, MessageFlags remote)
{
  return message_flags_equal (row->flags, remote);
}

gboolean
plan_is_settled_here (MessageKeywordPool *pool, const PlanBase *row, const PlanLocal *local)
{
  return !local->replaced &&
         message_flags_is_empty (message_flags_intersect (pool, row->flags, row->not_kept)) &&
         message_flags_equal (message_flags_union (pool, row->flags, row->not_kept), local->flags);
}
