/* A second sync of an unchanged account fetches no message data, rewrites no file, and leaves times, inodes
 * and the journal's rows alone; in both directions, and on either server. */
#include "accept-sides.h"
#include "accept-snapshot.h"
#include "imap-proxy.h"
#include "sample-mail.h"

#include <string.h>

#define MESSAGES 300

static void
fill_server (const AcceptAccount *account)
{
  g_autoptr (ImapClient) client = accept_account_client (account);
  g_auto (GStrv) present = imap_client_list (client);

  for (guint i = 0; sample_mailboxes[i] != NULL; i++)
    if (!g_strv_contains ((const char *const *)present, sample_mailboxes[i]))
      imap_client_create (client, sample_mailboxes[i]);
  for (guint i = 0; i < MESSAGES; i++)
    {
      g_autoptr (SampleMessage) message = sample_message_new (3, i, 1500);

      imap_client_append (client, message->mailbox, message->flags, message->date,
                          g_bytes_get_data (message->bytes, NULL), g_bytes_get_size (message->bytes));
    }
}

/* Through a proxy in clear, which sees what is asked for. */
static void
configure_proxy (const AcceptAccount *account, ImapProxy *proxy)
{
  g_autofree char *more =
      g_strdup_printf ("host=127.0.0.1\nport=%u\nsecurity=none", imap_proxy_get_port (proxy));

  accept_account_configure (account, more);
}

static void
assert_only_looks (const char *commands)
{
  static const char *const forbidden[] = { "BODY",    "RFC822 ", "APPEND", "STORE",  "COPY",  "MOVE",
                                           "EXPUNGE", "CREATE",  "DELETE", "RENAME", "CLOSE", "SELECT" };

  for (guint i = 0; i < G_N_ELEMENTS (forbidden); i++)
    if (strstr (commands, forbidden[i]) != NULL)
      g_error ("a sync with nothing to do sent:\n%s", commands);
  g_assert_nonnull (strstr (commands, "LIST"));
}

/* Every run after the first: C9's exit 0, and a look at the list of mailboxes, no more. The first one may
 * come too soon after the changes for the directories' times to vouch for anything. */
static void
assert_unchanged_by_sync (const AcceptAccount *account, ImapProxy *proxy)
{
  g_free (accept_account_sync (account, 0));

  g_autofree char *files = accept_maildir_snapshot (account);
  g_autofree char *rows = accept_journal_dump (account);

  for (guint i = 0; i < 2; i++)
    {
      g_autofree char *files_after = NULL;
      g_autofree char *rows_after = NULL;
      g_autofree char *commands = NULL;

      g_free (imap_proxy_take_commands (proxy));
      g_free (accept_account_sync (account, 0));
      commands = imap_proxy_take_commands (proxy);
      assert_only_looks (commands);
      files_after = accept_maildir_snapshot (account);
      accept_assert_same_lines (files, files_after);
      rows_after = accept_journal_dump (account);
      accept_assert_same_lines (rows, rows_after);
    }
}

static void
test_unchanged (gconstpointer kind)
{
  g_autoptr (ServerFixture) server = accept_server_start (kind);
  g_autoptr (AcceptAccount) down = accept_account_new (server, NULL);
  g_autoptr (AcceptAccount) up = accept_account_new (server, NULL);
  g_autoptr (ImapProxy) proxy = imap_proxy_new (server->imap_port);
  g_autofree char *marker = g_build_filename (up->maildir, ".dovetail", NULL);

  configure_proxy (down, proxy);
  configure_proxy (up, proxy);
  fill_server (down);
  g_free (accept_account_sync (down, 0));
  accept_assert_equal (down, MESSAGES);
  assert_unchanged_by_sync (down, proxy);

  accept_copy_tree (down->maildir, up->maildir);
  accept_remove_tree (marker);
  g_free (accept_account_sync (up, 0));
  accept_assert_equal (up, MESSAGES);
  assert_unchanged_by_sync (up, proxy);
}

/* What is changed on the server afterwards touches its own file and directory only. */
static void
test_a_change_touches_one_mailbox (void)
{
  g_autoptr (ServerFixture) server = accept_server_start ("dovecot");
  g_autoptr (AcceptAccount) account = accept_account_new (server, NULL);
  g_autoptr (ImapClient) client = accept_account_client (account);
  g_autofree char *before = NULL;
  g_autofree char *after = NULL;
  g_auto (GStrv) left = NULL;
  g_auto (GStrv) right = NULL;

  fill_server (account);
  g_free (accept_account_sync (account, 0));
  before = accept_maildir_snapshot (account);
  imap_client_store (client, "Archive", "1", "+FLAGS (\\Flagged \\Answered)");
  g_free (accept_account_sync (account, 0));
  accept_assert_equal (account, MESSAGES);
  after = accept_maildir_snapshot (account);
  left = g_strsplit (before, "\n", -1);
  right = g_strsplit (after, "\n", -1);
  for (guint i = 0; left[i] != NULL; i++)
    if (!g_strv_contains ((const char *const *)right, left[i]) && !g_str_has_prefix (left[i], "/Archive/") &&
        !g_str_has_prefix (left[i], "/.dovetail ") && !g_str_has_prefix (left[i], " inode"))
      g_error ("touched without need: %s", left[i]);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_data_func ("/accept/unchanged/dovecot", "dovecot", test_unchanged);
  g_test_add_data_func ("/accept/unchanged/cyrus", "cyrus", test_unchanged);
  g_test_add_func ("/accept/unchanged/a-change-touches-one-mailbox", test_a_change_touches_one_mailbox);
  return g_test_run ();
}
