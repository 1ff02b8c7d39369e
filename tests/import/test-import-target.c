/* Where mail is delivered, what is there already, and what a crash left there (C2.1, C7.1, C7.2). */
#include "import-fixture.h"

#include "journal/journal.h"
#include "maildir/maildir.h"

#include <glib/gstdio.h>
#include <string.h>

#define OTHER_ID "0123456789abcdef0123456789abcdef"

/* The account whose Maildir it is. */
static Account
other_account (ImportFixture *fixture)
{
  Account other = fixture->account;

  other.deliver_account = NULL;
  return other;
}

/* Delivers into INBOX of account "work", which was never synchronized. */
static ImportFixture *
make_fixture (void)
{
  ImportFixture *fixture = import_fixture_new ();

  fixture->account.deliver_account = g_strdup ("work");
  import_add (fixture, "u1", "a");
  import_add (fixture, "u2", "b");
  return fixture;
}

static Journal *
open_other_journal (ImportFixture *fixture)
{
  g_autofree char *state_dir = import_path (fixture, "state/work");
  g_autoptr (GError) error = NULL;
  Journal *journal = journal_open (state_dir, JOURNAL_OPEN_WRITE, NULL, &error);

  g_assert_no_error (error);
  return journal;
}

/* As a sync of "work" that changed something leaves it. */
static void
mark_other (ImportFixture *fixture, const char *id, guint64 generation)
{
  const Account other = other_account (fixture);
  g_autoptr (Maildir) maildir = maildir_open (&other, TRUE, NULL);
  MaildirMarker marker = { .generation = generation };

  g_strlcpy (marker.id, id, sizeof marker.id);
  g_assert_true (maildir_write_marker (maildir, &marker, NULL));
}

/* "work" was synchronized with a Maildir of that id, and the Maildir has the other. */
static void
synchronize_other (ImportFixture *fixture, const char *known, const char *marked)
{
  g_autoptr (Journal) journal = open_other_journal (fixture);

  mark_other (fixture, marked, 1);
  g_assert_true (journal_begin (journal, NULL));
  g_assert_true (journal_set_fact (journal, "maildir-id", known, NULL));
  g_assert_true (journal_commit (journal, NULL));
}

static gboolean
exists (ImportFixture *fixture, const char *relative)
{
  g_autofree char *path = import_path (fixture, relative);

  return g_file_test (path, G_FILE_TEST_EXISTS);
}

/* (transfer full) */
static char *
content_of (ImportFixture *fixture, const char *relative)
{
  g_autofree char *path = import_path (fixture, relative);
  char *content = NULL;

  g_assert_true (g_file_get_contents (path, &content, NULL, NULL));
  return content;
}

static void
test_other_unsynchronized (void)
{
  ImportFixture *fixture = make_fixture ();

  import_expect (fixture, ENGINE_OUTCOME_EQUAL, "2 messages downloaded");
  import_assert_here (fixture, "a b");
  g_assert_false (exists (fixture, "Mail/.dovetail"));
  g_assert_false (exists (fixture, "Mail/.dovetail.lock"));
  g_assert_false (exists (fixture, "state/work"));
  import_fixture_free (fixture);
}

/* Its account may be at work at the same time. */
static void
test_other_synchronized (void)
{
  ImportFixture *fixture = make_fixture ();
  const Account other = other_account (fixture);
  g_autoptr (Maildir) busy = NULL;
  g_autofree char *before = NULL;
  g_autofree char *after = NULL;

  synchronize_other (fixture, OTHER_ID, OTHER_ID);
  busy = maildir_open (&other, FALSE, NULL);
  g_assert_nonnull (busy);
  before = content_of (fixture, "Mail/.dovetail");
  import_expect (fixture, ENGINE_OUTCOME_EQUAL, "2 messages downloaded");
  after = content_of (fixture, "Mail/.dovetail");
  g_assert_cmpstr (before, ==, after);
  import_assert_here (fixture, "a b");
  import_fixture_free (fixture);
}

/* An unmounted disk: nothing is delivered, nothing is made. */
static void
test_other_missing (void)
{
  ImportFixture *fixture = make_fixture ();
  g_autofree char *away = import_path (fixture, "away");

  synchronize_other (fixture, OTHER_ID, OTHER_ID);
  g_assert_cmpint (g_rename (fixture->account.maildir, away), ==, 0);
  import_expect (fixture, ENGINE_OUTCOME_CONFIG, "is the disk mounted");
  g_assert_false (g_file_test (fixture->account.maildir, G_FILE_TEST_EXISTS));
  g_assert_cmpint (g_mkdir (fixture->account.maildir, 0700), ==, 0);
  import_expect (fixture, ENGINE_OUTCOME_CONFIG, ".dovetail is missing");
  g_assert_cmpuint (maildrop_count (fixture->maildrop, "RETR"), ==, 0);
  g_assert_cmpint (g_rmdir (fixture->account.maildir), ==, 0);
  g_assert_cmpint (g_rename (away, fixture->account.maildir), ==, 0);
  import_expect (fixture, ENGINE_OUTCOME_EQUAL, "2 messages downloaded");
  import_fixture_free (fixture);
}

static void
test_other_replaced (void)
{
  ImportFixture *fixture = make_fixture ();

  synchronize_other (fixture, OTHER_ID, "ffffffffffffffffffffffffffffffff");
  import_expect (fixture, ENGINE_OUTCOME_CONFIG,
                 "is not the Maildir that account work was synchronized with");
  g_assert_cmpint (import_check (fixture), ==, ENGINE_OUTCOME_CONFIG);
  import_assert_here (fixture, "");
  import_fixture_free (fixture);
}

/* What was delivered after the backup is missing in it: it comes again, before leave-on-server lets it go. */
static void
test_other_restored (void)
{
  ImportFixture *fixture = make_fixture ();
  g_autofree char *mailbox = import_path (fixture, "Mail/INBOX");
  g_autofree char *lost = import_path (fixture, "lost");

  synchronize_other (fixture, OTHER_ID, OTHER_ID);
  import_expect (fixture, ENGINE_OUTCOME_EQUAL, "2 messages downloaded");
  mark_other (fixture, OTHER_ID, 3);
  import_expect (fixture, ENGINE_OUTCOME_EQUAL, "nothing to do");
  g_assert_cmpint (g_rename (mailbox, lost), ==, 0);
  mark_other (fixture, OTHER_ID, 2);
  import_expect (fixture, ENGINE_OUTCOME_EQUAL, "restored from a backup");
  import_assert_here (fixture, "a b");
  import_expect (fixture, ENGINE_OUTCOME_EQUAL, "nothing to do");
  import_fixture_free (fixture);
}

/* The mailbox is made; one that its account knows under another directory is that one. */
static void
test_mailbox_made (void)
{
  ImportFixture *fixture = make_fixture ();
  JournalMailbox mailbox = { .name = (char *)"Known", .directory = (char *)"Elsewhere" };

  g_free (fixture->account.deliver_to);
  fixture->account.deliver_to = g_strdup ("Archive/Old");
  synchronize_other (fixture, OTHER_ID, OTHER_ID);
  import_expect (fixture, ENGINE_OUTCOME_EQUAL, NULL);
  g_assert_true (exists (fixture, "Mail/Archive/Old/cur"));

  {
    g_autoptr (Journal) journal = open_other_journal (fixture);

    g_assert_true (journal_begin (journal, NULL));
    g_assert_true (journal_put_mailbox (journal, &mailbox, NULL));
    g_assert_true (journal_commit (journal, NULL));
  }
  g_free (fixture->account.deliver_to);
  fixture->account.deliver_to = g_strdup ("Known");
  import_add (fixture, "u3", "c");
  import_expect (fixture, ENGINE_OUTCOME_EQUAL, "1 message downloaded");
  g_assert_true (exists (fixture, "Mail/Elsewhere/cur"));
  import_assert_here (fixture, "a b c");
  import_fixture_free (fixture);
}

/* What a mailbox of the target holds, put there by a client. */
static void
hold (ImportFixture *fixture, const char *mailbox, const char *subject)
{
  g_autofree char *text = import_text (subject);
  g_autofree char *base = g_strdup_printf ("1.%s.host", subject);
  g_autoptr (GBytes) body = g_bytes_new (text, strlen (text));

  local_write (fixture->account.maildir, mailbox, base, "S", body, 1600000000);
}

/* One file stands for one message. */
static void
test_held (void)
{
  ImportFixture *fixture = make_fixture ();

  import_add (fixture, "u3", "twin");
  import_add (fixture, "u4", "twin");
  hold (fixture, "Sent", "a");
  hold (fixture, "Work", "twin");
  import_expect (fixture, ENGINE_OUTCOME_EQUAL, "2 messages downloaded, 2 messages matched");
  import_assert_here (fixture, "a b twin twin");
  import_lose_journal (fixture);
  import_expect (fixture, ENGINE_OUTCOME_EQUAL, "4 messages matched");
  import_assert_here (fixture, "a b twin twin");
  import_fixture_free (fixture);
}

/* The journal of the other account takes the file for "a"; it is read before that is believed. */
static void
test_held_is_read (void)
{
  ImportFixture *fixture = make_fixture ();
  JournalMailbox mailbox = { .name = (char *)"Sent", .directory = (char *)"Sent" };
  g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA256);
  g_autofree char *text = import_text ("a");
  g_autofree char *path = NULL;
  JournalMessage message = { .uid = 1,
                             .state = JOURNAL_MESSAGE_PRESENT,
                             .base = "1.other.host",
                             .keywords = "",
                             .not_kept_keywords = "",
                             .has_digest = TRUE };
  gsize length = sizeof message.digest;
  GStatBuf info;

  hold (fixture, "Sent", "other");
  path = import_path (fixture, "Mail/Sent/cur/1.other.host:2,S");
  g_assert_cmpint (g_stat (path, &info), ==, 0);
  g_checksum_update (checksum, (const guchar *)text, -1);
  g_checksum_get_digest (checksum, message.digest, &length);
  message.file_size = info.st_size;
  message.mtime_ns = (gint64)info.st_mtim.tv_sec * 1000000000 + info.st_mtim.tv_nsec;
  {
    g_autoptr (Journal) journal = open_other_journal (fixture);

    g_assert_true (journal_begin (journal, NULL));
    g_assert_true (journal_put_mailbox (journal, &mailbox, NULL));
    message.mailbox = mailbox.id;
    g_assert_true (journal_add_message (journal, &message, NULL));
    g_assert_true (journal_commit (journal, NULL));
  }
  import_expect (fixture, ENGINE_OUTCOME_EQUAL, "2 messages downloaded");
  import_assert_here (fixture, "a b other");
  import_fixture_free (fixture);
}

/* A mailbox that can't be looked into is named, and keeps no mail away. */
static void
test_damaged_mailbox (void)
{
  ImportFixture *fixture = make_fixture ();
  g_autofree char *path = import_path (fixture, "Mail/Sent/new");

  hold (fixture, "Sent", "x");
  g_assert_cmpint (g_rmdir (path), ==, 0);
  import_expect (fixture, ENGINE_OUTCOME_LEFT, "Sent");
  import_assert_here (fixture, "a b x");
  import_fixture_free (fixture);
}

/* Files are read once. */
static void
test_digests_are_kept (void)
{
  ImportFixture *fixture = make_fixture ();

  hold (fixture, "Sent", "x");
  import_expect (fixture, ENGINE_OUTCOME_EQUAL, "2 messages downloaded");
  import_sql (fixture, "CREATE TEMP TABLE t (n CHECK (n = 3));"
                       "INSERT INTO t SELECT count (*) FROM pop3_file");
  import_fixture_free (fixture);
}

/* (transfer full): the path of the only file with this Subject. */
static char *
find_path (ImportFixture *fixture, const char *subject)
{
  g_autoptr (GPtrArray) files = local_list (fixture->account.maildir);

  for (guint i = 0; i < files->len; i++)
    if (g_str_equal (((LocalFile *)g_ptr_array_index (files, i))->mark, subject))
      return g_strdup (((LocalFile *)g_ptr_array_index (files, i))->path);
  g_assert_not_reached ();
}

typedef enum
{
  STAGED_VISIBLE,
  STAGED_IN_TMP,
  STAGED_MISSING,
} StagedFile;

typedef struct
{
  const char *path;
  StagedFile file;
  const char *deliver_to; /* of the next run */
  gboolean fetched_again;
} StagedRow;

static const StagedRow staged_rows[] = {
  { "visible", STAGED_VISIBLE, "INBOX", FALSE },
  { "in-tmp", STAGED_IN_TMP, "INBOX", FALSE },
  { "missing", STAGED_MISSING, "INBOX", TRUE },
  { "visible-elsewhere", STAGED_VISIBLE, "Archive", FALSE },
  { "in-tmp-elsewhere", STAGED_IN_TMP, "Archive", FALSE },
  { "missing-elsewhere", STAGED_MISSING, "Archive", TRUE },
};

/* C2.1: what a crash left between the journal's "staged" and its "present". */
static void
test_staged (gconstpointer data)
{
  const StagedRow *row = data;
  ImportFixture *fixture = make_fixture ();
  g_autofree char *path = NULL;
  g_autofree char *base = NULL;
  g_autofree char *sql = NULL;
  g_autofree char *tmp = NULL;
  g_autofree char *relative = NULL;

  import_expect (fixture, ENGINE_OUTCOME_EQUAL, "2 messages downloaded");
  path = find_path (fixture, "a");
  base = g_path_get_basename (path);
  sql = g_strdup_printf ("UPDATE pop3_message SET base = '%s' WHERE uidl = 'u1'", base);
  import_sql (fixture, sql);
  relative = g_strdup_printf ("Mail/INBOX/tmp/%s", base);
  tmp = import_path (fixture, relative);
  if (row->file == STAGED_IN_TMP)
    g_assert_cmpint (g_rename (path, tmp), ==, 0);
  if (row->file == STAGED_MISSING)
    g_assert_cmpint (g_unlink (path), ==, 0);
  g_free (fixture->account.deliver_to);
  fixture->account.deliver_to = g_strdup (row->deliver_to);
  import_expect (fixture, ENGINE_OUTCOME_EQUAL, NULL);
  g_assert_cmpuint (maildrop_count (fixture->maildrop, "RETR"), ==, row->fetched_again ? 1 : 0);
  import_assert_here (fixture, "a b");
  import_assert_exact (fixture);
  import_expect (fixture, ENGINE_OUTCOME_EQUAL, "nothing to do");
  import_fixture_free (fixture);
}

/* A Maildir of its own is known by its marker, as an IMAP account's is (C1.6). */
static void
test_own_missing (void)
{
  ImportFixture *fixture = import_fixture_new ();
  g_autofree char *away = import_path (fixture, "away");

  import_add (fixture, "u1", "a");
  import_expect (fixture, ENGINE_OUTCOME_EQUAL, NULL);
  g_assert_true (exists (fixture, "Mail/.dovetail"));
  g_assert_cmpint (g_rename (fixture->account.maildir, away), ==, 0);
  import_expect (fixture, ENGINE_OUTCOME_CONFIG, "is the disk mounted");
  g_assert_cmpint (import_check (fixture), ==, ENGINE_OUTCOME_CONFIG);
  g_assert_false (g_file_test (fixture->account.maildir, G_FILE_TEST_EXISTS));
  import_fixture_free (fixture);
}

/* A backup of the Maildir that lacks what was delivered since: that is fetched again. */
static void
test_own_restored (void)
{
  ImportFixture *fixture = import_fixture_new ();
  g_autofree char *marker = import_path (fixture, "Mail/.dovetail");
  g_autofree char *content = NULL;
  g_autofree char *path = NULL;

  import_add (fixture, "u1", "a");
  import_expect (fixture, ENGINE_OUTCOME_EQUAL, NULL);
  content = content_of (fixture, "Mail/.dovetail");
  import_add (fixture, "u2", "b");
  import_expect (fixture, ENGINE_OUTCOME_EQUAL, NULL);
  path = find_path (fixture, "b");
  g_assert_cmpint (g_unlink (path), ==, 0);
  g_assert_true (g_file_set_contents (marker, content, -1, NULL));
  import_expect (fixture, ENGINE_OUTCOME_EQUAL, "restored from a backup");
  import_assert_here (fixture, "a b");
  import_fixture_free (fixture);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/import/target/other-unsynchronized", test_other_unsynchronized);
  g_test_add_func ("/import/target/other-synchronized", test_other_synchronized);
  g_test_add_func ("/import/target/other-missing", test_other_missing);
  g_test_add_func ("/import/target/other-replaced", test_other_replaced);
  g_test_add_func ("/import/target/other-restored", test_other_restored);
  g_test_add_func ("/import/target/mailbox-made", test_mailbox_made);
  g_test_add_func ("/import/target/held", test_held);
  g_test_add_func ("/import/target/held-is-read", test_held_is_read);
  g_test_add_func ("/import/target/damaged-mailbox", test_damaged_mailbox);
  g_test_add_func ("/import/target/digests-are-kept", test_digests_are_kept);
  g_test_add_func ("/import/target/own-missing", test_own_missing);
  g_test_add_func ("/import/target/own-restored", test_own_restored);
  for (guint i = 0; i < G_N_ELEMENTS (staged_rows); i++)
    {
      g_autofree char *path = g_strconcat ("/import/target/staged/", staged_rows[i].path, NULL);

      g_test_add_data_func (path, &staged_rows[i], test_staged);
    }
  return g_test_run ();
}
