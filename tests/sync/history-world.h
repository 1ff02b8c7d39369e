/* Where a history happens: a user of its own on a real server, a Maildir, and the program under test. */
#pragma once

#include "history-model.h"
#include "imap-client.h"
#include "server-fixture.h"

typedef struct
{
  const History *history;
  ServerFixture *server; /* unowned */
  char *user;
  ImapClient *client;
  char *directory; /* holds all that follows */
  char *maildir;
  char *config, *offline_config;
  int dead_socket;         /* bound and never listening: connections to its port are refused */
  GPtrArray *mailboxes[2]; /* (element-type utf8) names in use, by side */
  HistoryModel *model;
  GString *log;
  guint deletions; /* by users, both sides */
  guint names;     /* for file names */
  guint vanished;  /* names that went on the server since the last completed sync */
  gboolean held;   /* the last sync left something so */
} HistoryWorld;

HistoryWorld *history_world_new (const History *history, ServerFixture *server);
void history_world_free (HistoryWorld *world);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (HistoryWorld, history_world_free)

void history_world_log (HistoryWorld *world, const char *format, ...) G_GNUC_PRINTF (2, 3);

/* The server deletes no mailbox that has others below it. */
gboolean history_world_keeps_parents (HistoryWorld *world);
/* The server announces fewer capabilities than it has. */
gboolean history_world_has_less (HistoryWorld *world);

/* So many more deletions may happen without being held (contract C1.4). */
gboolean history_world_may_delete (HistoryWorld *world, guint count);

/* The mailbox that `to` picks, one of those that the side's steps use. */
const char *history_world_pick_mailbox (HistoryWorld *world, HistorySide side, guint32 to);
/* Both sides' steps may use it from now on. */
void history_world_add_mailbox (HistoryWorld *world, const char *name);
void history_world_drop_mailbox (HistoryWorld *world, HistorySide side, const char *name);
/* A side's steps use these. */
void history_world_use_mailboxes (HistoryWorld *world, HistorySide side, const char *const *names);

/* The program's exit status; -1 when it was killed at that step (0: never). Its output goes to the log. */
int history_world_sync (HistoryWorld *world, guint kill_at, gboolean half);
/* The same with no server to talk to. */
int history_world_sync_offline (HistoryWorld *world);

/* What is held: let through, or given back. Returns the exit status. */
int history_world_release (HistoryWorld *world, gboolean restore);

void history_remove_tree (const char *path);

/* The server goes and comes back. */
void history_world_restart (HistoryWorld *world);
