#include "maildir-syncer.h"
#include "maildir-file.h"

#include <errno.h>
#include <unistd.h>

#define THREADS 4
#define GROUPS 2 /* the open one and the sealed one */

/* One thing that a thread does. */
typedef struct
{
  int fd;         /* to be synced and closed; of `whole_fd` when the group is made durable at once */
  guint group;    /* index */
  gboolean whole; /* syncfs; the descriptor stays open */
} Job;

typedef struct
{
  guint unfinished; /* jobs */
  int failure;      /* errno of the first that failed; 0: none */
} Group;

struct _MaildirSyncer
{
  MaildirFd whole_fd;

  /* The owner's. */
  guint open; /* index of the open group */
  gboolean is_sealed;
  int kept[MAILDIR_SYNCER_FEW]; /* of the open group: not handed over yet */
  guint n_kept;
  gboolean is_whole; /* the open group is large: syncfs will do, its files are closed already */
  int close_failure; /* of the open group: errno, or 0 */
  GThread *threads[THREADS];
  guint n_threads;

  GMutex mutex; /* for what follows */
  GCond changed;
  Job jobs[MAILDIR_SYNCER_FILES]; /* a ring: `n_jobs` from `first_job` on are waiting */
  guint first_job, n_jobs;
  guint n_idle; /* threads */
  Group groups[GROUPS];
  gboolean ends;
};

static void
note_failure (int *failure, int cause)
{
  if (*failure == 0)
    *failure = cause;
}

/* errno, or 0. An error of fsync or close is final: the file is nobody's to sync again. */
static int
do_job (const Job *job)
{
  int failure;

  if (job->whole)
    return syncfs (job->fd) < 0 ? errno : 0;
  failure = fsync (job->fd) < 0 ? errno : 0;
  if (close (job->fd) < 0)
    note_failure (&failure, errno);
  return failure;
}

/* With the mutex held. */
static void
end_job (MaildirSyncer *syncer, const Job *job, int failure)
{
  Group *group = &syncer->groups[job->group];

  note_failure (&group->failure, failure);
  group->unfinished--;
  g_cond_broadcast (&syncer->changed);
}

/* With the mutex held, but for the work itself. */
static void
take_job (MaildirSyncer *syncer)
{
  Job job = syncer->jobs[syncer->first_job];
  int failure;

  syncer->first_job = (syncer->first_job + 1) % MAILDIR_SYNCER_FILES;
  syncer->n_jobs--;
  g_cond_broadcast (&syncer->changed);
  g_mutex_unlock (&syncer->mutex);
  failure = do_job (&job);
  g_mutex_lock (&syncer->mutex);
  end_job (syncer, &job, failure);
}

static gpointer
work (gpointer user_data)
{
  MaildirSyncer *syncer = user_data;

  g_mutex_lock (&syncer->mutex);
  while (syncer->n_jobs > 0 || !syncer->ends)
    if (syncer->n_jobs > 0)
      take_job (syncer);
    else
      {
        syncer->n_idle++;
        g_cond_wait (&syncer->changed, &syncer->mutex);
        syncer->n_idle--;
      }
  g_mutex_unlock (&syncer->mutex);
  return NULL;
}

MaildirSyncer *
maildir_syncer_new (int whole_fd)
{
  MaildirSyncer *syncer = g_new0 (MaildirSyncer, 1);

  syncer->whole_fd = whole_fd;
  g_mutex_init (&syncer->mutex);
  g_cond_init (&syncer->changed);
  return syncer;
}

static void
close_kept (MaildirSyncer *syncer)
{
  for (guint i = 0; i < syncer->n_kept; i++)
    if (close (syncer->kept[i]) < 0)
      note_failure (&syncer->close_failure, errno);
  syncer->n_kept = 0;
}

void
maildir_syncer_free (MaildirSyncer *syncer)
{
  g_mutex_lock (&syncer->mutex);
  syncer->ends = TRUE;
  g_cond_broadcast (&syncer->changed);
  g_mutex_unlock (&syncer->mutex);
  for (guint i = 0; i < syncer->n_threads; i++)
    g_thread_join (syncer->threads[i]);
  close_kept (syncer);
  maildir_fd_close (syncer->whole_fd);
  g_cond_clear (&syncer->changed);
  g_mutex_clear (&syncer->mutex);
  g_free (syncer);
}

/* As many as have work, at most. */
static void
see_to_threads (MaildirSyncer *syncer, guint n_jobs)
{
  for (guint i = syncer->n_idle; i < n_jobs && syncer->n_threads < THREADS; i++)
    {
      GThread *thread = g_thread_try_new ("sync", work, syncer, NULL);

      if (thread == NULL)
        return;
      syncer->threads[syncer->n_threads++] = thread;
    }
}

/* With the mutex held. */
static void
hand_over (MaildirSyncer *syncer, int fd)
{
  Job job = { fd, syncer->open, syncer->is_whole };

  syncer->groups[job.group].unfinished++;
  while (syncer->n_threads > 0 && syncer->n_jobs == MAILDIR_SYNCER_FILES)
    g_cond_wait (&syncer->changed, &syncer->mutex);
  if (syncer->n_threads > 0)
    syncer->jobs[(syncer->first_job + syncer->n_jobs++) % MAILDIR_SYNCER_FILES] = job;
  else
    end_job (syncer, &job, do_job (&job));
}

static void
hand_over_kept (MaildirSyncer *syncer)
{
  g_mutex_lock (&syncer->mutex);
  see_to_threads (syncer, syncer->is_whole ? 1 : syncer->n_kept);
  if (syncer->is_whole)
    hand_over (syncer, syncer->whole_fd);
  for (guint i = 0; i < syncer->n_kept; i++)
    hand_over (syncer, syncer->kept[i]);
  g_cond_broadcast (&syncer->changed);
  g_mutex_unlock (&syncer->mutex);
  syncer->n_kept = 0;
}

/* Some are kept: it is not known yet whether a syncfs will do, and to wake a thread for each would cost more
 * than a small file itself. */
void
maildir_syncer_add (MaildirSyncer *syncer, int fd)
{
  if (syncer->n_kept == MAILDIR_SYNCER_FEW)
    {
      syncer->is_whole = syncer->whole_fd >= 0;
      if (syncer->is_whole)
        close_kept (syncer);
      else
        hand_over_kept (syncer);
    }
  syncer->kept[syncer->n_kept++] = fd;
  if (syncer->is_whole)
    close_kept (syncer);
}

void
maildir_syncer_seal (MaildirSyncer *syncer)
{
  g_return_if_fail (!syncer->is_sealed);

  hand_over_kept (syncer);
  g_mutex_lock (&syncer->mutex);
  note_failure (&syncer->groups[syncer->open].failure, syncer->close_failure);
  g_mutex_unlock (&syncer->mutex);
  syncer->is_sealed = TRUE;
  syncer->is_whole = FALSE;
  syncer->open = (syncer->open + 1) % GROUPS;
  syncer->close_failure = 0;
}

static Group *
sealed_group (MaildirSyncer *syncer)
{
  return &syncer->groups[(syncer->open + 1) % GROUPS];
}

gboolean
maildir_syncer_is_busy (MaildirSyncer *syncer)
{
  gboolean is_busy;

  g_mutex_lock (&syncer->mutex);
  is_busy = sealed_group (syncer)->unfinished > 0;
  g_mutex_unlock (&syncer->mutex);
  return is_busy;
}

gboolean
maildir_syncer_wait (MaildirSyncer *syncer, int *cause)
{
  Group *group = sealed_group (syncer);

  g_return_val_if_fail (syncer->is_sealed, FALSE);

  g_mutex_lock (&syncer->mutex);
  while (group->unfinished > 0)
    g_cond_wait (&syncer->changed, &syncer->mutex);
  *cause = group->failure;
  group->failure = 0;
  g_mutex_unlock (&syncer->mutex);
  syncer->is_sealed = FALSE;
  return *cause == 0;
}
