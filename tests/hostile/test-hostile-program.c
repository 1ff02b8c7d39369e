/* The built program against a server that misbehaves: killed while it uploads, and flooded (C2.1, C8). */
#include "hostile-steps.h"

#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>

#define UPLOADS 60
#define FLOOD 200000
#define PEAK_KIB (100 * 1024)

/* The account's settings as a file; the program's state is the fixture's own. */
static char *
write_config (Hostile *hostile)
{
  const Account *account = &hostile->account;
  char *path = hostile_path (hostile, "config");
  g_autofree char *text =
      g_strdup_printf ("[account %s]\nhost=%s\nport=%u\nsecurity=none\nuser=%s\npassword-command=%s\n"
                       "maildir=%s\nconnections=1\n",
                       account->name, account->host, account->port, account->user, account->password_command,
                       account->maildir);

  hostile_write (path, text);
  g_free (hostile->account.state_dir);
  hostile->account.state_dir = g_build_filename (hostile->directory, "dovetail", account->name, NULL);
  return path;
}

static GPid
start_sync (Hostile *hostile)
{
  g_autofree char *config = write_config (hostile);
  const char *argv[] = { DOVETAIL_PROGRAM, "--config", config, "-q", "sync", NULL };
  g_auto (GStrv) environment =
      g_environ_setenv (g_get_environ (), "XDG_STATE_HOME", hostile->directory, TRUE);
  g_autoptr (GError) error = NULL;
  GPid pid;

  if (!g_spawn_async (NULL, (char **)argv, environment, G_SPAWN_DO_NOT_REAP_CHILD, NULL, NULL, &pid, &error))
    g_error ("%s: %s", argv[0], error->message);
  return pid;
}

static int
wait_for (GPid pid, struct rusage *usage)
{
  int status;

  g_assert_cmpint (wait4 (pid, &status, 0, usage), ==, pid);
  return status;
}

static void
kill_at_third_upload (Hostile *hostile)
{
  gint64 deadline = g_get_monotonic_time () + 60 * G_TIME_SPAN_SECOND;
  struct rusage usage;
  GPid pid;
  int status;

  model_server_clear_log (hostile->server);
  pid = start_sync (hostile);
  while (model_server_count (hostile->server, "APPEND *") < 3)
    {
      g_assert_cmpint (g_get_monotonic_time (), <, deadline);
      g_usleep (1000);
    }
  g_assert_cmpint (kill (pid, SIGKILL), ==, 0);
  status = wait_for (pid, &usage);
  g_assert_true (WIFSIGNALED (status));
  model_server_settle (hostile->server);
}

/* C2.1: killed while the answer to the third upload is on its way, again and again. */
static void
test_killed_thrice (void)
{
  static const ModelFault faults[] = { { MODEL_STALL_INSIDE, "APPEND *", .nth = 3 }, { MODEL_FAULTS_END } };
  Hostile *hostile = hostile_new (NULL);

  for (guint i = 0; i < UPLOADS; i++)
    {
      g_autofree char *mark = g_strdup_printf ("up%u", i);

      hostile_add_here (hostile, "INBOX", mark, "S");
    }
  for (guint i = 0; i < 3; i++)
    {
      model_server_set_faults (hostile->server, faults);
      kill_at_third_upload (hostile);
    }
  model_server_set_faults (hostile->server, NULL);
  hostile_expect_sync (hostile, ENGINE_OUTCOME_EQUAL, NULL);
  hostile_assert_equal (hostile, FALSE);
  hostile_free (hostile);
}

/* One message exists, and many are told of, each with a keyword of its own. */
static void
flood (ModelTurn *turn)
{
  for (guint i = 2; i < FLOOD; i++)
    g_string_append_printf (turn->untagged, "* 1 FETCH (UID %u FLAGS (k%u))\r\n", i, i);
}

/* C8: memory does not grow with what a server chooses to tell. */
static void
test_flood (void)
{
  static const ModelFault faults[] = { { MODEL_EDIT, "UID FETCH *", .nth = 1, .call = flood },
                                       { MODEL_FAULTS_END } };
  Hostile *hostile = hostile_new (NULL);
  struct rusage usage;
  int status;

  hostile_add_many_there (hostile, "INBOX", 1);
  model_server_set_faults (hostile->server, faults);
  status = wait_for (start_sync (hostile), &usage);
  g_assert_true (WIFEXITED (status));
  g_test_message ("exit %d, %ld KiB", WEXITSTATUS (status), usage.ru_maxrss);
#ifndef __SANITIZE_ADDRESS__
  g_assert_cmpint (usage.ru_maxrss, <, PEAK_KIB);
#endif
  model_server_settle (hostile->server);
  model_server_set_faults (hostile->server, NULL);
  hostile_expect_sync (hostile, ENGINE_OUTCOME_EQUAL, NULL);
  hostile_assert_equal (hostile, FALSE);
  hostile_free (hostile);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/hostile/program/C2.1/killed-thrice", test_killed_thrice);
  g_test_add_func ("/hostile/program/C8/flood", test_flood);
  return g_test_run ();
}
