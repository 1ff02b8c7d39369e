#include "hostile-case.h"

#include <string.h>

static void
assert_outcome (Hostile *hostile, EngineOutcome expected, EngineOutcome outcome)
{
  g_autofree char *log = NULL;

  if (outcome == expected)
    return;
  log = model_server_get_log (hostile->server);
  g_error ("outcome %d, expected %d; it said:\n%s\nand sent:\n%s", outcome, expected, hostile->said->str,
           log);
}

static char *
place_of (const LocalFile *file)
{
  return g_strdup_printf ("%s %s", file->mailbox, file->mark);
}

/* A message that was here before is here still. */
static void
assert_none_removed_here (Hostile *hostile, GPtrArray *before)
{
  g_autoptr (GPtrArray) now = local_list (hostile->account.maildir);
  g_autoptr (GHashTable) places = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  for (guint i = 0; i < now->len; i++)
    g_hash_table_add (places, place_of (g_ptr_array_index (now, i)));
  for (guint i = 0; i < before->len; i++)
    {
      g_autofree char *place = place_of (g_ptr_array_index (before, i));

      if (!g_hash_table_contains (places, place))
        g_error ("%s was removed here; it said:\n%s", place, hostile->said->str);
    }
}

static void
assert_none_removed_there (Hostile *hostile)
{
  g_autofree char *log = model_server_get_log (hostile->server);

  if (model_server_count (hostile->server, MODEL_REMOVES) > 0)
    g_error ("the server was told to remove something:\n%s", log);
}

static void
run_hostile (Hostile *hostile, const HostileCase *row)
{
  g_autoptr (GPtrArray) before = NULL;

  if (row->change != NULL)
    row->change (hostile);
  before = local_list (hostile->account.maildir);
  model_server_set_faults (hostile->server, row->faults);
  assert_outcome (hostile, row->outcome, hostile_sync (hostile));
  if (row->says != NULL && strstr (hostile->said->str, row->says) == NULL)
    g_error ("it does not say “%s” but:\n%s", row->says, hostile->said->str);
  if ((row->may & HOSTILE_MAY_REMOVE_HERE) == 0)
    assert_none_removed_here (hostile, before);
  if ((row->may & HOSTILE_MAY_REMOVE_THERE) == 0)
    assert_none_removed_there (hostile);
  if (row->check != NULL)
    row->check (hostile);
  model_server_set_faults (hostile->server, NULL);
}

static void
assert_nothing_changes (Hostile *hostile)
{
  g_autofree char *before = local_snapshot (hostile->account.maildir);
  g_autofree char *after = NULL;
  g_autofree char *log = NULL;

  assert_outcome (hostile, ENGINE_OUTCOME_EQUAL, hostile_sync (hostile));
  after = local_snapshot (hostile->account.maildir);
  log = model_server_get_log (hostile->server);
  g_assert_cmpstr (before, ==, after);
  if (model_server_count (hostile->server, MODEL_CHANGES) > 0)
    g_error ("the last sync changed something:\n%s", log);
}

/* Sending again what was refused for good would be refused again, for ever (contract C5.4). */
static void
assert_stays_refused (Hostile *hostile, const HostileCase *row)
{
  if (row->mend == NULL)
    return;
  assert_outcome (hostile, ENGINE_OUTCOME_LEFT, hostile_sync (hostile));
  g_assert_cmpuint (model_server_count (hostile->server, MODEL_CHANGES), ==, 0);
  g_assert_nonnull (strstr (hostile->said->str, "refused"));
  row->mend (hostile);
}

static void
run_case (gconstpointer user_data)
{
  const HostileCase *row = user_data;
  Hostile *hostile = hostile_new (row->capabilities);

  hostile_add_many_there (hostile, "INBOX", row->messages);
  if (row->prepare != NULL)
    row->prepare (hostile);
  assert_outcome (hostile, ENGINE_OUTCOME_EQUAL, hostile_sync (hostile));
  run_hostile (hostile, row);
  assert_stays_refused (hostile, row);
  assert_outcome (hostile, row->healed, hostile_sync (hostile));
  assert_nothing_changes (hostile);
  hostile_assert_equal (hostile, (row->may & HOSTILE_FLAGS_DIFFER) != 0);
  if (row->finally != NULL)
    row->finally (hostile);
  hostile_free (hostile);
}

void
hostile_add_cases (const char *path, const HostileCase *cases, guint n_cases)
{
  for (guint i = 0; i < n_cases; i++)
    {
      g_autofree char *full = g_strconcat (path, "/", cases[i].name, NULL);

      g_test_add_data_func (full, &cases[i], run_case);
    }
}
