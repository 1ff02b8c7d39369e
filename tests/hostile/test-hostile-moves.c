/* Moves with servers that refuse them, lie about them, or break off (C1.3, C2.1, C4.2): what was moved here
 * is in its new mailbox and there only, once, whatever the server says; and its text goes up only where
 * nothing else helps. */
#include "hostile-case.h"
#include "hostile-edit.h"
#include "hostile-steps.h"

#include <glib/gstdio.h>
#include <string.h>

#define MOVE "UID MOVE 2 *"
#define COPY "UID COPY 2 *"
#define BARE "SASL-IR AUTH=PLAIN LITERAL+"
#define WITHOUT_MOVE BARE " UIDPLUS ESEARCH NAMESPACE UNSELECT SPECIAL-USE LIST-EXTENDED"
#define LOOK_BEFORE "UID FETCH 2 (UID RFC822.SIZE INTERNALDATE)"
#define NO_UIDPLUS BARE " MOVE"

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
nothing_went_up (Hostile *hostile)
{
  g_assert_cmpuint (model_server_count (hostile->server, "APPEND *"), ==, 0);
  g_assert_cmpuint (model_server_count (hostile->server, COPY), ==, 1);
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
tell_uid_of_late_copy (ModelTurn *turn)
{
  g_string_assign (turn->tagged, "OK [COPYUID 1001 2 2] done");
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

#define BODIES "UID FETCH *BODY.PEEK[]*"
#define NAMES "UID FETCH *HEADER*"

static void
move_there (Hostile *hostile, const char *mark)
{
  const ModelMessage *message = hostile_find_there (hostile, "INBOX", mark);

  model_mailbox_add (model_store_find (hostile->store, "Work"), message->body, message->flags, message->date);
  hostile_expunge_there (hostile, "INBOX", mark);
  hostile_expect (hostile, "Work", mark, 1);
}

static void
second_moves_there (Hostile *hostile)
{
  move_there (hostile, "m2");
}

/* Far beyond what would be held (C1.4). */
static void
all_move_there (Hostile *hostile)
{
  for (guint i = 1; i <= 20; i++)
    {
      g_autofree char *mark = g_strdup_printf ("m%u", i);

      move_there (hostile, mark);
    }
}

/* The file in Work has the name that the one which comes has. */
static void
second_moves_there_its_name_is_taken (Hostile *hostile)
{
  g_autofree char *file = hostile_file_here (hostile, "INBOX", "m2");
  g_autofree char *other = hostile_file_here (hostile, "Work", "w1");
  g_autofree char *name = g_path_get_basename (file);
  g_autofree char *directory = g_path_get_dirname (other);
  g_autofree char *taken = g_build_filename (directory, name, NULL);

  g_assert_cmpint (g_rename (other, taken), ==, 0);
  move_there (hostile, "m2");
}

static void
second_comes_there_twice (Hostile *hostile)
{
  const ModelMessage *message = hostile_find_there (hostile, "INBOX", "m2");

  model_mailbox_add (model_store_find (hostile->store, "Work"), message->body, "", message->date);
  hostile_expect (hostile, "Work", "m2", 1);
  move_there (hostile, "m2");
}

/* Of the same size and date, and called otherwise. */
static void
another_comes_for_second (Hostile *hostile)
{
  g_autoptr (GBytes) body = hostile_body ("x2", 0);
  gint64 date = hostile_find_there (hostile, "INBOX", "m2")->date;

  hostile_expunge_there (hostile, "INBOX", "m2");
  model_mailbox_add (model_store_find (hostile->store, "Work"), body, "", date);
  hostile_expect (hostile, "Work", "x2", 1);
}

static void
nothing_came (Hostile *hostile)
{
  g_assert_cmpuint (model_server_count (hostile->server, BODIES), ==, 0);
  g_assert_cmpuint (hostile_count_here (hostile, "Work", "m2"), ==, 1);
  g_assert_cmpuint (hostile_count_here (hostile, "INBOX", "m2"), ==, 0);
}

static void
nothing_came_at_all (Hostile *hostile)
{
  g_assert_cmpuint (model_server_count (hostile->server, BODIES), ==, 0);
  g_assert_cmpuint (hostile_count_here (hostile, "Work", "m2"), ==, 2);
}

static void
it_came (Hostile *hostile)
{
  g_assert_cmpuint (model_server_count (hostile->server, BODIES), ==, 1);
}

static void
it_is_still_here (Hostile *hostile)
{
  g_assert_cmpuint (hostile_count_here (hostile, "INBOX", "m2"), ==, 1);
}

static void
find_second (ModelTurn *turn)
{
  edit_search_result (turn, "2");
}

#define COPIES                                                                                               \
  .capabilities = WITHOUT_MOVE, .prepare = make_work, .messages = 5, .may = HOSTILE_MAY_REMOVE_THERE

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
  { .name = "copy/honest",
    COPIES,
    .change = move_and_flag_second,
    .check = nothing_went_up,
    .finally = it_is_flagged },
  { .name = "copy/without-uidplus",
    .capabilities = BARE,
    .prepare = make_work,
    .messages = 5,
    .may = HOSTILE_MAY_REMOVE_THERE,
    .change = move_and_flag_second,
    .check = nothing_went_up,
    .finally = it_is_flagged },
  { .name = "copy/refused",
    COPIES,
    .change = move_second,
    .faults = { { MODEL_REFUSE, COPY, "NO [NOPERM] you may not" } },
    .check = it_was_sent },
  { .name = "copy/not-carried-out",
    COPIES,
    .change = move_second,
    .faults = { { MODEL_REFUSE, COPY, "OK [COPYUID 1001 2 2] done" } },
    .check = it_was_sent },
  { .name = "copy/carried-out-and-refused",
    COPIES,
    .change = move_and_flag_second,
    .faults = { { MODEL_LIE, COPY, "NO [OVERQUOTA] it did not fit" } },
    .check = nothing_went_up,
    .finally = it_is_flagged },
  { .name = "copy/cut-before",
    COPIES,
    .change = move_and_flag_second,
    .faults = { { MODEL_CUT, COPY } },
    .outcome = ENGINE_OUTCOME_OFFLINE,
    .finally = it_is_flagged },
  { .name = "copy/cut-after",
    COPIES,
    .change = move_and_flag_second,
    .faults = { { MODEL_CUT_AFTER, COPY } },
    .outcome = ENGINE_OUTCOME_OFFLINE,
    .finally = it_is_flagged },
  { .name = "copy/cut-before-the-source-goes",
    COPIES,
    .change = move_and_flag_second,
    .faults = { { MODEL_CUT, "UID EXPUNGE *" } },
    .outcome = ENGINE_OUTCOME_OFFLINE,
    .finally = it_is_flagged },
  { .name = "copy/the-source-can-not-go",
    COPIES,
    .change = move_second,
    .faults = { { MODEL_REFUSE, "UID EXPUNGE *", "NO [UNAVAILABLE] not now" } },
    .outcome = ENGINE_OUTCOME_LEFT,
    .says = "not now",
    .check = nothing_went_up },
  { .name = "copy/copyuid-of-anothers-message",
    COPIES,
    .change = move_second_late_comes,
    .faults = { { MODEL_BEFORE, COPY, .call = work_grows },
                { MODEL_EDIT, COPY, .call = tell_uid_of_late_copy } },
    .check = nothing_went_up },
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

  { .name = "there/honest",
    .prepare = make_work,
    .messages = 5,
    .change = second_moves_there,
    .check = nothing_came,
    .may = HOSTILE_MAY_REMOVE_HERE },
  { .name = "there/many",
    .prepare = make_work,
    .messages = 20,
    .change = all_move_there,
    .check = nothing_came,
    .may = HOSTILE_MAY_REMOVE_HERE },
  { .name = "there/its-name-is-taken",
    .prepare = make_work,
    .messages = 5,
    .change = second_moves_there_its_name_is_taken,
    .check = nothing_came,
    .may = HOSTILE_MAY_REMOVE_HERE },
  { .name = "there/twice",
    .prepare = make_work,
    .messages = 5,
    .change = second_comes_there_twice,
    .check = nothing_came_at_all,
    .may = HOSTILE_MAY_REMOVE_HERE },
  { .name = "there/another-of-its-size-and-date",
    .prepare = make_work,
    .messages = 5,
    .change = another_comes_for_second,
    .check = it_came,
    .may = HOSTILE_MAY_REMOVE_HERE },
  { .name = "there/not-confirmed",
    .prepare = make_work,
    .messages = 5,
    .change = second_moves_there,
    .faults = { { MODEL_EDIT, "UID SEARCH *UID 2", .call = find_second } },
    .outcome = ENGINE_OUTCOME_LEFT,
    .check = it_is_still_here },
  { .name = "there/names-not-told",
    .prepare = make_work,
    .messages = 5,
    .change = second_moves_there,
    .faults = { { MODEL_REPLACE, NAMES, "" } },
    .check = it_came,
    .may = HOSTILE_MAY_REMOVE_HERE },
  { .name = "there/names-refused",
    .prepare = make_work,
    .messages = 5,
    .change = second_moves_there,
    .faults = { { MODEL_REFUSE, NAMES, "NO [UNAVAILABLE] not now" } },
    .check = it_came,
    .may = HOSTILE_MAY_REMOVE_HERE },
  { .name = "there/cut-at-the-names",
    .prepare = make_work,
    .messages = 5,
    .change = second_moves_there,
    .faults = { { MODEL_CUT_INSIDE, NAMES } },
    .outcome = ENGINE_OUTCOME_OFFLINE,
    .check = it_is_still_here },
};

/* C9: a dry run tells moves as moves, and changes nothing. */
static void
test_explained (void)
{
  Hostile *hostile = hostile_new (NULL);

  hostile_add_many_there (hostile, "INBOX", 5);
  make_work (hostile);
  hostile_expect_sync (hostile, ENGINE_OUTCOME_EQUAL, NULL);
  move_second (hostile);
  move_there (hostile, "m4");
  hostile_explain (hostile);
  g_assert_nonnull (
      strstr (hostile->said->str, "“m2” would be moved on the server: it was moved here, to Work"));
  g_assert_nonnull (
      strstr (hostile->said->str, "“m4” would be moved here: it was moved on the server, to Work"));
  g_assert_null (strstr (hostile->said->str, "loaded"));
  hostile_assert_none_removed (hostile);
  hostile_expect_sync (hostile, ENGINE_OUTCOME_EQUAL, "1 message moved on the server, 1 message moved here");
  hostile_assert_equal (hostile, FALSE);
  hostile_free (hostile);
}

/* C5.1: with no connection the queue holds it as what it is. */
static void
test_queued (void)
{
  static const ModelFault faults[] = { { MODEL_BYE, "GREETING", "not now" }, { MODEL_FAULTS_END } };
  Hostile *hostile = hostile_new (NULL);

  hostile_add_many_there (hostile, "INBOX", 5);
  make_work (hostile);
  hostile_expect_sync (hostile, ENGINE_OUTCOME_EQUAL, NULL);
  move_second (hostile);
  model_server_set_faults (hostile->server, faults);
  hostile_expect_sync (hostile, ENGINE_OUTCOME_OFFLINE, "1 change made here queued");
  hostile_status (hostile);
  g_assert_nonnull (strstr (hostile->said->str, "queued for the server: 1 message to move"));
  model_server_set_faults (hostile->server, NULL);
  hostile_expect_sync (hostile, ENGINE_OUTCOME_EQUAL, "1 message moved on the server");
  hostile_assert_equal (hostile, FALSE);
  hostile_free (hostile);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/hostile/moves/explained", test_explained);
  g_test_add_func ("/hostile/moves/queued", test_queued);
  hostile_add_cases ("/hostile/moves", cases, G_N_ELEMENTS (cases));
  return g_test_run ();
}
