/* A network between a mail program and a server on loopback: a delay each way, and a count.
 *
 *   bench-proxy PORT DELAY_MS FILE OWN_PORT [RATE]
 *
 * Passes connections on to PORT of 127.0.0.1, each octet DELAY_MS later, and at most RATE octets a second
 * each way of each connection (0: as many as come). Listens on OWN_PORT, or on a free one if that is 0, and
 * prints it on a line of stdout. Ends with SIGTERM, and writes "CONNECTIONS OCTETS_UP OCTETS_DOWN
 * ROUND_TRIPS" into FILE, up being towards the server. A round trip is counted where something is sent after
 * something was received, on any connection, and one for each TCP handshake: what flies at the same time
 * counts once.
 */
#include <gio/gio.h>
#include <glib-unix.h>
#include <stdio.h>
#include <string.h>

#define CHUNK 65536

typedef struct _Link Link;

typedef struct
{
  GMainLoop *loop;
  guint16 server_port;
  gint64 delay_us;
  gint64 rate;
  guint connections;
  guint64 octets[2]; /* up, down */
  guint round_trips;
  gint64 flight_until; /* what is sent before then flies in the round trip that is counted already */
} Proxy;

/* One direction of a connection. */
typedef struct
{
  Link *link;
  GSocket *from, *to;
  gboolean is_up;
  gint64 free_at; /* when the last octet so far has left */
} Way;

struct _Link
{
  Proxy *proxy;
  GSocketConnection *client, *server;
  Way up, down;
  guint references;
};

typedef struct
{
  Way *way;
  gsize length; /* 0: the end */
  guint8 data[];
} Chunk;

static void
link_unref (Link *link)
{
  if (--link->references > 0)
    return;
  g_io_stream_close (G_IO_STREAM (link->client), NULL, NULL);
  g_io_stream_close (G_IO_STREAM (link->server), NULL, NULL);
  g_object_unref (link->client);
  g_object_unref (link->server);
  g_free (link);
}

static gboolean
write_all (GSocket *socket, const guint8 *data, gsize length)
{
  while (length > 0)
    {
      gssize sent = g_socket_send_with_blocking (socket, (const char *)data, length, TRUE, NULL, NULL);

      if (sent <= 0)
        return FALSE;
      data += sent;
      length -= (gsize)sent;
    }
  return TRUE;
}

static gboolean
deliver (gpointer user_data)
{
  Chunk *chunk = user_data;
  Way *way = chunk->way;

  if (chunk->length == 0)
    g_socket_shutdown (way->to, FALSE, TRUE, NULL);
  else
    write_all (way->to, chunk->data, chunk->length);
  link_unref (way->link);
  g_free (chunk);
  return G_SOURCE_REMOVE;
}

/* A source with a time in microseconds: g_timeout_add knows milliseconds, which keep their order only by
 * chance. */
static gboolean
dispatch (GSource *source, GSourceFunc callback, gpointer user_data)
{
  return callback (user_data);
}

static void
deliver_later (Chunk *chunk)
{
  static GSourceFuncs functions = { .dispatch = dispatch };
  GSource *source = g_source_new (&functions, sizeof (GSource));
  const Proxy *proxy = chunk->way->link->proxy;
  Way *way = chunk->way;

  way->link->references++;
  way->free_at = MAX (way->free_at, g_get_monotonic_time ());
  if (proxy->rate > 0)
    way->free_at += (gint64)chunk->length * G_USEC_PER_SEC / proxy->rate;
  g_source_set_callback (source, deliver, chunk, NULL);
  g_source_set_ready_time (source, way->free_at + proxy->delay_us);
  g_source_attach (source, NULL);
  g_source_unref (source);
}

static void
count (Way *way, gsize length)
{
  Proxy *proxy = way->link->proxy;
  gint64 now = g_get_monotonic_time ();

  proxy->octets[way->is_up ? 0 : 1] += length;
  if (!way->is_up || length == 0 || now < proxy->flight_until)
    return;
  proxy->round_trips++;
  proxy->flight_until = now + 2 * proxy->delay_us;
}

static gboolean
receive (GSocket *socket, GIOCondition condition, gpointer user_data)
{
  Way *way = user_data;
  Chunk *chunk = g_malloc (sizeof (Chunk) + CHUNK);
  gssize got = g_socket_receive_with_blocking (socket, (char *)chunk->data, CHUNK, FALSE, NULL, NULL);

  chunk->way = way;
  chunk->length = got > 0 ? (gsize)got : 0;
  count (way, chunk->length);
  deliver_later (chunk);
  if (got > 0)
    return G_SOURCE_CONTINUE;
  link_unref (way->link);
  return G_SOURCE_REMOVE;
}

static void
way_start (Way *way, Link *link, GSocketConnection *from, GSocketConnection *to)
{
  g_autoptr (GSource) source = NULL;

  way->link = link;
  way->from = g_socket_connection_get_socket (from);
  way->to = g_socket_connection_get_socket (to);
  way->is_up = from == link->client;
  link->references++;
  source = g_socket_create_source (way->from, G_IO_IN | G_IO_HUP, NULL);
  g_source_set_callback (source, G_SOURCE_FUNC (receive), way, NULL);
  g_source_attach (source, NULL);
}

static gboolean
connect_on (gpointer user_data)
{
  Link *link = user_data;
  g_autoptr (GSocketClient) client = g_socket_client_new ();
  g_autoptr (GSocketAddress) address =
      g_inet_socket_address_new_from_string ("127.0.0.1", link->proxy->server_port);

  link->server = g_socket_client_connect (client, G_SOCKET_CONNECTABLE (address), NULL, NULL);
  if (link->server == NULL)
    g_error ("the server does not answer");
  g_tcp_connection_set_graceful_disconnect (G_TCP_CONNECTION (link->server), FALSE);
  g_socket_set_option (g_socket_connection_get_socket (link->server), 6, 1, 1, NULL); /* TCP_NODELAY */
  g_socket_set_option (g_socket_connection_get_socket (link->client), 6, 1, 1, NULL);
  link->references = 0;
  way_start (&link->up, link, link->client, link->server);
  way_start (&link->down, link, link->server, link->client);
  return G_SOURCE_REMOVE;
}

/* The handshake with the server takes a round trip: until then nothing is read. */
static gboolean
accept_client (GSocketService *service, GSocketConnection *connection, GObject *source, gpointer user_data)
{
  static GSourceFuncs functions = { .dispatch = dispatch };
  Proxy *proxy = user_data;
  Link *link = g_new0 (Link, 1);
  GSource *later = g_source_new (&functions, sizeof (GSource));
  gint64 now = g_get_monotonic_time ();

  link->proxy = proxy;
  link->client = g_object_ref (connection);
  proxy->connections++;
  if (now >= proxy->flight_until)
    {
      proxy->round_trips++;
      proxy->flight_until = now + 2 * proxy->delay_us;
    }
  g_source_set_callback (later, connect_on, link, NULL);
  g_source_set_ready_time (later, now + 2 * proxy->delay_us);
  g_source_attach (later, NULL);
  g_source_unref (later);
  return TRUE;
}

static gboolean
quit (gpointer user_data)
{
  g_main_loop_quit (user_data);
  return G_SOURCE_REMOVE;
}

static void
report (const Proxy *proxy, const char *path)
{
  g_autofree char *text =
      g_strdup_printf ("%u %" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT " %u\n", proxy->connections,
                       proxy->octets[0], proxy->octets[1], proxy->round_trips);
  g_autoptr (GError) error = NULL;

  if (!g_file_set_contents (path, text, -1, &error))
    g_error ("%s", error->message);
}

int
main (int argc, char **argv)
{
  g_autoptr (GSocketService) service = g_socket_service_new ();
  Proxy proxy = { .loop = g_main_loop_new (NULL, FALSE) };
  g_autoptr (GError) error = NULL;
  guint16 port;

  if (argc != 5 && argc != 6)
    return 64;
  proxy.server_port = (guint16)atoi (argv[1]);
  proxy.delay_us = atoi (argv[2]) * 1000;
  port = (guint16)atoi (argv[4]);
  proxy.rate = argc == 6 ? atoi (argv[5]) : 0;
  if (port == 0)
    port = g_socket_listener_add_any_inet_port (G_SOCKET_LISTENER (service), NULL, &error);
  else
    g_socket_listener_add_inet_port (G_SOCKET_LISTENER (service), port, NULL, &error);
  if (error != NULL)
    g_error ("%s", error->message);
  g_signal_connect (service, "incoming", G_CALLBACK (accept_client), &proxy);
  g_unix_signal_add (SIGTERM, quit, proxy.loop);
  printf ("%u\n", port);
  fflush (stdout);
  g_main_loop_run (proxy.loop);
  report (&proxy, argv[3]);
  return 0;
}
