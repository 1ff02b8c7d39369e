#include "command.h"

const Command command_status = {
  .name = "status",
  .arguments = "[ACCOUNT[/MAILBOX]…]",
  .summary = "What is queued, held or refused, and when it last synced",
  .help =
      "Says what is queued for the server, which deletions are held, what the server refused, what will be\n"
      "brought back, when it last synced and whether a sync runs. Needs no connection and waits for nobody.\n"
      "With -v also each queued change and each mailbox. Exits 1 when something is held, refused or left.\n\n"
      "Examples:\n"
      "  dovetail status\n"
      "  dovetail status -v work/INBOX",
  .command = ENGINE_COMMAND_STATUS,
};
