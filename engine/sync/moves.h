/* Messages that left one mailbox and came into another (contract C4). */
#pragma once

#include "account-sync.h"
#include "origins.h"

/* What left one mailbox here and is new in another, by its size and full digest, becomes one PLAN_MOVE in the
 * plan of the mailbox that it left, instead of an upload and a deletion; account->moves says where to. Not
 * where such a move was tried in this run and did not work, or its upload was refused for good: an upload
 * brings it over as well. */
gboolean account_sync_plan_moves (AccountSync *account, GError **error);
/* The server may be asked to move and copy to it, and to move from it. Offline, what will be asked for is
 * queued. */
gboolean mailbox_sync_may_move (const MailboxSync *mailbox);
/* TRUE when some mailbox has a plan with such an operation in it: where nothing left a mailbox, nothing need
 * be known of what is new, which may be much. */
gboolean account_sync_plans (AccountSync *account, PlanKind kind);
/* Uploads that the server refused for good (contract C5.4), for the next call. (transfer full): NULL: error.
 */
GHashTable *account_sync_refused_uploads (AccountSync *account, GError **error);
gboolean
mailbox_sync_was_refused (const MailboxSync *mailbox, const PlanOperation *operation, GHashTable *refused);
/* Takes these operations out of the plans. */
void account_sync_drop_operations (AccountSync *account, GHashTable *operations);
/* The move of a PLAN_MOVE. */
const Origin *mailbox_sync_find_move (MailboxSync *mailbox, const PlanOperation *operation);

/* The queue's detail of a move: the journal's id of the mailbox that it goes to. */
#define MOVE_DETAIL "to %" G_GINT64_FORMAT
/* How the queue's detail of a deletion begins when it is the second half of a move; the digest follows. */
#define MOVED_DETAIL "moved "

/* Inside a transaction: the message has a copy on the server where its file is now, and what is left of the
 * move is to delete it at its old place; for this run and later ones. */
gboolean mailbox_sync_begin_leaving (MailboxSync *mailbox, const PlanOperation *operation, GError **error);

/* What is still an upload or a download here and a deletion there is no loss and is not counted as one
 * (contract C1.4). Adds to account->moved the rows gone here whose content is new here in some mailbox, and
 * to account->remote_moves those gone on the server whose size and date are new there in another mailbox.
 * Each new message stands for one. */
void account_sync_find_moves (AccountSync *account);
