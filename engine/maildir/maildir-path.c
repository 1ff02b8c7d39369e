#include "maildir-path.h"
#include "maildir-file.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>

#define DIRECTORY_FLAGS (O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)

gboolean
maildir_path_is_safe (const char *path)
{
  g_auto (GStrv) components = NULL;

  if (*path == '\0')
    return TRUE;
  components = g_strsplit (path, "/", -1);
  for (char **component = components; *component != NULL; component++)
    if (**component == '\0' || g_str_equal (*component, ".") || g_str_equal (*component, ".."))
      return FALSE;
  return TRUE;
}

int
maildir_path_open (int root_fd, const char *path)
{
  struct open_how how = { .flags = DIRECTORY_FLAGS,
                          .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS };
  int fd;

  if (!maildir_path_is_safe (path))
    {
      errno = EINVAL;
      return -1;
    }
  fd = (int)syscall (SYS_openat2, root_fd, *path != '\0' ? path : ".", &how, sizeof how);
  /* No such call, a sandbox that refuses it, or a rename elsewhere that kept the kernel from being sure. */
  if (fd < 0 && (errno == ENOSYS || errno == EPERM || errno == EAGAIN))
    return maildir_path_walk (root_fd, path, FALSE);
  return fd;
}

/* An entry that is there already is synced too: who made it may have been killed before its sync. */
static gboolean
make_entry (int parent_fd, const char *name)
{
  if (mkdirat (parent_fd, name, 0700) < 0 && errno != EEXIST)
    return FALSE;
  return fsync (parent_fd) == 0;
}

int
maildir_path_walk (int root_fd, const char *path, gboolean make)
{
  g_auto (MaildirFd) fd = -1;
  g_auto (GStrv) components = NULL;

  if (!maildir_path_is_safe (path))
    {
      errno = EINVAL;
      return -1;
    }
  fd = openat (root_fd, ".", DIRECTORY_FLAGS);
  components = g_strsplit (path, "/", -1);
  for (char **component = components; fd >= 0 && *component != NULL; component++)
    {
      g_auto (MaildirFd) parent = maildir_fd_steal (&fd);

      if (make && !make_entry (parent, *component))
        return -1;
      fd = openat (parent, *component, DIRECTORY_FLAGS);
    }
  return maildir_fd_steal (&fd);
}

static gboolean
sync_parent (const char *path)
{
  g_autofree char *parent = g_path_get_dirname (path);
  g_auto (MaildirFd) fd = open (parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

  return fd >= 0 && fsync (fd) == 0;
}

gboolean
maildir_path_make_absolute (const char *path)
{
  g_autofree char *prefix = g_strdup (path);

  for (char *end = prefix + 1; *prefix != '\0'; end++)
    {
      char kept = *end;

      if (kept != '/' && kept != '\0')
        continue;
      *end = '\0';
      if (mkdir (prefix, 0700) == 0)
        {
          if (!sync_parent (prefix))
            return FALSE;
        }
      else if (errno != EEXIST && errno != EISDIR && errno != EROFS && errno != EACCES)
        return FALSE;
      *end = kept;
      if (kept == '\0')
        break;
    }
  return TRUE;
}
