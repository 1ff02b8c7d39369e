/* data/quickstart USER@HOST against a real server whose authority nobody knows here, as a company's own. */
#include "../lib/server-fixture.h"
#include "cli-fixture.h"

#include <string.h>
#include <sys/wait.h>

#define CONFIG ".config/dovetail/config"

typedef struct
{
  CliFixture cli;
  ServerFixture *server;
  char *user;
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer server)
{
  g_autofree char *directory = g_path_get_dirname (DOVETAIL_PROGRAM);
  g_autofree char *path = g_strconcat (directory, ":", g_getenv ("PATH"), NULL);

  cli_fixture_set_up (&fixture->cli, NULL);
  fixture->server = (ServerFixture *)server;
  fixture->user = server_fixture_new_user (fixture->server);
  fixture->cli.environment = g_environ_setenv (fixture->cli.environment, "PATH", path, TRUE);
  fixture->cli.environment = g_environ_unsetenv (fixture->cli.environment, "DBUS_SESSION_BUS_ADDRESS");
}

static void
tear_down (Fixture *fixture, gconstpointer server)
{
  cli_fixture_tear_down (&fixture->cli, NULL);
  g_free (fixture->user);
}

/* Runs it with these lines typed, behind those about server, port and so on; returns the exit status. */
static int
run_quickstart (Fixture *fixture, const char *begin, const char *end)
{
  const char *const argv[] = {
    "sh", "-c", "exec \"$0\" \"$1@localhost\" < answers", QUICKSTART_ACCOUNT, fixture->user, NULL
  };
  g_autofree char *answers = g_strdup_printf ("work\n%slocalhost\n%u\ntls\n%s\n%s/Mail/work\ny\n%s\n%s",
                                              begin, fixture->server->imaps_port, fixture->user,
                                              fixture->cli.home, fixture->server->password, end);
  g_autoptr (GError) error = NULL;
  g_autofree char *out = NULL;
  g_autofree char *err = NULL;
  int status;

  cli_fixture_put (&fixture->cli, "answers", answers);
  g_spawn_sync (fixture->cli.home, (char **)argv, fixture->cli.environment, G_SPAWN_SEARCH_PATH, NULL, NULL,
                &out, &err, &status, &error);
  g_assert_no_error (error);
  g_test_message ("%s\n%s", out, err);
  g_assert_null (strstr (out, fixture->server->password));
  g_assert_true (WIFEXITED (status));
  return WEXITSTATUS (status);
}

/* (transfer full) */
static char *
read_config (Fixture *fixture)
{
  g_autofree char *path = cli_fixture_path (&fixture->cli, CONFIG);
  g_autoptr (GError) error = NULL;
  char *text = NULL;

  g_file_get_contents (path, &text, NULL, &error);
  g_assert_no_error (error);
  return text;
}

static void
assert_count (const char *text, const char *part, guint count)
{
  g_auto (GStrv) parts = g_strsplit (text, part, -1);

  g_test_message ("“%s” in: %s", part, text);
  g_assert_cmpuint (g_strv_length (parts) - 1, ==, count);
}

static void
test_ca_file (Fixture *fixture, gconstpointer data)
{
  g_autofree char *answers = g_strdup_printf ("/nowhere\n%s\ny\n", fixture->server->ca_file);
  g_autofree char *line = g_strdup_printf ("\ntls-ca-file=%s\n", fixture->server->ca_file);
  g_autofree char *config = NULL;

  g_assert_cmpint (run_quickstart (fixture, "", answers), ==, 0);
  config = read_config (fixture);
  assert_count (config, line, 1);
}

/* The server's own certificate is kept only when somebody has compared it. */
static void
test_this_certificate (Fixture *fixture, gconstpointer data)
{
  g_autofree char *line = g_strdup_printf ("\ntls-ca-file=%s/.config/dovetail/work.pem\n", fixture->cli.home);
  g_autofree char *refused = NULL;
  g_autofree char *config = NULL;

  g_assert_cmpint (run_quickstart (fixture, "", "this\n\n"), ==, 1);
  refused = read_config (fixture);
  assert_count (refused, "tls-ca-file=", 0);
  g_assert_cmpint (run_quickstart (fixture, "y\n", "this\ny\ny\n"), ==, 0);
  config = read_config (fixture);
  assert_count (config, line, 1);
}

static void
test_no_trust (Fixture *fixture, gconstpointer data)
{
  g_assert_cmpint (run_quickstart (fixture, "", "\n"), ==, 1);
}

/* What was added by hand stays, and so do other accounts. */
static void
test_replace_keeps_other_keys (Fixture *fixture, gconstpointer data)
{
  g_autofree char *before =
      g_strdup_printf ("# mine\n[account home]\nhost=h\nuser=u\nmaildir=/m\ntimeout=9\n\n"
                       "[account work]\n# a note\nhost=old\nuser = x\nmaildir=/old\n"
                       "mailboxes=*;!Junk\ntls-ca-file=%s\nkeep-deleted=30\n",
                       fixture->server->ca_file);
  g_autofree char *config = NULL;

  cli_fixture_put (&fixture->cli, CONFIG, before);
  g_assert_cmpint (run_quickstart (fixture, "y\n", "y\n"), ==, 0);
  config = read_config (fixture);
  assert_count (config, "\nmailboxes=*;!Junk\n", 1);
  assert_count (config, "\ntls-ca-file=", 1);
  assert_count (config, "\n# a note\n", 1);
  assert_count (config, "\nkeep-deleted=30\n", 1);
  assert_count (config, "host=", 2);
  assert_count (config, "old", 0);
  assert_count (config, "[account home]\nhost=h\nuser=u\nmaildir=/m\ntimeout=9\n", 1);
}

int
main (int argc, char **argv)
{
  static const char *const options[] = { "--no-fsync", NULL };
  g_autoptr (ServerFixture) server = NULL;

  g_test_init (&argc, &argv, NULL);
  server = server_fixture_start ("dovecot", options);
#define ADD(path, function) g_test_add (path, Fixture, server, set_up, function, tear_down)
  ADD ("/cli/quickstart/ca-file", test_ca_file);
  ADD ("/cli/quickstart/this-certificate", test_this_certificate);
  ADD ("/cli/quickstart/no-trust", test_no_trust);
  ADD ("/cli/quickstart/keeps-other-keys", test_replace_keeps_other_keys);
  return g_test_run ();
}
