/* What a matching by content leaves on one side only: said, and held when it is a large part (contract C2.2,
 * C2.3). */
#pragma once

#include "account-sync.h"

/* Inside a transaction: when `plan` would copy more than 10 messages and more than half of the mailbox (the
 * account's max-delete), the copying waits for `dovetail release`. */
gboolean mailbox_sync_hold_unmatched (MailboxSync *mailbox, const GArray *plan, GError **error);

/* Says how many messages were paired, and how many are only here or only there, when the mailbox's plan is
 * the first after a matching. */
void mailbox_sync_tell_matching (MailboxSync *mailbox);

/* The keys of operations that wait: (transfer full) (element-type char* -> GINT_TO_POINTER (FALSE)). */
GHashTable *mailbox_sync_load_unmatched (MailboxSync *mailbox, GError **error);
/* TRUE when the operation waits, which is noted in `unmatched`. */
gboolean mailbox_sync_is_unmatched (GHashTable *unmatched, const PlanOperation *operation);
/* Says what waits. What is planned no longer waits no longer. */
gboolean mailbox_sync_end_unmatched (MailboxSync *mailbox, GHashTable *unmatched, GError **error);
