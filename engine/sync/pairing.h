/* Which remote message is which local one, where no UID tells (contract C2.2, C2.3). Pure, one to one,
 * deterministic. */
#pragma once

#include "plan.h"

typedef struct
{
  guint remote; /* index into the candidates given */
  guint local;
} Pair;

/* Candidates are the new ones on each side (pointers into the plan's input), each with an identity. Returns
 * (transfer full) (element-type Pair). undecided_remote and undecided_local (arrays of gboolean, as long as
 * the candidates, all FALSE on entry) tell which may still be equal by their full digest: drafts, no
 * Message-ID or Date, equal Message-ID and Date under different sizes, several alike without a header digest
 * that tells them apart. */
GArray *pair_messages (const GPtrArray *remote, const GPtrArray *local, gboolean *undecided_remote,
                       gboolean *undecided_local);

/* The same for messages that were on both sides before (contract C2.3): a Message-ID and Date that only one
 * message on each side has decide whatever the size, but for drafts. */
GArray *pair_known_messages (const GPtrArray *remote, const GPtrArray *local, gboolean *undecided_remote,
                             gboolean *undecided_local);
