/* Messages that are one and new in several places at once (contract C4.3). */
#pragma once

#include "arrived.h"

/* Of `arrived` (element-type Arrived): adds to `doubles` all but the first of those that are one message, by
 * the same id, size and date; without an id by size, date and header, if they are no drafts and so large that
 * fetching the header costs much less than the message. */
gboolean account_sync_find_doubles (AccountSync *account, const GPtrArray *arrived, GPtrArray *doubles,
                                    GError **error);
