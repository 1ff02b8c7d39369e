#include "history-play.h"
#include "history-mail.h"
#include "history-steps.h"

#include <string.h>

#define MAX_RUNS 3

static void
arrive_twice (HistoryWorld *world, const HistoryStep *step)
{
  HistoryStep here = *step, there = *step;

  here.kind = HISTORY_FCC;
  there.kind = HISTORY_APPEND;
  there.repeat = here.repeat = 1;
  history_remote_step (world, &there);
  history_local_step (world, &here);
}

/* Dates do not count for messages that came with two. */
static void
forget_open_dates (HistoryWorld *world, HistorySnapshot *snapshot)
{
  for (guint i = 0; i < snapshot->copies->len; i++)
    {
      HistoryCopy *copy = g_ptr_array_index (snapshot->copies, i);

      if (!history_model_has_date (world->model, copy->token))
        copy->date = 0;
    }
  history_snapshot_sort (snapshot);
}

/* (transfer full) (nullable): what differs between two texts of lines. */
static char *
describe_difference (const char *left, const char *right, const char *left_name, const char *right_name)
{
  g_auto (GStrv) left_lines = g_strsplit (left, "\n", -1);
  g_auto (GStrv) right_lines = g_strsplit (right, "\n", -1);
  g_autoptr (GString) text = g_string_new (NULL);

  if (g_str_equal (left, right))
    return NULL;
  for (guint i = 0; left_lines[i] != NULL; i++)
    if (!g_strv_contains ((const char *const *)right_lines, left_lines[i]))
      g_string_append_printf (text, "\n  only %s: %s", left_name, left_lines[i]);
  for (guint i = 0; right_lines[i] != NULL; i++)
    if (!g_strv_contains ((const char *const *)left_lines, right_lines[i]))
      g_string_append_printf (text, "\n  only %s: %s", right_name, right_lines[i]);
  if (text->len == 0)
    g_string_append_printf (text, "\n%s:\n%s\n%s:\n%s", left_name, left, right_name, right);
  return g_strdup (text->str);
}

static char *
check_equal (HistoryWorld *world, HistorySnapshot *remote, HistorySnapshot *local)
{
  g_autofree char *there = NULL;
  g_autofree char *here = NULL;
  g_autofree char *difference = NULL;

  forget_open_dates (world, remote);
  forget_open_dates (world, local);
  there = history_snapshot_describe (remote, FALSE);
  here = history_snapshot_describe (local, FALSE);
  difference = describe_difference (there, here, "on the server", "here");
  return difference != NULL ? g_strdup_printf ("unequal:%s", difference) : NULL;
}

static char *
check_both (HistoryWorld *world)
{
  g_autoptr (HistorySnapshot) remote = history_remote_snapshot (world);
  g_autoptr (HistorySnapshot) local = history_local_snapshot (world);
  char *wrong = history_model_check (world->model, remote);

  return wrong != NULL ? wrong : check_equal (world, remote, local);
}

/* With the capabilities of a good server one run does all. Without UIDPLUS a message that was marked
 * meanwhile can make the program wait for its next run. */
static char *
sync_once (HistoryWorld *world)
{
  int status = history_world_sync (world, 0, FALSE);

  for (guint runs = 1; status == 1 && runs < MAX_RUNS && history_world_has_less (world); runs++)
    status = history_world_sync (world, 0, FALSE);

  return status != 0 ? g_strdup_printf ("exit: sync ended with %d", status) : check_both (world);
}

/* (transfer full): names, UIDs, times and all. */
static char *
describe_places (HistoryWorld *world)
{
  g_autoptr (HistorySnapshot) remote = history_remote_snapshot (world);
  g_autoptr (HistorySnapshot) local = history_local_snapshot (world);
  g_autofree char *there = history_snapshot_describe (remote, TRUE);
  g_autofree char *here = history_snapshot_describe (local, TRUE);

  return g_strconcat (there, "\n", here, NULL);
}

static char *
sync_twice (HistoryWorld *world)
{
  char *wrong = sync_once (world);
  g_autofree char *before = NULL;
  g_autofree char *after = NULL;
  g_autofree char *difference = NULL;

  if (wrong != NULL)
    return wrong;
  before = describe_places (world);
  wrong = sync_once (world);
  after = describe_places (world);
  difference = describe_difference (before, after, "before", "after the second sync");
  if (wrong == NULL && difference != NULL)
    wrong = g_strdup_printf ("restless:%s", difference);
  return wrong;
}

static char *
sync_killed (HistoryWorld *world, const HistoryStep *step)
{
  guint at = 1 + step->pick % (step->to % 3 == 0 ? 600 : 220);
  int status = history_world_sync (world, at, step->bits % 4 == 0);

  if (status == 0)
    return check_both (world);
  if (status > 0)
    return g_strdup_printf ("exit: sync ended with %d", status);
  history_model_killed (world->model);
  return NULL;
}

static char *
sync_offline (HistoryWorld *world)
{
  int status = history_world_sync_offline (world);

  return status == 75 ? NULL : g_strdup_printf ("exit: sync with no server ended with %d", status);
}

static char *
take_step (HistoryWorld *world, const HistoryStep *step)
{
  history_world_log (world, "%3u %s", step->id, history_kind_name (step->kind));
  switch (step->kind)
    {
    case HISTORY_SYNC:
      return sync_once (world);
    case HISTORY_SYNC_TWICE:
      return sync_twice (world);
    case HISTORY_KILL:
      return sync_killed (world, step);
    case HISTORY_OFFLINE:
      return sync_offline (world);
    case HISTORY_RESTART:
      history_world_restart (world);
      return NULL;
    case HISTORY_ARRIVE_TWICE:
      arrive_twice (world, step);
      return NULL;
    default:
      if (step->kind <= HISTORY_CREATE)
        history_remote_step (world, step);
      else
        history_local_step (world, step);
      return NULL;
    }
}

static void
log_settings (HistoryWorld *world)
{
  const History *history = world->history;
  g_autofree char *text = NULL;

  g_ptr_array_add (world->mailboxes, NULL);
  text = g_strjoinv (", ", (char **)world->mailboxes->pdata);
  g_ptr_array_set_size (world->mailboxes, (int)world->mailboxes->len - 1);
  history_world_log (world, "seed %u on %s: %s, delete=%s, max-delete %s, %s; %s", history->seed,
                     world->server->kind, history->maildirpp ? "maildir++" : "nested",
                     history->expunge ? "expunge" : "trash", history->holds ? "10 50%" : "off",
                     history->attic ? "attic" : "no attic", text);
}

char *
history_play (const History *history, const gboolean *left_out, ServerFixture *server, char **log)
{
  g_autoptr (HistoryWorld) world = history_world_new (history, server);
  char *wrong = NULL;

  log_settings (world);
  for (guint i = 0; i < history->steps->len && wrong == NULL; i++)
    if (left_out == NULL || !left_out[i])
      wrong = take_step (world, &g_array_index (history->steps, HistoryStep, i));
  if (wrong == NULL)
    {
      history_world_log (world, "    the last sync, and another");
      wrong = sync_twice (world);
    }
  if (log != NULL)
    *log = g_strdup (world->log->str);
  return wrong;
}
