#include "run.h"
#include "exit.h"

#include <glib-unix.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#define CONFIG_EXAMPLE                                                                                       \
  "    [account work]\n"                                                                                     \
  "    host=imap.example.org\n"                                                                              \
  "    user=alice\n"                                                                                         \
  "    password-command=pass show work\n"                                                                    \
  "    maildir=~/Mail/work\n"

typedef struct
{
  GMainLoop *loop;
  GCancellable *cancellable;
  Output *output;
  guint signals[2]; /* sources; 0: gone */
  int status;
} Run;

static void
end_at_once (int signal_number)
{
  _exit (ENGINE_OUTCOME_OFFLINE);
}

static void
stop_watching (Run *run)
{
  for (guint i = 0; i < G_N_ELEMENTS (run->signals); i++)
    if (run->signals[i] != 0)
      g_source_remove (run->signals[i]);
  run->signals[0] = run->signals[1] = 0;
}

/* In an iteration of its own: GLib resets a signal only after the function of its last source has returned.
 */
static gboolean
prepare_for_second (gpointer user_data)
{
  const struct sigaction at_once = { .sa_handler = end_at_once };
  Run *run = user_data;

  sigaction (SIGINT, &at_once, NULL);
  sigaction (SIGTERM, &at_once, NULL);
  output_error (run->output, "interrupted",
                "interrupted: ending at the next safe point; once more ends at once");
  return G_SOURCE_REMOVE;
}

static gboolean
interrupt (gpointer user_data)
{
  Run *run = user_data;

  stop_watching (run);
  g_idle_add_full (G_PRIORITY_HIGH, prepare_for_second, run, NULL);
  g_cancellable_cancel (run->cancellable);
  return G_SOURCE_CONTINUE; /* it is removed already */
}

static void
finished (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;
  Run *run = ((gpointer *)user_data)[0];
  Engine *engine = ((gpointer *)user_data)[1];
  EngineOutcome outcome;

  if (engine_run_finish (engine, result, &outcome, &error))
    run->status = outcome;
  else
    {
      run->status = exit_status_for_error (error);
      output_error (run->output, "usage", "%s", error->message);
    }
  g_main_loop_quit (run->loop);
}

static int
complain_of_config (Output *output, const GError *error)
{
  output_error (output, "configuration", "%s", error->message);
  if (g_error_matches (error, ENGINE_ERROR, ENGINE_ERROR_NO_CONFIG))
    fputs ("For example:\n\n" CONFIG_EXAMPLE "\nThen `dovetail check` says whether it works.\n", stderr);
  return exit_status_for_error (error);
}

int
run_request (const Options *options, const EngineRequest *request, Output *output)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (Engine) engine = engine_new (options->config, &error);
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  Run run = { .loop = loop, .cancellable = cancellable, .output = output };
  gpointer both[] = { &run, engine };

  if (engine == NULL)
    return complain_of_config (output, error);
  run.signals[0] = g_unix_signal_add (SIGINT, interrupt, &run);
  run.signals[1] = g_unix_signal_add (SIGTERM, interrupt, &run);
  engine_run_async (engine, request, cancellable, output_event, output, finished, both);
  g_main_loop_run (loop);
  stop_watching (&run);
  return run.status;
}
