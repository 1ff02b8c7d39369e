/* Steps that users take. Each says in the log what came of it, and tells the model. */
#pragma once

#include "history-world.h"

void history_remote_step (HistoryWorld *world, const HistoryStep *step);
void history_local_step (HistoryWorld *world, const HistoryStep *step);

/* (transfer full) */
HistorySnapshot *history_remote_snapshot (HistoryWorld *world);
HistorySnapshot *history_local_snapshot (HistoryWorld *world);
