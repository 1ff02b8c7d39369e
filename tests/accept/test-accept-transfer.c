/* Thousands of messages of mixed size in 20 mailboxes, TLS on, down and then up to an empty server: byte for
 * byte, with flags, keywords and dates. */
#include "accept-sides.h"
#include "sample-mail.h"

#include <string.h>

#define MAILBOXES 20
#define BATCH_MESSAGES 200
#define BATCH_BYTES (4 * 1024 * 1024)

typedef struct
{
  const char *path; /* of the test */
  const char *server;
  guint messages;
} Size;

static const Size sizes[] = {
  { "/accept/transfer/dovecot", "dovecot", 2000 },
  { "/accept/transfer/cyrus", "cyrus", 500 },
};

static const Size long_sizes[] = {
  { "/accept/transfer/dovecot-10000", "dovecot", 10000 },
  { "/accept/transfer/cyrus-10000", "cyrus", 10000 },
};

/* Mostly small, some large, a few of a megabyte. */
static gsize
size_of (guint index)
{
  if (index % 500 == 499)
    return 1024 * 1024;
  if (index % 50 == 49)
    return 60 * 1024;
  return index % 3 == 0 ? 0 : 2000;
}

/* (transfer full) */
static char *
mailbox_name (guint number)
{
  static const char *const names[] = { "INBOX", "Archive", "Archive/2023", "Très spécial & été", "Sent" };

  return number < G_N_ELEMENTS (names) ? g_strdup (names[number]) : g_strdup_printf ("Lists/box %u", number);
}

static void
fill_mailbox (ImapClient *client, guint number, guint count)
{
  g_autofree char *mailbox = mailbox_name (number);
  guint messages = 0;
  gsize bytes = 0;

  for (guint i = number; i < count; i += MAILBOXES)
    {
      g_autoptr (SampleMessage) message = sample_message_new (7, i, size_of (i));

      if (messages == 0)
        imap_client_append_begin (client, mailbox);
      imap_client_append_add (client, message->flags, message->date, g_bytes_get_data (message->bytes, NULL),
                              g_bytes_get_size (message->bytes));
      bytes += g_bytes_get_size (message->bytes);
      if (++messages == BATCH_MESSAGES || bytes > BATCH_BYTES)
        {
          imap_client_append_end (client);
          messages = 0;
          bytes = 0;
        }
    }
  if (messages > 0)
    imap_client_append_end (client);
}

static void
fill_server (const AcceptAccount *account, guint count)
{
  g_autoptr (ImapClient) client = accept_account_client (account);

  for (guint i = 0; i < MAILBOXES; i++)
    {
      g_autofree char *mailbox = mailbox_name (i);
      g_auto (GStrv) present = imap_client_list (client);

      if (!g_strv_contains ((const char *const *)present, mailbox))
        imap_client_create (client, mailbox);
      fill_mailbox (client, i, count);
    }
}

/* Another user's empty account gets the same Maildir, without what ties it to the first account. */
static void
upload_to_empty_server (const AcceptAccount *from, guint count, GPtrArray *expected)
{
  g_autoptr (AcceptAccount) to = accept_account_new (from->server, NULL);
  g_autofree char *marker = g_build_filename (to->maildir, ".dovetail", NULL);
  g_autoptr (GPtrArray) local = NULL;

  accept_copy_tree (from->maildir, to->maildir);
  accept_remove_tree (marker);
  g_free (accept_account_sync (to, 0));
  accept_assert_equal (to, count);
  local = accept_local_side (to);
  accept_assert_same_side (expected, local);
  g_free (accept_account_sync (to, 0));
  accept_assert_equal (to, count);
}

static void
test_transfer (gconstpointer data)
{
  const Size *size = data;
  g_autoptr (ServerFixture) server = accept_server_start (size->server);
  g_autoptr (AcceptAccount) account = accept_account_new (server, NULL);
  g_autoptr (GPtrArray) before = NULL;
  g_autoptr (GPtrArray) after = NULL;

  fill_server (account, size->messages);
  before = accept_remote_side (account);
  g_assert_cmpuint (accept_count (before), ==, size->messages);
  g_free (accept_account_sync (account, 0));
  accept_assert_equal (account, size->messages);
  after = accept_remote_side (account);
  accept_assert_same_side (before, after);
  upload_to_empty_server (account, size->messages, before);
}

int
main (int argc, char **argv)
{
  gboolean is_long = argc > 1 && g_str_equal (argv[argc - 1], "--long");

  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; !is_long && i < G_N_ELEMENTS (sizes); i++)
    g_test_add_data_func (sizes[i].path, &sizes[i], test_transfer);
  for (guint i = 0; is_long && i < G_N_ELEMENTS (long_sizes); i++)
    g_test_add_data_func (long_sizes[i].path, &long_sizes[i], test_transfer);
  return g_test_run ();
}
