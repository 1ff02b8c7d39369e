/* Modified UTF-7 (RFC 3501, 5.1.3) by way of GLib's converters, not of the code under test. */
#include "imap-client-private.h"

#include <string.h>

static void
append_shifted (GString *out, const char *start, const char *end)
{
  gsize length;
  g_autofree char *utf16 = g_convert (start, end - start, "UTF-16BE", "UTF-8", NULL, &length, NULL);
  g_autofree char *base64 = NULL;

  g_assert_nonnull (utf16);
  base64 = g_base64_encode ((const guchar *)utf16, length);
  base64[strcspn (base64, "=")] = '\0';
  g_string_append_printf (out, "&%s-", g_strdelimit (base64, "/", ','));
}

char *
imap_client_encode_name (const char *name)
{
  GString *out = g_string_new ("\"");

  while (*name != '\0')
    {
      const char *end = name;

      while ((guchar)*end >= 0x80)
        end++;
      if (end > name)
        append_shifted (out, name, end);
      else if (*name == '&')
        g_string_append (out, "&-");
      else if (*name == '"' || *name == '\\')
        g_string_append_printf (out, "\\%c", *name);
      else
        g_string_append_c (out, *name);
      name = MAX (end, name + 1);
    }
  g_string_append_c (out, '"');
  return g_string_free (out, FALSE);
}

static void
append_unshifted (GString *out, const char *start, gsize length)
{
  g_autoptr (GString) base64 = g_string_new_len (start, (gssize)length);
  g_autofree guchar *utf16 = NULL;
  g_autofree char *utf8 = NULL;
  gsize decoded;

  g_strdelimit (base64->str, ",", '/');
  while (base64->len % 4 != 0)
    g_string_append_c (base64, '=');
  utf16 = g_base64_decode (base64->str, &decoded);
  utf8 = g_convert ((const char *)utf16, (gssize)decoded, "UTF-8", "UTF-16BE", NULL, NULL, NULL);
  g_assert_nonnull (utf8);
  g_string_append (out, utf8);
}

char *
imap_client_decode_name (const char *encoded)
{
  GString *out = g_string_new (NULL);

  while (*encoded != '\0')
    {
      gsize length = *encoded == '&' ? strcspn (encoded, "-") : 0;

      if (length == 1)
        g_string_append_c (out, '&');
      else if (length > 1)
        append_unshifted (out, encoded + 1, length - 1);
      else
        g_string_append_c (out, *encoded);
      encoded += length + 1;
    }
  return g_string_free (out, FALSE);
}
