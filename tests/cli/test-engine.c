/* The engine's door: which accounts a request means, and how their events arrive. */
#include "../../engine/engine-relay.h"
#include "../../engine/engine-selectors.h"
#include "../../engine/engine.h"
#include "cli-fixture.h"

#include <string.h>
#include <sys/stat.h>

static const struct
{
  const char *description;
  const char *selectors; /* separated by spaces */
  const char *meant;     /* "account:mailbox,mailbox account:*"; NULL: usage */
} selector_rows[] = {
  { "none: everything", "", "work:* home:* work.2:*" },
  { "one account", "home", "home:*" },
  { "a mailbox", "work/INBOX", "work:INBOX" },
  { "INBOX in any case", "work/inbox work/Inbox/Sub", "work:INBOX,INBOX/Sub" },
  { "mailboxes of one account, twice named", "work/A/B work/C work/C", "work:A/B,C" },
  { "the account as a whole wins", "work/A work", "work:*" },
  { "in the order of the file", "work.2/A home work/B", "work:B home:* work.2:A" },
  { "a name that begins alike", "work.2", "work.2:*" },
  { "unknown", "work other", NULL },
  { "an account's beginning", "wor", NULL },
  { "a mailbox alone", "INBOX", NULL },
  { "not UTF-8", "work/\xff", NULL },
};

static char *
describe (GPtrArray *selections)
{
  g_autoptr (GString) text = g_string_new (NULL);

  for (guint i = 0; i < selections->len; i++)
    {
      const EngineSelection *selection = g_ptr_array_index (selections, i);
      g_autofree char *mailboxes =
          selection->mailboxes != NULL ? g_strjoinv (",", selection->mailboxes) : g_strdup ("*");

      g_string_append_printf (text, "%s%s:%s", i > 0 ? " " : "", selection->account->name, mailboxes);
    }
  return g_string_free (g_steal_pointer (&text), FALSE);
}

static void
test_selectors (void)
{
  Account accounts[] = { { .name = (char *)"work" },
                         { .name = (char *)"home" },
                         { .name = (char *)"work.2" } };
  g_autoptr (GPtrArray) all = g_ptr_array_new ();

  for (guint i = 0; i < G_N_ELEMENTS (accounts); i++)
    g_ptr_array_add (all, &accounts[i]);
  for (gsize i = 0; i < G_N_ELEMENTS (selector_rows); i++)
    {
      g_auto (GStrv) selectors = g_strsplit (selector_rows[i].selectors, " ", -1);
      g_autoptr (GError) error = NULL;
      g_autoptr (GPtrArray) selections = engine_select (all, (const char *const *)selectors, &error);
      g_autofree char *meant = selections != NULL ? describe (selections) : NULL;

      g_test_message ("%s", selector_rows[i].description);
      g_assert_cmpstr (meant, ==, selector_rows[i].meant);
      if (meant == NULL)
        g_assert_error (error, ENGINE_ERROR, ENGINE_ERROR_USAGE);
    }
}

/* What a relay's events look like when they arrive. */
typedef struct
{
  EngineRelay *relay;
  GMainLoop *loop;
  GThread *caller;
  guint results; /* arrived */
  guint progress;
  guint64 last_progress;
} Arrivals;

#define RESULTS 2000

static gpointer
send_many (gpointer user_data)
{
  Arrivals *arrivals = user_data;

  for (guint i = 0; i < RESULTS; i++)
    {
      g_autofree char *text = g_strdup_printf ("%u", i);
      g_autofree char *value = g_strdup_printf ("value %u", i);
      const EngineField field = { .key = "key", .string = value };
      const EngineEvent result = { .type = ENGINE_EVENT_RESULT,
                                   .account = "work",
                                   .name = "x",
                                   .text = text,
                                   .fields = &field,
                                   .n_fields = 1 };
      const EngineEvent progress = {
        .type = ENGINE_EVENT_PROGRESS, .account = "work", .name = "progress", .text = "", .messages_done = i
      };

      engine_relay_send (&progress, arrivals->relay);
      engine_relay_send (&result, arrivals->relay);
    }
  const EngineEvent done = { .type = ENGINE_EVENT_DONE, .account = "work", .name = "done", .text = "" };

  engine_relay_send (&done, arrivals->relay);
  return NULL;
}

static void
take_arrival (const EngineEvent *event, gpointer user_data)
{
  Arrivals *arrivals = user_data;
  g_autofree char *value = g_strdup_printf ("value %u", arrivals->results);

  g_assert_true (g_thread_self () == arrivals->caller);
  switch (event->type)
    {
    case ENGINE_EVENT_RESULT:
      g_assert_cmpuint (g_ascii_strtoull (event->text, NULL, 10), ==, arrivals->results);
      g_assert_cmpuint (event->n_fields, ==, 1);
      g_assert_cmpstr (event->fields[0].key, ==, "key");
      g_assert_cmpstr (event->fields[0].string, ==, value);
      arrivals->results++;
      break;
    case ENGINE_EVENT_PROGRESS:
      arrivals->progress++;
      arrivals->last_progress = event->messages_done;
      break;
    case ENGINE_EVENT_DONE:
      g_main_loop_quit (arrivals->loop);
      break;
    case ENGINE_EVENT_INFO:
    case ENGINE_EVENT_DEBUG:
    case ENGINE_EVENT_WARNING:
    case ENGINE_EVENT_ERROR:
      g_assert_not_reached ();
    }
}

static void
count_event (const EngineEvent *event, gpointer count)
{
  (*(guint *)count)++;
}

/* In order, on the caller's thread, though more are sent than may be on the way; progress thinned, its end
 * told. */
static void
test_relay (void)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  g_autoptr (GMainLoop) loop = g_main_loop_new (context, FALSE);
  Arrivals arrivals = { .loop = loop, .caller = g_thread_self () };
  gint64 begin = g_get_monotonic_time ();
  GThread *sender;

  arrivals.relay = engine_relay_new (context, ENGINE_DETAIL_ALL, take_arrival, &arrivals);
  engine_relay_open (arrivals.relay);
  sender = g_thread_new ("sender", send_many, &arrivals);
  g_main_loop_run (loop);
  g_thread_join (sender);
  engine_relay_free (arrivals.relay);
  g_assert_cmpuint (arrivals.results, ==, RESULTS);
  g_assert_cmpuint (arrivals.last_progress, ==, RESULTS - 1);
  g_assert_cmpuint (arrivals.progress, <=,
                    3 + (guint)((g_get_monotonic_time () - begin) * 10 / G_USEC_PER_SEC));
}

/* What nobody asked for does not arrive, and nothing does before the relay is opened. */
static void
test_relay_detail (void)
{
  static const EngineEventType types[] = { ENGINE_EVENT_DEBUG, ENGINE_EVENT_INFO, ENGINE_EVENT_RESULT };
  static const guint expected[] = { 3, 2, 1 }; /* by EngineDetail */

  for (EngineDetail detail = ENGINE_DETAIL_ALL; detail <= ENGINE_DETAIL_RESULTS; detail++)
    {
      g_autoptr (GMainContext) context = g_main_context_new ();
      guint count = 0;
      EngineRelay *relay = engine_relay_new (context, detail, count_event, &count);

      for (guint i = 0; i < G_N_ELEMENTS (types); i++)
        engine_relay_send (&(EngineEvent){ .type = types[i], .name = "x", .text = "" }, relay);
      while (g_main_context_iteration (context, FALSE))
        ;
      g_assert_cmpuint (count, ==, 0);
      engine_relay_open (relay);
      while (g_main_context_iteration (context, FALSE))
        ;
      g_assert_cmpuint (count, ==, expected[detail]);
      engine_relay_free (relay);
    }
}

/* A run on a configuration of its own. */
typedef struct
{
  GMainLoop *loop;
  Engine *engine;
  GHashTable *done; /* account -> outcome */
  GString *order;   /* the accounts as their events came, one that goes on once */
  gboolean finished;
  EngineOutcome outcome;
  GError *error;
} Running;

static void
note_event (const EngineEvent *event, gpointer user_data)
{
  Running *running = user_data;

  g_assert_false (running->finished);
  if (!g_str_has_suffix (running->order->str, event->account))
    g_string_append_printf (running->order, " %s", event->account);
  g_assert_false (g_hash_table_contains (running->done, event->account));
  if (event->type == ENGINE_EVENT_DONE)
    g_hash_table_insert (running->done, g_strdup (event->account), GINT_TO_POINTER (event->outcome));
}

static void
note_finished (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Running *running = user_data;

  running->finished = TRUE;
  engine_run_finish (running->engine, result, &running->outcome, &running->error);
  g_main_loop_quit (running->loop);
}

static void
run (CliFixture *fixture, const char *config, const EngineRequest *request, Running *running)
{
  g_autofree char *path = cli_fixture_path (fixture, "config");
  g_autoptr (GError) error = NULL;

  cli_fixture_put (fixture, "config", config);
  running->engine = engine_new (path, &error);
  g_assert_no_error (error);
  running->loop = g_main_loop_new (NULL, FALSE);
  running->done = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  running->order = g_string_new (NULL);
  engine_run_async (running->engine, request, NULL, note_event, running, note_finished, running);
  g_assert_false (running->finished);
  g_main_loop_run (running->loop);
}

static void
running_clear (Running *running)
{
  engine_free (running->engine);
  g_main_loop_unref (running->loop);
  g_hash_table_unref (running->done);
  g_string_free (running->order, TRUE);
  g_clear_error (&running->error);
}

/* "One failing account does not stop the others", and the worst outcome is the whole's: 78 before 77
 * before 75. */
static void
test_side_by_side (CliFixture *fixture, gconstpointer data)
{
  g_autofree char *config = g_strdup_printf (
      "[account no-password]\nhost=127.0.0.1\nport=1\nuser=a\npassword-command=exit 1 2>&-\nmaildir=%s/a\n"
      "[account offline]\nhost=127.0.0.1\nport=1\nuser=a\npassword-command=echo x\nmaildir=%s/b\n"
      "[account wrong]\nhost=127.0.0.1\nport=1\nuser=a\npassword-command=echo x\nmaildir=/dev/null\n",
      fixture->home, fixture->home);
  const EngineRequest all = { .command = ENGINE_COMMAND_CHECK };
  const EngineRequest some = { .command = ENGINE_COMMAND_CHECK,
                               .selectors = (const char *const[]){ "offline", "no-password", NULL } };
  Running running = { 0 };
  Running fewer = { 0 };

  run (fixture, config, &all, &running);
  g_assert_cmpint (GPOINTER_TO_INT (g_hash_table_lookup (running.done, "no-password")), ==, 77);
  g_assert_cmpint (GPOINTER_TO_INT (g_hash_table_lookup (running.done, "offline")), ==, 75);
  g_assert_cmpint (GPOINTER_TO_INT (g_hash_table_lookup (running.done, "wrong")), ==, 78);
  g_assert_cmpint (running.outcome, ==, ENGINE_OUTCOME_CONFIG);
  running_clear (&running);
  run (fixture, config, &some, &fewer);
  g_assert_cmpuint (g_hash_table_size (fewer.done), ==, 2);
  g_assert_cmpint (fewer.outcome, ==, ENGINE_OUTCOME_AUTHENTICATION);
  running_clear (&fewer);
}

/* The first account waits for the last one's command, which comes by only when they run side by side; what is
 * told has the order of the file all the same. */
static void
test_order_of_the_file (CliFixture *fixture, gconstpointer data)
{
  g_autofree char *fifo = cli_fixture_path (fixture, "fifo");
  g_autofree char *config = g_strdup_printf (
      "[account slow]\nhost=127.0.0.1\nport=1\nuser=a\npassword-command=cat %s\nmaildir=%s/a\n"
      "[account next]\nhost=127.0.0.1\nport=1\nuser=a\npassword-command=echo x\nmaildir=%s/b\n"
      "[account last]\nhost=127.0.0.1\nport=1\nuser=a\npassword-command=echo x | tee %s\nmaildir=%s/c\n",
      fifo, fixture->home, fixture->home, fifo, fixture->home);
  const EngineRequest request = { .command = ENGINE_COMMAND_CHECK };
  Running running = { 0 };

  g_assert_cmpint (mkfifo (fifo, 0600), ==, 0);
  run (fixture, config, &request, &running);
  g_assert_cmpstr (running.order->str, ==, " slow next last");
  g_assert_cmpint (running.outcome, ==, ENGINE_OUTCOME_OFFLINE);
  running_clear (&running);
}

static void
test_unknown_account (CliFixture *fixture, gconstpointer data)
{
  const EngineRequest request = { .command = ENGINE_COMMAND_SYNC,
                                  .selectors = (const char *const[]){ "hom", NULL } };
  Running running = { 0 };

  run (fixture, "[account home]\nhost=127.0.0.1\nuser=a\nmaildir=/nonexistent/home\n", &request, &running);
  g_assert_error (running.error, ENGINE_ERROR, ENGINE_ERROR_USAGE);
  g_assert_nonnull (strstr (running.error->message, "the accounts are: home"));
  g_assert_cmpuint (g_hash_table_size (running.done), ==, 0);
  running_clear (&running);
}

static void
test_configuration (CliFixture *fixture, gconstpointer data)
{
  g_autofree char *missing = cli_fixture_path (fixture, "missing");
  g_autofree char *wrong = cli_fixture_path (fixture, "wrong");
  g_autoptr (GError) error = NULL;

  g_assert_null (engine_new (missing, &error));
  g_assert_error (error, ENGINE_ERROR, ENGINE_ERROR_NO_CONFIG);
  g_clear_error (&error);
  cli_fixture_put (fixture, "wrong", "[account work]\nhots=x\n");
  g_assert_null (engine_new (wrong, &error));
  g_assert_error (error, ENGINE_ERROR, ENGINE_ERROR_CONFIG);
}

int
main (int argc, char **argv)
{
#define ADD(path, function)                                                                                  \
  g_test_add (path, CliFixture, NULL, cli_fixture_set_up, function, cli_fixture_tear_down)
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/engine/selectors", test_selectors);
  g_test_add_func ("/engine/relay", test_relay);
  g_test_add_func ("/engine/relay-detail", test_relay_detail);
  ADD ("/engine/side-by-side", test_side_by_side);
  ADD ("/engine/order-of-the-file", test_order_of_the_file);
  ADD ("/engine/unknown-account", test_unknown_account);
  ADD ("/engine/configuration", test_configuration);
  return g_test_run ();
}
