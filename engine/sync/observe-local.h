/* What the Maildir holds, compared with the base (architecture, step 1). */
#pragma once

#include "account-sync.h"

/* Looks at the directory of every due mailbox, with as much of the base as that concerns; then a second look
 * at all of them, so that a message that moves between mailboxes meanwhile is not taken for deleted (contract
 * C1.2). The content of new and replaced files is read and identified. */
gboolean account_sync_observe_local (AccountSync *account, GError **error);
