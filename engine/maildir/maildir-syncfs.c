#include "maildir-syncfs.h"
#include "maildir-file.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <sys/utsname.h>
#include <sys/vfs.h>

/* Since 5.8 syncfs tells that data could not be written, since 5.17 also what the file system itself says. */
#define KERNEL_VERSION 5
#define KERNEL_PATCHLEVEL 17

/* Local ones, whose syncfs waits for all data, commits all names and has the disk's cache written. */
static gboolean
is_honest (int fd)
{
  struct statfs info;

  if (fstatfs (fd, &info) < 0)
    return FALSE;
  switch ((guint32)info.f_type)
    {
    case EXT4_SUPER_MAGIC:
    case XFS_SUPER_MAGIC:
    case BTRFS_SUPER_MAGIC:
    case F2FS_SUPER_MAGIC:
      return TRUE;
    default:
      return FALSE;
    }
}

static gboolean
kernel_tells_errors (void)
{
  struct utsname name;
  guint version, patchlevel;

  return uname (&name) == 0 && sscanf (name.release, "%u.%u", &version, &patchlevel) == 2 &&
         (version > KERNEL_VERSION || (version == KERNEL_VERSION && patchlevel >= KERNEL_PATCHLEVEL));
}

int
maildir_syncfs_open (int directory_fd)
{
  g_auto (MaildirFd) fd = -1;

  if (!kernel_tells_errors ())
    return -1;
  fd = openat (directory_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  return fd >= 0 && is_honest (fd) ? maildir_fd_steal (&fd) : -1;
}
