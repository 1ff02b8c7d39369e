/* Waits for one stream on a main context, with a deadline.
 *
 * GLib wakes a context up for each source that comes or goes, and for each new ready time, even from the
 * context's own thread. So the sources stay: input as long as there is a stream, output while it is wanted,
 * and a timer that is moved only when it would be late; early, it is set anew.
 */
#pragma once

#include <gio/gio.h>

typedef struct
{
  GMainContext *context;
  GCancellable *cancellable;
  gulong cancelled_id;
  GIOStream *stream;               /* (nullable) */
  GSource *input, *output, *timer; /* (nullable) */
  /* What the last wait saw. */
  gboolean readable, writable, expired;
} NetWaiter;

/* Takes references on both. */
void net_waiter_init (NetWaiter *waiter, GMainContext *context, GCancellable *cancellable);
void net_waiter_clear (NetWaiter *waiter);

/* What to wait for from now on (nullable): a stream with pollable halves. */
void net_waiter_set_stream (NetWaiter *waiter, GIOStream *stream);
/* While it rests, what happens on its stream wakes up nobody. */
void net_waiter_set_resting (NetWaiter *waiter, gboolean resting);

/* One iteration of the context: until there is input, room for output if that is wanted, a cancellation, the
 * deadline (monotonic; 0: do not block, -1: none), or somebody else's event. May return with nothing seen. */
void net_waiter_wait (NetWaiter *waiter, gboolean for_output, gint64 deadline);
/* The same in three parts, so that several waiters of one context can share the iteration between them. */
void net_waiter_begin (NetWaiter *waiter, gboolean for_output, gint64 deadline);
void net_waiter_end (NetWaiter *waiter, gint64 deadline);
