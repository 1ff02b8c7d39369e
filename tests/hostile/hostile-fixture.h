/* One account between a model server and a Maildir of its own, with a record of the mail that must survive.
 *
 * A message is known by its mark, which is its Subject. Whoever adds, deletes or moves a message through
 * these functions also says what must be there in the end; hostile_assert_equal proves it.
 */
#pragma once

#include "account/account.h"
#include "account/event.h"
#include "hostile-local.h"
#include "model-server.h"

typedef struct
{
  char *directory; /* all that belongs to the account */
  Account account;
  ModelServer *server;
  ModelStore *store;    /* the server's */
  GHashTable *expected; /* "MAILBOX MARK" -> how many there must be */
  GString *said;        /* what the last sync told people, a line each */
  guint added;          /* messages so far: their dates */
} Hostile;

Hostile *hostile_new (const char *capabilities);
void hostile_free (Hostile *hostile);

/* One whole sync. What it says must be fit for a terminal, and what it sends no breach. */
EngineOutcome hostile_sync (Hostile *hostile);

/* What `dovetail status` tells, in `said`. */
void hostile_status (Hostile *hostile);

/* (transfer full): a message with this mark and at least `size` octets. */
GBytes *hostile_body (const char *mark, gsize size);

/* On the server, by another client. */
ModelMessage *hostile_add_there (Hostile *hostile, const char *mailbox, const char *mark, const char *flags);
void hostile_add_many_there (Hostile *hostile, const char *mailbox, guint count); /* m1, m2, ... */
void hostile_expunge_there (Hostile *hostile, const char *mailbox, const char *mark);
/* (nullable, transfer none) */
ModelMessage *hostile_find_there (Hostile *hostile, const char *mailbox, const char *mark);
guint hostile_count_there (Hostile *hostile, const char *mailbox);

/* In the Maildir, by the user. */
void hostile_add_here (Hostile *hostile, const char *mailbox, const char *mark, const char *letters);
void hostile_add_large_here (Hostile *hostile, const char *mailbox, const char *mark, gsize size);
/* `trash` (nullable): the mailbox where the server must have it in the end. */
void hostile_delete_here (Hostile *hostile, const char *mailbox, const char *mark, const char *trash);
void hostile_flag_here (Hostile *hostile, const char *mailbox, const char *mark, const char *letters);
/* (transfer full): the flags of the file, as words. */
char *hostile_flags_here (Hostile *hostile, const char *mailbox, const char *mark);
guint hostile_count_here (Hostile *hostile, const char *mailbox, const char *mark); /* NULL: of all marks */

/* One more, or less, of this message must be there in the end. */
void hostile_expect (Hostile *hostile, const char *mailbox, const char *mark, int change);

/* Both sides hold what is expected, no more and no less, with the same octets and dates, and with the same
 * flags unless `flags_differ`. */
void hostile_assert_equal (Hostile *hostile, gboolean flags_differ);
