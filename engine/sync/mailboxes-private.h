/* What the flows about mailboxes share: mailboxes.c, match-mailboxes.c, renamed-here.c, renamed-there.c,
 * gone-mailboxes.c. */
#pragma once

#include "account-sync.h"

/* TRUE when configuration and command line want it in this run. */
gboolean account_sync_wants (AccountSync *account, const char *name);

/* (nullable) By name, among those of this run. */
MailboxSync *account_sync_find_mailbox (AccountSync *account, const char *name);
/* The row of the mailbox in this run that is `row` of the journal; else `row` itself. (transfer none) */
JournalMailbox *account_sync_find_row (AccountSync *account, JournalMailbox *row);
/* TRUE when a mailbox has it, or one that sleeps. */
gboolean account_sync_knows_directory (AccountSync *account, const char *directory);

/* A mailbox that this run leaves alone keeps its directory. Where configuration wants it, mail may have been
 * moved into it meanwhile. */
void account_sync_leave_alone (AccountSync *account, const char *name, const char *directory);

/* INBOX first, parents before children. */
void account_sync_sort_mailboxes (AccountSync *account);

/* One transaction. */
gboolean account_sync_put_row (AccountSync *account, JournalMailbox *row, GError **error);
/* Adds a mailbox that the journal did not know. (transfer none), owned by the account. */
MailboxSync *
account_sync_add_mailbox (AccountSync *account, const char *name, const char *directory, GError **error);
/* Forgets the mailbox at `index` of account->mailboxes, here and in the journal. */
gboolean account_sync_drop_mailbox (AccountSync *account, guint index, GError **error);

/* A directory for a name: its own, or the hashed one where one of another mailbox than `self` (nullable)
 * folds onto it. (transfer full), or NULL with MAILDIR_ERROR_NAME. */
char *account_sync_choose_directory (AccountSync *account, const MailboxSync *self, const char *name,
                                     GError **error);

/* Opens mailbox->box, or sets gone_here, or leaves the mailbox. With `create` what is missing is made, but in
 * a dry run. */
gboolean mailbox_sync_open_box (MailboxSync *mailbox, gboolean create, GError **error);

/* Names the mailbox as left; nothing more is done with it in this run. */
void mailbox_sync_leave (MailboxSync *mailbox, const char *name, const char *why);

/* CREATE, under the name that its directory gives it. A refusal is named and leaves the mailbox. */
gboolean mailbox_sync_create_on_server (MailboxSync *mailbox, GError **error);
