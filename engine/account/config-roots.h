/* No two accounts may share a directory (contract C1.6). */
#pragma once

#include <glib.h>

/* Refuses `accounts` (element-type Account) of which one's Maildir is another's or lies inside it, once
 * symbolic links are resolved as far as the path exists. A POP3 account that delivers into another's is no
 * conflict. */
gboolean config_roots_check (GPtrArray *accounts, GError **error);
