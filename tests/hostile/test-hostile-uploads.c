/* Uploads that are refused, doubted, lost or kept only in part: never lost, never doubled (C1.1, C2.1, C5.4).
 */
#include "hostile-case.h"
#include "hostile-edit.h"

#include <glib/gstdio.h>
#include <string.h>

#define BARE "SASL-IR AUTH=PLAIN"
/* Several messages in one command. */
#define MULTI BARE " LITERAL+ UIDPLUS ESEARCH MOVE MULTIAPPEND"

static void
write_one (Hostile *hostile)
{
  hostile_add_here (hostile, "INBOX", "up", "S");
}

static void
write_two (Hostile *hostile)
{
  write_one (hostile);
  hostile_add_here (hostile, "INBOX", "up2", "");
}

static void
write_three (Hostile *hostile)
{
  write_two (hostile);
  hostile_add_here (hostile, "INBOX", "up3", "FS");
}

/* First by its name. */
static void
write_two_beside_empty (Hostile *hostile)
{
  g_autoptr (GBytes) nothing = g_bytes_new_static ("", 0);

  write_two (hostile);
  local_write (hostile->account.maildir, "INBOX", "0.empty", "S", nothing, 1700000000);
}

static void
remove_empty (Hostile *hostile)
{
  g_autofree char *path = g_build_filename (hostile->account.maildir, "INBOX/cur/0.empty:2,S", NULL);

  g_assert_cmpint (g_unlink (path), ==, 0);
}

/* Below, at and above what LITERAL- sends unasked. */
static void
write_sizes (Hostile *hostile)
{
  hostile_add_large_here (hostile, "INBOX", "up", 1000);
  hostile_add_large_here (hostile, "INBOX", "up2", 4000);
  hostile_add_large_here (hostile, "INBOX", "up3", 4097);
  hostile_add_large_here (hostile, "INBOX", "up4", 300000);
}

static void
other_arrives (ModelTurn *turn)
{
  g_autoptr (GBytes) body = hostile_body ("ab", 0);

  model_mailbox_add (turn->selected, body, "", 1700000000);
}

static void
write_one_beside_other (Hostile *hostile)
{
  write_one (hostile);
  hostile_expect (hostile, "INBOX", "ab", 1);
}

static void
find_nothing (ModelTurn *turn)
{
  edit_search_result (turn, "");
}

static void
find_everything (ModelTurn *turn)
{
  edit_search_result (turn, "1:4294967295");
}

static void
take_it_back (Hostile *hostile)
{
  hostile_status (hostile);
  g_assert_nonnull (strstr (hostile->said->str, "up"));
  hostile_delete_here (hostile, "INBOX", "up", NULL);
}

static void
second_went_on (Hostile *hostile)
{
  g_assert_nonnull (hostile_find_there (hostile, "INBOX", "up2"));
  g_assert_null (hostile_find_there (hostile, "INBOX", "up"));
}

static void
sent_twice (Hostile *hostile)
{
  g_assert_cmpuint (model_server_count (hostile->server, "APPEND *"), ==, 2);
}

static void
sent_at_once (Hostile *hostile)
{
  g_assert_cmpuint (model_server_count (hostile->server, "APPEND *"), ==, 1);
}

static void
sent_beside_empty (Hostile *hostile)
{
  g_assert_cmpuint (model_server_count (hostile->server, "APPEND *"), ==, 2);
  g_assert_nonnull (hostile_find_there (hostile, "INBOX", "up"));
  g_assert_nonnull (hostile_find_there (hostile, "INBOX", "up2"));
}

/* Together, then each alone. */
static void
sent_alone (Hostile *hostile)
{
  g_assert_cmpuint (model_server_count (hostile->server, "APPEND *"), ==, 1 + 3);
}

static void
sent_alone_and_left_one (Hostile *hostile)
{
  sent_alone (hostile);
  second_went_on (hostile);
  g_assert_nonnull (hostile_find_there (hostile, "INBOX", "up3"));
}

static const HostileCase cases[] = {
  { .name = "honest", .messages = 5, .change = write_two },
  { .name = "no-uidplus", .capabilities = BARE, .messages = 5, .change = write_two },
  { .name = "no-appenduid",
    .messages = 5,
    .change = write_two,
    .faults = { { MODEL_LIE, "APPEND *", "OK stored" } } },
  { .name = "appenduid-of-other-validity",
    .messages = 5,
    .change = write_two,
    .faults = { { MODEL_LIE, "APPEND *", "OK [APPENDUID 77 6] stored" } } },
  { .name = "appenduid-below-uidnext",
    .messages = 5,
    .change = write_two,
    .faults = { { MODEL_LIE, "APPEND *", "OK [APPENDUID 1000 2] stored" } } },
  { .name = "appenduid-of-nothing",
    .messages = 5,
    .change = write_two,
    .faults = { { MODEL_LIE, "APPEND *", "OK [APPENDUID 1000 999] stored" } } },
  { .name = "appenduid-zero",
    .messages = 5,
    .change = write_one,
    .faults = { { MODEL_LIE, "APPEND *", "OK [APPENDUID 1000 0] stored" } } },
  { .name = "appenduid-of-a-set",
    .messages = 5,
    .change = write_one,
    .faults = { { MODEL_LIE, "APPEND *", "OK [APPENDUID 1000 6:4294967295] stored" } } },
  { .name = "appenduid-of-another",
    .messages = 5,
    .change = write_one_beside_other,
    .faults = { { MODEL_BEFORE, "APPEND *", .call = other_arrives },
                { MODEL_LIE, "APPEND *", "OK [APPENDUID 1000 6] stored" } } },
  { .name = "other-arrives-first",
    .messages = 5,
    .change = write_one_beside_other,
    .faults = { { MODEL_BEFORE, "APPEND *", .call = other_arrives } } },
  { .name = "lost-and-stored",
    .messages = 5,
    .change = write_two,
    .faults = { { MODEL_CUT_AFTER, "APPEND *", .nth = 1 } },
    .outcome = ENGINE_OUTCOME_OFFLINE },
  { .name = "second-lost-and-stored",
    .messages = 5,
    .change = write_two,
    .faults = { { MODEL_CUT_AFTER, "APPEND *", .nth = 2 } },
    .outcome = ENGINE_OUTCOME_OFFLINE },
  { .name = "lost-and-not-stored",
    .messages = 5,
    .change = write_two,
    .faults = { { MODEL_CUT, "APPEND *" } },
    .outcome = ENGINE_OUTCOME_OFFLINE },
  { .name = "lost-in-the-literal",
    .messages = 5,
    .change = write_sizes,
    .faults = { { MODEL_CUT_LITERAL, "APPEND *", .nth = 4 } },
    .outcome = ENGINE_OUTCOME_OFFLINE },
  { .name = "listed-late",
    .messages = 5,
    .change = write_one,
    .faults = { { MODEL_LIE, "APPEND *", "OK stored" },
                { MODEL_EDIT, "UID SEARCH *UID 6:*", .nth = 1, .call = find_nothing } } },
  { .name = "never-listed",
    .messages = 5,
    .change = write_one,
    .faults = { { MODEL_REFUSE, "APPEND *", "OK stored" } },
    .outcome = ENGINE_OUTCOME_LEFT,
    .says = "shows it nowhere",
    .check = sent_twice,
    .mend = take_it_back },
  { .name = "search-of-four-billion",
    .messages = 5,
    .change = write_one,
    .faults = { { MODEL_LIE, "APPEND *", "OK stored" },
                { MODEL_EDIT, "UID SEARCH *UID 6:*", .call = find_everything } },
    .outcome = ENGINE_OUTCOME_REFUSED,
    .says = "more messages than there are" },
  { .name = "overquota",
    .messages = 5,
    .change = write_two,
    .faults = { { MODEL_REFUSE, "APPEND *", "NO [OVERQUOTA] the mailbox is full" } },
    .outcome = ENGINE_OUTCOME_LEFT,
    .says = "the mailbox is full" },
  { .name = "overquota-and-on",
    .messages = 5,
    .change = write_two,
    .faults = { { MODEL_REFUSE, "APPEND *", "NO [OVERQUOTA] the mailbox is full", .nth = 1 } },
    .outcome = ENGINE_OUTCOME_LEFT,
    .says = "“up”",
    .check = second_went_on },
  { .name = "limit",
    .messages = 5,
    .change = write_two,
    .faults = { { MODEL_REFUSE, "APPEND *", "NO [LIMIT] enough for today" } },
    .outcome = ENGINE_OUTCOME_LEFT,
    .says = "enough for today" },
  { .name = "trycreate",
    .messages = 5,
    .change = write_two,
    .faults = { { MODEL_REFUSE, "APPEND *", "NO [TRYCREATE] no such mailbox" } },
    .outcome = ENGINE_OUTCOME_LEFT,
    .says = "no such mailbox" },
  { .name = "toobig",
    .messages = 5,
    .change = write_two,
    .faults = { { MODEL_REFUSE, "APPEND *", "NO [TOOBIG] this is too big", .nth = 1 } },
    .outcome = ENGINE_OUTCOME_LEFT,
    .says = "this is too big",
    .check = second_went_on,
    .mend = take_it_back },
  { .name = "toobig-before-the-literal",
    .capabilities = BARE,
    .messages = 5,
    .change = write_two,
    .faults = { { MODEL_REFUSE_EARLY, "APPEND *", "NO [TOOBIG] this is too big", .nth = 1 } },
    .outcome = ENGINE_OUTCOME_LEFT,
    .says = "this is too big",
    .check = second_went_on,
    .mend = take_it_back },
  { .name = "bare-no",
    .messages = 5,
    .change = write_two,
    .faults = { { MODEL_REFUSE, "APPEND *", "NO I do not like it", .nth = 1 } },
    .outcome = ENGINE_OUTCOME_LEFT,
    .says = "I do not like it",
    .check = second_went_on,
    .mend = take_it_back },
  { .name = "bad",
    .messages = 5,
    .change = write_two,
    .faults = { { MODEL_REFUSE, "APPEND *", "BAD Command Argument Error 11", .nth = 1 } },
    .outcome = ENGINE_OUTCOME_LEFT,
    .says = "Argument Error 11",
    .check = second_went_on,
    .mend = take_it_back },
  { .name = "without-literal-plus", .capabilities = BARE " UIDPLUS", .messages = 5, .change = write_sizes },
  { .name = "literal-minus", .capabilities = BARE " UIDPLUS LITERAL-", .messages = 5, .change = write_sizes },
  { .name = "without-sasl", .capabilities = "UIDPLUS", .messages = 5, .change = write_sizes },
  { .name = "several", .capabilities = MULTI, .messages = 5, .change = write_three, .check = sent_at_once },
  { .name = "several-without-literal-plus",
    .capabilities = BARE " UIDPLUS MULTIAPPEND",
    .messages = 5,
    .change = write_sizes,
    .check = sent_at_once },
  { .name = "several-without-uidplus",
    .capabilities = BARE " LITERAL+ MULTIAPPEND",
    .messages = 5,
    .change = write_three,
    .check = sent_at_once },
  { .name = "several-beside-an-empty-one",
    .capabilities = MULTI,
    .messages = 5,
    .change = write_two_beside_empty,
    .outcome = ENGINE_OUTCOME_LEFT,
    .says = "this message is empty",
    .check = sent_beside_empty,
    .mend = remove_empty },
  { .name = "several-refused-together",
    .capabilities = MULTI,
    .messages = 5,
    .change = write_three,
    .faults = { { MODEL_REFUSE, "APPEND *", "NO [LIMIT] too much at once", .nth = 1 } },
    .check = sent_alone },
  { .name = "several-because-of-one",
    .capabilities = MULTI,
    .messages = 5,
    .change = write_three,
    .faults = { { MODEL_REFUSE, "APPEND *", "NO [TOOBIG] this is too big", .nth = 1 },
                { MODEL_REFUSE, "APPEND *", "NO [TOOBIG] this is too big", .nth = 2 } },
    .outcome = ENGINE_OUTCOME_LEFT,
    .says = "“up”: ",
    .check = sent_alone_and_left_one,
    .mend = take_it_back },
  { .name = "several-refused-and-stored",
    .capabilities = MULTI,
    .messages = 5,
    .change = write_three,
    .faults = { { MODEL_LIE, "APPEND *", "NO [LIMIT] too much at once", .nth = 1 } },
    .check = sent_at_once },
  { .name = "several-lost-and-stored",
    .capabilities = MULTI,
    .messages = 5,
    .change = write_three,
    .faults = { { MODEL_CUT_AFTER, "APPEND *" } },
    .outcome = ENGINE_OUTCOME_OFFLINE },
  { .name = "several-lost-and-not-stored",
    .capabilities = MULTI,
    .messages = 5,
    .change = write_three,
    .faults = { { MODEL_CUT, "APPEND *" } },
    .outcome = ENGINE_OUTCOME_OFFLINE },
  { .name = "several-lost-in-the-literal",
    .capabilities = MULTI,
    .messages = 5,
    .change = write_sizes,
    .faults = { { MODEL_CUT_LITERAL, "APPEND *" } },
    .outcome = ENGINE_OUTCOME_OFFLINE },
  { .name = "several-and-uids-of-fewer",
    .capabilities = MULTI,
    .messages = 5,
    .change = write_three,
    .faults = { { MODEL_LIE, "APPEND *", "OK [APPENDUID 1000 6:7] stored" } },
    .check = sent_at_once },
  { .name = "several-and-uids-out-of-order",
    .capabilities = MULTI,
    .messages = 5,
    .change = write_three,
    .faults = { { MODEL_LIE, "APPEND *", "OK [APPENDUID 1000 8,6,7] stored" } },
    .check = sent_at_once },
  { .name = "several-and-one-uid-for-all",
    .capabilities = MULTI,
    .messages = 5,
    .change = write_three,
    .faults = { { MODEL_LIE, "APPEND *", "OK [APPENDUID 1000 6,6,6] stored" } },
    .check = sent_at_once },
};

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  hostile_add_cases ("/hostile/uploads", cases, G_N_ELEMENTS (cases));
  return g_test_run ();
}
