/* What the faults of several tables do to an answer. */
#pragma once

#include "model-server.h"

/* Lines of the untagged data that contain `text` go. */
void edit_drop_lines (ModelTurn *turn, const char *text);
/* Each `from` in the untagged data becomes `to`. */
void edit_replace (ModelTurn *turn, const char *from, const char *to);
