#include "command.h"

const Command command_check = {
  .name = "check",
  .arguments = "[ACCOUNT[/MAILBOX]…]",
  .summary = "Configuration, connection, login, mailboxes: what is wrong and what to do",
  .help =
      "Looks at one thing after the other: configuration, Maildir, journal, password, connection, "
      "certificate,\n"
      "login, what the server can't do, mailboxes. Says what is wrong and what to do. Changes nothing.\n\n"
      "Examples:\n"
      "  dovetail check\n"
      "  dovetail check -v work",
  .command = ENGINE_COMMAND_CHECK,
};
