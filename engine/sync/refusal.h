/* What a server's NO or BAD to one operation means (field notes 3h). */
#pragma once

#include "account-sync.h"

/* TRUE when trying again later can't help as long as message and mailbox stay as they are: the operation is
 * kept as refused. FALSE: it stays queued and is tried again at the next run (quota, throttling, a busy
 * mailbox). */
gboolean refusal_is_final (const ImapResult *result);

/* Names the refused operation as left; a final one is also marked so in the queue, inside a transaction of
 * its own. Not tried again in this run either way. `what` completes "the server refused ...". */
gboolean mailbox_sync_refuse (MailboxSync *mailbox, const PlanOperation *operation, gboolean is_final,
                              const char *what, const char *reason, GError **error);
