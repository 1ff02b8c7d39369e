/* The Maildir as a whole: contract C1.6, C6.4; threats.md 3 (nothing leads out of the root). */
#include "maildir-fixture.h"
#include "../../engine/maildir/maildir-path.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void
test_no_root (void)
{
  g_auto (MaildirFixture) fixture = { 0 };
  g_autofree char *file = NULL;
  g_autofree char *dangling = NULL;
  g_autofree char *beneath = NULL;

  maildir_fixture_init (&fixture, ACCOUNT_LAYOUT_NESTED);
  maildir_fixture_put (&fixture, "file", "");
  file = maildir_fixture_path (&fixture, "file");
  dangling = maildir_fixture_path (&fixture, "dangling");
  beneath = g_build_filename (dangling, "mail", NULL);
  g_assert_no_errno (symlink ("/nonexistent/mail", dangling));

  const struct
  {
    const char *description;
    char *root;
    gboolean create;
  } rows[] = {
    { "missing", (char *)"/nonexistent/mail", FALSE },
    { "a file", file, FALSE },
    { "a file, to be made", file, TRUE },
    { "a dangling symbolic link", dangling, FALSE },
    { "a dangling symbolic link is no root to be made", dangling, TRUE },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (GError) error = NULL;
      const Account account = { .maildir = rows[i].root, .info_separator = ':' };

      g_test_message ("%s", rows[i].description);
      g_assert_null (maildir_open (&account, rows[i].create, &error));
      g_assert_error (error, MAILDIR_ERROR, MAILDIR_ERROR_NO_ROOT);
      g_assert_nonnull (strstr (error->message, rows[i].root));
    }
}

static void
test_create (void)
{
  g_auto (MaildirFixture) fixture = { 0 };
  g_autoptr (Maildir) maildir = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *link = NULL;
  struct stat info;

  maildir_fixture_init (&fixture, ACCOUNT_LAYOUT_NESTED);
  link = g_build_filename (fixture.path, "link", NULL);
  g_assert_no_errno (symlink (fixture.account.maildir, link));

  g_autofree char *root = g_build_filename (link, "deeply", "beneath", "a link", NULL);
  const Account account = { .maildir = root, .info_separator = ':' };

  maildir = maildir_open (&account, TRUE, &error);
  g_assert_no_error (error);
  g_assert_no_errno (stat (root, &info));
  g_assert_cmpint (info.st_mode & 0777, ==, 0700);
}

/* C1.6: the lock is on the root too. */
static void
test_lock (void)
{
  g_auto (MaildirFixture) fixture = { 0 };
  g_autoptr (Maildir) second = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *pid = g_strdup_printf ("process %d", (int)getpid ());
  g_autofree char *path = NULL;
  struct stat info;

  maildir_fixture_init (&fixture, ACCOUNT_LAYOUT_NESTED);
  g_assert_null (maildir_open (&fixture.account, FALSE, &error));
  g_assert_error (error, MAILDIR_ERROR, MAILDIR_ERROR_BUSY);
  g_assert_nonnull (strstr (error->message, pid));
  g_clear_error (&error);
  path = maildir_fixture_path (&fixture, ".dovetail.lock");
  g_assert_no_errno (stat (path, &info));
  g_assert_cmpint (info.st_mode & 0777, ==, 0600);

  g_clear_pointer (&fixture.maildir, maildir_free);
  second = maildir_open (&fixture.account, FALSE, &error);
  g_assert_no_error (error);
}

static void
test_lock_is_link (void)
{
  g_auto (MaildirFixture) fixture = { 0 };
  g_autoptr (GError) error = NULL;
  g_autofree char *path = NULL;

  maildir_fixture_init (&fixture, ACCOUNT_LAYOUT_NESTED);
  g_clear_pointer (&fixture.maildir, maildir_free);
  maildir_fixture_remove (&fixture, ".dovetail.lock");
  path = maildir_fixture_path (&fixture, ".dovetail.lock");
  g_assert_no_errno (symlink ("precious", path));
  g_assert_null (maildir_open (&fixture.account, FALSE, &error));
  g_assert_error (error, MAILDIR_ERROR, MAILDIR_ERROR_IO);
  g_assert_false (maildir_fixture_has (&fixture, "precious"));
}

static void
test_marker (void)
{
  g_auto (MaildirFixture) fixture = { 0 };
  g_autoptr (GError) error = NULL;
  MaildirMarker marker = { .id = "ffffffffffffffffffffffffffffffff", .generation = G_MAXUINT64 };
  MaildirMarker read;
  g_autofree char *content = NULL;

  maildir_fixture_init (&fixture, ACCOUNT_LAYOUT_NESTED);
  g_assert_true (maildir_write_marker (fixture.maildir, &marker, &error));
  g_assert_true (maildir_read_marker (fixture.maildir, &read, &error));
  g_assert_cmpstr (read.id, ==, marker.id);
  g_assert_cmpuint (read.generation, ==, G_MAXUINT64);
  content = maildir_fixture_get (&fixture, ".dovetail", NULL);
  g_assert_cmpstr (content, ==,
                   "dovetail 1\nid ffffffffffffffffffffffffffffffff\ngeneration 18446744073709551615\n");
  g_assert_false (maildir_fixture_has (&fixture, ".dovetail.tmp"));
}

#define ID "0123456789abcdef0123456789abcdef"

static const struct
{
  const char *description;
  const char *content;
} bad_markers[] = {
  { "empty", "" },
  { "another version", "dovetail 2\nid " ID "\ngeneration 1\n" },
  { "cut", "dovetail 1\nid " ID "\ngeneration 1" },
  { "no generation", "dovetail 1\nid " ID "\n" },
  { "an empty generation", "dovetail 1\nid " ID "\ngeneration \n" },
  { "a sign", "dovetail 1\nid " ID "\ngeneration -1\n" },
  { "a plus sign", "dovetail 1\nid " ID "\ngeneration +1\n" },
  { "a leading zero", "dovetail 1\nid " ID "\ngeneration 01\n" },
  { "more than 64 bits", "dovetail 1\nid " ID "\ngeneration 18446744073709551616\n" },
  { "a short id", "dovetail 1\nid 0123\ngeneration 1\n" },
  { "a long id", "dovetail 1\nid " ID "0\ngeneration 1\n" },
  { "an id of other letters", "dovetail 1\nid 0123456789abcdef0123456789abcdeg\ngeneration 1\n" },
  { "more lines", "dovetail 1\nid " ID "\ngeneration 1\nmore\n" },
  { "CRLF", "dovetail 1\r\nid " ID "\r\ngeneration 1\r\n" },
  { "too long",
    "dovetail 1\nid " ID "\ngeneration 1\n                                                             "
    "                                                                                         \n" },
};

static void
test_bad_marker (void)
{
  g_auto (MaildirFixture) fixture = { 0 };

  maildir_fixture_init (&fixture, ACCOUNT_LAYOUT_NESTED);
  for (gsize i = 0; i < G_N_ELEMENTS (bad_markers); i++)
    {
      g_autoptr (GError) error = NULL;
      MaildirMarker marker = { .generation = 42 };

      g_test_message ("%s", bad_markers[i].description);
      maildir_fixture_put (&fixture, ".dovetail", bad_markers[i].content);
      g_assert_false (maildir_read_marker (fixture.maildir, &marker, &error));
      g_assert_error (error, MAILDIR_ERROR, MAILDIR_ERROR_IO);
      g_assert_cmpuint (marker.generation, ==, 42);
    }
}

static void
test_odd_marker (void)
{
  g_auto (MaildirFixture) fixture = { 0 };
  g_autoptr (GError) error = NULL;
  g_autofree char *path = NULL;
  MaildirMarker marker;

  maildir_fixture_init (&fixture, ACCOUNT_LAYOUT_NESTED);
  path = maildir_fixture_path (&fixture, ".dovetail");
  g_assert_no_errno (unlink (path));
  g_assert_false (maildir_read_marker (fixture.maildir, &marker, &error));
  g_assert_error (error, MAILDIR_ERROR, MAILDIR_ERROR_NO_MARKER);
  g_clear_error (&error);

  maildir_fixture_put (&fixture, "elsewhere", "dovetail 1\nid " ID "\ngeneration 1\n");
  g_assert_no_errno (symlink ("elsewhere", path));
  g_assert_false (maildir_read_marker (fixture.maildir, &marker, &error));
  g_assert_error (error, MAILDIR_ERROR, MAILDIR_ERROR_IO);
  g_clear_error (&error);

  g_assert_no_errno (unlink (path));
  g_assert_no_errno (mkfifo (path, 0600));
  g_assert_false (maildir_read_marker (fixture.maildir, &marker, &error));
  g_assert_error (error, MAILDIR_ERROR, MAILDIR_ERROR_IO);
}

static void
test_is_empty (void)
{
  const struct
  {
    const char *description;
    const char *directory;
    gboolean empty;
  } rows[] = {
    { "only the marker", ".", TRUE },    { "a directory", "a/b", TRUE },
    { "a mailbox", "a/b/cur", FALSE },   { "half a mailbox", "a/new", FALSE },
    { "the root is one", "cur", FALSE }, { "one of the other layout", ".Work/cur", FALSE },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_auto (MaildirFixture) fixture = { 0 };

      g_test_message ("%s", rows[i].description);
      maildir_fixture_init (&fixture, ACCOUNT_LAYOUT_NESTED);
      maildir_fixture_make_directory (&fixture, rows[i].directory);
      g_assert_cmpint (maildir_is_empty (fixture.maildir), ==, rows[i].empty);
    }
}

static void
assert_lists (const MaildirFixture *fixture, const char *expected)
{
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) directories = maildir_list_directories (fixture->maildir, &error);
  g_autofree char *joined = NULL;

  g_assert_no_error (error);
  joined = g_strjoinv (" | ", directories);
  g_assert_cmpstr (joined, ==, expected);
}

/* C6.4: a directory is a mailbox when it holds cur/; other programs' things are none. */
static void
test_list_nested (void)
{
  static const char *const directories[] = { "INBOX/cur",        "INBOX/new",        "Work/2024/cur",
                                             "Work/2024/new",    "Work/2023/x/cur",  "plain",
                                             ".notmuch/cur",     "Work/.git/cur",    "half/cur",
                                             "a/cur/deeper/cur", "a/new/deeper/cur", "a/tmp/deeper/cur",
                                             "a.b/cur",          "curious/cur",      "no-cur/new" };
  g_auto (MaildirFixture) fixture = { 0 };
  g_autofree char *link = NULL;
  g_autofree char *link_cur = NULL;

  maildir_fixture_init (&fixture, ACCOUNT_LAYOUT_NESTED);
  assert_lists (&fixture, "");
  for (gsize i = 0; i < G_N_ELEMENTS (directories); i++)
    maildir_fixture_make_directory (&fixture, directories[i]);
  maildir_fixture_put (&fixture, "INBOX/file", "");
  link = maildir_fixture_path (&fixture, "link");
  g_assert_no_errno (symlink ("Work/2024", link));
  maildir_fixture_make_directory (&fixture, "linked");
  link_cur = maildir_fixture_path (&fixture, "linked/cur");
  g_assert_no_errno (symlink ("../a/cur", link_cur));
  assert_lists (&fixture, "INBOX | Work/2023/x | Work/2024 | a | a.b | curious | half | linked");
  maildir_fixture_make_directory (&fixture, "cur");
  assert_lists (&fixture, " | INBOX | Work/2023/x | Work/2024 | a | a.b | curious | half | linked");
}

static void
test_list_maildirpp (void)
{
  static const char *const directories[] = {
    "cur", "new", ".Work/cur", ".Work.2024/cur", ".Work/.Sub/cur", ".plain", "Other/cur", "..dots/cur"
  };
  g_auto (MaildirFixture) fixture = { 0 };

  maildir_fixture_init (&fixture, ACCOUNT_LAYOUT_MAILDIRPP);
  assert_lists (&fixture, "");
  for (gsize i = 0; i < G_N_ELEMENTS (directories); i++)
    maildir_fixture_make_directory (&fixture, directories[i]);
  assert_lists (&fixture, " | ..dots | .Work | .Work.2024");
}

/* Directories one beneath the other, more than any mailbox has levels. */
static void
test_list_deep (void)
{
  g_auto (MaildirFixture) fixture = { 0 };
  g_autoptr (GString) path = g_string_new ("d");
  g_auto (GStrv) directories = NULL;
  g_autoptr (GError) error = NULL;

  maildir_fixture_init (&fixture, ACCOUNT_LAYOUT_NESTED);
  for (guint level = 1; level < 120; level++)
    {
      g_autofree char *cur = g_strconcat (path->str, "/cur", NULL);

      maildir_fixture_make_directory (&fixture, cur);
      g_string_append (path, "/d");
    }
  directories = maildir_list_directories (fixture.maildir, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (g_strv_length (directories), ==, 100);
}

/* Becomes somebody who may not read everything; FALSE where that can't be. */
static gboolean
drop_privileges (void)
{
  return geteuid () != 0 || seteuid (65534) == 0;
}

/* C1.2: an unreadable directory is damage, not an absence. As nobody, in a process of its own. */
static void
test_list_unreadable (void)
{
  g_auto (MaildirFixture) fixture = { 0 };
  g_autoptr (GError) error = NULL;
  g_autofree char *path = NULL;

  if (!g_test_subprocess ())
    {
      g_test_trap_subprocess (NULL, 0, G_TEST_SUBPROCESS_INHERIT_STDERR);
      g_test_trap_assert_passed ();
      return;
    }
  maildir_fixture_init (&fixture, ACCOUNT_LAYOUT_NESTED);
  maildir_fixture_make_directory (&fixture, "INBOX/cur");
  maildir_fixture_make_directory (&fixture, "Work/secret/cur");
  maildir_fixture_make_directory (&fixture, "lost+found");
  path = maildir_fixture_path (&fixture, "lost+found");
  g_assert_no_errno (chmod (path, 0));
  g_free (path);
  path = maildir_fixture_path (&fixture, "Work/secret");
  g_assert_no_errno (chmod (fixture.path, 0755));
  g_assert_no_errno (chmod (fixture.account.maildir, 0755));
  for (const char *directory = "INBOX"; directory != NULL;
       directory = g_str_equal (directory, "INBOX") ? "Work" : NULL)
    {
      g_autofree char *open_path = maildir_fixture_path (&fixture, directory);
      g_assert_no_errno (chmod (open_path, 0755));
    }
  g_assert_no_errno (chmod (path, 0));
  g_assert_true (drop_privileges ());
  g_assert_null (maildir_list_directories (fixture.maildir, &error));
  g_assert_error (error, MAILDIR_ERROR, MAILDIR_ERROR_DAMAGED);
  g_assert_nonnull (strstr (error->message, "Work/secret"));
  g_assert_false (maildir_is_empty (fixture.maildir));
  g_assert_cmpint (seteuid (getuid ()), ==, 0);
}

/* Both ways of opening agree on what they open and on what they refuse. */
static void
test_path (void)
{
  const struct
  {
    const char *description;
    const char *path;
    int errors[2]; /* of openat2 and of the walk; 0: opens */
  } rows[] = {
    { "the root", "", { 0, 0 } },
    { "beneath", "a/b", { 0, 0 } },
    { "missing", "a/x", { ENOENT, ENOENT } },
    { "above", "..", { EINVAL, EINVAL } },
    { "above and back", "a/../a", { EINVAL, EINVAL } },
    { "absolute", "/etc", { EINVAL, EINVAL } },
    { "empty component", "a//b", { EINVAL, EINVAL } },
    { "slash at the end", "a/", { EINVAL, EINVAL } },
    { "a symbolic link inside", "link", { ENOTDIR, ENOTDIR } },
    { "a symbolic link on the way", "link/b", { ELOOP, ENOTDIR } },
    { "a symbolic link out", "out", { ENOTDIR, ENOTDIR } },
    { "a symbolic link that dangles", "dangling", { ENOTDIR, ENOTDIR } },
    { "a file", "file", { ENOTDIR, ENOTDIR } },
  };
  g_auto (MaildirFixture) fixture = { 0 };
  g_autofree char *link = NULL;
  g_autofree char *out = NULL;
  g_autofree char *dangling = NULL;
  int root;

  maildir_fixture_init (&fixture, ACCOUNT_LAYOUT_NESTED);
  maildir_fixture_make_directory (&fixture, "a/b");
  maildir_fixture_put (&fixture, "file", "");
  link = maildir_fixture_path (&fixture, "link");
  out = maildir_fixture_path (&fixture, "out");
  dangling = maildir_fixture_path (&fixture, "dangling");
  g_assert_no_errno (symlink ("a", link));
  g_assert_no_errno (symlink ("/etc", out));
  g_assert_no_errno (symlink ("nothing", dangling));
  root = open (fixture.account.maildir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    for (gsize j = 0; j < 2; j++)
      {
        int fd =
            j == 0 ? maildir_path_open (root, rows[i].path) : maildir_path_walk (root, rows[i].path, FALSE);

        g_test_message ("%s", rows[i].description);
        g_assert_cmpint (fd < 0 ? errno : 0, ==, rows[i].errors[j]);
        if (fd >= 0)
          close (fd);
      }
  close (root);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/maildir/root/C1.2/no-root", test_no_root);
  g_test_add_func ("/maildir/root/create", test_create);
  g_test_add_func ("/maildir/root/C1.6/lock", test_lock);
  g_test_add_func ("/maildir/root/lock-is-link", test_lock_is_link);
  g_test_add_func ("/maildir/root/C1.6/marker", test_marker);
  g_test_add_func ("/maildir/root/C1.6/bad-marker", test_bad_marker);
  g_test_add_func ("/maildir/root/C1.6/odd-marker", test_odd_marker);
  g_test_add_func ("/maildir/root/is-empty", test_is_empty);
  g_test_add_func ("/maildir/list/C6.4/nested", test_list_nested);
  g_test_add_func ("/maildir/list/C6.4/maildirpp", test_list_maildirpp);
  g_test_add_func ("/maildir/list/deep", test_list_deep);
  g_test_add_func ("/maildir/list/C1.2/unreadable", test_list_unreadable);
  g_test_add_func ("/maildir/path/stays-beneath", test_path);
  return g_test_run ();
}
