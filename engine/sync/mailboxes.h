/* Which mailboxes there are: directories, journal and the server's LIST brought together in
 * account->mailboxes. What was created, renamed or deleted on one side, see renamed-here.h, renamed-there.h
 * and gone-mailboxes.h. */
#pragma once

#include "account-sync.h"

/* From journal and directories alone; what offline work needs. Directories without a journal row get one. */
gboolean account_sync_load_mailboxes (AccountSync *account, GError **error);

/* The server's LIST: rows and directories for mailboxes that are new there, CREATE for those that are new
 * here; renamings are carried over; what is gone is marked. */
gboolean account_sync_match_mailboxes (AccountSync *account, GError **error);

/* (nullable) the mailbox of this run with that journal id. */
MailboxSync *account_sync_find_id (AccountSync *account, gint64 id);
