/* What the files of this folder share: the handle, and statements that are prepared once.
 *
 * A use of a statement reads the same everywhere:
 *
 *     g_auto (JournalStatement) statement = journal_statement (journal, "SELECT ... WHERE mailbox = ?");
 *     journal_bind_int (&statement, mailbox);
 *     while (journal_step (&statement))
 *       ... journal_column_int (&statement, 0) ...
 *     return journal_finish (&statement, error);
 *
 * A failure at any of these steps is kept in the statement, makes the later steps do nothing, and is told by
 * journal_finish or journal_write.
 */
#pragma once

#include "journal.h"
#include <sqlite3.h>

#define JOURNAL_BUSY_SECONDS 30

struct _Journal
{
  sqlite3 *database;           /* (nullable) while it is being opened */
  char *path;                  /* of journal.sqlite, absolute */
  GHashTable *statements;      /* SQL by its address -> sqlite3_stmt */
  int handles;                 /* the lock that writing handles share; -1 when opened for reading */
  gint64 next_message_id;      /* in the block of ids that this handle has taken */
  gint64 last_message_id;      /* less than next_message_id: take another block */
  gboolean in_transaction;     /* between journal_begin and journal_commit or journal_rollback */
  gboolean transaction_failed; /* a write in it failed: it can only be rolled back */
  gboolean broken;             /* corrupt, or the disk failed a sync: no transaction begins any more */
};

/* Describes SQLite's `result` and notes damage. Always FALSE. */
gboolean journal_fail (Journal *journal, int result, GError **error);
void journal_close_database (Journal *journal);

/* Statements. */
typedef struct
{
  Journal *journal;
  sqlite3_stmt *handle; /* (nullable) when preparing failed */
  gboolean cached;
  int parameter; /* number of the last one bound */
  int result;    /* SQLite's last word */
} JournalStatement;

/* `sql` must be a string literal: its address is the key of the cache. */
JournalStatement journal_statement (Journal *journal, const char *sql);
void journal_statement_clear (JournalStatement *statement);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (JournalStatement, journal_statement_clear)

/* Each binds the next parameter; values must live as long as the statement's use. NULL text is SQL's NULL. */
void journal_bind_int (JournalStatement *statement, gint64 value);
void journal_bind_id (JournalStatement *statement, gint64 id); /* 0 is SQL's NULL */
void journal_bind_text (JournalStatement *statement, const char *text);
void journal_bind_digest (JournalStatement *statement, const guint8 *digest); /* (nullable) 32 octets */

/* TRUE: there is a row. FALSE: at the end, or failed. */
gboolean journal_step (JournalStatement *statement);
/* FALSE when anything failed since journal_statement. Stopping before the last row is no failure. */
gboolean journal_finish (JournalStatement *statement, GError **error);
/* A statement that writes, inside a transaction. RETURNING's first row can be read afterwards. */
gboolean journal_write (JournalStatement *statement, GError **error);
/* The same, when exactly one row must be changed; `what` says which, e.g. "message 12". */
gboolean journal_write_row (JournalStatement *statement, const char *what, gint64 id, GError **error);
gboolean
journal_write_rows (JournalStatement *statement, guint count, const char *what, gint64 id, GError **error);

gint64 journal_column_int (JournalStatement *statement, int column);
/* Never NULL: a missing text makes the statement fail as corrupt, so check journal_row_is_sound. */
const char *journal_column_text (JournalStatement *statement, int column);
const char *journal_column_text_or_null (JournalStatement *statement, int column);
gboolean journal_column_digest (JournalStatement *statement, int column, guint8 *digest); /* FALSE: none */
gboolean journal_row_is_sound (const JournalStatement *statement);

/* What statements may call: message_print (state, base, system, not_kept_system, keywords, not_kept_keywords,
 * file_size, mtime_ns), the print of the file that the row describes. */
gboolean journal_add_functions (Journal *journal, GError **error);

/* The schema. */
#define JOURNAL_APPLICATION_ID 0x64766a6c /* as in the first step */
guint journal_schema_version (void);
gboolean journal_migrate (Journal *journal, guint version, GError **error);

/* Files: journal-lock.c and journal-damage.c. */
gboolean journal_make_state_dir (const char *state_dir, GError **error);
/* Waits for a handle that is alone with the file and looks at it. *alone: no other handle writes. */
gboolean journal_lock_handles (Journal *journal, gboolean *alone, GError **error);
void journal_share_handles (Journal *journal); /* no longer alone */
void journal_unlock_handles (Journal *journal);

typedef enum
{
  JOURNAL_TRUSTED,   /* the last end was clean */
  JOURNAL_UNCLEAN,   /* a WAL was left behind */
  JOURNAL_SUSPECTED, /* SQLite found damage while it was in use */
} JournalTrust;

JournalTrust journal_trust (Journal *journal); /* before SQLite opens the file, which may change the answer */
gboolean journal_check (Journal *journal, JournalTrust trust, GError **error);
void journal_suspect (Journal *journal);
gboolean journal_set_aside (Journal *journal, char **set_aside, GError **error);

/* Whole messages: the columns in the order of journal_read_message. */
#define JOURNAL_MESSAGE_COLUMNS                                                                              \
  "id, mailbox, uid, state, base, system, keywords, not_kept_system, not_kept_keywords, size,"               \
  " remote_size, file_size, mtime_ns, digest, internal_date, email_id"
/* FALSE: the row is damaged, which the statement remembers. */
gboolean journal_read_message (JournalStatement *row, JournalMessage *message);
/* All that the statement finds, to `func`. */
gboolean journal_read_messages (JournalStatement *statement, JournalMessageFunc func, gpointer user_data,
                                GError **error);
