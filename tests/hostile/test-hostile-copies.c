/* Copies with servers that refuse them, lie about them or about what is the same, or break off (C2.1, C4.2,
 * C4.3): what was copied is where it was copied to, once, with its own content; and its text is sent or
 * fetched only where nothing else helps. */
#include "hostile-case.h"
#include "hostile-edit.h"
#include "hostile-steps.h"

#include <string.h>

#define BARE "SASL-IR AUTH=PLAIN LITERAL+"
#define GOOD BARE " UIDPLUS MOVE ESEARCH NAMESPACE UNSELECT SPECIAL-USE LIST-EXTENDED"
#define WITH_IDS GOOD " OBJECTID"
#define COPY "UID COPY 2 *"
#define VERIFY "UID FETCH 2 (UID RFC822.SIZE INTERNALDATE)"
#define BODIES "UID FETCH *BODY.PEEK[]*"
#define NAMES "UID FETCH *HEADER*"
#define LISTING "UID FETCH *EMAILID)"
#define NOW 1800000000

/* Work has one message, of UID 1; its UIDVALIDITY is 1001. */
static void
make_work (Hostile *hostile)
{
  model_store_add_mailbox (hostile->store, "Work", "");
  hostile_add_there (hostile, "Work", "w1", "");
}

static void
copy_there (Hostile *hostile, const char *mailbox)
{
  const ModelMessage *message = hostile_find_there (hostile, "INBOX", "m2");

  model_mailbox_add (model_store_add_mailbox (hostile->store, mailbox, ""), message->body, message->flags,
                     message->date);
  hostile_expect (hostile, mailbox, "m2", 1);
}

static void
second_is_copied_there (Hostile *hostile)
{
  copy_there (hostile, "Work");
}

static void
nothing_came (Hostile *hostile)
{
  g_assert_cmpuint (model_server_count (hostile->server, BODIES), ==, 0);
  g_assert_cmpuint (hostile_count_here (hostile, "Work", "m2"), ==, 1);
  g_assert_cmpuint (hostile_count_here (hostile, "INBOX", "m2"), ==, 1);
}

static void
its_id_was_enough (Hostile *hostile)
{
  nothing_came (hostile);
  g_assert_cmpuint (model_server_count (hostile->server, NAMES), ==, 0);
}

static void
it_came (Hostile *hostile)
{
  g_assert_cmpuint (model_server_count (hostile->server, BODIES), ==, 1);
}

/* Of the same length as m2's text, or not, and of a date of its own. */
static void
another_comes (Hostile *hostile)
{
  hostile_add_there (hostile, "Work", "x2", "");
}

static void
a_longer_one_comes (Hostile *hostile)
{
  g_autoptr (GBytes) body = hostile_body ("x2", 1000);
  const gint64 date = hostile_find_there (hostile, "INBOX", "m2")->date;

  model_mailbox_add (model_store_find (hostile->store, "Work"), body, "", date);
  hostile_expect (hostile, "Work", "x2", 1);
}

static void
another_of_its_date_comes (Hostile *hostile)
{
  g_autoptr (GBytes) body = hostile_body ("x2", 0);
  const gint64 date = hostile_find_there (hostile, "INBOX", "m2")->date;

  model_mailbox_add (model_store_find (hostile->store, "Work"), body, "", date);
  hostile_expect (hostile, "Work", "x2", 1);
}

/* One mail that came to two addresses at once: the same but for a header field. */
static void
its_twin_comes (Hostile *hostile)
{
  const ModelMessage *message = hostile_find_there (hostile, "INBOX", "m2");
  gsize length;
  const char *text = g_bytes_get_data (message->body, &length);
  g_autoptr (GString) twin = g_string_new_len (text, (gssize)length);
  g_autoptr (GBytes) body = NULL;

  g_string_replace (twin, "From: a@", "From: b@", 1);
  body = g_bytes_new (twin->str, twin->len);
  model_mailbox_add (model_store_find (hostile->store, "Work"), body, "", message->date);
  hostile_expect (hostile, "Work", "m2", 1);
}

static void
several_others_come (Hostile *hostile)
{
  hostile_add_there (hostile, "Work", "x2", "");
  hostile_add_there (hostile, "INBOX", "x3", "");
  hostile_add_there (hostile, "Work", "x4", "");
}

static void
all_came (Hostile *hostile)
{
  g_assert_cmpuint (hostile_count_here (hostile, "Work", "x2"), ==, 1);
  g_assert_cmpuint (hostile_count_here (hostile, "INBOX", "x3"), ==, 1);
  g_assert_cmpuint (hostile_count_here (hostile, "Work", "x4"), ==, 1);
}

/* Of every message that is told: that of m2. */
static void
tell_id_of_second (ModelTurn *turn)
{
  g_autoptr (GBytes) body = hostile_body ("m2", 0);
  g_autofree char *digest = g_compute_checksum_for_bytes (G_CHECKSUM_SHA256, body);
  g_autofree char *id = g_strdup_printf ("EMAILID (M%.16s)", digest);
  g_autoptr (GRegex) any = g_regex_new ("EMAILID \\(M[0-9a-f]*\\)", 0, 0, NULL);
  g_autofree char *told = g_regex_replace_literal (any, turn->untagged->str, -1, 0, id, 0, NULL);

  g_string_assign (turn->untagged, told);
}

static void
replace_ids (ModelTurn *turn, const char *by)
{
  g_autoptr (GRegex) any = g_regex_new (" EMAILID \\(M[0-9a-f]*\\)", 0, 0, NULL);
  g_autofree char *told = g_regex_replace_literal (any, turn->untagged->str, -1, 0, by, 0, NULL);

  g_string_assign (turn->untagged, told);
}

static void
tell_no_id (ModelTurn *turn)
{
  replace_ids (turn, "");
}

static void
tell_nil (ModelTurn *turn)
{
  replace_ids (turn, " EMAILID NIL");
}

/* In two mailboxes at once. */
static void
a_new_one_comes_twice (Hostile *hostile)
{
  g_autoptr (GBytes) body = hostile_body ("n1", 0);

  model_mailbox_add (model_store_find (hostile->store, "INBOX"), body, "", NOW);
  model_mailbox_add (model_store_find (hostile->store, "Work"), body, "\\Seen", NOW);
  hostile_expect (hostile, "INBOX", "n1", 1);
  hostile_expect (hostile, "Work", "n1", 1);
}

static void
it_came_once (Hostile *hostile)
{
  g_assert_cmpuint (model_server_count (hostile->server, BODIES), ==, 1);
  g_assert_cmpuint (hostile_count_here (hostile, "INBOX", "n1"), ==, 1);
  g_assert_cmpuint (hostile_count_here (hostile, "Work", "n1"), ==, 1);
}

static void
it_came_from_work (Hostile *hostile)
{
  g_assert_cmpuint (hostile_count_here (hostile, "INBOX", "n1"), ==, 0);
  g_assert_cmpuint (hostile_count_here (hostile, "Work", "n1"), ==, 1);
}

static void
make_directory_here (Hostile *hostile, const char *mailbox)
{
  g_assert_cmpuint (hostile_count_here (hostile, mailbox, NULL), >, 0);
}

/* Written anew, by a client that gives it a name and a date of its own. */
static void
copy_here (Hostile *hostile, const char *mailbox, const char *base, const char *letters)
{
  g_autoptr (GBytes) body = hostile_body ("m2", 0);

  make_directory_here (hostile, mailbox);
  local_write (hostile->account.maildir, mailbox, base, letters, body, NOW);
  hostile_expect (hostile, mailbox, "m2", 1);
}

static void
second_is_copied_here (Hostile *hostile)
{
  copy_here (hostile, "Work", "1800000000.copy", "S");
}

static void
second_is_copied_here_and_flagged (Hostile *hostile)
{
  copy_here (hostile, "Work", "1800000000.copy", "FS");
}

static void
second_is_copied_here_twice (Hostile *hostile)
{
  copy_here (hostile, "Work", "1800000000.copy", "FS");
  copy_here (hostile, "Work", "1800000001.copy", "S");
  copy_here (hostile, "INBOX", "1800000002.copy", "S");
}

static void
it_is_flagged (Hostile *hostile)
{
  g_autofree char *here = hostile_flags_here (hostile, "Work", "m2");

  g_assert_cmpstr (here, ==, "\\Flagged \\Seen");
}

static void
nothing_went_up (Hostile *hostile)
{
  g_assert_cmpuint (model_server_count (hostile->server, "APPEND *"), ==, 0);
  g_assert_cmpuint (model_server_count (hostile->server, COPY), >, 0);
}

static void
it_went_up (Hostile *hostile)
{
  g_assert_cmpuint (model_server_count (hostile->server, "APPEND *"), ==, 1);
  g_assert_cmpuint (model_server_count (hostile->server, COPY), <=, 1);
}

static void
tell_no_copyuid (ModelTurn *turn)
{
  g_string_assign (turn->tagged, "OK done");
}

static void
tell_other_uidvalidity (ModelTurn *turn)
{
  g_string_replace (turn->tagged, "[COPYUID 1001 ", "[COPYUID 4711 ", 0);
}

static void
tell_known_uid (ModelTurn *turn)
{
  g_string_replace (turn->tagged, " 2 2]", " 2 1]", 0);
}

static void
tell_unknown_uid (ModelTurn *turn)
{
  g_string_replace (turn->tagged, " 2 2]", " 2 4294967295]", 0);
}

static void
expunge_second (ModelTurn *turn)
{
  model_mailbox_remove (turn->selected, 2);
}

static void
second_is_copied_here_and_goes (Hostile *hostile)
{
  second_is_copied_here (hostile);
  hostile_expect (hostile, "INBOX", "m2", -1);
}

static void
tell_other_size (ModelTurn *turn)
{
  edit_replace (turn, "RFC822.SIZE ", "RFC822.SIZE 9");
}

/* Another client puts a message into Work a moment before. */
static void
work_grows (ModelTurn *turn)
{
  g_autoptr (GBytes) body = hostile_body ("late", 0);

  model_mailbox_add (model_store_find (turn->store, "Work"), body, "", 1700000000);
}

static void
second_is_copied_here_late_comes (Hostile *hostile)
{
  second_is_copied_here (hostile);
  hostile_expect (hostile, "Work", "late", 1);
}

/* Another program writes into the copy a moment before. */
static void
its_copy_is_edited (ModelTurn *turn)
{
  hostile_overwrite_here (turn->store->user_data, "Work", "m2", 800);
}

static void
tell_uid_of_late (ModelTurn *turn)
{
  g_string_assign (turn->tagged, "OK [COPYUID 1001 2 2] done");
}

#define THERE .prepare = make_work, .messages = 5
#define IDS .capabilities = WITH_IDS, THERE
#define HERE .prepare = make_work, .messages = 5

static const HostileCase cases[] = {
  { .name = "there/honest", THERE, .change = second_is_copied_there, .check = nothing_came },
  { .name = "there/with-ids", IDS, .change = second_is_copied_there, .check = its_id_was_enough },
  { .name = "there/id-not-told",
    IDS,
    .change = second_is_copied_there,
    .faults = { { MODEL_EDIT, LISTING, .call = tell_no_id } },
    .check = nothing_came },
  { .name = "there/id-nil",
    IDS,
    .change = second_is_copied_there,
    .faults = { { MODEL_EDIT, LISTING, .call = tell_nil } },
    .check = nothing_came },
  { .name = "there/ids-refused",
    IDS,
    .change = second_is_copied_there,
    .faults = { { MODEL_REFUSE, LISTING, "BAD EMAILID?" } },
    .check = nothing_came },
  { .name = "there/another-of-its-size-and-date",
    THERE,
    .change = another_of_its_date_comes,
    .check = it_came },
  { .name = "there/its-twin", THERE, .change = its_twin_comes, .check = it_came },
  { .name = "there/its-id-and-size-and-another-date",
    IDS,
    .change = another_comes,
    .faults = { { MODEL_EDIT, LISTING, .call = tell_id_of_second } },
    .check = it_came },
  { .name = "there/its-id-and-date-and-another-size",
    IDS,
    .change = a_longer_one_comes,
    .faults = { { MODEL_EDIT, LISTING, .call = tell_id_of_second } },
    .check = it_came },
  { .name = "there/another-id-of-its-size-and-date",
    IDS,
    .change = another_of_its_date_comes,
    .check = it_came },
  { .name = "there/one-id-for-all",
    IDS,
    .change = several_others_come,
    .faults = { { MODEL_EDIT, LISTING, .call = tell_id_of_second } },
    .check = all_came },
  { .name = "there/names-refused",
    THERE,
    .change = second_is_copied_there,
    .faults = { { MODEL_REFUSE, NAMES, "NO [UNAVAILABLE] not now" } },
    .check = it_came },
  { .name = "there/twice-at-once", IDS, .change = a_new_one_comes_twice, .check = it_came_once },
  { .name = "there/twice-at-once-and-the-first-does-not-come",
    IDS,
    .change = a_new_one_comes_twice,
    .faults = { { MODEL_REPLACE, BODIES, "", .nth = 1 }, { MODEL_REPLACE, BODIES, "", .nth = 2 } },
    .outcome = ENGINE_OUTCOME_LEFT,
    .says = "does not give its text",
    .check = it_came_from_work },
  { .name = "there/twice-at-once-and-cut",
    IDS,
    .change = a_new_one_comes_twice,
    .faults = { { MODEL_CUT_INSIDE, BODIES } },
    .outcome = ENGINE_OUTCOME_OFFLINE },

  { .name = "here/honest",
    HERE,
    .change = second_is_copied_here_and_flagged,
    .check = nothing_went_up,
    .finally = it_is_flagged },
  { .name = "here/several-times", HERE, .change = second_is_copied_here_twice, .check = nothing_went_up },
  { .name = "here/with-ids", IDS, .change = second_is_copied_here, .check = nothing_went_up },
  { .name = "here/without-uidplus",
    .capabilities = BARE,
    HERE,
    .change = second_is_copied_here_and_flagged,
    .check = nothing_went_up,
    .finally = it_is_flagged },
  { .name = "here/refused",
    HERE,
    .change = second_is_copied_here,
    .faults = { { MODEL_REFUSE, COPY, "NO [TRYCREATE] what" } },
    .check = it_went_up },
  { .name = "here/refused-and-the-upload-too",
    HERE,
    .change = second_is_copied_here,
    .faults = { { MODEL_REFUSE, COPY, "NO [TOOBIG] too big" },
                { MODEL_REFUSE, "APPEND *", "NO [TOOBIG] too big" } },
    .outcome = ENGINE_OUTCOME_LEFT,
    .says = "too big",
    .check = it_went_up,
    .mend = hostile_release },
  { .name = "here/not-understood",
    HERE,
    .change = second_is_copied_here,
    .faults = { { MODEL_REFUSE, COPY, "BAD what" } },
    .check = it_went_up },
  { .name = "here/not-carried-out",
    HERE,
    .change = second_is_copied_here,
    .faults = { { MODEL_REFUSE, COPY, "OK [COPYUID 1001 2 2] done" } },
    .check = it_went_up },
  { .name = "here/not-carried-out-and-nothing-told",
    HERE,
    .change = second_is_copied_here,
    .faults = { { MODEL_REFUSE, COPY, "OK done" } },
    .check = it_went_up },
  { .name = "here/carried-out-and-refused",
    HERE,
    .change = second_is_copied_here_and_flagged,
    .faults = { { MODEL_LIE, COPY, "NO [OVERQUOTA] it did not fit" } },
    .check = nothing_went_up,
    .finally = it_is_flagged },
  { .name = "here/no-copyuid",
    HERE,
    .change = second_is_copied_here,
    .faults = { { MODEL_EDIT, COPY, .call = tell_no_copyuid } },
    .check = nothing_went_up },
  { .name = "here/copyuid-of-another-uidvalidity",
    HERE,
    .change = second_is_copied_here,
    .faults = { { MODEL_EDIT, COPY, .call = tell_other_uidvalidity } },
    .check = nothing_went_up },
  { .name = "here/copyuid-of-a-known-message",
    HERE,
    .change = second_is_copied_here,
    .faults = { { MODEL_EDIT, COPY, .call = tell_known_uid } },
    .check = nothing_went_up },
  { .name = "here/copyuid-of-nothing",
    HERE,
    .change = second_is_copied_here,
    .faults = { { MODEL_EDIT, COPY, .call = tell_unknown_uid } },
    .check = nothing_went_up },
  { .name = "here/copyuid-of-anothers-message",
    HERE,
    .change = second_is_copied_here_late_comes,
    .faults = { { MODEL_BEFORE, COPY, .call = work_grows }, { MODEL_EDIT, COPY, .call = tell_uid_of_late } },
    .check = nothing_went_up },
  { .name = "here/edited-meanwhile",
    HERE,
    .change = second_is_copied_here,
    .faults = { { MODEL_BEFORE, COPY, .call = its_copy_is_edited }, { MODEL_CUT, "UID FETCH 1:2 *" } },
    .outcome = ENGINE_OUTCOME_OFFLINE,
    .check = nothing_went_up },
  { .name = "here/gone-before-the-look",
    HERE,
    .change = second_is_copied_here_and_goes,
    .faults = { { MODEL_BEFORE, VERIFY, .call = expunge_second } },
    .check = it_went_up,
    .may = HOSTILE_MAY_REMOVE_HERE },
  { .name = "here/gone-a-moment-before",
    HERE,
    .change = second_is_copied_here_and_goes,
    .faults = { { MODEL_BEFORE, COPY, .call = expunge_second } },
    .check = it_went_up,
    .may = HOSTILE_MAY_REMOVE_HERE },
  { .name = "here/another-message-under-its-uid",
    HERE,
    .change = second_is_copied_here,
    .faults = { { MODEL_EDIT, VERIFY, .call = tell_other_size } },
    .check = it_went_up },
  { .name = "here/cut-before",
    HERE,
    .change = second_is_copied_here,
    .faults = { { MODEL_CUT, COPY } },
    .outcome = ENGINE_OUTCOME_OFFLINE },
  { .name = "here/cut-after",
    HERE,
    .change = second_is_copied_here_and_flagged,
    .faults = { { MODEL_CUT_AFTER, COPY } },
    .outcome = ENGINE_OUTCOME_OFFLINE,
    .finally = it_is_flagged },
};

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  hostile_add_cases ("/hostile/copies", cases, G_N_ELEMENTS (cases));
  return g_test_run ();
}
