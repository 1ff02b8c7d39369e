/* Brings the events of one account from its thread to the caller's main context: copied, in order, and no
 * more than some hundreds on the way, so that memory does not grow with a mailbox when the caller is slow.
 * Progress is thinned to about ten a second; the last one before DONE always arrives. */
#pragma once

#include "account/event.h"

typedef struct _EngineRelay EngineRelay;

/* `event` is called on `context`, never from inside engine_relay_send, and for what `detail` has. Nothing
 * arrives before the relay is opened. (transfer full) */
EngineRelay *
engine_relay_new (GMainContext *context, EngineDetail detail, EngineEventFunc event, gpointer user_data);
void engine_relay_open (EngineRelay *relay);

/* An EngineEventFunc for the account's thread, with the relay as user_data; waits while too much is on the
 * way. */
void engine_relay_send (const EngineEvent *event, gpointer relay);

/* On the caller's context, when nothing is on the way and nobody sends any more; from inside `event` too. */
void engine_relay_free (EngineRelay *relay);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (EngineRelay, engine_relay_free)
