/* The session and the batch against real servers: what was put in by IMAP comes out by POP3, octet for octet
 * (C1.5), and goes only when it was kept (C7.3). */
#include "../../engine/pop3/pop3-batch.h"
#include "../lib/imap-client.h"
#include "../lib/sample-mail.h"
#include "../lib/server-fixture.h"

#include <string.h>

#define MESSAGES 80
#define SEED 1939

typedef struct
{
  const char *path;
  const char *kind;
  AccountSecurity security;
} ServerRow;

typedef struct
{
  ServerFixture *server;
  GMainContext *context;
  Account account;
  GPtrArray *sent; /* of GBytes: what the maildrop is to hold */
  Pop3Session *session;
} Day;

/* One message on its way. */
typedef struct
{
  GByteArray *octets;
  gboolean whole;
} Arrival;

static void
day_begin (Day *day, const ServerRow *row)
{
  static const char *const dovecot_options[] = { "--no-fsync", NULL };
  gboolean tls = row->security == ACCOUNT_SECURITY_TLS;

  *day = (Day){ 0 };
  day->server = server_fixture_start (row->kind, g_str_equal (row->kind, "dovecot") ? dovecot_options : NULL);
  day->context = g_main_context_new ();
  g_main_context_push_thread_default (day->context);
  day->sent = g_ptr_array_new_with_free_func ((GDestroyNotify)g_bytes_unref);
  day->account = (Account){
    .protocol = ACCOUNT_PROTOCOL_POP3,
    .host = (char *)"localhost",
    .port = tls ? day->server->pop3s_port : day->server->pop3_port,
    .security = row->security,
    .tls_ca_file = day->server->ca_file,
    .user = server_fixture_new_user (day->server),
    .timeout = 20,
  };
}

static void
day_end (Day *day)
{
  g_clear_pointer (&day->session, pop3_session_free);
  g_ptr_array_unref (day->sent);
  g_free (day->account.user);
  g_main_context_pop_thread_default (day->context);
  g_main_context_unref (day->context);
  server_fixture_free (day->server);
}

static void
log_line (const char *line, gpointer user_data)
{
  g_test_message ("%s", line);
}

static void
open_session (Day *day)
{
  g_autoptr (GError) error = NULL;

  day->session =
      pop3_session_open (&day->account, day->server->password, day->context, NULL, log_line, NULL, &error);
  g_assert_no_error (error);
}

static void
append (Day *day, ImapClient *client, GBytes *bytes)
{
  gsize length;
  gconstpointer data = g_bytes_get_data (bytes, &length);

  imap_client_append (client, "INBOX", "", 0, data, length);
  g_ptr_array_add (day->sent, g_bytes_ref (bytes));
}

/* Samples of every kind, and a line end that is missing behind a dot. */
static void
fill (Day *day)
{
  g_autoptr (ImapClient) client =
      imap_client_new (day->server->imap_port, day->account.user, day->server->password);
  g_autoptr (GBytes) dots = g_bytes_new_static ("Subject: dots\r\n\r\n.\r\n..\r\n.x", 26);

  for (guint i = 0; i < MESSAGES - 1; i++)
    {
      SampleMessage *message = sample_message_new (SEED, i, 2000);

      append (day, client, message->bytes);
      sample_message_free (message);
    }
  append (day, client, dots);
}

static gboolean
take (const guint8 *data, gsize length, gpointer user_data)
{
  Arrival *arrival = user_data;

  g_byte_array_append (arrival->octets, data, (guint)length);
  return TRUE;
}

static void
arrived (const Pop3Result *result, gpointer user_data)
{
  ((Arrival *)user_data)->whole = result->status == POP3_STATUS_OK;
}

static const Pop3Message *
listed (const Day *day, guint index)
{
  return &g_array_index (pop3_session_get_messages (day->session), Pop3Message, index);
}

static void
check_listing (const Day *day, guint expected)
{
  g_assert_cmpuint (pop3_session_get_messages (day->session)->len, ==, expected);
  for (guint i = 0; i < expected; i++)
    g_assert_nonnull (listed (day, i)->uidl);
  g_assert_true (pop3_session_has (day->session, POP3_CAPABILITY_PIPELINING));
  g_assert_true (pop3_session_has (day->session, POP3_CAPABILITY_TOP));
}

static void
retrieve_all (Day *day)
{
  g_autoptr (Pop3Batch) batch = pop3_batch_new (day->session);
  g_autofree Arrival *arrivals = g_new0 (Arrival, day->sent->len);
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < day->sent->len; i++)
    {
      arrivals[i].octets = g_byte_array_new ();
      pop3_batch_retr (batch, listed (day, i)->number, take, arrived, &arrivals[i]);
    }
  pop3_batch_wait (batch, &error);
  g_assert_no_error (error);
  for (guint i = 0; i < day->sent->len; i++)
    {
      gsize length;
      gconstpointer data = g_bytes_get_data (g_ptr_array_index (day->sent, i), &length);

      g_assert_true (arrivals[i].whole);
      g_assert_cmpmem (arrivals[i].octets->data, arrivals[i].octets->len, data, length);
      g_byte_array_unref (arrivals[i].octets);
    }
}

static void
retrieve_header (Day *day)
{
  g_autoptr (Pop3Batch) batch = pop3_batch_new (day->session);
  g_autoptr (GByteArray) octets = g_byte_array_new ();
  Arrival arrival = { .octets = octets };
  g_autoptr (GError) error = NULL;

  pop3_batch_top (batch, listed (day, day->sent->len - 1)->number, 0, take, arrived, &arrival);
  pop3_batch_wait (batch, &error);
  g_assert_no_error (error);
  g_assert_true (arrival.whole);
  g_assert_cmpmem (octets->data, MIN (octets->len, 17), "Subject: dots\r\n\r\n", 17);
}

static void
delete_half (Day *day)
{
  g_autoptr (Pop3Batch) batch = pop3_batch_new (day->session);
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < MESSAGES / 2; i++)
    pop3_batch_dele (batch, listed (day, i)->number, listed (day, i)->uidl, NULL, NULL);
  pop3_session_quit (day->session, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (pop3_batch_get_outstanding (batch), ==, 0);
  g_ptr_array_remove_range (day->sent, 0, MESSAGES / 2);
}

/* Without QUIT nothing goes (RFC 1939 section 6). */
static void
delete_without_quit (Day *day)
{
  g_autoptr (GError) error = NULL;
  Pop3Batch *batch = pop3_batch_new (day->session);

  pop3_batch_dele (batch, listed (day, 0)->number, listed (day, 0)->uidl, NULL, NULL);
  pop3_batch_wait (batch, &error);
  g_assert_no_error (error);
  pop3_batch_free (batch);
  g_clear_pointer (&day->session, pop3_session_free);
}

static void
test_day (gconstpointer data)
{
  Day day;
  g_autoptr (GPtrArray) uidls = g_ptr_array_new_with_free_func (g_free);

  day_begin (&day, data);
  fill (&day);
  open_session (&day);
  check_listing (&day, MESSAGES);
  for (guint i = 0; i < MESSAGES; i++)
    g_ptr_array_add (uidls, g_strdup (listed (&day, i)->uidl));
  retrieve_all (&day);
  retrieve_header (&day);
  delete_without_quit (&day);
  open_session (&day);
  check_listing (&day, MESSAGES);
  delete_half (&day);
  g_clear_pointer (&day.session, pop3_session_free);
  open_session (&day);
  check_listing (&day, MESSAGES / 2);
  for (guint i = 0; i < MESSAGES / 2; i++)
    g_assert_cmpstr (listed (&day, i)->uidl, ==, g_ptr_array_index (uidls, i + MESSAGES / 2));
  retrieve_all (&day);
  g_assert_true (pop3_session_quit (day.session, NULL));
  day_end (&day);
}

static void
test_wrong_password (gconstpointer data)
{
  Day day;
  g_autoptr (GError) error = NULL;

  day_begin (&day, data);
  g_assert_null (pop3_session_open (&day.account, "not it", day.context, NULL, log_line, NULL, &error));
  g_assert_error (error, POP3_ERROR, POP3_ERROR_AUTHENTICATION);
  g_test_message ("%s", error->message);
  day_end (&day);
}

static const ServerRow rows[] = {
  { "/pop3/dovecot/C7/tls", "dovecot", ACCOUNT_SECURITY_TLS },
  { "/pop3/dovecot/C7/stls", "dovecot", ACCOUNT_SECURITY_STARTTLS },
  { "/pop3/cyrus/C7/tls", "cyrus", ACCOUNT_SECURITY_TLS },
  { "/pop3/cyrus/C7/stls", "cyrus", ACCOUNT_SECURITY_STARTTLS },
};
static const ServerRow dovecot = { "", "dovecot", ACCOUNT_SECURITY_TLS };
static const ServerRow cyrus = { "", "cyrus", ACCOUNT_SECURITY_TLS };

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    g_test_add_data_func (rows[i].path, &rows[i], test_day);
  g_test_add_data_func ("/pop3/dovecot/wrong-password", &dovecot, test_wrong_password);
  g_test_add_data_func ("/pop3/cyrus/wrong-password", &cyrus, test_wrong_password);
  return g_test_run ();
}
