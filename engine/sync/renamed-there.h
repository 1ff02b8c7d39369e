/* Mailboxes that were renamed on the server (contract C6.1). */
#pragma once

#include "account-sync.h"

/* A listed mailbox that no row has. */
typedef struct
{
  char *name; /* here */
  const ImapListItem *item;
  gboolean taken; /* it is a mailbox of ours under a new name */

  /* What EXAMINE said, once it was asked. */
  gboolean examined;
  guint32 uidvalidity, uidnext; /* 0: it could not be opened */
  char *mailbox_id;             /* (nullable) */
} ListedMailbox;

void listed_mailbox_free (ListedMailbox *listed);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ListedMailbox, listed_mailbox_free)

/* *same: `listed` is the mailbox that ours is known as, and nobody took it yet. Asks the server. */
gboolean
mailbox_sync_is_listed_as (MailboxSync *mailbox, ListedMailbox *listed, gboolean *same, GError **error);

/* A mailbox of ours that is not listed any more and is the same as one of `fresh` (of ListedMailbox) gets its
 * name, and its directory too. Same: MAILBOXID, else UIDVALIDITY, UIDNEXT not lower, and the sizes of all
 * common UIDs. */
gboolean account_sync_follow_renames (AccountSync *account, GPtrArray *fresh, GError **error);
