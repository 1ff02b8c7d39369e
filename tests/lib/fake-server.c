#include "fake-peer-private.h"
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#define N_TAGS 10

struct _FakeServer
{
  FakeShared shared;
  int listen_fd;
  guint16 port;
  const FakeStep *steps;
  FakeServeFunc serve;
  gpointer user_data;
  GThread *thread;
  char *tags[N_TAGS];
};

/* SSL_write on a closed socket would kill the test. */
static void
block_sigpipe (void)
{
  sigset_t set;

  sigemptyset (&set);
  sigaddset (&set, SIGPIPE);
  pthread_sigmask (SIG_BLOCK, &set, NULL);
}

static FakePeer *
accept_peer (FakeServer *server)
{
  int fd;

  if (!fake_shared_wait (&server->shared, server->listen_fd, POLLIN))
    return NULL;
  fd = accept4 (server->listen_fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (fd < 0)
    return NULL;
  g_atomic_int_inc (&server->shared.accepted);
  return fake_peer_new (&server->shared, fd);
}

/* "$TAG" or "$TAG1" at the start of text: its index, and its length in *length; else -1. */
static int
tag_at (const char *text, gsize *length)
{
  if (!g_str_has_prefix (text, "$TAG"))
    return -1;
  *length = g_ascii_isdigit (text[4]) ? 5 : 4;
  return *length == 5 ? text[4] - '0' : 0;
}

static char *
substitute_tags (FakeServer *server, const char *text)
{
  GString *result = g_string_new (NULL);
  gsize length;

  while (*text != '\0')
    {
      int tag = tag_at (text, &length);

      if (tag < 0)
        {
          g_string_append_c (result, *text++);
          continue;
        }
      g_string_append (result, server->tags[tag] != NULL ? server->tags[tag] : "");
      text += length;
    }
  return g_string_free (result, FALSE);
}

/* Moves both behind the tag if the pattern starts with one. */
static void
take_tag (FakeServer *server, const char **pattern, const char **line)
{
  gsize length;
  int tag = tag_at (*pattern, &length);
  const char *space = strchr (*line, ' ');

  if (tag < 0 || space == NULL)
    return;
  g_free (server->tags[tag]);
  server->tags[tag] = g_strndup (*line, space - *line);
  *pattern += length;
  *line = space;
}

static gboolean
expect_line (FakeServer *server, FakePeer *peer, const FakeStep *step)
{
  g_autofree char *line = fake_peer_read_line (peer);
  const char *pattern = step->text;
  const char *rest = line;
  gboolean matches;

  if (line == NULL)
    {
      fake_peer_fail (peer, "expected \"%s\", but the client closed or was silent", step->text);
      return FALSE;
    }
  take_tag (server, &pattern, &rest);
  if (step->kind == FAKE_EXPECT_REGEX)
    {
      g_autofree char *anchored = g_strdup_printf ("^(?:%s)$", pattern);

      matches = g_regex_match_simple (anchored, rest, G_REGEX_DOLLAR_ENDONLY, 0);
    }
  else
    matches = g_pattern_match_simple (pattern, rest);
  if (!matches)
    fake_peer_fail (peer, "expected \"%s\", got \"%s\"", step->text, line);
  return matches;
}

static gboolean
expect_literal (FakePeer *peer, const FakeStep *step)
{
  g_autoptr (GBytes) bytes = fake_peer_read_bytes (peer, step->length);

  if (bytes == NULL)
    fake_peer_fail (peer, "expected %zu octets, but the client closed or was silent", step->length);
  else if (step->text == NULL || memcmp (g_bytes_get_data (bytes, NULL), step->text, step->length) == 0)
    return TRUE;
  else
    fake_peer_fail (peer, "a literal of %zu octets is not what was expected", step->length);
  return FALSE;
}

static gboolean
send_text (FakeServer *server, FakePeer *peer, const FakeStep *step)
{
  g_autofree char *text =
      step->length > 0 ? g_memdup2 (step->text, step->length) : substitute_tags (server, step->text);
  gsize length = step->length > 0 ? step->length : strlen (text);
  gsize chunk = step->kind == FAKE_SEND_SLOWLY ? 1 : MAX (length, 1);

  for (gsize done = 0; done < length; done += chunk)
    if (!fake_peer_send_bytes (peer, text + done, chunk))
      {
        fake_peer_fail (peer, "the client went before it had \"%.60s\"", step->text);
        return FALSE;
      }
  return TRUE;
}

static gboolean
trickle (FakePeer *peer, const FakeStep *step)
{
  for (gsize i = 0; fake_peer_send_bytes (peer, step->text + i, 1); i = (i + 1) % strlen (step->text))
    if (!fake_peer_pause (peer, 100))
      break;
  return TRUE;
}

static gboolean
call_for_lines (FakePeer *peer, const FakeStep *step)
{
  for (;;)
    {
      g_autofree char *line = fake_peer_read_line (peer);

      if (line == NULL || !step->call (peer, line, step->user_data))
        return TRUE;
    }
}

static gboolean
must (FakePeer *peer, gboolean result, const char *failure)
{
  if (!result)
    fake_peer_fail (peer, "%s", failure);
  return result;
}

static gboolean
play_step (FakeServer *server, FakePeer *peer, const FakeStep *step)
{
  switch (step->kind)
    {
    case FAKE_EXPECT:
    case FAKE_EXPECT_REGEX:
      return expect_line (server, peer, step);
    case FAKE_EXPECT_LITERAL:
      return expect_literal (peer, step);
    case FAKE_EXPECT_CLOSE:
      return must (peer, fake_peer_wait_closed (peer), "the client did not close");
    case FAKE_SEND:
    case FAKE_SEND_SLOWLY:
      return send_text (server, peer, step);
    case FAKE_TRICKLE:
      return trickle (peer, step);
    case FAKE_START_TLS:
      return must (peer, fake_peer_start_tls (peer), "the TLS handshake failed");
    case FAKE_START_TLS_FAILS:
      /* In TLS 1.3 the server is done before the client has judged the certificate. */
      return must (peer, !fake_peer_start_tls (peer) || fake_peer_wait_closed (peer),
                   "the client accepted the server");
    case FAKE_START_DEFLATE:
      return must (peer, fake_peer_start_deflate (peer), "what lies behind COMPRESS is not deflated");
    case FAKE_CALL:
      return call_for_lines (peer, step);
    case FAKE_STALL:
      fake_peer_stall (peer);
      return TRUE;
    case FAKE_RESET:
      fake_peer_reset (peer);
      return TRUE;
    case FAKE_CUT:
      fake_peer_cut (peer);
      return TRUE;
    case FAKE_NEXT_CONNECTION:
    case FAKE_END:
      return FALSE;
    }
  return FALSE;
}

/* Plays one connection's steps. Returns where it stopped, NULL after a failure. */
static const FakeStep *
play_connection (FakeServer *server, FakePeer *peer, const FakeStep *step)
{
  while (step->kind != FAKE_END && step->kind != FAKE_NEXT_CONNECTION)
    if (!play_step (server, peer, step++))
      return NULL;
  return step->kind == FAKE_NEXT_CONNECTION ? step + 1 : step;
}

static void
fail_at_step (FakeServer *server, const FakeStep *reached)
{
  g_autofree char *failure = g_strdup_printf ("no client came for step %td", reached - server->steps + 1);

  fake_shared_fail (&server->shared, failure);
}

static gpointer
run_script (gpointer user_data)
{
  FakeServer *server = user_data;
  const FakeStep *step = server->steps;
  gboolean more = TRUE;

  block_sigpipe ();
  while (step != NULL && more)
    {
      FakePeer *peer = accept_peer (server);

      if (peer == NULL)
        {
          fail_at_step (server, step);
          break;
        }
      step = play_connection (server, peer, step);
      /* A script that ends with FAKE_NEXT_CONNECTION has nothing to say to another client. */
      more = step != NULL && step->kind != FAKE_END;
      fake_peer_free (peer);
    }
  return NULL;
}

typedef struct
{
  FakeServer *server;
  FakePeer *peer;
} Connection;

static gpointer
run_connection (gpointer user_data)
{
  g_autofree Connection *connection = user_data;

  block_sigpipe ();
  connection->server->serve (connection->peer, connection->server->user_data);
  fake_peer_free (connection->peer);
  return NULL;
}

/* Waits for a client without any deadline: FALSE when the server is joined or freed. */
static gboolean
wait_for_client (FakeServer *server)
{
  struct pollfd fds[] = { { .fd = server->listen_fd, .events = POLLIN },
                          { .fd = server->shared.stop_fd, .events = POLLIN },
                          { .fd = server->shared.leave_fd, .events = POLLIN } };

  while (poll (fds, G_N_ELEMENTS (fds), -1) < 0 && errno == EINTR)
    continue;
  return fds[1].revents == 0 && fds[2].revents == 0;
}

static gpointer
run_programmed (gpointer user_data)
{
  FakeServer *server = user_data;
  g_autoptr (GPtrArray) threads = g_ptr_array_new ();

  block_sigpipe ();
  while (wait_for_client (server))
    {
      Connection connection = { server, accept_peer (server) };

      if (connection.peer != NULL)
        g_ptr_array_add (threads, g_thread_new ("fake-connection", run_connection,
                                                g_memdup2 (&connection, sizeof connection)));
    }
  for (guint i = 0; i < threads->len; i++)
    g_thread_join (threads->pdata[i]);
  return NULL;
}

static SSL_CTX *
new_tls_context (const FakeTls *tls)
{
  SSL_CTX *context = SSL_CTX_new (TLS_server_method ());

  /* The lowest level lets a test offer versions that clients must refuse. */
  SSL_CTX_set_security_level (context, 0);
  SSL_CTX_set_options (context, SSL_OP_IGNORE_UNEXPECTED_EOF);
  SSL_CTX_set_session_id_context (context, (const guint8 *)"fake", 4);
  SSL_CTX_set_mode (context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  g_assert_true (SSL_CTX_set_min_proto_version (context, tls->min_version));
  g_assert_true (SSL_CTX_set_max_proto_version (context, tls->max_version));
  g_assert_true (SSL_CTX_use_certificate_chain_file (context, tls->certificate_file));
  g_assert_true (SSL_CTX_use_PrivateKey_file (context, tls->key_file, SSL_FILETYPE_PEM));
  return context;
}

static void
listen_on_loopback (FakeServer *server)
{
  struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl (INADDR_LOOPBACK) };
  socklen_t size = sizeof address;

  server->listen_fd = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  g_assert_cmpint (bind (server->listen_fd, (struct sockaddr *)&address, sizeof address), ==, 0);
  g_assert_cmpint (listen (server->listen_fd, 64), ==, 0);
  g_assert_cmpint (getsockname (server->listen_fd, (struct sockaddr *)&address, &size), ==, 0);
  server->port = ntohs (address.sin_port);
}

static FakeServer *
new_server (const FakeTls *tls)
{
  FakeServer *server = g_new0 (FakeServer, 1);

  g_mutex_init (&server->shared.mutex);
  server->shared.stop_fd = eventfd (0, EFD_CLOEXEC);
  server->shared.leave_fd = eventfd (0, EFD_CLOEXEC);
  server->shared.release_fd = eventfd (0, EFD_CLOEXEC | EFD_SEMAPHORE);
  server->shared.tls = tls != NULL ? new_tls_context (tls) : NULL;
  listen_on_loopback (server);
  return server;
}

FakeServer *
fake_server_new (const FakeStep *steps, const FakeTls *tls)
{
  FakeServer *server = new_server (tls);

  server->steps = steps;
  server->thread = g_thread_new ("fake-server", run_script, server);
  return server;
}

FakeServer *
fake_server_new_programmed (FakeServeFunc serve, gpointer user_data, const FakeTls *tls)
{
  FakeServer *server = new_server (tls);

  server->serve = serve;
  server->user_data = user_data;
  server->thread = g_thread_new ("fake-server", run_programmed, server);
  return server;
}

static void
signal_event (int fd)
{
  guint64 one = 1;

  g_assert_cmpint (write (fd, &one, sizeof one), ==, sizeof one);
}

void
fake_server_free (FakeServer *server)
{
  signal_event (server->shared.stop_fd);
  fake_server_join (server);
  close (server->listen_fd);
  close (server->shared.stop_fd);
  close (server->shared.leave_fd);
  close (server->shared.release_fd);
  SSL_CTX_free (server->shared.tls);
  g_mutex_clear (&server->shared.mutex);
  g_free (server->shared.failure);
  for (guint i = 0; i < N_TAGS; i++)
    g_free (server->tags[i]);
  g_free (server);
}

guint16
fake_server_get_port (FakeServer *server)
{
  return server->port;
}

void
fake_server_release (FakeServer *server)
{
  signal_event (server->shared.release_fd);
}

const char *
fake_server_join (FakeServer *server)
{
  signal_event (server->shared.leave_fd);
  if (server->thread != NULL)
    g_thread_join (g_steal_pointer (&server->thread));
  return server->shared.failure;
}

void
fake_server_assert_played (FakeServer *server)
{
  const char *failure = fake_server_join (server);

  if (failure != NULL)
    g_error ("fake server: %s", failure);
}

guint
fake_server_get_accepted (FakeServer *server)
{
  return g_atomic_int_get (&server->shared.accepted);
}

guint
fake_server_get_resumed (FakeServer *server)
{
  return g_atomic_int_get (&server->shared.resumed);
}
