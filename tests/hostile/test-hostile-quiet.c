/* Servers whose HIGHESTMODSEQ, or what they say of changes, is not to be trusted: mailboxes that are left
 * closed, and those of which only changes are asked for, miss nothing (C1.2, C9). */
#include "hostile-case.h"
#include "hostile-edit.h"
#include "journal/journal.h"

#include <string.h>

#define CAPABILITIES                                                                                         \
  "SASL-IR AUTH=PLAIN LITERAL+ UIDPLUS MOVE ESEARCH NAMESPACE UNSELECT SPECIAL-USE CONDSTORE"
#define CHANGES "UID FETCH * (UID FLAGS) (CHANGEDSINCE *"
#define OPENED "SELECT *"

/* The first run after a change sees times of directories that are too fresh to vouch for anything. */
static void
become_quiet (Hostile *hostile)
{
  do
    g_assert_cmpint (hostile_sync (hostile), ==, ENGINE_OUTCOME_EQUAL);
  while (model_server_count (hostile->server, OPENED) > 0);
}

static void
flag_there (Hostile *hostile, const char *mark, const char *flags)
{
  model_message_change_flags (model_store_find (hostile->store, "INBOX"),
                              hostile_find_there (hostile, "INBOX", mark), '=', flags);
}

static void
expect_flags_here (Hostile *hostile, const char *mark, const char *flags)
{
  g_autofree char *here = hostile_flags_here (hostile, "INBOX", mark);

  g_assert_cmpstr (here, ==, flags);
}

static void
flag_second (Hostile *hostile)
{
  become_quiet (hostile);
  flag_there (hostile, "m2", "\\Flagged");
}

static void
second_is_flagged (Hostile *hostile)
{
  expect_flags_here (hostile, "m2", "\\Flagged");
}

static void
change_all (Hostile *hostile)
{
  become_quiet (hostile);
  flag_there (hostile, "m2", "\\Flagged");
  hostile_expunge_there (hostile, "INBOX", "m3");
  hostile_add_there (hostile, "INBOX", "new", "\\Seen");
}

static void
all_is_changed (Hostile *hostile)
{
  second_is_flagged (hostile);
  expect_flags_here (hostile, "new", "\\Seen");
  g_assert_cmpuint (hostile_count_here (hostile, "INBOX", "m3"), ==, 0);
}

static void
add_one (Hostile *hostile)
{
  become_quiet (hostile);
  hostile_add_there (hostile, "INBOX", "new", "");
}

static void
expunge_second (Hostile *hostile)
{
  become_quiet (hostile);
  hostile_expunge_there (hostile, "INBOX", "m2");
}

/* Of five messages in INBOX, added one after the other. */
static void
stand_still (ModelTurn *turn)
{
  edit_replace (turn, "HIGHESTMODSEQ 7", "HIGHESTMODSEQ 6");
}

/* It has taken note, and what came afterwards is found without HIGHESTMODSEQ. */
static void
one_more (Hostile *hostile)
{
  hostile_add_there (hostile, "INBOX", "newer", "");
  g_assert_cmpint (hostile_sync (hostile), ==, ENGINE_OUTCOME_EQUAL);
  g_assert_cmpuint (hostile_count_here (hostile, "INBOX", "newer"), ==, 1);
}

static void
drop_modseq (ModelTurn *turn)
{
  edit_drop_lines (turn, "HIGHESTMODSEQ");
}

/* The server forgot what belongs to its MODSEQs. */
static void
fall (Hostile *hostile)
{
  become_quiet (hostile);
  model_store_find (hostile->store, "INBOX")->highestmodseq = 2;
}

/* UIDs are given again: the same numbers for other messages. */
static void
renumber (Hostile *hostile)
{
  ModelMailbox *inbox = model_store_find (hostile->store, "INBOX");

  become_quiet (hostile);
  inbox->uidvalidity += 7;
  for (guint i = 0; i < inbox->messages->len / 2; i++)
    {
      ModelMessage *left = g_ptr_array_index (inbox->messages, i);
      ModelMessage *right = g_ptr_array_index (inbox->messages, inbox->messages->len - 1 - i);
      ModelMessage swap = *left;

      *left = *right;
      *right = swap;
      right->uid = left->uid;
      left->uid = swap.uid;
    }
}

/* Another client's expunge, seen first when the changes are asked for. */
static void
expunge_third (ModelTurn *turn)
{
  model_mailbox_remove (turn->selected, 3);
}

static void
flag_second_lose_third (Hostile *hostile)
{
  flag_second (hostile);
  hostile_expect (hostile, "INBOX", "m3", -1);
}

static void
find_without_third (ModelTurn *turn)
{
  edit_search_result (turn, "1:2,4:5");
}

static void
third_is_here (Hostile *hostile)
{
  g_assert_cmpuint (hostile_count_here (hostile, "INBOX", "m3"), ==, 1);
}

static void
hide_second (ModelTurn *turn)
{
  edit_drop_lines (turn, "UID 2 ");
}

static void
hide_last (ModelTurn *turn)
{
  edit_drop_lines (turn, "UID 6 ");
}

/* Another client is at work while what was found first is carried over. */
static void
flag_fourth (ModelTurn *turn)
{
  ModelMessage *message = model_mailbox_find (turn->selected, 4);

  model_message_change_flags (turn->selected, message, '=', "\\Seen");
}

static void
both_are_flagged (Hostile *hostile)
{
  second_is_flagged (hostile);
  expect_flags_here (hostile, "m4", "\\Seen");
}

static const HostileCase cases[] = {
  { .name = "flags-changed",
    .change = flag_second,
    .outcome = ENGINE_OUTCOME_EQUAL,
    .check = second_is_flagged },
  { .name = "all-changed",
    .change = change_all,
    .outcome = ENGINE_OUTCOME_EQUAL,
    .may = HOSTILE_MAY_REMOVE_HERE,
    .check = all_is_changed },
  { .name = "one-came-and-modseq-stands-still",
    .change = add_one,
    .faults = { { MODEL_EDIT, "STATUS *INBOX*", .call = stand_still } },
    .outcome = ENGINE_OUTCOME_EQUAL,
    .says = "stood still",
    .check = one_more },
  { .name = "one-went-and-modseq-stands-still",
    .change = expunge_second,
    .faults = { { MODEL_EDIT, "STATUS *INBOX*", .call = stand_still } },
    .outcome = ENGINE_OUTCOME_EQUAL,
    .says = "stood still",
    .may = HOSTILE_MAY_REMOVE_HERE,
    .check = one_more },
  { .name = "status-refused",
    .change = flag_second,
    .faults = { { MODEL_REFUSE, "STATUS *INBOX*", "NO [UNAVAILABLE] not now" } },
    .outcome = ENGINE_OUTCOME_EQUAL,
    .check = second_is_flagged },
  { .name = "changes-refused",
    .change = change_all,
    .faults = { { MODEL_REFUSE, CHANGES, "BAD no such thing" } },
    .outcome = ENGINE_OUTCOME_EQUAL,
    .may = HOSTILE_MAY_REMOVE_HERE,
    .check = all_is_changed },
  { .name = "search-for-what-is-left-refused",
    .change = change_all,
    .faults = { { MODEL_REFUSE, "UID SEARCH *ALL", "NO not now" } },
    .outcome = ENGINE_OUTCOME_EQUAL,
    .may = HOSTILE_MAY_REMOVE_HERE,
    .check = all_is_changed },
  { .name = "new-one-not-told-of",
    .change = add_one,
    .faults = { { MODEL_EDIT, CHANGES, .call = hide_last },
                { MODEL_EDIT, "UID FETCH 6:* *", .nth = 1, .call = hide_last } },
    .outcome = ENGINE_OUTCOME_EQUAL },
  { .name = "expunged-while-changes-are-asked-for",
    .change = flag_second_lose_third,
    .faults = { { MODEL_BEFORE, CHANGES, .nth = 1, .call = expunge_third } },
    .outcome = ENGINE_OUTCOME_EQUAL,
    .may = HOSTILE_MAY_REMOVE_HERE,
    .check = second_is_flagged },
  { .name = "search-leaves-one-out",
    .change = expunge_second,
    .faults = { { MODEL_EDIT, "UID SEARCH *ALL", .call = find_without_third } },
    .outcome = ENGINE_OUTCOME_LEFT,
    .may = HOSTILE_MAY_REMOVE_HERE,
    .check = third_is_here },
  { .name = "flags-changed-between-two-looks",
    .change = flag_second,
    .faults = { { MODEL_BEFORE, CHANGES, .nth = 2, .call = flag_fourth } },
    .outcome = ENGINE_OUTCOME_EQUAL,
    .check = both_are_flagged },
  { .name = "expunged-between-two-looks",
    .change = flag_second_lose_third,
    .faults = { { MODEL_BEFORE, CHANGES, .nth = 2, .call = expunge_third } },
    .outcome = ENGINE_OUTCOME_EQUAL,
    .may = HOSTILE_MAY_REMOVE_HERE,
    .check = second_is_flagged },
  { .name = "second-look-refused",
    .change = change_all,
    .faults = { { MODEL_REFUSE, CHANGES, "NO not now", .nth = 2 } },
    .outcome = ENGINE_OUTCOME_EQUAL,
    .may = HOSTILE_MAY_REMOVE_HERE,
    .check = all_is_changed },
  { .name = "no-modseq-any-more",
    .change = flag_second,
    .faults = { { MODEL_EDIT, "SELECT *", .call = drop_modseq } },
    .outcome = ENGINE_OUTCOME_EQUAL,
    .check = second_is_flagged },
  { .name = "modseq-fell", .change = fall, .outcome = ENGINE_OUTCOME_EQUAL, .says = "HIGHESTMODSEQ fell" },
  { .name = "uidvalidity-changed-while-quiet",
    .change = renumber,
    .outcome = ENGINE_OUTCOME_EQUAL,
    .says = "reset UIDVALIDITY" },
};

static void
changed_unsearched (Hostile *hostile)
{
  all_is_changed (hostile);
  g_assert_cmpuint (model_server_count (hostile->server, "UID SEARCH *ALL"), ==, 0);
}

static void
changed_searched (Hostile *hostile)
{
  all_is_changed (hostile);
  g_assert_cmpuint (model_server_count (hostile->server, "UID SEARCH *ALL"), ==, 1);
}

static void
forget_vanished (ModelTurn *turn)
{
  edit_drop_lines (turn, "VANISHED");
}

static void
name_second_too (ModelTurn *turn)
{
  edit_replace (turn, "(EARLIER) 3", "(EARLIER) 2:3");
}

static void
name_fourth_instead (ModelTurn *turn)
{
  edit_replace (turn, "(EARLIER) 3", "(EARLIER) 4");
}

static void
name_all (ModelTurn *turn)
{
  edit_replace (turn, "(EARLIER) 3", "(EARLIER) 1:4294967295");
}

static void
fourth_is_here (Hostile *hostile)
{
  g_assert_cmpuint (hostile_count_here (hostile, "INBOX", "m4"), ==, 1);
}

static void
say_nothing (ModelTurn *turn)
{
  g_string_truncate (turn->untagged, 0);
}

/* With QRESYNC the server names what vanished. Another word of it is counted, and confirmed before a file
 * goes. */
static const HostileCase vanished_cases[] = {
  { .name = "flags-changed",
    .change = flag_second,
    .outcome = ENGINE_OUTCOME_EQUAL,
    .check = second_is_flagged },
  { .name = "all-changed",
    .change = change_all,
    .outcome = ENGINE_OUTCOME_EQUAL,
    .may = HOSTILE_MAY_REMOVE_HERE,
    .check = changed_unsearched },
  { .name = "vanished-lines-forgotten",
    .change = change_all,
    .faults = { { MODEL_EDIT, CHANGES, .call = forget_vanished } },
    .outcome = ENGINE_OUTCOME_EQUAL,
    .may = HOSTILE_MAY_REMOVE_HERE,
    .check = changed_searched },
  { .name = "one-too-many-vanished",
    .change = change_all,
    .faults = { { MODEL_EDIT, CHANGES, .nth = 1, .call = name_second_too } },
    .outcome = ENGINE_OUTCOME_EQUAL,
    .may = HOSTILE_MAY_REMOVE_HERE,
    .check = all_is_changed },
  { .name = "all-vanished",
    .change = change_all,
    .faults = { { MODEL_EDIT, CHANGES, .call = name_all } },
    .outcome = ENGINE_OUTCOME_EQUAL,
    .may = HOSTILE_MAY_REMOVE_HERE,
    .check = all_is_changed },
  { .name = "another-vanished",
    .change = change_all,
    .faults = { { MODEL_EDIT, CHANGES, .call = name_fourth_instead } },
    .outcome = ENGINE_OUTCOME_LEFT,
    .may = HOSTILE_MAY_REMOVE_HERE,
    .check = fourth_is_here },
  { .name = "enable-answered-with-silence",
    .change = change_all,
    .faults = { { MODEL_EDIT, "ENABLE *", .call = say_nothing } },
    .outcome = ENGINE_OUTCOME_EQUAL,
    .may = HOSTILE_MAY_REMOVE_HERE,
    .check = changed_searched },
  { .name = "enable-refused",
    .change = change_all,
    .faults = { { MODEL_REFUSE, "ENABLE *", "BAD what" } },
    .outcome = ENGINE_OUTCOME_EQUAL,
    .may = HOSTILE_MAY_REMOVE_HERE,
    .check = changed_searched },
  { .name = "changes-refused",
    .change = change_all,
    .faults = { { MODEL_REFUSE, CHANGES, "BAD no such thing" } },
    .outcome = ENGINE_OUTCOME_EQUAL,
    .may = HOSTILE_MAY_REMOVE_HERE,
    .check = all_is_changed },
  { .name = "expunged-while-changes-are-asked-for",
    .change = flag_second_lose_third,
    .faults = { { MODEL_BEFORE, CHANGES, .nth = 1, .call = expunge_third } },
    .outcome = ENGINE_OUTCOME_EQUAL,
    .may = HOSTILE_MAY_REMOVE_HERE,
    .check = second_is_flagged },
  { .name = "expunged-between-two-looks",
    .change = flag_second_lose_third,
    .faults = { { MODEL_BEFORE, CHANGES, .nth = 2, .call = expunge_third } },
    .outcome = ENGINE_OUTCOME_EQUAL,
    .may = HOSTILE_MAY_REMOVE_HERE,
    .check = second_is_flagged },
  { .name = "one-went-and-modseq-stands-still",
    .change = expunge_second,
    .faults = { { MODEL_EDIT, "STATUS *INBOX*", .call = stand_still } },
    .outcome = ENGINE_OUTCOME_EQUAL,
    .says = "stood still",
    .may = HOSTILE_MAY_REMOVE_HERE,
    .check = one_more },
};

/* Each mailbox is opened once for what changed and once for the look behind it; what was sent ahead was what
 * had to be asked, or it would have been opened again. */
static void
test_changes_in_flight (void)
{
  static const char *const names[] = { "INBOX", "Work", "Lists" };
  Hostile *hostile = hostile_new (CAPABILITIES);

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *first = g_strconcat ("first-", names[i], NULL);
      g_autofree char *second = g_strconcat ("second-", names[i], NULL);

      if (i > 0)
        model_store_add_mailbox (hostile->store, names[i], "");
      hostile_add_there (hostile, names[i], first, "");
      hostile_add_there (hostile, names[i], second, "");
    }
  become_quiet (hostile);
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *first = g_strconcat ("first-", names[i], NULL);
      g_autofree char *second = g_strconcat ("second-", names[i], NULL);
      ModelMailbox *mailbox = model_store_find (hostile->store, names[i]);

      model_message_change_flags (mailbox, hostile_find_there (hostile, names[i], first), '=', "\\Flagged");
      if (i != 1)
        hostile_expunge_there (hostile, names[i], second);
    }
  g_assert_cmpint (hostile_sync (hostile), ==, ENGINE_OUTCOME_EQUAL);
  /* The first look, the removal, and the second look. */
  g_assert_cmpuint (model_server_count (hostile->server, "SELECT *Work*"), ==, 2);
  g_assert_cmpuint (model_server_count (hostile->server, "SELECT *INBOX*"), ==, 3);
  g_assert_cmpuint (model_server_count (hostile->server, "SELECT *Lists*"), ==, 3);
  g_assert_cmpuint (model_server_count (hostile->server, "UID SEARCH *ALL"), ==, 2);
  hostile_assert_equal (hostile, FALSE);
  hostile_free (hostile);
}

/* As if the last whole look had been a day earlier. */
static void
age_by_a_day (Hostile *hostile)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (Journal) journal = journal_open (hostile->account.state_dir, JOURNAL_OPEN_WRITE, NULL, &error);
  g_autoptr (GPtrArray) rows = NULL;

  g_assert_no_error (error);
  rows = journal_list_mailboxes (journal, &error);
  g_assert_no_error (error);
  g_assert_true (journal_begin (journal, &error));
  for (guint i = 0; i < rows->len; i++)
    {
      JournalMailbox *row = g_ptr_array_index (rows, i);

      row->listed -= row->listed > 0 ? 24 * 60 * 60 : 0;
      g_assert_true (journal_put_mailbox (journal, row, &error));
    }
  g_assert_true (journal_commit (journal, &error));
}

/* Nothing can tell that a change is kept back while HIGHESTMODSEQ rises; the daily look at everything finds
 * it. */
static void
test_change_kept_back (void)
{
  static const ModelFault faults[] = { { MODEL_EDIT, CHANGES, .call = hide_second }, { MODEL_FAULTS_END } };
  Hostile *hostile = hostile_new (CAPABILITIES);

  hostile_add_many_there (hostile, "INBOX", 5);
  flag_second (hostile);
  flag_there (hostile, "m4", "\\Answered");
  model_server_set_faults (hostile->server, faults);
  g_assert_cmpint (hostile_sync (hostile), ==, ENGINE_OUTCOME_EQUAL);
  expect_flags_here (hostile, "m2", "\\Seen");
  expect_flags_here (hostile, "m4", "\\Answered");
  become_quiet (hostile);
  age_by_a_day (hostile);
  g_assert_cmpint (hostile_sync (hostile), ==, ENGINE_OUTCOME_EQUAL);
  hostile_assert_equal (hostile, FALSE);
  second_is_flagged (hostile);
  hostile_free (hostile);
}

/* More than what a listing may name beyond EXISTS. */
#define MANY 10050

/* What is held stays in the base, and is in nobody's way. */
static void
test_flag_beside_many_held (void)
{
  Hostile *hostile = hostile_new (CAPABILITIES);
  ModelMailbox *inbox = model_store_find (hostile->store, "INBOX");

  hostile_add_many_there (hostile, "INBOX", MANY);
  become_quiet (hostile);
  for (guint uid = MANY - 5; uid > 0; uid--)
    model_mailbox_remove (inbox, uid);
  flag_there (hostile, "m10048", "\\Flagged");
  g_assert_cmpint (hostile_sync (hostile), ==, ENGINE_OUTCOME_LEFT);
  g_assert_cmpuint (hostile_count_here (hostile, "INBOX", NULL), ==, MANY);
  expect_flags_here (hostile, "m10048", "\\Flagged");
  hostile_free (hostile);
}

/* (transfer full): lives as long as the tests. */
static HostileCase *
add_cases (const char *path, const HostileCase *some, guint n_cases, const char *capabilities)
{
  HostileCase *rows = g_memdup2 (some, n_cases * sizeof *some);

  for (guint i = 0; i < n_cases; i++)
    {
      rows[i].capabilities = capabilities;
      rows[i].messages = 5;
    }
  hostile_add_cases (path, rows, n_cases);
  return rows;
}

int
main (int argc, char **argv)
{
  g_autofree HostileCase *searched = NULL;
  g_autofree HostileCase *vanished = NULL;

  g_test_init (&argc, &argv, NULL);
  searched = add_cases ("/hostile/quiet", cases, G_N_ELEMENTS (cases), CAPABILITIES);
  vanished = add_cases ("/hostile/quiet/vanished", vanished_cases, G_N_ELEMENTS (vanished_cases),
                        CAPABILITIES " ENABLE QRESYNC");
  g_test_add_func ("/hostile/quiet/changes-in-one-flight", test_changes_in_flight);
  g_test_add_func ("/hostile/quiet/change-kept-back-until-the-daily-look", test_change_kept_back);
  if (g_test_slow ())
    g_test_add_func ("/hostile/quiet/flags-changed-beside-many-held", test_flag_beside_many_held);
  return g_test_run ();
}
