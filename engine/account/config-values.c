#include "config-values.h"
#include "../message/text-safe.h"
#include "config.h"

#include <string.h>

/* No key is near to a longer name. */
#define NAME_MAX_LENGTH 64

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

/* The next row of the table: `before` and `row` are the distances of the beginnings of a that are two and one
 * octets shorter to each beginning of b. */
static void
fill_row (const char *a, guint i, const char *b, const guint *before, const guint *row, guint *next)
{
  next[0] = i;
  for (guint j = 1; b[j - 1] != '\0'; j++)
    {
      guint changed = row[j - 1] + (a[i - 1] != b[j - 1]);
      guint one_more = MIN (row[j], next[j - 1]) + 1;

      next[j] = MIN (changed, one_more);
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        next[j] = MIN (next[j], before[j - 2] + 1);
    }
}

guint
config_value_distance (const char *name, const char *word)
{
  guint rows[3][NAME_MAX_LENGTH + 1];
  guint name_length = (guint)MIN (strlen (name), NAME_MAX_LENGTH + 1), word_length = (guint)strlen (word);
  guint least;

  if (name_length > NAME_MAX_LENGTH || word_length > NAME_MAX_LENGTH)
    return G_MAXUINT;
  for (guint j = 0; j <= word_length; j++)
    rows[0][j] = j;
  for (guint i = 1; i <= name_length; i++)
    fill_row (name, i, word, rows[(i + 1) % 3], rows[(i + 2) % 3], rows[i % 3]);
  least = rows[name_length % 3][word_length];
  for (guint j = 0; j < word_length; j++)
    least = MIN (least, rows[name_length % 3][j] + 1);
  return least;
}
