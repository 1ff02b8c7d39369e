/* Compression where it pays, and servers with which it goes wrong (RFC 4978; C1.1, C8): what was not
 * transferred is by the next run, which does without. */
#include "hostile-case.h"

#define CAPABILITIES                                                                                         \
  "SASL-IR AUTH=PLAIN LITERAL+ UIDPLUS MOVE ESEARCH NAMESPACE UNSELECT SPECIAL-USE CONDSTORE "               \
  "COMPRESS=DEFLATE"
#define COMPRESS "COMPRESS DEFLATE"
#define FAR                                                                                                  \
  {                                                                                                          \
    MODEL_DELAY, "*"                                                                                         \
  }
#define LARGE (1500 * 1024)

static void
add_large_there (Hostile *hostile)
{
  g_autoptr (GBytes) body = hostile_body ("large", LARGE);

  model_mailbox_add (model_store_find (hostile->store, "INBOX"), body, "", 1767225600);
  hostile_expect (hostile, "INBOX", "large", 1);
}

/* Each goes in a flight of its own. */
static void
add_many_there (Hostile *hostile)
{
  for (guint i = 0; i < 4; i++)
    {
      g_autofree char *name = g_strdup_printf ("box %u", i);
      g_autofree char *mark = g_strdup_printf ("half %u", i);
      ModelMailbox *mailbox = model_store_add_mailbox (hostile->store, name, "");
      g_autoptr (GBytes) body = hostile_body (mark, LARGE / 3);

      model_mailbox_add (mailbox, body, "", 1767225600);
      hostile_expect (hostile, name, mark, 1);
    }
}

static void
add_large_here (Hostile *hostile)
{
  hostile_add_large_here (hostile, "INBOX", "large", LARGE);
}

static void
add_small_there (Hostile *hostile)
{
  hostile_add_there (hostile, "INBOX", "small", "");
}

/* It will be silent. */
static void
be_impatient (Hostile *hostile)
{
  hostile->account.timeout = 1;
}

static void
asks_once (Hostile *hostile)
{
  g_assert_cmpuint (model_server_count (hostile->server, "COMPRESS *"), ==, 1);
}

static void
never_asks (Hostile *hostile)
{
  g_assert_cmpuint (model_server_count (hostile->server, "COMPRESS *"), ==, 0);
}

/* Far still, and as much to do. */
static void
does_without (Hostile *hostile)
{
  static const ModelFault far[] = { FAR, { MODEL_FAULTS_END } };

  hostile_add_large_here (hostile, "INBOX", "later", LARGE);
  model_server_set_faults (hostile->server, far);
  g_assert_cmpint (hostile_sync (hostile), ==, ENGINE_OUTCOME_EQUAL);
  never_asks (hostile);
  hostile_assert_equal (hostile, FALSE);
}

static void
asks_again (Hostile *hostile)
{
  static const ModelFault far[] = { FAR, { MODEL_FAULTS_END } };

  hostile_add_large_here (hostile, "INBOX", "later", LARGE);
  model_server_set_faults (hostile->server, far);
  g_assert_cmpint (hostile_sync (hostile), ==, ENGINE_OUTCOME_EQUAL);
  asks_once (hostile);
  hostile_assert_equal (hostile, FALSE);
}

static const HostileCase cases[] = {
  { .name = "download", .change = add_large_there, .faults = { FAR }, .check = asks_once },
  { .name = "download-of-many", .change = add_many_there, .faults = { FAR }, .check = asks_once },
  { .name = "upload", .change = add_large_here, .faults = { FAR }, .check = asks_once },
  { .name = "near", .change = add_large_there, .check = never_asks },
  { .name = "little-to-do", .change = add_small_there, .faults = { FAR }, .check = never_asks },
  { .name = "nothing-to-do", .faults = { FAR }, .check = never_asks },
  { .name = "refused",
    .change = add_large_there,
    .faults = { FAR, { MODEL_REFUSE, COMPRESS, "NO [COMPRESSIONACTIVE] it is" } },
    .check = asks_once,
    .finally = asks_again },
  { .name = "says-ok-and-goes-on-in-plain-text",
    .prepare = be_impatient,
    .change = add_large_there,
    .faults = { FAR, { MODEL_REFUSE, COMPRESS, "OK sure" } },
    .outcome = ENGINE_OUTCOME_OFFLINE,
    .check = asks_once,
    .finally = does_without },
  { .name = "cut-behind-ok",
    .change = add_large_there,
    .faults = { FAR, { MODEL_CUT, "UID FETCH * BODY*" } },
    .outcome = ENGINE_OUTCOME_OFFLINE,
    .finally = does_without },
  { .name = "cut-in-an-answer",
    .change = add_large_there,
    .faults = { FAR, { MODEL_CUT_INSIDE, "UID FETCH *BODY*" } },
    .outcome = ENGINE_OUTCOME_OFFLINE },
  { .name = "upload-cut",
    .change = add_large_here,
    .faults = { FAR, { MODEL_CUT_AFTER, "APPEND *" } },
    .outcome = ENGINE_OUTCOME_OFFLINE },
};

int
main (int argc, char **argv)
{
  HostileCase all[G_N_ELEMENTS (cases)];

  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      all[i] = cases[i];
      all[i].capabilities = CAPABILITIES;
    }
  hostile_add_cases ("/hostile/compress", all, G_N_ELEMENTS (cases));
  return g_test_run ();
}
