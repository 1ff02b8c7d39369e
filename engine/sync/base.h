/* What changes in the base alone: nothing goes to the server, no file is touched. */
#pragma once

#include "account-sync.h"

/* PLAN_FORGET, PLAN_RELINK and PLAN_BASE_FLAGS of every due mailbox, in one transaction; before everything
 * else, since a forgotten row frees the base name that a pair or an upload may take. */
gboolean account_sync_apply_base (AccountSync *account, GError **error);

/* The rest of PLAN_FORGET, after everything else: messages gone there whose file is new in another mailbox.
 */
gboolean account_sync_forget_moved (AccountSync *account, GError **error);
