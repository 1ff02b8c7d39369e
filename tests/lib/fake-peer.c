#include "fake-peer-private.h"
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#define PATIENCE_MS 20000

struct _FakePeer
{
  FakeShared *shared;
  int fd; /* -1 after a close; not blocking */
  SSL *ssl;
  GString *input;                  /* received and not yet read */
  GConverter *inflater, *deflater; /* (nullable) */
  gboolean ended;                  /* the client closed */
};

gboolean
fake_shared_wait (FakeShared *shared, int fd, short events)
{
  struct pollfd fds[] = { { .fd = fd, .events = events }, { .fd = shared->stop_fd, .events = POLLIN } };
  int ready;

  do
    ready = poll (fds, G_N_ELEMENTS (fds), PATIENCE_MS);
  while (ready < 0 && errno == EINTR);
  return ready > 0 && fds[1].revents == 0;
}

void
fake_shared_fail (FakeShared *shared, const char *failure)
{
  g_mutex_lock (&shared->mutex);
  if (shared->failure == NULL)
    shared->failure = g_strdup (failure);
  g_mutex_unlock (&shared->mutex);
}

FakePeer *
fake_peer_new (FakeShared *shared, int fd)
{
  FakePeer *peer = g_new0 (FakePeer, 1);

  peer->shared = shared;
  peer->fd = fd;
  peer->input = g_string_new (NULL);
  setsockopt (fd, IPPROTO_TCP, TCP_NODELAY, &(int){ 1 }, sizeof (int));
  return peer;
}

void
fake_peer_free (FakePeer *peer)
{
  fake_peer_close (peer);
  g_clear_object (&peer->inflater);
  g_clear_object (&peer->deflater);
  g_string_free (peer->input, TRUE);
  g_free (peer);
}

void
fake_peer_fail (FakePeer *peer, const char *format, ...)
{
  g_autofree char *failure = NULL;
  va_list arguments;

  va_start (arguments, format);
  failure = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  fake_shared_fail (peer->shared, failure);
}

/* After an SSL call that returned `result`: TRUE to try it again. */
static gboolean
wait_for_ssl (FakePeer *peer, int result)
{
  switch (SSL_get_error (peer->ssl, result))
    {
    case SSL_ERROR_WANT_READ:
      return fake_shared_wait (peer->shared, peer->fd, POLLIN);
    case SSL_ERROR_WANT_WRITE:
      return fake_shared_wait (peer->shared, peer->fd, POLLOUT);
    default:
      return FALSE;
    }
}

static gssize
receive_tls (FakePeer *peer, char *buffer, int size)
{
  int length;

  do
    {
      ERR_clear_error ();
      length = SSL_read (peer->ssl, buffer, size);
    }
  while (length <= 0 && wait_for_ssl (peer, length));
  return length;
}

static gssize
receive_plain (FakePeer *peer, char *buffer, int size)
{
  gssize length;

  do
    length = recv (peer->fd, buffer, size, 0);
  while (length < 0 && errno == EAGAIN && fake_shared_wait (peer->shared, peer->fd, POLLIN));
  return length;
}

/* FALSE: it is not DEFLATE. */
static gboolean
add_inflated (FakePeer *peer, const char *data, gsize length)
{
  char plain[16384];
  gsize read, written;
  GConverterResult result;

  do
    {
      read = written = 0;
      result = g_converter_convert (peer->inflater, data, length, plain, sizeof plain, G_CONVERTER_FLUSH,
                                    &read, &written, NULL);
      g_string_append_len (peer->input, plain, (gssize)written);
      data += read;
      length -= read;
    }
  while (result == G_CONVERTER_CONVERTED);
  return result == G_CONVERTER_FLUSHED;
}

/* Adds what came next to the input. */
static gboolean
fill (FakePeer *peer)
{
  char buffer[16384];
  gssize length;

  if (peer->ended || peer->fd < 0)
    return FALSE;
  length = peer->ssl != NULL ? receive_tls (peer, buffer, sizeof buffer)
                             : receive_plain (peer, buffer, sizeof buffer);
  if (length <= 0)
    {
      peer->ended = length == 0 || (peer->ssl == NULL ? errno == ECONNRESET : TRUE);
      return FALSE;
    }
  if (peer->inflater != NULL)
    return add_inflated (peer, buffer, (gsize)length);
  g_string_append_len (peer->input, buffer, length);
  return TRUE;
}

char *
fake_peer_read_line (FakePeer *peer)
{
  gsize searched = 0;
  const char *end;
  gsize length, taken;
  char *line;

  while ((end = memchr (peer->input->str + searched, '\n', peer->input->len - searched)) == NULL)
    {
      searched = peer->input->len;
      if (!fill (peer))
        return NULL;
    }
  length = end - peer->input->str;
  taken = length + 1;
  if (length > 0 && peer->input->str[length - 1] == '\r')
    length--;
  line = g_strndup (peer->input->str, length);
  g_string_erase (peer->input, 0, taken);
  return line;
}

GBytes *
fake_peer_read_bytes (FakePeer *peer, gsize length)
{
  GBytes *bytes;

  while (peer->input->len < length)
    if (!fill (peer))
      return NULL;
  bytes = g_bytes_new (peer->input->str, length);
  g_string_erase (peer->input, 0, length);
  return bytes;
}

static gssize
transmit (FakePeer *peer, const char *data, gsize length)
{
  gssize sent;

  if (peer->ssl != NULL)
    {
      ERR_clear_error ();
      sent = SSL_write (peer->ssl, data, MIN (length, 1 << 20));
      return sent > 0 ? sent : wait_for_ssl (peer, sent) ? 0 : -1;
    }
  sent = send (peer->fd, data, length, MSG_NOSIGNAL);
  if (sent < 0 && errno == EAGAIN && fake_shared_wait (peer->shared, peer->fd, POLLOUT))
    return 0;
  return sent;
}

gboolean
fake_peer_start_deflate (FakePeer *peer)
{
  g_autoptr (GString) ahead = g_steal_pointer (&peer->input);

  g_assert_null (peer->inflater);
  peer->input = g_string_new (NULL);
  peer->inflater = G_CONVERTER (g_zlib_decompressor_new (G_ZLIB_COMPRESSOR_FORMAT_RAW));
  peer->deflater = G_CONVERTER (g_zlib_compressor_new (G_ZLIB_COMPRESSOR_FORMAT_RAW, -1));
  return ahead->len == 0 || add_inflated (peer, ahead->str, ahead->len);
}

GBytes *
fake_peer_deflate (FakePeer *peer, gconstpointer data, gsize length)
{
  g_autoptr (GByteArray) deflated = g_byte_array_new ();
  guint8 piece[16384];
  gsize read, written;
  GConverterResult result;

  do
    {
      read = written = 0;
      result = g_converter_convert (peer->deflater, data, length, piece, sizeof piece, G_CONVERTER_FLUSH,
                                    &read, &written, NULL);
      g_byte_array_append (deflated, piece, (guint)written);
      data = (const guint8 *)data + read;
      length -= read;
    }
  while (result == G_CONVERTER_CONVERTED);
  return g_byte_array_free_to_bytes (g_steal_pointer (&deflated));
}

gboolean
fake_peer_send_bytes (FakePeer *peer, gconstpointer data, gsize length)
{
  g_autoptr (GBytes) deflated = NULL;

  if (peer->deflater == NULL)
    return fake_peer_send_raw (peer, data, length);
  deflated = fake_peer_deflate (peer, data, length);
  return fake_peer_send_raw (peer, g_bytes_get_data (deflated, NULL), g_bytes_get_size (deflated));
}

gboolean
fake_peer_send_raw (FakePeer *peer, gconstpointer data, gsize length)
{
  for (gsize done = 0; done < length;)
    {
      gssize sent = peer->fd < 0 ? -1 : transmit (peer, (const char *)data + done, length - done);

      if (sent < 0)
        return FALSE;
      done += sent;
    }
  return TRUE;
}

gboolean
fake_peer_send (FakePeer *peer, const char *text)
{
  return fake_peer_send_bytes (peer, text, strlen (text));
}

gboolean
fake_peer_printf (FakePeer *peer, const char *format, ...)
{
  g_autofree char *text = NULL;
  va_list arguments;

  va_start (arguments, format);
  text = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  return fake_peer_send (peer, text);
}

gboolean
fake_peer_start_tls (FakePeer *peer)
{
  int result;

  g_assert_nonnull (peer->shared->tls);
  g_assert_null (peer->ssl);
  if (peer->fd < 0 || peer->input->len > 0)
    return FALSE;
  peer->ssl = SSL_new (peer->shared->tls);
  SSL_set_fd (peer->ssl, peer->fd);
  do
    {
      ERR_clear_error ();
      result = SSL_accept (peer->ssl);
    }
  while (result <= 0 && wait_for_ssl (peer, result));
  if (result == 1 && SSL_session_reused (peer->ssl))
    g_atomic_int_inc (&peer->shared->resumed);
  return result == 1;
}

gboolean
fake_peer_is_secure (FakePeer *peer)
{
  return peer->ssl != NULL;
}

struct ssl_st *
fake_peer_get_ssl (FakePeer *peer)
{
  return peer->ssl;
}

gboolean
fake_peer_has_input (FakePeer *peer)
{
  char octet;

  return peer->input->len > 0 || (peer->fd >= 0 && recv (peer->fd, &octet, 1, MSG_PEEK) > 0);
}

gboolean
fake_peer_wait_closed (FakePeer *peer)
{
  return peer->input->len == 0 && !fill (peer) && peer->ended;
}

gboolean
fake_peer_stall (FakePeer *peer)
{
  struct pollfd fds[] = { { .fd = peer->shared->release_fd, .events = POLLIN },
                          { .fd = peer->shared->stop_fd, .events = POLLIN },
                          { .fd = peer->shared->leave_fd, .events = POLLIN } };
  guint64 count;

  while (poll (fds, G_N_ELEMENTS (fds), -1) < 0 && errno == EINTR)
    continue;
  if (fds[0].revents == 0)
    return FALSE;
  return read (peer->shared->release_fd, &count, sizeof count) == sizeof count;
}

gboolean
fake_peer_pause (FakePeer *peer, guint milliseconds)
{
  struct pollfd fds[] = { { .fd = peer->fd, .events = POLLRDHUP },
                          { .fd = peer->shared->stop_fd, .events = POLLIN } };

  return poll (fds, G_N_ELEMENTS (fds), (int)milliseconds) == 0;
}

void
fake_peer_cut (FakePeer *peer)
{
  g_clear_pointer (&peer->ssl, SSL_free);
  if (peer->fd >= 0)
    close (peer->fd);
  peer->fd = -1;
}

void
fake_peer_close (FakePeer *peer)
{
  char unread[4096];

  if (peer->ssl != NULL && SSL_is_init_finished (peer->ssl))
    SSL_shutdown (peer->ssl);
  /* Closing with unread input would reset the connection and destroy what was sent before. */
  if (peer->fd >= 0)
    shutdown (peer->fd, SHUT_WR);
  while (peer->fd >= 0 && recv (peer->fd, unread, sizeof unread, 0) > 0)
    continue;
  fake_peer_cut (peer);
}

void
fake_peer_reset (FakePeer *peer)
{
  struct linger linger = { .l_onoff = 1, .l_linger = 0 };

  if (peer->fd >= 0)
    setsockopt (peer->fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
  fake_peer_cut (peer);
}
