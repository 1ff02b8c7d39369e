/* Which deletions are held (contract C1.4). Pure. */
#pragma once

#include <glib.h>

typedef struct
{
  guint messages;  /* of the base, now */
  guint deletions; /* to be carried out, also those released; moves left out */
  guint recent;    /* let through within the last 24 hours */
  gboolean exempt; /* \Trash and \Junk; INBOX never is */
  gboolean whole;  /* the mailbox itself is deleted: counts against the account's half, not its own */
  gboolean held;   /* out */
} HoldMailbox;

typedef struct
{
  gboolean enabled;
  guint count;   /* more than this many ... */
  guint percent; /* ... and more than this share */
} HoldLimit;

/* Fills `held` of each, for one side of one account. */
void hold_decide (const HoldLimit *limit, HoldMailbox *mailboxes, guint n_mailboxes);
