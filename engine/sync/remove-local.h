/* What was deleted on the server goes here too, into the attic (contract C1.2, C3.1, C3.6). */
#pragma once

#include "account-sync.h"

/* PLAN_REMOVE_LOCAL of every due mailbox, after the server confirmed that the UIDs are gone, and while the
 * files still hold what the base says. */
gboolean account_sync_remove_local (AccountSync *account, GError **error);

/* The files behind some operations of one mailbox (each with row and base): attic, unlink, directory, base
 * row; in this order, so that a crash never makes a removed message look new. One whose content changed is
 * left. `side` counts them for the holds. */
gboolean mailbox_sync_remove_files (MailboxSync *mailbox, const GPtrArray *operations, JournalSide side,
                                    GError **error);

/* Attic entries older than keep-deleted days, and the oldest beyond its size limit, go. */
gboolean account_sync_clean_attic (AccountSync *account, GError **error);
