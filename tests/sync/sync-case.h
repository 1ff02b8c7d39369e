/* One account for a sync test: its own user on a real server, its own Maildir, state and configuration, and
 * dovetail itself to run on them. */
#pragma once

#include "imap-client.h"
#include "kill-sweep.h"
#include "server-fixture.h"
#include "sync-names.h"

typedef struct
{
  ServerFixture *server; /* unowned */
  char *user;
  char *directory; /* everything below; removed with the case */
  char *maildir;
  char *attic;
  char *config;
  SyncNames names;
  char *settings;    /* more lines of the configuration */
  GStrv mailboxes;   /* those that are synchronized; "*": all */
  GStrv environment; /* dovetail's */
  char *argv[5];     /* dovetail sync */
} SyncCase;

typedef struct
{
  int status; /* exit status; -1: a signal */
  char *output, *errors;
} SyncRun;

/* `mailboxes` as in the configuration, names only, or "*"; `settings` (nullable): more lines of it. `program`
 * (nullable): another dovetail than the one that was built with this test. */
SyncCase *sync_case_new (ServerFixture *server, const SyncNames *names, const char *program,
                         const char *mailboxes, const char *settings);
void sync_case_free (SyncCase *sync);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SyncCase, sync_case_free)

/* From now on `mailboxes` says otherwise; what the case looks at stays. */
void sync_case_configure (SyncCase *sync, const char *mailboxes);

/* (transfer full): a connection to the server as the case's user, in clear. */
ImapClient *sync_case_connect (SyncCase *sync);

/* `dovetail sync` to its end. Clear with sync_run_clear. */
SyncRun sync_case_run (SyncCase *sync);
/* The same of this mailbox alone. */
SyncRun sync_case_run_only (SyncCase *sync, const char *mailbox);
/* The same with no server to be found. */
SyncRun sync_case_run_offline (SyncCase *sync);
/* `dovetail release`, with or without --restore. */
SyncRun sync_case_release (SyncCase *sync, gboolean restore);
void sync_run_clear (SyncRun *run);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (SyncRun, sync_run_clear)

/* The same, killed at that step (0: not). Returns the steps taken; `killed` (transfer full) says at which
 * call, NULL when it had ended before. */
guint sync_case_run_killed (SyncCase *sync, guint step, gboolean half, char **killed);

/* Waits until the server has ended all sessions: what a killed client sent last is still carried out after
 * its death, and nobody could tell a second run from it. */
void sync_case_wait_quiet (SyncCase *sync);

/* From now on the commands that the server gets are kept, and (transfer full) those that were: a line each,
 * without tags. Dovecot only, of a server started with SYNC_CASE_LOG. */
#define SYNC_CASE_LOG "protocol imap {\n  rawlog_dir = %h/commands\n}"
void sync_case_log_commands (SyncCase *sync);
GStrv sync_case_take_commands (SyncCase *sync);

/* Both sides with state and journal, kept aside and brought back. Dovecot only, no session open. */
void sync_case_save (SyncCase *sync);
void sync_case_restore (SyncCase *sync);
