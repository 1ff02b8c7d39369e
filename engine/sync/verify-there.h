/* Whether the server still holds what the journal says, before it is deleted or moved there. */
#pragma once

#include "account-sync.h"

/* Compares the SIZE and INTERNALDATE of these UIDs of the selected mailbox with the journal (contract C3.5).
 * `pending`: uid -> PlanOperation, each of a row. What the server does not know any more leaves it; so does
 * what is another message there: that is said, and its row forgotten, so that it is fetched. */
gboolean mailbox_sync_verify_there (MailboxSync *mailbox, GHashTable *pending, GError **error);
