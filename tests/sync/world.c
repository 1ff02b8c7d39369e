#include "world.h"
#include "world-reduced.h"

#include <string.h>

#define N_FLAG_SETS 128

static const char world_names[WORLD_NAMES][4] = { "m00", "m01", "m02", "m03", "m04", "m05", "m06", "m07",
                                                  "m08", "m09", "m10", "m11", "m12", "m13", "m14", "m15",
                                                  "m16", "m17", "m18", "m19", "m20", "m21", "m22", "m23" };

struct _WorldPlanner
{
  MessageKeywordPool *pool;
  const char *keyword;
  MessageIdentity identities[WORLD_N_NAMINGS][WORLD_CONTENTS];
  GArray *base, *remote, *local;
};

static MessageIdentity
identity_new (WorldNaming naming, guint content)
{
  MessageIdentity identity = { .size = naming == WORLD_SHARED_ID ? 100 + content : 100 };

  memset (identity.full.bytes, (int)content, sizeof identity.full.bytes);
  memset (identity.header.bytes, (int)content, sizeof identity.header.bytes);
  if (naming != WORLD_NAMELESS)
    {
      identity.message_id =
          naming == WORLD_SHARED_ID ? g_strdup ("shared") : g_strdup_printf ("<%u@example>", content);
      identity.date = g_strdup ("Thu, 1 Jan 2026 00:00:00 +0000");
    }
  return identity;
}

WorldPlanner *
world_planner_new (void)
{
  WorldPlanner *planner = g_new0 (WorldPlanner, 1);

  planner->pool = message_keyword_pool_new ();
  planner->keyword = message_keyword_pool_intern (planner->pool, "todo");
  for (guint naming = 0; naming < WORLD_N_NAMINGS; naming++)
    for (guint content = 0; content < WORLD_CONTENTS; content++)
      planner->identities[naming][content] = identity_new (naming, content);
  planner->base = g_array_new (FALSE, FALSE, sizeof (PlanBase));
  planner->remote = g_array_new (FALSE, FALSE, sizeof (PlanRemote));
  planner->local = g_array_new (FALSE, FALSE, sizeof (PlanLocal));
  return planner;
}

void
world_planner_free (WorldPlanner *planner)
{
  for (guint naming = 0; naming < WORLD_N_NAMINGS; naming++)
    for (guint content = 0; content < WORLD_CONTENTS; content++)
      message_identity_clear (&planner->identities[naming][content]);
  g_array_unref (planner->base);
  g_array_unref (planner->remote);
  g_array_unref (planner->local);
  message_keyword_pool_free (planner->pool);
  g_free (planner);
}

void
world_add_remote (World *world, guint32 uid, guint8 content, guint8 flags, gboolean hidden)
{
  g_assert_cmpuint (world->n_remote, <, WORLD_MAX);
  world->remote[world->n_remote++] = (WorldRemote){ uid, content, flags, hidden };
}

void
world_add_local (World *world, guint8 name, guint8 content, guint8 flags, gboolean hidden)
{
  g_assert_cmpuint (world->n_local, <, WORLD_MAX);
  g_assert_null (world_find_local (world, name));
  world->local[world->n_local++] = (WorldLocal){ name, content, flags, hidden };
}

void
world_add_row (World *world, WorldRow row)
{
  g_assert_cmpuint (world->n_rows, <, WORLD_MAX);
  for (guint i = 0; i < world->n_rows; i++)
    g_assert_true (world->rows[i].uid != row.uid && world->rows[i].name != row.name);
  world->rows[world->n_rows++] = row;
}

WorldRemote *
world_find_remote (const World *world, guint32 uid)
{
  for (guint i = 0; i < world->n_remote; i++)
    if (world->remote[i].uid == uid)
      return (WorldRemote *)&world->remote[i];
  return NULL;
}

WorldLocal *
world_find_local (const World *world, guint8 name)
{
  for (guint i = 0; i < world->n_local; i++)
    if (world->local[i].name == name)
      return (WorldLocal *)&world->local[i];
  return NULL;
}

WorldRow *
world_find_row (const World *world, gint64 id)
{
  for (guint i = 0; i < world->n_rows; i++)
    if (world->rows[i].id == id)
      return (WorldRow *)&world->rows[i];
  return NULL;
}

static MessageFlags
flags_to_plan (const WorldPlanner *planner, guint8 flags)
{
  MessageFlags result = message_flags_none ();

  result.system = flags & MESSAGE_FLAGS_ALL_SYSTEM;
  if ((flags & WORLD_KEYWORD) != 0)
    result.keywords = planner->keyword;
  return result;
}

static int
compare_bases (gconstpointer a, gconstpointer b)
{
  return strcmp (((const PlanBase *)a)->base, ((const PlanBase *)b)->base);
}

static int
compare_remotes (gconstpointer a, gconstpointer b)
{
  const PlanRemote *first = a, *second = b;

  return (first->uid > second->uid) - (first->uid < second->uid);
}

static int
compare_locals (gconstpointer a, gconstpointer b)
{
  return strcmp (((const PlanLocal *)a)->base, ((const PlanLocal *)b)->base);
}

static void
observe_base (WorldPlanner *planner, const World *world, const WorldRules *rules)
{
  g_array_set_size (planner->base, 0);
  for (guint i = 0; i < world->n_rows; i++)
    {
      const WorldRow *row = &world->rows[i];
      const MessageIdentity *identity = &planner->identities[rules->naming][row->content];
      PlanBase base = { .row = row->id,
                        .uid = row->uid,
                        .base = world_names[row->name],
                        .flags = flags_to_plan (planner, row->flags),
                        .not_kept = flags_to_plan (planner, row->not_kept),
                        .has_digest = TRUE,
                        .digest = identity->full,
                        .size = identity->size };

      g_array_append_val (planner->base, base);
    }
  g_array_sort (planner->base, compare_bases);
}

static void
observe_remote (WorldPlanner *planner, const World *world, const WorldRules *rules)
{
  g_array_set_size (planner->remote, 0);
  for (guint i = 0; i < world->n_remote; i++)
    {
      const WorldRemote *message = &world->remote[i];
      const MessageIdentity *identity = &planner->identities[rules->naming][message->content];
      PlanRemote remote = { .uid = message->uid,
                            .flags = flags_to_plan (planner, message->flags),
                            .size = identity->size + (rules->naming == WORLD_SIZE_IS_FALSE ? 1 : 0),
                            .identity = identity,
                            .has_header_digest = rules->naming == WORLD_NAMED };

      if (!rules->remote_incomplete || !message->hidden)
        g_array_append_val (planner->remote, remote);
    }
  g_array_sort (planner->remote, compare_remotes);
}

static gboolean
is_replaced (const World *world, const WorldLocal *message)
{
  for (guint i = 0; i < world->n_rows; i++)
    if (world->rows[i].name == message->name)
      return world->rows[i].content != message->content;
  return FALSE;
}

static void
observe_local (WorldPlanner *planner, const World *world, const WorldRules *rules)
{
  g_array_set_size (planner->local, 0);
  for (guint i = 0; i < world->n_local; i++)
    {
      const WorldLocal *message = &world->local[i];
      PlanLocal local = { .base = world_names[message->name],
                          .flags = flags_to_plan (planner, message->flags),
                          .replaced = is_replaced (world, message),
                          .identity = &planner->identities[rules->naming][message->content] };

      if (!rules->local_incomplete || !message->hidden)
        g_array_append_val (planner->local, local);
    }
  g_array_sort (planner->local, compare_locals);
}

guint8
world_name_from_plan (const char *base)
{
  return (guint8)((base - world_names[0]) / (gssize)sizeof world_names[0]);
}

guint8
world_flags_from_plan (MessageFlags flags)
{
  return flags.system | (flags.keywords[0] != '\0' ? WORLD_KEYWORD : 0);
}

static PlanInput
observe (WorldPlanner *planner, const World *world, const WorldRules *rules)
{
  observe_base (planner, world, rules);
  observe_remote (planner, world, rules);
  observe_local (planner, world, rules);
  return (PlanInput){ .base = planner->base,
                      .remote = planner->remote,
                      .local = planner->local,
                      .remote_complete = !rules->remote_incomplete,
                      .local_complete = !rules->local_incomplete,
                      .offline = rules->offline,
                      .permanent = flags_to_plan (planner, (guint8)~rules->refused),
                      .permanent_any = FALSE,
                      .expunge_marked = rules->expunge_marked,
                      .pool = planner->pool };
}

GArray *
world_plan (WorldPlanner *planner, const World *world, const WorldRules *rules)
{
  const PlanInput input = observe (planner, world, rules);

  return plan_mailbox (&input);
}

GArray *
world_plan_both_ways (WorldPlanner *planner, const World *world, const WorldRules *rules)
{
  const PlanInput input = observe (planner, world, rules);
  GArray *operations = plan_mailbox (&input);

  world_assert_reducible (&input, operations);
  return operations;
}
