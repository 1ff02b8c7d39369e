#include "tls-ticket.h"
#include <fcntl.h>
#include <gio/gio.h>
#include <gio/gunixinputstream.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define TITLE "dovetail TLS ticket 1 "
#define MAX_FILE_SIZE (256 * 1024)
#define MAX_CHAIN 16

NetTlsTicket *
net_tls_ticket_new (SSL_SESSION *session, STACK_OF (X509) * chain)
{
  NetTlsTicket *ticket = g_new0 (NetTlsTicket, 1);

  SSL_SESSION_up_ref (session);
  ticket->session = session;
  ticket->chain = X509_chain_up_ref (chain);
  return ticket;
}

void
net_tls_ticket_free (NetTlsTicket *ticket)
{
  SSL_SESSION_free (ticket->session);
  sk_X509_pop_free (ticket->chain, X509_free);
  g_free (ticket);
}

char *
net_tls_ticket_binding (const char *host, guint16 port, const char *user)
{
  g_autofree char *text = g_strdup_printf ("%s\n%u\n%s", host, port, user != NULL ? user : "");

  return g_compute_checksum_for_string (G_CHECKSUM_SHA256, text, -1);
}

/* Only a file of ours that nobody else could read or write. */
static char *
read_private_file (const char *path, gsize *length)
{
  int fd = open (path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
  g_autoptr (GInputStream) input = fd >= 0 ? g_unix_input_stream_new (fd, TRUE) : NULL;
  g_autofree char *contents = NULL;
  struct stat status;

  if (fd < 0 || fstat (fd, &status) != 0 || !S_ISREG (status.st_mode) || status.st_uid != geteuid () ||
      (status.st_mode & 077) != 0 || status.st_size > MAX_FILE_SIZE)
    return NULL;
  contents = g_malloc0 (status.st_size + 1);
  if (!g_input_stream_read_all (input, contents, status.st_size, length, NULL, NULL))
    return NULL;
  return g_steal_pointer (&contents);
}

/* The chain vouches for the session only if it starts with the session's own certificate. */
static gboolean
is_coherent (SSL_SESSION *session, STACK_OF (X509) * chain)
{
  X509 *peer = SSL_SESSION_get0_peer (session);

  return peer != NULL && sk_X509_num (chain) > 0 && X509_cmp (peer, sk_X509_value (chain, 0)) == 0;
}

static gboolean
is_fresh (SSL_SESSION *session)
{
  gint64 start = SSL_SESSION_get_time (session);
  gint64 now = time (NULL);

  return SSL_SESSION_is_resumable (session) && start <= now &&
         now < start + SSL_SESSION_get_timeout (session);
}

static NetTlsTicket *
read_ticket (BIO *bio)
{
  SSL_SESSION *session = PEM_read_bio_SSL_SESSION (bio, NULL, NULL, NULL);
  STACK_OF (X509) *chain = sk_X509_new_null ();
  NetTlsTicket *ticket = NULL;
  X509 *certificate;

  while (sk_X509_num (chain) < MAX_CHAIN && (certificate = PEM_read_bio_X509 (bio, NULL, NULL, NULL)) != NULL)
    sk_X509_push (chain, certificate);
  if (session != NULL && is_coherent (session, chain) && is_fresh (session))
    ticket = net_tls_ticket_new (session, chain);
  SSL_SESSION_free (session);
  sk_X509_pop_free (chain, X509_free);
  ERR_clear_error ();
  return ticket;
}

NetTlsTicket *
net_tls_ticket_load (const char *path, const char *binding)
{
  gsize length = 0;
  g_autofree char *contents = read_private_file (path, &length);
  g_autofree char *title = g_strconcat (TITLE, binding, "\n", NULL);
  NetTlsTicket *ticket;
  BIO *bio;

  if (contents == NULL || !g_str_has_prefix (contents, title))
    return NULL;
  bio = BIO_new_mem_buf (contents, length);
  ticket = read_ticket (bio);
  BIO_free (bio);
  OPENSSL_cleanse (contents, length);
  return ticket;
}

void
net_tls_ticket_save (NetTlsTicket *ticket, const char *path, const char *binding)
{
  BIO *bio = BIO_new (BIO_s_secmem ());
  gboolean written;
  char *contents;
  long length;

  written = BIO_printf (bio, TITLE "%s\n", binding) > 0 && PEM_write_bio_SSL_SESSION (bio, ticket->session);
  for (int i = 0; written && i < sk_X509_num (ticket->chain); i++)
    written = PEM_write_bio_X509 (bio, sk_X509_value (ticket->chain, i));
  length = BIO_get_mem_data (bio, &contents);
  if (written)
    g_file_set_contents_full (path, contents, length, G_FILE_SET_CONTENTS_CONSISTENT, 0600, NULL);
  BIO_free (bio);
  ERR_clear_error ();
}
