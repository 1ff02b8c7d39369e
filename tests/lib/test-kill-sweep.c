/* The kill sweep itself: a program of eight known steps, killed at each. */
#include "kill-sweep.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

typedef struct
{
  char *program;
  char *directory;
  guint checks;
} Fixture;

/* What the test runs, as "test-kill-sweep --subject DIR": makes `done` with ten bytes, by eight steps. What
 * its child, its standard output and an eventfd see does not count. */
static int
play_subject (const char *directory)
{
  int fd;

  g_assert_cmpint (g_chdir (directory), ==, 0);
  fd = open ("partial", O_WRONLY | O_CREAT | O_TRUNC, 0600);
  g_assert_cmpint (write (fd, "01234", 5), ==, 5);
  g_assert_cmpint (pwrite (fd, "56789", 5, 5), ==, 5);
  g_assert_cmpint (ftruncate (fd, 10), ==, 0);
  g_assert_cmpint (fsync (fd), ==, 0);
  close (fd);
  g_assert_true (g_spawn_command_line_sync ("sh -c 'echo child > child'", NULL, NULL, NULL, NULL));
  g_assert_true (link ("partial", "linked") == 0 || errno == EEXIST);
  g_assert_cmpint (syscall (SYS_renameat2, AT_FDCWD, "partial", AT_FDCWD, "done", 0), ==, 0);
  g_assert_cmpint (unlink ("linked"), ==, 0);
  puts ("done");
  return 0;
}

static void
remove_file (Fixture *fixture, const char *name)
{
  g_autofree char *path = g_build_filename (fixture->directory, name, NULL);

  g_unlink (path);
}

static void
restore (gpointer user_data)
{
  static const char *const names[] = { "partial", "linked", "done", "child" };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    remove_file (user_data, names[i]);
}

static void
check (gpointer user_data)
{
  Fixture *fixture = user_data;
  g_autofree char *path = g_build_filename (fixture->directory, "done", NULL);
  g_autofree char *content = NULL;

  g_assert_true (g_file_get_contents (path, &content, NULL, NULL));
  g_assert_cmpstr (content, ==, "0123456789");
  fixture->checks++;
}

static void
setup (Fixture *fixture, gconstpointer program)
{
  fixture->program = g_strdup (program);
  fixture->directory = g_dir_make_tmp ("dovetail-sweep-XXXXXX", NULL);
  g_assert_nonnull (fixture->directory);
}

static void
teardown (Fixture *fixture, gconstpointer program)
{
  restore (fixture);
  g_rmdir (fixture->directory);
  g_free (fixture->directory);
  g_free (fixture->program);
}

static gsize
size_of (Fixture *fixture, const char *name)
{
  g_autofree char *path = g_build_filename (fixture->directory, name, NULL);
  GStatBuf status;

  return g_stat (path, &status) == 0 ? (gsize)status.st_size : G_MAXSIZE;
}

static void
test_each_step_is_counted_and_killed_at (Fixture *fixture, gconstpointer program)
{
  const char *const argv[] = { fixture->program, "--subject", fixture->directory, NULL };
  const KillSweep sweep = { .argv = argv };
  static const struct
  {
    guint step;
    gboolean half;
    const char *call;
    const char *file;
    gsize size;
  } rows[] = {
    { 1, FALSE, "open", "partial", 0 },
    { 2, TRUE, "write", "partial", 2 },
    { 2, FALSE, "write", "partial", 5 },
    { 3, TRUE, "pwrite", "partial", 7 },
    { 3, FALSE, "pwrite", "partial", 10 },
    { 4, FALSE, "ftruncate", "partial", 10 },
    { 5, FALSE, "fsync", "child", G_MAXSIZE },
    { 6, FALSE, "link", "linked", 10 },
    { 7, FALSE, "renameat2", "done", 10 },
    { 8, FALSE, "unlink", "linked", G_MAXSIZE },
    { 9, FALSE, NULL, "done", 10 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *killed = NULL;

      restore (fixture);
      kill_sweep_run_once (&sweep, rows[i].step, rows[i].half, &killed);
      g_assert_cmpint (killed != NULL, ==, rows[i].call != NULL);
      g_assert_true (killed == NULL || g_str_has_prefix (killed, rows[i].call));
      g_assert_cmpuint (size_of (fixture, rows[i].file), ==, rows[i].size);
    }
}

static void
test_the_program_recovers_from_each (Fixture *fixture, gconstpointer program)
{
  const char *const argv[] = { fixture->program, "--subject", fixture->directory, NULL };
  const KillSweep sweep = {
    .argv = argv, .restore = restore, .check = check, .user_data = fixture, .halves = TRUE
  };

  g_assert_cmpuint (kill_sweep_run (&sweep), ==, 8);
  g_assert_cmpuint (fixture->checks, ==, 1 + 8 + 2);
}

int
main (int argc, char **argv)
{
  if (argc == 3 && g_str_equal (argv[1], "--subject"))
    return play_subject (argv[2]);
  g_test_init (&argc, &argv, NULL);
  g_test_add ("/kill-sweep/each-step-is-counted-and-killed-at", Fixture, argv[0], setup,
              test_each_step_is_counted_and_killed_at, teardown);
  g_test_add ("/kill-sweep/the-program-recovers-from-each", Fixture, argv[0], setup,
              test_the_program_recovers_from_each, teardown);
  return g_test_run ();
}
