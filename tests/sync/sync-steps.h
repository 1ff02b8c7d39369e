/* What happens to a case one after the other, as a table writes it:
 *
 *   there CHANGE, here CHANGE    as in sync-change.h
 *   sync STATUS                  a run that has to end with this exit status
 *   sync-only MAILBOX STATUS     the same of one mailbox
 *   offline                      a run that finds no server
 *   release, restore             what `dovetail release` does, and with --restore
 *   configure PATTERNS           `mailboxes` in the configuration
 */
#pragma once

#include "sync-case.h"

/* NULL-terminated. A step that can't be made ends the test program. */
void sync_steps_run (SyncCase *sync, const char *const *steps);
