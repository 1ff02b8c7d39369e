/* Where a password comes from: the systemd credential "ACCOUNT.password" ($CREDENTIALS_DIRECTORY) where it
 * exists, else password-command. With token-command it is the access token instead. It is never in a log, an
 * argument list, an environment or an error message.
 */
#pragma once

#include "account.h"
#include <gio/gio.h>

#define SECRET_ERROR (secret_error_quark ())
GQuark secret_error_quark (void);
typedef enum
{
  SECRET_ERROR_UNAVAILABLE, /* no source, the command failed, printed nothing, or took longer than 60 seconds
                             */
} SecretError;

/* (transfer full): memory that secret_free wipes. Blocks, iterating only a main context of its own. The
 * command runs without a controlling input (stdin is /dev/null), its stderr is the user's. */
char *secret_lookup_password (const Account *account, GCancellable *cancellable, GError **error);
void secret_free (char *secret);
