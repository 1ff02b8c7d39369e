/* The three-way table of contract C3, a row a scenario: what both sides and the journal hold, what is changed
 * on each side, and what both sides hold in the end. */
#pragma once

#include <glib.h>

typedef enum
{
  SYNC_ROW_CELL,          /* a cell of the table: all proofs */
  SYNC_ROW_VARIANT,       /* another way into a cell that is swept already: killed only in the long suite */
  SYNC_ROW_WITHOUT_TRASH, /* a cell, on a server where no mailbox is marked \Trash */
} SyncRowKind;

#define SYNC_ROW_CHANGES 9

/* Changes as in sync-change.h, lists of lines end with NULL. */
typedef struct
{
  const char *path; /* of the test */
  SyncRowKind kind;
  const char *mailboxes;              /* (nullable): "INBOX" */
  const char *settings;               /* (nullable): of the account */
  const char *base[SYNC_ROW_CHANGES]; /* made on the server, then synchronized */
  const char *remote[SYNC_ROW_CHANGES];
  const char *local[SYNC_ROW_CHANGES];
  const char *expected[SYNC_ROW_CHANGES];       /* as sync-view.h writes a side */
  const char *expected_local[SYNC_ROW_CHANGES]; /* where the Maildir can't hold all that the server does */
  guint attic;                                  /* messages that were removed here */
  gboolean id_spares_attic;                     /* none, where the server has EMAILIDs */
  gboolean warns;                               /* the first run has something to say on stderr */
  gboolean moves_no_mail;                       /* no message is sent or fetched */
} SyncRow;

extern const SyncRow sync_rows[];
extern const guint n_sync_rows;

/* Messages that leave one mailbox and come into another (contract C4). */
extern const SyncRow sync_move_rows[];
extern const guint n_sync_move_rows;

/* Copies of messages that the account holds. */
extern const SyncRow sync_copy_rows[];
extern const guint n_sync_copy_rows;
