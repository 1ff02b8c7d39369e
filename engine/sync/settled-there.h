/* What the server said, merged in order against the journal: messages that are as the base says are dropped
 * (plan-settled.h), so that memory follows what differs. */
#pragma once

#include "account-sync.h"

/* mailbox->remote holds PlanRemotes, sorted by UID. Those with a row among the UIDs from `first` to `last`
 * that has the same flags are dropped. Rows there that mailbox->there does not hold are added to
 * mailbox->gone, where `finds_gone`. One walk over the rows. */
gboolean mailbox_sync_drop_settled (MailboxSync *mailbox, guint32 first, guint32 last, gboolean finds_gone,
                                    GError **error);

/* Loads the rows of what is left in mailbox->remote, and of mailbox->gone; *n_new were without a row, *n_gone
 * are still in the base. What proves to be settled is dropped. `highest`: of the base. */
gboolean mailbox_sync_load_unsettled (MailboxSync *mailbox, guint32 highest, guint *n_new, guint *n_gone,
                                      GError **error);
