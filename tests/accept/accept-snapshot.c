#include "accept-snapshot.h"

#include <glib/gstdio.h>
#include <sqlite3.h>
#include <string.h>

static char *
describe_entry (const AcceptAccount *account, const char *path, const GStatBuf *status)
{
  const char *relative = path + strlen (account->maildir);

  if (g_str_equal (relative, "/.dovetail.lock"))
    return g_strdup_printf ("%s inode %lu", relative, (gulong)status->st_ino);
  return g_strdup_printf ("%s inode %lu mode %o links %lu size %ld changed %ld.%09ld status %ld.%09ld",
                          relative, (gulong)status->st_ino, status->st_mode, (gulong)status->st_nlink,
                          (glong)status->st_size, (glong)status->st_mtim.tv_sec, status->st_mtim.tv_nsec,
                          (glong)status->st_ctim.tv_sec, status->st_ctim.tv_nsec);
}

static void
add_entry (GPtrArray *lines, const AcceptAccount *account, const char *path)
{
  g_autoptr (GDir) directory = NULL;
  GStatBuf status;

  g_assert_cmpint (g_lstat (path, &status), ==, 0);
  g_ptr_array_add (lines, describe_entry (account, path, &status));
  if (!S_ISDIR (status.st_mode))
    return;
  directory = g_dir_open (path, 0, NULL);
  g_assert_nonnull (directory);
  for (const char *name = g_dir_read_name (directory); name != NULL; name = g_dir_read_name (directory))
    {
      g_autofree char *below = g_build_filename (path, name, NULL);

      add_entry (lines, account, below);
    }
}

static int
compare_lines (gconstpointer a, gconstpointer b)
{
  return strcmp (*(char *const *)a, *(char *const *)b);
}

char *
accept_maildir_snapshot (const AcceptAccount *account)
{
  g_autoptr (GPtrArray) lines = g_ptr_array_new_with_free_func (g_free);

  add_entry (lines, account, account->maildir);
  g_ptr_array_sort (lines, compare_lines);
  g_ptr_array_add (lines, NULL);
  return g_strjoinv ("\n", (char **)lines->pdata);
}

static void
add_row (GString *dump, sqlite3_stmt *rows)
{
  for (int i = 0; i < sqlite3_column_count (rows); i++)
    {
      const guchar *data = sqlite3_column_blob (rows, i);
      int length = sqlite3_column_bytes (rows, i);

      g_string_append (dump, i > 0 ? "|" : "");
      if (sqlite3_column_type (rows, i) != SQLITE_BLOB)
        g_string_append_len (dump, (const char *)data, length);
      for (int j = 0; sqlite3_column_type (rows, i) == SQLITE_BLOB && j < length; j++)
        g_string_append_printf (dump, "%02x", data[j]);
    }
  g_string_append_c (dump, '\n');
}

static void
add_table (GString *dump, sqlite3 *database, const char *table)
{
  g_autofree char *query = g_strdup_printf ("SELECT * FROM %s%s", table,
                                            g_str_equal (table, "fact") ? " WHERE key <> 'last-sync'" : "");
  sqlite3_stmt *rows;

  g_string_append_printf (dump, "table %s\n", table);
  g_assert_cmpint (sqlite3_prepare_v2 (database, query, -1, &rows, NULL), ==, SQLITE_OK);
  while (sqlite3_step (rows) == SQLITE_ROW)
    add_row (dump, rows);
  g_assert_cmpint (sqlite3_finalize (rows), ==, SQLITE_OK);
}

char *
accept_journal_dump (const AcceptAccount *account)
{
  g_autofree char *path = g_build_filename (account->state, "journal.sqlite", NULL);
  GString *dump = g_string_new (NULL);
  sqlite3 *database;
  sqlite3_stmt *tables;

  g_assert_cmpint (sqlite3_open_v2 (path, &database, SQLITE_OPEN_READONLY, NULL), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_prepare_v2 (database,
                                       "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name",
                                       -1, &tables, NULL),
                   ==, SQLITE_OK);
  while (sqlite3_step (tables) == SQLITE_ROW)
    add_table (dump, database, (const char *)sqlite3_column_text (tables, 0));
  g_assert_cmpint (sqlite3_finalize (tables), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_close (database), ==, SQLITE_OK);
  return g_string_free (dump, FALSE);
}

void
accept_assert_same_lines (const char *before, const char *after)
{
  g_auto (GStrv) left = g_strsplit (before, "\n", -1);
  g_auto (GStrv) right = g_strsplit (after, "\n", -1);
  guint differences = 0;

  for (guint i = 0; left[i] != NULL; i++)
    if (!g_strv_contains ((const char *const *)right, left[i]) && ++differences < 20)
      g_test_message ("before: %s", left[i]);
  for (guint i = 0; right[i] != NULL; i++)
    if (!g_strv_contains ((const char *const *)left, right[i]) && ++differences < 20)
      g_test_message ("after:  %s", right[i]);
  g_assert_cmpuint (differences, ==, 0);
  g_assert_cmpuint (g_strv_length (left), ==, g_strv_length (right));
}
