/* What a Maildir (layout nested) holds, read without the engine's help. */
#pragma once

#include <glib.h>

typedef struct
{
  char *mailbox; /* its directory, "Work/2024" */
  char *path;
  char *flags;  /* "\\Flagged \\Seen work", sorted */
  char *mark;   /* the Subject */
  gint64 date;  /* mtime */
  GBytes *wire; /* the content with CRLF for each bare LF */
} LocalFile;

/* (transfer full) (element-type LocalFile): of all mailboxes, what is in cur/ and new/. */
GPtrArray *local_list (const char *maildir);

/* A new file in cur/ (in new/ without letters) with LF for CRLF. */
void local_write (const char *maildir, const char *mailbox, const char *base, const char *letters,
                  GBytes *body, gint64 date);
/* Gives the file other letters. */
void local_set_letters (const LocalFile *file, const char *letters);

/* (transfer full): the paths, sorted, a line each, and those of tmp/ too: nothing may change in it. */
char *local_snapshot (const char *maildir);

/* "\\Seen b a" as sorted words. (transfer full) */
char *sorted_words (const char *words);
/* (transfer full) the value of Subject, "" for none */
char *subject_of_body (GBytes *body);
