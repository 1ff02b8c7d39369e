#include "command.h"

static void
add_options (GOptionGroup *group, Options *options)
{
  const GOptionEntry entries[] = { { "dry-run", 'n', 0, G_OPTION_ARG_NONE, &options->dry_run,
                                     "Say what would be done and why, and change nothing", NULL },
                                   G_OPTION_ENTRY_NULL };

  g_option_group_add_entries (group, entries);
}

static gboolean
fill_request (const Options *options, EngineRequest *request, GError **error)
{
  request->dry_run = options->dry_run;
  return TRUE;
}

const Command command_sync = {
  .name = "sync",
  .arguments = "[ACCOUNT[/MAILBOX]…]",
  .summary = "Bring both sides together",
  .help =
      "Brings the Maildir and the server together: all accounts, or those named. Accounts run side by side;\n"
      "one that fails does not stop the others. With no connection, what was changed here is queued.\n\n"
      "Examples:\n"
      "  dovetail sync\n"
      "  dovetail sync --dry-run work\n"
      "  dovetail sync work/INBOX work/Sent",
  .add_options = add_options,
  .fill_request = fill_request,
  .command = ENGINE_COMMAND_SYNC,
};
