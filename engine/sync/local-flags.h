/* Flags that were changed on the server, in the file names (contract C3.2, C3.3). */
#pragma once

#include "account-sync.h"

/* PLAN_LOCAL_FLAGS of every due mailbox: renamed, the directory synced, and the base of those that need no
 * word to the server. Before uploads, whose base takes over what the file says. One that can't be renamed is
 * closed. */
gboolean account_sync_apply_local_flags (AccountSync *account, GError **error);
