/* Contract C8: no password, and no mail, before a verified TLS connection (1.2 or newer). */
#include "net-fixture.h"
#include <openssl/pem.h>
#include <openssl/ssl.h>

static TestCertificates *certificates;

typedef struct
{
  const char *description;
  TestCertificate certificate;
  const char *host;
  const char *message; /* (nullable) a part of the error; NULL: trusted */
} CertificateRow;

static const CertificateRow certificate_rows[] = {
  { "good, by address", TEST_CERTIFICATE_GOOD, "127.0.0.1", NULL },
  { "good, by name", TEST_CERTIFICATE_GOOD, "localhost", NULL },
  { "good, by name in capitals with the root's dot", TEST_CERTIFICATE_GOOD, "LocalHost.", NULL },
  { "the intermediate authority comes along", TEST_CERTIFICATE_INTERMEDIATE, "127.0.0.1", NULL },
  { "no extended key usage at all", TEST_CERTIFICATE_NO_USAGE, "127.0.0.1", NULL },
  { "the intermediate authority is missing", TEST_CERTIFICATE_INCOMPLETE, "127.0.0.1",
    "not trusted here (Test Intermediate)" },
  { "expired", TEST_CERTIFICATE_EXPIRED, "127.0.0.1", "certificate expired on 2020-01-02; nothing was sent" },
  { "not yet valid", TEST_CERTIFICATE_NOT_YET, "127.0.0.1", "not valid before 2100-01-02" },
  { "another host's", TEST_CERTIFICATE_WRONG_HOST, "localhost", "is for other.example, not for localhost" },
  { "another address's", TEST_CERTIFICATE_WRONG_HOST, "127.0.0.1", "not for 127.0.0.1" },
  { "a name is not an address", TEST_CERTIFICATE_NAME_ONLY, "127.0.0.1",
    "is for localhost, not for 127.0.0.1" },
  { "an address is not a name", TEST_CERTIFICATE_ADDRESS_ONLY, "localhost", "names no host" },
  { "the common name does not count", TEST_CERTIFICATE_COMMON_NAME, "localhost", "names no host" },
  { "a NUL in the name (CVE-2009-3942)", TEST_CERTIFICATE_NUL_IN_NAME, "localhost", "not for localhost" },
  { "a client's certificate", TEST_CERTIFICATE_CLIENT, "127.0.0.1", "not made for servers" },
  { "self-signed", TEST_CERTIFICATE_SELF_SIGNED, "127.0.0.1", "self-signed" },
  { "an unknown authority", TEST_CERTIFICATE_UNTRUSTED, "127.0.0.1",
    "authority that is not trusted here (A Stranger)" },
  { "issued by who is no authority", TEST_CERTIFICATE_NOT_CA, "127.0.0.1", "certificate" },
};

static const FakeStep greeting_steps[] = {
  { FAKE_START_TLS }, { FAKE_SEND, "* OK\r\n" }, { FAKE_EXPECT, "bye" }, { FAKE_END }
};
static const FakeStep refusal_steps[] = { { FAKE_START_TLS_FAILS }, { FAKE_END } };

/* Opens, hears the greeting, says "bye". */
static void
talk (NetFixture *fixture)
{
  net_fixture_open (fixture);
  g_assert_true (net_connection_is_secure (fixture->connection));
  net_fixture_expect (fixture, "* OK\r\n");
  net_fixture_write (fixture, "bye\r\n");
  net_connection_close (fixture->connection);
}

static void
expect_refusal (NetFixture *fixture, FakeServer *server, const char *message)
{
  g_autoptr (GError) error = net_fixture_open_fails (fixture);
  g_autofree char *prefix =
      g_strdup_printf ("%s:%u: ", fixture->endpoint.host, fake_server_get_port (server));

  g_test_message ("%s", error->message);
  g_assert_error (error, NET_ERROR, NET_ERROR_CERTIFICATE);
  g_assert_true (g_str_has_prefix (error->message, prefix));
  g_assert_nonnull (strstr (error->message, message));
  g_assert_nonnull (strstr (error->message, "nothing was sent"));
  g_assert_false (net_connection_is_secure (fixture->connection));
  net_fixture_write (fixture, "secret");
  g_assert_cmpuint (net_connection_get_queued (fixture->connection), ==, 0);
  g_assert_cmpuint (net_connection_get_sent (fixture->connection), ==, 0);
}

static void
test_certificate (gconstpointer data)
{
  const CertificateRow *row = data;
  g_autoptr (FakeServer) server = fake_server_new (row->message == NULL ? greeting_steps : refusal_steps,
                                                   test_certificates_get (certificates, row->certificate));
  NetFixture fixture;

  net_fixture_init_tls (&fixture, server, certificates);
  fixture.endpoint.host = row->host;
  if (row->message == NULL)
    talk (&fixture);
  else
    expect_refusal (&fixture, server, row->message);
  fake_server_assert_played (server);
  net_fixture_clear (&fixture);
}

/* tls-ca-file may name the server's own certificate. */
static void
test_ca_file (gconstpointer data)
{
  TestCertificate which = GPOINTER_TO_INT (data);
  const FakeTls *tls = test_certificates_get (certificates, which);
  g_autoptr (FakeServer) server = fake_server_new (greeting_steps, tls);
  NetFixture fixture;

  net_fixture_init_tls (&fixture, server, certificates);
  fixture.endpoint.tls_ca_file = tls->certificate_file;
  talk (&fixture);
  fake_server_assert_played (server);
  net_fixture_clear (&fixture);
}

static void
test_missing_ca_file (void)
{
  const FakeStep steps[] = { { FAKE_EXPECT_CLOSE }, { FAKE_END } };
  g_autoptr (FakeServer) server = fake_server_new (steps, NULL);
  g_autoptr (GError) error = NULL;
  NetFixture fixture;

  net_fixture_init_tls (&fixture, server, certificates);
  fixture.endpoint.tls_ca_file = "/nonexistent/ca.pem";
  error = net_fixture_open_fails (&fixture);
  g_assert_error (error, NET_ERROR, NET_ERROR_CERTIFICATE);
  g_assert_nonnull (strstr (error->message, "/nonexistent/ca.pem"));
  fake_server_assert_played (server);
  net_fixture_clear (&fixture);
}

typedef struct
{
  const char *description;
  TestCertificate certificate; /* that the server shows */
  TestCertificate pinned;
  gboolean of_key;
  const char *message; /* (nullable) */
} PinRow;

static const PinRow pin_rows[] = {
  { "the key", TEST_CERTIFICATE_GOOD, TEST_CERTIFICATE_GOOD, TRUE, NULL },
  { "the certificate", TEST_CERTIFICATE_GOOD, TEST_CERTIFICATE_GOOD, FALSE, NULL },
  { "another key", TEST_CERTIFICATE_OTHER_KEY, TEST_CERTIFICATE_GOOD, TRUE, "tls-pin" },
  { "another certificate", TEST_CERTIFICATE_OTHER_KEY, TEST_CERTIFICATE_GOOD, FALSE, "tls-pin" },
  { "a pin does not replace the chain (CVE-2020-24661)", TEST_CERTIFICATE_UNTRUSTED,
    TEST_CERTIFICATE_UNTRUSTED, TRUE, "not trusted here" },
  { "nor the dates", TEST_CERTIFICATE_EXPIRED, TEST_CERTIFICATE_EXPIRED, FALSE, "expired" },
};

static void
test_pin (gconstpointer data)
{
  const PinRow *row = data;
  g_autofree char *pin = test_certificates_pin (certificates, row->pinned, row->of_key);
  g_autoptr (FakeServer) server = fake_server_new (row->message == NULL ? greeting_steps : refusal_steps,
                                                   test_certificates_get (certificates, row->certificate));
  NetFixture fixture;

  net_fixture_init_tls (&fixture, server, certificates);
  fixture.endpoint.tls_pin = pin;
  if (row->message == NULL)
    talk (&fixture);
  else
    expect_refusal (&fixture, server, row->message);
  fake_server_assert_played (server);
  net_fixture_clear (&fixture);
}

typedef struct
{
  const char *description;
  int version;
  const char *binding; /* NULL: refused */
} VersionRow;

static const VersionRow version_rows[] = {
  { "1.0", TLS1_VERSION, NULL },
  { "1.1", TLS1_1_VERSION, NULL },
  { "1.2", TLS1_2_VERSION, "tls-unique" },
  { "1.3", TLS1_3_VERSION, "tls-exporter" },
};

/* The server's view of the channel binding, in hexadecimal, as its greeting. */
static void
serve_binding (FakePeer *peer, gpointer user_data)
{
  guint8 binding[64];
  gsize length = 32;
  g_autoptr (GString) line = g_string_new (NULL);
  SSL *ssl;

  if (!fake_peer_start_tls (peer))
    return;
  ssl = fake_peer_get_ssl (peer);
  if (SSL_version (ssl) >= TLS1_3_VERSION)
    SSL_export_keying_material (ssl, binding, length, "EXPORTER-Channel-Binding", 24, NULL, 0, 0);
  else
    length = SSL_get_peer_finished (ssl, binding, sizeof binding);
  for (gsize i = 0; i < length; i++)
    g_string_append_printf (line, "%02x", binding[i]);
  g_string_append (line, "\r\n");
  fake_peer_send (peer, line->str);
  fake_peer_wait_closed (peer);
}

static char *
format_binding (GBytes *binding)
{
  const guint8 *octets = g_bytes_get_data (binding, NULL);
  GString *line = g_string_new (NULL);

  for (gsize i = 0; i < g_bytes_get_size (binding); i++)
    g_string_append_printf (line, "%02x", octets[i]);
  g_string_append (line, "\r\n");
  return g_string_free (line, FALSE);
}

static void
expect_binding (NetFixture *fixture, const char *expected_type)
{
  g_autoptr (GBytes) binding = NULL;
  g_autofree char *line = NULL;
  const char *type;

  net_fixture_open (fixture);
  binding = net_connection_get_channel_binding (fixture->connection, &type);
  g_assert_cmpstr (type, ==, expected_type);
  line = format_binding (binding);
  net_fixture_expect (fixture, line);
}

static void
test_version (gconstpointer data)
{
  const VersionRow *row = data;
  FakeTls tls = *test_certificates_get (certificates, TEST_CERTIFICATE_GOOD);
  g_autoptr (FakeServer) server = NULL;
  g_autoptr (GError) error = NULL;
  NetFixture fixture;

  tls.min_version = tls.max_version = row->version;
  server = fake_server_new_programmed (serve_binding, NULL, &tls);
  net_fixture_init_tls (&fixture, server, certificates);
  if (row->binding != NULL)
    expect_binding (&fixture, row->binding);
  else
    {
      error = net_fixture_open_fails (&fixture);
      g_assert_error (error, NET_ERROR, NET_ERROR_TLS);
      g_assert_nonnull (strstr (error->message, "1.2 or newer"));
    }
  net_fixture_clear (&fixture);
}

static void
test_not_tls (void)
{
  const FakeStep steps[] = { { FAKE_SEND, "* OK this is IMAP in clear\r\n" },
                             { FAKE_EXPECT_CLOSE },
                             { FAKE_END } };
  g_autoptr (FakeServer) server = fake_server_new (steps, NULL);
  g_autoptr (GError) error = NULL;
  NetFixture fixture;

  net_fixture_init_tls (&fixture, server, certificates);
  error = net_fixture_open_fails (&fixture);
  g_assert_error (error, NET_ERROR, NET_ERROR_TLS);
  g_assert_nonnull (strstr (error->message, "not TLS"));
  net_fixture_clear (&fixture);
}

/* EOF without close_notify is an end like any other, after all that came before it. */
static void
test_truncation (void)
{
  const FakeStep steps[] = { { FAKE_START_TLS }, { FAKE_SEND, "* BYE\r\n" }, { FAKE_CUT }, { FAKE_END } };
  g_autoptr (FakeServer) server =
      fake_server_new (steps, test_certificates_get (certificates, TEST_CERTIFICATE_GOOD));
  g_autoptr (GError) error = NULL;
  NetFixture fixture;

  net_fixture_init_tls (&fixture, server, certificates);
  net_fixture_open (&fixture);
  net_fixture_expect (&fixture, "* BYE\r\n");
  error = net_fixture_wait_failure (&fixture, FALSE);
  g_assert_error (error, NET_ERROR, NET_ERROR_CLOSED);
  fake_server_assert_played (server);
  net_fixture_clear (&fixture);
}

static void
serve_close_notify (FakePeer *peer, gpointer user_data)
{
  gboolean *seen = user_data;

  if (fake_peer_start_tls (peer) && fake_peer_wait_closed (peer))
    *seen = (SSL_get_shutdown (fake_peer_get_ssl (peer)) & SSL_RECEIVED_SHUTDOWN) != 0;
}

static void
test_close_notify (void)
{
  gboolean seen = FALSE;
  g_autoptr (FakeServer) server = fake_server_new_programmed (
      serve_close_notify, &seen, test_certificates_get (certificates, TEST_CERTIFICATE_GOOD));
  NetFixture fixture;

  net_fixture_init_tls (&fixture, server, certificates);
  net_fixture_open (&fixture);
  net_connection_close (fixture.connection);
  fake_server_assert_played (server);
  g_assert_true (seen);
  net_fixture_clear (&fixture);
}

/* Data and close_notify in one segment, and TCP stays open. */
static void
serve_silent_end (FakePeer *peer, gpointer user_data)
{
  if (!fake_peer_start_tls (peer) || !fake_peer_send (peer, "* BYE\r\n"))
    return;
  SSL_shutdown (fake_peer_get_ssl (peer));
  fake_peer_stall (peer);
}

static void
test_peer_close_notify (void)
{
  g_autoptr (FakeServer) server = fake_server_new_programmed (
      serve_silent_end, NULL, test_certificates_get (certificates, TEST_CERTIFICATE_GOOD));
  g_autoptr (GError) error = NULL;
  NetFixture fixture;

  net_fixture_init_tls (&fixture, server, certificates);
  net_fixture_open (&fixture);
  net_fixture_expect (&fixture, "* BYE\r\n");
  error = net_fixture_wait_failure (&fixture, TRUE);
  g_assert_error (error, NET_ERROR, NET_ERROR_CLOSED);
  net_fixture_clear (&fixture);
}

/* Key updates without end, whose answers are not even read. */
static void
serve_key_updates (FakePeer *peer, gpointer user_data)
{
  int kind = GPOINTER_TO_INT (user_data);
  SSL *ssl;
  int sent = 1;

  if (!fake_peer_start_tls (peer))
    return;
  ssl = fake_peer_get_ssl (peer);
  while (sent == 1 || (SSL_get_error (ssl, sent) == SSL_ERROR_WANT_WRITE && fake_peer_pause (peer, 1)))
    {
      if (sent == 1)
        SSL_key_update (ssl, kind);
      sent = SSL_do_handshake (ssl);
    }
}

static void
test_key_updates (gconstpointer data)
{
  FakeTls tls = *test_certificates_get (certificates, TEST_CERTIFICATE_GOOD);
  g_autoptr (FakeServer) server = NULL;
  g_autoptr (GError) error = NULL;
  NetFixture fixture;

  tls.min_version = TLS1_3_VERSION;
  server = fake_server_new_programmed (serve_key_updates, (gpointer)data, &tls);
  net_fixture_init_tls (&fixture, server, certificates);
  net_fixture_open (&fixture);
  error = net_fixture_wait_failure (&fixture, FALSE);
  g_test_message ("%s", error->message);
  g_assert_error (error, NET_ERROR, NET_ERROR_TLS);
  net_fixture_clear (&fixture);
}

/* The system's authorities: a directory of hashes, as the distributions have it. */
static void
test_system_trust (void)
{
  const char *directory = test_certificates_get_directory (certificates);
  g_autoptr (FakeServer) server =
      fake_server_new (greeting_steps, test_certificates_get (certificates, TEST_CERTIFICATE_INTERMEDIATE));
  FILE *file = fopen (test_certificates_get_ca_file (certificates), "re");
  X509 *authority = PEM_read_X509 (file, NULL, NULL, NULL);
  g_autofree char *hashed = g_strdup_printf ("%s/%08lx.0", directory, X509_subject_name_hash (authority));
  NetFixture fixture;

  g_assert_cmpint (symlink (test_certificates_get_ca_file (certificates), hashed), ==, 0);
  g_setenv ("SSL_CERT_DIR", directory, TRUE);
  net_fixture_init_tls (&fixture, server, certificates);
  fixture.endpoint.tls_ca_file = NULL;
  talk (&fixture);
  fake_server_assert_played (server);
  net_fixture_clear (&fixture);
  g_unsetenv ("SSL_CERT_DIR");
  X509_free (authority);
  fclose (file);
}

int
main (int argc, char **argv)
{
  int result;

  g_test_init (&argc, &argv, NULL);
  certificates = test_certificates_new ();
  for (gsize i = 0; i < G_N_ELEMENTS (certificate_rows); i++)
    {
      g_autofree char *path = g_strdup_printf ("/net/tls/C8/certificate/%s", certificate_rows[i].description);

      g_test_add_data_func (path, &certificate_rows[i], test_certificate);
    }
  for (gsize i = 0; i < G_N_ELEMENTS (pin_rows); i++)
    {
      g_autofree char *path = g_strdup_printf ("/net/tls/C8/pin/%s", pin_rows[i].description);

      g_test_add_data_func (path, &pin_rows[i], test_pin);
    }
  for (gsize i = 0; i < G_N_ELEMENTS (version_rows); i++)
    {
      g_autofree char *path = g_strdup_printf ("/net/tls/C8/version/%s", version_rows[i].description);

      g_test_add_data_func (path, &version_rows[i], test_version);
    }
  g_test_add_data_func ("/net/tls/ca-file/self-signed", GINT_TO_POINTER (TEST_CERTIFICATE_SELF_SIGNED),
                        test_ca_file);
  g_test_add_data_func ("/net/tls/ca-file/without-its-issuer", GINT_TO_POINTER (TEST_CERTIFICATE_UNTRUSTED),
                        test_ca_file);
  g_test_add_func ("/net/tls/ca-file/missing", test_missing_ca_file);
  g_test_add_func ("/net/tls/not-tls", test_not_tls);
  g_test_add_func ("/net/tls/truncation", test_truncation);
  g_test_add_func ("/net/tls/close-notify", test_close_notify);
  g_test_add_func ("/net/tls/close-notify-of-the-peer", test_peer_close_notify);
  g_test_add_func ("/net/tls/system-trust", test_system_trust);
  g_test_add_data_func ("/net/tls/key-updates/silent", GINT_TO_POINTER (SSL_KEY_UPDATE_NOT_REQUESTED),
                        test_key_updates);
  g_test_add_data_func ("/net/tls/key-updates/answered", GINT_TO_POINTER (SSL_KEY_UPDATE_REQUESTED),
                        test_key_updates);
  result = g_test_run ();
  test_certificates_free (certificates);
  return result;
}
