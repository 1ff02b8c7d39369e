/* The built program against a real server: contract C9 from end to end, and what it says on the way. */
#include "../lib/imap-client.h"
#include "../lib/server-fixture.h"
#include "cli-fixture.h"
#include "json-check.h"

#include <glib/gstdio.h>
#include <pty.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utime.h>

#define INBOX "Mail/work/INBOX"

typedef struct
{
  CliFixture cli;
  ServerFixture *server;
  char *user;
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer server)
{
  cli_fixture_set_up (&fixture->cli, NULL);
  fixture->server = (ServerFixture *)server;
  fixture->user = server_fixture_new_user (fixture->server);
}

static void
tear_down (Fixture *fixture, gconstpointer server)
{
  cli_fixture_tear_down (&fixture->cli, NULL);
  g_free (fixture->user);
}

/* Account "work"; `more` is added to it. */
static void
configure (Fixture *fixture, const char *password, const char *more)
{
  g_autofree char *config = g_strdup_printf (
      "[account work]\nhost=localhost\nport=%u\nuser=%s\npassword-command=echo %s\nmaildir=~/Mail/work\n%s",
      fixture->server->imaps_port, fixture->user, password, more);

  cli_fixture_put (&fixture->cli, ".config/dovetail/config", config);
}

/* The usual configuration: all is well. */
static void
configure_well (Fixture *fixture)
{
  g_autofree char *anchor = g_strdup_printf ("tls-ca-file=%s\n", fixture->server->ca_file);

  configure (fixture, fixture->server->password, anchor);
}

static void
assert_holds (const char *text, const char *part)
{
  if (strstr (text, part) == NULL)
    g_error ("“%s” lacks “%s”", text, part);
}

static void
assert_lacks (const char *text, const char *part)
{
  if (strstr (text, part) != NULL)
    g_error ("“%s” holds “%s”", text, part);
}

/* Runs, and expects that exit status. */
static CliRun
run (Fixture *fixture, const char *arguments, int status)
{
  CliRun result = cli_run (&fixture->cli, arguments);

  g_assert_cmpint (result.status, ==, status);
  return result;
}

static void
expect (Fixture *fixture, const char *arguments, int status)
{
  g_auto (CliRun) result = run (fixture, arguments, status);
}

static guint32
count_on_server (Fixture *fixture)
{
  g_autoptr (ImapClient) client =
      imap_client_new (fixture->server->imap_port, fixture->user, fixture->server->password);

  return imap_client_status (client, "INBOX", "MESSAGES");
}

static guint
count_here (Fixture *fixture)
{
  g_autofree char *list = cli_fixture_files (&fixture->cli, INBOX);
  g_auto (GStrv) files = g_strsplit (list, "\n", -1);
  guint count = 0;

  for (guint i = 0; files[i] != NULL; i++)
    count += strstr (files[i], "/cur/") != NULL || strstr (files[i], "/new/") != NULL;
  return count;
}

static void
put_messages (Fixture *fixture, guint count)
{
  g_autofree char *new_directory = cli_fixture_path (&fixture->cli, INBOX "/new");

  g_assert_cmpint (g_mkdir_with_parents (new_directory, 0700), ==, 0);
  for (guint i = 0; i < count; i++)
    {
      g_autofree char *name = g_strdup_printf (INBOX "/cur/%u.message:2,S", i);
      g_autofree char *content =
          g_strdup_printf ("Message-ID: <%u@example.org>\nDate: Sun, 22 Nov 2026 10:00:00 "
                           "+0000\nSubject: number %u\n\nbody %u\n",
                           i, i, i);

      cli_fixture_put (&fixture->cli, name, content);
    }
}

static void
remove_messages (Fixture *fixture, guint count)
{
  for (guint i = 0; i < count; i++)
    {
      g_autofree char *name = g_strdup_printf (INBOX "/cur/%u.message:2,S", i);

      cli_fixture_remove (&fixture->cli, name);
    }
}

static void
test_check (Fixture *fixture, gconstpointer data)
{
  g_auto (CliRun) good = { 0 };
  g_auto (CliRun) verbose = { 0 };
  g_auto (CliRun) log = { 0 };
  g_autofree char *files = NULL;

  configure_well (fixture);
  good = run (fixture, "check", 0);
  assert_holds (good.out, "work: ok: password: there is one\n");
  assert_holds (good.out, "work: ok: connection: localhost:");
  assert_holds (good.out, "TLSv1.3, the certificate is trusted\n");
  assert_holds (good.out, "work: ok: login: the server knows ");
  assert_holds (good.out, "work/Trash: ok: the server's \\Trash\n");
  assert_holds (good.out, " to synchronize, 0 left out\n");
  g_assert_cmpstr (good.err, ==, "");
  verbose = run (fixture, "-v check work/INBOX work/Nowhere", 1);
  assert_holds (verbose.out, "work/INBOX: ok\n");
  assert_holds (verbose.out, "work/Trash: left out\n");
  log = run (fixture, "check -v -v", 0);
  assert_holds (log.err, " LIST: OK\n");
  g_assert_null (strstr (log.err, fixture->server->password));
  assert_holds (verbose.err, "work/Nowhere: the server has no such mailbox");
  files = cli_fixture_files (&fixture->cli, "");
  g_assert_cmpstr (files, ==, ".config/dovetail/config");
}

/* C9: 77, and the password in no message (C8). */
/* A pattern that matches nothing is a slip of the pen. */
static void
test_check_patterns (Fixture *fixture, gconstpointer data)
{
  g_autofree char *some =
      g_strdup_printf ("tls-ca-file=%s\nmailboxes=INBOX;Wrok*;!Nowhere\n", fixture->server->ca_file);
  g_auto (CliRun) slip = { 0 };

  configure (fixture, fixture->server->password, some);
  slip = run (fixture, "check", 1);
  assert_holds (slip.err,
                "work: “Wrok*” in mailboxes= matches no mailbox on the server: is it written right?");
  g_assert_null (strstr (slip.err, "Nowhere"));
  g_assert_null (strstr (slip.err, "“INBOX”"));
}

/* Patterns that match nothing are no two equal sides. */
static void
test_no_mailbox_matches (Fixture *fixture, gconstpointer data)
{
  g_autofree char *none = g_strdup_printf ("tls-ca-file=%s\nmailboxes=Wrok*\n", fixture->server->ca_file);
  g_auto (CliRun) sync = { 0 };

  configure (fixture, fixture->server->password, none);
  sync = run (fixture, "sync", 1);
  assert_holds (sync.err, "work: no mailbox, here or on the server, matches “mailboxes”");
  g_assert_null (strstr (sync.out, "equal"));
}

/* One line for each message with -v, and none without. */
static void
test_verbose_sync (Fixture *fixture, gconstpointer data)
{
  g_auto (CliRun) up = { 0 };
  g_auto (CliRun) flags = { 0 };
  g_auto (CliRun) changed = { 0 };
  g_auto (CliRun) down = { 0 };
  g_auto (CliRun) plain = { 0 };
  g_autofree char *from = cli_fixture_path (&fixture->cli, INBOX "/cur/1.message:2,S");
  g_autofree char *to = cli_fixture_path (&fixture->cli, INBOX "/cur/1.message:2,FS");

  configure_well (fixture);
  put_messages (fixture, 5);
  up = run (fixture, "sync -v", 0);
  assert_holds (up.out, "work/INBOX: “number 0” (message 1) uploaded\n");
  assert_holds (up.out, "work/INBOX: “number 4” (message 5) uploaded\n");
  g_assert_cmpint (g_rename (from, to), ==, 0);
  cli_fixture_remove (&fixture->cli, INBOX "/cur/0.message:2,S");
  flags = run (fixture, "sync -v", 0);
  assert_holds (flags.out,
                "work/INBOX: “number 1” (message 2) flags changed on the server (add \\Flagged)\n");
  assert_holds (flags.out, "work/INBOX: message 1 deleted on the server: it is gone here\n");
  assert_holds (flags.out, "work/Trash: “number 0” (message 1) downloaded\n");
  {
    g_autoptr (ImapClient) client =
        imap_client_new (fixture->server->imap_port, fixture->user, fixture->server->password);
    g_autofree char *selected = imap_client_command (client, "SELECT INBOX");
    g_autofree char *seen = imap_client_command (client, "UID STORE 3 -FLAGS.SILENT (\\Seen)");
    g_autofree char *marked = imap_client_command (client, "UID STORE 2 +FLAGS.SILENT (\\Deleted)");
    g_autofree char *expunged = imap_client_command (client, "EXPUNGE");
  }
  changed = run (fixture, "sync --json", 0);
  json_assert_lines (changed.out);
  assert_holds (changed.out, "\"name\":\"flags-here\",\"text\":\"“number 2” (message 3) flags changed here "
                             "(take off \\\\Seen)\",\"fields\":{\"uid\":3,\"subject\":\"number 2\",");
  assert_holds (changed.out, "“number 1” (message 2) removed here: it was deleted on the server");
  cli_fixture_remove (&fixture->cli, "Mail");
  cli_fixture_remove (&fixture->cli, ".local");
  put_messages (fixture, 4);
  down = run (fixture, "sync -v", 0);
  assert_holds (down.out, "work/INBOX: “number 4” (message 5) downloaded\n");
  assert_holds (down.out, "work/INBOX: “number 3” (message 4) matched: the same on both sides\n");
  put_messages (fixture, 6);
  plain = run (fixture, "sync", 0);
  g_assert_null (strstr (plain.out, "number"));
}

static void
test_not_authenticated (Fixture *fixture, gconstpointer data)
{
  g_autofree char *anchor = g_strdup_printf ("tls-ca-file=%s\n", fixture->server->ca_file);
  g_auto (CliRun) refused = { 0 };
  g_auto (CliRun) untrusted = { 0 };
  g_auto (CliRun) failed = { 0 };

  configure (fixture, "hunter2", anchor);
  refused = run (fixture, "sync -v -v", 77);
  assert_holds (refused.err, "work: ");
  g_assert_null (strstr (refused.err, "hunter2"));
  configure (fixture, "secret", "");
  untrusted = run (fixture, "sync", 77);
  assert_holds (untrusted.err, "work: localhost:");
  configure (fixture, "secret; exit 3", anchor);
  failed = run (fixture, "check", 77);
  assert_holds (failed.err, "work: password-command: ");
}

static void
test_systemd_credential (Fixture *fixture, gconstpointer data)
{
  g_autofree char *directory = cli_fixture_path (&fixture->cli, "credentials");

  cli_fixture_put (&fixture->cli, "credentials/work.password", "secret\n");
  fixture->cli.environment =
      g_environ_setenv (fixture->cli.environment, "CREDENTIALS_DIRECTORY", directory, TRUE);
  configure_well (fixture);
  g_assert_cmpstr (fixture->server->password, ==, "secret");
  expect (fixture, "sync", 0);
  configure (fixture, "wrong", "");
  cli_fixture_remove (&fixture->cli, "credentials");
  expect (fixture, "sync", 77);
}

static void
test_dry_run_changes_nothing (Fixture *fixture, gconstpointer data)
{
  g_auto (CliRun) result = { 0 };
  g_autofree char *before = NULL;
  g_autofree char *after = NULL;

  configure_well (fixture);
  put_messages (fixture, 2);
  before = cli_fixture_files (&fixture->cli, "Mail");
  result = run (fixture, "sync --dry-run", 0);
  assert_holds (result.out, "work/INBOX: “number 1” would be uploaded: ");
  g_assert_cmpuint (count_on_server (fixture), ==, 0);
  after = cli_fixture_files (&fixture->cli, INBOX);
  g_assert_cmpstr (after, ==, before);
}

/* One failing account does not stop the others; the exit status is the worst one's. */
static void
test_one_of_two_fails (Fixture *fixture, gconstpointer data)
{
  g_autofree char *more = g_strdup_printf (
      "tls-ca-file=%s\n[account away]\nhost=127.0.0.1\nport=1\nuser=x\npassword-command=echo "
      "x\nmaildir=~/Mail/away\n",
      fixture->server->ca_file);
  g_auto (CliRun) result = { 0 };

  configure (fixture, fixture->server->password, more);
  put_messages (fixture, 3);
  result = run (fixture, "sync", 75);
  assert_holds (result.out, "work: both sides are equal: ");
  assert_holds (result.err, "away: 127.0.0.1:1: ");
  g_assert_cmpuint (count_on_server (fixture), ==, 3);
  expect (fixture, "sync work", 0);
}

/* C5.1 */
static void
test_offline (Fixture *fixture, gconstpointer data)
{
  g_auto (CliRun) offline = { 0 };
  g_auto (CliRun) status = { 0 };
  g_auto (CliRun) after = { 0 };

  configure_well (fixture);
  expect (fixture, "sync", 0);
  put_messages (fixture, 2);
  server_fixture_halt (fixture->server);
  offline = run (fixture, "sync", 75);
  status = run (fixture, "status", 0);
  assert_holds (status.out, "work: queued for the server: 2 messages to upload\n");
  assert_holds (status.out, "work: last synchronized 20");
  server_fixture_resume (fixture->server);
  expect (fixture, "sync", 0);
  after = run (fixture, "status", 0);
  assert_holds (after.out, "work: queued for the server: nothing\n");
  g_assert_cmpuint (count_on_server (fixture), ==, 2);
}

/* Runs a shell line in the Maildir. */
static void
change_here (Fixture *fixture, const char *line)
{
  const char *const argv[] = { "sh", "-ec", line, NULL };
  g_autofree char *maildir = cli_fixture_path (&fixture->cli, "Mail/work");
  int status;

  g_assert_true (g_spawn_sync (maildir, (char **)argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL,
                               &status, NULL));
  g_assert_true (g_spawn_check_wait_status (status, NULL));
}

/* Two of the three messages go to a mailbox of its own: one is moved, one copied. */
#define MOVE_AND_COPY                                                                                        \
  "mkdir -p Archive/cur Archive/new Archive/tmp; mv INBOX/cur/0.* Archive/cur; cp INBOX/cur/1.* "            \
  "Archive/cur; "

static const char *const moved_and_copied[] = {
  "work/Archive: would be created on the server: its directory is new here\n",
  "work/INBOX: “number 0” would be moved on the server: it was moved here, to Archive\n",
  "work/Archive: “number 1” would be copied on the server: it was copied here\n",
};

/* C9: the plan, mailboxes and what is in them. */
static void
test_dry_run_of_mailboxes (Fixture *fixture, gconstpointer data)
{
  g_auto (CliRun) made = { 0 };
  g_auto (CliRun) done = { 0 };
  g_auto (CliRun) gone = { 0 };
  g_auto (CliRun) many = { 0 };
  g_autoptr (ImapClient) client =
      imap_client_new (fixture->server->imap_port, fixture->user, fixture->server->password);

  configure_well (fixture);
  put_messages (fixture, 25);
  expect (fixture, "sync", 0);
  change_here (fixture, MOVE_AND_COPY "mkdir -p Empty/cur Empty/new Empty/tmp");
  imap_client_create (client, "There");
  made = run (fixture, "sync --dry-run", 0);
  for (guint i = 0; i < G_N_ELEMENTS (moved_and_copied); i++)
    assert_holds (made.out, moved_and_copied[i]);
  assert_holds (made.out, "work/There: would be created here: it is new on the server\n");
  assert_lacks (made.out, "deleted");
  done = run (fixture, "sync -v", 0);
  assert_holds (done.out, "work/There: created here\n");
  assert_holds (done.out, "work/Archive: created on the server\n");
  assert_holds (done.out, ", 3 changes of mailboxes\n");
  change_here (fixture, "rm -r Empty");
  imap_client_delete (client, "There");
  gone = run (fixture, "sync --dry-run", 0);
  g_assert_cmpstr (
      gone.out, ==,
      "work/Empty: would be deleted on the server when nothing is left in it: its directory is gone here\n"
      "work/There: would be removed here when nothing is left in it: it is gone on the server\n");
  change_here (fixture, "mv INBOX/cur/[2-9]* INBOX/cur/1?.* Archive/cur");
  many = run (fixture, "sync --dry-run", 0);
  assert_holds (
      many.out,
      "work/INBOX: 23 messages: each would be moved on the server: it was moved here, to Archive\n");
}

/* C4, C5.1: what travels without its text is said to, before and after. */
static void
test_offline_moves (Fixture *fixture, gconstpointer data)
{
  g_auto (CliRun) plan = { 0 };
  g_auto (CliRun) status = { 0 };
  g_auto (CliRun) after = { 0 };

  configure_well (fixture);
  put_messages (fixture, 3);
  expect (fixture, "sync", 0);
  change_here (fixture, MOVE_AND_COPY "rm INBOX/cur/2.*");
  server_fixture_halt (fixture->server);
  plan = run (fixture, "sync --dry-run", 75);
  for (guint i = 0; i < G_N_ELEMENTS (moved_and_copied); i++)
    assert_holds (plan.out, moved_and_copied[i]);
  assert_holds (plan.out, "work/INBOX: message 3 would be deleted on the server");
  expect (fixture, "sync", 75);
  status = run (fixture, "status -v", 0);
  assert_holds (status.out,
                "work: queued for the server: 1 mailbox to create, 1 message to delete, 1 message to move, "
                "1 message to copy\n");
  assert_holds (status.out, ": creation of this mailbox\n");
  assert_holds (status.out, ": move of “number 0” to Archive\n");
  assert_holds (status.out, ": copy of “number 1”\n");
  server_fixture_resume (fixture->server);
  after = run (fixture, "sync", 0);
  assert_holds (after.out, "1 message moved on the server, 1 message copied on the server");
}

/* C3.3: the letters of the mailbox that a message left mean nothing in the one it came to, and take up none
 * of its letters. */
static void
test_letters_of_moved (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GString) keywords = g_string_new ("k1");
  g_autoptr (ImapClient) client =
      imap_client_new (fixture->server->imap_port, fixture->user, fixture->server->password);
  g_autofree char *change = NULL;
  g_autofree char *files = NULL;
  g_auto (CliRun) moved = { 0 };

  for (guint i = 2; i <= 26; i++)
    g_string_append_printf (keywords, " k%u", i);
  change = g_strdup_printf ("FLAGS (\\Seen %s)", keywords->str);
  configure_well (fixture);
  put_messages (fixture, 3);
  expect (fixture, "sync", 0);
  imap_client_store (client, "INBOX", "1", change);
  imap_client_store (client, "INBOX", "2", "+FLAGS (k26)");
  imap_client_store (client, "INBOX", "3", "+FLAGS (k25 k26)");
  expect (fixture, "sync", 0);
  change_here (fixture, MOVE_AND_COPY "mkdir -p Other/cur Other/new Other/tmp; mv INBOX/cur/2.* Other/cur");
  moved = run (fixture, "sync", 0);
  g_assert_cmpstr (moved.err, ==, "");
  files = cli_fixture_files (&fixture->cli, "Mail/work/Other/cur");
  g_assert_cmpstr (files, ==, "Mail/work/Other/cur/2.message:2,Sab");
  g_free (files);
  files = cli_fixture_files (&fixture->cli, "Mail/work/Archive/cur");
  g_assert_nonnull (strstr (files, "Archive/cur/0.message:2,Sabcdefghijklmnopqrstuvwxyz"));
}

/* C1.4: held, named with the way on, let through once. */
static void
test_release (Fixture *fixture, gconstpointer data)
{
  g_auto (CliRun) held = { 0 };
  g_auto (CliRun) status = { 0 };

  configure_well (fixture);
  put_messages (fixture, 20);
  expect (fixture, "sync", 0);
  remove_messages (fixture, 15);
  held = run (fixture, "sync", 1);
  assert_holds (held.err, "dovetail release");
  g_assert_cmpuint (count_on_server (fixture), ==, 20);
  status = run (fixture, "status", 1);
  assert_holds (status.out, "the deletion of 15 messages on the server");
  expect (fixture, "release work", 0);
  g_assert_cmpuint (count_on_server (fixture), ==, 20);
  expect (fixture, "sync", 0);
  g_assert_cmpuint (count_on_server (fixture), ==, 5);
  expect (fixture, "status", 0);
}

/* A mailbox is named as a shell takes it. */
static void
test_release_quotes (Fixture *fixture, gconstpointer data)
{
  g_auto (CliRun) held = { 0 };
  g_auto (CliRun) status = { 0 };

  configure_well (fixture);
  cli_fixture_put (&fixture->cli, "Mail/work/To & fro/cur/1.message:2,S", "Subject: one\n\nbody\n");
  cli_fixture_put (&fixture->cli, "Mail/work/To & fro/new/.keep", "");
  cli_fixture_put (&fixture->cli, "Mail/work/To & fro/tmp/.keep", "");
  expect (fixture, "sync", 0);
  cli_fixture_remove (&fixture->cli, "Mail/work/To & fro");
  held = run (fixture, "sync", 1);
  assert_holds (held.err, "`dovetail release 'work/To & fro'`");
  status = run (fixture, "status", 1);
  assert_holds (status.out, "`dovetail release 'work/To & fro'`");
}

/* C1.5: no file is older than what servers take for a date. */
static void
test_old_file (Fixture *fixture, gconstpointer data)
{
  g_autofree char *path = cli_fixture_path (&fixture->cli, INBOX "/cur/0.message:2,S");
  const struct utimbuf before_1970 = { -14182940, -14182940 };
  g_autoptr (ImapClient) client = NULL;
  g_autoptr (GPtrArray) messages = NULL;
  gint64 now = g_get_real_time () / G_USEC_PER_SEC;

  configure_well (fixture);
  put_messages (fixture, 1);
  g_assert_cmpint (g_utime (path, (struct utimbuf *)&before_1970), ==, 0);
  expect (fixture, "sync", 0);
  client = imap_client_new (fixture->server->imap_port, fixture->user, fixture->server->password);
  messages = imap_client_fetch_all (client, "INBOX");
  g_assert_cmpuint (messages->len, ==, 1);
  g_assert_cmpint (((ImapClientMessage *)g_ptr_array_index (messages, 0))->date, <=, now + 60);
}

static void
test_release_restore (Fixture *fixture, gconstpointer data)
{
  g_auto (CliRun) before = { 0 };
  g_auto (CliRun) after = { 0 };

  configure_well (fixture);
  put_messages (fixture, 20);
  expect (fixture, "sync", 0);
  remove_messages (fixture, 15);
  expect (fixture, "sync", 1);
  expect (fixture, "release --restore", 0);
  before = run (fixture, "status", 0);
  assert_holds (before.out, "work/INBOX: to be brought back on the side that lost them: 15 messages; ");
  expect (fixture, "sync", 0);
  after = run (fixture, "status", 0);
  g_assert_null (strstr (after.out, "brought back"));
  g_assert_cmpuint (count_on_server (fixture), ==, 20);
  g_assert_cmpuint (count_here (fixture), ==, 20);
}

/* C3.6: what the server lost comes back to both sides. */
static void
test_undelete (Fixture *fixture, gconstpointer data)
{
  g_auto (CliRun) status = { 0 };

  configure_well (fixture);
  put_messages (fixture, 3);
  expect (fixture, "sync", 0);
  {
    g_autoptr (ImapClient) client =
        imap_client_new (fixture->server->imap_port, fixture->user, fixture->server->password);
    g_autofree char *selected = imap_client_command (client, "SELECT INBOX");
    g_autofree char *marked = imap_client_command (client, "UID STORE 1:2 +FLAGS.SILENT (\\Deleted)");
    g_autofree char *expunged = imap_client_command (client, "EXPUNGE");
  }
  expect (fixture, "sync", 0);
  g_assert_cmpuint (count_here (fixture), ==, 1);
  status = run (fixture, "status", 0);
  assert_holds (status.out, "work: in the attic: 2 removed messages, ");
  expect (fixture, "undelete --since today work/INBOX", 0);
  g_assert_cmpuint (count_here (fixture), ==, 3);
  expect (fixture, "sync", 0);
  expect (fixture, "sync", 0);
  g_assert_cmpuint (count_here (fixture), ==, 3);
  g_assert_cmpuint (count_on_server (fixture), ==, 3);
}

static void
test_json (Fixture *fixture, gconstpointer data)
{
  g_auto (CliRun) sync = { 0 };
  g_auto (CliRun) check = { 0 };

  configure_well (fixture);
  put_messages (fixture, 30);
  sync = run (fixture, "sync --json -v -v", 0);
  json_assert_lines (sync.out);
  assert_holds (sync.out, "{\"type\":\"progress\",\"account\":\"work\",");
  assert_holds (sync.out, "\"messages_done\":30,\"messages_total\":30,");
  assert_holds (sync.out, "\"uploaded\":30");
  g_assert_true (g_str_has_suffix (sync.out, "\"fields\":{},\"status\":0}\n"));
  g_assert_cmpstr (sync.err, ==, "");
  check = run (fixture, "--json check", 0);
  json_assert_lines (check.out);
}

/* Everything the program writes to a terminal, and its exit status. (transfer full) */
static char *
run_on_terminal (Fixture *fixture, const char *arguments, int *status)
{
  g_auto (GStrv) argv = cli_arguments (arguments);
  g_autoptr (GString) written = g_string_new (NULL);
  const struct winsize size = { .ws_row = 24, .ws_col = 60 };
  char buffer[4096];
  gssize got;
  int terminal;
  pid_t child = forkpty (&terminal, NULL, NULL, &size);

  g_assert_cmpint (child, >=, 0);
  if (child == 0)
    {
      execve (argv[0], argv, fixture->cli.environment);
      _exit (127);
    }
  while ((got = read (terminal, buffer, sizeof buffer)) > 0)
    g_string_append_len (written, buffer, got);
  close (terminal);
  g_assert_cmpint (waitpid (child, status, 0), ==, child);
  return g_string_free (g_steal_pointer (&written), FALSE);
}

/* C9: progress on a terminal with messages, bytes, rate and time left; wiped in the end, and none with -q. */
static void
test_progress (Fixture *fixture, gconstpointer data)
{
  g_autofree char *shown = NULL;
  g_autofree char *quiet = NULL;
  int status;

  fixture->cli.environment = g_environ_setenv (fixture->cli.environment, "TERM", "xterm", TRUE);
  configure_well (fixture);
  put_messages (fixture, 50);
  shown = run_on_terminal (fixture, "sync", &status);
  g_assert_cmpint (status, ==, 0);
  assert_holds (shown, "\rwork: ");
  assert_holds (shown, "/50 messages, ");
  assert_holds (shown, ", at INBOX");
  assert_holds (shown, " kB");
  assert_holds (shown, "\r\033[Kwork: both sides are equal: ");
  /* A last progress may come between the result and the end. */
  g_assert_true (g_str_has_suffix (shown, "\r\n") || g_str_has_suffix (shown, "\r\033[K"));
  put_messages (fixture, 60);
  quiet = run_on_terminal (fixture, "-q sync", &status);
  g_assert_cmpint (status, ==, 0);
  g_assert_cmpstr (quiet, ==, "");
}

/* C8, C1.6: what it makes is for its user only. */
static void
test_private_files (Fixture *fixture, gconstpointer data)
{
  static const char *const paths[] = { ".local/state/dovetail/work",
                                       ".local/state/dovetail/work/journal.sqlite",
                                       ".local/state/dovetail/work/attic",
                                       INBOX,
                                       INBOX "/cur",
                                       "Mail/work/.dovetail" };

  configure_well (fixture);
  expect (fixture, "sync", 0);
  for (guint i = 0; i < G_N_ELEMENTS (paths); i++)
    {
      g_autofree char *path = cli_fixture_path (&fixture->cli, paths[i]);
      GStatBuf info;

      g_assert_cmpint (g_stat (path, &info), ==, 0);
      g_assert_cmpint (info.st_mode & 077, ==, 0);
    }
}

/* A journal or a message that was opened with the number of stdout would get the lines meant for people. */
static void
test_closed_descriptors (Fixture *fixture, gconstpointer data)
{
  const char *const argv[] = { "sh", "-c", "\"$0\" -v -v sync work <&- >&- 2>&-", DOVETAIL_PROGRAM, NULL };
  g_autoptr (GError) error = NULL;
  int status;

  configure_well (fixture);
  put_messages (fixture, 3);
  g_spawn_sync (NULL, (char **)argv, fixture->cli.environment, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL,
                &status, &error);
  g_assert_no_error (error);
  g_assert_cmpint (status, ==, 0);
  g_assert_cmpuint (count_on_server (fixture), ==, 3);
  expect (fixture, "sync", 0);
  expect (fixture, "status", 0);
}

/* C1.6: another disk in the Maildir's place. */
static void
test_check_another_maildir (Fixture *fixture, gconstpointer data)
{
  g_auto (CliRun) other = { 0 };
  g_auto (CliRun) gone = { 0 };

  configure_well (fixture);
  expect (fixture, "sync", 0);
  expect (fixture, "check", 0);
  cli_fixture_put (&fixture->cli, "Mail/work/.dovetail",
                   "dovetail 1\nid ffffffffffffffffffffffffffffffff\ngeneration 1\n");
  other = run (fixture, "check", 78);
  assert_holds (other.err, "is the right disk mounted?");
  assert_holds (other.out, "work: ok: login: ");
  cli_fixture_remove (&fixture->cli, "Mail/work");
  gone = run (fixture, "check", 78);
  assert_holds (gone.err, "the Maildir is not there: is its disk mounted?");
}

int
main (int argc, char **argv)
{
  static const char *const options[] = { "--no-fsync", NULL };
  g_autoptr (ServerFixture) server = NULL;

  g_test_init (&argc, &argv, NULL);
  server = server_fixture_start ("dovecot", options);
#define ADD(path, function) g_test_add (path, Fixture, server, set_up, function, tear_down)
  ADD ("/cli/server/check", test_check);
  ADD ("/cli/server/check-patterns", test_check_patterns);
  ADD ("/cli/server/no-mailbox-matches", test_no_mailbox_matches);
  ADD ("/cli/server/verbose-sync", test_verbose_sync);
  ADD ("/cli/server/check-another-maildir", test_check_another_maildir);
  ADD ("/cli/server/closed-descriptors", test_closed_descriptors);
  ADD ("/cli/server/not-authenticated", test_not_authenticated);
  ADD ("/cli/server/systemd-credential", test_systemd_credential);
  ADD ("/cli/server/dry-run", test_dry_run_changes_nothing);
  ADD ("/cli/server/dry-run-of-mailboxes", test_dry_run_of_mailboxes);
  ADD ("/cli/server/one-of-two-fails", test_one_of_two_fails);
  ADD ("/cli/server/offline", test_offline);
  ADD ("/cli/server/offline-moves", test_offline_moves);
  ADD ("/cli/server/C3.3/letters-of-moved", test_letters_of_moved);
  ADD ("/cli/server/release", test_release);
  ADD ("/cli/server/release-quotes", test_release_quotes);
  ADD ("/cli/server/C1.5/old-file", test_old_file);
  ADD ("/cli/server/release-restore", test_release_restore);
  ADD ("/cli/server/undelete", test_undelete);
  ADD ("/cli/server/json", test_json);
  ADD ("/cli/server/progress", test_progress);
  ADD ("/cli/server/private", test_private_files);
  return g_test_run ();
}
