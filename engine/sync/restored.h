/* What `release --restore` gave back to the side that lost it and no sync has carried out yet, for `status`.
 *
 * A fact of the journal for each mailbox, "restored MAILBOX": "GENERATION COUNT". The first sync that changes
 * something raises the generation (contract C1.6), and so ends them all. */
#pragma once

#include "../journal/journal.h"

/* Inside a transaction. */
gboolean restored_add (Journal *journal, gint64 mailbox, guint count, GError **error);
gboolean restored_count (Journal *journal, gint64 mailbox, guint *count, GError **error);
