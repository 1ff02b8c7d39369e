#include "secret.h"
#include "secret-command.h"
#include "secret-line.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define COMMAND_LIMIT_MS (60 * 1000)

G_DEFINE_QUARK (secret - error - quark, secret_error)

/* (transfer full) (nullable): where systemd puts the account's credential (systemd.exec(5)). */
static char *
credential_path (const Account *account)
{
  const char *directory = g_getenv ("CREDENTIALS_DIRECTORY");
  g_autofree char *name = NULL;

  if (directory == NULL || !g_path_is_absolute (directory))
    return NULL;
  name = g_strconcat (account->name, ".password", NULL);
  return g_build_filename (directory, name, NULL);
}

static gboolean
read_line (int fd, SecretLine *line, GError **error)
{
  while (!line->complete)
    {
      ssize_t count = read (fd, secret_line_room (line), SECRET_READ_SIZE);

      if (count == 0)
        return TRUE;
      if (count < 0 && errno == EINTR)
        continue;
      if (count < 0)
        {
          g_set_error (error, SECRET_ERROR, SECRET_ERROR_UNAVAILABLE, "can't be read: %s; make it readable",
                       g_strerror (errno));
          return FALSE;
        }
      if (!secret_line_add (line, (gsize)count, error))
        return FALSE;
    }
  return TRUE;
}

/* A credential that is not there is no error, and no secret. */
static char *
lookup_credential (const Account *account, GError **error)
{
  g_autofree char *path = credential_path (account);
  g_autoptr (SecretLine) line = NULL;
  char *secret = NULL;
  int fd;

  fd = path != NULL ? open (path, O_RDONLY | O_CLOEXEC | O_NONBLOCK) : -1;
  if (fd < 0 && (path == NULL || errno == ENOENT))
    return NULL;
  line = secret_line_new ();
  if (fd < 0)
    g_set_error (error, SECRET_ERROR, SECRET_ERROR_UNAVAILABLE, "can't be opened: %s; make it readable",
                 g_strerror (errno));
  else if (read_line (fd, line, error))
    secret = secret_line_finish (line, error);
  if (fd >= 0)
    close (fd);
  if (secret == NULL)
    g_prefix_error (error, "credential %s: ", path);
  return secret;
}

/* The command itself is not named in an error: it may hold what it is to tell. */
static char *
run_command (const char *key, const char *command, GCancellable *cancellable, GError **error)
{
  char *secret = secret_command_run (command, COMMAND_LIMIT_MS, cancellable, error);

  if (secret == NULL)
    g_prefix_error (error, "%s: ", key);
  return secret;
}

static char *
lookup_by_command (const Account *account, GCancellable *cancellable, GError **error)
{
  if (account->password_command == NULL)
    {
      g_set_error (error, SECRET_ERROR, SECRET_ERROR_UNAVAILABLE,
                   "there is no password; write password-command= below [account %s], or give systemd a "
                   "credential %s.password",
                   account->name, account->name);
      return NULL;
    }
  return run_command ("password-command", account->password_command, cancellable, error);
}

char *
secret_lookup_password (const Account *account, GCancellable *cancellable, GError **error)
{
  g_autoptr (GError) failure = NULL;
  char *secret;

  if (account->token_command != NULL)
    return run_command ("token-command", account->token_command, cancellable, error);
  secret = lookup_credential (account, &failure);
  if (secret != NULL)
    return secret;
  if (failure != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&failure));
      return NULL;
    }
  return lookup_by_command (account, cancellable, error);
}

void
secret_free (char *secret)
{
  if (secret == NULL)
    return;
  explicit_bzero (secret, strlen (secret));
  g_free (secret);
}
