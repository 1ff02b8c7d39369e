/* A mailbox that has far more new messages than should be held in memory at once is filled a portion after
 * the other, from the lowest UID upwards: memory follows the portion, not the mailbox.
 *
 * A round that fills only downloads, in all mailboxes: what is to be uploaded, moved, changed or removed
 * waits for the first round that sees everything. Where something is new here too, it may be among what was
 * not listed yet, and nothing is filled: all is looked at at once.
 */
#pragma once

#include "account-sync.h"

/* Before a look at a mailbox of `exists` messages. *fills TRUE: so many of them are new that it is better
 * filled. */
gboolean mailbox_sync_is_to_be_filled (MailboxSync *mailbox, guint32 exists, gboolean *fills, GError **error);

/* The selected mailbox's next portion: the lowest UIDs above those of the base. *portion (transfer full)
 * (nullable): NULL where so many are not there, or the last portion brought nothing. *refusal (transfer full)
 * (nullable): the server's words. */
gboolean
mailbox_sync_find_portion (MailboxSync *mailbox, ImapUidSet **portion, char **refusal, GError **error);

/* When both sides were looked at: TRUE when nothing may be filled because something is new here. Then the
 * round has to begin again. */
gboolean account_sync_may_not_fill (AccountSync *account);

/* TRUE when this round fills a mailbox. */
gboolean account_sync_is_filling (AccountSync *account);

/* Leaves in the plans of a round that fills what it may do. */
void account_sync_keep_filling (AccountSync *account);
