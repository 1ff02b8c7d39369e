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
  int kept[MAILDIR_SYNCER_FEW]; /* of the open group, until it is large */
  guint n_added;                /* to the open group */
  int close_failure;            /* of the open group: errno, or 0 */
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
  for (guint i = 0; i < MIN (syncer->n_added, MAILDIR_SYNCER_FEW); i++)
    if (close (syncer->kept[i]) < 0)
      note_failure (&syncer->close_failure, errno);
}

static gboolean
is_large (const MaildirSyncer *syncer)
{
  return syncer->n_added > MAILDIR_SYNCER_FEW;
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
  if (syncer->whole_fd >= 0 && !is_large (syncer))
    close_kept (syncer);
  maildir_fd_close (syncer->whole_fd);
  g_cond_clear (&syncer->changed);
  g_mutex_clear (&syncer->mutex);
  g_free (syncer);
}

/* One more thread, when all have work. */
static void
see_to_threads (MaildirSyncer *syncer)
{
  GThread *thread = NULL;

  if (syncer->n_idle == 0 && syncer->n_threads < THREADS)
    thread = g_thread_try_new ("sync", work, syncer, NULL);
  if (thread != NULL)
    syncer->threads[syncer->n_threads++] = thread;
}

static void
hand_over (MaildirSyncer *syncer, int fd, gboolean whole)
{
  Job job = { fd, syncer->open, whole };

  g_mutex_lock (&syncer->mutex);
  syncer->groups[job.group].unfinished++;
  see_to_threads (syncer);
  if (syncer->n_threads == 0)
    end_job (syncer, &job, do_job (&job));
  else
    {
      while (syncer->n_jobs == MAILDIR_SYNCER_FILES)
        g_cond_wait (&syncer->changed, &syncer->mutex);
      syncer->jobs[(syncer->first_job + syncer->n_jobs++) % MAILDIR_SYNCER_FILES] = job;
      g_cond_broadcast (&syncer->changed);
    }
  g_mutex_unlock (&syncer->mutex);
}

/* What a syncfs may make durable is not synced before it is known whether there will be one. */
static void
keep (MaildirSyncer *syncer, int fd)
{
  if (syncer->n_added < MAILDIR_SYNCER_FEW)
    syncer->kept[syncer->n_added] = fd;
  else
    {
      if (!is_large (syncer))
        close_kept (syncer);
      if (close (fd) < 0)
        note_failure (&syncer->close_failure, errno);
    }
  syncer->n_added++;
}

void
maildir_syncer_add (MaildirSyncer *syncer, int fd)
{
  if (syncer->whole_fd >= 0)
    keep (syncer, fd);
  else
    hand_over (syncer, fd, FALSE);
}

static void
hand_over_kept (MaildirSyncer *syncer)
{
  if (is_large (syncer))
    hand_over (syncer, syncer->whole_fd, TRUE);
  else
    for (guint i = 0; i < syncer->n_added; i++)
      hand_over (syncer, syncer->kept[i], FALSE);
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
  syncer->open = (syncer->open + 1) % GROUPS;
  syncer->n_added = 0;
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
