/* Steps that users take. Each says in the log what came of it, and tells the model. */
#pragma once

#include "history-world.h"

void history_remote_step (HistoryWorld *world, const HistoryStep *step);
void history_local_step (HistoryWorld *world, const HistoryStep *step);

/* Here, for messages that go further, and what letters of keywords stand for. */
void history_moves_step (HistoryWorld *world, const HistoryStep *step);

/* The same for mailboxes themselves. */
void history_hierarchy_step (HistoryWorld *world, const HistoryStep *step);
void history_directories_step (HistoryWorld *world, const HistoryStep *step);

/* One new message into that mailbox, as the step's bits make it. */
void history_remote_append_new (HistoryWorld *world, const HistoryStep *step, const char *mailbox);
void history_local_deliver (HistoryWorld *world, const HistoryStep *step, const char *mailbox);

/* (transfer full) */
HistorySnapshot *history_remote_snapshot (HistoryWorld *world);
HistorySnapshot *history_local_snapshot (HistoryWorld *world);
