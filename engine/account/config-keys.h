/* The keys of an [account NAME] group: their names, their defaults and what their values may be (contract
 * C9).
 */
#pragma once

#include "config.h"

typedef struct
{
  const char *name;
  const char *required_example; /* (nullable) a value to show where the key is missing; NULL: not required */
  gboolean verbatim;            /* the value has no escapes and no trailing comment: it is a command */

  /* Errors say what is wrong with the value and what to write; the caller puts the place before it. */
  gboolean (*set) (Account *account, const char *value, GError **error);
} ConfigKey;

/* All keys, in the contract's order; the last has a NULL name. */
const ConfigKey *config_keys (void);

/* (nullable) */
const ConfigKey *config_key_find (const char *name);

/* (nullable): the key that `name` most likely was to be. */
const ConfigKey *config_key_nearest (const char *name);

/* (transfer full): an account with all defaults, but for the port. */
Account *config_account_new (const char *name);

/* The port that belongs to protocol and security, where none was set. */
void config_account_complete (Account *account);
