/* Mailbox names from a hostile server: no file outside the Maildir, and the others are synchronized (C6.6,
 * C8). */
#include "hostile-fixture.h"

#include <string.h>

#define MANY (g_test_slow () ? 2000 : 200)

static const char *const names[] = {
  "..",
  "../..",
  "a/../../b",
  "../../../tmp/dovetail-escaped",
  "/etc",
  "//",
  "a//b",
  "cur",
  "new/tmp",
  "tmp",
  ".",
  ".hidden",
  ".dovetail",
  "INBOX/cur",
  "inbox/below",
  "percent%41",
  "%",
  "%~0123456789abcdef",
  "esc\x1b]0;owned\x07",
  "line\nend",
  "latin\xe9",
  "c1\xc2\x9b",
  "bidi&IC4-",
  "&Jjo",
  "&AAA-",
  "&ZeVnLIqe-",
  "work",
  "WORK",
  "caf&AOk-",
  "cafe&AwE-",
  "back\\slash",
  "quo\"te",
  "trailing ",
  " leading",
  "~",
  "*",
};

static char *
mark_of (guint index)
{
  return g_strdup_printf ("name%u", index);
}

static void
add_names (Hostile *hostile)
{
  g_autofree char *overlong = g_strnfill (300, 'x');
  g_autofree char *endless = g_strnfill (5000, 'y');

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *mark = mark_of (i);

      hostile_add_there (hostile, names[i], mark, "");
    }
  hostile_add_there (hostile, overlong, "overlong", "");
  hostile_add_there (hostile, endless, "endless", "");
  hostile_add_there (hostile, "Work", "work-itself", "");
  hostile_add_there (hostile, "INBOX", "inbox-itself", "");
}

static guint
count_mark (GPtrArray *files, const char *mark)
{
  guint count = 0;

  for (guint i = 0; i < files->len; i++)
    count += g_str_equal (((LocalFile *)g_ptr_array_index (files, i))->mark, mark);
  return count;
}

/* What is beside the Maildir is what was there before. */
static void
assert_nothing_outside (Hostile *hostile)
{
  g_autoptr (GDir) dir = g_dir_open (hostile->directory, 0, NULL);
  const char *name;

  while ((name = g_dir_read_name (dir)) != NULL)
    g_assert_true (g_str_equal (name, "Mail") || g_str_equal (name, "state"));
  g_assert_false (g_file_test ("/etc/cur", G_FILE_TEST_EXISTS));
  g_assert_false (g_file_test ("/tmp/dovetail-escaped", G_FILE_TEST_EXISTS));
}

/* Each is here once, or was named as left. */
static void
assert_each_once (Hostile *hostile)
{
  g_autoptr (GPtrArray) files = local_list (hostile->account.maildir);
  guint left_out = 0;

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *mark = mark_of (i);

      g_assert_cmpuint (count_mark (files, mark), <=, 1);
      left_out += count_mark (files, mark) == 0;
      if (count_mark (files, mark) == 0)
        g_test_message ("left on the server: name %u", i);
    }
  g_assert_cmpuint (left_out, <=, 8);
  g_assert_cmpuint (count_mark (files, "overlong"), ==, 1);
  g_assert_cmpuint (count_mark (files, "work-itself"), ==, 1);
  g_assert_cmpuint (count_mark (files, "inbox-itself"), ==, 1);
}

static void
test_names (void)
{
  Hostile *hostile = hostile_new (NULL);
  g_autofree char *first = NULL;
  g_autofree char *second = NULL;

  add_names (hostile);
  g_assert_cmpint (hostile_sync (hostile), ==, ENGINE_OUTCOME_LEFT);
  assert_nothing_outside (hostile);
  assert_each_once (hostile);
  first = local_snapshot (hostile->account.maildir);
  g_assert_cmpint (hostile_sync (hostile), ==, ENGINE_OUTCOME_LEFT);
  g_assert_cmpuint (model_server_count (hostile->server, MODEL_CHANGES), ==, 0);
  second = local_snapshot (hostile->account.maildir);
  g_assert_cmpstr (first, ==, second);
  hostile_free (hostile);
}

/* Names that end up in one directory on a file system without case: they change, and stay apart. */
static void
test_folding (void)
{
  Hostile *hostile = hostile_new (NULL);
  g_autoptr (GPtrArray) files = NULL;

  hostile_add_there (hostile, "Work", "one", "");
  hostile_add_there (hostile, "work", "two", "");
  hostile_add_there (hostile, "WORK", "three", "");
  g_assert_cmpint (hostile_sync (hostile), ==, ENGINE_OUTCOME_EQUAL);
  hostile_add_there (hostile, "work", "two-more", "");
  hostile_expunge_there (hostile, "WORK", "three");
  g_assert_cmpint (hostile_sync (hostile), ==, ENGINE_OUTCOME_EQUAL);
  files = local_list (hostile->account.maildir);
  g_assert_cmpuint (count_mark (files, "one"), ==, 1);
  g_assert_cmpuint (count_mark (files, "two"), ==, 1);
  g_assert_cmpuint (count_mark (files, "two-more"), ==, 1);
  g_assert_cmpuint (count_mark (files, "three"), ==, 0);
  hostile_free (hostile);
}

static void
test_many (void)
{
  Hostile *hostile = hostile_new (NULL);

  for (guint i = 0; i < MANY; i++)
    {
      g_autofree char *name = g_strdup_printf ("many/box%u", i);

      model_store_add_mailbox (hostile->store, name, "");
    }
  hostile_add_there (hostile, "many/box199", "last", "");
  g_assert_cmpint (hostile_sync (hostile), ==, ENGINE_OUTCOME_EQUAL);
  hostile_assert_equal (hostile, FALSE);
  hostile_free (hostile);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/hostile/names/outside", test_names);
  g_test_add_func ("/hostile/names/folding", test_folding);
  g_test_add_func ("/hostile/names/many", test_many);
  return g_test_run ();
}
