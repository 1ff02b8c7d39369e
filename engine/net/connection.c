/* One connection, driven by iterate.
 *
 * closed -> (net_connection_open) plain -> (start_tls, or open itself) secure -> failed or closed
 *
 * Invariants: `stream` is what bytes go through, the TLS stream as soon as there is one; nothing is read or
 * written once `error` is set; the sources of the context only note what they saw, so nothing happens when
 * somebody else iterates it.
 */
#include "connection.h"
#include "dial.h"
#include "output-queue.h"
#include "tls-client.h"
#include "tls-stream.h"
#include "trickle.h"
#include "waiter.h"

#define READ_SIZE (64 * 1024)
/* After so many full reads or writes in a row the caller gets its turn. */
#define MAX_ROUNDS 4

struct _NetConnection
{
  NetEndpoint endpoint; /* with strings of our own */
  char *name;           /* "imap.example.org:993" */
  NetWaiter waiter;
  GSocketConnection *tcp; /* (nullable) before open */
  NetTlsClient *tls;      /* (nullable) in clear */
  GIOStream *stream;      /* (nullable) tcp, or TLS over it */
  NetOutputQueue *output;
  NetInputFunc input;
  gpointer input_data;
  GError *error;       /* sticky */
  gboolean is_secure;  /* TLS is verified */
  gboolean is_closing; /* input is of no interest any more */
  guint8 buffer[READ_SIZE];
  gsize held_start, held_end; /* before TLS: buffer[start..end) lies behind a line that was handed on */
  guint64 received, sent;
  NetTrickle trickle;
};

GQuark
net_error_quark (void)
{
  return g_quark_from_static_string ("net-error-quark");
}

static char *
format_endpoint (const NetEndpoint *endpoint)
{
  gboolean is_ipv6 = strchr (endpoint->host, ':') != NULL;

  return g_strdup_printf ("%s%s%s:%u", is_ipv6 ? "[" : "", endpoint->host, is_ipv6 ? "]" : "",
                          endpoint->port);
}

NetConnection *
net_connection_new (const NetEndpoint *endpoint, GMainContext *context, GCancellable *cancellable)
{
  NetConnection *connection = g_new0 (NetConnection, 1);
  g_autoptr (GCancellable) own = cancellable != NULL ? g_object_ref (cancellable) : g_cancellable_new ();

  connection->endpoint = *endpoint;
  connection->endpoint.host = g_strdup (endpoint->host);
  connection->endpoint.tls_ca_file = g_strdup (endpoint->tls_ca_file);
  connection->endpoint.tls_pin = g_strdup (endpoint->tls_pin);
  connection->endpoint.ticket_file = g_strdup (endpoint->ticket_file);
  connection->endpoint.ticket_user = g_strdup (endpoint->ticket_user);
  connection->name = format_endpoint (endpoint);
  net_waiter_init (&connection->waiter, context, own);
  connection->output = net_output_queue_new ();
  return connection;
}

/* The socket goes before the TLS client, whose callbacks the stream's SSL object calls. */
static void
drop_stream (NetConnection *connection)
{
  net_waiter_set_stream (&connection->waiter, NULL);
  if (connection->tls != NULL)
    net_tls_client_save_ticket (connection->tls);
  if (connection->tcp != NULL)
    g_io_stream_close (G_IO_STREAM (connection->tcp), NULL, NULL);
  g_clear_object (&connection->stream);
  g_clear_object (&connection->tcp);
  g_clear_pointer (&connection->tls, net_tls_client_free);
}

void
net_connection_free (NetConnection *connection)
{
  drop_stream (connection);
  net_output_queue_free (connection->output);
  g_clear_error (&connection->error);
  g_free ((char *)connection->endpoint.host);
  g_free ((char *)connection->endpoint.tls_ca_file);
  g_free ((char *)connection->endpoint.tls_pin);
  g_free ((char *)connection->endpoint.ticket_file);
  g_free ((char *)connection->endpoint.ticket_user);
  g_free (connection->name);
  net_waiter_clear (&connection->waiter);
  g_free (connection);
}

void
net_connection_set_input (NetConnection *connection, NetInputFunc input, gpointer user_data)
{
  connection->input = input;
  connection->input_data = user_data;
}

/* Failure. */

/* What GIO says about a socket, in our terms. */
static GError *
translate_error (const GError *error)
{
  if (error->domain != G_IO_ERROR)
    return g_error_copy (error);
  switch ((GIOErrorEnum)error->code)
    {
    case G_IO_ERROR_CANCELLED:
      return g_error_new_literal (NET_ERROR, NET_ERROR_CANCELLED, "cancelled");
    case G_IO_ERROR_TIMED_OUT:
      return g_error_new_literal (NET_ERROR, NET_ERROR_TIMEOUT, "the server does not answer");
    case G_IO_ERROR_HOST_UNREACHABLE:
    case G_IO_ERROR_NETWORK_UNREACHABLE:
      return g_error_new (NET_ERROR, NET_ERROR_OFFLINE, "the network is gone (%s)", error->message);
    default:
      return g_error_new (NET_ERROR, NET_ERROR_CLOSED, "the connection was lost (%s)", error->message);
    }
}

/* Makes the error (transfer full) the connection's own, if it is the first. Always FALSE. */
static gboolean
fail (NetConnection *connection, GError *error)
{
  if (connection->error == NULL)
    {
      connection->error = translate_error (error);
      /* An error of the caller's domain, of a file that is uploaded for example, is not about the host. */
      if (connection->error->domain == NET_ERROR)
        g_prefix_error (&connection->error, "%s: ", connection->name);
      net_output_queue_clear (connection->output);
      drop_stream (connection);
    }
  g_error_free (error);
  return FALSE;
}

static gboolean
    G_GNUC_PRINTF (3, 4) fail_with (NetConnection *connection, NetError code, const char *format, ...)
{
  GError *error;
  va_list arguments;

  va_start (arguments, format);
  error = g_error_new_valist (NET_ERROR, code, format, arguments);
  va_end (arguments);
  return fail (connection, error);
}

/* TRUE, or FALSE with a copy of the sticky error. */
static gboolean
report (NetConnection *connection, GError **error)
{
  if (connection->error == NULL)
    return TRUE;
  g_propagate_error (error, g_error_copy (connection->error));
  return FALSE;
}

static gboolean
would_block (const GError *error)
{
  return g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK);
}

static NetTlsStream *
tls_stream (NetConnection *connection)
{
  return NET_IS_TLS_STREAM (connection->stream) ? NET_TLS_STREAM (connection->stream) : NULL;
}

/* Records made and not yet taken by the socket. */
static gsize
pending_records (NetConnection *connection)
{
  NetTlsStream *stream = tls_stream (connection);

  return stream != NULL ? net_tls_stream_get_pending (stream) : 0;
}

/* Waiting. */

/* FALSE: cancelled, and the connection has failed. */
static gboolean
wait_for_io (NetConnection *connection, gint64 deadline)
{
  net_waiter_wait (&connection->waiter, net_connection_get_queued (connection) > 0, deadline);
  if (g_cancellable_is_cancelled (connection->waiter.cancellable))
    return fail_with (connection, NET_ERROR_CANCELLED, "cancelled");
  return TRUE;
}

void
net_connection_note_progress (NetConnection *connection)
{
  net_trickle_restart (&connection->trickle);
}

static gint64
timeout_microseconds (NetConnection *connection)
{
  return connection->endpoint.timeout * G_TIME_SPAN_SECOND;
}

/* Waits for I/O while the trickle rule watches. */
static void
wait_watched (NetConnection *connection, gboolean is_due, gboolean may_block)
{
  NetTrickle *trickle = &connection->trickle;
  gint64 begin = g_get_monotonic_time ();
  gint64 deadline;

  net_trickle_set_due (trickle, is_due);
  deadline = begin + timeout_microseconds (connection) - trickle->waited;
  if (!wait_for_io (connection, !may_block ? 0 : is_due ? deadline : -1))
    return;
  trickle->waited += g_get_monotonic_time () - begin;
  if (!connection->waiter.expired)
    return;
  if (trickle->octets == 0)
    fail_with (connection, NET_ERROR_TIMEOUT, "the server was silent for %u seconds",
               connection->endpoint.timeout);
  else
    fail_with (connection, NET_ERROR_TIMEOUT, "the server gave less than %d octets in %u seconds",
               NET_TRICKLE_MIN_OCTETS, connection->endpoint.timeout);
}

/* Input. */

/* Before TLS a line is handed on alone, so that what lies behind the OK to STARTTLS is never taken for its
 * part, nor believed. */
static gboolean
is_line_by_line (NetConnection *connection)
{
  return connection->tls == NULL && !connection->endpoint.allow_plain;
}

static gboolean
hand_on (NetConnection *connection, const guint8 *data, gsize length)
{
  GError *error = NULL;

  if (connection->is_closing || connection->input == NULL ||
      connection->input (data, length, connection->input_data, &error))
    return TRUE;
  return fail (connection, error);
}

static gboolean
hand_on_line (NetConnection *connection)
{
  const guint8 *start = connection->buffer + connection->held_start;
  gsize available = connection->held_end - connection->held_start;
  const guint8 *end = memchr (start, '\n', available);
  gsize length = end != NULL ? (gsize)(end + 1 - start) : available;

  connection->held_start += length;
  return hand_on (connection, start, length);
}

static gboolean
has_held_input (NetConnection *connection)
{
  return connection->held_start < connection->held_end;
}

/* Is there something in the TLS stream that the socket knows nothing of any more? */
static gboolean
has_decrypted_input (NetConnection *connection)
{
  NetTlsStream *stream = tls_stream (connection);

  return stream != NULL && net_tls_stream_has_input (stream);
}

/* The next octets, into the buffer: 0 when there are none now or the connection has failed. */
static gsize
read_some (NetConnection *connection)
{
  GInputStream *input = g_io_stream_get_input_stream (connection->stream);
  GError *error = NULL;
  gssize length;

  length = g_pollable_input_stream_read_nonblocking (G_POLLABLE_INPUT_STREAM (input), connection->buffer,
                                                     READ_SIZE, NULL, &error);
  if (length > 0)
    return length;
  if (length == 0)
    fail_with (connection, NET_ERROR_CLOSED, "the server closed the connection");
  else if (would_block (error))
    g_error_free (error);
  else
    fail (connection, error);
  return 0;
}

/* TRUE if octets came. */
static gboolean
receive (NetConnection *connection)
{
  gsize length = READ_SIZE;
  gboolean moved = FALSE;

  for (guint round = 0; round < MAX_ROUNDS && length == READ_SIZE; round++)
    {
      length = read_some (connection);
      connection->received += length;
      net_trickle_count (&connection->trickle, length);
      moved = moved || length > 0;
      connection->held_start = 0;
      connection->held_end = is_line_by_line (connection) ? length : 0;
      if (length == 0 || has_held_input (connection))
        break;
      if (!hand_on (connection, connection->buffer, length))
        break;
    }
  if (has_held_input (connection))
    hand_on_line (connection);
  return moved;
}

/* Output. */

/* The write failed, but what the peer said before it left (a BYE, why) may still lie there. */
static void
fail_output (NetConnection *connection, GError *error)
{
  while (connection->error == NULL && receive (connection))
    continue;
  fail (connection, error);
}

/* Writes one piece, or records that are left over. TRUE if the socket took something and may take more. */
static gboolean
send_piece (NetConnection *connection, GError **error)
{
  GOutputStream *output = g_io_stream_get_output_stream (connection->stream);
  const guint8 *data;
  gsize length;
  gssize written;

  if (!net_output_queue_peek (connection->output, &data, &length, error))
    return FALSE;
  if (length == 0)
    {
      if (pending_records (connection) > 0)
        net_tls_stream_flush (tls_stream (connection), error);
      return FALSE;
    }
  written = g_pollable_output_stream_write_nonblocking (G_POLLABLE_OUTPUT_STREAM (output), data, length, NULL,
                                                        error);
  if (written <= 0)
    return FALSE;
  net_output_queue_take (connection->output, written);
  connection->sent += written;
  return TRUE;
}

/* TRUE if octets went. */
static gboolean
send_queued (NetConnection *connection)
{
  gsize before = net_connection_get_queued (connection);
  GError *error = NULL;
  guint round = 0;

  if (before == 0)
    return FALSE;
  while (round < MAX_ROUNDS && send_piece (connection, &error))
    round++;
  if (round > 0)
    net_trickle_restart (&connection->trickle);
  if (error == NULL)
    ;
  else if (would_block (error))
    g_error_free (error);
  else if (error->domain == G_IO_ERROR)
    fail_output (connection, error);
  else
    fail (connection, error);
  return round > 0;
}

gboolean
net_connection_iterate (NetConnection *connection, gboolean awaiting, GError **error)
{
  gboolean moved;

  if (!report (connection, error))
    return FALSE;
  g_return_val_if_fail (connection->stream != NULL, FALSE);
  moved = send_queued (connection);
  if (connection->error == NULL && has_held_input (connection))
    moved = hand_on_line (connection);
  if (connection->error == NULL)
    wait_watched (connection, awaiting || net_connection_get_queued (connection) > 0,
                  !moved && !has_decrypted_input (connection));
  if (connection->error == NULL && (connection->waiter.readable || has_decrypted_input (connection)) &&
      !has_held_input (connection))
    receive (connection);
  if (connection->error == NULL && connection->waiter.writable)
    send_queued (connection);
  return report (connection, error);
}

void
net_connection_write (NetConnection *connection, const char *data, gsize length)
{
  if (connection->error == NULL)
    net_output_queue_add (connection->output, data, length);
}

void
net_connection_write_source (NetConnection *connection, NetSourceFunc source, gpointer user_data,
                             GDestroyNotify notify)
{
  if (connection->error == NULL)
    net_output_queue_add_source (connection->output, source, user_data, notify);
  else if (notify != NULL)
    notify (user_data);
}

gsize
net_connection_get_queued (NetConnection *connection)
{
  return net_output_queue_get_length (connection->output) + pending_records (connection);
}

guint64
net_connection_get_received (NetConnection *connection)
{
  return connection->received;
}

guint64
net_connection_get_sent (NetConnection *connection)
{
  return connection->sent;
}

/* Opening. */

/* One step of the handshake that could not go on. */
static void
wait_for_handshake (NetConnection *connection, gint64 deadline)
{
  if (wait_for_io (connection, deadline) && g_get_monotonic_time () >= deadline)
    fail_with (connection, NET_ERROR_TIMEOUT, "the TLS handshake was not finished within %u seconds",
               connection->endpoint.timeout);
}

/* The whole handshake is under one deadline: a peer that trickles gains nothing. */
static gboolean
shake_hands (NetConnection *connection)
{
  gint64 deadline = g_get_monotonic_time () + timeout_microseconds (connection);
  g_autoptr (GError) error = NULL;

  while (!net_tls_stream_handshake (tls_stream (connection), &error))
    {
      GError *refused = net_tls_client_explain (connection->tls);

      if (refused != NULL)
        return fail (connection, refused);
      if (!would_block (error))
        return fail (connection, g_steal_pointer (&error));
      g_clear_error (&error);
      wait_for_handshake (connection, deadline);
      if (connection->error != NULL)
        return FALSE;
    }
  if (!net_tls_client_check (connection->tls, &error))
    return fail (connection, g_steal_pointer (&error));
  connection->is_secure = TRUE;
  return TRUE;
}

static gboolean
secure (NetConnection *connection)
{
  GError *error = NULL;
  NetTlsStream *stream;

  connection->tls = net_tls_client_new (&connection->endpoint, &error);
  if (connection->tls == NULL)
    return fail (connection, error);
  stream = net_tls_stream_new (G_IO_STREAM (connection->tcp), net_tls_client_ref_ssl (connection->tls));
  g_object_unref (connection->stream);
  connection->stream = G_IO_STREAM (stream);
  net_waiter_set_stream (&connection->waiter, connection->stream);
  return shake_hands (connection);
}

static gboolean
open_stream (NetConnection *connection)
{
  const NetEndpoint *endpoint = &connection->endpoint;
  GError *error = NULL;

  connection->tcp = net_dial (endpoint, connection->waiter.context, connection->waiter.cancellable, &error);
  if (connection->tcp == NULL)
    return fail (connection, error);
  connection->stream = G_IO_STREAM (g_object_ref (connection->tcp));
  net_waiter_set_stream (&connection->waiter, connection->stream);
  if (endpoint->tls_from_start)
    return secure (connection);
  if (endpoint->allow_plain && !net_connection_is_loopback (connection))
    return fail_with (
        connection, NET_ERROR_INSECURE,
        "security=none is for this computer's own addresses only; nothing was sent; use tls or starttls");
  return TRUE;
}

gboolean
net_connection_open (NetConnection *connection, GError **error)
{
  g_return_val_if_fail (connection->tcp == NULL, FALSE);
  return report (connection, error) && (open_stream (connection) || report (connection, error));
}

/* Is there an octet that the peer sent before it knew of TLS? */
static gboolean
has_early_input (NetConnection *connection)
{
  return has_held_input (connection) || read_some (connection) > 0;
}

gboolean
net_connection_start_tls (NetConnection *connection, GError **error)
{
  if (!report (connection, error))
    return FALSE;
  g_return_val_if_fail (connection->stream != NULL && connection->tls == NULL, FALSE);
  if (has_early_input (connection))
    fail_with (
        connection, NET_ERROR_PROTOCOL,
        "data before TLS: the server, or somebody between, sent more than it should; nothing was believed");
  if (connection->error == NULL)
    secure (connection);
  return report (connection, error);
}

gboolean
net_connection_is_secure (NetConnection *connection)
{
  return connection->is_secure;
}

gboolean
net_connection_is_loopback (NetConnection *connection)
{
  g_autoptr (GSocketAddress) address = NULL;

  if (connection->tcp != NULL)
    address = g_socket_connection_get_remote_address (connection->tcp, NULL);
  return address != NULL && net_address_is_loopback (address);
}

GBytes *
net_connection_get_channel_binding (NetConnection *connection, const char **type)
{
  *type = NULL;
  return connection->is_secure && connection->tls != NULL
             ? net_tls_client_get_channel_binding (connection->tls, type)
             : NULL;
}

/* Closing. */

/* Sends what is queued, reading on (and forgetting) meanwhile: the peer may wait for that. */
static void
drain (NetConnection *connection, gint64 deadline)
{
  while (connection->error == NULL && net_connection_get_queued (connection) > 0 &&
         g_get_monotonic_time () < deadline)
    {
      if (send_queued (connection))
        continue;
      if (net_connection_get_queued (connection) > 0 && wait_for_io (connection, deadline) &&
          connection->waiter.readable)
        receive (connection);
    }
}

void
net_connection_close (NetConnection *connection)
{
  gint64 deadline = g_get_monotonic_time () + timeout_microseconds (connection);

  connection->is_closing = TRUE;
  if (connection->error == NULL && connection->stream != NULL)
    drain (connection, deadline);
  if (connection->error == NULL && connection->is_secure)
    {
      net_tls_stream_shutdown (tls_stream (connection));
      drain (connection, deadline);
    }
  if (connection->error == NULL)
    fail_with (connection, NET_ERROR_CLOSED, "the connection was closed");
}
