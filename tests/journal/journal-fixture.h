/* A state directory of its own for each test, and rows to put into its journal. */
#pragma once

#include "../../engine/journal/journal.h"

typedef struct
{
  char *directory; /* a temporary one; the account's state is in it */
  char *state_dir; /* not there yet */
  Journal *journal;
} Fixture;

void fixture_set_up (Fixture *fixture, gconstpointer data); /* journal NULL */
void fixture_set_up_open (Fixture *fixture, gconstpointer data);
void fixture_tear_down (Fixture *fixture, gconstpointer data);

/* Aborts the test when it fails. (transfer full) */
Journal *fixture_open (Fixture *fixture);
char *fixture_path (Fixture *fixture, const char *name);
gboolean fixture_has (Fixture *fixture, const char *name);
/* Runs SQL beside the journal, as a curious person would. */
void fixture_sql (Fixture *fixture, const char *sql);
void fixture_overwrite (Fixture *fixture, const char *name, goffset offset, const char *data, gsize length);

/* Each in a transaction of the caller. */
gint64 add_mailbox (Journal *journal, const char *name);
JournalMessage make_message (gint64 mailbox, guint32 uid, const char *base);
gint64 add_message (Journal *journal, gint64 mailbox, guint32 uid, const char *base);
guint count_messages (Journal *journal, gint64 mailbox);

void begin (Journal *journal);
void commit (Journal *journal);
