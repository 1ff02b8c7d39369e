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
  int dead_socket;      /* bound and never listening: connections to its port are refused */
  GPtrArray *mailboxes; /* (element-type utf8) */
  HistoryModel *model;
  GString *log;
  guint deletions; /* by users, both sides */
  guint names;     /* for file names */
} HistoryWorld;

HistoryWorld *history_world_new (const History *history, ServerFixture *server);
void history_world_free (HistoryWorld *world);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (HistoryWorld, history_world_free)

void history_world_log (HistoryWorld *world, const char *format, ...) G_GNUC_PRINTF (2, 3);

/* The server announces fewer capabilities than it has. */
gboolean history_world_has_less (HistoryWorld *world);

/* One more deletion may happen without being held (contract C1.4). */
gboolean history_world_may_delete (HistoryWorld *world);

/* The mailbox that `to` picks, one of those there are now. */
const char *history_world_pick_mailbox (HistoryWorld *world, guint32 to);
gboolean history_world_has_mailbox (HistoryWorld *world, const char *name);

/* The program's exit status; -1 when it was killed at that step (0: never). Its output goes to the log. */
int history_world_sync (HistoryWorld *world, guint kill_at, gboolean half);
/* The same with no server to talk to. */
int history_world_sync_offline (HistoryWorld *world);

/* The server goes and comes back. */
void history_world_restart (HistoryWorld *world);
