/* Exit statuses (contract C9). Those of a run are the values of EngineOutcome. */
#pragma once

#include "../engine/engine.h"

#define EXIT_STATUS_USAGE 64

/* One paragraph for --help. */
#define EXIT_HELP                                                                                            \
  "Exit status:\n"                                                                                           \
  "  0   both sides are equal, or what was asked for is done\n"                                              \
  "  1   done, but some messages or mailboxes were left, each named on stderr\n"                             \
  "  64  usage\n"                                                                                            \
  "  69  the server refused or broke the protocol\n"                                                         \
  "  75  offline or interrupted: what is pending is queued, run again\n"                                     \
  "  77  not authenticated, or the server's certificate was not trusted\n"                                   \
  "  78  configuration\n"

/* For an error of engine_new, engine_run_finish or the command line. */
int exit_status_for_error (const GError *error);
