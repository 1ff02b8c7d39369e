/* What a plan can do without (engine/sync/plan-settled.h): random worlds of many messages, planned with and
 * without it. test-plan-worlds.c does the same with every small world. */
#include "world.h"

#define WORLDS 5000

#define S MESSAGE_FLAG_SEEN
#define F MESSAGE_FLAG_FLAGGED
#define T MESSAGE_FLAG_DELETED
#define D MESSAGE_FLAG_DRAFT
#define K WORLD_KEYWORD

typedef struct
{
  const char *description;
  guint8 flags;      /* that messages may have */
  guint8 not_kept;   /* of these, in the base */
  guint8 n_contents; /* few: real duplicates */
  guint change;      /* percent of sides that are not as the base says */
  WorldRules rules;
} SettledRow;

static const SettledRow rows[] = {
  { "little changed", S | F, 0, 12, 10, { .refused = 0 } },
  { "little changed, many alike", S, 0, 2, 10, { .refused = 0 } },
  { "half changed", S | F | K, 0, 6, 50, { .refused = 0 } },
  { "drafts", D | S, 0, 3, 30, { .refused = 0 } },
  { "flags not kept", S | K, K, 6, 30, { .refused = K } },
  { "flags not kept before, and permanent now", S | F, F, 6, 30, { .refused = 0 } },
  { "expunge-marked", S | T, T, 4, 30, { .expunge_marked = TRUE } },
  { "remote incomplete", S | F, 0, 4, 30, { .remote_incomplete = TRUE } },
  { "local incomplete", S | F, 0, 4, 30, { .local_incomplete = TRUE } },
  { "offline", S | T, 0, 4, 30, { .offline = TRUE, .expunge_marked = TRUE } },
  { "without Message-ID", S, 0, 3, 30, { .naming = WORLD_NAMELESS } },
  { "one Message-ID for all", S, 0, 3, 30, { .naming = WORLD_SHARED_ID } },
  { "false sizes", S, 0, 3, 30, { .naming = WORLD_SIZE_IS_FALSE } },
};

typedef struct
{
  const SettledRow *row;
  GRand *random;
} Maker;

static gboolean
happens (Maker *maker, guint percent)
{
  return (guint)g_rand_int_range (maker->random, 0, 100) < percent;
}

static guint8
any_flags (Maker *maker)
{
  return (guint8)g_rand_int (maker->random) & maker->row->flags;
}

static guint8
any_content (Maker *maker)
{
  return (guint8)g_rand_int_range (maker->random, 0, maker->row->n_contents);
}

/* One message of the base, each side as the base says or in some other way. */
static void
add_known (Maker *maker, World *world, guint8 number)
{
  const guint change = maker->row->change;
  WorldRow row = { .id = number + 1, .uid = number + 1, .name = number, .content = any_content (maker) };
  guint8 here;

  row.flags = any_flags (maker);
  row.not_kept = any_flags (maker) & maker->row->not_kept & (guint8)~row.flags;
  here = row.flags | row.not_kept;
  world_add_row (world, row);
  if (!happens (maker, change / 2))
    world_add_remote (world, row.uid, row.content, happens (maker, change) ? any_flags (maker) : row.flags,
                      happens (maker, 10));
  if (!happens (maker, change / 2))
    world_add_local (world, row.name, happens (maker, change / 2) ? any_content (maker) : row.content,
                     happens (maker, change) ? any_flags (maker) : here, happens (maker, 10));
}

static void
add_new (Maker *maker, World *world, guint8 number)
{
  if (happens (maker, 60))
    world_add_remote (world, number + 1, any_content (maker), any_flags (maker), FALSE);
  if (happens (maker, 60))
    world_add_local (world, number, any_content (maker), any_flags (maker), FALSE);
}

static void
test_settled (gconstpointer data)
{
  g_autoptr (WorldPlanner) planner = world_planner_new ();
  g_autoptr (GRand) random = g_rand_new_with_seed (7);
  Maker maker = { data, random };
  guint n_operations = 0;

  for (guint i = 0; i < WORLDS; i++)
    {
      World world = { .n_rows = 0 };
      g_autoptr (GArray) operations = NULL;

      for (guint8 number = 0; number < WORLD_MAX; number++)
        if (happens (&maker, 75))
          add_known (&maker, &world, number);
        else
          add_new (&maker, &world, number);
      operations = world_plan_both_ways (planner, &world, &maker.row->rules);
      n_operations += operations->len;
    }
  g_test_message ("%u operations in %d worlds", n_operations, WORLDS);
  g_assert_cmpuint (n_operations, >, WORLDS);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *path = g_strdup_printf ("/plan/settled/%s", rows[i].description);

      g_test_add_data_func (path, &rows[i], test_settled);
    }
  return g_test_run ();
}
