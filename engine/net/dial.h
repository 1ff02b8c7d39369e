/* From a host name to a TCP connection, under one deadline and without proxies. */
#pragma once

#include "connection.h"

/* (transfer full). Resolves and connects (addresses raced as RFC 8305 wants it) within the endpoint's
 * timeout, by iterating `context`. Errors: OFFLINE, TIMEOUT, CANCELLED; their messages do not name the host.
 */
GSocketConnection *
net_dial (const NetEndpoint *endpoint, GMainContext *context, GCancellable *cancellable, GError **error);

/* 127.0.0.0/8 and ::1, and nothing else: what may be talked to in clear. */
gboolean net_address_is_loopback (GSocketAddress *address);
