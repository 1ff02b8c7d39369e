/* The local side of an account: lock, journal, Maildir, marker, and what binds them to each other (contract
 * C1.6). */
#pragma once

#include "account-sync.h"

/* Opens all of it, or says why not. In a dry run nothing is written: the journal is a copy in memory. When
 * account, Maildir and journal do not belong to one history, every mailbox is marked to be paired afresh. */
gboolean account_sync_open_local (AccountSync *account, GError **error);
