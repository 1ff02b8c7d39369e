/* OAUTHBEARER and XOAUTH2: the strings, what happens when the server refuses, and that a token is never sent
 * where a password would not be. */
#include "../../engine/net/sasl-base64.h"
#include "../../engine/net/sasl.h"

#include <string.h>

#define TOKEN "ya29.vF9dft4qmTc2Nvb3RlckBhdHRhdmlzdGEuY29tCg=="

static SaslCredentials
credentials_with (const char *user, const char *token)
{
  return (
      SaslCredentials){ .user = user, .secure = TRUE, .token = token, .host = "mx.example.org", .port = 995 };
}

typedef struct
{
  const char *description;
  const char *offered[5];
  gboolean has_token;
  gboolean secure;
  const char *expected; /* (nullable) */
} ChoiceRow;

static const ChoiceRow choice_rows[] = {
  { "the standard first", { "XOAUTH2", "OAUTHBEARER" }, TRUE, TRUE, "OAUTHBEARER" },
  { "the forerunner where it is alone", { "PLAIN", "XOAUTH2" }, TRUE, TRUE, "XOAUTH2" },
  { "a token is no password", { "PLAIN", "LOGIN", "SCRAM-SHA-256" }, TRUE, TRUE, NULL },
  { "a password is no token", { "XOAUTH2", "OAUTHBEARER" }, FALSE, TRUE, NULL },
  { "C8 no token in clear", { "XOAUTH2", "OAUTHBEARER" }, TRUE, FALSE, NULL },
};

static void
test_choice (gconstpointer data)
{
  const ChoiceRow *row = data;
  SaslCredentials credentials = credentials_with ("alice", row->has_token ? TOKEN : NULL);

  credentials.password = row->has_token ? NULL : "secret";
  credentials.secure = row->secure;
  g_assert_cmpstr (sasl_choose_mechanism (row->offered, &credentials, NULL), ==, row->expected);
  if (row->expected == NULL)
    g_assert_null (sasl_new (row->offered[0], &credentials, NULL));
}

typedef struct
{
  const char *description;
  const char *mechanism;
  const char *user;
  const char *first;
  const char *last;
} StringRow;

static const StringRow string_rows[] = {
  { "OAUTHBEARER", "OAUTHBEARER", "alice@example.org",
    "n,a=alice@example.org,\x01host=mx.example.org\x01port=995\x01"
    "auth=Bearer " TOKEN "\x01\x01",
    "\x01" },
  { "OAUTHBEARER with a name to escape", "OAUTHBEARER", "a,b=c",
    "n,a=a=2Cb=3Dc,\x01host=mx.example.org\x01port=995\x01"
    "auth=Bearer " TOKEN "\x01\x01",
    "\x01" },
  { "XOAUTH2", "XOAUTH2", "alice@example.org",
    "user=alice@example.org\x01"
    "auth=Bearer " TOKEN "\x01\x01",
    "" },
};

static void
assert_response (GBytes *response, const char *expected)
{
  g_assert_nonnull (response);
  g_assert_cmpmem (g_bytes_get_data (response, NULL), g_bytes_get_size (response), expected,
                   strlen (expected));
}

static void
test_strings (gconstpointer data)
{
  const StringRow *row = data;
  SaslCredentials credentials = credentials_with (row->user, TOKEN);
  g_autoptr (Sasl) sasl = sasl_new (row->mechanism, &credentials, NULL);
  g_autoptr (GBytes) nothing = g_bytes_new_static ("", 0);
  g_autoptr (GBytes) response = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_true (sasl_is_client_first (sasl));
  response = sasl_step (sasl, nothing, &error);
  g_assert_no_error (error);
  assert_response (response, row->first);
  g_assert_true (sasl_finish (sasl, &error));
  g_assert_no_error (error);
  g_assert_null (sasl_get_server_words (sasl));
}

/* The refusal comes only when its words were answered; an OK behind them is not believed. */
static void
test_refused (gconstpointer data)
{
  const StringRow *row = data;
  SaslCredentials credentials = credentials_with (row->user, TOKEN);
  g_autoptr (Sasl) sasl = sasl_new (row->mechanism, &credentials, NULL);
  g_autoptr (GBytes) nothing = g_bytes_new_static ("", 0);
  g_autoptr (GBytes) words = g_bytes_new_static ("{\"status\":\"401\"}\x1b", 17);
  g_autoptr (GBytes) first = sasl_step (sasl, nothing, NULL);
  g_autoptr (GBytes) last = sasl_step (sasl, words, NULL);
  g_autoptr (GError) error = NULL;

  assert_response (last, row->last);
  g_assert_cmpstr (sasl_get_server_words (sasl), ==, "{\"status\":\"401\"}\\x1B");
  g_assert_false (sasl_finish (sasl, &error));
  g_assert_nonnull (strstr (error->message, "401"));
  g_assert_null (sasl_step (sasl, words, NULL));
}

static void
test_no_token (gconstpointer data)
{
  SaslCredentials credentials = credentials_with ("alice", data);
  g_autoptr (GError) error = NULL;

  g_assert_null (sasl_new ("XOAUTH2", &credentials, &error));
  g_assert_error (error, SASL_ERROR, SASL_ERROR_EXCHANGE);
  g_assert_nonnull (strstr (error->message, "token-command"));
  g_assert_null (strstr (error->message, "Bearer"));
}

typedef struct
{
  const char *description;
  const char *text;
  const char *decoded; /* (nullable) */
} Base64Row;

static const Base64Row base64_rows[] = {
  { "empty", "", "" },
  { "text", "VXNlcm5hbWU6", "Username:" },
  { "padding", "YQ==", "a" },
  { "padding missing", "YQ", NULL },
  { "surplus padding", "YQ===", NULL },
  { "dirty padding", "YR==", NULL },
  { "white space", "YQ ==", NULL },
  { "not base64", "a:b", NULL },
};

static void
test_base64 (gconstpointer data)
{
  const Base64Row *row = data;
  GBytes *decoded = sasl_decode_challenge (row->text);

  if (row->decoded == NULL)
    g_assert_null (decoded);
  else
    {
      char *again;

      assert_response (decoded, row->decoded);
      again = sasl_encode_response (decoded);
      g_assert_cmpstr (again, ==, row->text);
      sasl_wipe (again);
    }
}

static void
test_long_challenge (void)
{
  g_autofree char *fits = g_strnfill (SASL_MAX_CHALLENGE_LENGTH, 'A');
  g_autofree char *longer = g_strnfill (SASL_MAX_CHALLENGE_LENGTH + 4, 'A');
  g_autoptr (GBytes) decoded = sasl_decode_challenge (fits);

  g_assert_nonnull (decoded);
  g_assert_null (sasl_decode_challenge (longer));
}

static void
add_rows (const char *prefix, gconstpointer table, gsize n_rows, gsize size, GTestDataFunc test)
{
  for (gsize i = 0; i < n_rows; i++)
    {
      const char *const *row = (gconstpointer)((const char *)table + i * size);
      g_autofree char *path = g_strdup_printf ("%s/%s", prefix, *row);

      g_test_add_data_func (path, row, test);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  add_rows ("/net/sasl-token/choice", choice_rows, G_N_ELEMENTS (choice_rows), sizeof choice_rows[0],
            test_choice);
  add_rows ("/net/sasl-token/strings", string_rows, G_N_ELEMENTS (string_rows), sizeof string_rows[0],
            test_strings);
  add_rows ("/net/sasl-token/refused", string_rows, G_N_ELEMENTS (string_rows), sizeof string_rows[0],
            test_refused);
  g_test_add_data_func ("/net/sasl-token/C8/no-token/separator", "Bearer\x01x", test_no_token);
  g_test_add_data_func ("/net/sasl-token/C8/no-token/space", "Bearer x", test_no_token);
  g_test_add_data_func ("/net/sasl-token/C8/no-token/8-bit", "Bearer\xc3\xa9", test_no_token);
  add_rows ("/net/sasl-base64", base64_rows, G_N_ELEMENTS (base64_rows), sizeof base64_rows[0], test_base64);
  g_test_add_func ("/net/sasl-base64/long", test_long_challenge);
  return g_test_run ();
}
