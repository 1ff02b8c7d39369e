/* Deletions with servers that lack UIDPLUS or MOVE, lie about them, or break off: exactly what was deleted
 * goes, nothing of others, and \Trash has one copy (C1.3, C3.5, C4.2). */
#include "hostile-case.h"
#include "hostile-edit.h"

#include <string.h>

#define BARE "SASL-IR AUTH=PLAIN LITERAL+"
#define NO_MOVE BARE " UIDPLUS"
#define MARK_OURS "UID STORE 2 +FLAGS*"
#define UNMARK_OTHERS "UID STORE 4 -FLAGS*"
#define MARK_OTHERS "UID STORE 4 +FLAGS*"

static void
others_marked (Hostile *hostile)
{
  ModelMailbox *mailbox = model_store_find (hostile->store, "INBOX");

  model_message_change_flags (mailbox, hostile_find_there (hostile, "INBOX", "m4"), '+', "\\Deleted");
}

static void
trash (Hostile *hostile)
{
  model_store_add_mailbox (hostile->store, "Trash", "\\Trash");
}

static void
delete_second (Hostile *hostile)
{
  hostile_delete_here (hostile, "INBOX", "m2", NULL);
}

static void
trash_second (Hostile *hostile)
{
  hostile_delete_here (hostile, "INBOX", "m2", "Trash");
}

static void
trash_two (Hostile *hostile)
{
  trash_second (hostile);
  hostile_delete_here (hostile, "INBOX", "m5", "Trash");
}

static void
fourth_is_marked (Hostile *hostile)
{
  const ModelMessage *message = hostile_find_there (hostile, "INBOX", "m4");
  g_autofree char *here = hostile_flags_here (hostile, "INBOX", "m4");

  g_assert_true (model_flags_have (message->flags, "\\Deleted"));
  g_assert_nonnull (strstr (here, "\\Deleted"));
}

/* Another client marks a message that was not listed. */
static void
late_comes_marked (ModelTurn *turn)
{
  g_autoptr (GBytes) body = hostile_body ("late", 0);

  model_mailbox_add (turn->selected, body, "\\Deleted", 1700000000);
}

static void
delete_second_late_comes (Hostile *hostile)
{
  delete_second (hostile);
  hostile_expect (hostile, "INBOX", "late", 1);
}

static void
fifth_is_marked (ModelTurn *turn)
{
  model_message_change_flags (turn->selected, model_mailbox_find (turn->selected, 5), '+', "\\Deleted");
}

static void
second_not_in_trash (Hostile *hostile)
{
  g_assert_nonnull (hostile_find_there (hostile, "INBOX", "m2"));
  g_assert_null (hostile_find_there (hostile, "Trash", "m2"));
}

/* Another client's message comes into \Trash before the copy. */
static void
trash_grows (ModelTurn *turn)
{
  g_autoptr (GBytes) body = hostile_body ("trashed", 0);

  model_mailbox_add (model_store_find (turn->store, "Trash"), body, "", 1700000000);
}

static void
trash_second_and_other (Hostile *hostile)
{
  trash_second (hostile);
  hostile_expect (hostile, "Trash", "trashed", 1);
}

static void
name_ranges (ModelTurn *turn, guint count)
{
  g_autoptr (GString) set = g_string_new (NULL);

  for (guint i = 0; i < count; i++)
    g_string_append_printf (set, "%s%u", set->len > 0 ? "," : "", 11 + 2 * i);
  g_string_printf (turn->tagged, "OK [COPYUID 1001 %s %s] done", set->str, set->str);
}

/* None of them ours. */
static void
many_ranges (ModelTurn *turn)
{
  name_ranges (turn, 50000);
}

/* More than a line may hold. */
static void
too_many_ranges (ModelTurn *turn)
{
  name_ranges (turn, 100000);
}

static void
four_billion (ModelTurn *turn)
{
  g_string_assign (turn->tagged, "OK [COPYUID 1001 1:4294967295 1:4294967295] done");
}

static void
find_everything (ModelTurn *turn)
{
  edit_search_result (turn, "1:4294967295");
}

#define OTHERS(name_, kind_, command_)                                                                       \
  {                                                                                                          \
    .name = "others-marked/" name_, .capabilities = BARE, .messages = 5, .prepare = others_marked,           \
    .change = delete_second, .faults = { { kind_, command_ } }, .outcome = ENGINE_OUTCOME_OFFLINE,           \
    .may = HOSTILE_MAY_REMOVE_THERE, .finally = fourth_is_marked                                             \
  }

#define TRASHED(name_, capabilities_, ...)                                                                   \
  .name = name_, .capabilities = capabilities_, .messages = 5, .prepare = trash, .change = trash_second,     \
  .may = HOSTILE_MAY_REMOVE_THERE, .faults = { __VA_ARGS__ }

static const HostileCase cases[] = {
  { .name = "others-marked/kept",
    .capabilities = BARE,
    .messages = 5,
    .prepare = others_marked,
    .change = delete_second,
    .may = HOSTILE_MAY_REMOVE_THERE,
    .finally = fourth_is_marked },
  OTHERS ("cut-before-marking-ours", MODEL_CUT, MARK_OURS),
  OTHERS ("cut-after-marking-ours", MODEL_CUT_AFTER, MARK_OURS),
  OTHERS ("cut-at-search", MODEL_CUT, "UID SEARCH DELETED"),
  OTHERS ("cut-before-unmarking-others", MODEL_CUT, UNMARK_OTHERS),
  OTHERS ("cut-after-unmarking-others", MODEL_CUT_AFTER, UNMARK_OTHERS),
  OTHERS ("cut-before-expunge", MODEL_CUT, "EXPUNGE"),
  OTHERS ("cut-after-expunge", MODEL_CUT_AFTER, "EXPUNGE"),
  OTHERS ("cut-before-marking-others", MODEL_CUT, MARK_OTHERS),
  OTHERS ("cut-after-marking-others", MODEL_CUT_AFTER, MARK_OTHERS),
  { .name = "others-marked/unmarking-refused",
    .capabilities = BARE,
    .messages = 5,
    .prepare = others_marked,
    .change = delete_second,
    .faults = { { MODEL_REFUSE, UNMARK_OTHERS, "NO [UNAVAILABLE] not now" } },
    .outcome = ENGINE_OUTCOME_LEFT,
    .says = "not now",
    .may = HOSTILE_MAY_REMOVE_THERE,
    .finally = fourth_is_marked },
  { .name = "others-marked/marking-again-refused",
    .capabilities = BARE,
    .messages = 5,
    .prepare = others_marked,
    .change = delete_second,
    .faults = { { MODEL_REFUSE, MARK_OTHERS, "NO [UNAVAILABLE] not now" } },
    .outcome = ENGINE_OUTCOME_LEFT,
    .says = "not now",
    .may = HOSTILE_MAY_REMOVE_THERE,
    .finally = fourth_is_marked },
  { .name = "others-marked/unmarking-not-carried-out",
    .capabilities = BARE,
    .messages = 5,
    .prepare = others_marked,
    .change = delete_second,
    .faults = { { MODEL_REFUSE, UNMARK_OTHERS, "OK stored" } },
    .outcome = ENGINE_OUTCOME_LEFT,
    .may = HOSTILE_MAY_REMOVE_THERE,
    .finally = fourth_is_marked },
  { .name = "others-mark-meanwhile",
    .capabilities = BARE,
    .messages = 5,
    .change = delete_second,
    .faults = { { MODEL_BEFORE, "UID SEARCH DELETED", .nth = 1, .call = fifth_is_marked } },
    .may = HOSTILE_MAY_REMOVE_THERE },
  { .name = "others-mark-what-was-not-listed",
    .capabilities = BARE,
    .messages = 5,
    .change = delete_second_late_comes,
    .faults = { { MODEL_BEFORE, "UID STORE 2 *", .nth = 1, .call = late_comes_marked } },
    .outcome = ENGINE_OUTCOME_LEFT,
    .says = "deleted here",
    .may = HOSTILE_MAY_REMOVE_THERE },
  { .name = "search-of-four-billion-marked",
    .capabilities = BARE " ESEARCH",
    .messages = 5,
    .change = delete_second,
    .faults = { { MODEL_EDIT, "UID SEARCH *DELETED", .call = find_everything } },
    .outcome = ENGINE_OUTCOME_LEFT,
    .says = "deleted here",
    .may = HOSTILE_MAY_REMOVE_THERE },
  { TRASHED ("trash/move", NULL, { 0 }) },
  { TRASHED ("trash/move-lost", NULL, { MODEL_CUT_AFTER, "UID MOVE *" }), .outcome = ENGINE_OUTCOME_OFFLINE },
  { TRASHED ("trash/move-cut", NULL, { MODEL_CUT, "UID MOVE *" }), .outcome = ENGINE_OUTCOME_OFFLINE },
  { TRASHED ("trash/move-refused", NULL, { MODEL_REFUSE, "UID MOVE *", "NO [OVERQUOTA] trash is full" }),
    .outcome = ENGINE_OUTCOME_LEFT, .says = "trash is full", .check = second_not_in_trash },
  { TRASHED ("trash/move-not-carried-out", NULL, { MODEL_REFUSE, "UID MOVE *", "OK done" }),
    .outcome = ENGINE_OUTCOME_LEFT, .says = "deleted here", .check = second_not_in_trash },
  { TRASHED ("trash/move-names-four-billion", NULL, { MODEL_EDIT, "UID MOVE *", .call = four_billion }),
    .outcome = ENGINE_OUTCOME_EQUAL },
  { TRASHED ("trash/copy", NO_MOVE, { 0 }) },
  { TRASHED ("trash/copy-without-uidplus", BARE, { 0 }) },
  { TRASHED ("trash/copy-lost", NO_MOVE, { MODEL_CUT_AFTER, "UID COPY *" }),
    .outcome = ENGINE_OUTCOME_OFFLINE },
  { TRASHED ("trash/copy-cut", NO_MOVE, { MODEL_CUT, "UID COPY *" }), .outcome = ENGINE_OUTCOME_OFFLINE },
  { TRASHED ("trash/copy-lost-without-uidplus", BARE, { MODEL_CUT_AFTER, "UID COPY *" }),
    .outcome = ENGINE_OUTCOME_OFFLINE },
  { TRASHED ("trash/cut-after-copy", NO_MOVE, { MODEL_CUT, "UID STORE 2 *" }),
    .outcome = ENGINE_OUTCOME_OFFLINE },
  { TRASHED ("trash/cut-after-marking", NO_MOVE, { MODEL_CUT_AFTER, "UID STORE 2 *" }),
    .outcome = ENGINE_OUTCOME_OFFLINE },
  { TRASHED ("trash/cut-after-expunge", NO_MOVE, { MODEL_CUT_AFTER, "UID EXPUNGE 2" }),
    .outcome = ENGINE_OUTCOME_OFFLINE },
  { TRASHED ("trash/no-copyuid", NO_MOVE, { MODEL_LIE, "UID COPY *", "OK done" }) },
  { TRASHED ("trash/copyuid-of-others", NO_MOVE, { MODEL_LIE, "UID COPY *", "OK [COPYUID 1001 3 1] done" }) },
  { TRASHED ("trash/copyuid-of-four-billion", NO_MOVE, { MODEL_EDIT, "UID COPY *", .call = four_billion }) },
  { TRASHED ("trash/copyuid-of-many", NO_MOVE, { MODEL_EDIT, "UID COPY *", .call = many_ranges }) },
  { TRASHED ("trash/copyuid-of-too-many", NO_MOVE, { MODEL_EDIT, "UID COPY *", .call = too_many_ranges }),
    .outcome = ENGINE_OUTCOME_REFUSED, .says = "UID COPY" },
  { TRASHED ("trash/copy-not-carried-out", NO_MOVE, { MODEL_REFUSE, "UID COPY *", "OK done" }),
    .outcome = ENGINE_OUTCOME_LEFT, .says = "deleted here", .check = second_not_in_trash },
  { TRASHED ("trash/copy-refused", NO_MOVE, { MODEL_REFUSE, "UID COPY *", "NO [OVERQUOTA] trash is full" }),
    .outcome = ENGINE_OUTCOME_LEFT, .says = "trash is full", .check = second_not_in_trash },
  { .name = "trash/grows-meanwhile",
    .capabilities = NO_MOVE,
    .messages = 5,
    .prepare = trash,
    .change = trash_second_and_other,
    .faults = { { MODEL_BEFORE, "UID COPY *", .call = trash_grows }, { MODEL_LIE, "UID COPY *", "OK done" } },
    .may = HOSTILE_MAY_REMOVE_THERE },
  { .name = "trash/expunge-refused",
    .capabilities = NO_MOVE,
    .messages = 5,
    .prepare = trash,
    .change = trash_two,
    .faults = { { MODEL_REFUSE, "UID EXPUNGE *", "NO [UNAVAILABLE] not now" } },
    .outcome = ENGINE_OUTCOME_LEFT,
    .says = "not now",
    .may = HOSTILE_MAY_REMOVE_THERE },
  { TRASHED ("trash/expunge-not-carried-out", NO_MOVE, { MODEL_REFUSE, "UID EXPUNGE *", "OK done" }),
    .outcome = ENGINE_OUTCOME_LEFT, .says = "deleted here" },
  { .name = "expunge-refused",
    .messages = 5,
    .change = delete_second,
    .faults = { { MODEL_REFUSE, "UID EXPUNGE *", "NO [NOPERM] you may not" } },
    .outcome = ENGINE_OUTCOME_LEFT,
    .says = "you may not",
    .may = HOSTILE_MAY_REMOVE_THERE },
  { .name = "marking-refused",
    .messages = 5,
    .change = delete_second,
    .faults = { { MODEL_REFUSE, "UID STORE *", "NO [NOPERM] you may not" } },
    .outcome = ENGINE_OUTCOME_LEFT,
    .says = "you may not",
    .may = HOSTILE_MAY_REMOVE_THERE },
  { .name = "expunge-not-carried-out",
    .messages = 5,
    .change = delete_second,
    .faults = { { MODEL_REFUSE, "UID EXPUNGE *", "OK done" } },
    .outcome = ENGINE_OUTCOME_LEFT,
    .says = "deleted here",
    .may = HOSTILE_MAY_REMOVE_THERE },
  { .name = "facts-not-told",
    .messages = 5,
    .change = delete_second,
    .faults = { { MODEL_REPLACE, "UID FETCH 2 (UID RFC822.SIZE INTERNALDATE)", "" } },
    .outcome = ENGINE_OUTCOME_LEFT },
  { .name = "facts-refused",
    .messages = 5,
    .change = delete_second,
    .faults = { { MODEL_REFUSE, "UID FETCH 2 (UID RFC822.SIZE INTERNALDATE)", "NO [UNAVAILABLE] not now" } },
    .outcome = ENGINE_OUTCOME_LEFT },
  { .name = "read-only",
    .messages = 5,
    .change = delete_second,
    .faults = { { MODEL_LIE, "SELECT *", "OK [READ-ONLY] selected" } },
    .outcome = ENGINE_OUTCOME_LEFT,
    .says = "reading only" },
};

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  hostile_add_cases ("/hostile/deletion", cases, G_N_ELEMENTS (cases));
  return g_test_run ();
}
