/* Flags that were changed here, on the server (contract C3, C3.4). */
#pragma once

#include "account-sync.h"

/* PLAN_REMOTE_FLAGS of every due mailbox: a STORE for each set of messages that get the same flags, a look at
 * what the server holds afterwards, and the base. */
gboolean account_sync_apply_remote_flags (AccountSync *account, GError **error);
