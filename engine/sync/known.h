/* What a round loads of the base: all of it, or the rows that may matter to its plan (plan-settled.h). */
#pragma once

#include "account-sync.h"

/* All of it: `whole`. */
gboolean mailbox_sync_load_base (MailboxSync *mailbox, GError **error);

/* One row, if there is one; by UID for the server's side, by id or name for this one, where it was not seen
 * as it is known. The arrays are in order again after mailbox_sync_sort_base. */
gboolean mailbox_sync_load_uid (MailboxSync *mailbox, guint32 uid, gboolean *found, GError **error);
gboolean mailbox_sync_load_id (MailboxSync *mailbox, gint64 id, GError **error);
gboolean mailbox_sync_load_name (MailboxSync *mailbox, const char *base, GError **error);
void mailbox_sync_sort_base (MailboxSync *mailbox);

/* The sides of loaded rows that are as the base says: on the server where only changes were asked for, here
 * where only what changed was looked at. */
void mailbox_sync_fill_remote (MailboxSync *mailbox);
void mailbox_sync_fill_local (MailboxSync *mailbox);
