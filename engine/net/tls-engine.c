#include "tls-engine.h"
#include "connection.h"
#include <openssl/err.h>

#define CIPHER_SIZE (64 * 1024)
/* What a peer may make us answer while it takes nothing. */
#define MAX_PENDING (256 * 1024)
/* What it may send without one octet of data in it; a record is 16 KiB, a chain of certificates 100. */
#define MAX_UNPRODUCTIVE (256 * 1024)

struct _NetTlsEngine
{
  GPollableInputStream *input;
  GPollableOutputStream *output;
  SSL *ssl;
  BIO *from_peer, *to_peer; /* owned by the SSL object */
  gboolean drained;         /* OpenSSL has seen all that came */
  gboolean input_ended;
  GError *failure; /* sticky */
  guint8 incoming[CIPHER_SIZE];
  guint8 outgoing[CIPHER_SIZE]; /* taken from to_peer: outgoing[start..end) is not yet written */
  gsize start, end;
  guint64 taken;
  gsize unproductive; /* octets received since there was data */
};

NetTlsEngine *
net_tls_engine_new (GPollableInputStream *input, GPollableOutputStream *output, SSL *ssl)
{
  NetTlsEngine *engine = g_new0 (NetTlsEngine, 1);

  engine->input = g_object_ref (input);
  engine->output = g_object_ref (output);
  engine->ssl = ssl;
  engine->from_peer = BIO_new (BIO_s_mem ());
  engine->to_peer = BIO_new (BIO_s_mem ());
  engine->drained = TRUE;
  BIO_set_mem_eof_return (engine->from_peer, -1);
  SSL_set_bio (ssl, engine->from_peer, engine->to_peer);
  return engine;
}

void
net_tls_engine_free (NetTlsEngine *engine)
{
  SSL_free (engine->ssl);
  g_object_unref (engine->input);
  g_object_unref (engine->output);
  g_clear_error (&engine->failure);
  g_free (engine);
}

gboolean
net_tls_engine_has_input (NetTlsEngine *engine)
{
  return !engine->drained;
}

gboolean
net_tls_engine_is_compressed (NetTlsEngine *engine)
{
  return SSL_get_current_compression (engine->ssl) != NULL;
}

gsize
net_tls_engine_get_pending (NetTlsEngine *engine)
{
  return engine->end - engine->start + BIO_ctrl_pending (engine->to_peer);
}

guint64
net_tls_engine_get_taken (NetTlsEngine *engine)
{
  return engine->taken;
}

gboolean
net_tls_engine_flush (NetTlsEngine *engine, GError **error)
{
  for (;;)
    {
      gssize written;

      if (engine->start == engine->end)
        {
          int length = BIO_read (engine->to_peer, engine->outgoing, sizeof engine->outgoing);

          engine->start = 0;
          engine->end = MAX (length, 0);
          if (engine->end == 0)
            return TRUE;
        }
      written = g_pollable_output_stream_write_nonblocking (engine->output, engine->outgoing + engine->start,
                                                            engine->end - engine->start, NULL, error);
      if (written < 0)
        return FALSE;
      engine->start += written;
      engine->taken += written;
    }
}

/* The same, but a peer without room is no error. */
static gboolean
flush_what_goes (NetTlsEngine *engine, GError **error)
{
  g_autoptr (GError) flush_error = NULL;

  if (net_tls_engine_flush (engine, &flush_error) ||
      g_error_matches (flush_error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
    return TRUE;
  g_propagate_error (error, g_steal_pointer (&flush_error));
  return FALSE;
}

/* Brings what the peer sent to OpenSSL. The end of the input is noted, not reported. */
static gboolean
feed (NetTlsEngine *engine, GError **error)
{
  gssize length;

  if (engine->input_ended)
    return TRUE;
  length = g_pollable_input_stream_read_nonblocking (engine->input, engine->incoming, sizeof engine->incoming,
                                                     NULL, error);
  if (length < 0)
    return FALSE;
  if (length == 0)
    engine->input_ended = TRUE;
  else
    BIO_write (engine->from_peer, engine->incoming, length);
  engine->drained = FALSE;
  engine->unproductive += length;
  if (engine->unproductive <= MAX_UNPRODUCTIVE)
    return TRUE;
  g_set_error_literal (error, NET_ERROR, NET_ERROR_TLS,
                       "the server sends TLS messages without end and no data");
  return FALSE;
}

static const char *
explain_reason (gulong code)
{
  switch (ERR_GET_REASON (code))
    {
    case SSL_R_UNSUPPORTED_PROTOCOL:
    case SSL_R_TLSV1_ALERT_PROTOCOL_VERSION:
    case SSL_R_NO_PROTOCOLS_AVAILABLE:
    case SSL_R_VERSION_TOO_LOW:
      return "the server offers no TLS version that is safe (1.2 or newer is needed)";
    case SSL_R_WRONG_VERSION_NUMBER:
    case SSL_R_HTTP_REQUEST:
      return "what answers there is not TLS; check port and security";
    default:
      return NULL;
    }
}

static void
remember_failure (NetTlsEngine *engine)
{
  gulong code = ERR_peek_error ();
  const char *reason = explain_reason (code);
  const char *library_reason = ERR_reason_error_string (code);

  if (engine->failure != NULL)
    return;
  if (reason != NULL)
    engine->failure = g_error_new_literal (NET_ERROR, NET_ERROR_TLS, reason);
  else
    engine->failure = g_error_new (NET_ERROR, NET_ERROR_TLS, "TLS failed (%s)",
                                   library_reason != NULL ? library_reason : "no reason given");
}

typedef enum
{
  STEP_AGAIN,
  STEP_ENDED,
  STEP_FAILED, /* with the error set, G_IO_ERROR_WOULD_BLOCK among them */
} Step;

/* What follows an SSL call that returned `result` without success. */
static Step
step_after (NetTlsEngine *engine, int result, GError **error)
{
  switch (SSL_get_error (engine->ssl, result))
    {
    case SSL_ERROR_WANT_READ:
      engine->drained = TRUE;
      if (engine->input_ended)
        return STEP_ENDED;
      return flush_what_goes (engine, error) && feed (engine, error) ? STEP_AGAIN : STEP_FAILED;
    case SSL_ERROR_ZERO_RETURN:
      return STEP_ENDED;
    default:
      remember_failure (engine);
      /* The peer learns by an alert why we leave; whether it gets it does not matter. */
      net_tls_engine_flush (engine, NULL);
      g_propagate_error (error, g_error_copy (engine->failure));
      return STEP_FAILED;
    }
}

gboolean
net_tls_engine_handshake (NetTlsEngine *engine, GError **error)
{
  for (;;)
    {
      int result;

      ERR_clear_error ();
      result = SSL_do_handshake (engine->ssl);
      if (result == 1)
        return net_tls_engine_flush (engine, error);
      switch (step_after (engine, result, error))
        {
        case STEP_AGAIN:
          continue;
        case STEP_ENDED:
          g_set_error_literal (error, NET_ERROR, NET_ERROR_CLOSED,
                               "the server closed the connection during the TLS handshake");
          return FALSE;
        case STEP_FAILED:
          return FALSE;
        }
    }
}

gssize
net_tls_engine_read (NetTlsEngine *engine, gpointer buffer, gsize size, GError **error)
{
  gsize done = 0;

  if (engine->failure != NULL)
    {
      g_propagate_error (error, g_error_copy (engine->failure));
      return -1;
    }
  if (net_tls_engine_get_pending (engine) > MAX_PENDING)
    {
      g_set_error_literal (error, NET_ERROR, NET_ERROR_TLS,
                           "the server takes no answers to its TLS messages");
      return -1;
    }
  while (done < size)
    {
      size_t length;
      int result;

      ERR_clear_error ();
      result = SSL_read_ex (engine->ssl, (guint8 *)buffer + done, size - done, &length);
      if (result == 1)
        {
          done += length;
          engine->unproductive = 0;
          continue;
        }
      /* What is there goes to the caller first; whatever stopped us stops the next read as well. */
      if (done > 0)
        {
          engine->drained = SSL_get_error (engine->ssl, result) == SSL_ERROR_WANT_READ;
          if (SSL_get_error (engine->ssl, result) == SSL_ERROR_SSL)
            remember_failure (engine);
          break;
        }
      switch (step_after (engine, result, error))
        {
        case STEP_AGAIN:
          continue;
        case STEP_ENDED:
          return 0;
        case STEP_FAILED:
          return -1;
        }
    }
  return done;
}

gssize
net_tls_engine_write (NetTlsEngine *engine, gconstpointer buffer, gsize size, GError **error)
{
  size_t length;
  int result;

  /* One write's records at most are kept, so a peer that takes nothing is felt at once. */
  if (!net_tls_engine_flush (engine, error))
    return -1;
  ERR_clear_error ();
  result = SSL_write_ex (engine->ssl, buffer, MIN (size, CIPHER_SIZE), &length);
  if (result != 1)
    {
      remember_failure (engine);
      g_propagate_error (error, g_error_copy (engine->failure));
      return -1;
    }
  return flush_what_goes (engine, error) ? (gssize)length : -1;
}

void
net_tls_engine_shutdown (NetTlsEngine *engine)
{
  ERR_clear_error ();
  if (engine->failure == NULL && SSL_is_init_finished (engine->ssl))
    SSL_shutdown (engine->ssl);
}
