#include "world.h"

static void
remove_remote (World *world, guint32 uid)
{
  WorldRemote *message = world_find_remote (world, uid);

  g_assert_nonnull (message);
  *message = world->remote[--world->n_remote];
}

/* What is removed here is what the base knows, never what came under its name since (contract C3.1). */
static void
remove_local (World *world, const WorldRow *row)
{
  WorldLocal *message = world_find_local (world, row->name);

  g_assert_nonnull (message);
  g_assert_cmpuint (message->content, ==, row->content);
  *message = world->local[--world->n_local];
}

static void
remove_row (World *world, gint64 id)
{
  WorldRow *row = world_find_row (world, id);

  g_assert_nonnull (row);
  *row = world->rows[--world->n_rows];
}

static gboolean
removes (PlanKind kind)
{
  return kind == PLAN_DELETE_REMOTE || kind == PLAN_REMOVE_LOCAL || kind == PLAN_EXPUNGE_MARKED;
}

gboolean
world_may_swap (const PlanOperation *first, const PlanOperation *second)
{
  gboolean same_row = first->row != 0 && first->row == second->row;
  gboolean frees_name = first->kind == PLAN_FORGET && g_strcmp0 (first->base, second->base) == 0;
  gboolean settles_undecided =
      first->undecided && second->undecided && first->kind == PLAN_DOWNLOAD && second->kind == PLAN_UPLOAD;

  return !same_row && !frees_name && !settles_undecided && (removes (first->kind) == removes (second->kind));
}

static void
begin_row (World *world, guint32 uid, guint8 name, guint8 content, guint8 flags, guint8 not_kept)
{
  world_add_row (world, (WorldRow){ world->next_row++, uid, name, content, flags, not_kept });
}

/* (nullable): the undecided upload that proves equal now that the body is known. */
static const PlanOperation *
equal_upload (const World *world, const GArray *operations, guint8 content, gboolean *done)
{
  for (guint i = 0; i < operations->len; i++)
    {
      const PlanOperation *operation = &g_array_index (operations, PlanOperation, i);

      if (operation->kind == PLAN_UPLOAD && operation->undecided && !done[i] &&
          world_find_local (world, world_name_from_plan (operation->base))->content == content)
        {
          done[i] = TRUE;
          return operation;
        }
    }
  return NULL;
}

static void
apply_download (World *world, const GArray *operations, const PlanOperation *download, gboolean *done)
{
  const WorldRemote *remote = world_find_remote (world, download->uid);
  const PlanOperation *upload = NULL;
  guint8 flags = world_flags_from_plan (download->flags);

  g_assert_nonnull (remote);
  if (download->undecided)
    upload = equal_upload (world, operations, remote->content, done);
  if (upload != NULL)
    {
      begin_row (world, remote->uid, world_name_from_plan (upload->base), remote->content,
                 flags & world_flags_from_plan (upload->flags), 0);
      return;
    }
  g_assert_cmpuint (world->next_name, <, WORLD_NAMES);
  world_add_local (world, world->next_name, remote->content, flags, FALSE);
  begin_row (world, remote->uid, world->next_name++, remote->content, flags, 0);
}

static guint32
append (World *world, const WorldRules *rules, const PlanOperation *operation)
{
  const WorldLocal *local = world_find_local (world, world_name_from_plan (operation->base));
  guint8 flags = world_flags_from_plan (operation->flags);

  g_assert_nonnull (local);
  g_assert_cmpuint (flags & rules->refused, ==, 0);
  world_add_remote (world, world->next_uid, local->content, flags, FALSE);
  return world->next_uid++;
}

static void
apply_upload (World *world, const WorldRules *rules, const PlanOperation *operation)
{
  guint32 uid = append (world, rules, operation);
  guint8 name = world_name_from_plan (operation->base);

  begin_row (world, uid, name, world_find_local (world, name)->content,
             world_flags_from_plan (operation->flags), world_flags_from_plan (operation->not_kept));
}

static void
apply_replace (World *world, const WorldRules *rules, const PlanOperation *operation)
{
  WorldRow *row = world_find_row (world, operation->row);
  guint32 uid = append (world, rules, operation);

  g_assert_cmpuint (row->uid, ==, operation->uid);
  remove_remote (world, row->uid);
  row->uid = uid;
  row->content = world_find_local (world, row->name)->content;
}

static void
apply_pair (World *world, const PlanOperation *operation)
{
  const WorldRemote *remote = world_find_remote (world, operation->uid);
  const WorldLocal *local = world_find_local (world, world_name_from_plan (operation->base));

  g_assert_true (remote != NULL && local != NULL);
  g_assert_cmpuint (remote->content, ==, local->content);
  begin_row (world, remote->uid, local->name, remote->content, world_flags_from_plan (operation->flags), 0);
}

static void
apply_relink (World *world, const PlanOperation *operation)
{
  WorldRow *row = world_find_row (world, operation->row);
  guint8 name = world_name_from_plan (operation->base);

  g_assert_null (world_find_local (world, row->name));
  g_assert_cmpuint (world_find_local (world, name)->content, ==, row->content);
  for (guint i = 0; i < world->n_rows; i++)
    g_assert_cmpuint (world->rows[i].name, !=, name);
  row->name = name;
}

static guint8
changed_flags (guint8 flags, const PlanOperation *operation)
{
  guint8 add = world_flags_from_plan (operation->add);
  guint8 remove = world_flags_from_plan (operation->remove);

  g_assert_cmpuint (add & flags, ==, 0);
  g_assert_cmpuint (remove & ~flags, ==, 0);
  return (flags | add) & (guint8)~remove;
}

static void
apply_remote_flags (World *world, const WorldRules *rules, const PlanOperation *operation)
{
  const WorldRow *row = world_find_row (world, operation->row);
  WorldRemote *remote = world_find_remote (world, row->uid);
  guint8 before = remote->flags;

  remote->flags = changed_flags (before, operation);
  g_assert_cmpuint ((before ^ remote->flags) & rules->refused, ==, 0);
  remote->flags &= (guint8) ~(rules->dropped & ~before);
}

static void
apply_local_flags (World *world, const PlanOperation *operation)
{
  WorldLocal *local = world_find_local (world, world_name_from_plan (operation->base));

  g_assert_nonnull (local);
  local->flags = changed_flags (local->flags, operation);
}

static gboolean
settles_flags (PlanKind kind)
{
  return kind == PLAN_REPLACE || kind == PLAN_REMOTE_FLAGS || kind == PLAN_LOCAL_FLAGS ||
         kind == PLAN_BASE_FLAGS;
}

/* The base follows when the last of the row's operations is done. */
static void
settle_flags (World *world, const WorldRules *rules, const GArray *operations, const PlanOperation *last,
              const gboolean *done)
{
  WorldRow *row = world_find_row (world, last->row);
  guint8 refused;

  for (guint i = 0; i < operations->len; i++)
    {
      const PlanOperation *other = &g_array_index (operations, PlanOperation, i);

      if (!done[i] && other->row == last->row && settles_flags (other->kind))
        return;
    }
  row->flags = world_flags_from_plan (last->flags);
  row->not_kept = world_flags_from_plan (last->not_kept);
  refused = row->flags & rules->dropped & (guint8)~world_find_remote (world, row->uid)->flags;
  row->flags &= (guint8)~refused;
  row->not_kept |= refused;
}

static void
apply_removal (World *world, const PlanOperation *operation)
{
  const WorldRow *row = world_find_row (world, operation->row);

  g_assert_nonnull (row);
  if (operation->kind != PLAN_REMOVE_LOCAL)
    remove_remote (world, operation->uid);
  if (operation->kind != PLAN_DELETE_REMOTE)
    remove_local (world, row);
  remove_row (world, operation->row);
}

void
world_apply (World *world, const WorldRules *rules, const GArray *operations, guint index, gboolean *done)
{
  const PlanOperation *operation = &g_array_index (operations, PlanOperation, index);

  if (done[index])
    return;
  done[index] = TRUE;
  switch (operation->kind)
    {
    case PLAN_FORGET:
      remove_row (world, operation->row);
      break;
    case PLAN_DOWNLOAD:
      apply_download (world, operations, operation, done);
      break;
    case PLAN_UPLOAD:
      apply_upload (world, rules, operation);
      break;
    case PLAN_REPLACE:
      apply_replace (world, rules, operation);
      break;
    case PLAN_PAIR:
      apply_pair (world, operation);
      break;
    case PLAN_RELINK:
      apply_relink (world, operation);
      break;
    case PLAN_REMOTE_FLAGS:
      apply_remote_flags (world, rules, operation);
      break;
    case PLAN_LOCAL_FLAGS:
      apply_local_flags (world, operation);
      break;
    case PLAN_BASE_FLAGS:
      break;
    case PLAN_DELETE_REMOTE:
    case PLAN_REMOVE_LOCAL:
    case PLAN_EXPUNGE_MARKED:
      apply_removal (world, operation);
      break;
    case PLAN_MOVE:
    case PLAN_FOLLOW:
    case PLAN_COPY:
    case PLAN_CLONE:
    case PLAN_REMOVE_SECOND:
      g_assert_not_reached (); /* of the plans of several mailboxes */
    }
  if (settles_flags (operation->kind))
    settle_flags (world, rules, operations, operation, done);
}
