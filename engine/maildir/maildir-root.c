#include "maildir-root.h"
#include "maildir-path.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#define LOCK_NAME ".dovetail.lock"
#define MARKER_NAME ".dovetail"
#define MARKER_TEMPORARY ".dovetail.tmp"
#define MARKER_SIZE_MAX 128
#define ID_LENGTH 32

/* (transfer full): " (process N)" as the lock file says, or "". */
static char *
lock_holder (int lock_fd)
{
  char text[24] = "";
  gssize got = pread (lock_fd, text, sizeof text - 1, 0);
  long pid = got > 0 ? strtol (text, NULL, 10) : 0;

  return pid > 0 ? g_strdup_printf (" (process %ld)", pid) : g_strdup ("");
}

static int
flock_now (int fd)
{
  int result;

  do
    result = flock (fd, LOCK_EX | LOCK_NB);
  while (result < 0 && errno == EINTR);
  return result;
}

/* The pid is for people only: the lock holds without it, even on a full disk. */
static void
write_holder (int lock_fd)
{
  char text[24];
  int length = snprintf (text, sizeof text, "%d\n", (int)getpid ());

  if (ftruncate (lock_fd, 0) == 0)
    (void)!pwrite (lock_fd, text, (gsize)length, 0);
}

static gboolean
has_marker (Maildir *maildir)
{
  return faccessat (maildir->root_fd, MARKER_NAME, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

static gboolean
take_lock (Maildir *maildir, gboolean create, GError **error)
{
  int make = create || has_marker (maildir) ? O_CREAT : 0;

  maildir->lock_fd =
      openat (maildir->root_fd, LOCK_NAME, O_RDWR | make | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
  if (maildir->lock_fd < 0 && make == 0 && errno == ENOENT)
    return TRUE;
  if (maildir->lock_fd < 0)
    {
      maildir_set_error_from_errno (error, errno, "%s/" LOCK_NAME, maildir->path);
      return FALSE;
    }
  if (flock_now (maildir->lock_fd) == 0)
    {
      write_holder (maildir->lock_fd);
      return TRUE;
    }
  if (errno == EWOULDBLOCK)
    {
      g_autofree char *holder = lock_holder (maildir->lock_fd);

      g_set_error (error, MAILDIR_ERROR, MAILDIR_ERROR_BUSY,
                   "%s: another dovetail%s works on this Maildir; wait until it is done", maildir->path,
                   holder);
    }
  else
    maildir_set_error_from_errno (error, errno, "%s/" LOCK_NAME ": no lock could be taken", maildir->path);
  return FALSE;
}

static gboolean
open_root (Maildir *maildir, gboolean create, GError **error)
{
  if (create && !maildir_path_make_absolute (maildir->path))
    {
      maildir_set_error_from_errno (error, errno, "%s: could not be made", maildir->path);
      return FALSE;
    }
  maildir->root_fd = open (maildir->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (maildir->root_fd >= 0)
    return TRUE;
  g_set_error (error, MAILDIR_ERROR, MAILDIR_ERROR_NO_ROOT,
               "%s: %s; is the disk mounted? Nothing was changed on either side", maildir->path,
               g_strerror (errno));
  return FALSE;
}

Maildir *
maildir_open_beside (const Account *account, gboolean create, GError **error)
{
  g_autoptr (Maildir) maildir = g_new0 (Maildir, 1);

  maildir->root_fd = -1;
  maildir->lock_fd = -1;
  maildir->layout = account->layout;
  maildir->separator = account->info_separator;
  maildir->path = g_strdup (account->maildir);
  return open_root (maildir, create, error) ? g_steal_pointer (&maildir) : NULL;
}

Maildir *
maildir_open (const Account *account, gboolean create, GError **error)
{
  g_autoptr (Maildir) maildir = maildir_open_beside (account, create, error);

  if (maildir == NULL || !take_lock (maildir, create, error))
    return NULL;
  return g_steal_pointer (&maildir);
}

void
maildir_free (Maildir *maildir)
{
  maildir_fd_close (maildir->lock_fd);
  maildir_fd_close (maildir->root_fd);
  g_free (maildir->path);
  g_free (maildir);
}

static gboolean
parse_id (const char *text, MaildirMarker *marker)
{
  if (strspn (text, "0123456789abcdef") != ID_LENGTH || text[ID_LENGTH] != '\0')
    return FALSE;
  memcpy (marker->id, text, ID_LENGTH + 1);
  return TRUE;
}

static gboolean
parse_generation (const char *text, MaildirMarker *marker)
{
  if (text[0] == '0' && text[1] != '\0')
    return FALSE;
  return g_ascii_string_to_unsigned (text, 10, 0, G_MAXUINT64, &marker->generation, NULL);
}

/* Nothing but what maildir_write_marker writes. */
static gboolean
parse_marker (const char *content, gsize length, MaildirMarker *marker)
{
  g_auto (GStrv) lines = NULL;
  MaildirMarker parsed = { 0 };

  if (strlen (content) != length)
    return FALSE;
  lines = g_strsplit (content, "\n", 5);
  if (g_strv_length (lines) != 4 || *lines[3] != '\0' || !g_str_equal (lines[0], "dovetail 1") ||
      !g_str_has_prefix (lines[1], "id ") || !parse_id (lines[1] + strlen ("id "), &parsed) ||
      !g_str_has_prefix (lines[2], "generation ") ||
      !parse_generation (lines[2] + strlen ("generation "), &parsed))
    return FALSE;
  *marker = parsed;
  return TRUE;
}

gboolean
maildir_read_marker (Maildir *maildir, MaildirMarker *marker, GError **error)
{
  gsize length;
  g_autofree char *content = maildir_file_read (maildir->root_fd, MARKER_NAME, MARKER_SIZE_MAX, &length);

  if (content == NULL && errno == ENOENT)
    {
      g_set_error (error, MAILDIR_ERROR, MAILDIR_ERROR_NO_MARKER,
                   "%s: this is not the Maildir that dovetail knew, its file " MARKER_NAME
                   " is missing; is the disk mounted?",
                   maildir->path);
      return FALSE;
    }
  if (content == NULL && errno != EFBIG)
    {
      maildir_set_error_from_errno (error, errno, "%s/" MARKER_NAME, maildir->path);
      return FALSE;
    }
  if (content == NULL || !parse_marker (content, length, marker))
    {
      g_set_error (error, MAILDIR_ERROR, MAILDIR_ERROR_IO,
                   "%s/" MARKER_NAME ": not a marker that dovetail wrote; bring it back from a backup, or "
                   "remove it to have the Maildir paired afresh",
                   maildir->path);
      return FALSE;
    }
  return TRUE;
}

gboolean
maildir_write_marker (Maildir *maildir, const MaildirMarker *marker, GError **error)
{
  g_autofree char *content = g_strdup_printf ("dovetail 1\nid %s\ngeneration %" G_GUINT64_FORMAT "\n",
                                              marker->id, marker->generation);

  g_return_val_if_fail (strspn (marker->id, "0123456789abcdef") == ID_LENGTH, FALSE);
  if (maildir_file_replace (maildir->root_fd, MARKER_NAME, MARKER_TEMPORARY, content, strlen (content)))
    return TRUE;
  maildir_set_error_from_errno (error, errno, "%s/" MARKER_NAME ": could not be written", maildir->path);
  return FALSE;
}
