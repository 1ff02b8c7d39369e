/* An LD_PRELOAD library for tests that run programs thousands of times: nothing waits for the disk.
 *
 * A program that is killed loses nothing that it has written; only a loss of power could tell the difference.
 */
#include <fcntl.h>
#include <unistd.h>

int
fsync (int fd)
{
  return 0;
}

int
fdatasync (int fd)
{
  return 0;
}

int
syncfs (int fd)
{
  return 0;
}

int
sync_file_range (int fd, off64_t offset, off64_t length, unsigned flags)
{
  return 0;
}
