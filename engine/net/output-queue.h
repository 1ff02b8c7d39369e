/* What is to be sent: octets and sources of octets, in order, gathered into pieces that are worth a write.
 *
 * A source is pulled only when the socket has room, and at most NET_OUTPUT_PIECE octets ahead of it. No I/O
 * happens here.
 */
#pragma once

#include "connection.h"

#define NET_OUTPUT_PIECE (64 * 1024)

typedef struct _NetOutputQueue NetOutputQueue;

NetOutputQueue *net_output_queue_new (void);
void net_output_queue_free (NetOutputQueue *queue);

void net_output_queue_add (NetOutputQueue *queue, const char *data, gsize length);
void net_output_queue_add_source (NetOutputQueue *queue, NetSourceFunc source, gpointer user_data,
                                  GDestroyNotify notify);

/* Octets not yet taken; a source counts as one more until it ended. */
gsize net_output_queue_get_length (NetOutputQueue *queue);

/* What to send next: *length octets (transfer none), valid until the next call; 0 when the queue is empty.
 * Fails with the error of a source. */
gboolean net_output_queue_peek (NetOutputQueue *queue, const guint8 **data, gsize *length, GError **error);

/* The first `length` octets of what peek gave were sent. */
void net_output_queue_take (NetOutputQueue *queue, gsize length);

/* Drops everything; the sources' notifies are called. */
void net_output_queue_clear (NetOutputQueue *queue);
