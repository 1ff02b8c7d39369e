/* A server's mailbox, a Maildir and the base between them, small enough to copy and to count: what the
 * planner decides is applied to it as the flows apply it to the real ones.
 *
 * Flags are a set of bits: 0x3f as in MessageFlag, WORLD_KEYWORD for one keyword. A content is a number. A
 * name is a number; base names sort as their numbers do.
 */
#pragma once

#include "../../engine/sync/plan.h"

#define WORLD_MAX 12
#define WORLD_CONTENTS 32
#define WORLD_KEYWORD 0x40
#define WORLD_NAMES 24

typedef struct
{
  guint32 uid;
  guint8 content;
  guint8 flags;
  gboolean hidden; /* there, and not seen by an incomplete observation */
} WorldRemote;

typedef struct
{
  guint8 name;
  guint8 content;
  guint8 flags;
  gboolean hidden;
} WorldLocal;

typedef struct
{
  gint64 id;
  guint32 uid;
  guint8 name;
  guint8 content;
  guint8 flags;
  guint8 not_kept;
} WorldRow;

typedef struct
{
  WorldRemote remote[WORLD_MAX];
  WorldLocal local[WORLD_MAX];
  WorldRow rows[WORLD_MAX];
  guint n_remote, n_local, n_rows;
  guint32 next_uid;
  guint8 next_name;
  gint64 next_row;
} World;

/* How the contents look before their bodies are read; contents are never alike but in these respects. */
typedef enum
{
  WORLD_NAMED,        /* Message-ID and Date, each its own; header digests known */
  WORLD_NAMED_ONLY,   /* the same without header digests */
  WORLD_SHARED_ID,    /* one Message-ID and Date for all, sizes differ, header digests not known */
  WORLD_NAMELESS,     /* neither, all of one size */
  WORLD_SIZE_IS_FALSE /* named, and the server's size is not the content's */
} WorldNaming;
#define WORLD_N_NAMINGS (WORLD_SIZE_IS_FALSE + 1)

typedef struct
{
  guint8 refused; /* outside PERMANENTFLAGS */
  guint8 dropped; /* inside, and yet the answer to a STORE lacks it */
  gboolean expunge_marked;
  gboolean remote_incomplete, local_incomplete; /* what is `hidden` there is not seen */
  gboolean offline;
  WorldNaming naming;
} WorldRules;

typedef struct _WorldPlanner WorldPlanner;

WorldPlanner *world_planner_new (void);
void world_planner_free (WorldPlanner *planner);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (WorldPlanner, world_planner_free)

void world_add_remote (World *world, guint32 uid, guint8 content, guint8 flags, gboolean hidden);
void world_add_local (World *world, guint8 name, guint8 content, guint8 flags, gboolean hidden);
void world_add_row (World *world, WorldRow row);
/* (nullable) */
WorldRemote *world_find_remote (const World *world, guint32 uid);
WorldLocal *world_find_local (const World *world, guint8 name);
WorldRow *world_find_row (const World *world, gint64 id);

/* (transfer full): plan_mailbox of what is seen of `world`. Valid as long as the planner. */
GArray *world_plan (WorldPlanner *planner, const World *world, const WorldRules *rules);
/* The same; and without what a plan can do without (engine/sync/plan-settled.h), it comes out the same. */
GArray *world_plan_both_ways (WorldPlanner *planner, const World *world, const WorldRules *rules);

guint8 world_name_from_plan (const char *base);
guint8 world_flags_from_plan (MessageFlags flags);

/* Whether `second`, which stands after `first` in the array, may as well be applied before it. */
gboolean world_may_swap (const PlanOperation *first, const PlanOperation *second);

/* Applies operation `index`; `done` (as many as operations) has what was applied so far. An operation whose
 * work another one did (an undecided upload that an undecided download turned out to equal) is skipped. */
void
world_apply (World *world, const WorldRules *rules, const GArray *operations, guint index, gboolean *done);
