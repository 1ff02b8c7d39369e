/* What was moved, overwritten or is out of sight is never taken for deleted (contract C1). */
#include "hostile-steps.h"

#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#define BARE "SASL-IR AUTH=PLAIN LITERAL+ UIDPLUS"
/* What a good server offers, but MOVE: what is moved here is copied, and then deleted where it was. */
#define WITHOUT_MOVE BARE " ESEARCH NAMESPACE UNSELECT SPECIAL-USE LIST-EXTENDED"
#define MESSAGES 20
#define MOVED 5

/* Files moved out of INBOX by the user, to where their upload can't go now. */
typedef struct
{
  const char *name;
  const char *target;
  const char *only; /* (nullable) the mailbox that is synchronized */
  void (*spoil) (Hostile *hostile);
  ModelFault faults[3];
  const char *says;
  void (*mend) (Hostile *hostile);
  const char *ends_in; /* where they are on both sides in the end */
} MoveCase;

static void
lose_new (Hostile *hostile)
{
  g_autofree char *path = hostile_path_here (hostile, "Arch/new");

  g_assert_cmpint (g_rmdir (path), ==, 0);
}

static void
put_new_back (Hostile *hostile)
{
  g_autofree char *path = hostile_path_here (hostile, "Arch/new");

  g_assert_cmpint (g_mkdir (path, 0700), ==, 0);
}

static void
move_back (Hostile *hostile)
{
  hostile_move_here (hostile, "Arch", 1, MOVED, "INBOX");
}

static void
rename_directory (Hostile *hostile)
{
  g_autofree char *from = hostile_path_here (hostile, "inbox");
  g_autofree char *to = hostile_path_here (hostile, "Kept");

  g_assert_cmpint (g_rename (from, to), ==, 0);
}

/* C1.3: before anything is removed on one side because it is durable on the other, it is durable there. */
static const MoveCase moves[] = {
  { "over-quota",
    "Arch",
    NULL,
    NULL,
    { { MODEL_REFUSE, "APPEND *", "NO [OVERQUOTA] the mailbox is full" },
      { MODEL_REFUSE, "UID COPY *", "NO [OVERQUOTA] the mailbox is full" } },
    "the mailbox is full",
    NULL,
    "Arch" },
  { "too-big",
    "Arch",
    NULL,
    NULL,
    { { MODEL_REFUSE, "APPEND *", "NO [TOOBIG] this is too big" },
      { MODEL_REFUSE, "UID COPY *", "NO [TOOBIG] this is too big" } },
    "refused",
    move_back,
    "INBOX" },
  { "read-only",
    "Arch",
    NULL,
    NULL,
    { { MODEL_LIE, "SELECT *Arch*", "OK [READ-ONLY] selected" } },
    "Arch: ",
    NULL,
    "Arch" },
  { "directory-damaged", "Arch", NULL, lose_new, { { MODEL_FAULTS_END } }, "Arch: ", put_new_back, "Arch" },
  { "no-mailbox-name", "inbox", NULL, NULL, { { MODEL_FAULTS_END } }, "inbox", rename_directory, "Kept" },
  { "create-refused",
    "Newly",
    NULL,
    NULL,
    { { MODEL_REFUSE, "CREATE *", "NO [NOPERM] you may not" } },
    "you may not",
    NULL,
    "Newly" },
  { "target-not-asked-for",
    "Arch",
    "INBOX",
    NULL,
    { { MODEL_FAULTS_END } },
    "INBOX: misplaced",
    NULL,
    "Arch" },
};

static void
expect_left (Hostile *hostile, const MoveCase *row)
{
  if (row->only != NULL)
    hostile_expect_sync_of (hostile, row->only, ENGINE_OUTCOME_LEFT, row->says);
  else
    hostile_expect_sync (hostile, ENGINE_OUTCOME_LEFT, row->says);
  hostile_assert_none_removed (hostile);
  g_assert_cmpuint (hostile_count_there (hostile, "INBOX"), ==, MESSAGES);
}

static void
run_move (const MoveCase *row, const char *capabilities)
{
  Hostile *hostile = hostile_new (capabilities);

  model_store_add_mailbox (hostile->store, "Arch", "");
  model_store_add_mailbox (hostile->store, "Trash", "\\Trash");
  hostile_add_many_there (hostile, "INBOX", MESSAGES);
  hostile_expect_sync (hostile, ENGINE_OUTCOME_EQUAL, NULL);
  hostile_move_here (hostile, "INBOX", 1, MOVED, row->target);
  if (row->spoil != NULL)
    row->spoil (hostile);
  model_server_set_faults (hostile->server, row->faults);
  expect_left (hostile, row);
  expect_left (hostile, row);
  model_server_set_faults (hostile->server, NULL);
  if (row->mend != NULL)
    row->mend (hostile);
  hostile_expect_sync (hostile, ENGINE_OUTCOME_EQUAL, NULL);
  hostile_expect_moved (hostile, "INBOX", 1, MOVED, row->ends_in);
  hostile_assert_equal (hostile, FALSE);
  g_assert_cmpuint (hostile_count_there (hostile, "Trash"), ==, 0);
  hostile_free (hostile);
}

static void
test_move (gconstpointer row)
{
  run_move (row, WITHOUT_MOVE);
  run_move (row, BARE);
}

/* Drafts have to come down to be known again. */
static void
add_drafts (Hostile *hostile)
{
  for (guint i = 1; i <= MESSAGES; i++)
    {
      g_autofree char *mark = g_strdup_printf ("m%u", i);

      hostile_add_there (hostile, "INBOX", mark, "\\Draft");
    }
}

/* C1.3: the new place lists the message and gives no body, the old place has lost it. */
static void
test_moved_there_without_body (void)
{
  static const ModelFault faults[] = { { MODEL_REPLACE, "UID FETCH *BODY.PEEK[]*", "" },
                                       { MODEL_FAULTS_END } };
  Hostile *hostile = hostile_new (NULL);
  ModelMailbox *inbox = model_store_find (hostile->store, "INBOX");
  ModelMailbox *arch = model_store_add_mailbox (hostile->store, "Arch", "");

  add_drafts (hostile);
  hostile_expect_sync (hostile, ENGINE_OUTCOME_EQUAL, NULL);
  while (inbox->messages->len > 0)
    {
      const ModelMessage *message = g_ptr_array_index (inbox->messages, 0);

      model_mailbox_add (arch, message->body, message->flags, message->date);
      model_mailbox_remove (inbox, message->uid);
    }
  hostile_expect_moved (hostile, "INBOX", 1, MESSAGES, "Arch");
  model_server_set_faults (hostile->server, faults);
  for (guint i = 0; i < 2; i++)
    {
      hostile_expect_sync (hostile, ENGINE_OUTCOME_LEFT, NULL);
      g_assert_cmpuint (hostile_count_here (hostile, "INBOX", NULL) +
                            hostile_count_here (hostile, "Arch", NULL),
                        ==, MESSAGES);
    }
  model_server_set_faults (hostile->server, NULL);
  hostile_expect_sync (hostile, ENGINE_OUTCOME_EQUAL, NULL);
  hostile_assert_equal (hostile, FALSE);
  hostile_free (hostile);
}

#define WINDOW 1000

/* The server shows the highest UIDs only: fewer are counted, told of and found. */
static void
look_through_window (ModelTurn *turn)
{
  guint all = turn->selected != NULL ? turn->selected->messages->len : 0;
  guint hidden = all > WINDOW ? all - WINDOW : 0;
  g_auto (GStrv) lines = g_strsplit (turn->untagged->str, "\r\n", -1);

  if (strstr (turn->command, "BODY") != NULL)
    return;
  if (g_str_has_prefix (turn->command, "UID SEARCH"))
    {
      g_string_assign (turn->untagged, "* SEARCH\r\n");
      return;
    }
  g_string_truncate (turn->untagged, 0);
  for (guint i = 0; lines[i] != NULL && *lines[i] != '\0'; i++)
    {
      guint number = (guint)g_ascii_strtoull (lines[i] + 2, NULL, 10);
      const char *rest = strchr (lines[i] + 2, ' ');

      if (number == 0)
        g_string_append_printf (turn->untagged, "%s\r\n", lines[i]);
      else if (number > hidden)
        g_string_append_printf (turn->untagged, "* %u%s\r\n", number - hidden, rest);
    }
}

static const ModelFault window[] = { { MODEL_EDIT, "SELECT *", .call = look_through_window },
                                     { MODEL_EDIT, "UID *", .call = look_through_window },
                                     { MODEL_FAULTS_END } };

static void
add_more (Hostile *hostile, guint round)
{
  for (guint i = 1; i <= 5; i++)
    {
      g_autofree char *mark = g_strdup_printf ("n%u.%u", round, i);

      hostile_add_there (hostile, "INBOX", mark, "");
    }
}

/* C1.2: exactly the lowest UIDs gone while EXISTS stands still. New mail goes on coming through the window.
 */
static void
test_window (void)
{
  Hostile *hostile = hostile_new (BARE);

  hostile_add_many_there (hostile, "INBOX", WINDOW);
  hostile_expect_sync (hostile, ENGINE_OUTCOME_EQUAL, NULL);
  model_server_set_faults (hostile->server, window);
  for (guint round = 1; round <= 4; round++)
    {
      if (round < 4)
        add_more (hostile, round);
      hostile_expect_sync (hostile, ENGINE_OUTCOME_LEFT, NULL);
      g_assert_cmpuint (hostile_count_here (hostile, "INBOX", NULL), ==, WINDOW + 5 * MIN (round, 3));
      hostile_assert_none_removed (hostile);
    }
  model_server_set_faults (hostile->server, NULL);
  hostile_expect_sync (hostile, ENGINE_OUTCOME_EQUAL, NULL);
  hostile_assert_equal (hostile, FALSE);
  hostile_free (hostile);
}

static Hostile *
make_overwritten (const char *flags)
{
  Hostile *hostile = hostile_new (NULL);

  for (guint i = 1; i <= 50; i++)
    {
      g_autofree char *mark = g_strdup_printf ("m%u", i);

      hostile_add_there (hostile, "INBOX", mark, flags);
    }
  hostile_expect_sync (hostile, ENGINE_OUTCOME_EQUAL, NULL);
  for (guint i = 1; i <= 40; i++)
    {
      g_autofree char *mark = g_strdup_printf ("m%u", i);

      hostile_overwrite_here (hostile, "INBOX", mark, 300 + i);
    }
  return hostile;
}

/* C1.4: what is overwritten is gone as well. */
static void
test_overwritten (void)
{
  Hostile *hostile = make_overwritten ("\\Seen");

  hostile_expect_sync (hostile, ENGINE_OUTCOME_LEFT, "40 messages");
  g_assert_cmpuint (model_server_count (hostile->server, MODEL_CHANGES), ==, 0);
  hostile_release (hostile);
  hostile_expect_sync (hostile, ENGINE_OUTCOME_EQUAL, NULL);
  hostile_assert_equal (hostile, FALSE);
  hostile_free (hostile);
}

/* C1.4: a draft is there to be overwritten. */
static void
test_overwritten_drafts (void)
{
  Hostile *hostile = make_overwritten ("\\Draft");

  hostile_expect_sync (hostile, ENGINE_OUTCOME_EQUAL, NULL);
  hostile_assert_equal (hostile, FALSE);
  hostile_free (hostile);
}

/* C3.1: no directory tells of what was written in place. Deleted there, it is looked at before it goes, and
 * is new. */
static void
test_overwritten_and_gone (void)
{
  Hostile *hostile = hostile_new (
      "SASL-IR AUTH=PLAIN LITERAL+ UIDPLUS MOVE ESEARCH NAMESPACE UNSELECT SPECIAL-USE CONDSTORE");

  hostile_add_many_there (hostile, "INBOX", 5);
  do
    hostile_expect_sync (hostile, ENGINE_OUTCOME_EQUAL, NULL);
  while (model_server_count (hostile->server, "SELECT *") > 0);
  hostile_overwrite_here (hostile, "INBOX", "m2", 900);
  hostile_expunge_there (hostile, "INBOX", "m2");
  hostile_expect (hostile, "INBOX", "m2", 1);
  hostile_expect_sync (hostile, ENGINE_OUTCOME_EQUAL, NULL);
  hostile_assert_equal (hostile, FALSE);
  hostile_free (hostile);
}

/* C1.4: the account's half is the same when its mailboxes are synchronized one by one. */
static void
test_hold_mailbox_by_mailbox (void)
{
  static const char *const mailboxes[] = { "A", "B", "C", "D" };
  Hostile *hostile = hostile_new (NULL);
  guint left = 0;

  for (guint i = 0; i < G_N_ELEMENTS (mailboxes); i++)
    hostile_add_many_there (hostile, mailboxes[i], 10);
  hostile_expect_sync (hostile, ENGINE_OUTCOME_EQUAL, NULL);
  for (guint i = 0; i < 40; i++)
    {
      g_autofree char *mark = g_strdup_printf ("m%u", i % 10 + 1);

      hostile_delete_here (hostile, mailboxes[i / 10], mark, NULL);
    }
  for (guint i = 0; i < G_N_ELEMENTS (mailboxes); i++)
    hostile_expect_sync_of (hostile, mailboxes[i], i < 2 ? ENGINE_OUTCOME_EQUAL : ENGINE_OUTCOME_LEFT,
                            i < 2 ? NULL : "release");
  for (guint i = 0; i < G_N_ELEMENTS (mailboxes); i++)
    left += hostile_count_there (hostile, mailboxes[i]);
  g_assert_cmpuint (left, ==, 20);
  hostile_free (hostile);
}

static void
second_is_moved (ModelTurn *turn)
{
  hostile_move_here (turn->store->user_data, "INBOX", 2, 2, "Work");
}

/* C4.1: while INBOX is looked at once more, and Work is not. */
static void
test_moved_between_rounds (void)
{
  static const ModelFault faults[] = { { MODEL_BEFORE, "UID FETCH 7:*", .nth = 1, .call = second_is_moved },
                                       { MODEL_FAULTS_END } };
  Hostile *hostile = hostile_new (NULL);

  model_store_add_mailbox (hostile->store, "Trash", "\\Trash");
  model_store_add_mailbox (hostile->store, "Work", "");
  hostile_add_many_there (hostile, "INBOX", 5);
  hostile_expect_sync (hostile, ENGINE_OUTCOME_EQUAL, NULL);
  hostile_add_there (hostile, "INBOX", "m6", "");
  hostile_expect_moved (hostile, "INBOX", 2, 2, "Work");
  model_server_set_faults (hostile->server, faults);
  hostile_expect_sync (hostile, ENGINE_OUTCOME_EQUAL, NULL);
  hostile_assert_equal (hostile, FALSE);
  g_assert_cmpuint (model_server_count (hostile->server, "UID MOVE 2 Work"), ==, 1);
  hostile_free (hostile);
}

/* C1.2: a symbolic link in a message's place is damage, not a deletion. */
static void
test_symbolic_links (void)
{
  Hostile *hostile = hostile_new (NULL);

  hostile_add_many_there (hostile, "INBOX", 30);
  hostile_expect_sync (hostile, ENGINE_OUTCOME_EQUAL, NULL);
  for (guint i = 1; i <= 8; i++)
    {
      g_autofree char *mark = g_strdup_printf ("m%u", i);
      g_autofree char *path = hostile_file_here (hostile, "INBOX", mark);
      g_autofree char *elsewhere = hostile_path (hostile, mark);

      g_assert_cmpint (g_rename (path, elsewhere), ==, 0);
      g_assert_cmpint (symlink (elsewhere, path), ==, 0);
    }
  for (guint i = 0; i < 2; i++)
    {
      hostile_expect_sync (hostile, ENGINE_OUTCOME_LEFT, "INBOX: ");
      g_assert_cmpuint (model_server_count (hostile->server, MODEL_CHANGES), ==, 0);
    }
  hostile_free (hostile);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (moves); i++)
    {
      g_autofree char *path = g_strconcat ("/hostile/safety/C1.3/moved-here/", moves[i].name, NULL);

      g_test_add_data_func (path, &moves[i], test_move);
    }
  g_test_add_func ("/hostile/safety/C1.3/moved-there-without-body", test_moved_there_without_body);
  g_test_add_func ("/hostile/safety/C1.2/window-with-new-mail", test_window);
  g_test_add_func ("/hostile/safety/C1.4/overwritten", test_overwritten);
  g_test_add_func ("/hostile/safety/C1.4/overwritten-drafts", test_overwritten_drafts);
  g_test_add_func ("/hostile/safety/C1.4/mailbox-by-mailbox", test_hold_mailbox_by_mailbox);
  g_test_add_func ("/hostile/safety/C4.1/moved-between-rounds", test_moved_between_rounds);
  g_test_add_func ("/hostile/safety/C3.1/overwritten-and-gone", test_overwritten_and_gone);
  g_test_add_func ("/hostile/safety/C1.2/symbolic-links", test_symbolic_links);
  return g_test_run ();
}
