/* The journal of one account: the base, the queue, what was learnt about the server. The only SQL there is.
 *
 * A SQLite database, 0600, in WAL mode with synchronous=FULL; every write is inside BEGIN IMMEDIATE ...
 * COMMIT. The schema's steps are the numbered files of engine/journal/schema/, applied in order; PRAGMA
 * user_version counts them. The journal decides nothing: it keeps what it is told and gives it back.
 *
 * A handle belongs to one thread. The account's lock (`lock` beside the journal: flock, holds the process id)
 * is taken by journal_lock and is apart from the handles, since `status` only reads and needs none.
 * (`handles` beside it tells the first of several writing handles that it is the first.)
 */
#pragma once

#include <gio/gio.h>

#define JOURNAL_ERROR (journal_error_quark ())
GQuark journal_error_quark (void);
typedef enum
{
  JOURNAL_ERROR_BUSY,    /* another process holds the account; the message says which */
  JOURNAL_ERROR_NEWER,   /* written by a newer dovetail; nothing was touched */
  JOURNAL_ERROR_CORRUPT, /* damaged; see journal_open */
  JOURNAL_ERROR_MISSING, /* opened for reading and not there */
  JOURNAL_ERROR_IO,      /* anything else SQLite or the file system said */
  JOURNAL_ERROR_OLDER,   /* opened for reading and not migrated yet: a sync does that */
} JournalError;

typedef struct _Journal Journal;
typedef struct _JournalLock JournalLock;

typedef enum
{
  JOURNAL_OPEN_READ,    /* never creates (MISSING), never migrates (OLDER), works beside a writer */
  JOURNAL_OPEN_WRITE,   /* creates and migrates; needs the lock */
  JOURNAL_OPEN_SCRATCH, /* a copy, empty where there is no journal; what is written to it is forgotten */
} JournalOpenMode;

/* The lock of `state_dir` (made 0700 when missing); BUSY names the process that holds it. (transfer full) */
JournalLock *journal_lock (const char *state_dir, GError **error);
void journal_unlock (JournalLock *lock);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (JournalLock, journal_unlock)
/* The process that holds the lock now; 0: none. Takes no lock itself, so that it is in nobody's way. */
gint64 journal_lock_holder (const char *state_dir);

/* Opens state_dir/journal.sqlite. A corrupt database (PRAGMA quick_check after an unclean end, or SQLite's
 * word) is, in WRITE mode, set aside as journal.sqlite.damaged-N with its WAL, a new one is begun, and
 * *set_aside (transfer full) (nullable) names the old: mail is then paired afresh, nothing is deleted. Beside
 * other writing handles it is never moved: CORRUPT. A call that meets damage later answers CORRUPT too, the
 * handle begins no more transactions, and the next first handle checks the whole file. */
Journal *journal_open (const char *state_dir, JournalOpenMode mode, char **set_aside, GError **error);
void journal_close (Journal *journal);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Journal, journal_close)

/* Transactions do not nest. Everything below that writes must be inside one. A failed call leaves the
 * transaction to be rolled back by the caller: further writes and the commit are refused. */
gboolean journal_begin (Journal *journal, GError **error);
gboolean journal_commit (Journal *journal, GError **error);
void journal_rollback (Journal *journal); /* harmless outside a transaction */
/* The end of a transaction whose writes succeeded or not (`done`, with *error set if not): commits or rolls
 * back. TRUE only when it was committed: return journal_begin (j, error) && journal_end (j, write (j, error),
 * error); */
gboolean journal_end (Journal *journal, gboolean done, GError **error);

/* Facts about account, Maildir and server: "protocol", "host", "user", "maildir-id", "generation", "layout",
 * "last-sync" ... (transfer full) (nullable): NULL when never set. Setting NULL forgets. */
char *journal_get_fact (Journal *journal, const char *key, GError **error);
gboolean journal_set_fact (Journal *journal, const char *key, const char *value, GError **error);

/* Why messages have to be paired afresh before anything else is done in a mailbox; no deletion is believed
 * before that. The higher tells more. */
typedef enum
{
  JOURNAL_REFRESH_NONE,
  JOURNAL_REFRESH_UIDS,     /* the server's UIDs mean nothing any more; the rest of the base does */
  JOURNAL_REFRESH_RESTORED, /* the journal or the Maildir came back from a backup */
  JOURNAL_REFRESH_REBOUND,  /* host, user, protocol or layout changed */
} JournalRefresh;

/* Mailboxes. */
typedef struct
{
  gint64 id;           /* 0: not in the journal yet */
  char *name;          /* UTF-8, "/" between levels, INBOX in capitals, namespace prefix taken off */
  char *wire_name;     /* as the server spells it, (nullable) until it is there */
  char *directory;     /* relative to the Maildir's root */
  guint32 uidvalidity; /* 0: never selected */
  guint32 uidnext;     /* last observed; 0: none. Moves by a complete observation only */
  guint64 highestmodseq;
  char *bound_for;   /* (nullable) the directory it is about to get; "": one that is to be chosen */
  guint64 cur_inode; /* of the directory's cur/ when it was last read: a hint; 0: none */
  char *special_use; /* (nullable) "\\Trash" ... */
  JournalRefresh refresh;
  char *mailbox_id; /* MAILBOXID as SELECT told it last, (nullable) */

  /* What vouches for quiet: while it stays the same, the base holds all changes of that side. */
  guint64 quiet_modseq; /* HIGHESTMODSEQ; 0: none, all messages have to be looked at */
  guint32 quiet_uidnext, quiet_messages;
  char *quiet_mark; /* of the directory (maildir_scan_mark), (nullable): it has to be read */
  gint64 listed;    /* when all messages on the server were last looked at, seconds since 1970 */
} JournalMailbox;

void journal_mailbox_free (JournalMailbox *mailbox);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (JournalMailbox, journal_mailbox_free)

/* (transfer full) (element-type JournalMailbox), by name. */
GPtrArray *journal_list_mailboxes (Journal *journal, GError **error);
/* Inserts (id 0; *id is set) or updates all columns. No two mailboxes share a name or a directory, not even
 * within a transaction: two that trade names need a third in between. */
gboolean journal_put_mailbox (Journal *journal, JournalMailbox *mailbox, GError **error);
gboolean journal_remove_mailbox (Journal *journal, gint64 id, GError **error); /* with all that hangs on it */
/* Nothing vouches for quiet any more: both sides of the mailbox (0: of all) are looked at as a whole. */
gboolean journal_end_quiet (Journal *journal, gint64 mailbox, GError **error);
/* *quiet: nothing of the mailbox waits in the journal (uploads, queue, holds, unmatched ones). */
gboolean journal_is_quiet (Journal *journal, gint64 mailbox, gboolean *quiet, GError **error);

/* Messages: the base. */
typedef enum
{
  JOURNAL_MESSAGE_STAGED,  /* the file is, synced, in tmp/ and may be visible already */
  JOURNAL_MESSAGE_PRESENT, /* both sides held it when last equal */
} JournalMessageState;

typedef struct
{
  gint64 id;
  gint64 mailbox;
  guint32 uid; /* nz, but after journal_clear_uids */
  JournalMessageState state;
  const char *base;       /* base name in the Maildir directory, unique within the mailbox */
  guint8 system;          /* flags of the base, MessageFlag bits */
  const char *keywords;   /* canonical set, "" for none */
  guint8 not_kept_system; /* flags set here that the server does not keep */
  const char *not_kept_keywords;
  guint64 size;        /* normalised (MessageIdentity.size) */
  guint64 remote_size; /* RFC822.SIZE as the server gave it; 0: unknown */
  guint64 file_size;   /* octets of the file when last known equal to the content */
  gint64 mtime_ns;     /* of the file then */
  gboolean has_digest;
  guint8 digest[32];    /* full digest */
  gint64 internal_date; /* seconds */
  const char *email_id; /* (nullable) EMAILID or X-GM-MSGID */
} JournalMessage;

/* Strings are valid during the call only. Ordered by base name. Must not write. FALSE stops. */
typedef gboolean (*JournalMessageFunc) (const JournalMessage *message, gpointer user_data);
gboolean journal_foreach_message (Journal *journal, gint64 mailbox, JournalMessageFunc func,
                                  gpointer user_data, GError **error);
/* Only those that are staged, only those that have \\Draft here: found without walking over the others. */
gboolean journal_foreach_staged (Journal *journal, gint64 mailbox, JournalMessageFunc func,
                                 gpointer user_data, GError **error);
gboolean journal_foreach_draft (Journal *journal, gint64 mailbox, JournalMessageFunc func, gpointer user_data,
                                GError **error);
/* Calls `func` with the one message of the mailbox that has the id, the UID or the base name, if any. */
gboolean journal_find_id (Journal *journal, gint64 mailbox, gint64 id, JournalMessageFunc func,
                          gpointer user_data, GError **error);
gboolean journal_find_uid (Journal *journal, gint64 mailbox, guint32 uid, JournalMessageFunc func,
                           gpointer user_data, GError **error);
gboolean journal_find_base (Journal *journal, gint64 mailbox, const char *base, JournalMessageFunc func,
                            gpointer user_data, GError **error);
/* *found: another present message of the account than `row` has this full digest (32 octets). */
gboolean
journal_find_digest (Journal *journal, const guint8 *digest, gint64 row, gboolean *found, GError **error);
gboolean journal_count_messages (Journal *journal, gint64 mailbox, guint *count, GError **error);
/* Inserts (id 0; *id is set). A row of the same mailbox with that uid or base name is an error. */
gboolean journal_add_message (Journal *journal, JournalMessage *message, GError **error);
/* Updates all columns by id, which must be there (so for the set functions below). */
gboolean journal_update_message (Journal *journal, const JournalMessage *message, GError **error);
/* Takes the UIDs from all messages of a mailbox before they get others (a new UIDVALIDITY), since a new UID
 * may be another's old one. Each row is then updated or removed within the same transaction. */
gboolean journal_clear_uids (Journal *journal, gint64 mailbox, GError **error);
gboolean journal_set_message_state (Journal *journal, gint64 id, JournalMessageState state, GError **error);
/* The same for the staged messages of a mailbox that were added through this handle one after the other, from
 * `first` to `last`: there must be `count` of them. */
gboolean journal_set_messages_present (Journal *journal, gint64 mailbox, gint64 first, gint64 last,
                                       guint count, GError **error);
gboolean journal_set_message_flags (Journal *journal, gint64 id, guint8 system, const char *keywords,
                                    guint8 not_kept_system, const char *not_kept_keywords, GError **error);
gboolean journal_set_message_base (Journal *journal, gint64 id, const char *base, GError **error);
gboolean
journal_set_message_stamps (Journal *journal, gint64 id, guint64 file_size, gint64 mtime_ns, GError **error);
gboolean journal_remove_message (Journal *journal, gint64 id, GError **error);
gboolean journal_remove_messages (Journal *journal, gint64 mailbox, GError **error); /* all of a mailbox */

/* Uploads begun and not confirmed (contract C2.1): what was sent and not answered. */
typedef struct
{
  gint64 id;
  gint64 mailbox;
  const char *base;
  gint64 replaces;     /* message id whose content this replaces, 0 for a new one */
  guint32 uidvalidity; /* at the time of the intent */
  guint32 uidnext;     /* last observed then: where a search in doubt begins; 0: from 1 */
  guint64 size;        /* normalised */
  guint64 wire_size;
  guint8 digest[32]; /* full */
  guint8 header_digest[32];
  const char *message_id; /* (nullable) */
  const char *date;       /* (nullable) the Date field */
  gint64 internal_date;
  guint8 system; /* flags of the file */
  const char *keywords;
  guint64 file_size;
  gint64 mtime_ns;
  guint attempts; /* times the server answered OK and did not show it afterwards */
} JournalUpload;

typedef gboolean (*JournalUploadFunc) (const JournalUpload *upload, gpointer user_data);
gboolean journal_foreach_upload (Journal *journal, gint64 mailbox, JournalUploadFunc func, gpointer user_data,
                                 GError **error);
gboolean journal_add_upload (Journal *journal, JournalUpload *upload, GError **error); /* id 0: *id is set */
gboolean journal_remove_upload (Journal *journal, gint64 id, GError **error);

/* \Deleted of others, taken off while a bare EXPUNGE runs on a server without UIDPLUS (contract C3.5). UIDs
 * as an IMAP set in text; NULL forgets. get: (transfer full) (nullable). */
gboolean journal_set_unmarked (Journal *journal, gint64 mailbox, guint32 uidvalidity, const char *uids,
                               GError **error);
char *journal_get_unmarked (Journal *journal, gint64 mailbox, guint32 *uidvalidity, GError **error);
