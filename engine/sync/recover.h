/* What a crash left behind and no observation can tell. */
#pragma once

#include "account-sync.h"

/* Staged rows (contract C2.1): the file in tmp/ is finished, a visible one is present, a missing one is
 * forgotten and fetched again, as all are where the directory is gone. Then what else a crash left in tmp/
 * long ago goes. */
gboolean account_sync_finish_staged (AccountSync *account, GError **error);

/* Puts \Deleted back on messages of others from which it was taken for a bare EXPUNGE (contract C3.5). The
 * mailbox is selected. */
gboolean mailbox_sync_restore_unmarked (MailboxSync *mailbox, GError **error);
