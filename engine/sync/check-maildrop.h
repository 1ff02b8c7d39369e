/* What `dovetail check` says of a POP3 account's server: whether it lets us in, what is in the maildrop, what
 * it can't do and what that costs. */
#pragma once

#include "job-journal.h"

/* FALSE: it could not be looked at, or did not let us in. */
gboolean check_maildrop (const Job *job, Report *report, const char *secret, GError **error);
