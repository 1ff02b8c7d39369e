/* What to do for one mailbox: three states in, operations out (contract C3). Pure: no GIO, no SQLite, no
 * clock.
 *
 * Order among operations: the array's order may always be followed. Between different messages none is
 * required; within one message (one row, or one base name) the array's order holds: PLAN_FORGET frees the
 * base name that an UPLOAD, PAIR or RELINK takes, RELINK and REPLACE go before the flags of their row. The
 * caller may apply them in any order that keeps this and PLAN_DELETE_REMOTE, PLAN_REMOVE_LOCAL and
 * PLAN_EXPUNGE_MARKED last, and after every undecided DOWNLOAD the undecided UPLOADs.
 *
 * What is not seen is taken as unchanged where a side is not complete: an operation may thus name a uid or a
 * file that is not there when it is applied. That one is left; the next plan follows from what is seen then.
 */
#pragma once

#include "../message/message-flags.h"
#include "../message/message-identity.h"

typedef struct
{
  gint64 row; /* journal id, > 0 */
  guint32 uid;
  const char *base;
  MessageFlags flags;
  MessageFlags not_kept; /* set here, not kept by the server */
  gboolean has_digest;
  MessageDigest digest;
  guint64 size; /* normalised */
} PlanBase;

typedef struct
{
  guint32 uid;
  MessageFlags flags;
  guint64 size;        /* RFC822.SIZE less other tools' lines; valid for UIDs that are not in the base */
  guint64 remote_size; /* RFC822.SIZE as it came; the plan does not look at it */
  gint64 internal_date;
  const char *email_id; /* (nullable) EMAILID or X-GM-MSGID of a new one; the plan does not look at it */
  const MessageIdentity
      *identity; /* (nullable) message_id, date, header; given for new ones while anything is new here */
  gboolean has_header_digest; /* identity->header is valid */
} PlanRemote;

typedef struct
{
  const char *base;
  MessageFlags flags; /* keywords without a letter already taken over from the base (contract C3.3) */
  gboolean replaced;  /* of a base row: other content now (contract C3.1) */
  const MessageIdentity *identity; /* of new and replaced ones; (nullable) otherwise */
} PlanLocal;

typedef struct
{
  const GArray *base;       /* of PlanBase, sorted by base name (strcmp), each once */
  const GArray *remote;     /* of PlanRemote, sorted by uid, each once */
  const GArray *local;      /* of PlanLocal, sorted by base name (strcmp), each once */
  gboolean remote_complete; /* FALSE: absence there means nothing (contract C1.2) */
  gboolean local_complete;
  gboolean offline;       /* remote is unknown: taken as unchanged, `remote` is not looked at */
  MessageFlags permanent; /* what the server keeps (no PERMANENTFLAGS: everything) ... */
  gboolean permanent_any; /* ... and \* : any keyword */
  gboolean expunge_marked;
  GHashTable
      *expunging; /* (nullable) set of UIDs that an earlier run was about to expunge for expunge_marked */
  MessageKeywordPool *pool;
} PlanInput;

typedef enum
{
  PLAN_FORGET,         /* row, base: gone on both sides, or gone there and replaced here: new then */
  PLAN_DOWNLOAD,       /* uid */
  PLAN_UPLOAD,         /* base: a new message here; with `flags`; what it has beyond is `not_kept` */
  PLAN_REPLACE,        /* row, uid, base: upload the new content with `flags`, then delete the old uid; the
                          row takes the new one. A LOCAL_FLAGS of the row may follow */
  PLAN_PAIR,           /* uid, base: equal on both sides; a row with `flags` (what both have) begins */
  PLAN_RELINK,         /* row, base: the same content under a new name here; `flags` are still the row's */
  PLAN_REMOTE_FLAGS,   /* row, uid, add, remove */
  PLAN_LOCAL_FLAGS,    /* row, base, add, remove */
  PLAN_BASE_FLAGS,     /* row, flags, not_kept: both sides agree already, the base follows */
  PLAN_DELETE_REMOTE,  /* row, uid */
  PLAN_REMOVE_LOCAL,   /* row, base */
  PLAN_EXPUNGE_MARKED, /* row, uid, base: \Deleted and expunge there, then remove here */

  /* Of the plans of several mailboxes: moves.h, follows.h. */
  PLAN_MOVE,   /* row, uid, base: move it there to the mailbox in which its file is now */
  PLAN_FOLLOW, /* row, uid, base: move its file to the mailbox in which it is there now */
  /* Likewise: copies.h, clones.h. */
  PLAN_COPY,  /* base: a new message here, which another one on the server is a copy of; as an UPLOAD */
  PLAN_CLONE, /* uid: a new message there, which another file here holds; as a DOWNLOAD */

  PLAN_REMOVE_SECOND, /* base: the server has this message once, and it has a file (second-files.h) */
} PlanKind;

typedef struct
{
  PlanKind kind;
  gint64 row;         /* 0: none */
  guint32 uid;        /* 0: none */
  const char *base;   /* (nullable); of the input's memory */
  MessageFlags flags; /* of the result: what the base will hold when all operations of its row are done */
  MessageFlags not_kept;
  MessageFlags add, remove;
  gboolean undecided; /* DOWNLOAD: may prove equal to a new local message once its full digest is known; the
                         UPLOADs with `undecided` wait for these (contract C2.2) */
} PlanOperation;

/* (transfer full) (element-type PlanOperation), grouped by kind in the enum's order.
 *
 * A row takes `flags` and `not_kept` when all its REPLACE, REMOTE_FLAGS and LOCAL_FLAGS are done; all carry
 * the same. Until then it keeps the flags it had, and the next plan finds what is left. A
 * refused-by-PERMANENTFLAGS flag goes to `not_kept`, not to `add`; one that the server has and does not let
 * go of is not asked for again. A PAIR whose sides differ in flags gets no further operations: the next plan
 * merges (union, from the intersection as base). */
GArray *plan_mailbox (const PlanInput *input);
