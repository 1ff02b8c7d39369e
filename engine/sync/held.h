/* Holds over the account (contract C1.4): what the plan would delete and may not yet. */
#pragma once

#include "account-sync.h"

/* Takes held deletions out of the plans, records them as holds and names them with the way on. A hold that
 * was released goes through; one whose deletion is no longer planned ends. */
gboolean account_sync_apply_holds (AccountSync *account, GError **error);
