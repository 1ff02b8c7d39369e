/* The real servers and the client that looks into them: what every test against them stands on. */
#include "imap-client.h"
#include "server-fixture.h"

#include <string.h>

static const char *const kinds[] = { "dovecot", "cyrus" };

static ServerFixture *
start (gconstpointer kind)
{
  static const char *const dovecot_options[] = { "--no-fsync", NULL };

  return server_fixture_start (kind, g_str_equal (kind, "dovecot") ? dovecot_options : NULL);
}

/* Bytes that a careless client or server would change. */
static const char odd_message[] = "Subject: odd\r\n\r\n{3}\r\n\377\200 UID 7 FLAGS (\\Seen)\r\n)\r\n";

static void
test_messages_come_back_as_they_went (gconstpointer kind)
{
  g_autoptr (ServerFixture) server = start (kind);
  g_autoptr (ImapClient) client = imap_client_new (server->imap_port, server->user, server->password);
  g_autoptr (GPtrArray) messages = NULL;
  const ImapClientMessage *message;

  imap_client_create (client, "Très spécial & été");
  imap_client_append (client, "Très spécial & été", "\\Seen $Work \\Flagged", 1000000000, odd_message,
                      strlen (odd_message));
  messages = imap_client_fetch_all (client, "Très spécial & été");
  g_assert_cmpuint (messages->len, ==, 1);
  message = g_ptr_array_index (messages, 0);
  g_assert_cmpuint (message->uid, ==, 1);
  g_assert_cmpstr (message->flags, ==, "$Work \\Flagged \\Seen");
  g_assert_cmpint (message->date, ==, 1000000000);
  g_assert_cmpuint (message->size, ==, strlen (odd_message));
  g_assert_cmpmem (g_bytes_get_data (message->body, NULL), g_bytes_get_size (message->body), odd_message,
                   strlen (odd_message));
}

/* Made more and more at once. */
static void
test_every_user_is_let_in (gconstpointer kind)
{
  g_autoptr (ServerFixture) server = server_fixture_start_quick (kind, NULL);

  for (guint i = 0; i < 5; i++)
    {
      g_autofree char *user = server_fixture_new_user (server);
      g_autoptr (ImapClient) client = imap_client_new (server->imap_port, user, server->password);

      g_assert_cmpuint (imap_client_status (client, "INBOX", "MESSAGES"), ==, 0);
      imap_client_append (client, "INBOX", "", 0, odd_message, strlen (odd_message));
    }
}

static void
test_mailboxes_are_listed (gconstpointer kind)
{
  g_autoptr (ServerFixture) server = start (kind);
  g_autofree char *user = server_fixture_new_user (server);
  g_autoptr (ImapClient) client = imap_client_new (server->imap_port, user, server->password);
  g_auto (GStrv) names = NULL;
  g_autofree char *joined = NULL;

  imap_client_create (client, "a b & ü");
  imap_client_create (client, "Old");
  imap_client_rename (client, "Old", "New");
  names = imap_client_list (client);
  joined = g_strjoinv ("|", names);
  g_assert_cmpstr (joined, ==, "Drafts|INBOX|Junk|New|Sent|Trash|a b & ü");
  g_assert_cmpuint (imap_client_status (client, "New", "UIDVALIDITY"), >, 0);
}

static void
test_messages_are_changed (gconstpointer kind)
{
  g_autoptr (ServerFixture) server = start (kind);
  g_autoptr (ImapClient) client = imap_client_new (server->imap_port, "bob", server->password);
  g_autoptr (GPtrArray) inbox = NULL;
  g_autoptr (GPtrArray) trash = NULL;

  imap_client_append_begin (client, "INBOX");
  for (guint i = 0; i < 4; i++)
    imap_client_append_add (client, "", 0, odd_message, strlen (odd_message));
  imap_client_append_end (client);
  imap_client_store (client, "INBOX", "1:2", "+FLAGS (\\Answered)");
  imap_client_expunge (client, "INBOX", "2");
  imap_client_move (client, "INBOX", "3:4", "Trash");

  inbox = imap_client_fetch_all (client, "INBOX");
  trash = imap_client_fetch_all (client, "Trash");
  g_assert_cmpuint (inbox->len, ==, 1);
  g_assert_cmpstr (((ImapClientMessage *)g_ptr_array_index (inbox, 0))->flags, ==, "\\Answered");
  g_assert_cmpuint (trash->len, ==, 2);
}

static void
test_two_at_once_and_back_again (gconstpointer kind)
{
  g_autoptr (ServerFixture) one = start (kind);
  g_autoptr (ServerFixture) two = start (kind);
  guint16 port = one->imap_port;

  g_assert_cmpuint (one->imap_port, !=, two->imap_port);
  {
    g_autoptr (ImapClient) client = imap_client_new (port, "alice", "secret");

    imap_client_append (client, "INBOX", "", 0, odd_message, strlen (odd_message));
  }
  server_fixture_halt (one);
  server_fixture_resume (one);
  g_assert_cmpuint (one->imap_port, ==, port);
  {
    g_autoptr (ImapClient) client = imap_client_new (port, "alice", "secret");

    g_assert_cmpuint (imap_client_status (client, "INBOX", "MESSAGES"), ==, 1);
  }
}

static void
test_capabilities_are_hidden (void)
{
  const char *const options[] = { "--capability", "IMAP4rev1 UIDPLUS", NULL };
  g_autoptr (ServerFixture) server = server_fixture_start ("dovecot", options);
  g_autoptr (ImapClient) client = imap_client_new (server->imap_port, "alice", "secret");
  g_autofree char *answer = imap_client_command (client, "CAPABILITY");

  g_assert_cmpstr (answer, ==, "* CAPABILITY IMAP4rev1 UIDPLUS\r\n");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++)
    {
      g_autofree char *bytes = g_strdup_printf ("/server/%s/messages-come-back-as-they-went", kinds[i]);
      g_autofree char *users = g_strdup_printf ("/server/%s/every-user-is-let-in", kinds[i]);
      g_autofree char *list = g_strdup_printf ("/server/%s/mailboxes-are-listed", kinds[i]);
      g_autofree char *change = g_strdup_printf ("/server/%s/messages-are-changed", kinds[i]);
      g_autofree char *again = g_strdup_printf ("/server/%s/two-at-once-and-back-again", kinds[i]);

      g_test_add_data_func (bytes, kinds[i], test_messages_come_back_as_they_went);
      g_test_add_data_func (users, kinds[i], test_every_user_is_let_in);
      g_test_add_data_func (list, kinds[i], test_mailboxes_are_listed);
      g_test_add_data_func (change, kinds[i], test_messages_are_changed);
      g_test_add_data_func (again, kinds[i], test_two_at_once_and_back_again);
    }
  g_test_add_func ("/server/dovecot/capabilities-are-hidden", test_capabilities_are_hidden);
  return g_test_run ();
}
