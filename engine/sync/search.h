/* Which of some UIDs are in the selected mailbox. */
#pragma once

#include "account-sync.h"

/* Adds to *found those of `uids` that the server knows. *refused: a tagged NO or BAD, so *found means
 * nothing. */
gboolean mailbox_sync_search_uids (MailboxSync *mailbox, const ImapUidSet *uids, ImapUidSet *found,
                                   gboolean *refused, GError **error);

/* Adds to *found the UIDs of the selected mailbox that are `first` or higher ("first:*" names the last
 * message even when its UID is lower: that one is left out). More than there are messages is a protocol
 * error. */
gboolean mailbox_sync_search_from (MailboxSync *mailbox, guint32 first, ImapUidSet *found, GError **error);
