/* One line for each message that was brought over: what -v and --json show while a sync runs. */
#pragma once

#include "follows.h"

/* TRUE when somebody wants these lines: nothing need be read for them otherwise. */
gboolean mailbox_sync_is_heard (const MailboxSync *mailbox);

/* The operation is done and recorded. `uid` 0: that of its row, where it has one. `subject` (nullable): as
 * decoded; else that of the file here. Costs nothing when it is not heard. */
void
mailbox_sync_tell (MailboxSync *mailbox, const PlanOperation *operation, guint32 uid, const char *subject);

/* The same of a message that was moved on the server, where it is message `uid` now. */
void mailbox_sync_tell_moved (MailboxSync *mailbox, const Origin *move, guint32 uid);

/* The same of one that was moved here, and is in the file `base` now. */
void mailbox_sync_tell_followed (const Follow *follow, const char *base);

/* The same of all operations of a kind. */
void mailbox_sync_tell_all (MailboxSync *mailbox, PlanKind kind);

/* Flags that were set here and that the server does not keep: they stay here (contract C3.4). Nothing is said
 * of none. */
void mailbox_sync_tell_not_kept (MailboxSync *mailbox, MessageFlags flags);

/* (transfer full): "add \Seen, take off \Flagged". */
char *words_flags (const PlanOperation *operation);
