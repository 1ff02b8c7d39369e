/* The plan for the account as a whole (architecture, steps 2 and 3). */
#pragma once

#include "account-sync.h"

/* Plans every due mailbox from its observation, leaves out what is held, refused or was closed in this run,
 * and puts what goes to the server into the queue, in one transaction. *n_operations counts what is to be
 * done now. */
gboolean account_sync_plan (AccountSync *account, guint *n_operations, GError **error);

/* TRUE for what changes something on the server. */
gboolean plan_kind_is_for_server (PlanKind kind);

/* What plan_mailbox makes of the mailbox's observation; no holds, no queue. (transfer full) */
GArray *mailbox_sync_make_plan (MailboxSync *mailbox, GError **error);
