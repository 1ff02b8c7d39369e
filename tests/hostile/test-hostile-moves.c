/* Moves with servers that refuse them, lie about them, or break off (C1.3, C2.1, C4.2): what was moved here
 * is in its new mailbox and there only, once, whatever the server says; and its text goes up only where
 * nothing else helps. */
#include "hostile-case.h"
#include "hostile-edit.h"
#include "hostile-steps.h"

#define MOVE "UID MOVE 2 *"
#define LOOK_BEFORE "UID FETCH 2 (UID RFC822.SIZE INTERNALDATE)"
#define NO_UIDPLUS "SASL-IR AUTH=PLAIN LITERAL+ MOVE"

/* Work has one message, of UID 1; its UIDVALIDITY is 1001. */
static void
make_work (Hostile *hostile)
{
  model_store_add_mailbox (hostile->store, "Work", "");
  hostile_add_there (hostile, "Work", "w1", "");
}

static void
move_second (Hostile *hostile)
{
  hostile_move_here (hostile, "INBOX", 2, 2, "Work");
  hostile_expect_moved (hostile, "INBOX", 2, 2, "Work");
}

static void
move_and_flag_second (Hostile *hostile)
{
  move_second (hostile);
  hostile_flag_here (hostile, "Work", "m2", "FS");
}

static void
nothing_was_sent (Hostile *hostile)
{
  g_assert_cmpuint (model_server_count (hostile->server, "APPEND *"), ==, 0);
  g_assert_cmpuint (model_server_count (hostile->server, MOVE), ==, 1);
}

static void
it_was_sent (Hostile *hostile)
{
  g_assert_cmpuint (model_server_count (hostile->server, "APPEND *"), ==, 1);
  g_assert_cmpuint (model_server_count (hostile->server, MOVE), <=, 1);
}

/* After the link was lost: the message is in one of both mailboxes, and nowhere twice. */
static void
it_is_somewhere (Hostile *hostile)
{
  g_assert_cmpuint (model_server_count (hostile->server, "APPEND *"), ==, 0);
  g_assert_cmpuint (hostile_count_mark_there (hostile, "INBOX", "m2") +
                        hostile_count_mark_there (hostile, "Work", "m2"),
                    ==, 1);
}

static void
it_is_flagged (Hostile *hostile)
{
  g_autofree char *here = hostile_flags_here (hostile, "Work", "m2");

  g_assert_cmpstr (here, ==, "\\Flagged \\Seen");
}

static void
tell_no_copyuid (ModelTurn *turn)
{
  edit_drop_lines (turn, "COPYUID");
}

static void
tell_other_uidvalidity (ModelTurn *turn)
{
  edit_replace (turn, "[COPYUID 1001 ", "[COPYUID 4711 ");
}

static void
tell_known_uid (ModelTurn *turn)
{
  edit_replace (turn, " 2 2]", " 2 1]");
}

static void
tell_unknown_uid (ModelTurn *turn)
{
  edit_replace (turn, " 2 2]", " 2 4294967295]");
}

/* Another client puts a message into Work a moment before. */
static void
work_grows (ModelTurn *turn)
{
  g_autoptr (GBytes) body = hostile_body ("late", 0);

  model_mailbox_add (model_store_find (turn->store, "Work"), body, "", 1700000000);
}

static void
move_second_late_comes (Hostile *hostile)
{
  move_second (hostile);
  hostile_expect (hostile, "Work", "late", 1);
}

/* The server says that the other client's message is the one that was moved. */
static void
tell_uid_of_late (ModelTurn *turn)
{
  edit_replace (turn, " 2 3]", " 2 2]");
}

static void
expunge_second (ModelTurn *turn)
{
  model_mailbox_remove (turn->selected, 2);
}

static void
tell_other_size (ModelTurn *turn)
{
  edit_replace (turn, "RFC822.SIZE ", "RFC822.SIZE 9");
}

/* UID 2 is then a message that is in no place of the journal. */
static void
stranger_stays (Hostile *hostile)
{
  hostile_expect (hostile, "INBOX", "m2", 1);
  it_was_sent (hostile);
  g_assert_cmpuint (model_server_count (hostile->server, MODEL_REMOVES), ==, 0);
}

static void
let_it_go (Hostile *hostile)
{
  hostile_release (hostile);
}

static const HostileCase cases[] = {
  { .name = "honest",
    .prepare = make_work,
    .messages = 5,
    .change = move_and_flag_second,
    .check = nothing_was_sent,
    .may = HOSTILE_MAY_REMOVE_THERE,
    .finally = it_is_flagged },
  { .name = "refused",
    .prepare = make_work,
    .messages = 5,
    .change = move_second,
    .faults = { { MODEL_REFUSE, MOVE, "NO [NOPERM] you may not" } },
    .check = it_was_sent,
    .may = HOSTILE_MAY_REMOVE_THERE },
  { .name = "refused-and-the-upload-too",
    .prepare = make_work,
    .messages = 5,
    .change = move_second,
    .faults = { { MODEL_REFUSE, MOVE, "NO [TOOBIG] too big" },
                { MODEL_REFUSE, "APPEND *", "NO [TOOBIG] too big" } },
    .outcome = ENGINE_OUTCOME_LEFT,
    .says = "too big",
    .check = it_was_sent,
    .may = HOSTILE_MAY_REMOVE_THERE,
    .mend = let_it_go },
  { .name = "not-understood",
    .prepare = make_work,
    .messages = 5,
    .change = move_second,
    .faults = { { MODEL_REFUSE, MOVE, "BAD what" } },
    .check = it_was_sent,
    .may = HOSTILE_MAY_REMOVE_THERE },
  { .name = "not-carried-out",
    .prepare = make_work,
    .messages = 5,
    .change = move_second,
    .faults = { { MODEL_REFUSE, MOVE, "OK [COPYUID 1001 2 2] done" } },
    .check = it_was_sent,
    .may = HOSTILE_MAY_REMOVE_THERE },
  { .name = "carried-out-and-refused",
    .prepare = make_work,
    .messages = 5,
    .change = move_and_flag_second,
    .faults = { { MODEL_LIE, MOVE, "NO [OVERQUOTA] it did not fit" } },
    .check = nothing_was_sent,
    .may = HOSTILE_MAY_REMOVE_THERE,
    .finally = it_is_flagged },
  { .name = "cut-before",
    .prepare = make_work,
    .messages = 5,
    .change = move_and_flag_second,
    .faults = { { MODEL_CUT, MOVE } },
    .outcome = ENGINE_OUTCOME_OFFLINE,
    .check = it_is_somewhere,
    .may = HOSTILE_MAY_REMOVE_THERE,
    .finally = it_is_flagged },
  { .name = "cut-after",
    .prepare = make_work,
    .messages = 5,
    .change = move_and_flag_second,
    .faults = { { MODEL_CUT_AFTER, MOVE } },
    .outcome = ENGINE_OUTCOME_OFFLINE,
    .check = it_is_somewhere,
    .may = HOSTILE_MAY_REMOVE_THERE,
    .finally = it_is_flagged },
  { .name = "cut-at-the-look",
    .prepare = make_work,
    .messages = 5,
    .change = move_and_flag_second,
    .faults = { { MODEL_CUT, LOOK_BEFORE, .nth = 2 } },
    .outcome = ENGINE_OUTCOME_OFFLINE,
    .check = it_is_somewhere,
    .may = HOSTILE_MAY_REMOVE_THERE,
    .finally = it_is_flagged },
  { .name = "without-uidplus",
    .capabilities = NO_UIDPLUS,
    .prepare = make_work,
    .messages = 5,
    .change = move_and_flag_second,
    .check = nothing_was_sent,
    .may = HOSTILE_MAY_REMOVE_THERE,
    .finally = it_is_flagged },
  { .name = "no-copyuid",
    .prepare = make_work,
    .messages = 5,
    .change = move_and_flag_second,
    .faults = { { MODEL_EDIT, MOVE, .call = tell_no_copyuid } },
    .check = nothing_was_sent,
    .may = HOSTILE_MAY_REMOVE_THERE,
    .finally = it_is_flagged },
  { .name = "copyuid-of-another-uidvalidity",
    .prepare = make_work,
    .messages = 5,
    .change = move_second,
    .faults = { { MODEL_EDIT, MOVE, .call = tell_other_uidvalidity } },
    .check = nothing_was_sent,
    .may = HOSTILE_MAY_REMOVE_THERE },
  { .name = "copyuid-of-a-known-message",
    .prepare = make_work,
    .messages = 5,
    .change = move_second,
    .faults = { { MODEL_EDIT, MOVE, .call = tell_known_uid } },
    .check = nothing_was_sent,
    .may = HOSTILE_MAY_REMOVE_THERE },
  { .name = "copyuid-of-nothing",
    .prepare = make_work,
    .messages = 5,
    .change = move_second,
    .faults = { { MODEL_EDIT, MOVE, .call = tell_unknown_uid } },
    .check = nothing_was_sent,
    .may = HOSTILE_MAY_REMOVE_THERE },
  { .name = "copyuid-of-anothers-message",
    .prepare = make_work,
    .messages = 5,
    .change = move_second_late_comes,
    .faults = { { MODEL_BEFORE, MOVE, .call = work_grows }, { MODEL_EDIT, MOVE, .call = tell_uid_of_late } },
    .check = nothing_was_sent,
    .may = HOSTILE_MAY_REMOVE_THERE },
  { .name = "gone-a-moment-before",
    .prepare = make_work,
    .messages = 5,
    .change = move_second,
    .faults = { { MODEL_BEFORE, MOVE, .call = expunge_second } },
    .check = it_was_sent,
    .may = HOSTILE_MAY_REMOVE_THERE },
  { .name = "gone-before-the-look",
    .prepare = make_work,
    .messages = 5,
    .change = move_second,
    .faults = { { MODEL_BEFORE, LOOK_BEFORE, .call = expunge_second } },
    .check = it_was_sent,
    .may = HOSTILE_MAY_REMOVE_THERE },
  { .name = "another-message-under-its-uid",
    .prepare = make_work,
    .messages = 5,
    .change = move_second,
    .faults = { { MODEL_EDIT, LOOK_BEFORE, .nth = 1, .call = tell_other_size } },
    .says = "not the one that was deleted or moved here",
    .check = stranger_stays },
};

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  hostile_add_cases ("/hostile/moves", cases, G_N_ELEMENTS (cases));
  return g_test_run ();
}
