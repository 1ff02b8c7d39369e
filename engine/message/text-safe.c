#include "text-safe.h"

#include <string.h>

#define TEXT_MAX 200
#define TEXT_CUT "..."

static gboolean
is_bidi_control (gunichar c)
{
  return c == 0x061c || c == 0x200e || c == 0x200f || (c >= 0x202a && c <= 0x202e) ||
         (c >= 0x2066 && c <= 0x2069);
}

static gboolean
is_harmful (gunichar c)
{
  return (c >= 0x80 && c <= 0x9f) || c == 0x2028 || c == 0x2029 || is_bidi_control (c);
}

/* Puts the safe form of the first character of `text` into `out`, and returns how many octets it was. */
static gsize
escape_character (const char *text, gsize length, char out[16])
{
  guchar first = (guchar)text[0];
  gunichar c = first < 0x80 ? first : g_utf8_get_char_validated (text, (gssize)MIN (length, 6));

  if (first < 0x20 || first == 0x7f || c == (gunichar)-1 || c == (gunichar)-2)
    {
      g_snprintf (out, 16, "\\x%02X", first);
      return 1;
    }
  if (is_harmful (c))
    g_snprintf (out, 16, "\\u{%04X}", c);
  else
    out[g_unichar_to_utf8 (c, out)] = '\0';
  return (gsize)g_unichar_to_utf8 (c, NULL);
}

char *
text_make_safe_len (const char *text, gsize length)
{
  g_autoptr (GString) safe = g_string_new (NULL);
  glong characters = 0;
  gsize cut_at = 0;

  for (gsize i = 0; i < length;)
    {
      char next[16];

      i += escape_character (text + i, length - i, next);
      characters += g_utf8_strlen (next, -1);
      if (characters > TEXT_MAX)
        {
          g_string_truncate (safe, cut_at);
          g_string_append (safe, TEXT_CUT);
          break;
        }
      g_string_append (safe, next);
      if (characters <= TEXT_MAX - (glong)strlen (TEXT_CUT))
        cut_at = safe->len;
    }
  return g_string_free (g_steal_pointer (&safe), FALSE);
}

char *
text_make_safe (const char *text)
{
  return text_make_safe_len (text, text != NULL ? strlen (text) : 0);
}
