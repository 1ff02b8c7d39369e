#include "history-model-private.h"
#include "history-mail.h"

#include <string.h>

HistoryModel *
history_model_new (gboolean expunge, gboolean keeps_parents)
{
  HistoryModel *model = g_new0 (HistoryModel, 1);

  model->expunge = expunge;
  model->names = history_names_new (keeps_parents);
  model->cells = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  model->tokens = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  return model;
}

void
history_model_free (HistoryModel *model)
{
  history_names_free (model->names);
  g_hash_table_unref (model->cells);
  g_hash_table_unref (model->tokens);
  g_free (model);
}

Cell *
history_model_cell (HistoryModel *model, const char *mailbox, const char *token)
{
  char *key = g_strconcat (history_names_label (model->names, mailbox), "\t", token, NULL);
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

Token *
history_model_token (HistoryModel *model, const char *name)
{
  Token *token = g_hash_table_lookup (model->tokens, name);

  if (token == NULL)
    {
      token = g_new0 (Token, 1);
      g_hash_table_insert (model->tokens, g_strdup (name), token);
    }
  return token;
}

gboolean
history_model_key_is_in (const char *key, const char *label)
{
  gsize length = strlen (label);

  return strncmp (key, label, length) == 0 && key[length] == '\t';
}

void
history_model_make (HistoryModel *model, HistorySide side, const char *mailbox, const char *token,
                    guint flags, gint64 date)
{
  Cell *cell = history_model_cell (model, mailbox, token);
  Token *state = history_model_token (model, token);

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
  Cell *cell = history_model_cell (model, mailbox, token);

  cell->gone[side]++;
  if (!model->killed || (!history_model_token (model, token)->is_new && cell->made[0] + cell->made[1] == 0))
    cell->firm[side]++;
}

void
history_model_delete (HistoryModel *model, HistorySide side, const char *mailbox, const char *token)
{
  Token *state = history_model_token (model, token);

  count_gone (model, side, mailbox, token);
  if (side == HISTORY_LOCAL)
    history_model_cell (model, mailbox, token)->deleted_here++;
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
  Cell *cell = history_model_cell (model, to, token);
  Token *state = history_model_token (model, token);

  count_gone (model, side, mailbox, token);
  cell->made[side]++;
  cell->moved_in[side]++;
  lose_letters (state, side);
  state->moved[side] = TRUE;
}

/* Nobody can tell those that had changed here. */
void
history_model_strip (HistoryModel *model, const char *token)
{
  Token *state = history_model_token (model, token);

  state->unsure |= state->touched[HISTORY_LOCAL] & HISTORY_KEYWORDS;
}

/* What letters stood for is known of messages that both sides held alike. */
void
history_model_reletter (HistoryModel *model)
{
  GHashTableIter iter;
  gpointer value;

  model->relettered = TRUE;
  g_hash_table_iter_init (&iter, model->tokens);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      Token *state = value;

      if (!model->killed && !state->is_new && !state->moved[HISTORY_LOCAL] &&
          (state->touched[HISTORY_LOCAL] & HISTORY_KEYWORDS) == 0)
        continue;
      state->unsure |= HISTORY_KEYWORDS;
      state->stray_letters = TRUE;
    }
}

void
history_model_rebase (HistoryModel *model, const char *mailbox, const char *token)
{
  count_gone (model, HISTORY_LOCAL, mailbox, token);
  history_model_cell (model, mailbox, token)->made[HISTORY_LOCAL]++;
  history_model_token (model, token)->moved[HISTORY_LOCAL] = TRUE;
}

void
history_model_flags (HistoryModel *model, HistorySide side, const char *token, guint before, guint after)
{
  Token *state = history_model_token (model, token);
  guint changed = before ^ after;

  state->touched[side] |= changed;
  state->value[side] = (state->value[side] & ~changed) | (after & changed);
  if (state->moved[HISTORY_LOCAL])
    lose_letters (state, side);
  if (side == HISTORY_LOCAL && model->relettered)
    state->unsure |= HISTORY_KEYWORDS;
  /* An upload in doubt is paired as two equal messages are: by the union of their flags. */
  if (model->killed && state->is_new)
    state->unsure |= changed & ~after;
}

void
history_model_edit (HistoryModel *model, const char *mailbox, const char *token, const char *new_token,
                    guint flags, gint64 date)
{
  Token *old = history_model_token (model, token);
  Token *state = history_model_token (model, new_token);

  history_model_delete (model, HISTORY_LOCAL, mailbox, token);
  history_model_cell (model, mailbox, new_token)->made[HISTORY_LOCAL]++;
  state->instances = old->instances;
  state->is_new = TRUE;
  state->flags = flags;
  state->date = date;
  /* What either side did with the flags of the old content may come along or stay behind. */
  state->unsure = HISTORY_ALL_FLAGS;
  old->unsure = HISTORY_ALL_FLAGS;
}

void
history_model_create_mailbox (HistoryModel *model, HistorySide side, const char *mailbox)
{
  gboolean again = history_names_is_deleted (model->names, side, mailbox);
  GHashTableIter iter;
  gpointer key, value;

  history_names_create (model->names, side, mailbox);
  if (!again || side == HISTORY_LOCAL)
    return;
  /* It has another UIDVALIDITY: nothing is deleted by it (contract C2.3). */
  g_hash_table_iter_init (&iter, model->cells);
  while (g_hash_table_iter_next (&iter, &key, &value))
    if (history_model_key_is_in (key, history_names_label (model->names, mailbox)))
      ((Cell *)value)->firm[side] = 0;
}

void
history_model_delete_with_mailbox (HistoryModel *model, HistorySide side, const char *mailbox,
                                   const char *token)
{
  history_model_delete (model, side, mailbox, token);
  if (side == HISTORY_LOCAL)
    history_model_cell (model, mailbox, token)->wiped++;
}

void
history_model_delete_mailbox (HistoryModel *model, HistorySide side, const char *mailbox)
{
  history_names_delete (model->names, side, mailbox);
}

void
history_model_rename_mailbox (HistoryModel *model, HistorySide side, const char *mailbox, const char *to)
{
  history_names_rename (model->names, side, mailbox, to);
}

void
history_model_exchange_names (HistoryModel *model)
{
  history_names_open (model->names);
}

void
history_model_foresee (HistoryModel *model, const HistorySnapshot *remote, const HistorySnapshot *local)
{
  history_names_foresee (model->names, remote, local);
}

gboolean
history_model_may_be_held (HistoryModel *model)
{
  return history_names_may_be_held (model->names);
}

gboolean
history_model_may_take_several (HistoryModel *model)
{
  return history_names_is_open (model->names) || history_names_is_kept (model->names);
}

void
history_model_held (HistoryModel *model)
{
  model->killed = TRUE;
  history_names_hold (model->names);
}

void
history_model_released (HistoryModel *model)
{
  history_names_release (model->names);
}

/* What the base knew of the mailbox; what was deleted in it one by one before that comes back with the rest.
 */
static void
restore_mailbox (const char *label, gpointer user_data)
{
  HistoryModel *model = user_data;
  GHashTableIter iter;
  gpointer key, value;

  g_hash_table_iter_init (&iter, model->cells);
  while (g_hash_table_iter_next (&iter, &key, &value))
    {
      Cell *cell = value;

      if (!history_model_key_is_in (key, label))
        continue;
      cell->gone[HISTORY_LOCAL] -= MIN (cell->wiped, cell->base);
      cell->firm[HISTORY_LOCAL] = 0;
      cell->wiped = 0;
    }
}

void
history_model_restored (HistoryModel *model)
{
  history_names_restore (model->names, restore_mailbox, model);
}

void
history_model_killed (HistoryModel *model)
{
  model->killed = TRUE;
  history_names_interrupt (model->names);
}

gboolean
history_model_has_date (HistoryModel *model, const char *token)
{
  return !history_model_token (model, token)->any_date;
}
