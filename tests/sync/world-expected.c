#include "world-expected.h"

#include <string.h>

/* Which messages of a world belong to which row, and which are new. */
typedef struct
{
  const World *world;
  const WorldRules *rules;
  const WorldLocal *local_of[WORLD_MAX]; /* of each row: (nullable) what is under its name, or renamed */
  guint8 n_new_remote[WORLD_CONTENTS];
  guint8 n_new_local[WORLD_CONTENTS];
  guint8 new_remote_flags[WORLD_CONTENTS]; /* of one of them */
  guint8 new_local_flags[WORLD_CONTENTS];
  gboolean is_relinked[WORLD_NAMES];
} Belonging;

static gboolean
merge_bit (gboolean base, gboolean remote, gboolean local)
{
  return remote == local ? remote : !base;
}

static void
expect_bit (ExpectedMessage *message, guint8 bit, gboolean remote, gboolean local, gboolean base,
            gboolean not_kept)
{
  message->remote |= remote ? bit : 0;
  message->local |= local ? bit : 0;
  message->base |= base ? bit : 0;
  message->not_kept |= not_kept ? bit : 0;
}

static void
expect_merged_bit (ExpectedMessage *message, const WorldRules *rules, guint8 bit, const WorldRow *row,
                   guint8 remote_flags, guint8 local_flags)
{
  gboolean base = (row->flags & bit) != 0;
  gboolean remote = (remote_flags & bit) != 0;
  gboolean local = (local_flags & bit) != 0;
  gboolean is_kept = ((rules->refused | rules->dropped) & bit) == 0;
  gboolean is_settable = (rules->refused & bit) == 0;
  gboolean was_not_kept = (row->not_kept & bit) != 0;
  gboolean merged = merge_bit (base, remote, local);

  if (local && !remote && (was_not_kept || (!base && !is_kept)))
    expect_bit (message, bit, FALSE, TRUE, FALSE, TRUE);
  else if (!local && remote && base && !is_settable)
    expect_bit (message, bit, TRUE, FALSE, TRUE, FALSE);
  else
    expect_bit (message, bit, merged, merged, merged, FALSE);
}

static void
expect_replaced_bit (ExpectedMessage *message, const WorldRules *rules, guint8 bit, const WorldRow *row,
                     guint8 remote_flags, guint8 local_flags)
{
  gboolean base = (row->flags & bit) != 0;
  gboolean remote = (remote_flags & bit) != 0;
  gboolean local = (local_flags & bit) != 0;
  gboolean is_settable = (rules->refused & bit) == 0;
  gboolean stays_here = (row->not_kept & bit) != 0 && local && !remote;
  gboolean merged = merge_bit (base, remote, local && !stays_here);
  gboolean sent = merged && is_settable;
  gboolean not_kept = local && !sent && (stays_here || merged);

  expect_bit (message, bit, sent, sent || not_kept, sent, not_kept);
}

static void
expect_flags (ExpectedMessage *message, const WorldRules *rules, const WorldRow *row, guint8 remote,
              guint8 local, gboolean is_replaced)
{
  for (guint bit = 1; bit <= WORLD_KEYWORD; bit <<= 1)
    if (is_replaced)
      expect_replaced_bit (message, rules, (guint8)bit, row, remote, local);
    else
      expect_merged_bit (message, rules, (guint8)bit, row, remote, local);
}

static gboolean
is_marked_here (const WorldRules *rules, const WorldRow *row, guint8 remote, guint8 local)
{
  guint8 elsewhere = row->flags | row->not_kept | remote;

  return rules->expunge_marked && (local & ~elsewhere & ~rules->refused & MESSAGE_FLAG_DELETED) != 0;
}

/* The first new file by name that has the row's content; files sort as their numbers do. */
static const WorldLocal *
find_renamed (Belonging *belonging, const WorldRow *row)
{
  const World *world = belonging->world;

  for (guint8 name = 0; name < WORLD_NAMES; name++)
    {
      const WorldLocal *local = world_find_local (world, name);
      gboolean is_new = local != NULL && local->content == row->content && !belonging->is_relinked[name];

      for (guint i = 0; i < world->n_rows && is_new; i++)
        if (world->rows[i].name == name)
          is_new = world->rows[i].content != local->content &&
                   world_find_remote (world, world->rows[i].uid) == NULL;
      if (is_new)
        {
          belonging->is_relinked[name] = TRUE;
          return local;
        }
    }
  return NULL;
}

/* Rows stand in the order of their names: of several alike the first row takes the first file. */
static void
find_locals (Belonging *belonging)
{
  const World *world = belonging->world;

  for (guint i = 0; i < world->n_rows; i++)
    {
      const WorldRow *row = &world->rows[i];

      belonging->local_of[i] = world_find_local (world, row->name);
      if (belonging->local_of[i] == NULL && world_find_remote (world, row->uid) != NULL)
        belonging->local_of[i] = find_renamed (belonging, row);
    }
}

static void
count_new_remote (Belonging *belonging)
{
  const World *world = belonging->world;

  for (guint i = 0; i < world->n_remote; i++)
    {
      const WorldRemote *remote = &world->remote[i];
      gboolean is_new = TRUE;

      for (guint j = 0; j < world->n_rows; j++)
        is_new = is_new && world->rows[j].uid != remote->uid;
      belonging->n_new_remote[remote->content] += is_new;
      if (is_new)
        belonging->new_remote_flags[remote->content] |= remote->flags;
    }
}

static void
count_new_local (Belonging *belonging)
{
  const World *world = belonging->world;

  for (guint i = 0; i < world->n_local; i++)
    {
      const WorldLocal *local = &world->local[i];
      gboolean is_new = !belonging->is_relinked[local->name];

      for (guint j = 0; j < world->n_rows; j++)
        if (world->rows[j].name == local->name)
          is_new = is_new && world->rows[j].content != local->content &&
                   world_find_remote (world, world->rows[j].uid) == NULL;
      belonging->n_new_local[local->content] += is_new;
      if (is_new)
        belonging->new_local_flags[local->content] |= local->flags;
    }
}

/* The table of contract C3 for row `i`. */
static void
expect_row (Expected *expected, const Belonging *belonging, guint i)
{
  const WorldRow *row = &belonging->world->rows[i];
  const WorldRemote *remote = world_find_remote (belonging->world, row->uid);
  const WorldLocal *local = belonging->local_of[i];
  ExpectedMessage *message = &expected->rows[i];
  gboolean is_replaced;

  expected->row_ids[i] = row->id;
  message->is_known = TRUE;
  if (remote == NULL || local == NULL)
    return;
  is_replaced = local->content != row->content;
  if (!is_replaced && is_marked_here (belonging->rules, row, remote->flags, local->flags))
    return;
  message->is_there = TRUE;
  expected->row_content[i] = local->content;
  expected->copies[local->content]++;
  expect_flags (message, belonging->rules, row, remote->flags, local->flags, is_replaced);
}

/* What is new with one content: as many as the side that has more of them. */
static void
expect_new (Expected *expected, const Belonging *belonging, guint8 content)
{
  const WorldRules *rules = belonging->rules;
  ExpectedMessage *message = &expected->fresh[content];
  guint8 n_remote = belonging->n_new_remote[content];
  guint8 n_local = belonging->n_new_local[content];
  guint8 remote = belonging->new_remote_flags[content];
  guint8 local = belonging->new_local_flags[content];
  WorldRow paired = { .flags = remote & local };
  gboolean is_expunged = FALSE;

  message->is_known = n_remote <= 1 && n_local <= 1;
  message->is_there = n_remote + n_local > 0;
  if (n_remote == 0)
    *message = (ExpectedMessage){ message->is_known,
                                  message->is_there,
                                  local & (guint8)~rules->refused,
                                  local,
                                  local & (guint8)~rules->refused,
                                  local & rules->refused };
  else if (n_local == 0)
    *message = (ExpectedMessage){ message->is_known, TRUE, remote, remote, remote, 0 };
  else
    {
      is_expunged = is_marked_here (rules, &paired, remote, local);
      expect_flags (message, rules, &paired, remote, local, FALSE);
    }
  message->is_there = message->is_there && !is_expunged;
  expected->copies[content] += is_expunged ? 0 : MAX (n_remote, n_local);
  /* Which of several alike become pairs, and so which marks count, is left open. */
  expected->is_counted[content] =
      message->is_known || n_remote == 0 || n_local == 0 || !rules->expunge_marked;
}

void
expected_init (Expected *expected, const World *world, const WorldRules *rules)
{
  Belonging belonging = { .world = world, .rules = rules };

  memset (expected, 0, sizeof *expected);
  expected->first_new_row = world->next_row;
  expected->n_rows = world->n_rows;
  find_locals (&belonging);
  count_new_remote (&belonging);
  count_new_local (&belonging);
  for (guint i = 0; i < world->n_rows; i++)
    expect_row (expected, &belonging, i);
  for (guint8 content = 0; content < WORLD_CONTENTS; content++)
    expect_new (expected, &belonging, content);
}

void
expected_assert_copies (const Expected *expected, const World *world)
{
  guint8 copies[WORLD_CONTENTS] = { 0 };

  g_assert_cmpuint (world->n_remote, ==, world->n_rows);
  g_assert_cmpuint (world->n_local, ==, world->n_rows);
  for (guint i = 0; i < world->n_rows; i++)
    {
      const WorldRow *row = &world->rows[i];
      const WorldRemote *remote = world_find_remote (world, row->uid);
      const WorldLocal *local = world_find_local (world, row->name);

      g_assert_true (remote != NULL && local != NULL);
      g_assert_cmpuint (remote->content, ==, row->content);
      g_assert_cmpuint (local->content, ==, row->content);
      copies[row->content]++;
    }
  for (guint content = 0; content < WORLD_CONTENTS; content++)
    if (expected->is_counted[content])
      g_assert_cmpuint (copies[content], ==, expected->copies[content]);
}

static void
assert_message (const ExpectedMessage *message, const World *world, const WorldRow *row)
{
  g_assert_cmphex (world_find_remote (world, row->uid)->flags, ==, message->remote);
  g_assert_cmphex (world_find_local (world, row->name)->flags, ==, message->local);
  g_assert_cmphex (row->flags, ==, message->base);
  g_assert_cmphex (row->not_kept, ==, message->not_kept);
}

void
expected_assert_flags (const Expected *expected, const World *world)
{
  for (guint i = 0; i < expected->n_rows; i++)
    {
      const WorldRow *row = world_find_row (world, expected->row_ids[i]);

      g_assert_cmpint (row != NULL, ==, expected->rows[i].is_there);
      if (row == NULL)
        continue;
      g_assert_cmpuint (row->content, ==, expected->row_content[i]);
      assert_message (&expected->rows[i], world, row);
    }
  for (guint i = 0; i < world->n_rows; i++)
    {
      const WorldRow *row = &world->rows[i];

      if (row->id >= expected->first_new_row && expected->fresh[row->content].is_known)
        assert_message (&expected->fresh[row->content], world, row);
    }
}
