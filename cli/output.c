#include "output.h"
#include "json.h"
#include "progress.h"
#include "safe.h"

#include <errno.h>
#include <stdio.h>

struct _Output
{
  gboolean quiet, json;
  Progress *progress; /* (nullable) */
};

Output *
output_new (const Options *options)
{
  Output *output = g_new0 (Output, 1);

  output->quiet = options->quiet;
  output->json = options->json;
  if (!options->quiet && !options->json)
    output->progress = progress_new ();
  return output;
}

EngineDetail
output_detail (const Options *options)
{
  if (options->verbosity >= 2)
    return ENGINE_DETAIL_ALL;
  if (options->verbosity == 1 || (options->json && !options->quiet))
    return ENGINE_DETAIL_EVENTS;
  return ENGINE_DETAIL_RESULTS;
}

void
output_free (Output *output)
{
  g_clear_pointer (&output->progress, progress_free);
  g_free (output);
}

static void
print (Output *output, FILE *stream, const EngineEvent *event)
{
  g_autofree char *label = safe_label (event->account, event->mailbox);
  g_autofree char *text = safe_text (event->text);

  if (output->progress != NULL)
    progress_wipe (output->progress);
  fprintf (stream, "%s: %s\n", label, text);
  fflush (stream);
}

static void
print_json (const EngineEvent *event)
{
  g_autofree char *json = json_from_event (event);

  puts (json);
  fflush (stdout);
}

static gboolean
is_wanted (const Output *output, const EngineEvent *event)
{
  switch (event->type)
    {
    case ENGINE_EVENT_RESULT:
    case ENGINE_EVENT_PROGRESS:
      return !output->quiet;
    case ENGINE_EVENT_INFO:
    case ENGINE_EVENT_DEBUG:
    case ENGINE_EVENT_WARNING:
    case ENGINE_EVENT_ERROR:
    case ENGINE_EVENT_DONE:
      return TRUE;
    }
  g_assert_not_reached ();
}

static void
print_text (Output *output, const EngineEvent *event)
{
  switch (event->type)
    {
    case ENGINE_EVENT_INFO:
    case ENGINE_EVENT_RESULT:
      print (output, stdout, event);
      break;
    case ENGINE_EVENT_DEBUG:
    case ENGINE_EVENT_WARNING:
    case ENGINE_EVENT_ERROR:
      print (output, stderr, event);
      break;
    case ENGINE_EVENT_PROGRESS:
      if (output->progress != NULL)
        progress_take (output->progress, event);
      break;
    case ENGINE_EVENT_DONE:
      break;
    }
}

void
output_event (const EngineEvent *event, gpointer user_data)
{
  Output *output = user_data;

  if (!is_wanted (output, event))
    return;
  if (output->json)
    print_json (event);
  if (!output->json || event->type == ENGINE_EVENT_WARNING || event->type == ENGINE_EVENT_ERROR)
    print_text (output, event);
}

void
output_error (Output *output, const char *name, const char *format, ...)
{
  g_autofree char *text = NULL;
  EngineEvent event = { .type = ENGINE_EVENT_ERROR, .name = name };
  va_list args;

  va_start (args, format);
  event.text = text = g_strdup_vprintf (format, args);
  va_end (args);
  output_event (&event, output);
}

gboolean
output_finish (Output *output)
{
  if (fflush (stdout) == 0 && !ferror (stdout))
    return TRUE;
  output->json = FALSE; /* stdout is where it failed */
  output_error (output, "output", "what was to be printed is not complete: %s", g_strerror (errno));
  return FALSE;
}
