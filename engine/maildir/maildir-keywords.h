/* The keywords file of one mailbox directory, `dovecot-keywords` in Dovecot's form: lines "INDEX NAME", index
 * 0 to 25 standing for the letters a to z. Shared with other programs; lines we do not understand are kept.
 */
#pragma once

#include "../message/message-flags.h"

#include <gio/gio.h>

typedef struct
{
  char *names[26];  /* (nullable) each */
  gboolean present; /* FALSE: there is no file, so no letter has a meaning */
} MaildirKeywords;

void maildir_keywords_clear (MaildirKeywords *keywords);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (MaildirKeywords, maildir_keywords_clear)
/* The same of one that was allocated, with its memory. */
void maildir_keywords_free (MaildirKeywords *keywords);

/* At most 64 KiB is read; a larger, unreadable or non-regular file is an error, an absent one is not. */
gboolean maildir_keywords_read (int mailbox_fd, MaildirKeywords *keywords, GError **error);

/* From and to what stands in such a file: `keywords` was empty before. (transfer full) */
void maildir_keywords_parse (const char *content, MaildirKeywords *keywords);
char *maildir_keywords_to_string (const MaildirKeywords *keywords);

gboolean maildir_keywords_equal (const MaildirKeywords *a, const MaildirKeywords *b);

/* The letter index of `name` (ASCII case aside), or -1 (never a letter). */
int maildir_keywords_find (const MaildirKeywords *keywords, const char *name);

/* What the letters (bit 0 is 'a') stand for; a letter without a name means nothing. $Forwarded becomes its
 * bit. */
MessageFlags
maildir_keywords_to_flags (const MaildirKeywords *keywords, guint32 letters, MessageKeywordPool *pool);

/* The other way: the letters of the space-separated `names`; those without a letter have none. */
guint32 maildir_keywords_letters (const MaildirKeywords *keywords, const char *names);

/* Gives each of the space-separated `names` a letter where one is free, and writes the file (temporary file,
 * fsync, rename, directory fsync) when that changed it; what another program wrote meanwhile is read first
 * and kept. *left_out (transfer full) (nullable) names what found no letter, space-separated; NULL when all
 * did. */
gboolean maildir_keywords_assign (int mailbox_fd, MaildirKeywords *keywords, const char *names,
                                  char **left_out, GError **error);
