#include "sasl.h"
#include "../message/text-safe.h"
#include "sasl-token.h"
#include <gsasl.h>
#include <string.h>

#define MAX_STEPS 10
#define MIN_ITERATIONS 4096
#define MAX_ITERATIONS 1000000

struct _Sasl
{
  const char *mechanism; /* of the table below */
  char *user;
  char *password;
  char *channel_binding; /* (nullable) base64 */
  char *channel_binding_type;
  char *token_response;   /* (nullable) what the token's mechanism says first */
  char *server_words;     /* (nullable) */
  Gsasl *library;         /* (nullable) with a token there is none */
  Gsasl_session *session; /* (nullable) */
  guint steps;
  gboolean satisfied; /* the mechanism has nothing more to say, and was not deceived */
  GError *failure;    /* (nullable) sticky: a callback said no, or a challenge was not valid */
};

typedef struct
{
  const char *name;
  gboolean is_bound;       /* needs channel binding */
  gboolean shows_password; /* the server sees it, and so does who listens */
  gboolean is_client_first;
  gboolean takes_token; /* instead of a password */
} Mechanism;

/* In order of preference. */
static const Mechanism mechanisms[] = {
  { "OAUTHBEARER", FALSE, TRUE, TRUE, TRUE },
  { "XOAUTH2", FALSE, TRUE, TRUE, TRUE },
  { "SCRAM-SHA-256-PLUS", TRUE, FALSE, TRUE },
  { "SCRAM-SHA-1-PLUS", TRUE, FALSE, TRUE },
  { "SCRAM-SHA-256", FALSE, FALSE, TRUE },
  { "SCRAM-SHA-1", FALSE, FALSE, TRUE },
  { "PLAIN", FALSE, TRUE, TRUE },
  { "LOGIN", FALSE, TRUE, FALSE },
};

GQuark
sasl_error_quark (void)
{
  return g_quark_from_static_string ("sasl-error-quark");
}

static gboolean
contains (const char *const *names, const char *name)
{
  for (; names != NULL && *names != NULL; names++)
    if (g_ascii_strcasecmp (*names, name) == 0)
      return TRUE;
  return FALSE;
}

static gboolean
is_usable (const Mechanism *mechanism, const SaslCredentials *credentials)
{
  return mechanism->takes_token == (credentials->token != NULL) &&
         (credentials->secure || !mechanism->shows_password) &&
         (credentials->channel_binding != NULL || !mechanism->is_bound);
}

static const Mechanism *
find_mechanism (const char *name)
{
  for (gsize i = 0; i < G_N_ELEMENTS (mechanisms); i++)
    if (g_ascii_strcasecmp (mechanisms[i].name, name) == 0)
      return &mechanisms[i];
  return NULL;
}

const char *
sasl_choose_mechanism (const char *const *offered, const SaslCredentials *credentials,
                       const char *const *refused)
{
  for (gsize i = 0; i < G_N_ELEMENTS (mechanisms); i++)
    if (contains (offered, mechanisms[i].name) && !contains (refused, mechanisms[i].name) &&
        is_usable (&mechanisms[i], credentials))
      return mechanisms[i].name;
  return NULL;
}

/* Callbacks of GNU SASL: each property is asked for when the mechanism needs it. */

static gboolean
is_scram (Sasl *sasl)
{
  return g_str_has_prefix (sasl->mechanism, "SCRAM-");
}

/* The count comes from the server: a high one keeps us computing for minutes, a low one makes the password
 * cheap to guess for who listens. */
static gboolean
check_iterations (Sasl *sasl)
{
  const char *text = gsasl_property_fast (sasl->session, GSASL_SCRAM_ITER);
  guint64 iterations;

  if (text != NULL &&
      g_ascii_string_to_unsigned (text, 10, MIN_ITERATIONS, MAX_ITERATIONS, &iterations, NULL))
    return TRUE;
  sasl->failure = g_error_new (SASL_ERROR, SASL_ERROR_EXCHANGE,
                               "the server wants the password hashed %.20s times; from %d to %d is "
                               "acceptable; the password was not used",
                               text != NULL ? text : "(unknown)", MIN_ITERATIONS, MAX_ITERATIONS);
  return FALSE;
}

static int
give_password (Sasl *sasl)
{
  if (is_scram (sasl) && !check_iterations (sasl))
    return GSASL_NO_PASSWORD;
  return gsasl_property_set (sasl->session, GSASL_PASSWORD, sasl->password);
}

/* Given to a mechanism without -PLUS, the binding would make it fail. */
static int
give_binding (Sasl *sasl, Gsasl_property property, const char *type, int missing)
{
  if (!find_mechanism (sasl->mechanism)->is_bound || g_strcmp0 (sasl->channel_binding_type, type) != 0)
    return missing;
  return gsasl_property_set (sasl->session, property, sasl->channel_binding);
}

static int
on_property (Gsasl *library, Gsasl_session *session, Gsasl_property property)
{
  Sasl *sasl = gsasl_callback_hook_get (library);

  if (property == GSASL_AUTHID)
    return gsasl_property_set (session, property, sasl->user);
  if (property == GSASL_PASSWORD)
    return give_password (sasl);
  if (property == GSASL_CB_TLS_EXPORTER)
    return give_binding (sasl, property, "tls-exporter", GSASL_NO_CB_TLS_EXPORTER);
  if (property == GSASL_CB_TLS_UNIQUE)
    return give_binding (sasl, property, "tls-unique", GSASL_NO_CB_TLS_UNIQUE);
  return GSASL_NO_CALLBACK;
}

static char *
encode_binding (GBytes *binding)
{
  return binding != NULL ? g_base64_encode (g_bytes_get_data (binding, NULL), g_bytes_get_size (binding))
                         : NULL;
}

static gboolean
start (Sasl *sasl, const SaslCredentials *credentials, GError **error)
{
  int code;

  if (credentials->token != NULL)
    {
      sasl->token_response = sasl_token_first_response (sasl->mechanism, credentials, error);
      return sasl->token_response != NULL;
    }
  code = gsasl_init (&sasl->library);

  if (code == GSASL_OK)
    {
      gsasl_callback_set (sasl->library, on_property);
      gsasl_callback_hook_set (sasl->library, sasl);
      code = gsasl_client_start (sasl->library, sasl->mechanism, &sasl->session);
    }
  if (code == GSASL_OK)
    return TRUE;
  g_set_error (error, SASL_ERROR, SASL_ERROR_NO_MECHANISM, "%s can't be used (%s)", sasl->mechanism,
               gsasl_strerror (code));
  return FALSE;
}

Sasl *
sasl_new (const char *mechanism, const SaslCredentials *credentials, GError **error)
{
  const Mechanism *known = find_mechanism (mechanism);
  g_autoptr (Sasl) sasl = NULL;

  if (known == NULL || !is_usable (known, credentials))
    {
      g_set_error (error, SASL_ERROR, SASL_ERROR_NO_MECHANISM, "%s can't be used on this connection",
                   mechanism);
      return NULL;
    }
  sasl = g_new0 (Sasl, 1);
  sasl->mechanism = known->name;
  sasl->user = g_strdup (credentials->user);
  sasl->password = g_strdup (credentials->password);
  sasl->channel_binding = encode_binding (credentials->channel_binding);
  sasl->channel_binding_type = g_strdup (credentials->channel_binding_type);
  return start (sasl, credentials, error) ? g_steal_pointer (&sasl) : NULL;
}

static void
wipe_string (char *text)
{
  if (text != NULL)
    explicit_bzero (text, strlen (text));
  g_free (text);
}

static void
end_session (Gsasl_session *session)
{
  /* GNU SASL's own copy, which it frees as it is. */
  char *password = (char *)gsasl_property_fast (session, GSASL_PASSWORD);

  if (password != NULL)
    explicit_bzero (password, strlen (password));
  gsasl_finish (session);
}

void
sasl_free (Sasl *sasl)
{
  if (sasl->session != NULL)
    end_session (sasl->session);
  if (sasl->library != NULL)
    gsasl_done (sasl->library);
  wipe_string (sasl->password);
  wipe_string (sasl->token_response);
  g_free (sasl->server_words);
  g_free (sasl->user);
  g_free (sasl->channel_binding);
  g_free (sasl->channel_binding_type);
  g_clear_error (&sasl->failure);
  g_free (sasl);
}

gboolean
sasl_is_client_first (Sasl *sasl)
{
  return find_mechanism (sasl->mechanism)->is_client_first;
}

/* A response may hold the password, so whoever drops the last reference wipes it. */
typedef struct
{
  char *data;
  gsize length;
} Response;

static void
wipe_response (gpointer data)
{
  Response *response = data;

  if (response->data != NULL)
    explicit_bzero (response->data, response->length);
  gsasl_free (response->data);
  g_free (response);
}

static GBytes *
wrap_response (char *data, gsize length)
{
  Response response = { data, length };

  return g_bytes_new_with_free_func (data, length, wipe_response, g_memdup2 (&response, sizeof response));
}

/* Remembers what was wrong with the challenge, unless a callback already knows better. */
static void
judge_challenge (Sasl *sasl, GBytes *challenge, int code)
{
  gsize length;
  const char *text = g_bytes_get_data (challenge, &length);
  g_autofree char *safe = text_make_safe_len (text, length);

  if (sasl->failure != NULL)
    return;
  /* RFC 5802, section 7: server-error. */
  if (is_scram (sasl) && length > 2 && memcmp (text, "e=", 2) == 0)
    sasl->failure =
        g_error_new (SASL_ERROR, SASL_ERROR_EXCHANGE, "the server refused the login (%s)", safe + 2);
  else if (is_scram (sasl) && sasl->steps > 2)
    sasl->failure =
        g_error_new (SASL_ERROR, SASL_ERROR_EXCHANGE,
                     "the server could not prove that it knows the password (%s, %s); it may be a false one",
                     sasl->mechanism, gsasl_strerror (code));
  else
    sasl->failure =
        g_error_new (SASL_ERROR, SASL_ERROR_EXCHANGE, "the server's %s challenge is not valid (%s)",
                     sasl->mechanism, gsasl_strerror (code));
}

/* First the token; a challenge behind it says why the server does not want it. */
static void
take_token_step (Sasl *sasl, GBytes *challenge, char **data, gsize *length)
{
  sasl->satisfied = sasl->steps == 1;
  *data = g_strdup (sasl->satisfied ? sasl->token_response : sasl_token_last_response (sasl->mechanism));
  *length = strlen (*data);
  if (!sasl->satisfied)
    sasl->server_words =
        text_make_safe_len (g_bytes_get_data (challenge, NULL), g_bytes_get_size (challenge));
}

static void
take_step (Sasl *sasl, GBytes *challenge, char **data, gsize *length)
{
  int code;

  sasl->steps++;
  if (sasl->token_response != NULL)
    {
      take_token_step (sasl, challenge, data, length);
      return;
    }
  code = gsasl_step (sasl->session, g_bytes_get_data (challenge, NULL), g_bytes_get_size (challenge), data,
                     length);
  sasl->satisfied = code == GSASL_OK;
  if (code != GSASL_OK && code != GSASL_NEEDS_MORE)
    judge_challenge (sasl, challenge, code);
}

static gboolean
has_said_all (const Sasl *sasl)
{
  if (sasl->token_response != NULL)
    return sasl->server_words != NULL;
  return sasl->satisfied || sasl->steps == MAX_STEPS;
}

GBytes *
sasl_step (Sasl *sasl, GBytes *challenge, GError **error)
{
  char *data = NULL;
  gsize length = 0;

  if (sasl->failure == NULL && has_said_all (sasl))
    sasl->failure =
        g_error_new (SASL_ERROR, SASL_ERROR_EXCHANGE, "the server goes on asking after %u steps of %s",
                     sasl->steps, sasl->mechanism);
  if (sasl->failure == NULL)
    take_step (sasl, challenge, &data, &length);
  if (sasl->failure == NULL)
    return wrap_response (data, length);
  gsasl_free (data);
  g_propagate_error (error, g_error_copy (sasl->failure));
  return NULL;
}

gboolean
sasl_has_said_all (const Sasl *sasl)
{
  return sasl->satisfied && sasl->token_response == NULL;
}

gboolean
sasl_finish (Sasl *sasl, GError **error)
{
  if (sasl->failure != NULL)
    {
      g_propagate_error (error, g_error_copy (sasl->failure));
      return FALSE;
    }
  if (sasl->satisfied)
    return TRUE;
  if (sasl->server_words != NULL)
    g_set_error (error, SASL_ERROR, SASL_ERROR_EXCHANGE, "the server refused the access token (“%s”)",
                 sasl->server_words);
  else
    g_set_error (error, SASL_ERROR, SASL_ERROR_EXCHANGE,
                 "the server said OK before it proved that it knows the password (%s); it may be a false one",
                 sasl->mechanism);
  return FALSE;
}

const char *
sasl_get_server_words (const Sasl *sasl)
{
  return sasl->server_words;
}
