/* One connection to a mail server: TCP, TLS, DEFLATE; bytes in, bytes out, a deadline on everything.
 *
 * Life cycle: new (nothing happens) -> open (DNS, TCP, and TLS unless STARTTLS or none) -> [start_tls] ->
 * writes and iterations, [start_deflate] among them -> close or free. The connection belongs to the thread
 * that made it and to the GMainContext given; it reads while it writes. It knows no IMAP and no POP3.
 *
 * Input: bytes are handed to the input function as they arrive, from inside net_connection_iterate only. A
 * function that stops eating fails the connection. Output: queued, written as the peer takes it.
 *
 * Failure is sticky and one event: a lost link, a timeout, a cancellation, a bad certificate. From then on
 * every call returns the same error, whose message names host and port. A wait always ends: DNS, connect,
 * handshake, every read and write, and shutdown are under `timeout`, and so is a trickle: while a response is
 * awaited, at least 1024 octets or one net_connection_note_progress must come within each `timeout` seconds.
 * These are octets of the wire: what they become when they are inflated shows no more effort of the peer's.
 */
#pragma once

#include <gio/gio.h>

#define NET_ERROR (net_error_quark ())
GQuark net_error_quark (void);
typedef enum
{
  NET_ERROR_OFFLINE, /* no DNS answer, no route, refused, unreachable: try again when there is a network */
  NET_ERROR_TIMEOUT, /* the peer stopped talking, or trickles */
  NET_ERROR_CLOSED,  /* the peer closed or reset the connection */
  NET_ERROR_CERTIFICATE, /* chain, dates, host name, key usage or pin: not trusted; nothing was sent */
  NET_ERROR_TLS,         /* the handshake or a record failed for another reason, e.g. no common version */
  NET_ERROR_INSECURE,    /* plain text was asked for and the peer is not a loopback address */
  NET_ERROR_PROTOCOL,    /* bytes before TLS, or the input function refused what came */
  NET_ERROR_CANCELLED,
} NetError;

typedef struct
{
  const char *host; /* name or address, as configured; the certificate must be valid for it */
  guint16 port;
  gboolean tls_from_start; /* FALSE: start_tls, or plain text to a loopback peer */
  gboolean allow_plain; /* `security=none`: open fails with INSECURE unless the peer is a loopback address */
  const char *tls_ca_file; /* (nullable) */
  const char *tls_pin;     /* (nullable) "sha256//..." */
  const char *ticket_file; /* (nullable) where a TLS session is kept between runs, 0600 */
  const char *ticket_user; /* (nullable) a ticket is bound to host, port and this user */
  guint timeout;           /* seconds */
} NetEndpoint;

typedef struct _NetConnection NetConnection;

/* Returns FALSE with an error to fail the connection (NET_ERROR_PROTOCOL or the caller's own domain). */
typedef gboolean (*NetInputFunc) (const guint8 *data, gsize length, gpointer user_data, GError **error);

/* Gives up to `size` octets to send next; *length 0 ends the source. Called when the socket has room. */
typedef gboolean (*NetSourceFunc) (guint8 *buffer, gsize size, gsize *length, gpointer user_data,
                                   GError **error);

/* (transfer full). Copies the endpoint. `context` must be the thread-default context of the calling thread.
 */
NetConnection *
net_connection_new (const NetEndpoint *endpoint, GMainContext *context, GCancellable *cancellable);
void net_connection_free (NetConnection *connection);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (NetConnection, net_connection_free)

/* Where the bytes go. Must be set before open. */
void net_connection_set_input (NetConnection *connection, NetInputFunc input, gpointer user_data);

/* Connects, and with tls_from_start completes and verifies TLS, before it returns. No byte is sent or
 * believed in clear when TLS was asked for. */
gboolean net_connection_open (NetConnection *connection, GError **error);

/* TLS on the open plain connection. The caller has just seen the tagged OK; if any octet lies behind it, the
 * connection fails with NET_ERROR_PROTOCOL ("data before TLS"). The caller starts with a new parser. */
gboolean net_connection_start_tls (NetConnection *connection, GError **error);

/* From now on input is handed on a line at a time, so that what lies behind a line can still be taken for
 * something else. */
void net_connection_set_line_by_line (NetConnection *connection, gboolean line_by_line);
/* DEFLATE both ways (RFC 4978), from the octet behind the line that was handed on last. The caller has just
 * seen the tagged OK, line by line, and has queued nothing since it asked. */
gboolean net_connection_start_deflate (NetConnection *connection, GError **error);
/* TRUE when what is sent is compressed already, by start_deflate or by TLS itself. */
gboolean net_connection_is_compressed (NetConnection *connection);

gboolean net_connection_is_secure (NetConnection *connection);
gboolean net_connection_is_loopback (NetConnection *connection);

/* Channel binding of the TLS connection (RFC 5929, RFC 9266): "tls-exporter" on 1.3, "tls-unique" on 1.2.
 * Returns (transfer full) (nullable); *type is a static string. */
GBytes *net_connection_get_channel_binding (NetConnection *connection, const char **type);

/* Queues octets. Never blocks. After a failure it does nothing. */
void net_connection_write (NetConnection *connection, const char *data, gsize length);

/* Queues a stream of octets behind what is queued; pulled as the peer takes it, never held whole. `notify` is
 * called when it ended or the connection goes. A failing source fails the connection. */
void net_connection_write_source (NetConnection *connection, NetSourceFunc source, gpointer user_data,
                                  GDestroyNotify notify);

/* Octets queued and not yet taken; a source counts as one octet until it ended. */
gsize net_connection_get_queued (NetConnection *connection);

/* Waits until something came in or went out, and handles it. TRUE: look at your own state and call again.
 * Only this function iterates the context. `awaiting` tells that a response is due (deadlines apply). */
gboolean net_connection_iterate (NetConnection *connection, gboolean awaiting, GError **error);

/* The same for several connections of one context at once: until something happened on one of them. How each
 * fares is seen by its own next iteration or net_connection_check. */
void net_connections_iterate (NetConnection *const *connections, const gboolean *awaiting, guint count);
/* FALSE with a copy of the sticky error when the connection has failed. */
gboolean net_connection_check (const NetConnection *connection, GError **error);

/* A connection that nobody iterates while others of its context are: it must not wake them up. */
void net_connection_set_resting (NetConnection *connection, gboolean resting);
/* Microseconds that iterations have waited for the peer so far. */
gint64 net_connection_get_waited (const NetConnection *connection);

/* A whole response has come: the trickle rule starts anew. */
void net_connection_note_progress (NetConnection *connection);

/* Octets above TLS since open, as they went: deflated ones where there is DEFLATE. */
guint64 net_connection_get_received (NetConnection *connection);
guint64 net_connection_get_sent (NetConnection *connection);

/* Writes what is queued, sends close_notify, shuts down; bounded by the timeout. Errors are of no interest.
 */
void net_connection_close (NetConnection *connection);
