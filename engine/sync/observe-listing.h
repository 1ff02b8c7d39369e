/* All messages on the server, where their changes alone can't be asked for or do not add up.
 *
 * They are asked for a window of the base at a time, and each window is merged with the journal while the
 * next one comes: what both say alike is dropped, so that memory follows the window and what differs, not the
 * mailbox. Then the look is like one at changes only (observe-changes.h): `from_base`. The whole base is
 * loaded only where every row of it counts: its directory is gone, or it has to be paired afresh.
 */
#pragma once

#include "account-sync.h"
#include "../journal/journal-prints.h"

/* Fills mailbox->remote, there, gone, n_remote and remote_complete. *refusal (transfer full) (nullable): the
 * server's words. */
gboolean
mailbox_sync_list_all (MailboxSync *mailbox, const ImapSelected *selected, char **refusal, GError **error);

/* Before SELECT: what it will ask, sent ahead. *foretold FALSE: not all of it. */
gboolean mailbox_sync_foretell_listing (MailboxSync *mailbox, gboolean *foretold, GError **error);
