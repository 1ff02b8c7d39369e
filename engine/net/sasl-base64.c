#include "sasl-base64.h"

#include <string.h>

GBytes *
sasl_decode_challenge (const char *text)
{
  gsize length = 0;
  g_autofree guchar *decoded = NULL;
  g_autofree char *again = NULL;

  if (*text == '\0')
    return g_bytes_new_static ("", 0);
  if (strlen (text) > SASL_MAX_CHALLENGE_LENGTH)
    return NULL;
  decoded = g_base64_decode (text, &length);
  again = length > 0 ? g_base64_encode (decoded, length) : NULL;
  if (g_strcmp0 (text, again) != 0)
    return NULL;
  return g_bytes_new_take (g_steal_pointer (&decoded), length);
}

char *
sasl_encode_response (GBytes *response)
{
  gsize length;
  guchar *octets = g_bytes_unref_to_data (response, &length);
  char *text = length == 0 ? g_strdup ("") : g_base64_encode (octets, length);

  if (octets != NULL)
    explicit_bzero (octets, length);
  g_free (octets);
  return text;
}

void
sasl_wipe (char *text)
{
  if (text == NULL)
    return;
  explicit_bzero (text, strlen (text));
  g_free (text);
}
