/* Which mailboxes there are: directories, journal and the server's LIST brought together in
 * account->mailboxes. */
#pragma once

#include "account-sync.h"

/* From journal and directories alone; what offline work needs. Directories without a journal row get one. */
gboolean account_sync_load_mailboxes (AccountSync *account, GError **error);

/* The server's LIST: rows and directories for mailboxes that are new there, and CREATE for those that are new
 * here. A mailbox that is gone on one side is named and left alone. */
gboolean account_sync_match_mailboxes (AccountSync *account, GError **error);
