/* Challenges of a server that does not know the password: never a crash, and no SCRAM exchange ends in
 * success. The first octet chooses the mechanism, each line is a challenge; "%N" stands for the nonce that
 * the client sent. */
#include "fuzz.h"
#include "../../engine/net/sasl.h"

#include <string.h>

static char *
find_nonce (GBytes *response)
{
  gsize length;
  const char *text = g_bytes_get_data (response, &length);
  g_autofree char *copy = g_strndup (text, length);
  const char *nonce = strstr (copy, ",r=");

  return nonce != NULL ? g_strndup (nonce + 3, strcspn (nonce + 3, ",")) : NULL;
}

static GBytes *
make_challenge (const char *line, const char *nonce)
{
  g_auto (GStrv) parts = g_strsplit (line, "%N", -1);
  char *text = g_strjoinv (nonce != NULL ? nonce : "", parts);

  return g_bytes_new_take (text, strlen (text));
}

static gboolean
play (Sasl *sasl, char **lines)
{
  g_autofree char *nonce = NULL;

  for (guint i = 0; lines[i] != NULL; i++)
    {
      g_autoptr (GBytes) challenge = i == 0 && sasl_is_client_first (sasl) ? g_bytes_new_static ("", 0)
                                                                           : make_challenge (lines[i], nonce);
      g_autoptr (GBytes) response = sasl_step (sasl, challenge, NULL);

      if (response == NULL)
        return FALSE;
      if (nonce == NULL)
        nonce = find_nonce (response);
    }
  return sasl_finish (sasl, NULL);
}

int
LLVMFuzzerTestOneInput (const guint8 *data, size_t size)
{
  static const char *const mechanisms[] = { "SCRAM-SHA-256", "SCRAM-SHA-1", "PLAIN", "LOGIN" };
  const SaslCredentials credentials = { .user = "alice", .password = "secret", .secure = TRUE };
  const char *mechanism = mechanisms[size > 0 ? data[0] % G_N_ELEMENTS (mechanisms) : 0];
  g_autofree char *text = size > 0 ? g_strndup ((const char *)data + 1, size - 1) : g_strdup ("");
  g_auto (GStrv) lines = g_strsplit (text, "\n", 12);
  g_autoptr (Sasl) sasl = sasl_new (mechanism, &credentials, NULL);

  g_assert_nonnull (sasl);
  if (play (sasl, lines))
    g_assert_false (g_str_has_prefix (mechanism, "SCRAM"));
  return 0;
}
