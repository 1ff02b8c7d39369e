/* A password from a command's standard output. */
#pragma once

#include <gio/gio.h>

/* (transfer full): the first line that `command`, run by /bin/sh -c, writes; to be freed with secret_free.
 * All it writes is read, so that it can end, and the command must end with status 0 within `limit_ms`.
 * Blocks, iterating only a main context of its own. */
char *secret_command_run (const char *command, guint limit_ms, GCancellable *cancellable, GError **error);
