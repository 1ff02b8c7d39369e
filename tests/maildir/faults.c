#include "faults.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct
{
  const char *call; /* (nullable) */
  guint skip;
  int error_number;
  gboolean always;
  gboolean happened;
  gboolean short_writes;
  guint writes;
  GPtrArray *trace; /* (nullable) */
} plan;

void
faults_plan (const char *call, guint skip, int error_number)
{
  plan.call = call;
  plan.skip = skip;
  plan.error_number = error_number;
  plan.always = plan.happened = plan.short_writes = FALSE;
}

void
faults_plan_always (const char *call, int error_number)
{
  faults_plan (call, 0, error_number);
  plan.always = TRUE;
}

void
faults_plan_short_writes (void)
{
  faults_plan (NULL, 0, 0);
  plan.short_writes = TRUE;
}

gboolean
faults_end (void)
{
  plan.call = NULL;
  plan.short_writes = FALSE;
  return plan.happened;
}

static gboolean
fails (const char *call)
{
  if (plan.call == NULL || !g_str_equal (plan.call, call))
    return FALSE;
  if (!plan.always && plan.skip-- > 0)
    return FALSE;
  if (!plan.always)
    plan.call = NULL;
  plan.happened = TRUE;
  errno = plan.error_number;
  return TRUE;
}

/* (transfer full): the last two components of what the descriptor, or the name in it, stands for. */
static char *
short_path (int fd, const char *name)
{
  g_autofree char *link = g_strdup_printf ("/proc/self/fd/%d", fd);
  char target[PATH_MAX + 1] = "";
  g_autofree char *path = NULL;
  g_autofree char *parent = NULL;
  g_autofree char *parent_name = NULL;
  g_autofree char *own_name = NULL;

  if (readlink (link, target, PATH_MAX) < 0)
    return g_strdup ("?");
  path = g_build_filename (target, name, NULL);
  parent = g_path_get_dirname (path);
  parent_name = g_path_get_basename (parent);
  own_name = g_path_get_basename (path);
  return g_build_filename (parent_name, own_name, NULL);
}

static void
trace (const char *what, int fd, const char *name, int to_fd, const char *to)
{
  g_autofree char *path = NULL;
  g_autofree char *to_path = NULL;
  g_autofree char *line = NULL;

  if (plan.trace == NULL)
    return;
  path = short_path (fd, name);
  to_path = to != NULL ? short_path (to_fd, to) : NULL;
  line = g_strconcat (what, " ", path, to != NULL ? " " : NULL, to_path, NULL);
  if (plan.trace->len == 0 || !g_str_equal (g_ptr_array_index (plan.trace, plan.trace->len - 1), line))
    g_ptr_array_add (plan.trace, g_steal_pointer (&line));
}

void
faults_trace_begin (void)
{
  plan.trace = g_ptr_array_new_with_free_func (g_free);
}

char *
faults_trace_end (void)
{
  g_autoptr (GPtrArray) lines = g_steal_pointer (&plan.trace);

  g_ptr_array_add (lines, NULL);
  return g_strjoinv ("\n", (char **)lines->pdata);
}

ssize_t __real_write (int fd, const void *data, size_t length);
ssize_t __wrap_write (int fd, const void *data, size_t length);
ssize_t
__wrap_write (int fd, const void *data, size_t length)
{
  trace ("write", fd, NULL, -1, NULL);
  if (fails ("write"))
    return -1;
  if (!plan.short_writes)
    return __real_write (fd, data, length);
  errno = EINTR;
  return plan.writes++ % 2 == 0 ? -1 : __real_write (fd, data, MIN (length, 1));
}

ssize_t __real_pwrite64 (int fd, const void *data, size_t length, off_t offset);
ssize_t __wrap_pwrite64 (int fd, const void *data, size_t length, off_t offset);
ssize_t
__wrap_pwrite64 (int fd, const void *data, size_t length, off_t offset)
{
  trace ("write", fd, NULL, -1, NULL);
  if (fails ("pwrite"))
    return -1;
  if (!plan.short_writes)
    return __real_pwrite64 (fd, data, length, offset);
  errno = EINTR;
  return plan.writes++ % 2 == 0 ? -1 : __real_pwrite64 (fd, data, MIN (length, 1), offset);
}

ssize_t __real_read (int fd, void *data, size_t length);
ssize_t __wrap_read (int fd, void *data, size_t length);
ssize_t
__wrap_read (int fd, void *data, size_t length)
{
  return fails ("read") ? -1 : __real_read (fd, data, length);
}

ssize_t __real_pread64 (int fd, void *data, size_t length, off_t offset);
ssize_t __wrap_pread64 (int fd, void *data, size_t length, off_t offset);
ssize_t
__wrap_pread64 (int fd, void *data, size_t length, off_t offset)
{
  return fails ("pread") ? -1 : __real_pread64 (fd, data, length, offset);
}

int __real_fsync (int fd);
int __wrap_fsync (int fd);
int
__wrap_fsync (int fd)
{
  trace ("fsync", fd, NULL, -1, NULL);
  return fails ("fsync") ? -1 : __real_fsync (fd);
}

int __real_futimens (int fd, const struct timespec times[2]);
int __wrap_futimens (int fd, const struct timespec times[2]);
int
__wrap_futimens (int fd, const struct timespec times[2])
{
  trace ("mtime", fd, NULL, -1, NULL);
  return fails ("futimens") ? -1 : __real_futimens (fd, times);
}

/* The descriptor is gone even when close fails. */
int __real_close (int fd);
int __wrap_close (int fd);
int
__wrap_close (int fd)
{
  int result = __real_close (fd);

  return fails ("close") ? -1 : result;
}

int __real_renameat2 (int from_fd, const char *from, int to_fd, const char *to, unsigned int flags);
int __wrap_renameat2 (int from_fd, const char *from, int to_fd, const char *to, unsigned int flags);
int
__wrap_renameat2 (int from_fd, const char *from, int to_fd, const char *to, unsigned int flags)
{
  if (fails ("renameat2"))
    return -1;
  trace ("rename", from_fd, from, to_fd, to);
  return __real_renameat2 (from_fd, from, to_fd, to, flags);
}

int __real_renameat (int from_fd, const char *from, int to_fd, const char *to);
int __wrap_renameat (int from_fd, const char *from, int to_fd, const char *to);
int
__wrap_renameat (int from_fd, const char *from, int to_fd, const char *to)
{
  if (fails ("renameat"))
    return -1;
  trace ("replace", from_fd, from, to_fd, to);
  return __real_renameat (from_fd, from, to_fd, to);
}

int __real_linkat (int from_fd, const char *from, int to_fd, const char *to, int flags);
int __wrap_linkat (int from_fd, const char *from, int to_fd, const char *to, int flags);
int
__wrap_linkat (int from_fd, const char *from, int to_fd, const char *to, int flags)
{
  if (fails ("linkat"))
    return -1;
  trace ("link", from_fd, from, to_fd, to);
  return __real_linkat (from_fd, from, to_fd, to, flags);
}

int __real_unlinkat (int fd, const char *name, int flags);
int __wrap_unlinkat (int fd, const char *name, int flags);
int
__wrap_unlinkat (int fd, const char *name, int flags)
{
  return fails ("unlinkat") ? -1 : __real_unlinkat (fd, name, flags);
}

int __real_mkdirat (int fd, const char *name, mode_t mode);
int __wrap_mkdirat (int fd, const char *name, mode_t mode);
int
__wrap_mkdirat (int fd, const char *name, mode_t mode)
{
  if (fails ("mkdirat"))
    return -1;
  trace ("mkdir", fd, name, -1, NULL);
  return __real_mkdirat (fd, name, mode);
}

struct dirent *__real_readdir64 (DIR *directory);
struct dirent *__wrap_readdir64 (DIR *directory);
struct dirent *
__wrap_readdir64 (DIR *directory)
{
  return fails ("readdir") ? NULL : __real_readdir64 (directory);
}

/* openat2 is the only caller, with four arguments. */
long __real_syscall (long number, ...);
long __wrap_syscall (long number, ...);
long
__wrap_syscall (long number, ...)
{
  va_list arguments;
  long values[4];

  va_start (arguments, number);
  for (gsize i = 0; i < G_N_ELEMENTS (values); i++)
    values[i] = va_arg (arguments, long);
  va_end (arguments);
  return fails ("openat2") ? -1 : __real_syscall (number, values[0], values[1], values[2], values[3]);
}
