/* Bodies that do not come, or come otherwise than they should: no half message, no lost neighbour (C1.1,
 * C2.1). */
#include "hostile-case.h"
#include "hostile-edit.h"

#include <string.h>

#define BODY "UID FETCH *BODY.PEEK[])"

static void
one_new (Hostile *hostile)
{
  hostile_add_there (hostile, "INBOX", "new", "\\Flagged");
}

static void
some_new (Hostile *hostile)
{
  for (guint i = 6; i <= 10; i++)
    {
      g_autofree char *mark = g_strdup_printf ("new%u", i);

      hostile_add_there (hostile, "INBOX", mark, "");
    }
}

static void
no_body (ModelTurn *turn)
{
  g_string_assign (turn->untagged, "* 6 FETCH (UID 6 FLAGS (\\Flagged))\r\n");
}

static void
nil_body (ModelTurn *turn)
{
  g_string_assign (turn->untagged, "* 6 FETCH (UID 6 FLAGS (\\Flagged) BODY[] NIL)\r\n");
}

static void
empty_body (ModelTurn *turn)
{
  g_string_assign (turn->untagged, "* 6 FETCH (UID 6 FLAGS (\\Flagged) BODY[] \"\")\r\n");
}

static void
no_eighth (ModelTurn *turn)
{
  if (strstr (turn->untagged->str, "(UID 8 ") != NULL)
    g_string_assign (turn->tagged, "NO [UNAVAILABLE] UID FETCH Server error");
  edit_drop_message (turn, 8);
}

static void
huge_literal (ModelTurn *turn)
{
  char *brace = strstr (turn->untagged->str, "BODY[] {");

  g_assert_nonnull (brace);
  g_string_insert (turn->untagged, brace - turn->untagged->str + strlen ("BODY[] {"), "3221225472}\r\nX {");
}

static void
overflowing_literal (ModelTurn *turn)
{
  edit_replace (turn, "BODY[] {", "BODY[] {99999999999999999999");
}

static void
body_of_another (ModelTurn *turn)
{
  g_string_prepend (turn->untagged,
                    "* 1 FETCH (UID 1 BODY[] {5}\r\nother)\r\n* 2 FETCH (BODY[] {5}\r\nnobody)\r\n");
  edit_replace (turn, "nobody", "noone");
}

static void
twice (ModelTurn *turn)
{
  g_autofree char *once = g_strdup (turn->untagged->str);

  g_string_append (turn->untagged, once);
}

static void
late_arrives (ModelTurn *turn)
{
  g_autoptr (GBytes) body = hostile_body ("late", 0);

  model_mailbox_add (turn->selected, body, "\\Seen", 1700000000);
  g_string_append (turn->untagged, "* 7 EXISTS\r\n* 7 FETCH (UID 7 FLAGS (\\Seen))\r\n");
}

static void
expect_late (Hostile *hostile)
{
  one_new (hostile);
  hostile_expect (hostile, "INBOX", "late", 1);
}

static void
sixth_goes (ModelTurn *turn)
{
  model_mailbox_remove (turn->selected, 6);
}

static void
one_new_that_goes (Hostile *hostile)
{
  hostile_add_there (hostile, "INBOX", "new", "");
  hostile_expect (hostile, "INBOX", "new", -1);
}

static void
bodies_first (Hostile *hostile)
{
  model_server_set_body_first (hostile->server, TRUE);
}

/* Nothing half is visible, and nothing of it is left in tmp/. */
static void
no_file_of_it (Hostile *hostile)
{
  g_autofree char *path = g_build_filename (hostile->account.maildir, "INBOX", "tmp", NULL);
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);

  g_assert_cmpuint (hostile_count_here (hostile, "INBOX", NULL), ==, 5);
  g_assert_null (g_dir_read_name (dir));
}

static void
others_came (Hostile *hostile)
{
  g_assert_cmpuint (hostile_count_here (hostile, "INBOX", NULL), ==, 9);
  g_assert_cmpuint (hostile_count_here (hostile, "INBOX", "new8"), ==, 0);
}

static const HostileCase cases[] = {
  { .name = "honest", .messages = 5, .change = some_new },
  { .name = "no-body",
    .messages = 5,
    .change = one_new,
    .faults = { { MODEL_EDIT, BODY, .call = no_body } },
    .outcome = ENGINE_OUTCOME_LEFT,
    .says = "does not give its text",
    .check = no_file_of_it },
  { .name = "nil",
    .messages = 5,
    .change = one_new,
    .faults = { { MODEL_EDIT, BODY, .call = nil_body } },
    .outcome = ENGINE_OUTCOME_LEFT,
    .says = "does not give its text",
    .check = no_file_of_it },
  { .name = "empty",
    .messages = 5,
    .change = one_new,
    .faults = { { MODEL_EDIT, BODY, .call = empty_body } },
    .outcome = ENGINE_OUTCOME_LEFT,
    .says = "does not give its text",
    .check = no_file_of_it },
  { .name = "one-unavailable",
    .messages = 5,
    .change = some_new,
    .faults = { { MODEL_EDIT, BODY, .call = no_eighth } },
    .outcome = ENGINE_OUTCOME_LEFT,
    .says = "message 8",
    .check = others_came },
  { .name = "refused-together",
    .messages = 5,
    .change = some_new,
    .faults = { { MODEL_REFUSE, BODY, "NO [UNAVAILABLE] too many at once", .nth = 1 } } },
  { .name = "refused-always",
    .messages = 5,
    .change = some_new,
    .faults = { { MODEL_REFUSE, BODY, "NO [UNAVAILABLE] never" } },
    .outcome = ENGINE_OUTCOME_LEFT,
    .says = "message 8",
    .check = no_file_of_it },
  { .name = "body-first", .messages = 5, .prepare = bodies_first, .change = some_new },
  { .name = "unsolicited-flags",
    .messages = 5,
    .change = some_new,
    .faults = { { MODEL_PREPEND, BODY, "* 1 FETCH (FLAGS ())\r\n* 2 FETCH (UID 2 FLAGS (\\Seen))\r\n" } } },
  { .name = "body-of-another",
    .messages = 5,
    .change = some_new,
    .faults = { { MODEL_EDIT, BODY, .call = body_of_another } } },
  { .name = "told-twice",
    .messages = 5,
    .change = some_new,
    .faults = { { MODEL_EDIT, BODY, .call = twice } } },
  { .name = "three-gigabytes",
    .messages = 5,
    .change = one_new,
    .faults = { { MODEL_EDIT, BODY, .call = huge_literal } },
    .outcome = ENGINE_OUTCOME_REFUSED,
    .says = "UID FETCH",
    .check = no_file_of_it },
  { .name = "overflowing-literal",
    .messages = 5,
    .change = one_new,
    .faults = { { MODEL_EDIT, BODY, .call = overflowing_literal } },
    .outcome = ENGINE_OUTCOME_REFUSED,
    .says = "UID FETCH",
    .check = no_file_of_it },
  { .name = "cut-in-the-literal",
    .messages = 5,
    .change = one_new,
    .faults = { { MODEL_CUT_INSIDE, BODY } },
    .outcome = ENGINE_OUTCOME_OFFLINE,
    .check = no_file_of_it },
  { .name = "cut-in-a-later-literal",
    .messages = 5,
    .change = some_new,
    .faults = { { MODEL_CUT_INSIDE, BODY } },
    .outcome = ENGINE_OUTCOME_OFFLINE },
  { .name = "more-arrive",
    .messages = 5,
    .change = expect_late,
    .faults = { { MODEL_BEFORE, BODY, .nth = 1, .call = late_arrives } } },
  { .name = "gone-meanwhile",
    .messages = 5,
    .change = one_new_that_goes,
    .faults = { { MODEL_BEFORE, BODY, .call = sixth_goes } } },
};

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  hostile_add_cases ("/hostile/downloads", cases, G_N_ELEMENTS (cases));
  return g_test_run ();
}
