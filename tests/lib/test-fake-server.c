/* The fake server is what other tests stand on: it must notice what a client does wrong. */
#include "fake-peer.h"
#include <string.h>

static GSocketConnection *
connect_to (FakeServer *server)
{
  g_autoptr (GSocketClient) client = g_socket_client_new ();
  g_autoptr (GError) error = NULL;
  GSocketConnection *connection;

  connection =
      g_socket_client_connect_to_host (client, "127.0.0.1", fake_server_get_port (server), NULL, &error);
  g_assert_no_error (error);
  return connection;
}

static void
say (GSocketConnection *connection, const char *text)
{
  GOutputStream *output = g_io_stream_get_output_stream (G_IO_STREAM (connection));

  g_output_stream_write_all (output, text, strlen (text), NULL, NULL, NULL);
}

static char *
hear_all (GSocketConnection *connection)
{
  GInputStream *input = g_io_stream_get_input_stream (G_IO_STREAM (connection));
  char buffer[1000] = "";
  gsize length = 0;

  g_input_stream_read_all (input, buffer, sizeof buffer - 1, &length, NULL, NULL);
  return g_strndup (buffer, length);
}

typedef struct
{
  const char *description;
  FakeStep steps[8];
  const char *client;  /* what the client says, at once */
  const char *server;  /* what it must hear in all */
  const char *failure; /* (nullable) a part of it */
} Row;

static gboolean
answer_noop (FakePeer *peer, const char *line, gpointer user_data)
{
  if (!g_str_has_suffix (line, "NOOP"))
    return FALSE;
  return fake_peer_printf (peer, "%.2s OK\r\n", line);
}

static const Row rows[] = {
  { "greeting, command, tagged answer",
    { { FAKE_SEND, "* OK\r\n" }, { FAKE_EXPECT, "$TAG NOOP" }, { FAKE_SEND, "$TAG OK\r\n" } },
    "a1 NOOP\r\n",
    "* OK\r\na1 OK\r\n",
    NULL },
  { "two tags at once, answered out of order",
    { { FAKE_EXPECT, "$TAG1 A" }, { FAKE_EXPECT, "$TAG2 B *" }, { FAKE_SEND, "$TAG2 OK\r\n$TAG1 OK\r\n" } },
    "x A\r\ny B c\r\n",
    "y OK\r\nx OK\r\n",
    NULL },
  { "a literal with a NUL, then the rest of the line",
    { { FAKE_EXPECT, "L {3}" }, { FAKE_EXPECT_LITERAL, "abc", 3 }, { FAKE_EXPECT, "" }, { FAKE_SEND, "x" } },
    "L {3}\r\nabc\r\n",
    "x",
    NULL },
  { "a regular expression is anchored",
    { { FAKE_EXPECT_REGEX, "$TAG UID (FETCH|STORE) [0-9:]+" }, { FAKE_SEND, "x" } },
    "a UID FETCH 1:3\r\n",
    "x",
    NULL },
  { "octet by octet", { { FAKE_SEND_SLOWLY, "abc" } }, "", "abc", NULL },
  { "a programmed answer for each line",
    { { FAKE_CALL, .call = answer_noop }, { FAKE_SEND, "end" } },
    "a1 NOOP\r\na2 NOOP\r\nBYE\r\n",
    "a1 OK\r\na2 OK\r\nend",
    NULL },
  { "another line than expected fails", { { FAKE_EXPECT, "$TAG NOOP" } }, "a CHECK\r\n", "", "a CHECK" },
  { "a missing line fails", { { FAKE_EXPECT, "$TAG NOOP" } }, "", "", "closed" },
  { "another literal fails", { { FAKE_EXPECT_LITERAL, "abc", 3 } }, "abd", "", "literal" },
  { "another client than scripted fails",
    { { FAKE_NEXT_CONNECTION }, { FAKE_SEND, "x" } },
    "",
    "",
    "no client" },
};

static void
test_row (gconstpointer data)
{
  const Row *row = data;
  g_autoptr (FakeServer) server = fake_server_new (row->steps, NULL);
  g_autoptr (GSocketConnection) connection = connect_to (server);
  g_autofree char *heard = NULL;

  if (g_strcmp0 (row->failure, "no client") == 0)
    return; /* its 20 seconds are not worth waiting for; freeing must end them */
  say (connection, row->client);
  g_socket_shutdown (g_socket_connection_get_socket (connection), FALSE, TRUE, NULL);
  heard = hear_all (connection);
  g_assert_cmpstr (heard, ==, row->server);
  if (row->failure == NULL)
    fake_server_assert_played (server);
  else
    g_assert_nonnull (strstr (fake_server_join (server), row->failure));
}

static void
serve_echo (FakePeer *peer, gpointer user_data)
{
  g_autofree char *line = fake_peer_read_line (peer);

  fake_peer_send (peer, line);
}

static void
test_programmed (void)
{
  g_autoptr (FakeServer) server = fake_server_new_programmed (serve_echo, NULL, NULL);
  g_autoptr (GSocketConnection) first = connect_to (server);
  g_autoptr (GSocketConnection) second = connect_to (server);
  g_autofree char *heard_first = NULL;
  g_autofree char *heard_second = NULL;

  say (second, "two\r\n");
  heard_second = hear_all (second);
  say (first, "one\r\n");
  heard_first = hear_all (first);
  g_assert_cmpstr (heard_first, ==, "one");
  g_assert_cmpstr (heard_second, ==, "two");
  fake_server_assert_played (server);
  g_assert_cmpuint (fake_server_get_accepted (server), ==, 2);
}

static void
test_stall (void)
{
  const FakeStep steps[] = { { FAKE_STALL }, { FAKE_SEND, "on" }, { FAKE_STALL }, { FAKE_END } };
  g_autoptr (FakeServer) server = fake_server_new (steps, NULL);
  g_autoptr (GSocketConnection) connection = connect_to (server);
  g_autofree char *heard = NULL;

  fake_server_release (server);
  fake_server_assert_played (server);
  heard = hear_all (connection);
  g_assert_cmpstr (heard, ==, "on");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *path = g_strdup_printf ("/fake-server/script/%s", rows[i].description);

      g_test_add_data_func (path, &rows[i], test_row);
    }
  g_test_add_func ("/fake-server/programmed", test_programmed);
  g_test_add_func ("/fake-server/stall", test_stall);
  return g_test_run ();
}
