/* Whatever ends a process, and wherever: what was committed is there, what was not is not (contract C1,
 * C2.1).
 *
 * A child does the same work over and over. The n-th time, its n-th system call that changes a file kills it
 * halfway, or finds the disk full. The parent then looks at what is left.
 */
#include "journal-fixture.h"

#include <errno.h>
#include <sqlite3.h>
#include <sys/wait.h>
#include <unistd.h>

#define TRANSACTIONS 2
#define MESSAGES_EACH 3

typedef enum
{
  FAULT_KILL,
  FAULT_DISK_FULL, /* and it stays full */
} Fault;

/* SQLite's replaceable system calls carry no user data, so the child keeps its fault here. */
static struct
{
  Fault fault;
  guint calls_before;
} child;

/* TRUE: the call must fail. In between it may have done the half of its work. */
static gboolean
meets_fault (int fd, const void *data, size_t length, off_t offset)
{
  if (child.calls_before > 0)
    {
      child.calls_before--;
      return FALSE;
    }
  if (child.fault == FAULT_KILL)
    {
      if (length > 1 && pwrite (fd, data, length / 2, offset) < 0)
        _exit (2);
      kill (getpid (), SIGKILL);
    }
  errno = ENOSPC;
  return TRUE;
}

static ssize_t
faulty_pwrite (int fd, const void *data, size_t length, off_t offset)
{
  return meets_fault (fd, data, length, offset) ? -1 : pwrite (fd, data, length, offset);
}

static ssize_t
faulty_write (int fd, const void *data, size_t length)
{
  return meets_fault (fd, NULL, 0, 0) ? -1 : write (fd, data, length);
}

static int
faulty_ftruncate (int fd, off_t length)
{
  return meets_fault (fd, NULL, 0, 0) ? -1 : ftruncate (fd, length);
}

static int
faulty_unlink (const char *path)
{
  if (child.fault == FAULT_DISK_FULL) /* which keeps nobody from removing */
    return unlink (path);
  return meets_fault (-1, NULL, 0, 0) ? -1 : unlink (path);
}

static void
replace_system_calls (void)
{
  sqlite3_vfs *vfs = sqlite3_vfs_find (NULL);

  vfs->xSetSystemCall (vfs, "pwrite", (sqlite3_syscall_ptr)faulty_pwrite);
  vfs->xSetSystemCall (vfs, "pwrite64", (sqlite3_syscall_ptr)faulty_pwrite);
  vfs->xSetSystemCall (vfs, "write", (sqlite3_syscall_ptr)faulty_write);
  vfs->xSetSystemCall (vfs, "ftruncate", (sqlite3_syscall_ptr)faulty_ftruncate);
  vfs->xSetSystemCall (vfs, "unlink", (sqlite3_syscall_ptr)faulty_unlink);
}

/* One transaction: a fact that counts them, and that many messages more. */
static gboolean
add_some (Journal *journal, GError **error)
{
  g_autofree char *text = journal_get_fact (journal, "transactions", error);
  guint64 done = text != NULL ? g_ascii_strtoull (text, NULL, 10) : 0;
  g_autofree char *next = g_strdup_printf ("%" G_GUINT64_FORMAT, done + 1);
  JournalMailbox inbox = { .name = (char *)"INBOX", .directory = (char *)"INBOX" };

  if (done == 0 && !journal_put_mailbox (journal, &inbox, error))
    return FALSE;
  for (guint i = 1; i <= MESSAGES_EACH; i++)
    {
      g_autofree char *base = g_strdup_printf ("%" G_GUINT64_FORMAT ".%u", done, i);
      JournalMessage message = make_message (1, done * MESSAGES_EACH + i, base);

      if (!journal_add_message (journal, &message, error))
        return FALSE;
    }
  return journal_set_fact (journal, "transactions", next, error);
}

/* Says each commit into `acknowledgements`. */
static void
work (const char *state_dir, int acknowledgements)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *set_aside = NULL;
  g_autoptr (Journal) journal = journal_open (state_dir, JOURNAL_OPEN_WRITE, &set_aside, &error);

  for (guint i = 0; journal != NULL && i < TRANSACTIONS; i++)
    {
      if (journal_begin (journal, &error) && add_some (journal, &error) && journal_commit (journal, &error))
        {
          if (write (acknowledgements, "x", 1) != 1)
            _exit (2);
        }
      else
        journal_rollback (journal);
      g_clear_error (&error);
    }
  if (set_aside != NULL)
    _exit (3);
}

/* Forks a worker that meets `fault` after `calls_before` calls. *finished: it came to its end without one. */
static guint
run_child (const char *state_dir, Fault fault, guint calls_before, gboolean *finished)
{
  int pipe_ends[2], status;
  guint acknowledged = 0;
  char byte;

  g_assert_cmpint (pipe (pipe_ends), ==, 0);
  pid_t pid = fork ();
  if (pid == 0)
    {
      child.fault = fault;
      child.calls_before = calls_before;
      replace_system_calls ();
      work (state_dir, pipe_ends[1]);
      _exit (child.calls_before > 0 ? 0 : 1);
    }
  close (pipe_ends[1]);
  while (read (pipe_ends[0], &byte, 1) == 1)
    acknowledged++;
  close (pipe_ends[0]);

  g_assert_cmpint (waitpid (pid, &status, 0), ==, pid);
  if (WIFSIGNALED (status))
    g_assert_cmpint (WTERMSIG (status), ==, SIGKILL);
  else
    g_assert_cmpint (WEXITSTATUS (status), <=, 1);
  *finished = WIFEXITED (status) && WEXITSTATUS (status) == 0;
  return acknowledged;
}

/* How many transactions are in the journal; asserts that each is whole. */
static guint
count_transactions (Fixture *fixture)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (Journal) journal = fixture_open (fixture);
  g_autofree char *text = journal_get_fact (journal, "transactions", &error);
  guint count = text != NULL ? g_ascii_strtoull (text, NULL, 10) : 0;

  g_assert_no_error (error);
  g_assert_cmpuint (count_messages (journal, 1), ==, count * MESSAGES_EACH);
  return count;
}

static void
begin_afresh (Fixture *fixture, gconstpointer data)
{
  fixture_tear_down (fixture, data);
  fixture_set_up (fixture, data);
}

/* From nothing each time: creation, first commits, the checkpoint at the end. */
static void
test_fresh (Fixture *fixture, gconstpointer data)
{
  const Fault fault = GPOINTER_TO_INT (data);
  gboolean finished = FALSE;
  guint calls = 0;

  for (; !finished; calls++)
    {
      guint acknowledged = run_child (fixture->state_dir, fault, calls, &finished);
      guint committed = count_transactions (fixture);

      g_assert_cmpuint (committed, >=, acknowledged);
      g_assert_cmpuint (committed, <=, acknowledged + (fault == FAULT_KILL ? 1 : 0));
      begin_afresh (fixture, data);
    }
  g_assert_cmpuint (calls, >, 50); /* else the faults were not planted where SQLite writes */
}

/* From what the last crash left, unseen by anyone in between: recovery is interrupted too. */
static void
test_again_and_again (Fixture *fixture, gconstpointer data)
{
  const Fault fault = GPOINTER_TO_INT (data);
  guint acknowledged = 0, killed = 0;
  gboolean finished = FALSE;

  for (guint calls = 0; !finished; calls++)
    {
      acknowledged += run_child (fixture->state_dir, fault, calls, &finished);
      killed += finished ? 0 : 1;
      if (calls % 7 != 0)
        continue;

      guint committed = count_transactions (fixture);
      g_assert_cmpuint (committed, >=, acknowledged);
      g_assert_cmpuint (committed, <=, acknowledged + killed);
      acknowledged = committed;
      killed = 0;
    }
}

/* Threads: a handle each. */
#define THREADS 3

static gpointer
write_in_thread (gpointer state_dir)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (Journal) journal = journal_open (state_dir, JOURNAL_OPEN_WRITE, NULL, &error);

  for (guint i = 0; error == NULL && i < 20; i++)
    {
      if (!journal_begin (journal, &error))
        break;
      if (!add_some (journal, &error) || !journal_commit (journal, &error))
        journal_rollback (journal);
    }
  return g_steal_pointer (&error);
}

/* Reads until the writers are through: never half a transaction, never less than before. */
static gpointer
read_in_thread (gpointer state_dir)
{
  g_autoptr (GError) error = NULL;
  guint last = 0;

  while (error == NULL && last < THREADS * 20 * MESSAGES_EACH)
    {
      g_autoptr (Journal) journal = journal_open (state_dir, JOURNAL_OPEN_READ, NULL, &error);
      guint count = last;

      if (journal == NULL && g_error_matches (error, JOURNAL_ERROR, JOURNAL_ERROR_MISSING))
        g_clear_error (&error);
      else if (journal != NULL && journal_count_messages (journal, 1, &count, &error))
        {
          g_assert_cmpuint (count, >=, last);
          g_assert_cmpuint (count % MESSAGES_EACH, ==, 0);
          last = count;
        }
    }
  return g_steal_pointer (&error);
}

static void
join (GThread *thread)
{
  g_autoptr (GError) error = g_thread_join (thread);

  g_assert_no_error (error);
}

static void
test_threads (Fixture *fixture, gconstpointer data)
{
  GThread *writers[THREADS];
  GThread *reader = g_thread_new ("reader", read_in_thread, fixture->state_dir);

  /* They also race for the creation. */
  for (guint i = 0; i < THREADS; i++)
    writers[i] = g_thread_new ("writer", write_in_thread, fixture->state_dir);
  for (guint i = 0; i < THREADS; i++)
    join (writers[i]);
  join (reader);
  g_assert_cmpuint (count_transactions (fixture), ==, THREADS * 20);
}

int
main (int argc, char **argv)
{
  static const struct
  {
    const char *path;
    Fault fault;
    void (*func) (Fixture *fixture, gconstpointer data);
  } tests[] = {
    { "/journal/crash/C1.3/kill", FAULT_KILL, test_fresh },
    { "/journal/crash/C1.3/disk-full", FAULT_DISK_FULL, test_fresh },
    { "/journal/crash/C1.3/kill-again-and-again", FAULT_KILL, test_again_and_again },
    { "/journal/crash/C1.3/disk-full-again-and-again", FAULT_DISK_FULL, test_again_and_again },
    { "/journal/threads", FAULT_KILL, test_threads },
  };

  /* A killed process leaves what it wrote to the kernel, synced or not: memory will do, and is faster. */
  if (access ("/dev/shm", W_OK) == 0)
    g_setenv ("TMPDIR", "/dev/shm", TRUE);
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (tests); i++)
    g_test_add (tests[i].path, Fixture, GINT_TO_POINTER (tests[i].fault), fixture_set_up, tests[i].func,
                fixture_tear_down);
  return g_test_run ();
}
