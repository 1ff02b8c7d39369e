/* Removing exactly some UIDs of the selected mailbox (contract C3.5). */
#pragma once

#include "account-sync.h"

/* \Deleted and UID EXPUNGE. Without UIDPLUS: what others marked is recorded in the journal, unmarked,
 * EXPUNGE, marked again. A refusal is reported as left; whoever calls looks afterwards what is gone. */
gboolean mailbox_sync_expunge (MailboxSync *mailbox, const ImapUidSet *uids, GError **error);
