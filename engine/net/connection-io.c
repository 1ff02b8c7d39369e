/* Bytes in and out, and waiting for them. */
#include "connection-private.h"

/* After so many full reads or writes in a row the caller gets its turn. */
#define MAX_ROUNDS 4

static gboolean
would_block (const GError *error)
{
  return g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK);
}

/* Records made and not yet taken by the socket. */
static gsize
pending_records (NetConnection *connection)
{
  NetTlsStream *stream = net_connection_get_tls_stream (connection);

  return stream != NULL ? net_tls_stream_get_pending (stream) : 0;
}

/* Waiting. */

gboolean
net_connection_wait (NetConnection *connection, gint64 deadline)
{
  net_waiter_wait (&connection->waiter, net_connection_get_queued (connection) > 0, deadline);
  if (g_cancellable_is_cancelled (connection->waiter.cancellable))
    return net_connection_fail_with (connection, NET_ERROR_CANCELLED, "cancelled");
  return TRUE;
}

void
net_connection_note_progress (NetConnection *connection)
{
  net_trickle_restart (&connection->trickle);
}

static void
fail_expired (NetConnection *connection)
{
  if (connection->trickle.octets == 0)
    net_connection_fail_with (connection, NET_ERROR_TIMEOUT, "the server was silent for %u seconds%s",
                              connection->endpoint.timeout,
                              /* Both wait for the other to begin. */
                              connection->received == 0 && connection->tls == NULL
                                  ? "; if this port is for TLS from the first byte, set security=tls"
                                  : "");
  else
    net_connection_fail_with (connection, NET_ERROR_TIMEOUT,
                              "the server gave less than %d octets in %u seconds", NET_TRICKLE_MIN_OCTETS,
                              connection->endpoint.timeout);
}

/* Input. */

/* Before TLS a line is handed on alone, so that what lies behind the OK to STARTTLS is never taken for its
 * part, nor believed. */
static gboolean
is_line_by_line (NetConnection *connection)
{
  return connection->is_line_by_line || (connection->tls == NULL && !connection->endpoint.allow_plain);
}

static gboolean
hand_on (NetConnection *connection, const guint8 *data, gsize length)
{
  GError *error = NULL;

  if (connection->is_closing || connection->input == NULL ||
      connection->input (data, length, connection->input_data, &error))
    return TRUE;
  return net_connection_fail (connection, error);
}

static gboolean
hand_on_line (NetConnection *connection)
{
  const guint8 *start = connection->buffer + connection->held_start;
  gsize available = connection->held_end - connection->held_start;
  const guint8 *end = memchr (start, '\n', available);
  gsize length = end != NULL ? (gsize)(end + 1 - start) : available;

  connection->held_start += length;
  return hand_on (connection, start, length);
}

static gboolean
has_held_input (NetConnection *connection)
{
  return connection->held_start < connection->held_end;
}

/* Is there something that the socket knows nothing of any more? */
static gboolean
has_ready_input (NetConnection *connection)
{
  NetTlsStream *stream = net_connection_get_tls_stream (connection);

  return has_held_input (connection) || (stream != NULL && net_tls_stream_has_input (stream)) ||
         (connection->deflate != NULL && net_deflate_has_input (connection->deflate));
}

/* The next octets, into the buffer: 0 when there are none now or the connection has failed. */
static gsize
read_some (NetConnection *connection)
{
  GInputStream *input = g_io_stream_get_input_stream (connection->stream);
  GError *error = NULL;
  gssize length;

  length = g_pollable_input_stream_read_nonblocking (G_POLLABLE_INPUT_STREAM (input), connection->buffer,
                                                     NET_READ_SIZE, NULL, &error);
  if (length > 0)
    return length;
  if (length == 0)
    net_connection_fail_with (connection, NET_ERROR_CLOSED, "the server closed the connection");
  else if (would_block (error))
    g_error_free (error);
  else
    net_connection_fail (connection, error);
  return 0;
}

/* The same, counted. */
static gsize
read_counted (NetConnection *connection)
{
  gsize length = read_some (connection);

  connection->received += length;
  net_trickle_count (&connection->trickle, length);
  return length;
}

/* At most one read, and at most as many plain octets as a read could have brought: what is left waits for the
 * next call. */
static gboolean
receive_deflated (NetConnection *connection, gsize *length)
{
  g_autofree guint8 *plain = g_malloc (NET_READ_SIZE);
  NetDeflate *deflate = connection->deflate;
  g_autoptr (GError) error = NULL;
  gsize got;

  if (!net_deflate_has_input (deflate))
    {
      got = read_counted (connection);
      if (got == 0)
        return FALSE;
      net_deflate_feed (deflate, connection->buffer, got);
    }
  if (!net_deflate_inflate (deflate, plain, NET_READ_SIZE, length, &error))
    return net_connection_fail_with (connection, NET_ERROR_PROTOCOL,
                                     "what the server sent is not compressed as it said (%s)",
                                     error->message);
  return *length == 0 || hand_on (connection, plain, *length);
}

/* TRUE if the next octets, or what was held back of them, were handed on. */
static gboolean
receive_piece (NetConnection *connection, gsize *length)
{
  *length = 0;
  if (has_held_input (connection))
    return hand_on_line (connection);
  if (connection->deflate != NULL)
    return receive_deflated (connection, length);
  *length = read_counted (connection);
  if (*length == 0)
    return FALSE;
  if (!is_line_by_line (connection))
    return hand_on (connection, connection->buffer, *length);
  connection->held_start = 0;
  connection->held_end = *length;
  return hand_on_line (connection);
}

/* TRUE if there may be more. */
static gboolean
receive (NetConnection *connection)
{
  gsize length = NET_READ_SIZE;

  for (guint round = 0; round < MAX_ROUNDS && length == NET_READ_SIZE; round++)
    if (!receive_piece (connection, &length))
      return FALSE;
  return TRUE;
}

/* Output. */

/* The write failed, but what the peer said before it left (a BYE, why) may still lie there. */
static void
fail_output (NetConnection *connection, GError *error)
{
  while (connection->error == NULL && receive (connection))
    continue;
  net_connection_fail (connection, error);
}

/* What the socket is to take next, where there is DEFLATE: a piece is deflated when the one before it is
 * gone, and flushed when nothing is queued behind it. */
static gboolean
peek_deflated (NetConnection *connection, const guint8 **data, gsize *length, GError **error)
{
  NetOutputQueue *queue = connection->output;
  const guint8 *plain;
  gsize plain_length;

  while ((*data = net_deflate_peek (connection->deflate, length)) != NULL && *length == 0)
    {
      if (!net_output_queue_peek (queue, &plain, &plain_length, error))
        return FALSE;
      if (plain_length == 0 && !net_deflate_needs_flush (connection->deflate))
        return TRUE;
      if (!net_deflate_add (connection->deflate, plain, plain_length,
                            net_output_queue_get_length (queue) == plain_length, error))
        return FALSE;
      net_output_queue_take (queue, plain_length);
    }
  return TRUE;
}

static gboolean
peek_output (NetConnection *connection, const guint8 **data, gsize *length, GError **error)
{
  return connection->deflate != NULL ? peek_deflated (connection, data, length, error)
                                     : net_output_queue_peek (connection->output, data, length, error);
}

static void
take_output (NetConnection *connection, gsize length)
{
  if (connection->deflate != NULL)
    net_deflate_take (connection->deflate, length);
  else
    net_output_queue_take (connection->output, length);
}

/* Writes one piece, or records that are left over. TRUE if the socket took something and may take more. */
static gboolean
send_piece (NetConnection *connection, GError **error)
{
  GOutputStream *output = g_io_stream_get_output_stream (connection->stream);
  const guint8 *data;
  gsize length;
  gssize written;

  if (!peek_output (connection, &data, &length, error))
    return FALSE;
  if (length == 0)
    {
      if (pending_records (connection) > 0)
        net_tls_stream_flush (net_connection_get_tls_stream (connection), error);
      return FALSE;
    }
  written = g_pollable_output_stream_write_nonblocking (G_POLLABLE_OUTPUT_STREAM (output), data, length, NULL,
                                                        error);
  if (written <= 0)
    return FALSE;
  take_output (connection, written);
  connection->sent += written;
  return TRUE;
}

/* Octets that the socket took, records of TLS among them. */
static guint64
octets_taken (NetConnection *connection)
{
  NetTlsStream *stream = net_connection_get_tls_stream (connection);

  return stream != NULL ? net_tls_stream_get_taken (stream) : connection->sent;
}

static void
count_taken (NetConnection *connection, gsize octets)
{
  net_trickle_count (&connection->trickle, octets);
  /* The last octet has left: now the peer has its time to answer. */
  if (octets > 0 && net_connection_get_queued (connection) == 0)
    net_trickle_restart (&connection->trickle);
}

static void
note_output_error (NetConnection *connection, GError *error)
{
  if (would_block (error))
    g_error_free (error);
  else if (error->domain == G_IO_ERROR)
    fail_output (connection, error);
  else
    net_connection_fail (connection, error);
}

/* TRUE if octets went. */
static gboolean
send_queued (NetConnection *connection)
{
  guint64 before;
  GError *error = NULL;
  guint round = 0;

  if (net_connection_get_queued (connection) == 0)
    return FALSE;
  before = octets_taken (connection);
  while (round < MAX_ROUNDS && send_piece (connection, &error))
    round++;
  count_taken (connection, octets_taken (connection) - before);
  if (error != NULL)
    note_output_error (connection, error);
  return round > 0;
}

/* Before the wait, over which the trickle rule watches. TRUE: nothing speaks against it. */
static gboolean
begin_iteration (NetConnection *connection, gboolean awaiting)
{
  gboolean is_due, may_block;

  if (connection->error != NULL)
    return FALSE;
  may_block = !send_queued (connection) && !has_ready_input (connection);
  if (connection->error != NULL)
    return FALSE;
  is_due = awaiting || net_connection_get_queued (connection) > 0;
  net_trickle_set_due (&connection->trickle, is_due);
  connection->wait_until =
      is_due ? net_connection_get_deadline (connection) - connection->trickle.waited : -1;
  net_waiter_begin (&connection->waiter, net_connection_get_queued (connection) > 0, connection->wait_until);
  return may_block;
}

static void
end_iteration (NetConnection *connection, gint64 elapsed)
{
  if (connection->error != NULL)
    return;
  net_waiter_end (&connection->waiter, connection->wait_until);
  connection->trickle.waited += elapsed;
  connection->waited += elapsed;
  if (g_cancellable_is_cancelled (connection->waiter.cancellable))
    net_connection_fail_with (connection, NET_ERROR_CANCELLED, "cancelled");
  else if (connection->waiter.expired)
    fail_expired (connection);
  if (connection->error == NULL && (connection->waiter.readable || has_ready_input (connection)))
    receive (connection);
  if (connection->error == NULL && connection->waiter.writable)
    send_queued (connection);
}

void
net_connections_iterate (NetConnection *const *connections, const gboolean *awaiting, guint count)
{
  gboolean may_block = TRUE;
  gint64 begin;

  for (guint i = 0; i < count; i++)
    may_block &= begin_iteration (connections[i], awaiting[i]);
  begin = g_get_monotonic_time ();
  if (count > 0)
    g_main_context_iteration (connections[0]->waiter.context, may_block);
  for (guint i = 0; i < count; i++)
    end_iteration (connections[i], g_get_monotonic_time () - begin);
}

gboolean
net_connection_iterate (NetConnection *connection, gboolean awaiting, GError **error)
{
  if (!net_connection_check (connection, error))
    return FALSE;
  g_return_val_if_fail (connection->stream != NULL, FALSE);
  net_connections_iterate (&connection, &awaiting, 1);
  return net_connection_check (connection, error);
}

void
net_connection_write (NetConnection *connection, const char *data, gsize length)
{
  if (connection->error == NULL)
    net_output_queue_add (connection->output, data, length);
}

void
net_connection_write_source (NetConnection *connection, NetSourceFunc source, gpointer user_data,
                             GDestroyNotify notify)
{
  if (connection->error == NULL)
    net_output_queue_add_source (connection->output, source, user_data, notify);
  else if (notify != NULL)
    notify (user_data);
}

gsize
net_connection_get_queued (NetConnection *connection)
{
  gsize deflated = 0;

  if (connection->deflate != NULL)
    {
      net_deflate_peek (connection->deflate, &deflated);
      deflated += net_deflate_needs_flush (connection->deflate) ? 1 : 0;
    }
  return net_output_queue_get_length (connection->output) + deflated + pending_records (connection);
}

guint64
net_connection_get_received (NetConnection *connection)
{
  return connection->received;
}

guint64
net_connection_get_sent (NetConnection *connection)
{
  return connection->sent;
}

gboolean
net_connection_has_early_input (NetConnection *connection)
{
  return has_held_input (connection) || read_some (connection) > 0;
}

void
net_connection_drain (NetConnection *connection, gint64 deadline)
{
  while (connection->error == NULL && net_connection_get_queued (connection) > 0 &&
         g_get_monotonic_time () < deadline)
    {
      if (send_queued (connection))
        continue;
      if (net_connection_get_queued (connection) > 0 && net_connection_wait (connection, deadline) &&
          connection->waiter.readable)
        receive (connection);
    }
}
