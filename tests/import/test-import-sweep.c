/* Killed at any step, on a real server: each message is delivered once, and none is deleted there before it
 * is here for good (C1.1, C7.1, C7.3).
 *
 *   test-import-sweep [--server dovecot|cyrus] [--halves]
 *
 * --halves also kills in the midst of each write.
 */
#include "../hostile/hostile-local.h"
#include "imap-client.h"
#include "kill-sweep.h"
#include "server-fixture.h"

#include <glib/gstdio.h>
#include <sqlite3.h>
#include <string.h>
#include <sys/wait.h>

typedef struct
{
  const char *path;
  const char *leave;
  const char *deliver_to; /* (nullable): its own INBOX */
  guint taken;            /* messages that an earlier run took, long ago */
  guint stay;             /* of all, how many are left on the server in the end */
} Row;

#define MESSAGES 7

static const Row rows[] = {
  { "leave", "yes", NULL, 0, MESSAGES },
  { "do-not-leave", "no", NULL, 0, 0 },
  { "do-not-leave-what-is-known", "no", NULL, 3, 0 },
  { "leave-for-two-days", "2", NULL, 3, MESSAGES - 3 },
  { "into-another-account", "no", "work/INBOX", 0, 0 },
};

typedef struct
{
  char *kind;
  gboolean halves;
} Options;

typedef struct
{
  const Row *row;
  const Options *options;
  ServerFixture *server;
} Test;

/* An account with its maildrop. */
typedef struct
{
  const Row *row;
  ServerFixture *server;
  char *user, *directory, *maildir, *config;
  GStrv environment;
  const char *argv[6];
} Case;

static void
run_shell (const char *command)
{
  const char *argv[] = { "sh", "-c", command, NULL };
  g_autoptr (GError) error = NULL;
  int status;

  if (!g_spawn_sync (NULL, (char **)argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL, &status,
                     &error) ||
      !g_spawn_check_wait_status (status, &error))
    g_error ("%s: %s", command, error->message);
}

static void
configure (Case *self, const char *leave)
{
  g_autoptr (GString) text = g_string_new (NULL);
  g_autoptr (GError) error = NULL;

  g_string_append_printf (text,
                          "[account old]\nprotocol=pop3\nhost=127.0.0.1\nport=%u\nsecurity=none\nuser=%s\n"
                          "password-command=echo %s\nleave-on-server=%s\n",
                          self->server->pop3_port, self->user, self->server->password, leave);
  if (self->row->deliver_to == NULL)
    g_string_append_printf (text, "maildir=%s\n", self->maildir);
  else
    g_string_append_printf (
        text,
        "deliver-to=%s\n[account work]\nhost=127.0.0.1\nport=%u\nsecurity=none\nuser=bob\n"
        "password-command=echo %s\nmaildir=%s\n",
        self->row->deliver_to, self->server->imap_port, self->server->password, self->maildir);
  if (!g_file_set_contents_full (self->config, text->str, -1, G_FILE_SET_CONTENTS_CONSISTENT, 0600, &error))
    g_error ("%s", error->message);
}

/* Small ones, a large one, and two alike. */
static void
append (Case *self, guint first, guint end)
{
  g_autoptr (ImapClient) client =
      imap_client_new (self->server->imap_port, self->user, self->server->password);

  for (guint i = first; i < end; i++)
    {
      guint number = i == MESSAGES - 1 ? MESSAGES - 2 : i;
      g_autofree char *body = g_strnfill (number == 4 ? 90000 : 40, 'x');
      g_autofree char *text = g_strdup_printf ("Date: Tue, 10 Nov 2020 11:00:00 +0000\r\nSubject: m%u\r\n"
                                               "Message-ID: <m%u@example.org>\r\n\r\n.%s\r\n",
                                               number, number, body);

      imap_client_append (client, "INBOX", "", 1600000000 + i, text, strlen (text));
    }
}

static guint
count_there (Case *self)
{
  g_autoptr (ImapClient) client =
      imap_client_new (self->server->imap_port, self->user, self->server->password);

  return imap_client_status (client, "INBOX", "MESSAGES");
}

/* (transfer full): what it printed. */
static char *
run (Case *self, int expected)
{
  g_autofree char *output = NULL;
  g_autofree char *errors = NULL;
  g_autoptr (GError) error = NULL;
  int status;

  if (!g_spawn_sync (NULL, (char **)self->argv, self->environment, G_SPAWN_DEFAULT, NULL, NULL, &output,
                     &errors, &status, &error))
    g_error ("%s: %s", self->argv[0], error->message);
  if (!WIFEXITED (status) || WEXITSTATUS (status) != expected)
    g_error ("exit status %d\n%s%s", WIFEXITED (status) ? WEXITSTATUS (status) : -1, output, errors);
  return g_strconcat (output, errors, NULL);
}

/* The first run was long ago. */
static void
age (Case *self)
{
  g_autofree char *path = g_build_filename (self->directory, "state/dovetail/old/journal.sqlite", NULL);
  sqlite3 *database = NULL;

  g_assert_cmpint (sqlite3_open (path, &database), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_exec (database, "UPDATE pop3_message SET first_seen = first_seen - 3 * 86400",
                                 NULL, NULL, NULL),
                   ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_close (database), ==, SQLITE_OK);
}

/* Maildir and state, and Dovecot's mail, between the live places and `saved/`. */
static void
copy (Case *self, gboolean back)
{
  g_autofree char *home = g_build_filename (self->server->directory, "home", self->user, NULL);
  g_autofree char *command = g_strdup_printf (
      back ? "cd '%s' && rm -rf mail state '%s' && cp -a saved/mail saved/state . && cp -a "
             "saved/home '%s'"
           : "cd '%s' && mkdir -p saved mail state && cp -a mail state saved && : '%s' && cp -a '%s' "
             "saved/home",
      self->directory, home, home);

  server_fixture_wait_quiet (self->server);
  run_shell (command);
}

static gboolean
is_dovecot (const Case *self)
{
  return g_str_equal (self->server->kind, "dovecot");
}

/* (transfer full) */
static Case *
case_new (const Test *test)
{
  Case *self = g_new0 (Case, 1);
  const char *program = g_getenv ("DOVETAIL_SWEEP_PROGRAM");
  g_autofree char *state = NULL;
  g_autoptr (GError) error = NULL;

  self->row = test->row;
  self->server = test->server;
  self->user = server_fixture_new_user (self->server);
  self->directory = g_dir_make_tmp ("dovetail-import-XXXXXX", &error);
  g_assert_no_error (error);
  self->maildir = g_build_filename (self->directory, "mail", NULL);
  self->config = g_build_filename (self->directory, "config", NULL);
  state = g_build_filename (self->directory, "state", NULL);
  self->environment = g_environ_setenv (g_get_environ (), "XDG_STATE_HOME", state, TRUE);
  self->argv[0] = program != NULL ? program : DOVETAIL_PROGRAM;
  self->argv[1] = "--config";
  self->argv[2] = self->config;
  self->argv[3] = "sync";
  self->argv[4] = "old";
  configure (self, "yes");
  append (self, 0, self->row->taken);
  if (self->row->taken > 0)
    {
      g_free (run (self, 0));
      age (self);
    }
  append (self, self->row->taken, MESSAGES);
  configure (self, self->row->leave);
  return self;
}

static void
case_free (Case *self)
{
  g_autofree char *command = g_strdup_printf ("rm -rf '%s'", self->directory);

  run_shell (command);
  g_free (self->user);
  g_free (self->directory);
  g_free (self->maildir);
  g_free (self->config);
  g_strfreev (self->environment);
  g_free (self);
}

static int
compare_marks (gconstpointer a, gconstpointer b)
{
  return strcmp ((*(LocalFile *const *)a)->mark, (*(LocalFile *const *)b)->mark);
}

/* Once each, and as often there as it should be. */
static void
check (Case *self)
{
  g_autoptr (GPtrArray) files = local_list (self->maildir);

  g_ptr_array_sort (files, compare_marks);
  g_assert_cmpuint (files->len, ==, MESSAGES);
  for (guint i = 0; i < files->len; i++)
    {
      const LocalFile *file = g_ptr_array_index (files, i);
      g_autofree char *expected = g_strdup_printf ("m%u", MIN (i, MESSAGES - 2));

      g_assert_cmpstr (file->mark, ==, expected);
      g_assert_cmpint (file->date, ==, 1605006000);
      g_assert_cmpuint (g_bytes_get_size (file->wire), >, g_str_equal (expected, "m4") ? 90000 : 40);
    }
  g_assert_cmpuint (count_there (self), ==, self->row->stay);
}

/* At most two runs more. */
static void
recover (Case *self)
{
  g_autofree char *said = NULL;
  g_autofree char *idle = NULL;

  said = run (self, 0);
  server_fixture_wait_quiet (self->server);
  check (self);
  idle = run (self, 0);
  if (strstr (idle, "nothing to do") == NULL)
    g_error ("a run without work: %s", idle);
  server_fixture_wait_quiet (self->server);
  check (self);
}

/* FALSE: there is no such step. */
static gboolean
survive (const Test *test, Case *saved, guint step, gboolean half)
{
  Case *self = saved;
  g_autofree char *killed = NULL;
  KillSweep sweep = { 0 };

  if (is_dovecot (saved))
    copy (saved, TRUE);
  else
    self = case_new (test);
  sweep.argv = self->argv;
  sweep.environment = (const char *const *)self->environment;
  kill_sweep_run_once (&sweep, step, half, &killed);
  g_test_message ("killed %s step %u: %s", half ? "within" : "after", step,
                  killed != NULL ? killed : "it had ended before");
  server_fixture_wait_quiet (self->server);
  recover (self);
  if (self != saved)
    case_free (self);
  return killed != NULL;
}

static void
test_sweep (gconstpointer data)
{
  const Test *test = data;
  Case *saved = case_new (test);
  guint step;

  if (is_dovecot (saved))
    copy (saved, FALSE);
  for (step = 1; survive (test, saved, step, FALSE); step++)
    if (test->options->halves)
      survive (test, saved, step, TRUE);
  g_test_message ("%u steps", step - 1);
  g_assert_cmpuint (step, >, 20);
  case_free (saved);
}

static void
parse_options (Options *options, int *argc, char ***argv)
{
  const GOptionEntry entries[] = {
    { "server", 0, 0, G_OPTION_ARG_STRING, &options->kind, "dovecot or cyrus", "KIND" },
    { "halves", 0, 0, G_OPTION_ARG_NONE, &options->halves, "kill within writes too", NULL },
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
main (int argc, char **argv)
{
  Options options = { 0 };
  Test tests[G_N_ELEMENTS (rows)];
  g_autoptr (ServerFixture) server = NULL;
  int status;

  g_test_init (&argc, &argv, NULL);
  parse_options (&options, &argc, &argv);
  server = server_fixture_start_quick (options.kind, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *path = g_strconcat ("/import/sweep/", rows[i].path, NULL);

      tests[i] = (Test){ &rows[i], &options, server };
      g_test_add_data_func (path, &tests[i], test_sweep);
    }
  status = g_test_run ();
  g_free (options.kind);
  return status;
}
