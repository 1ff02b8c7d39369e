/* Much data: nothing deadlocks, nothing is held whole, everything arrives. */
#include "net-fixture.h"
#include <openssl/ssl.h>

#define MIB (1024 * 1024)

static TestCertificates *certificates;

/* Octet i of a stream that is not the same anywhere. */
static guint8
octet_at (gsize i)
{
  return (guint8)(i * 31 + (i >> 8) + (i >> 16) * 7);
}

static void
fill (guint8 *buffer, gsize offset, gsize length)
{
  for (gsize i = 0; i < length; i++)
    buffer[i] = octet_at (offset + i);
}

static gboolean
matches (const guint8 *data, gsize offset, gsize length)
{
  for (gsize i = 0; i < length; i++)
    if (data[i] != octet_at (offset + i))
      return FALSE;
  return TRUE;
}

typedef struct
{
  gsize length; /* in all */
  gsize done;
  gsize most;     /* a call gives at most that; 0: all there is room for */
  gsize fails_at; /* 0: never */
  guint notified;
  gsize furthest; /* most octets pulled and not yet sent */
  NetConnection *connection;
} Source;

static gboolean
give_octets (guint8 *buffer, gsize size, gsize *length, gpointer user_data, GError **error)
{
  Source *source = user_data;
  gsize most = source->most > 0 ? MIN (source->most, size) : size;

  if (source->fails_at > 0 && source->done >= source->fails_at)
    {
      g_set_error_literal (error, G_FILE_ERROR, G_FILE_ERROR_IO, "the disk can't be read");
      return FALSE;
    }
  *length = MIN (most, source->length - source->done);
  fill (buffer, source->done, *length);
  source->done += *length;
  source->furthest = MAX (source->furthest, source->done - net_connection_get_sent (source->connection));
  return TRUE;
}

static void
note_end (gpointer user_data)
{
  Source *source = user_data;

  source->notified++;
}

typedef struct
{
  gsize done;
  gboolean wrong;
} Sink;

static gboolean
check_octets (const guint8 *data, gsize length, gpointer user_data, GError **error)
{
  Sink *sink = user_data;

  sink->wrong = sink->wrong || !matches (data, sink->done, length);
  sink->done += length;
  return TRUE;
}

typedef struct
{
  const char *description;
  gboolean tls;
  gsize down, up;
  gsize most; /* of a source's call */
} TransferRow;

static const TransferRow transfer_rows[] = {
  { "64 MiB both ways", FALSE, 64 * MIB, 64 * MIB, 0 },
  { "64 MiB both ways in TLS", TRUE, 64 * MIB, 64 * MIB, 0 },
  { "10 MiB up", FALSE, 0, 10 * MIB, 0 },
  { "10 MiB up in TLS", TRUE, 0, 10 * MIB, 0 },
  { "1 MiB up, 100 octets at a time", TRUE, 0, 1 * MIB, 100 },
  { "64 MiB down in TLS", TRUE, 64 * MIB, 0, 0 },
  { "nothing up", FALSE, 1, 0, 0 },
};

/* Sends everything before it reads anything: a client that only wrote would wait for ever. */
static void
serve_transfer (FakePeer *peer, gpointer user_data)
{
  const TransferRow *row = user_data;
  g_autofree guint8 *buffer = g_malloc (256 * 1024);

  if (row->tls && !fake_peer_start_tls (peer))
    return;
  for (gsize done = 0; done < row->down; done += MIN (256 * 1024, row->down - done))
    {
      fill (buffer, done, MIN (256 * 1024, row->down - done));
      if (!fake_peer_send_bytes (peer, buffer, MIN (256 * 1024, row->down - done)))
        fake_peer_fail (peer, "the client went after %zu octets", done);
    }
  for (gsize done = 0; done < row->up;)
    {
      g_autoptr (GBytes) bytes = fake_peer_read_bytes (peer, MIN (16 * 1024, row->up - done));

      if (bytes == NULL || !matches (g_bytes_get_data (bytes, NULL), done, g_bytes_get_size (bytes)))
        {
          fake_peer_fail (peer, "what came after %zu octets is wrong", done);
          return;
        }
      done += g_bytes_get_size (bytes);
    }
  if (!fake_peer_wait_closed (peer))
    fake_peer_fail (peer, "the client sent too much");
}

static void
test_transfer (gconstpointer data)
{
  const TransferRow *row = data;
  g_autoptr (FakeServer) server = fake_server_new_programmed (
      serve_transfer, (gpointer)row, test_certificates_get (certificates, TEST_CERTIFICATE_GOOD));
  g_autoptr (GError) error = NULL;
  Source source = { .length = row->up, .most = row->most };
  Sink sink = { 0 };
  NetFixture fixture;

  net_fixture_init_tls (&fixture, server, certificates);
  fixture.endpoint.tls_from_start = row->tls;
  fixture.endpoint.allow_plain = TRUE;
  source.connection = net_fixture_start (&fixture);
  net_connection_set_input (fixture.connection, check_octets, &sink);
  g_assert_true (net_connection_open (fixture.connection, &error));
  net_connection_write_source (fixture.connection, give_octets, &source, note_end);
  g_assert_cmpuint (net_connection_get_queued (fixture.connection), ==, 1);
  while ((sink.done < row->down || net_connection_get_queued (fixture.connection) > 0) && error == NULL)
    net_connection_iterate (fixture.connection, TRUE, &error);
  g_assert_no_error (error);
  g_assert_false (sink.wrong);
  g_assert_cmpuint (source.notified, ==, 1);
  g_assert_cmpuint (source.furthest, <=, 256 * 1024);
  g_assert_cmpuint (net_connection_get_received (fixture.connection), ==, row->down);
  g_assert_cmpuint (net_connection_get_sent (fixture.connection), ==, row->up);
  net_connection_close (fixture.connection);
  fake_server_assert_played (server);
  net_fixture_clear (&fixture);
}

/* An APPEND: what stands around a source stays around it. */
static void
test_order (void)
{
  const FakeStep steps[] = { { FAKE_EXPECT, "a APPEND INBOX {3+}" },
                             { FAKE_EXPECT_LITERAL, "\x00\x1f\x3e", 3 },
                             { FAKE_EXPECT, "" },
                             { FAKE_EXPECT, "b NOOP" },
                             { FAKE_SEND, "b OK\r\n" },
                             { FAKE_END } };
  g_autoptr (FakeServer) server = fake_server_new (steps, NULL);
  Source source = { .length = 3, .most = 1 };
  NetFixture fixture;

  net_fixture_init (&fixture, server);
  net_fixture_open (&fixture);
  source.connection = fixture.connection;
  net_fixture_write (&fixture, "a APPEND INBOX {3+}\r\n");
  net_connection_write_source (fixture.connection, give_octets, &source, note_end);
  net_fixture_write (&fixture, "\r\n");
  net_fixture_write (&fixture, "b NOOP\r\n");
  net_fixture_expect (&fixture, "b OK\r\n");
  fake_server_assert_played (server);
  net_fixture_clear (&fixture);
}

static void
test_source_fails (gconstpointer data)
{
  const FakeStep steps[] = { { FAKE_EXPECT_LITERAL, NULL, 65536 }, { FAKE_STALL }, { FAKE_END } };
  g_autoptr (FakeServer) server = fake_server_new (steps, NULL);
  g_autoptr (GError) error = NULL;
  Source failing = { .length = MIB, .fails_at = GPOINTER_TO_SIZE (data) };
  Source next = { .length = MIB };
  NetFixture fixture;

  net_fixture_init (&fixture, server);
  net_fixture_open (&fixture);
  failing.connection = next.connection = fixture.connection;
  net_connection_write_source (fixture.connection, give_octets, &failing, note_end);
  net_connection_write_source (fixture.connection, give_octets, &next, note_end);
  error = net_fixture_wait_failure (&fixture, TRUE);
  g_assert_error (error, G_FILE_ERROR, G_FILE_ERROR_IO);
  g_assert_cmpstr (error->message, ==, "the disk can't be read");
  g_assert_cmpuint (failing.notified, ==, 1);
  g_assert_cmpuint (next.notified, ==, 1);
  g_assert_cmpuint (next.done, ==, 0);
  net_connection_write_source (fixture.connection, give_octets, &next, note_end);
  g_assert_cmpuint (next.notified, ==, 2);
  net_fixture_clear (&fixture);
}

/* The connection goes while a source is under way. */
static void
test_freed_with_source (void)
{
  const FakeStep steps[] = { { FAKE_STALL }, { FAKE_END } };
  g_autoptr (FakeServer) server = fake_server_new (steps, NULL);
  Source source = { .length = 64 * MIB };
  NetFixture fixture;

  net_fixture_init (&fixture, server);
  net_fixture_open (&fixture);
  source.connection = fixture.connection;
  net_connection_write_source (fixture.connection, give_octets, &source, note_end);
  g_assert_true (net_connection_iterate (fixture.connection, FALSE, NULL));
  net_fixture_clear (&fixture);
  g_assert_cmpuint (source.notified, ==, 1);
}

int
main (int argc, char **argv)
{
  int result;

  g_test_init (&argc, &argv, NULL);
  certificates = test_certificates_new ();
  for (gsize i = 0; i < G_N_ELEMENTS (transfer_rows); i++)
    {
      g_autofree char *path = g_strdup_printf ("/net/transfer/C8/%s", transfer_rows[i].description);

      g_test_add_data_func (path, &transfer_rows[i], test_transfer);
    }
  g_test_add_func ("/net/transfer/order", test_order);
  g_test_add_data_func ("/net/transfer/source-fails/at-once", GSIZE_TO_POINTER (1), test_source_fails);
  g_test_add_data_func ("/net/transfer/source-fails/later", GSIZE_TO_POINTER (MIB / 2), test_source_fails);
  g_test_add_func ("/net/transfer/freed-with-source", test_freed_with_source);
  result = g_test_run ();
  test_certificates_free (certificates);
  return result;
}
