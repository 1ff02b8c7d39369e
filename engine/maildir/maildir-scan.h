/* What a mailbox directory holds now, read while other programs rename and deliver.
 *
 * `new/` is read before `cur/`; a message moves only in that direction, so one that is renamed meanwhile is
 * seen once or twice, never missed; twice seen is once kept (the one in cur/). The keywords file is read
 * before and after; when it changed, or a directory's stat moved during the look, the look is repeated (at
 * most 5 times, then DAMAGED). Symbolic links, FIFOs, directories and names with a leading dot are no
 * messages. Two files of one base name in one mailbox are one message for us only when their content is
 * equal; the second is reported in `doubles`.
 */
#pragma once

#include "maildir.h"
#include "maildir-keywords.h"
#include "maildir-known.h"
#include "maildir-name.h"

typedef struct
{
  const char *base; /* owned by the scan */
  const char *file; /* file name within cur/ or new/; owned by the scan */
  gboolean in_new;
  guint8 system;   /* MessageFlag bits */
  guint32 letters; /* keyword letters */
  guint64 size;    /* octets of the file */
  gint64 mtime_ns;
  gint64 ctime_ns;
  guint64 inode; /* a hint where to look, never an identity (contract C2.4) */
} MaildirEntry;

/* A directory's stat, to tell later whether anything moved. */
typedef struct
{
  guint64 device, inode;
  gint64 mtime_ns, ctime_ns;
} MaildirStamp;

typedef struct
{
  GArray *entries;    /* of MaildirEntry, sorted by base (strcmp) */
  GPtrArray *others;  /* (element-type char*) names in new/ and cur/ that are no regular files */
  GPtrArray *doubles; /* (element-type char*) file names left out: a base name that was there twice */
  MaildirKeywords keywords;
  MaildirStamp new_stamp, cur_stamp, keywords_stamp; /* from before the look */
  gboolean racy; /* a directory had moved so lately that a later change may not show in its times */
  gboolean has_known_double; /* a known file was there twice, and is not in `doubles` */
  guint64 known_sum;         /* of all that was found as known: two looks that saw the same have one */
  GStringChunk *strings;
} MaildirScan;

/* (transfer full) (nullable) */
MaildirScan *maildir_scan (MaildirBox *box, GError **error);
/* The same, but `entries` are only those that `known` does not know; which of the known ones are there, it
 * tells afterwards. Memory follows what is not known. */
MaildirScan *
maildir_scan_changed (MaildirBox *box, MaildirKnown *known, MessageKeywordPool *pool, GError **error);
/* The directories as they are now, without a look into them: stamps and keywords, no entries. */
MaildirScan *maildir_scan_unread (MaildirBox *box, GError **error);
void maildir_scan_free (MaildirScan *scan);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MaildirScan, maildir_scan_free)

/* The entry with this base name, or NULL. */
const MaildirEntry *maildir_scan_find (const MaildirScan *scan, const char *base);

/* A second look (contract C1.2): TRUE when new/ and cur/ have not moved since the scan's stamps. */
gboolean maildir_scan_is_current (MaildirBox *box, const MaildirScan *scan);

/* What a later run compares to tell whether it has to read the directories at all: device, inode, mtime and
 * ctime of new/ and cur/, and the keywords file's, in text. (transfer full) (nullable): NULL where the times
 * can't be relied on: after a racy look, and on file systems that other machines write to. */
char *maildir_scan_mark (MaildirBox *box, const MaildirScan *scan);
/* The same of the directories as they are now. (transfer full) (nullable) */
char *maildir_box_mark (MaildirBox *box);

/* Where the message with this base name is now; reads the directories. GONE when nowhere. *file (transfer
 * full). */
gboolean maildir_box_find (MaildirBox *box, const char *base, char **file, gboolean *in_new, GError **error);
