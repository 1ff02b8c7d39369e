/* Deleted messages go to the mailbox marked \Trash (contract C3.5). */
#pragma once

#include "account-sync.h"

/* UID MOVE where offered; else UID COPY, a look at what really arrived there, and the removal of just that. A
 * COPY whose answer was lost is looked for before it is sent again. The mailbox is selected; another may be
 * afterwards. Refusals are reported as left. */
gboolean mailbox_sync_move_to_trash (MailboxSync *mailbox, const ImapUidSet *uids, GError **error);
