#include "command.h"

const Command command_status = {
  .name = "status",
  .arguments = "[ACCOUNT[/MAILBOX]…]",
  .summary = "What is queued, held or refused, and when it last synced",
  .help =
      "Says what is queued for the server, which deletions are held, what the server refused, and when it "
      "last\n"
      "synced. Needs no connection and waits for nobody. With -v also each queued change and each mailbox.\n"
      "Exits 1 when something is held or refused.\n\n"
      "Examples:\n"
      "  dovetail status\n"
      "  dovetail status -v work/INBOX",
  .command = ENGINE_COMMAND_STATUS,
};
