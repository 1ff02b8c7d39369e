/* What history-names.c keeps and history-names-check.c judges by. */
#pragma once

#include "history-names.h"

typedef struct
{
  char *label;
  GPtrArray *names;   /* (element-type utf8): the label first, the newest last */
  gboolean known;     /* both sides had it at the last completed sync */
  gboolean exists[2]; /* as far as users know */
  gboolean deleted[2];
  gboolean renamed[2];
  gboolean again; /* deleted on the server and created again */
  gboolean unsure;
  gboolean held, restored;
} HistoryMailbox;

typedef struct
{
  HistorySide side;
  char *from; /* (nullable) created */
  char *to;
} HistoryChange;

struct _HistoryNames
{
  GPtrArray *mailboxes;    /* of HistoryMailbox */
  GPtrArray *changes;      /* of HistoryChange */
  GHashTable *messages[2]; /* set of "label\tUID", "label\tbase name" at the last completed sync */
  gboolean keeps_parents, open, interrupted;
};

/* (nullable) by any of its names. */
HistoryMailbox *history_names_find (HistoryNames *names, const char *name);
const char *history_mailbox_newest_name (const HistoryMailbox *mailbox);
/* The same name, or one is below the other; nullable. */
gboolean history_name_is_related (const char *left, const char *right);
gboolean history_mailboxes_have (const GPtrArray *names, const char *name);
