#include "history-mail.h"
#include "history-model-private.h"

#include <string.h>

static gboolean
key_has_token (const char *key, const char *token)
{
  return g_str_equal (strchr (key, '\t') + 1, token);
}

/* Its mailbox was renamed beyond recognition: each message moved by itself. */
static gboolean
is_unsure (HistoryModel *model, const char *key)
{
  g_autofree char *label = g_strndup (key, strcspn (key, "\t"));

  return history_names_is_open (model->names) || history_names_is_unsure (model->names, label);
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
  guint met[2]; /* what a move on the other side may meet: those gone, and those in a mailbox that was renamed
                   beyond recognition */
  guint base, made, actual;
  guint deleted_here; /* what may have gone to \Trash; there only when it had been moved there here */
} Sum;

static Sum
sum_up (HistoryModel *model, const char *token, GHashTable *counts)
{
  Sum sum = { 0 };
  gboolean moved = history_model_token (model, token)->moved[HISTORY_LOCAL];
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
      for (guint side = 0; side < 2; side++)
        sum.met[side] += cell->gone[side] + (is_unsure (model, key) ? cell->base + cell->made[side] : 0);
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

  lost += MIN (cell->moved_in[HISTORY_LOCAL], sum->met[HISTORY_REMOTE]);
  lost += MIN (cell->moved_in[HISTORY_REMOTE], sum->met[HISTORY_LOCAL]);
  return minus (most, lost);
}

static guint
upper_bound (HistoryModel *model, const char *key, const Cell *cell, const Sum *sum)
{
  gboolean unsure = is_unsure (model, key);
  guint gone = unsure ? 0 : MAX (cell->firm[0], cell->firm[1]);
  guint all = cell->base + cell->made[0] + cell->made[1];

  if (!model->killed && !unsure && gone == 0)
    return cell->base + MAX (cell->made[0], cell->made[1]) +
           (key_is_trash (key) && !model->expunge ? sum->deleted_here : 0);
  return minus (all, gone) + (key_is_trash (key) && !model->expunge ? sum->deleted_here : 0);
}

static GHashTable *
count_copies (HistoryModel *model, const HistorySnapshot *snapshot)
{
  GHashTable *counts = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  for (guint i = 0; i < snapshot->copies->len; i++)
    {
      const HistoryCopy *copy = g_ptr_array_index (snapshot->copies, i);
      char *key = g_strconcat (history_names_label (model->names, copy->mailbox), "\t", copy->token, NULL);
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

  if (sum.actual < minus (sum.base + sum.made, sum.gone[0] + sum.gone[1]))
    return g_strdup_printf ("lost: %s is %u times anywhere", token, sum.actual);
  if (history_names_is_open (model->names))
    return NULL;
  if (actual < lower)
    return g_strdup_printf ("lost: %s is %u times in %s, at least %u expected", token, actual, mailbox,
                            lower);
  if (actual > upper)
    return g_strdup_printf ("%s: %s is %u times in %s, at most %u expected",
                            cell->made[0] + cell->made[1] == 0 ? "undead" : "doubled", token, actual, mailbox,
                            upper);
  return NULL;
}

static char *
check_counts (HistoryModel *model, const HistorySnapshot *snapshot)
{
  g_autoptr (GHashTable) counts = count_copies (model, snapshot);
  GHashTableIter iter;
  gpointer key, value;

  g_hash_table_iter_init (&iter, counts);
  while (g_hash_table_iter_next (&iter, &key, NULL))
    {
      const char *token = strchr (key, '\t') + 1;
      g_autofree char *mailbox = g_strndup (key, (gsize)(token - (char *)key - 1));

      history_model_cell (model, mailbox, token);
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

/* The same for a mailbox of which nobody can tell what became. */
static guint
unsure_by_mailbox (HistoryModel *model, const HistoryCopy *copy, const Token *state)
{
  g_autofree char *key = g_strconcat (history_names_label (model->names, copy->mailbox), "\t", NULL);

  if (!is_unsure (model, key))
    return 0;
  return state->moved[0] || state->moved[1] ? HISTORY_ALL_FLAGS : state->touched[0] | state->touched[1];
}

/* What has no letter left, and was moved or got another flag too: perhaps by a client that knows none. */
static guint
unsure_by_lost_letters (const Token *state)
{
  const guint touched = state->touched[HISTORY_LOCAL];
  const guint left = (state->flags & ~touched) | (state->value[HISTORY_LOCAL] & touched);

  return (left & HISTORY_KEYWORDS) == 0 && (state->moved[HISTORY_LOCAL] || (touched & ~HISTORY_KEYWORDS) != 0)
             ? touched & HISTORY_KEYWORDS
             : 0;
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
  *known &= ~(state->unsure | unsure_by_moves (state) | unsure_by_lost_letters (state));
  return expected;
}

static char *
check_copy (HistoryModel *model, const HistoryCopy *copy)
{
  const Token *state = history_model_token (model, copy->token);
  guint known;
  guint expected = foretell (model, state, &known);

  known &= ~unsure_by_mailbox (model, copy, state);
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

  model->killed = model->relettered = FALSE;
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
      Token *state = history_model_token (model, copy->token);

      history_model_cell (model, copy->mailbox, copy->token)->base++;
      state->any_date |= state->instances > 0 && state->date != copy->date;
      state->instances++;
      state->flags = copy->flags;
      state->date = copy->date;
    }
}

static gboolean
has_news (const char *label, HistorySide side, gpointer user_data)
{
  HistoryModel *model = user_data;
  GHashTableIter iter;
  gpointer key, value;

  g_hash_table_iter_init (&iter, model->cells);
  while (g_hash_table_iter_next (&iter, &key, &value))
    if (history_model_key_is_in (key, label) && ((Cell *)value)->made[side] > 0)
      return TRUE;
  return FALSE;
}

char *
history_model_check (HistoryModel *model, const HistorySnapshot *remote, const HistorySnapshot *local)
{
  char *wrong = check_counts (model, remote);

  if (wrong == NULL)
    wrong = history_names_check (model->names, remote, has_news, model);
  if (wrong == NULL)
    wrong = check_copies (model, remote);
  history_names_begin_again (model->names, remote, local);
  begin_again (model, remote);
  return wrong;
}
