/* What is worth doing because the server is far away.
 *
 * It is far when the shortest answer so far took FAR_MICROSECONDS or more: a server on this machine or
 * network answers a light command within a few milliseconds, even a slow one; what comes over a provider's
 * link hardly ever takes less than ten. The time of commands is measured and not that of packets, since what
 * is reached through a tunnel or a proxy is near only for TCP.
 *
 * DEFLATE (RFC 4978) is asked for where the server is far and the plan moves FAR_WORTH_OCTETS or more, up and
 * down together. It costs a round trip, and the server's CPU deflates 30 to 60 MB a second, which a near link
 * outruns; a far one takes longer for that many octets than for a round trip, and mail becomes a quarter
 * (base64) to two thirds (text) shorter. A run with little to transfer never asks.
 */
#pragma once

#include "account-sync.h"

#define FAR_MICROSECONDS (10 * G_TIME_SPAN_MILLISECOND)
#define FAR_WORTH_OCTETS (1024 * 1024)

gboolean account_sync_is_far (const AccountSync *account);

/* Before much is sent or asked for, with nothing under way. A refusal is no failure. */
gboolean account_sync_compress (AccountSync *account, GError **error);
