/* What the faults of several tables do to an answer. */
#pragma once

#include "model-server.h"

/* Lines of the untagged data that contain `text` go. */
void edit_drop_lines (ModelTurn *turn, const char *text);
/* Each `from` in the untagged data becomes `to`. */
void edit_replace (ModelTurn *turn, const char *from, const char *to);
/* The FETCH response about that UID goes, its literals too. */
void edit_drop_message (ModelTurn *turn, guint32 uid);
/* UID SEARCH finds this: "" or a set as in ESEARCH. */
void edit_search_result (ModelTurn *turn, const char *set);
