/* New and replaced messages go up (contract C1.3, C2.1, C3.1). */
#pragma once

#include "account-sync.h"

/* PLAN_UPLOAD and PLAN_REPLACE of every due mailbox: intent, APPEND, answer, base; in batches. */
gboolean account_sync_upload (AccountSync *account, GError **error);
