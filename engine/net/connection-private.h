/* The connection as its three files see it: connection.c (life cycle, failure), connection-open.c (TCP and
 * TLS), connection-io.c (bytes). */
#pragma once

#include "connection.h"
#include "deflate.h"
#include "output-queue.h"
#include "tls-client.h"
#include "tls-stream.h"
#include "trickle.h"
#include "waiter.h"

#define NET_READ_SIZE (64 * 1024)

struct _NetConnection
{
  NetEndpoint endpoint; /* with strings of our own */
  char *name;           /* "imap.example.org:993" */
  NetWaiter waiter;
  GSocketConnection *tcp; /* (nullable) before open */
  NetTlsClient *tls;      /* (nullable) in clear */
  GIOStream *stream;      /* (nullable) tcp, or TLS over it */
  NetDeflate *deflate;    /* (nullable) */
  NetOutputQueue *output;
  NetInputFunc input;
  gpointer input_data;
  GError *error;       /* sticky */
  gboolean is_secure;  /* TLS is verified */
  gboolean is_closing; /* input is of no interest any more */
  guint8 buffer[NET_READ_SIZE];
  gboolean is_line_by_line;
  gsize held_start, held_end; /* line by line: buffer[start..end) lies behind a line that was handed on */
  guint64 received, sent;
  NetTrickle trickle;
  gint64 wait_until; /* of the present iteration: the deadline, 0: it does not block, -1: none */
  gint64 waited;     /* microseconds in all iterations */
};

/* Makes the error (transfer full) the connection's own, if it is the first. Always FALSE. */
gboolean net_connection_fail (NetConnection *connection, GError *error);
gboolean net_connection_fail_with (NetConnection *connection, NetError code, const char *format, ...)
    G_GNUC_PRINTF (3, 4);

/* (transfer none) (nullable): NULL in clear. */
NetTlsStream *net_connection_get_tls_stream (NetConnection *connection);
/* What bytes go through from now on (transfer full). */
void net_connection_set_stream (NetConnection *connection, GIOStream *stream);

gint64 net_connection_get_deadline (NetConnection *connection);

/* One wait, see net_waiter_wait. FALSE: cancelled, and the connection has failed. */
gboolean net_connection_wait (NetConnection *connection, gint64 deadline);

/* Before TLS: did the peer send more than the caller was given? */
gboolean net_connection_has_early_input (NetConnection *connection);

/* Sends what is queued, reading on (and handing on) meanwhile: the peer may wait for that. */
void net_connection_drain (NetConnection *connection, gint64 deadline);
