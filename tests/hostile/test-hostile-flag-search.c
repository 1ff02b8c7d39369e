/* Flags that are asked for by searches, on a server without HIGHESTMODSEQ: as complete as fetched ones, and
 * no change is made up of answers that are wrong or that do not fit each other (C1.2, C3, C9). */
#include "hostile-case.h"
#include "hostile-edit.h"

#include <string.h>

#define CAPABILITIES "SASL-IR AUTH=PLAIN LITERAL+ UIDPLUS MOVE ESEARCH NAMESPACE UNSELECT SPECIAL-USE"
#define MESSAGES 1000 /* fewer are fetched */
#define FETCHED "UID FETCH 1:* (UID FLAGS)"
#define SEARCHED "UID SEARCH * FLAGGED"

static ModelMailbox *
inbox_of (const Hostile *hostile)
{
  return model_store_find (hostile->store, "INBOX");
}

/* Nobody can make a new keyword. */
static void
close_keywords (Hostile *hostile)
{
  inbox_of (hostile)->permanent_flags = "\\Answered \\Flagged \\Deleted \\Seen \\Draft";
}

static void
flag_there (Hostile *hostile, const char *mark, const char *flags)
{
  model_message_change_flags (inbox_of (hostile), hostile_find_there (hostile, "INBOX", mark), '=', flags);
}

static void
expect_flags_here (Hostile *hostile, const char *mark, const char *flags)
{
  g_autofree char *here = hostile_flags_here (hostile, "INBOX", mark);

  g_assert_cmpstr (here, ==, flags);
}

static void
change (Hostile *hostile)
{
  flag_there (hostile, "m2", "\\Flagged");
  flag_there (hostile, "m500", "\\Answered \\Seen");
  flag_there (hostile, "m1000", "\\Deleted \\Draft");
}

static void
change_all (Hostile *hostile)
{
  change (hostile);
  hostile_expunge_there (hostile, "INBOX", "m3");
  hostile_add_there (hostile, "INBOX", "new", "\\Seen");
}

static void
is_changed (Hostile *hostile)
{
  expect_flags_here (hostile, "m1", "");
  expect_flags_here (hostile, "m2", "\\Flagged");
  expect_flags_here (hostile, "m500", "\\Answered \\Seen");
  expect_flags_here (hostile, "m1000", "\\Deleted \\Draft");
  g_assert_cmpuint (model_server_count (hostile->server, "UID STORE *"), ==, 0);
}

static void
was_searched (Hostile *hostile)
{
  is_changed (hostile);
  g_assert_cmpuint (model_server_count (hostile->server, SEARCHED), >, 0);
  g_assert_cmpuint (model_server_count (hostile->server, FETCHED), ==, 0);
}

static void
was_fetched (Hostile *hostile)
{
  is_changed (hostile);
  g_assert_cmpuint (model_server_count (hostile->server, FETCHED), >, 0);
}

/* The server may have keywords that it does not name. */
static void
add_keyword (Hostile *hostile)
{
  change (hostile);
  flag_there (hostile, "m7", "todo");
}

static void
keyword_came (Hostile *hostile)
{
  was_fetched (hostile);
  expect_flags_here (hostile, "m7", "todo");
  g_assert_cmpuint (model_server_count (hostile->server, SEARCHED), ==, 0);
}

static void
name_keyword (ModelTurn *turn)
{
  edit_replace (turn, "FLAGS (\\Answered", "FLAGS (todo \\Answered");
}

static void
use_keyword (Hostile *hostile)
{
  flag_there (hostile, "m7", "todo");
}

static void
move_keyword (Hostile *hostile)
{
  change (hostile);
  flag_there (hostile, "m7", "");
  flag_there (hostile, "m8", "todo \\Seen");
}

static void
keyword_moved (Hostile *hostile)
{
  was_searched (hostile);
  expect_flags_here (hostile, "m7", "");
  expect_flags_here (hostile, "m8", "\\Seen todo");
}

static void
find_all_numbers (ModelTurn *turn)
{
  edit_search_result (turn, "1:4294967295");
}

static void
find_above (ModelTurn *turn)
{
  edit_search_result (turn, "2,5000");
}

static void
find_nothing (ModelTurn *turn)
{
  edit_search_result (turn, "");
}

static void
say_nothing (ModelTurn *turn)
{
  g_string_truncate (turn->untagged, 0);
}

static void
find_scattered (ModelTurn *turn)
{
  g_autoptr (GString) set = g_string_new ("2");

  for (guint i = 1; i < 20000; i++)
    g_string_append_printf (set, ",%u", 2 + 2 * i);
  edit_search_result (turn, set->str);
}

/* Another client is at work between two searches: of what it does, nothing is taken for a change made here.
 */
static void
answer_second (ModelTurn *turn)
{
  model_message_change_flags (turn->selected, model_mailbox_find (turn->selected, 2), '=', "\\Answered");
}

static void
no_change_was_made_up (Hostile *hostile)
{
  g_assert_cmpuint (model_server_count (hostile->server, "UID STORE *"), ==, 0);
}

static void
expunge_third (ModelTurn *turn)
{
  model_mailbox_remove (turn->selected, 3);
}

static void
change_lose_third (Hostile *hostile)
{
  change (hostile);
  hostile_expect (hostile, "INBOX", "m3", -1);
}

static const HostileCase cases[] = {
  { .name = "flags-changed", .change = change, .outcome = ENGINE_OUTCOME_EQUAL, .check = was_searched },
  { .name = "all-changed",
    .change = change_all,
    .outcome = ENGINE_OUTCOME_EQUAL,
    .may = HOSTILE_MAY_REMOVE_HERE,
    .check = was_searched },
  { .name = "refused",
    .change = change,
    .faults = { { MODEL_REFUSE, "UID SEARCH * ANSWERED", "BAD what" } },
    .outcome = ENGINE_OUTCOME_EQUAL,
    .check = was_fetched },
  { .name = "all-uids-there-are-found",
    .change = change,
    .faults = { { MODEL_EDIT, SEARCHED, .call = find_all_numbers } },
    .outcome = ENGINE_OUTCOME_EQUAL,
    .check = was_fetched },
  { .name = "uids-that-are-not-there-are-found",
    .change = change,
    .faults = { { MODEL_EDIT, SEARCHED, .call = find_above } },
    .outcome = ENGINE_OUTCOME_EQUAL,
    .check = was_fetched },
  { .name = "more-is-found-than-there-is",
    .change = change,
    .faults = { { MODEL_EDIT, SEARCHED, .call = find_scattered } },
    .outcome = ENGINE_OUTCOME_EQUAL,
    .check = was_fetched },
  { .name = "no-result",
    .change = change,
    .faults = { { MODEL_EDIT, "UID SEARCH * UNSEEN", .call = say_nothing } },
    .outcome = ENGINE_OUTCOME_EQUAL,
    .check = was_fetched },
  { .name = "nothing-is-there",
    .change = change,
    .faults = { { MODEL_EDIT, "UID SEARCH RETURN (ALL) UID 1:1000", .call = find_nothing } },
    .outcome = ENGINE_OUTCOME_EQUAL,
    .check = was_fetched },
  { .name = "everything-is-there",
    .change = change,
    .faults = { { MODEL_EDIT, "UID SEARCH RETURN (ALL) UID 1:1000", .call = find_all_numbers } },
    .outcome = ENGINE_OUTCOME_EQUAL,
    .check = was_fetched },
  { .name = "flags-changed-between-searches",
    .change = change,
    .faults = { { MODEL_BEFORE, "UID SEARCH * ANSWERED", .nth = 1, .call = answer_second } },
    .outcome = ENGINE_OUTCOME_EQUAL,
    .check = no_change_was_made_up },
  { .name = "expunged-between-searches",
    .change = change_lose_third,
    .faults = { { MODEL_BEFORE, "UID SEARCH * ANSWERED", .nth = 1, .call = expunge_third } },
    .outcome = ENGINE_OUTCOME_EQUAL,
    .may = HOSTILE_MAY_REMOVE_HERE,
    .check = was_fetched },
};

/* PERMANENTFLAGS has \\*: only what FLAGS names by its own proof is relied on. */
static const HostileCase open_cases[] = {
  { .name = "keyword-that-is-not-named",
    .change = add_keyword,
    .outcome = ENGINE_OUTCOME_EQUAL,
    .check = keyword_came },
};

static const HostileCase named_cases[] = {
  { .name = "keyword-that-is-named",
    .prepare = use_keyword,
    .change = move_keyword,
    .faults = { { MODEL_EDIT, "SELECT *", .call = name_keyword } },
    .outcome = ENGINE_OUTCOME_EQUAL,
    .check = keyword_moved },
};

/* (transfer full): lives as long as the tests. */
static HostileCase *
add_cases (const HostileCase *some, guint n_cases, void (*prepare) (Hostile *hostile))
{
  HostileCase *rows = g_memdup2 (some, n_cases * sizeof *some);

  for (guint i = 0; i < n_cases; i++)
    {
      rows[i].capabilities = CAPABILITIES;
      rows[i].messages = MESSAGES;
      rows[i].prepare = rows[i].prepare != NULL ? rows[i].prepare : prepare;
    }
  hostile_add_cases ("/hostile/flag-search", rows, n_cases);
  return rows;
}

int
main (int argc, char **argv)
{
  g_autofree HostileCase *closed = NULL;
  g_autofree HostileCase *open = NULL;
  g_autofree HostileCase *named = NULL;

  g_test_init (&argc, &argv, NULL);
  closed = add_cases (cases, G_N_ELEMENTS (cases), close_keywords);
  open = add_cases (open_cases, G_N_ELEMENTS (open_cases), NULL);
  named = add_cases (named_cases, G_N_ELEMENTS (named_cases), NULL);
  return g_test_run ();
}
