/* Mailbox directories: contract C1.2 (damage is not deletion), C6.4, C6.6. */
#include "maildir-fixture.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void
test_create (void)
{
  g_auto (MaildirFixture) fixture = { 0 };
  g_autoptr (MaildirBox) box = NULL;
  g_autoptr (MaildirBox) again = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *cur = NULL;
  struct stat info;

  maildir_fixture_init (&fixture, ACCOUNT_LAYOUT_NESTED);
  box = maildir_box_open (fixture.maildir, "Work/2024", "Work/2024", TRUE, &error);
  g_assert_no_error (error);
  g_assert_cmpint (maildir_box_get_separator (box), ==, ':');
  cur = maildir_fixture_path (&fixture, "Work/2024/cur");
  g_assert_no_errno (stat (cur, &info));
  g_assert_cmpint (info.st_mode & 0777, ==, 0700);
  g_assert_true (maildir_fixture_has (&fixture, "Work/2024/new"));
  g_assert_true (maildir_fixture_has (&fixture, "Work/2024/tmp"));
  g_assert_false (maildir_fixture_has (&fixture, "Work/2024/.dovetail-making"));
  g_assert_false (maildir_fixture_has (&fixture, "Work/cur"));
  again = maildir_box_open (fixture.maildir, "Work/2024", "Work/2024", FALSE, &error);
  g_assert_no_error (error);
}

static void
test_create_root (void)
{
  g_auto (MaildirFixture) fixture = { 0 };
  g_autoptr (MaildirBox) box = NULL;
  g_autoptr (GError) error = NULL;

  maildir_fixture_init (&fixture, ACCOUNT_LAYOUT_MAILDIRPP);
  box = maildir_box_open (fixture.maildir, "", "INBOX", TRUE, &error);
  g_assert_no_error (error);
  g_assert_true (maildir_fixture_has (&fixture, "cur"));
}

#define OPENS -1

static const struct
{
  const char *description;
  const char *make[4];
  int code;        /* MaildirError of an opening; OPENS */
  int create_code; /* of one that may create */
} states[] = {
  { "nothing", { NULL }, MAILDIR_ERROR_GONE, OPENS },
  { "whole", { "box/cur/", "box/new/", "box/tmp/" }, OPENS, OPENS },
  { "no tmp", { "box/cur/", "box/new/" }, OPENS, OPENS },
  { "no cur", { "box/new/", "box/tmp/" }, MAILDIR_ERROR_DAMAGED, MAILDIR_ERROR_DAMAGED },
  { "no new", { "box/cur/", "box/tmp/" }, MAILDIR_ERROR_DAMAGED, MAILDIR_ERROR_DAMAGED },
  { "empty, maybe a mount point", { "box/" }, MAILDIR_ERROR_DAMAGED, OPENS },
  { "a plain parent", { "box/below/cur/" }, MAILDIR_ERROR_GONE, OPENS },
  { "a crash while it was made", { "box/.dovetail-making", "box/new/" }, OPENS, OPENS },
  { "a crash before anything was made", { "box/.dovetail-making" }, OPENS, OPENS },
  { "a crash after all was made", { "box/.dovetail-making", "box/cur/", "box/new/" }, OPENS, OPENS },
  { "a file", { "box" }, MAILDIR_ERROR_DAMAGED, MAILDIR_ERROR_DAMAGED },
  { "cur is a file", { "box/cur", "box/new/" }, MAILDIR_ERROR_DAMAGED, MAILDIR_ERROR_DAMAGED },
  { "a symbolic link", { "box@target" }, MAILDIR_ERROR_DAMAGED, MAILDIR_ERROR_DAMAGED },
  { "a symbolic link out of the Maildir", { "box@/etc" }, MAILDIR_ERROR_DAMAGED, MAILDIR_ERROR_DAMAGED },
  { "a dangling symbolic link", { "box@nowhere" }, MAILDIR_ERROR_DAMAGED, MAILDIR_ERROR_DAMAGED },
  { "cur is a symbolic link",
    { "box/new/", "box/cur@../target/cur" },
    MAILDIR_ERROR_DAMAGED,
    MAILDIR_ERROR_DAMAGED },
  { "new dangles", { "box/cur/", "box/new@nowhere" }, MAILDIR_ERROR_DAMAGED, MAILDIR_ERROR_DAMAGED },
};

/* "a/" is a directory, "a@b" a symbolic link to b, "a" a file. */
static void
make_item (const MaildirFixture *fixture, const char *item)
{
  g_auto (GStrv) link = g_strsplit (item, "@", 2);
  g_autofree char *path = maildir_fixture_path (fixture, link[0]);
  g_autofree char *parent = g_path_get_dirname (link[0]);

  maildir_fixture_make_directory (fixture, parent);
  if (link[1] != NULL)
    g_assert_no_errno (symlink (link[1], path));
  else if (g_str_has_suffix (item, "/"))
    maildir_fixture_make_directory (fixture, item);
  else
    maildir_fixture_put (fixture, item, "");
}

static void
check_state (gsize row, gboolean create)
{
  g_auto (MaildirFixture) fixture = { 0 };
  g_autoptr (MaildirBox) box = NULL;
  g_autoptr (GError) error = NULL;
  int code = create ? states[row].create_code : states[row].code;

  maildir_fixture_init (&fixture, ACCOUNT_LAYOUT_NESTED);
  maildir_fixture_make_directory (&fixture, "target/cur");
  maildir_fixture_make_directory (&fixture, "target/new");
  for (gsize i = 0; i < G_N_ELEMENTS (states[row].make) && states[row].make[i] != NULL; i++)
    make_item (&fixture, states[row].make[i]);
  box = maildir_box_open (fixture.maildir, "box", "box", create, &error);
  if (code == OPENS)
    {
      g_assert_no_error (error);
      g_assert_true (maildir_fixture_has (&fixture, "box/cur"));
      g_assert_true (maildir_fixture_has (&fixture, "box/new"));
      g_assert_true (maildir_fixture_has (&fixture, "box/tmp"));
      g_assert_false (maildir_fixture_has (&fixture, "box/.dovetail-making"));
    }
  else
    g_assert_error (error, MAILDIR_ERROR, code);
  g_assert_cmpint (box == NULL, ==, code != OPENS);
}

static void
test_states (void)
{
  for (gsize row = 0; row < G_N_ELEMENTS (states); row++)
    for (int create = 0; create <= 1; create++)
      {
        g_test_message ("%s%s", states[row].description, create ? ", to be made" : "");
        check_state (row, create);
      }
}

/* A root that was emptied under our eyes lost its mailboxes by accident, not by intent. */
static void
test_root_emptied (void)
{
  g_auto (MaildirFixture) fixture = { 0 };
  g_autoptr (GError) error = NULL;

  maildir_fixture_init (&fixture, ACCOUNT_LAYOUT_NESTED);
  maildir_fixture_remove (&fixture, ".dovetail");
  g_assert_null (maildir_box_open (fixture.maildir, "Work", "Work", FALSE, &error));
  g_assert_error (error, MAILDIR_ERROR, MAILDIR_ERROR_NO_MARKER);
}

static void
test_escape (void)
{
  const char *const paths[] = { "..", "../outside", "a/../../outside", "/tmp", "a//b", "." };
  g_auto (MaildirFixture) fixture = { 0 };

  maildir_fixture_init (&fixture, ACCOUNT_LAYOUT_NESTED);
  for (gsize i = 0; i < G_N_ELEMENTS (paths); i++)
    for (int create = 0; create <= 1; create++)
      {
        g_autoptr (GError) error = NULL;

        g_assert_null (maildir_box_open (fixture.maildir, paths[i], "x", create, &error));
        g_assert_error (error, MAILDIR_ERROR, MAILDIR_ERROR_DAMAGED);
      }
}

/* C6.6: a file in the directory holds the full name. */
static void
test_full_name (void)
{
  g_auto (MaildirFixture) fixture = { 0 };
  g_autoptr (MaildirBox) box = NULL;
  g_autoptr (MaildirBox) other = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *mailbox = g_strnfill (300, 'x');
  g_autofree char *directory = maildir_directory_for_mailbox (ACCOUNT_LAYOUT_NESTED, mailbox, NULL);
  g_autofree char *file = g_strconcat (directory, "/.dovetail-name", NULL);
  g_autofree char *name = NULL;

  maildir_fixture_init (&fixture, ACCOUNT_LAYOUT_NESTED);
  box = maildir_box_open (fixture.maildir, directory, mailbox, TRUE, &error);
  g_assert_no_error (error);
  name = maildir_read_full_name (fixture.maildir, directory, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (name, ==, mailbox);

  g_assert_null (maildir_box_open (fixture.maildir, directory, "another", TRUE, &error));
  g_assert_error (error, MAILDIR_ERROR, MAILDIR_ERROR_NAME);
  g_clear_error (&error);

  maildir_fixture_put (&fixture, file, "INBOX");
  g_assert_null (maildir_read_full_name (fixture.maildir, directory, &error));
  g_assert_error (error, MAILDIR_ERROR, MAILDIR_ERROR_NAME);
  g_clear_error (&error);

  maildir_fixture_remove (&fixture, file);
  g_assert_null (maildir_read_full_name (fixture.maildir, directory, &error));
  g_assert_error (error, MAILDIR_ERROR, MAILDIR_ERROR_IO);
}

static void
test_folded_name (void)
{
  g_auto (MaildirFixture) fixture = { 0 };
  g_autoptr (MaildirBox) box = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *directory = maildir_directory_hashed (ACCOUNT_LAYOUT_MAILDIRPP, "work", NULL);
  g_autofree char *name = NULL;

  maildir_fixture_init (&fixture, ACCOUNT_LAYOUT_MAILDIRPP);
  box = maildir_box_open (fixture.maildir, directory, "work", TRUE, &error);
  g_assert_no_error (error);
  name = maildir_read_full_name (fixture.maildir, directory, &error);
  g_assert_cmpstr (name, ==, "work");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/maildir/box/create", test_create);
  g_test_add_func ("/maildir/box/create-root", test_create_root);
  g_test_add_func ("/maildir/box/C1.2/states", test_states);
  g_test_add_func ("/maildir/box/C1.2/root-emptied", test_root_emptied);
  g_test_add_func ("/maildir/box/C6.6/escape", test_escape);
  g_test_add_func ("/maildir/box/C6.6/full-name", test_full_name);
  g_test_add_func ("/maildir/box/C6.6/folded-name", test_folded_name);
  return g_test_run ();
}
