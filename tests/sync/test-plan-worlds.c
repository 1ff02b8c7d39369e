/* Every small world: each message in every state on each side and in the base. What the planner decides is
 * applied in every order it allows (in worlds too many for that: forwards and backwards), and where a case
 * says so also interrupted after every step. In the end nothing is lost, nothing is doubled, the flags are
 * those of contract C3, and a further plan is empty.
 */
#include "world-case.h"
#include "world-expected.h"
#include "world-reduced.h"

#include <string.h>

#define PLANS_MAX 6

#define S MESSAGE_FLAG_SEEN
#define F MESSAGE_FLAG_FLAGGED
#define T MESSAGE_FLAG_DELETED
#define D MESSAGE_FLAG_DRAFT
#define K WORLD_KEYWORD

#define DISTINCT                                                                                             \
  { 0, 1, 2 },                                                                                               \
  {                                                                                                          \
    10, 11, 12                                                                                               \
  }
#define ALIKE                                                                                                \
  { 0, 0, 0 },                                                                                               \
  {                                                                                                          \
    10, 10, 10                                                                                               \
  }
#define CROSSED                                                                                              \
  { 0, 1, 2 },                                                                                               \
  {                                                                                                          \
    1, 0, 0                                                                                                  \
  }
#define TWO_ALIKE                                                                                            \
  { 0, 0, 1 },                                                                                               \
  {                                                                                                          \
    10, 11, 10                                                                                               \
  }

static const WorldCase world_cases[] = {
  { "two messages, two flags", 2, S | F, 0, DISTINCT, TWO_ORDERS, { .refused = 0 } },
  { "two messages alike, two flags", 2, S | F, 0, ALIKE, TWO_ORDERS, { .refused = 0 } },
  { "two messages, a flag and a keyword not kept", 2, S | K, K, DISTINCT, TWO_ORDERS, { .refused = K } },
  { "three messages, one flag", 3, S, 0, DISTINCT, TWO_ORDERS, { .refused = 0 } },
  { "three messages, two alike, one flag", 3, S, 0, TWO_ALIKE, TWO_ORDERS, { .refused = 0 } },
  { "three messages alike, one flag", 3, S, 0, ALIKE, TWO_ORDERS, { .refused = 0 } },
  { "three messages, contents crossed, one flag", 3, S, 0, CROSSED, TWO_ORDERS, { .refused = 0 } },

  { "interrupted", 2, S, 0, DISTINCT, ALL_ORDERS_INTERRUPTED, { .refused = 0 } },
  { "interrupted, alike", 2, S, 0, ALIKE, ALL_ORDERS_INTERRUPTED, { .refused = 0 } },
  { "interrupted, contents crossed", 2, S, 0, CROSSED, ALL_ORDERS_INTERRUPTED, { .refused = 0 } },
  { "interrupted, one message, two flags", 1, S | F, 0, DISTINCT, ALL_ORDERS_INTERRUPTED, { .refused = 0 } },
  { "interrupted, drafts alike", 2, D, 0, ALIKE, ALL_ORDERS_INTERRUPTED, { .refused = 0 } },

  { "drafts", 2, D, 0, DISTINCT, ALL_ORDERS, { .refused = 0 } },
  { "without header digests", 2, S, 0, ALIKE, ALL_ORDERS_INTERRUPTED, { .naming = WORLD_NAMED_ONLY } },
  { "one Message-ID for all", 2, S, 0, DISTINCT, ALL_ORDERS, { .naming = WORLD_SHARED_ID } },
  { "one Message-ID for all, alike", 2, S, 0, ALIKE, ALL_ORDERS, { .naming = WORLD_SHARED_ID } },
  { "one Message-ID for three, two alike", 3, 0, 0, TWO_ALIKE, ALL_ORDERS, { .naming = WORLD_SHARED_ID } },
  { "without Message-ID", 2, S, 0, DISTINCT, ALL_ORDERS, { .naming = WORLD_NAMELESS } },
  { "without Message-ID, alike", 2, S, 0, ALIKE, ALL_ORDERS_INTERRUPTED, { .naming = WORLD_NAMELESS } },
  { "without Message-ID, three, two alike", 3, 0, 0, TWO_ALIKE, ALL_ORDERS, { .naming = WORLD_NAMELESS } },
  { "a server whose sizes are false", 2, S, 0, DISTINCT, ALL_ORDERS, { .naming = WORLD_SIZE_IS_FALSE } },
  { "a server whose sizes are false, alike", 2, S, 0, ALIKE, ALL_ORDERS, { .naming = WORLD_SIZE_IS_FALSE } },

  { "C3.4 a flag not kept", 2, K, K, ALIKE, ALL_ORDERS, { .refused = K } },
  { "C3.4 not kept, interrupted", 1, S | K, S | K, DISTINCT, ALL_ORDERS_INTERRUPTED, { .refused = K } },
  { "C3.4 a flag that a STORE drops", 1, S | F, S | F, DISTINCT, ALL_ORDERS, { .dropped = F } },
  { "C3.4 nothing is kept", 1, S | K, S | K, DISTINCT, ALL_ORDERS, { .refused = S | K } },

  { "C3.2 \\Deleted is a flag", 2, T, 0, DISTINCT, ALL_ORDERS, { .refused = 0 } },
  { "C3.2 expunge-marked", 2, T, 0, DISTINCT, ALL_ORDERS, { .expunge_marked = TRUE } },
  { "C3.2 expunge-marked, alike", 2, T, 0, ALIKE, ALL_ORDERS, { .expunge_marked = TRUE } },
  { "C3.2 expunge-marked, two flags",
    1,
    T | S,
    T,
    DISTINCT,
    ALL_ORDERS_INTERRUPTED,
    { .expunge_marked = TRUE } },
  { "C3.2 expunge-marked, not kept",
    1,
    T | S,
    T,
    DISTINCT,
    ALL_ORDERS,
    { .refused = T, .expunge_marked = TRUE } },

  { "C1.2 remote incomplete", 2, S, 0, DISTINCT, ALL_ORDERS, { .remote_incomplete = TRUE } },
  { "C1.2 remote incomplete, alike", 2, S, 0, ALIKE, ALL_ORDERS, { .remote_incomplete = TRUE } },
  { "C1.2 local incomplete", 2, S, 0, DISTINCT, ALL_ORDERS, { .local_incomplete = TRUE } },
  { "C1.2 local incomplete, not kept",
    2,
    K,
    K,
    ALIKE,
    ALL_ORDERS,
    { .local_incomplete = TRUE, .refused = K } },
  { "C1.2 both incomplete",
    2,
    S,
    0,
    DISTINCT,
    ALL_ORDERS,
    { .local_incomplete = TRUE, .remote_incomplete = TRUE } },
  { "C1.2 incomplete, marked",
    2,
    T,
    0,
    DISTINCT,
    ALL_ORDERS,
    { .local_incomplete = TRUE, .remote_incomplete = TRUE, .expunge_marked = TRUE } },

  { "C5 offline", 2, S, 0, DISTINCT, ALL_ORDERS, { .offline = TRUE } },
  { "C5 offline, alike", 2, S, 0, ALIKE, ALL_ORDERS, { .offline = TRUE } },
  { "C5 offline, marked", 2, T, 0, DISTINCT, ALL_ORDERS, { .offline = TRUE, .expunge_marked = TRUE } },
};

typedef struct
{
  WorldPlanner *planner;
  const WorldCase *world_case;
  World world;
  Expected expected;
  GArray *operations;
  guint order[WORLD_MAX * 2];
  gboolean is_placed[WORLD_MAX * 2];
} Trial;

/* At no moment the last copy of what shall be kept is gone (contract C1.1). */
static void
assert_nothing_lost (const Expected *expected, const World *world)
{
  gboolean is_there[WORLD_CONTENTS] = { FALSE };

  for (guint i = 0; i < world->n_remote; i++)
    is_there[world->remote[i].content] = TRUE;
  for (guint i = 0; i < world->n_local; i++)
    is_there[world->local[i].content] = TRUE;
  for (guint content = 0; content < WORLD_CONTENTS; content++)
    g_assert_true (expected->copies[content] == 0 || !expected->is_counted[content] || is_there[content]);
}

static void
apply_in_order (const Trial *trial, World *world, guint n_steps)
{
  gboolean done[WORLD_MAX * 2] = { FALSE };

  for (guint i = 0; i < n_steps; i++)
    {
      world_apply (world, &trial->world_case->rules, trial->operations, trial->order[i], done);
      assert_nothing_lost (&trial->expected, world);
    }
}

static gboolean
only_changes_flags (const GArray *operations)
{
  for (guint i = 0; i < operations->len; i++)
    {
      PlanKind kind = g_array_index (operations, PlanOperation, i).kind;

      if (kind != PLAN_REMOTE_FLAGS && kind != PLAN_LOCAL_FLAGS && kind != PLAN_BASE_FLAGS &&
          kind != PLAN_EXPUNGE_MARKED)
        return FALSE;
    }
  return TRUE;
}

/* Plans and applies until there is nothing to do; returns how many plans were not empty. */
static guint
settle (const Trial *trial, World *world, gboolean *only_flags)
{
  WorldRules rules = trial->world_case->rules;

  rules.remote_incomplete = rules.local_incomplete = FALSE;
  rules.offline = FALSE;
  *only_flags = TRUE;
  for (guint plans = 0; plans < PLANS_MAX; plans++)
    {
      g_autoptr (GArray) operations = world_plan (trial->planner, world, &rules);
      gboolean done[WORLD_MAX * 2] = { FALSE };

      if (operations->len == 0)
        return plans;
      *only_flags = *only_flags && only_changes_flags (operations);
      for (guint i = 0; i < operations->len; i++)
        world_apply (world, &rules, operations, i, done);
    }
  g_assert_not_reached ();
}

/* A pair's flags are merged by the plan that follows it. */
static gboolean
has_pairs (const Trial *trial)
{
  for (guint i = 0; i < trial->operations->len; i++)
    {
      const PlanOperation *operation = &g_array_index (trial->operations, PlanOperation, i);

      if (operation->kind == PLAN_PAIR || operation->undecided)
        return TRUE;
    }
  return FALSE;
}

static gboolean
is_partial (const WorldRules *rules)
{
  return rules->remote_incomplete || rules->local_incomplete || rules->offline;
}

static void
try_order (const Trial *trial)
{
  World world = trial->world;
  gboolean only_flags;
  guint plans;

  apply_in_order (trial, &world, trial->operations->len);
  plans = settle (trial, &world, &only_flags);
  if (!is_partial (&trial->world_case->rules))
    {
      g_assert_cmpuint (plans, <=, has_pairs (trial) ? 1 : 0);
      g_assert_true (only_flags);
    }
  expected_assert_copies (&trial->expected, &world);
  expected_assert_flags (&trial->expected, &world);
}

static gboolean
replaces_something (const GArray *operations)
{
  for (guint i = 0; i < operations->len; i++)
    if (g_array_index (operations, PlanOperation, i).kind == PLAN_REPLACE)
      return TRUE;
  return FALSE;
}

static void
try_interrupted (const Trial *trial)
{
  for (guint n_steps = 1; n_steps < trial->operations->len; n_steps++)
    {
      World world = trial->world;
      gboolean only_flags;

      apply_in_order (trial, &world, n_steps);
      settle (trial, &world, &only_flags);
      expected_assert_copies (&trial->expected, &world);
      /* A row that has its new uid and not yet its flags no longer tells a flag that the upload left out. */
      if (!replaces_something (trial->operations) || trial->world_case->rules.refused == 0)
        expected_assert_flags (&trial->expected, &world);
    }
}

static gboolean
may_be_next (const Trial *trial, guint index)
{
  const PlanOperation *operations = (const PlanOperation *)trial->operations->data;

  for (guint i = 0; i < index; i++)
    if (!trial->is_placed[i] && !world_may_swap (&operations[i], &operations[index]))
      return FALSE;
  return !trial->is_placed[index];
}

static void
try_all_orders (Trial *trial, guint n_placed)
{
  guint n = trial->operations->len;

  if (n_placed == n)
    {
      try_order (trial);
      if (trial->world_case->thoroughness == ALL_ORDERS_INTERRUPTED)
        try_interrupted (trial);
    }
  for (guint i = 0; i < n; i++)
    if (may_be_next (trial, i))
      {
        trial->order[n_placed] = i;
        trial->is_placed[i] = TRUE;
        try_all_orders (trial, n_placed + 1);
        trial->is_placed[i] = FALSE;
      }
}

/* As the array has them, then the last of those that may be next, each time. */
static void
try_two_orders (Trial *trial)
{
  guint n = trial->operations->len;

  for (guint i = 0; i < n; i++)
    trial->order[i] = i;
  try_order (trial);
  if (n < 2)
    return;
  for (guint n_placed = 0; n_placed < n; n_placed++)
    {
      guint next = n - 1;

      while (!may_be_next (trial, next))
        next--;
      trial->order[n_placed] = next;
      trial->is_placed[next] = TRUE;
    }
  memset (trial->is_placed, 0, sizeof trial->is_placed);
  try_order (trial);
}

/* What is not seen is not deleted (contract C1.2). */
static void
assert_deletes_only_what_is_known_gone (const Trial *trial)
{
  const WorldRules *rules = &trial->world_case->rules;
  gboolean knows_remote = !rules->remote_incomplete && !rules->offline;

  for (guint i = 0; i < trial->operations->len; i++)
    {
      PlanKind kind = g_array_index (trial->operations, PlanOperation, i).kind;

      g_assert_true (knows_remote || (kind != PLAN_REMOVE_LOCAL && kind != PLAN_FORGET));
      g_assert_true (!rules->local_incomplete || kind != PLAN_DELETE_REMOTE);
      g_assert_true (!rules->offline || (kind != PLAN_DOWNLOAD && kind != PLAN_PAIR));
    }
}

/* Offline, the plan is the one for a server where nothing happened since the base (contract C5). */
static void
assert_plans_for_unchanged_server (const Trial *trial)
{
  g_autoptr (GArray) operations = NULL;
  WorldRules rules = trial->world_case->rules;
  World world = trial->world;

  rules.offline = FALSE;
  world.n_remote = 0;
  for (guint i = 0; i < world.n_rows; i++)
    world_add_remote (&world, world.rows[i].uid, world.rows[i].content, world.rows[i].flags, FALSE);
  operations = world_plan (trial->planner, &world, &rules);
  g_assert_cmpuint (operations->len, ==, trial->operations->len);
  for (guint i = 0; i < operations->len; i++)
    g_assert_true (plan_operation_equal (&g_array_index (operations, PlanOperation, i),
                                         &g_array_index (trial->operations, PlanOperation, i)));
}

static void
try_world (Trial *trial)
{
  const WorldRules *rules = &trial->world_case->rules;

  expected_init (&trial->expected, &trial->world, rules);
  trial->operations = world_plan_both_ways (trial->planner, &trial->world, rules);
  g_assert_cmpuint (trial->operations->len, <=, G_N_ELEMENTS (trial->order));
  assert_deletes_only_what_is_known_gone (trial);
  if (rules->offline)
    assert_plans_for_unchanged_server (trial);
  else if (trial->world_case->thoroughness == TWO_ORDERS)
    try_two_orders (trial);
  else
    try_all_orders (trial, 0);
  g_array_unref (trial->operations);
}

/* The next choice of one state for each slot; FALSE after the last. */
static gboolean
next_choice (guint *chosen, const WorldCase *world_case, guint n_states)
{
  gboolean only_rising = world_case->thoroughness == TWO_ORDERS && world_case_is_unlike (world_case);

  for (guint i = 0; i < world_case->n_slots; i++)
    if (++chosen[i] < n_states)
      {
        for (guint j = 0; j < i; j++)
          chosen[j] = only_rising ? chosen[i] : 0;
        return TRUE;
      }
  return FALSE;
}

static void
test_worlds (gconstpointer data)
{
  const WorldCase *world_case = data;
  g_autoptr (WorldPlanner) planner = world_planner_new ();
  g_autoptr (GArray) slots = world_case_enumerate (world_case);
  Trial trial = { .planner = planner, .world_case = world_case };
  guint chosen[WORLD_SLOTS_MAX] = { 0 };
  guint n_worlds = 0;

  do
    {
      world_case_place (world_case, slots, chosen, &trial.world);
      try_world (&trial);
      n_worlds++;
    }
  while (next_choice (chosen, world_case, slots->len));
  g_test_message ("%u worlds", n_worlds);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (world_cases); i++)
    {
      g_autofree char *path = g_strdup_printf ("/plan/worlds/%s", world_cases[i].description);

      g_test_add_data_func (path, &world_cases[i], test_worlds);
    }
  return g_test_run ();
}
