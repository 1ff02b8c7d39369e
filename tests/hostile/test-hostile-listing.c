/* Listings that are not what they seem: no deletion is believed from one (C1.2, C1.4, C2.3). */
#include "hostile-case.h"
#include "hostile-edit.h"

#include <string.h>

#define LISTING "UID FETCH * (UID FLAGS*)"
#define KNOWN "UID FETCH 1:* (UID FLAGS)"
#define LARGE 1000
#define HIDDEN 5

static void
hide_second (ModelTurn *turn)
{
  edit_drop_lines (turn, "UID 2 ");
}

static void
hide_size (ModelTurn *turn)
{
  edit_replace (turn, " RFC822.SIZE ", " X-SIZE ");
}

static void
repeat_all (ModelTurn *turn)
{
  g_autofree char *all = g_strdup (turn->untagged->str);

  g_string_append (turn->untagged, all);
}

/* The count is right, and one message is told of twice instead of another. */
static void
repeat_first_for_second (ModelTurn *turn)
{
  edit_replace (turn, "UID 2 ", "UID 1 ");
}

static void
expunge_second (ModelTurn *turn)
{
  model_mailbox_remove (turn->selected, 2);
}

/* In the midst of the data: the second was told of and is gone when the third comes. */
static void
expunge_between_lines (ModelTurn *turn)
{
  edit_drop_lines (turn, "EXPUNGE");
  edit_replace (turn, "* 3 FETCH", "* 2 FETCH (UID 2 FLAGS ())\r\n* 2 EXPUNGE\r\n* 2 FETCH");
}

static void
expect_second_gone (Hostile *hostile)
{
  hostile_expect (hostile, "INBOX", "m2", -1);
}

static void
deleted_there (Hostile *hostile)
{
  hostile_expunge_there (hostile, "INBOX", "m2");
}

/* It is there for the search, and was not for the listing. */
static void
find_second (ModelTurn *turn)
{
  edit_search_result (turn, "2");
}

static void
no_second_removed (Hostile *hostile)
{
  g_assert_cmpuint (hostile_count_here (hostile, "INBOX", "m2"), ==, 1);
}

static void
five_more (Hostile *hostile)
{
  for (guint i = 1; i <= HIDDEN; i++)
    {
      g_autofree char *mark = g_strdup_printf ("n%u", i);

      hostile_add_there (hostile, "INBOX", mark, "");
    }
}

static void
show_window_count (ModelTurn *turn)
{
  edit_replace (turn, "* 1005 EXISTS", "* 1000 EXISTS");
}

/* The lowest UIDs are not told of, and are not counted. */
static void
show_window (ModelTurn *turn)
{
  g_auto (GStrv) lines = g_strsplit (turn->untagged->str, "\r\n", -1);

  if (strstr (turn->command, "BODY") != NULL)
    return;
  g_string_truncate (turn->untagged, 0);
  for (guint i = 0; lines[i] != NULL && *lines[i] != '\0'; i++)
    {
      guint sequence = (guint)g_ascii_strtoull (lines[i] + 2, NULL, 10);

      if (sequence > HIDDEN)
        g_string_append_printf (turn->untagged, "* %u%s\r\n", sequence - HIDDEN, strchr (lines[i] + 2, ' '));
    }
}

static void
search_nothing (ModelTurn *turn)
{
  edit_search_result (turn, "");
}

/* The second sync meets the same window: the messages that came through it are known by now. */
static void
window_again (Hostile *hostile)
{
  g_assert_cmpint (hostile_sync (hostile), ==, ENGINE_OUTCOME_LEFT);
  g_assert_cmpuint (hostile_count_here (hostile, "INBOX", NULL), ==, LARGE + HIDDEN);
  g_assert_cmpuint (model_server_count (hostile->server, MODEL_CHANGES), ==, 0);
}

static void
show_nothing (ModelTurn *turn)
{
  edit_replace (turn, "* 12 EXISTS", "* 0 EXISTS");
}

static void
forget_all (ModelTurn *turn)
{
  g_string_truncate (turn->untagged, 0);
}

/* As after a restored backup: other UIDs for the same messages. */
static void
renumber_mailbox (ModelMailbox *mailbox)
{
  mailbox->uidvalidity += 7;
  for (guint i = 0; i < mailbox->messages->len; i++)
    ((ModelMessage *)g_ptr_array_index (mailbox->messages, i))->uid += 3;
  mailbox->uidnext += 3;
}

static void
renumber_and_change (Hostile *hostile)
{
  renumber_mailbox (model_store_find (hostile->store, "INBOX"));
  hostile_add_there (hostile, "INBOX", "new", "");
  hostile_add_here (hostile, "INBOX", "written", "S");
  hostile_flag_here (hostile, "INBOX", "m3", "FS");
}

static void
delete_second_here (Hostile *hostile)
{
  hostile_delete_here (hostile, "INBOX", "m2", NULL);
}

/* While the client works: the mailbox is restored from a backup. */
static void
renumber_now (ModelTurn *turn)
{
  renumber_mailbox (model_store_find (turn->store, "INBOX"));
}

static void
other_uidvalidity (ModelTurn *turn)
{
  edit_replace (turn, "[UIDVALIDITY 1000]", "[UIDVALIDITY 2000]");
}

static void
no_uidvalidity (ModelTurn *turn)
{
  edit_drop_lines (turn, "[UIDVALIDITY");
}

static void
zero_uidvalidity (ModelTurn *turn)
{
  edit_replace (turn, "[UIDVALIDITY 1000]", "[UIDVALIDITY 0]");
}

static void
huge_uidvalidity (ModelTurn *turn)
{
  edit_replace (turn, "[UIDVALIDITY 1000]", "[UIDVALIDITY 4294968296]");
}

static void
low_uidnext (ModelTurn *turn)
{
  edit_replace (turn, "[UIDNEXT 6]", "[UIDNEXT 3]");
}

/* A UID that means another message under the same UIDVALIDITY. */
static void
stranger_under_second (Hostile *hostile)
{
  ModelMessage *message = hostile_find_there (hostile, "INBOX", "m2");

  hostile_delete_here (hostile, "INBOX", "m2", NULL);
  hostile_expect (hostile, "INBOX", "stranger", 1);
  g_bytes_unref (message->body);
  message->body = hostile_body ("stranger", 900);
}

static const HostileCase cases[] = {
  { .name = "fewer-than-exists",
    .messages = 5,
    .faults = { { MODEL_EDIT, LISTING, .call = hide_second } },
    .outcome = ENGINE_OUTCOME_LEFT,
    .says = "counts 5 messages and listed 4" },
  { .name = "told-twice",
    .messages = 5,
    .faults = { { MODEL_EDIT, LISTING, .call = repeat_all } },
    .outcome = ENGINE_OUTCOME_EQUAL },
  { .name = "one-twice-for-another",
    .messages = 5,
    .faults = { { MODEL_EDIT, LISTING, .call = repeat_first_for_second } },
    .outcome = ENGINE_OUTCOME_LEFT,
    .says = "counts 5 messages and listed 4" },
  { .name = "new-ones-without-size",
    .messages = 5,
    .change = five_more,
    .faults = { { MODEL_EDIT, LISTING, .call = hide_size } },
    .outcome = ENGINE_OUTCOME_EQUAL },
  { .name = "tagged-no",
    .messages = 5,
    .faults = { { MODEL_LIE, KNOWN, "NO [UNAVAILABLE] try later" } },
    .outcome = ENGINE_OUTCOME_LEFT,
    .says = "try later" },
  { .name = "refused-whole",
    .messages = 5,
    .faults = { { MODEL_REFUSE, LISTING, "NO no listing today" } },
    .outcome = ENGINE_OUTCOME_LEFT,
    .says = "no listing today" },
  { .name = "exists-shrinks",
    .messages = 5,
    .faults = { { MODEL_PREPEND, KNOWN, "* 3 EXISTS\r\n" } },
    .outcome = ENGINE_OUTCOME_REFUSED,
    .says = "3 messages exist where there were 5" },
  { .name = "expunge-of-none",
    .messages = 5,
    .faults = { { MODEL_PREPEND, KNOWN, "* 9 EXPUNGE\r\n" } },
    .outcome = ENGINE_OUTCOME_REFUSED,
    .says = "expunged message number 9 of 5" },
  { .name = "expunged-before-listing",
    .messages = 5,
    .change = expect_second_gone,
    .faults = { { MODEL_BEFORE, KNOWN, .nth = 1, .call = expunge_second } },
    .outcome = ENGINE_OUTCOME_EQUAL,
    .may = HOSTILE_MAY_REMOVE_HERE },
  { .name = "expunged-in-listing",
    .messages = 5,
    .change = expect_second_gone,
    .faults = { { MODEL_BEFORE, KNOWN, .nth = 1, .call = expunge_second },
                { MODEL_EDIT, KNOWN, .nth = 1, .call = expunge_between_lines } },
    .outcome = ENGINE_OUTCOME_EQUAL,
    .may = HOSTILE_MAY_REMOVE_HERE },
  { .name = "expunged-after-listing",
    .messages = 5,
    .change = expect_second_gone,
    .faults = { { MODEL_BEFORE, "UID FETCH 6:* *", .nth = 1, .call = expunge_second } },
    .outcome = ENGINE_OUTCOME_EQUAL,
    .may = HOSTILE_MAY_REMOVE_HERE },
  { .name = "search-finds-it",
    .messages = 5,
    .change = deleted_there,
    .faults = { { MODEL_EDIT, "UID SEARCH *UID 2", .call = find_second } },
    .outcome = ENGINE_OUTCOME_LEFT,
    .check = no_second_removed },
  { .name = "search-refused",
    .messages = 5,
    .change = deleted_there,
    .faults = { { MODEL_REFUSE, "UID SEARCH *", "NO [UNAVAILABLE] not now" } },
    .outcome = ENGINE_OUTCOME_LEFT,
    .says = "did not confirm",
    .check = no_second_removed },
  { .name = "search-without-answer",
    .messages = 5,
    .change = deleted_there,
    .faults = { { MODEL_REPLACE, "UID SEARCH *", "" } },
    .outcome = ENGINE_OUTCOME_LEFT,
    .says = "did not confirm",
    .check = no_second_removed },
  { .name = "window",
    .messages = LARGE,
    .change = five_more,
    .faults = { { MODEL_EDIT, "SELECT *", .call = show_window_count },
                { MODEL_EDIT, LISTING, .call = show_window },
                { MODEL_EDIT, "UID SEARCH *", .call = search_nothing } },
    .outcome = ENGINE_OUTCOME_LEFT,
    .says = "newest 1000 messages",
    .check = window_again },
  { .name = "emptied",
    .messages = 12,
    .faults = { { MODEL_EDIT, "SELECT *", .call = show_nothing },
                { MODEL_EDIT, LISTING, .call = forget_all },
                { MODEL_EDIT, "UID SEARCH *", .call = search_nothing } },
    .outcome = ENGINE_OUTCOME_LEFT,
    .says = "dovetail release" },
  { .name = "uidvalidity-changed",
    .messages = 5,
    .change = renumber_and_change,
    .outcome = ENGINE_OUTCOME_EQUAL,
    .says = "reset UIDVALIDITY (1000, now 1007)" },
  { .name = "uidvalidity-changed-between",
    .messages = 5,
    .change = delete_second_here,
    .faults = { { MODEL_BEFORE, "SELECT *", .nth = 2, .call = renumber_now } },
    .outcome = ENGINE_OUTCOME_LEFT,
    .says = "reset UIDVALIDITY while",
    .may = HOSTILE_MAY_REMOVE_THERE },
  { .name = "uidvalidity-flickers",
    .messages = 5,
    .change = delete_second_here,
    .faults = { { MODEL_EDIT, "SELECT *", .nth = 2, .call = other_uidvalidity } },
    .outcome = ENGINE_OUTCOME_LEFT,
    .says = "reset UIDVALIDITY while",
    .may = HOSTILE_MAY_REMOVE_THERE },
  { .name = "uidvalidity-missing",
    .messages = 5,
    .change = delete_second_here,
    .faults = { { MODEL_EDIT, "SELECT *", .call = no_uidvalidity } },
    .outcome = ENGINE_OUTCOME_LEFT,
    .says = "no UIDVALIDITY" },
  { .name = "uidvalidity-zero",
    .messages = 5,
    .change = delete_second_here,
    .faults = { { MODEL_EDIT, "SELECT *", .call = zero_uidvalidity } },
    .outcome = ENGINE_OUTCOME_LEFT,
    .says = "no UIDVALIDITY" },
  { .name = "uidvalidity-huge",
    .messages = 5,
    .change = delete_second_here,
    .faults = { { MODEL_EDIT, "SELECT *", .call = huge_uidvalidity } },
    .outcome = ENGINE_OUTCOME_LEFT,
    .says = "no UIDVALIDITY" },
  { .name = "uidvalidity-missing-later",
    .messages = 5,
    .change = delete_second_here,
    .faults = { { MODEL_EDIT, "SELECT *", .nth = 2, .call = no_uidvalidity } },
    .outcome = ENGINE_OUTCOME_LEFT,
    .says = "nothing more was changed",
    .may = HOSTILE_MAY_REMOVE_THERE },
  { .name = "uidnext-lower",
    .messages = 5,
    .faults = { { MODEL_EDIT, "SELECT *", .call = low_uidnext } },
    .outcome = ENGINE_OUTCOME_EQUAL,
    .says = "UIDNEXT fell (6, now 3)" },
  { .name = "stranger",
    .messages = 5,
    .change = stranger_under_second,
    .outcome = ENGINE_OUTCOME_EQUAL,
    .says = "another size or date" },
};

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  hostile_add_cases ("/hostile/listing", cases, G_N_ELEMENTS (cases));
  return g_test_run ();
}
