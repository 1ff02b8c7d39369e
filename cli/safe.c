#include "safe.h"

static gboolean
is_harmful (gunichar c)
{
  return c < 0x20 || (c >= 0x7f && c <= 0x9f) || c == 0x061c || c == 0x200e || c == 0x200f || c == 0x2028 ||
         c == 0x2029 || (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
}

char *
safe_text (const char *text)
{
  g_autofree char *valid = g_utf8_make_valid (text, -1);
  g_autoptr (GString) safe = g_string_new (NULL);

  for (const char *c = valid; *c != '\0'; c = g_utf8_next_char (c))
    g_string_append_unichar (safe, is_harmful (g_utf8_get_char (c)) ? 0xfffd : g_utf8_get_char (c));
  return g_string_free (g_steal_pointer (&safe), FALSE);
}

char *
safe_label (const char *account, const char *mailbox)
{
  g_autofree char *label = NULL;

  if (account == NULL)
    return g_strdup ("dovetail");
  label = mailbox != NULL ? g_strconcat (account, "/", mailbox, NULL) : g_strdup (account);
  return safe_text (label);
}
