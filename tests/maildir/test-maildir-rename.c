/* Mailbox directories that get another place, or go: contract C6.1, C6.3. */
#include "maildir-fixture.h"

#include <string.h>
#include <unistd.h>

#define OK (-1)
#define HASHED "Work%~0123456789abcdef"

/* "a/" is a directory, "a@b" a symbolic link to b, "a=b" a file that holds b, "a" an empty one; "!a" is not
 * there. */
static void
make_item (const MaildirFixture *fixture, const char *item)
{
  g_auto (GStrv) link = g_strsplit (item, "@", 2);
  g_auto (GStrv) file = g_strsplit (item, "=", 2);
  g_autofree char *parent = g_path_get_dirname (item);
  g_autofree char *path = maildir_fixture_path (fixture, link[0]);

  maildir_fixture_make_directory (fixture, parent);
  if (link[1] != NULL)
    g_assert_no_errno (symlink (link[1], path));
  else if (g_str_has_suffix (item, "/"))
    maildir_fixture_make_directory (fixture, item);
  else
    maildir_fixture_put (fixture, file[0], file[1] != NULL ? file[1] : "");
}

static void
check_item (const MaildirFixture *fixture, const char *item)
{
  g_auto (GStrv) file = g_strsplit (item, "=", 2);

  if (*item == '!')
    g_assert_false (maildir_fixture_has (fixture, item + 1));
  else
    g_assert_true (maildir_fixture_has (fixture, file[0]));
  if (file[1] != NULL)
    {
      g_autofree char *content = maildir_fixture_get (fixture, file[0], NULL);

      g_assert_cmpstr (content, ==, file[1]);
    }
}

static void
make_items (const MaildirFixture *fixture, const char *const *items)
{
  for (; *items != NULL; items++)
    make_item (fixture, *items);
}

static void
check_items (const MaildirFixture *fixture, const char *const *items)
{
  for (; *items != NULL; items++)
    {
      g_test_message ("  %s", *items);
      check_item (fixture, *items);
    }
}

#define MAILBOX "Work/cur/m:2,S=text", "Work/new/", "Work/tmp/", "Work/dovecot-keywords=0 x\n"

typedef struct
{
  const char *description;
  AccountLayout layout;
  const char *make[10];
  const char *from, *to, *mailbox;
  int code; /* MaildirError */
  const char *there[8];
} RenameRow;

static const RenameRow rename_rows[] = {
  { "another name",
    ACCOUNT_LAYOUT_NESTED,
    { MAILBOX },
    "Work",
    "Job",
    "Job",
    OK,
    { "Job/cur/m:2,S=text", "Job/new", "Job/tmp", "Job/dovecot-keywords=0 x\n", "!Work" } },
  { "what lies below goes along",
    ACCOUNT_LAYOUT_NESTED,
    { MAILBOX, "Work/2024/cur/n=other", "Work/.notmuch/db" },
    "Work",
    "Job",
    "Job",
    OK,
    { "Job/2024/cur/n=other", "Job/.notmuch/db", "!Work" } },
  { "parents are made",
    ACCOUNT_LAYOUT_NESTED,
    { MAILBOX },
    "Work",
    "A/B/Work",
    "A/B/Work",
    OK,
    { "A/B/Work/cur/m:2,S=text", "!A/cur", "!Work" } },
  { "into another mailbox",
    ACCOUNT_LAYOUT_NESTED,
    { MAILBOX, "Old/cur/o=old" },
    "Work",
    "Old/Work",
    "Old/Work",
    OK,
    { "Old/Work/cur/m:2,S=text", "Old/cur/o=old", "!Work" } },
  { "out of another, which stays",
    ACCOUNT_LAYOUT_NESTED,
    { MAILBOX, "Work/2024/cur/n=other" },
    "Work/2024",
    "2024",
    "2024",
    OK,
    { "2024/cur/n=other", "Work/cur/m:2,S=text", "!Work/2024" } },
  { "below itself",
    ACCOUNT_LAYOUT_NESTED,
    { MAILBOX, "Work/2024/cur/n=other" },
    "Work",
    "Work/Old",
    "Work/Old",
    OK,
    { "Work/Old/cur/m:2,S=text", "Work/Old/2024/cur/n=other", "!Work/cur", "!Work/2024", "!Work (moving)" } },
  { "deeper below itself",
    ACCOUNT_LAYOUT_NESTED,
    { MAILBOX },
    "Work",
    "Work/A/B",
    "Work/A/B",
    OK,
    { "Work/A/B/cur/m:2,S=text", "!Work/cur", "!Work (moving)" } },
  { "beginning alike is not below",
    ACCOUNT_LAYOUT_NESTED,
    { MAILBOX },
    "Work",
    "Workshop",
    "Workshop",
    OK,
    { "Workshop/cur/m:2,S=text", "!Work" } },
  { "another case",
    ACCOUNT_LAYOUT_NESTED,
    { MAILBOX },
    "Work",
    "work",
    "work",
    OK,
    { "work/cur/m:2,S=text", "!Work" } },
  { "maildir++",
    ACCOUNT_LAYOUT_MAILDIRPP,
    { ".Work/cur/m=text", ".Work.2024/cur/n=other" },
    ".Work",
    ".Job",
    "Job",
    OK,
    { ".Job/cur/m=text", ".Work.2024/cur/n=other", "!.Work" } },
  { "a hashed directory gets its file",
    ACCOUNT_LAYOUT_NESTED,
    { MAILBOX },
    "Work",
    HASHED,
    "a very long name",
    OK,
    { HASHED "/cur/m:2,S=text", HASHED "/.dovetail-name=a very long name", "!Work" } },
  { "a plain one has none",
    ACCOUNT_LAYOUT_NESTED,
    { HASHED "/cur/m=text", HASHED "/.dovetail-name=a very long name" },
    HASHED,
    "Work",
    "Work",
    OK,
    { "Work/cur/m=text", "!Work/.dovetail-name", "!" HASHED } },
  { "a mailbox has the name",
    ACCOUNT_LAYOUT_NESTED,
    { MAILBOX, "Job/cur/j=job" },
    "Work",
    "Job",
    "Job",
    MAILDIR_ERROR_EXISTS,
    { "Work/cur/m:2,S=text", "Job/cur/j=job", "!Job/cur/m:2,S" } },
  { "an empty directory has the name, maybe a mount point",
    ACCOUNT_LAYOUT_NESTED,
    { MAILBOX, "Job/" },
    "Work",
    "Job",
    "Job",
    MAILDIR_ERROR_EXISTS,
    { "Work/cur/m:2,S=text", "Job", "!Job/cur" } },
  { "a file has the name",
    ACCOUNT_LAYOUT_NESTED,
    { MAILBOX, "Job=mine" },
    "Work",
    "Job",
    "Job",
    MAILDIR_ERROR_EXISTS,
    { "Work/cur/m:2,S=text", "Job=mine" } },
  { "a dangling symbolic link has the name",
    ACCOUNT_LAYOUT_NESTED,
    { MAILBOX, "Job@nowhere" },
    "Work",
    "Job",
    "Job",
    MAILDIR_ERROR_EXISTS,
    { "Work/cur/m:2,S=text", "Job", "!nowhere" } },
  { "something stands where it would step aside",
    ACCOUNT_LAYOUT_NESTED,
    { MAILBOX, "Work (moving)/cur/j=job" },
    "Work",
    "Work/Old",
    "Work/Old",
    MAILDIR_ERROR_EXISTS,
    { "Work/cur/m:2,S=text", "Work (moving)/cur/j=job" } },
  { "a symbolic link on the way",
    ACCOUNT_LAYOUT_NESTED,
    { MAILBOX, "target/", "Old@target" },
    "Work",
    "Old/Work",
    "Old/Work",
    MAILDIR_ERROR_IO,
    { "Work/cur/m:2,S=text", "!target/Work" } },
  { "a symbolic link in its own place",
    ACCOUNT_LAYOUT_NESTED,
    { "target/cur/m=text", "Work@target" },
    "Work",
    "Job",
    "Job",
    MAILDIR_ERROR_IO,
    { "Work", "target/cur/m=text", "!Job" } },
  { "out of the Maildir",
    ACCOUNT_LAYOUT_NESTED,
    { MAILBOX },
    "Work",
    "../outside",
    "x",
    MAILDIR_ERROR_IO,
    { "Work/cur/m:2,S=text", "!../outside" } },
  { "from outside the Maildir",
    ACCOUNT_LAYOUT_NESTED,
    { "../outside/cur/" },
    "../outside",
    "Job",
    "Job",
    MAILDIR_ERROR_IO,
    { "../outside/cur", "!Job" } },
  { "nothing there",
    ACCOUNT_LAYOUT_NESTED,
    { NULL },
    "Work",
    "Job",
    "Job",
    MAILDIR_ERROR_IO,
    { "!Work", "!Job" } },
};

static void
test_rename (gconstpointer data)
{
  const RenameRow *row = data;
  g_auto (MaildirFixture) fixture = { 0 };
  g_autoptr (GError) error = NULL;
  gboolean renamed;

  maildir_fixture_init (&fixture, row->layout);
  make_items (&fixture, row->make);
  renamed = maildir_rename_mailbox (fixture.maildir, row->from, row->to, row->mailbox, &error);
  if (row->code == OK)
    g_assert_no_error (error);
  else
    g_assert_error (error, MAILDIR_ERROR, row->code);
  g_assert_cmpint (renamed, ==, row->code == OK);
  check_items (&fixture, row->there);
}

/* What has the directory open goes on with it. */
static void
test_open_box (void)
{
  g_auto (MaildirFixture) fixture = { 0 };
  g_autoptr (MaildirBox) box = NULL;
  g_autoptr (MaildirScan) scan = NULL;
  g_autoptr (GError) error = NULL;

  maildir_fixture_init (&fixture, ACCOUNT_LAYOUT_NESTED);
  make_items (&fixture, (const char *const[]){ MAILBOX, NULL });
  box = maildir_box_open (fixture.maildir, "Work", "Work", FALSE, &error);
  g_assert_no_error (error);
  g_assert_true (maildir_rename_mailbox (fixture.maildir, "Work", "Job", "Job", &error));
  scan = maildir_scan (box, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (scan->entries->len, ==, 1);
}

typedef struct
{
  const char *description;
  AccountLayout layout;
  const char *make[10];
  const char *directory;
  int code; /* MaildirError */
  gboolean stays;
  const char *there[8];
} RemoveRow;

#define PARTS "Work/cur/", "Work/new/", "Work/tmp/"

static const RemoveRow remove_rows[] = {
  { "an empty mailbox", ACCOUNT_LAYOUT_NESTED, { PARTS }, "Work", OK, FALSE, { "!Work" } },
  { "with what is this program's own, or the keywords'",
    ACCOUNT_LAYOUT_NESTED,
    { HASHED "/cur/", HASHED "/new/", HASHED "/dovecot-keywords", HASHED "/.dovetail-name" },
    HASHED,
    OK,
    FALSE,
    { "!" HASHED } },
  { "its parent stays",
    ACCOUNT_LAYOUT_NESTED,
    { "A/Work/cur/", "A/Work/new/" },
    "A/Work",
    OK,
    FALSE,
    { "A", "!A/Work" } },
  { "maildir++", ACCOUNT_LAYOUT_MAILDIRPP, { ".Work/cur/", ".Work/new/" }, ".Work", OK, FALSE, { "!.Work" } },
  { "mailboxes below stay",
    ACCOUNT_LAYOUT_NESTED,
    { PARTS, "Work/2024/cur/n=other" },
    "Work",
    OK,
    FALSE,
    { "Work/2024/cur/n=other", "!Work/cur", "!Work/new", "!Work/tmp", "!Work/.dovetail-making" } },
  { "other programs' files stay",
    ACCOUNT_LAYOUT_NESTED,
    { PARTS, "Work/.notmuch/db", "Work/dovecot-uidlist=3" },
    "Work",
    OK,
    FALSE,
    { "Work/.notmuch/db", "Work/dovecot-uidlist=3", "!Work/cur" } },
  { "a message in cur/",
    ACCOUNT_LAYOUT_NESTED,
    { MAILBOX },
    "Work",
    OK,
    TRUE,
    { "Work/cur/m:2,S=text", "Work/new", "Work/tmp", "Work/dovecot-keywords=0 x\n",
      "!Work/.dovetail-making" } },
  { "a message in new/",
    ACCOUNT_LAYOUT_NESTED,
    { PARTS, "Work/new/n=text" },
    "Work",
    OK,
    TRUE,
    { "Work/new/n=text", "Work/cur", "Work/tmp", "!Work/.dovetail-making" } },
  { "somebody delivers at this moment",
    ACCOUNT_LAYOUT_NESTED,
    { PARTS, "Work/tmp/n=text" },
    "Work",
    OK,
    TRUE,
    { "Work/tmp/n=text", "Work/cur", "Work/new", "!Work/.dovetail-making" } },
  { "interrupted before anything went",
    ACCOUNT_LAYOUT_NESTED,
    { PARTS, "Work/.dovetail-making" },
    "Work",
    OK,
    FALSE,
    { "!Work" } },
  { "interrupted on the way",
    ACCOUNT_LAYOUT_NESTED,
    { "Work/cur/", "Work/.dovetail-making" },
    "Work",
    OK,
    FALSE,
    { "!Work" } },
  { "interrupted when all but the mark was gone",
    ACCOUNT_LAYOUT_NESTED,
    { "Work/.dovetail-making" },
    "Work",
    OK,
    FALSE,
    { "!Work" } },
  { "interrupted at the end", ACCOUNT_LAYOUT_NESTED, { "Work/" }, "Work", OK, FALSE, { "!Work" } },
  { "nothing there", ACCOUNT_LAYOUT_NESTED, { NULL }, "Work", OK, FALSE, { "!Work" } },
  { "the root is INBOX for ever",
    ACCOUNT_LAYOUT_MAILDIRPP,
    { "cur/", "new/", "tmp/" },
    "",
    OK,
    FALSE,
    { "cur", "new", "tmp", ".dovetail" } },
  { "a symbolic link is not followed",
    ACCOUNT_LAYOUT_NESTED,
    { "target/cur/", "target/new/", "Work@target" },
    "Work",
    MAILDIR_ERROR_IO,
    TRUE,
    { "Work", "target/cur", "target/new" } },
  { "nor is one in the place of cur/",
    ACCOUNT_LAYOUT_NESTED,
    { "target/", "Work/cur@../target", "Work/new/" },
    "Work",
    MAILDIR_ERROR_IO,
    FALSE,
    { "Work/cur", "target" } },
  { "out of the Maildir",
    ACCOUNT_LAYOUT_NESTED,
    { "../outside/cur/" },
    "../outside",
    MAILDIR_ERROR_IO,
    TRUE,
    { "../outside/cur" } },
};

static void
test_remove (gconstpointer data)
{
  const RemoveRow *row = data;
  g_auto (MaildirFixture) fixture = { 0 };
  g_autoptr (GError) error = NULL;
  gboolean removed = FALSE, done;

  maildir_fixture_init (&fixture, row->layout);
  make_items (&fixture, row->make);
  done = maildir_remove_mailbox (fixture.maildir, row->directory, &removed, &error);
  if (row->code == OK)
    g_assert_no_error (error);
  else
    g_assert_error (error, MAILDIR_ERROR, row->code);
  g_assert_cmpint (done, ==, row->code == OK);
  if (done)
    g_assert_cmpint (removed, ==, !row->stays);
  check_items (&fixture, row->there);
}

static void
add_rows (const char *prefix, gconstpointer rows, gsize n_rows, gsize size, GTestDataFunc test)
{
  for (gsize i = 0; i < n_rows; i++)
    {
      const char *row = (const char *)rows + i * size;
      const char *description = *(const char *const *)row;
      g_autofree char *name = g_strdelimit (g_strdup (description), " /", '-');
      g_autofree char *path = g_strconcat (prefix, name, NULL);

      g_test_add_data_func (path, row, test);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  add_rows ("/maildir/rename/C6.1/", rename_rows, G_N_ELEMENTS (rename_rows), sizeof *rename_rows,
            test_rename);
  add_rows ("/maildir/remove/C6.3/", remove_rows, G_N_ELEMENTS (remove_rows), sizeof *remove_rows,
            test_remove);
  g_test_add_func ("/maildir/rename/C6.1/open-box", test_open_box);
  return g_test_run ();
}
