/* What seems to be deleted here and may only lie where this run does not look (contract C1.2, C1.3). */
#pragma once

#include "account-sync.h"

/* Takes deletions out of the plans whose message is found in a directory that this run leaves alone although
 * it may hold the account's mail (a damaged mailbox, one that was not asked for, one whose name can't be a
 * mailbox's); all of them when such a directory can't be looked at. They are named and wait. */
gboolean account_sync_keep_misplaced (AccountSync *account, GError **error);
