/* Messages that left one mailbox and came into another: such a deletion is no loss and is not counted as one
 * (contract C1.4). Evidence only: what is done about them is decided elsewhere. */
#pragma once

#include "account-sync.h"

/* How the queue's detail of a deletion begins when it is the second half of a move; the digest follows. */
#define MOVED_DETAIL "moved "

/* Adds to account->moved the rows gone here whose content is new here in some mailbox, and to
 * account->remote_moves those gone on the server whose size and date are new there in another mailbox. Each
 * new message stands for one. */
void account_sync_find_moves (AccountSync *account);
