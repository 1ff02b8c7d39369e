/* Mailboxes that were renamed in the Maildir (contract C6.1).
 *
 * The journal's row says it: `directory` follows what is seen here at once, `name` and `wire_name` follow
 * when the server has confirmed. A directory that is not its name's is a renaming that is under way.
 */
#pragma once

#include "account-sync.h"

/* Rows whose directory is gone while a new one (of `directories`: all there are) holds their messages, or
 * lies where their parent's renaming brings it, get that one. */
gboolean
account_sync_find_renamed_here (AccountSync *account, const char *const *directories, GError **error);

/* The name that the directory gives the mailbox, where it is another than the journal's: what it is to be
 * called on the server. (transfer full) (nullable) */
char *mailbox_sync_wanted_name (MailboxSync *mailbox);

/* RENAME for those that are still under their old name on the server. It takes along what lies below, so that
 * *items, the server's LIST, is asked for again after each; *renamed: there was one. A refusal is named, and
 * the mailbox goes on under both names. */
gboolean
account_sync_carry_renames (AccountSync *account, GPtrArray **items, gboolean *renamed, GError **error);
