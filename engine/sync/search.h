/* Which of some UIDs are in the selected mailbox. */
#pragma once

#include "account-sync.h"

/* Adds to *found those of `uids` that the server knows. *refused: a tagged NO or BAD, so *found means
 * nothing. */
gboolean mailbox_sync_search_uids (MailboxSync *mailbox, const ImapUidSet *uids, ImapUidSet *found,
                                   gboolean *refused, GError **error);
