/* Mailboxes that were renamed in the Maildir (contract C6.1).
 *
 * The journal's row says it: `directory` follows what is seen here at once, `name` and `wire_name` follow
 * when the server has confirmed. A directory that is not its name's is a renaming that is under way.
 */
#pragma once

#include "account-sync.h"

/* Rows whose directory is gone, or another than it was, get the one that holds their messages, or lies where
 * their parent's renaming brings it: a new one of `directories` (all there are), or one that another row had,
 * as when two traded their names. */
gboolean
account_sync_find_renamed_here (AccountSync *account, const char *const *directories, GError **error);

/* The name that the directory gives the mailbox, where it is another than the journal's: what it is to be
 * called on the server. (transfer full) (nullable) */
char *mailbox_sync_wanted_name (MailboxSync *mailbox);

/* What a dry run says of it; %s: the name, made safe. */
#define WORDS_RENAME_THERE                                                                                   \
  "the mailbox would be renamed to “%s” on the server: its directory was renamed here"

/* TRUE when the mailbox's directory is where one of that name belongs, or where a person or another program
 * meant it to be; or when the mailbox only has that name on the server to let another have its own. */
gboolean mailbox_sync_lies_right (MailboxSync *mailbox, const char *name);

/* RENAME for those that are still under their old name on the server. It takes along what lies below, so that
 * *items, the server's LIST, is asked for again after each; *renamed: there was one. In a circle one steps
 * aside first. A refusal is named, and the mailbox goes on under both names. */
gboolean
account_sync_carry_renames (AccountSync *account, GPtrArray **items, gboolean *renamed, GError **error);
