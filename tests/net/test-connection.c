/* Contract C8: a server that stops talking, or trickles, is given up; STARTTLS believes nothing that came
 * before; memory does not grow with what is sent. */
#include "net-fixture.h"
#include "../../engine/net/dial.h"

static TestCertificates *certificates;

static const FakeTls *
good (void)
{
  return test_certificates_get (certificates, TEST_CERTIFICATE_GOOD);
}

static void
test_lines (void)
{
  const FakeStep steps[] = { { FAKE_SEND, "* OK\r\n" },  { FAKE_EXPECT, "$TAG1 A" },
                             { FAKE_EXPECT, "$TAG2 B" }, { FAKE_SEND_SLOWLY, "$TAG2 OK\r\n$TAG1 OK\r\n" },
                             { FAKE_EXPECT_CLOSE },      { FAKE_END } };
  g_autoptr (FakeServer) server = fake_server_new (steps, NULL);
  NetFixture fixture;

  net_fixture_init (&fixture, server);
  net_fixture_open (&fixture);
  g_assert_true (net_connection_is_loopback (fixture.connection));
  g_assert_false (net_connection_is_secure (fixture.connection));
  net_fixture_expect (&fixture, "* OK\r\n");
  net_fixture_write (&fixture, "x1 A\r\n");
  net_fixture_write (&fixture, "x2 B\r\n");
  g_assert_cmpuint (net_connection_get_queued (fixture.connection), ==, 12);
  net_fixture_expect (&fixture, "* OK\r\nx2 OK\r\nx1 OK\r\n");
  g_assert_cmpuint (net_connection_get_queued (fixture.connection), ==, 0);
  g_assert_cmpuint (net_connection_get_sent (fixture.connection), ==, 12);
  g_assert_cmpuint (net_connection_get_received (fixture.connection), ==, 20);
  net_connection_close (fixture.connection);
  fake_server_assert_played (server);
  net_fixture_clear (&fixture);
}

/* What was queued goes out before a close. */
static void
test_close_drains (void)
{
  const FakeStep steps[] = {
    { FAKE_EXPECT, "x LOGOUT" }, { FAKE_SEND, "bye\r\n" }, { FAKE_EXPECT_CLOSE }, { FAKE_END }
  };
  g_autoptr (FakeServer) server = fake_server_new (steps, NULL);
  g_autoptr (GError) error = NULL;
  NetFixture fixture;

  net_fixture_init (&fixture, server);
  net_fixture_open (&fixture);
  net_fixture_write (&fixture, "x LOGOUT\r\n");
  net_connection_close (fixture.connection);
  g_assert_false (net_connection_iterate (fixture.connection, FALSE, &error));
  g_assert_error (error, NET_ERROR, NET_ERROR_CLOSED);
  fake_server_assert_played (server);
  net_fixture_clear (&fixture);
}

typedef struct
{
  const char *description;
  FakeStep steps[6];
  const char *heard; /* before start_tls is called: it ends with the tagged OK */
  NetError code;     /* with message: the failure */
  const char *message;
} StartTlsRow;

static const StartTlsRow start_tls_rows[] = {
  { "in order",
    { { FAKE_SEND, "* OK\r\n" },
      { FAKE_EXPECT, "a STARTTLS" },
      { FAKE_SEND, "a OK\r\n" },
      { FAKE_START_TLS },
      { FAKE_SEND, "+" } },
    "* OK\r\na OK\r\n" },
  { "cut anywhere",
    { { FAKE_SEND_SLOWLY, "* OK\r\n" },
      { FAKE_EXPECT, "a STARTTLS" },
      { FAKE_SEND_SLOWLY, "a OK\r\n" },
      { FAKE_START_TLS },
      { FAKE_SEND, "+" } },
    "* OK\r\na OK\r\n" },
  { "a line behind the OK (CVE-2020-14954)",
    { { FAKE_SEND, "* OK\r\n" },
      { FAKE_EXPECT, "a STARTTLS" },
      { FAKE_SEND, "a OK\r\n* CAPABILITY EVIL\r\n" },
      { FAKE_EXPECT_CLOSE } },
    "* OK\r\na OK\r\n",
    NET_ERROR_PROTOCOL,
    "data before TLS" },
  { "half a line behind the OK",
    { { FAKE_SEND, "* OK\r\n" },
      { FAKE_EXPECT, "a STARTTLS" },
      { FAKE_SEND, "a OK\r\n*" },
      { FAKE_EXPECT_CLOSE } },
    "* OK\r\na OK\r\n",
    NET_ERROR_PROTOCOL,
    "data before TLS" },
  { "OK and no handshake",
    { { FAKE_SEND, "* OK\r\n" },
      { FAKE_EXPECT, "a STARTTLS" },
      { FAKE_SEND, "a OK\r\n" },
      { FAKE_EXPECT_LITERAL, "\x16\x03\x01", 3 },
      { FAKE_CUT } },
    "* OK\r\na OK\r\n",
    NET_ERROR_CLOSED,
    "" },
  { "OK and garbage",
    { { FAKE_SEND, "* OK\r\n" },
      { FAKE_EXPECT, "a STARTTLS" },
      { FAKE_SEND, "a OK\r\n" },
      { FAKE_EXPECT_LITERAL, "\x16\x03\x01", 3 },
      { FAKE_SEND, "* CAPABILITY EVIL\r\n" } },
    "* OK\r\na OK\r\n",
    NET_ERROR_TLS,
    "not TLS" },
};

static void
test_start_tls (gconstpointer data)
{
  const StartTlsRow *row = data;
  g_autoptr (FakeServer) server = fake_server_new (row->steps, good ());
  g_autoptr (GError) error = NULL;
  NetFixture fixture;

  net_fixture_init (&fixture, server);
  fixture.endpoint.tls_ca_file = test_certificates_get_ca_file (certificates);
  net_fixture_open (&fixture);
  net_fixture_write (&fixture, "a STARTTLS\r\n");
  net_fixture_expect (&fixture, row->heard);
  if (row->message == NULL)
    {
      net_connection_start_tls (fixture.connection, &error);
      g_assert_no_error (error);
      g_assert_true (net_connection_is_secure (fixture.connection));
      g_string_truncate (fixture.input, 0);
      net_fixture_expect (&fixture, "+");
    }
  else
    {
      g_assert_false (net_connection_start_tls (fixture.connection, &error));
      g_test_message ("%s", error->message);
      g_assert_error (error, NET_ERROR, (int)row->code);
      g_assert_nonnull (strstr (error->message, row->message));
      g_assert_false (net_connection_is_secure (fixture.connection));
      g_assert_cmpstr (fixture.input->str, ==, row->heard);
    }
  net_fixture_clear (&fixture);
}

typedef enum
{
  STALL_OPENING,
  STALL_WAITING,
  STALL_WRITING,
} StallPhase;

typedef struct
{
  const char *description;
  gboolean tls;
  FakeStep steps[5];
  StallPhase phase;
  const char *message;
} StallRow;

/* The record header of a ServerHello of 90 octets, and its beginning. */
#define HALF_HELLO "\x16\x03\x03\x00\x5a\x02\x00\x00\x56\x03\x03"

static const StallRow stall_rows[] = {
  { "accepted, no handshake", TRUE, { { FAKE_STALL } }, STALL_OPENING, "handshake" },
  { "half a handshake", TRUE, { { FAKE_SEND, HALF_HELLO, 11 }, { FAKE_STALL } }, STALL_OPENING, "handshake" },
  { "a handshake that trickles",
    TRUE,
    { { FAKE_SEND, HALF_HELLO, 11 }, { FAKE_TRICKLE, "\x41" } },
    STALL_OPENING,
    "handshake" },
  { "no greeting", FALSE, { { FAKE_STALL } }, STALL_WAITING, "silent for 1 seconds; if this port is for TLS" },
  { "no greeting in TLS",
    TRUE,
    { { FAKE_START_TLS }, { FAKE_STALL } },
    STALL_WAITING,
    "silent for 1 seconds" },
  { "no answer",
    FALSE,
    { { FAKE_SEND, "* OK\r\n" }, { FAKE_STALL } },
    STALL_WAITING,
    "less than 1024 octets" },
  { "a trickle", FALSE, { { FAKE_TRICKLE, "* OK " } }, STALL_WAITING, "less than 1024 octets" },
  { "a trickle in TLS",
    TRUE,
    { { FAKE_START_TLS }, { FAKE_TRICKLE, "* OK " } },
    STALL_WAITING,
    "less than 1024 octets" },
  { "it takes nothing", FALSE, { { FAKE_STALL } }, STALL_WRITING, "silent for 1 seconds" },
  { "it takes nothing in TLS",
    TRUE,
    { { FAKE_START_TLS }, { FAKE_STALL } },
    STALL_WRITING,
    "silent for 1 seconds" },
};

static gboolean
endless_source (guint8 *buffer, gsize size, gsize *length, gpointer user_data, GError **error)
{
  memset (buffer, 'x', size);
  *length = size;
  return TRUE;
}

static void
test_stall (gconstpointer data)
{
  const StallRow *row = data;
  g_autoptr (FakeServer) server = fake_server_new (row->steps, good ());
  g_autoptr (GError) error = NULL;
  gint64 begin = g_get_monotonic_time ();
  NetFixture fixture;

  net_fixture_init_tls (&fixture, server, certificates);
  fixture.endpoint.tls_from_start = row->tls;
  fixture.endpoint.timeout = 1;
  if (row->phase == STALL_OPENING)
    error = net_fixture_open_fails (&fixture);
  else
    {
      net_fixture_open (&fixture);
      if (row->phase == STALL_WRITING)
        net_connection_write_source (fixture.connection, endless_source, NULL, NULL);
      error = net_fixture_wait_failure (&fixture, row->phase == STALL_WAITING);
    }
  g_test_message ("%s", error->message);
  g_assert_error (error, NET_ERROR, NET_ERROR_TIMEOUT);
  g_assert_nonnull (strstr (error->message, row->message));
  g_assert_cmpint (g_get_monotonic_time () - begin, <, 10 * G_TIME_SPAN_SECOND);
  net_fixture_clear (&fixture);
}

/* A closing peer that takes nothing holds us no longer than the timeout. */
static void
test_close_stalls (void)
{
  const FakeStep steps[] = { { FAKE_STALL }, { FAKE_END } };
  g_autoptr (FakeServer) server = fake_server_new (steps, NULL);
  gint64 begin = g_get_monotonic_time ();
  NetFixture fixture;

  net_fixture_init (&fixture, server);
  fixture.endpoint.timeout = 1;
  net_fixture_open (&fixture);
  net_connection_write_source (fixture.connection, endless_source, NULL, NULL);
  net_connection_close (fixture.connection);
  g_assert_cmpint (g_get_monotonic_time () - begin, <, 10 * G_TIME_SPAN_SECOND);
  net_fixture_clear (&fixture);
}

/* Small answers are no trickle as long as they are whole responses. */
static void
test_note_progress (void)
{
  const FakeStep steps[] = { { FAKE_TRICKLE, "\n" }, { FAKE_END } };
  g_autoptr (FakeServer) server = fake_server_new (steps, NULL);
  g_autoptr (GError) error = NULL;
  NetFixture fixture;

  net_fixture_init (&fixture, server);
  fixture.endpoint.timeout = 1;
  net_fixture_open (&fixture);
  while (fixture.input->len < 15 && error == NULL)
    if (net_connection_iterate (fixture.connection, TRUE, &error))
      net_connection_note_progress (fixture.connection);
  g_assert_no_error (error);
  net_fixture_clear (&fixture);
}

static gboolean
flag_passed (gpointer user_data)
{
  *(gboolean *)user_data = TRUE;
  return G_SOURCE_REMOVE;
}

/* Nothing is due: silence is no failure (IDLE). Another source of the context ends the wait. */
static void
test_idle (void)
{
  const FakeStep steps[] = { { FAKE_STALL }, { FAKE_END } };
  g_autoptr (FakeServer) server = fake_server_new (steps, NULL);
  g_autoptr (GError) error = NULL;
  gboolean passed = FALSE;
  guint turns = 0;
  NetFixture fixture;
  GSource *timer;

  net_fixture_init (&fixture, server);
  fixture.endpoint.timeout = 1;
  net_fixture_open (&fixture);
  timer = g_timeout_source_new (1500);
  g_source_set_callback (timer, flag_passed, &passed, NULL);
  g_source_attach (timer, fixture.context);
  while (!passed && error == NULL)
    {
      net_connection_iterate (fixture.connection, FALSE, &error);
      turns++;
    }
  g_assert_no_error (error);
  /* GLib wakes a context up when its sources change: waiting must not become spinning. */
  g_assert_cmpuint (turns, <, 20);
  g_source_unref (timer);
  net_fixture_clear (&fixture);
}

typedef struct
{
  const char *description;
  gboolean tls;
  FakeStep steps[4];
  gboolean opens;
} CancelRow;

static const CancelRow cancel_rows[] = {
  { "in the handshake", TRUE, { { FAKE_STALL } }, FALSE },
  { "while waiting", FALSE, { { FAKE_STALL } }, TRUE },
  { "while waiting in TLS", TRUE, { { FAKE_START_TLS }, { FAKE_STALL } }, TRUE },
};

static gboolean
cancel (gpointer user_data)
{
  g_cancellable_cancel (user_data);
  return G_SOURCE_REMOVE;
}

static void
test_cancel (gconstpointer data)
{
  const CancelRow *row = data;
  g_autoptr (FakeServer) server = fake_server_new (row->steps, good ());
  g_autoptr (GError) error = NULL;
  gint64 begin = g_get_monotonic_time ();
  NetFixture fixture;
  GSource *timer;

  net_fixture_init_tls (&fixture, server, certificates);
  fixture.endpoint.tls_from_start = row->tls;
  if (row->opens)
    net_fixture_open (&fixture);
  timer = g_timeout_source_new (50);
  g_source_set_callback (timer, cancel, fixture.cancellable, NULL);
  g_source_attach (timer, fixture.context);
  error = row->opens ? net_fixture_wait_failure (&fixture, TRUE) : net_fixture_open_fails (&fixture);
  g_assert_error (error, NET_ERROR, NET_ERROR_CANCELLED);
  g_assert_cmpint (g_get_monotonic_time () - begin, <, 5 * G_TIME_SPAN_SECOND);
  net_connection_close (fixture.connection);
  g_source_unref (timer);
  net_fixture_clear (&fixture);
}

static void
test_cancelled_before (void)
{
  const FakeStep steps[] = { { FAKE_END } };
  g_autoptr (FakeServer) server = fake_server_new (steps, NULL);
  g_autoptr (GError) error = NULL;
  NetFixture fixture;

  net_fixture_init (&fixture, server);
  g_cancellable_cancel (fixture.cancellable);
  error = net_fixture_open_fails (&fixture);
  g_assert_error (error, NET_ERROR, NET_ERROR_CANCELLED);
  net_fixture_clear (&fixture);
}

static void
test_offline (void)
{
  const FakeStep steps[] = { { FAKE_END } };
  g_autoptr (FakeServer) server = fake_server_new (steps, NULL);
  g_autoptr (FakeServer) gone = fake_server_new (steps, NULL);
  g_autoptr (GError) refused = NULL;
  g_autoptr (GError) unknown = NULL;
  NetFixture fixture;

  net_fixture_init (&fixture, gone);
  g_clear_pointer (&gone, fake_server_free);
  refused = net_fixture_open_fails (&fixture);
  g_assert_error (refused, NET_ERROR, NET_ERROR_OFFLINE);
  g_assert_true (g_str_has_prefix (refused->message, "127.0.0.1:"));
  net_fixture_clear (&fixture);

  net_fixture_init (&fixture, server);
  fixture.endpoint.host = "no-such-host.invalid";
  unknown = net_fixture_open_fails (&fixture);
  g_assert_error (unknown, NET_ERROR, NET_ERROR_OFFLINE);
  g_assert_true (g_str_has_prefix (unknown->message, "no-such-host.invalid:"));
  net_fixture_clear (&fixture);
}

typedef struct
{
  const char *address;
  gboolean is_loopback;
} AddressRow;

static const AddressRow address_rows[] = {
  { "127.0.0.1", TRUE },    { "127.8.9.10", TRUE },       { "::1", TRUE },      { "10.0.0.1", FALSE },
  { "192.168.1.1", FALSE }, { "128.0.0.1", FALSE },       { "fe80::1", FALSE }, { "2001:db8::1", FALSE },
  { "0.0.0.0", FALSE },     { "::ffff:10.0.0.1", FALSE }, { "::2", FALSE },
};

static void
test_loopback (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (address_rows); i++)
    {
      g_autoptr (GSocketAddress) address =
          g_inet_socket_address_new_from_string (address_rows[i].address, 143);

      g_assert_cmpint (net_address_is_loopback (address), ==, address_rows[i].is_loopback);
    }
}

/* security=none, towards this computer. */
static void
test_plain (void)
{
  const FakeStep steps[] = { { FAKE_SEND, "* OK\r\n* two\r\n" }, { FAKE_EXPECT_CLOSE }, { FAKE_END } };
  g_autoptr (FakeServer) server = fake_server_new (steps, NULL);
  NetFixture fixture;

  net_fixture_init (&fixture, server);
  fixture.endpoint.allow_plain = TRUE;
  net_fixture_open (&fixture);
  net_fixture_expect (&fixture, "* OK\r\n* two\r\n");
  net_connection_close (fixture.connection);
  fake_server_assert_played (server);
  net_fixture_clear (&fixture);
}

static void
test_goodbye_before_reset (gconstpointer data)
{
  const FakeStep steps[] = { { FAKE_SEND, "* BYE too busy\r\n" }, { FAKE_END } };
  g_autoptr (FakeServer) server = fake_server_new (steps, NULL);
  g_autoptr (GError) error = NULL;
  NetFixture fixture;

  net_fixture_init (&fixture, server);
  fixture.endpoint.allow_plain = GPOINTER_TO_INT (data);
  net_fixture_open (&fixture);
  fake_server_assert_played (server);
  net_connection_write_source (fixture.connection, endless_source, NULL, NULL);
  error = net_fixture_wait_failure (&fixture, TRUE);
  g_assert_error (error, NET_ERROR, NET_ERROR_CLOSED);
  g_assert_cmpstr (fixture.input->str, ==, "* BYE too busy\r\n");
  net_fixture_clear (&fixture);
}

static void
test_reset (void)
{
  const FakeStep steps[] = { { FAKE_EXPECT, "go" }, { FAKE_RESET }, { FAKE_END } };
  g_autoptr (FakeServer) server = fake_server_new (steps, NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (GError) again = NULL;
  NetFixture fixture;

  net_fixture_init (&fixture, server);
  net_fixture_open (&fixture);
  net_fixture_write (&fixture, "go\r\n");
  error = net_fixture_wait_failure (&fixture, TRUE);
  g_assert_error (error, NET_ERROR, NET_ERROR_CLOSED);
  again = net_fixture_wait_failure (&fixture, TRUE);
  g_assert_error (again, NET_ERROR, NET_ERROR_CLOSED);
  g_assert_cmpstr (again->message, ==, error->message);
  net_fixture_clear (&fixture);
}

static gboolean
refuse_input (const guint8 *input, gsize length, gpointer user_data, GError **error)
{
  g_set_error_literal (error, NET_ERROR, NET_ERROR_PROTOCOL, "that is no IMAP");
  return FALSE;
}

static void
test_input_refused (void)
{
  const FakeStep steps[] = { { FAKE_SEND, "HTTP/1.1 200 OK\r\nServer: x\r\n" },
                             { FAKE_EXPECT_CLOSE },
                             { FAKE_END } };
  g_autoptr (FakeServer) server = fake_server_new (steps, NULL);
  g_autoptr (GError) error = NULL;
  NetFixture fixture;

  net_fixture_init (&fixture, server);
  net_fixture_start (&fixture);
  net_connection_set_input (fixture.connection, refuse_input, NULL);
  g_assert_true (net_connection_open (fixture.connection, NULL));
  error = net_fixture_wait_failure (&fixture, TRUE);
  g_assert_error (error, NET_ERROR, NET_ERROR_PROTOCOL);
  g_assert_nonnull (strstr (error->message, ": that is no IMAP"));
  fake_server_assert_played (server);
  net_fixture_clear (&fixture);
}

int
main (int argc, char **argv)
{
  int result;

  g_test_init (&argc, &argv, NULL);
  certificates = test_certificates_new ();
  g_test_add_func ("/net/connection/lines", test_lines);
  g_test_add_func ("/net/connection/close-drains", test_close_drains);
  g_test_add_func ("/net/connection/close-stalls", test_close_stalls);
  g_test_add_func ("/net/connection/C8/note-progress", test_note_progress);
  g_test_add_func ("/net/connection/idle", test_idle);
  g_test_add_func ("/net/connection/cancelled-before", test_cancelled_before);
  g_test_add_func ("/net/connection/C5.1/offline", test_offline);
  g_test_add_func ("/net/connection/C8/loopback", test_loopback);
  g_test_add_func ("/net/connection/plain", test_plain);
  g_test_add_data_func ("/net/connection/goodbye/before-tls", GINT_TO_POINTER (FALSE),
                        test_goodbye_before_reset);
  g_test_add_data_func ("/net/connection/goodbye/plain", GINT_TO_POINTER (TRUE), test_goodbye_before_reset);
  g_test_add_func ("/net/connection/reset", test_reset);
  g_test_add_func ("/net/connection/input-refused", test_input_refused);
  for (gsize i = 0; i < G_N_ELEMENTS (start_tls_rows); i++)
    {
      g_autofree char *path =
          g_strdup_printf ("/net/connection/C8/starttls/%s", start_tls_rows[i].description);

      g_test_add_data_func (path, &start_tls_rows[i], test_start_tls);
    }
  for (gsize i = 0; i < G_N_ELEMENTS (stall_rows); i++)
    {
      g_autofree char *path = g_strdup_printf ("/net/connection/C8/stall/%s", stall_rows[i].description);

      g_test_add_data_func (path, &stall_rows[i], test_stall);
    }
  for (gsize i = 0; i < G_N_ELEMENTS (cancel_rows); i++)
    {
      g_autofree char *path = g_strdup_printf ("/net/connection/cancel/%s", cancel_rows[i].description);

      g_test_add_data_func (path, &cancel_rows[i], test_cancel);
    }
  result = g_test_run ();
  test_certificates_free (certificates);
  return result;
}
