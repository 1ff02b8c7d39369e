/* Gmail (X-GM-EXT-1): one message, shown by the mailbox of each of its labels and by All Mail.
 *
 * Its flags are the same wherever it shows. Leaving a label's mailbox takes the label off and is no deletion;
 * only a move to \Trash deletes. A mailbox has a message once.
 */
#pragma once

#include "account-sync.h"
#include "mailboxes.h"

/* FALSE also with no connection. */
gboolean account_sync_is_gmail (const AccountSync *account);

/* TRUE where only a move to \Trash removes a message: All Mail, and Drafts, whose messages are in All Mail
 * and have no other label. */
gboolean mailbox_sync_needs_trash (const MailboxSync *mailbox);

/* TRUE where leaving the mailbox takes a label off. */
gboolean mailbox_sync_is_label (const MailboxSync *mailbox);

/* What LIST showed is known: with gmail=all-mail the labels' mailboxes sleep, and those in `fresh` (of
 * ListedMailbox) are not made here. Says so where that setting means nothing. */
void account_sync_choose_labels (AccountSync *account, GPtrArray *fresh);

/* TRUE when the plan changes something there, so that other mailboxes may show it too. */
gboolean account_sync_changes_labels (AccountSync *account);
