#include "sync-steps.h"

#include "sync-change.h"

#include <stdlib.h>
#include <string.h>

#define OFFLINE 75 /* EX_TEMPFAIL */

static void
expect (const char *step, SyncRun run, int status)
{
  if (run.status != status)
    g_error ("%s: exit status %d\n%s%s", step, run.status, run.output, run.errors);
  sync_run_clear (&run);
}

static void
run_only (SyncCase *sync, const char *step, const char *rest)
{
  const char *space = strrchr (rest, ' ');
  g_autofree char *mailbox = g_strndup (rest, (gsize)(space - rest));

  expect (step, sync_case_run_only (sync, mailbox), atoi (space + 1));
}

static void
run_step (SyncCase *sync, const char *step)
{
  const char *space = strchr (step, ' ');
  g_autofree char *verb = g_strndup (step, space != NULL ? (gsize)(space - step) : strlen (step));
  const char *rest = space != NULL ? space + 1 : "";

  if (g_str_equal (verb, "there"))
    sync_change_one_remote (sync, rest);
  else if (g_str_equal (verb, "here"))
    sync_change_one_local (sync, rest);
  else if (g_str_equal (verb, "sync"))
    expect (step, sync_case_run (sync), atoi (rest));
  else if (g_str_equal (verb, "sync-only"))
    run_only (sync, step, rest);
  else if (g_str_equal (verb, "offline"))
    expect (step, sync_case_run_offline (sync), OFFLINE);
  else if (g_str_equal (verb, "release") || g_str_equal (verb, "restore"))
    expect (step, sync_case_release (sync, g_str_equal (verb, "restore")), 0);
  else if (g_str_equal (verb, "configure"))
    sync_case_configure (sync, rest);
  else
    g_error ("“%s” is no step", step);
}

void
sync_steps_run (SyncCase *sync, const char *const *steps)
{
  for (; *steps != NULL; steps++)
    run_step (sync, *steps);
}
