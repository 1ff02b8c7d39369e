/* What a run that has nothing to do must leave as it is. */
#pragma once

#include "accept-account.h"

/* One line for every file and directory of the Maildir, sorted: path, inode, mode, links, size, times of
 * content and of status. Only the lock file's content is left out: it names the process. (transfer full) */
char *accept_maildir_snapshot (const AcceptAccount *account);

/* Every row of every table of the journal, but the time of the last sync. (transfer full) */
char *accept_journal_dump (const AcceptAccount *account);

/* Compares line by line and logs what differs. */
void accept_assert_same_lines (const char *before, const char *after);
