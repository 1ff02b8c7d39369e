/* Prints of the base: written with each row by the statement that writes it, so that they can't fall behind.
 */
#include "journal-prints.h"
#include "journal-private.h"
#include "../message/message-print.h"

/* In the order of the function's arguments. */
typedef enum
{
  ARGUMENT_STATE,
  ARGUMENT_BASE,
  ARGUMENT_SYSTEM,
  ARGUMENT_NOT_KEPT_SYSTEM,
  ARGUMENT_KEYWORDS,
  ARGUMENT_NOT_KEPT_KEYWORDS,
  ARGUMENT_FILE_SIZE,
  ARGUMENT_MTIME,
  N_ARGUMENTS,
} Argument;

static const char *
text_argument (sqlite3_value *value)
{
  const char *text = (const char *)sqlite3_value_text (value);

  return text != NULL ? text : "";
}

/* None for a staged row, which is no part of the base, and where flags that are not kept can't simply be
 * joined with the others: those rows are few, and looked at. */
static void
compute_print (sqlite3_context *context, int n_arguments, sqlite3_value **arguments)
{
  guint64 print = MESSAGE_PRINT_NONE;
  int kept = sqlite3_value_int (arguments[ARGUMENT_SYSTEM]);
  int not_kept = sqlite3_value_int (arguments[ARGUMENT_NOT_KEPT_SYSTEM]);

  g_assert (n_arguments == N_ARGUMENTS);
  if (sqlite3_value_int (arguments[ARGUMENT_STATE]) == JOURNAL_MESSAGE_PRESENT && (kept & not_kept) == 0 &&
      *text_argument (arguments[ARGUMENT_NOT_KEPT_KEYWORDS]) == '\0')
    print = message_print (text_argument (arguments[ARGUMENT_BASE]), (guint8)(kept | not_kept),
                           text_argument (arguments[ARGUMENT_KEYWORDS]),
                           (guint64)sqlite3_value_int64 (arguments[ARGUMENT_FILE_SIZE]),
                           sqlite3_value_int64 (arguments[ARGUMENT_MTIME]));
  sqlite3_result_int64 (context, (gint64)print);
}

gboolean
journal_add_functions (Journal *journal, GError **error)
{
  int result =
      sqlite3_create_function_v2 (journal->database, "message_print", N_ARGUMENTS,
                                  SQLITE_UTF8 | SQLITE_DETERMINISTIC, NULL, compute_print, NULL, NULL, NULL);

  return result == SQLITE_OK || journal_fail (journal, result, error);
}

gboolean
journal_foreach_print (Journal *journal, gint64 mailbox, JournalPrintFunc func, gpointer user_data,
                       GError **error)
{
  g_auto (JournalStatement) statement = journal_statement (
      journal, "SELECT uid, print FROM message INDEXED BY message_prints WHERE mailbox = ? ORDER BY uid");

  journal_bind_int (&statement, mailbox);
  while (journal_step (&statement))
    if (!func (journal_column_int (&statement, 0), (guint64)journal_column_int (&statement, 1), user_data))
      break;
  return journal_finish (&statement, error);
}

gboolean
journal_count_base (Journal *journal, gint64 mailbox, JournalBaseCount *count, GError **error)
{
  g_auto (JournalStatement) statement =
      journal_statement (journal, "SELECT (SELECT count (*) FROM message WHERE mailbox = ?1) -"
                                  " (SELECT count (*) FROM message WHERE mailbox = ?1 AND state = 0),"
                                  " (SELECT ifnull (max (uid), 0) FROM message WHERE mailbox = ?1)");

  journal_bind_int (&statement, mailbox);
  if (!journal_step (&statement))
    return journal_finish (&statement, error);
  *count = (JournalBaseCount){ .messages = journal_column_int (&statement, 0),
                               .highest_uid = journal_column_int (&statement, 1) };
  return TRUE;
}
