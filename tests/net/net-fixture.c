#include "net-fixture.h"

static gboolean
append_input (const guint8 *data, gsize length, gpointer user_data, GError **error)
{
  g_string_append_len (user_data, (const char *)data, length);
  return TRUE;
}

void
net_fixture_init (NetFixture *fixture, FakeServer *server)
{
  *fixture = (NetFixture){ 0 };
  fixture->context = g_main_context_new ();
  fixture->cancellable = g_cancellable_new ();
  fixture->input = g_string_new (NULL);
  fixture->endpoint.host = "127.0.0.1";
  fixture->endpoint.port = fake_server_get_port (server);
  fixture->endpoint.timeout = 20;
  g_main_context_push_thread_default (fixture->context);
}

void
net_fixture_init_tls (NetFixture *fixture, FakeServer *server, TestCertificates *certificates)
{
  net_fixture_init (fixture, server);
  fixture->endpoint.tls_from_start = TRUE;
  fixture->endpoint.tls_ca_file = test_certificates_get_ca_file (certificates);
}

void
net_fixture_clear (NetFixture *fixture)
{
  g_clear_pointer (&fixture->connection, net_connection_free);
  g_main_context_pop_thread_default (fixture->context);
  g_main_context_unref (fixture->context);
  g_object_unref (fixture->cancellable);
  g_string_free (fixture->input, TRUE);
}

NetConnection *
net_fixture_start (NetFixture *fixture)
{
  fixture->connection = net_connection_new (&fixture->endpoint, fixture->context, fixture->cancellable);
  net_connection_set_input (fixture->connection, append_input, fixture->input);
  return fixture->connection;
}

void
net_fixture_open (NetFixture *fixture)
{
  g_autoptr (GError) error = NULL;

  net_connection_open (net_fixture_start (fixture), &error);
  g_assert_no_error (error);
}

GError *
net_fixture_open_fails (NetFixture *fixture)
{
  GError *error = NULL;

  g_assert_false (net_connection_open (net_fixture_start (fixture), &error));
  g_assert_nonnull (error);
  return error;
}

void
net_fixture_write (NetFixture *fixture, const char *text)
{
  net_connection_write (fixture->connection, text, strlen (text));
}

gboolean
net_fixture_read (NetFixture *fixture, gsize length, GError **error)
{
  while (fixture->input->len < length)
    if (!net_connection_iterate (fixture->connection, TRUE, error))
      return FALSE;
  return TRUE;
}

void
net_fixture_expect (NetFixture *fixture, const char *text)
{
  g_autoptr (GError) error = NULL;

  net_fixture_read (fixture, strlen (text), &error);
  g_assert_no_error (error);
  g_assert_cmpstr (fixture->input->str, ==, text);
}

GError *
net_fixture_wait_failure (NetFixture *fixture, gboolean awaiting)
{
  GError *error = NULL;

  while (net_connection_iterate (fixture->connection, awaiting, &error))
    continue;
  return error;
}
