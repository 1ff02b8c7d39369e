#include "sync-case.h"

#include <glib/gstdio.h>
#include <sys/wait.h>

static void
write_config (SyncCase *sync, const char *path, guint16 port, const char *mailboxes)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *text =
      g_strdup_printf ("[account test]\n"
                       "protocol=imap\n"
                       "host=127.0.0.1\n"
                       "port=%u\n"
                       "security=none\n"
                       "user=%s\n"
                       "password-command=echo %s\n"
                       "maildir=%s\n"
                       "layout=%s\n"
                       "mailboxes=%s\n"
                       "%s\n",
                       port, sync->user, sync->server->password, sync->maildir,
                       sync->names.maildirpp ? "maildir++" : "nested", mailboxes, sync->settings);

  if (!g_file_set_contents_full (path, text, -1, G_FILE_SET_CONTENTS_CONSISTENT, 0600, &error))
    g_error ("%s", error->message);
}

void
sync_case_configure (SyncCase *sync, const char *mailboxes)
{
  write_config (sync, sync->config, sync->server->imap_port, mailboxes);
}

SyncCase *
sync_case_new (ServerFixture *server, const SyncNames *names, const char *program, const char *mailboxes,
               const char *settings)
{
  SyncCase *sync = g_new0 (SyncCase, 1);
  g_autoptr (GError) error = NULL;
  g_autofree char *state = NULL;

  sync->server = server;
  sync->user = server_fixture_new_user (server);
  sync->directory = g_dir_make_tmp ("dovetail-sync-XXXXXX", &error);
  if (sync->directory == NULL)
    g_error ("%s", error->message);
  state = g_build_filename (sync->directory, "state", NULL);
  sync->maildir = g_build_filename (sync->directory, "mail", NULL);
  sync->attic = g_build_filename (state, "dovetail", "test", "attic", NULL);
  sync->config = g_build_filename (sync->directory, "config", NULL);
  sync->mailboxes = g_strsplit (mailboxes, ";", -1);
  sync->names = *names;
  sync->settings = g_strdup (settings != NULL ? settings : "");
  sync_case_configure (sync, mailboxes);

  sync->environment = g_environ_setenv (g_get_environ (), "XDG_STATE_HOME", state, TRUE);
  sync->argv[0] = (char *)(program != NULL ? program : DOVETAIL_PROGRAM);
  sync->argv[1] = (char *)"--config";
  sync->argv[2] = sync->config;
  sync->argv[3] = (char *)"sync";
  return sync;
}

/* Descriptors are left alone: closing them would need a copy of this process, and it grows in thousands of
 * runs. */
#define SPAWN_FLAGS (G_SPAWN_SEARCH_PATH | G_SPAWN_LEAVE_DESCRIPTORS_OPEN)

static void
run_shell (const char *command)
{
  const char *argv[] = { "sh", "-c", command, NULL };
  g_autofree char *errors = NULL;
  g_autoptr (GError) error = NULL;
  int status;

  if (!g_spawn_sync (NULL, (char **)argv, NULL, SPAWN_FLAGS, NULL, NULL, NULL, &errors, &status, &error) ||
      !g_spawn_check_wait_status (status, &error))
    g_error ("%s: %s\n%s", command, error->message, errors != NULL ? errors : "");
}

void
sync_case_free (SyncCase *sync)
{
  g_autofree char *remove = g_strdup_printf ("rm -rf '%s'", sync->directory);

  run_shell (remove);
  g_free (sync->user);
  g_free (sync->directory);
  g_free (sync->maildir);
  g_free (sync->attic);
  g_free (sync->config);
  g_free (sync->settings);
  g_strfreev (sync->mailboxes);
  g_strfreev (sync->environment);
  g_free (sync);
}

ImapClient *
sync_case_connect (SyncCase *sync)
{
  return imap_client_new (sync->server->imap_port, sync->user, sync->server->password);
}

static SyncRun
run_program (SyncCase *sync, const char *config, const char *command, const char *option)
{
  const char *const argv[] = { sync->argv[0], "--config", config, command, option, NULL };
  SyncRun run = { 0 };
  g_autoptr (GError) error = NULL;
  int status;

  if (!g_spawn_sync (NULL, (char **)argv, sync->environment, SPAWN_FLAGS, NULL, NULL, &run.output,
                     &run.errors, &status, &error))
    g_error ("%s: %s", sync->argv[0], error->message);
  run.status = WIFEXITED (status) ? WEXITSTATUS (status) : -1;
  return run;
}

SyncRun
sync_case_run (SyncCase *sync)
{
  return run_program (sync, sync->config, "sync", NULL);
}

SyncRun
sync_case_run_only (SyncCase *sync, const char *mailbox)
{
  g_autofree char *target = g_strconcat ("test/", mailbox, NULL);

  return run_program (sync, sync->config, "sync", target);
}

SyncRun
sync_case_release (SyncCase *sync, gboolean restore)
{
  return run_program (sync, sync->config, "release", restore ? "--restore" : NULL);
}

/* (transfer full): holds a port of 127.0.0.1 that nobody else gets and nobody answers at. */
static GSocket *
hold_deaf_port (guint16 *port)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GInetAddress) loopback = g_inet_address_new_loopback (G_SOCKET_FAMILY_IPV4);
  g_autoptr (GSocketAddress) any = g_inet_socket_address_new (loopback, 0);
  g_autoptr (GSocketAddress) bound = NULL;
  GSocket *socket = g_socket_new (G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, &error);

  if (socket == NULL || !g_socket_bind (socket, any, FALSE, &error))
    g_error ("%s", error->message);
  bound = g_socket_get_local_address (socket, NULL);
  *port = g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (bound));
  return socket;
}

SyncRun
sync_case_run_offline (SyncCase *sync)
{
  g_autofree char *config = g_build_filename (sync->directory, "offline", NULL);
  guint16 port;
  g_autoptr (GSocket) deaf = hold_deaf_port (&port);

  write_config (sync, config, port, "*");
  return run_program (sync, config, "sync", NULL);
}

void
sync_run_clear (SyncRun *run)
{
  g_clear_pointer (&run->output, g_free);
  g_clear_pointer (&run->errors, g_free);
}

guint
sync_case_run_killed (SyncCase *sync, guint step, gboolean half, char **killed)
{
  KillSweep sweep = { .argv = (const char *const *)sync->argv,
                      .environment = (const char *const *)sync->environment };

  return kill_sweep_run_once (&sweep, step, half, killed);
}

void
sync_case_wait_quiet (SyncCase *sync)
{
  server_fixture_wait_quiet (sync->server);
}

static char *
commands_directory (SyncCase *sync)
{
  return g_build_filename (sync->server->directory, "home", sync->user, "commands", NULL);
}

void
sync_case_log_commands (SyncCase *sync)
{
  g_autofree char *path = commands_directory (sync);

  g_assert_cmpint (g_mkdir (path, 0777), ==, 0);
  g_assert_cmpint (g_chmod (path, 0777), ==, 0); /* the server may run as another user */
}

/* Lines of the server's log: the time, the tag, the command. */
static void
take_commands_of (const char *path, GStrvBuilder *commands)
{
  g_autofree char *text = NULL;
  g_auto (GStrv) lines = NULL;

  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  lines = g_strsplit (text, "\n", -1);
  for (guint i = 0; lines[i] != NULL; i++)
    {
      g_auto (GStrv) words = g_strsplit (g_strchomp (lines[i]), " ", 3);

      if (g_strv_length (words) == 3)
        g_strv_builder_add (commands, words[2]);
    }
}

GStrv
sync_case_take_commands (SyncCase *sync)
{
  g_autofree char *directory = commands_directory (sync);
  g_autofree char *remove = g_strdup_printf ("rm -rf '%s'", directory);
  g_autoptr (GStrvBuilder) commands = g_strv_builder_new ();
  g_autoptr (GDir) dir = NULL;
  const char *entry;

  sync_case_wait_quiet (sync);
  dir = g_dir_open (directory, 0, NULL);
  g_assert_nonnull (dir);
  while ((entry = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename (directory, entry, NULL);

      if (g_str_has_suffix (entry, ".in"))
        take_commands_of (path, commands);
    }
  run_shell (remove);
  return g_strv_builder_end (commands);
}

/* (transfer full): copies what the case consists of between the live places and `saved/`. */
static char *
copy_command (SyncCase *sync, gboolean back)
{
  g_autofree char *home = g_build_filename (sync->server->directory, "home", sync->user, NULL);
  g_autofree char *local = g_strdup_printf ("cd '%s' && %s", sync->directory,
                                            back ? "rm -rf mail state && cp -a saved/mail saved/state ."
                                                 : "mkdir saved && cp -a mail state saved");
  g_autofree char *remote = back ? g_strdup_printf ("rm -rf '%s' && cp -a saved/home '%s'", home, home)
                                 : g_strdup_printf ("cp -a '%s' saved/home", home);

  return g_strdup_printf ("%s && %s", local, remote);
}

void
sync_case_save (SyncCase *sync)
{
  g_autofree char *command = copy_command (sync, FALSE);

  sync_case_wait_quiet (sync);
  run_shell (command);
}

void
sync_case_restore (SyncCase *sync)
{
  g_autofree char *command = copy_command (sync, TRUE);

  sync_case_wait_quiet (sync);
  run_shell (command);
}
