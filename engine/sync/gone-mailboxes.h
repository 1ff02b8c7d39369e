/* Mailboxes that are gone on one side (contract C6.2, C6.3).
 *
 * The plan treats such a side as observed and empty: what the base knows goes on the other side too, held
 * where contract C1.4 says so. What the base does not know waits; when all that is known has gone, the
 * mailbox itself goes, or comes back with just the rest.
 */
#pragma once

#include "account-sync.h"

/* TRUE when a LIST names the mailbox, and it can be selected. */
gboolean mailbox_items_have (const GPtrArray *items, const char *wire_name);

/* Of mailboxes that `items`, the first LIST, does not name: sets gone_there where the absence is believed, or
 * leaves the mailbox. */
gboolean account_sync_believe_gone (AccountSync *account, const GPtrArray *items, GError **error);

/* At the end of a round: mailboxes of which the base knows no message any more. *changed: something was done,
 * and what came back is due. */
gboolean account_sync_end_gone (AccountSync *account, gboolean *changed, GError **error);

/* Takes out of the plans what has to wait until the known messages of a mailbox have gone, and what waits for
 * that: a message that was moved into it leaves its old place later. */
void account_sync_drop_waiting (AccountSync *account);
