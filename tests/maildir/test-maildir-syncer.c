/* Files become durable in the background; a failure is told, once, and for all files since the last wait. */
#include "../../engine/maildir/maildir-syncer.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <unistd.h>

static int
open_file (const char *directory, guint number)
{
  g_autofree char *path = g_strdup_printf ("%s/%u", directory, number);
  int fd = open (path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

  g_assert_cmpint (fd, >=, 0);
  g_assert_cmpint (write (fd, "x", 1), ==, 1);
  g_assert_cmpint (g_unlink (path), ==, 0);
  return fd;
}

/* What can't be synced: fsync of a pipe is EINVAL. */
static int
open_failing (void)
{
  int fds[2];

  g_assert_cmpint (pipe (fds), ==, 0);
  close (fds[0]);
  return fds[1];
}

static gboolean
is_open (int fd)
{
  return fcntl (fd, F_GETFD) >= 0;
}

/* Many times as many as may be under way. */
static void
test_many (void)
{
  g_autofree char *directory = g_dir_make_tmp ("dovetail-syncer-XXXXXX", NULL);
  g_autoptr (MaildirSyncer) syncer = maildir_syncer_new ();
  int cause = -1;

  g_assert_true (maildir_syncer_wait (syncer, &cause));
  for (guint round = 0; round < 3; round++)
    {
      int last = -1;

      for (guint i = 0; i < 5 * MAILDIR_SYNCER_FILES; i++)
        maildir_syncer_add (syncer, last = open_file (directory, i));
      g_assert_true (maildir_syncer_wait (syncer, &cause));
      g_assert_cmpint (cause, ==, 0);
      g_assert_false (is_open (last));
    }
  g_assert_cmpint (g_rmdir (directory), ==, 0);
}

static void
test_failure (void)
{
  g_autofree char *directory = g_dir_make_tmp ("dovetail-syncer-XXXXXX", NULL);
  g_autoptr (MaildirSyncer) syncer = maildir_syncer_new ();
  int cause = 0;

  for (guint i = 0; i < 20; i++)
    maildir_syncer_add (syncer, i == 7 ? open_failing () : open_file (directory, i));
  g_assert_false (maildir_syncer_wait (syncer, &cause));
  g_assert_cmpint (cause, ==, EINVAL);
  maildir_syncer_add (syncer, open_file (directory, 0));
  g_assert_true (maildir_syncer_wait (syncer, &cause));
  g_assert_cmpint (g_rmdir (directory), ==, 0);
}

/* Freed with files under way: all are closed. */
static void
test_free (void)
{
  g_autofree char *directory = g_dir_make_tmp ("dovetail-syncer-XXXXXX", NULL);
  MaildirSyncer *syncer = maildir_syncer_new ();
  int fds[30];

  for (guint i = 0; i < G_N_ELEMENTS (fds); i++)
    fds[i] = open_file (directory, i);
  for (guint i = 0; i < G_N_ELEMENTS (fds); i++)
    maildir_syncer_add (syncer, fds[i]);
  maildir_syncer_free (syncer);
  for (guint i = 0; i < G_N_ELEMENTS (fds); i++)
    g_assert_false (is_open (fds[i]));
  g_assert_cmpint (g_rmdir (directory), ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/maildir/syncer/many", test_many);
  g_test_add_func ("/maildir/syncer/failure", test_failure);
  g_test_add_func ("/maildir/syncer/free", test_free);
  return g_test_run ();
}
