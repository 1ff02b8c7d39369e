/* The schema explains itself, and an empty database becomes one of it. */
#include "journal-fixture.h"
#include <sqlite3.h>

static void
assert_commented (const char *table, const char *sql, const char *line_begin)
{
  g_auto (GStrv) lines = g_strsplit (sql, "\n", -1);

  for (guint i = 0; lines[i] != NULL; i++)
    {
      const char *line = g_strchug (lines[i]);
      const char *comment = strstr (line, "-- ");

      if (!g_str_has_prefix (line, line_begin))
        continue;
      if (comment == NULL || strlen (comment) < 6)
        g_error ("table %s: no comment says what \"%s\" is", table, line_begin);
      return;
    }
  g_error ("table %s: no line begins with \"%s\"", table, line_begin);
}

/* SQLite keeps a statement's comments, so the database itself is asked: every table and every column. */
static void
test_comments (Fixture *fixture, gconstpointer data)
{
  g_autofree char *path = fixture_path (fixture, "journal.sqlite");
  sqlite3 *database = NULL;
  sqlite3_stmt *statement = NULL;
  guint columns = 0;

  g_assert_cmpint (sqlite3_open_v2 (path, &database, SQLITE_OPEN_READONLY, NULL), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_prepare_v2 (database,
                                       "SELECT s.name, s.sql, c.name FROM sqlite_schema s,"
                                       " pragma_table_info (s.name) c"
                                       " WHERE s.type = 'table' AND s.name NOT LIKE 'sqlite_%'",
                                       -1, &statement, NULL),
                   ==, SQLITE_OK);
  for (; sqlite3_step (statement) == SQLITE_ROW; columns++)
    {
      const char *table = (const char *)sqlite3_column_text (statement, 0);
      const char *sql = (const char *)sqlite3_column_text (statement, 1);
      g_autofree char *column = g_strdup_printf ("%s ", (const char *)sqlite3_column_text (statement, 2));

      assert_commented (table, sql, "CREATE TABLE");
      assert_commented (table, sql, column);
    }
  g_assert_cmpuint (columns, >, 60);
  sqlite3_finalize (statement);
  sqlite3_close (database);
}

/* Version 0 is an empty database, e.g. after a crash between the file's creation and the first step. */
static void
test_from_version_0 (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (g_mkdir_with_parents (fixture->state_dir, 0700), ==, 0);
  fixture_sql (fixture, "PRAGMA journal_mode = WAL");
  g_assert_true (fixture_has (fixture, "journal.sqlite"));

  g_assert_null (journal_open (fixture->state_dir, JOURNAL_OPEN_READ, NULL, &error));
  g_assert_error (error, JOURNAL_ERROR, JOURNAL_ERROR_MISSING);

  fixture->journal = fixture_open (fixture);
  begin (fixture->journal);
  add_mailbox (fixture->journal, "INBOX");
  commit (fixture->journal);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add ("/journal/schema/comments", Fixture, NULL, fixture_set_up_open, test_comments,
              fixture_tear_down);
  g_test_add ("/journal/schema/from-version-0", Fixture, NULL, fixture_set_up, test_from_version_0,
              fixture_tear_down);
  return g_test_run ();
}
