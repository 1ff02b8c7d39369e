/* Runs a program and tells how much memory it had resident at most.
 *
 *   measure-peak FILE PROGRAM [ARGUMENT...]
 *
 * FILE gets the number, in KiB. Linux starts that number of a process with the size of the one that started
 * it, so that one has to be small: this program is, without sanitizers and GLib. Exits as PROGRAM did, with
 * 128 and the signal's number if one ended it.
 */
#include <spawn.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static int
write_number (const char *path, long number)
{
  FILE *file = fopen (path, "w");

  if (file == NULL)
    return 0;
  fprintf (file, "%ld\n", number);
  return fclose (file) == 0;
}

int
main (int argc, char *argv[])
{
  struct rusage usage;
  pid_t pid;
  int status;

  if (argc < 3)
    return 64;
  if (posix_spawn (&pid, argv[2], NULL, NULL, argv + 2, environ) != 0 ||
      wait4 (pid, &status, 0, &usage) != pid)
    {
      perror (argv[2]);
      return 127;
    }
  if (!write_number (argv[1], usage.ru_maxrss))
    {
      perror (argv[1]);
      return 127;
    }
  return WIFEXITED (status) ? WEXITSTATUS (status) : 128 + WTERMSIG (status);
}
