/* Where a POP3 account delivers: a mailbox of its own Maildir or of another account's (contract C7.1).
 *
 * The own Maildir is opened as any account's is: with its lock, its marker, its generation. Another account's
 * is not ours: no lock of it is taken, neither its marker nor its journal is written. It has to be the one
 * that account knows; where that account was never synchronized, it is made as its first sync would.
 */
#pragma once

#include "account-sync.h"

typedef struct
{
  Maildir *maildir;    /* (nullable) in a dry run of a Maildir that is not there */
  Maildir *other;      /* (nullable) the same when it is another account's: owned here */
  Journal *journal;    /* (nullable) the other account's, for reading */
  MaildirBox *box;     /* (nullable) in a dry run */
  char *directory;     /* of the mailbox, relative to the root */
  char *label;         /* for people: "INBOX", "work/INBOX" */
  const char *mailbox; /* (nullable) for events: the own mailbox */
} ImportTarget;

/* (transfer full): the state directory of the account that is delivered to. */
char *import_target_state_dir (const Account *settings);

/* FALSE: nothing can be delivered there, and why. In a dry run nothing is made. */
gboolean import_target_open (ImportTarget *target, AccountSync *account, GError **error);
void import_target_clear (ImportTarget *target);

/* What a crash left staged (contract C2.1): finished in the mailbox where it was begun. Then the journal is
 * told that deliveries go to this one. */
gboolean import_target_recover (ImportTarget *target, AccountSync *account, GError **error);
