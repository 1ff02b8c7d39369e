/* A TLS session that outlives the process, so that the next connection needs no full handshake.
 *
 * The file is bound to host, port and user, 0600, and replaced as a whole. It holds the server's chain as it
 * was verified, because a resumed handshake shows no certificate: whoever loads a ticket judges that chain
 * again before offering it.
 */
#pragma once

#include <glib.h>
#include <openssl/ssl.h>

typedef struct
{
  SSL_SESSION *session;
  STACK_OF (X509) * chain; /* the server's certificate first */
} NetTlsTicket;

/* (transfer full). Takes references on both. */
NetTlsTicket *net_tls_ticket_new (SSL_SESSION *session, STACK_OF (X509) * chain);
void net_tls_ticket_free (NetTlsTicket *ticket);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (NetTlsTicket, net_tls_ticket_free)

/* (transfer full). What a file is bound to. */
char *net_tls_ticket_binding (const char *host, guint16 port, const char *user);

/* (transfer full) (nullable). NULL when there is none that can be used: another binding, readable by others,
 * damaged, or expired. That is no failure. */
NetTlsTicket *net_tls_ticket_load (const char *path, const char *binding);

/* A ticket that can't be stored costs the next run some milliseconds and nothing else. */
void net_tls_ticket_save (NetTlsTicket *ticket, const char *path, const char *binding);
