/* What the model of a history keeps: history-model.c writes it, history-verdict.c judges by it. */
#pragma once

#include "history-model.h"

/* A token in a mailbox, since the last completed sync. */
typedef struct
{
  guint base;    /* copies then */
  guint made[2]; /* since then, by side, moved here too */
  guint gone[2]; /* moved away and edited too */
  guint firm[2]; /* of those gone: for certain known to the program as such */
  guint moved_in[2];
  guint deleted_here; /* locally, not by a move */
  guint wiped;        /* of those: with the whole mailbox */
} Cell;

/* A token anywhere. */
typedef struct
{
  guint instances; /* copies at the last completed sync and those made since, moves aside */
  gboolean is_new; /* made since */
  guint flags;     /* at first */
  guint touched[2], value[2];
  guint unsure; /* flags that may be either way */
  gboolean moved[2];
  gint64 date;
  gboolean stray_letters; /* its file may have letters that get a meaning later; stays */
  gboolean any_date;      /* of two that arrived on both sides; stays */
} Token;

struct _HistoryModel
{
  gboolean expunge;
  gboolean killed;     /* since the last completed sync */
  gboolean relettered; /* likewise */
  HistoryNames *names;
  GHashTable *cells;  /* "label\ttoken" -> Cell */
  GHashTable *tokens; /* token -> Token */
};

/* Made when they are not there. */
Cell *history_model_cell (HistoryModel *model, const char *mailbox, const char *token);
Token *history_model_token (HistoryModel *model, const char *name);

/* TRUE for the key of a cell of that mailbox. */
gboolean history_model_key_is_in (const char *key, const char *label);
