/* Mass deletion is held on either side, released or restored (C1.4); a mass move is none (C4.1). */
#include "accept-sides.h"

#include <glib/gstdio.h>
#include <string.h>

static void
append_numbered (ImapClient *client, const char *mailbox, guint count)
{
  imap_client_append_begin (client, mailbox);
  for (guint i = 0; i < count; i++)
    {
      g_autofree char *subject = g_strdup_printf ("%s %u", mailbox, i);
      g_autofree char *text = accept_message_text (subject);

      imap_client_append_add (client, "\\Seen", 1700000000 + i, text, strlen (text));
    }
  imap_client_append_end (client);
}

/* `count` messages in INBOX and half as many in Work, on both sides. */
static AcceptAccount *
make_account (ServerFixture *server, guint count)
{
  AcceptAccount *account = accept_account_new (server, NULL);
  g_autoptr (ImapClient) client = accept_account_client (account);

  imap_client_create (client, "Work");
  append_numbered (client, "INBOX", count);
  append_numbered (client, "Work", count / 2);
  g_free (accept_account_sync (account, 0));
  accept_assert_equal (account, count + count / 2);
  return account;
}

/* Removes that many files of INBOX. */
static void
remove_files (const AcceptAccount *account, guint count)
{
  g_autoptr (GPtrArray) files = accept_local_files (account, "INBOX");

  g_assert_cmpuint (files->len, >=, count);
  for (guint i = 0; i < count; i++)
    g_assert_cmpint (g_unlink (((AcceptFile *)g_ptr_array_index (files, i))->path), ==, 0);
}

static void
assert_counts (const AcceptAccount *account, guint remote_inbox, guint local_inbox, guint remote_trash)
{
  g_autoptr (GPtrArray) remote = accept_remote_side (account);
  g_autoptr (GPtrArray) local = accept_local_side (account);

  g_assert_cmpuint (accept_count_in (remote, "INBOX"), ==, remote_inbox);
  g_assert_cmpuint (accept_count_in (local, "INBOX"), ==, local_inbox);
  g_assert_cmpuint (accept_count_in (remote, "Trash"), ==, remote_trash);
}

/* The sync holds something, says so, and says what to do. */
static void
sync_is_held (const AcceptAccount *account, const char *count)
{
  g_autofree char *said = accept_account_sync (account, 1);

  g_assert_nonnull (strstr (said, "dovetail release"));
  g_assert_nonnull (strstr (said, count));
}

static void
release (const AcceptAccount *account, const char *arguments)
{
  g_auto (AcceptRun) run = accept_account_run (account, arguments);

  g_assert_cmpint (run.status, ==, 0);
}

static void
test_local_held_and_released (gconstpointer kind)
{
  g_autoptr (ServerFixture) server = accept_server_start (kind);
  g_autoptr (AcceptAccount) account = make_account (server, 40);
  g_autoptr (ImapClient) client = accept_account_client (account);

  remove_files (account, 30);
  sync_is_held (account, "30");
  assert_counts (account, 40, 10, 0);

  /* The rest goes on. */
  append_numbered (client, "Work", 2);
  g_free (accept_deliver_subject (account, "INBOX", "S", "written meanwhile"));
  sync_is_held (account, "30");
  assert_counts (account, 41, 11, 0);

  release (account, "release");
  g_free (accept_account_sync (account, 0));
  assert_counts (account, 11, 11, 30);
  g_free (accept_account_sync (account, 0));
  accept_assert_equal (account, 11 + 30 + 22);
}

static void
test_local_held_and_restored (void)
{
  g_autoptr (ServerFixture) server = accept_server_start ("dovecot");
  g_autoptr (AcceptAccount) account = make_account (server, 40);

  remove_files (account, 40);
  sync_is_held (account, "40");
  assert_counts (account, 40, 0, 0);
  release (account, "release --restore");
  g_free (accept_account_sync (account, 0));
  accept_assert_equal (account, 60);
  assert_counts (account, 40, 40, 0);
}

static void
test_remote_held_and_released (gconstpointer kind)
{
  g_autoptr (ServerFixture) server = accept_server_start (kind);
  g_autoptr (AcceptAccount) account = make_account (server, 40);
  g_autoptr (ImapClient) client = accept_account_client (account);

  imap_client_expunge (client, "INBOX", "1:30");
  sync_is_held (account, "30");
  assert_counts (account, 10, 40, 0);
  release (account, "release work");
  g_free (accept_account_sync (account, 0));
  accept_assert_equal (account, 30);
  assert_counts (account, 10, 10, 0);
}

static void
test_remote_held_and_restored (void)
{
  g_autoptr (ServerFixture) server = accept_server_start ("dovecot");
  g_autoptr (AcceptAccount) account = make_account (server, 40);
  g_autoptr (ImapClient) client = accept_account_client (account);
  g_autoptr (GPtrArray) before = accept_remote_side (account);
  g_autoptr (GPtrArray) after = NULL;

  imap_client_expunge (client, "INBOX", "1:*");
  sync_is_held (account, "40");
  assert_counts (account, 0, 40, 0);
  release (account, "release --restore");
  g_free (accept_account_sync (account, 0));
  accept_assert_equal (account, 60);
  after = accept_remote_side (account);
  accept_assert_same_side (before, after);
}

/* Little by little is mass deletion too: what was let through in the last 24 hours counts. */
static void
test_counts_over_a_day (gconstpointer data)
{
  gboolean is_local = GPOINTER_TO_INT (data);
  g_autoptr (ServerFixture) server = accept_server_start ("dovecot");
  g_autoptr (AcceptAccount) account = make_account (server, 20);
  g_autoptr (ImapClient) client = accept_account_client (account);

  for (guint i = 0; i < 2; i++)
    {
      if (is_local)
        remove_files (account, 5);
      else
        imap_client_expunge (client, "INBOX", i == 0 ? "1:5" : "6:10");
      g_free (accept_account_sync (account, 0));
      assert_counts (account, 15 - 5 * i, 15 - 5 * i, is_local ? 5 + 5 * i : 0);
    }
  if (is_local)
    remove_files (account, 3);
  else
    imap_client_expunge (client, "INBOX", "11:13");
  sync_is_held (account, "3");
  assert_counts (account, is_local ? 10 : 7, is_local ? 7 : 10, is_local ? 10 : 0);
}

/* A release holds for what was named: what is deleted after it is held again. */
static void
test_release_is_for_what_was_named (void)
{
  g_autoptr (ServerFixture) server = accept_server_start ("dovecot");
  g_autoptr (AcceptAccount) account = make_account (server, 40);

  remove_files (account, 25);
  sync_is_held (account, "25");
  release (account, "release");
  remove_files (account, 5);
  sync_is_held (account, "5");
  assert_counts (account, 15, 10, 25);
}

static void
move_all_files (const AcceptAccount *account, const char *from, const char *to)
{
  g_autoptr (GPtrArray) files = accept_local_files (account, from);

  for (guint i = 0; i < files->len; i++)
    {
      const AcceptFile *file = g_ptr_array_index (files, i);
      g_autofree char *name = g_path_get_basename (file->path);
      g_autofree char *target = g_build_filename (account->maildir, to, "cur", name, NULL);

      g_assert_cmpint (g_rename (file->path, target), ==, 0);
    }
}

/* C4.1: all of INBOX to Archive. Not held, and nothing in the Trash. */
static void
test_mass_move (gconstpointer data)
{
  gboolean is_local = GPOINTER_TO_INT (data);
  g_autoptr (ServerFixture) server = accept_server_start ("dovecot");
  g_autoptr (AcceptAccount) account = make_account (server, 40);
  g_autoptr (ImapClient) client = accept_account_client (account);
  g_autoptr (GPtrArray) remote = NULL;

  imap_client_create (client, "Archive");
  g_free (accept_account_sync (account, 0));
  if (is_local)
    move_all_files (account, "INBOX", "Archive");
  else
    imap_client_move (client, "INBOX", "1:*", "Archive");
  g_free (accept_account_sync (account, 0));
  accept_assert_equal (account, 60);
  assert_counts (account, 0, 0, 0);
  remote = accept_remote_side (account);
  g_assert_cmpuint (accept_count_in (remote, "Archive"), ==, 40);
  g_free (accept_account_sync (account, 0));
  accept_assert_equal (account, 60);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_data_func ("/accept/held/C1.4/local/released", "dovecot", test_local_held_and_released);
  g_test_add_data_func ("/accept/held/C1.4/local/released-cyrus", "cyrus", test_local_held_and_released);
  g_test_add_func ("/accept/held/C1.4/local/restored", test_local_held_and_restored);
  g_test_add_data_func ("/accept/held/C1.4/remote/released", "dovecot", test_remote_held_and_released);
  g_test_add_data_func ("/accept/held/C1.4/remote/released-cyrus", "cyrus", test_remote_held_and_released);
  g_test_add_func ("/accept/held/C1.4/remote/restored", test_remote_held_and_restored);
  g_test_add_data_func ("/accept/held/C1.4/local/over-a-day", GINT_TO_POINTER (TRUE), test_counts_over_a_day);
  g_test_add_data_func ("/accept/held/C1.4/remote/over-a-day", GINT_TO_POINTER (FALSE),
                        test_counts_over_a_day);
  g_test_add_func ("/accept/held/C1.4/local/what-was-named", test_release_is_for_what_was_named);
  g_test_add_data_func ("/accept/held/C4.1/local-mass-move", GINT_TO_POINTER (TRUE), test_mass_move);
  g_test_add_data_func ("/accept/held/C4.1/remote-mass-move", GINT_TO_POINTER (FALSE), test_mass_move);
  return g_test_run ();
}
