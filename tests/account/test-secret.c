/* Contract C8: where a password comes from, and that it is not told. */
#include "../../engine/account/secret-command.h"
#include "../../engine/account/secret.h"

#include <glib/gstdio.h>
#include <string.h>

#define GENEROUS_MS 30000

static const struct
{
  const char *description;
  const char *command;
  const char *secret; /* (nullable) */
  const char *error;  /* (nullable) a part of the message */
} command_rows[] = {
  { "one line", "printf 'hunter2\\n'", "hunter2", NULL },
  { "no line end", "printf hunter2", "hunter2", NULL },
  { "only the first line", "printf 'hunter2\\nuser: alice\\nurl: x\\n'", "hunter2", NULL },
  { "CRLF", "printf 'hunter2\\r\\nx'", "hunter2", NULL },
  { "spaces belong to it", "printf ' hun ter2 \\n'", " hun ter2 ", NULL },
  { "not UTF-8", "printf '\\377\\n'", "\xff", NULL },
  { "much behind the line", "echo hunter2; head -c 1000000 /dev/zero", "hunter2", NULL },
  { "a process that keeps the output open", "echo hunter2; (exec 2>&-; sleep 5) &", "hunter2", NULL },
  { "standard input is empty", "cat; echo hunter2", "hunter2", NULL },
  { "nothing", "true", NULL, "the first line is empty" },
  { "an empty line", "echo; echo hunter2", NULL, "the first line is empty" },
  { "a failure", "echo hunter2; exit 3", NULL, "ended with status 3" },
  { "no such command", "exec /nonexistent/hunter2 2>&-", NULL, "ended with status 127" },
  { "a signal", "echo hunter2; kill -9 $$", NULL, "ended by signal 9" },
  { "a NUL", "printf 'hun\\0ter2\\n'", NULL, "holds a NUL" },
  { "a line without end", "yes hunter2 | head -c 200000 | tr -d '\\n'", NULL, "longer than 65536 octets" },
};

static void
test_command (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (command_rows); i++)
    {
      g_autoptr (GError) error = NULL;
      char *secret;

      g_test_message ("%s", command_rows[i].description);
      secret = secret_command_run (command_rows[i].command, GENEROUS_MS, NULL, &error);
      g_assert_cmpstr (secret, ==, command_rows[i].secret);
      if (command_rows[i].error != NULL)
        {
          g_assert_error (error, SECRET_ERROR, SECRET_ERROR_UNAVAILABLE);
          g_assert_nonnull (strstr (error->message, command_rows[i].error));
          g_assert_null (strstr (error->message, "hun"));
        }
      secret_free (secret);
    }
}

static void
test_command_limit (void)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (secret_command_run ("echo hunter2; exec sleep 1000", 50, NULL, &error));
  g_assert_error (error, SECRET_ERROR, SECRET_ERROR_UNAVAILABLE);
  g_assert_nonnull (strstr (error->message, "in time"));
}

static void
test_command_cancelled (void)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GError) error = NULL;

  g_cancellable_cancel (cancellable);
  g_assert_null (secret_command_run ("exec sleep 1000", GENEROUS_MS, cancellable, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

/* A directory of credentials, and what it holds for the account "work" (nullable: nothing). */
static char *
make_credentials (const char *content)
{
  char *directory = g_dir_make_tmp ("dovetail-secret-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (directory, "work.password", NULL);

  if (content != NULL)
    g_assert_true (g_file_set_contents (path, content, -1, NULL));
  g_assert_true (g_setenv ("CREDENTIALS_DIRECTORY", directory, TRUE));
  return directory;
}

static void
remove_credentials (char *directory)
{
  g_autofree char *path = g_build_filename (directory, "work.password", NULL);

  g_remove (path);
  g_assert_cmpint (g_rmdir (directory), ==, 0);
  g_unsetenv ("CREDENTIALS_DIRECTORY");
  g_free (directory);
}

static const struct
{
  const char *description;
  const char *credential;
  const char *command;
  const char *secret;
  const char *error;
} lookup_rows[] = {
  { "the credential comes first", "from-systemd\nx\n", "echo from-command", "from-systemd", NULL },
  { "no credential", NULL, "echo from-command", "from-command", NULL },
  { "no command", "from-systemd", NULL, "from-systemd", NULL },
  { "neither", NULL, NULL, NULL, "write password-command= below [account work]" },
  { "an empty credential is not passed over", "", "echo from-command", NULL, "the first line is empty" },
  { "a failing command", NULL, "exit 1 # hunter2", NULL, "password-command: it ended with status 1" },
};

static void
test_lookup (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (lookup_rows); i++)
    {
      g_autoptr (GError) error = NULL;
      char *directory = make_credentials (lookup_rows[i].credential);
      Account account = { .name = (char *)"work", .password_command = (char *)lookup_rows[i].command };
      char *secret;

      g_test_message ("%s", lookup_rows[i].description);
      secret = secret_lookup_password (&account, NULL, &error);
      g_assert_cmpstr (secret, ==, lookup_rows[i].secret);
      if (lookup_rows[i].error != NULL)
        {
          g_assert_error (error, SECRET_ERROR, SECRET_ERROR_UNAVAILABLE);
          g_assert_nonnull (strstr (error->message, lookup_rows[i].error));
          g_assert_null (strstr (error->message, "hunter2"));
        }
      secret_free (secret);
      remove_credentials (directory);
    }
}

/* A token is no password: what is kept as one is not given out for it. */
static void
test_lookup_token (void)
{
  g_autoptr (GError) error = NULL;
  char *directory = make_credentials ("from-systemd");
  Account account = { .name = (char *)"work", .token_command = (char *)"echo ya29.token; echo 3599" };
  char *secret = secret_lookup_password (&account, NULL, &error);

  g_assert_no_error (error);
  g_assert_cmpstr (secret, ==, "ya29.token");
  secret_free (secret);
  account.token_command = (char *)"exit 3";
  g_assert_null (secret_lookup_password (&account, NULL, &error));
  g_assert_error (error, SECRET_ERROR, SECRET_ERROR_UNAVAILABLE);
  g_assert_nonnull (strstr (error->message, "token-command: it ended with status 3"));
  remove_credentials (directory);
}

static void
test_lookup_without_systemd (void)
{
  Account account = { .name = (char *)"work", .password_command = (char *)"echo from-command" };
  char *secret;

  g_unsetenv ("CREDENTIALS_DIRECTORY");
  secret = secret_lookup_password (&account, NULL, NULL);
  g_assert_cmpstr (secret, ==, "from-command");
  secret_free (secret);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/account/secret/C8/command", test_command);
  g_test_add_func ("/account/secret/C8/command-limit", test_command_limit);
  g_test_add_func ("/account/secret/C8/command-cancelled", test_command_cancelled);
  g_test_add_func ("/account/secret/C8/lookup", test_lookup);
  g_test_add_func ("/account/secret/C8/lookup-token", test_lookup_token);
  g_test_add_func ("/account/secret/C8/lookup-without-systemd", test_lookup_without_systemd);
  return g_test_run ();
}
