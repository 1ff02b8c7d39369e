/* SASL exchanges (RFC 4422) for IMAP and POP3, on GNU SASL; no base64 and no wire here.
 *
 * Mechanisms: SCRAM-SHA-256-PLUS, SCRAM-SHA-1-PLUS, SCRAM-SHA-256, SCRAM-SHA-1, PLAIN, LOGIN, in this order;
 * with an access token only OAUTHBEARER (RFC 7628) and XOAUTH2. What shows password or token only when
 * `secure` (TLS, or the loopback exception). SCRAM iterations outside 4096..1000000 are refused before the
 * password is used; success needs the server's proof.
 */
#pragma once

#include <gio/gio.h>

#define SASL_ERROR (sasl_error_quark ())
GQuark sasl_error_quark (void);
typedef enum
{
  SASL_ERROR_NO_MECHANISM, /* the server offers none that may be used here */
  SASL_ERROR_EXCHANGE,     /* a malformed or forged challenge, iterations out of bounds */
} SaslError;

typedef struct
{
  const char *user;
  const char *password;
  gboolean secure;
  GBytes *channel_binding;          /* (nullable) */
  const char *channel_binding_type; /* (nullable) "tls-exporter" or "tls-unique" */
  const char *token;                /* (nullable) an OAuth 2.0 access token, instead of the password */
  const char *host;                 /* with a token: as configured */
  guint16 port;
} SaslCredentials;

typedef struct _Sasl Sasl;

/* The best of the NULL-terminated `offered`, without those in `refused` (nullable); static string, or NULL.
 */
const char *sasl_choose_mechanism (const char *const *offered, const SaslCredentials *credentials,
                                   const char *const *refused);

Sasl *sasl_new (const char *mechanism, const SaslCredentials *credentials, GError **error);
void sasl_free (Sasl *sasl); /* wipes what it holds */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Sasl, sasl_free)

/* After a step: TRUE when nothing but the server's verdict is to come. A mechanism that may refuse by a
 * challenge (a token's) never says so. */
gboolean sasl_has_said_all (const Sasl *sasl);

/* TRUE when the client speaks first (an initial response is ready before any challenge). */
gboolean sasl_is_client_first (Sasl *sasl);

/* Feeds a decoded challenge (empty for the initial response) and returns (transfer full) the response. At
 * most 10 steps. */
GBytes *sasl_step (Sasl *sasl, GBytes *challenge, GError **error);

/* The server said OK: TRUE only if the mechanism is satisfied too (SCRAM: the server's signature was valid).
 */
gboolean sasl_finish (Sasl *sasl, GError **error);

/* (nullable) What the server said against the token, made safe: it comes in a challenge, before the refusal.
 */
const char *sasl_get_server_words (const Sasl *sasl);
