/* One POP3 account between a maildrop of tests/import/maildrop-server.h and a Maildir, run through the engine
 * as the program does. */
#pragma once

#include "account/account.h"
#include "account/event.h"
#include "../hostile/hostile-local.h"
#include "maildrop-server.h"

typedef struct
{
  char *directory; /* all that belongs to it */
  Account account;
  Maildrop *maildrop;
  GString *said; /* what the last run told people, a line each */
} ImportFixture;

/* Delivers into INBOX of its own Maildir, and leaves everything on the server. */
ImportFixture *import_fixture_new (void);
void import_fixture_free (ImportFixture *fixture);

/* `dovetail sync`; with a cleared log of the server's. What it says must be fit for a terminal. */
EngineOutcome import_run (ImportFixture *fixture);
/* The same, which must end so, and with these words among what it said (nullable). */
void import_expect (ImportFixture *fixture, EngineOutcome outcome, const char *says);
void import_dry_run (ImportFixture *fixture);
EngineOutcome import_status (ImportFixture *fixture);
EngineOutcome import_check (ImportFixture *fixture);

/* (transfer full): a message with CRLF, this Subject, and dates. */
char *import_text (const char *subject);
/* That message under this UIDL. */
MaildropMessage *import_add (ImportFixture *fixture, const char *uidl, const char *subject);

/* (transfer full): the Subjects of all files of the Maildir, sorted, a space between: "a b b". */
char *import_here (ImportFixture *fixture);
void import_assert_here (ImportFixture *fixture, const char *subjects);
/* Every file is, line ends aside, a message that the maildrop holds or held; nothing is left in tmp/. */
void import_assert_exact (ImportFixture *fixture);

/* (transfer full): of the account's, or below its directory. */
char *import_path (ImportFixture *fixture, const char *relative);
/* The journal is lost. */
void import_lose_journal (ImportFixture *fixture);
/* Changes the journal between two runs. */
void import_sql (ImportFixture *fixture, const char *sql);
