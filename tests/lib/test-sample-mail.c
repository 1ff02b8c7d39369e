/* Sample mail is the same for the same seed, and no server rewrites it. */
#include "imap-client.h"
#include "sample-mail.h"
#include "server-fixture.h"

#define MESSAGES 64

static void
assert_equal (const SampleMessage *message, const ImapClientMessage *fetched)
{
  g_assert_cmpint (fetched->date, ==, message->date);
  g_assert_cmpmem (g_bytes_get_data (fetched->body, NULL), g_bytes_get_size (fetched->body),
                   g_bytes_get_data (message->bytes, NULL), g_bytes_get_size (message->bytes));
}

static void
test_same_seed_same_mail (void)
{
  for (guint i = 0; i < MESSAGES; i++)
    {
      g_autoptr (SampleMessage) one = sample_message_new (5, i, 1000);
      g_autoptr (SampleMessage) two = sample_message_new (5, i, 1000);

      g_assert_true (g_bytes_equal (one->bytes, two->bytes));
      g_assert_cmpstr (one->flags, ==, two->flags);
      g_assert_cmpstr (one->mailbox, ==, sample_message_mailbox (5, i));
    }
}

static void
test_duplicates_are_real (void)
{
  g_autoptr (SampleMessage) origin = sample_message_new (1, 2, 0);
  g_autoptr (SampleMessage) copy = sample_message_new (1, 3, 0);
  g_autoptr (SampleMessage) other = sample_message_new (1, 4, 0);

  g_assert_true (g_bytes_equal (origin->bytes, copy->bytes));
  g_assert_cmpstr (origin->mailbox, ==, copy->mailbox);
  g_assert_cmpint (origin->date, ==, copy->date);
  g_assert_false (g_bytes_equal (copy->bytes, other->bytes));
}

static void
test_comes_back_byte_for_byte (gconstpointer kind)
{
  g_autoptr (ServerFixture) server = server_fixture_start (kind, NULL);
  g_autoptr (ImapClient) client = imap_client_new (server->imap_port, server->user, server->password);
  g_autoptr (GPtrArray) fetched = NULL;

  imap_client_append_begin (client, "INBOX");
  for (guint i = 0; i < MESSAGES; i++)
    {
      g_autoptr (SampleMessage) message = sample_message_new (1, i, 0);

      imap_client_append_add (client, message->flags, message->date, g_bytes_get_data (message->bytes, NULL),
                              g_bytes_get_size (message->bytes));
    }
  imap_client_append_end (client);

  fetched = imap_client_fetch_all (client, "INBOX");
  g_assert_cmpuint (fetched->len, ==, MESSAGES);
  for (guint i = 0; i < MESSAGES; i++)
    {
      g_autoptr (SampleMessage) message = sample_message_new (1, i, 0);

      assert_equal (message, g_ptr_array_index (fetched, i));
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sample-mail/same-seed-same-mail", test_same_seed_same_mail);
  g_test_add_func ("/sample-mail/duplicates-are-real", test_duplicates_are_real);
  g_test_add_data_func ("/sample-mail/dovecot/comes-back-byte-for-byte", "dovecot",
                        test_comes_back_byte_for_byte);
  g_test_add_data_func ("/sample-mail/cyrus/comes-back-byte-for-byte", "cyrus",
                        test_comes_back_byte_for_byte);
  return g_test_run ();
}
