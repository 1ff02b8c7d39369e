/* Opening: modes, permissions, versions, locks, damage (contract C8, threats.md section 5). */
#include "../../engine/journal/journal.h"
#include "journal-fixture.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static int
mode_of (Fixture *fixture, const char *name)
{
  g_autofree char *path = fixture_path (fixture, name);
  struct stat status;

  g_assert_cmpint (stat (path, &status), ==, 0);
  return status.st_mode & 0777;
}

static void
test_permissions (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  mode_t umask_before = umask (022);
  g_autoptr (JournalLock) lock = journal_lock (fixture->state_dir, &error);

  g_assert_no_error (error);
  fixture->journal = fixture_open (fixture);
  begin (fixture->journal);
  add_mailbox (fixture->journal, "INBOX");
  commit (fixture->journal);

  g_assert_cmpint (mode_of (fixture, "."), ==, 0700);
  g_assert_cmpint (mode_of (fixture, ".."), ==, 0700);
  g_assert_cmpint (mode_of (fixture, "lock"), ==, 0600);
  g_assert_cmpint (mode_of (fixture, "handles"), ==, 0600);
  g_assert_cmpint (mode_of (fixture, "journal.sqlite"), ==, 0600);
  g_assert_cmpint (mode_of (fixture, "journal.sqlite-wal"), ==, 0600);
  g_assert_cmpint (mode_of (fixture, "journal.sqlite-shm"), ==, 0600);
  umask (umask_before);
}

/* E.g. restored from a backup by another tool. */
static void
test_too_open (Fixture *fixture, gconstpointer data)
{
  g_autofree char *path = fixture_path (fixture, "journal.sqlite");

  journal_close (fixture->journal);
  g_assert_cmpint (chmod (path, 0644), ==, 0);
  g_assert_cmpint (chmod (fixture->state_dir, 0755), ==, 0);
  fixture->journal = fixture_open (fixture);
  g_assert_cmpint (mode_of (fixture, "."), ==, 0700);
  g_assert_cmpint (mode_of (fixture, "journal.sqlite"), ==, 0600);
}

static void
test_unusable_directory (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *state = g_path_get_dirname (fixture->state_dir);

  g_assert_true (g_file_set_contents (state, "a file", -1, NULL));
  g_assert_null (journal_lock (fixture->state_dir, &error));
  g_assert_error (error, JOURNAL_ERROR, JOURNAL_ERROR_IO);
  g_clear_error (&error);
  g_assert_null (journal_open (fixture->state_dir, JOURNAL_OPEN_WRITE, NULL, &error));
  g_assert_error (error, JOURNAL_ERROR, JOURNAL_ERROR_IO);
  g_assert_cmpint (unlink (state), ==, 0);
}

static void
assert_not_readable (Fixture *fixture, JournalError code, const char *words)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (journal_open (fixture->state_dir, JOURNAL_OPEN_READ, NULL, &error));
  g_assert_error (error, JOURNAL_ERROR, (int)code);
  g_assert_nonnull (strstr (error->message, words));
}

static void
test_read_missing (Fixture *fixture, gconstpointer data)
{
  assert_not_readable (fixture, JOURNAL_ERROR_MISSING, "run dovetail sync");
  g_assert_false (g_file_test (fixture->state_dir, G_FILE_TEST_EXISTS));
}

/* A crash right after the file was created. */
static void
test_zero_length (Fixture *fixture, gconstpointer data)
{
  g_assert_cmpint (g_mkdir_with_parents (fixture->state_dir, 0700), ==, 0);
  fixture_overwrite (fixture, "journal.sqlite", 0, "", 0);
  assert_not_readable (fixture, JOURNAL_ERROR_MISSING, "run dovetail sync");
  fixture->journal = fixture_open (fixture);
}

static void
test_newer (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *path = fixture_path (fixture, "journal.sqlite");
  g_autofree char *before = NULL, *after = NULL;
  gsize before_length, after_length;

  g_clear_pointer (&fixture->journal, journal_close);
  fixture_sql (fixture, "PRAGMA user_version = 99; PRAGMA journal_mode = DELETE");
  g_assert_true (g_file_get_contents (path, &before, &before_length, NULL));

  assert_not_readable (fixture, JOURNAL_ERROR_NEWER, "version 99");
  g_assert_null (journal_open (fixture->state_dir, JOURNAL_OPEN_WRITE, NULL, &error));
  g_assert_error (error, JOURNAL_ERROR, JOURNAL_ERROR_NEWER);
  g_assert_true (g_file_get_contents (path, &after, &after_length, NULL));
  g_assert_cmpmem (before, before_length, after, after_length);
}

static gboolean
count_row (const JournalMessage *message, gpointer count)
{
  ++*(guint *)count;
  return TRUE;
}

static void
test_read_beside_writer (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  guint count = 0;

  begin (fixture->journal);
  gint64 inbox = add_mailbox (fixture->journal, "INBOX");
  add_message (fixture->journal, inbox, 1, "a");
  commit (fixture->journal);
  begin (fixture->journal);
  add_message (fixture->journal, inbox, 2, "b"); /* not committed: not seen, and in nobody's way */

  g_autoptr (Journal) reader = journal_open (fixture->state_dir, JOURNAL_OPEN_READ, NULL, &error);
  g_assert_no_error (error);
  g_assert_true (journal_foreach_message (reader, inbox, count_row, &count, &error));
  g_assert_cmpuint (count, ==, 1);
  commit (fixture->journal);
  g_assert_cmpuint (count_messages (reader, inbox), ==, 2);

  begin (reader);
  g_assert_false (journal_set_fact (reader, "host", "x", &error));
  g_assert_error (error, JOURNAL_ERROR, JOURNAL_ERROR_IO);
  journal_rollback (reader);
  g_clear_pointer (&fixture->journal, journal_close);
  g_assert_cmpuint (count_messages (reader, inbox), ==, 2);
}

/* What is written to a scratch journal is forgotten, and the file knows nothing of it. */
static void
test_scratch (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  begin (fixture->journal);
  gint64 inbox = add_mailbox (fixture->journal, "INBOX");
  add_message (fixture->journal, inbox, 1, "a");
  commit (fixture->journal);

  g_autoptr (Journal) scratch = journal_open (fixture->state_dir, JOURNAL_OPEN_SCRATCH, NULL, &error);
  g_assert_no_error (error);
  begin (scratch);
  add_message (scratch, inbox, 2, "b");
  commit (scratch);
  g_assert_cmpuint (count_messages (scratch, inbox), ==, 2);
  g_assert_cmpuint (count_messages (fixture->journal, inbox), ==, 1);
}

static void
test_scratch_from_nothing (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (Journal) scratch = journal_open (fixture->state_dir, JOURNAL_OPEN_SCRATCH, NULL, &error);

  g_assert_no_error (error);
  begin (scratch);
  add_mailbox (scratch, "INBOX");
  commit (scratch);
  g_assert_false (g_file_test (fixture->state_dir, G_FILE_TEST_EXISTS));
}

static void
test_scratch_refused (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  g_clear_pointer (&fixture->journal, journal_close);
  fixture_sql (fixture, "PRAGMA user_version = 99");
  g_assert_null (journal_open (fixture->state_dir, JOURNAL_OPEN_SCRATCH, NULL, &error));
  g_assert_error (error, JOURNAL_ERROR, JOURNAL_ERROR_NEWER);
  g_clear_error (&error);
  fixture_overwrite (fixture, "journal.sqlite", 0, "not a database, not at all", 26);
  g_assert_null (journal_open (fixture->state_dir, JOURNAL_OPEN_SCRATCH, NULL, &error));
  g_assert_error (error, JOURNAL_ERROR, JOURNAL_ERROR_CORRUPT);
}

/* Locks. */
static void
test_lock_busy (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  int ready[2];

  g_assert_cmpint (pipe (ready), ==, 0);
  pid_t child = fork ();
  if (child == 0)
    {
      g_autoptr (JournalLock) lock = journal_lock (fixture->state_dir, NULL);

      if (lock == NULL || write (ready[1], "x", 1) != 1)
        _exit (1);
      pause ();
    }
  char byte;
  close (ready[1]);
  g_assert_cmpint (read (ready[0], &byte, 1), ==, 1);
  close (ready[0]);

  g_autofree char *name = g_strdup_printf ("another dovetail (process %d)", (int)child);
  g_assert_cmpint (journal_lock_holder (fixture->state_dir), ==, child);
  g_assert_null (journal_lock (fixture->state_dir, &error));
  g_assert_error (error, JOURNAL_ERROR, JOURNAL_ERROR_BUSY);
  g_assert_nonnull (strstr (error->message, name));
  g_clear_error (&error);

  /* A lock dies with its process, however that ended. */
  kill (child, SIGKILL);
  g_assert_cmpint (waitpid (child, NULL, 0), ==, child);
  g_assert_cmpint (journal_lock_holder (fixture->state_dir), ==, 0);
  g_autoptr (JournalLock) lock = journal_lock (fixture->state_dir, &error);
  g_assert_no_error (error);
  g_assert_nonnull (lock);
}

static void
test_lock_again (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  JournalLock *lock;

  g_assert_cmpint (journal_lock_holder (fixture->state_dir), ==, 0);
  lock = journal_lock (fixture->state_dir, &error);
  g_assert_no_error (error);
  g_assert_cmpint (journal_lock_holder (fixture->state_dir), ==, getpid ());
  g_assert_null (journal_lock (fixture->state_dir, &error));
  g_assert_error (error, JOURNAL_ERROR, JOURNAL_ERROR_BUSY);
  g_clear_error (&error);
  journal_unlock (lock);
  g_assert_cmpint (journal_lock_holder (fixture->state_dir), ==, 0);
  lock = journal_lock (fixture->state_dir, &error);
  g_assert_no_error (error);
  journal_unlock (lock);
}

/* Damage. */
static void
fill (Journal *journal)
{
  begin (journal);
  gint64 inbox = add_mailbox (journal, "INBOX");
  for (guint i = 1; i <= 2000; i++)
    {
      g_autofree char *base = g_strdup_printf ("%u.host", 1700000000 + i);

      add_message (journal, inbox, i, base);
    }
  commit (journal);
}

static void
spoil_header (Fixture *fixture)
{
  fixture_overwrite (fixture, "journal.sqlite", 0, "not a database, not at all", 26);
}

static void
spoil_pages (Fixture *fixture)
{
  g_autofree char *noise = g_strnfill (16 * 4096, '\xee');

  fixture_overwrite (fixture, "journal.sqlite", 40 * 4096, noise, 16 * 4096);
}

static void
cut_short (Fixture *fixture)
{
  g_autofree char *path = fixture_path (fixture, "journal.sqlite");

  g_assert_cmpint (truncate (path, 40 * 4096), ==, 0);
}

static void
replace_by_another_database (Fixture *fixture)
{
  g_autofree char *path = fixture_path (fixture, "journal.sqlite");

  g_assert_cmpint (unlink (path), ==, 0);
  fixture_sql (fixture, "CREATE TABLE songs (title TEXT)");
}

static void
leave_a_wal (Fixture *fixture)
{
  fixture_overwrite (fixture, "journal.sqlite-wal", 0, "something", 9);
}

static void
spoil_pages_and_end_uncleanly (Fixture *fixture)
{
  spoil_pages (fixture);
  leave_a_wal (fixture);
}

static void
lose_database_but_not_wal (Fixture *fixture)
{
  g_autofree char *path = fixture_path (fixture, "journal.sqlite");

  g_assert_cmpint (unlink (path), ==, 0);
  leave_a_wal (fixture);
}

static void
empty_database_but_not_wal (Fixture *fixture)
{
  g_autofree char *path = fixture_path (fixture, "journal.sqlite");

  g_assert_cmpint (truncate (path, 0), ==, 0);
  leave_a_wal (fixture);
}

typedef struct
{
  const char *path;
  void (*spoil) (Fixture *fixture);
  gboolean at_open; /* noticed there; else when the rows are read, and set aside at the next open */
} Damage;

static const Damage damages[] = {
  { "/journal/damage/header", spoil_header, TRUE },
  { "/journal/damage/pages", spoil_pages, FALSE },
  { "/journal/damage/pages-and-unclean-end", spoil_pages_and_end_uncleanly, TRUE },
  { "/journal/damage/cut-short", cut_short, TRUE },
  { "/journal/damage/another-program's", replace_by_another_database, TRUE },
  { "/journal/damage/wal-alone", lose_database_but_not_wal, TRUE },
  { "/journal/damage/emptied-beside-wal", empty_database_but_not_wal, TRUE },
};

static void
read_until_corrupt (Fixture *fixture)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (Journal) journal = fixture_open (fixture);
  guint count = 0;

  g_assert_false (journal_foreach_message (journal, 1, count_row, &count, &error));
  g_assert_error (error, JOURNAL_ERROR, JOURNAL_ERROR_CORRUPT);
  g_clear_error (&error);
  g_assert_false (journal_begin (journal, &error)); /* nothing is built on it */
  g_assert_error (error, JOURNAL_ERROR, JOURNAL_ERROR_IO);
}

static void
assert_set_aside (Fixture *fixture, const char *number)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *set_aside = NULL;
  g_autofree char *name = g_strconcat ("journal.sqlite.damaged-", number, NULL);
  g_autofree char *expected = fixture_path (fixture, name);

  fixture->journal = journal_open (fixture->state_dir, JOURNAL_OPEN_WRITE, &set_aside, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (set_aside, ==, expected);
  g_assert_cmpuint (count_messages (fixture->journal, 1), ==, 0);
  fill (fixture->journal);

  /* The new one is sound, and stays. */
  journal_close (fixture->journal);
  g_assert_false (fixture_has (fixture, "journal.sqlite-wal"));
  g_assert_false (fixture_has (fixture, "journal.sqlite-suspect"));
  fixture->journal = fixture_open (fixture);
  g_assert_cmpuint (count_messages (fixture->journal, 1), ==, 2000);
}

static void
test_damage (Fixture *fixture, gconstpointer data)
{
  const Damage *damage = data;

  for (guint round = 1; round <= 2; round++)
    {
      g_autofree char *number = g_strdup_printf ("%u", round);

      if (round == 1)
        fill (fixture->journal);
      g_clear_pointer (&fixture->journal, journal_close);
      damage->spoil (fixture);
      if (!damage->at_open)
        read_until_corrupt (fixture);
      assert_set_aside (fixture, number);
    }
}

static void
test_damage_read (Fixture *fixture, gconstpointer data)
{
  fill (fixture->journal);
  g_clear_pointer (&fixture->journal, journal_close);
  spoil_header (fixture);
  assert_not_readable (fixture, JOURNAL_ERROR_CORRUPT, "nothing is deleted");
  g_assert_false (fixture_has (fixture, "journal.sqlite.damaged-1"));
}

/* Handles that are open would go on writing to the file that was moved away. */
static void
test_damage_beside_handle (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  fill (fixture->journal);
  journal_close (fixture->journal);
  fixture->journal = fixture_open (fixture);
  spoil_header (fixture);
  g_assert_null (journal_open (fixture->state_dir, JOURNAL_OPEN_WRITE, NULL, &error));
  g_assert_error (error, JOURNAL_ERROR, JOURNAL_ERROR_CORRUPT);
  g_assert_false (fixture_has (fixture, "journal.sqlite.damaged-1"));

  g_clear_pointer (&fixture->journal, journal_close);
  assert_set_aside (fixture, "1");
}

/* A false alarm (say, memory that failed) costs one check and nothing else. */
static void
test_false_alarm (Fixture *fixture, gconstpointer data)
{
  fill (fixture->journal);
  journal_close (fixture->journal);
  fixture_overwrite (fixture, "journal.sqlite-suspect", 0, "", 0);
  fixture->journal = fixture_open (fixture);
  g_assert_cmpuint (count_messages (fixture->journal, 1), ==, 2000);
  g_assert_false (fixture_has (fixture, "journal.sqlite-suspect"));
}

static void
add_damages (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (damages); i++)
    g_test_add (damages[i].path, Fixture, &damages[i], fixture_set_up_open, test_damage, fixture_tear_down);
}

int
main (int argc, char **argv)
{
  static const struct
  {
    const char *path;
    void (*set_up) (Fixture *fixture, gconstpointer data);
    void (*func) (Fixture *fixture, gconstpointer data);
  } tests[] = {
    { "/journal/open/C8/permissions", fixture_set_up, test_permissions },
    { "/journal/open/C8/too-open", fixture_set_up_open, test_too_open },
    { "/journal/open/unusable-directory", fixture_set_up, test_unusable_directory },
    { "/journal/open/read-missing", fixture_set_up, test_read_missing },
    { "/journal/open/zero-length", fixture_set_up, test_zero_length },
    { "/journal/open/newer", fixture_set_up_open, test_newer },
    { "/journal/open/read-beside-writer", fixture_set_up_open, test_read_beside_writer },
    { "/journal/open/scratch", fixture_set_up_open, test_scratch },
    { "/journal/open/scratch-from-nothing", fixture_set_up, test_scratch_from_nothing },
    { "/journal/open/scratch-refused", fixture_set_up_open, test_scratch_refused },
    { "/journal/lock/busy", fixture_set_up, test_lock_busy },
    { "/journal/lock/again", fixture_set_up, test_lock_again },
    { "/journal/damage/read", fixture_set_up_open, test_damage_read },
    { "/journal/damage/beside-handle", fixture_set_up_open, test_damage_beside_handle },
    { "/journal/damage/false-alarm", fixture_set_up_open, test_false_alarm },
  };

  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (tests); i++)
    g_test_add (tests[i].path, Fixture, NULL, tests[i].set_up, tests[i].func, fixture_tear_down);
  add_damages ();
  return g_test_run ();
}
