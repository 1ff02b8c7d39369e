/* ThreadSanitizer with tsan-glib.c: code that is right passes, and a planted race is found. */
#include <glib.h>
#include <string.h>

typedef struct
{
  GMutex mutex;
  gboolean careful;
  guint count;
} Shared;

static gpointer
count_up (gpointer data)
{
  Shared *shared = data;

  for (guint i = 0; i < 1000; i++)
    {
      if (shared->careful)
        g_mutex_lock (&shared->mutex);
      shared->count++;
      if (shared->careful)
        g_mutex_unlock (&shared->mutex);
    }
  return NULL;
}

static void
count_in_two_threads (gboolean careful)
{
  Shared shared = { .careful = careful };
  GThread *one, *two;

  g_mutex_init (&shared.mutex);
  one = g_thread_new ("one", count_up, &shared);
  two = g_thread_new ("two", count_up, &shared);
  g_thread_join (one);
  g_thread_join (two);
  g_mutex_clear (&shared.mutex);
}

static void
test_locked (void)
{
  count_in_two_threads (TRUE);
}

static void
test_planted_race (void)
{
  if (g_test_subprocess ())
    {
      count_in_two_threads (FALSE);
      return;
    }
  g_test_trap_subprocess (NULL, 0, 0);
  g_test_trap_assert_failed ();
  g_test_trap_assert_stderr ("*ThreadSanitizer: data race*");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/tsan/locked", test_locked);
  g_test_add_func ("/tsan/planted-race", test_planted_race);
  return g_test_run ();
}
