/* Where a message that is new in a mailbox comes from: a row of the base in another one, whose message has
 * just left there.
 *
 * What both sides held when they were last equal goes with it: a flag that one side changed on the way is
 * merged as if nothing had moved (contract C3). This is also how a move that was sent and not answered is
 * settled: what it did is observed, gone in one mailbox and new in the other on both sides.
 */
#pragma once

#include "account-sync.h"

/* A row of the base, and the file here that holds its message now. */
typedef struct
{
  MailboxSync *from;      /* the row's mailbox */
  const PlanBase *row;    /* there */
  const BaseFacts *facts; /* of the row */
  MailboxSync *to;
  const PlanLocal *file; /* new in `to` */
  gboolean leaves;       /* nothing of it is left in `from`: the row itself goes with it */
  gboolean has_gone;     /* it did */
} Origin;

/* Of a loaded row and a new file. */
Origin origin_make (MailboxSync *from, guint index, MailboxSync *to, const PlanLocal *file, gboolean leaves);

/* After the plans are made: finds the origins of messages that are new on both sides, and of those that go up
 * or are second files (account->origins), for this round. */
void account_sync_find_origins (AccountSync *account);
/* (nullable): of a new file. */
Origin *mailbox_sync_find_origin (MailboxSync *mailbox, const PlanLocal *file);
/* (transfer full): journal id of each row that leaves -> its Origin. Until the file is known in its mailbox,
 * the row must not be forgotten, and never when it has gone there. */
GHashTable *account_sync_leaving_rows (AccountSync *account);

/* TRUE when it is known what the letters of the file say of keywords (contract C3.3): the same as the row,
 * since those of a file that kept its name are its old mailbox's, and one without letters was perhaps renamed
 * by a client that knows none, and says nothing; or what they mean where it is now. */
gboolean origin_knows_keywords (const Origin *origin);
/* All keywords of the file. */
const char *origin_keywords (const Origin *origin);

/* FALSE: the file holds other bytes than those that were read, or is not there (contract C3.1): the next look
 * tells. *stamp: the file's. */
gboolean origin_is_unchanged (const Origin *origin, MaildirFileStamp *stamp);
/* Gives the file the date that the message had: a client that wrote a new one may have given it another
 * (contract C1.5). *stamp: the file's; that of no file where it was changed since it was read, so that the
 * next look reads it again. */
void origin_keep_date (const Origin *origin, MaildirFileStamp *stamp);

/* The file, of that row now, is in another mailbox than it was, and may have the letters of that one. */
void origin_note_letters (const Origin *origin, gint64 row);

/* Fills in what the row knows, for the base row of the file in its new mailbox. Where the keywords are kept,
 * the base takes what the letters mean there, so that the server's come with the next merge. */
void origin_fill_row (const Origin *origin, JournalMessage *row);
