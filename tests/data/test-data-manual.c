/* The manual page, the example and the README know what the program knows, and nothing else (contract C9). */
#include "../../engine/account/config-keys.h"
#include "words.h"

#include <string.h>

/* (transfer full): from the line `heading` of the manual page to the next heading, or `end`. */
static char *
manual_section (const char *heading, const char *end)
{
  g_autofree char *manual = source_text ("data/dovetail.1");
  g_autofree char *line = g_strconcat ("\n", heading, "\n", NULL);
  const char *begin = strstr (manual, line);
  const char *next = begin != NULL ? strstr (begin + strlen (line), end) : NULL;

  if (next == NULL)
    g_error ("the manual page lacks “%s”", heading);
  return g_strndup (begin, (gsize)(next - begin));
}

/* (transfer full): as help_options gives them. */
static char *
manual_options (const char *heading)
{
  g_autofree char *section = manual_section (heading, "\n.S");
  g_autofree char *macros = words_matching (section, "(?:^\\.It|\\G,) Fl (\\S+)(?: (?=,))?");
  g_autoptr (GString) options = g_string_new (macros);

  g_string_prepend (options, " ");
  g_string_replace (options, " ", " -", 0);
  return words_matching (options->str, "(-[\\w-]+)");
}

static char *
all_keys (void)
{
  g_autoptr (GString) keys = g_string_new (NULL);

  for (const ConfigKey *key = config_keys (); key->name != NULL; key++)
    g_string_append_printf (keys, "%s ", key->name);
  return words_matching (keys->str, "(\\S+)");
}

static void
test_options (CliFixture *fixture, gconstpointer data)
{
  g_autofree char *commands = help_commands (fixture);
  g_auto (GStrv) names = g_strsplit (commands, " ", -1);
  g_autofree char *program = help_options (fixture, "");
  g_autofree char *common = manual_options (".Sh OPTIONS");
  g_autofree char *behind = words_without (common, "--version");

  g_assert_cmpstr (common, ==, program);
  for (char **name = names; *name != NULL; name++)
    {
      g_autofree char *heading = g_strconcat (".Ss ", *name, NULL);
      g_autofree char *own = manual_options (heading);
      g_autofree char *all = words_join (own, behind);
      g_autofree char *helped = help_options (fixture, *name);

      g_test_message ("%s", *name);
      g_assert_cmpstr (all, ==, helped);
    }
}

static void
test_commands (CliFixture *fixture, gconstpointer data)
{
  g_autofree char *section = manual_section (".Sh COMMANDS", "\n.Sh");
  g_autofree char *explained = words_matching (section, "^\\.Ss (\\S+)$");
  g_autofree char *commands = help_commands (fixture);

  g_assert_cmpstr (explained, ==, commands);
}

static void
test_exit_statuses (CliFixture *fixture, gconstpointer data)
{
  g_autofree char *section = manual_section (".Sh EXIT STATUS", "\n.Sh");
  g_autofree char *explained = words_matching (section, "^\\.It (\\d+)$");
  g_auto (CliRun) run = cli_run (fixture, "sync --help");
  g_autofree char *statuses = words_matching (run.out, "^  (\\d+) ");

  g_assert_cmpstr (explained, ==, statuses);
}

static void
test_keys_in_manual (void)
{
  g_autofree char *section = manual_section (".Sh CONFIGURATION", "\n.Sh");
  g_autofree char *explained = words_matching (section, "^\\.It Cm (\\S+)$");
  g_autofree char *keys = all_keys ();

  g_assert_cmpstr (explained, ==, keys);
}

static void
test_keys_in_readme (void)
{
  g_autofree char *readme = source_text ("README.md");
  const char *begin = strstr (readme, "\n## Configuration\n");
  const char *end = begin != NULL ? strstr (begin + 1, "\n## ") : NULL;
  g_autofree char *section = end != NULL ? g_strndup (begin, (gsize)(end - begin)) : NULL;
  g_autofree char *explained = NULL;
  g_autofree char *keys = all_keys ();

  g_assert_nonnull (section);
  explained = words_matching (section, "^(?:    |\\| `)([a-z-]+)(?:=|` \\|)");
  g_assert_cmpstr (explained, ==, keys);
}

/* "mandoc -T lint" complains of a page that isn't there but is referred to: of other programs' that may be.
 */
static void
test_is_well_formed (gconstpointer tool)
{
  g_autofree char *page = g_build_filename (SOURCE_ROOT, "data/dovetail.1", NULL);
  g_autofree char *line = g_strdup_printf ("%s '%s'", (const char *)tool, page);
  g_autofree char *out = NULL;
  g_autofree char *err = NULL;
  g_autoptr (GError) error = NULL;
  int status;

  g_assert_true (g_spawn_command_line_sync (line, &out, &err, &status, &error));
  g_assert_no_error (error);
  g_assert_cmpstr (out, ==, "");
  g_assert_cmpstr (err, ==, "");
  g_assert_true (g_spawn_check_wait_status (status, NULL));
}

int
main (int argc, char **argv)
{
#define ADD(path, function)                                                                                  \
  g_test_add (path, CliFixture, NULL, cli_fixture_set_up, function, cli_fixture_tear_down)
  g_test_init (&argc, &argv, NULL);
  ADD ("/data/manual/options", test_options);
  ADD ("/data/manual/commands", test_commands);
  ADD ("/data/manual/exit-statuses", test_exit_statuses);
  g_test_add_func ("/data/manual/keys", test_keys_in_manual);
  g_test_add_func ("/data/readme/keys", test_keys_in_readme);
  g_test_add_data_func ("/data/manual/mandoc", "mandoc -T lint -W warning", test_is_well_formed);
  g_test_add_data_func ("/data/manual/groff", "groff -mdoc -ww -z -Tutf8", test_is_well_formed);
  return g_test_run ();
}
