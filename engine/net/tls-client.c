#include "tls-client.h"
#include "tls-ticket.h"
#include "tls-verify.h"
#include <glib/gstdio.h>
#include <openssl/err.h>

#define BINDING_SIZE 32

struct _NetTlsClient
{
  const NetEndpoint *endpoint;
  SSL_CTX *context;
  SSL *ssl;
  NetTlsVerdict verdict;
  NetTlsTicket *offered; /* (nullable) from the file, for resumption */
  SSL_SESSION *given;    /* (nullable) the newest session that the server gave */
  gboolean trusted;      /* check was passed */
};

static int
keep_session (SSL *ssl, SSL_SESSION *session)
{
  NetTlsClient *client = SSL_CTX_get_app_data (SSL_get_SSL_CTX (ssl));

  SSL_SESSION_free (client->given);
  client->given = session;
  return 1; /* the reference is ours */
}

/* Set here, whatever openssl.cnf says. */
static SSL_CTX *
new_context (NetTlsClient *client)
{
  SSL_CTX *context = SSL_CTX_new (TLS_client_method ());

  if (context == NULL)
    return NULL;
  SSL_CTX_set_min_proto_version (context, TLS1_2_VERSION);
  SSL_CTX_set_max_proto_version (context, 0);
  SSL_CTX_set_security_level (context, MAX (SSL_CTX_get_security_level (context), 2));
  SSL_CTX_set_options (context, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
  SSL_CTX_set_session_cache_mode (context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  SSL_CTX_sess_set_new_cb (context, keep_session);
  SSL_CTX_set_app_data (context, client);
  return context;
}

static char *
ticket_binding (const NetEndpoint *endpoint)
{
  return net_tls_ticket_binding (endpoint->host, endpoint->port, endpoint->ticket_user);
}

static void
drop_ticket (NetTlsClient *client)
{
  if (client->endpoint->ticket_file != NULL)
    g_unlink (client->endpoint->ticket_file);
}

/* A resumed handshake shows no certificate, so the remembered chain must pass today's judgement first. */
static void
offer_ticket (NetTlsClient *client)
{
  g_autofree char *binding = ticket_binding (client->endpoint);
  g_autoptr (NetTlsTicket) ticket = NULL;

  if (client->endpoint->ticket_file == NULL)
    return;
  ticket = net_tls_ticket_load (client->endpoint->ticket_file, binding);
  if (ticket == NULL)
    return;
  if (!net_tls_verify_chain (client->ssl, ticket->chain))
    drop_ticket (client);
  else if (SSL_set_session (client->ssl, ticket->session))
    client->offered = g_steal_pointer (&ticket);
}

static gboolean
prepare (NetTlsClient *client, GError **error)
{
  client->context = new_context (client);
  if (client->context == NULL)
    {
      g_set_error (error, NET_ERROR, NET_ERROR_TLS, "OpenSSL can't be used (%s)",
                   ERR_reason_error_string (ERR_peek_error ()));
      return FALSE;
    }
  if (!net_tls_verify_add_trust (client->context, client->endpoint->tls_ca_file, error))
    return FALSE;
  client->ssl = SSL_new (client->context);
  SSL_set_connect_state (client->ssl);
  return net_tls_verify_expect (client->ssl, &client->verdict, error);
}

NetTlsClient *
net_tls_client_new (const NetEndpoint *endpoint, GError **error)
{
  NetTlsClient *client = g_new0 (NetTlsClient, 1);

  client->endpoint = endpoint;
  client->verdict.host = endpoint->host;
  if (!prepare (client, error))
    {
      net_tls_client_free (client);
      return NULL;
    }
  offer_ticket (client);
  return client;
}

void
net_tls_client_free (NetTlsClient *client)
{
  SSL_free (client->ssl);
  SSL_CTX_free (client->context);
  SSL_SESSION_free (client->given);
  g_clear_pointer (&client->offered, net_tls_ticket_free);
  g_free (client->verdict.reason);
  g_free (client);
}

SSL *
net_tls_client_ref_ssl (NetTlsClient *client)
{
  SSL_up_ref (client->ssl);
  return client->ssl;
}

GError *
net_tls_client_explain (NetTlsClient *client)
{
  if (client->verdict.reason == NULL)
    return NULL;
  drop_ticket (client);
  return g_error_new (NET_ERROR, NET_ERROR_CERTIFICATE, "%s; nothing was sent", client->verdict.reason);
}

static gboolean
is_trusted (NetTlsClient *client, GError **error)
{
  X509 *certificate = SSL_get0_peer_certificate (client->ssl);

  if (certificate == NULL || SSL_get_verify_result (client->ssl) != X509_V_OK)
    {
      g_set_error_literal (error, NET_ERROR, NET_ERROR_CERTIFICATE,
                           "certificate is not valid; nothing was sent");
      return FALSE;
    }
  return client->endpoint->tls_pin == NULL ||
         net_tls_verify_pin (certificate, client->endpoint->tls_pin, error);
}

gboolean
net_tls_client_check (NetTlsClient *client, GError **error)
{
  client->trusted = is_trusted (client, error);
  if (!client->trusted)
    drop_ticket (client);
  return client->trusted;
}

static GBytes *
get_exporter (SSL *ssl)
{
  static const char label[] = "EXPORTER-Channel-Binding";
  guint8 binding[BINDING_SIZE];

  if (!SSL_export_keying_material (ssl, binding, sizeof binding, label, strlen (label), (const guint8 *)"", 0,
                                   1))
    return NULL;
  return g_bytes_new (binding, sizeof binding);
}

/* The client's Finished is the first one only in a full handshake, and unique only with the extended master
 * secret (RFC 7627). */
static GBytes *
get_unique (SSL *ssl)
{
  guint8 finished[EVP_MAX_MD_SIZE];
  gsize length;

  if (SSL_session_reused (ssl) || SSL_get_extms_support (ssl) != 1)
    return NULL;
  length = SSL_get_finished (ssl, finished, sizeof finished);
  return length > 0 && length <= sizeof finished ? g_bytes_new (finished, length) : NULL;
}

GBytes *
net_tls_client_get_channel_binding (NetTlsClient *client, const char **type)
{
  gboolean is_1_3 = SSL_version (client->ssl) >= TLS1_3_VERSION;

  *type = is_1_3 ? "tls-exporter" : "tls-unique";
  return is_1_3 ? get_exporter (client->ssl) : get_unique (client->ssl);
}

void
net_tls_client_save_ticket (NetTlsClient *client)
{
  STACK_OF (X509) *chain = client->offered != NULL && SSL_session_reused (client->ssl)
                               ? client->offered->chain
                               : SSL_get_peer_cert_chain (client->ssl);
  g_autoptr (NetTlsTicket) ticket = NULL;
  g_autofree char *binding = NULL;

  if (!client->trusted || client->endpoint->ticket_file == NULL || client->given == NULL || chain == NULL ||
      !SSL_SESSION_is_resumable (client->given))
    return;
  ticket = net_tls_ticket_new (client->given, chain);
  binding = ticket_binding (client->endpoint);
  net_tls_ticket_save (ticket, client->endpoint->ticket_file, binding);
}
