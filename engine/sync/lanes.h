/* Further connections that help to download, each a session of its own in the account's one thread.
 *
 * One is opened when it pays: the server is far (far.h), most of the time goes by waiting for it, and what is
 * left would take its time. A near server is not helped by a second connection, and a slow computer here
 * is not either. Never more than the configuration allows, nor than the server took lately: a login that it
 * refuses, or a session that it drops, is remembered for a day (imap-memory.h) and the run goes on with what
 * it has.
 *
 * A session that nobody waits for rests, so that what comes for it wakes up nobody else.
 */
#pragma once

#include "account-sync.h"

/* TRUE when one more may be opened at all. */
gboolean account_sync_may_add_lane (const AccountSync *account);
/* (transfer none) (nullable): the account keeps it. Everything else in flight rests meanwhile. */
ImapSession *account_sync_add_lane (AccountSync *account);
/* TRUE when it has the mailbox open for reading, under the UIDVALIDITY of the observation. */
gboolean account_sync_lead_lane (ImapSession *lane, MailboxSync *mailbox);
/* It failed: closes it. */
void account_sync_drop_lane (AccountSync *account, ImapSession *lane);
void account_sync_close_lanes (AccountSync *account);
