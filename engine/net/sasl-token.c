#include "sasl-token.h"

#include <string.h>

/* RFC 7628 section 3.1: what separates keys and values. */
#define KVSEP "\x01"

/* A token that held a separator could say more than it should. */
static gboolean
check_token (const char *token, GError **error)
{
  for (const char *octet = token; *octet != '\0'; octet++)
    if (!g_ascii_isgraph (*octet))
      {
        g_set_error (
            error, SASL_ERROR, SASL_ERROR_EXCHANGE,
            "what token-command printed is no access token: it holds a space, a control character or "
            "a letter beyond ASCII; the first line must be the token alone");
        return FALSE;
      }
  return TRUE;
}

/* (transfer full): a saslname (RFC 5801 section 4). */
static char *
escape_name (const char *name)
{
  GString *escaped = g_string_new (NULL);

  for (; *name != '\0'; name++)
    if (*name == ',')
      g_string_append (escaped, "=2C");
    else if (*name == '=')
      g_string_append (escaped, "=3D");
    else
      g_string_append_c (escaped, *name);
  return g_string_free (escaped, FALSE);
}

char *
sasl_token_first_response (const char *mechanism, const SaslCredentials *credentials, GError **error)
{
  g_autofree char *name = NULL;

  if (!check_token (credentials->token, error))
    return NULL;
  if (g_str_equal (mechanism, "XOAUTH2"))
    return g_strdup_printf ("user=%s" KVSEP "auth=Bearer %s" KVSEP KVSEP, credentials->user,
                            credentials->token);
  name = escape_name (credentials->user);
  return g_strdup_printf ("n,a=%s," KVSEP "host=%s" KVSEP "port=%u" KVSEP "auth=Bearer %s" KVSEP KVSEP, name,
                          credentials->host, credentials->port, credentials->token);
}

const char *
sasl_token_last_response (const char *mechanism)
{
  return g_str_equal (mechanism, "XOAUTH2") ? "" : KVSEP;
}
