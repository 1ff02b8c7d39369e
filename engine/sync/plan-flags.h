/* The flags of one message that is on both sides: what each side must still learn (contract C3.2, C3.4).
 * Pure. */
#pragma once

#include "plan.h"

typedef struct
{
  MessageFlags flags; /* what the base will hold */
  MessageFlags not_kept;
  MessageFlags remote_add, remote_remove;
  MessageFlags local_add, local_remove;
} FlagMerge;

/* Three-way, flag by flag. What is set here and outside PERMANENTFLAGS becomes `not_kept`. */
FlagMerge flag_merge (const PlanInput *input, const PlanBase *row, MessageFlags remote, MessageFlags local);

/* The same for a message whose new content is uploaded with `flags` as a new message (contract C3.1): the
 * server's part is only what it lets clients set; remote_add and remote_remove are empty. */
FlagMerge
flag_merge_replaced (const PlanInput *input, const PlanBase *row, MessageFlags remote, MessageFlags local);

/* Those of `flags` that the server keeps. */
MessageFlags flags_permitted (const PlanInput *input, MessageFlags flags);
