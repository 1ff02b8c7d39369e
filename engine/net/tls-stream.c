#include "tls-stream.h"
#include "tls-engine.h"

/* The two halves. They live as long as the stream that made them, and see its engine. */
#define NET_TYPE_TLS_INPUT (net_tls_input_get_type ())
G_DECLARE_FINAL_TYPE (NetTlsInput, net_tls_input, NET, TLS_INPUT, GInputStream)
#define NET_TYPE_TLS_OUTPUT (net_tls_output_get_type ())
G_DECLARE_FINAL_TYPE (NetTlsOutput, net_tls_output, NET, TLS_OUTPUT, GOutputStream)

struct _NetTlsStream
{
  GIOStream parent_instance;
  GIOStream *base;
  NetTlsEngine *engine;
  NetTlsInput *input;
  NetTlsOutput *output;
};

struct _NetTlsInput
{
  GInputStream parent_instance;
  NetTlsStream *stream; /* (not owned); NULL once it is gone */
};

struct _NetTlsOutput
{
  GOutputStream parent_instance;
  NetTlsStream *stream; /* (not owned); NULL once it is gone */
};

static void net_tls_input_pollable_init (GPollableInputStreamInterface *interface);
static void net_tls_output_pollable_init (GPollableOutputStreamInterface *interface);

G_DEFINE_FINAL_TYPE (NetTlsStream, net_tls_stream, G_TYPE_IO_STREAM)
G_DEFINE_FINAL_TYPE_WITH_CODE (NetTlsInput, net_tls_input, G_TYPE_INPUT_STREAM,
                               G_IMPLEMENT_INTERFACE (G_TYPE_POLLABLE_INPUT_STREAM,
                                                      net_tls_input_pollable_init))
G_DEFINE_FINAL_TYPE_WITH_CODE (NetTlsOutput, net_tls_output, G_TYPE_OUTPUT_STREAM,
                               G_IMPLEMENT_INTERFACE (G_TYPE_POLLABLE_OUTPUT_STREAM,
                                                      net_tls_output_pollable_init))

static GPollableInputStream *
base_input (NetTlsStream *stream)
{
  return G_POLLABLE_INPUT_STREAM (g_io_stream_get_input_stream (stream->base));
}

static GPollableOutputStream *
base_output (NetTlsStream *stream)
{
  return G_POLLABLE_OUTPUT_STREAM (g_io_stream_get_output_stream (stream->base));
}

static gboolean
check_open (NetTlsStream *stream, GError **error)
{
  if (stream != NULL && !g_io_stream_is_closed (G_IO_STREAM (stream)))
    return TRUE;
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_CLOSED, "the stream is closed");
  return FALSE;
}

/* The input half. */

static gboolean
net_tls_input_is_readable (GPollableInputStream *pollable)
{
  NetTlsStream *stream = NET_TLS_INPUT (pollable)->stream;

  return stream == NULL || net_tls_engine_has_input (stream->engine) ||
         g_pollable_input_stream_is_readable (base_input (stream));
}

static GSource *
net_tls_input_create_source (GPollableInputStream *pollable, GCancellable *cancellable)
{
  NetTlsStream *stream = NET_TLS_INPUT (pollable)->stream;
  g_autoptr (GSource) child = NULL;

  if (stream == NULL || net_tls_engine_has_input (stream->engine))
    child = g_timeout_source_new (0);
  else
    child = g_pollable_input_stream_create_source (base_input (stream), NULL);
  return g_pollable_source_new_full (pollable, child, cancellable);
}

static gssize
net_tls_input_read_nonblocking (GPollableInputStream *pollable, void *buffer, gsize count, GError **error)
{
  NetTlsStream *stream = NET_TLS_INPUT (pollable)->stream;

  return check_open (stream, error) ? net_tls_engine_read (stream->engine, buffer, count, error) : -1;
}

static void
net_tls_input_pollable_init (GPollableInputStreamInterface *interface)
{
  interface->is_readable = net_tls_input_is_readable;
  interface->create_source = net_tls_input_create_source;
  interface->read_nonblocking = net_tls_input_read_nonblocking;
}

static void
net_tls_input_class_init (NetTlsInputClass *klass)
{
}

static void
net_tls_input_init (NetTlsInput *input)
{
}

/* The output half. */

static gboolean
net_tls_output_is_writable (GPollableOutputStream *pollable)
{
  NetTlsStream *stream = NET_TLS_OUTPUT (pollable)->stream;

  return stream == NULL || g_pollable_output_stream_is_writable (base_output (stream));
}

static GSource *
net_tls_output_create_source (GPollableOutputStream *pollable, GCancellable *cancellable)
{
  NetTlsStream *stream = NET_TLS_OUTPUT (pollable)->stream;
  g_autoptr (GSource) child = stream == NULL
                                  ? g_timeout_source_new (0)
                                  : g_pollable_output_stream_create_source (base_output (stream), NULL);

  return g_pollable_source_new_full (pollable, child, cancellable);
}

static gssize
net_tls_output_write_nonblocking (GPollableOutputStream *pollable, const void *buffer, gsize count,
                                  GError **error)
{
  NetTlsStream *stream = NET_TLS_OUTPUT (pollable)->stream;

  return check_open (stream, error) ? net_tls_engine_write (stream->engine, buffer, count, error) : -1;
}

static void
net_tls_output_pollable_init (GPollableOutputStreamInterface *interface)
{
  interface->is_writable = net_tls_output_is_writable;
  interface->create_source = net_tls_output_create_source;
  interface->write_nonblocking = net_tls_output_write_nonblocking;
}

static gboolean
net_tls_output_flush (GOutputStream *output, GCancellable *cancellable, GError **error)
{
  NetTlsStream *stream = NET_TLS_OUTPUT (output)->stream;

  return stream == NULL || net_tls_engine_flush (stream->engine, error);
}

static void
net_tls_output_flush_async (GOutputStream *output, int priority, GCancellable *cancellable,
                            GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (output, cancellable, callback, user_data);
  GError *error = NULL;

  if (net_tls_output_flush (output, cancellable, &error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
}

static gboolean
net_tls_output_flush_finish (GOutputStream *output, GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}

static void
net_tls_output_class_init (NetTlsOutputClass *klass)
{
  GOutputStreamClass *output_class = G_OUTPUT_STREAM_CLASS (klass);

  output_class->flush = net_tls_output_flush;
  output_class->flush_async = net_tls_output_flush_async;
  output_class->flush_finish = net_tls_output_flush_finish;
}

static void
net_tls_output_init (NetTlsOutput *output)
{
}

/* The stream. */

static GInputStream *
net_tls_stream_get_input (GIOStream *io_stream)
{
  return G_INPUT_STREAM (NET_TLS_STREAM (io_stream)->input);
}

static GOutputStream *
net_tls_stream_get_output (GIOStream *io_stream)
{
  return G_OUTPUT_STREAM (NET_TLS_STREAM (io_stream)->output);
}

static gboolean
net_tls_stream_close (GIOStream *io_stream, GCancellable *cancellable, GError **error)
{
  NetTlsStream *stream = NET_TLS_STREAM (io_stream);

  net_tls_engine_shutdown (stream->engine);
  net_tls_engine_flush (stream->engine, NULL);
  return g_io_stream_close (stream->base, cancellable, error);
}

static void
net_tls_stream_close_async (GIOStream *io_stream, int priority, GCancellable *cancellable,
                            GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (io_stream, cancellable, callback, user_data);
  GError *error = NULL;

  if (net_tls_stream_close (io_stream, cancellable, &error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
}

static gboolean
net_tls_stream_close_finish (GIOStream *io_stream, GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}

static void
net_tls_stream_finalize (GObject *object)
{
  NetTlsStream *stream = NET_TLS_STREAM (object);

  stream->input->stream = NULL;
  stream->output->stream = NULL;
  g_object_unref (stream->input);
  g_object_unref (stream->output);
  net_tls_engine_free (stream->engine);
  g_object_unref (stream->base);
  G_OBJECT_CLASS (net_tls_stream_parent_class)->finalize (object);
}

static void
net_tls_stream_class_init (NetTlsStreamClass *klass)
{
  GIOStreamClass *stream_class = G_IO_STREAM_CLASS (klass);

  G_OBJECT_CLASS (klass)->finalize = net_tls_stream_finalize;
  stream_class->get_input_stream = net_tls_stream_get_input;
  stream_class->get_output_stream = net_tls_stream_get_output;
  stream_class->close_fn = net_tls_stream_close;
  stream_class->close_async = net_tls_stream_close_async;
  stream_class->close_finish = net_tls_stream_close_finish;
}

static void
net_tls_stream_init (NetTlsStream *stream)
{
  stream->input = g_object_new (NET_TYPE_TLS_INPUT, NULL);
  stream->output = g_object_new (NET_TYPE_TLS_OUTPUT, NULL);
  stream->input->stream = stream;
  stream->output->stream = stream;
}

NetTlsStream *
net_tls_stream_new (GIOStream *base, SSL *ssl)
{
  NetTlsStream *stream = g_object_new (NET_TYPE_TLS_STREAM, NULL);

  stream->base = g_object_ref (base);
  stream->engine = net_tls_engine_new (base_input (stream), base_output (stream), ssl);
  return stream;
}

gboolean
net_tls_stream_handshake (NetTlsStream *stream, GError **error)
{
  return net_tls_engine_handshake (stream->engine, error);
}

gboolean
net_tls_stream_flush (NetTlsStream *stream, GError **error)
{
  return net_tls_engine_flush (stream->engine, error);
}

gboolean
net_tls_stream_has_input (NetTlsStream *stream)
{
  return net_tls_engine_has_input (stream->engine);
}

gboolean
net_tls_stream_is_compressed (NetTlsStream *stream)
{
  return net_tls_engine_is_compressed (stream->engine);
}

gsize
net_tls_stream_get_pending (NetTlsStream *stream)
{
  return net_tls_engine_get_pending (stream->engine);
}

guint64
net_tls_stream_get_taken (NetTlsStream *stream)
{
  return net_tls_engine_get_taken (stream->engine);
}

void
net_tls_stream_shutdown (NetTlsStream *stream)
{
  net_tls_engine_shutdown (stream->engine);
}
