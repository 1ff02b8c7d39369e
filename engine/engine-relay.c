#include "engine-relay.h"

#define ON_THE_WAY_MAX 256
#define PROGRESS_INTERVAL_US (G_USEC_PER_SEC / 10)

struct _EngineRelay
{
  GMainContext *context;
  EngineDetail detail;
  EngineEventFunc event;
  gpointer user_data;

  GMutex mutex;
  GCond room;
  GQueue on_the_way; /* of EngineEvent, under the mutex */
  gboolean is_open;  /* under the mutex: each event on the way has its source */

  /* The sender's own. */
  gint64 progress_sent;  /* monotonic time of the last one */
  EngineEvent *progress; /* (nullable) held back */
};

static EngineField *
copy_fields (const EngineField *fields, guint n_fields)
{
  EngineField *copy = g_new0 (EngineField, n_fields);

  for (guint i = 0; i < n_fields; i++)
    copy[i] = (EngineField){ .key = g_strdup (fields[i].key),
                             .string = g_strdup (fields[i].string),
                             .number = fields[i].number };
  return copy;
}

static EngineEvent *
event_copy (const EngineEvent *event)
{
  EngineEvent *copy = g_memdup2 (event, sizeof *event);

  copy->account = g_strdup (event->account);
  copy->mailbox = g_strdup (event->mailbox);
  copy->name = g_strdup (event->name);
  copy->text = g_strdup (event->text);
  copy->fields = copy_fields (event->fields, event->n_fields);
  return copy;
}

static void
event_free (EngineEvent *event)
{
  for (guint i = 0; i < event->n_fields; i++)
    {
      g_free ((char *)event->fields[i].key);
      g_free ((char *)event->fields[i].string);
    }
  g_free ((EngineField *)event->fields);
  g_free ((char *)event->account);
  g_free ((char *)event->mailbox);
  g_free ((char *)event->name);
  g_free ((char *)event->text);
  g_free (event);
}

EngineRelay *
engine_relay_new (GMainContext *context, EngineDetail detail, EngineEventFunc event, gpointer user_data)
{
  EngineRelay *relay = g_new0 (EngineRelay, 1);

  relay->context = context != NULL ? g_main_context_ref (context) : NULL;
  relay->detail = detail;
  relay->event = event;
  relay->user_data = user_data;
  g_queue_init (&relay->on_the_way);
  g_mutex_init (&relay->mutex);
  g_cond_init (&relay->room);
  return relay;
}

void
engine_relay_free (EngineRelay *relay)
{
  g_clear_pointer (&relay->progress, event_free);
  g_clear_pointer (&relay->context, g_main_context_unref);
  g_queue_clear_full (&relay->on_the_way, (GDestroyNotify)event_free);
  g_mutex_clear (&relay->mutex);
  g_cond_clear (&relay->room);
  g_free (relay);
}

/* One source, one event. The relay may be gone after the call. */
static gboolean
deliver (gpointer user_data)
{
  EngineRelay *relay = user_data;
  EngineEvent *event;

  g_mutex_lock (&relay->mutex);
  event = g_queue_pop_head (&relay->on_the_way);
  g_cond_signal (&relay->room);
  g_mutex_unlock (&relay->mutex);
  relay->event (event, relay->user_data);
  event_free (event);
  return G_SOURCE_REMOVE;
}

/* By a source always: g_main_context_invoke may run the function here and now, on the account's thread. */
static void
attach_delivery (EngineRelay *relay)
{
  g_autoptr (GSource) source = g_idle_source_new ();

  g_source_set_priority (source, G_PRIORITY_DEFAULT);
  g_source_set_callback (source, deliver, relay, NULL);
  g_source_attach (source, relay->context);
}

void
engine_relay_open (EngineRelay *relay)
{
  g_mutex_lock (&relay->mutex);
  relay->is_open = TRUE;
  for (guint i = g_queue_get_length (&relay->on_the_way); i > 0; i--)
    attach_delivery (relay);
  g_mutex_unlock (&relay->mutex);
}

static void
send (EngineRelay *relay, EngineEvent *event)
{
  g_mutex_lock (&relay->mutex);
  while (g_queue_get_length (&relay->on_the_way) >= ON_THE_WAY_MAX)
    g_cond_wait (&relay->room, &relay->mutex);
  g_queue_push_tail (&relay->on_the_way, event);
  if (relay->is_open)
    attach_delivery (relay);
  g_mutex_unlock (&relay->mutex);
}

static void
send_progress (EngineRelay *relay, const EngineEvent *event)
{
  gint64 now = g_get_monotonic_time ();

  g_clear_pointer (&relay->progress, event_free);
  if (relay->progress_sent != 0 && now - relay->progress_sent < PROGRESS_INTERVAL_US)
    {
      relay->progress = event_copy (event);
      return;
    }
  relay->progress_sent = now;
  send (relay, event_copy (event));
}

void
engine_relay_send (const EngineEvent *event, gpointer user_data)
{
  EngineRelay *relay = user_data;

  if (!engine_detail_has (relay->detail, event->type))
    return;
  if (event->type == ENGINE_EVENT_PROGRESS)
    {
      send_progress (relay, event);
      return;
    }
  if (event->type == ENGINE_EVENT_DONE && relay->progress != NULL)
    send (relay, g_steal_pointer (&relay->progress));
  send (relay, event_copy (event));
}
