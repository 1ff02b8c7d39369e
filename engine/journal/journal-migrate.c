/* The schema's history, one step a version:
 *
 *   1  facts, mailboxes, messages, uploads, the queue, holds, deletions, the attic
 *
 * A step is a file of schema/ and runs in one transaction; its last line sets PRAGMA user_version. */
#include "journal-private.h"
#include "journal-schema.h"

static const char *const steps[] = {
  "/dovetail/journal/001-journal.sql",
};

guint
journal_schema_version (void)
{
  return G_N_ELEMENTS (steps);
}

static gboolean
execute (Journal *journal, const char *sql, GError **error)
{
  int result = sqlite3_exec (journal->database, sql, NULL, NULL, NULL);

  return result == SQLITE_OK || journal_fail (journal, result, error);
}

static gboolean
apply (Journal *journal, const char *step, GError **error)
{
  g_autoptr (GBytes) bytes =
      g_resource_lookup_data (journal_schema_get_resource (), step, G_RESOURCE_LOOKUP_FLAGS_NONE, error);
  if (bytes == NULL)
    return FALSE;

  g_autofree char *sql = g_strndup (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes));
  if (!execute (journal, "BEGIN IMMEDIATE", error))
    return FALSE;
  if (execute (journal, sql, error) && execute (journal, "COMMIT", error))
    return TRUE;
  if (!sqlite3_get_autocommit (journal->database))
    (void)execute (journal, "ROLLBACK", NULL);
  return FALSE;
}

gboolean
journal_migrate (Journal *journal, guint version, GError **error)
{
  for (guint i = version; i < G_N_ELEMENTS (steps); i++)
    {
      if (!apply (journal, steps[i], error))
        {
          g_prefix_error (error, "step %u of the schema: ", i + 1);
          return FALSE;
        }
    }
  return TRUE;
}
