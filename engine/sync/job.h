/* What the engine asks of one account: a job, run in the account's own thread, which tells events and ends
 * with an outcome. Each command has one function; none returns before everything it opened is closed. */
#pragma once

#include "../account/account.h"
#include "../account/event.h"

#include <gio/gio.h>

typedef struct
{
  const Account *account;
  EngineEventFunc event; /* called on the account's thread */
  gpointer event_data;
  EngineDetail detail;
  GCancellable *cancellable;
  const char *const *only; /* (nullable) mailboxes asked for, UTF-8; none: all */
  gboolean dry_run;        /* sync */
  gboolean restore;        /* release */
  gboolean list_only;      /* undelete */
  gint64 removed_since;    /* undelete; seconds since 1970 */
  const char *subject;     /* undelete; (nullable) */
} Job;

EngineOutcome job_sync (const Job *job);
EngineOutcome job_status (const Job *job);
EngineOutcome job_release (const Job *job);
EngineOutcome job_undelete (const Job *job);
EngineOutcome job_check (const Job *job);
