/* Messages that are new on the server and that a file of the account holds already: copies, and what several
 * mailboxes show at once, as Gmail's labels do (contract C4.3). */
#pragma once

#include "account-sync.h"

/* Of the plans, when all else is decided: a download whose message is that of a row (arrived.h) becomes a
 * PLAN_CLONE; mailbox->sources says of which row. Not where that was tried in this run and did not work.
 *
 * Of several new ones that are one message, the first is downloaded and the others are left to the next
 * round, in which they find its file; once: should it not have come then, they are downloaded too. Without an
 * id only large ones are compared so, since it costs a fetch of header fields. */
gboolean account_sync_plan_clones (AccountSync *account, GError **error);

/* Carries them out: each file is copied, or shared where the file system can, under a name of its own, with
 * the server's flags and date; durable in the order of a download (arrivals.h). A copy that has not the row's
 * digest is thrown away, and the message is downloaded by the next round. */
gboolean account_sync_clone (AccountSync *account, GError **error);
