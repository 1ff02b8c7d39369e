#include "history.h"

typedef enum
{
  REMOTE,
  LOCAL,
  SYNC,
  MAILBOXES,
  HELD,
  MOVES,
} Group;

static const struct
{
  const char *name;
  Group group;
  guint weight;
} kinds[N_HISTORY_KINDS] = {
  [HISTORY_APPEND] = { "append", REMOTE, 6 },
  [HISTORY_APPEND_AGAIN] = { "append-again", REMOTE, 1 },
  [HISTORY_STORE] = { "store", REMOTE, 7 },
  [HISTORY_EXPUNGE] = { "expunge", REMOTE, 4 },
  [HISTORY_COPY] = { "copy", REMOTE, 1 },
  [HISTORY_MOVE] = { "move", REMOTE, 4 },
  [HISTORY_CREATE] = { "create", REMOTE, 1 },
  [HISTORY_DELIVER] = { "deliver", LOCAL, 3 },
  [HISTORY_FCC] = { "fcc", LOCAL, 4 },
  [HISTORY_DUPLICATE] = { "duplicate", LOCAL, 1 },
  [HISTORY_LOOK] = { "look", LOCAL, 4 },
  [HISTORY_FLAG] = { "flag", LOCAL, 6 },
  [HISTORY_KEYWORD] = { "keyword", LOCAL, 3 },
  [HISTORY_UNLINK] = { "unlink", LOCAL, 4 },
  [HISTORY_SAVE] = { "save", LOCAL, 3 },
  [HISTORY_SAVE_COPY] = { "save-copy", LOCAL, 1 },
  [HISTORY_RENAME] = { "rename", LOCAL, 3 },
  [HISTORY_RENAME_NEW] = { "rename-new", LOCAL, 2 },
  [HISTORY_REBASE] = { "rebase", LOCAL, 1 },
  [HISTORY_EDIT] = { "edit", LOCAL, 3 },
  [HISTORY_OVERWRITE] = { "overwrite", LOCAL, 2 },
  [HISTORY_MAKE] = { "make", LOCAL, 1 },
  [HISTORY_ARRIVE_TWICE] = { "arrive-twice", REMOTE, 1 },
  [HISTORY_SYNC] = { "sync", SYNC, 8 },
  [HISTORY_SYNC_TWICE] = { "sync-twice", SYNC, 1 },
  [HISTORY_KILL] = { "kill", SYNC, 8 },
  [HISTORY_OFFLINE] = { "offline", SYNC, 2 },
  [HISTORY_RESTART] = { "restart", SYNC, 0 },
  [HISTORY_CREATE_BELOW] = { "create-below", MAILBOXES, 3 },
  [HISTORY_DELETE_MAILBOX] = { "delete-mailbox", MAILBOXES, 4 },
  [HISTORY_CREATE_AGAIN] = { "create-again", MAILBOXES, 1 },
  [HISTORY_RENAME_MAILBOX] = { "rename-mailbox", MAILBOXES, 5 },
  [HISTORY_EXCHANGE_THERE] = { "exchange-there", MAILBOXES, 1 },
  [HISTORY_MAKE_BELOW] = { "make-below", MAILBOXES, 3 },
  [HISTORY_REMOVE_DIRECTORY] = { "remove-directory", MAILBOXES, 4 },
  [HISTORY_MAKE_AGAIN] = { "make-again", MAILBOXES, 1 },
  [HISTORY_MOVE_DIRECTORY] = { "move-directory", MAILBOXES, 5 },
  [HISTORY_EXCHANGE_HERE] = { "exchange-here", MAILBOXES, 1 },
  [HISTORY_RELEASE] = { "release", HELD, 2 },
  [HISTORY_RESTORE] = { "restore", HELD, 1 },
  [HISTORY_MOVE_ON_THERE] = { "move-on-there", MOVES, 2 },
  [HISTORY_MOVE_BACK_THERE] = { "move-back-there", MOVES, 1 },
  [HISTORY_COPY_ON_THERE] = { "copy-on-there", MOVES, 2 },
  [HISTORY_RENAME_FLAGGED] = { "rename-flagged", MOVES, 4 },
  [HISTORY_RENAME_ON] = { "rename-on", MOVES, 3 },
  [HISTORY_RENAME_BACK] = { "rename-back", MOVES, 2 },
  [HISTORY_COPY_ON] = { "copy-on", MOVES, 2 },
  [HISTORY_EXCHANGE_FILES] = { "exchange-files", MOVES, 2 },
  [HISTORY_RENAME_QUEUED] = { "rename-queued", MOVES, 2 },
  [HISTORY_RELETTER] = { "reletter", MOVES, 2 },
};

const char *
history_kind_name (HistoryKind kind)
{
  return kinds[kind].name;
}

guint32
history_hash (guint32 pick, const char *text)
{
  guint32 hash = 2166136261u ^ pick;

  for (; *text != '\0'; text++)
    hash = (hash ^ (guchar)*text) * 16777619u;
  hash ^= hash >> 15;
  hash *= 2246822519u;
  return hash ^ hash >> 13;
}

static HistoryKind
choose_kind (GRand *random, Group group)
{
  guint total = 0, left;

  for (guint i = 0; i < N_HISTORY_KINDS; i++)
    total += kinds[i].group == group ? kinds[i].weight : 0;
  left = (guint)g_rand_int_range (random, 0, (gint32)total);
  for (guint i = 0; i < N_HISTORY_KINDS; i++)
    {
      guint weight = kinds[i].group == group ? kinds[i].weight : 0;

      if (left < weight)
        return (HistoryKind)i;
      left -= weight;
    }
  g_assert_not_reached ();
}

static HistoryStep
make_step (guint id, GRand *random, HistoryKind kind, guint repeat)
{
  HistoryStep step = { .id = id, .kind = kind, .repeat = repeat };

  step.pick = g_rand_int (random);
  step.to = g_rand_int (random);
  step.bits = g_rand_int (random);
  return step;
}

static void
add_step (History *history, GRand *random, HistoryKind kind, guint repeat)
{
  const HistoryStep step = make_step (history->steps->len + 1, random, kind, repeat);

  g_array_append_val (history->steps, step);
}

static void
choose_mailboxes (History *history, GRand *random)
{
  static const char *const more[] = { "Work", "Trash", "Été & co", "Drafts", "Work/2024" };
  guint count = (guint)g_rand_int_range (random, 1, 4);
  guint first = (guint)g_rand_int_range (random, 0, G_N_ELEMENTS (more));

  g_ptr_array_add (history->mailboxes, g_strdup ("INBOX"));
  for (guint i = 0; i < count; i++)
    g_ptr_array_add (history->mailboxes, g_strdup (more[(first + i * 2) % G_N_ELEMENTS (more)]));
}

/* What is there before the first sync. */
static void
add_beginning (History *history, GRand *random, gboolean big)
{
  static const HistoryKind beginnings[] = { HISTORY_APPEND,  HISTORY_APPEND, HISTORY_FCC,
                                            HISTORY_DELIVER, HISTORY_APPEND, HISTORY_ARRIVE_TWICE };
  guint count = (guint)g_rand_int_range (random, 0, 9);

  if (big)
    for (guint i = 0; i < 3; i++)
      add_step (history, random, i == 1 ? HISTORY_FCC : HISTORY_APPEND,
                (guint)g_rand_int_range (random, 5, 40));
  for (guint i = 0; i < count; i++)
    add_step (history, random, beginnings[g_rand_int_range (random, 0, G_N_ELEMENTS (beginnings))], 1);
}

static void
add_round (History *history, GRand *random, gboolean big)
{
  guint count = (guint)g_rand_int_range (random, 1, 7);

  for (guint i = 0; i < count; i++)
    {
      Group group = g_rand_boolean (random) ? REMOTE : LOCAL;
      guint repeat =
          big && g_rand_int_range (random, 0, 3) == 0 ? (guint)g_rand_int_range (random, 2, 20) : 1;

      add_step (history, random, choose_kind (random, group), repeat);
    }
  if (g_rand_int_range (random, 0, 80) == 0)
    add_step (history, random, HISTORY_RESTART, 1);
  add_step (history, random, choose_kind (random, SYNC), 1);
}

/* Up to three steps with mailboxes before each sync, and now and then a release after it. Ids from 501 on. */
static void
insert_mailbox_steps (History *history, GRand *random)
{
  guint id = 500;

  for (guint i = history->steps->len; i-- > 0;)
    {
      guint count = (guint)g_rand_int_range (random, 0, 4);

      if (kinds[g_array_index (history->steps, HistoryStep, i).kind].group != SYNC)
        continue;
      if (g_rand_int_range (random, 0, 5) < 3)
        {
          const HistoryStep step = make_step (++id, random, choose_kind (random, HELD), 1);

          g_array_insert_val (history->steps, i + 1, step);
        }
      for (guint j = 0; j < count; j++)
        {
          const HistoryStep step = make_step (++id, random, choose_kind (random, MAILBOXES), 1);
          guint back = (guint)g_rand_int_range (random, 0, 4);

          g_array_insert_val (history->steps, i - MIN (i, back), step);
        }
    }
}

static void
add_hierarchy (History *history, GRand *random)
{
  static const char *const more[] = { "Lists", "Lists/dev", "Lists/dev/old", "Archive" };
  guint count = (guint)g_rand_int_range (random, 1, G_N_ELEMENTS (more) + 1);

  for (guint i = 0; i < count; i++)
    g_ptr_array_add (history->mailboxes, g_strdup (more[i]));
}

/* Drawn by itself, so that the steps with messages stay as they are. */
static void
add_mailboxes (History *history)
{
  g_autoptr (GRand) random = g_rand_new_with_seed (~history->seed);

  history->with_mailboxes = TRUE;
  add_hierarchy (history, random);
  insert_mailbox_steps (history, random);
}

/* Up to three before each sync, drawn by itself as well. Ids from 801 on. */
static void
add_moves (History *history)
{
  g_autoptr (GRand) random = g_rand_new_with_seed (history->seed ^ 0x5a5a5a5au);
  guint id = 800;

  history->with_moves = TRUE;
  for (guint i = history->steps->len; i-- > 0;)
    {
      guint count = (guint)g_rand_int_range (random, 0, 4);

      for (guint j = 0; kinds[g_array_index (history->steps, HistoryStep, i).kind].group == SYNC && j < count;
           j++)
        {
          const HistoryStep step = make_step (++id, random, choose_kind (random, MOVES), 1);

          g_array_insert_val (history->steps, i, step);
        }
    }
}

History *
history_new (guint32 seed, HistoryExtras extras, HistoryLayout layout)
{
  History *history = g_new0 (History, 1);
  g_autoptr (GRand) random = g_rand_new_with_seed (seed);
  gboolean big = g_rand_int_range (random, 0, 8) == 0;
  guint rounds = (guint)g_rand_int_range (random, 2, 7);

  history->seed = seed;
  history->maildirpp = g_rand_int_range (random, 0, 3) == 0;
  history->expunge = g_rand_int_range (random, 0, 4) == 0;
  history->holds = !big && g_rand_boolean (random);
  history->attic = g_rand_int_range (random, 0, 4) != 0;
  history->mailboxes = g_ptr_array_new_with_free_func (g_free);
  history->steps = g_array_new (FALSE, FALSE, sizeof (HistoryStep));
  choose_mailboxes (history, random);
  add_beginning (history, random, big);
  for (guint i = 0; i < rounds; i++)
    add_round (history, random, big);
  if (layout != HISTORY_ANY_LAYOUT)
    history->maildirpp = layout == HISTORY_MAILDIRPP;
  if ((extras & HISTORY_WITH_MAILBOXES) != 0)
    add_mailboxes (history);
  if ((extras & HISTORY_WITH_MOVES) != 0)
    add_moves (history);
  return history;
}

void
history_free (History *history)
{
  g_ptr_array_unref (history->mailboxes);
  g_array_unref (history->steps);
  g_free (history);
}
