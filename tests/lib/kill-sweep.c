#include "kill-sweep.h"
#include "kill-record.h"

#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>

/* (transfer full): the path of a file of zeros. */
static char *
create_record (void)
{
  g_autofree char *path = NULL;
  g_autoptr (GError) error = NULL;
  KillRecord record = { 0 };
  int fd = g_file_open_tmp ("dovetail-kill-XXXXXX", &path, &error);

  if (fd < 0 || !g_close (fd, &error) ||
      !g_file_set_contents (path, (const char *)&record, sizeof record, &error))
    g_error ("%s", error->message);
  return g_steal_pointer (&path);
}

static KillRecord
take_record (const char *path)
{
  g_autofree char *content = NULL;
  gsize length;
  KillRecord record;

  g_assert_true (g_file_get_contents (path, &content, &length, NULL));
  g_assert_cmpuint (length, ==, sizeof record);
  memcpy (&record, content, sizeof record);
  g_unlink (path);
  return record;
}

/* (transfer full) */
static GStrv
make_environment (const KillSweep *sweep, const char *record, guint step, gboolean half)
{
  g_autofree char *at = g_strdup_printf ("%u", step);
  GStrv environment = sweep->environment != NULL ? g_strdupv ((GStrv)sweep->environment) : g_get_environ ();
  const char *asan = g_environ_getenv (environment, "ASAN_OPTIONS");
  /* A sanitized program wants its runtime to be the first library: here it is the second. */
  g_autofree char *options = g_strdup_printf ("%s:verify_asan_link_order=0", asan != NULL ? asan : "");
  g_autofree char *preload =
      g_strjoin (":", KILL_PRELOAD, g_environ_getenv (environment, "LD_PRELOAD"), NULL);

  environment = g_environ_setenv (environment, "ASAN_OPTIONS", options, TRUE);
  environment = g_environ_setenv (environment, "LD_PRELOAD", preload, TRUE);
  environment = g_environ_setenv (environment, "KILL_RECORD", record, TRUE);
  if (step > 0)
    environment = g_environ_setenv (environment, "KILL_AT", at, TRUE);
  if (half)
    environment = g_environ_setenv (environment, "KILL_HALF", "1", TRUE);
  return environment;
}

guint
kill_sweep_run_once (const KillSweep *sweep, guint step, gboolean half, char **killed)
{
  g_autofree char *path = create_record ();
  g_auto (GStrv) environment = make_environment (sweep, path, step, half);
  g_autofree char *output = NULL;
  g_autofree char *errors = NULL;
  g_autoptr (GError) error = NULL;
  KillRecord record;
  gboolean was_killed;
  int status;

  /* Descriptors are left alone: closing them would need a copy of this process, and it may be large. */
  if (!g_spawn_sync (NULL, (char **)sweep->argv, environment, G_SPAWN_LEAVE_DESCRIPTORS_OPEN, NULL, NULL,
                     &output, &errors, &status, &error))
    g_error ("%s: %s", sweep->argv[0], error->message);
  record = take_record (path);
  was_killed = record.last_call[0] != '\0' && WIFSIGNALED (status) && WTERMSIG (status) == SIGKILL;
  if (!was_killed && !g_spawn_check_wait_status (status, &error))
    g_error ("%s: %s\n%s%s", sweep->argv[0], error->message, output, errors);
  if (killed != NULL)
    *killed = was_killed ? g_strdup (record.last_call) : NULL;
  return (guint)record.calls;
}

/* (transfer full) (nullable): the call at which it was killed. */
static char *
kill_and_recover (const KillSweep *sweep, guint step, guint steps, gboolean half)
{
  g_autofree char *killed = NULL;

  sweep->restore (sweep->user_data);
  kill_sweep_run_once (sweep, step, half, &killed);
  g_test_message ("killed %s step %u of %u: %s", half ? "within" : "after", step, steps,
                  killed != NULL ? killed : "it had ended before");
  kill_sweep_run_once (sweep, 0, FALSE, NULL);
  sweep->check (sweep->user_data);
  return g_steal_pointer (&killed);
}

gboolean
kill_sweep_can_halve (const char *call)
{
  return call != NULL && (g_str_has_prefix (call, "write ") || g_str_has_prefix (call, "pwrite ") ||
                          g_str_has_prefix (call, "send ") || g_str_has_prefix (call, "copy_file_range "));
}

guint
kill_sweep_run (const KillSweep *sweep)
{
  guint steps;

  sweep->restore (sweep->user_data);
  steps = kill_sweep_run_once (sweep, 0, FALSE, NULL);
  sweep->check (sweep->user_data);

  for (guint step = 1; step <= steps; step++)
    {
      g_autofree char *call = kill_and_recover (sweep, step, steps, FALSE);

      if (sweep->halves && kill_sweep_can_halve (call))
        g_free (kill_and_recover (sweep, step, steps, TRUE));
    }
  return steps;
}
