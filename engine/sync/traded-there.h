/* Mailboxes that got each other's names on the server: renamed in a chain or a circle, A to B while B to A
 * (contract C6.1). A name then says nothing; UIDVALIDITY points at the one that may be meant, and what makes
 * two mailboxes the same (renamed-there.h) decides. */
#pragma once

#include "account-sync.h"

/* Rows whose mailbox is listed under another row's name get that name, and their directories follow
 * (trade-places.h); so do rows whose own name a new mailbox has now, which is added to `fresh`. One that is
 * nowhere, and whose name another of ours has now, is called "NAME (deleted)", which the server does not
 * list. `items` is LIST; `statuses` (nullable: to be asked for where they matter) what STATUS says of them;
 * `fresh` (of ListedMailbox) those that no row has. */
gboolean account_sync_follow_trades (AccountSync *account, const GPtrArray *items, const GPtrArray *statuses,
                                     GPtrArray *fresh, GError **error);
