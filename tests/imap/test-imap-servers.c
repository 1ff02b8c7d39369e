/* The session and the batch against real servers: one day in the life of a mailbox. */
#include "../../engine/imap/imap-batch.h"
#include "../lib/server-fixture.h"

#include <string.h>

#define MESSAGES 200

typedef struct
{
  ServerFixture *server;
  GMainContext *context;
  Account account;
  ImapSession *session;
  guint answered, refused;
  guint fetched;
  gsize body_octets;
  guint32 copied; /* targets named by the last COPYUID */
} Day;

static void
day_begin (Day *day, const char *kind, AccountSecurity security)
{
  static const char *const dovecot_options[] = { "--no-fsync", NULL };
  g_autoptr (GError) error = NULL;

  *day = (Day){ 0 };
  day->server = server_fixture_start (kind, g_str_equal (kind, "dovecot") ? dovecot_options : NULL);
  day->context = g_main_context_new ();
  g_main_context_push_thread_default (day->context);
  day->account = (Account){
    .host = (char *)"localhost",
    .port = security == ACCOUNT_SECURITY_TLS ? day->server->imaps_port : day->server->imap_port,
    .security = security,
    .tls_ca_file = day->server->ca_file,
    .user = server_fixture_new_user (day->server),
    .timeout = 20,
  };
  day->session = imap_session_open (&(const ImapOpening){ .account = &day->account,
                                                          .secret = day->server->password,
                                                          .context = day->context },
                                    &error);
  g_assert_no_error (error);
}

static void
day_end (Day *day)
{
  imap_session_logout (day->session);
  imap_session_free (day->session);
  g_free (day->account.user);
  g_main_context_pop_thread_default (day->context);
  g_main_context_unref (day->context);
  server_fixture_free (day->server);
}

static void
done (const ImapResult *result, gpointer user_data)
{
  Day *day = user_data;

  if (result->status != IMAP_STATUS_OK)
    g_test_message ("refused: %s", result->text);
  if (result->status == IMAP_STATUS_OK)
    day->answered++;
  else
    day->refused++;
  day->copied = result->code->type == IMAP_CODE_COPYUID ? result->code->target->len : 0;
}

static void
fetched (const ImapFetch *fetch, gpointer user_data)
{
  Day *day = user_data;

  if ((fetch->present & IMAP_FETCH_SIZE) != 0)
    day->fetched++;
}

static gboolean
body_begin (guint64 size, gpointer user_data)
{
  return TRUE;
}

static gboolean
body_data (const guint8 *data, gsize length, gpointer user_data)
{
  ((Day *)user_data)->body_octets += length;
  return TRUE;
}

static const ImapBodySink sink = { body_begin, body_data };

typedef struct
{
  char *text;
  gsize given;
} Message;

static gboolean
pull (guint8 *buffer, gsize size, gsize *length, gpointer user_data, GError **error)
{
  Message *message = user_data;

  *length = MIN (size, strlen (message->text) - message->given);
  memcpy (buffer, message->text + message->given, *length);
  message->given += *length;
  return TRUE;
}

static void
message_free (gpointer user_data)
{
  Message *message = user_data;

  g_free (message->text);
  g_free (message);
}

static gsize
append (Day *day, ImapBatch *batch, const char *mailbox, guint number)
{
  g_autofree char *body = g_strnfill (number * 37, 'x');
  Message *message = g_new0 (Message, 1);
  ImapAppend appended = { "\\Seen", 1000000000 + number, 0, pull, message, message_free };

  message->text =
      g_strdup_printf ("Subject: %u\r\nMessage-ID: <%u@example.org>\r\n\r\n%s\r\n", number, number, body);
  appended.size = strlen (message->text);
  imap_batch_append (batch, mailbox, &appended, 1, done, day);
  return appended.size;
}

static void
wait_for_all (Day *day, ImapBatch *batch, guint commands)
{
  g_autoptr (GError) error = NULL;

  imap_batch_wait (batch, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (day->refused, ==, 0);
  g_assert_cmpuint (day->answered, ==, commands);
  day->answered = 0;
}

static const ImapSelected *
select_mailbox (Day *day, const char *mailbox)
{
  g_autoptr (GError) error = NULL;
  const ImapSelected *selected = imap_session_select (day->session, mailbox, FALSE, &error);

  g_assert_no_error (error);
  g_assert_cmpuint (selected->uidvalidity, >, 0);
  return selected;
}

/* (transfer full): the wire name */
static char *
create_mailbox (Day *day, const char *name)
{
  g_autofree char *mailbox = g_strconcat (imap_session_get_prefix (day->session), name, NULL);
  char *wire_name = imap_session_encode_name (day->session, mailbox);
  g_autoptr (GError) error = NULL;

  g_assert_true (imap_session_create (day->session, wire_name, &error));
  g_assert_no_error (error);
  return wire_name;
}

static void
fill (Day *day, ImapBatch *batch, const char *mailbox)
{
  gsize sent = 0;

  for (guint i = 1; i <= MESSAGES; i++)
    sent += append (day, batch, mailbox, i);
  wait_for_all (day, batch, MESSAGES);
  for (guint i = 1; i <= MESSAGES; i++)
    {
      g_autoptr (ImapUidSet) set = imap_uid_set_new ();

      imap_uid_set_add (set, i);
      imap_batch_uid_fetch (batch, set, "(UID FLAGS RFC822.SIZE INTERNALDATE BODY.PEEK[])", done, day);
    }
  wait_for_all (day, batch, MESSAGES);
  g_assert_cmpuint (day->fetched, ==, MESSAGES);
  g_assert_cmpuint (day->body_octets, ==, sent);
}

static void
move_about (Day *day, ImapBatch *batch, const char *target)
{
  g_autoptr (ImapUidSet) some = imap_uid_set_new ();
  g_autoptr (ImapUidSet) found = imap_uid_set_new ();

  imap_uid_set_add_range (some, 1, 10);
  imap_batch_uid_copy (batch, some, target, done, day);
  wait_for_all (day, batch, 1);
  g_assert_cmpuint (day->copied, ==, 10);
  imap_batch_uid_store (batch, some, "+FLAGS", "\\Deleted", done, day);
  imap_batch_uid_search (batch, "DELETED", found, done, day);
  wait_for_all (day, batch, 2);
  g_assert_cmpuint (imap_uid_set_count (found), ==, 10);
  imap_batch_uid_expunge (batch, some, done, day);
  imap_uid_set_clear (some);
  imap_uid_set_add_range (some, 11, 20);
  imap_batch_uid_move (batch, some, target, done, day);
  wait_for_all (day, batch, 2);
  g_assert_cmpuint (day->copied, ==, 10);
  imap_uid_set_clear (found);
  imap_batch_uid_search (batch, "UID 1:20", found, done, day);
  wait_for_all (day, batch, 1);
  g_assert_true (imap_uid_set_is_empty (found));
}

static void
check_listing (Day *day, const char *wire_name)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) statuses = NULL;
  g_autoptr (GPtrArray) items = imap_session_list_with_status (day->session, &statuses, &error);
  guint messages = 0;

  g_assert_no_error (error);
  for (guint i = 0; i < statuses->len; i++)
    {
      const ImapMailboxStatus *status = g_ptr_array_index (statuses, i);

      if (g_str_equal (status->raw, wire_name))
        messages = status->messages;
    }
  g_assert_cmpuint (statuses->len, <=, items->len);
  g_assert_cmpuint (messages, ==, 20);
}

static void
test_day (const char *kind, AccountSecurity security)
{
  Day day;
  g_autofree char *target = NULL;
  g_autoptr (GError) error = NULL;
  ImapBatch *batch;

  day_begin (&day, kind, security);
  target = create_mailbox (&day, "Très & spécial");
  g_assert_cmpuint (select_mailbox (&day, "INBOX")->exists, ==, 0);
  batch = imap_batch_new (day.session);
  imap_batch_set_fetch_handler (batch, fetched, &day);
  imap_batch_set_body_sink (batch, &sink, &day);
  fill (&day, batch, "INBOX");
  g_assert_cmpuint (imap_session_get_selected (day.session)->exists, ==, MESSAGES);
  move_about (&day, batch, target);
  imap_batch_free (batch);
  g_assert_true (imap_session_noop (day.session, &error));
  g_assert_cmpuint (imap_session_get_selected (day.session)->exists, ==, MESSAGES - 20);
  g_assert_true (imap_session_unselect (day.session, &error));
  check_listing (&day, target);
  g_assert_cmpuint (select_mailbox (&day, target)->exists, ==, 20);
  g_assert_null (imap_session_select (day.session, "nowhere", FALSE, &error));
  g_assert_error (error, IMAP_ERROR, IMAP_ERROR_REFUSED);
  day_end (&day);
}

static void
test_tls (gconstpointer kind)
{
  test_day (kind, ACCOUNT_SECURITY_TLS);
}

static void
test_starttls (gconstpointer kind)
{
  test_day (kind, ACCOUNT_SECURITY_STARTTLS);
}

static void
test_wrong_password (gconstpointer kind)
{
  g_autoptr (ServerFixture) server = server_fixture_start (kind, NULL);
  g_autoptr (GMainContext) context = g_main_context_new ();
  Account account = {
    .host = (char *)"localhost",
    .port = server->imaps_port,
    .security = ACCOUNT_SECURITY_TLS,
    .tls_ca_file = server->ca_file,
    .user = server->user,
    .timeout = 20,
  };
  g_autoptr (GError) error = NULL;

  g_main_context_push_thread_default (context);
  g_assert_null (imap_session_open (
      &(const ImapOpening){ .account = &account, .secret = "not it", .context = context }, &error));
  g_assert_error (error, IMAP_ERROR, IMAP_ERROR_AUTHENTICATION);
  g_test_message ("%s", error->message);
  g_main_context_pop_thread_default (context);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_data_func ("/imap/dovecot/tls", "dovecot", test_tls);
  g_test_add_data_func ("/imap/dovecot/starttls", "dovecot", test_starttls);
  g_test_add_data_func ("/imap/dovecot/wrong-password", "dovecot", test_wrong_password);
  g_test_add_data_func ("/imap/cyrus/tls", "cyrus", test_tls);
  g_test_add_data_func ("/imap/cyrus/starttls", "cyrus", test_starttls);
  g_test_add_data_func ("/imap/cyrus/wrong-password", "cyrus", test_wrong_password);
  return g_test_run ();
}
