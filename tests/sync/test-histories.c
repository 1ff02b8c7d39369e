/* "Random histories": both sides change at random, syncs are killed or find no server, and in the end both
 * sides are equal, nothing is lost and nothing is doubled (contract C1.1, C2, C3, C5, C6).
 *
 *   test-histories [--server KIND] [--capability CAPS] [--mailboxes] [--moves] [--layout LAYOUT]
 *                  [--first SEED] [--count N]
 *   test-histories [...] --seed N [--shrink]   replays one, printing each step; --shrink leaves out what it
 * can
 */
#include "history-play.h"

#include <locale.h>
#include <stdlib.h>
#include <string.h>

typedef struct
{
  char *server, *capability, *layout;
  int first, count, seed;
  gboolean mailboxes, moves, shrink;
  ServerFixture *fixture;
} Settings;

/* What went wrong once. */
static const struct
{
  guint32 seed;
  gboolean mailboxes;
  const char *description;
} found[] = {
  { 1053, FALSE, "an upload in doubt is found after another client took a flag off: not “not kept here”" },
  { 1131, FALSE, "moved on both sides to one place: the file's letters are those of its old mailbox" },
  { 1585, FALSE, "moved to where the same message came there: paired, and the old place still empties" },
  { 5, TRUE, "a child that is new here, its parent renamed on the server: one mailbox, not two of one name" },
  { 25, TRUE, "a directory removed while a message was on its way into it: fetched again" },
  { 69, TRUE, "moved into a mailbox that is gone on the server: not deleted into \\Trash at its old place" },
  { 78, TRUE, "renamed here, another mailbox under the old name there: one name on both sides" },
  { 125, TRUE, "killed while a mailbox was removed: the empty directory is not a disk that is missing" },
  { 1588, FALSE, "the same into another mailbox: expunged from its old place, not deleted into \\Trash" },
};

static ServerFixture *
start_server (const Settings *settings)
{
  const char *options[5] = { NULL };
  guint n = 0;

  if (g_str_equal (settings->server, "cyrus"))
    {
      /* Else it keeps what was deleted, by names that tell seconds, and refuses a second one in the same. */
      options[n++] = "--set";
      options[n++] = "delete_mode: immediate";
    }
  if (settings->capability != NULL)
    {
      options[n++] = "--capability";
      options[n++] = settings->capability;
    }
  return server_fixture_start_quick (settings->server, n > 0 ? options : NULL);
}

static void
print_lines (const char *text)
{
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);

  for (guint i = 0; lines[i] != NULL; i++)
    g_test_message ("%s", lines[i]);
}

static History *
make_history (const Settings *settings, guint32 seed)
{
  HistoryLayout layout = HISTORY_ANY_LAYOUT;
  HistoryExtras extras = 0;

  if (settings->layout != NULL)
    layout = g_str_equal (settings->layout, "nested") ? HISTORY_NESTED : HISTORY_MAILDIRPP;
  if (settings->mailboxes)
    extras |= HISTORY_WITH_MAILBOXES;
  if (settings->moves)
    extras |= HISTORY_WITH_MOVES;
  return history_new (seed, extras, layout);
}

static void
test_seed (const Settings *settings, guint32 seed)
{
  g_autoptr (History) history = make_history (settings, seed);
  g_autofree char *log = NULL;
  g_autofree char *wrong = history_play (history, NULL, settings->fixture, &log);

  if (wrong == NULL)
    return;
  print_lines (log);
  g_test_message ("seed %u: %s", seed, wrong);
  g_test_fail_printf ("seed %u: %.*s; replay it with --seed %u%s%s%s%s", seed, (int)strcspn (wrong, "\n"),
                      wrong, seed, settings->mailboxes ? " --mailboxes" : "",
                      settings->moves ? " --moves" : "", settings->layout != NULL ? " --layout " : "",
                      settings->layout != NULL ? settings->layout : "");
}

static void
test_histories (gconstpointer user_data)
{
  Settings *settings = (Settings *)user_data;

  settings->fixture = start_server (settings);
  for (int i = 0; i < settings->count; i++)
    test_seed (settings, (guint32)(settings->first + i));
  g_clear_pointer (&settings->fixture, server_fixture_free);
}

static void
test_found (gconstpointer user_data)
{
  Settings settings = *(const Settings *)user_data;

  settings.layout = NULL;
  settings.moves = FALSE;
  settings.fixture = start_server (&settings);
  for (guint i = 0; i < G_N_ELEMENTS (found); i++)
    {
      settings.mailboxes = found[i].mailboxes;
      g_test_message ("%s", found[i].description);
      test_seed (&settings, found[i].seed);
    }
  server_fixture_free (settings.fixture);
}

static gboolean
is_same_kind (const char *left, const char *right)
{
  gsize length = strcspn (left, ":");

  return right != NULL && strcspn (right, ":") == length && strncmp (left, right, length) == 0;
}

/* Leaves out pieces of the history, larger ones first, as long as it goes wrong in the same way. */
static void
shrink (Settings *settings, const History *history, const char *wrong)
{
  guint n = history->steps->len;
  g_autofree gboolean *left_out = g_new0 (gboolean, n);

  for (guint size = n / 2; size > 0; size /= 2)
    for (guint start = 0; start < n; start += size)
      {
        guint end = MIN (start + size, n);
        g_autofree gboolean *trial = g_memdup2 (left_out, n * sizeof *left_out);
        g_autofree char *now = NULL;

        for (guint i = start; i < end; i++)
          trial[i] = TRUE;
        if (memcmp (trial, left_out, n * sizeof *trial) == 0)
          continue;
        now = history_play (history, trial, settings->fixture, NULL);
        if (is_same_kind (wrong, now))
          memcpy (left_out, trial, n * sizeof *trial);
      }

  g_autofree char *log = NULL;
  g_autofree char *now = history_play (history, left_out, settings->fixture, &log);

  g_print ("shrunk:\n%s%s\n", log, now != NULL ? now : "it went well this time");
}

static int
replay (Settings *settings)
{
  g_autoptr (History) history = make_history (settings, (guint32)settings->seed);
  g_autofree char *log = NULL;
  g_autofree char *wrong = NULL;

  settings->fixture = start_server (settings);
  wrong = history_play (history, NULL, settings->fixture, &log);
  g_print ("%s%s\n", log, wrong != NULL ? wrong : "all is well");
  if (wrong != NULL && settings->shrink)
    shrink (settings, history, wrong);
  server_fixture_free (settings->fixture);
  return wrong != NULL ? EXIT_FAILURE : EXIT_SUCCESS;
}

static int
run_tests (Settings *settings, int *argc, char ***argv)
{
  g_test_init (argc, argv, NULL);
  g_test_add_data_func ("/sync/histories", settings, test_histories);
  g_test_add_data_func ("/sync/histories-found", settings, test_found);
  return g_test_run ();
}

int
main (int argc, char **argv)
{
  Settings settings = { .first = 1, .count = 60 };
  const GOptionEntry entries[] = {
    { "server", 0, 0, G_OPTION_ARG_STRING, &settings.server, "dovecot or cyrus", "KIND" },
    { "capability", 0, 0, G_OPTION_ARG_STRING, &settings.capability, "As tests/servers take it", "CAPS" },
    { "mailboxes", 0, 0, G_OPTION_ARG_NONE, &settings.mailboxes, "These come, go and change names too",
      NULL },
    { "moves", 0, 0, G_OPTION_ARG_NONE, &settings.moves, "Messages go further than to the next mailbox too",
      NULL },
    { "layout", 0, 0, G_OPTION_ARG_STRING, &settings.layout, "nested or maildir++, not as the seed has it",
      "LAYOUT" },
    { "first", 0, 0, G_OPTION_ARG_INT, &settings.first, "The first seed", "N" },
    { "count", 0, 0, G_OPTION_ARG_INT, &settings.count, "How many", "N" },
    { "seed", 0, 0, G_OPTION_ARG_INT, &settings.seed, "Only this one, with its log", "N" },
    { "shrink", 0, 0, G_OPTION_ARG_NONE, &settings.shrink, "Then look for the shortest that fails", NULL },
    G_OPTION_ENTRY_NULL
  };
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);
  g_autoptr (GError) error = NULL;
  int status;

  g_option_context_set_ignore_unknown_options (context, TRUE);
  g_option_context_add_main_entries (context, entries, NULL);
  setlocale (LC_ALL, "C.UTF-8");
  if (!g_option_context_parse (context, &argc, &argv, &error))
    g_error ("%s", error->message);
  if (settings.server == NULL)
    settings.server = g_strdup ("dovecot");
  status = settings.seed != 0 ? replay (&settings) : run_tests (&settings, &argc, &argv);
  g_free (settings.server);
  g_free (settings.capability);
  g_free (settings.layout);
  return status;
}
