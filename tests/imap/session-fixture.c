#include "session-fixture.h"

#include <string.h>

void
session_fixture_init (SessionFixture *fixture)
{
  *fixture = (SessionFixture){ 0 };
  fixture->account = (Account){
    .name = (char *)"test",
    .host = (char *)"127.0.0.1",
    .security = ACCOUNT_SECURITY_NONE,
    .user = (char *)"alice",
    .timeout = 20,
  };
  fixture->context = g_main_context_new ();
  g_main_context_push_thread_default (fixture->context);
  fixture->steps = g_array_new (FALSE, FALSE, sizeof (FakeStep));
  fixture->texts = g_ptr_array_new_with_free_func (g_free);
  fixture->log = g_string_new (NULL);
}

void
session_fixture_clear (SessionFixture *fixture)
{
  g_clear_pointer (&fixture->session, imap_session_free);
  fake_server_assert_played (fixture->server);
  fake_server_free (fixture->server);
  g_clear_pointer (&fixture->certificates, test_certificates_free);
  g_main_context_pop_thread_default (fixture->context);
  g_main_context_unref (fixture->context);
  g_array_unref (fixture->steps);
  g_ptr_array_unref (fixture->texts);
  g_assert_null (strstr (fixture->log->str, SESSION_PASSWORD));
  g_string_free (fixture->log, TRUE);
}

void
session_fixture_add (SessionFixture *fixture, FakeStepKind kind, const char *text)
{
  FakeStep step = { .kind = kind, .text = text };

  g_array_append_val (fixture->steps, step);
}

void
session_fixture_add_steps (SessionFixture *fixture, const FakeStep *steps)
{
  for (; steps->kind != FAKE_END; steps++)
    g_array_append_val (fixture->steps, *steps);
}

static void
add_owned (SessionFixture *fixture, FakeStepKind kind, char *text)
{
  g_ptr_array_add (fixture->texts, text);
  session_fixture_add (fixture, kind, text);
}

void
session_fixture_add_login (SessionFixture *fixture, const char *capabilities)
{
  session_fixture_add (fixture, FAKE_SEND,
                       "* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN] at your service\r\n");
  session_fixture_add (fixture, FAKE_EXPECT, "$TAG AUTHENTICATE PLAIN *");
  add_owned (fixture, FAKE_SEND, g_strdup_printf ("$TAG OK [CAPABILITY %s] welcome\r\n", capabilities));
  session_fixture_add (fixture, FAKE_EXPECT, "$TAG LIST \"\" \"\"");
  session_fixture_add (fixture, FAKE_SEND, "* LIST (\\Noselect) \"/\" \"\"\r\n$TAG OK listed\r\n");
}

void
session_fixture_add_select (SessionFixture *fixture, const char *exists)
{
  session_fixture_add (fixture, FAKE_EXPECT, "$TAG SELECT INBOX");
  add_owned (fixture, FAKE_SEND,
             g_strdup_printf ("* FLAGS (\\Seen \\Deleted)\r\n* %s EXISTS\r\n* OK [UIDVALIDITY 7] valid\r\n"
                              "* OK [UIDNEXT 100] next\r\n$TAG OK [READ-WRITE] selected\r\n",
                              exists));
}

static void
listen (SessionFixture *fixture, FakeServer *server)
{
  fixture->server = server;
  fixture->account.port = fake_server_get_port (server);
}

void
session_fixture_serve (SessionFixture *fixture, gboolean tls)
{
  session_fixture_add (fixture, FAKE_END, NULL);
  if (tls)
    {
      fixture->certificates = test_certificates_new ();
      fixture->account.tls_ca_file = (char *)test_certificates_get_ca_file (fixture->certificates);
    }
  listen (fixture, fake_server_new ((const FakeStep *)(gpointer)fixture->steps->data,
                                    tls ? test_certificates_get (fixture->certificates, TEST_CERTIFICATE_GOOD)
                                        : NULL));
}

void
session_fixture_serve_programmed (SessionFixture *fixture, FakeServeFunc serve, gpointer user_data)
{
  listen (fixture, fake_server_new_programmed (serve, user_data, NULL));
}

static void
log_line (const char *line, gpointer user_data)
{
  g_string_append_printf (user_data, "%s\n", line);
}

static ImapSession *
try_open (SessionFixture *fixture, GError **error)
{
  const ImapOpening opening = {
    .account = &fixture->account,
    .secret = SESSION_PASSWORD,
    .memory = fixture->memory,
    .lists_at_login = fixture->memory != NULL,
    .context = fixture->context,
    .log = log_line,
    .log_data = fixture->log,
  };

  return imap_session_open (&opening, error);
}

void
session_fixture_open (SessionFixture *fixture)
{
  g_autoptr (GError) error = NULL;

  fixture->session = try_open (fixture, &error);
  if (fixture->session == NULL)
    g_test_message ("server: %s", fake_server_join (fixture->server));
  g_assert_no_error (error);
  g_assert_nonnull (fixture->session);
}

GError *
session_fixture_open_fails (SessionFixture *fixture)
{
  GError *error = NULL;

  fixture->session = try_open (fixture, &error);
  g_assert_null (fixture->session);
  g_assert_nonnull (error);
  g_assert_null (strstr (error->message, SESSION_PASSWORD));
  g_assert_nonnull (strstr (error->message, "127.0.0.1:"));
  return error;
}

const ImapSelected *
session_fixture_open_inbox (SessionFixture *fixture)
{
  g_autoptr (GError) error = NULL;
  const ImapSelected *selected;

  session_fixture_open (fixture);
  selected = imap_session_select (fixture->session, "INBOX", FALSE, &error);
  g_assert_no_error (error);
  g_assert_nonnull (selected);
  return selected;
}

void
session_fixture_add_rows (const char *prefix, gconstpointer rows, gsize n_rows, gsize size,
                          GTestDataFunc test)
{
  for (gsize i = 0; i < n_rows; i++)
    {
      const char *const *row = (gconstpointer)((const char *)rows + i * size);
      g_autofree char *name = g_strdelimit (g_strdup (*row), " /:,", '-');
      g_autofree char *path = g_strdup_printf ("%s/%s", prefix, name);

      g_test_add_data_func (path, row, test);
    }
}
