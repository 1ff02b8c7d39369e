#include "maildir-syncer.h"

#include <errno.h>
#include <unistd.h>

#define THREADS 4

struct _MaildirSyncer
{
  GThread *threads[THREADS]; /* (nullable) */
  gboolean is_started;

  GMutex mutex; /* for what follows */
  GCond changed;
  int files[MAILDIR_SYNCER_FILES]; /* the first `waiting` of them */
  guint waiting, at_work;
  int failure; /* errno of the first that failed; 0: none */
  gboolean ends;
};

/* errno, or 0. An error of fsync or close is final: the file is nobody's to sync again. */
static int
sync_and_close (int fd)
{
  int failure = fsync (fd) < 0 ? errno : 0;

  if (close (fd) < 0 && failure == 0)
    failure = errno;
  return failure;
}

static void
note_failure (MaildirSyncer *syncer, int failure)
{
  if (syncer->failure == 0)
    syncer->failure = failure;
}

static gpointer
work (gpointer user_data)
{
  MaildirSyncer *syncer = user_data;

  g_mutex_lock (&syncer->mutex);
  while (syncer->waiting > 0 || !syncer->ends)
    {
      int fd, failure;

      if (syncer->waiting == 0)
        {
          g_cond_wait (&syncer->changed, &syncer->mutex);
          continue;
        }
      fd = syncer->files[--syncer->waiting];
      syncer->at_work++;
      g_mutex_unlock (&syncer->mutex);
      failure = sync_and_close (fd);
      g_mutex_lock (&syncer->mutex);
      syncer->at_work--;
      note_failure (syncer, failure);
      g_cond_broadcast (&syncer->changed);
    }
  g_mutex_unlock (&syncer->mutex);
  return NULL;
}

MaildirSyncer *
maildir_syncer_new (void)
{
  MaildirSyncer *syncer = g_new0 (MaildirSyncer, 1);

  g_mutex_init (&syncer->mutex);
  g_cond_init (&syncer->changed);
  return syncer;
}

void
maildir_syncer_free (MaildirSyncer *syncer)
{
  g_mutex_lock (&syncer->mutex);
  syncer->ends = TRUE;
  g_cond_broadcast (&syncer->changed);
  g_mutex_unlock (&syncer->mutex);
  for (guint i = 0; i < THREADS; i++)
    if (syncer->threads[i] != NULL)
      g_thread_join (syncer->threads[i]);
  g_cond_clear (&syncer->changed);
  g_mutex_clear (&syncer->mutex);
  g_free (syncer);
}

static void
start_threads (MaildirSyncer *syncer)
{
  syncer->is_started = TRUE;
  for (guint i = 0; i < THREADS; i++)
    syncer->threads[i] = g_thread_try_new ("sync", work, syncer, NULL);
}

static gboolean
has_thread (const MaildirSyncer *syncer)
{
  for (guint i = 0; i < THREADS; i++)
    if (syncer->threads[i] != NULL)
      return TRUE;
  return FALSE;
}

void
maildir_syncer_add (MaildirSyncer *syncer, int fd)
{
  if (!syncer->is_started)
    start_threads (syncer);
  if (!has_thread (syncer))
    {
      note_failure (syncer, sync_and_close (fd));
      return;
    }
  g_mutex_lock (&syncer->mutex);
  while (syncer->waiting == MAILDIR_SYNCER_FILES)
    g_cond_wait (&syncer->changed, &syncer->mutex);
  syncer->files[syncer->waiting++] = fd;
  g_cond_broadcast (&syncer->changed);
  g_mutex_unlock (&syncer->mutex);
}

gboolean
maildir_syncer_wait (MaildirSyncer *syncer, int *cause)
{
  gboolean is_durable;

  g_mutex_lock (&syncer->mutex);
  while (syncer->waiting > 0 || syncer->at_work > 0)
    g_cond_wait (&syncer->changed, &syncer->mutex);
  is_durable = syncer->failure == 0;
  *cause = syncer->failure;
  syncer->failure = 0;
  g_mutex_unlock (&syncer->mutex);
  return is_durable;
}
