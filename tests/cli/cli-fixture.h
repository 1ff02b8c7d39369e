/* The built program, run by a user of its own: home, configuration, state and Maildir in a temporary
 * directory. */
#pragma once

#include "../../engine/journal/journal.h"

typedef struct
{
  char *home; /* ".config/dovetail/config", ".local/state/dovetail/ACCOUNT/", "Mail/ACCOUNT/" are below */
  char **environment;
} CliFixture;

void cli_fixture_set_up (CliFixture *fixture, gconstpointer data);
void cli_fixture_tear_down (CliFixture *fixture, gconstpointer data);

/* (transfer full) */
char *cli_fixture_path (const CliFixture *fixture, const char *relative);
/* Directories on the way are made. */
void cli_fixture_put (const CliFixture *fixture, const char *relative, const char *content);
/* (transfer full): one a line, relative to home, sorted: the regular files below `relative`. */
char *cli_fixture_files (const CliFixture *fixture, const char *relative);
void cli_fixture_remove (const CliFixture *fixture, const char *relative);
void cli_fixture_copy (const CliFixture *fixture, const char *from, const char *to);

/* The configuration: accounts "work" and, with `more`, "home", both at a port where nobody listens. */
void cli_fixture_configure (const CliFixture *fixture, gboolean more);
/* The journal of "work", to be written. (transfer full) */
Journal *cli_fixture_journal (const CliFixture *fixture);

typedef struct
{
  int status; /* its exit status */
  char *out, *err;
} CliRun;

void cli_run_clear (CliRun *run);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (CliRun, cli_run_clear)

/* Runs `dovetail ARGUMENTS`, taken apart as a shell does. */
CliRun cli_run (const CliFixture *fixture, const char *arguments);
/* (transfer full) NULL-terminated */
char **cli_arguments (const char *arguments);
