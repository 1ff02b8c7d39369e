#include "config-values.h"
#include "../message/text-safe.h"
#include "config.h"

#include <string.h>

/* No key is near to a longer name. */
#define DISTANCE_MAX 64

gboolean
config_value_refuse (GError **error, const char *value, const char *problem, const char *advice)
{
  g_autofree char *safe = text_make_safe (value);

  g_set_error (error, CONFIG_ERROR, CONFIG_ERROR_INVALID, "“%s” %s; write %s", safe, problem, advice);
  return FALSE;
}

gboolean
config_value_number (const char *value, guint min, guint max, guint *number)
{
  guint64 parsed;

  if (!g_ascii_string_to_unsigned (value, 10, min, max, &parsed, NULL))
    return FALSE;
  *number = (guint)parsed;
  return TRUE;
}

gboolean
config_value_word (const char *value, const char *const *words, guint *index, GError **error)
{
  g_autofree char *choices = NULL;

  for (guint i = 0; words[i] != NULL; i++)
    if (g_ascii_strcasecmp (value, words[i]) == 0)
      {
        *index = i;
        return TRUE;
      }
  choices = g_strjoinv (" or ", (char **)words);
  return config_value_refuse (error, value, "is not known here", choices);
}

gboolean
config_value_path (const char *value, char **path, GError **error)
{
  g_autofree char *expanded = NULL;

  if (g_str_equal (value, "~") || g_str_has_prefix (value, "~/"))
    expanded = g_strconcat (g_get_home_dir (), value + 1, NULL);
  else
    expanded = g_strdup (value);
  if (!g_path_is_absolute (expanded))
    return config_value_refuse (error, value, "is no absolute path", "one that begins with / or ~/");

  for (gsize end = strlen (expanded); end > 1 && expanded[end - 1] == '/'; end--)
    expanded[end - 1] = '\0';
  g_free (*path);
  *path = g_steal_pointer (&expanded);
  return TRUE;
}

gboolean
config_value_has_control (const char *value)
{
  for (; *value != '\0'; value++)
    if ((guchar)*value < 0x20 || *value == 0x7f)
      return TRUE;
  return FALSE;
}

guint
config_value_distance (const char *a, const char *b)
{
  gsize a_length = strlen (a);
  gsize b_length = strlen (b);
  guint row[DISTANCE_MAX + 1]; /* to each beginning of b, from the beginning of a seen so far */

  if (a_length > DISTANCE_MAX || b_length > DISTANCE_MAX)
    return (guint)MAX (a_length, b_length);
  for (guint j = 0; j <= b_length; j++)
    row[j] = j;
  for (guint i = 1; i <= a_length; i++)
    {
      guint diagonal = row[0];

      row[0] = i;
      for (guint j = 1; j <= b_length; j++)
        {
          guint changed = diagonal + (a[i - 1] != b[j - 1]);
          guint one_more = MIN (row[j], row[j - 1]) + 1;

          diagonal = row[j];
          row[j] = MIN (changed, one_more);
        }
    }
  return row[b_length];
}
