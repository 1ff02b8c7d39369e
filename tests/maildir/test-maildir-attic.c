/* The attic: contract C3.6. */
#include "maildir-fixture.h"
#include "../../engine/maildir/maildir-attic.h"
#include "../../engine/maildir/maildir-delivery.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct
{
  MaildirFixture maildir;
  MaildirBox *box;
  MaildirAttic *attic;
  char *path; /* of the attic */
} Fixture;

static const MaildirPlace place = { .base = "m", .file = "m:2,S" };

static void
fixture_open_attic (Fixture *fixture, const char *path)
{
  g_autoptr (GError) error = NULL;

  fixture->path = g_strdup (path);
  fixture->attic = maildir_attic_open (path, &error);
  g_assert_no_error (error);
}

static void
fixture_init (Fixture *fixture)
{
  maildir_fixture_init (&fixture->maildir, ACCOUNT_LAYOUT_NESTED);
  fixture->box = maildir_fixture_inbox (&fixture->maildir);
  maildir_fixture_put (&fixture->maildir, "INBOX/cur/m:2,S", "text");
  maildir_fixture_age (&fixture->maildir, "INBOX/cur/m:2,S", 1234567890);
}

static void
fixture_clear (Fixture *fixture)
{
  g_clear_pointer (&fixture->attic, maildir_attic_free);
  g_clear_pointer (&fixture->path, g_free);
  g_clear_pointer (&fixture->box, maildir_box_free);
  maildir_fixture_clear (&fixture->maildir);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Fixture, fixture_clear)

static void
fixture_init_near (Fixture *fixture)
{
  g_autofree char *path = NULL;

  fixture_init (fixture);
  path = g_build_filename (fixture->maildir.path, "state", "attic", NULL);
  fixture_open_attic (fixture, path);
}

static void
assert_kept (const Fixture *fixture, const char *name, const char *text)
{
  g_autofree char *path = g_build_filename (fixture->path, name, NULL);
  g_autofree char *content = NULL;
  g_autoptr (GError) error = NULL;
  struct stat info;

  g_file_get_contents (path, &content, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (content, ==, text);
  g_assert_no_errno (stat (path, &info));
  g_assert_cmpint (info.st_mtime, ==, 1234567890);
}

static void
test_open (void)
{
  g_auto (Fixture) fixture = { 0 };
  struct stat info;

  fixture_init_near (&fixture);
  g_assert_no_errno (stat (fixture.path, &info));
  g_assert_cmpint (info.st_mode & 0777, ==, 0700);
}

static void
test_round (void)
{
  g_auto (Fixture) fixture = { 0 };
  g_autoptr (GError) error = NULL;
  g_autofree char *content = NULL;
  MaildirFileStamp stamp;

  fixture_init_near (&fixture);
  g_assert_true (maildir_message_stat (fixture.box, &place, &stamp, &error));
  g_assert_true (maildir_attic_keep (fixture.attic, "kept", fixture.box, &place, &error));
  g_assert_no_error (error);
  g_assert_true (maildir_message_remove (fixture.box, &place, &stamp, &error));
  g_assert_no_error (error);
  assert_kept (&fixture, "kept", "text");

  g_assert_true (maildir_attic_restore (fixture.attic, "kept", fixture.box, "back", &stamp, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (stamp.size, ==, 4);
  g_assert_cmpint (stamp.mtime_ns, ==, G_GINT64_CONSTANT (1234567890000000001));
  g_assert_true (maildir_box_publish (fixture.box, "back", 0, 0, &error));
  content = maildir_fixture_get (&fixture.maildir, "INBOX/new/back", NULL);
  g_assert_cmpstr (content, ==, "text");
  assert_kept (&fixture, "kept", "text");

  g_assert_true (maildir_attic_remove (fixture.attic, "kept", &error));
  g_assert_true (maildir_attic_remove (fixture.attic, "kept", &error));
  g_assert_false (maildir_attic_restore (fixture.attic, "kept", fixture.box, "again", &stamp, &error));
  g_assert_error (error, MAILDIR_ERROR, MAILDIR_ERROR_GONE);
}

/* What comes back is no second name of what is kept: editing one does not change the other. */
static void
test_restore_is_copy (void)
{
  g_auto (Fixture) fixture = { 0 };
  g_autoptr (GError) error = NULL;

  fixture_init_near (&fixture);
  g_assert_true (maildir_attic_keep (fixture.attic, "kept", fixture.box, &place, &error));
  maildir_fixture_remove (&fixture.maildir, "INBOX/cur/m:2,S");
  g_assert_true (maildir_attic_restore (fixture.attic, "kept", fixture.box, "back", NULL, &error));
  maildir_fixture_put (&fixture.maildir, "INBOX/tmp/back", "edited");
  assert_kept (&fixture, "kept", "text");
}

static void
test_keep_again (void)
{
  g_auto (Fixture) fixture = { 0 };
  g_autoptr (GError) error = NULL;

  fixture_init_near (&fixture);
  g_assert_true (maildir_attic_keep (fixture.attic, "kept", fixture.box, &place, &error));
  g_assert_true (maildir_attic_keep (fixture.attic, "kept", fixture.box, &place, &error));
  g_assert_no_error (error);

  /* Another file with the same text, as an earlier copy would be. */
  maildir_fixture_remove (&fixture.maildir, "INBOX/cur/m:2,S");
  maildir_fixture_put (&fixture.maildir, "INBOX/cur/m:2,S", "text");
  g_assert_true (maildir_attic_keep (fixture.attic, "kept", fixture.box, &place, &error));
  g_assert_no_error (error);

  maildir_fixture_remove (&fixture.maildir, "INBOX/cur/m:2,S");
  maildir_fixture_put (&fixture.maildir, "INBOX/cur/m:2,S", "tent");
  g_assert_false (maildir_attic_keep (fixture.attic, "kept", fixture.box, &place, &error));
  g_assert_error (error, MAILDIR_ERROR, MAILDIR_ERROR_EXISTS);
  assert_kept (&fixture, "kept", "text");
}

/* On another file system: by copy. */
static void
test_keep_far (void)
{
  g_auto (Fixture) fixture = { 0 };
  g_autoptr (GError) error = NULL;
  g_autofree char *path = g_strdup ("/dev/shm/dovetail-attic-XXXXXX");
  struct stat near, far;

  if (g_mkdtemp (path) == NULL)
    {
      g_test_skip ("no /dev/shm");
      return;
    }
  fixture_init (&fixture);
  g_assert_no_errno (stat (fixture.maildir.path, &near));
  g_assert_no_errno (stat (path, &far));
  if (near.st_dev == far.st_dev)
    g_test_skip ("/dev/shm is the same file system");
  fixture_open_attic (&fixture, path);
  g_assert_true (maildir_attic_keep (fixture.attic, "kept", fixture.box, &place, &error));
  g_assert_true (maildir_attic_keep (fixture.attic, "kept", fixture.box, &place, &error));
  g_assert_no_error (error);
  assert_kept (&fixture, "kept", "text");
  remove_tree (path);
}

static void
test_bad_name (void)
{
  const char *const names[] = { "", ".", "..", "../x", "a/b", ".copy" };
  g_auto (Fixture) fixture = { 0 };

  fixture_init_near (&fixture);
  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autoptr (GError) keep_error = NULL;
      g_autoptr (GError) restore_error = NULL;
      g_autoptr (GError) remove_error = NULL;

      g_assert_false (maildir_attic_keep (fixture.attic, names[i], fixture.box, &place, &keep_error));
      g_assert_error (keep_error, MAILDIR_ERROR, MAILDIR_ERROR_IO);
      g_assert_false (
          maildir_attic_restore (fixture.attic, names[i], fixture.box, "x", NULL, &restore_error));
      g_assert_error (restore_error, MAILDIR_ERROR, MAILDIR_ERROR_IO);
      g_assert_false (maildir_attic_remove (fixture.attic, names[i], &remove_error));
      g_assert_error (remove_error, MAILDIR_ERROR, MAILDIR_ERROR_IO);
    }
}

static void
test_restore_exists (void)
{
  g_auto (Fixture) fixture = { 0 };
  g_autoptr (GError) error = NULL;

  fixture_init_near (&fixture);
  g_assert_true (maildir_attic_keep (fixture.attic, "kept", fixture.box, &place, &error));
  maildir_fixture_put (&fixture.maildir, "INBOX/tmp/back", "other");
  g_assert_false (maildir_attic_restore (fixture.attic, "kept", fixture.box, "back", NULL, &error));
  g_assert_error (error, MAILDIR_ERROR, MAILDIR_ERROR_EXISTS);
}

static void
test_gone (void)
{
  g_auto (Fixture) fixture = { 0 };
  g_autoptr (GError) error = NULL;
  const MaildirPlace nowhere = { .base = "nowhere" };

  fixture_init_near (&fixture);
  g_assert_false (maildir_attic_keep (fixture.attic, "kept", fixture.box, &nowhere, &error));
  g_assert_error (error, MAILDIR_ERROR, MAILDIR_ERROR_GONE);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/maildir/attic/open", test_open);
  g_test_add_func ("/maildir/attic/C3.6/round", test_round);
  g_test_add_func ("/maildir/attic/C3.6/restore-is-copy", test_restore_is_copy);
  g_test_add_func ("/maildir/attic/keep-again", test_keep_again);
  g_test_add_func ("/maildir/attic/keep-far", test_keep_far);
  g_test_add_func ("/maildir/attic/bad-name", test_bad_name);
  g_test_add_func ("/maildir/attic/restore-exists", test_restore_exists);
  g_test_add_func ("/maildir/attic/gone", test_gone);
  return g_test_run ();
}
