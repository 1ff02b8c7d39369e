/* Mailboxes that get each other's names, in the journal and in the Maildir. */
#pragma once

#include "renamed-there.h"

typedef struct
{
  MailboxSync *mailbox;
  ListedMailbox *target; /* (nullable) what it is on the server; NULL: nothing, and its name is another's */
  char *old_name;        /* owned */
} NameTrade;

/* Gives all of them (of NameTrade) their new names in one transaction, then their places; what lies below and
 * is none of them keeps its name and its place. One without a
 * target is called "NAME (deleted)", a name that no row, and none of `fresh` (of ListedMailbox), has. */
gboolean
account_sync_trade_names (AccountSync *account, GArray *trades, const GPtrArray *fresh, GError **error);
