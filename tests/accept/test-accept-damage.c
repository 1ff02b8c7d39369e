/* What happens to a Maildir or a journal beside deletions: nothing is ever deleted on the server for it
 * (C1.2, C1.6, C2.2). */
#include "accept-sides.h"

#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#define IN_INBOX 30
#define IN_WORK 6
#define MESSAGES (IN_INBOX + IN_WORK)

static AcceptAccount *
make_account (ServerFixture *server)
{
  AcceptAccount *account = accept_account_new (server, NULL);
  g_autoptr (ImapClient) client = accept_account_client (account);

  imap_client_create (client, "Work");
  for (guint i = 0; i < MESSAGES; i++)
    {
      g_autofree char *subject = g_strdup_printf ("message %u", i);
      g_autofree char *text = accept_message_text (subject);

      imap_client_append (client, i < IN_INBOX ? "INBOX" : "Work", i % 2 == 0 ? "\\Seen $Todo" : "",
                          1700000000 + i, text, strlen (text));
    }
  g_free (accept_account_sync (account, 0));
  accept_assert_equal (account, MESSAGES);
  return account;
}

static void
move (const char *from, const char *to)
{
  g_assert_cmpint (g_rename (from, to), ==, 0);
}

static char *
aside (const AcceptAccount *account)
{
  return accept_account_path (account, "aside");
}

static void
take_maildir_away (const AcceptAccount *account)
{
  g_autofree char *to = aside (account);

  move (account->maildir, to);
}

static void
bring_maildir_back (const AcceptAccount *account)
{
  g_autofree char *from = aside (account);

  accept_remove_tree (account->maildir);
  move (from, account->maildir);
}

static void
leave_a_dangling_link (const AcceptAccount *account)
{
  take_maildir_away (account);
  g_assert_cmpint (symlink ("/nonexistent/disk", account->maildir), ==, 0);
}

static void
leave_an_empty_mount_point (const AcceptAccount *account)
{
  take_maildir_away (account);
  g_assert_cmpint (g_mkdir (account->maildir, 0700), ==, 0);
}

/* Mailboxes are there, the messages and the marker are not. */
static void
leave_empty_mailboxes (const AcceptAccount *account)
{
  static const char *const parts[] = { "INBOX/cur", "INBOX/new", "INBOX/tmp",
                                       "Work/cur",  "Work/new",  "Work/tmp" };

  take_maildir_away (account);
  for (guint i = 0; i < G_N_ELEMENTS (parts); i++)
    {
      g_autofree char *path = g_build_filename (account->maildir, parts[i], NULL);

      g_assert_cmpint (g_mkdir_with_parents (path, 0700), ==, 0);
    }
}

/* The Maildir of another account, with a marker of its own. */
static void
put_another_there (const AcceptAccount *account)
{
  g_autoptr (AcceptAccount) other = accept_account_new (account->server, NULL);

  g_free (accept_account_sync (other, 0));
  take_maildir_away (account);
  accept_copy_tree (other->maildir, account->maildir);
}

static void
remove_marker (const AcceptAccount *account)
{
  g_autofree char *to = aside (account);
  g_autofree char *marker = g_build_filename (account->maildir, ".dovetail", NULL);

  accept_copy_tree (account->maildir, to);
  g_assert_cmpint (g_unlink (marker), ==, 0);
}

static void
take_part_away (const AcceptAccount *account, const char *part)
{
  g_autofree char *from = g_build_filename (account->maildir, part, NULL);
  g_autofree char *to = aside (account);

  move (from, to);
}

static void
bring_part_back (const AcceptAccount *account, const char *part)
{
  g_autofree char *from = aside (account);
  g_autofree char *to = g_build_filename (account->maildir, part, NULL);

  accept_remove_tree (to);
  move (from, to);
}

static void
take_inbox_cur (const AcceptAccount *account)
{
  take_part_away (account, "INBOX/cur");
}

static void
return_inbox_cur (const AcceptAccount *account)
{
  bring_part_back (account, "INBOX/cur");
}

static void
take_inbox_new (const AcceptAccount *account)
{
  take_part_away (account, "INBOX/new");
}

static void
return_inbox_new (const AcceptAccount *account)
{
  bring_part_back (account, "INBOX/new");
}

static void
take_work_cur (const AcceptAccount *account)
{
  take_part_away (account, "Work/cur");
}

static void
return_work_cur (const AcceptAccount *account)
{
  bring_part_back (account, "Work/cur");
}

static void
take_inbox (const AcceptAccount *account)
{
  take_part_away (account, "INBOX");
}

static void
return_inbox (const AcceptAccount *account)
{
  bring_part_back (account, "INBOX");
}

static void
make_cur_a_dangling_link (const AcceptAccount *account)
{
  g_autofree char *path = g_build_filename (account->maildir, "INBOX/cur", NULL);

  take_inbox_cur (account);
  g_assert_cmpint (symlink ("/nonexistent/disk", path), ==, 0);
}

typedef struct
{
  const char *name;
  void (*damage) (const AcceptAccount *account);
  void (*repair) (const AcceptAccount *account);
  const char *says; /* a regular expression in what is said on stderr */
} Damage;

static const Damage damages[] = {
  { "maildir-gone", take_maildir_away, bring_maildir_back, "mounted" },
  { "maildir-dangling", leave_a_dangling_link, bring_maildir_back, "mounted" },
  { "maildir-empty", leave_an_empty_mount_point, bring_maildir_back, "mounted|marker" },
  { "maildir-hollow", leave_empty_mailboxes, bring_maildir_back, "mounted|marker" },
  { "another-maildir", put_another_there, bring_maildir_back, "another" },
  { "marker-gone", remove_marker, bring_maildir_back, "marker" },
  { "cur-gone", take_inbox_cur, return_inbox_cur, "INBOX.*cur" },
  { "new-gone", take_inbox_new, return_inbox_new, "INBOX.*new" },
  { "cur-dangling", make_cur_a_dangling_link, return_inbox_cur, "INBOX.*cur" },
  { "cur-of-another-mailbox-gone", take_work_cur, return_work_cur, "Work.*cur" },
  { "inbox-gone", take_inbox, return_inbox, "INBOX" },
};

/* C1.2, C1.6: named, and not believed; nothing on the server changes, and once repaired all is well again. */
static void
test_damage (gconstpointer data)
{
  const Damage *damage = data;
  g_autoptr (ServerFixture) server = accept_server_start ("dovecot");
  g_autoptr (AcceptAccount) account = make_account (server);
  g_autoptr (GPtrArray) before = accept_remote_side (account);

  damage->damage (account);
  for (guint i = 0; i < 2; i++)
    {
      g_auto (AcceptRun) run = accept_account_run (account, "sync");
      g_autoptr (GPtrArray) after = accept_remote_side (account);

      accept_assert_same_side (before, after);
      g_assert_cmpint (run.status, !=, 0);
      g_assert_cmpint (run.status, <, 128);
      g_assert_true (g_regex_match_simple (damage->says, run.err, G_REGEX_DOTALL, 0));
    }
  damage->repair (account);
  g_free (accept_account_sync (account, 0));
  accept_assert_equal (account, MESSAGES);
}

/* Runs a sync that has to end with 0; (transfer full): what it said on stdout. */
static char *
sync_and_say (const AcceptAccount *account)
{
  g_auto (AcceptRun) run = accept_account_run (account, "-v sync");

  g_assert_cmpint (run.status, ==, 0);
  return g_steal_pointer (&run.out);
}

static void
assert_says (const char *text, const char *part)
{
  if (strstr (text, part) == NULL)
    g_error ("“%s” is missing in: %s", part, text);
}

/* C2.2: everything is paired again, and no file and no message is touched. */
static void
test_journal_deleted (void)
{
  g_autoptr (ServerFixture) server = accept_server_start ("dovecot");
  g_autoptr (AcceptAccount) account = make_account (server);
  g_autoptr (GPtrArray) remote = accept_remote_side (account);
  g_autoptr (GPtrArray) remote_after = NULL;
  g_autofree char *said = NULL;
  static const char *const done_to_mail[] = { "downloaded", "uploaded", "removed", "deleted" };

  accept_remove_tree (account->state);
  said = sync_and_say (account);
  assert_says (said, " messages matched");
  for (guint i = 0; i < G_N_ELEMENTS (done_to_mail); i++)
    g_assert_null (strstr (said, done_to_mail[i]));
  remote_after = accept_remote_side (account);
  accept_assert_same_side (remote, remote_after);
  accept_assert_equal (account, MESSAGES);
}

/* The same after changes on both sides that the lost journal would have known: nothing is lost. */
static void
test_journal_deleted_with_changes (void)
{
  g_autoptr (ServerFixture) server = accept_server_start ("dovecot");
  g_autoptr (AcceptAccount) account = make_account (server);
  g_autoptr (ImapClient) client = accept_account_client (account);
  g_autofree char *path = accept_find_file (account, "INBOX", "message 3");

  g_assert_cmpint (g_unlink (path), ==, 0);
  imap_client_expunge (client, "INBOX", "5");
  g_free (accept_deliver_subject (account, "Work", "S", "written meanwhile"));
  accept_remove_tree (account->state);
  g_free (accept_account_sync (account, 0));
  /* Without a base a message that only one side has is new there. */
  accept_assert_equal (account, MESSAGES + 1);
}

static void
restore_backup (const AcceptAccount *account)
{
  g_autofree char *backup = accept_account_path (account, "backup");

  accept_remove_tree (account->maildir);
  move (backup, account->maildir);
}

static void
make_backup (const AcceptAccount *account)
{
  g_autofree char *backup = accept_account_path (account, "backup");

  accept_copy_tree (account->maildir, backup);
}

static void
append_later (ImapClient *client, guint count)
{
  for (guint i = 0; i < count; i++)
    {
      g_autofree char *subject = g_strdup_printf ("later %u", i);
      g_autofree char *text = accept_message_text (subject);

      imap_client_append (client, "INBOX", "", 1710000000 + i, text, strlen (text));
    }
}

/* C1.6. The backup lacks what came after it; that is no deletion, whether one sync or several came between.
 */
static void
test_backup_restored (gconstpointer data)
{
  guint syncs = GPOINTER_TO_UINT (data);
  g_autoptr (ServerFixture) server = accept_server_start ("dovecot");
  g_autoptr (AcceptAccount) account = make_account (server);
  g_autoptr (ImapClient) client = accept_account_client (account);
  g_autoptr (GPtrArray) before = NULL;
  g_autoptr (GPtrArray) after = NULL;

  make_backup (account);
  for (guint i = 0; i < syncs; i++)
    {
      append_later (client, 5);
      g_free (accept_account_sync (account, 0));
    }
  before = accept_remote_side (account);
  restore_backup (account);
  g_free (accept_account_sync (account, 0));
  after = accept_remote_side (account);
  accept_assert_same_side (before, after);
  accept_assert_equal (account, MESSAGES + 5 * syncs);
  g_free (accept_account_sync (account, 0));
  accept_assert_equal (account, MESSAGES + 5 * syncs);
}

/* What was uploaded since the backup is on the server and nowhere else. */
static void
test_backup_restored_after_upload (void)
{
  g_autoptr (ServerFixture) server = accept_server_start ("dovecot");
  g_autoptr (AcceptAccount) account = make_account (server);
  g_autoptr (GPtrArray) before = NULL;
  g_autoptr (GPtrArray) after = NULL;

  make_backup (account);
  g_free (accept_deliver_subject (account, "Work", "S", "written meanwhile"));
  g_free (accept_account_sync (account, 0));
  before = accept_remote_side (account);
  restore_backup (account);
  g_free (accept_account_sync (account, 0));
  after = accept_remote_side (account);
  accept_assert_same_side (before, after);
  accept_assert_equal (account, MESSAGES + 1);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (damages); i++)
    {
      g_autofree char *path = g_strconcat ("/accept/damage/C1.2/", damages[i].name, NULL);

      g_test_add_data_func (path, &damages[i], test_damage);
    }
  g_test_add_func ("/accept/damage/C2.2/journal-deleted", test_journal_deleted);
  g_test_add_func ("/accept/damage/C2.2/journal-deleted-with-changes", test_journal_deleted_with_changes);
  g_test_add_data_func ("/accept/damage/C1.6/backup-of-one-sync-ago", GUINT_TO_POINTER (1),
                        test_backup_restored);
  g_test_add_data_func ("/accept/damage/C1.6/backup-of-three-syncs-ago", GUINT_TO_POINTER (3),
                        test_backup_restored);
  g_test_add_func ("/accept/damage/C1.6/backup-before-an-upload", test_backup_restored_after_upload);
  return g_test_run ();
}
