/* Trouble with one message, one mailbox or one link: the rest goes on, and nothing is given up (C2, C3, C5,
 * C6). */
#include "hostile-steps.h"

#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>
#include <utime.h>

#define BARE "SASL-IR AUTH=PLAIN LITERAL+ UIDPLUS"

/* What is wrong in one mailbox, while mail comes for another. */
typedef struct
{
  const char *name;
  const char *capabilities;
  void (*spoil) (Hostile *hostile);
  ModelFault faults[3];
  EngineOutcome outcome;
  const char *says;
  gboolean stays; /* until the user mends it */
} AloneCase;

static void
link_keywords (Hostile *hostile)
{
  g_autofree char *path = hostile_path_here (hostile, "A/dovecot-keywords");

  g_assert_cmpint (symlink ("/nonexistent/keywords", path), ==, 0);
}

static void
grow_keywords (Hostile *hostile)
{
  g_autofree char *path = hostile_path_here (hostile, "A/dovecot-keywords");
  g_autofree char *text = g_strnfill (2 * 1024 * 1024, 'x');

  hostile_write (path, text);
}

/* As a backup tool leaves it; and another client reads the message. */
static void
copy_with_other_flags (Hostile *hostile)
{
  ModelMailbox *there = model_store_find (hostile->store, "A");
  g_autofree char *path = hostile_file_here (hostile, "A", "m1");
  g_autofree char *twin = g_strconcat (path, "S", NULL);
  g_autofree char *text = NULL;

  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  g_assert_true (g_str_has_suffix (path, ":2,R"));
  hostile_write (twin, text);
  hostile_expect (hostile, "A", "m1", 1);
  model_message_change_flags (there, g_ptr_array_index (there->messages, 0), '+', "\\Seen");
}

static void
delete_first (Hostile *hostile)
{
  hostile_delete_here (hostile, "A", "m1", "Trash");
}

/* 1.5 MiB without an empty line, the same on both sides. */
static void
write_all_header (Hostile *hostile, const char *mark)
{
  g_autoptr (GString) text = g_string_new ("From: a@example.org\r\nMessage-ID: <big@example.org>\r\n"
                                           "Date: Thu, 1 Jan 2026 00:00:00 +0000\r\n");
  g_autofree char *fill = g_strnfill (900, 'a');
  g_autofree char *base = g_strdup_printf ("1770000000.%s.here", mark);
  g_autoptr (GBytes) body = NULL;

  g_string_append_printf (text, "Subject: %s\r\n", mark);
  while (text->len < 3 * 512 * 1024)
    g_string_append_printf (text, "X-Long: %s\r\n", fill);
  body = g_bytes_new (text->str, text->len);
  model_mailbox_add (model_store_find (hostile->store, "A"), body, "\\Seen", 1770000000);
  local_write (hostile->account.maildir, "A", base, "S", body, 1770000000);
  hostile_expect (hostile, "A", mark, 1);
}

/* Only their headers tell them apart. */
static void
write_two_all_header (Hostile *hostile)
{
  write_all_header (hostile, "big1");
  write_all_header (hostile, "big2");
}

static const AloneCase alone[] = {
  { "C3.3/keywords-are-a-link",
    NULL,
    link_keywords,
    { { MODEL_FAULTS_END } },
    ENGINE_OUTCOME_LEFT,
    "A: ",
    TRUE },
  { "C3.3/keywords-too-large",
    NULL,
    grow_keywords,
    { { MODEL_FAULTS_END } },
    ENGINE_OUTCOME_LEFT,
    "A: ",
    TRUE },
  { "C3.2/two-files-of-one-name",
    NULL,
    copy_with_other_flags,
    { { MODEL_FAULTS_END } },
    ENGINE_OUTCOME_LEFT,
    "A: ",
    TRUE },
  { "C3.5/trash-refuses",
    BARE,
    delete_first,
    { { MODEL_REFUSE, "STATUS *", "NO [NOPERM] you may not" },
      { MODEL_REFUSE, "UID COPY *", "NO [NOPERM] you may not" } },
    ENGINE_OUTCOME_LEFT,
    "you may not",
    FALSE },
  { "C2.2/all-header",
    NULL,
    write_two_all_header,
    { { MODEL_FAULTS_END } },
    ENGINE_OUTCOME_EQUAL,
    NULL,
    FALSE },
};

/* C9, exit 1: "done, but some messages or mailboxes were left (each named on stderr)". */
static void
test_alone (gconstpointer user_data)
{
  const AloneCase *row = user_data;
  Hostile *hostile = hostile_new (row->capabilities);

  model_store_add_mailbox (hostile->store, "Trash", "\\Trash");
  hostile_add_there (hostile, "A", "m1", "\\Answered");
  hostile_add_there (hostile, "Work", "w1", "");
  hostile_expect_sync (hostile, ENGINE_OUTCOME_EQUAL, NULL);
  row->spoil (hostile);
  hostile_add_there (hostile, "INBOX", "i1", "");
  hostile_add_there (hostile, "Work", "w2", "");
  hostile_add_here (hostile, "Work", "w3", "S");
  model_server_set_faults (hostile->server, row->faults);
  for (guint i = 0; i < 2; i++)
    hostile_expect_sync (hostile, row->outcome, row->says);
  g_assert_cmpuint (hostile_count_here (hostile, "INBOX", "i1"), ==, 1);
  g_assert_cmpuint (hostile_count_here (hostile, "Work", "w2"), ==, 1);
  g_assert_cmpuint (hostile_count_mark_there (hostile, "Work", "w3"), ==, 1);
  model_server_set_faults (hostile->server, NULL);
  if (!row->stays)
    {
      hostile_expect_sync (hostile, ENGINE_OUTCOME_EQUAL, NULL);
      hostile_assert_equal (hostile, FALSE);
    }
  hostile_free (hostile);
}

static void
other_arrives (ModelTurn *turn)
{
  g_autoptr (GBytes) body = hostile_body ("theirs", 2000);

  model_mailbox_add (turn->selected, body, "", 1700000000);
}

/* C2.1: the UID in the answer is another client's message, that came between. */
static void
test_appenduid_of_another (void)
{
  static const ModelFault faults[] = { { MODEL_BEFORE, "APPEND *", .call = other_arrives },
                                       { MODEL_LIE, "APPEND *", "OK [APPENDUID 1000 6] stored" },
                                       { MODEL_FAULTS_END } };
  Hostile *hostile = hostile_new (NULL);

  hostile_add_many_there (hostile, "INBOX", 5);
  hostile_expect_sync (hostile, ENGINE_OUTCOME_EQUAL, NULL);
  hostile_add_here (hostile, "INBOX", "ours", "S");
  hostile_expect (hostile, "INBOX", "theirs", 1);
  model_server_set_faults (hostile->server, faults);
  hostile_expect_sync (hostile, ENGINE_OUTCOME_EQUAL, NULL);
  model_server_set_faults (hostile->server, NULL);
  hostile_expect_sync (hostile, ENGINE_OUTCOME_EQUAL, NULL);
  hostile_assert_equal (hostile, FALSE);
  hostile_delete_here (hostile, "INBOX", "ours", NULL);
  hostile_expect_sync (hostile, ENGINE_OUTCOME_EQUAL, NULL);
  hostile_assert_equal (hostile, FALSE);
  hostile_free (hostile);
}

/* C2.1: one UID in the answers to two uploads. */
static void
test_appenduid_for_two (void)
{
  static const ModelFault faults[] = { { MODEL_LIE, "APPEND *", "OK [APPENDUID 1000 6] stored" },
                                       { MODEL_FAULTS_END } };
  Hostile *hostile = hostile_new (NULL);

  hostile_add_many_there (hostile, "INBOX", 5);
  hostile_expect_sync (hostile, ENGINE_OUTCOME_EQUAL, NULL);
  hostile_add_here (hostile, "INBOX", "up1", "S");
  hostile_add_here (hostile, "INBOX", "up2", "S");
  model_server_set_faults (hostile->server, faults);
  hostile_expect_sync (hostile, ENGINE_OUTCOME_EQUAL, NULL);
  model_server_set_faults (hostile->server, NULL);
  hostile_assert_equal (hostile, FALSE);
  hostile_delete_here (hostile, "INBOX", "up2", NULL);
  hostile_expect_sync (hostile, ENGINE_OUTCOME_EQUAL, NULL);
  hostile_assert_equal (hostile, FALSE);
  hostile_free (hostile);
}

#define UPLOADS 60

/* C2.1: a lost link is no answer, and no answer is no refusal. */
static void
test_link_lost_thrice (gconstpointer kind)
{
  const ModelFault faults[] = { { GPOINTER_TO_UINT (kind), "APPEND *", .nth = 3 }, { MODEL_FAULTS_END } };
  Hostile *hostile = hostile_new (NULL);

  hostile_expect_sync (hostile, ENGINE_OUTCOME_EQUAL, NULL);
  for (guint i = 0; i < UPLOADS; i++)
    {
      g_autofree char *mark = g_strdup_printf ("up%u", i);

      hostile_add_here (hostile, "INBOX", mark, "S");
    }
  for (guint i = 0; i < 3; i++)
    {
      model_server_set_faults (hostile->server, faults);
      hostile_expect_sync (hostile, ENGINE_OUTCOME_OFFLINE, NULL);
      g_assert_null (strstr (hostile->said->str, "refused"));
    }
  model_server_set_faults (hostile->server, NULL);
  hostile_expect_sync (hostile, ENGINE_OUTCOME_EQUAL, NULL);
  hostile_assert_equal (hostile, FALSE);
  hostile_free (hostile);
}

/* With the prefix "INBOX." and the delimiter ".". */
static void
list_below_inbox (ModelTurn *turn)
{
  g_string_replace (turn->untagged, "\"/\"", "\".\"", 0);
}

static const ModelFault prefixed[] = {
  { MODEL_REPLACE, "NAMESPACE", "* NAMESPACE ((\"INBOX.\" \".\")) NIL NIL\r\n" },
  { MODEL_EDIT, "LIST *", .call = list_below_inbox },
  { MODEL_FAULTS_END },
};

/* C6.5, C6.6: a mailbox that would get INBOX's name, and is not INBOX. */
static void
test_inbox_below_inbox (void)
{
  Hostile *hostile = hostile_new (NULL);

  model_server_set_faults (hostile->server, prefixed);
  hostile_add_many_there (hostile, "INBOX", 3);
  hostile_add_there (hostile, "INBOX.Work", "w1", "");
  hostile_expect_sync (hostile, ENGINE_OUTCOME_EQUAL, NULL);
  hostile_add_there (hostile, "INBOX.INBOX", "other", "");
  hostile_add_there (hostile, "INBOX", "new", "");
  for (guint i = 0; i < 2; i++)
    hostile_expect_sync (hostile, ENGINE_OUTCOME_LEFT, "INBOX.INBOX: name");
  g_assert_cmpuint (hostile_count_here (hostile, "INBOX", NULL), ==, 4);
  g_assert_cmpuint (hostile_count_here (hostile, "Work", "w1"), ==, 1);
  g_assert_cmpuint (hostile_count_there (hostile, "INBOX"), ==, 4);
  g_assert_cmpuint (hostile_count_there (hostile, "INBOX.INBOX"), ==, 1);
  hostile_free (hostile);
}

/* C6.6: two names that fold onto one directory (NFC and NFD), each asked for alone. */
static void
test_folded_one_by_one (void)
{
  Hostile *hostile = hostile_new (NULL);
  guint found = 0;
  g_autoptr (GPtrArray) files = NULL;

  hostile_add_there (hostile, "caf&AOk-", "composed", "");
  hostile_add_there (hostile, "cafe&AwE-", "decomposed", "");
  hostile_expect_sync_of (hostile, "caf\303\251", ENGINE_OUTCOME_EQUAL, NULL);
  hostile_expect_sync_of (hostile, "cafe\314\201", ENGINE_OUTCOME_EQUAL, NULL);
  hostile_expect_sync (hostile, ENGINE_OUTCOME_EQUAL, NULL);
  files = local_list (hostile->account.maildir);
  g_assert_cmpuint (files->len, ==, 2);
  for (guint i = 0; i < files->len; i++)
    found += strstr (((LocalFile *)g_ptr_array_index (files, i))->mailbox, "%~") != NULL;
  g_assert_cmpuint (found, ==, 1);
  g_assert_cmpuint (hostile_count_there (hostile, "caf&AOk-"), ==, 1);
  g_assert_cmpuint (hostile_count_there (hostile, "cafe&AwE-"), ==, 1);
  hostile_free (hostile);
}

static void
forget_journal (Hostile *hostile)
{
  g_autoptr (GDir) dir = g_dir_open (hostile->account.state_dir, 0, NULL);
  const char *name;

  g_assert_nonnull (dir);
  while ((name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename (hostile->account.state_dir, name, NULL);

      if (g_str_has_prefix (name, "journal"))
        g_assert_cmpint (g_unlink (path), ==, 0);
    }
}

static void
replace_all_there (Hostile *hostile, guint round)
{
  for (guint i = 0; i < 3; i++)
    {
      g_autofree char *old = g_strdup_printf ("r%u.%u", round - 1, i);
      g_autofree char *mark = g_strdup_printf ("r%u.%u", round, i);

      if (round > 0)
        hostile_expunge_there (hostile, "INBOX", old);
      hostile_add_there (hostile, "INBOX", mark, "");
    }
}

/* C3.6: a new journal counts from one again, the attic holds what the old one counted. */
static void
test_attic_after_lost_journal (void)
{
  Hostile *hostile = hostile_new (NULL);

  for (guint round = 0; round < 6; round++)
    {
      replace_all_there (hostile, round);
      hostile_expect_sync (hostile, ENGINE_OUTCOME_EQUAL, NULL);
      g_assert_cmpuint (hostile_count_attic (hostile), ==, 3 * round);
      if (round % 2 == 1)
        {
          forget_journal (hostile);
          hostile_expect_sync (hostile, ENGINE_OUTCOME_EQUAL, NULL);
        }
    }
  hostile_assert_equal (hostile, FALSE);
  hostile->account.keep_deleted = 0;
  hostile_expect_sync (hostile, ENGINE_OUTCOME_EQUAL, NULL);
  g_assert_cmpuint (hostile_count_attic (hostile), ==, 0);
  hostile_free (hostile);
}

/* C5.4: a bare NO is for now, [CANNOT] for good. */
static void
test_store_refused (gconstpointer text)
{
  const ModelFault faults[] = { { MODEL_REFUSE, "UID STORE *", text }, { MODEL_FAULTS_END } };
  const char *reason = strstr (text, "it ");
  gboolean for_good = strstr (text, "[CANNOT]") != NULL;
  Hostile *hostile = hostile_new (NULL);

  hostile_add_many_there (hostile, "INBOX", 3);
  hostile_expect_sync (hostile, ENGINE_OUTCOME_EQUAL, NULL);
  hostile_flag_here (hostile, "INBOX", "m1", "F");
  model_server_set_faults (hostile->server, faults);
  hostile_expect_sync (hostile, ENGINE_OUTCOME_LEFT, reason);
  model_server_set_faults (hostile->server, NULL);
  hostile_expect_sync (hostile, for_good ? ENGINE_OUTCOME_LEFT : ENGINE_OUTCOME_EQUAL, NULL);
  g_assert_cmpuint (model_server_count (hostile->server, "UID STORE *"), ==, for_good ? 0 : 1);
  g_assert_null (strstr (hostile->said->str, reason));
  hostile_assert_equal (hostile, for_good);
  hostile_free (hostile);
}

/* C3.4: a keyword that the server does not keep stays here, also on a message that was just uploaded. */
static void
test_upload_with_keyword (void)
{
  Hostile *hostile = hostile_new (NULL);
  g_autofree char *path = hostile_path_here (hostile, "INBOX/dovecot-keywords");

  model_store_find (hostile->store, "INBOX")->permanent_flags =
      "\\Answered \\Flagged \\Deleted \\Seen \\Draft";
  hostile_expect_sync (hostile, ENGINE_OUTCOME_EQUAL, NULL);
  hostile_write (path, "0 todo\n");
  hostile_add_here (hostile, "INBOX", "up", "Sa");
  for (guint i = 0; i < 3; i++)
    {
      g_autofree char *flags = NULL;

      hostile_expect_sync (hostile, ENGINE_OUTCOME_EQUAL, NULL);
      flags = hostile_flags_here (hostile, "INBOX", "up");
      g_assert_cmpstr (flags, ==, "\\Seen todo");
    }
  hostile_assert_equal (hostile, TRUE);
  hostile_free (hostile);
}

/* C9, exit 1: what was asked for and is not there is named. */
static void
test_no_such_mailbox (void)
{
  Hostile *hostile = hostile_new (NULL);

  hostile_add_many_there (hostile, "INBOX", 3);
  hostile_expect_sync (hostile, ENGINE_OUTCOME_EQUAL, NULL);
  hostile_expect_sync_of (hostile, "NoSuch", ENGINE_OUTCOME_LEFT, "NoSuch: ");
  g_assert_cmpuint (model_server_count (hostile->server, MODEL_CHANGES), ==, 0);
  hostile_free (hostile);
}

/* C9: --dry-run changes nothing, for an account that was never synchronized too. */
static void
test_dry_run_first (void)
{
  Hostile *hostile = hostile_new (NULL);
  g_autofree char *before = NULL, *after = NULL;

  hostile_add_many_there (hostile, "INBOX", 3);
  before = local_snapshot (hostile->directory);
  hostile_explain (hostile);
  after = local_snapshot (hostile->directory);
  g_assert_cmpstr (after, ==, before);
  g_assert_cmpuint (model_server_count (hostile->server, MODEL_CHANGES), ==, 0);
  hostile_free (hostile);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (alone); i++)
    {
      g_autofree char *path = g_strconcat ("/hostile/trouble/alone/", alone[i].name, NULL);

      g_test_add_data_func (path, &alone[i], test_alone);
    }
  g_test_add_func ("/hostile/trouble/C2.1/appenduid-of-another", test_appenduid_of_another);
  g_test_add_func ("/hostile/trouble/C2.1/appenduid-for-two", test_appenduid_for_two);
  g_test_add_data_func ("/hostile/trouble/C2.1/link-lost-thrice-and-stored",
                        GUINT_TO_POINTER (MODEL_CUT_AFTER), test_link_lost_thrice);
  g_test_add_data_func ("/hostile/trouble/C2.1/link-lost-thrice", GUINT_TO_POINTER (MODEL_CUT),
                        test_link_lost_thrice);
  g_test_add_func ("/hostile/trouble/C6.6/inbox-below-inbox", test_inbox_below_inbox);
  g_test_add_func ("/hostile/trouble/C6.6/folded-one-by-one", test_folded_one_by_one);
  g_test_add_func ("/hostile/trouble/C3.6/attic-after-lost-journal", test_attic_after_lost_journal);
  g_test_add_data_func ("/hostile/trouble/C5.4/store-refused-for-now", "NO it is late", test_store_refused);
  g_test_add_data_func ("/hostile/trouble/C5.4/store-refused-for-good", "NO [CANNOT] it never will be",
                        test_store_refused);
  g_test_add_func ("/hostile/trouble/C3.4/upload-with-keyword", test_upload_with_keyword);
  g_test_add_func ("/hostile/trouble/C9/no-such-mailbox", test_no_such_mailbox);
  g_test_add_func ("/hostile/trouble/C9/dry-run-first", test_dry_run_first);
  return g_test_run ();
}
