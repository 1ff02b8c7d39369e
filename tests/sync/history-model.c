#include "history-model.h"
#include "history-mail.h"

#include <string.h>

/* A token in a mailbox, since the last completed sync. */
typedef struct
{
  guint base;    /* copies then */
  guint made[2]; /* since then, by side, moved here too */
  guint gone[2]; /* moved away and edited too */
  guint firm[2]; /* of those gone: for certain known to the program as such */
  guint moved_in[2];
  guint deleted_here; /* locally, not by a move */
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
  gboolean killed;    /* since the last completed sync */
  GHashTable *cells;  /* "mailbox\ttoken" -> Cell */
  GHashTable *tokens; /* token -> Token */
};

HistoryModel *
history_model_new (gboolean expunge)
{
  HistoryModel *model = g_new0 (HistoryModel, 1);

  model->expunge = expunge;
  model->cells = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  model->tokens = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  return model;
}

void
history_model_free (HistoryModel *model)
{
  g_hash_table_unref (model->cells);
  g_hash_table_unref (model->tokens);
  g_free (model);
}

static Cell *
get_cell (HistoryModel *model, const char *mailbox, const char *token)
{
  char *key = g_strconcat (mailbox, "\t", token, NULL);
  Cell *cell = g_hash_table_lookup (model->cells, key);

  if (cell != NULL)
    {
      g_free (key);
      return cell;
    }
  cell = g_new0 (Cell, 1);
  g_hash_table_insert (model->cells, key, cell);
  return cell;
}

static Token *
get_token (HistoryModel *model, const char *name)
{
  Token *token = g_hash_table_lookup (model->tokens, name);

  if (token == NULL)
    {
      token = g_new0 (Token, 1);
      g_hash_table_insert (model->tokens, g_strdup (name), token);
    }
  return token;
}

void
history_model_make (HistoryModel *model, HistorySide side, const char *mailbox, const char *token,
                    guint flags, gint64 date)
{
  Cell *cell = get_cell (model, mailbox, token);
  Token *state = get_token (model, token);

  cell->made[side]++;
  if (state->instances > 0 && state->date != date)
    state->any_date = TRUE;
  state->instances++;
  state->is_new = TRUE;
  state->flags = flags;
  state->date = date;
}

/* What a killed sync did with a new message is not known here: a deletion after that may come too early. */
static void
count_gone (HistoryModel *model, HistorySide side, const char *mailbox, const char *token)
{
  Cell *cell = get_cell (model, mailbox, token);

  cell->gone[side]++;
  if (!model->killed || (!get_token (model, token)->is_new && cell->made[0] + cell->made[1] == 0))
    cell->firm[side]++;
}

void
history_model_delete (HistoryModel *model, HistorySide side, const char *mailbox, const char *token)
{
  Token *state = get_token (model, token);

  count_gone (model, side, mailbox, token);
  if (side == HISTORY_LOCAL)
    get_cell (model, mailbox, token)->deleted_here++;
  /* What lives on, in \Trash or where the other side moved it, is the other side's. */
  state->unsure |= state->touched[side];
}

/* The letters of a file that was moved are its old mailbox's. Nobody can tell them when that mailbox never
 * saw the message in a sync, or when they changed in the new one. */
static void
lose_letters (Token *state, HistorySide side)
{
  if (side == HISTORY_LOCAL && (state->is_new || state->moved[HISTORY_LOCAL]))
    {
      state->unsure |= HISTORY_KEYWORDS;
      state->stray_letters = TRUE;
    }
}

void
history_model_move (HistoryModel *model, HistorySide side, const char *mailbox, const char *token,
                    const char *to)
{
  Cell *cell = get_cell (model, to, token);
  Token *state = get_token (model, token);

  count_gone (model, side, mailbox, token);
  cell->made[side]++;
  cell->moved_in[side]++;
  lose_letters (state, side);
  state->moved[side] = TRUE;
}

void
history_model_rebase (HistoryModel *model, const char *mailbox, const char *token)
{
  count_gone (model, HISTORY_LOCAL, mailbox, token);
  get_cell (model, mailbox, token)->made[HISTORY_LOCAL]++;
  get_token (model, token)->moved[HISTORY_LOCAL] = TRUE;
}

void
history_model_flags (HistoryModel *model, HistorySide side, const char *token, guint before, guint after)
{
  Token *state = get_token (model, token);
  guint changed = before ^ after;

  state->touched[side] |= changed;
  state->value[side] = (state->value[side] & ~changed) | (after & changed);
  if (state->moved[HISTORY_LOCAL])
    lose_letters (state, side);
  /* An upload in doubt is paired as two equal messages are: by the union of their flags. */
  if (model->killed && state->is_new)
    state->unsure |= changed & ~after;
}

void
history_model_edit (HistoryModel *model, const char *mailbox, const char *token, const char *new_token,
                    guint flags, gint64 date)
{
  Token *old = get_token (model, token);
  Token *state = get_token (model, new_token);

  history_model_delete (model, HISTORY_LOCAL, mailbox, token);
  get_cell (model, mailbox, new_token)->made[HISTORY_LOCAL]++;
  state->instances = old->instances;
  state->is_new = TRUE;
  state->flags = flags;
  state->date = date;
  /* What either side did with the flags of the old content may come along or stay behind. */
  state->unsure = HISTORY_ALL_FLAGS;
  old->unsure = HISTORY_ALL_FLAGS;
}

void
history_model_killed (HistoryModel *model)
{
  model->killed = TRUE;
}

gboolean
history_model_has_date (HistoryModel *model, const char *token)
{
  return !get_token (model, token)->any_date;
}

static gboolean
key_has_token (const char *key, const char *token)
{
  return g_str_equal (strchr (key, '\t') + 1, token);
}

static gboolean
key_is_trash (const char *key)
{
  return g_str_has_prefix (key, "Trash\t");
}

/* Of one token in all mailboxes. */
typedef struct
{
  guint gone[2];
  guint base, made, actual;
  guint deleted_here; /* what may have gone to \Trash; there only when it had been moved there here */
} Sum;

static Sum
sum_up (HistoryModel *model, const char *token, GHashTable *counts)
{
  Sum sum = { 0 };
  gboolean moved = get_token (model, token)->moved[HISTORY_LOCAL];
  GHashTableIter iter;
  gpointer key, value;

  g_hash_table_iter_init (&iter, model->cells);
  while (g_hash_table_iter_next (&iter, &key, &value))
    {
      const Cell *cell = value;

      if (!key_has_token (key, token))
        continue;
      sum.base += cell->base;
      sum.made += MAX (cell->made[0], cell->made[1]);
      sum.gone[0] += cell->gone[0];
      sum.gone[1] += cell->gone[1];
      sum.deleted_here += key_is_trash (key) && !moved ? 0 : cell->deleted_here;
      sum.actual += GPOINTER_TO_UINT (g_hash_table_lookup (counts, key));
    }
  return sum;
}

static guint
minus (guint a, guint b)
{
  return a > b ? a - b : 0;
}

/* A move that meets a move or a deletion of the same message on the other side may lose to it. */
static guint
lower_bound (const Cell *cell, const Sum *sum)
{
  guint most = cell->base + MAX (cell->made[0], cell->made[1]);
  guint lost = cell->gone[0] + cell->gone[1];

  lost += MIN (cell->moved_in[HISTORY_LOCAL], sum->gone[HISTORY_REMOTE]);
  lost += MIN (cell->moved_in[HISTORY_REMOTE], sum->gone[HISTORY_LOCAL]);
  return minus (most, lost);
}

static guint
upper_bound (HistoryModel *model, const char *key, const Cell *cell, const Sum *sum)
{
  guint gone = MAX (cell->firm[0], cell->firm[1]);
  guint all = cell->base + cell->made[0] + cell->made[1];

  if (!model->killed && gone == 0)
    return cell->base + MAX (cell->made[0], cell->made[1]) +
           (key_is_trash (key) && !model->expunge ? sum->deleted_here : 0);
  return minus (all, gone) + (key_is_trash (key) && !model->expunge ? sum->deleted_here : 0);
}

static GHashTable *
count_copies (const HistorySnapshot *snapshot)
{
  GHashTable *counts = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  for (guint i = 0; i < snapshot->copies->len; i++)
    {
      const HistoryCopy *copy = g_ptr_array_index (snapshot->copies, i);
      char *key = g_strconcat (copy->mailbox, "\t", copy->token, NULL);
      guint count = GPOINTER_TO_UINT (g_hash_table_lookup (counts, key));

      g_hash_table_insert (counts, key, GUINT_TO_POINTER (count + 1));
    }
  return counts;
}

static char *
check_cell (HistoryModel *model, const char *key, const Cell *cell, GHashTable *counts)
{
  const char *token = strchr (key, '\t') + 1;
  guint actual = GPOINTER_TO_UINT (g_hash_table_lookup (counts, key));
  Sum sum = sum_up (model, token, counts);
  guint lower = lower_bound (cell, &sum);
  guint upper = upper_bound (model, key, cell, &sum);
  g_autofree char *mailbox = g_strndup (key, (gsize)(token - key - 1));

  if (actual < lower)
    return g_strdup_printf ("lost: %s is %u times in %s, at least %u expected", token, actual, mailbox,
                            lower);
  if (actual > upper)
    return g_strdup_printf ("%s: %s is %u times in %s, at most %u expected",
                            cell->made[0] + cell->made[1] == 0 ? "undead" : "doubled", token, actual, mailbox,
                            upper);
  if (sum.actual < minus (sum.base + sum.made, sum.gone[0] + sum.gone[1]))
    return g_strdup_printf ("lost: %s is %u times anywhere", token, sum.actual);
  return NULL;
}

static char *
check_counts (HistoryModel *model, const HistorySnapshot *snapshot)
{
  g_autoptr (GHashTable) counts = count_copies (snapshot);
  GHashTableIter iter;
  gpointer key, value;

  g_hash_table_iter_init (&iter, counts);
  while (g_hash_table_iter_next (&iter, &key, NULL))
    {
      const char *token = strchr (key, '\t') + 1;
      g_autofree char *mailbox = g_strndup (key, (gsize)(token - (char *)key - 1));

      get_cell (model, mailbox, token);
    }
  g_hash_table_iter_init (&iter, model->cells);
  while (g_hash_table_iter_next (&iter, &key, &value))
    {
      char *wrong = check_cell (model, key, value, counts);

      if (wrong != NULL)
        return wrong;
    }
  return NULL;
}

/* A move may be carried out by a copy of what was moved, which has the flags of its own side. */
static guint
unsure_by_moves (const Token *state)
{
  guint unsure = 0;

  for (guint side = 0; side < 2; side++)
    if (state->moved[side])
      unsure |= state->moved[!side] ? HISTORY_ALL_FLAGS : state->touched[!side];
  return unsure;
}

/* The bits that can be foretold, and what they have to be. */
static guint
foretell (HistoryModel *model, const Token *state, guint *known)
{
  guint expected = state->flags;

  *known = 0;
  for (guint i = 0; i < HISTORY_N_FLAGS; i++)
    {
      guint bit = 1u << i;
      gboolean remote = (state->touched[HISTORY_REMOTE] & bit) != 0;
      gboolean local = (state->touched[HISTORY_LOCAL] & bit) != 0;
      guint remote_value = state->value[HISTORY_REMOTE] & bit;
      guint local_value = state->value[HISTORY_LOCAL] & bit;

      if (remote && local && remote_value != local_value && !model->killed)
        /* The one that differs from the beginning was changed. */
        expected ^= bit;
      else if (remote || local)
        expected = (expected & ~bit) | (remote ? remote_value : local_value);
      if (!remote || !local || remote_value == local_value || !model->killed)
        *known |= bit;
    }
  *known &= ~(state->unsure | unsure_by_moves (state));
  return expected;
}

static char *
check_copy (HistoryModel *model, const HistoryCopy *copy)
{
  const Token *state = get_token (model, copy->token);
  guint known;
  guint expected = foretell (model, state, &known);

  if (state->instances != 1)
    return NULL;
  if (((copy->flags ^ expected) & known) != 0)
    {
      g_autofree char *actual = history_flags_to_string (copy->flags);
      g_autofree char *wanted = history_flags_to_string (expected);

      return g_strdup_printf ("flags: %s in %s has (%s), expected (%s)", copy->token, copy->mailbox, actual,
                              wanted);
    }
  if (copy->date != state->date && !state->any_date)
    return g_strdup_printf ("date: %s in %s has %" G_GINT64_FORMAT ", expected %" G_GINT64_FORMAT,
                            copy->token, copy->mailbox, copy->date, state->date);
  return NULL;
}

static char *
check_copies (HistoryModel *model, const HistorySnapshot *snapshot)
{
  for (guint i = 0; i < snapshot->copies->len; i++)
    {
      char *wrong = check_copy (model, g_ptr_array_index (snapshot->copies, i));

      if (wrong != NULL)
        return wrong;
    }
  return NULL;
}

static void
begin_again (HistoryModel *model, const HistorySnapshot *snapshot)
{
  GHashTableIter iter;
  gpointer value;

  model->killed = FALSE;
  g_hash_table_remove_all (model->cells);
  g_hash_table_iter_init (&iter, model->tokens);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      Token *state = value;

      *state = (Token){ .date = state->date,
                        .any_date = state->any_date,
                        .stray_letters = state->stray_letters,
                        .unsure = state->stray_letters ? HISTORY_KEYWORDS : 0 };
    }
  for (guint i = 0; i < snapshot->copies->len; i++)
    {
      const HistoryCopy *copy = g_ptr_array_index (snapshot->copies, i);
      Token *state = get_token (model, copy->token);

      get_cell (model, copy->mailbox, copy->token)->base++;
      state->any_date |= state->instances > 0 && state->date != copy->date;
      state->instances++;
      state->flags = copy->flags;
      state->date = copy->date;
    }
}

char *
history_model_check (HistoryModel *model, const HistorySnapshot *snapshot)
{
  char *wrong = check_counts (model, snapshot);

  if (wrong == NULL)
    wrong = check_copies (model, snapshot);
  begin_again (model, snapshot);
  return wrong;
}
