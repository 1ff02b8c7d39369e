#include "cli-fixture.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/wait.h>

void
cli_fixture_set_up (CliFixture *fixture, gconstpointer data)
{
  static const char *const unset[] = { "XDG_CONFIG_HOME", "XDG_STATE_HOME", "CREDENTIALS_DIRECTORY",
                                       "LANGUAGE" };
  g_autoptr (GError) error = NULL;

  fixture->home = g_dir_make_tmp ("dovetail-cli-XXXXXX", &error);
  g_assert_no_error (error);
  fixture->environment = g_get_environ ();
  for (guint i = 0; i < G_N_ELEMENTS (unset); i++)
    fixture->environment = g_environ_unsetenv (fixture->environment, unset[i]);
  fixture->environment = g_environ_setenv (fixture->environment, "HOME", fixture->home, TRUE);
  fixture->environment = g_environ_setenv (fixture->environment, "LC_ALL", "C.UTF-8", TRUE);
  fixture->environment = g_environ_setenv (fixture->environment, "TZ", "UTC", TRUE);
}

static void
run_tool (const char *const *argv)
{
  g_autoptr (GError) error = NULL;
  int status;

  g_spawn_sync (NULL, (char **)argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL, &status, &error);
  g_assert_no_error (error);
  g_assert_cmpint (status, ==, 0);
}

void
cli_fixture_tear_down (CliFixture *fixture, gconstpointer data)
{
  cli_fixture_remove (fixture, "");
  g_strfreev (fixture->environment);
  g_free (fixture->home);
}

char *
cli_fixture_path (const CliFixture *fixture, const char *relative)
{
  return g_build_filename (fixture->home, relative, NULL);
}

void
cli_fixture_put (const CliFixture *fixture, const char *relative, const char *content)
{
  g_autofree char *path = cli_fixture_path (fixture, relative);
  g_autofree char *directory = g_path_get_dirname (path);
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (g_mkdir_with_parents (directory, 0700), ==, 0);
  g_file_set_contents (path, content, -1, &error);
  g_assert_no_error (error);
}

static void
collect (GPtrArray *files, const char *root, const char *relative)
{
  g_autofree char *path = g_build_filename (root, relative, NULL);
  g_autoptr (GDir) directory = g_dir_open (path, 0, NULL);

  if (directory == NULL)
    {
      if (g_file_test (path, G_FILE_TEST_IS_REGULAR))
        g_ptr_array_add (files, g_strdup (relative));
      return;
    }
  for (const char *name = g_dir_read_name (directory); name != NULL; name = g_dir_read_name (directory))
    {
      g_autofree char *below = g_build_filename (relative, name, NULL);

      collect (files, root, below);
    }
}

static int
compare_names (gconstpointer a, gconstpointer b)
{
  return strcmp (*(char *const *)a, *(char *const *)b);
}

char *
cli_fixture_files (const CliFixture *fixture, const char *relative)
{
  g_autoptr (GPtrArray) files = g_ptr_array_new_with_free_func (g_free);

  collect (files, fixture->home, relative);
  g_ptr_array_sort (files, compare_names);
  g_ptr_array_add (files, NULL);
  return g_strjoinv ("\n", (char **)files->pdata);
}

void
cli_fixture_remove (const CliFixture *fixture, const char *relative)
{
  g_autofree char *path = cli_fixture_path (fixture, relative);
  const char *const argv[] = { "rm", "-rf", path, NULL };

  run_tool (argv);
}

void
cli_fixture_copy (const CliFixture *fixture, const char *from, const char *to)
{
  g_autofree char *source = cli_fixture_path (fixture, from);
  g_autofree char *target = cli_fixture_path (fixture, to);
  const char *const argv[] = { "cp", "-a", source, target, NULL };

  run_tool (argv);
}

void
cli_fixture_configure (const CliFixture *fixture, gboolean more)
{
#define ACCOUNT(name)                                                                                        \
  "[account " name                                                                                           \
  "]\nhost=127.0.0.1\nport=1\nuser=alice\npassword-command=echo secret\nmaildir=~/Mail/" name "\n"
  cli_fixture_put (fixture, ".config/dovetail/config",
                   more ? ACCOUNT ("work") ACCOUNT ("home") : ACCOUNT ("work"));
#undef ACCOUNT
}

Journal *
cli_fixture_journal (const CliFixture *fixture)
{
  g_autofree char *state = cli_fixture_path (fixture, ".local/state/dovetail/work");
  g_autoptr (GError) error = NULL;
  Journal *journal;

  g_assert_cmpint (g_mkdir_with_parents (state, 0700), ==, 0);
  journal = journal_open (state, JOURNAL_OPEN_WRITE, NULL, &error);
  g_assert_no_error (error);
  return journal;
}

void
cli_run_clear (CliRun *run)
{
  g_free (run->out);
  g_free (run->err);
}

char **
cli_arguments (const char *arguments)
{
  g_autofree char *line = g_strconcat ("'" DOVETAIL_PROGRAM "' ", arguments, NULL);
  g_autoptr (GError) error = NULL;
  char **argv;

  g_shell_parse_argv (line, NULL, &argv, &error);
  g_assert_no_error (error);
  return argv;
}

CliRun
cli_run (const CliFixture *fixture, const char *arguments)
{
  g_auto (GStrv) argv = cli_arguments (arguments);
  g_autoptr (GError) error = NULL;
  CliRun run;
  int status;

  g_spawn_sync (fixture->home, argv, fixture->environment, G_SPAWN_DEFAULT, NULL, NULL, &run.out, &run.err,
                &status, &error);
  g_assert_no_error (error);
  g_test_message ("dovetail %s\n%s%s", arguments, run.out, run.err);
  g_assert_true (WIFEXITED (status));
  run.status = WEXITSTATUS (status);
  return run;
}
