#include "maildir-attic.h"
#include "maildir-find.h"
#include "maildir-path.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define COMPARE_SIZE (32 * 1024)
#define TEMPORARY_NAME ".copy"

struct _MaildirAttic
{
  MaildirFd fd;
  char *path;
};

MaildirAttic *
maildir_attic_open (const char *path, GError **error)
{
  g_autoptr (MaildirAttic) attic = g_new0 (MaildirAttic, 1);

  attic->fd = -1;
  attic->path = g_strdup (path);
  if (maildir_path_make_absolute (path))
    attic->fd = open (path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (attic->fd >= 0)
    return g_steal_pointer (&attic);
  maildir_set_error_from_errno (error, errno, "%s: the attic can't be opened", path);
  return NULL;
}

void
maildir_attic_free (MaildirAttic *attic)
{
  maildir_fd_close (attic->fd);
  g_free (attic->path);
  g_free (attic);
}

static gboolean
fail (MaildirAttic *attic, const char *name, int error_number, GError **error)
{
  g_autofree char *safe = text_make_safe (name);

  if (error_number == ENOENT)
    g_set_error (error, MAILDIR_ERROR, MAILDIR_ERROR_GONE, "%s/%s is not in the attic any more", attic->path,
                 safe);
  else if (error_number == EEXIST)
    g_set_error (error, MAILDIR_ERROR, MAILDIR_ERROR_EXISTS,
                 "%s/%s: another message of that name is kept already", attic->path, safe);
  else
    maildir_set_error_from_errno (error, error_number, "%s/%s", attic->path, safe);
  return FALSE;
}

static gboolean
check_name (MaildirAttic *attic, const char *name, GError **error)
{
  return maildir_file_is_name (name) || fail (attic, name, EINVAL, error);
}

static gboolean
same_octets (int a, int b)
{
  g_autofree guint8 *left = g_malloc (COMPARE_SIZE);
  g_autofree guint8 *right = g_malloc (COMPARE_SIZE);
  off_t offset = 0;

  for (;;)
    {
      gssize got = pread (a, left, COMPARE_SIZE, offset);

      if (got < 0 || pread (b, right, COMPARE_SIZE, offset) != got)
        return FALSE;
      if (got == 0)
        return TRUE;
      if (memcmp (left, right, (gsize)got) != 0)
        return FALSE;
      offset += got;
    }
}

/* The same file, or the copy of it that an earlier try has made. */
static gboolean
holds_already (MaildirAttic *attic, const char *name, int fd, const struct stat *info)
{
  struct stat kept;
  g_auto (MaildirFd) kept_fd = maildir_file_open (attic->fd, name, &kept);

  if (kept_fd < 0)
    return FALSE;
  if (kept.st_dev == info->st_dev && kept.st_ino == info->st_ino)
    return TRUE;
  return kept.st_size == info->st_size && same_octets (kept_fd, fd);
}

/* Links what is under the location's name now; that must be the file that was opened. FALSE with errno. */
static gboolean
keep_link (MaildirAttic *attic, const char *name, const MaildirLocation *location, const struct stat *info)
{
  struct stat linked;

  if (linkat (location->fd, location->file, attic->fd, name, 0) < 0)
    return FALSE;
  if (fstatat (attic->fd, name, &linked, AT_SYMLINK_NOFOLLOW) == 0 && linked.st_dev == info->st_dev &&
      linked.st_ino == info->st_ino)
    return TRUE;
  unlinkat (attic->fd, name, 0);
  errno = EXDEV; /* to be copied from the descriptor */
  return FALSE;
}

/* A synced copy with the same mtime under `name`, in `to_directory`, which must not have it. FALSE with
 * errno, nothing left behind. */
static gboolean
copy_file (int from_fd, const struct stat *info, int to_directory, const char *name)
{
  const struct timespec times[2] = { { .tv_nsec = UTIME_OMIT }, info->st_mtim };
  g_auto (MaildirFd) fd =
      openat (to_directory, name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  int cause;

  if (fd < 0)
    return FALSE;
  if (maildir_file_copy (from_fd, fd) && futimens (fd, times) == 0 && fsync (fd) == 0 &&
      close (maildir_fd_steal (&fd)) == 0)
    return TRUE;
  cause = errno;
  unlinkat (to_directory, name, 0);
  errno = cause;
  return FALSE;
}

static gboolean
keep_copy (MaildirAttic *attic, const char *name, int fd, const struct stat *info)
{
  if (unlinkat (attic->fd, TEMPORARY_NAME, 0) < 0 && errno != ENOENT)
    return FALSE;
  return copy_file (fd, info, attic->fd, TEMPORARY_NAME) &&
         maildir_file_rename (attic->fd, TEMPORARY_NAME, attic->fd, name);
}

gboolean
maildir_attic_keep (MaildirAttic *attic, const char *name, MaildirBox *box, const MaildirPlace *place,
                    GError **error)
{
  g_auto (MaildirLocation) location = { 0 };
  g_auto (MaildirFd) fd = -1;
  struct stat info;
  gboolean kept;

  if (!check_name (attic, name, error) || !maildir_locate (box, place, TRUE, &location, error))
    return FALSE;
  fd = maildir_message_open (box, place, NULL, error);
  if (fd < 0)
    return FALSE;
  if (fstat (fd, &info) < 0 || fsync (fd) < 0)
    return fail (attic, name, errno, error);
  kept = keep_link (attic, name, &location, &info);
  if (!kept && errno != EEXIST)
    kept = keep_copy (attic, name, fd, &info);
  if (!kept && errno == EEXIST)
    {
      kept = holds_already (attic, name, fd, &info);
      errno = EEXIST;
    }
  if (!kept || fsync (attic->fd) < 0)
    return fail (attic, name, errno, error);
  return TRUE;
}

gboolean
maildir_attic_restore (MaildirAttic *attic, const char *name, MaildirBox *box, const char *base,
                       MaildirFileStamp *stamp, GError **error)
{
  g_auto (MaildirFd) fd = -1;
  struct stat info;

  if (!check_name (attic, name, error) || !check_name (attic, base, error))
    return FALSE;
  fd = maildir_file_open (attic->fd, name, &info);
  if (fd < 0)
    return fail (attic, name, errno, error);
  if (!copy_file (fd, &info, box->tmp_fd, base) ||
      fstatat (box->tmp_fd, base, &info, AT_SYMLINK_NOFOLLOW) < 0)
    {
      g_autofree char *safe = text_make_safe (base);

      if (errno == EEXIST)
        g_set_error (error, MAILDIR_ERROR, MAILDIR_ERROR_EXISTS,
                     "%s/tmp/%s: there is a file of that name already", box->label, safe);
      else
        maildir_set_error_from_errno (error, errno, "%s/tmp/%s", box->label, safe);
      return FALSE;
    }
  if (stamp != NULL)
    *stamp = (MaildirFileStamp){ .size = (guint64)info.st_size,
                                 .mtime_ns = maildir_file_time_ns (&info.st_mtim),
                                 .ctime_ns = maildir_file_time_ns (&info.st_ctim) };
  return TRUE;
}

gboolean
maildir_attic_remove (MaildirAttic *attic, const char *name, GError **error)
{
  if (!check_name (attic, name, error))
    return FALSE;
  if (unlinkat (attic->fd, name, 0) == 0 || errno == ENOENT)
    return TRUE;
  return fail (attic, name, errno, error);
}

void
maildir_attic_clean (MaildirAttic *attic, gint64 before)
{
  maildir_file_remove_older (attic->fd, before);
}
