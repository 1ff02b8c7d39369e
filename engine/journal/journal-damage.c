/* Doubt about the file, its check, and setting it aside.
 *
 * SQLite removes the WAL when the last handle closes, so a WAL with something in it, found by a handle that
 * is alone, tells of an end that was not clean. Damage met while the journal was in use leaves the mark
 * `journal.sqlite-suspect`, since the handles that close afterwards may well remove the WAL.
 */
#include "journal-private.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <sys/stat.h>
#include <unistd.h>

static char *
suspect_path (Journal *journal)
{
  return g_strconcat (journal->path, "-suspect", NULL);
}

void
journal_suspect (Journal *journal)
{
  g_autofree char *path = suspect_path (journal);
  int fd = open (path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

  if (fd >= 0)
    close (fd);
  else
    g_debug ("%s: can't leave a mark: %s", path, g_strerror (errno));
}

JournalTrust
journal_trust (Journal *journal)
{
  g_autofree char *suspect = suspect_path (journal);
  g_autofree char *wal = g_strconcat (journal->path, "-wal", NULL);
  struct stat status;

  if (lstat (suspect, &status) == 0)
    return JOURNAL_SUSPECTED;
  if (stat (wal, &status) == 0 && status.st_size > 0)
    return JOURNAL_UNCLEAN;
  return JOURNAL_TRUSTED;
}

/* quick_check does not compare indexes with their tables, which costs most of the time of integrity_check. */
static gboolean
find_damage (Journal *journal, const char *sql, GError **error)
{
  g_auto (JournalStatement) statement = journal_statement (journal, sql);

  if (journal_step (&statement) && strcmp (journal_column_text (&statement, 0), "ok") != 0)
    {
      g_debug ("%s: %s", journal->path, journal_column_text (&statement, 0));
      statement.result = SQLITE_CORRUPT;
    }
  return journal_finish (&statement, error);
}

gboolean
journal_check (Journal *journal, JournalTrust trust, GError **error)
{
  g_autofree char *suspect = suspect_path (journal);

  switch (trust)
    {
    case JOURNAL_TRUSTED:
      return TRUE;
    case JOURNAL_UNCLEAN:
      return find_damage (journal, "PRAGMA quick_check (1)", error);
    case JOURNAL_SUSPECTED:
      if (!find_damage (journal, "PRAGMA integrity_check (1)", error))
        return FALSE;
      (void)unlink (suspect);
      return TRUE;
    }
  return FALSE;
}

/* The file first: should we die in between, the WAL that is left without a database is set aside at the next
 * start, while a database without its WAL would pass for an older state of itself. */
static const char *const file_suffixes[] = { "", "-wal", "-shm", "-journal", "-suspect" };

static gboolean
is_free (const char *name)
{
  for (guint i = 0; i < G_N_ELEMENTS (file_suffixes); i++)
    {
      g_autofree char *path = g_strconcat (name, file_suffixes[i], NULL);
      struct stat status;

      if (lstat (path, &status) == 0)
        return FALSE;
    }
  return TRUE;
}

static char *
find_free_name (Journal *journal)
{
  char *name = g_strconcat (journal->path, ".damaged-1", NULL);

  for (guint n = 2; !is_free (name); n++)
    {
      g_free (name);
      name = g_strdup_printf ("%s.damaged-%u", journal->path, n);
    }
  return name;
}

static gboolean
sync_directory_of (const char *path)
{
  g_autofree char *directory = g_path_get_dirname (path);
  int fd = open (directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  gboolean synced = fd >= 0 && fsync (fd) == 0;

  if (fd >= 0)
    close (fd);
  return synced;
}

gboolean
journal_set_aside (Journal *journal, char **set_aside, GError **error)
{
  g_autofree char *name = find_free_name (journal);
  gboolean moved = TRUE;

  for (guint i = 0; moved && i < G_N_ELEMENTS (file_suffixes); i++)
    {
      g_autofree char *from = g_strconcat (journal->path, file_suffixes[i], NULL);
      g_autofree char *to = g_strconcat (name, file_suffixes[i], NULL);

      moved = rename (from, to) == 0 || errno == ENOENT;
    }
  if (!moved || !sync_directory_of (journal->path))
    {
      int cause = errno;

      g_set_error (
          error, JOURNAL_ERROR, JOURNAL_ERROR_IO,
          "%s: damaged, and it can't be set aside (%s); move it away and run again, nothing is deleted",
          journal->path, g_strerror (cause));
      return FALSE;
    }
  *set_aside = g_steal_pointer (&name);
  return TRUE;
}
