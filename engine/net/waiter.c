#include "waiter.h"

static gboolean
dispatch_timer (GSource *source, GSourceFunc callback, gpointer user_data)
{
  g_source_set_ready_time (source, -1);
  return callback (user_data);
}

static GSourceFuncs timer_functions = { .dispatch = dispatch_timer };

static gboolean
on_timer (gpointer user_data)
{
  /* Its coming ends the iteration; whether it is late enough is seen by the clock. */
  return G_SOURCE_CONTINUE;
}

static gboolean
on_readable (GObject *stream, gpointer user_data)
{
  NetWaiter *waiter = user_data;

  waiter->readable = TRUE;
  return G_SOURCE_CONTINUE;
}

static gboolean
on_writable (GObject *stream, gpointer user_data)
{
  NetWaiter *waiter = user_data;

  waiter->writable = TRUE;
  return G_SOURCE_CONTINUE;
}

static GSource *
attach (NetWaiter *waiter, GSource *source, GSourceFunc callback)
{
  g_source_set_callback (source, callback, waiter, NULL);
  g_source_attach (source, waiter->context);
  return source;
}

/* In whatever thread cancels. A source made of the cancellable would be leaked by GLib when it is destroyed
 * at that very moment. */
static void
wake_up (GCancellable *cancellable, gpointer context)
{
  g_main_context_wakeup (context);
}

static void
detach (GSource **source)
{
  if (*source != NULL)
    g_source_destroy (*source);
  g_clear_pointer (source, g_source_unref);
}

void
net_waiter_init (NetWaiter *waiter, GMainContext *context, GCancellable *cancellable)
{
  *waiter = (NetWaiter){ .context = context != NULL ? g_main_context_ref (context) : NULL };
  waiter->cancellable = g_object_ref (cancellable);
  waiter->cancelled_id = g_cancellable_connect (cancellable, G_CALLBACK (wake_up), waiter->context, NULL);
  waiter->timer = g_source_new (&timer_functions, sizeof (GSource));
  /* What has come is handled before anybody complains that nothing came. */
  g_source_set_priority (waiter->timer, G_PRIORITY_LOW);
  attach (waiter, waiter->timer, on_timer);
}

void
net_waiter_clear (NetWaiter *waiter)
{
  net_waiter_set_stream (waiter, NULL);
  detach (&waiter->timer);
  g_cancellable_disconnect (waiter->cancellable, waiter->cancelled_id);
  g_object_unref (waiter->cancellable);
  g_clear_pointer (&waiter->context, g_main_context_unref);
}

static void
watch_input (NetWaiter *waiter)
{
  GPollableInputStream *input = G_POLLABLE_INPUT_STREAM (g_io_stream_get_input_stream (waiter->stream));

  waiter->input =
      attach (waiter, g_pollable_input_stream_create_source (input, NULL), G_SOURCE_FUNC (on_readable));
}

void
net_waiter_set_stream (NetWaiter *waiter, GIOStream *stream)
{
  detach (&waiter->input);
  detach (&waiter->output);
  g_clear_object (&waiter->stream);
  if (stream == NULL)
    return;
  waiter->stream = g_object_ref (stream);
  watch_input (waiter);
}

void
net_waiter_set_resting (NetWaiter *waiter, gboolean resting)
{
  if (resting)
    {
      detach (&waiter->input);
      detach (&waiter->output);
      g_source_set_ready_time (waiter->timer, -1);
    }
  else if (waiter->stream != NULL && waiter->input == NULL)
    watch_input (waiter);
}

static void
want_output (NetWaiter *waiter, gboolean wanted)
{
  GPollableOutputStream *output;

  if (!wanted)
    detach (&waiter->output);
  if (!wanted || waiter->output != NULL)
    return;
  output = G_POLLABLE_OUTPUT_STREAM (g_io_stream_get_output_stream (waiter->stream));
  waiter->output =
      attach (waiter, g_pollable_output_stream_create_source (output, NULL), G_SOURCE_FUNC (on_writable));
}

static void
set_timer (NetWaiter *waiter, gint64 deadline)
{
  gint64 ready_time = g_source_get_ready_time (waiter->timer);

  if (deadline > 0 && (ready_time < 0 || ready_time > deadline))
    g_source_set_ready_time (waiter->timer, deadline);
}

void
net_waiter_begin (NetWaiter *waiter, gboolean for_output, gint64 deadline)
{
  waiter->readable = waiter->writable = waiter->expired = FALSE;
  want_output (waiter, for_output);
  set_timer (waiter, deadline);
}

void
net_waiter_wait (NetWaiter *waiter, gboolean for_output, gint64 deadline)
{
  net_waiter_begin (waiter, for_output, deadline);
  g_main_context_iteration (waiter->context, deadline != 0);
  net_waiter_end (waiter, deadline);
}

void
net_waiter_end (NetWaiter *waiter, gint64 deadline)
{
  waiter->expired =
      deadline > 0 && !waiter->readable && !waiter->writable && g_get_monotonic_time () >= deadline;
}
