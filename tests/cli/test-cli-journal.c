/* status, release and undelete: what they make of a journal (contract C1.4, C3.6, C5.1), with no connection.
 */
#include "../../engine/journal/journal-deletions.h"
#include "../../engine/journal/journal-queue.h"
#include "cli-fixture.h"
#include "json-check.h"
#include "kill-sweep.h"

#include <string.h>
#include <unistd.h>

#define STATE ".local/state/dovetail/work"
#define MAILDIR_ID "0123456789abcdef0123456789abcdef"
#define NOON (G_GINT64_CONSTANT (1795262400)) /* 2026-11-21 12:00 UTC */

static gint64
add_mailbox (Journal *journal, const char *name)
{
  g_autoptr (GError) error = NULL;
  JournalMailbox mailbox = { .name = (char *)name, .directory = (char *)name, .uidvalidity = 7 };

  journal_put_mailbox (journal, &mailbox, &error);
  g_assert_no_error (error);
  return mailbox.id;
}

static void
add_held (Journal *journal, gint64 mailbox, guint32 uid, JournalSide side, gint64 since)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *base = g_strdup_printf ("%u.base", uid);
  JournalMessage message = { .mailbox = mailbox,
                             .uid = uid,
                             .state = JOURNAL_MESSAGE_PRESENT,
                             .base = base,
                             .keywords = "",
                             .not_kept_keywords = "" };

  g_assert_true (journal_add_message (journal, &message, &error));
  g_assert_true (since == 0 || journal_put_hold (journal, message.id, side, since, &error));
}

static void
put_operation (Journal *journal, gint64 mailbox, JournalOperationKind kind, const char *key,
               const char *reason)
{
  JournalOperation operation = {
    .mailbox = mailbox, .kind = kind, .key = key, .detail = "", .subject = "Grüße", .first_seen = NOON
  };

  g_assert_true (journal_queue_put (journal, &operation, NULL, NULL));
  g_assert_true (reason == NULL || journal_queue_refuse (journal, mailbox, key, reason, NULL));
}

/* A journal of everything: two uploads, flags, one refusal, holds on both sides, an attic. */
static void
fill_journal (CliFixture *fixture)
{
  g_autoptr (Journal) journal = cli_fixture_journal (fixture);
  g_autoptr (GError) error = NULL;
  gint64 inbox, work;

  g_assert_true (journal_begin (journal, &error));
  inbox = add_mailbox (journal, "INBOX");
  work = add_mailbox (journal, "Work/2026");
  for (guint32 uid = 1; uid <= 5; uid++)
    add_held (journal, inbox, uid, JOURNAL_SIDE_REMOTE, uid <= 3 ? NOON + uid : 0);
  add_held (journal, work, 1, JOURNAL_SIDE_LOCAL, NOON);
  put_operation (journal, inbox, JOURNAL_OPERATION_UPLOAD, "upload a", NULL);
  put_operation (journal, inbox, JOURNAL_OPERATION_UPLOAD, "upload b", NULL);
  put_operation (journal, work, JOURNAL_OPERATION_FLAGS, "flags 1", NULL);
  put_operation (journal, work, JOURNAL_OPERATION_UPLOAD, "upload c", "NO message too large");
  g_assert_true (journal_set_fact (journal, "last-sync", "1795262400", &error));
  g_assert_true (journal_set_fact (journal, "last-outcome", "75", &error));
  g_assert_true (journal_commit (journal, &error));
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

/* C5.1, C5.4 */
static void
test_status (CliFixture *fixture, gconstpointer data)
{
  g_auto (CliRun) run = { 0 };
  g_auto (CliRun) verbose = { 0 };
  g_auto (CliRun) json = { 0 };

  cli_fixture_configure (fixture, FALSE);
  fill_journal (fixture);
  run = cli_run (fixture, "status");
  g_assert_cmpint (run.status, ==, 1);
  assert_holds (run.out, "work: last synchronized 2026-11-21 12:00 (");
  assert_holds (
      run.out,
      "work: the last run did not finish: no connection, or interrupted; run `dovetail sync work`\n");
  assert_holds (run.out, "work: 2 mailboxes, 6 messages\n");
  assert_holds (run.out, "work: queued for the server: 2 messages to upload, 1 change of flags\n");
  assert_holds (run.out, "work/INBOX: held since 2026-11-21 12:00: the deletion of 3 messages on the server; "
                         "`dovetail release work/INBOX` lets it through");
  assert_holds (run.out,
                "work/Work/2026: held since 2026-11-21 12:00: the deletion of 1 message on this side; ");
  assert_holds (
      run.out,
      "work/Work/2026: refused since 2026-11-21 12:00: upload of “Grüße”: NO message too large; tried "
      "again when the message changes, or after `dovetail release work/Work/2026`\n");
  assert_lacks (run.out, "queued since");
  verbose = cli_run (fixture, "-v status work/INBOX");
  assert_holds (verbose.out, "work/INBOX: queued since 2026-11-21 12:00: upload of “Grüße”\n");
  assert_holds (verbose.out, "work: 1 mailbox, 5 messages\n");
  assert_lacks (verbose.out, "2026-11-21 12:00: the deletion of 1 message");
  json = cli_run (fixture, "--json status");
  json_assert_lines (json.out);
  assert_holds (json.out, "\"name\":\"held\",");
  assert_holds (json.out, "\"fields\":{\"side\":\"server\",\"messages\":3,\"since\":1795262401}");
  assert_holds (json.out, "\"fields\":{\"create\":0,\"upload\":2,\"replace\":0,\"flags\":1,\"delete\":0");
}

/* A message without a Subject is known by its file. */
static void
test_status_without_subject (CliFixture *fixture, gconstpointer data)
{
  g_auto (CliRun) run = { 0 };

  cli_fixture_configure (fixture, FALSE);
  {
    g_autoptr (Journal) journal = cli_fixture_journal (fixture);
    JournalOperation operation = { .kind = JOURNAL_OPERATION_UPLOAD,
                                   .key = "upload 123.M5P.host",
                                   .detail = "",
                                   .subject = "",
                                   .first_seen = NOON };

    g_assert_true (journal_begin (journal, NULL));
    operation.mailbox = add_mailbox (journal, "INBOX");
    g_assert_true (journal_queue_put (journal, &operation, NULL, NULL));
    g_assert_true (journal_queue_refuse (journal, operation.mailbox, operation.key, "NO", NULL));
    g_assert_true (journal_commit (journal, NULL));
  }
  run = cli_run (fixture, "status");
  g_assert_cmpint (run.status, ==, 1);
  assert_holds (run.out, ": upload of (no subject), file 123.M5P.host: NO; ");
}

static void
test_unknown_mailbox (CliFixture *fixture, gconstpointer data)
{
  static const char *const commands[] = { "status work/Nowhere", "release work/Nowhere",
                                          "undelete work/Nowhere" };

  cli_fixture_configure (fixture, FALSE);
  fill_journal (fixture);
  for (guint i = 0; i < G_N_ELEMENTS (commands); i++)
    {
      g_auto (CliRun) run = cli_run (fixture, commands[i]);

      g_assert_cmpint (run.status, ==, 1);
      assert_holds (run.err, "work/Nowhere: no mailbox of this name is known");
    }
}

/* C1.4: once, what the hold had named, where it was asked for. */
static void
test_release (CliFixture *fixture, gconstpointer data)
{
  g_auto (CliRun) run = { 0 };
  g_auto (CliRun) status = { 0 };
  g_auto (CliRun) again = { 0 };

  cli_fixture_configure (fixture, FALSE);
  fill_journal (fixture);
  run = cli_run (fixture, "release work/inbox");
  g_assert_cmpint (run.status, ==, 0);
  g_assert_cmpstr (run.out, ==,
                   "work/INBOX: deletions let through, once: 3 messages\n"
                   "work: `dovetail sync work` carries it out\n");
  status = cli_run (fixture, "status");
  g_assert_cmpint (status.status, ==, 1);
  assert_holds (status.out, "work/INBOX: let through: the deletion of 3 messages on the server");
  assert_holds (status.out, "work/Work/2026: held since");
  again = cli_run (fixture, "release work/INBOX");
  g_assert_cmpint (again.status, ==, 0);
  g_assert_cmpstr (again.out, ==, "work: nothing is held or refused\n");
}

/* C5.4: what was refused is queued again, where it was asked for. */
static void
test_release_retries (CliFixture *fixture, gconstpointer data)
{
  g_auto (CliRun) run = { 0 };
  g_auto (CliRun) status = { 0 };

  cli_fixture_configure (fixture, FALSE);
  fill_journal (fixture);
  run = cli_run (fixture, "release work/Work/2026");
  g_assert_cmpint (run.status, ==, 0);
  g_assert_cmpstr (run.out, ==,
                   "work/Work/2026: deletions let through, once: 1 message\n"
                   "work/Work/2026: to be tried again: 1 refused change\n"
                   "work: `dovetail sync work` carries it out\n");
  status = cli_run (fixture, "status");
  assert_lacks (status.out, "refused since");
  assert_holds (status.out, "work: queued for the server: 3 messages to upload, 1 change of flags\n");
}

/* C1.4: the base rows go, so that the side that lost the messages gets them again. */
static void
test_restore (CliFixture *fixture, gconstpointer data)
{
  g_auto (CliRun) run = { 0 };
  g_auto (CliRun) status = { 0 };

  cli_fixture_configure (fixture, FALSE);
  fill_journal (fixture);
  run = cli_run (fixture, "release --restore");
  g_assert_cmpint (run.status, ==, 0);
  g_assert_cmpstr (run.out, ==,
                   "work/INBOX: to be brought back on the side that lost them: 3 messages\n"
                   "work/Work/2026: to be brought back on the side that lost them: 1 message\n"
                   "work: `dovetail sync work` carries it out\n");
  status = cli_run (fixture, "status");
  assert_holds (status.out, "work: 2 mailboxes, 2 messages\n");
  assert_lacks (status.out, "held since");
  assert_holds (status.out, "work/INBOX: to be brought back on the side that lost them: 3 messages; the next "
                            "sync carries it out\n");
  assert_holds (status.out, "work/Work/2026: to be brought back on the side that lost them: 1 message; ");
}

/* One process works on an account; the other says which, and changes nothing. */
static void
test_locked (CliFixture *fixture, gconstpointer data)
{
  g_autofree char *state = cli_fixture_path (fixture, STATE);
  g_autofree char *running = NULL;
  g_autoptr (JournalLock) lock = NULL;
  g_auto (CliRun) run = { 0 };
  g_auto (CliRun) status = { 0 };

  cli_fixture_configure (fixture, FALSE);
  fill_journal (fixture);
  lock = journal_lock (state, NULL);
  run = cli_run (fixture, "release");
  g_assert_cmpint (run.status, ==, 75);
  assert_holds (run.err, "another dovetail (process ");
  status = cli_run (fixture, "status");
  g_assert_cmpint (status.status, ==, 1);
  running = g_strdup_printf (
      "work: a sync is running now (process %d); this is what it has recorded so far\n", (int)getpid ());
  g_assert_true (g_str_has_prefix (status.out, running));
  assert_lacks (status.out, "did not finish");
}

static void
add_removed (CliFixture *fixture, Journal *journal, const char *mailbox, guint number, const char *subject,
             gint64 removed)
{
  g_autofree char *file = g_strdup_printf ("1-%u", number);
  g_autofree char *path = g_strdup_printf (STATE "/attic/%s", file);
  g_autofree char *content = g_strdup_printf ("Subject: %s\n\nbody %u\n", subject, number);
  JournalAtticEntry entry = { .mailbox = mailbox,
                              .file = file,
                              .subject = subject,
                              .removed = removed,
                              .size = strlen (content),
                              .system = 1 << 4 | 1 << 5, /* \Seen \Deleted */
                              .keywords = number == 1 ? "todo urgent" : "" };

  cli_fixture_put (fixture, path, content);
  g_assert_true (journal_add_attic (journal, &entry, NULL));
}

/* Three removed messages: two of INBOX, one of a mailbox that is gone. */
static void
fill_attic (CliFixture *fixture)
{
  g_autoptr (Journal) journal = cli_fixture_journal (fixture);
  g_autoptr (GError) error = NULL;

  g_assert_true (journal_begin (journal, &error));
  add_mailbox (journal, "INBOX");
  add_removed (fixture, journal, "INBOX", 1, "Rechnung für März", NOON);
  add_removed (fixture, journal, "INBOX", 2, "lunch", NOON + 86400);
  add_removed (fixture, journal, "Gone/Old", 3, "Lunch again", NOON + 2 * 86400);
  g_assert_true (journal_set_fact (journal, "maildir-id", MAILDIR_ID, &error));
  g_assert_true (journal_commit (journal, &error));
  cli_fixture_put (fixture, "Mail/work/.dovetail", "dovetail 1\nid " MAILDIR_ID "\ngeneration 1\n");
  cli_fixture_put (fixture, "Mail/work/.dovetail.lock", "");
  cli_fixture_put (fixture, "Mail/work/INBOX/cur/1.kept:2,S", "Subject: kept\n\n");
  cli_fixture_put (fixture, "Mail/work/INBOX/new/2.kept", "Subject: kept too\n\n");
}

static const struct
{
  const char *arguments;
  const char *found; /* numbers of the messages */
} attic_rows[] = {
  { "undelete --list", "123" },
  { "undelete --list work/INBOX", "12" },
  { "undelete --list work/Gone/Old", "3" },
  { "undelete --list --subject LUNCH", "23" },
  { "undelete --list --subject 'FÜR m'", "1" },
  { "undelete --list --subject breakfast", "" },
  { "undelete --list --since 2026-11-22", "23" },
  { "undelete --list --since '2026-11-22 12:00'", "23" },
  { "undelete --list --since '2026-11-22 12:01'", "3" },
  { "undelete --list --since 2026-11-22 --subject lunch work/INBOX", "2" },
};

static void
test_undelete_chooses (CliFixture *fixture, gconstpointer data)
{
  static const char *const subjects[] = { "“Rechnung für März”", "“lunch”", "“Lunch again”" };

  cli_fixture_configure (fixture, FALSE);
  fill_attic (fixture);
  for (guint i = 0; i < G_N_ELEMENTS (attic_rows); i++)
    {
      g_auto (CliRun) run = cli_run (fixture, attic_rows[i].arguments);

      g_assert_cmpint (run.status, ==, 0);
      for (guint j = 0; j < G_N_ELEMENTS (subjects); j++)
        if (strchr (attic_rows[i].found, '1' + (int)j) != NULL)
          assert_holds (run.out, subjects[j]);
        else
          assert_lacks (run.out, subjects[j]);
      if (*attic_rows[i].found == '\0')
        assert_holds (run.out, "nothing in the attic matches");
    }
}

/* How many files in the Maildir hold the text. */
static guint
count_files_with (CliFixture *fixture, const char *below, const char *text)
{
  g_autofree char *list = cli_fixture_files (fixture, below);
  g_auto (GStrv) files = g_strsplit (list, "\n", -1);
  guint count = 0;

  for (guint i = 0; files[i] != NULL; i++)
    {
      g_autofree char *path = cli_fixture_path (fixture, files[i]);
      g_autofree char *content = NULL;

      if (g_file_get_contents (path, &content, NULL, NULL) && strstr (content, text) != NULL)
        count++;
    }
  return count;
}

/* C3.6: each message once, where it was, with its flags but \Deleted; the attic empty; then nothing more. */
static void
assert_all_undeleted (gpointer user_data)
{
  CliFixture *fixture = user_data;
  g_autofree char *attic = cli_fixture_files (fixture, STATE "/attic");
  g_autofree char *maildir = cli_fixture_files (fixture, "Mail/work");
  g_auto (CliRun) again = cli_run (fixture, "undelete --all");

  g_assert_cmpstr (attic, ==, "");
  g_assert_cmpuint (count_files_with (fixture, "Mail/work/INBOX/cur", "body 1\n"), ==, 1);
  g_assert_cmpuint (count_files_with (fixture, "Mail/work/INBOX/cur", "body 2\n"), ==, 1);
  g_assert_cmpuint (count_files_with (fixture, "Mail/work/Gone/Old/cur", "body 3\n"), ==, 1);
  g_assert_cmpuint (count_files_with (fixture, "Mail/work", "body"), ==, 3);
  g_assert_cmpuint (count_files_with (fixture, "Mail/work", "kept"), ==, 2);
  assert_lacks (maildir, "/tmp/");
  assert_holds (maildir, ":2,Sab");
  assert_lacks (maildir, "T");
  assert_holds (again.out, "nothing in the attic matches");
}

static void
test_undelete (CliFixture *fixture, gconstpointer data)
{
  g_auto (CliRun) run = { 0 };

  cli_fixture_configure (fixture, FALSE);
  fill_attic (fixture);
  run = cli_run (fixture, "undelete --all");
  g_assert_cmpint (run.status, ==, 0);
  assert_holds (run.out, "work/INBOX: brought back: “lunch”, 23 bytes, removed 2026-11-22 12:00\n");
  assert_holds (run.out, "work: 3 messages brought back; `dovetail sync work` uploads them\n");
  assert_all_undeleted (fixture);
}

static void
test_undelete_only_what_matches (CliFixture *fixture, gconstpointer data)
{
  g_auto (CliRun) run = { 0 };
  g_autofree char *attic = NULL;

  cli_fixture_configure (fixture, FALSE);
  fill_attic (fixture);
  run = cli_run (fixture, "undelete --subject lunch work/INBOX");
  g_assert_cmpint (run.status, ==, 0);
  attic = cli_fixture_files (fixture, STATE "/attic");
  g_assert_cmpstr (attic, ==, STATE "/attic/1-1\n" STATE "/attic/1-3");
  g_assert_cmpuint (count_files_with (fixture, "Mail/work", "body"), ==, 1);
}

/* A file that is gone from the attic is said, and does not keep the others back. */
static void
test_undelete_a_lost_file (CliFixture *fixture, gconstpointer data)
{
  g_auto (CliRun) run = { 0 };

  cli_fixture_configure (fixture, FALSE);
  fill_attic (fixture);
  cli_fixture_remove (fixture, STATE "/attic/1-2");
  run = cli_run (fixture, "undelete --all");
  g_assert_cmpint (run.status, ==, 1);
  assert_holds (run.err, "work/INBOX: “lunch” can't come back: ");
  g_assert_cmpuint (count_files_with (fixture, "Mail/work", "body"), ==, 2);
}

/* C1.6: nothing comes back into another Maildir, or where none is mounted; C1.2: nor into a damaged mailbox.
 */
static void
test_undelete_needs_its_maildir (CliFixture *fixture, gconstpointer data)
{
  g_auto (CliRun) damaged = { 0 };
  g_auto (CliRun) other = { 0 };
  g_auto (CliRun) none = { 0 };

  cli_fixture_configure (fixture, FALSE);
  fill_attic (fixture);
  cli_fixture_remove (fixture, "Mail/work/INBOX/new");
  damaged = cli_run (fixture, "undelete work/INBOX");
  g_assert_cmpint (damaged.status, ==, 1);
  assert_holds (damaged.err, "its messages stay in the attic");
  cli_fixture_put (fixture, "Mail/work/.dovetail",
                   "dovetail 1\nid ffffffffffffffffffffffffffffffff\ngeneration 1\n");
  other = cli_run (fixture, "undelete --all");
  g_assert_cmpint (other.status, ==, 78);
  cli_fixture_remove (fixture, "Mail/work");
  none = cli_run (fixture, "undelete --all");
  g_assert_cmpint (none.status, ==, 78);
  g_assert_cmpuint (count_files_with (fixture, STATE "/attic", "body"), ==, 3);
}

static void
restore_before (gpointer user_data)
{
  cli_fixture_remove (user_data, ".local");
  cli_fixture_remove (user_data, "Mail");
  cli_fixture_copy (user_data, "before/.local", ".local");
  cli_fixture_copy (user_data, "before/Mail", "Mail");
}

/* Hundreds of runs under a sanitizer take long: a sweep can be given the program as users have it. */
static void
take_sweep_program (GStrv argv)
{
  const char *program = g_getenv ("DOVETAIL_SWEEP_PROGRAM");

  if (program == NULL)
    return;
  g_free (argv[0]);
  argv[0] = g_strdup (program);
}

/* Killed at any step and run again: every message once (contract C3.6). The keywords have their letters
 * already: the lock on their file, as other programs take it too, outlives a kill for two minutes. */
static void
test_undelete_killed (CliFixture *fixture, gconstpointer data)
{
  g_auto (GStrv) argv = cli_arguments ("undelete --all");
  const KillSweep sweep = { .argv = (const char *const *)argv,
                            .environment = (const char *const *)fixture->environment,
                            .restore = restore_before,
                            .check = assert_all_undeleted,
                            .user_data = fixture };

  take_sweep_program (argv);
  cli_fixture_configure (fixture, FALSE);
  fill_attic (fixture);
  cli_fixture_put (fixture, "Mail/work/INBOX/dovecot-keywords", "0 todo\n1 urgent\n");
  cli_fixture_put (fixture, "before/nothing", "");
  cli_fixture_copy (fixture, ".local", "before/.local");
  cli_fixture_copy (fixture, "Mail", "before/Mail");
  g_assert_cmpuint (kill_sweep_run (&sweep), >, 20);
}

int
main (int argc, char **argv)
{
#define ADD(path, function)                                                                                  \
  g_test_add (path, CliFixture, NULL, cli_fixture_set_up, function, cli_fixture_tear_down)
  g_test_init (&argc, &argv, NULL);
  ADD ("/cli/status", test_status);
  ADD ("/cli/unknown-mailbox", test_unknown_mailbox);
  ADD ("/cli/status/without-subject", test_status_without_subject);
  ADD ("/cli/release", test_release);
  ADD ("/cli/release/C5.4", test_release_retries);
  ADD ("/cli/release/restore", test_restore);
  ADD ("/cli/release/locked", test_locked);
  ADD ("/cli/undelete/chooses", test_undelete_chooses);
  ADD ("/cli/undelete/all", test_undelete);
  ADD ("/cli/undelete/only-what-matches", test_undelete_only_what_matches);
  ADD ("/cli/undelete/lost-file", test_undelete_a_lost_file);
  ADD ("/cli/undelete/needs-its-maildir", test_undelete_needs_its_maildir);
  ADD ("/cli/undelete/killed", test_undelete_killed);
  return g_test_run ();
}
