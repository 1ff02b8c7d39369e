/* What was moved on the server is moved here (contract C4). */
#pragma once

#include "account-sync.h"

/* PLAN_FOLLOW of every due mailbox, after the server confirmed that the UIDs are gone where they were
 * (contract C1.2). Each file is renamed, never replacing one, with the letters that its keywords have in the
 * other mailbox; when both directories are durable its row follows. A crash in between leaves what is gone in
 * one mailbox and new in the other on both sides: the next run finds it so (origins.h). What can't be renamed
 * is fetched. */
gboolean account_sync_move_here (AccountSync *account, GError **error);
