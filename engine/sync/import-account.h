/* `dovetail sync` of a POP3 account: what is new in the maildrop comes into a local mailbox (contract C7). */
#pragma once

#include "account-sync.h"

/* FALSE: the account has to stop; what was settled before is kept, and not fetched again. */
gboolean account_sync_import (AccountSync *account, GError **error);
