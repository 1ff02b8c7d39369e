/* One connection, driven by iterate.
 *
 * closed -> (net_connection_open) plain -> (start_tls, or open itself) secure -> failed or closed
 * plain, secure -> (start_deflate) the same, deflated
 *
 * Invariants: `stream` is what bytes go through, the TLS stream as soon as there is one; nothing is read or
 * written once `error` is set; the sources of the context only note what they saw, so nothing happens when
 * somebody else iterates it.
 */
#include "connection-private.h"
#include "dial.h"

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
  if (connection->tls != NULL)
    net_tls_client_save_ticket (connection->tls);
  if (connection->tcp != NULL)
    g_io_stream_close (G_IO_STREAM (connection->tcp), NULL, NULL);
  net_connection_set_stream (connection, NULL);
  g_clear_object (&connection->tcp);
  g_clear_pointer (&connection->tls, net_tls_client_free);
}

void
net_connection_free (NetConnection *connection)
{
  drop_stream (connection);
  net_output_queue_free (connection->output);
  g_clear_pointer (&connection->deflate, net_deflate_free);
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

gboolean
net_connection_fail (NetConnection *connection, GError *error)
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

gboolean
net_connection_fail_with (NetConnection *connection, NetError code, const char *format, ...)
{
  GError *error;
  va_list arguments;

  va_start (arguments, format);
  error = g_error_new_valist (NET_ERROR, code, format, arguments);
  va_end (arguments);
  return net_connection_fail (connection, error);
}

gboolean
net_connection_check (const NetConnection *connection, GError **error)
{
  if (connection->error == NULL)
    return TRUE;
  g_propagate_error (error, g_error_copy (connection->error));
  return FALSE;
}

NetTlsStream *
net_connection_get_tls_stream (NetConnection *connection)
{
  return NET_IS_TLS_STREAM (connection->stream) ? NET_TLS_STREAM (connection->stream) : NULL;
}

void
net_connection_set_stream (NetConnection *connection, GIOStream *stream)
{
  g_clear_object (&connection->stream);
  connection->stream = stream;
  net_waiter_set_stream (&connection->waiter, stream);
}

gint64
net_connection_get_deadline (NetConnection *connection)
{
  return g_get_monotonic_time () + connection->endpoint.timeout * G_TIME_SPAN_SECOND;
}

void
net_connection_set_resting (NetConnection *connection, gboolean resting)
{
  net_waiter_set_resting (&connection->waiter, resting);
}

gint64
net_connection_get_waited (const NetConnection *connection)
{
  return connection->waited;
}

void
net_connection_set_line_by_line (NetConnection *connection, gboolean line_by_line)
{
  connection->is_line_by_line = line_by_line;
}

gboolean
net_connection_is_compressed (NetConnection *connection)
{
  NetTlsStream *stream = net_connection_get_tls_stream (connection);

  return connection->deflate != NULL || (stream != NULL && net_tls_stream_is_compressed (stream));
}

/* What was read behind the line belongs to the compressed stream. */
gboolean
net_connection_start_deflate (NetConnection *connection, GError **error)
{
  if (!net_connection_check (connection, error))
    return FALSE;
  g_return_val_if_fail (!net_connection_is_compressed (connection), FALSE);
  g_return_val_if_fail (net_connection_get_queued (connection) == 0, FALSE);
  connection->deflate = net_deflate_new ();
  net_deflate_feed (connection->deflate, connection->buffer + connection->held_start,
                    connection->held_end - connection->held_start);
  connection->held_start = connection->held_end = 0;
  return TRUE;
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

void
net_connection_close (NetConnection *connection)
{
  gint64 deadline = net_connection_get_deadline (connection);

  connection->is_closing = TRUE;
  if (connection->error == NULL && connection->stream != NULL)
    net_connection_drain (connection, deadline);
  if (connection->error == NULL && connection->is_secure)
    {
      net_tls_stream_shutdown (net_connection_get_tls_stream (connection));
      net_connection_drain (connection, deadline);
    }
  if (connection->error == NULL)
    net_connection_fail_with (connection, NET_ERROR_CLOSED, "the connection was closed");
}
