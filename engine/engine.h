/* dovetail's engine: the only door into it.
 *
 * An engine has accounts (from a configuration file) and runs one request at a time on them: each account in
 * a thread of its own, side by side; one that fails does not stop the others. What happens is told by events,
 * delivered on the main context that was the thread's default when engine_run_async was called, in order for
 * each account; but for a sync that changes something, whose progress is to be seen, one account's events are
 * all delivered before those of the next in the file. The engine prints nothing.
 */
#pragma once

#include "account/event.h"

#include <gio/gio.h>

#define ENGINE_VERSION_TEXT "dovetail " DOVETAIL_VERSION

#define ENGINE_ERROR (engine_error_quark ())
GQuark engine_error_quark (void);
typedef enum
{
  ENGINE_ERROR_CONFIG,    /* exit 78 */
  ENGINE_ERROR_USAGE,     /* a selector names no account: exit 64 */
  ENGINE_ERROR_NO_CONFIG, /* exit 78: there is no such file yet */
} EngineError;

typedef enum
{
  ENGINE_COMMAND_SYNC,
  ENGINE_COMMAND_STATUS,
  ENGINE_COMMAND_RELEASE,
  ENGINE_COMMAND_UNDELETE,
  ENGINE_COMMAND_CHECK,
} EngineCommand;

typedef struct
{
  EngineCommand command;
  const char *const *selectors; /* (nullable) "ACCOUNT" or "ACCOUNT/MAILBOX"; none: everything */
  gboolean dry_run;             /* SYNC: say what would be done and why; change nothing */
  gboolean restore;             /* RELEASE: bring back on the side that lost it */
  gboolean list_only;           /* UNDELETE: show what matches, bring nothing back */
  gint64 removed_since;         /* UNDELETE: only what was removed at or after (seconds since 1970); 0: all */
  const char *subject;          /* UNDELETE: (nullable) part of the Subject, case aside */
  EngineDetail detail;          /* which events are sent */
} EngineRequest;

typedef struct _Engine Engine;

/* Reads the configuration (NULL: the default path). Errors: ENGINE_ERROR_CONFIG, ENGINE_ERROR_NO_CONFIG.
 * (transfer full) */
Engine *engine_new (const char *config_path, GError **error);
void engine_free (Engine *engine);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Engine, engine_free)

/* Names of the accounts, in file order; NULL-terminated, owned by the engine. */
const char *const *engine_get_accounts (Engine *engine);

/* Cancelling ends every account at the next safe point: what was confirmed is journalled. The engine must
 * live until the callback, which comes after the last event. */
void engine_run_async (Engine *engine, const EngineRequest *request, GCancellable *cancellable,
                       EngineEventFunc event, gpointer event_data, GAsyncReadyCallback callback,
                       gpointer user_data);

/* *outcome: the worst of all accounts (CONFIG, AUTHENTICATION, REFUSED, OFFLINE, LEFT, EQUAL in this order).
 * FALSE only for ENGINE_ERROR_USAGE, before anything was done. */
gboolean engine_run_finish (Engine *engine, GAsyncResult *result, EngineOutcome *outcome, GError **error);
