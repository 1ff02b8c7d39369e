#include "plan-flags.h"

MessageFlags
flags_permitted (const PlanInput *input, MessageFlags flags)
{
  MessageFlags kept = message_flags_intersect (input->pool, flags, input->permanent);

  if (input->permanent_any)
    {
      /* $Forwarded has a letter in a Maildir, but is a keyword like any other on the wire. */
      kept.system |= flags.system & MESSAGE_FLAG_FORWARDED;
      kept.keywords = flags.keywords;
    }
  return kept;
}

static MessageFlags
flags_refused (const PlanInput *input, MessageFlags flags)
{
  return message_flags_minus (input->pool, flags, flags_permitted (input, flags));
}

/* What the server does not keep stays so while it is set here and still missing there. */
static MessageFlags
still_not_kept (const PlanInput *input, const PlanBase *row, MessageFlags remote, MessageFlags local)
{
  MessageFlags set_here = message_flags_intersect (input->pool, row->not_kept, local);

  return message_flags_minus (input->pool, set_here, remote);
}

static gboolean
nothing_changed (const PlanBase *row, MessageFlags remote, MessageFlags local)
{
  return message_flags_equal (remote, row->flags) && message_flags_equal (local, row->flags) &&
         message_flags_is_empty (row->not_kept);
}

static FlagMerge
unchanged (const PlanBase *row)
{
  MessageFlags none = message_flags_none ();

  return (FlagMerge){ row->flags, row->not_kept, none, none, none, none };
}

FlagMerge
flag_merge (const PlanInput *input, const PlanBase *row, MessageFlags remote, MessageFlags local)
{
  MessageKeywordPool *pool = input->pool;
  MessageFlags shared, added, removed, refused;
  FlagMerge merge = unchanged (row);

  /* Nearly every message at every sync. */
  if (nothing_changed (row, remote, local))
    return merge;

  merge.not_kept = still_not_kept (input, row, remote, local);
  local = message_flags_minus (pool, local, merge.not_kept);

  added = message_flags_minus (pool, local, message_flags_union (pool, row->flags, remote));
  refused = flags_refused (input, added);
  merge.not_kept = message_flags_union (pool, merge.not_kept, refused);
  local = message_flags_minus (pool, local, refused);

  /* A removal that the server would refuse is not sent and not undone here: as if it were still set. */
  shared = message_flags_intersect (pool, row->flags, remote);
  removed = message_flags_minus (pool, shared, local);
  local = message_flags_union (pool, local, flags_refused (input, removed));

  merge.flags = message_flags_merge (pool, row->flags, remote, local);
  merge.remote_add = message_flags_minus (pool, merge.flags, remote);
  merge.remote_remove = message_flags_minus (pool, remote, merge.flags);
  merge.local_add = message_flags_minus (pool, merge.flags, local);
  merge.local_remove = message_flags_minus (pool, local, merge.flags);
  return merge;
}

FlagMerge
flag_merge_replaced (const PlanInput *input, const PlanBase *row, MessageFlags remote, MessageFlags local)
{
  MessageKeywordPool *pool = input->pool;
  MessageFlags wanted, refused, held_here;
  FlagMerge merge = unchanged (row);

  merge.not_kept = still_not_kept (input, row, remote, local);
  wanted = message_flags_minus (pool, local, merge.not_kept);
  wanted = message_flags_merge (pool, row->flags, remote, wanted);
  refused = flags_refused (input, wanted);

  merge.flags = message_flags_minus (pool, wanted, refused);
  merge.not_kept = message_flags_union (pool, merge.not_kept, refused);
  merge.not_kept = message_flags_intersect (pool, merge.not_kept, local);
  held_here = message_flags_union (pool, merge.flags, merge.not_kept);
  merge.local_add = message_flags_minus (pool, held_here, local);
  merge.local_remove = message_flags_minus (pool, local, held_here);
  return merge;
}
