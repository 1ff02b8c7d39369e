/* A plan in words, for --dry-run: a line for each message, a summary for many. */
#pragma once

#include "account-sync.h"

gboolean account_sync_explain (AccountSync *account, GError **error);
