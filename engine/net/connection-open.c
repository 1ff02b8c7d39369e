/* From nothing to TCP, and from TCP to TLS. */
#include "connection-private.h"
#include "dial.h"

/* One step of the handshake that could not go on. */
static void
wait_for_handshake (NetConnection *connection, gint64 deadline)
{
  if (net_connection_wait (connection, deadline) && g_get_monotonic_time () >= deadline)
    net_connection_fail_with (connection, NET_ERROR_TIMEOUT,
                              "the TLS handshake was not finished within %u seconds",
                              connection->endpoint.timeout);
}

/* The whole handshake is under one deadline: a peer that trickles gains nothing. */
static gboolean
shake_hands (NetConnection *connection)
{
  gint64 deadline = net_connection_get_deadline (connection);
  g_autoptr (GError) error = NULL;

  while (!net_tls_stream_handshake (net_connection_get_tls_stream (connection), &error))
    {
      GError *refused = net_tls_client_explain (connection->tls);

      if (refused != NULL)
        return net_connection_fail (connection, refused);
      if (!g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
        return net_connection_fail (connection, g_steal_pointer (&error));
      g_clear_error (&error);
      wait_for_handshake (connection, deadline);
      if (connection->error != NULL)
        return FALSE;
    }
  if (!net_tls_client_check (connection->tls, &error))
    return net_connection_fail (connection, g_steal_pointer (&error));
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
    return net_connection_fail (connection, error);
  stream = net_tls_stream_new (G_IO_STREAM (connection->tcp), net_tls_client_ref_ssl (connection->tls));
  net_connection_set_stream (connection, G_IO_STREAM (stream));
  return shake_hands (connection);
}

static gboolean
open_stream (NetConnection *connection)
{
  const NetEndpoint *endpoint = &connection->endpoint;
  GError *error = NULL;

  connection->tcp = net_dial (endpoint, connection->waiter.context, connection->waiter.cancellable, &error);
  if (connection->tcp == NULL)
    return net_connection_fail (connection, error);
  net_connection_set_stream (connection, G_IO_STREAM (g_object_ref (connection->tcp)));
  if (endpoint->tls_from_start)
    return secure (connection);
  if (endpoint->allow_plain && !net_connection_is_loopback (connection))
    return net_connection_fail_with (
        connection, NET_ERROR_INSECURE,
        "security=none is for this computer's own addresses only; nothing was sent; use tls or starttls");
  return TRUE;
}

gboolean
net_connection_open (NetConnection *connection, GError **error)
{
  g_return_val_if_fail (connection->tcp == NULL, FALSE);
  return net_connection_check (connection, error) &&
         (open_stream (connection) || net_connection_check (connection, error));
}

gboolean
net_connection_start_tls (NetConnection *connection, GError **error)
{
  if (!net_connection_check (connection, error))
    return FALSE;
  g_return_val_if_fail (connection->stream != NULL && connection->tls == NULL, FALSE);
  if (net_connection_has_early_input (connection))
    net_connection_fail_with (
        connection, NET_ERROR_PROTOCOL,
        "data before TLS: the server, or somebody between, sent more than it should; nothing was believed");
  if (connection->error == NULL)
    secure (connection);
  return net_connection_check (connection, error);
}

GBytes *
net_connection_get_channel_binding (NetConnection *connection, const char **type)
{
  *type = NULL;
  return connection->is_secure && connection->tls != NULL
             ? net_tls_client_get_channel_binding (connection->tls, type)
             : NULL;
}
