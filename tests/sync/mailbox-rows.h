/* The table of mailboxes that are created, deleted and renamed (contract C6): what both sides and the journal
 * hold, what happens then, and what both sides hold in the end. */
#pragma once

#include <glib.h>

typedef enum
{
  MAILBOX_ROW_SMALL = 1 << 0,   /* swept in the quick suite too */
  MAILBOX_ROW_NESTED = 1 << 1,  /* only in this layout */
  MAILBOX_ROW_DOVECOT = 1 << 2, /* Cyrus can't have such names, or does it otherwise */
  MAILBOX_ROW_CYRUS = 1 << 6,
  MAILBOX_ROW_SLASH = 1 << 3, /* only where the server separates levels by "/" */
  MAILBOX_ROW_MOVES_NO_MAIL = 1 << 4,
  MAILBOX_ROW_NOTHING_HERE = 1 << 5, /* the Maildir holds no mail and only the usual mailboxes */
} MailboxRowFlags;

#define MAILBOX_ROW_LINES 20

/* Lists of lines end with NULL. */
typedef struct
{
  const char *path; /* of the test */
  MailboxRowFlags flags;
  const char *mailboxes;               /* (nullable): the setting; "*" */
  const char *base[MAILBOX_ROW_LINES]; /* changes on the server (sync-change.h), then synchronized */
  const char *then[MAILBOX_ROW_LINES]; /* steps as in sync-steps.h; the run that is proved comes after them */
  int status;                          /* the exit status of that run and all later ones */
  const char *says;                    /* (nullable): a regular expression in what it says on stderr */
  const char *expected[MAILBOX_ROW_LINES];       /* as sync-view.h writes a side */
  const char *expected_local[MAILBOX_ROW_LINES]; /* where the sides differ */
  guint attic;                                   /* messages that were removed here */
  const char *subscribed;                        /* (nullable): a mailbox that has to be */
  const char *unsubscribed;                      /* (nullable): one that must not be */
} MailboxRow;

extern const MailboxRow mailbox_rows[];
extern const guint n_mailbox_rows;
