/* Changes of mailboxes themselves in the queue: what a run without a connection finds (contract C5.1). */
#pragma once

#include "account-sync.h"

/* Between journal_queue_begin and _end: queues CREATE, RENAME or DELETE of the mailbox where that is due.
 * *queued counts it. */
gboolean mailbox_sync_enqueue_itself (MailboxSync *mailbox, guint *queued, GError **error);
