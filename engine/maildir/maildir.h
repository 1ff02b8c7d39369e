/* One account's Maildir: its root, its marker, its mailbox directories.
 *
 * All paths are resolved beneath the root's descriptor (openat2 RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS, or a
 * walk with O_NOFOLLOW), so no name can leave it. The root itself may be reached through symbolic links.
 * Nothing of it changes once it is open, so threads may share it; a MaildirBox belongs to one thread.
 *
 * The marker is the file `.dovetail` in the root: "dovetail 1\nid HEX\ngeneration N\n". It is the Maildir's
 * identity (contract C1.6), never inode or device.
 */
#pragma once

#include <gio/gio.h>
#include "../account/account.h"

#define MAILDIR_ERROR (maildir_error_quark ())
GQuark maildir_error_quark (void);
typedef enum
{
  MAILDIR_ERROR_NO_ROOT,   /* the root is missing or can't be opened: unmounted? */
  MAILDIR_ERROR_NO_MARKER, /* the root holds no marker */
  MAILDIR_ERROR_BUSY,      /* another process holds the root's lock; the message says which */
  MAILDIR_ERROR_DAMAGED,   /* a mailbox directory lacks cur/ or new/, is unreadable, or changed under our eyes
                            */
  MAILDIR_ERROR_NAME,      /* a mailbox name that can't be a directory */
  MAILDIR_ERROR_NO_SPACE,  /* ENOSPC, EDQUOT */
  MAILDIR_ERROR_GONE,      /* the message's file is not there (any more) */
  MAILDIR_ERROR_EXISTS,    /* a file of that name is there already: never replaced */
  MAILDIR_ERROR_IO,        /* anything else the file system said */
} MaildirError;

typedef struct _Maildir Maildir;

typedef struct
{
  char id[33]; /* 32 hexadecimal digits */
  guint64 generation;
} MaildirMarker;

/* Opens the root. With `create` a missing root is made (0700), parents too. Takes the root's lock (flock on
 * the marker or on `.dovetail.lock`) until freed; without `create`, a directory that never was a Maildir of
 * ours stays as it is, unlocked. (transfer full) (nullable) */
Maildir *maildir_open (const Account *account, gboolean create, GError **error);
/* The same without the lock, beside whoever holds it: for deliveries into a Maildir that another account
 * keeps, which need none. (transfer full) (nullable) */
Maildir *maildir_open_beside (const Account *account, gboolean create, GError **error);
void maildir_free (Maildir *maildir);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Maildir, maildir_free)

/* NO_MARKER when there is none, IO when it can't be understood. */
gboolean maildir_read_marker (Maildir *maildir, MaildirMarker *marker, GError **error);
/* Durable: temporary file, fsync, rename, directory fsync. */
gboolean maildir_write_marker (Maildir *maildir, const MaildirMarker *marker, GError **error);
/* TRUE when the root holds nothing that looks like mail (no mailbox directory): safe to start on. */
gboolean maildir_is_empty (Maildir *maildir);

/* The directory, relative to the root ("" is the root itself), that `mailbox` (UTF-8, "/" between levels,
 * INBOX in capitals) gets by contract C6.5 and C6.6: components NFC, percent-escaped, hashed where too long.
 * Reversible by maildir_mailbox_for_directory but for hashed names. (transfer full), or NULL with
 * MAILDIR_ERROR_NAME. Pure. */
char *maildir_directory_for_mailbox (AccountLayout layout, const char *mailbox, GError **error);
/* (transfer full) (nullable): NULL for a directory that is no mailbox's, or a hashed one. Pure. */
char *maildir_mailbox_for_directory (AccountLayout layout, const char *directory);
/* The same for a directory that a person made and named in another way than this program would: decomposed,
 * with a "%" that escapes nothing, "Inbox". (transfer full) (nullable). Pure. */
char *maildir_mailbox_for_foreign_directory (AccountLayout layout, const char *directory);
/* TRUE when `directory` is one of the two that `mailbox` may get, the plain and the hashed. Pure. */
gboolean maildir_is_directory_of (AccountLayout layout, const char *directory, const char *mailbox);
/* For a name that folds (NFC, case) onto another's directory: the same with "%~" and a hash. (transfer full)
 */
char *maildir_directory_hashed (AccountLayout layout, const char *mailbox, GError **error);
/* TRUE when a component is a hashed one: the file `.dovetail-name` in the directory holds the full name.
 * Pure. */
gboolean maildir_directory_is_hashed (const char *directory);
/* The key by which names fold onto one directory: NFC and case folded. (transfer full) */
char *maildir_directory_fold (const char *directory);

/* The relative directories that hold cur/ (contract C6.4). (transfer full) sorted, NULL-terminated. Symbolic
 * links to directories below the root are not followed. An unreadable directory is an error, not an absence.
 */
char **maildir_list_directories (Maildir *maildir, GError **error);

/* TRUE when there is something of this name, a mailbox or not. */
gboolean maildir_has_directory (Maildir *maildir, const char *directory);
/* The inode of a mailbox's cur/: a hint whether it is the same one as before, no more (contract C2.4). 0: none.
 */
guint64 maildir_cur_inode (Maildir *maildir, const char *directory);

typedef struct _MaildirBox MaildirBox;

/* Opens a mailbox directory; with `create` makes it and cur/ new/ tmp/ (0700), durably, and for a hashed name
 * the file `.dovetail-name` that holds `mailbox` (NAME when it holds another's). DAMAGED when cur/ or new/ is
 * missing or something on the way is no directory, with `create` too; tmp/ is made when missing. GONE when
 * there is no directory at all, or neither cur/ nor new/ but something else in it: only that is a mailbox
 * that somebody removed. (An empty directory may be a mount point; a symbolic link in a mailbox's place is
 * left out by maildir_list_directories: both are DAMAGED here.) (transfer
 * full) (nullable). The box must not outlive the maildir. */
MaildirBox *maildir_box_open (Maildir *maildir, const char *directory, const char *mailbox, gboolean create,
                              GError **error);
void maildir_box_free (MaildirBox *box);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MaildirBox, maildir_box_free)

/* The full name that `.dovetail-name` gives for a hashed directory; NAME when it is not this directory's.
 * (transfer full) */
char *maildir_read_full_name (Maildir *maildir, const char *directory, GError **error);

/* Gives a mailbox directory another place, durably, with all that lies below it (in `nested` the children
 * too); parents are made. A hashed `to` gets its `.dovetail-name`. EXISTS when something is there already.
 * Open boxes stay valid, but for the path in their messages. */
gboolean maildir_rename_mailbox (Maildir *maildir, const char *from, const char *to, const char *mailbox,
                                 GError **error);
/* Removes the directory of a mailbox without messages: cur/ new/ tmp/, the keywords file and what is this
 * program's own, then the directory itself where nothing else is in it (contract C6.3: never recursively).
 * What was begun and interrupted is finished. *removed FALSE: cur/ or new/ holds something; it stays a
 * mailbox. The root and what is missing already are left as they are. */
gboolean maildir_remove_mailbox (Maildir *maildir, const char *directory, gboolean *removed, GError **error);

int maildir_box_get_fd (MaildirBox *box); /* the mailbox directory's descriptor; owned by the box */
char maildir_box_get_separator (MaildirBox *box);
