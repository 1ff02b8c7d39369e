/* Contract C9: help, usage, configuration and their exit statuses. */
#include "cli-fixture.h"
#include "json-check.h"

#include <string.h>

static const struct
{
  const char *description;
  const char *arguments;
  int status;
  const char *out; /* (nullable): nothing; else a part of it */
  const char *err;
} rows[] = {
  { "version", "--version", 0, "dovetail 0.", NULL },
  { "help names every command", "--help", 0, "undelete", NULL },
  { "help names every exit status", "--help", 0, "77  not authenticated", NULL },
  { "help tells the members of JSON", "--help", 0, "octets_total", NULL },
  { "help of sync", "sync --help", 0, "dovetail sync --dry-run work", NULL },
  { "help of status", "status --help", 0, "dovetail status -v work/INBOX", NULL },
  { "help of release", "release --help", 0, "--restore", NULL },
  { "help of undelete", "undelete --help", 0, "--subject=TEXT", NULL },
  { "help of check", "check --help", 0, "Changes nothing", NULL },
  { "help as a command", "help", 0, "--help", NULL },
  { "help of a command, as a command", "help release", 0, "--restore", NULL },
  { "help of no command", "help snyc", 64, NULL, "“snyc” is no command" },
  { "no command", "", 64, NULL, "a command is missing: sync, status" },
  { "a command misspelt", "snyc", 64, NULL,
    "“snyc” is no command; the commands are sync, status, release, undelete or check" },
  { "an endless word", "sssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssss", 64, NULL,
    "is no command" },
  { "a word that would act on the terminal", "'\033[2J'", 64, NULL, "is no command" },
  { "an unknown option", "--bogus sync", 64, NULL, "Unknown option --bogus; `dovetail --help`" },
  { "an unknown option of a command", "sync --bogus", 64, NULL,
    "Unknown option --bogus; `dovetail sync --help`" },
  { "another command's option", "sync --restore", 64, NULL, "Unknown option --restore" },
  { "an option without its value", "status --config", 64, NULL, "Missing argument for --config" },
  { "quiet and verbose", "-q status -v", 64, NULL, "-v and -q contradict" },
  { "undelete what?", "undelete", 64, NULL, "--list shows what there is" },
  { "undelete since when?", "undelete --since someday", 64, NULL, "“someday” is no date; write “today”" },
  { "an unknown account", "status wrok", 64, NULL,
    "“wrok” names no account; write ACCOUNT or ACCOUNT/MAILBOX, the "
    "accounts are: work, home" },
  { "the beginning of an account's name", "status wor/INBOX", 64, NULL, "names no account" },
  { "another configuration, before", "--config nowhere status", 78, NULL, "nowhere: there is no such file" },
  { "another configuration, after", "status --config nowhere", 78, NULL, "    [account work]\n" },
  { "a wrong key", "status --config wrong", 78, NULL, "the nearest is host" },
  { "never synchronized", "status work", 0, "work: never synchronized; run `dovetail sync work`", NULL },
  { "both accounts", "status", 0, "home: never synchronized", NULL },
  { "quiet", "-q status", 0, NULL, NULL },
  { "nothing held", "release work", 0, "work: nothing is held or refused\n", NULL },
  { "nothing to restore", "release --restore work", 0, "work: nothing is held\n", NULL },
  { "an empty attic", "undelete --all work", 0, "work: nothing in the attic matches", NULL },
};

static void
assert_holds (const char *text, const char *part)
{
  if (part == NULL)
    g_assert_cmpstr (text, ==, "");
  else if (strstr (text, part) == NULL)
    g_error ("“%s” lacks “%s”", text, part);
}

static void
test_rows (CliFixture *fixture, gconstpointer data)
{
  cli_fixture_configure (fixture, TRUE);
  cli_fixture_put (fixture, "wrong", "[account work]\nhots=x\n");
  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_auto (CliRun) run = cli_run (fixture, rows[i].arguments);

      g_test_message ("%s", rows[i].description);
      g_assert_cmpint (run.status, ==, rows[i].status);
      assert_holds (run.out, rows[i].out);
      assert_holds (run.err, rows[i].err);
      g_assert_null (strchr (run.err, '\033'));
    }
}

/* Nothing that only looks makes a file. */
static void
test_looking_leaves_no_trace (CliFixture *fixture, gconstpointer data)
{
  static const char *const commands[] = { "status",          "release", "release --restore", "undelete --all",
                                          "undelete --list", "check",   "sync --help" };

  cli_fixture_configure (fixture, FALSE);
  for (guint i = 0; i < G_N_ELEMENTS (commands); i++)
    {
      g_auto (CliRun) run = cli_run (fixture, commands[i]);
      g_autofree char *files = cli_fixture_files (fixture, "");

      g_assert_cmpstr (files, ==, ".config/dovetail/config");
    }
}

/* Contract C9: an error line says what, where and what to do. */
static void
test_without_a_configuration (CliFixture *fixture, gconstpointer data)
{
  g_auto (CliRun) run = cli_run (fixture, "sync");
  g_autofree char *path = cli_fixture_path (fixture, ".config/dovetail/config");

  g_assert_cmpint (run.status, ==, 78);
  assert_holds (run.err, path);
  assert_holds (run.err, "    [account work]\n    host=imap.example.org\n    user=alice\n"
                         "    password-command=pass show work\n    maildir=~/Mail/work\n");
}

static void
test_json_on_stdout (CliFixture *fixture, gconstpointer data)
{
  g_auto (CliRun) without = cli_run (fixture, "--json status");
  g_auto (CliRun) with = { 0 };

  g_assert_cmpint (without.status, ==, 78);
  json_assert_lines (without.out);
  assert_holds (without.out, "\"type\":\"error\",\"account\":null");
  cli_fixture_configure (fixture, TRUE);
  with = cli_run (fixture, "status --json");
  g_assert_cmpint (with.status, ==, 0);
  json_assert_lines (with.out);
  assert_holds (with.out,
                "{\"type\":\"done\",\"account\":\"home\",\"mailbox\":null,\"name\":\"done\",\"text\":\"\","
                "\"fields\":{},\"status\":0}\n");
}

static void
test_a_full_disk_is_no_success (CliFixture *fixture, gconstpointer data)
{
  const char *const argv[] = { "sh", "-c", "\"$0\" status > /dev/full", DOVETAIL_PROGRAM, NULL };
  g_autofree char *err = NULL;
  int status;

  cli_fixture_configure (fixture, FALSE);
  g_assert_true (g_spawn_sync (NULL, (char **)argv, fixture->environment, G_SPAWN_SEARCH_PATH, NULL, NULL,
                               NULL, &err, &status, NULL));
  g_assert_false (g_spawn_check_wait_status (status, NULL));
  assert_holds (err, "not complete");
}

int
main (int argc, char **argv)
{
#define ADD(path, function)                                                                                  \
  g_test_add (path, CliFixture, NULL, cli_fixture_set_up, function, cli_fixture_tear_down)
  g_test_init (&argc, &argv, NULL);
  ADD ("/cli/usage", test_rows);
  ADD ("/cli/no-trace", test_looking_leaves_no_trace);
  ADD ("/cli/no-configuration", test_without_a_configuration);
  ADD ("/cli/json", test_json_on_stdout);
  ADD ("/cli/full-disk", test_a_full_disk_is_no_success);
  return g_test_run ();
}
