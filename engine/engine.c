#include "engine.h"
#include "account/config.h"
#include "account/secret.h"
#include "engine-relay.h"
#include "engine-selectors.h"
#include "imap/imap-session.h"
#include "journal/journal.h"
#include "maildir/maildir.h"
#include "net/connection.h"
#include "net/sasl.h"
#include "pop3/pop3-session.h"
#include "sync/job.h"

G_DEFINE_QUARK (engine - error - quark, engine_error)

struct _Engine
{
  GPtrArray *accounts; /* of Account */
  GPtrArray *names;    /* of char *, unowned, NULL-terminated */
  gboolean is_running;
};

/* One request on several accounts. Belongs to the caller's context. */
typedef struct
{
  Engine *engine;
  EngineCommand command;
  char *subject;
  EngineEventFunc event;
  gpointer event_data;
  GPtrArray *selections; /* of EngineSelection */
  gboolean in_order;     /* one account's events after the other's */
  GQueue waiting;        /* of EngineRelay, unowned: those to be opened one after the other */
  GPtrArray *accounts;   /* of AccountRun, unowned: those that have not ended */
  guint n_running;
  EngineOutcome worst;
} EngineRun;

/* One account of a run. Its thread reads all of it and changes nothing. */
typedef struct
{
  GTask *task; /* whose data the run is */
  EngineCommand command;
  Job job;
  EngineRelay *relay;
  GThread *thread; /* (nullable) it was not started yet, or could not be */
  guint n_before;  /* the caller's context only: accounts that have to end first */
} AccountRun;

/* Each of these keeps its number in a static variable, set without a lock at the first call: which must not
 * be left to the accounts' threads. */
static void
name_error_domains (void)
{
  GQuark (*const domains[]) (void) = { secret_error_quark,  net_error_quark,    sasl_error_quark,
                                       imap_error_quark,    pop3_error_quark,   maildir_error_quark,
                                       journal_error_quark, config_error_quark, engine_error_quark };

  for (guint i = 0; i < G_N_ELEMENTS (domains); i++)
    domains[i]();
}

Engine *
engine_new (const char *config_path, GError **error)
{
  g_autofree char *path = config_path != NULL ? g_strdup (config_path) : config_default_path ();
  g_autoptr (GError) cause = NULL;
  GPtrArray *accounts = config_load (path, &cause);
  Engine *engine;

  if (accounts == NULL)
    {
      gboolean is_missing = g_error_matches (cause, CONFIG_ERROR, CONFIG_ERROR_MISSING);

      g_set_error_literal (error, ENGINE_ERROR, is_missing ? ENGINE_ERROR_NO_CONFIG : ENGINE_ERROR_CONFIG,
                           cause->message);
      return NULL;
    }
  name_error_domains ();
  engine = g_new0 (Engine, 1);
  engine->accounts = accounts;
  engine->names = g_ptr_array_new ();
  for (guint i = 0; i < accounts->len; i++)
    g_ptr_array_add (engine->names, ((const Account *)g_ptr_array_index (accounts, i))->name);
  g_ptr_array_add (engine->names, NULL);
  return engine;
}

void
engine_free (Engine *engine)
{
  g_return_if_fail (!engine->is_running);
  g_ptr_array_unref (engine->accounts);
  g_ptr_array_unref (engine->names);
  g_free (engine);
}

const char *const *
engine_get_accounts (Engine *engine)
{
  return (const char *const *)engine->names->pdata;
}

/* How bad an outcome is beside others; the exit statuses are not in that order. */
static guint
outcome_rank (EngineOutcome outcome)
{
  switch (outcome)
    {
    case ENGINE_OUTCOME_EQUAL:
      return 0;
    case ENGINE_OUTCOME_LEFT:
      return 1;
    case ENGINE_OUTCOME_OFFLINE:
      return 2;
    case ENGINE_OUTCOME_REFUSED:
      return 3;
    case ENGINE_OUTCOME_AUTHENTICATION:
      return 4;
    case ENGINE_OUTCOME_CONFIG:
      return 5;
    }
  g_assert_not_reached ();
}

static EngineOutcome
run_job (EngineCommand command, const Job *job)
{
  switch (command)
    {
    case ENGINE_COMMAND_SYNC:
      return job_sync (job);
    case ENGINE_COMMAND_STATUS:
      return job_status (job);
    case ENGINE_COMMAND_RELEASE:
      return job_release (job);
    case ENGINE_COMMAND_UNDELETE:
      return job_undelete (job);
    case ENGINE_COMMAND_CHECK:
      return job_check (job);
    }
  g_assert_not_reached ();
}

static void
send_done (const AccountRun *account_run, EngineOutcome outcome)
{
  EngineEvent event = { .type = ENGINE_EVENT_DONE,
                        .account = account_run->job.account->name,
                        .name = "done",
                        .text = "",
                        .outcome = outcome };

  engine_relay_send (&event, account_run->relay);
}

static gpointer
account_thread (gpointer user_data)
{
  AccountRun *account_run = user_data;
  g_autoptr (GMainContext) context = g_main_context_new ();
  EngineOutcome outcome;

  g_main_context_push_thread_default (context);
  outcome = run_job (account_run->command, &account_run->job);
  g_main_context_pop_thread_default (context);
  send_done (account_run, outcome);
  return NULL;
}

static void
account_run_free (AccountRun *account_run)
{
  if (account_run->thread != NULL)
    g_thread_join (account_run->thread);
  engine_relay_free (account_run->relay);
  g_object_unref (account_run->task);
  g_free (account_run);
}

static void
run_free (gpointer user_data)
{
  EngineRun *run = user_data;

  g_clear_pointer (&run->selections, g_ptr_array_unref);
  g_ptr_array_unref (run->accounts);
  g_queue_clear (&run->waiting);
  g_free (run->subject);
  g_free (run);
}

static void
open_next (EngineRun *run)
{
  EngineRelay *relay = g_queue_pop_head (&run->waiting);

  if (relay != NULL)
    engine_relay_open (relay);
}

/* What is delivered into a Maildir comes before its own account is synchronized, and one after the other: so
 * it goes up in the same run, and nobody brings there at the same time what is looked for there. */
static gboolean
has_to_end_before (const AccountRun *first, const AccountRun *second)
{
  const char *into = first->job.account->deliver_account;

  return into != NULL && (g_str_equal (second->job.account->name, into) ||
                          g_strcmp0 (second->job.account->deliver_account, into) == 0);
}

/* A thread that can't be made fails its account; the others go on. */
static void
start_thread (AccountRun *account_run)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *text = NULL;
  const char *name = account_run->job.account->name;
  EngineEvent event = { .type = ENGINE_EVENT_ERROR, .account = name, .name = "offline" };

  account_run->thread = g_thread_try_new (name, account_thread, account_run, &error);
  if (account_run->thread != NULL)
    return;
  event.text = text = g_strdup_printf ("%s; nothing was done, run again", error->message);
  engine_relay_send (&event, account_run->relay);
  send_done (account_run, ENGINE_OUTCOME_OFFLINE);
}

static void
start_followers (EngineRun *run, const AccountRun *ended)
{
  for (guint i = 0; i < run->accounts->len; i++)
    {
      AccountRun *account_run = g_ptr_array_index (run->accounts, i);

      if (account_run->n_before > 0 && has_to_end_before (ended, account_run) && --account_run->n_before == 0)
        start_thread (account_run);
    }
}

static void
end_account (AccountRun *account_run, EngineOutcome outcome)
{
  g_autoptr (GTask) task = g_object_ref (account_run->task);
  EngineRun *run = g_task_get_task_data (task);

  g_ptr_array_remove (run->accounts, account_run);
  start_followers (run, account_run);
  account_run_free (account_run);
  if (outcome_rank (outcome) > outcome_rank (run->worst))
    run->worst = outcome;
  open_next (run);
  if (--run->n_running > 0)
    return;
  run->engine->is_running = FALSE;
  g_task_return_int (task, run->worst);
}

/* On the caller's context. */
static void
pass_on (const EngineEvent *event, gpointer user_data)
{
  AccountRun *account_run = user_data;
  EngineRun *run = g_task_get_task_data (account_run->task);

  if (run->event != NULL)
    run->event (event, run->event_data);
  if (event->type == ENGINE_EVENT_DONE)
    end_account (account_run, event->outcome);
}

static Job
make_job (const EngineRun *run, const EngineRequest *request, const EngineSelection *selection,
          GCancellable *cancellable, EngineRelay *relay)
{
  return (Job){ .account = selection->account,
                .event = engine_relay_send,
                .event_data = relay,
                .detail = request->detail,
                .cancellable = cancellable,
                .only = (const char *const *)selection->mailboxes,
                .dry_run = request->dry_run,
                .restore = request->restore,
                .list_only = request->list_only,
                .removed_since = request->removed_since,
                .subject = run->subject };
}

static void
add_account (GTask *task, const EngineRequest *request, const EngineSelection *selection)
{
  EngineRun *run = g_task_get_task_data (task);
  AccountRun *account_run = g_new0 (AccountRun, 1);

  account_run->task = g_object_ref (task);
  account_run->command = request->command;
  account_run->relay = engine_relay_new (g_task_get_context (task), request->detail, pass_on, account_run);
  g_queue_push_tail (&run->waiting, account_run->relay);
  account_run->job = make_job (run, request, selection, g_task_get_cancellable (task), account_run->relay);
  g_ptr_array_add (run->accounts, account_run);
}

/* TRUE when `second` has to wait for `first`. Of two that deliver into the same Maildir the one that comes
 * first in the file goes first. */
static gboolean
comes_before (const EngineRun *run, guint first, guint second)
{
  const AccountRun *a = g_ptr_array_index (run->accounts, first);
  const AccountRun *b = g_ptr_array_index (run->accounts, second);

  return first != second && has_to_end_before (a, b) && (!has_to_end_before (b, a) || first < second);
}

static void
start_accounts (EngineRun *run)
{
  for (guint i = 0; i < run->accounts->len; i++)
    {
      AccountRun *account_run = g_ptr_array_index (run->accounts, i);

      for (guint j = 0; j < run->accounts->len && !run->in_order; j++)
        account_run->n_before += comes_before (run, j, i);
      if (account_run->n_before == 0)
        start_thread (account_run);
    }
}

void
engine_run_async (Engine *engine, const EngineRequest *request, GCancellable *cancellable,
                  EngineEventFunc event, gpointer event_data, GAsyncReadyCallback callback,
                  gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (NULL, cancellable, callback, user_data);
  EngineRun *run = g_new0 (EngineRun, 1);
  GError *error = NULL;

  g_return_if_fail (!engine->is_running);
  g_task_set_check_cancellable (task, FALSE); /* the accounts answer it themselves, by their outcome */
  g_task_set_task_data (task, run, run_free);
  run->engine = engine;
  run->subject = g_strdup (request->subject);
  run->event = event;
  run->event_data = event_data;
  run->worst = ENGINE_OUTCOME_EQUAL;
  run->in_order = request->command != ENGINE_COMMAND_SYNC || request->dry_run;
  g_queue_init (&run->waiting);
  run->accounts = g_ptr_array_new ();
  run->selections = engine_select (engine->accounts, request->selectors, &error);
  if (run->selections == NULL)
    {
      g_task_return_error (task, error);
      return;
    }
  engine->is_running = TRUE;
  run->n_running = run->selections->len;
  for (guint i = 0; i < run->selections->len; i++)
    add_account (task, request, g_ptr_array_index (run->selections, i));
  start_accounts (run);
  open_next (run);
  while (!run->in_order && !g_queue_is_empty (&run->waiting))
    open_next (run);
}

gboolean
engine_run_finish (Engine *engine, GAsyncResult *result, EngineOutcome *outcome, GError **error)
{
  g_autoptr (GError) local_error = NULL;
  gssize worst;

  g_return_val_if_fail (g_task_is_valid (result, NULL), FALSE);
  worst = g_task_propagate_int (G_TASK (result), &local_error);
  if (local_error != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&local_error));
      return FALSE;
    }
  *outcome = (EngineOutcome)worst;
  return TRUE;
}
