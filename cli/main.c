#include "command.h"
#include "exit.h"
#include "output.h"
#include "run.h"

#include <fcntl.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

/* A file opened while stdout or stderr is closed would get its number, and the next line printed its content.
 */
static void
fill_standard_descriptors (void)
{
  int fd;

  do
    fd = open ("/dev/null", O_RDWR | O_CLOEXEC);
  while (fd >= 0 && fd <= STDERR_FILENO);
  if (fd > STDERR_FILENO)
    close (fd);
}

/* Each mailbox holds a few directories open; the usual soft limit is there for programs that use select(). */
static void
allow_many_files (void)
{
  struct rlimit limit;

  if (getrlimit (RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max)
    {
      limit.rlim_cur = limit.rlim_max;
      setrlimit (RLIMIT_NOFILE, &limit);
    }
}

/* What this process makes is for its user only, and so is its memory, which holds passwords. */
static void
set_up_process (void)
{
  fill_standard_descriptors ();
  setlocale (LC_ALL, "");
  g_set_prgname ("dovetail");
  umask (077);
  allow_many_files ();
  signal (SIGPIPE, SIG_IGN);
#ifndef __SANITIZE_ADDRESS__ /* whose leak check reads the process from outside */
  prctl (PR_SET_DUMPABLE, 0);
#endif
}

static int
complain_of_usage (const Options *options, const Command *command, const char *text)
{
  g_autoptr (Output) output = output_new (options);

  output_error (output, "usage", "%s; `dovetail %s%s--help` says more", text,
                command != NULL ? command->name : "", command != NULL ? " " : "");
  return EXIT_STATUS_USAGE;
}

static int
complain_of_command (const Options *options, const char *name)
{
  g_autofree char *names = command_names ();
  g_autofree char *text = name != NULL
                              ? g_strdup_printf ("“%s” is no command; the commands are %s", name, names)
                              : g_strdup_printf ("a command is missing: %s", names);

  return complain_of_usage (options, NULL, text);
}

static int
run_command (Options *options, const Command *command)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (Output) output = NULL;
  EngineRequest request = { .command = command->command,
                            .selectors = (const char *const *)options->selectors,
                            .detail = output_detail (options) };
  int status;

  if (command->fill_request != NULL && !command->fill_request (options, &request, &error))
    return complain_of_usage (options, command, error->message);
  output = output_new (options);
  status = run_request (options, &request, output);
  if (!output_finish (output) && status == ENGINE_OUTCOME_EQUAL)
    status = ENGINE_OUTCOME_LEFT;
  return status;
}

/* "help" and "help COMMAND" are "--help" and "COMMAND --help". */
static void
take_help (int argc, char **argv)
{
  if (argc < 2 || !g_str_equal (argv[1], "help"))
    return;
  argv[1] = argc > 2 ? argv[2] : (char *)"--help";
  if (argc > 2)
    argv[2] = (char *)"--help";
}

int
main (int argc, char *argv[])
{
  g_auto (Options) options = { 0 };
  g_autoptr (GError) error = NULL;
  const Command *command;

  set_up_process ();
  take_help (argc, argv);
  if (!options_parse_program (&options, &argc, &argv, &error))
    return complain_of_usage (&options, NULL, error->message);
  if (options.version)
    {
      puts (ENGINE_VERSION_TEXT);
      return 0;
    }
  command = argc > 1 ? command_find (argv[1]) : NULL;
  if (command == NULL)
    return complain_of_command (&options, argv[1]);
  argc--;
  argv++;
  if (!options_parse_command (&options, command, &argc, &argv, &error))
    return complain_of_usage (&options, command, error->message);
  return run_command (&options, command);
}
