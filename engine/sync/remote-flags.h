/* Flags that were changed here, on the server (contract C3, C3.4). */
#pragma once

#include "account-sync.h"

/* PLAN_REMOTE_FLAGS of every due mailbox: a STORE for each set of messages that get the same flags, a look at
 * what the server holds afterwards, and the base.
 *
 * Where the observation has a HIGHESTMODSEQ to rely on, the first STORE of a message is for UNCHANGEDSINCE it
 * (RFC 7162 section 3.1.3). What the server passes over, or does not change, keeps its base and is planned
 * anew by the next round, whose STORE is a plain one: what a server says of MODSEQ can cost a round, and no
 * more. A server that takes no such STORE is remembered. */
gboolean account_sync_apply_remote_flags (AccountSync *account, GError **error);
