/* The file of a message of the base, also of one whose row this round did not load. */
#pragma once

#include "account-sync.h"

/* Where it is by all that is known; that it is there, opening it tells. The strings of *place are the
 * mailbox's, good for this round. */
MaildirPlace mailbox_sync_place_row (MailboxSync *mailbox, const JournalMessage *row);

/* (nullable) the mailbox with this journal id, if it has files that can be read. */
MailboxSync *account_sync_find_files (AccountSync *account, gint64 mailbox);
