/* What `dovetail check` says of a server that let us in: what it can't do and what that costs, and its
 * mailboxes. */
#pragma once

#include "../imap/imap-session.h"
#include "job-journal.h"

/* FALSE: the session broke. What can't be synchronized is reported as left. */
gboolean check_server (const Job *job, Report *report, ImapSession *session, GError **error);
