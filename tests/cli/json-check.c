#include "json-check.h"

#include <string.h>

static gboolean take_value (const char **text);

static void
skip_space (const char **text)
{
  *text += strspn (*text, " \t\r\n");
}

static gboolean
take (const char **text, const char *literal)
{
  if (!g_str_has_prefix (*text, literal))
    return FALSE;
  *text += strlen (literal);
  return TRUE;
}

static gboolean
take_escape (const char **text)
{
  if (**text == 'u')
    {
      for (guint i = 1; i <= 4; i++)
        if (!g_ascii_isxdigit ((*text)[i]))
          return FALSE;
      *text += 5;
      return TRUE;
    }
  return **text != '\0' && strchr ("\"\\/bfnrt", *(*text)++) != NULL;
}

static gboolean
take_string (const char **text)
{
  if (!take (text, "\""))
    return FALSE;
  while (**text != '"')
    {
      if ((guchar) * *text < 0x20)
        return FALSE;
      if (*(*text)++ == '\\' && !take_escape (text))
        return FALSE;
    }
  return take (text, "\"");
}

static gboolean
take_digits (const char **text)
{
  gsize count = strspn (*text, "0123456789");

  *text += count;
  return count > 0;
}

static gboolean
take_number (const char **text)
{
  take (text, "-");
  if (!take (text, "0") && !take_digits (text))
    return FALSE;
  if (take (text, ".") && !take_digits (text))
    return FALSE;
  if (**text != 'e' && **text != 'E')
    return TRUE;
  (*text)++;
  if (**text == '+' || **text == '-')
    (*text)++;
  return take_digits (text);
}

static gboolean
take_members (const char **text, const char *end, gboolean named)
{
  skip_space (text);
  if (take (text, end))
    return TRUE;
  do
    {
      skip_space (text);
      if (named && !take_string (text))
        return FALSE;
      skip_space (text);
      if ((named && !take (text, ":")) || !take_value (text))
        return FALSE;
    }
  while (take (text, ","));
  return take (text, end);
}

static gboolean
take_value (const char **text)
{
  gboolean taken;

  skip_space (text);
  if (**text == '"')
    taken = take_string (text);
  else if (take (text, "{"))
    taken = take_members (text, "}", TRUE);
  else if (take (text, "["))
    taken = take_members (text, "]", FALSE);
  else
    taken = take (text, "true") || take (text, "false") || take (text, "null") || take_number (text);
  skip_space (text);
  return taken;
}

gboolean
json_is_object (const char *text)
{
  return g_utf8_validate (text, -1, NULL) && *text == '{' && take_value (&text) && *text == '\0';
}

void
json_assert_lines (const char *text)
{
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
  guint count = g_strv_length (lines);

  g_assert_cmpuint (count, >=, 2);
  g_assert_cmpstr (lines[count - 1], ==, "");
  for (guint i = 0; i + 1 < count; i++)
    g_assert_true (json_is_object (lines[i]));
}
