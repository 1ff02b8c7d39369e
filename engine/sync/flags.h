/* Flags go to both sides, and the base follows (contract C3, C3.2 to C3.4). */
#pragma once

#include "account-sync.h"

/* PLAN_LOCAL_FLAGS, then PLAN_REMOTE_FLAGS in sets, then the base with PLAN_BASE_FLAGS, PLAN_RELINK and
 * PLAN_FORGET; every due mailbox. */
gboolean account_sync_apply_flags (AccountSync *account, GError **error);
