#include "words.h"

#include <string.h>

static int
compare_words (gconstpointer a, gconstpointer b)
{
  return strcmp (*(char *const *)a, *(char *const *)b);
}

/* (transfer full): sorts `words`, which keeps what is in it. */
static char *
list_words (GPtrArray *words)
{
  g_autoptr (GString) list = g_string_new (NULL);
  const char *last = "";

  g_ptr_array_sort (words, compare_words);
  for (guint i = 0; i < words->len; i++)
    {
      const char *word = g_ptr_array_index (words, i);

      if (!g_str_equal (word, last))
        g_string_append_printf (list, "%s%s", *last != '\0' ? " " : "", word);
      last = word;
    }
  return g_string_free (g_steal_pointer (&list), FALSE);
}

char *
words_matching (const char *text, const char *pattern)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GRegex) regex = g_regex_new (pattern, G_REGEX_MULTILINE, 0, &error);
  g_autoptr (GMatchInfo) match = NULL;
  g_autoptr (GPtrArray) words = g_ptr_array_new_with_free_func (g_free);

  g_assert_no_error (error);
  for (g_regex_match (regex, text, 0, &match); g_match_info_matches (match); g_match_info_next (match, NULL))
    g_ptr_array_add (words, g_match_info_fetch (match, 1));
  return list_words (words);
}

char *
words_join (const char *words, const char *more)
{
  g_autofree char *both = g_strconcat (words, " ", more, NULL);

  return words_matching (both, "(\\S+)");
}

char *
words_without (const char *words, const char *word)
{
  g_auto (GStrv) split = g_strsplit (words, " ", -1);
  g_autoptr (GPtrArray) rest = g_ptr_array_new ();

  for (char **each = split; *each != NULL; each++)
    if (!g_str_equal (*each, word))
      g_ptr_array_add (rest, *each);
  return list_words (rest);
}

char *
help_options (const CliFixture *fixture, const char *command)
{
  g_autofree char *arguments = g_strconcat (command, " --help", NULL);
  g_auto (CliRun) run = cli_run (fixture, arguments);

  g_assert_cmpint (run.status, ==, 0);
  return words_matching (run.out, "(?:^  |\\G, )(-\\w|--[\\w-]+)");
}

char *
help_commands (const CliFixture *fixture)
{
  g_auto (CliRun) run = cli_run (fixture, "--help");
  const char *begin = strstr (run.out, "\nCommands:\n");
  const char *end = begin != NULL ? strstr (begin, "\n\n") : NULL;
  g_autofree char *text = NULL;

  g_assert_nonnull (end);
  text = g_strndup (begin, (gsize)(end - begin));
  return words_matching (text, "^  (\\w+)");
}

char *
source_text (const char *path)
{
  g_autofree char *whole = g_build_filename (SOURCE_ROOT, path, NULL);
  g_autoptr (GError) error = NULL;
  char *text;

  g_file_get_contents (whole, &text, NULL, &error);
  g_assert_no_error (error);
  return text;
}
