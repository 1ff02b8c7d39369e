/* What the server holds, compared with the base (architecture, step 1; contract C1.2, C2.3). */
#pragma once

#include "account-sync.h"

/* What a listing asks of messages that are in the base. */
#define LISTING_OF_KNOWN "(UID FLAGS)"
/* What it asks of those that may be new: flags, size, date, and the id below. (transfer full) */
char *account_sync_listing_of_new (const AccountSync *account);
/* The FETCH item, with a space before it, by which the server tells the id of a message's content, which all
 * its copies have: EMAILID (RFC 8474), else Gmail's X-GM-MSGID; "": it has none. */
const char *account_sync_email_id_item (const AccountSync *account);

/* Selects every due mailbox, settles what a crash left, loads its base and fills remote, uidvalidity, uidnext
 * and permanent flags. remote_complete only after a tagged OK with distinct UIDs whose count equals EXISTS.
 * After a reset UIDVALIDITY, or a UIDNEXT that fell, the base of that mailbox is forgotten: its messages are
 * paired afresh, nothing is deleted. */
gboolean account_sync_observe_remote (AccountSync *account, GError **error);

/* What a listing is made of. A fetch handler: appends to mailbox->remote. */
void mailbox_sync_add_remote (const ImapFetch *fetch, gpointer user_data);
/* By UID; of each what was said last. */
void mailbox_sync_sort_remote (MailboxSync *mailbox);
/* user_data is a char **: the server's words, the first time it refuses. */
void mailbox_sync_note_refusal (const ImapResult *result, gpointer user_data);
