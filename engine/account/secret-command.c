#include "secret-command.h"
#include "secret-line.h"
#include "secret.h"

/* What the sources on the private context report; the run is over when nothing of it can change any more. */
typedef struct
{
  SecretLine *line;
  GSubprocess *process;
  gboolean at_end; /* the command closed its output */
  gboolean exited;
  GError *failure; /* (nullable) */
} CommandRun;

static void
command_run_clear (CommandRun *run)
{
  g_clear_pointer (&run->line, secret_line_free);
  g_clear_object (&run->process);
  g_clear_error (&run->failure);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (CommandRun, command_run_clear)

/* A process that the command left behind may keep the output open for ever: with a whole line and the
 * command's end, no more is waited for. */
static gboolean
is_over (const CommandRun *run)
{
  return run->failure != NULL || (run->exited && (run->at_end || run->line->complete));
}

static gboolean
on_output (GObject *stream, gpointer user_data)
{
  CommandRun *run = user_data;
  g_autoptr (GError) error = NULL;
  gssize count = g_pollable_input_stream_read_nonblocking (
      G_POLLABLE_INPUT_STREAM (stream), secret_line_room (run->line), SECRET_READ_SIZE, NULL, &error);

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
    return G_SOURCE_CONTINUE;
  if (count > 0 && secret_line_add (run->line, (gsize)count, &error))
    return G_SOURCE_CONTINUE;
  run->at_end = TRUE;
  if (run->failure == NULL)
    run->failure = g_steal_pointer (&error);
  return G_SOURCE_REMOVE;
}

static gboolean
on_limit (gpointer user_data)
{
  CommandRun *run = user_data;

  if (run->failure == NULL)
    g_set_error (&run->failure, SECRET_ERROR, SECRET_ERROR_UNAVAILABLE,
                 "it did not end in time and was stopped; run it by hand and see what it waits for");
  return G_SOURCE_REMOVE;
}

static gboolean
on_cancelled (GCancellable *cancellable, gpointer user_data)
{
  CommandRun *run = user_data;

  if (run->failure == NULL)
    g_cancellable_set_error_if_cancelled (cancellable, &run->failure);
  return G_SOURCE_REMOVE;
}

/* Called once in every run, also when the process was killed. */
static void
on_exited (GObject *process, GAsyncResult *result, gpointer user_data)
{
  CommandRun *run = user_data;

  run->exited = TRUE;
  g_subprocess_wait_finish (G_SUBPROCESS (process), result, NULL);
}

/* The context owns the source, and ends it with itself. */
static void
attach (GSource *source, GSourceFunc callback, CommandRun *run, GMainContext *context)
{
  g_source_set_callback (source, callback, run, NULL);
  g_source_attach (source, context);
  g_source_unref (source);
}

static void
attach_sources (CommandRun *run, guint limit_ms, GCancellable *cancellable, GMainContext *context)
{
  GPollableInputStream *output = G_POLLABLE_INPUT_STREAM (g_subprocess_get_stdout_pipe (run->process));

  attach (g_pollable_input_stream_create_source (output, NULL), G_SOURCE_FUNC (on_output), run, context);
  attach (g_timeout_source_new (limit_ms), on_limit, run, context);
  if (cancellable != NULL)
    attach (g_cancellable_source_new (cancellable), G_SOURCE_FUNC (on_cancelled), run, context);
  g_subprocess_wait_async (run->process, NULL, on_exited, run);
}

static void
wait_until_over (CommandRun *run, GMainContext *context)
{
  while (!is_over (run))
    g_main_context_iteration (context, TRUE);
  if (!run->exited)
    g_subprocess_force_exit (run->process);
  while (!run->exited)
    g_main_context_iteration (context, TRUE);
}

static gboolean
check_status (const CommandRun *run, GError **error)
{
  if (g_subprocess_get_if_exited (run->process) && g_subprocess_get_exit_status (run->process) == 0)
    return TRUE;
  if (g_subprocess_get_if_exited (run->process))
    g_set_error (error, SECRET_ERROR, SECRET_ERROR_UNAVAILABLE,
                 "it ended with status %d; run it by hand and mend it",
                 g_subprocess_get_exit_status (run->process));
  else
    g_set_error (error, SECRET_ERROR, SECRET_ERROR_UNAVAILABLE,
                 "it was ended by signal %d; run it by hand and mend it",
                 g_subprocess_get_term_sig (run->process));
  return FALSE;
}

static char *
run_in_context (const char *command, guint limit_ms, GMainContext *context, GCancellable *cancellable,
                GError **error)
{
  g_auto (CommandRun) run = { .line = secret_line_new () };

  run.process = g_subprocess_new (G_SUBPROCESS_FLAGS_STDOUT_PIPE, error, "/bin/sh", "-c", command, NULL);
  if (run.process == NULL)
    return NULL;
  attach_sources (&run, limit_ms, cancellable, context);
  wait_until_over (&run, context);
  if (run.failure != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&run.failure));
      return NULL;
    }
  return check_status (&run, error) ? secret_line_finish (run.line, error) : NULL;
}

char *
secret_command_run (const char *command, guint limit_ms, GCancellable *cancellable, GError **error)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  char *secret;

  g_main_context_push_thread_default (context);
  secret = run_in_context (command, limit_ms, context, cancellable, error);
  g_main_context_pop_thread_default (context);
  return secret;
}
