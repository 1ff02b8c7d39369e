/* A hostile account (hostile-fixture.h) at a model server that is Gmail (model-gmail.h), and what happens to
 * it as a table writes it.
 *
 * Mailboxes of Gmail's own are named by one word: All, Drafts, Important, Sent, Spam, Starred, Trash. A
 * message is known by its mark. On the server, by another client: there add MARK LABEL[,LABEL...] [FLAG...]
 * "All": no label there label MARK MAILBOX                    as COPY does there unlabel MARK MAILBOX as
 * EXPUNGE does there flags MARK +FLAG or -FLAG In the Maildir, by the user: here add MAILBOX MARK [LETTERS]
 *   here delete MAILBOX MARK
 *   here move MAILBOX MARK MAILBOX              the same name
 *   here save MAILBOX MARK MAILBOX              another name
 *   here copy MAILBOX MARK MAILBOX              another name, the same date
 *   here letters MAILBOX MARK [LETTERS]
 *   here edit MAILBOX MARK NEW-MARK             written in place
 */
#pragma once

#include "hostile-fixture.h"
#include "model-gmail.h"

/* With INBOX, Work and Home, and nothing in them. */
Hostile *gmail_account_new (AccountGmail gmail);
/* Puts the messages there that the tables begin with; gmail_initial says where they are. */
void gmail_account_fill (Hostile *hostile);
/* "MARK MAILBOX[,MAILBOX...] [FLAG...]", NULL-terminated. */
extern const char *const gmail_initial[];

/* (transfer none) "All" is "[Gmail]/All Mail". */
const char *gmail_mailbox (const char *name);
void gmail_change (Hostile *hostile, const char *change);

/* What has to be there in the end, as gmail_initial has it; a mark that `lines` (NULL-terminated) does not
 * name is where it was at first, one of which nothing is left has no mailbox. */
void gmail_expect (Hostile *hostile, const char *const *lines);
/* Both sides hold that, with these flags (hostile_assert_equal). */
void gmail_assert (Hostile *hostile, const char *const *lines);
