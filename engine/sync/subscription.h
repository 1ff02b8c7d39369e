/* SUBSCRIBE of what is created or renamed on the server from here. The session sends it behind CREATE and
 * RENAME; where a run was killed in between, the next one makes up for it. */
#pragma once

#include "account-sync.h"

/* Before CREATE or RENAME: notes what is to be subscribed. One transaction. */
gboolean account_sync_intend_subscription (AccountSync *account, const char *wire_name, GError **error);
/* After it, within the transaction that records the mailbox. */
gboolean account_sync_end_subscription (AccountSync *account, GError **error);

/* With the server's LIST at hand: subscribes what a killed run did not come to. */
gboolean account_sync_finish_subscription (AccountSync *account, const GPtrArray *items, GError **error);
