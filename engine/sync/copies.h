/* Files that are new here and whose message another one on the server is (contract C4). */
#pragma once

#include "origins.h"

/* A message of the base, of whichever mailbox, and a new file that has its text. The row need not be loaded.
 */
typedef struct
{
  Origin origin; /* of `row` and `facts`; it does not leave */
  PlanBase row;
  BaseFacts facts;
} Copy;

/* Of the plans: uploads whose size and full digest a message of the base has, of whichever mailbox; not where
 * copying was tried in this run and did not work. account->copies says of which, and the queue says so too.
 */
gboolean account_sync_find_copies (AccountSync *account, GError **error);
/* TRUE when the upload was found to be one. */
gboolean mailbox_sync_is_copy (MailboxSync *mailbox, const PlanOperation *operation);
/* When all else is decided: these become PLAN_COPY. */
void account_sync_plan_copies (AccountSync *account);
/* The copy of a PLAN_COPY. */
const Copy *mailbox_sync_find_copy (MailboxSync *mailbox, const PlanOperation *operation);

/* Inside a transaction: *found: a message of the base has this text and this INTERNALDATE. What stands on the
 * server with them may be a copy of it that was made by a command whose answer never came. */
gboolean account_sync_find_original (AccountSync *account, const MessageIdentity *identity,
                                     gint64 internal_date, gboolean *found, GError **error);

/* Carries them out by UID COPY, many at once, if the server still holds what the journal says. The copy gets
 * the flags of the file as if the message had been moved there: what was changed since both sides were equal.
 * It keeps the date of the message, and the file takes it (contract C1.5). What is not seen to have arrived
 * is paired by the next round, or uploaded. */
gboolean account_sync_copy_there (AccountSync *account, GError **error);
