/* OpenSSL between memory and two pollable streams: no call blocks, none leaves the calling thread.
 *
 * Reading and writing are independent of each other: what a read has to answer (a key update) waits for room
 * like any other output, and nothing is read any more when a peer makes us answer without end.
 */
#pragma once

#include <gio/gio.h>
#include <openssl/ssl.h>

typedef struct _NetTlsEngine NetTlsEngine;

/* Takes references on the streams, and the SSL object over. */
NetTlsEngine *net_tls_engine_new (GPollableInputStream *input, GPollableOutputStream *output, SSL *ssl);
void net_tls_engine_free (NetTlsEngine *engine);

/* All fail with G_IO_ERROR_WOULD_BLOCK when the peer must move first, with NET_ERROR_TLS or NET_ERROR_CLOSED,
 * or with what a stream said. Failures of TLS are sticky. */
gboolean net_tls_engine_handshake (NetTlsEngine *engine, GError **error);
/* 0: the peer closed, orderly or not. */
gssize net_tls_engine_read (NetTlsEngine *engine, gpointer buffer, gsize size, GError **error);
gssize net_tls_engine_write (NetTlsEngine *engine, gconstpointer buffer, gsize size, GError **error);
/* TRUE: every record was written. */
gboolean net_tls_engine_flush (NetTlsEngine *engine, GError **error);

/* Prepares the close_notify; flush sends it. */
void net_tls_engine_shutdown (NetTlsEngine *engine);

/* FALSE: a read gives nothing before the input stream has more. */
gboolean net_tls_engine_has_input (NetTlsEngine *engine);
/* Octets of records that are not yet written, and that were. */
gboolean net_tls_engine_is_compressed (NetTlsEngine *engine);
gsize net_tls_engine_get_pending (NetTlsEngine *engine);
guint64 net_tls_engine_get_taken (NetTlsEngine *engine);
