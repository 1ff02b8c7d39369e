/* The keywords file: contract C3.3. */
#include "maildir-fixture.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_NAME "INBOX/dovecot-keywords"

static const struct
{
  const char *description;
  const char *content;
  const char *names; /* of a, b, c ... up to the last known, "-" for none */
} read_rows[] = {
  { "empty", "", "" },
  { "Dovecot's form", "0 $Junk\n1 todo\n25 last\n",
    "$Junk todo - - - - - - - - - - - - - - - - - - - - - - - last" },
  { "no newline at the end", "0 a", "a" },
  { "out of order, with a hole", "2 c\n0 a\n", "a - c" },
  { "the last of two lines counts", "0 a\n0 b\n", "b" },
  { "an index that is no letter", "26 x\n100 y\n4294967296 z\n0 a\n", "a" },
  { "no index", "a\n x\n- y\n0\n0 \n", "" },
  { "a name that is no atom", "0 a b\n1 (x\n2 \xc3\xa9\n3 ok\n", "- - - ok" },
  { "CRLF is no name", "0 a\r\n", "" },
};

static char *
names_of (const MaildirKeywords *keywords)
{
  GString *names = g_string_new (NULL);
  int last = 25;

  while (last >= 0 && keywords->names[last] == NULL)
    last--;
  for (int i = 0; i <= last; i++)
    g_string_append_printf (names, "%s%s", i > 0 ? " " : "",
                            keywords->names[i] != NULL ? keywords->names[i] : "-");
  return g_string_free (names, FALSE);
}

static void
test_read (void)
{
  g_auto (MaildirFixture) fixture = { 0 };
  g_autoptr (MaildirBox) box = NULL;

  maildir_fixture_init (&fixture, ACCOUNT_LAYOUT_NESTED);
  box = maildir_fixture_inbox (&fixture);
  for (gsize i = 0; i < G_N_ELEMENTS (read_rows); i++)
    {
      g_auto (MaildirKeywords) keywords = { 0 };
      g_autoptr (GError) error = NULL;
      g_autofree char *names = NULL;

      g_test_message ("%s", read_rows[i].description);
      maildir_fixture_put (&fixture, FILE_NAME, read_rows[i].content);
      g_assert_true (maildir_keywords_read (maildir_box_get_fd (box), &keywords, &error));
      names = names_of (&keywords);
      g_assert_cmpstr (names, ==, read_rows[i].names);
      g_assert_true (keywords.present);
    }
}

static void
test_absent (void)
{
  g_auto (MaildirFixture) fixture = { 0 };
  g_autoptr (MaildirBox) box = NULL;
  g_auto (MaildirKeywords) keywords = { 0 };
  g_auto (MaildirKeywords) present = { 0 };
  g_autoptr (GError) error = NULL;

  maildir_fixture_init (&fixture, ACCOUNT_LAYOUT_NESTED);
  box = maildir_fixture_inbox (&fixture);
  keywords.names[3] = g_strdup ("old");
  keywords.present = TRUE;
  g_assert_true (maildir_keywords_read (maildir_box_get_fd (box), &keywords, &error));
  g_assert_false (keywords.present);
  g_assert_cmpint (maildir_keywords_find (&keywords, "old"), ==, -1);
  maildir_fixture_put (&fixture, FILE_NAME, "");
  g_assert_true (maildir_keywords_read (maildir_box_get_fd (box), &present, &error));
  g_assert_false (maildir_keywords_equal (&keywords, &present));
}

static void
test_odd_file (void)
{
  g_auto (MaildirFixture) fixture = { 0 };
  g_autoptr (MaildirBox) box = NULL;
  g_autofree char *path = NULL;
  g_autofree char *large = g_strnfill (64 * 1024 + 1, 'x');

  maildir_fixture_init (&fixture, ACCOUNT_LAYOUT_NESTED);
  box = maildir_fixture_inbox (&fixture);
  path = maildir_fixture_path (&fixture, FILE_NAME);
  for (guint row = 0; row < 5; row++)
    {
      g_auto (MaildirKeywords) keywords = { 0 };
      g_autoptr (GError) error = NULL;

      if (row == 0)
        maildir_fixture_put (&fixture, FILE_NAME, large);
      else if (row == 1)
        maildir_fixture_put_octets (&fixture, FILE_NAME, "0 a\0b\n", 6);
      else if (row == 2)
        g_assert_no_errno (symlink ("/etc/passwd", path));
      else if (row == 3)
        g_assert_no_errno (mkfifo (path, 0600));
      else
        g_assert_no_errno (mkdir (path, 0700));
      g_assert_false (maildir_keywords_read (maildir_box_get_fd (box), &keywords, &error));
      g_assert_error (error, MAILDIR_ERROR, MAILDIR_ERROR_IO);
      maildir_fixture_remove (&fixture, FILE_NAME);
    }
}

static void
test_find (void)
{
  g_auto (MaildirKeywords) keywords = { .names = { NULL, g_strdup ("Todo") }, .present = TRUE };

  g_assert_cmpint (maildir_keywords_find (&keywords, "tODO"), ==, 1);
  g_assert_cmpint (maildir_keywords_find (&keywords, "tod"), ==, -1);
  g_assert_cmpint (maildir_keywords_find (&keywords, ""), ==, -1);
}

#define ALL_BUT_Z                                                                                            \
  "0 a0\n1 a1\n2 a2\n3 a3\n4 a4\n5 a5\n6 a6\n7 a7\n8 a8\n9 a9\n10 b0\n11 b1\n12 b2\n13 b3\n14 b4\n15 b5\n"   \
  "16 b6\n17 b7\n18 b8\n19 b9\n20 c0\n21 c1\n22 c2\n23 c3\n24 c4\n"

static const struct
{
  const char *description;
  const char *before;  /* (nullable) the file */
  const char *message; /* (nullable) a message in cur/ */
  const char *names;
  const char *after;    /* (nullable) the file */
  const char *left_out; /* (nullable) */
} assign_rows[] = {
  { "nothing to do", NULL, NULL, "", NULL, NULL },
  { "the first", NULL, NULL, "todo $Junk", "0 todo\n1 $Junk\n", NULL },
  { "known already, whatever its case", "3 Todo\n", NULL, "todo", "3 Todo\n", NULL },
  { "added behind what is there", "1 b\n", NULL, "a c", "1 b\n0 a\n2 c\n", NULL },
  { "twice the same name", NULL, NULL, "a A", "0 a\n", NULL },
  { "lines nobody understands are kept", "# mine\n0 a b\n99 x", NULL, "y", "# mine\n0 a b\n99 x\n1 y\n",
    NULL },
  { "no atom gets no letter", NULL, NULL, "a( ok", "0 ok\n", "a(" },
  { "only such", NULL, NULL, "a(", NULL, "a(" },
  { "one letter left", ALL_BUT_Z, NULL, "x y", ALL_BUT_Z "25 x\n", "y" },
  { "C3.3 letters that files carry get no new meaning", NULL, "1.host:2,Sa", "x", "1 x\n", NULL },
  { "those of other separators too", NULL, "1.host!2,ac", "x y", "1 x\n3 y\n", NULL },
  { "letters in use that are known already", "0 a\n", "1.host:2,Sa", "x", "0 a\n1 x\n", NULL },
};

static void
test_assign (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (assign_rows); i++)
    {
      g_auto (MaildirFixture) fixture = { 0 };
      g_autoptr (MaildirBox) box = NULL;
      g_auto (MaildirKeywords) keywords = { 0 };
      g_auto (MaildirKeywords) read = { 0 };
      g_autoptr (GError) error = NULL;
      g_autofree char *left_out = NULL;

      g_test_message ("%s", assign_rows[i].description);
      maildir_fixture_init (&fixture, ACCOUNT_LAYOUT_NESTED);
      box = maildir_fixture_inbox (&fixture);
      if (assign_rows[i].before != NULL)
        maildir_fixture_put (&fixture, FILE_NAME, assign_rows[i].before);
      if (assign_rows[i].message != NULL)
        {
          g_autofree char *message = g_strconcat ("INBOX/cur/", assign_rows[i].message, NULL);
          maildir_fixture_put (&fixture, message, "");
        }
      g_assert_true (maildir_keywords_assign (maildir_box_get_fd (box), &keywords, assign_rows[i].names,
                                              &left_out, &error));
      g_assert_no_error (error);
      g_assert_cmpstr (left_out, ==, assign_rows[i].left_out);
      if (assign_rows[i].after != NULL)
        {
          g_autofree char *after = maildir_fixture_get (&fixture, FILE_NAME, NULL);
          g_assert_cmpstr (after, ==, assign_rows[i].after);
        }
      else
        g_assert_false (maildir_fixture_has (&fixture, FILE_NAME));
      g_assert_false (maildir_fixture_has (&fixture, FILE_NAME ".lock"));
      g_assert_true (maildir_keywords_read (maildir_box_get_fd (box), &read, &error));
      g_assert_true (maildir_keywords_equal (&read, &keywords));
    }
}

static void
test_unchanged_file (void)
{
  g_auto (MaildirFixture) fixture = { 0 };
  g_autoptr (MaildirBox) box = NULL;
  g_auto (MaildirKeywords) keywords = { 0 };
  g_autoptr (GError) error = NULL;
  g_autofree char *path = NULL;
  struct stat before, after;

  maildir_fixture_init (&fixture, ACCOUNT_LAYOUT_NESTED);
  box = maildir_fixture_inbox (&fixture);
  maildir_fixture_put (&fixture, FILE_NAME, "0 a\n");
  path = maildir_fixture_path (&fixture, FILE_NAME);
  g_assert_no_errno (stat (path, &before));
  g_assert_true (maildir_keywords_assign (maildir_box_get_fd (box), &keywords, "a", NULL, &error));
  g_assert_no_errno (stat (path, &after));
  g_assert_cmpuint (before.st_ino, ==, after.st_ino);
  g_assert_cmpint (before.st_ctim.tv_nsec, ==, after.st_ctim.tv_nsec);
}

/* Dovecot sees a change by the mtime in seconds. */
static void
test_later_mtime (void)
{
  g_auto (MaildirFixture) fixture = { 0 };
  g_autoptr (MaildirBox) box = NULL;
  g_auto (MaildirKeywords) keywords = { 0 };
  g_autoptr (GError) error = NULL;
  g_autofree char *path = NULL;
  gint64 future = g_get_real_time () / G_USEC_PER_SEC + 1000;
  struct stat info;

  maildir_fixture_init (&fixture, ACCOUNT_LAYOUT_NESTED);
  box = maildir_fixture_inbox (&fixture);
  maildir_fixture_put (&fixture, FILE_NAME, "0 a\n");
  maildir_fixture_age (&fixture, FILE_NAME, future);
  path = maildir_fixture_path (&fixture, FILE_NAME);
  g_assert_no_errno (chmod (path, 0640));
  g_assert_true (maildir_keywords_assign (maildir_box_get_fd (box), &keywords, "b", NULL, &error));
  g_assert_no_errno (stat (path, &info));
  g_assert_cmpint (info.st_mtime, ==, future + 1);
  g_assert_cmpint (info.st_mode & 0777, ==, 0640);
}

static void
test_locked (void)
{
  g_auto (MaildirFixture) fixture = { 0 };
  g_autoptr (MaildirBox) box = NULL;
  g_auto (MaildirKeywords) keywords = { 0 };
  g_autoptr (GError) error = NULL;

  maildir_fixture_init (&fixture, ACCOUNT_LAYOUT_NESTED);
  box = maildir_fixture_inbox (&fixture);
  maildir_fixture_put (&fixture, FILE_NAME ".lock", "");
  g_assert_false (maildir_keywords_assign (maildir_box_get_fd (box), &keywords, "a", NULL, &error));
  g_assert_error (error, MAILDIR_ERROR, MAILDIR_ERROR_IO);
  g_assert_true (maildir_fixture_has (&fixture, FILE_NAME ".lock"));
  g_assert_false (maildir_fixture_has (&fixture, FILE_NAME));
  g_clear_error (&error);

  /* Left by somebody who was killed. */
  maildir_fixture_age (&fixture, FILE_NAME ".lock", g_get_real_time () / G_USEC_PER_SEC - 1000);
  g_assert_true (maildir_keywords_assign (maildir_box_get_fd (box), &keywords, "a", NULL, &error));
  g_assert_no_error (error);
  g_assert_true (maildir_fixture_has (&fixture, FILE_NAME));
}

/* A lock that a killed run of our own left is known at once. */
static void
test_left_by_us (void)
{
  g_auto (MaildirFixture) fixture = { 0 };
  g_autoptr (MaildirBox) box = NULL;
  g_auto (MaildirKeywords) keywords = { 0 };
  g_autoptr (GError) error = NULL;
  int fd;

  maildir_fixture_init (&fixture, ACCOUNT_LAYOUT_NESTED);
  box = maildir_fixture_inbox (&fixture);
  fd = maildir_box_get_fd (box);
  maildir_fixture_put (&fixture, "INBOX/.dovetail-keywords", "0 to");
  g_assert_no_errno (linkat (fd, ".dovetail-keywords", fd, "dovecot-keywords.lock", 0));
  g_assert_true (maildir_keywords_assign (fd, &keywords, "a", NULL, &error));
  g_assert_no_error (error);
  g_assert_true (maildir_fixture_has (&fixture, FILE_NAME));
  g_assert_false (maildir_fixture_has (&fixture, FILE_NAME ".lock"));
  g_assert_false (maildir_fixture_has (&fixture, "INBOX/.dovetail-keywords"));
}

/* C3.3: what letters stand for can be remembered. */
static void
test_string (void)
{
  static const char content[] = "0 One\n3 two\n25 $Three\n";
  g_auto (MaildirKeywords) keywords = { 0 };
  g_autofree char *again = NULL;

  maildir_keywords_parse (content, &keywords);
  g_assert_true (keywords.present);
  g_assert_cmpint (maildir_keywords_find (&keywords, "TWO"), ==, 3);
  again = maildir_keywords_to_string (&keywords);
  g_assert_cmpstr (again, ==, content);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/maildir/keywords/C3.3/read", test_read);
  g_test_add_func ("/maildir/keywords/C3.3/absent", test_absent);
  g_test_add_func ("/maildir/keywords/C3.3/string", test_string);
  g_test_add_func ("/maildir/keywords/odd-file", test_odd_file);
  g_test_add_func ("/maildir/keywords/find", test_find);
  g_test_add_func ("/maildir/keywords/C3.3/assign", test_assign);
  g_test_add_func ("/maildir/keywords/unchanged-file", test_unchanged_file);
  g_test_add_func ("/maildir/keywords/later-mtime", test_later_mtime);
  g_test_add_func ("/maildir/keywords/locked", test_locked);
  g_test_add_func ("/maildir/keywords/left-by-us", test_left_by_us);
  return g_test_run ();
}
