/* A random history: what two sides of an account go through, step by step, from a seed that replays.
 *
 *   history.c           the list of steps, made from the seed
 *   history-name.c      names of mailboxes
 *   history-mail.c      messages that can be told apart, their flags as each side writes them
 *   history-world.c     an account of its own on a real server, a Maildir, and the program under test
 *   history-files.c     the Maildir as programs see it
 *   history-local.c     steps in the Maildir, as mutt, mu4e and notmuch take them
 *   history-remote.c    steps on the server, as another mail client takes them
 *   history-directories.c history-hierarchy.c   steps with mailboxes, here and there
 *   history-snapshot.c  everything that both sides hold
 *   history-model.c     what messages both sides may hold after what happened; knows nothing of the engine
 *   history-names.c     the same for mailboxes
 *   history-verdict.c   whether they do
 *   history-play.c      a history from its first step to its verdict
 *
 * A step names no message: it picks one by a hash of what is there, so that a history from which steps were
 * taken out still plays, and mostly plays the same.
 */
#pragma once

#include <glib.h>

typedef enum
{
  /* On the server. */
  HISTORY_APPEND,
  HISTORY_APPEND_AGAIN, /* the bytes of a message that is there */
  HISTORY_STORE,
  HISTORY_EXPUNGE,
  HISTORY_COPY,
  HISTORY_MOVE,
  HISTORY_CREATE,
  /* In the Maildir. */
  HISTORY_DELIVER,    /* into new/ */
  HISTORY_FCC,        /* into cur/ with flags */
  HISTORY_DUPLICATE,  /* the bytes of a message that is there, in the same mailbox */
  HISTORY_LOOK,       /* from new/ to cur/ */
  HISTORY_FLAG,       /* one letter more or less */
  HISTORY_KEYWORD,    /* the same for a keyword, by dovecot-keywords */
  HISTORY_UNLINK,     /* what mutt does after T */
  HISTORY_SAVE,       /* mutt: a new file in another mailbox, then unlink */
  HISTORY_SAVE_COPY,  /* the same without the unlink */
  HISTORY_RENAME,     /* mu4e: into another mailbox, the base name kept */
  HISTORY_RENAME_NEW, /* mu4e-change-filenames-when-moving */
  HISTORY_REBASE,     /* another base name in the same mailbox */
  HISTORY_EDIT,       /* a draft in place: written beside and renamed over */
  HISTORY_OVERWRITE,  /* a draft truly in place */
  HISTORY_MAKE,       /* a new mailbox with a message */
  /* The same message arrives on both sides by other ways. */
  HISTORY_ARRIVE_TWICE,
  /* What the program under test goes through. */
  HISTORY_SYNC,
  HISTORY_SYNC_TWICE,
  HISTORY_KILL,
  HISTORY_OFFLINE,
  HISTORY_RESTART,
  /* Mailboxes on the server. */
  HISTORY_CREATE_BELOW, /* in another one; with a message or none */
  HISTORY_DELETE_MAILBOX,
  HISTORY_CREATE_AGAIN,   /* deleted, and created again at once */
  HISTORY_RENAME_MAILBOX, /* with what is below it; into and out of another one too */
  HISTORY_EXCHANGE_THERE, /* names that others had: a swap, one after the other, the old name anew */
  /* Directories in the Maildir. */
  HISTORY_MAKE_BELOW,
  HISTORY_REMOVE_DIRECTORY, /* rm -rf */
  HISTORY_MAKE_AGAIN,
  HISTORY_MOVE_DIRECTORY, /* mv */
  HISTORY_EXCHANGE_HERE,
  /* `dovetail release`, where something is held. */
  HISTORY_RELEASE,
  HISTORY_RESTORE,
  /* Messages that go further than to the next mailbox. */
  HISTORY_MOVE_ON_THERE,   /* A to B to C */
  HISTORY_MOVE_BACK_THERE, /* A to B to A */
  HISTORY_COPY_ON_THERE,   /* copied into one mailbox, moved to another */
  HISTORY_RENAME_FLAGGED, /* mu4e: into another mailbox with another flag, under the same name or a new one */
  HISTORY_RENAME_ON,
  HISTORY_RENAME_BACK,
  HISTORY_COPY_ON,        /* copied into one mailbox, renamed into another */
  HISTORY_EXCHANGE_FILES, /* two files, each into the other's mailbox */
  HISTORY_RENAME_QUEUED,  /* one that waits to go up */
  HISTORY_RELETTER,       /* another program gives the letters of keywords other meanings */
  N_HISTORY_KINDS
} HistoryKind;

typedef struct
{
  guint id; /* unique in the history; new messages and mailboxes are named after it */
  HistoryKind kind;
  guint32 pick; /* which message, or at which step to kill */
  guint32 to;   /* which mailbox */
  guint32 bits; /* flags, and how the message looks */
  guint repeat; /* on so many messages, 1 mostly */
} HistoryStep;

typedef struct
{
  guint32 seed;
  gboolean with_mailboxes; /* they come and go and change names too */
  gboolean with_moves;     /* messages go further than to the next mailbox too */
  gboolean maildirpp;      /* layout */
  gboolean expunge;        /* delete=expunge */
  gboolean holds;          /* max-delete stays at its default; few deletions then */
  gboolean attic;
  GPtrArray *mailboxes; /* (element-type utf8) those the steps happen in at first; INBOX first */
  GArray *steps;        /* of HistoryStep */
} History;

typedef enum
{
  HISTORY_ANY_LAYOUT, /* as the seed has it */
  HISTORY_NESTED,
  HISTORY_MAILDIRPP,
} HistoryLayout;

typedef enum
{
  HISTORY_WITH_MAILBOXES = 1 << 0,
  HISTORY_WITH_MOVES = 1 << 1,
} HistoryExtras;

/* The same seed has the same steps with messages, whatever is added to them. */
History *history_new (guint32 seed, HistoryExtras extras, HistoryLayout layout);
void history_free (History *history);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (History, history_free)

const char *history_kind_name (HistoryKind kind);

/* Names of mailboxes. (nullable) (transfer none): one that may be deleted or renamed, with nothing to do with
 * `except` (nullable). */
const char *history_pick_name (const char *const *names, guint32 pick, const char *except);
gboolean history_name_has_children (const char *const *names, const char *name);
/* (transfer full) (nullable): what `name` is called after `from` and all below it became `to`; NULL: the
 * same. */
char *history_name_moved (const char *name, const char *from, const char *to);
/* (transfer full): one that nobody had, at the top or below another mailbox, new or there. */
char *history_new_name (const HistoryStep *step, const char *const *names, const char *from);

/* A number that only the pick and the text decide. */
guint32 history_hash (guint32 pick, const char *text);
