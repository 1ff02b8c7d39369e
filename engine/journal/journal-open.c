/* Opening: what is there, may it be used, is it whole, is it of our version.
 *
 * Until all of this is answered, nothing but SQLite's own recovery touches the file, and closing leaves the
 * WAL where it is: a newer journal stays as it was, a damaged one is set aside with all that belongs to it.
 */
#include "journal-private.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <sys/stat.h>
#include <unistd.h>

static void
finalize (gpointer statement)
{
  sqlite3_finalize (statement);
}

static Journal *
journal_new (const char *state_dir)
{
  g_autofree char *directory = g_canonicalize_filename (state_dir, NULL);
  Journal *journal = g_new0 (Journal, 1);

  journal->path = g_build_filename (directory, "journal.sqlite", NULL);
  journal->statements = g_hash_table_new_full (g_direct_hash, g_direct_equal, NULL, finalize);
  journal->handles = -1;
  journal->next_message_id = journal->last_message_id + 1;
  return journal;
}

static gboolean
is_database_there (Journal *journal)
{
  struct stat status;

  return stat (journal->path, &status) == 0 && status.st_size > 0;
}

/* Before SQLite sees it, which would create it with the umask's mode. An existing file must not be opened and
 * closed here: that would drop the locks of this process's other handles. */
static gboolean
create_file (Journal *journal, GError **error)
{
  int fd = open (journal->path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);

  if (fd < 0 && errno != EEXIST)
    {
      int cause = errno;

      g_set_error (error, JOURNAL_ERROR, JOURNAL_ERROR_IO, "%s: can't create it: %s", journal->path,
                   g_strerror (cause));
      return FALSE;
    }
  if (fd >= 0)
    close (fd);
  return TRUE;
}

static gboolean
connect_database (Journal *journal, const char *path, int flags, GError **error)
{
  int result = sqlite3_open_v2 (path, &journal->database, flags | SQLITE_OPEN_NOMUTEX, NULL);

  if (result != SQLITE_OK)
    return journal_fail (journal, result, error);
  sqlite3_extended_result_codes (journal->database, 1);
  sqlite3_busy_timeout (journal->database, JOURNAL_BUSY_SECONDS * 1000);
  sqlite3_db_config (journal->database, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
  return journal_add_functions (journal, error);
}

static gboolean
query_int (Journal *journal, const char *sql, gint64 *value, GError **error)
{
  g_auto (JournalStatement) statement = journal_statement (journal, sql);

  if (journal_step (&statement))
    *value = journal_column_int (&statement, 0);
  return journal_finish (&statement, error);
}

typedef struct
{
  gint64 application;
  gint64 version;
  gint64 tables;
} Identity;

/* From one snapshot: another process may be creating the schema at this very moment. */
static gboolean
read_identity (Journal *journal, Identity *identity, GError **error)
{
  gint64 none;

  return query_int (journal, "BEGIN", &none, error) &&
         query_int (journal, "PRAGMA application_id", &identity->application, error) &&
         query_int (journal, "PRAGMA user_version", &identity->version, error) &&
         query_int (journal, "SELECT count (*) FROM sqlite_schema", &identity->tables, error) &&
         query_int (journal, "COMMIT", &none, error);
}

/* *version: 0 for a database that was never begun. Another program's database is as good as damage. */
static gboolean
identify (Journal *journal, guint *version, GError **error)
{
  Identity found = { 0 };

  if (!read_identity (journal, &found, error))
    return FALSE;

  gboolean empty = found.application == 0 && found.version == 0 && found.tables == 0;
  if (!empty && (found.application != JOURNAL_APPLICATION_ID || found.version < 1))
    return journal_fail (journal, SQLITE_NOTADB, error);
  if (found.version > journal_schema_version ())
    {
      g_set_error (error, JOURNAL_ERROR, JOURNAL_ERROR_NEWER,
                   "%s: written by a newer dovetail (version %" G_GINT64_FORMAT ", this one knows %u);"
                   " nothing was touched; use the newer dovetail",
                   journal->path, found.version, journal_schema_version ());
      return FALSE;
    }
  *version = found.version;
  return TRUE;
}

static gboolean
expect (Journal *journal, const char *pragma, const char *expected, GError **error)
{
  g_auto (JournalStatement) statement = journal_statement (journal, pragma);
  const char *answer = journal_step (&statement) ? journal_column_text (&statement, 0) : "nothing";

  if (!journal_finish (&statement, error))
    return FALSE;
  if (strcmp (answer, expected) == 0)
    return TRUE;
  g_set_error (error, JOURNAL_ERROR, JOURNAL_ERROR_IO,
               "%s: SQLite answers %s to \"%s\", not %s; keep the account's state on a local disk",
               journal->path, answer, pragma, expected);
  return FALSE;
}

static gboolean
set_modes (Journal *journal, GError **error)
{
  gint64 none;

  return expect (journal, "PRAGMA journal_mode = WAL", "wal", error) &&
         query_int (journal, "PRAGMA synchronous = FULL", &none, error) &&
         expect (journal, "PRAGMA synchronous", "2", error) &&
         query_int (journal, "PRAGMA cell_size_check = ON", &none, error);
}

/* After the migration: a step that rebuilds a table must not cascade. */
static gboolean
enforce_references (Journal *journal, GError **error)
{
  gint64 none;

  return query_int (journal, "PRAGMA foreign_keys = ON", &none, error) &&
         expect (journal, "PRAGMA foreign_keys", "1", error);
}

static gboolean
make_private (Journal *journal, GError **error)
{
  struct stat status;

  if (stat (journal->path, &status) == 0 && ((status.st_mode & 077) == 0 || chmod (journal->path, 0600) == 0))
    return TRUE;

  int cause = errno;
  g_set_error (error, JOURNAL_ERROR, JOURNAL_ERROR_IO, "%s: can't keep others from reading it: %s",
               journal->path, g_strerror (cause));
  return FALSE;
}

static gboolean
open_database (Journal *journal, JournalTrust trust, GError **error)
{
  guint version;

  /* The first page is written before there is a WAL: without it, the WAL has lost its database. */
  if (trust != JOURNAL_TRUSTED && !is_database_there (journal))
    return journal_fail (journal, SQLITE_NOTADB, error);
  if (!create_file (journal, error) ||
      !connect_database (journal, journal->path, SQLITE_OPEN_READWRITE, error) ||
      !identify (journal, &version, error) || !make_private (journal, error) || !set_modes (journal, error) ||
      !journal_check (journal, trust, error) || !journal_migrate (journal, version, error) ||
      !enforce_references (journal, error))
    return FALSE;
  sqlite3_db_config (journal->database, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, NULL);
  return TRUE;
}

static gboolean
begin_anew (Journal *journal, char **set_aside, GError **error)
{
  g_autofree char *name = NULL;

  journal_close_database (journal);
  if (!journal_set_aside (journal, &name, error))
    return FALSE;
  journal->broken = FALSE;
  if (!open_database (journal, JOURNAL_TRUSTED, error))
    return FALSE;
  if (set_aside != NULL)
    *set_aside = g_steal_pointer (&name);
  return TRUE;
}

static Journal *
open_for_writing (const char *state_dir, char **set_aside, GError **error)
{
  g_autoptr (Journal) journal = journal_new (state_dir);
  g_autoptr (GError) failure = NULL;
  gboolean alone;

  if (!journal_make_state_dir (state_dir, error) || !journal_lock_handles (journal, &alone, error))
    return NULL;

  if (!open_database (journal, alone ? journal_trust (journal) : JOURNAL_TRUSTED, &failure))
    {
      /* Beside other handles it stays: they would go on writing to a file that nobody reads again. */
      if (!alone || !g_error_matches (failure, JOURNAL_ERROR, JOURNAL_ERROR_CORRUPT))
        {
          g_propagate_error (error, g_steal_pointer (&failure));
          return NULL;
        }
      if (!begin_anew (journal, set_aside, error))
        return NULL;
    }
  if (alone)
    journal_share_handles (journal);
  return g_steal_pointer (&journal);
}

static Journal *
open_for_reading (const char *state_dir, GError **error)
{
  g_autoptr (Journal) journal = journal_new (state_dir);
  guint version = 0;

  if (is_database_there (journal) &&
      (!connect_database (journal, journal->path, SQLITE_OPEN_READONLY, error) ||
       !identify (journal, &version, error)))
    return NULL;
  if (version == 0)
    {
      g_set_error (error, JOURNAL_ERROR, JOURNAL_ERROR_MISSING,
                   "%s: this account was never synced here; run dovetail sync", journal->path);
      return NULL;
    }
  if (version < journal_schema_version ())
    {
      g_set_error (error, JOURNAL_ERROR, JOURNAL_ERROR_OLDER,
                   "%s: written by an older dovetail (version %u, this one reads %u); run dovetail sync once",
                   journal->path, version, journal_schema_version ());
      return NULL;
    }
  return g_steal_pointer (&journal);
}

static gboolean
copy_database (Journal *from, Journal *to, GError **error)
{
  sqlite3_backup *backup = sqlite3_backup_init (to->database, "main", from->database, "main");
  int result = backup != NULL ? sqlite3_backup_step (backup, -1) : sqlite3_errcode (to->database);

  sqlite3_backup_finish (backup);
  return result == SQLITE_DONE || journal_fail (to, result, error);
}

/* What sync does is tried on it and forgotten with it (`sync --dry-run`). A database without a name is a file
 * that SQLite keeps in memory as far as it fits the cache, and that nobody else can open. */
static Journal *
open_scratch (const char *state_dir, GError **error)
{
  g_autoptr (Journal) scratch = journal_new (state_dir);
  g_autoptr (Journal) original = journal_new (state_dir);
  gboolean is_there = is_database_there (original);
  guint version = 0;

  if (is_there && !connect_database (original, original->path, SQLITE_OPEN_READONLY, error))
    return NULL;
  if (!connect_database (scratch, "", SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, error) ||
      (is_there && !copy_database (original, scratch, error)) || !identify (scratch, &version, error) ||
      !journal_migrate (scratch, version, error) || !enforce_references (scratch, error))
    return NULL;
  return g_steal_pointer (&scratch);
}

Journal *
journal_open (const char *state_dir, JournalOpenMode mode, char **set_aside, GError **error)
{
  if (set_aside != NULL)
    *set_aside = NULL;
  switch (mode)
    {
    case JOURNAL_OPEN_READ:
      return open_for_reading (state_dir, error);
    case JOURNAL_OPEN_WRITE:
      return open_for_writing (state_dir, set_aside, error);
    case JOURNAL_OPEN_SCRATCH:
      return open_scratch (state_dir, error);
    }
  g_return_val_if_reached (NULL);
}
