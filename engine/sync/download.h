/* New messages come down (contract C1.3, C1.5, C2.1), and those that prove to be here already are paired
 * (C2.2). */
#pragma once

#include "account-sync.h"

/* PLAN_PAIR and PLAN_DOWNLOAD of every due mailbox, INBOX first, newest first: staged, renamed, present, in
 * batches that are committed as they come. Bodies stream to disk. */
gboolean account_sync_download (AccountSync *account, GError **error);
