/* The proofs of sync-proof.h for every row of the table of mailboxes (contract C6), on a real server.
 *
 *   test-mailbox-table [--server dovecot|cyrus] [--layout nested|maildir++] [--namespace] [--sweep] [--all]
 *                      [--part K/N] [--rows PATH]
 *
 * Without options: outcomes on Dovecot, in the nested layout. --namespace has the server put all mailboxes
 * below "INBOX." with dots between levels, --all sweeps the larger rows too, --part takes every N-th row,
 * --rows those whose path begins so ("/renamed")
 */
#include "mailbox-rows.h"
#include "sync-change.h"
#include "sync-proof.h"
#include "sync-steps.h"
#include "sync-view.h"

typedef struct
{
  char *kind, *layout, *part, *rows;
  gboolean with_namespace, sweep, all;
  SyncNames names;
} Options;

typedef struct
{
  const MailboxRow *row;
  const Options *options;
  ServerFixture *server;
} RowTest;

/* Both sides and the journal as the base of the row says, then all that happens before the run that counts.
 */
static SyncCase *
prepare (gconstpointer data)
{
  const RowTest *test = data;
  const char *program = test->options->sweep ? sync_proof_sweep_program () : NULL;
  g_autoptr (SyncCase) sync = sync_case_new (test->server, &test->options->names, program, "*", NULL);

  if (test->row->mailboxes != NULL)
    sync_case_configure (sync, test->row->mailboxes);
  sync_change_remote (sync, test->row->base);
  sync_steps_run (sync, (const char *const[]){ "sync 0", NULL });
  sync_steps_run (sync, test->row->then);
  return g_steal_pointer (&sync);
}

/* (transfer full) */
static char *
check_subscriptions (SyncCase *sync, const MailboxRow *row)
{
  g_auto (GStrv) subscribed = sync_view_subscribed (sync);
  const char *const *names = (const char *const *)subscribed;

  if (row->subscribed != NULL && !g_strv_contains (names, row->subscribed))
    return g_strdup_printf ("  %s is not subscribed\n", row->subscribed);
  if (row->unsubscribed != NULL && g_strv_contains (names, row->unsubscribed))
    return g_strdup_printf ("  %s is still subscribed\n", row->unsubscribed);
  return g_strdup ("");
}

/* (transfer full) */
static char *
check_outcome (SyncCase *sync, gconstpointer data)
{
  const MailboxRow *row = ((const RowTest *)data)->row;
  gboolean differs = row->expected_local[0] != NULL || (row->flags & MAILBOX_ROW_NOTHING_HERE);
  g_autofree char *sides =
      sync_proof_compare (sync, row->expected, differs ? row->expected_local : NULL, row->attic);
  g_autofree char *subscriptions = check_subscriptions (sync, row);

  return g_strconcat (sides, subscriptions, NULL);
}

static gboolean
is_dovecot (const Options *options)
{
  return g_str_equal (options->kind, "dovecot");
}

static SyncProof
proof_of (const RowTest *test)
{
  return (SyncProof){
    .name = test->row->path,
    .row = test,
    .prepare = prepare,
    .check = check_outcome,
    .status = test->row->status,
    .says = test->row->says,
    .is_dovecot = is_dovecot (test->options),
    .moves_no_mail = (test->row->flags & MAILBOX_ROW_MOVES_NO_MAIL) != 0,
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
is_chosen (const Options *options, const MailboxRow *row)
{
  if ((row->flags & MAILBOX_ROW_NESTED) && options->names.maildirpp)
    return FALSE;
  if (row->flags & (is_dovecot (options) ? MAILBOX_ROW_CYRUS : MAILBOX_ROW_DOVECOT))
    return FALSE;
  if ((row->flags & MAILBOX_ROW_SLASH) && options->names.separator != '/')
    return FALSE;
  if (options->rows != NULL)
    return g_str_has_prefix (row->path, options->rows);
  return !options->sweep || options->all || (row->flags & MAILBOX_ROW_SMALL);
}

static void
add_tests (const Options *options, ServerFixture *server, RowTest *tests)
{
  guint n = 0;

  for (guint i = 0; i < n_mailbox_rows; i++)
    {
      g_autofree char *path =
          g_strconcat (options->sweep ? "/sync/sweep/C6" : "/sync/outcome/C6", mailbox_rows[i].path, NULL);

      tests[i] = (RowTest){ &mailbox_rows[i], options, server };
      if (is_chosen (options, &mailbox_rows[i]) && sync_proof_is_in_part (options->part, n++))
        g_test_add_data_func (path, &tests[i], options->sweep ? test_sweep : test_outcome);
    }
}

#define DOVECOT_NAMESPACE "namespace inbox {\n  prefix = INBOX.\n  separator = .\n}"

/* (transfer full) */
static ServerFixture *
start_server (const Options *options)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  g_auto (GStrv) arguments = NULL;

  if (is_dovecot (options))
    g_strv_builder_add_many (builder, "--set", SYNC_CASE_LOG, NULL);
  if (options->with_namespace && is_dovecot (options))
    g_strv_builder_add_many (builder, "--set", DOVECOT_NAMESPACE, NULL);
  else if (options->with_namespace)
    g_strv_builder_add_many (builder, "--set", "altnamespace: no", "--set", "unixhierarchysep: no", NULL);
  arguments = g_strv_builder_end (builder);
  return server_fixture_start_quick (options->kind, (const char *const *)arguments);
}

static void
parse_options (Options *options, int *argc, char ***argv)
{
  const GOptionEntry entries[] = {
    { "server", 0, 0, G_OPTION_ARG_STRING, &options->kind, "dovecot or cyrus", "KIND" },
    { "layout", 0, 0, G_OPTION_ARG_STRING, &options->layout, "nested or maildir++", "LAYOUT" },
    { "namespace", 0, 0, G_OPTION_ARG_NONE, &options->with_namespace, "everything is below \"INBOX.\"",
      NULL },
    { "sweep", 0, 0, G_OPTION_ARG_NONE, &options->sweep, "kill at every step", NULL },
    { "all", 0, 0, G_OPTION_ARG_NONE, &options->all, "sweep all rows", NULL },
    { "part", 0, 0, G_OPTION_ARG_STRING, &options->part, "only every N-th row", "K/N" },
    { "rows", 0, 0, G_OPTION_ARG_STRING, &options->rows, "only these, large or small", "PATH" },
    G_OPTION_ENTRY_NULL
  };
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);
  g_autoptr (GError) error = NULL;

  g_option_context_add_main_entries (context, entries, NULL);
  if (!g_option_context_parse (context, argc, argv, &error))
    g_error ("%s", error->message);
  if (options->kind == NULL)
    options->kind = g_strdup ("dovecot");
  options->names = sync_names_usual;
  options->names.maildirpp = g_strcmp0 (options->layout, "maildir++") == 0;
  if (options->with_namespace)
    {
      options->names.prefix = "INBOX.";
      options->names.separator = '.';
    }
}

int
main (int argc, char *argv[])
{
  Options options = { 0 };
  g_autofree RowTest *tests = g_new0 (RowTest, n_mailbox_rows);
  g_autoptr (ServerFixture) server = NULL;
  int status;

  g_test_init (&argc, &argv, NULL);
  parse_options (&options, &argc, &argv);
  server = start_server (&options);
  add_tests (&options, server, tests);
  status = g_test_run ();
  g_free (options.kind);
  g_free (options.rows);
  g_free (options.layout);
  g_free (options.part);
  return status;
}
