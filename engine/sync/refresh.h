/* Whether the UIDs of a mailbox's base still mean what they meant (contract C1.6, C2.3). */
#pragma once

#include "account-sync.h"

/* Why this mailbox has to be paired afresh, as SELECT shows it now; says so. Until rematch.c has done it, the
 * base in memory has no UIDs, and nothing is planned. */
JournalRefresh mailbox_sync_find_refresh (MailboxSync *mailbox, const ImapSelected *selected);

/* TRUE when SELECT shows what makes pairing afresh due. Says nothing: it may be another of our mailboxes. */
gboolean mailbox_sync_is_other (MailboxSync *mailbox, const ImapSelected *selected);
