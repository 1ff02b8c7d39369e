#include "world-case.h"

#include <string.h>

typedef enum
{
  LOCAL_GONE,
  LOCAL_SAME,
  LOCAL_HIDDEN,
  LOCAL_REPLACED,
  LOCAL_RENAMED,
} LocalState;

typedef enum
{
  REMOTE_GONE,
  REMOTE_SAME,
  REMOTE_HIDDEN,
} RemoteState;

/* One message on both sides and in the base. */
typedef struct
{
  gboolean has_row;
  guint8 base, not_kept;
  RemoteState remote_state;
  guint8 remote;
  LocalState local_state;
  guint8 local;
} Slot;

/* The subset of `mask` after `subset`, or FALSE after the last. Starts at 0. */
static gboolean
next_subset (guint8 mask, guint8 *subset)
{
  *subset = (guint8)((*subset | (guint8)~mask) + 1) & mask;
  return *subset != 0;
}

static void
add_local_states (GArray *slots, Slot slot, const WorldCase *world_case)
{
  gboolean complete = !world_case->rules.local_incomplete;
  LocalState last = !slot.has_row ? LOCAL_SAME : complete ? LOCAL_RENAMED : LOCAL_REPLACED;

  for (slot.local_state = LOCAL_GONE; slot.local_state <= last; slot.local_state++)
    {
      gboolean is_same_as_base = slot.local_state == LOCAL_GONE || slot.local_state == LOCAL_HIDDEN;

      /* An incomplete observation of a row sees the file or does not; only the complete one knows it gone. */
      if (slot.has_row && slot.local_state == (complete ? LOCAL_HIDDEN : LOCAL_GONE))
        continue;
      slot.local = 0;
      do
        {
          Slot found = slot;

          if (is_same_as_base)
            found.local = slot.base | slot.not_kept;
          g_array_append_val (slots, found);
        }
      while (!is_same_as_base && next_subset (world_case->flags, &slot.local));
    }
}

static void
add_remote_states (GArray *slots, Slot slot, const WorldCase *world_case)
{
  gboolean complete = !world_case->rules.remote_incomplete;

  slot.remote_state = slot.has_row && !complete ? REMOTE_HIDDEN : REMOTE_GONE;
  slot.remote = slot.base;
  add_local_states (slots, slot, world_case);
  slot.remote_state = REMOTE_SAME;
  slot.remote = 0;
  do
    add_local_states (slots, slot, world_case);
  while (next_subset (world_case->flags, &slot.remote));
}

GArray *
world_case_enumerate (const WorldCase *world_case)
{
  GArray *slots = g_array_new (FALSE, FALSE, sizeof (Slot));
  Slot slot = { .has_row = FALSE };

  add_remote_states (slots, slot, world_case);
  slot.has_row = TRUE;
  do
    {
      slot.not_kept = 0;
      do
        add_remote_states (slots, slot, world_case);
      while (next_subset (world_case->may_be_not_kept & (guint8)~slot.base, &slot.not_kept));
    }
  while (next_subset (world_case->flags, &slot.base));
  return slots;
}

static void
place_slot (World *world, const WorldCase *world_case, guint index, const Slot *slot)
{
  guint32 uid = 10 + index;
  guint8 name = (guint8)index;
  guint8 new_name = (guint8)(2 * WORLD_SLOTS_MAX - index); /* new names do not sort as the old ones did */
  guint8 content = world_case->contents[index];

  if (slot->has_row)
    world_add_row (world, (WorldRow){ index + 1, uid, name, content, slot->base, slot->not_kept });
  if (slot->remote_state != REMOTE_GONE)
    world_add_remote (world, uid, content, slot->remote, slot->remote_state == REMOTE_HIDDEN);
  switch (slot->local_state)
    {
    case LOCAL_GONE:
      break;
    case LOCAL_SAME:
    case LOCAL_HIDDEN:
      world_add_local (world, name, content, slot->local, slot->local_state == LOCAL_HIDDEN);
      break;
    case LOCAL_REPLACED:
      world_add_local (world, name, world_case->replaced_by[index], slot->local, FALSE);
      break;
    case LOCAL_RENAMED:
      world_add_local (world, new_name, content, slot->local, FALSE);
      break;
    }
}

void
world_case_place (const WorldCase *world_case, const GArray *slots, const guint *chosen, World *world)
{
  memset (world, 0, sizeof *world);
  world->next_uid = 20;
  world->next_name = 2 * WORLD_SLOTS_MAX + 1;
  world->next_row = WORLD_SLOTS_MAX + 1;
  for (guint i = 0; i < world_case->n_slots; i++)
    place_slot (world, world_case, i, &g_array_index (slots, Slot, chosen[i]));
}

gboolean
world_case_is_unlike (const WorldCase *world_case)
{
  gboolean is_taken[WORLD_CONTENTS] = { FALSE };

  for (guint i = 0; i < world_case->n_slots; i++)
    {
      if (is_taken[world_case->contents[i]]++ || is_taken[world_case->replaced_by[i]]++)
        return FALSE;
    }
  return TRUE;
}
