/* What was taken from a POP3 maildrop (contract C7), and digests of files that were read to recognise it.
 *
 * A message is known by its UIDL, or by its full digest where the server has no UIDL to give. Its row is
 * written in the transaction that makes it known: staged, with the name of its file, before the file becomes
 * visible; present, without one, when it is durable or was held already.
 */
#pragma once

#include "journal.h"

typedef enum
{
  JOURNAL_POP3_NOT_DELETED,
  JOURNAL_POP3_DELETED,      /* by us, and QUIT was answered with +OK */
  JOURNAL_POP3_DELETED_KEPT, /* the same, and it is listed nevertheless, which was told */
} JournalPop3Deleted;

typedef struct
{
  gint64 id;           /* 0: not in the journal yet */
  const char *uidl;    /* (nullable) the digest is the identity */
  gboolean has_digest; /* FALSE: passed on to the row of a newer UIDL */
  guint8 digest[32];   /* full */
  guint8 header_digest[32];
  guint64 size;      /* octets as the server lists them */
  const char *base;  /* (nullable) staged: the base name in the mailbox that it is delivered to */
  gint64 first_seen; /* seconds since 1970 */
  gint64 unlisted;   /* since when listings lack it; 0: the last one had it */
  JournalPop3Deleted deleted;
} JournalPop3Message;

/* Strings are valid during the call only. In the order they were added. Must not write. FALSE stops. */
typedef gboolean (*JournalPop3MessageFunc) (const JournalPop3Message *message, gpointer user_data);
gboolean journal_foreach_pop3_message (Journal *journal, JournalPop3MessageFunc func, gpointer user_data,
                                       GError **error);
gboolean journal_count_pop3_messages (Journal *journal, guint *count, GError **error);
/* Inserts (id 0; *id is set). A row with that UIDL is an error. */
gboolean journal_add_pop3_message (Journal *journal, JournalPop3Message *message, GError **error);
/* Updates all columns by id, which must be there. */
gboolean journal_update_pop3_message (Journal *journal, const JournalPop3Message *message, GError **error);
/* A staged one's file is durable. */
gboolean journal_set_pop3_message_present (Journal *journal, gint64 id, GError **error);
gboolean journal_remove_pop3_message (Journal *journal, gint64 id, GError **error);
/* Forgets rows that listings lack since before that time. */
gboolean journal_forget_pop3_messages (Journal *journal, gint64 before, GError **error);
/* Another server or user: UIDLs mean nothing any more, digests do. */
gboolean journal_forget_pop3_uidls (Journal *journal, GError **error);
/* The Maildir came back from a backup: what was delivered may be missing. Forgets all that is not staged. */
gboolean journal_forget_pop3_present (Journal *journal, GError **error);

/* A file of the Maildir that is delivered to: as long as size and mtime are these, its digest is this. */
typedef struct
{
  const char *base;
  guint64 size; /* of the file */
  gint64 mtime_ns;
  guint8 digest[32]; /* full */
} JournalPop3File;

typedef gboolean (*JournalPop3FileFunc) (const JournalPop3File *file, gpointer user_data);
gboolean
journal_foreach_pop3_file (Journal *journal, JournalPop3FileFunc func, gpointer user_data, GError **error);
/* Inserts or replaces. */
gboolean journal_put_pop3_file (Journal *journal, const JournalPop3File *file, GError **error);
gboolean journal_remove_pop3_file (Journal *journal, const char *base, GError **error);
