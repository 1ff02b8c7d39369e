/* TLS as a GIOStream over another one, with pollable streams only: reads and writes that would block say so.
 *
 * GIO's own asynchronous flush and close would run in a pool thread, and so two threads on one SSL object;
 * here both finish at once on the calling thread.
 */
#pragma once

#include <gio/gio.h>
#include <openssl/ssl.h>

#define NET_TYPE_TLS_STREAM (net_tls_stream_get_type ())
G_DECLARE_FINAL_TYPE (NetTlsStream, net_tls_stream, NET, TLS_STREAM, GIOStream)

/* (transfer full). `base` must have pollable streams. Takes the SSL object over: a client's, ready for the
 * handshake. Closing the stream sends a close_notify if there is room for it, and closes `base`. */
NetTlsStream *net_tls_stream_new (GIOStream *base, SSL *ssl);

/* Both may fail with G_IO_ERROR_WOULD_BLOCK: wait for the pollable streams' sources, and call again. */
gboolean net_tls_stream_handshake (NetTlsStream *stream, GError **error);
gboolean net_tls_stream_flush (NetTlsStream *stream, GError **error);

/* TRUE: a read gives something, or an error, whatever the base stream's sources say. */
gboolean net_tls_stream_has_input (NetTlsStream *stream);

/* TRUE: the records are compressed, which no version since 1.3 knows any more. */
gboolean net_tls_stream_is_compressed (NetTlsStream *stream);

/* Octets of records that wait for room below, and that the base stream took. */
gsize net_tls_stream_get_pending (NetTlsStream *stream);
guint64 net_tls_stream_get_taken (NetTlsStream *stream);

/* Queues the close_notify behind everything written. */
void net_tls_stream_shutdown (NetTlsStream *stream);
