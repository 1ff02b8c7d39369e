#include "options.h"
#include "command.h"
#include "exit.h"

#define PROGRAM_EXAMPLES                                                                                     \
  "Examples:\n"                                                                                              \
  "  dovetail check                     is everything as it must be?\n"                                      \
  "  dovetail sync --dry-run            what would be done, and why\n"                                       \
  "  dovetail sync                      all accounts, side by side\n"                                        \
  "  dovetail sync work/INBOX home      one mailbox of one account, all of another\n"                        \
  "  dovetail status                    what is queued, held or refused\n"

#define JSON_HELP                                                                                            \
  "--json prints one JSON object a line on stdout, always with these members:\n"                             \
  "  type     \"result\", \"info\", \"debug\" (with -v -v), \"warning\", \"error\", \"progress\" or "        \
  "\"done\"\n"                                                                                               \
  "  account  string, or null when it concerns none;  mailbox  string or null\n"                             \
  "  name     a word that stays the same;  text  one line for a person\n"                                    \
  "  fields   an object of strings and integers, by name\n"                                                  \
  "progress has messages_done, messages_total, octets_done and octets_total (integers) besides;\n"           \
  "done, once for each account, has status: its exit status. Times are seconds since 1970.\n"

static gboolean
count_verbosity (const char *name, const char *value, gpointer options, GError **error)
{
  ((Options *)options)->verbosity++;
  return TRUE;
}

static void
add_common_options (GOptionGroup *group, Options *options)
{
  const GOptionEntry entries[] = {
    { "config", 0, 0, G_OPTION_ARG_FILENAME, &options->config,
      "Read this instead of ~/.config/dovetail/config", "FILE" },
    { "verbose", 'v', G_OPTION_FLAG_NO_ARG, G_OPTION_ARG_CALLBACK,
      __extension__(gpointer) count_verbosity, /* GLib has it so; ISO C has no such conversion */
      "Say more: a line for each message; twice: also a log of what is said to the server", NULL },
    { "quiet", 'q', 0, G_OPTION_ARG_NONE, &options->quiet, "Only warnings and errors", NULL },
    { "json", 0, 0, G_OPTION_ARG_NONE, &options->json, "One JSON object a line, for programs", NULL },
    G_OPTION_ENTRY_NULL
  };

  g_option_group_add_entries (group, entries);
}

static gboolean
check_common (const Options *options, GError **error)
{
  if (!options->quiet || options->verbosity == 0)
    return TRUE;
  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_FAILED,
               "-v and -q contradict each other; leave one out");
  return FALSE;
}

/* (transfer full): the commands, for --help. */
static char *
describe_commands (void)
{
  g_autoptr (GString) text =
      g_string_new ("Keeps a local Maildir and the mailboxes of a mail account equal.\n\n"
                    "Commands:\n");

  for (const Command *const *command = commands (); *command != NULL; command++)
    g_string_append_printf (text, "  %-10s %s\n", (*command)->name, (*command)->summary);
  g_string_append (text, "\n`dovetail help COMMAND` tells more of each.");
  return g_string_free (g_steal_pointer (&text), FALSE);
}

gboolean
options_parse_program (Options *options, int *argc, char ***argv, GError **error)
{
  g_autoptr (GOptionContext) context = g_option_context_new ("COMMAND [ACCOUNT[/MAILBOX]…]");
  GOptionGroup *group = g_option_group_new (NULL, NULL, NULL, options, NULL);
  g_autofree char *summary = describe_commands ();
  const GOptionEntry version[] = {
    { "version", 0, 0, G_OPTION_ARG_NONE, &options->version, "Print the version", NULL }, G_OPTION_ENTRY_NULL
  };

  add_common_options (group, options);
  g_option_group_add_entries (group, version);
  g_option_context_set_main_group (context, group);
  g_option_context_set_strict_posix (context, TRUE);
  g_option_context_set_summary (context, summary);
  g_option_context_set_description (context, PROGRAM_EXAMPLES "\n" EXIT_HELP "\n" JSON_HELP);
  return g_option_context_parse (context, argc, argv, error) && check_common (options, error);
}

gboolean
options_parse_command (Options *options, const Command *command, int *argc, char ***argv, GError **error)
{
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);
  GOptionGroup *group = g_option_group_new (NULL, NULL, NULL, options, NULL);
  g_autofree char *program = g_strconcat ("dovetail ", command->name, NULL);
  const GOptionEntry rest[] = { { G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &options->selectors,
                                  NULL, command->arguments },
                                G_OPTION_ENTRY_NULL };

  g_set_prgname (program);
  if (command->add_options != NULL)
    command->add_options (group, options);
  add_common_options (group, options);
  g_option_group_add_entries (group, rest);
  g_option_context_set_main_group (context, group);
  g_option_context_set_summary (context, command->help);
  g_option_context_set_description (context, EXIT_HELP);
  return g_option_context_parse (context, argc, argv, error) && check_common (options, error);
}

void
options_clear (Options *options)
{
  g_free (options->config);
  g_strfreev (options->selectors);
  g_free (options->since);
  g_free (options->subject);
}
