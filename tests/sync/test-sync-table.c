/* The proofs of sync-proof.h for every row of the three-way table (contract C1, C2, C3), on a real server.
 *
 *   test-sync-table [--server dovecot|cyrus] [--capability LIST] [--without-trash] [--sweep] [--all]
 *                   [--halves] [--part K/N] [--rows PATH]... [--program PATH]
 *
 * Without options: outcomes on Dovecot as it is. --all sweeps the variants too, --halves also kills in the
 * midst of each write, --part takes every N-th row, --rows those whose path begins so (GLib's own -p, given
 * twice, writes two plans, which is no TAP), --program runs another dovetail.
 */
#include "sync-change.h"
#include "sync-proof.h"
#include "sync-rows.h"

typedef struct
{
  char *kind, *capability, *part, *program;
  char **rows;
  gboolean without_trash, sweep, all, halves;
} Options;

typedef struct
{
  const SyncRow *row;
  const Options *options;
  ServerFixture *server;
} RowTest;

/* (transfer full): what is not as the row says; "" when all is. */
static char *
check_outcome (SyncCase *sync, gconstpointer data)
{
  const RowTest *test = data;
  const SyncRow *row = test->row;
  const gboolean has_ids = g_str_equal (test->options->kind, "cyrus");

  return sync_proof_compare (sync, row->expected, row->expected_local[0] != NULL ? row->expected_local : NULL,
                             has_ids && row->id_spares_attic ? 0 : row->attic);
}

/* Both sides and the journal as the base of the row says, then changed on both sides. (transfer full) */
static SyncCase *
prepare (gconstpointer data)
{
  const RowTest *test = data;
  const SyncRow *row = test->row;
  const char *swept = test->options->sweep ? sync_proof_sweep_program () : NULL;
  g_autoptr (SyncCase) sync = sync_case_new (
      test->server, &sync_names_usual, test->options->program != NULL ? test->options->program : swept,
      row->mailboxes != NULL ? row->mailboxes : "INBOX", row->settings);

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

static SyncProof
proof_of (const RowTest *test)
{
  return (SyncProof){
    .name = test->row->path,
    .row = test,
    .prepare = prepare,
    .check = check_outcome,
    .says = test->row->warns ? "." : NULL,
    .is_dovecot = g_str_equal (test->options->kind, "dovecot"),
    .moves_no_mail = test->row->moves_no_mail,
    .halves = test->options->halves,
  };
}

static void
test_outcome (gconstpointer data)
{
  const SyncProof proof = proof_of (data);

  sync_proof_outcome (&proof);
}

static void
test_sweep (gconstpointer data)
{
  const SyncProof proof = proof_of (data);

  sync_proof_sweep (&proof);
}

static gboolean
is_among (const char *const *beginnings, const char *path)
{
  for (; *beginnings != NULL; beginnings++)
    if (g_str_has_prefix (path, *beginnings))
      return TRUE;
  return FALSE;
}

static gboolean
is_chosen (const Options *options, const SyncRow *row)
{
  if (options->without_trash != (row->kind == SYNC_ROW_WITHOUT_TRASH))
    return FALSE;
  if (options->rows != NULL && !is_among ((const char *const *)options->rows, row->path))
    return FALSE;
  return !options->sweep || options->all || row->kind != SYNC_ROW_VARIANT;
}

static guint
count_rows (void)
{
  return n_sync_rows + n_sync_move_rows + n_sync_copy_rows;
}

/* Of all tables, one behind the other. */
static const SyncRow *
find_row (guint index)
{
  if (index < n_sync_rows)
    return &sync_rows[index];
  index -= n_sync_rows;
  return index < n_sync_move_rows ? &sync_move_rows[index] : &sync_copy_rows[index - n_sync_move_rows];
}

static void
add_tests (const Options *options, ServerFixture *server, RowTest *tests)
{
  guint n = 0;

  for (guint i = 0; i < count_rows (); i++)
    {
      const SyncRow *row = find_row (i);
      g_autofree char *path = g_strconcat (options->sweep ? "/sync/sweep" : "/sync/outcome", row->path, NULL);

      tests[i] = (RowTest){ row, options, server };
      if (is_chosen (options, row) && sync_proof_is_in_part (options->part, n++))
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
    { "rows", 0, 0, G_OPTION_ARG_STRING_ARRAY, &options->rows, "only what begins so", "PATH" },
    { "program", 0, 0, G_OPTION_ARG_FILENAME, &options->program, "instead of dovetail as it was built",
      "PATH" },
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
  g_autofree RowTest *tests = g_new0 (RowTest, count_rows ());
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
  g_free (options.program);
  g_strfreev (options.rows);
  return status;
}
