/* A server that ends, stalls, refuses or babbles at any point: what was done is kept, the rest follows (C1.1,
 * C5, C8).
 */
#include "hostile-case.h"
#include "hostile-edit.h"

#include <string.h>

static void
trash (Hostile *hostile)
{
  model_store_add_mailbox (hostile->store, "Trash", "\\Trash");
}

/* Something of each kind, so that every command is sent. */
static void
change_all (Hostile *hostile)
{
  hostile_add_there (hostile, "INBOX", "new", "\\Flagged");
  hostile_add_here (hostile, "INBOX", "up", "S");
  hostile_flag_here (hostile, "INBOX", "m3", "FR");
  hostile_delete_here (hostile, "INBOX", "m2", "Trash");
  hostile_expunge_there (hostile, "INBOX", "m4");
}

static void
change_all_in_a_second (Hostile *hostile)
{
  change_all (hostile);
  hostile->account.timeout = 1;
}

/* Host, port and command are named. */
static void
say_where (Hostile *hostile)
{
  g_autofree char *where = g_strdup_printf ("127.0.0.1:%u", hostile->account.port);

  g_assert_nonnull (strstr (hostile->said->str, where));
  hostile->account.timeout = 20;
}

#define BOTH (HOSTILE_MAY_REMOVE_HERE | HOSTILE_MAY_REMOVE_THERE)

#define POINT(name_, glob_, nth_, command_)                                                                  \
  { .name = "bye/" name_,                                                                                    \
    .messages = 5,                                                                                           \
    .prepare = trash,                                                                                        \
    .change = change_all,                                                                                    \
    .faults = { { MODEL_BYE, glob_, "closing for \x1b[31mmaintenance\x1b[0m", .nth = nth_ } },               \
    .outcome = ENGINE_OUTCOME_OFFLINE,                                                                       \
    .says = "maintenance",                                                                                   \
    .may = BOTH },                                                                                           \
      { .name = "stall/" name_,                                                                              \
        .messages = 5,                                                                                       \
        .prepare = trash,                                                                                    \
        .change = change_all_in_a_second,                                                                    \
        .faults = { { MODEL_STALL, glob_, .nth = nth_ } },                                                   \
        .outcome = ENGINE_OUTCOME_OFFLINE,                                                                   \
        .says = command_,                                                                                    \
        .may = BOTH,                                                                                         \
        .check = say_where },                                                                                \
      { .name = "cut/" name_,                                                                                \
        .messages = 5,                                                                                       \
        .prepare = trash,                                                                                    \
        .change = change_all,                                                                                \
        .faults = { { MODEL_CUT, glob_, .nth = nth_ } },                                                     \
        .outcome = ENGINE_OUTCOME_OFFLINE,                                                                   \
        .may = BOTH },                                                                                       \
  {                                                                                                          \
    .name = "cut-after/" name_, .messages = 5, .prepare = trash, .change = change_all,                       \
    .faults = { { MODEL_CUT_AFTER, glob_, .nth = nth_ } }, .outcome = ENGINE_OUTCOME_OFFLINE, .may = BOTH    \
  }

static void
no_inbox (ModelTurn *turn)
{
  edit_drop_lines (turn, "\"INBOX\"");
}

static void
list_twice (ModelTurn *turn)
{
  g_autofree char *once = g_strdup (turn->untagged->str);

  g_string_append (turn->untagged, once);
}

static void
spell_inbox (ModelTurn *turn)
{
  edit_replace (turn, "\"INBOX\"", "\"InBox\"");
}

static void
spell_inbox_twice (ModelTurn *turn)
{
  g_string_append (turn->untagged, "* LIST () \"/\" inbox\r\n");
}

static void
work (Hostile *hostile)
{
  hostile_add_there (hostile, "Work", "w1", "");
}

static void
new_in_both (Hostile *hostile)
{
  hostile_add_there (hostile, "Work", "w2", "");
  hostile_add_there (hostile, "INBOX", "new", "");
  hostile_delete_here (hostile, "Work", "w1", NULL);
}

static void
inbox_is_equal (Hostile *hostile)
{
  g_assert_cmpuint (hostile_count_here (hostile, "INBOX", "new"), ==, 1);
  g_assert_cmpuint (hostile_count_here (hostile, "Work", NULL), ==, 0);
}

static void
subject_with_escapes (Hostile *hostile)
{
  hostile_add_here (hostile, "INBOX",
                    "up\x1b]0;owned\x07\xc2\x9b"
                    "31m\xe2\x80\xae",
                    "S");
}

static void
take_subject_back (Hostile *hostile)
{
  hostile_status (hostile);
  hostile_delete_here (hostile, "INBOX",
                       "up\x1b]0;owned\x07\xc2\x9b"
                       "31m\xe2\x80\xae",
                       NULL);
}

/* A kilobyte a line, for as long as the client listens. */
static void
long_line (ModelTurn *turn)
{
  g_autofree char *filler = g_strnfill (2 << 20, 'x');

  g_string_prepend (turn->untagged, "\r\n");
  g_string_prepend (turn->untagged, filler);
  g_string_prepend (turn->untagged, "* OK ");
}

static void
deep_nesting (ModelTurn *turn)
{
  g_autofree char *filler = g_strnfill (100000, '(');

  g_string_prepend (turn->untagged, "\r\n");
  g_string_prepend (turn->untagged, filler);
  g_string_prepend (turn->untagged, "* 1 FETCH (UID 1 BODYSTRUCTURE ");
}

static void
find_everything (ModelTurn *turn)
{
  edit_search_result (turn, "1:4294967295");
}

static void
gone_there (Hostile *hostile)
{
  hostile_expunge_there (hostile, "INBOX", "m2");
}

/* In the flight that a known server gets unasked: the account is opened once more, step by step. */
#define ONCE(kind_, name_, glob_)                                                                            \
  {                                                                                                          \
    .name = "once/" name_, .messages = 5, .prepare = trash, .change = change_all_in_a_second,                \
    .faults = { { kind_, glob_, .nth = 1 } }, .may = BOTH                                                    \
  }
#define EACH 0

static const HostileCase cases[] = {
  ONCE (MODEL_CUT, "cut-at-greeting", "GREETING"),
  ONCE (MODEL_CUT, "cut-at-login", "AUTHENTICATE *"),
  ONCE (MODEL_CUT_INSIDE, "cut-inside-list", "LIST *"),
  ONCE (MODEL_STALL, "stall-at-login", "AUTHENTICATE *"),
  ONCE (MODEL_STALL, "stall-at-list", "LIST *"),
  POINT ("greeting", "GREETING", EACH, "127.0.0.1"),
  POINT ("login", "AUTHENTICATE *", EACH, "AUTHENTICATE"),
  POINT ("namespace", "NAMESPACE", EACH, "LIST"), /* which is sent behind it */
  POINT ("list", "LIST *", EACH, "LIST"),
  POINT ("select", "SELECT INBOX", 1, "SELECT"),
  POINT ("select-to-work", "SELECT INBOX", 2, "SELECT"),
  POINT ("listing", "UID FETCH 1:* (UID FLAGS)", 1, "UID FETCH"),
  POINT ("headers", "UID FETCH * BODY.PEEK[HEADER.FIELDS *", 1, "UID FETCH"),
  POINT ("body", "UID FETCH *BODY.PEEK[])", 1, "UID FETCH"),
  POINT ("append", "APPEND *", 1, "APPEND"),
  POINT ("store", "UID STORE *", 1, "UID STORE"),
  POINT ("search", "UID SEARCH *", 1, "UID SEARCH"),
  POINT ("facts", "UID FETCH * (UID RFC822.SIZE INTERNALDATE)", 1, "UID FETCH"),
  POINT ("move", "UID MOVE *", 1, "UID MOVE"),
  POINT ("second-round", "UID FETCH 1:* (UID FLAGS)", 2, "UID FETCH"),
  { .name = "cut-at-logout",
    .messages = 5,
    .prepare = trash,
    .change = change_all,
    .faults = { { MODEL_CUT, "LOGOUT" } },
    .may = BOTH },
  { .name = "stall-inside-listing",
    .messages = 5,
    .prepare = trash,
    .change = change_all_in_a_second,
    .faults = { { MODEL_STALL_INSIDE, "UID FETCH 1:* (UID FLAGS)" } },
    .outcome = ENGINE_OUTCOME_OFFLINE,
    .says = "UID FETCH",
    .check = say_where },
  { .name = "cut-inside-list",
    .messages = 5,
    .prepare = trash,
    .change = change_all,
    .faults = { { MODEL_CUT_INSIDE, "LIST *" } },
    .outcome = ENGINE_OUTCOME_OFFLINE },
  { .name = "one-mailbox-refused",
    .messages = 2,
    .prepare = work,
    .change = new_in_both,
    .faults = { { MODEL_REFUSE, "SELECT Work", "NO [NOPERM] \x1b[31mnot \xc2\x9byours\x07 \xff" } },
    .outcome = ENGINE_OUTCOME_LEFT,
    .says = "Work: mailbox-refused",
    .check = inbox_is_equal },
  { .name = "one-mailbox-refused-later",
    .messages = 2,
    .prepare = work,
    .change = new_in_both,
    .faults = { { MODEL_REFUSE, "SELECT Work", "NO [UNAVAILABLE] later", .nth = 2 } },
    .outcome = ENGINE_OUTCOME_LEFT,
    .says = "later",
    .may = HOSTILE_MAY_REMOVE_THERE },
  { .name = "escapes-in-subject",
    .messages = 2,
    .change = subject_with_escapes,
    .faults = { { MODEL_REFUSE, "APPEND *", "NO \x1b]0;refused\x07" } },
    .outcome = ENGINE_OUTCOME_LEFT,
    .says = "refused",
    .mend = take_subject_back },
  { .name = "without-inbox",
    .messages = 5,
    .faults = { { MODEL_EDIT, "LIST *", .call = no_inbox } },
    .outcome = ENGINE_OUTCOME_LEFT,
    .says = "INBOX: " },
  { .name = "nothing-listed",
    .messages = 5,
    .prepare = work,
    .faults = { { MODEL_REPLACE, "LIST *", "" } },
    .outcome = ENGINE_OUTCOME_LEFT,
    .says = "nothing was taken for deleted" },
  { .name = "listed-twice",
    .messages = 5,
    .prepare = work,
    .change = new_in_both,
    .faults = { { MODEL_EDIT, "LIST *", .call = list_twice } },
    .may = HOSTILE_MAY_REMOVE_THERE },
  { .name = "inbox-in-other-letters",
    .messages = 5,
    .prepare = trash,
    .change = change_all,
    .faults = { { MODEL_EDIT, "LIST *", .call = spell_inbox } },
    .may = BOTH },
  { .name = "inbox-in-two-spellings",
    .messages = 5,
    .prepare = trash,
    .change = change_all,
    .faults = { { MODEL_EDIT, "LIST \"\" \"\\*\"*", .call = spell_inbox_twice } },
    .may = BOTH },
  { .name = "list-refused",
    .messages = 5,
    .faults = { { MODEL_REFUSE, "LIST *", "NO [UNAVAILABLE] no list today" } },
    .outcome = ENGINE_OUTCOME_REFUSED,
    .says = "no list today" },
  { .name = "garbage-line",
    .messages = 5,
    .faults = { { MODEL_PREPEND, "UID FETCH 1:* (UID FLAGS)", "!@#$ what is this\r\n" } },
    .outcome = ENGINE_OUTCOME_REFUSED,
    .says = "UID FETCH" },
  { .name = "garbage-answer",
    .messages = 5,
    .faults = { { MODEL_PREPEND, "UID FETCH 1:* (UID FLAGS)", "* 1 FETCH (UID -4 FLAGS (\r\n" } },
    .outcome = ENGINE_OUTCOME_REFUSED,
    .says = "UID FETCH" },
  { .name = "binary-answer",
    .messages = 5,
    .faults = { { MODEL_PREPEND, "UID FETCH 1:* (UID FLAGS)", "* \x01\x02\xff\xfe\x1b[2J\r\n" } },
    .outcome = ENGINE_OUTCOME_REFUSED,
    .says = "UID FETCH" },
  { .name = "unknown-answers",
    .messages = 5,
    .prepare = trash,
    .change = change_all,
    .faults = { { MODEL_PREPEND, "UID *",
                  "* X-NEWS \"of ((\" {3}\r\n)\r\nthe (world)\r\n* OK [X-CODE ((] hm\r\n" } },
    .may = BOTH },
  { .name = "unasked-answers",
    .messages = 5,
    .prepare = trash,
    .change = change_all,
    .faults = { { MODEL_PREPEND, "UID FETCH *",
                  "* SEARCH 1 2 3\r\n* LIST () \"/\" Surprise\r\n* STATUS INBOX (MESSAGES 0)\r\n"
                  "* CAPABILITY IMAP4rev1\r\n* FLAGS ()\r\n* VANISHED (EARLIER) 1:5\r\n" } },
    .outcome = ENGINE_OUTCOME_EQUAL,
    .may = BOTH },
  { .name = "line-of-two-megabytes",
    .messages = 5,
    .faults = { { MODEL_EDIT, "UID FETCH 1:* (UID FLAGS)", .call = long_line } },
    .outcome = ENGINE_OUTCOME_REFUSED,
    .says = "line too long" },
  { .name = "deep-nesting",
    .messages = 5,
    .faults = { { MODEL_EDIT, "UID FETCH 1:* (UID FLAGS)", .call = deep_nesting } },
    .outcome = ENGINE_OUTCOME_REFUSED,
    .says = "UID FETCH" },
  { .name = "search-of-four-billion",
    .messages = 5,
    .change = gone_there,
    .faults = { { MODEL_EDIT, "UID SEARCH *", .call = find_everything } },
    .outcome = ENGINE_OUTCOME_LEFT },
  { .name = "strange-tag",
    .messages = 5,
    .faults = { { MODEL_PREPEND, "UID FETCH 1:* (UID FLAGS)", "Z99 OK done\r\n" } },
    .outcome = ENGINE_OUTCOME_REFUSED,
    .says = "UID FETCH" },
};

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  hostile_add_cases ("/hostile/session", cases, G_N_ELEMENTS (cases));
  return g_test_run ();
}
