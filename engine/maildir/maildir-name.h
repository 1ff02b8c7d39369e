/* File names of messages in a Maildir: BASE[:2,LETTERS]. Pure. The info part begins at the last ":2," (or
 * what the account has for the colon) that has something before it.
 *
 * BASE is what a message keeps for life; LETTERS are flags in capitals (D F P R S T) and keywords a-z
 * (Dovecot's form, by the directory's dovecot-keywords file). Other letters, and a second comma as some
 * servers add
 * (":2,S,S=123"), are kept as they were found when a name is changed.
 */
#pragma once

#include "../message/message-flags.h"

typedef struct
{
  char *base;      /* before the info separator */
  guint8 system;   /* MessageFlag bits */
  guint32 letters; /* bit 0 is 'a' */
  char *other;     /* what else stood in the info part, "" mostly */
} MaildirName;

void maildir_name_clear (MaildirName *name);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (MaildirName, maildir_name_clear)

/* FALSE for what is no message: empty, a leading dot, a slash, longer than 255 octets. */
gboolean maildir_name_parse (const char *file_name, char separator, MaildirName *name);

/* For a scan, without an allocation: how many octets of the file name are its base ... */
gsize maildir_name_base_length (const char *file_name, char separator);
/* ... and what the letters behind "2," say; what else stood there is appended to `other` (nullable). */
void maildir_name_read_letters (const char *info, guint8 *system, guint32 *letters, GString *other);

/* (transfer full): BASE:2,LETTERS with letters in ASCII order, then `other`. */
char *
maildir_name_format (const char *base, char separator, guint8 system, guint32 letters, const char *other);

/* (transfer full): a base name that no delivery on this host has used:
 * seconds.MmicrosPpidQcounterRrandom.host, the host part made safe. `seconds` is a clock reading; randomness
 * is the process's own. */
char *maildir_name_generate (gint64 now_microseconds);
