/* A message that was deleted on the server, and whose file got another name here in the same mailbox. */
#pragma once

#include "account-sync.h"

/* After moves were found: such a row keeps its message, under the new name, instead of being forgotten while
 * the file goes up as new; then the next round removes the file, as it does where nobody renamed it (contract
 * C3). */
void account_sync_relink_forgotten (AccountSync *account);
