/* What bash, zsh and fish offer behind `dovetail`: all that the program knows, and nothing else (contract
 * C9). */
#include "words.h"

#include <string.h>

static const struct
{
  const char *name, *file; /* complete.NAME asks it about data/completions/FILE */
} shells[] = { { "bash", "dovetail.bash" }, { "zsh", "" }, { "fish", "dovetail.fish" } };
enum
{
  BASH,
  ZSH,
};

static const struct
{
  const char *description;
  const char *line;
  const char *offers;
  const char *fish_offers; /* (nullable): the same */
} rows[] = {
  { "commands that begin so", "dovetail s", "status\nsync\n", NULL },
  { "a command behind options", "dovetail -v --config /dev/null che", "check\n", NULL },
  { "help", "dovetail he", "help\n", NULL },
  { "a command to explain", "dovetail help s", "status\nsync\n", NULL },
  { "the program's own option", "dovetail --ver", "--verbose\n--version\n", NULL },
  { "which is no option of a command", "dovetail sync --ver", "--verbose\n", NULL },
  { "accounts", "dovetail sync ", "home\nwork\n", "home\nhome/\nwork\nwork/\n" },
  { "accounts that begin so", "dovetail --json status wo", "work\n", "work\nwork/\n" },
  { "a second account", "dovetail sync work ho", "home\n", "home\nhome/\n" },
  { "no account", "dovetail sync nobody", "", NULL },
  { "accounts of another configuration", "dovetail --config other sync ", "third\n", "third\nthird/\n" },
  { "with =", "dovetail sync --config=other ", "third\n", "third\nthird/\n" },
  { "in quotes", "dovetail --config \"other\" sync th", "third\n", "third\nthird/\n" },
  { "of this home", "dovetail --config ~/other sync ", "third\n", "third\nthird/\n" },
  { "a configuration that isn't there", "dovetail --config nowhere sync ", "", NULL },
  { "mailboxes", "dovetail sync work/W", "work/Work/2026\nwork/Work: 3 messages\n", NULL },
  { "a mailbox with a space, in quotes", "dovetail sync \"work/[G", "work/[Gmail]/All Mail\n", NULL },
  { "no mailbox that would act on a terminal", "dovetail sync work/Evil", "", NULL },
  { "a mailbox beyond ASCII", "dovetail sync work/E", "work/Entwürfe\n", NULL },
  { "no mailbox that begins so", "dovetail sync work/x", "", NULL },
  { "no mailboxes of an unknown account", "dovetail sync nobody/", "", NULL },
  { "none of an account that was never synchronized", "dovetail sync home/", "", NULL },
  { "dates", "dovetail undelete --since ", "today\nyesterday\n", NULL },
  { "dates behind =", "dovetail undelete --since=to", "today\n", "--since=today\n" },
  { "no texts", "dovetail undelete --subject ", "", NULL },
  { "an account behind a text", "dovetail undelete --subject sync wo", "work\n", "work\nwork/\n" },
  { "files", "dovetail --config oth", "other\n", NULL },
  { "files behind =", "dovetail sync --config=oth", "other\n", "--config=other\n" },
};

/* Rows for what bash splits itself and puts in again. */
static const struct
{
  const char *description;
  const char *line;
  const char *offers;
} bash_rows[] = {
  { "backslashes", "dovetail sync work/\\[Gmail\\]/All\\ M", "work/[Gmail]/All Mail\n" },
  { "an open quote", "dovetail sync \"work/[Gmail]/All M", "work/[Gmail]/All Mail\n" },
  { "an open single quote", "dovetail sync 'work/[Gmail]/All M", "work/[Gmail]/All Mail\n" },
  { "only what stands behind a colon", "dovetail sync work/Work:", " 3 messages\n" },
  { "all of it where the colon is quoted", "dovetail sync work/Work\\:", "work/Work: 3 messages\n" },
  { "no mailbox that looks like an expansion", "dovetail sync work/Sh", "" },
  { "nothing is expanded", "dovetail sync $(touch${IFS}here) wo", "work\n" },
};

/* What is put in is one argument again, whatever it holds. */
static const struct
{
  const char *description;
  const char *line;
  const char *arguments; /* as dovetail gets them, one a line */
  const char *by_zsh;    /* (nullable) the same */
} inserted[] = {
  { "a command", "dovetail stat", "status\n", NULL },
  { "an account", "dovetail sync wo", "sync\nwork\n", NULL },
  { "a mailbox with a space", "dovetail sync work/\\[G", "sync\nwork/[Gmail]/All Mail\n", NULL },
  { "in an open quote", "dovetail sync \"work/[G", "sync\nwork/[Gmail]/All Mail\n", NULL },
  { "behind a quote in the middle", "dovetail sync work/\"[G", "sync\nwork/[Gmail]/All Mail\n", NULL },
  { "a colon", "dovetail sync work/Work:", "sync\nwork/Work: 3 messages\n", NULL },
  { "metacharacters", "dovetail sync work/A", "sync\nwork/A&B|C;D>E!{F,G} 'H' \"I\" \\J #*?\n", NULL },
  { "metacharacters in an open quote", "dovetail sync \"work/A",
    "sync\nwork/A&B|C;D>E!{F,G} 'H' \"I\" \\J #*?\n", NULL },
  { "nothing that looks like an expansion, where it isn't quoted well", "dovetail sync work/Sh",
    "sync\nwork/Sh\n", "sync\nwork/Shell $(touch here); `touch here`\n" },
};

static void
set_up (CliFixture *fixture, gconstpointer data)
{
  static const char *const mailboxes[] = {
    "INBOX",
    "Work/2026",
    "Work: 3 messages",
    "[Gmail]/All Mail",
    "Evil\xc2\x9b"
    "2J",
    "Shell $(touch here); `touch here`",
    "A&B|C;D>E!{F,G} 'H' \"I\" \\J #*?",
    "Entwürfe",
  };
  g_autofree char *program_dir = g_path_get_dirname (DOVETAIL_PROGRAM);
  g_autofree char *path = g_strconcat (program_dir, ":", g_getenv ("PATH"), NULL);
  g_autoptr (Journal) journal = NULL;
  g_autoptr (GError) error = NULL;

  cli_fixture_set_up (fixture, data);
  fixture->environment = g_environ_setenv (fixture->environment, "PATH", path, TRUE);
  cli_fixture_configure (fixture, TRUE);
  cli_fixture_put (fixture, "other", "# [account second]\n [account third] \nhost=x\n");
  journal = cli_fixture_journal (fixture);
  g_assert_true (journal_begin (journal, &error));
  for (guint i = 0; i < G_N_ELEMENTS (mailboxes); i++)
    {
      JournalMailbox mailbox = { .name = (char *)mailboxes[i],
                                 .directory = (char *)mailboxes[i],
                                 .uidvalidity = 7 };

      g_assert_true (journal_put_mailbox (journal, &mailbox, &error));
    }
  g_assert_true (journal_commit (journal, &error));
}

/* (transfer full): what the script wrote. */
static char *
run_script (const CliFixture *fixture, const char *const *argv)
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

/* (transfer full): what is offered, one a line. */
static char *
complete (const CliFixture *fixture, guint shell, const char *line)
{
  g_autofree char *script = g_strdup_printf (SOURCE_ROOT "/tests/data/complete.%s", shells[shell].name);
  g_autofree char *completions = g_build_filename (SOURCE_ROOT "/data/completions", shells[shell].file, NULL);
  const char *const argv[] = { "timeout", "20", script, completions, line, NULL };

  return run_script (fixture, argv);
}

static void
test_rows (CliFixture *fixture, gconstpointer data)
{
  guint shell = GPOINTER_TO_UINT (data);
  gboolean is_fish = g_str_equal (shells[shell].name, "fish");

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *offers = complete (fixture, shell, rows[i].line);

      g_test_message ("%s: %s", rows[i].description, rows[i].line);
      g_assert_cmpstr (offers, ==,
                       is_fish && rows[i].fish_offers != NULL ? rows[i].fish_offers : rows[i].offers);
    }
}

static void
test_quoting (CliFixture *fixture, gconstpointer data)
{
  g_autofree char *touched = cli_fixture_path (fixture, "here");

  for (guint i = 0; i < G_N_ELEMENTS (bash_rows); i++)
    {
      g_autofree char *offers = complete (fixture, BASH, bash_rows[i].line);

      g_test_message ("%s: %s", bash_rows[i].description, bash_rows[i].line);
      g_assert_cmpstr (offers, ==, bash_rows[i].offers);
      g_assert_false (g_file_test (touched, G_FILE_TEST_EXISTS));
    }
}

static void
test_inserted (CliFixture *fixture, gconstpointer data)
{
  guint shell = GPOINTER_TO_UINT (data);
  g_autofree char *completions = g_build_filename (SOURCE_ROOT "/data/completions", shells[shell].file, NULL);
  g_autofree char *touched = cli_fixture_path (fixture, "here");

  for (guint i = 0; i < G_N_ELEMENTS (inserted); i++)
    {
      const char *const argv[] = {
        "timeout",        "60", SOURCE_ROOT "/tests/data/insert.zsh", shells[shell].name, completions,
        inserted[i].line, NULL
      };
      g_autofree char *arguments = NULL;

      g_test_message ("%s: %s", inserted[i].description, inserted[i].line);
      arguments = run_script (fixture, argv);
      g_assert_cmpstr (arguments, ==,
                       shell == ZSH && inserted[i].by_zsh != NULL ? inserted[i].by_zsh
                                                                  : inserted[i].arguments);
      g_assert_false (g_file_test (touched, G_FILE_TEST_EXISTS));
    }
}

static void
assert_offers (const CliFixture *fixture, guint shell, const char *line, const char *expected)
{
  g_autofree char *lines = complete (fixture, shell, line);
  g_autofree char *offers = words_matching (lines, "(\\S+)");

  g_assert_cmpstr (offers, ==, expected);
}

static void
test_help (CliFixture *fixture, gconstpointer data)
{
  guint shell = GPOINTER_TO_UINT (data);
  g_autofree char *commands = help_commands (fixture);
  g_auto (GStrv) names = g_strsplit (commands, " ", -1);
  g_autofree char *all = words_join (commands, "help");
  g_autofree char *program = help_options (fixture, "");

  assert_offers (fixture, shell, "dovetail ", all);
  assert_offers (fixture, shell, "dovetail help ", commands);
  assert_offers (fixture, shell, "dovetail -", program);
  for (char **name = names; *name != NULL; name++)
    {
      g_autofree char *line = g_strdup_printf ("dovetail %s -", *name);
      g_autofree char *options = help_options (fixture, *name);

      assert_offers (fixture, shell, line, options);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (shells); i++)
    {
      g_autofree char *rows_path = g_strconcat ("/data/completions/", shells[i].name, NULL);
      g_autofree char *help_path = g_strconcat (rows_path, "-knows-all", NULL);

      g_test_add (rows_path, CliFixture, GUINT_TO_POINTER (i), set_up, test_rows, cli_fixture_tear_down);
      g_test_add (help_path, CliFixture, GUINT_TO_POINTER (i), set_up, test_help, cli_fixture_tear_down);
    }
  g_test_add ("/data/completions/bash-inserted", CliFixture, GUINT_TO_POINTER (BASH), set_up, test_inserted,
              cli_fixture_tear_down);
  g_test_add ("/data/completions/zsh-inserted", CliFixture, GUINT_TO_POINTER (ZSH), set_up, test_inserted,
              cli_fixture_tear_down);
  g_test_add ("/data/completions/bash-quoting", CliFixture, NULL, set_up, test_quoting,
              cli_fixture_tear_down);
  return g_test_run ();
}
