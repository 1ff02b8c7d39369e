/* What the letters in file names say of keywords (contract C3.3). Each mailbox directory has its own letters,
 * and other programs write the file that tells what they stand for. */
#pragma once

#include "account-sync.h"

#define ALL_LETTERS ((1u << 26) - 1)

/* What the letters of a file stand for, whose mailbox knows it with the keywords `known`: also those of
 * `known` that have no letter, which can't be seen in a file name. `keywords` NULL: no letter stands for
 * anything. */
MessageFlags
letters_read (MessageKeywordPool *pool, const MaildirKeywords *keywords, guint32 letters, const char *known);

/* TRUE when the file's letters still are those that its row's keywords had when all files of the mailbox were
 * last as the base knows them: another program gave the letters other meanings meanwhile. That changes no
 * message. */
gboolean mailbox_sync_is_relettered (MailboxSync *mailbox, const PlanBase *row, guint32 letters);
/* Adds to the plan that such files get the letters of their keywords. */
void mailbox_sync_plan_letters (MailboxSync *mailbox);
/* Files that came from another mailbox in this run (account->foreign) and get letters for their keywords now:
 * those of the old mailbox that stand for nothing in this one leave their names, so that they take up no
 * letter and get no meaning later. */
void mailbox_sync_drop_foreign_letters (MailboxSync *mailbox);
/* Inside a transaction, where all files are as the base knows them: what the letters stand for now. */
gboolean mailbox_sync_note_letters (MailboxSync *mailbox, GError **error);
