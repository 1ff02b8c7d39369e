/* Servers that keep some flags, or none: nothing is taken away here for it, and nothing is sent for ever
 * (C3.2-C3.4).
 */
#include "hostile-case.h"
#include "hostile-edit.h"

#include <string.h>

#define STORE "UID STORE *"

static ModelMailbox *
inbox (Hostile *hostile)
{
  return model_store_find (hostile->store, "INBOX");
}

static void
seen_and_flagged_only (Hostile *hostile)
{
  inbox (hostile)->permanent_flags = "\\Seen \\Flagged";
}

static void
nothing_permanent (Hostile *hostile)
{
  inbox (hostile)->permanent_flags = "";
}

/* It says that it keeps everything. */
static void
keeps_seen_silently (Hostile *hostile)
{
  inbox (hostile)->kept_flags = "\\Seen";
}

static void
silent_store (Hostile *hostile)
{
  model_server_set_silent_store (hostile->server, TRUE);
}

static void
letters_for_keywords (Hostile *hostile)
{
  g_autofree char *path = g_build_filename (hostile->account.maildir, "INBOX", "dovecot-keywords", NULL);

  g_assert_true (g_file_set_contents (path, "0 work\n1 $Label1\n", -1, NULL));
}

static void
flag_answered (Hostile *hostile)
{
  hostile_flag_here (hostile, "INBOX", "m1", "FR");
  hostile_flag_here (hostile, "INBOX", "m2", "RS");
}

static void
unsee_second (Hostile *hostile)
{
  hostile_flag_here (hostile, "INBOX", "m2", "");
}

static void
flag_with_keyword (Hostile *hostile)
{
  letters_for_keywords (hostile);
  hostile_flag_here (hostile, "INBOX", "m1", "Fab");
}

static void
write_flagged (Hostile *hostile)
{
  hostile_add_here (hostile, "INBOX", "up", "FRS");
}

static void
flags_stay (Hostile *hostile)
{
  g_autofree char *first = hostile_flags_here (hostile, "INBOX", "m1");
  g_autofree char *second = hostile_flags_here (hostile, "INBOX", "m2");

  g_assert_cmpstr (first, ==, "\\Answered \\Flagged");
  g_assert_cmpstr (second, ==, "\\Answered \\Seen");
}

static void
keywords_stay (Hostile *hostile)
{
  g_autofree char *flags = hostile_flags_here (hostile, "INBOX", "m1");

  g_assert_cmpstr (flags, ==, "$Label1 \\Flagged work");
}

static void
flags_of_upload_stay (Hostile *hostile)
{
  g_autofree char *flags = hostile_flags_here (hostile, "INBOX", "up");

  g_assert_cmpstr (flags, ==, "\\Answered \\Flagged \\Seen");
}

static void
no_store_at_all (Hostile *hostile)
{
  g_assert_cmpuint (model_server_count (hostile->server, STORE), ==, 0);
  flags_stay (hostile);
}

static void
take_flags_back (Hostile *hostile)
{
  hostile_flag_here (hostile, "INBOX", "m1", "");
  hostile_flag_here (hostile, "INBOX", "m2", "S");
}

static void
take_keywords_back (Hostile *hostile)
{
  hostile_flag_here (hostile, "INBOX", "m1", "F");
}

/* Of all messages, what the answer to STORE tells. */
static void
boast (ModelTurn *turn)
{
  edit_replace (turn, "FLAGS (", "FLAGS (\\Answered \\Draft ");
}

static const HostileCase cases[] = {
  { .name = "honest", .messages = 3, .change = flag_answered, .finally = flags_stay },
  { .name = "removal", .messages = 3, .change = unsee_second },
  { .name = "removal-not-carried-out",
    .messages = 3,
    .change = unsee_second,
    .faults = { { MODEL_REFUSE, STORE, "OK stored" } } },
  { .name = "two-permanent",
    .messages = 3,
    .prepare = seen_and_flagged_only,
    .change = flag_answered,
    .may = HOSTILE_FLAGS_DIFFER,
    .finally = flags_stay },
  { .name = "none-permanent",
    .messages = 3,
    .prepare = nothing_permanent,
    .change = flag_answered,
    .may = HOSTILE_FLAGS_DIFFER,
    .check = no_store_at_all,
    .finally = flags_stay },
  { .name = "ok-but-not-kept",
    .messages = 3,
    .prepare = keeps_seen_silently,
    .change = flag_answered,
    .may = HOSTILE_FLAGS_DIFFER,
    .finally = flags_stay },
  { .name = "answer-tells-more-than-kept",
    .messages = 3,
    .prepare = keeps_seen_silently,
    .change = flag_answered,
    .faults = { { MODEL_EDIT, STORE, .call = boast } },
    .may = HOSTILE_FLAGS_DIFFER,
    .finally = flags_stay },
  { .name = "no-answers",
    .messages = 3,
    .prepare = silent_store,
    .change = flag_answered,
    .finally = flags_stay },
  { .name = "not-carried-out",
    .messages = 3,
    .change = flag_answered,
    .faults = { { MODEL_REFUSE, STORE, "OK stored" } },
    .may = HOSTILE_FLAGS_DIFFER,
    .finally = flags_stay },
  { .name = "refused",
    .messages = 3,
    .change = flag_answered,
    .faults = { { MODEL_REFUSE, STORE, "NO [CANNOT] these flags are not for you" } },
    .outcome = ENGINE_OUTCOME_LEFT,
    .says = "not for you",
    .check = flags_stay,
    .mend = take_flags_back },
  { .name = "refused-for-now",
    .messages = 3,
    .change = flag_answered,
    .faults = { { MODEL_REFUSE, STORE, "NO [INUSE] come back" } },
    .outcome = ENGINE_OUTCOME_LEFT,
    .says = "come back",
    .check = flags_stay,
    .finally = flags_stay },
  { .name = "lost",
    .messages = 3,
    .change = flag_answered,
    .faults = { { MODEL_CUT_AFTER, STORE } },
    .outcome = ENGINE_OUTCOME_OFFLINE,
    .check = flags_stay,
    .finally = flags_stay },
  { .name = "keywords", .messages = 3, .change = flag_with_keyword, .finally = keywords_stay },
  { .name = "keywords-not-permanent",
    .messages = 3,
    .prepare = seen_and_flagged_only,
    .change = flag_with_keyword,
    .may = HOSTILE_FLAGS_DIFFER,
    .finally = keywords_stay },
  { .name = "keywords-not-kept",
    .messages = 3,
    .prepare = keeps_seen_silently,
    .change = flag_with_keyword,
    .may = HOSTILE_FLAGS_DIFFER,
    .finally = keywords_stay },
  { .name = "keywords-refused",
    .messages = 3,
    .change = flag_with_keyword,
    .faults = { { MODEL_REFUSE, "UID STORE * +FLAGS (*work*", "BAD unknown keyword" } },
    .outcome = ENGINE_OUTCOME_LEFT,
    .says = "unknown keyword",
    .check = keywords_stay,
    .finally = keywords_stay },
  { .name = "keywords-refused-for-good",
    .messages = 3,
    .change = flag_with_keyword,
    .faults = { { MODEL_REFUSE, "UID STORE * +FLAGS (*work*", "NO [CANNOT] unknown keyword" } },
    .outcome = ENGINE_OUTCOME_LEFT,
    .says = "unknown keyword",
    .check = keywords_stay,
    .mend = take_keywords_back },
  { .name = "append-keeps-some",
    .messages = 3,
    .prepare = keeps_seen_silently,
    .change = write_flagged,
    .may = HOSTILE_FLAGS_DIFFER,
    .finally = flags_of_upload_stay },
  { .name = "append-where-two-are-permanent",
    .messages = 3,
    .prepare = seen_and_flagged_only,
    .change = write_flagged,
    .may = HOSTILE_FLAGS_DIFFER,
    .finally = flags_of_upload_stay },
};

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  hostile_add_cases ("/hostile/flags", cases, G_N_ELEMENTS (cases));
  return g_test_run ();
}
