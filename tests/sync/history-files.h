/* The Maildir as other programs see it, read and changed by names alone. */
#pragma once

#include "history-world.h"

typedef struct
{
  char *mailbox;
  char *directory; /* of the mailbox */
  gboolean in_new;
  char *name; /* of the file */
  char *base;
  char *letters; /* after ":2," */
  char *token;
  GBytes *bytes; /* as they are */
  guint flags;
  char *others; /* keywords that are not the history's */
  gint64 mtime_ns;
} HistoryFile;

/* (transfer full) (element-type HistoryFile), sorted by mailbox, token and flags. */
GPtrArray *history_files_list (HistoryWorld *world);
/* (transfer full): the names of all local mailboxes, sorted. */
GStrv history_files_mailboxes (HistoryWorld *world);

/* (transfer full) */
char *history_files_directory (HistoryWorld *world, const char *mailbox);
char *history_file_path (const HistoryFile *file);

/* Makes cur/, new/ and tmp/ where they are not. */
void history_files_make_mailbox (HistoryWorld *world, const char *mailbox);

/* (transfer full): a base name that nobody has. */
char *history_files_new_base (HistoryWorld *world);

/* Written in tmp/, dated (seconds), moved into place. */
void history_files_write (HistoryWorld *world, const char *mailbox, const char *subdirectory,
                          const char *name, GBytes *bytes, gint64 mtime);

/* rename(2) to another name in a mailbox's cur/. */
void history_file_move (HistoryWorld *world, const HistoryFile *file, const char *mailbox, const char *name);

/* The names in the mailbox's dovecot-keywords change letters with each other. FALSE: there are less than two.
 */
gboolean history_files_rotate_keywords (HistoryWorld *world, const char *mailbox);

/* (transfer full): BASE:2,LETTERS; keywords by the mailbox's dovecot-keywords, which gets those it lacks. */
char *history_files_name (HistoryWorld *world, const char *mailbox, const char *base, guint flags);
