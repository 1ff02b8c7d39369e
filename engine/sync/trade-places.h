/* Directories of mailboxes that traded their names on the server, in a chain or a circle: A to B while B to
 * A.
 *
 * Each steps aside under a name that no mailbox has, then takes its place; the journal follows step by step,
 * and says (JournalMailbox.bound_for) what is left to do, so that a run that was killed is finished by the
 * next. At most one step is ahead of the journal, and the directory aside tells whether it was taken:
 *
 *   bound_for ""    directory D   D, or aside already
 *   bound_for ""    aside         aside; its place is not chosen yet
 *   bound_for X     aside         aside, or at X already
 *   bound_for NULL  X             done
 */
#pragma once

#include "account-sync.h"

/* Moves all directories that are bound for another place, and those of what lies below them. Rows of
 * account->mailboxes follow; their boxes stay open, but for the path in their messages. */
gboolean account_sync_trade_places (AccountSync *account, GError **error);

/* Where a mailbox's directory is while it is aside: hidden from clients. (transfer full) */
char *account_sync_place_aside (const AccountSync *account, gint64 mailbox);
