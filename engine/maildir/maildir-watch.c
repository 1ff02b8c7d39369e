/* The kernel queues an event for each change while it holds the directory locked. Whoever then reads a bit of
 * the directory has waited for those who were inside, and finds their events in the queue. */
#include "maildir-watch.h"

#include "maildir-box.h"
#include "maildir-scan-private.h"

#include <errno.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#define EVENTS                                                                                               \
  (IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_MODIFY | IN_ATTRIB | IN_DELETE_SELF |            \
   IN_MOVE_SELF | IN_ONLYDIR)
#define LOST (IN_Q_OVERFLOW | IN_IGNORED | IN_UNMOUNT)
#define QUEUE_SIZE (64 * 1024)
#define TRIES 5

struct _MaildirWatch
{
  MaildirBox *box;
  MaildirFd fd;
  int new_id, cur_id;
  GHashTable *names[2]; /* sets of char*: file names in cur/, in new/ that something happened to */
  gboolean lost;        /* something was not told */
};

static int
watch_part (MaildirWatch *watch, gboolean in_new)
{
  /* By the open descriptor: a path could meanwhile lead elsewhere. */
  g_autofree char *path = g_strdup_printf ("/proc/self/fd/%d", maildir_box_get_part (watch->box, in_new));

  return inotify_add_watch (watch->fd, path, EVENTS);
}

MaildirWatch *
maildir_watch_new (MaildirBox *box, const MaildirScan *scan)
{
  g_autoptr (MaildirWatch) watch = g_new0 (MaildirWatch, 1);
  g_autofree char *then = maildir_scan_mark (box, scan);
  g_autofree char *now = NULL;

  watch->box = box;
  watch->fd = inotify_init1 (IN_NONBLOCK | IN_CLOEXEC);
  for (guint i = 0; i < G_N_ELEMENTS (watch->names); i++)
    watch->names[i] = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  if (then == NULL || watch->fd < 0 || (watch->new_id = watch_part (watch, TRUE)) < 0 ||
      (watch->cur_id = watch_part (watch, FALSE)) < 0)
    return NULL;
  now = maildir_box_mark (box);
  return g_strcmp0 (then, now) == 0 ? g_steal_pointer (&watch) : NULL;
}

void
maildir_watch_free (MaildirWatch *watch)
{
  maildir_fd_close (watch->fd);
  for (guint i = 0; i < G_N_ELEMENTS (watch->names); i++)
    g_hash_table_unref (watch->names[i]);
  g_free (watch);
}

static void
take_event (MaildirWatch *watch, const struct inotify_event *event)
{
  gboolean in_new = event->wd == watch->new_id;

  if ((event->mask & LOST) != 0 || (event->mask & (IN_DELETE_SELF | IN_MOVE_SELF)) != 0)
    watch->lost = TRUE;
  else if (event->len > 0 && *event->name != '.')
    g_hash_table_add (watch->names[in_new], g_strdup (event->name));
}

static void
take_events (MaildirWatch *watch)
{
  g_autofree char *queue = g_malloc (QUEUE_SIZE);
  gssize length = -1;

  errno = EAGAIN;
  while (!watch->lost && (length = read (watch->fd, queue, QUEUE_SIZE)) > 0)
    for (gssize next = 0; next < length;)
      {
        const struct inotify_event *event = (const struct inotify_event *)(const void *)(queue + next);

        take_event (watch, event);
        next += (gssize)(sizeof *event + event->len);
      }
  watch->lost |= length == 0 || (length < 0 && errno != EAGAIN);
}

static gboolean
wait_for_others (MaildirBox *box, gboolean in_new)
{
  DIR *directory = maildir_file_list (maildir_box_get_part (box, in_new));
  gboolean done;

  if (directory == NULL)
    return FALSE;
  errno = 0;
  done = readdir (directory) != NULL || errno == 0;
  closedir (directory);
  return done;
}

/* Until the directories' times are old enough for a later change to show in them: all up to then is told. */
static gboolean
catch_up (MaildirWatch *watch, MaildirScan *scan)
{
  for (guint tries = 0; tries < TRIES && !watch->lost; tries++)
    {
      gint64 fresh_us = maildir_scan_take_stamps (watch->box, scan);

      if (!wait_for_others (watch->box, TRUE) || !wait_for_others (watch->box, FALSE))
        return FALSE;
      take_events (watch);
      scan->racy = fresh_us > 0;
      if (fresh_us == 0 && maildir_scan_is_current (watch->box, scan))
        return !watch->lost;
      /* Nobody waits for a clock that counts whole seconds. */
      if (fresh_us > MAILDIR_GRAIN_US)
        return !watch->lost;
      g_usleep ((gulong)fresh_us);
    }
  return FALSE;
}

/* Letters that meant something still mean the same. */
static gboolean
follow_keywords (MaildirBox *box, MaildirScan *scan)
{
  g_auto (MaildirKeywords) now = { 0 };

  if (!maildir_keywords_read (box->fd, &now, NULL))
    return FALSE;
  for (guint i = 0; i < G_N_ELEMENTS (now.names); i++)
    if (scan->keywords.names[i] != NULL && g_strcmp0 (scan->keywords.names[i], now.names[i]) != 0)
      return FALSE;
  maildir_keywords_clear (&scan->keywords);
  scan->keywords = now;
  now = (MaildirKeywords){ .present = FALSE };
  return TRUE;
}

/* (transfer full): the set of base names of all that was told. */
static GHashTable *
collect_bases (const MaildirWatch *watch)
{
  GHashTable *bases = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  for (guint i = 0; i < G_N_ELEMENTS (watch->names); i++)
    {
      GHashTableIter iter;
      gpointer name;

      g_hash_table_iter_init (&iter, watch->names[i]);
      while (g_hash_table_iter_next (&iter, &name, NULL))
        g_hash_table_add (bases, g_strndup (name, maildir_name_base_length (name, watch->box->separator)));
    }
  return bases;
}

/* What the names are now; none was added that is not there any more. */
static gboolean
add_present (MaildirWatch *watch, MaildirScan *scan)
{
  for (guint i = 0; i < G_N_ELEMENTS (watch->names); i++)
    {
      GHashTableIter iter;
      gpointer name;

      g_hash_table_iter_init (&iter, watch->names[i]);
      while (g_hash_table_iter_next (&iter, &name, NULL))
        if (!maildir_scan_add_file (watch->box, scan, name, i == 1))
          return FALSE;
    }
  return TRUE;
}

GHashTable *
maildir_watch_follow (MaildirWatch *watch, MaildirScan *scan)
{
  g_autoptr (GHashTable) bases = NULL;

  if (!maildir_box_check (watch->box, NULL) || !catch_up (watch, scan) || !follow_keywords (watch->box, scan))
    return NULL;
  bases = collect_bases (watch);
  maildir_scan_drop (scan, bases);
  /* A change meanwhile is told by the next call: what it concerns is looked at again then. */
  if (!add_present (watch, scan) || !maildir_scan_sort (scan))
    return NULL;
  return g_steal_pointer (&bases);
}
