/* What the command line says. */
#pragma once

#include <glib.h>

typedef struct
{
  /* For every command, before or after its name. */
  char *config; /* (nullable) the default file */
  guint verbosity;
  gboolean quiet;
  gboolean json;
  gboolean version;
  char **selectors; /* (nullable) ACCOUNT[/MAILBOX] */

  /* For some. */
  gboolean dry_run;   /* sync */
  gboolean restore;   /* release */
  gboolean list_only; /* undelete */
  gboolean all;       /* undelete */
  char *since;        /* undelete; (nullable) */
  char *subject;      /* undelete; (nullable) */
} Options;

void options_clear (Options *options);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Options, options_clear)

/* Both take what they understand from the arguments, and end the program after --help. Errors:
 * G_OPTION_ERROR. */

/* Up to the command's name, which is argv[1] then. */
gboolean options_parse_program (Options *options, int *argc, char ***argv, GError **error);

typedef struct _Command Command;
/* All behind the command's name, which is argv[0]. */
gboolean
options_parse_command (Options *options, const Command *command, int *argc, char ***argv, GError **error);
