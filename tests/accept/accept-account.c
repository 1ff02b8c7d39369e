#include "accept-account.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void
run_tool (const char *const *argv)
{
  g_autoptr (GError) error = NULL;
  int status;

  g_spawn_sync (NULL, (char **)argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL, &status, &error);
  g_assert_no_error (error);
  g_assert_cmpint (status, ==, 0);
}

void
accept_copy_tree (const char *from, const char *to)
{
  run_tool ((const char *const[]){ "cp", "-a", "-T", from, to, NULL });
}

void
accept_remove_tree (const char *path)
{
  run_tool ((const char *const[]){ "rm", "-rf", path, NULL });
}

/* The environment of somebody who has just logged in. */
static char **
make_environment (const char *home)
{
  static const char *const unset[] = { "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_RUNTIME_DIR",
                                       "CREDENTIALS_DIRECTORY", "LANGUAGE" };
  char **environment = g_get_environ ();

  for (guint i = 0; i < G_N_ELEMENTS (unset); i++)
    environment = g_environ_unsetenv (environment, unset[i]);
  environment = g_environ_setenv (environment, "HOME", home, TRUE);
  environment = g_environ_setenv (environment, "LC_ALL", "C.UTF-8", TRUE);
  return g_environ_setenv (environment, "TZ", "UTC", TRUE);
}

ServerFixture *
accept_server_start (const char *kind)
{
  static const char *const dovecot_options[] = { "--no-fsync", NULL };

  return server_fixture_start (kind, g_str_equal (kind, "dovecot") ? dovecot_options : NULL);
}

AcceptAccount *
accept_account_new (ServerFixture *server, const char *user)
{
  AcceptAccount *account = g_new0 (AcceptAccount, 1);
  g_autoptr (GError) error = NULL;

  account->server = server;
  account->home = g_dir_make_tmp ("dovetail-accept-XXXXXX", &error);
  g_assert_no_error (error);
  account->user = user != NULL ? g_strdup (user) : server_fixture_new_user (server);
  account->maildir = accept_account_path (account, "Mail");
  account->state = accept_account_path (account, ".local/state/dovetail/work");
  account->environment = make_environment (account->home);
  accept_account_configure (account, NULL);
  return account;
}

void
accept_account_free (AcceptAccount *account)
{
  accept_remove_tree (account->home);
  g_free (account->home);
  g_free (account->user);
  g_free (account->maildir);
  g_free (account->state);
  g_strfreev (account->environment);
  g_free (account);
}

char *
accept_account_path (const AcceptAccount *account, const char *relative)
{
  return g_build_filename (account->home, relative, NULL);
}

char *
accept_account_group (const AcceptAccount *account, const char *more)
{
  return g_strdup_printf ("host=localhost\nport=%u\nsecurity=tls\ntls-ca-file=%s\nuser=%s\n"
                          "password-command=echo %s\nmaildir=%s\n%s\n",
                          account->server->imaps_port, account->server->ca_file, account->user,
                          account->server->password, account->maildir, more != NULL ? more : "");
}

void
accept_account_configure_whole (const AcceptAccount *account, const char *text)
{
  g_autofree char *path = accept_account_path (account, ".config/dovetail/config");
  g_autofree char *directory = g_path_get_dirname (path);
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (g_mkdir_with_parents (directory, 0700), ==, 0);
  g_file_set_contents (path, text, -1, &error);
  g_assert_no_error (error);
}

void
accept_account_configure (const AcceptAccount *account, const char *more)
{
  g_autofree char *group = accept_account_group (account, more);
  g_autofree char *text = g_strconcat ("[account work]\n", group, NULL);

  accept_account_configure_whole (account, text);
}

ImapClient *
accept_account_client (const AcceptAccount *account)
{
  return imap_client_new (account->server->imap_port, account->user, account->server->password);
}

void
accept_run_clear (AcceptRun *run)
{
  g_free (run->out);
  g_free (run->err);
}

static int
open_output (const AcceptAccount *account, char **path)
{
  int fd;

  *path = accept_account_path (account, "output-XXXXXX");
  fd = g_mkstemp (*path);
  g_assert_cmpint (fd, >=, 0);
  return fd;
}

void
accept_process_start (AcceptProcess *process, const AcceptAccount *account, const char *program,
                      const char *arguments)
{
  g_autofree char *line =
      g_strdup_printf ("'%s' %s", program != NULL ? program : DOVETAIL_PROGRAM, arguments);
  g_auto (GStrv) argv = NULL;
  g_autoptr (GError) error = NULL;
  int out = open_output (account, &process->out_path);
  int err = open_output (account, &process->err_path);

  g_shell_parse_argv (line, NULL, &argv, &error);
  g_assert_no_error (error);
  g_spawn_async_with_fds (account->home, argv, account->environment, G_SPAWN_DO_NOT_REAP_CHILD, NULL, NULL,
                          &process->pid, -1, out, err, &error);
  g_assert_no_error (error);
  g_test_message ("dovetail %s", arguments);
  close (out);
  close (err);
}

static char *
take_output (char *path)
{
  g_autoptr (GError) error = NULL;
  char *content;

  g_file_get_contents (path, &content, NULL, &error);
  g_assert_no_error (error);
  g_unlink (path);
  g_free (path);
  return content;
}

AcceptRun
accept_process_finish (AcceptProcess *process)
{
  AcceptRun run = { 0 };
  int status;

  g_assert_cmpint (waitpid (process->pid, &status, 0), ==, process->pid);
  run.out = take_output (process->out_path);
  run.err = take_output (process->err_path);
  run.status = WIFEXITED (status) ? WEXITSTATUS (status) : 128 + WTERMSIG (status);
  g_test_message ("exit %d\n%.4000s%.4000s", run.status, run.out, run.err);
  return run;
}

AcceptRun
accept_account_run (const AcceptAccount *account, const char *arguments)
{
  AcceptProcess process;

  accept_process_start (&process, account, NULL, arguments);
  return accept_process_finish (&process);
}

char *
accept_account_sync (const AcceptAccount *account, int status)
{
  g_auto (AcceptRun) run = accept_account_run (account, "sync");

  g_assert_cmpint (run.status, ==, status);
  return g_steal_pointer (&run.err);
}
