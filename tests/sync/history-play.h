/* A history from its first step to its verdict. */
#pragma once

#include "history.h"
#include "server-fixture.h"

/* NULL when all is well; else (transfer full) what went wrong, and in `log` (nullable, transfer full) each
 * step with what it did. `left_out` (nullable): a flag for each step that is not taken. */
char *history_play (const History *history, const gboolean *left_out, ServerFixture *server, char **log);
