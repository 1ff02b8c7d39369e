/* STORE with UNCHANGEDSINCE (RFC 7162 section 3.1.3): somebody else's change in between is seen before ours
 * is recorded, and whatever a server says of it, both sides become equal in one run (C3, C3.4). */
#include "hostile-case.h"
#include "hostile-edit.h"

#define CAPABILITIES                                                                                         \
  "SASL-IR AUTH=PLAIN LITERAL+ UIDPLUS MOVE ESEARCH NAMESPACE UNSELECT SPECIAL-USE CONDSTORE"
#define STORE "UID STORE *"
#define GUARDED "UID STORE * (UNCHANGEDSINCE *"

/* m1 is new to the user, m2 is read. */
static void
flag_both (Hostile *hostile)
{
  hostile_flag_here (hostile, "INBOX", "m1", "F");
  hostile_flag_here (hostile, "INBOX", "m2", "FS");
}

/* One gains a flag and loses another. */
static void
exchange_second (Hostile *hostile)
{
  hostile_flag_here (hostile, "INBOX", "m2", "F");
}

static void
unsee_second (Hostile *hostile)
{
  hostile_flag_here (hostile, "INBOX", "m2", "");
}

static void
assert_flags (Hostile *hostile, const char *mark, const char *expected)
{
  g_autofree char *flags = hostile_flags_here (hostile, "INBOX", mark);

  g_assert_cmpstr (flags, ==, expected);
}

static void
both_are_flagged (Hostile *hostile)
{
  assert_flags (hostile, "m1", "\\Flagged");
  assert_flags (hostile, "m2", "\\Flagged \\Seen");
}

static void
assert_stores (Hostile *hostile, guint guarded, guint all)
{
  g_assert_cmpuint (model_server_count (hostile->server, GUARDED), ==, guarded);
  g_assert_cmpuint (model_server_count (hostile->server, STORE), ==, all);
}

static void
one_guarded (Hostile *hostile)
{
  assert_stores (hostile, 1, 1);
  both_are_flagged (hostile);
}

static void
guarded_then_plain (Hostile *hostile)
{
  assert_stores (hostile, 1, 2);
  both_are_flagged (hostile);
}

static void
none_guarded (Hostile *hostile)
{
  assert_stores (hostile, 0, 1);
  both_are_flagged (hostile);
}

static void
exchanged (Hostile *hostile)
{
  assert_stores (hostile, 1, 2);
  assert_flags (hostile, "m2", "\\Flagged");
}

static void
unseen (Hostile *hostile)
{
  assert_flags (hostile, "m2", "");
}

static void
answer_first (ModelTurn *turn)
{
  ModelMailbox *inbox = model_store_find (turn->store, "INBOX");

  model_message_change_flags (inbox, model_mailbox_find (inbox, 1), '+', "\\Answered");
}

static void
answered_too (Hostile *hostile)
{
  assert_stores (hostile, 1, 2);
  assert_flags (hostile, "m1", "\\Answered \\Flagged");
  assert_flags (hostile, "m2", "\\Flagged \\Seen");
}

static void
flag_first (ModelTurn *turn)
{
  ModelMailbox *inbox = model_store_find (turn->store, "INBOX");

  model_message_change_flags (inbox, model_mailbox_find (inbox, 1), '+', "\\Flagged");
}

/* What the other client did already needs no second STORE. */
static void
no_plain_store (Hostile *hostile)
{
  assert_stores (hostile, 1, 1);
  both_are_flagged (hostile);
}

static void
expunge_first (ModelTurn *turn)
{
  model_mailbox_remove (model_store_find (turn->store, "INBOX"), 1);
}

static void
first_is_expunged (Hostile *hostile)
{
  hostile_expect (hostile, "INBOX", "m1", -1);
  assert_flags (hostile, "m2", "\\Flagged \\Seen");
}

static void
tell_no_modseq (ModelTurn *turn)
{
  edit_drop_lines (turn, "HIGHESTMODSEQ");
  g_string_append (turn->untagged, "* OK [NOMODSEQ] none\r\n");
}

static void
keeps_seen_silently (Hostile *hostile)
{
  model_store_find (hostile->store, "INBOX")->kept_flags = "\\Seen";
}

/* The next change goes without the modifier. */
static void
plain_from_now_on (Hostile *hostile)
{
  hostile_flag_here (hostile, "INBOX", "m1", "");
  g_assert_cmpint (hostile_sync (hostile), ==, ENGINE_OUTCOME_EQUAL);
  assert_stores (hostile, 0, 1);
  hostile_assert_equal (hostile, FALSE);
}

static void
guarded_from_now_on (Hostile *hostile)
{
  hostile_flag_here (hostile, "INBOX", "m1", "");
  g_assert_cmpint (hostile_sync (hostile), ==, ENGINE_OUTCOME_EQUAL);
  assert_stores (hostile, 1, 1);
  hostile_assert_equal (hostile, FALSE);
}

static const HostileCase cases[] = {
  { .name = "honest",
    .messages = 3,
    .change = flag_both,
    .check = one_guarded,
    .finally = guarded_from_now_on },
  { .name = "gains-one-loses-another", .messages = 3, .change = exchange_second, .check = exchanged },
  { .name = "loses-one", .messages = 3, .change = unsee_second, .check = unseen },
  { .name = "another-flag-meanwhile",
    .messages = 3,
    .change = flag_both,
    .faults = { { MODEL_BEFORE, STORE, .nth = 1, .call = answer_first } },
    .check = answered_too },
  { .name = "same-flag-meanwhile",
    .messages = 3,
    .change = flag_both,
    .faults = { { MODEL_BEFORE, STORE, .nth = 1, .call = flag_first } },
    .check = no_plain_store },
  { .name = "expunged-meanwhile",
    .messages = 3,
    .change = flag_both,
    .faults = { { MODEL_BEFORE, STORE, .nth = 1, .call = expunge_first },
                { MODEL_LIE, STORE, "NO [MODIFIED 3] some of them are gone", 1 } },
    .may = HOSTILE_MAY_REMOVE_HERE,
    .check = first_is_expunged },
  { .name = "no-and-modified",
    .messages = 3,
    .change = flag_both,
    .faults = { { MODEL_REFUSE, STORE, "NO [MODIFIED 1] not all", 1 } },
    .check = guarded_then_plain },
  { .name = "modified-untagged-only",
    .messages = 3,
    .change = flag_both,
    .faults = { { MODEL_REFUSE, STORE, "OK done", 1 },
                { MODEL_PREPEND, STORE, "* OK [MODIFIED 1:2] others were quicker\r\n", 1 } },
    .check = guarded_then_plain },
  { .name = "passed-over-without-a-word",
    .messages = 3,
    .change = flag_both,
    .faults = { { MODEL_REFUSE, STORE, "OK done", 1 } },
    .check = guarded_then_plain },
  { .name = "removal-passed-over-without-a-word",
    .messages = 3,
    .change = unsee_second,
    .faults = { { MODEL_REFUSE, STORE, "OK done", 1 } },
    .check = unseen },
  { .name = "modified-names-what-was-never-sent",
    .messages = 3,
    .change = flag_both,
    .faults = { { MODEL_LIE, STORE, "OK [MODIFIED 3,77,99:4294967295] lies" } },
    .check = one_guarded },
  { .name = "modified-names-what-was-stored",
    .messages = 3,
    .change = flag_both,
    .faults = { { MODEL_LIE, GUARDED, "OK [MODIFIED 1:99999] lies" } },
    .check = one_guarded },
  { .name = "always-modified",
    .messages = 3,
    .change = flag_both,
    .faults = { { MODEL_REFUSE, GUARDED, "OK [MODIFIED 1:99999] for ever" } },
    .check = guarded_then_plain },
  { .name = "bad",
    .messages = 3,
    .change = flag_both,
    .faults = { { MODEL_REFUSE, GUARDED, "BAD what is that" } },
    .check = guarded_then_plain,
    .finally = plain_from_now_on },
  { .name = "bad-for-the-flags",
    .messages = 3,
    .change = flag_both,
    .faults = { { MODEL_REFUSE, STORE, "BAD no flags today" } },
    .outcome = ENGINE_OUTCOME_LEFT,
    .says = "no flags today",
    .finally = guarded_from_now_on },
  { .name = "refused",
    .messages = 3,
    .change = flag_both,
    .faults = { { MODEL_REFUSE, STORE, "NO [INUSE] come back" } },
    .outcome = ENGINE_OUTCOME_LEFT,
    .says = "the flags (+FLAGS \\Flagged) of message 1: come back",
    .finally = guarded_from_now_on },
  { .name = "lost",
    .messages = 3,
    .change = flag_both,
    .faults = { { MODEL_CUT_AFTER, STORE } },
    .outcome = ENGINE_OUTCOME_OFFLINE },
  { .name = "no-modseq",
    .messages = 3,
    .change = flag_both,
    .faults = { { MODEL_EDIT, "SELECT *", .call = tell_no_modseq } },
    .check = none_guarded },
  { .name = "not-kept",
    .messages = 3,
    .prepare = keeps_seen_silently,
    .change = flag_both,
    .may = HOSTILE_FLAGS_DIFFER,
    .check = guarded_then_plain,
    .finally = both_are_flagged },
};

int
main (int argc, char **argv)
{
  HostileCase with_condstore[G_N_ELEMENTS (cases)];

  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      with_condstore[i] = cases[i];
      with_condstore[i].capabilities = CAPABILITIES;
    }
  hostile_add_cases ("/hostile/guards", with_condstore, G_N_ELEMENTS (cases));
  return g_test_run ();
}
