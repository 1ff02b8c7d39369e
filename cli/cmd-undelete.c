#include "command.h"
#include "when.h"

static void
add_options (GOptionGroup *group, Options *options)
{
  const GOptionEntry entries[] = {
    { "since", 0, 0, G_OPTION_ARG_FILENAME, &options->since, "Only what was removed since then", "DATE" },
    { "subject", 0, 0, G_OPTION_ARG_FILENAME, &options->subject, "Only messages with this in their Subject",
      "TEXT" },
    { "list", 'l', 0, G_OPTION_ARG_NONE, &options->list_only, "Show what matches, bring nothing back", NULL },
    { "all", 0, 0, G_OPTION_ARG_NONE, &options->all, "Everything that is in the attic", NULL },
    G_OPTION_ENTRY_NULL
  };

  g_option_group_add_entries (group, entries);
}

static gboolean
is_chosen (const Options *options)
{
  return options->all || options->list_only || options->since != NULL || options->subject != NULL ||
         (options->selectors != NULL && options->selectors[0] != NULL);
}

static gboolean
fill_request (const Options *options, EngineRequest *request, GError **error)
{
  g_autoptr (GDateTime) now = g_date_time_new_now_local ();

  if (!is_chosen (options))
    {
      g_set_error (
          error, G_OPTION_ERROR, G_OPTION_ERROR_FAILED,
          "which messages? Name an account or a mailbox, or give --since, --subject or --all; --list shows "
          "what there is");
      return FALSE;
    }
  if (options->subject != NULL && !g_utf8_validate (options->subject, -1, NULL))
    {
      g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "--subject: the text is not UTF-8");
      return FALSE;
    }
  request->list_only = options->list_only;
  request->subject = options->subject;
  return options->since == NULL || when_parse (options->since, now, &request->removed_since, error);
}

const Command command_undelete = {
  .name = "undelete",
  .arguments = "[ACCOUNT[/MAILBOX]…]",
  .summary = "Bring back from the attic by date, mailbox or subject",
  .help = "What a sync removed here is kept in an attic for some days (keep-deleted=). This brings messages "
          "back into\n"
          "their mailboxes, as new ones; the next sync uploads them. All conditions must hold.\n"
          "DATE is " WHEN_FORMS ".\n\n"
          "Examples:\n"
          "  dovetail undelete --list\n"
          "  dovetail undelete --since today work/INBOX\n"
          "  dovetail undelete --since \"2 days\" --subject invoice",
  .add_options = add_options,
  .fill_request = fill_request,
  .command = ENGINE_COMMAND_UNDELETE,
};
