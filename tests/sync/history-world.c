#include "history-world.h"
#include "imap-client-private.h"
#include "kill-record.h"

#include <arpa/inet.h>
#include <gio/gio.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* A run that takes longer hangs. */
#define RUN_SECONDS 120

/* TCP_CLOSE_WAIT in /proc/net/tcp: the other end has closed, this one has not noticed yet. */
#define CLOSE_WAIT 8

static const char *const sync_command[] = { "sync", NULL, NULL };

/* (transfer full): a port where connections are refused for as long as the socket lives. */
static guint16
reserve_port (int *fd)
{
  struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl (INADDR_LOOPBACK) };
  socklen_t length = sizeof address;

  *fd = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  g_assert_cmpint (*fd, >=, 0);
  g_assert_cmpint (bind (*fd, (struct sockaddr *)&address, length), ==, 0);
  g_assert_cmpint (getsockname (*fd, (struct sockaddr *)&address, &length), ==, 0);
  return ntohs (address.sin_port);
}

/* (transfer full): the path of a configuration for that port. */
static char *
write_config (HistoryWorld *world, const char *name, guint16 port)
{
  const History *history = world->history;
  char *path = g_build_filename (world->directory, name, NULL);
  g_autofree char *text =
      g_strdup_printf ("[account a]\nhost=127.0.0.1\nport=%u\nsecurity=none\nuser=%s\n"
                       "password-command=echo %s\nmaildir=%s\nlayout=%s\ndelete=%s\n"
                       "keep-deleted=%u\n%s",
                       port, world->user, world->server->password, world->maildir,
                       history->maildirpp ? "maildir++" : "nested", history->expunge ? "expunge" : "trash",
                       history->attic ? 7 : 0, history->holds ? "" : "max-delete=off\n");
  g_autoptr (GError) error = NULL;

  if (!g_file_set_contents (path, text, -1, &error) || g_chmod (path, 0600) != 0)
    g_error ("%s", path);
  return path;
}

static void
connect_client (HistoryWorld *world)
{
  world->client = imap_client_new (world->server->imap_port, world->user, world->server->password);
}

/* The server has all mailboxes at first, but for those that it has for everybody. */
static void
create_mailboxes (HistoryWorld *world)
{
  const GPtrArray *mailboxes = world->history->mailboxes;
  g_auto (GStrv) present = imap_client_list (world->client);

  for (guint i = 0; present[i] != NULL; i++)
    history_model_create_mailbox (world->model, HISTORY_REMOTE, present[i]);
  for (guint i = 0; i < mailboxes->len; i++)
    {
      const char *name = g_ptr_array_index (mailboxes, i);

      if (!g_strv_contains ((const char *const *)present, name))
        {
          imap_client_create (world->client, name);
          history_model_create_mailbox (world->model, HISTORY_REMOTE, name);
        }
      history_world_add_mailbox (world, name);
    }
}

HistoryWorld *
history_world_new (const History *history, ServerFixture *server)
{
  HistoryWorld *world = g_new0 (HistoryWorld, 1);
  g_autoptr (GError) error = NULL;

  world->history = history;
  world->server = server;
  world->log = g_string_new (NULL);
  world->model = history_model_new (history->expunge, history_world_keeps_parents (world));
  for (guint side = 0; side < 2; side++)
    world->mailboxes[side] = g_ptr_array_new_with_free_func (g_free);
  world->user = server_fixture_new_user (server);
  world->directory = g_dir_make_tmp ("dovetail-history-XXXXXX", &error);
  g_assert_no_error (error);
  world->maildir = g_build_filename (world->directory, "mail", NULL);
  world->config = write_config (world, "config", server->imap_port);
  world->offline_config = write_config (world, "offline", reserve_port (&world->dead_socket));
  connect_client (world);
  create_mailboxes (world);
  return world;
}

static void
remove_file (GFile *file)
{
  g_autoptr (GFileEnumerator) children = g_file_enumerate_children (
      file, G_FILE_ATTRIBUTE_STANDARD_NAME, G_FILE_QUERY_INFO_NOFOLLOW_SYMLINKS, NULL, NULL);
  GFile *child;

  while (children != NULL && g_file_enumerator_iterate (children, NULL, &child, NULL, NULL) && child != NULL)
    remove_file (child);
  g_file_delete (file, NULL, NULL);
}

void
history_remove_tree (const char *path)
{
  g_autoptr (GFile) file = g_file_new_for_path (path);

  remove_file (file);
}

void
history_world_free (HistoryWorld *world)
{
  history_remove_tree (world->directory);
  close (world->dead_socket);
  imap_client_free (world->client);
  history_model_free (world->model);
  for (guint side = 0; side < 2; side++)
    g_ptr_array_unref (world->mailboxes[side]);
  g_string_free (world->log, TRUE);
  g_free (world->user);
  g_free (world->directory);
  g_free (world->maildir);
  g_free (world->config);
  g_free (world->offline_config);
  g_free (world);
}

void
history_world_log (HistoryWorld *world, const char *format, ...)
{
  va_list list;

  va_start (list, format);
  g_string_append_vprintf (world->log, format, list);
  va_end (list);
  g_string_append_c (world->log, '\n');
}

gboolean
history_world_keeps_parents (HistoryWorld *world)
{
  return g_str_equal (world->server->kind, "cyrus");
}

gboolean
history_world_has_less (HistoryWorld *world)
{
  return g_strv_contains ((const char *const *)world->server->options, "--capability");
}

gboolean
history_world_may_delete (HistoryWorld *world, guint count)
{
  if (world->history->holds && world->deletions + count > 9)
    return FALSE;
  world->deletions += count;
  return TRUE;
}

void
history_world_add_mailbox (HistoryWorld *world, const char *name)
{
  for (guint side = 0; side < 2; side++)
    if (!g_ptr_array_find_with_equal_func (world->mailboxes[side], name, g_str_equal, NULL))
      g_ptr_array_add (world->mailboxes[side], g_strdup (name));
}

void
history_world_drop_mailbox (HistoryWorld *world, HistorySide side, const char *name)
{
  guint index;

  if (g_ptr_array_find_with_equal_func (world->mailboxes[side], name, g_str_equal, &index))
    g_ptr_array_remove_index (world->mailboxes[side], index);
}

void
history_world_use_mailboxes (HistoryWorld *world, HistorySide side, const char *const *names)
{
  GPtrArray *mailboxes = world->mailboxes[side];

  g_ptr_array_set_size (mailboxes, 0);
  for (; *names != NULL; names++)
    g_ptr_array_add (mailboxes, g_strdup (*names));
  if (!g_ptr_array_find_with_equal_func (mailboxes, "INBOX", g_str_equal, NULL))
    g_ptr_array_add (mailboxes, g_strdup ("INBOX"));
}

const char *
history_world_pick_mailbox (HistoryWorld *world, HistorySide side, guint32 to)
{
  const char *best = NULL;

  for (guint i = 0; i < world->mailboxes[side]->len; i++)
    {
      const char *name = g_ptr_array_index (world->mailboxes[side], i);

      if (best == NULL || history_hash (to, name) < history_hash (to, best))
        best = name;
    }
  return best;
}

/* TRUE while the server still works for a client that is gone: what it has read it will carry out. */
static gboolean
server_is_behind (HistoryWorld *world)
{
  g_autofree char *text = NULL;
  g_auto (GStrv) lines = NULL;

  g_assert_true (g_file_get_contents ("/proc/net/tcp", &text, NULL, NULL));
  lines = g_strsplit (text, "\n", -1);
  for (guint i = 0; lines[i] != NULL; i++)
    {
      unsigned int port, state;

      if (sscanf (lines[i], " %*u: %*8x:%4x %*8x:%*4x %2x", &port, &state) == 2 &&
          port == world->server->imap_port && state == CLOSE_WAIT)
        return TRUE;
    }
  return FALSE;
}

static void
wait_for_server (HistoryWorld *world)
{
  gint64 deadline = g_get_monotonic_time () + 20 * G_USEC_PER_SEC;

  while (server_is_behind (world))
    {
      if (g_get_monotonic_time () > deadline)
        g_error ("the server does not let go of a client that is gone");
      g_usleep (500);
    }
}

static void
limit_time (gpointer user_data)
{
  /* Outlives exec. */
  alarm (RUN_SECONDS);
}

static GStrv
make_environment (HistoryWorld *world, const char *record, guint kill_at, gboolean half)
{
  GStrv environment = g_get_environ ();
  const char *asan = g_environ_getenv (environment, "ASAN_OPTIONS");
  /* A sanitized program wants its runtime to be the first library: here it is the second. */
  g_autofree char *options =
      g_strdup_printf ("%s:exitcode=99:verify_asan_link_order=0", asan != NULL ? asan : "");
  g_autofree char *preload =
      g_strjoin (":", KILL_PRELOAD, g_environ_getenv (environment, "LD_PRELOAD"), NULL);
  g_autofree char *at = g_strdup_printf ("%u", kill_at);
  g_autofree char *state = g_build_filename (world->directory, "state", NULL);

  environment = g_environ_setenv (environment, "XDG_STATE_HOME", state, TRUE);
  environment = g_environ_setenv (environment, "ASAN_OPTIONS", options, TRUE);
  if (kill_at == 0)
    return environment;
  environment = g_environ_setenv (environment, "LD_PRELOAD", preload, TRUE);
  environment = g_environ_setenv (environment, "KILL_RECORD", record, TRUE);
  environment = g_environ_setenv (environment, "KILL_AT", at, TRUE);
  if (half)
    environment = g_environ_setenv (environment, "KILL_HALF", "1", TRUE);
  return environment;
}

static void
log_lines (HistoryWorld *world, const char *text)
{
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);

  for (guint i = 0; lines[i] != NULL; i++)
    if (*lines[i] != '\0')
      history_world_log (world, "      | %s", lines[i]);
}

static int
run (HistoryWorld *world, const char *config, const char *const *command, guint kill_at, gboolean half,
     KillRecord *record)
{
  const char *argv[] = { DOVETAIL, "--config", config, command[0], command[1], command[2], NULL };
  g_autofree char *path = g_build_filename (world->directory, "record", NULL);
  g_auto (GStrv) environment = make_environment (world, path, kill_at, half);
  g_autofree char *output = NULL;
  g_autofree char *errors = NULL;
  g_autofree char *content = NULL;
  g_autoptr (GError) error = NULL;
  gsize length;
  int status;

  /* A mailbox that is selected by name may be renamed or deleted meanwhile. */
  imap_client_select (world->client, "EXAMINE", "INBOX");
  g_assert_true (g_file_set_contents (path, (const char *)record, sizeof *record, NULL));
  if (!g_spawn_sync (NULL, (char **)argv, environment, G_SPAWN_DEFAULT, limit_time, NULL, &output, &errors,
                     &status, &error))
    g_error ("%s", error->message);
  log_lines (world, errors);
  log_lines (world, output);
  g_assert_true (g_file_get_contents (path, &content, &length, NULL) && length == sizeof *record);
  memcpy (record, content, sizeof *record);
  return status;
}

static int
exit_status (int status)
{
  return WIFEXITED (status) ? WEXITSTATUS (status) : 128 + WTERMSIG (status);
}

int
history_world_sync (HistoryWorld *world, guint kill_at, gboolean half)
{
  KillRecord record = { 0 };
  int status = run (world, world->config, sync_command, kill_at, half, &record);

  if (record.last_call[0] != '\0' && WIFSIGNALED (status) && WTERMSIG (status) == SIGKILL)
    {
      history_world_log (world, "      killed %s step %u: %s", half ? "within" : "after", kill_at,
                         record.last_call);
      wait_for_server (world);
      return -1;
    }
  if (WIFSIGNALED (status))
    history_world_log (world, "      ended by signal %d", WTERMSIG (status));
  return exit_status (status);
}

int
history_world_sync_offline (HistoryWorld *world)
{
  KillRecord record = { 0 };

  return exit_status (run (world, world->offline_config, sync_command, 0, FALSE, &record));
}

int
history_world_release (HistoryWorld *world, gboolean restore)
{
  const char *const command[] = { "release", restore ? "--restore" : "a", restore ? "a" : NULL };
  KillRecord record = { 0 };

  return exit_status (run (world, world->config, command, 0, FALSE, &record));
}

void
history_world_restart (HistoryWorld *world)
{
  imap_client_free (world->client);
  server_fixture_halt (world->server);
  server_fixture_resume (world->server);
  connect_client (world);
}
