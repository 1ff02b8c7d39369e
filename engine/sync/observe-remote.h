/* What the server holds, compared with the base (architecture, step 1; contract C1.2, C2.3). */
#pragma once

#include "account-sync.h"

/* Selects every due mailbox, settles what a crash left, loads its base and fills remote, uidvalidity, uidnext
 * and permanent flags. remote_complete only after a tagged OK with distinct UIDs whose count equals EXISTS.
 * After a reset UIDVALIDITY, or a UIDNEXT that fell, the base of that mailbox is forgotten: its messages are
 * paired afresh, nothing is deleted. */
gboolean account_sync_observe_remote (AccountSync *account, GError **error);
