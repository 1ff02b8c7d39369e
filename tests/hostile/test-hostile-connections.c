/* Several connections: they share the work where the server is far and slow, and whatever becomes of the
 * further ones, all messages come, each once (C1.1, C2.1, C8). */
#include "hostile-case.h"
#include "hostile-edit.h"

#define BODIES "UID FETCH *BODY*"
#define OTHERS "(EXAMINE) "
#define FAR                                                                                                  \
  {                                                                                                          \
    MODEL_DELAY, "*"                                                                                         \
  }
/* A command's answer of half a megabyte: one connection would take eight seconds for all. */
#define SLOW                                                                                                 \
  {                                                                                                          \
    MODEL_DELAY, BODIES, .milliseconds = 500                                                                 \
  }
#define BYE "* BYE [UNAVAILABLE] too many connections\r\n"
#define LARGE (512 * 1024)
#define COUNT 16

static void
add_large_there (Hostile *hostile, const char *name, guint count)
{
  ModelMailbox *inbox = model_store_find (hostile->store, "INBOX");

  for (guint i = 0; i < count; i++)
    {
      g_autofree char *mark = g_strdup_printf ("%s %u", name, i);
      g_autoptr (GBytes) body = hostile_body (mark, LARGE);

      model_mailbox_add (inbox, body, "", 1767225600 + i);
      hostile_expect (hostile, "INBOX", mark, 1);
    }
}

static void
add_much_there (Hostile *hostile)
{
  hostile->account.connections = 3;
  add_large_there (hostile, "much", COUNT);
}

/* As much as one connection has under way. */
static void
add_little_there (Hostile *hostile)
{
  hostile->account.connections = 3;
  add_large_there (hostile, "little", 4);
}

static void
add_much_for_one (Hostile *hostile)
{
  add_large_there (hostile, "much", COUNT);
}

static void
add_much_impatiently (Hostile *hostile)
{
  hostile->account.timeout = 2;
  add_much_there (hostile);
}

static void
assert_logins (Hostile *hostile, guint count)
{
  g_assert_cmpuint (model_server_count (hostile->server, "AUTHENTICATE *;LOGIN *"), ==, count);
}

static void
three (Hostile *hostile)
{
  assert_logins (hostile, 3);
  g_assert_cmpuint (model_server_count (hostile->server, "EXAMINE *"), ==, 2);
}

static void
three_logins (Hostile *hostile)
{
  assert_logins (hostile, 3);
  g_assert_cmpuint (model_server_count (hostile->server, "EXAMINE *"), ==, 1);
}

static void
two (Hostile *hostile)
{
  assert_logins (hostile, 2);
}

static void
none_shares (Hostile *hostile)
{
  g_assert_cmpuint (model_server_count (hostile->server, "EXAMINE *"), ==, 0);
}

static void
only_one (Hostile *hostile)
{
  assert_logins (hostile, 1);
}

/* What the server took lately is known. */
static void
sync_much_more (Hostile *hostile, guint logins)
{
  static const ModelFault slow[] = { FAR, SLOW, { MODEL_FAULTS_END } };

  add_large_there (hostile, "more", COUNT);
  model_server_set_faults (hostile->server, slow);
  g_assert_cmpint (hostile_sync (hostile), ==, ENGINE_OUTCOME_EQUAL);
  assert_logins (hostile, logins);
  hostile_assert_equal (hostile, FALSE);
}

static void
one_from_now_on (Hostile *hostile)
{
  sync_much_more (hostile, 1);
}

static void
two_from_now_on (Hostile *hostile)
{
  sync_much_more (hostile, 2);
}

static void
tell_other_uidvalidity (ModelTurn *turn)
{
  edit_replace (turn, "UIDVALIDITY ", "UIDVALIDITY 9");
}

/* The others have nothing. */
static void
hide_messages (ModelTurn *turn)
{
  g_string_truncate (turn->untagged, 0);
}

static const HostileCase cases[] = {
  { .name = "shared", .change = add_much_there, .faults = { FAR, SLOW }, .check = three },
  { .name = "near", .change = add_much_there, .check = only_one },
  { .name = "little-to-do", .change = add_little_there, .faults = { FAR, SLOW }, .check = only_one },
  { .name = "not-allowed", .change = add_much_for_one, .faults = { FAR, SLOW }, .check = only_one },
  { .name = "login-refused",
    .change = add_much_there,
    .faults = { FAR, SLOW, { MODEL_REFUSE, "AUTHENTICATE *", "NO [LIMIT] too many of you", 2 } },
    .check = two,
    .finally = one_from_now_on },
  { .name = "turned-away",
    .change = add_much_there,
    .faults = { FAR, SLOW, { MODEL_REPLACE, "GREETING", BYE, 2 }, { MODEL_REPLACE, "GREETING", BYE, 3 } },
    .check = none_shares },
  { .name = "closed-at-once",
    .change = add_much_there,
    .faults = { FAR, SLOW, { MODEL_CUT, "GREETING", NULL, 2 }, { MODEL_CUT, "GREETING", NULL, 3 } },
    .check = only_one },
  { .name = "third-refused",
    .change = add_much_there,
    .faults = { FAR, SLOW, { MODEL_REFUSE, "AUTHENTICATE *", "NO [LIMIT] two are enough", 3 } },
    .check = three_logins,
    .finally = two_from_now_on },
  { .name = "mailbox-refused",
    .change = add_much_there,
    .faults = { FAR, SLOW, { MODEL_REFUSE, "EXAMINE *", "NO [INUSE] one at a time" } },
    .check = three },
  { .name = "dropped-at-the-mailbox",
    .change = add_much_there,
    .faults = { FAR, SLOW, { MODEL_CUT, "EXAMINE *" } },
    .check = two },
  { .name = "another-uidvalidity",
    .change = add_much_there,
    .faults = { FAR, SLOW, { MODEL_EDIT, "EXAMINE *", .call = tell_other_uidvalidity } },
    .check = three },
  { .name = "bodies-refused",
    .change = add_much_there,
    .faults = { FAR, SLOW, { MODEL_REFUSE, OTHERS BODIES, "NO not for you" } },
    .check = three },
  { .name = "bodies-hidden",
    .change = add_much_there,
    .faults = { FAR, SLOW, { MODEL_EDIT, OTHERS BODIES, .call = hide_messages } },
    .check = three },
  { .name = "dropped",
    .change = add_much_there,
    .faults = { FAR, SLOW, { MODEL_CUT, OTHERS BODIES, NULL, 3 } },
    .check = three },
  { .name = "dropped-in-a-message",
    .change = add_much_there,
    .faults = { FAR, SLOW, { MODEL_CUT_INSIDE, OTHERS BODIES, NULL, 2 } },
    .check = three },
  { .name = "said-goodbye",
    .change = add_much_there,
    .faults = { FAR, SLOW, { MODEL_BYE, OTHERS BODIES, "that is enough" } },
    .check = two,
    .finally = one_from_now_on },
  { .name = "silent",
    .change = add_much_impatiently,
    .faults = { FAR, SLOW, { MODEL_STALL_INSIDE, OTHERS BODIES, NULL, 1 } },
    .check = three },
};

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  hostile_add_cases ("/hostile/connections", cases, G_N_ELEMENTS (cases));
  return g_test_run ();
}
