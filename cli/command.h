/* The table of commands: each says what it takes and what it asks of the engine. */
#pragma once

#include "../engine/engine.h"

#include "options.h"

struct _Command
{
  const char *name;
  const char *arguments; /* as --help shows them */
  const char *summary;   /* one line */
  const char *help;      /* paragraphs for its --help, with examples */

  /* (nullable) Its own options, into `options`. */
  void (*add_options) (GOptionGroup *group, Options *options);
  /* (nullable) Fills in what is its own; `request` borrows from `options`. G_OPTION_ERROR for what makes no
   * sense. */
  gboolean (*fill_request) (const Options *options, EngineRequest *request, GError **error);

  EngineCommand command;
};

/* In the order of --help; the end has no name. */
const Command *const *commands (void);

/* NULL when there is none. */
const Command *command_find (const char *name);
/* (transfer full): "sync, status ... or check". */
char *command_names (void);

extern const Command command_sync, command_status, command_release, command_undelete, command_check;
