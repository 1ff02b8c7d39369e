#include "maildir-file.h"
#include "../message/text-safe.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define COPY_SIZE (64 * 1024)
#define NANOSECONDS G_GINT64_CONSTANT (1000000000)

G_DEFINE_QUARK (maildir - error - quark, maildir_error)

void
maildir_fd_close (MaildirFd fd)
{
  if (fd >= 0)
    close (fd);
}

int
maildir_fd_steal (MaildirFd *fd)
{
  int stolen = *fd;

  *fd = -1;
  return stolen;
}

void
maildir_set_error_from_errno (GError **error, int error_number, const char *format, ...)
{
  va_list arguments;
  g_autofree char *what = NULL;

  va_start (arguments, format);
  what = g_strdup_vprintf (format, arguments);
  va_end (arguments);

  if (error_number == ENOSPC || error_number == EDQUOT)
    g_set_error (error, MAILDIR_ERROR, MAILDIR_ERROR_NO_SPACE, "%s: %s; make room and run again", what,
                 g_strerror (error_number));
  else
    g_set_error (error, MAILDIR_ERROR, MAILDIR_ERROR_IO, "%s: %s", what, g_strerror (error_number));
}

gboolean
maildir_file_is_name (const char *name)
{
  return *name != '\0' && *name != '.' && strchr (name, '/') == NULL && strlen (name) <= 255;
}

gint64
maildir_file_time_ns (const struct timespec *time)
{
  const gint64 limit = G_MAXINT64 / NANOSECONDS - 1;

  return CLAMP ((gint64)time->tv_sec, -limit, limit) * NANOSECONDS + time->tv_nsec;
}

gboolean
maildir_file_write_all (int fd, const void *data, gsize length)
{
  const guint8 *next = data;

  while (length > 0)
    {
      gssize written = write (fd, next, length);

      if (written < 0 && errno == EINTR)
        continue;
      if (written <= 0)
        {
          errno = written == 0 ? EIO : errno;
          return FALSE;
        }
      next += written;
      length -= (gsize)written;
    }
  return TRUE;
}

static gboolean
is_same_file (int a_fd, const char *a, int b_fd, const char *b)
{
  struct stat a_info, b_info;

  return fstatat (a_fd, a, &a_info, AT_SYMLINK_NOFOLLOW) == 0 &&
         fstatat (b_fd, b, &b_info, AT_SYMLINK_NOFOLLOW) == 0 && a_info.st_dev == b_info.st_dev &&
         a_info.st_ino == b_info.st_ino;
}

gboolean
maildir_file_rename (int from_fd, const char *from, int to_fd, const char *to)
{
  if (renameat2 (from_fd, from, to_fd, to, RENAME_NOREPLACE) == 0)
    return TRUE;
  /* What a file system that lacks the flag, or a kernel that lacks the call, answers. */
  if (errno == EINVAL || errno == ENOSYS)
    {
      if (linkat (from_fd, from, to_fd, to, 0) == 0)
        return unlinkat (from_fd, from, 0) == 0;
    }
  if (errno != EEXIST)
    return FALSE;
  if (is_same_file (from_fd, from, to_fd, to))
    return unlinkat (from_fd, from, 0) == 0;
  errno = EEXIST;
  return FALSE;
}

static gboolean
copy_octets (int from_fd, int to_fd)
{
  g_autofree guint8 *buffer = g_malloc (COPY_SIZE);
  off_t offset = 0;

  for (;;)
    {
      gssize got = pread (from_fd, buffer, COPY_SIZE, offset);

      if (got < 0 && errno == EINTR)
        continue;
      if (got <= 0)
        return got == 0;
      if (!maildir_file_write_all (to_fd, buffer, (gsize)got))
        return FALSE;
      offset += got;
    }
}

gboolean
maildir_file_copy (int from_fd, int to_fd)
{
  return ioctl (to_fd, FICLONE, from_fd) == 0 || copy_octets (from_fd, to_fd);
}

gboolean
maildir_file_hash (int fd, MessageHasher *hasher)
{
  g_autofree guint8 *buffer = g_malloc (COPY_SIZE);
  gssize got;

  while ((got = read (fd, buffer, COPY_SIZE)) != 0)
    if (got > 0)
      message_hasher_update (hasher, buffer, (gsize)got);
    else if (errno != EINTR)
      return FALSE;
  return TRUE;
}

DIR *
maildir_file_list (int directory_fd)
{
  g_auto (MaildirFd) fd = openat (directory_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR *directory = fd >= 0 ? fdopendir (fd) : NULL;

  if (directory != NULL)
    maildir_fd_steal (&fd);
  return directory;
}

int
maildir_file_open (int directory_fd, const char *name, struct stat *info)
{
  g_auto (MaildirFd) fd =
      openat (directory_fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

  if (fd < 0)
    {
      /* A symbolic link, a socket or a device without a driver is no regular file either. */
      if (errno == ELOOP || errno == ENXIO || errno == ENODEV)
        errno = EINVAL;
      return -1;
    }
  if (fstat (fd, info) < 0)
    return -1;
  if (!S_ISREG (info->st_mode))
    {
      errno = EINVAL;
      return -1;
    }
  return maildir_fd_steal (&fd);
}

char *
maildir_file_read (int directory_fd, const char *name, gsize limit, gsize *length)
{
  struct stat info;
  g_auto (MaildirFd) fd = maildir_file_open (directory_fd, name, &info);
  g_autofree char *content = NULL;
  gsize filled = 0;
  gssize got;

  if (fd < 0)
    return NULL;
  content = g_malloc (limit + 2);
  while (filled <= limit && (got = read (fd, content + filled, limit + 1 - filled)) != 0)
    {
      if (got < 0 && errno != EINTR)
        return NULL;
      filled += got > 0 ? (gsize)got : 0;
    }
  if (filled > limit)
    {
      errno = EFBIG;
      return NULL;
    }
  content[filled] = '\0';
  *length = filled;
  return g_steal_pointer (&content);
}

gboolean
maildir_file_replace (int directory_fd, const char *name, const char *temporary, const char *content,
                      gsize length)
{
  g_auto (MaildirFd) fd = -1;

  if (unlinkat (directory_fd, temporary, 0) < 0 && errno != ENOENT)
    return FALSE;
  fd = openat (directory_fd, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (fd < 0)
    return FALSE;
  if (maildir_file_write_all (fd, content, length) && fsync (fd) == 0 &&
      close (maildir_fd_steal (&fd)) == 0 && renameat (directory_fd, temporary, directory_fd, name) == 0)
    return fsync (directory_fd) == 0;

  int cause = errno;
  unlinkat (directory_fd, temporary, 0);
  errno = cause;
  return FALSE;
}

void
maildir_file_remove_older (int directory_fd, gint64 before)
{
  DIR *directory = maildir_file_list (directory_fd);
  struct dirent *entry;
  struct stat info;

  while (directory != NULL && (entry = readdir (directory)) != NULL)
    if (entry->d_name[0] != '.' && fstatat (directory_fd, entry->d_name, &info, AT_SYMLINK_NOFOLLOW) == 0 &&
        S_ISREG (info.st_mode) && info.st_ctim.tv_sec < before)
      unlinkat (directory_fd, entry->d_name, 0);
  if (directory != NULL)
    closedir (directory);
}
