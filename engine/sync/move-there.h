/* What was moved here is moved on the server (contract C4). */
#pragma once

#include "account-sync.h"

/* PLAN_MOVE of every due mailbox, by UID MOVE, many at once; where the server can't, by UID COPY, and the
 * next round deletes what is left (contract C3.5). The queue names each before it is sent. OK is not enough:
 * moved is what COPYUID names, and what stands there with the size and the date of the message; its row goes
 * along. What else may have become of a message is for the next look to find out: gone in one mailbox and new
 * in the other on both sides (origins.h), or to be uploaded. */
gboolean account_sync_move_there (AccountSync *account, GError **error);
