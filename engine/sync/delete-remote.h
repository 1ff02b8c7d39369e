/* What was deleted here goes on the server too (contract C1.3, C3.5). */
#pragma once

#include "account-sync.h"

/* PLAN_DELETE_REMOTE and PLAN_EXPUNGE_MARKED of every due mailbox. */
gboolean account_sync_delete_remote (AccountSync *account, GError **error);
