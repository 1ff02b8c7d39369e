/* What observe-remote.c will ask of several mailboxes, sent in one flight (imap-session.h). */
#pragma once

#include "account-sync.h"

/* From this mailbox on, as far as can be told what will be asked: of mailboxes whose changes are known
 * (quiet.h) only those, of others everything. It is a guess: what observe-remote.c asks, it asks by itself,
 * and only the very same words find their answer. */
gboolean account_sync_foretell_looks (AccountSync *account, guint first, GError **error);
