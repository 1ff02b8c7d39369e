/* The first signal ends a run at its next safe point with 75, the second at once. */
#include "../lib/fake-server.h"
#include "cli-fixture.h"

#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* What the server tells the test: the client has begun to talk. */
typedef struct
{
  GMutex mutex;
  GCond cond;
  gboolean called;
} Call;

static gboolean
note_line (FakePeer *peer, const char *line, gpointer user_data)
{
  Call *call = user_data;

  g_mutex_lock (&call->mutex);
  call->called = TRUE;
  g_cond_signal (&call->cond);
  g_mutex_unlock (&call->mutex);
  return FALSE;
}

static void
wait_for_call (Call *call)
{
  g_mutex_lock (&call->mutex);
  while (!call->called)
    g_cond_wait (&call->cond, &call->mutex);
  g_mutex_unlock (&call->mutex);
}

typedef struct
{
  GPid pid;
  int err; /* its stderr */
} Child;

static Child
start (const CliFixture *fixture, const char *arguments)
{
  g_auto (GStrv) argv = cli_arguments (arguments);
  g_autoptr (GError) error = NULL;
  Child child;

  g_spawn_async_with_pipes (fixture->home, argv, fixture->environment,
                            G_SPAWN_DO_NOT_REAP_CHILD | G_SPAWN_STDOUT_TO_DEV_NULL, NULL, NULL, &child.pid,
                            NULL, NULL, &child.err, &error);
  g_assert_no_error (error);
  return child;
}

/* Its exit status; *said (transfer full): the rest of its stderr. */
static int
wait_for_end (Child *child, char **said)
{
  g_autoptr (GString) text = g_string_new (NULL);
  char buffer[1024];
  gssize got;
  int status;

  while ((got = read (child->err, buffer, sizeof buffer)) > 0)
    g_string_append_len (text, buffer, got);
  close (child->err);
  g_assert_cmpint (waitpid (child->pid, &status, 0), ==, child->pid);
  g_test_message ("%s", text->str);
  g_assert_true (WIFEXITED (status));
  *said = g_string_free (g_steal_pointer (&text), FALSE);
  return WEXITSTATUS (status);
}

static void
configure (const CliFixture *fixture, guint16 port)
{
  g_autofree char *config =
      g_strdup_printf ("[account work]\nhost=127.0.0.1\nport=%u\nsecurity=none\nuser=alice\n"
                       "password-command=echo secret\nmaildir=~/Mail/work\n",
                       port);

  cli_fixture_put (fixture, ".config/dovetail/config", config);
}

/* `data`: the signal. The server has greeted and then says nothing. */
static void
test_first_signal (CliFixture *fixture, gconstpointer data)
{
  Call call = { 0 };
  const FakeStep steps[] = { { FAKE_SEND, "* OK ready\r\n" },
                             { FAKE_CALL, .call = note_line, .user_data = &call },
                             { FAKE_STALL },
                             { FAKE_END } };
  g_autoptr (FakeServer) server = fake_server_new (steps, NULL);
  g_autofree char *said = NULL;
  g_auto (CliRun) again = { 0 };
  Child child;

  configure (fixture, fake_server_get_port (server));
  child = start (fixture, "sync");
  wait_for_call (&call);
  kill (child.pid, GPOINTER_TO_INT (data));
  g_assert_cmpint (wait_for_end (&child, &said), ==, 75);
  g_assert_nonnull (
      strstr (said, "dovetail: interrupted: ending at the next safe point; once more ends at once\n"));
  g_assert_nonnull (strstr (said, "work: interrupted; what was done is kept, run again\n"));
  again = cli_run (fixture, "status");
  g_assert_cmpint (again.status, ==, 0);
}

static void
read_line (int fd)
{
  char c = '\0';

  while (c != '\n')
    g_assert_cmpint (read (fd, &c, 1), ==, 1);
}

/* "work" waits for its journal, in which somebody writes, and can't hear of the first signal. That the
 * signals are watched is known once "home" asks for its password. */
static void
test_second_signal (CliFixture *fixture, gconstpointer data)
{
  g_autoptr (Journal) busy = cli_fixture_journal (fixture);
  g_autofree char *said = NULL;
  Child child;

  g_assert_true (journal_begin (busy, NULL));
  cli_fixture_put (fixture, ".config/dovetail/config",
                   "[account work]\nhost=127.0.0.1\nport=1\nuser=alice\nmaildir=~/Mail/work\n"
                   "[account home]\nhost=127.0.0.1\nport=1\nuser=alice\nmaildir=~/Mail/home\n"
                   "password-command=echo begun >&2; exec 2>&-; exec sleep 20\n");
  child = start (fixture, "sync");
  read_line (child.err);
  kill (child.pid, SIGTERM);
  read_line (child.err);
  kill (child.pid, SIGTERM);
  g_assert_cmpint (wait_for_end (&child, &said), ==, 75);
  g_assert_null (strstr (said, "work:"));
  journal_rollback (busy);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add ("/cli/signals/int", CliFixture, GINT_TO_POINTER (SIGINT), cli_fixture_set_up, test_first_signal,
              cli_fixture_tear_down);
  g_test_add ("/cli/signals/term", CliFixture, GINT_TO_POINTER (SIGTERM), cli_fixture_set_up,
              test_first_signal, cli_fixture_tear_down);
  g_test_add ("/cli/signals/twice", CliFixture, NULL, cli_fixture_set_up, test_second_signal,
              cli_fixture_tear_down);
  return g_test_run ();
}
