/* Is the peer who it should be: chain, dates, key usage, host name or address, pin; and if not, why, in words
 * for a person.
 */
#pragma once

#include <gio/gio.h>
#include <openssl/ssl.h>

/* What the verification of one handshake found. */
typedef struct
{
  const char *host; /* as configured */
  char *reason;     /* (nullable) the first thing wrong, e.g. "certificate expired on 2026-01-01" */
} NetTlsVerdict;

/* Trusts the system's authorities (SSL_CERT_DIR and SSL_CERT_FILE as OpenSSL has them), and those in ca_file
 * (nullable) besides. Errors: NET_ERROR_CERTIFICATE when ca_file can't be used. */
gboolean net_tls_verify_add_trust (SSL_CTX *context, const char *ca_file, GError **error);

/* Lets the handshake fail unless the peer's certificate is valid for verdict->host, and names that host to
 * the server (not when it is an address). The verdict must outlive the SSL object. */
gboolean net_tls_verify_expect (SSL *ssl, NetTlsVerdict *verdict, GError **error);

/* The same judgement on a chain seen earlier, without a word about why. */
gboolean net_tls_verify_chain (SSL *ssl, STACK_OF (X509) * chain);

/* The pin is "sha256//" and base64, of the certificate or of its public key (SPKI). Errors:
 * NET_ERROR_CERTIFICATE. */
gboolean net_tls_verify_pin (X509 *certificate, const char *pin, GError **error);
