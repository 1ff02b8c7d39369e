/* The octets of a message that APPEND sends: announced by size, pulled from the caller when the server is
 * ready for them, and checked. A source that gives more or fewer octets than announced fails the connection,
 * so that nothing half is ever stored. */
#pragma once

#include "../net/connection.h"

typedef struct _ImapStream ImapStream;

/* The stream is gone, and the caller's `notify` was called. `complete`: the last octet was given; else the
 * connection fails. */
typedef void (*ImapStreamEndFunc) (gboolean complete, gpointer owner);

/* `in_handler` is raised while the source runs. */
ImapStream *imap_stream_new (guint64 size, NetSourceFunc source, gpointer source_data, GDestroyNotify notify,
                             guint *in_handler);
/* The owner may use the stream until `end`, or until it abandons it. */
void imap_stream_set_owner (ImapStream *stream, ImapStreamEndFunc end, gpointer owner);

/* Hands it over to the connection, which frees it. */
void imap_stream_start (ImapStream *stream, NetConnection *connection);
/* The owner is not interested any more. Not started: frees it. Started: it goes on to its end. */
void imap_stream_abandon (ImapStream *stream);
