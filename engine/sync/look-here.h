/* What a mailbox directory holds beside what the base knows to be there. Directories that stand still are not
 * read; one that moved is read once, against the prints of the base. */
#pragma once

#include "account-sync.h"

/* Fills mailbox->scan: where the base is not loaded as a whole, `entries` are only those files that are not
 * as the base knows them, and mailbox->unseen names the rows whose files were not found so. Errors of the
 * journal, or of the Maildir. */
gboolean mailbox_sync_look_here (MailboxSync *mailbox, GError **error);

/* Before anything is changed here: the next look of this run need not read the directories again. */
void mailbox_sync_watch_here (MailboxSync *mailbox);

/* When both sides were looked at: TRUE when a file is not where the base knows it, and something happened
 * meanwhile in a mailbox that this round did not look at. That is due now, and the round has to begin again:
 * it may have gone there. */
gboolean account_sync_may_have_moved (AccountSync *account);

/* Loads the rows that the look concerns; the base is in order afterwards. */
gboolean mailbox_sync_load_changed (MailboxSync *mailbox, GError **error);
