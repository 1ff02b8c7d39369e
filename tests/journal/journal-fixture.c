#include "journal-fixture.h"

#include <fcntl.h>
#include <ftw.h>
#include <sqlite3.h>
#include <stdio.h>
#include <unistd.h>

void
fixture_set_up (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  fixture->directory = g_dir_make_tmp ("dovetail-journal-XXXXXX", &error);
  g_assert_no_error (error);
  fixture->state_dir = g_build_filename (fixture->directory, "state", "work", NULL);
}

void
fixture_set_up_open (Fixture *fixture, gconstpointer data)
{
  fixture_set_up (fixture, data);
  fixture->journal = fixture_open (fixture);
}

static int
remove_entry (const char *path, const struct stat *status, int type, struct FTW *position)
{
  return remove (path);
}

void
fixture_tear_down (Fixture *fixture, gconstpointer data)
{
  g_clear_pointer (&fixture->journal, journal_close);
  g_assert_cmpint (nftw (fixture->directory, remove_entry, 8, FTW_DEPTH | FTW_PHYS), ==, 0);
  g_free (fixture->directory);
  g_free (fixture->state_dir);
}

Journal *
fixture_open (Fixture *fixture)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *set_aside = NULL;
  Journal *journal = journal_open (fixture->state_dir, JOURNAL_OPEN_WRITE, &set_aside, &error);

  g_assert_no_error (error);
  g_assert_nonnull (journal);
  g_assert_null (set_aside);
  return journal;
}

char *
fixture_path (Fixture *fixture, const char *name)
{
  return g_build_filename (fixture->state_dir, name, NULL);
}

gboolean
fixture_has (Fixture *fixture, const char *name)
{
  g_autofree char *path = fixture_path (fixture, name);

  return g_file_test (path, G_FILE_TEST_EXISTS);
}

void
fixture_sql (Fixture *fixture, const char *sql)
{
  g_autofree char *path = fixture_path (fixture, "journal.sqlite");
  sqlite3 *database = NULL;

  g_assert_cmpint (sqlite3_open (path, &database), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_exec (database, sql, NULL, NULL, NULL), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_close (database), ==, SQLITE_OK);
}

void
fixture_overwrite (Fixture *fixture, const char *name, goffset offset, const char *data, gsize length)
{
  g_autofree char *path = fixture_path (fixture, name);
  int fd = open (path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

  g_assert_cmpint (fd, >=, 0);
  g_assert_cmpint (pwrite (fd, data, length, offset), ==, length);
  close (fd);
}

void
begin (Journal *journal)
{
  g_autoptr (GError) error = NULL;

  journal_begin (journal, &error);
  g_assert_no_error (error);
}

void
commit (Journal *journal)
{
  g_autoptr (GError) error = NULL;

  journal_commit (journal, &error);
  g_assert_no_error (error);
}

gint64
add_mailbox (Journal *journal, const char *name)
{
  g_autoptr (GError) error = NULL;
  JournalMailbox mailbox = { .name = (char *)name, .directory = (char *)name, .uidvalidity = 7 };

  journal_put_mailbox (journal, &mailbox, &error);
  g_assert_no_error (error);
  g_assert_cmpint (mailbox.id, !=, 0);
  return mailbox.id;
}

JournalMessage
make_message (gint64 mailbox, guint32 uid, const char *base)
{
  return (JournalMessage){ .mailbox = mailbox,
                           .uid = uid,
                           .state = JOURNAL_MESSAGE_PRESENT,
                           .base = base,
                           .keywords = "",
                           .not_kept_keywords = "" };
}

gint64
add_message (Journal *journal, gint64 mailbox, guint32 uid, const char *base)
{
  g_autoptr (GError) error = NULL;
  JournalMessage message = make_message (mailbox, uid, base);

  journal_add_message (journal, &message, &error);
  g_assert_no_error (error);
  g_assert_cmpint (message.id, !=, 0);
  return message.id;
}

guint
count_messages (Journal *journal, gint64 mailbox)
{
  g_autoptr (GError) error = NULL;
  guint count = G_MAXUINT;

  journal_count_messages (journal, mailbox, &count, &error);
  g_assert_no_error (error);
  return count;
}
