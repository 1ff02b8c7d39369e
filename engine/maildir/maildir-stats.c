#include "maildir-stats.h"

#include <errno.h>
#include <fcntl.h>

#define BATCH 2048
#define MANY 512 /* from here on, a second thread is worth its while */

struct _MaildirStats
{
  int fd;
  GStringChunk *names;
  GArray *files; /* of MaildirStat */
  gboolean asked;
};

typedef struct
{
  MaildirStats *stats;
  guint from, to;
} Range;

MaildirStats *
maildir_stats_new (int fd)
{
  MaildirStats *stats = g_new0 (MaildirStats, 1);

  stats->fd = fd;
  stats->names = g_string_chunk_new (64 * 1024);
  stats->files = g_array_new (FALSE, FALSE, sizeof (MaildirStat));
  return stats;
}

void
maildir_stats_free (MaildirStats *stats)
{
  g_string_chunk_free (stats->names);
  g_array_unref (stats->files);
  g_free (stats);
}

/* What was asked for has been taken. */
static void
begin_batch (MaildirStats *stats)
{
  if (!stats->asked)
    return;
  g_array_set_size (stats->files, 0);
  g_string_chunk_clear (stats->names);
  stats->asked = FALSE;
}

gboolean
maildir_stats_add (MaildirStats *stats, const char *name)
{
  MaildirStat file = { .error = 0 };

  begin_batch (stats);
  file.name = g_string_chunk_insert (stats->names, name);
  g_array_append_val (stats->files, file);
  return stats->files->len < BATCH;
}

static gpointer
ask_range (gpointer data)
{
  const Range *range = data;

  for (guint i = range->from; i < range->to; i++)
    {
      MaildirStat *file = &g_array_index (range->stats->files, MaildirStat, i);

      file->error = fstatat (range->stats->fd, file->name, &file->info, AT_SYMLINK_NOFOLLOW) < 0 ? errno : 0;
    }
  return NULL;
}

const GArray *
maildir_stats_ask (MaildirStats *stats)
{
  begin_batch (stats);

  const guint half = stats->files->len >= MANY ? stats->files->len / 2 : 0;
  Range first = { stats, 0, half }, second = { stats, half, stats->files->len };
  GThread *helper = half > 0 ? g_thread_try_new ("stat", ask_range, &first, NULL) : NULL;

  stats->asked = TRUE;
  if (helper == NULL)
    ask_range (&first);
  ask_range (&second);
  if (helper != NULL)
    g_thread_join (helper);
  return stats->files;
}
