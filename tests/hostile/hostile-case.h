/* One row of a table: an account that is equal on both sides, changes, a server that misbehaves, and what has
 * to come of it.
 *
 * Every case proves four things: the outcome and the message, that nothing was removed on the word of that
 * server (unless `may` allows it), that two more syncs against the same server, honest again, bring both
 * sides to equality with nothing lost and nothing doubled, and that the last of them changes nothing.
 */
#pragma once

#include "hostile-fixture.h"

typedef enum
{
  HOSTILE_MAY_REMOVE_HERE = 1 << 0,
  HOSTILE_MAY_REMOVE_THERE = 1 << 1,
  HOSTILE_FLAGS_DIFFER = 1 << 2, /* the server never keeps some flags */
} HostileMay;

typedef struct
{
  const char *name;
  const char *capabilities; /* (nullable) */
  guint messages;           /* m1, m2, ... in INBOX */
  void (*prepare) (Hostile *hostile);
  void (*change) (Hostile *hostile); /* when both sides are equal */
  ModelFault faults[8];
  EngineOutcome outcome;
  const char *says; /* (nullable) part of what people are told */
  HostileMay may;
  void (*check) (Hostile *hostile); /* after the hostile sync */
  /* What was refused for good stays: the next sync sends nothing and is not equal either, until the user
   * mends it. */
  void (*mend) (Hostile *hostile);
  EngineOutcome healed;               /* of the first honest sync */
  void (*finally) (Hostile *hostile); /* when all is equal again */
} HostileCase;

/* Adds each row as a test. */
void hostile_add_cases (const char *path, const HostileCase *cases, guint n_cases);
