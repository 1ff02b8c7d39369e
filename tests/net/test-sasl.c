/* Contract C8 and threats: SCRAM's iterations are bounded, and success needs the server's proof. */
#include "../../engine/net/sasl.h"
#include <gsasl.h>
#include <string.h>

#define USER "alice"
#define PASSWORD "open, sesame"

typedef struct
{
  const char *description;
  const char *offered[8];
  const char *refused[4];
  gboolean secure;
  gboolean bound;
  const char *expected; /* (nullable) */
} ChoiceRow;

static const ChoiceRow choice_rows[] = {
  { "the strongest", { "PLAIN", "SCRAM-SHA-1", "SCRAM-SHA-256" }, { NULL }, TRUE, FALSE, "SCRAM-SHA-256" },
  { "-PLUS with a binding",
    { "SCRAM-SHA-256", "SCRAM-SHA-1-PLUS" },
    { NULL },
    TRUE,
    TRUE,
    "SCRAM-SHA-1-PLUS" },
  { "no -PLUS without", { "SCRAM-SHA-256-PLUS", "PLAIN" }, { NULL }, TRUE, FALSE, "PLAIN" },
  { "what was refused",
    { "SCRAM-SHA-256-PLUS", "SCRAM-SHA-256" },
    { "SCRAM-SHA-256-PLUS" },
    TRUE,
    TRUE,
    "SCRAM-SHA-256" },
  { "case does not count", { "plain" }, { NULL }, TRUE, FALSE, "PLAIN" },
  { "PLAIN before LOGIN", { "LOGIN", "PLAIN" }, { NULL }, TRUE, FALSE, "PLAIN" },
  { "no password in clear", { "PLAIN", "LOGIN" }, { NULL }, FALSE, FALSE, NULL },
  { "SCRAM in clear", { "PLAIN", "SCRAM-SHA-1" }, { NULL }, FALSE, FALSE, "SCRAM-SHA-1" },
  { "never those",
    { "NTLM", "CRAM-MD5", "DIGEST-MD5", "ANONYMOUS", "EXTERNAL" },
    { NULL },
    TRUE,
    FALSE,
    NULL },
  { "nothing", { NULL }, { NULL }, TRUE, FALSE, NULL },
};

static void
test_choice (gconstpointer data)
{
  const ChoiceRow *row = data;
  g_autoptr (GBytes) binding = g_bytes_new_static ("binding", 7);
  SaslCredentials credentials = { USER, PASSWORD, row->secure, row->bound ? binding : NULL, "tls-exporter" };

  g_assert_cmpstr (sasl_choose_mechanism (row->offered, &credentials, row->refused), ==, row->expected);
}

/* The server's side, on the same library, and how it lies. */
typedef struct
{
  const char *description;
  const char *mechanism;
  const char *iterations;
  const char *binding_type;   /* (nullable) */
  const char *server_binding; /* what the server sees */
  gboolean forge;             /* another signature */
  gboolean empty_final;       /* no signature */
  gboolean early_ok;          /* no final message at all */
  const char *message;        /* (nullable) a part of the error */
} ScramRow;

static const ScramRow scram_rows[] = {
  { "SHA-1", "SCRAM-SHA-1", "4096" },
  { "SHA-256", "SCRAM-SHA-256", "4096" },
  { "SHA-256, many iterations", "SCRAM-SHA-256", "20000" },
  { "bound by tls-exporter", "SCRAM-SHA-256-PLUS", "4096", "tls-exporter", "binding" },
  { "bound by tls-unique", "SCRAM-SHA-1-PLUS", "4096", "tls-unique", "binding" },
  { "somebody between", "SCRAM-SHA-256-PLUS", "4096", "tls-exporter", "another", .message = "server" },
  { "a binding is there but not asked for", "SCRAM-SHA-256", "4096", "tls-exporter", NULL },
  { "too few iterations", "SCRAM-SHA-256", "4095", .message = "4095 times" },
  { "one iteration", "SCRAM-SHA-1", "1", .message = "1 times" },
  { "too many", "SCRAM-SHA-256", "1000001", .message = "1000001 times" },
  { "minutes of work", "SCRAM-SHA-256", "4294967295", .message = "not used" },
  { "a forged signature", "SCRAM-SHA-256", "4096", .forge = TRUE, .message = "could not prove" },
  { "an empty final message", "SCRAM-SHA-256", "4096", .empty_final = TRUE, .message = "could not prove" },
  { "OK without a final message", "SCRAM-SHA-256", "4096", .early_ok = TRUE, .message = "said OK before" },
};

static int
on_server_property (Gsasl *library, Gsasl_session *session, Gsasl_property property)
{
  const ScramRow *row = gsasl_callback_hook_get (library);
  g_autofree char *binding = NULL;

  if (property == GSASL_PASSWORD)
    return gsasl_property_set (session, property, PASSWORD);
  if (property == GSASL_SCRAM_ITER)
    return gsasl_property_set (session, property, row->iterations);
  if (row->server_binding == NULL ||
      property !=
          (g_str_equal (row->binding_type, "tls-unique") ? GSASL_CB_TLS_UNIQUE : GSASL_CB_TLS_EXPORTER))
    return GSASL_NO_CALLBACK;
  binding = g_base64_encode ((const guint8 *)row->server_binding, strlen (row->server_binding));
  return gsasl_property_set (session, property, binding);
}

/* What the server says next to `response`; NULL when it refuses. */
static GBytes *
answer (const ScramRow *row, Gsasl_session *server, GBytes *response, gboolean *is_final)
{
  char *data = NULL;
  gsize length = 0;
  int code =
      gsasl_step (server, g_bytes_get_data (response, NULL), g_bytes_get_size (response), &data, &length);
  g_autofree char *text = g_strndup (data, length);

  gsasl_free (data);
  *is_final = code == GSASL_OK;
  if (code != GSASL_OK && code != GSASL_NEEDS_MORE)
    return NULL;
  if (*is_final && row->forge)
    text[2] = text[2] == 'A' ? 'B' : 'A';
  return *is_final && row->empty_final ? g_bytes_new (NULL, 0) : g_bytes_new (text, strlen (text));
}

static gboolean
exchange (const ScramRow *row, Sasl *client, Gsasl_session *server, GError **error)
{
  g_autoptr (GBytes) challenge = g_bytes_new (NULL, 0);
  gboolean is_final = FALSE;

  for (;;)
    {
      g_autoptr (GBytes) response = sasl_step (client, challenge, error);

      if (response == NULL)
        return FALSE;
      if (is_final)
        return sasl_finish (client, error);
      g_bytes_unref (challenge);
      challenge = answer (row, server, response, &is_final);
      if (challenge == NULL)
        {
          g_set_error_literal (error, SASL_ERROR, SASL_ERROR_EXCHANGE, "the server refused");
          challenge = g_bytes_new (NULL, 0);
          return FALSE;
        }
      if (is_final && row->early_ok)
        return sasl_finish (client, error);
    }
}

static void
test_scram (gconstpointer data)
{
  const ScramRow *row = data;
  g_autoptr (GBytes) binding = g_bytes_new_static ("binding", 7);
  SaslCredentials credentials = { USER, PASSWORD, TRUE, row->binding_type != NULL ? binding : NULL,
                                  row->binding_type };
  g_autoptr (GError) error = NULL;
  g_autoptr (Sasl) client = sasl_new (row->mechanism, &credentials, &error);
  Gsasl_session *session;
  Gsasl *library;

  g_assert_no_error (error);
  g_assert_true (sasl_is_client_first (client));
  g_assert_cmpint (gsasl_init (&library), ==, GSASL_OK);
  gsasl_callback_set (library, on_server_property);
  gsasl_callback_hook_set (library, (gpointer)row);
  g_assert_cmpint (gsasl_server_start (library, row->mechanism, &session), ==, GSASL_OK);
  if (row->message == NULL)
    {
      exchange (row, client, session, &error);
      g_assert_no_error (error);
    }
  else
    {
      g_assert_false (exchange (row, client, session, &error));
      g_assert_error (error, SASL_ERROR, SASL_ERROR_EXCHANGE);
      g_test_message ("%s", error->message);
      g_assert_nonnull (strstr (error->message, row->message));
      g_assert_null (strstr (error->message, PASSWORD));
    }
  gsasl_finish (session);
  gsasl_done (library);
}

typedef struct
{
  const char *description;
  const char *mechanism;
  const char *challenges[4];
  const char *responses[4]; /* NULL: an error is due */
  gsize response_length;    /* of the first one, if it has NULs */
} ChallengeRow;

static const ChallengeRow challenge_rows[] = {
  { "PLAIN", "PLAIN", { "" }, { "\0alice\0open, sesame" }, 19 },
  { "PLAIN asks on", "PLAIN", { "", "more" }, { "\0alice\0open, sesame", NULL }, 19 },
  { "LOGIN", "LOGIN", { "Username:", "Password:" }, { USER, PASSWORD } },
  { "LOGIN asks on", "LOGIN", { "Username:", "Password:", "PIN:" }, { USER, PASSWORD, NULL } },
  { "SCRAM, garbage", "SCRAM-SHA-256", { "", "hello" }, { "n,,n=alice,r=", NULL } },
  { "SCRAM, empty challenge", "SCRAM-SHA-256", { "", "" }, { "n,,n=alice,r=", NULL } },
  { "SCRAM, another nonce",
    "SCRAM-SHA-256",
    { "", "r=abcdefgh,s=c2FsdHNhbHQ=,i=4096" },
    { "n,,n=alice,r=", NULL } },
  { "SCRAM, the server's error", "SCRAM-SHA-256", { "", "e=unknown-user" }, { "n,,n=alice,r=", NULL } },
};

static void
test_challenges (gconstpointer data)
{
  const ChallengeRow *row = data;
  SaslCredentials credentials = { USER, PASSWORD, TRUE, NULL, NULL };
  g_autoptr (Sasl) client = sasl_new (row->mechanism, &credentials, NULL);

  for (guint i = 0; row->challenges[i] != NULL; i++)
    {
      g_autoptr (GBytes) challenge = g_bytes_new_static (row->challenges[i], strlen (row->challenges[i]));
      g_autoptr (GError) error = NULL;
      g_autoptr (GBytes) response = sasl_step (client, challenge, &error);
      gsize length = row->responses[i] == NULL            ? 0
                     : i == 0 && row->response_length > 0 ? row->response_length
                                                          : strlen (row->responses[i]);

      if (row->responses[i] == NULL)
        {
          g_assert_error (error, SASL_ERROR, SASL_ERROR_EXCHANGE);
          g_assert_null (response);
          g_assert_false (sasl_finish (client, NULL));
          continue;
        }
      g_assert_no_error (error);
      g_assert_cmpmem (g_bytes_get_data (response, NULL), MIN (length, g_bytes_get_size (response)),
                       row->responses[i], length);
    }
}

static void
test_refused_outright (void)
{
  SaslCredentials credentials = { USER, PASSWORD, FALSE, NULL, NULL };
  const char *const names[] = { "PLAIN", "LOGIN", "SCRAM-SHA-256-PLUS", "CRAM-MD5" };

  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_null (sasl_new (names[i], &credentials, &error));
      g_assert_error (error, SASL_ERROR, SASL_ERROR_NO_MECHANISM);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (choice_rows); i++)
    {
      g_autofree char *path = g_strdup_printf ("/net/sasl/choice/%s", choice_rows[i].description);

      g_test_add_data_func (path, &choice_rows[i], test_choice);
    }
  for (gsize i = 0; i < G_N_ELEMENTS (scram_rows); i++)
    {
      g_autofree char *path = g_strdup_printf ("/net/sasl/C8/scram/%s", scram_rows[i].description);

      g_test_add_data_func (path, &scram_rows[i], test_scram);
    }
  for (gsize i = 0; i < G_N_ELEMENTS (challenge_rows); i++)
    {
      g_autofree char *path = g_strdup_printf ("/net/sasl/challenge/%s", challenge_rows[i].description);

      g_test_add_data_func (path, &challenge_rows[i], test_challenges);
    }
  g_test_add_func ("/net/sasl/C8/refused-outright", test_refused_outright);
  return g_test_run ();
}
