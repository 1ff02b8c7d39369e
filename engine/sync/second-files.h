/* Files for which Gmail has one message: what that means for plans (gmail.h). */
#pragma once

#include "account-sync.h"

/* Of the plans: a new or changed file whose content the mailbox has already, on both sides, will not get a
 * message of its own there. It becomes a PLAN_REMOVE_SECOND instead of an upload; what it was moved from is
 * left there by an expunge, and no deletion. */
gboolean account_sync_find_second_files (AccountSync *account, GError **error);

/* After the moves are found, for the holds: what is gone on the server from one mailbox and is still shown by
 * another was not deleted (account->remote_moves). */
gboolean account_sync_find_shown_elsewhere (AccountSync *account, GError **error);

/* What was moved here out of All Mail stays in it: such deletions become a PLAN_FORGET, and the message comes
 * back. */
void account_sync_keep_in_all_mail (AccountSync *account);

/* PLAN_REMOVE_SECOND: while the other file is there and holds this content, the second one goes into the
 * attic. Flags that were changed on its way from another mailbox pass to the other one. */
gboolean account_sync_remove_second_files (AccountSync *account, GError **error);
