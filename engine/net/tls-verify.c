#include "tls-verify.h"
#include "connection.h"
#include "../message/text-safe.h"
#include <openssl/err.h>
#include <openssl/x509v3.h>

#define PIN_PREFIX "sha256//"
#define DIGEST_SIZE 32
#define MAX_NAMES_SHOWN 3

/* Has it "0123abcd.0", the form in which OpenSSL looks for an issuer? Then no bundle must be read. */
static gboolean
is_hashed_directory (const char *directory)
{
  g_autoptr (GDir) dir = g_dir_open (directory, 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    if (strlen (name) == 10 && name[8] == '.' && strspn (name, "0123456789abcdef") == 8)
      return TRUE;
  return FALSE;
}

/* The bundle of the distribution has some 140 certificates: parsing them takes 16 ms, a lookup in the
 * directory of hashes nothing. Who sets OpenSSL's variables is obeyed. */
static void
add_system_trust (SSL_CTX *context)
{
  const char *directory = X509_get_default_cert_dir ();
  gboolean redirected = g_getenv (X509_get_default_cert_dir_env ()) != NULL ||
                        g_getenv (X509_get_default_cert_file_env ()) != NULL;

  if (!redirected && is_hashed_directory (directory))
    SSL_CTX_load_verify_dir (context, directory);
  else
    SSL_CTX_set_default_verify_paths (context);
}

/* A missing file is the system's error, for which OpenSSL has no text. */
static const char *
last_error_text (void)
{
  gulong code = ERR_peek_error ();
  const char *reason =
      ERR_SYSTEM_ERROR (code) ? g_strerror (ERR_GET_REASON (code)) : ERR_reason_error_string (code);

  return reason != NULL ? reason : "no PEM text";
}

gboolean
net_tls_verify_add_trust (SSL_CTX *context, const char *ca_file, GError **error)
{
  add_system_trust (context);
  ERR_clear_error ();
  if (ca_file == NULL || SSL_CTX_load_verify_file (context, ca_file))
    return TRUE;
  g_set_error (error, NET_ERROR, NET_ERROR_CERTIFICATE,
               "no certificate could be read from tls-ca-file %s (%s); nothing was sent", ca_file,
               last_error_text ());
  return FALSE;
}

static char *
format_date (const ASN1_TIME *time)
{
  struct tm parts;

  if (time == NULL || !ASN1_TIME_to_tm (time, &parts))
    return g_strdup ("an unreadable date");
  return g_strdup_printf ("%04d-%02d-%02d", parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday);
}

static char *
format_name (X509_NAME *name)
{
  char buffer[256] = "";

  X509_NAME_get_text_by_NID (name, NID_commonName, buffer, sizeof buffer);
  if (*buffer == '\0')
    X509_NAME_oneline (name, buffer, sizeof buffer);
  return text_make_safe (buffer);
}

/* "imap.example.org, pop.example.org", or NULL when it names no host at all. */
static char *
format_hosts (X509 *certificate)
{
  GENERAL_NAMES *names = X509_get_ext_d2i (certificate, NID_subject_alt_name, NULL, NULL);
  g_autoptr (GString) text = g_string_new (NULL);
  guint shown = 0;

  for (int i = 0; names != NULL && i < sk_GENERAL_NAME_num (names) && shown < MAX_NAMES_SHOWN; i++)
    {
      GENERAL_NAME *name = sk_GENERAL_NAME_value (names, i);

      if (name->type != GEN_DNS)
        continue;
      g_string_append (text, shown++ > 0 ? ", " : "");
      g_string_append_len (text, (const char *)ASN1_STRING_get0_data (name->d.dNSName),
                           ASN1_STRING_length (name->d.dNSName));
    }
  GENERAL_NAMES_free (names);
  return shown > 0 ? text_make_safe_len (text->str, text->len) : NULL;
}

static char *
explain_host (X509 *certificate, const char *host)
{
  g_autofree char *hosts = format_hosts (certificate);

  if (hosts == NULL)
    return g_strdup_printf ("certificate names no host, so it is not valid for %s", host);
  return g_strdup_printf ("certificate is for %s, not for %s", hosts, host);
}

static char *
explain_dates (X509_STORE_CTX *store, X509 *certificate, gboolean expired)
{
  g_autofree char *subject = format_name (X509_get_subject_name (certificate));
  g_autofree char *date =
      format_date (expired ? X509_get0_notAfter (certificate) : X509_get0_notBefore (certificate));
  g_autofree char *what = X509_STORE_CTX_get_error_depth (store) == 0
                              ? g_strdup ("certificate")
                              : g_strdup_printf ("certificate of the authority %s", subject);

  if (expired)
    return g_strdup_printf ("%s expired on %s", what, date);
  return g_strdup_printf ("%s is not valid before %s (is this computer's clock right?)", what, date);
}

static char *
explain_issuer (X509 *certificate)
{
  g_autofree char *issuer = format_name (X509_get_issuer_name (certificate));

  return g_strdup_printf ("certificate comes from an authority that is not trusted here (%s); "
                          "if you trust it, name its file in tls-ca-file",
                          issuer);
}

static char *
explain (X509_STORE_CTX *store, const char *host)
{
  X509 *certificate = X509_STORE_CTX_get_current_cert (store);
  int code = X509_STORE_CTX_get_error (store);

  switch (code)
    {
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return explain_dates (store, certificate, TRUE);
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return explain_dates (store, certificate, FALSE);
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
      return explain_host (certificate, host);
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
      return g_strdup ("certificate is self-signed; if it is the right one, name its file in tls-ca-file");
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
      return explain_issuer (certificate);
    case X509_V_ERR_INVALID_PURPOSE:
      return g_strdup ("certificate is not made for servers (its extended key usage lacks serverAuth)");
    default:
      return g_strdup_printf ("certificate is not valid (%s)", X509_verify_cert_error_string (code));
    }
}

static int
record_verdict (int ok, X509_STORE_CTX *store)
{
  SSL *ssl = X509_STORE_CTX_get_ex_data (store, SSL_get_ex_data_X509_STORE_CTX_idx ());
  NetTlsVerdict *verdict = SSL_get_app_data (ssl);

  if (!ok && verdict->reason == NULL)
    verdict->reason = explain (store, verdict->host);
  return ok;
}

/* As certificates and SNI have it: ASCII, no dot at the end, no scope behind an address. */
static char *
canonical_host (const char *host, gboolean *is_address)
{
  g_autofree char *plain = g_strndup (host, strcspn (host, "%"));
  char *ascii;

  *is_address = g_hostname_is_ip_address (plain);
  if (*is_address)
    return g_steal_pointer (&plain);
  ascii = g_hostname_to_ascii (host);
  if (ascii != NULL && g_str_has_suffix (ascii, "."))
    ascii[strlen (ascii) - 1] = '\0';
  return ascii;
}

gboolean
net_tls_verify_expect (SSL *ssl, NetTlsVerdict *verdict, GError **error)
{
  X509_VERIFY_PARAM *parameters = SSL_get0_param (ssl);
  gboolean is_address;
  g_autofree char *host = canonical_host (verdict->host, &is_address);
  gboolean usable = host != NULL && *host != '\0';

  X509_VERIFY_PARAM_set_purpose (parameters, X509_PURPOSE_SSL_SERVER);
  /* Whoever names a server's own certificate in tls-ca-file trusts it without its issuer. */
  X509_VERIFY_PARAM_set_flags (parameters, X509_V_FLAG_PARTIAL_CHAIN);
  /* RFC 9525: only subjectAltName counts, and a wildcard is a whole label. */
  X509_VERIFY_PARAM_set_hostflags (parameters, X509_CHECK_FLAG_NEVER_CHECK_SUBJECT |
                                                   X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  if (usable && is_address)
    usable = X509_VERIFY_PARAM_set1_ip_asc (parameters, host);
  else if (usable)
    usable = X509_VERIFY_PARAM_set1_host (parameters, host, 0) && SSL_set_tlsext_host_name (ssl, host);
  SSL_set_app_data (ssl, verdict);
  SSL_set_verify (ssl, SSL_VERIFY_PEER, record_verdict);
  if (!usable)
    g_set_error (error, NET_ERROR, NET_ERROR_CERTIFICATE,
                 "no certificate can be valid for the host name; nothing was sent");
  return usable;
}

gboolean
net_tls_verify_chain (SSL *ssl, STACK_OF (X509) * chain)
{
  X509_STORE *trusted = SSL_CTX_get_cert_store (SSL_get_SSL_CTX (ssl));
  X509_STORE_CTX *store = X509_STORE_CTX_new ();
  gboolean valid;

  valid = X509_STORE_CTX_init (store, trusted, sk_X509_value (chain, 0), chain) &&
          X509_STORE_CTX_set_default (store, "ssl_server") &&
          X509_VERIFY_PARAM_set1 (X509_STORE_CTX_get0_param (store), SSL_get0_param (ssl)) &&
          X509_verify_cert (store) == 1;
  X509_STORE_CTX_free (store);
  ERR_clear_error ();
  return valid;
}

static char *
format_pin (const guint8 *digest)
{
  g_autofree char *base64 = g_base64_encode (digest, DIGEST_SIZE);

  return g_strconcat (PIN_PREFIX, base64, NULL);
}

static gboolean
digest_key (X509 *certificate, guint8 *digest)
{
  guint8 *der = NULL;
  int length = i2d_X509_PUBKEY (X509_get_X509_PUBKEY (certificate), &der);
  gboolean done = length > 0 && EVP_Digest (der, length, digest, NULL, EVP_sha256 (), NULL);

  OPENSSL_free (der);
  return done;
}

gboolean
net_tls_verify_pin (X509 *certificate, const char *pin, GError **error)
{
  guint8 of_key[DIGEST_SIZE], of_certificate[DIGEST_SIZE];
  g_autofree char *key_pin = NULL;
  g_autofree char *certificate_pin = NULL;

  if (!digest_key (certificate, of_key) || !X509_digest (certificate, EVP_sha256 (), of_certificate, NULL))
    {
      g_set_error_literal (error, NET_ERROR, NET_ERROR_CERTIFICATE,
                           "certificate can't be compared with tls-pin; nothing was sent");
      return FALSE;
    }
  key_pin = format_pin (of_key);
  certificate_pin = format_pin (of_certificate);
  if (g_str_equal (pin, key_pin) || g_str_equal (pin, certificate_pin))
    return TRUE;
  g_set_error (error, NET_ERROR, NET_ERROR_CERTIFICATE,
               "certificate is not the one that tls-pin names (the key that came is %s); nothing was sent; "
               "change tls-pin only if whoever runs the server confirms that key",
               key_pin);
  return FALSE;
}
