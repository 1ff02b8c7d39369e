/* The local half of `dovetail check`: Maildir and journal. Reads only. */
#pragma once

#include "job-journal.h"

/* The worst found: CONFIG, OFFLINE (the journal can't be used now), EQUAL. What is wrong is told as errors.
 */
EngineOutcome check_local (const Job *job, Report *report);
