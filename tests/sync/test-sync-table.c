/* The proofs for every row of the three-way table (contract C1, C2, C3), on a real server.
 *
 *   outcome   both sides hold what the row says, and a second run changes nothing
 *   sweep     the same after a kill at any step and at most two further runs
 *
 *   test-sync-table [--server dovecot|cyrus] [--capability LIST] [--without-trash] [--sweep] [--all]
 *                   [--halves] [--part K/N]
 *
 * Without options: outcomes on Dovecot as it is. --all sweeps the variants too, --halves also kills in the
 * midst of each write, --part takes every N-th row.
 */
#include "sync-case.h"
#include "sync-change.h"
#include "sync-rows.h"
#include "sync-view.h"

#include <stdio.h>
#include <string.h>

typedef struct
{
  char *kind, *capability, *part;
  gboolean without_trash, sweep, all, halves;
} Options;

typedef struct
{
  const SyncRow *row;
  const Options *options;
  ServerFixture *server;
} RowTest;

/* The most failures that one row reports: the first ones tell enough. */
#define MAX_FAILURES 5

static const char idle[] = ": there was nothing to do";

static void
add_difference (GString *text, const char *name_a, GStrv a, const char *name_b, GStrv b)
{
  g_autofree char *difference = sync_view_compare (name_a, a, name_b, b);

  if (difference != NULL)
    g_string_append (text, difference);
}

/* (transfer full): what is not as the row says; "" when all is. */
static char *
check_outcome (const SyncRow *row, SyncCase *sync)
{
  gboolean same = row->expected_local[0] == NULL;
  g_auto (GStrv) expected = sync_view_sort (row->expected);
  g_auto (GStrv) expected_local = sync_view_sort (same ? row->expected : row->expected_local);
  g_auto (GStrv) remote = sync_view_remote (sync);
  g_auto (GStrv) local = sync_view_local (sync);
  guint attic = sync_view_count_attic (sync);
  g_autoptr (GString) text = g_string_new (NULL);

  add_difference (text, "expected", expected, "on the server", remote);
  add_difference (text, "expected", expected_local, "here", local);
  if (attic != row->attic)
    g_string_append_printf (text, "  %u messages in the attic, expected %u\n", attic, row->attic);
  return g_strdup (text->str);
}

/* (transfer full): what a run says or does that has nothing to do; "" when all stays as it is. */
static char *
check_idle (SyncCase *sync)
{
  g_auto (GStrv) before = sync_view_everything (sync);
  g_auto (SyncRun) run = sync_case_run (sync);
  g_auto (GStrv) after = sync_view_everything (sync);
  g_autoptr (GString) text = g_string_new (NULL);

  if (run.status != 0 || strstr (run.output, idle) == NULL || *run.errors != '\0')
    g_string_append_printf (text, "  a run without work: exit status %d\n  %s  %s\n", run.status, run.output,
                            run.errors);
  add_difference (text, "before a run without work", before, "after it", after);
  return g_strdup (text->str);
}

/* What a run without work may say: it looks at mailboxes and flags, and neither changes nor fetches mail. */
static gboolean
is_idle_command (const char *command)
{
  static const char *const allowed[] = { "CAPABILITY", "ENABLE ",     "EXAMINE ",  "ID ",     "LIST ",
                                         "LOGOUT",     "NOOP",        "NAMESPACE", "SELECT ", "STATUS ",
                                         "UNSELECT",   "UID SEARCH ", "UID FETCH " };

  for (guint i = 0; i < G_N_ELEMENTS (allowed); i++)
    if (g_str_has_prefix (command, allowed[i]))
      return strstr (command, "BODY") == NULL;
  return FALSE;
}

/* (transfer full) */
static char *
check_idle_commands (SyncCase *sync)
{
  g_autoptr (GString) text = g_string_new (NULL);
  g_auto (GStrv) commands = NULL;

  sync_case_log_commands (sync);
  {
    g_auto (SyncRun) run = sync_case_run (sync);

    if (run.status != 0)
      g_string_append_printf (text, "  a third run: exit status %d\n  %s\n", run.status, run.errors);
  }
  commands = sync_case_take_commands (sync);
  g_assert_cmpuint (g_strv_length (commands), >, 1);
  for (guint i = 0; commands[i] != NULL; i++)
    if (!is_idle_command (commands[i]))
      g_string_append_printf (text, "  a run without work sent: %s\n", commands[i]);
  return g_strdup (text->str);
}

/* Says what went wrong and counts it. `when` tells row, step and call. */
static gboolean
report (const char *when, const char *problem)
{
  if (*problem == '\0')
    return TRUE;
  g_test_message ("%s:\n%s", when, problem);
  return FALSE;
}

/* Both sides and the journal as the base of the row says, then changed on both sides. (transfer full) */
static SyncCase *
prepare (const RowTest *test)
{
  const SyncRow *row = test->row;
  /* Thousands of runs under a sanitizer take too long: the sweep can be given the program as users have it.
   */
  const char *program = test->options->sweep ? g_getenv ("DOVETAIL_SWEEP_PROGRAM") : NULL;
  g_autoptr (SyncCase) sync =
      sync_case_new (test->server, program, row->mailboxes != NULL ? row->mailboxes : "INBOX", row->settings);

  sync_change_remote (sync, row->base);
  {
    g_auto (SyncRun) run = sync_case_run (sync);

    if (run.status != 0 && row->expected_local[0] == NULL)
      g_error ("%s: the base: exit status %d\n%s%s", row->path, run.status, run.output, run.errors);
  }
  sync_change_remote (sync, row->remote);
  sync_change_local (sync, row->local);
  return g_steal_pointer (&sync);
}

static gboolean
is_dovecot (const RowTest *test)
{
  return g_str_equal (test->options->kind, "dovecot");
}

static void
test_outcome (gconstpointer data)
{
  const RowTest *test = data;
  g_autoptr (SyncCase) sync = prepare (test);
  g_auto (SyncRun) run = sync_case_run (sync);
  g_autofree char *outcome = check_outcome (test->row, sync);
  g_autofree char *second = check_idle (sync);
  g_autofree char *commands = is_dovecot (test) ? check_idle_commands (sync) : g_strdup ("");
  g_auto (GStrv) tmp = sync_view_tmp (sync);
  gboolean good = report ("the outcome", outcome);

  good = report ("the second run", second) && good;
  good = report ("the commands of the third run", commands) && good;
  if (run.status != 0 || (*run.errors != '\0') != test->row->warns || tmp[0] != NULL)
    {
      g_test_message ("exit status %d, left in tmp/: %s", run.status, tmp[0] != NULL ? tmp[0] : "nothing");
      good = FALSE;
    }
  if (!good)
    g_test_message ("the first run said:\n%s%s", run.output, run.errors);
  if (!good)
    g_test_fail ();
}

/* At most two runs to the end. (transfer full): what the last one said, "" when it succeeded. */
static char *
recover (SyncCase *sync)
{
  g_autofree char *said = NULL;

  for (guint i = 0; i < 2; i++)
    {
      g_auto (SyncRun) run = sync_case_run (sync);

      if (run.status == 0)
        return g_strdup ("");
      g_free (said);
      said = g_strdup_printf ("  a run after the kill: exit status %d\n  %s  %s\n", run.status, run.output,
                              run.errors);
    }
  return g_steal_pointer (&said);
}

/* Kills at that step and looks what becomes of it: TRUE when all is as it should be. `killed` (transfer full)
 * says at which call, NULL: there is no such step. */
static gboolean
survives (const RowTest *test, SyncCase *sync, guint step, gboolean half, char **killed)
{
  g_autofree char *when = NULL;
  g_autofree char *recovered = NULL;
  g_autofree char *outcome = NULL;
  g_autofree char *later = NULL;
  gboolean good;

  sync_case_run_killed (sync, step, half, killed);
  sync_case_wait_quiet (sync);
  when = g_strdup_printf ("%s, killed %s step %u (%s)", test->row->path, half ? "within" : "after", step,
                          *killed != NULL ? *killed : "it had ended before");
  recovered = recover (sync);
  outcome = check_outcome (test->row, sync);
  later = check_idle (sync);
  good = report (when, recovered);
  good = report (when, outcome) && good;
  return report (when, later) && good;
}

/* The same from the same start: brought back where the server's files can be, else made anew. */
static gboolean
survives_from_start (const RowTest *test, SyncCase *saved, guint step, gboolean half, char **killed)
{
  g_autoptr (SyncCase) fresh = NULL;

  if (is_dovecot (test))
    sync_case_restore (saved);
  else
    fresh = prepare (test);
  return survives (test, fresh != NULL ? fresh : saved, step, half, killed);
}

/* After that step and, where it is asked for and the step writes, within it. Returns how often it went wrong.
 */
static guint
sweep_step (const RowTest *test, SyncCase *saved, guint step, gboolean *ended)
{
  g_autofree char *killed = NULL;
  g_autofree char *killed_within = NULL;
  guint failures = survives_from_start (test, saved, step, FALSE, &killed) ? 0 : 1;

  *ended = killed == NULL;
  if (test->options->halves && kill_sweep_can_halve (killed))
    failures += survives_from_start (test, saved, step, TRUE, &killed_within) ? 0 : 1;
  return failures;
}

static void
test_sweep (gconstpointer data)
{
  const RowTest *test = data;
  g_autoptr (SyncCase) sync = prepare (test);
  gboolean ended = FALSE;
  guint step, failures = 0;

  if (is_dovecot (test))
    sync_case_save (sync);
  for (step = 1; !ended && failures < MAX_FAILURES; step++)
    failures += sweep_step (test, sync, step, &ended);
  g_test_message ("%u steps, %u failed", step - 2, failures);
  if (failures > 0)
    g_test_fail ();
}

static gboolean
is_chosen (const Options *options, const SyncRow *row)
{
  if (options->without_trash != (row->kind == SYNC_ROW_WITHOUT_TRASH))
    return FALSE;
  return !options->sweep || options->all || row->kind != SYNC_ROW_VARIANT;
}

static void
add_tests (const Options *options, ServerFixture *server, RowTest *tests)
{
  guint part = 1, parts = 1, n = 0;

  if (options->part != NULL && (sscanf (options->part, "%u/%u", &part, &parts) != 2 || parts == 0))
    g_error ("--part takes K/N");
  for (guint i = 0; i < n_sync_rows; i++)
    {
      g_autofree char *path =
          g_strconcat (options->sweep ? "/sync/sweep" : "/sync/outcome", sync_rows[i].path, NULL);

      tests[i] = (RowTest){ &sync_rows[i], options, server };
      if (is_chosen (options, &sync_rows[i]) && n++ % parts == part - 1)
        g_test_add_data_func (path, &tests[i], options->sweep ? test_sweep : test_outcome);
    }
}

/* No mailbox marked \Trash, and none of that name. */
#define WITHOUT_TRASH "namespace inbox {\n  mailbox Trash {\n    special_use =\n    auto = no\n  }\n}"

/* (transfer full) */
static ServerFixture *
start_server (const Options *options)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  g_auto (GStrv) arguments = NULL;

  if (options->capability != NULL)
    g_strv_builder_add_many (builder, "--capability", options->capability, NULL);
  if (g_str_equal (options->kind, "dovecot"))
    g_strv_builder_add_many (builder, "--set", SYNC_CASE_LOG, NULL);
  if (options->without_trash)
    g_strv_builder_add_many (builder, "--set", WITHOUT_TRASH, NULL);
  arguments = g_strv_builder_end (builder);
  return server_fixture_start_quick (options->kind, (const char *const *)arguments);
}

static void
parse_options (Options *options, int *argc, char ***argv)
{
  const GOptionEntry entries[] = {
    { "server", 0, 0, G_OPTION_ARG_STRING, &options->kind, "dovecot or cyrus", "KIND" },
    { "capability", 0, 0, G_OPTION_ARG_STRING, &options->capability, "as tests/servers/KIND has it", "LIST" },
    { "without-trash", 0, 0, G_OPTION_ARG_NONE, &options->without_trash, "the rows without \\Trash", NULL },
    { "sweep", 0, 0, G_OPTION_ARG_NONE, &options->sweep, "kill at every step", NULL },
    { "all", 0, 0, G_OPTION_ARG_NONE, &options->all, "sweep variants too", NULL },
    { "halves", 0, 0, G_OPTION_ARG_NONE, &options->halves, "kill within writes too", NULL },
    { "part", 0, 0, G_OPTION_ARG_STRING, &options->part, "only every N-th row", "K/N" },
    G_OPTION_ENTRY_NULL
  };
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);
  g_autoptr (GError) error = NULL;

  g_option_context_add_main_entries (context, entries, NULL);
  if (!g_option_context_parse (context, argc, argv, &error))
    g_error ("%s", error->message);
  if (options->kind == NULL)
    options->kind = g_strdup ("dovecot");
}

int
main (int argc, char *argv[])
{
  Options options = { 0 };
  g_autofree RowTest *tests = g_new0 (RowTest, n_sync_rows);
  g_autoptr (ServerFixture) server = NULL;
  int status;

  g_test_init (&argc, &argv, NULL);
  parse_options (&options, &argc, &argv);
  server = start_server (&options);
  add_tests (&options, server, tests);
  status = g_test_run ();
  g_free (options.kind);
  g_free (options.capability);
  g_free (options.part);
  return status;
}
