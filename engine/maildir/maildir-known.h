/* The files that a directory is known to hold, by their prints, while it is read: what is found as it is
 * known needs no further look. Some 16 octets a file, whatever its name. */
#pragma once

#include <glib.h>

typedef struct _MaildirKnown MaildirKnown;

/* (transfer full) */
MaildirKnown *maildir_known_new (void);
void maildir_known_free (MaildirKnown *known);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MaildirKnown, maildir_known_free)

/* Before the first look: positions count from 0. MESSAGE_PRINT_NONE is known, and never found. */
void maildir_known_add (MaildirKnown *known, guint64 print);

/* Nothing has been found yet. */
void maildir_known_begin (MaildirKnown *known);

typedef enum
{
  MAILDIR_KNOWN_NOT,
  MAILDIR_KNOWN_ONCE,
  MAILDIR_KNOWN_TWICE, /* and found before: two files of one name */
} MaildirKnownFound;

MaildirKnownFound maildir_known_find (MaildirKnown *known, guint64 print);
/* TRUE when maildir_known_find found the print at this position. */
gboolean maildir_known_was_found (const MaildirKnown *known, guint position);
