/* "Killed at any step": runs a program once to count its steps, then kills it at every one of them, lets it
 * run again, and has the outcome checked each time.
 *
 * A step is a call that changes files, sockets or the journal (kill-preload.c lists them). Each message of
 * the test log says where the program was killed, so that a failed check shows it.
 */
#pragma once

#include <glib.h>

typedef struct
{
  const char *const *argv;        /* the program's path and arguments, NULL-terminated */
  const char *const *environment; /* (nullable): "NAME=value" instead of the caller's */
  /* Puts everything back to how it was before the first run. */
  void (*restore) (gpointer user_data);
  /* After a run that was not killed: asserts that all is as it should be. */
  void (*check) (gpointer user_data);
  gpointer user_data;
  gboolean halves; /* kill in the midst of each write too */
} KillSweep;

/* Returns the number of steps. Every run that is not killed has to exit with 0. */
guint kill_sweep_run (const KillSweep *sweep);

/* Runs once and kills at that step, 1 the first; 0: only counts. Returns the number of steps taken; `killed`
 * (nullable, transfer full) says at which call, and is NULL if the program ended before. For tests that do
 * something else between the kill and the next run. */
guint kill_sweep_run_once (const KillSweep *sweep, guint step, gboolean half, char **killed);

/* Whether a call that a program was killed at (nullable) writes, so that it can be killed in its midst. */
gboolean kill_sweep_can_halve (const char *call);
