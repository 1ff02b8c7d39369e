/* C2.1: files become durable in the background, group by group; a failure is told, once, and for the whole
 * group. */
#include "../../engine/maildir/maildir-syncer.h"
#include "../../engine/maildir/maildir-syncfs.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <unistd.h>

typedef struct
{
  char *directory;
  MaildirSyncer *syncer;
} Fixture;

typedef enum
{
  WAY_EACH,   /* an fsync of each file */
  WAY_WHOLE,  /* syncfs of large groups */
  WAY_BROKEN, /* the same, and it fails */
} Way;

static const struct
{
  const char *name;
  Way way;
} ways[] = { { "each", WAY_EACH }, { "whole", WAY_WHOLE } };

static int
open_whole (const char *directory, Way way)
{
  switch (way)
    {
    case WAY_EACH:
      return -1;
    case WAY_WHOLE:
      return open (directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    case WAY_BROKEN:
      return open (directory, O_PATH | O_CLOEXEC); /* EBADF */
    }
  return -1;
}

static void
fixture_init (Fixture *fixture, Way way)
{
  fixture->directory = g_dir_make_tmp ("dovetail-syncer-XXXXXX", NULL);
  fixture->syncer = maildir_syncer_new (open_whole (fixture->directory, way));
}

static void
fixture_clear (Fixture *fixture)
{
  g_clear_pointer (&fixture->syncer, maildir_syncer_free);
  g_assert_cmpint (g_rmdir (fixture->directory), ==, 0);
  g_free (fixture->directory);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Fixture, fixture_clear)

static int
open_file (const Fixture *fixture)
{
  g_autofree char *path = g_build_filename (fixture->directory, "file", NULL);
  int fd = open (path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

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

static void
add_files (Fixture *fixture, guint count)
{
  for (guint i = 0; i < count; i++)
    maildir_syncer_add (fixture->syncer, open_file (fixture));
}

/* errno, or 0 */
static int
wait_for_group (Fixture *fixture)
{
  int cause = -1;
  gboolean is_durable = maildir_syncer_wait (fixture->syncer, &cause);

  g_assert_cmpint (is_durable, ==, cause == 0);
  g_assert_false (maildir_syncer_is_busy (fixture->syncer));
  return cause;
}

/* Groups of none, of one, of just not too many, of many times as many as may be under way. */
static void
test_sizes (gconstpointer data)
{
  const guint sizes[] = { 0, 1, MAILDIR_SYNCER_FEW, MAILDIR_SYNCER_FEW + 1, 5 * MAILDIR_SYNCER_FILES, 2 };
  g_auto (Fixture) fixture = { 0 };

  fixture_init (&fixture, ways[GPOINTER_TO_SIZE (data)].way);
  for (gsize i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      int last = open_file (&fixture);

      add_files (&fixture, sizes[i]);
      maildir_syncer_add (fixture.syncer, last);
      maildir_syncer_seal (fixture.syncer);
      g_assert_cmpint (wait_for_group (&fixture), ==, 0);
      g_assert_false (is_open (last));
    }
}

/* While one group is waited for the next is added to. */
static void
test_overlap (gconstpointer data)
{
  g_auto (Fixture) fixture = { 0 };

  fixture_init (&fixture, ways[GPOINTER_TO_SIZE (data)].way);
  for (guint round = 0; round < 20; round++)
    {
      add_files (&fixture, round * 5);
      if (round > 0)
        g_assert_cmpint (wait_for_group (&fixture), ==, 0);
      maildir_syncer_seal (fixture.syncer);
    }
  g_assert_cmpint (wait_for_group (&fixture), ==, 0);
}

/* One bad file spoils its group, and neither the one before nor the one behind it. */
static void
test_failure (gconstpointer data)
{
  g_auto (Fixture) fixture = { 0 };

  fixture_init (&fixture, ways[GPOINTER_TO_SIZE (data)].way);
  add_files (&fixture, MAILDIR_SYNCER_FEW / 2);
  maildir_syncer_seal (fixture.syncer);
  add_files (&fixture, MAILDIR_SYNCER_FEW / 4);
  maildir_syncer_add (fixture.syncer, open_failing ());
  add_files (&fixture, MAILDIR_SYNCER_FEW / 4);
  g_assert_cmpint (wait_for_group (&fixture), ==, 0);
  maildir_syncer_seal (fixture.syncer);
  add_files (&fixture, 3);
  g_assert_cmpint (wait_for_group (&fixture), ==, EINVAL);
  maildir_syncer_seal (fixture.syncer);
  g_assert_cmpint (wait_for_group (&fixture), ==, 0);
}

/* A large group is durable only when the syncfs says so; a small one does not depend on it. */
static void
test_whole_failure (void)
{
  g_auto (Fixture) fixture = { 0 };

  fixture_init (&fixture, WAY_BROKEN);
  add_files (&fixture, MAILDIR_SYNCER_FEW);
  maildir_syncer_seal (fixture.syncer);
  add_files (&fixture, MAILDIR_SYNCER_FEW + 1);
  g_assert_cmpint (wait_for_group (&fixture), ==, 0);
  maildir_syncer_seal (fixture.syncer);
  g_assert_cmpint (wait_for_group (&fixture), ==, EBADF);
}

/* Freed with files under way, and with some of a group that is open: all are closed. */
static void
test_free (gconstpointer data)
{
  g_auto (Fixture) fixture = { 0 };
  int fds[30];

  fixture_init (&fixture, ways[GPOINTER_TO_SIZE (data)].way);
  for (gsize i = 0; i < G_N_ELEMENTS (fds); i++)
    fds[i] = open_file (&fixture);
  for (gsize i = 0; i < G_N_ELEMENTS (fds); i++)
    {
      maildir_syncer_add (fixture.syncer, fds[i]);
      if (i == G_N_ELEMENTS (fds) - MAILDIR_SYNCER_FEW)
        maildir_syncer_seal (fixture.syncer);
    }
  g_clear_pointer (&fixture.syncer, maildir_syncer_free);
  for (gsize i = 0; i < G_N_ELEMENTS (fds); i++)
    g_assert_false (is_open (fds[i]));
}

/* syncfs is left alone where it may mean nothing. */
static void
test_file_systems (void)
{
  int fd = open ("/proc/self", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

  g_assert_cmpint (fd, >=, 0);
  g_assert_cmpint (maildir_syncfs_open (fd), ==, -1);
  close (fd);
  g_assert_cmpint (maildir_syncfs_open (-1), ==, -1);
}

static void
add_for_ways (const char *name, GTestDataFunc test)
{
  for (gsize i = 0; i < G_N_ELEMENTS (ways); i++)
    {
      g_autofree char *path = g_strdup_printf ("/maildir/syncer/%s/%s", ways[i].name, name);

      g_test_add_data_func (path, GSIZE_TO_POINTER (i), test);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  add_for_ways ("sizes", test_sizes);
  add_for_ways ("overlap", test_overlap);
  add_for_ways ("failure", test_failure);
  add_for_ways ("free", test_free);
  g_test_add_func ("/maildir/syncer/whole/large-failure", test_whole_failure);
  g_test_add_func ("/maildir/syncer/file-systems", test_file_systems);
  return g_test_run ();
}
