/* Mailboxes at which nothing moved since both sides were equal (contract C9: exit 0 means equal).
 *
 * On the server HIGHESTMODSEQ vouches for it (RFC 7162), together with UIDNEXT and the number of messages;
 * here the times of the directories. Both are kept only by an observation after which nothing was left to do
 * on that side. A server's HIGHESTMODSEQ is a claim: it is checked where that costs nothing, and once a day
 * every mailbox is looked at as a whole.
 */
#pragma once

#include "account-sync.h"

/* `statuses` (nullable, of ImapMailboxStatus): what is quiet is not due: not opened in this run. */
gboolean account_sync_find_quiet (AccountSync *account, const GPtrArray *statuses, GError **error);

/* TRUE when the server need only be asked for what changed since row->quiet_modseq, or since this run's last
 * look; before SELECT: when it may prove to be so. */
gboolean mailbox_sync_may_know_changes (const MailboxSync *mailbox);
gboolean mailbox_sync_knows_changes (const MailboxSync *mailbox, const ImapSelected *selected);

/* *quiet: the directories, and the drafts in them, are as they were when the base held all that is here. */
gboolean mailbox_sync_is_quiet_here (MailboxSync *mailbox, gboolean *quiet, GError **error);

/* What the row may vouch for after this observation and plan. TRUE when it changed. */
gboolean mailbox_sync_note_quiet (const MailboxSync *mailbox, JournalMailbox *row);
