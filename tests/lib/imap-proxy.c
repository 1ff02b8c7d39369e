#include "imap-proxy.h"

#include <gio/gio.h>
#include <poll.h>
#include <string.h>

/* One direction of a connection, taken apart into lines and literals as the bytes come. */
typedef struct
{
  GString *line;    /* what has come of the present line */
  gsize literal;    /* octets of a literal that are still to come */
  GString *command; /* the lines so far that belong together, literals left out */
} Side;

typedef struct
{
  ImapProxy *proxy;
  GSocket *client, *server;
  Side said, answered;
  char *lost_tag; /* (nullable): "A7 ", whose answer is not to arrive */
} Link;

struct _ImapProxy
{
  GSocket *listener;
  GCancellable *end;
  GThread *thread;
  GPtrArray *links; /* threads; the accepting thread's own */
  guint16 port, server_port;
  GMutex mutex; /* for what follows */
  GString *commands;
  guint64 octets[2]; /* to the client, to the server */
  char *lose;        /* (nullable) */
  guint countdown;
  gboolean has_lost;
};

static void
side_init (Side *side)
{
  side->line = g_string_new (NULL);
  side->command = g_string_new (NULL);
}

static void
side_clear (Side *side)
{
  g_string_free (side->line, TRUE);
  g_string_free (side->command, TRUE);
}

/* The length that a line's end announces: {5}, {5+} or ~{5}. */
static gboolean
announced_literal (const GString *line, gsize *length)
{
  const char *brace = strrchr (line->str, '{');
  char *end;

  if (brace == NULL || !g_ascii_isdigit (brace[1]))
    return FALSE;
  *length = g_ascii_strtoull (brace + 1, &end, 10);
  if (*end == '+')
    end++;
  return strcmp (end, "}\r\n") == 0;
}

/* Takes a literal's octets, or up to the end of the line. Returns how many; `complete`: side->line is whole.
 */
static gsize
side_take (Side *side, const char *data, gsize length, gboolean *complete)
{
  const char *end;
  gsize taken;

  *complete = FALSE;
  if (side->literal > 0)
    {
      taken = MIN (length, side->literal);
      side->literal -= taken;
      return taken;
    }
  end = memchr (data, '\n', length);
  taken = end != NULL ? (gsize)(end - data) + 1 : length;
  g_string_append_len (side->line, data, (gssize)taken);
  *complete = end != NULL;
  return taken;
}

/* TRUE when the line ends what it began, that is, no literal follows. */
static gboolean
side_finish_line (Side *side)
{
  gboolean goes_on = announced_literal (side->line, &side->literal);

  g_string_append_len (side->command, side->line->str, (gssize)side->line->len);
  g_string_truncate (side->line, 0);
  return !goes_on;
}

static void
note_command (Link *link)
{
  ImapProxy *proxy = link->proxy;
  const char *text = strchr (link->said.command->str, ' ');

  /* A line without a space is an answer to a challenge. */
  if (text == NULL)
    return;
  g_mutex_lock (&proxy->mutex);
  text++;
  if (g_str_has_prefix (text, "AUTHENTICATE") || g_str_has_prefix (text, "LOGIN"))
    g_string_append (proxy->commands, "(login)\n");
  else
    g_string_append (proxy->commands, text);
  if (proxy->lose != NULL && g_str_has_prefix (text, proxy->lose) && --proxy->countdown == 0)
    {
      g_clear_pointer (&proxy->lose, g_free);
      link->lost_tag = g_strndup (link->said.command->str, (gsize)(text - link->said.command->str));
    }
  g_mutex_unlock (&proxy->mutex);
}

static gboolean
send_all (GSocket *socket, const char *data, gsize length)
{
  while (length > 0)
    {
      gssize sent = g_socket_send (socket, data, length, NULL, NULL);

      if (sent <= 0)
        return FALSE;
      data += sent;
      length -= (gsize)sent;
    }
  return TRUE;
}

/* The command is known before the server can answer it. */
static gboolean
pass_to_server (Link *link, const char *data, gsize length)
{
  const char *rest = data;
  gsize left = length;

  while (left > 0)
    {
      gboolean complete;
      gsize taken = side_take (&link->said, rest, left, &complete);

      if (complete && side_finish_line (&link->said))
        {
          note_command (link);
          g_string_truncate (link->said.command, 0);
        }
      rest += taken;
      left -= taken;
    }
  return send_all (link->server, data, length);
}

static gboolean
is_lost (Link *link)
{
  if (link->lost_tag == NULL || link->answered.command->len > 0 ||
      !g_str_has_prefix (link->answered.line->str, link->lost_tag))
    return FALSE;
  g_mutex_lock (&link->proxy->mutex);
  link->proxy->has_lost = TRUE;
  g_mutex_unlock (&link->proxy->mutex);
  return TRUE;
}

/* What is compressed can't be read on the way: the server seems not to offer it. */
static void
hide_compress (GString *line)
{
  g_string_replace (line, " COMPRESS=DEFLATE", "", 0);
}

/* Lines go on only when they are whole, so that nothing of the lost answer arrives. */
static gboolean
pass_to_client (Link *link, const char *data, gsize length)
{
  while (length > 0)
    {
      gboolean is_literal = link->answered.literal > 0;
      gboolean complete;
      gsize taken = side_take (&link->answered, data, length, &complete);

      if (is_literal && !send_all (link->client, data, taken))
        return FALSE;
      if (complete)
        {
          hide_compress (link->answered.line);
          if (is_lost (link) || !send_all (link->client, link->answered.line->str, link->answered.line->len))
            return FALSE;
          if (side_finish_line (&link->answered))
            g_string_truncate (link->answered.command, 0);
        }
      data += taken;
      length -= taken;
    }
  return TRUE;
}

static gboolean
pass (Link *link, gboolean to_server)
{
  char buffer[65536];
  gssize got = g_socket_receive (to_server ? link->client : link->server, buffer, sizeof buffer, NULL, NULL);

  if (got <= 0)
    return FALSE;
  g_mutex_lock (&link->proxy->mutex);
  link->proxy->octets[to_server ? 1 : 0] += (guint64)got;
  g_mutex_unlock (&link->proxy->mutex);
  return to_server ? pass_to_server (link, buffer, (gsize)got) : pass_to_client (link, buffer, (gsize)got);
}

static void
pass_until_the_end (Link *link)
{
  struct pollfd polls[] = { { .fd = g_socket_get_fd (link->client), .events = POLLIN },
                            { .fd = g_socket_get_fd (link->server), .events = POLLIN },
                            { .fd = g_cancellable_get_fd (link->proxy->end), .events = POLLIN } };

  while (poll (polls, G_N_ELEMENTS (polls), -1) > 0 && polls[2].revents == 0)
    {
      if (polls[0].revents != 0 && !pass (link, TRUE))
        break;
      if (polls[1].revents != 0 && !pass (link, FALSE))
        break;
    }
  g_cancellable_release_fd (link->proxy->end);
}

/* (transfer full) (nullable) */
static GSocket *
connect_to_server (guint16 port)
{
  g_autoptr (GSocket) socket =
      g_socket_new (G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, NULL);
  g_autoptr (GSocketAddress) address = g_inet_socket_address_new_from_string ("127.0.0.1", port);

  return g_socket_connect (socket, address, NULL, NULL) ? g_steal_pointer (&socket) : NULL;
}

static gpointer
serve (gpointer data)
{
  Link *link = data;

  link->server = connect_to_server (link->proxy->server_port);
  if (link->server != NULL)
    pass_until_the_end (link);
  g_socket_close (link->client, NULL);
  g_clear_object (&link->server);
  g_object_unref (link->client);
  side_clear (&link->said);
  side_clear (&link->answered);
  g_free (link->lost_tag);
  g_free (link);
  return NULL;
}

static gpointer
accept_links (gpointer data)
{
  ImapProxy *proxy = data;
  GSocket *client;

  while ((client = g_socket_accept (proxy->listener, proxy->end, NULL)) != NULL)
    {
      Link *link = g_new0 (Link, 1);

      link->proxy = proxy;
      link->client = client;
      side_init (&link->said);
      side_init (&link->answered);
      g_ptr_array_add (proxy->links, g_thread_new ("imap-proxy-link", serve, link));
    }
  return NULL;
}

ImapProxy *
imap_proxy_new (guint16 server_port)
{
  ImapProxy *proxy = g_new0 (ImapProxy, 1);
  g_autoptr (GSocketAddress) address = g_inet_socket_address_new_from_string ("127.0.0.1", 0);
  g_autoptr (GSocketAddress) bound = NULL;
  g_autoptr (GError) error = NULL;

  proxy->listener = g_socket_new (G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, &error);
  g_assert_no_error (error);
  g_assert_true (g_socket_bind (proxy->listener, address, TRUE, &error));
  g_assert_true (g_socket_listen (proxy->listener, &error));
  bound = g_socket_get_local_address (proxy->listener, &error);
  g_assert_no_error (error);
  proxy->port = g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (bound));
  proxy->server_port = server_port;
  proxy->end = g_cancellable_new ();
  proxy->links = g_ptr_array_new ();
  proxy->commands = g_string_new (NULL);
  g_mutex_init (&proxy->mutex);
  proxy->thread = g_thread_new ("imap-proxy", accept_links, proxy);
  return proxy;
}

void
imap_proxy_free (ImapProxy *proxy)
{
  g_cancellable_cancel (proxy->end);
  g_thread_join (proxy->thread);
  for (guint i = 0; i < proxy->links->len; i++)
    g_thread_join (g_ptr_array_index (proxy->links, i));
  g_ptr_array_unref (proxy->links);
  g_object_unref (proxy->listener);
  g_object_unref (proxy->end);
  g_string_free (proxy->commands, TRUE);
  g_free (proxy->lose);
  g_mutex_clear (&proxy->mutex);
  g_free (proxy);
}

guint16
imap_proxy_get_port (ImapProxy *proxy)
{
  return proxy->port;
}

void
imap_proxy_lose_answer (ImapProxy *proxy, const char *command, guint nth)
{
  g_mutex_lock (&proxy->mutex);
  g_free (proxy->lose);
  proxy->lose = nth > 0 ? g_strconcat (command, " ", NULL) : NULL;
  proxy->countdown = nth;
  proxy->has_lost = FALSE;
  g_mutex_unlock (&proxy->mutex);
}

gboolean
imap_proxy_has_lost (ImapProxy *proxy)
{
  gboolean has_lost;

  g_mutex_lock (&proxy->mutex);
  has_lost = proxy->has_lost;
  g_mutex_unlock (&proxy->mutex);
  return has_lost;
}

char *
imap_proxy_take_commands (ImapProxy *proxy)
{
  char *commands;

  g_mutex_lock (&proxy->mutex);
  commands = g_strdup (proxy->commands->str);
  g_string_truncate (proxy->commands, 0);
  g_mutex_unlock (&proxy->mutex);
  return commands;
}

void
imap_proxy_take_octets (ImapProxy *proxy, guint64 *to_server, guint64 *to_client)
{
  g_mutex_lock (&proxy->mutex);
  *to_client = proxy->octets[0];
  *to_server = proxy->octets[1];
  proxy->octets[0] = proxy->octets[1] = 0;
  g_mutex_unlock (&proxy->mutex);
}
