/* TLS sessions between runs: faster, and never less checked. */
#include "net-fixture.h"
#include <glib/gstdio.h>
#include <openssl/ssl.h>
#include <sys/stat.h>

static TestCertificates *certificates;

/* What the second connection differs in. */
typedef enum
{
  SECOND_SAME,
  SECOND_OTHER_USER,
  SECOND_OTHER_HOST_NAME, /* the certificate is not valid for it */
  SECOND_READABLE_FILE,
  SECOND_LINKED_FILE,
  SECOND_DAMAGED_FILE,
  SECOND_ANOTHER_CHAIN, /* the file's chain was exchanged for another certificate's */
  SECOND_AUTHORITY_GONE,
  SECOND_PIN_CHANGED,
} Second;

typedef struct
{
  const char *description;
  int version;
  TestCertificate certificate;
  Second second;
  gboolean resumes;
  gboolean refused; /* certificate error */
} Row;

static const Row rows[] = {
  { "1.2", TLS1_2_VERSION, TEST_CERTIFICATE_GOOD, SECOND_SAME, TRUE, FALSE },
  { "1.3", TLS1_3_VERSION, TEST_CERTIFICATE_GOOD, SECOND_SAME, TRUE, FALSE },
  { "through an intermediate authority", TLS1_3_VERSION, TEST_CERTIFICATE_INTERMEDIATE, SECOND_SAME, TRUE,
    FALSE },
  { "another user", TLS1_3_VERSION, TEST_CERTIFICATE_GOOD, SECOND_OTHER_USER, FALSE, FALSE },
  { "another host name", TLS1_3_VERSION, TEST_CERTIFICATE_ADDRESS_ONLY, SECOND_OTHER_HOST_NAME, FALSE, TRUE },
  { "a file that others can read", TLS1_3_VERSION, TEST_CERTIFICATE_GOOD, SECOND_READABLE_FILE, FALSE,
    FALSE },
  { "a symbolic link", TLS1_3_VERSION, TEST_CERTIFICATE_GOOD, SECOND_LINKED_FILE, FALSE, FALSE },
  { "a damaged file", TLS1_3_VERSION, TEST_CERTIFICATE_GOOD, SECOND_DAMAGED_FILE, FALSE, FALSE },
  { "a chain of another certificate", TLS1_3_VERSION, TEST_CERTIFICATE_GOOD, SECOND_ANOTHER_CHAIN, FALSE,
    FALSE },
  { "the authority is not trusted any more", TLS1_3_VERSION, TEST_CERTIFICATE_GOOD, SECOND_AUTHORITY_GONE,
    FALSE, TRUE },
  { "the pin was changed", TLS1_3_VERSION, TEST_CERTIFICATE_GOOD, SECOND_PIN_CHANGED, TRUE, TRUE },
  { "the pin was changed, 1.2", TLS1_2_VERSION, TEST_CERTIFICATE_GOOD, SECOND_PIN_CHANGED, TRUE, TRUE },
};

static void
serve_greeting (FakePeer *peer, gpointer user_data)
{
  if (fake_peer_start_tls (peer) && fake_peer_send (peer, "* OK\r\n"))
    fake_peer_wait_closed (peer);
}

/* Opens, hears the greeting (and with it the tickets of TLS 1.3), closes. */
static void
connect_once (const NetFixture *template, GError **error)
{
  NetFixture fixture = *template;

  fixture.input = g_string_new (NULL);
  net_fixture_start (&fixture);
  if (net_connection_open (fixture.connection, error))
    {
      net_fixture_expect (&fixture, "* OK\r\n");
      net_connection_close (fixture.connection);
    }
  net_connection_free (fixture.connection);
  g_string_free (fixture.input, TRUE);
}

static void
exchange_chain (const char *file)
{
  const FakeTls *other = test_certificates_get (certificates, TEST_CERTIFICATE_OTHER_KEY);
  g_autofree char *contents = NULL;
  g_autofree char *certificate = NULL;
  g_autofree char *forged = NULL;

  g_assert_true (g_file_get_contents (file, &contents, NULL, NULL));
  g_assert_true (g_file_get_contents (other->certificate_file, &certificate, NULL, NULL));
  *strstr (contents, "-----BEGIN CERTIFICATE") = '\0';
  forged = g_strconcat (contents, certificate, NULL);
  g_assert_true (g_file_set_contents_full (file, forged, -1, G_FILE_SET_CONTENTS_CONSISTENT, 0600, NULL));
}

static void
damage (const char *file)
{
  g_autofree char *contents = NULL;
  gsize length;

  g_assert_true (g_file_get_contents (file, &contents, &length, NULL));
  memset (contents + length / 3, '!', length / 3);
  g_assert_true (
      g_file_set_contents_full (file, contents, length, G_FILE_SET_CONTENTS_CONSISTENT, 0600, NULL));
}

static void
prepare_second (NetFixture *fixture, Second second, const char *pin, const char *link)
{
  switch (second)
    {
    case SECOND_SAME:
      break;
    case SECOND_OTHER_USER:
      fixture->endpoint.ticket_user = "bob";
      break;
    case SECOND_OTHER_HOST_NAME:
      fixture->endpoint.host = "localhost";
      break;
    case SECOND_READABLE_FILE:
      g_assert_cmpint (g_chmod (fixture->endpoint.ticket_file, 0640), ==, 0);
      break;
    case SECOND_LINKED_FILE:
      g_assert_cmpint (symlink (fixture->endpoint.ticket_file, link), ==, 0);
      fixture->endpoint.ticket_file = link;
      break;
    case SECOND_DAMAGED_FILE:
      damage (fixture->endpoint.ticket_file);
      break;
    case SECOND_ANOTHER_CHAIN:
      exchange_chain (fixture->endpoint.ticket_file);
      break;
    case SECOND_AUTHORITY_GONE:
      fixture->endpoint.tls_ca_file = NULL;
      break;
    case SECOND_PIN_CHANGED:
      fixture->endpoint.tls_pin = pin;
      break;
    }
}

static void
expect_private_file (const char *file)
{
  struct stat status;

  g_assert_cmpint (g_lstat (file, &status), ==, 0);
  g_assert_true (S_ISREG (status.st_mode));
  g_assert_cmpint (status.st_mode & 0777, ==, 0600);
}

static void
test_row (gconstpointer data)
{
  const Row *row = data;
  FakeTls tls = *test_certificates_get (certificates, row->certificate);
  g_autofree char *pin = test_certificates_pin (certificates, TEST_CERTIFICATE_OTHER_KEY, TRUE);
  g_autofree char *file = g_build_filename (test_certificates_get_directory (certificates), "ticket", NULL);
  g_autofree char *link = g_strconcat (file, ".link", NULL);
  g_autoptr (FakeServer) server = NULL;
  g_autoptr (GError) error = NULL;
  NetFixture fixture;

  tls.min_version = tls.max_version = row->version;
  server = fake_server_new_programmed (serve_greeting, NULL, &tls);
  net_fixture_init_tls (&fixture, server, certificates);
  fixture.endpoint.ticket_file = file;
  fixture.endpoint.ticket_user = "alice";
  connect_once (&fixture, &error);
  g_assert_no_error (error);
  expect_private_file (file);
  g_assert_cmpuint (fake_server_get_resumed (server), ==, 0);

  prepare_second (&fixture, row->second, pin, link);
  connect_once (&fixture, &error);
  g_assert_cmpuint (fake_server_get_accepted (server), ==, 2);
  if (row->refused)
    {
      g_assert_error (error, NET_ERROR, NET_ERROR_CERTIFICATE);
      g_assert_false (g_file_test (file, G_FILE_TEST_EXISTS));
    }
  else
    g_assert_no_error (error);
  fake_server_assert_played (server);
  g_assert_cmpuint (fake_server_get_resumed (server), ==, row->resumes ? 1 : 0);
  net_fixture_clear (&fixture);
  g_unlink (file);
  g_unlink (link);
}

/* The third connection resumes from what the second, itself resumed, was given. */
static void
test_again_and_again (void)
{
  const FakeTls *tls = test_certificates_get (certificates, TEST_CERTIFICATE_INTERMEDIATE);
  g_autoptr (FakeServer) server = fake_server_new_programmed (serve_greeting, NULL, tls);
  g_autofree char *file = g_build_filename (test_certificates_get_directory (certificates), "ticket", NULL);
  g_autoptr (GError) error = NULL;
  NetFixture fixture;

  net_fixture_init_tls (&fixture, server, certificates);
  fixture.endpoint.ticket_file = file;
  for (guint i = 0; i < 4; i++)
    {
      connect_once (&fixture, &error);
      g_assert_no_error (error);
    }
  fake_server_assert_played (server);
  g_assert_cmpuint (fake_server_get_resumed (server), ==, 3);
  net_fixture_clear (&fixture);
  g_unlink (file);
}

/* A resumed 1.2 session's Finished is not the connection's alone (RFC 5929, triple handshake). */
static void
test_binding (gconstpointer data)
{
  int version = GPOINTER_TO_INT (data);
  FakeTls tls = *test_certificates_get (certificates, TEST_CERTIFICATE_GOOD);
  g_autofree char *file = g_build_filename (test_certificates_get_directory (certificates), "ticket", NULL);
  g_autoptr (FakeServer) server = NULL;
  g_autoptr (GBytes) binding = NULL;
  const char *type;
  NetFixture fixture;

  tls.min_version = tls.max_version = version;
  server = fake_server_new_programmed (serve_greeting, NULL, &tls);
  net_fixture_init_tls (&fixture, server, certificates);
  fixture.endpoint.ticket_file = file;
  connect_once (&fixture, NULL);
  net_fixture_open (&fixture);
  net_fixture_expect (&fixture, "* OK\r\n");
  binding = net_connection_get_channel_binding (fixture.connection, &type);
  g_assert_cmpint (binding != NULL, ==, version == TLS1_3_VERSION);
  net_connection_close (fixture.connection);
  fake_server_assert_played (server);
  g_assert_cmpuint (fake_server_get_resumed (server), ==, 1);
  net_fixture_clear (&fixture);
  g_unlink (file);
}

int
main (int argc, char **argv)
{
  int result;

  g_test_init (&argc, &argv, NULL);
  certificates = test_certificates_new ();
  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *path = g_strdup_printf ("/net/resumption/C8/%s", rows[i].description);

      g_test_add_data_func (path, &rows[i], test_row);
    }
  g_test_add_func ("/net/resumption/again-and-again", test_again_and_again);
  g_test_add_data_func ("/net/resumption/C8/binding/1.2", GINT_TO_POINTER (TLS1_2_VERSION), test_binding);
  g_test_add_data_func ("/net/resumption/C8/binding/1.3", GINT_TO_POINTER (TLS1_3_VERSION), test_binding);
  result = g_test_run ();
  test_certificates_free (certificates);
  return result;
}
