/* The configuration file: a GKeyFile whose groups are [account NAME] (contract C9).
 *
 * A value ends at a "#" behind white space, and has GKeyFile's escapes (a backslash is written twice); but
 * password-command and token-command are taken exactly as they are written.
 *
 * Every complaint names file, group and key and says what to write instead; an unknown key names the nearest
 * known one. Accounts whose Maildirs are the same directory, or one inside the other, are refused (contract
 * C1.6).
 */
#pragma once

#include "account.h"

#define CONFIG_ERROR (config_error_quark ())
GQuark config_error_quark (void);
typedef enum
{
  CONFIG_ERROR_MISSING, /* no such file */
  CONFIG_ERROR_INVALID, /* the message says where and what to write */
} ConfigError;

/* (transfer full): $XDG_CONFIG_HOME/dovetail/config. */
char *config_default_path (void);

/* Reads `path`. Returns (transfer container, element-type Account) in file order, each with account_free as
 * element free function; at least one. A file that others can read is refused only if it holds a secret: it
 * never does. */
GPtrArray *config_load (const char *path, GError **error);
