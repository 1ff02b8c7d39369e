/* An account as a user has it: a mailbox on a real server, a configuration, a Maildir and the built program.
 *
 * Each has a home directory of its own, in which nothing else is, and by default a user of its own. Runs of
 * the program stand in the test's log.
 */
#pragma once

#include "imap-client.h"
#include "server-fixture.h"

#include <sys/resource.h>

typedef struct
{
  ServerFixture *server; /* not owned */
  char *home;            /* ".config/dovetail/config", ".local/state/dovetail/work/" are below */
  char *user;
  char *maildir; /* "Mail" below home */
  char *state;   /* the account's state directory */
  char **environment;
} AcceptAccount;

/* As server_fixture_start, for tests in which the machine never loses power. */
ServerFixture *accept_server_start (const char *kind);

/* `user` NULL: a new one. It is configured as "work", with TLS and the server's authority. */
AcceptAccount *accept_account_new (ServerFixture *server, const char *user);
void accept_account_free (AcceptAccount *account);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (AcceptAccount, accept_account_free)

/* What accept_account_new wrote, as the text of a group without its head: to change and write again. Lines of
 * `more` (nullable) come after it; a key that stands twice has its last value. (transfer full) */
char *accept_account_group (const AcceptAccount *account, const char *more);
/* Writes the configuration: [account work] with these lines `more` (nullable) besides the usual ones. */
void accept_account_configure (const AcceptAccount *account, const char *more);
/* Writes the configuration as it is given. */
void accept_account_configure_whole (const AcceptAccount *account, const char *text);

typedef struct
{
  int status;      /* the exit status; 128 and the signal's number if it was killed */
  char *out, *err; /* what it printed */
} AcceptRun;

void accept_run_clear (AcceptRun *run);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (AcceptRun, accept_run_clear)

/* Starts `program` (NULL: the one of this build) with arguments as a shell takes them apart. */
typedef struct
{
  GPid pid;
  char *out_path, *err_path;
} AcceptProcess;

void accept_process_start (AcceptProcess *process, const AcceptAccount *account, const char *program,
                           const char *arguments);
/* Waits for its end. */
AcceptRun accept_process_finish (AcceptProcess *process);

/* Start and finish. */
AcceptRun accept_account_run (const AcceptAccount *account, const char *arguments);

/* `dovetail sync` that has to end with this exit status. (transfer full): what it said on stderr. */
char *accept_account_sync (const AcceptAccount *account, int status);

/* (transfer full): logged in, in clear. */
ImapClient *accept_account_client (const AcceptAccount *account);

/* (transfer full): a path below home. */
char *accept_account_path (const AcceptAccount *account, const char *relative);

/* Copies or removes whole trees; paths are absolute. */
void accept_copy_tree (const char *from, const char *to);
void accept_remove_tree (const char *path);
