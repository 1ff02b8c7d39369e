/* Two locks, both flock on files of their own, so that they end with the process and never meet SQLite's.
 *
 * `lock` is the account's: one process works on it. `handles` is shared by the handles that write: whoever
 * opens the journal while no other does is alone with it, and only then is a left-over WAL the sign of an
 * unclean end, and only then may a damaged file be moved away. Neither file is ever removed: a lock on a
 * removed name protects nothing.
 */
#include "journal-private.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

struct _JournalLock
{
  int fd;
};

static void
set_errno_error (const char *path, const char *what, GError **error)
{
  int cause = errno;

  g_set_error (error, JOURNAL_ERROR, JOURNAL_ERROR_IO, "%s: %s: %s", path, what, g_strerror (cause));
}

gboolean
journal_make_state_dir (const char *state_dir, GError **error)
{
  struct stat status;

  if (g_mkdir_with_parents (state_dir, 0700) != 0 || stat (state_dir, &status) != 0)
    {
      set_errno_error (state_dir, "can't make the directory of the account's state", error);
      return FALSE;
    }
  if ((status.st_mode & 077) != 0 && chmod (state_dir, 0700) != 0)
    {
      set_errno_error (state_dir, "others have access to it, and that can't be changed", error);
      return FALSE;
    }
  return TRUE;
}

static int
open_lock_file (const char *path, GError **error)
{
  int fd = open (path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

  if (fd < 0)
    set_errno_error (path, "can't open", error);
  return fd;
}

static int
flock_restarting (int fd, int operation)
{
  int result;

  do
    result = flock (fd, operation);
  while (result != 0 && errno == EINTR);
  return result;
}

/* What the file says: whoever was killed is still in it. */
static gint64
read_holder (int fd)
{
  char text[24] = "";
  gssize length = pread (fd, text, sizeof text - 1, 0);

  return length > 0 ? g_ascii_strtoll (text, NULL, 10) : 0;
}

static void
set_busy_error (const char *path, int fd, GError **error)
{
  gint64 holder = read_holder (fd);
  g_autofree char *name =
      holder > 0 ? g_strdup_printf ("process %" G_GINT64_FORMAT, holder) : g_strdup ("a process just begun");

  g_set_error (error, JOURNAL_ERROR, JOURNAL_ERROR_BUSY,
               "%s: another dovetail (%s) is working on this account; try again when it is done", path, name);
}

/* For the other's message only, so that a full disk does no harm here. */
static void
write_holder (int fd)
{
  g_autofree char *text = g_strdup_printf ("%ld\n", (long)getpid ());

  if (ftruncate (fd, 0) != 0 || pwrite (fd, text, strlen (text), 0) < 0)
    g_debug ("lock: can't write the process id: %s", g_strerror (errno));
}

JournalLock *
journal_lock (const char *state_dir, GError **error)
{
  g_autofree char *path = g_build_filename (state_dir, "lock", NULL);

  if (!journal_make_state_dir (state_dir, error))
    return NULL;

  g_autoptr (JournalLock) lock = g_new0 (JournalLock, 1);
  lock->fd = open_lock_file (path, error);
  if (lock->fd < 0)
    return NULL;
  if (flock_restarting (lock->fd, LOCK_EX | LOCK_NB) != 0)
    {
      if (errno == EWOULDBLOCK)
        set_busy_error (path, lock->fd, error);
      else
        set_errno_error (path, "can't lock", error);
      close (lock->fd);
      lock->fd = -1;
      return NULL;
    }
  write_holder (lock->fd);
  return g_steal_pointer (&lock);
}

void
journal_unlock (JournalLock *lock)
{
  if (lock == NULL)
    return;
  if (lock->fd >= 0)
    {
      /* Unlocked by word: a child between fork and exec may share the descriptor and outlive our close. */
      if (ftruncate (lock->fd, 0) != 0 || flock (lock->fd, LOCK_UN) != 0)
        g_debug ("lock: can't release: %s", g_strerror (errno));
      close (lock->fd);
    }
  g_free (lock);
}

/* The kernel's list: "2: FLOCK  ADVISORY  WRITE PID MAJOR:MINOR:INODE 0 EOF". The device there need not be
 * what stat names (btrfs), so that process and inode decide. */
static gboolean
is_locked_by (gint64 holder, ino_t inode)
{
  g_autofree char *list = NULL;
  g_autofree char *pid = g_strdup_printf (" %" G_GINT64_FORMAT " ", holder);
  g_autofree char *file = g_strdup_printf (":%" G_GUINT64_FORMAT " ", (guint64)inode);
  g_auto (GStrv) lines = NULL;

  if (!g_file_get_contents ("/proc/locks", &list, NULL, NULL))
    return FALSE;
  lines = g_strsplit (list, "\n", -1);
  for (guint i = 0; lines[i] != NULL; i++)
    if (strstr (lines[i], " FLOCK ") != NULL && strstr (lines[i], pid) != NULL &&
        strstr (lines[i], file) != NULL)
      return TRUE;
  return FALSE;
}

gint64
journal_lock_holder (const char *state_dir)
{
  g_autofree char *path = g_build_filename (state_dir, "lock", NULL);
  int fd = open (path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  struct stat status;
  gint64 holder = 0;

  if (fd < 0)
    return 0;
  if (fstat (fd, &status) == 0)
    holder = read_holder (fd);
  close (fd);
  return holder > 0 && is_locked_by (holder, status.st_ino) ? holder : 0;
}

gboolean
journal_lock_handles (Journal *journal, gboolean *alone, GError **error)
{
  g_autofree char *directory = g_path_get_dirname (journal->path);
  g_autofree char *path = g_build_filename (directory, "handles", NULL);

  journal->handles = open_lock_file (path, error);
  if (journal->handles < 0)
    return FALSE;

  *alone = flock_restarting (journal->handles, LOCK_EX | LOCK_NB) == 0;
  if (!*alone && (errno != EWOULDBLOCK || flock_restarting (journal->handles, LOCK_SH) != 0))
    {
      set_errno_error (path, "can't lock", error);
      return FALSE;
    }
  return TRUE;
}

void
journal_share_handles (Journal *journal)
{
  if (flock_restarting (journal->handles, LOCK_SH) != 0)
    g_debug ("%s: can't share the handles' lock: %s", journal->path, g_strerror (errno));
}

void
journal_unlock_handles (Journal *journal)
{
  if (journal->handles < 0)
    return;
  if (flock (journal->handles, LOCK_UN) != 0)
    g_debug ("%s: can't release the handles' lock: %s", journal->path, g_strerror (errno));
  close (journal->handles);
  journal->handles = -1;
}
