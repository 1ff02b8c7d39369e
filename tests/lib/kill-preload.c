/* An LD_PRELOAD library that ends a program at a chosen step.
 *
 * Counted is each call that changes the world outside the process: what is written to files and sockets, and
 * what is created, renamed, linked, removed, dated or made durable. Pipes, terminals and eventfds are not.
 *
 *   KILL_RECORD=FILE  a file of sizeof (KillRecord) zeros, kept up to date
 *   KILL_AT=N         SIGKILL right after the N-th call
 *   KILL_HALF=1       ... or, when that call writes, after half of its bytes
 *
 * Only the process that is started with it is counted and killed; its children neither. What would wait for
 * the disk is counted and left out: a program that is killed loses nothing that it has written.
 */
#include "kill-record.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/xattr.h>
#include <unistd.h>

static pid_t owner;
static KillRecord *record;
static _Atomic uint64_t calls;
static uint64_t kill_at;
static int kill_half;

typedef long (*SyscallFunc) (long, ...);

static long
real_syscall (long number, long a, long b, long c, long d, long e, long f)
{
  static SyscallFunc function;

  if (function == NULL)
    function = (SyscallFunc)(intptr_t)dlsym (RTLD_NEXT, "syscall");
  return function (number, a, b, c, d, e, f);
}

__attribute__ ((constructor)) static void
start (void)
{
  const char *path = getenv ("KILL_RECORD");
  const char *at = getenv ("KILL_AT");
  int fd =
      path != NULL ? (int)real_syscall (SYS_openat, AT_FDCWD, (long)path, O_RDWR | O_CLOEXEC, 0, 0, 0) : -1;

  if (fd >= 0)
    {
      void *map = mmap (NULL, sizeof (KillRecord), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

      close (fd);
      record = map != MAP_FAILED ? map : NULL;
    }
  kill_at = at != NULL ? strtoull (at, NULL, 10) : 0;
  kill_half = getenv ("KILL_HALF") != NULL;
  owner = record != NULL ? getpid () : 0;
  unsetenv ("LD_PRELOAD");
  unsetenv ("KILL_RECORD");
  unsetenv ("KILL_AT");
  unsetenv ("KILL_HALF");
}

/* Tells which call it was, and on what file. */
static void
name_call (const char *name, int fd, const char *path)
{
  char link[32], file[200] = "";

  snprintf (link, sizeof link, "/proc/self/fd/%d", fd);
  if (path == NULL && readlink (link, file, sizeof file - 1) > 0)
    path = file;
  snprintf (record->last_call, sizeof record->last_call, "%s %s", name, path != NULL ? path : "");
}

/* Whether this is the call to die at. `path` may be NULL. */
static int
count (const char *name, int fd, const char *path)
{
  uint64_t number;

  if (owner == 0 || getpid () != owner)
    return 0;
  number = atomic_fetch_add (&calls, 1) + 1;
  record->calls = number;
  if (number != kill_at)
    return 0;
  name_call (name, fd, path);
  return 1;
}

static long
finish (int fatal, long result)
{
  if (fatal)
    kill (getpid (), SIGKILL);
  return result;
}

static int
changes_the_world (int fd)
{
  struct stat status;
  int saved = errno;
  int counted =
      owner != 0 && fstat (fd, &status) == 0 && (S_ISREG (status.st_mode) || S_ISSOCK (status.st_mode));

  errno = saved;
  return counted;
}

/* Of `length` bytes, those that are still written at a fatal call. */
static size_t
torn (int fatal, size_t length)
{
  return fatal && kill_half ? length / 2 : length;
}

ssize_t
write (int fd, const void *data, size_t length)
{
  int fatal = changes_the_world (fd) && count ("write", fd, NULL);

  return finish (fatal, real_syscall (SYS_write, fd, (long)data, (long)torn (fatal, length), 0, 0, 0));
}

ssize_t
pwrite64 (int fd, const void *data, size_t length, off64_t offset)
{
  int fatal = changes_the_world (fd) && count ("pwrite", fd, NULL);

  return finish (fatal,
                 real_syscall (SYS_pwrite64, fd, (long)data, (long)torn (fatal, length), offset, 0, 0));
}

ssize_t
pwrite (int fd, const void *data, size_t length, off_t offset)
{
  return pwrite64 (fd, data, length, offset);
}

ssize_t
writev (int fd, const struct iovec *vectors, int n)
{
  int fatal = changes_the_world (fd) && count ("writev", fd, NULL);

  return finish (fatal, real_syscall (SYS_writev, fd, (long)vectors, n, 0, 0, 0));
}

ssize_t
sendto (int fd, const void *data, size_t length, int flags, const struct sockaddr *address, socklen_t size)
{
  int fatal = count ("send", fd, NULL);

  return finish (fatal, real_syscall (SYS_sendto, fd, (long)data, (long)torn (fatal, length), flags,
                                      (long)address, size));
}

ssize_t
send (int fd, const void *data, size_t length, int flags)
{
  return sendto (fd, data, length, flags, NULL, 0);
}

ssize_t
sendmsg (int fd, const struct msghdr *message, int flags)
{
  return finish (count ("sendmsg", fd, NULL), real_syscall (SYS_sendmsg, fd, (long)message, flags, 0, 0, 0));
}

ssize_t
copy_file_range (int in, off64_t *in_offset, int out, off64_t *out_offset, size_t length, unsigned flags)
{
  int fatal = count ("copy_file_range", out, NULL);

  return finish (fatal, real_syscall (SYS_copy_file_range, in, (long)in_offset, out, (long)out_offset,
                                      (long)torn (fatal, length), flags));
}

static int
open_counted (int directory, const char *path, int flags, mode_t mode)
{
  int fatal = (flags & (O_CREAT | O_TRUNC)) != 0 && count ("open", directory, path);

  return (int)finish (fatal, real_syscall (SYS_openat, directory, (long)path, flags, mode, 0, 0));
}

/* The mode that follows `flags` when a file may be made. */
static mode_t
mode_argument (int flags, va_list *arguments)
{
  return (flags & O_CREAT) != 0 || (flags & O_TMPFILE) == O_TMPFILE ? va_arg (*arguments, mode_t) : 0;
}

int
openat (int directory, const char *path, int flags, ...)
{
  va_list arguments;
  mode_t mode;

  va_start (arguments, flags);
  mode = mode_argument (flags, &arguments);
  va_end (arguments);
  return open_counted (directory, path, flags, mode);
}

int
openat64 (int directory, const char *path, int flags, ...)
{
  va_list arguments;
  mode_t mode;

  va_start (arguments, flags);
  mode = mode_argument (flags, &arguments);
  va_end (arguments);
  return open_counted (directory, path, flags, mode);
}

int
open (const char *path, int flags, ...)
{
  va_list arguments;
  mode_t mode;

  va_start (arguments, flags);
  mode = mode_argument (flags, &arguments);
  va_end (arguments);
  return open_counted (AT_FDCWD, path, flags, mode);
}

int
open64 (const char *path, int flags, ...)
{
  va_list arguments;
  mode_t mode;

  va_start (arguments, flags);
  mode = mode_argument (flags, &arguments);
  va_end (arguments);
  return open_counted (AT_FDCWD, path, flags, mode);
}

int
renameat2 (int from_directory, const char *from, int to_directory, const char *to, unsigned flags)
{
  return (int)finish (
      count ("rename", to_directory, to),
      real_syscall (SYS_renameat2, from_directory, (long)from, to_directory, (long)to, flags, 0));
}

int
renameat (int from_directory, const char *from, int to_directory, const char *to)
{
  return renameat2 (from_directory, from, to_directory, to, 0);
}

int
rename (const char *from, const char *to)
{
  return renameat2 (AT_FDCWD, from, AT_FDCWD, to, 0);
}

int
linkat (int from_directory, const char *from, int to_directory, const char *to, int flags)
{
  return (int)finish (count ("link", to_directory, to), real_syscall (SYS_linkat, from_directory, (long)from,
                                                                      to_directory, (long)to, flags, 0));
}

int
link (const char *from, const char *to)
{
  return linkat (AT_FDCWD, from, AT_FDCWD, to, 0);
}

int
symlinkat (const char *target, int directory, const char *path)
{
  return (int)finish (count ("symlink", directory, path),
                      real_syscall (SYS_symlinkat, (long)target, directory, (long)path, 0, 0, 0));
}

int
symlink (const char *target, const char *path)
{
  return symlinkat (target, AT_FDCWD, path);
}

int
unlinkat (int directory, const char *path, int flags)
{
  return (int)finish (count ("unlink", directory, path),
                      real_syscall (SYS_unlinkat, directory, (long)path, flags, 0, 0, 0));
}

int
unlink (const char *path)
{
  return unlinkat (AT_FDCWD, path, 0);
}

int
rmdir (const char *path)
{
  return unlinkat (AT_FDCWD, path, AT_REMOVEDIR);
}

int
remove (const char *path)
{
  int result = unlinkat (AT_FDCWD, path, 0);

  return result < 0 && (errno == EISDIR || errno == EPERM) ? rmdir (path) : result;
}

int
mkdirat (int directory, const char *path, mode_t mode)
{
  return (int)finish (count ("mkdir", directory, path),
                      real_syscall (SYS_mkdirat, directory, (long)path, mode, 0, 0, 0));
}

int
mkdir (const char *path, mode_t mode)
{
  return mkdirat (AT_FDCWD, path, mode);
}

int
ftruncate64 (int fd, off64_t length)
{
  return (int)finish (count ("ftruncate", fd, NULL), real_syscall (SYS_ftruncate, fd, length, 0, 0, 0, 0));
}

int
ftruncate (int fd, off_t length)
{
  return ftruncate64 (fd, length);
}

int
fsync (int fd)
{
  return (int)finish (count ("fsync", fd, NULL), 0);
}

int
fdatasync (int fd)
{
  return (int)finish (count ("fdatasync", fd, NULL), 0);
}

int
syncfs (int fd)
{
  return (int)finish (count ("syncfs", fd, NULL), 0);
}

int
utimensat (int directory, const char *path, const struct timespec times[2], int flags)
{
  return (int)finish (count ("utimensat", directory, path),
                      real_syscall (SYS_utimensat, directory, (long)path, (long)times, flags, 0, 0));
}

int
futimens (int fd, const struct timespec times[2])
{
  return (int)finish (count ("futimens", fd, NULL),
                      real_syscall (SYS_utimensat, fd, 0, (long)times, 0, 0, 0));
}

int
fchmod (int fd, mode_t mode)
{
  return (int)finish (count ("fchmod", fd, NULL), real_syscall (SYS_fchmod, fd, mode, 0, 0, 0, 0));
}

int
fsetxattr (int fd, const char *name, const void *value, size_t size, int flags)
{
  return (int)finish (count ("fsetxattr", fd, name),
                      real_syscall (SYS_fsetxattr, fd, (long)name, (long)value, (long)size, flags, 0));
}

/* Reflinks (FICLONE) are made this way. */
int
ioctl (int fd, unsigned long request, ...)
{
  int fatal = changes_the_world (fd) && count ("ioctl", fd, NULL);
  va_list arguments;
  long argument;

  va_start (arguments, request);
  argument = va_arg (arguments, long);
  va_end (arguments);
  return (int)finish (fatal, real_syscall (SYS_ioctl, fd, (long)request, argument, 0, 0, 0));
}

/* Calls that the C library has no function for. */
long
syscall (long number, ...)
{
  va_list arguments;
  long a[6];
  int fatal = 0;

  va_start (arguments, number);
  for (int i = 0; i < 6; i++)
    a[i] = va_arg (arguments, long);
  va_end (arguments);
  if (number == SYS_renameat2)
    fatal = count ("renameat2", (int)a[2], (const char *)a[3]);
  else if (number == SYS_openat2 && (((const struct open_how *)a[2])->flags & (O_CREAT | O_TRUNC)) != 0)
    fatal = count ("openat2", (int)a[0], (const char *)a[1]);
  return finish (fatal, real_syscall (number, a[0], a[1], a[2], a[3], a[4], a[5]));
}
