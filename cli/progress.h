/* Progress on a terminal: one line on stderr, drawn again and again, wiped before anything else is printed.
 */
#pragma once

#include "../engine/engine.h"

typedef struct _Progress Progress;

/* NULL where stderr is no terminal that can do it. */
Progress *progress_new (void);
void progress_free (Progress *progress); /* wipes the line */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Progress, progress_free)

/* ENGINE_EVENT_PROGRESS of any account. */
void progress_take (Progress *progress, const EngineEvent *event);
/* Before other output. */
void progress_wipe (Progress *progress);
