/* Pairing a whole mailbox afresh, since its UIDs mean nothing any more (contract C2.3) or since journal,
 * Maildir or account are not the ones that belong together (C1.6).
 *
 * Messages of the base find their new UIDs by EMAILID or X-GM-MSGID, else by content: size, Message-ID and
 * Date, the header where several are alike, then a Message-ID and Date that are unique on both sides whatever
 * the size; the whole text only where these say nothing. Under new UIDs a message keeps its row, and with it
 * the changes that were not carried over yet. What is gone here keeps its row, and is deleted there later, only
 * if its EMAILID or its whole text was found there; else it comes back. After a restored backup or for another
 * account the base says nothing about changes: gone files come back, and flags of both sides are united.
 *
 * Rows without a partner go: their files are new here, as what nobody claimed is new there. All of it is one
 * transaction, in which also begins to wait what is on one side only, if that is a large part.
 */
#pragma once

#include "account-sync.h"

/* For all mailboxes that are due it, when both sides were observed and headers fetched. A mailbox that can't
 * be paired now is left as it is, and said. */
gboolean account_sync_rematch (AccountSync *account, GError **error);
