/* Accounts at Gmail, with dovetail killed at any step: at most two further runs later all is as the row of
 * gmail-rows.c says (C1.1, C2.1). */
#include "gmail-rows.h"
#include "hostile-steps.h"
#include "kill-sweep.h"

static const char *
program (void)
{
  const char *other = g_getenv ("DOVETAIL_SWEEP_PROGRAM");

  return other != NULL ? other : DOVETAIL_PROGRAM;
}

/* The account's settings as a file; the program's state is the fixture's own. (transfer full) */
static char *
write_config (Hostile *hostile)
{
  const Account *account = &hostile->account;
  char *path = hostile_path (hostile, "config");
  g_autofree char *text = g_strdup_printf (
      "[account %s]\nhost=%s\nport=%u\nsecurity=none\nuser=%s\npassword-command=%s\nmaildir=%s\n"
      "connections=1\ngmail=%s\n",
      account->name, account->host, account->port, account->user, account->password_command, account->maildir,
      account->gmail == ACCOUNT_GMAIL_HARD_LINK ? "hard-link" : "copy");

  hostile_write (path, text);
  return path;
}

/* Returns the steps taken; `killed` as kill_sweep_run_once has it. */
static guint
run_killed (Hostile *hostile, guint step, char **killed)
{
  g_autofree char *config = write_config (hostile);
  const char *const argv[] = { program (), "--config", config, "-q", "sync", NULL };
  g_auto (GStrv) environment =
      g_environ_setenv (g_get_environ (), "XDG_STATE_HOME", hostile->directory, TRUE);
  const KillSweep sweep = { .argv = argv, .environment = (const char *const *)environment };
  guint steps = kill_sweep_run_once (&sweep, step, FALSE, killed);

  model_server_settle (hostile->server);
  return steps;
}

static guint
kill_at (const GmailRow *row, guint step)
{
  Hostile *hostile = gmail_row_prepare (row);
  g_autofree char *killed = NULL;
  guint steps;

  gmail_row_change (row, hostile);
  steps = run_killed (hostile, step, &killed);
  g_test_message ("step %u: %s", step, killed != NULL ? killed : "it had ended before");
  if (hostile_sync (hostile) != ENGINE_OUTCOME_EQUAL)
    hostile_expect_sync (hostile, ENGINE_OUTCOME_EQUAL, NULL);
  gmail_row_check (row, hostile);
  hostile_free (hostile);
  return steps;
}

static void
test_sweep (gconstpointer user_data)
{
  const GmailRow *row = user_data;
  guint steps = kill_at (row, 0);

  for (guint step = 1; step <= steps; step++)
    kill_at (row, step);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < n_gmail_rows; i++)
    {
      g_autofree char *path = g_strconcat ("/gmail/sweep/", gmail_rows[i].name, NULL);

      if (gmail_rows[i].is_swept)
        g_test_add_data_func (path, &gmail_rows[i], test_sweep);
    }
  return g_test_run ();
}
