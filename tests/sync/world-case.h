/* Kinds of worlds, and every world of a kind: each message in every state on each side and in the base. */
#pragma once

#include "world.h"

#define WORLD_SLOTS_MAX 3

typedef enum
{
  TWO_ORDERS,
  ALL_ORDERS,
  ALL_ORDERS_INTERRUPTED,
} Thoroughness;

typedef struct
{
  const char *description;
  guint n_slots;
  guint8 flags;                     /* that messages may have */
  guint8 may_be_not_kept;           /* of these, in the base */
  guint8 contents[WORLD_SLOTS_MAX]; /* equal numbers are real duplicates */
  guint8 replaced_by[WORLD_SLOTS_MAX];
  Thoroughness thoroughness;
  WorldRules rules;
} WorldCase;

/* (transfer full): the states that one message can have; their number is the array's length. */
GArray *world_case_enumerate (const WorldCase *world_case);

/* The world where message i is in the state `chosen[i]` of `slots`. */
void world_case_place (const WorldCase *world_case, const GArray *slots, const guint *chosen, World *world);

/* Unlike messages have nothing to do with each other: which one is in which state makes no difference. */
gboolean world_case_is_unlike (const WorldCase *world_case);
