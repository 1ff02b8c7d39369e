/* Runs a command and tells what it cost: "SECONDS CPU_SECONDS PEAK_KIB STATUS" into a file.
 *
 *   bench-run FILE COMMAND [ARGUMENT ...]
 *
 * A small program of its own, since a child's peak memory begins with that of who started it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double
seconds (struct timeval time)
{
  return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

static double
now (void)
{
  struct timespec time;

  clock_gettime (CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

int
main (int argc, char **argv)
{
  struct rusage usage;
  double begin = now ();
  pid_t child;
  int status;
  FILE *file;

  if (argc < 3)
    return 64;
  child = fork ();
  if (child == 0)
    {
      execvp (argv[2], argv + 2);
      _exit (127);
    }
  if (child < 0 || wait4 (child, &status, 0, &usage) < 0)
    return EXIT_FAILURE;
  begin = now () - begin;
  file = fopen (argv[1], "w");
  if (file == NULL)
    return EXIT_FAILURE;
  fprintf (file, "%.4f %.4f %ld %d\n", begin, seconds (usage.ru_utime) + seconds (usage.ru_stime),
           usage.ru_maxrss, WIFEXITED (status) ? WEXITSTATUS (status) : 128 + WTERMSIG (status));
  return fclose (file) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
