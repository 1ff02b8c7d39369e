/* What each side of a case holds, in words that can be compared: by a client of the tests' own and by reading
 * the files, never by the engine. */
#pragma once

#include "sync-case.h"

/* One line a message, sorted: "INBOX a \Seen $Work", the content by its name (sync-content.h), the flags and
 * keywords sorted; a date that is not the content's own follows behind "@". A mailbox beyond the usual ones
 * has a line "mailbox NAME". (transfer full) */
GStrv sync_view_remote (SyncCase *sync);
GStrv sync_view_local (SyncCase *sync);

/* Everything that a run without work must leave alone: names, inodes, sizes, mtimes and ctimes of all files
 * and directories of the Maildir and the attic; UIDVALIDITY, UIDNEXT, flags and MODSEQ on the server.
 * (transfer full): one line each, sorted. */
GStrv sync_view_everything (SyncCase *sync);

/* (transfer full): the mailboxes that are subscribed, sorted. */
GStrv sync_view_subscribed (SyncCase *sync);

/* How many messages the attic keeps. */
guint sync_view_count_attic (SyncCase *sync);
/* (transfer full): the names in the mailboxes' tmp/, sorted. */
GStrv sync_view_tmp (SyncCase *sync);

/* (transfer full): the lines, sorted. */
GStrv sync_view_sort (const char *const *lines);

/* (transfer full) (nullable): what is in one and not in the other, a line each; NULL when they are equal. */
char *sync_view_compare (const char *name_a, GStrv a, const char *name_b, GStrv b);

/* A message file. */
typedef struct
{
  char *mailbox, *place; /* "cur" or "new" */
  char *file;            /* its name */
  char *path;
  char *content; /* its name */
  gint64 date;   /* mtime */
} SyncFile;

/* (transfer full) (element-type SyncFile): the message files of all local mailboxes, with freeing function.
 */
GPtrArray *sync_view_files (SyncCase *sync);

/* (transfer full): the path of the mailbox's directory; where it has none, of the one that a person would
 * make.
 */
char *sync_view_directory (SyncCase *sync, const char *mailbox);

/* (transfer full): the names of dovecot-keywords by their letter, 26 and NULL; "" where there is none. */
GStrv sync_view_keywords (SyncCase *sync, const char *mailbox);
