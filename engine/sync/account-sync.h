/* The state of one account's sync, which the flows of this folder share, and the order in which they run.
 *
 *   sync-account.c    the whole: open, rounds of observe - plan - queue - apply, close
 *   open-local.c      lock, journal, Maildir, marker, what binds them to each other
 *   mailboxes.c match-mailboxes.c   which mailboxes there are: journal and directories, then LIST
 *   renamed-here.c renamed-there.c carry-renames.c traded-there.c trade-names.c trade-places.c gone-mailboxes.c
 *                     what became of those that are not where they were
 *   recover.c         what a crash left: staged files, flags taken off others' messages
 *   uploads-in-doubt.c   what was sent and not answered, settled before anything else
 *   observe-local.c   what the Maildir holds         observe-remote.c   what the server holds
 *   letters.c         what keyword letters say
 *   look-here.c observe-changes.c known.c   where little changed: only that, and the rows it concerns
 *   filling.c         where very much is new there: a portion after the other
 *   refresh.c rematch.c unmatched.c   the base paired afresh where its UIDs mean nothing any more
 *   plan-account.c    one plan a mailbox, holds over the account, the queue
 *   moves.c follows.c origins.c forgotten.c   what left one mailbox and came into another
 *   clones.c doubles.c arrived.c copies.c   what is new on one side and a copy of what the other holds
 *   download.c download-source.c download-lane.c lanes.c   what comes down, by one connection or several
 *   base.c move-here.c clone-here.c local-flags.c upload.c copy-there.c move-there.c remote-flags.c
 *   remove-local.c delete-remote.c   one kind of operation each
 *   gmail.c second-files.c remove-second.c   what labels make different
 *   explain.c         a plan in words, for --dry-run
 *   import-account.c   instead of all this, what is new in a POP3 maildrop: see import.h
 *
 * One thread owns an AccountSync, its session, its journal handle and its main context. Every flow returns
 * FALSE only when the account has to stop (link lost, disk full, journal broken); what one mailbox or message
 * refuses is reported as left and the flow goes on.
 */
#pragma once

#include "../imap/imap-batch.h"
#include "../journal/journal.h"
#include "../journal/journal-deletions.h"
#include "../journal/journal-queue.h"
#include "../maildir/maildir-attic.h"
#include "../maildir/maildir-delivery.h"
#include "../maildir/maildir-message.h"
#include "../maildir/maildir-scan.h"
#include "../maildir/maildir-watch.h"
#include "plan.h"
#include "report.h"

typedef struct _AccountSync AccountSync;

/* What the base says of a message beside what the plan needs; same index as its PlanBase. */
typedef struct
{
  guint64 remote_size; /* RFC822.SIZE as the server gave it; 0: unknown */
  guint64 file_size;   /* of the file when its content was last known */
  gint64 mtime_ns;
  gint64 internal_date;
  const char *email_id; /* (nullable) EMAILID or X-GM-MSGID */
  gboolean unseen;      /* no file here was found as this row knows it */
  gboolean relettered;  /* its file has not the letters of its keywords, which did not change: see letters.h */
} BaseFacts;

/* The content of a file that is new or replaced, and the file's stamp from before it was read. */
typedef struct
{
  MessageIdentity identity; /* first: PlanLocal.identity points here */
  MaildirFileStamp stamp;
} LocalContent;

/* What an earlier round of this run saw of a message on the server. */
typedef struct
{
  guint32 uid;
  guint8 system;        /* MessageFlag bits */
  const char *keywords; /* canonical set, owned by the pool */
  guint64 size;         /* RFC822.SIZE; of messages that are new */
  gint64 internal_date; /* likewise */
  const char *email_id; /* (nullable) likewise; owned by mailbox->email_ids */
} SeenThere;

/* One mailbox during one round. */
typedef struct
{
  AccountSync *account; /* unowned */
  JournalMailbox *row;
  MaildirBox *box;      /* (nullable) in a dry run of a mailbox without a directory */
  gboolean on_server;   /* LIST names it and it can be selected */
  gboolean due;         /* to be observed in this round */
  gboolean skipped;     /* damaged or refused: named, left alone */
  gboolean gone_here;   /* its directory was removed; in a dry run also: is still to be made */
  gboolean gone_there;  /* the server has it no more, which is believed */
  gboolean comes_there; /* in a dry run: it would be created there, and nothing is in it */
  gboolean read_only;   /* the server opens it for reading only */
  gboolean fewer_there; /* by its STATUS some are gone; until it is looked at */
  guint32 told_there;   /* messages by its STATUS; 0: not told */
  gboolean is_other;    /* SELECT showed another mailbox than the one that is known by this name */

  /* What earlier rounds of this run saw, as far as it differed from the base then. */
  guint64 since;           /* HIGHESTMODSEQ up to which `changes` and `gone` tell all; 0: nothing is known */
  GArray *changes;         /* of SeenThere: new messages, and those of other flags */
  GStringChunk *email_ids; /* EMAILIDs of what was new in this run */
  ImapUidSet *gone;        /* of the base, and not on the server any more */
  MaildirScan *earlier;    /* (nullable) the last look here: good while the directories stand still */
  GArray *unseen;          /* of gint64: journal ids of rows that it did not find as the base knows them */
  MaildirWatch *watch;     /* (nullable) tells what happened here since the last look */
  gboolean look_anew;      /* some file proved to be another than was thought: the directories are read */
  MaildirScan *all;        /* (nullable) all files, where one was not where its flags say */
  MaildirKeywords *letters_before; /* (nullable) not loaded yet: see letters.h */

  /* The observation and the plan: from observe to the end of the round. */
  GStringChunk *strings;
  gboolean whole;            /* all of the base is loaded; else what may matter, see plan-settled.h */
  guint n_known;             /* messages of the base */
  guint n_remote;            /* messages on the server */
  GArray *base;              /* of PlanBase, by base name */
  GArray *base_facts;        /* of BaseFacts */
  GHashTable *rows;          /* journal id -> index in base */
  GArray *local;             /* of PlanLocal, by base name */
  GArray *remote;            /* of PlanRemote, by UID */
  ImapUidSet *there;         /* of a look at all messages: the UIDs that the server named */
  MaildirScan *scan;         /* (nullable) */
  GPtrArray *local_contents; /* of LocalContent, owned */
  GPtrArray *remote_headers; /* of MessageIdentity, owned */
  gboolean local_complete, remote_complete;
  guint32 uidvalidity, uidnext;
  guint64 highestmodseq;
  gboolean listed;        /* all messages were asked for, not only what changed */
  gboolean fills;         /* of what is new there only a portion was listed: see filling.h */
  gboolean from_base;     /* what `remote` does not name is there as in the base, but for `gone` */
  const char *mailbox_id; /* (nullable) MAILBOXID */
  JournalRefresh refresh; /* why rematch.c has to pair the base before a plan; its UIDs are 0 until then */
  gboolean rematched;     /* it did so in this round */
  MessageFlags permanent;
  gboolean permanent_any;
  GArray *plan;        /* of PlanOperation */
  GHashTable *sources; /* uid of a PLAN_CLONE -> journal id (gint64) of the row whose file holds it */
  gboolean joined;     /* messages come to it by moves that other mailboxes' plans name */
  gboolean waits;      /* there was something to do, on either side */

  gboolean matching_told; /* in this run: how many were paired */
  guint32 filled_from;    /* in this run: where the last portion began */
  gboolean appends_alone; /* in this run: the server refused several messages in one command */
  const char *left_out;   /* (nullable) in this run: keywords without a letter that were named; of the pool */
  ImapUidSet *unguarded;  /* in this run: what a STORE with UNCHANGEDSINCE did not change */
  GHashTable *waited;     /* in this run: UIDs that were left to the next round, see clones.h */
  GHashTable *closed;     /* keys of operations that are not to be tried (again) in this run */
} MailboxSync;

/* What was done, for the line at the end. */
typedef struct
{
  guint downloaded, uploaded, moved, followed, copied, cloned, paired, flags, removed, deleted;
  guint mailboxes; /* created, renamed, deleted, on either side */
} Tally;

struct _AccountSync
{
  const Account *settings;
  Report report;
  GMainContext *context;
  GCancellable *cancellable;
  gboolean dry_run;
  const char *const *only; /* (nullable) mailboxes asked for */
  gboolean
      other_is_gone; /* beside these another one is, on some side: what is new may be that one, renamed */

  JournalLock *lock;
  Journal *journal;
  Maildir *maildir;
  MaildirMarker marker;
  MaildirAttic *attic; /* (nullable) keep-deleted=0 */
  gboolean generation_raised;
  Tally tally;
  guint n_queued_mailboxes; /* changes of mailboxes themselves in the queue */
  guint n_waiting;          /* operations of the last plan that were closed before in this run */
  ImapSession *session;     /* (nullable) offline */
  char *secret;             /* (nullable) for further connections */
  GPtrArray *lanes;         /* of ImapSession: further connections, see lanes.h */
  guint64 octets_ahead;     /* that the round's plan moves, up and down together */
  gboolean seeks_others;    /* mailboxes are to be brought together again: some is another */
  gboolean sought_others;   /* that was done in this run */
  gboolean refuses_ids;     /* a listing that asked for EMAILIDs was refused: not asked for any more */
  gboolean trusts_modseq;   /* CONDSTORE is offered, and was not found to be untrue */
  MessageKeywordPool *pool;
  char *trash_wire_name; /* (nullable) the mailbox marked \Trash, also one that is not synchronized */
  GPtrArray *mailboxes;  /* of MailboxSync, INBOX first */
  GHashTable *moved; /* journal id of a row whose message was moved here -> the MessageDigest of the new file,
                        whose upload has to come first; kept for the whole run */
  GHashTable
      *remote_moves; /* set of journal ids: gone on the server, and new there in another mailbox; likewise */
  gboolean unreadable;   /* some file could not be looked at: what is missing may lie behind it */
  guint undelivered;     /* messages the server lists and does not give */
  GPtrArray *unobserved; /* of char*: directories that may hold mail and are not looked at in this run */
  GPtrArray *sleeping;   /* of char*: directories of mailboxes that are not synchronized */
  GHashTable *uploaded;  /* set of MessageDigest: uploads confirmed in this run */
  GHashTable *foreign;   /* set of journal ids: files that came from another mailbox in this run (letters.h) */
  GHashTable *moves;     /* of this round's plan: journal id of a PLAN_MOVE's row -> Origin (moves.h) */
  GHashTable *follows;   /* likewise: journal id of a PLAN_FOLLOW's row -> Follow (follows.h) */
  GHashTable *copies;    /* likewise: PlanLocal of a PLAN_COPY's new file -> Copy (copies.h) */
  GHashTable *origins;   /* likewise: PlanLocal of a new file -> Origin (origins.h) */
};

MailboxSync *mailbox_sync_new (AccountSync *account, JournalMailbox *row);
void mailbox_sync_free (MailboxSync *mailbox);
/* Forgets observation and plan. */
void mailbox_sync_reset (MailboxSync *mailbox);

/* The index in base and base_facts of a journal row; it is there. */
guint mailbox_sync_row_index (MailboxSync *mailbox, gint64 row);

/* Where the message with this base name was at the last scan, or must be when nothing moved since. */
MaildirPlace mailbox_sync_place (MailboxSync *mailbox, const char *base);

/* The letters of the canonical set `keywords` in this mailbox; keywords without a letter have none. */
guint32 mailbox_sync_letters (MailboxSync *mailbox, const char *keywords);

/* TRUE when the server marks the mailbox so, e.g. "\\Trash". */
gboolean mailbox_sync_is (const MailboxSync *mailbox, const char *special_use);

/* Selects the mailbox and checks UIDVALIDITY against the observation (contract C8). *selected FALSE: it can't
 * be worked on now, which was reported. */
gboolean mailbox_sync_select (MailboxSync *mailbox, gboolean *selected, GError **error);

/* (nullable) the message of the observation with this UID. */
PlanRemote *mailbox_sync_lookup_remote (MailboxSync *mailbox, guint32 uid);
/* The same; it is there. */
const PlanRemote *mailbox_sync_find_remote (MailboxSync *mailbox, guint32 uid);

/* The new or replaced message here with this base name; it is there. */
const PlanLocal *mailbox_sync_find_local (MailboxSync *mailbox, const char *base);

/* Gives the space-separated keywords letters in the mailbox's file; what finds none stays on the server and
 * in the journal, and is said once a run. */
gboolean mailbox_sync_assign_letters (MailboxSync *mailbox, const char *keywords, GError **error);

/* Once a run, before the first change: the journal's generation, then the marker's (contract C1.6). */
gboolean account_sync_raise_generation (AccountSync *account, GError **error);

/* TRUE when the mailbox has a plan with such an operation in it. */
gboolean mailbox_sync_plans (const MailboxSync *mailbox, PlanKind kind);
/* TRUE when the operation is not to be tried (again) in this run. */
gboolean mailbox_sync_is_closed (MailboxSync *mailbox, const PlanOperation *operation);

/* The operation's key in the queue and in `closed`: "upload BASE", "flags UID". (transfer full) */
char *plan_operation_key (const PlanOperation *operation);
