#include "pop3-fixture.h"

#include <string.h>

void
pop3_fixture_init (Pop3Fixture *fixture)
{
  *fixture = (Pop3Fixture){ 0 };
  fixture->account = (Account){
    .name = (char *)"test",
    .protocol = ACCOUNT_PROTOCOL_POP3,
    .host = (char *)"127.0.0.1",
    .security = ACCOUNT_SECURITY_NONE,
    .user = (char *)"alice",
    .timeout = 20,
  };
  fixture->secret = POP3_PASSWORD;
  fixture->context = g_main_context_new ();
  g_main_context_push_thread_default (fixture->context);
  fixture->steps = g_array_new (FALSE, FALSE, sizeof (FakeStep));
  fixture->log = g_string_new (NULL);
}

void
pop3_fixture_use_token (Pop3Fixture *fixture)
{
  fixture->account.token_command = (char *)"print-token";
  fixture->secret = POP3_TOKEN;
}

void
pop3_fixture_clear (Pop3Fixture *fixture)
{
  g_clear_pointer (&fixture->session, pop3_session_free);
  fake_server_assert_played (fixture->server);
  fake_server_free (fixture->server);
  g_clear_pointer (&fixture->certificates, test_certificates_free);
  g_main_context_pop_thread_default (fixture->context);
  g_main_context_unref (fixture->context);
  g_array_unref (fixture->steps);
  g_assert_null (strstr (fixture->log->str, fixture->secret));
  g_assert_null (strstr (fixture->log->str, POP3_PLAIN));
  g_string_free (fixture->log, TRUE);
}

void
pop3_fixture_add_steps (Pop3Fixture *fixture, const FakeStep *steps)
{
  for (; steps->kind != FAKE_END; steps++)
    g_array_append_val (fixture->steps, *steps);
}

static void
listen (Pop3Fixture *fixture, FakeServer *server)
{
  fixture->server = server;
  fixture->account.port = fake_server_get_port (server);
}

void
pop3_fixture_serve (Pop3Fixture *fixture, gboolean tls)
{
  const FakeStep end = { .kind = FAKE_END };
  const FakeTls *certificate = NULL;

  g_array_append_val (fixture->steps, end);
  if (tls)
    {
      fixture->certificates = test_certificates_new ();
      fixture->account.tls_ca_file = (char *)test_certificates_get_ca_file (fixture->certificates);
      certificate = test_certificates_get (fixture->certificates, TEST_CERTIFICATE_GOOD);
    }
  listen (fixture, fake_server_new ((const FakeStep *)(gpointer)fixture->steps->data, certificate));
}

void
pop3_fixture_serve_programmed (Pop3Fixture *fixture, FakeServeFunc serve, gpointer user_data)
{
  listen (fixture, fake_server_new_programmed (serve, user_data, NULL));
}

static void
log_line (const char *line, gpointer user_data)
{
  g_string_append_printf (user_data, "%s\n", line);
}

static Pop3Session *
try_open (Pop3Fixture *fixture, GError **error)
{
  return pop3_session_open (&fixture->account, fixture->secret, fixture->context, NULL, log_line,
                            fixture->log, error);
}

void
pop3_fixture_open (Pop3Fixture *fixture)
{
  g_autoptr (GError) error = NULL;

  fixture->session = try_open (fixture, &error);
  if (fixture->session == NULL)
    g_test_message ("server: %s", fake_server_join (fixture->server));
  g_assert_no_error (error);
  g_assert_nonnull (fixture->session);
}

GError *
pop3_fixture_open_fails (Pop3Fixture *fixture)
{
  GError *error = NULL;

  fixture->session = try_open (fixture, &error);
  g_assert_null (fixture->session);
  g_assert_nonnull (error);
  g_assert_null (strstr (error->message, fixture->secret));
  g_assert_nonnull (strstr (error->message, "127.0.0.1:"));
  return error;
}

char *
pop3_fixture_list (const Pop3Fixture *fixture)
{
  const GArray *messages = pop3_session_get_messages (fixture->session);
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < messages->len; i++)
    {
      const Pop3Message *message = &g_array_index (messages, Pop3Message, i);

      g_string_append_printf (text, "%s%u:%" G_GUINT64_FORMAT ":%s", i > 0 ? " " : "", message->number,
                              message->size, message->uidl != NULL ? message->uidl : "-");
    }
  return g_string_free (text, FALSE);
}

void
pop3_fixture_add_rows (const char *prefix, gconstpointer rows, gsize n_rows, gsize size, GTestDataFunc test)
{
  for (gsize i = 0; i < n_rows; i++)
    {
      const char *const *row = (gconstpointer)((const char *)rows + i * size);
      g_autofree char *name = g_strdelimit (g_strdup (*row), " /:,", '-');
      g_autofree char *path = g_strdup_printf ("%s/%s", prefix, name);

      g_test_add_data_func (path, row, test);
    }
}
