/* What the file system says of many files of one directory: where they are many, two threads ask, since the
 * kernel answers them side by side. Bounded: a batch is filled, asked for, and taken. */
#pragma once

#include <glib.h>
#include <sys/stat.h>

typedef struct
{
  const char *name; /* in the directory */
  int error;        /* errno; 0: `info` is the file's, symbolic links not followed */
  struct stat info;
} MaildirStat;

typedef struct _MaildirStats MaildirStats;

/* The directory's descriptor stays the caller's. (transfer full) */
MaildirStats *maildir_stats_new (int fd);
void maildir_stats_free (MaildirStats *stats);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MaildirStats, maildir_stats_free)

/* FALSE: the batch is full now. */
gboolean maildir_stats_add (MaildirStats *stats, const char *name);
/* Asks for all that were added: (transfer none) (element-type MaildirStat) in the order they came in, until
 * the next name is added, which begins another batch. */
const GArray *maildir_stats_ask (MaildirStats *stats);
