/* The server's changes since the base was last complete (RFC 7162). */
#pragma once

#include "account-sync.h"

/* Fills mailbox->remote as a whole listing would: the base, less what is gone, with what changed or came
 * since row->quiet_modseq. *complete FALSE: the numbers do not add up, or the server refused; a whole listing
 * has to do. The base is loaded, the mailbox selected. */
gboolean mailbox_sync_fetch_changes (MailboxSync *mailbox, gboolean *complete, GError **error);
