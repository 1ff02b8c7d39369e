#include "command.h"

static void
add_options (GOptionGroup *group, Options *options)
{
  const GOptionEntry entries[] = { { "restore", 0, 0, G_OPTION_ARG_NONE, &options->restore,
                                     "Bring the messages back on the side that lost them", NULL },
                                   G_OPTION_ENTRY_NULL };

  g_option_group_add_entries (group, entries);
}

static gboolean
fill_request (const Options *options, EngineRequest *request, GError **error)
{
  request->restore = options->restore;
  return TRUE;
}

const Command command_release = {
  .name = "release",
  .arguments = "[ACCOUNT[/MAILBOX]…]",
  .summary = "Let held deletions through, or --restore them; try again what was refused",
  .help = "When too much was deleted at once, the deletions are held and `dovetail status` names them. This "
          "lets them\n"
          "through, once, or with --restore brings the messages back. What the server refused for good is "
          "tried\n"
          "again, and what waits since messages were matched again is copied. The next sync carries it "
          "out.\n\n"
          "Examples:\n"
          "  dovetail release work/INBOX\n"
          "  dovetail release --restore work",
  .add_options = add_options,
  .fill_request = fill_request,
  .command = ENGINE_COMMAND_RELEASE,
};
