/* What becomes of a mailbox's files from here on, whoever does it (inotify): a look that was complete when
 * the watch began stays complete by what the watch saw since, and nothing has to be read again because this
 * program itself renamed or delivered something. */
#pragma once

#include "maildir-scan.h"

typedef struct _MaildirWatch MaildirWatch;

/* Follows `scan`, if nothing moved since and the kernel can watch. (transfer full) (nullable); must not
 * outlive the box. */
MaildirWatch *maildir_watch_new (MaildirBox *box, const MaildirScan *scan);
void maildir_watch_free (MaildirWatch *watch);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MaildirWatch, maildir_watch_free)

/* Brings `scan` up to date: every file that anything happened to is an entry, or gone. (transfer full)
 * (nullable): the base names of all these, a set of char*; NULL when something may have been missed: then the
 * directories have to be read, and `scan` is worth nothing. */
GHashTable *maildir_watch_follow (MaildirWatch *watch, MaildirScan *scan);
