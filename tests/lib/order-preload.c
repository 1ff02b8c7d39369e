/* An LD_PRELOAD library that writes down in which order a program changes files and waits for the disk.
 *
 *   ORDER_TRACE=FILE   a line for each of these, appended:
 *                        made PATH         a new file is there
 *                        written PATH      octets or times of a file are changed
 *                        log PATH          octets of a write-ahead log ("-wal") are about to be written
 *                        rename PATH PATH  about to happen
 *                        sync PATH         begins        synced PATH   has ended well
 *                        syncfs            begins        syncfs-ed     has ended well
 *   ORDER_SYNCFS=yes   each file system is one whose syncfs can be relied upon; =no: none is
 *   ORDER_FAIL=1       what makes new messages durable fails: syncfs, and fsync of what lies in a "tmp" of
 * "Mail"
 *
 * Nothing really waits for the disk; each sync takes a moment, so that what does not wait for it comes too
 * early. Only the process that is started with it is watched.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/vfs.h>
#include <unistd.h>

#define SYNC_MICROSECONDS 500
#define NO_LOCAL_FILE_SYSTEM 0x65735546 /* FUSE */

static int trace = -1;
static int fails;
static enum { SYNCFS_AS_IT_IS, SYNCFS_YES, SYNCFS_NO } relies;

__attribute__ ((constructor)) static void
start (void)
{
  const char *path = getenv ("ORDER_TRACE");
  const char *syncfs_word = getenv ("ORDER_SYNCFS");

  if (path != NULL)
    trace = (int)syscall (SYS_openat, AT_FDCWD, path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
  fails = getenv ("ORDER_FAIL") != NULL;
  if (syncfs_word != NULL)
    relies = strcmp (syncfs_word, "yes") == 0 ? SYNCFS_YES : SYNCFS_NO;
  unsetenv ("LD_PRELOAD");
}

/* The path of a descriptor, and of a name in it unless NULL. */
static void
find_path (int fd, const char *name, char path[PATH_MAX])
{
  char link[32];
  ssize_t length;

  snprintf (link, sizeof link, "/proc/self/fd/%d", fd);
  length = readlink (link, path, PATH_MAX - 1);
  path[length > 0 ? length : 0] = '\0';
  if (name != NULL)
    snprintf (path + strlen (path), PATH_MAX - strlen (path), "/%s", name);
}

/* One line, in one call: threads do not mix theirs. */
static void
note (const char *event, const char *path, const char *to)
{
  char line[3 * PATH_MAX];
  int saved = errno;
  int length =
      snprintf (line, sizeof line, "%s %s%s%s\n", event, path, to != NULL ? " " : "", to != NULL ? to : "");

  if (trace >= 0 && syscall (SYS_write, trace, line, (long)length) != length)
    abort ();
  errno = saved;
}

static int
is_log (const char *path)
{
  size_t length = strlen (path);

  return length > 4 && strcmp (path + length - 4, "-wal") == 0;
}

static long
change (int fd, long number, long a, long b, long c)
{
  char path[PATH_MAX];
  struct stat status;
  int saved = errno;
  int counts = fstat (fd, &status) == 0 && S_ISREG (status.st_mode);
  long result;

  find_path (fd, NULL, path);
  errno = saved;
  if (counts && is_log (path))
    note ("log", path, NULL);
  result = syscall (number, (long)fd, a, b, c);
  if (counts && !is_log (path) && result >= 0)
    note ("written", path, NULL);
  return result;
}

ssize_t
write (int fd, const void *data, size_t length)
{
  return change (fd, SYS_write, (long)data, (long)length, 0);
}

ssize_t
pwrite64 (int fd, const void *data, size_t length, off64_t offset)
{
  return change (fd, SYS_pwrite64, (long)data, (long)length, offset);
}

int
futimens (int fd, const struct timespec times[2])
{
  return (int)change (fd, SYS_utimensat, 0, (long)times, 0);
}

int
openat64 (int directory, const char *name, int flags, ...)
{
  mode_t mode = 0;
  char path[PATH_MAX];
  va_list arguments;
  int fd;

  va_start (arguments, flags);
  if ((flags & O_CREAT) != 0)
    mode = va_arg (arguments, mode_t);
  va_end (arguments);
  fd = (int)syscall (SYS_openat, directory, name, flags, mode);
  if (fd >= 0 && (flags & O_EXCL) != 0)
    {
      find_path (fd, NULL, path);
      note ("made", path, NULL);
    }
  return fd;
}

int
renameat2 (int from_directory, const char *from, int to_directory, const char *to, unsigned flags)
{
  char path[PATH_MAX], to_path[PATH_MAX];

  find_path (from_directory, from, path);
  find_path (to_directory, to, to_path);
  note ("rename", path, to_path);
  return (int)syscall (SYS_renameat2, from_directory, from, to_directory, to, flags);
}

static int
is_new_message (const char *path)
{
  const char *below = strstr (path, "/Mail/");

  return below != NULL && strstr (below, "/tmp/") != NULL;
}

static int
make_durable (int fd)
{
  char path[PATH_MAX];

  find_path (fd, NULL, path);
  note ("sync", path, NULL);
  usleep (SYNC_MICROSECONDS);
  if (fails && is_new_message (path))
    {
      errno = EIO;
      return -1;
    }
  note ("synced", path, NULL);
  return 0;
}

int
fsync (int fd)
{
  return make_durable (fd);
}

int
fdatasync (int fd)
{
  return make_durable (fd);
}

int
syncfs (int fd)
{
  note ("syncfs", "", NULL);
  usleep (SYNC_MICROSECONDS);
  if (fails)
    {
      errno = EIO;
      return -1;
    }
  note ("syncfs-ed", "", NULL);
  return 0;
}

int
fstatfs64 (int fd, struct statfs64 *info)
{
  int result = (int)syscall (SYS_fstatfs, fd, info);

  if (result == 0 && relies != SYNCFS_AS_IT_IS)
    info->f_type = relies == SYNCFS_YES ? EXT4_SUPER_MAGIC : NO_LOCAL_FILE_SYSTEM;
  return result;
}

/* The same structure where a file's size has 64 bits anyway. */
int
fstatfs (int fd, struct statfs *info)
{
  return fstatfs64 (fd, (struct statfs64 *)info);
}

int
uname (struct utsname *name)
{
  int result = (int)syscall (SYS_uname, name);

  if (result == 0 && relies == SYNCFS_YES)
    strcpy (name->release, "6.1.0");
  return result;
}
