/* What `meson install` puts in place, and whether systemd takes the units. BUILD_ROOT, PREFIX, UNIT_DIR and
 * the like come from the build: the paths that it was configured with. */
#include "words.h"

#include <string.h>

static const char *const files[] = {
  BIN_DIR "/dovetail",
  DATA_DIR "/bash-completion/completions/dovetail",
  DATA_DIR "/doc/dovetail/config.example",
  DATA_DIR "/fish/vendor_completions.d/dovetail.fish",
  DATA_DIR "/zsh/site-functions/_dovetail",
  MAN_DIR "/man1/dovetail.1",
  UNIT_DIR "/dovetail.service",
  UNIT_DIR "/dovetail.timer",
};

/* What the sandbox must come to, in the words of `systemd-analyze security`. */
static const char *const protections[] = {
  "NoNewPrivileges=",          "LockPersonality=",          "RestrictRealtime=",
  "RestrictSUIDSGID=",         "RestrictNamespaces=~user",  "RestrictAddressFamilies=~AF_PACKET",
  "SystemCallArchitectures=",  "SystemCallFilter=~@mount",  "SystemCallFilter=~@debug",
  "SystemCallFilter=~@raw-io", "SystemCallFilter=~@module",
};

/* (transfer full): what it wrote to stdout; nothing on stderr, and success. */
static char *
run_tool (const CliFixture *fixture, const char *const *argv)
{
  g_autofree char *err = NULL;
  g_autoptr (GError) error = NULL;
  char *out;
  int status;

  g_spawn_sync (fixture->home, (char **)argv, fixture->environment, G_SPAWN_SEARCH_PATH, NULL, NULL, &out,
                &err, &status, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (err, ==, "");
  g_assert_true (g_spawn_check_wait_status (status, NULL));
  return out;
}

/* Installs into the fixture's home. */
static void
set_up (CliFixture *fixture, gconstpointer data)
{
  g_autofree char *out = NULL;

  cli_fixture_set_up (fixture, data);
  const char *const argv[] = { "meson",    "install",   "--no-rebuild", "-C",
                               BUILD_ROOT, "--destdir", fixture->home,  NULL };
  out = run_tool (fixture, argv);
}

static void
test_files (CliFixture *fixture, gconstpointer data)
{
  g_autofree char *found = cli_fixture_files (fixture, "");
  g_autofree char *sorted = words_matching (found, "^(.+)$");
  g_autoptr (GString) expected = g_string_new (NULL);
  g_autofree char *words = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (files); i++)
    g_string_append_printf (expected, "%s\n", files[i] + 1); /* relative to home, where "/" is now */
  words = words_matching (expected->str, "^(.+)$");
  g_assert_cmpstr (sorted, ==, words);
}

/* (transfer full): the content of an installed file. */
static char *
installed_text (const CliFixture *fixture, const char *path)
{
  g_autofree char *whole = cli_fixture_path (fixture, path);
  g_autoptr (GError) error = NULL;
  char *text;

  g_file_get_contents (whole, &text, NULL, &error);
  g_assert_no_error (error);
  return text;
}

static void
test_runs_what_is_installed (CliFixture *fixture, gconstpointer data)
{
  g_autofree char *service = installed_text (fixture, UNIT_DIR "/dovetail.service");
  g_autofree char *command = words_matching (service, "^ExecStart=(.*)$");
  g_autofree char *statuses = words_matching (service, "^SuccessExitStatus=(.*)$");

  g_assert_cmpstr (command, ==, BIN_DIR "/dovetail sync");
  g_assert_cmpstr (statuses, ==, "75");
}

/* Without its own directory systemd-analyze does not start. */
static gboolean
prepare_systemd_analyze (CliFixture *fixture)
{
  g_autofree char *tool = g_find_program_in_path ("systemd-analyze");
  g_autofree char *runtime = cli_fixture_path (fixture, "runtime");
  g_autofree char *manuals = cli_fixture_path (fixture, MAN_DIR);
  g_autofree char *man_path = g_strconcat (manuals, ":", NULL);

  if (tool == NULL)
    {
      g_test_skip ("there is no systemd-analyze");
      return FALSE;
    }
  cli_fixture_put (fixture, "runtime/made", "");
  fixture->environment = g_environ_setenv (fixture->environment, "XDG_RUNTIME_DIR", runtime, TRUE);
  fixture->environment = g_environ_setenv (fixture->environment, "MANPATH", man_path, TRUE);
  return TRUE;
}

/* Its complaint of an unknown setting is no failure, but a line on stderr. It also looks for the program,
 * which has to be where it lies now, and for the manual page. */
static void
test_verify (CliFixture *fixture, gconstpointer data)
{
  const char *const argv[] = { "systemd-analyze", "--user",           "verify",
                               "dovetail.timer",  "dovetail.service", NULL };
  g_autofree char *timer = installed_text (fixture, UNIT_DIR "/dovetail.timer");
  g_autofree char *service = installed_text (fixture, UNIT_DIR "/dovetail.service");
  g_autofree char *bin_dir = cli_fixture_path (fixture, BIN_DIR);
  g_autoptr (GString) moved = g_string_new (service);
  g_autofree char *out = NULL;

  if (!prepare_systemd_analyze (fixture))
    return;
  g_string_replace (moved, "ExecStart=" BIN_DIR, "ExecStart=", 1);
  g_string_insert (moved, strstr (moved->str, "ExecStart=") - moved->str + (gssize)strlen ("ExecStart="),
                   bin_dir);
  cli_fixture_put (fixture, "dovetail.timer", timer);
  cli_fixture_put (fixture, "dovetail.service", moved->str);
  out = run_tool (fixture, argv);
}

static void
test_sandbox (CliFixture *fixture, gconstpointer data)
{
  g_autofree char *unit = cli_fixture_path (fixture, UNIT_DIR "/dovetail.service");
  const char *const argv[] = { "systemd-analyze", "--user", "security", "--offline=yes",
                               "--json=short",    unit,     NULL };
  g_autofree char *judgement = NULL;

  if (!prepare_systemd_analyze (fixture))
    return;
  judgement = run_tool (fixture, argv);
  for (guint i = 0; i < G_N_ELEMENTS (protections); i++)
    {
      g_autofree char *set = g_strdup_printf ("\"set\":true,\"name\":\"%s\"", protections[i]);

      if (strstr (judgement, set) == NULL)
        g_error ("%s is not in force", protections[i]);
    }
}

int
main (int argc, char **argv)
{
#define ADD(path, function) g_test_add (path, CliFixture, NULL, set_up, function, cli_fixture_tear_down)
  g_test_init (&argc, &argv, NULL);
  ADD ("/data/install/files", test_files);
  ADD ("/data/install/command", test_runs_what_is_installed);
  ADD ("/data/install/verify", test_verify);
  ADD ("/data/install/sandbox", test_sandbox);
  return g_test_run ();
}
