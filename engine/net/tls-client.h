/* Our side of TLS towards one endpoint: what is trusted, who must answer, and the session of the last time.
 *
 * new -> (handshake of the SSL object, by net_tls_stream) -> check -> channel binding, finish.
 */
#pragma once

#include "connection.h"
#include <openssl/ssl.h>

typedef struct _NetTlsClient NetTlsClient;

/* (transfer full). The endpoint must outlive it. Errors: NET_ERROR_CERTIFICATE, NET_ERROR_TLS. */
NetTlsClient *net_tls_client_new (const NetEndpoint *endpoint, GError **error);
void net_tls_client_free (NetTlsClient *client);

/* (transfer full): a reference, ready for the handshake. */
SSL *net_tls_client_ref_ssl (NetTlsClient *client);

/* (transfer full) (nullable): why the certificate was refused, if that is why the handshake failed. A ticket
 * for this endpoint is dropped then. */
GError *net_tls_client_explain (NetTlsClient *client);

/* After the handshake, before the first octet: the certificate was verified, now or when the resumed session
 * was made, and has the pin. Errors: NET_ERROR_CERTIFICATE. */
gboolean net_tls_client_check (NetTlsClient *client, GError **error);

/* See net_connection_get_channel_binding. */
GBytes *net_tls_client_get_channel_binding (NetTlsClient *client, const char **type);

/* The connection goes: keeps what the server gave for the next time. */
void net_tls_client_save_ticket (NetTlsClient *client);
