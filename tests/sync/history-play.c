#include "history-play.h"
#include "history-files.h"
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

/* Where mailboxes come and go, steps use those that are there. */
static void
use_what_is_there (HistoryWorld *world)
{
  g_auto (GStrv) remote = imap_client_list (world->client);
  g_auto (GStrv) local = history_files_mailboxes (world);

  if (!world->history->with_mailboxes)
    return;
  history_world_use_mailboxes (world, HISTORY_REMOTE, (const char *const *)remote);
  history_world_use_mailboxes (world, HISTORY_LOCAL, (const char *const *)local);
}

static char *
check_both (HistoryWorld *world)
{
  g_autoptr (HistorySnapshot) remote = history_remote_snapshot (world);
  g_autoptr (HistorySnapshot) local = history_local_snapshot (world);
  char *wrong = history_model_check (world->model, remote, local);

  world->vanished = 0;
  use_what_is_there (world);
  return wrong != NULL ? wrong : check_equal (world, remote, local);
}

static void
foresee (HistoryWorld *world)
{
  g_autoptr (HistorySnapshot) remote = NULL;
  g_autoptr (HistorySnapshot) local = NULL;

  if (!world->history->with_mailboxes)
    return;
  remote = history_remote_snapshot (world);
  local = history_local_snapshot (world);
  history_model_foresee (world->model, remote, local);
}

/* With the capabilities of a good server one run does all. Without UIDPLUS a message that was marked
 * meanwhile can make the program wait for its next run, and so can names that were exchanged. */
static gboolean
may_take_several (HistoryWorld *world)
{
  return history_world_has_less (world) || history_model_may_take_several (world->model);
}

/* What came of a sync that was not killed. A mailbox that was removed here waits for a release. */
static char *
judge (HistoryWorld *world, int status)
{
  for (guint runs = 1; status == 1 && runs < MAX_RUNS && may_take_several (world); runs++)
    status = history_world_sync (world, 0, FALSE);
  world->held = status == 1 && world->history->with_mailboxes && world->history->holds &&
                history_model_may_be_held (world->model);
  if (world->held)
    {
      history_model_held (world->model);
      use_what_is_there (world);
      return NULL;
    }
  return status != 0 ? g_strdup_printf ("exit: sync ended with %d", status) : check_both (world);
}

static char *
sync_once (HistoryWorld *world)
{
  foresee (world);
  return judge (world, history_world_sync (world, 0, FALSE));
}

static char *
release (HistoryWorld *world, gboolean restore)
{
  int status;

  if (!world->held)
    return NULL;
  world->held = FALSE;
  status = history_world_release (world, restore);
  if (restore)
    history_model_restored (world->model);
  else
    history_model_released (world->model);
  return status != 0 ? g_strdup_printf ("exit: release ended with %d", status) : NULL;
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

  if (wrong != NULL || world->held)
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
  int status;

  foresee (world);
  status = history_world_sync (world, at, step->bits % 4 == 0);
  if (status >= 0)
    return judge (world, status);
  history_model_killed (world->model);
  use_what_is_there (world);
  return NULL;
}

static char *
sync_offline (HistoryWorld *world)
{
  int status = history_world_sync_offline (world);

  return status == 75 ? NULL : g_strdup_printf ("exit: sync with no server ended with %d", status);
}

/* A new message, found by a run that has no connection, and moved before the next one. */
static char *
rename_queued (HistoryWorld *world, const HistoryStep *step)
{
  HistoryStep fcc = *step;
  char *wrong;

  fcc.kind = HISTORY_FCC;
  fcc.to = step->bits;
  history_local_step (world, &fcc);
  wrong = sync_offline (world);
  history_moves_step (world, step);
  return wrong;
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
    case HISTORY_RELEASE:
    case HISTORY_RESTORE:
      return release (world, step->kind == HISTORY_RESTORE);
    case HISTORY_MOVE_ON_THERE:
    case HISTORY_MOVE_BACK_THERE:
    case HISTORY_COPY_ON_THERE:
      history_remote_step (world, step);
      return NULL;
    case HISTORY_RENAME_QUEUED:
      return rename_queued (world, step);
    case HISTORY_RENAME_FLAGGED:
    case HISTORY_RENAME_ON:
    case HISTORY_RENAME_BACK:
    case HISTORY_COPY_ON:
    case HISTORY_EXCHANGE_FILES:
    case HISTORY_RELETTER:
      history_moves_step (world, step);
      return NULL;
    default:
      if (step->kind <= HISTORY_CREATE)
        history_remote_step (world, step);
      else if (step->kind <= HISTORY_MAKE)
        history_local_step (world, step);
      else if (step->kind <= HISTORY_EXCHANGE_THERE)
        history_hierarchy_step (world, step);
      else
        history_directories_step (world, step);
      return NULL;
    }
}

static void
log_settings (HistoryWorld *world)
{
  const History *history = world->history;
  g_autoptr (GString) text = g_string_new (NULL);

  for (guint i = 0; i < history->mailboxes->len; i++)
    g_string_append_printf (text, "%s%s", i > 0 ? ", " : "",
                            (const char *)g_ptr_array_index (history->mailboxes, i));
  history_world_log (world, "seed %u on %s: %s, delete=%s, max-delete %s, %s; %s", history->seed,
                     world->server->kind, history->maildirpp ? "maildir++" : "nested",
                     history->expunge ? "expunge" : "trash", history->holds ? "10 50%" : "off",
                     history->attic ? "attic" : "no attic", text->str);
}

/* Whatever is held is let through; both sides are equal then, and a second sync changes nothing. */
static char *
finish (HistoryWorld *world)
{
  char *wrong;

  history_world_log (world, "    the last sync, and another");
  wrong = sync_once (world);
  for (guint releases = 0; wrong == NULL && world->held && releases < MAX_RUNS; releases++)
    {
      wrong = release (world, FALSE);
      if (wrong == NULL)
        wrong = sync_once (world);
    }
  if (wrong != NULL)
    return wrong;
  return world->held ? g_strdup ("held: something still is after it was released") : sync_twice (world);
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
    wrong = finish (world);
  if (log != NULL)
    *log = g_strdup (world->log->str);
  return wrong;
}
