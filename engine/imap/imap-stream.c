#include "imap-stream.h"

struct _ImapStream
{
  NetSourceFunc source;
  gpointer source_data;
  GDestroyNotify notify; /* (nullable) */
  guint64 size;
  guint64 left;
  gboolean started;
  gboolean complete; /* every octet was given, and no more */
  guint *in_handler; /* (nullable) the owner's */
  ImapStreamEndFunc end;
  gpointer owner; /* (nullable) */
};

ImapStream *
imap_stream_new (guint64 size, NetSourceFunc source, gpointer source_data, GDestroyNotify notify,
                 guint *in_handler)
{
  ImapStream *stream = g_new0 (ImapStream, 1);

  stream->source = source;
  stream->source_data = source_data;
  stream->notify = notify;
  stream->size = size;
  stream->left = size;
  stream->in_handler = in_handler;
  return stream;
}

void
imap_stream_set_owner (ImapStream *stream, ImapStreamEndFunc end, gpointer owner)
{
  stream->end = end;
  stream->owner = owner;
}

static void
stream_free (gpointer data)
{
  ImapStream *stream = data;

  if (stream->notify != NULL)
    stream->notify (stream->source_data);
  if (stream->owner != NULL)
    stream->end (stream->complete, stream->owner);
  g_free (stream);
}

static gboolean
call_source (ImapStream *stream, guint8 *buffer, gsize size, gsize *length, GError **error)
{
  gboolean given;

  *length = 0;
  if (stream->in_handler != NULL)
    ++*stream->in_handler;
  given = stream->source (buffer, size, length, stream->source_data, error);
  if (stream->in_handler != NULL)
    --*stream->in_handler;
  return given;
}

/* The whole buffer is offered even near the end: a source that has more than was announced must show. */
static gboolean
pull (guint8 *buffer, gsize size, gsize *length, gpointer user_data, GError **error)
{
  ImapStream *stream = user_data;

  if (!call_source (stream, buffer, size, length, error))
    return FALSE;
  if (*length > stream->left || (*length == 0 && stream->left > 0))
    {
      g_set_error (error, NET_ERROR, NET_ERROR_CLOSED,
                   "a message changed while it was being sent (it had %" G_GUINT64_FORMAT
                   " octets before); nothing was stored, run again",
                   stream->size);
      return FALSE;
    }
  stream->left -= *length;
  stream->complete = *length == 0;
  return TRUE;
}

void
imap_stream_start (ImapStream *stream, NetConnection *connection)
{
  stream->started = TRUE;
  net_connection_write_source (connection, pull, stream, stream_free);
}

void
imap_stream_abandon (ImapStream *stream)
{
  stream->owner = NULL;
  stream->in_handler = NULL;
  if (!stream->started)
    stream_free (stream);
}
