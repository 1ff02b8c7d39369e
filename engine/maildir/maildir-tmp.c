#include "maildir-delivery.h"

#include "maildir-box.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define ABANDONED_SECONDS (36 * 60 * 60)

static void
remove_if_abandoned (MaildirBox *box, const char *name, gint64 now)
{
  struct stat info;

  if (fstatat (box->tmp_fd, name, &info, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG (info.st_mode) &&
      info.st_ctim.tv_sec + ABANDONED_SECONDS < now)
    unlinkat (box->tmp_fd, name, 0);
}

void
maildir_box_clean_tmp (MaildirBox *box, gint64 now)
{
  int fd = openat (box->tmp_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR *directory = fd >= 0 ? fdopendir (fd) : NULL;
  struct dirent *entry;

  if (directory == NULL)
    {
      if (fd >= 0)
        close (fd);
      return;
    }
  while ((entry = readdir (directory)) != NULL)
    if (entry->d_name[0] != '.')
      remove_if_abandoned (box, entry->d_name, now);
  closedir (directory);
}
