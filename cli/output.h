/* Where events go: results to stdout, warnings and errors to stderr; with --json everything to stdout as
 * JSON, and warnings and errors to stderr as well; progress to a terminal. */
#pragma once

#include "../engine/engine.h"

#include "options.h"

typedef struct _Output Output;

Output *output_new (const Options *options);
/* What of the engine's events is wanted. */
EngineDetail output_detail (const Options *options);
void output_free (Output *output);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Output, output_free)

/* An EngineEventFunc. */
void output_event (const EngineEvent *event, gpointer output);

/* An error of no account. `name` is for machines. */
void output_error (Output *output, const char *name, const char *format, ...) G_GNUC_PRINTF (3, 4);

/* FALSE when stdout took not all: a full disk. Said on stderr. */
gboolean output_finish (Output *output);
