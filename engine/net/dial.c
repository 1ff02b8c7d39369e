#include "dial.h"
#include <netinet/in.h>
#include <netinet/tcp.h>

typedef struct
{
  GCancellable *cancellable; /* our own: for the deadline, and for the caller's cancellable */
  GSocketConnection *connection;
  GError *error;
  gboolean done;
  gboolean expired;
  gboolean resolved;
} Dial;

static void
on_event (GSocketClient *client, GSocketClientEvent event, GSocketConnectable *connectable, GIOStream *stream,
          gpointer user_data)
{
  Dial *dial = user_data;

  if (event == G_SOCKET_CLIENT_RESOLVED)
    dial->resolved = TRUE;
}

static void
on_connected (GObject *client, GAsyncResult *result, gpointer user_data)
{
  Dial *dial = user_data;

  dial->connection = g_socket_client_connect_to_host_finish (G_SOCKET_CLIENT (client), result, &dial->error);
  dial->done = TRUE;
}

static gboolean
on_expired (gpointer user_data)
{
  Dial *dial = user_data;

  dial->expired = TRUE;
  g_cancellable_cancel (dial->cancellable);
  return G_SOURCE_REMOVE;
}

static gboolean
on_cancelled (GCancellable *cancellable, gpointer user_data)
{
  Dial *dial = user_data;

  g_cancellable_cancel (dial->cancellable);
  return G_SOURCE_REMOVE;
}

static void
attach (GSource *source, GSourceFunc callback, Dial *dial, GMainContext *context)
{
  g_source_set_callback (source, callback, dial, NULL);
  g_source_attach (source, context);
}

static void
detach (GSource *source)
{
  g_source_destroy (source);
  g_source_unref (source);
}

static void
connect_to_host (Dial *dial, const NetEndpoint *endpoint, GMainContext *context, GCancellable *cancellable)
{
  g_autoptr (GSocketClient) client = g_socket_client_new ();
  GSource *deadline = g_timeout_source_new_seconds (endpoint->timeout);
  GSource *cancelled = g_cancellable_source_new (cancellable);

  g_socket_client_set_enable_proxy (client, FALSE);
  g_signal_connect (client, "event", G_CALLBACK (on_event), dial);
  attach (deadline, on_expired, dial, context);
  attach (cancelled, G_SOURCE_FUNC (on_cancelled), dial, context);
  g_socket_client_connect_to_host_async (client, endpoint->host, endpoint->port, dial->cancellable,
                                         on_connected, dial);
  while (!dial->done)
    g_main_context_iteration (context, TRUE);
  detach (deadline);
  detach (cancelled);
}

static void
explain (Dial *dial, const NetEndpoint *endpoint, GError **error)
{
  const char *reason = dial->error->message;

  if (dial->expired && dial->resolved)
    g_set_error (error, NET_ERROR, NET_ERROR_TIMEOUT, "no connection within %u seconds", endpoint->timeout);
  else if (dial->expired)
    g_set_error (error, NET_ERROR, NET_ERROR_OFFLINE,
                 "no address was found within %u seconds; is there a network?", endpoint->timeout);
  else if (g_error_matches (dial->error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    g_set_error_literal (error, NET_ERROR, NET_ERROR_CANCELLED, "cancelled");
  else if (g_error_matches (dial->error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT))
    g_set_error_literal (error, NET_ERROR, NET_ERROR_TIMEOUT, "the server does not answer");
  else if (dial->error->domain == G_RESOLVER_ERROR)
    g_set_error (error, NET_ERROR, NET_ERROR_OFFLINE,
                 "no address was found (%s); check the name and the network", reason);
  else if (g_error_matches (dial->error, G_IO_ERROR, G_IO_ERROR_CONNECTION_REFUSED))
    g_set_error_literal (error, NET_ERROR, NET_ERROR_OFFLINE,
                         "the connection was refused; check the port, or try again later");
  else
    g_set_error (error, NET_ERROR, NET_ERROR_OFFLINE, "no connection (%s)", reason);
}

GSocketConnection *
net_dial (const NetEndpoint *endpoint, GMainContext *context, GCancellable *cancellable, GError **error)
{
  g_autoptr (GCancellable) own = g_cancellable_new ();
  Dial dial = { .cancellable = own };
  GSocket *socket;

  connect_to_host (&dial, endpoint, context, cancellable);
  if (dial.connection == NULL)
    {
      explain (&dial, endpoint, error);
      g_error_free (dial.error);
      return NULL;
    }
  /* What is queued is already gathered: Nagle's algorithm would only delay it. */
  socket = g_socket_connection_get_socket (dial.connection);
  g_socket_set_option (socket, IPPROTO_TCP, TCP_NODELAY, 1, NULL);
  g_socket_set_keepalive (socket, TRUE);
  return dial.connection;
}

gboolean
net_address_is_loopback (GSocketAddress *address)
{
  return G_IS_INET_SOCKET_ADDRESS (address) &&
         g_inet_address_get_is_loopback (g_inet_socket_address_get_address (G_INET_SOCKET_ADDRESS (address)));
}
