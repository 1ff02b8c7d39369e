/* Random histories of accounts at Gmail: whatever is done on both sides, and wherever the connection breaks,
 * both sides are equal in the end, and nothing is lost that nobody put into Trash (C1.1, C2, C3). */
#include "gmail-account.h"
#include "hostile-steps.h"

#include <string.h>

#define HISTORIES 12
#define MANY_HISTORIES 300
#define ROUNDS 6
#define CHANGES 5
#define HONEST_SYNCS 3

static const char *const mailboxes[] = {
  "INBOX", "Work", "Home", "All", "Drafts", "Trash", "Starred", "Spam"
};

typedef struct
{
  Hostile *hostile;
  GRand *rand;
  GString *told;      /* the history so far */
  GHashTable *marks;  /* all that ever were */
  GHashTable *doomed; /* those that somebody may have deleted */
} History;

static guint
below (History *history, guint end)
{
  return (guint)g_rand_int_range (history->rand, 0, (gint32)end);
}

static const char *
any_mailbox (History *history)
{
  return mailboxes[below (history, G_N_ELEMENTS (mailboxes))];
}

/* (transfer full) (nullable) */
static char *
any_mark_here (History *history, const char *mailbox)
{
  g_autoptr (GPtrArray) files = local_list (history->hostile->account.maildir);
  g_autoptr (GPtrArray) marks = g_ptr_array_new ();

  for (guint i = 0; i < files->len; i++)
    {
      const LocalFile *file = g_ptr_array_index (files, i);

      if (g_str_equal (file->mailbox, gmail_mailbox (mailbox)))
        g_ptr_array_add (marks, file->mark);
    }
  return marks->len > 0 ? g_strdup (g_ptr_array_index (marks, below (history, marks->len))) : NULL;
}

static char *
any_mark_there (History *history, const char *mailbox)
{
  const ModelMailbox *there = model_store_find (history->hostile->store, gmail_mailbox (mailbox));
  guint count = there->messages->len;
  const ModelMessage *message =
      count > 0 ? g_ptr_array_index (there->messages, below (history, count)) : NULL;

  return message != NULL ? subject_of_body (message->body) : NULL;
}

static gboolean
is_dangerous (const char *change)
{
  return strstr (change, "Trash") != NULL || strstr (change, "Spam") != NULL ||
         strstr (change, "Drafts") != NULL || strstr (change, "delete All") != NULL;
}

static void
do_change (History *history, const char *mark, const char *change)
{
  g_string_append_printf (history->told, "%s\n", change);
  g_test_message ("%s", change);
  g_hash_table_add (history->marks, g_strdup (mark));
  if (is_dangerous (change))
    g_hash_table_add (history->doomed, g_strdup (mark));
  gmail_change (history->hostile, change);
}

static gboolean
is_draft (History *history, const char *mailbox, const char *mark)
{
  g_autofree char *flags = hostile_flags_here (history->hostile, gmail_mailbox (mailbox), mark);

  return strstr (flags, "\\Draft") != NULL;
}

/* What is written in place is looked for in drafts only, so one stays one. */
static void
change_here (History *history)
{
  static const char *const verbs[] = { "delete", "move", "save", "copy", "letters", "letters", "edit" };
  static const char *const letters[] = { "", "S", "F", "FS", "RS" };
  static const char *const draft_letters[] = { "D", "DS", "DF", "DFS", "DRS" };
  const char *verb = verbs[below (history, G_N_ELEMENTS (verbs))];
  const char *from = g_str_equal (verb, "edit") ? "Drafts" : any_mailbox (history);
  const char *to = any_mailbox (history);
  g_autofree char *mark = any_mark_here (history, from);
  g_autofree char *new_mark = g_strdup_printf ("e%u", history->hostile->added++);
  g_autofree char *change = NULL;

  if (mark == NULL || g_str_equal (from, to) ||
      (g_str_equal (verb, "edit") && !is_draft (history, from, mark)))
    return;
  if (g_str_equal (verb, "letters"))
    to = (is_draft (history, from, mark) ? draft_letters : letters)[below (history, G_N_ELEMENTS (letters))];
  else if (g_str_equal (verb, "edit"))
    to = new_mark;
  change = g_strdup_printf ("here %s %s %s%s%s", verb, from, mark, g_str_equal (verb, "delete") ? "" : " ",
                            g_str_equal (verb, "delete") ? "" : to);
  do_change (history, mark, change);
}

static void
change_there (History *history)
{
  static const char *const flags[] = { "+\\Seen", "-\\Seen", "+\\Flagged", "-\\Flagged" };
  const char *from = any_mailbox (history);
  g_autofree char *mark = any_mark_there (history, from);
  g_autofree char *change = NULL;

  if (mark == NULL)
    return;
  switch (below (history, 3))
    {
    case 0:
      change = g_strdup_printf ("there label %s %s", mark, any_mailbox (history));
      break;
    case 1:
      change = g_strdup_printf ("there unlabel %s %s", mark, from);
      break;
    default:
      change = g_strdup_printf ("there flags %s %s", mark, flags[below (history, G_N_ELEMENTS (flags))]);
    }
  do_change (history, mark, change);
}

static void
add_one (History *history)
{
  g_autofree char *mark = g_strdup_printf ("n%u", history->hostile->added);
  g_autofree char *change =
      below (history, 2) == 0
          ? g_strdup_printf ("there add %s INBOX,Work", mark)
          : g_strdup_printf ("here add %s %s S", below (history, 2) == 0 ? "Home" : "INBOX", mark);

  do_change (history, mark, change);
}

static void
change_one (History *history)
{
  guint what = below (history, 10);

  if (what == 0)
    add_one (history);
  else if (what < 6)
    change_here (history);
  else
    change_there (history);
}

static void
change_meanwhile (ModelTurn *turn)
{
  History *history = turn->store->user_data;

  g_string_append_printf (history->told, "  before %s: ", turn->command);
  change_one (history);
}

/* Now and then the connection breaks, before or after a command was carried out, or somebody does something
 * while nothing else is done. */
static void
sync_somehow (History *history)
{
  const ModelFaultKind kinds[] = { MODEL_CUT, MODEL_CUT_AFTER, MODEL_CUT_INSIDE };
  const ModelFault cut[] = { { kinds[below (history, 3)], "*", .nth = 3 + below (history, 60) },
                             { MODEL_FAULTS_END } };
  const ModelFault change[] = { { MODEL_BEFORE, "SELECT *", .nth = 1 + below (history, 30),
                                  .call = change_meanwhile },
                                { MODEL_FAULTS_END } };
  const guint what = below (history, 4);

  g_string_append (history->told, what == 0 ? "sync, which breaks off\n" : "sync\n");
  g_test_message ("%s", what == 0 ? "sync, which breaks off" : "sync");
  if (what < 2)
    model_server_set_faults (history->hostile->server, what == 0 ? cut : change);
  hostile_sync (history->hostile);
  model_server_set_faults (history->hostile->server, NULL);
}

static void
expect_what_is_there (Hostile *hostile)
{
  g_hash_table_remove_all (hostile->expected);
  for (guint i = 0; i < hostile->store->mailboxes->len; i++)
    {
      const ModelMailbox *mailbox = g_ptr_array_index (hostile->store->mailboxes, i);

      for (guint j = 0; j < mailbox->messages->len; j++)
        {
          g_autofree char *mark =
              subject_of_body (((ModelMessage *)g_ptr_array_index (mailbox->messages, j))->body);

          hostile_expect (hostile, mailbox->name, mark, 1);
        }
    }
}

/* The draft, and those in Trash and Spam. */
static gboolean
is_apart_at_first (const char *mark)
{
  return strlen (mark) == 1 && strchr ("dgh", *mark) != NULL;
}

static void
assert_none_lost (History *history)
{
  GHashTableIter iter;
  gpointer mark;

  g_hash_table_iter_init (&iter, history->marks);
  while (g_hash_table_iter_next (&iter, &mark, NULL))
    if (!g_hash_table_contains (history->doomed, mark) && !is_apart_at_first (mark) &&
        hostile_count_mark_there (history->hostile, GMAIL_ALL, mark) == 0)
      g_error ("%s is lost:\n%s", (char *)mark, history->told->str);
}

static void
settle (History *history)
{
  Hostile *hostile = history->hostile;
  EngineOutcome outcome = ENGINE_OUTCOME_LEFT;

  for (guint i = 0; i < HONEST_SYNCS && outcome != ENGINE_OUTCOME_EQUAL; i++)
    outcome = hostile_sync (hostile);
  if (outcome != ENGINE_OUTCOME_EQUAL)
    g_error ("outcome %d: %s\n%s", outcome, hostile->said->str, history->told->str);
  expect_what_is_there (hostile);
  hostile_assert_equal (hostile, FALSE);
  assert_none_lost (history);
  hostile_expect_sync (hostile, ENGINE_OUTCOME_EQUAL, NULL);
  g_assert_cmpuint (model_server_count (hostile->server, MODEL_CHANGES), ==, 0);
}

static void
run_history (AccountGmail gmail, guint32 seed)
{
  History history = { .hostile = gmail_account_new (gmail),
                      .rand = g_rand_new_with_seed (seed),
                      .told = g_string_new (NULL),
                      .marks = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL),
                      .doomed = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL) };

  g_string_append_printf (history.told, "seed %u\n", seed);
  history.hostile->store->user_data = &history;
  gmail_account_fill (history.hostile);
  hostile_expect_sync (history.hostile, ENGINE_OUTCOME_EQUAL, NULL);
  for (guint round = 0; round < ROUNDS; round++)
    {
      for (guint i = below (&history, CHANGES); i > 0; i--)
        change_one (&history);
      sync_somehow (&history);
    }
  settle (&history);
  hostile_free (history.hostile);
  g_rand_free (history.rand);
  g_string_free (history.told, TRUE);
  g_hash_table_unref (history.marks);
  g_hash_table_unref (history.doomed);
}

static void
test_histories (gconstpointer user_data)
{
  const guint count = g_test_slow () ? MANY_HISTORIES : HISTORIES;

  for (guint i = 0; i < count; i++)
    run_history (GPOINTER_TO_INT (user_data), (guint32)g_test_rand_int ());
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_data_func ("/gmail/histories/copy", GINT_TO_POINTER (ACCOUNT_GMAIL_COPY), test_histories);
  g_test_add_data_func ("/gmail/histories/hard-link", GINT_TO_POINTER (ACCOUNT_GMAIL_HARD_LINK),
                        test_histories);
  return g_test_run ();
}
