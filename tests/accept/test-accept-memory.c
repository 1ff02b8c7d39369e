/* Memory does not grow with a message, and little with a mailbox (C8). The program is the one that users
 * have: built without sanitizers. */
#include "accept-sides.h"

#include <glib/gstdio.h>
#include <string.h>

#define BATCH 250
#define MIB 1024 /* in KiB, as the kernel counts */
#define LARGE (100 * 1024 * 1024)

/* Runs a sync of the measured program. Returns the most memory it had resident, in KiB. */
static long
measure_sync (const AcceptAccount *account)
{
  g_autofree char *path = accept_account_path (account, "peak");
  g_autofree char *arguments = g_strdup_printf ("'%s' '%s' sync", path, MEASURED_PROGRAM);
  g_autofree char *number = NULL;
  AcceptProcess process;
  g_auto (AcceptRun) run = { 0 };
  long peak;

  accept_process_start (&process, account, MEASURE_PEAK, arguments);
  run = accept_process_finish (&process);
  g_assert_cmpint (run.status, ==, 0);
  g_assert_true (g_file_get_contents (path, &number, NULL, NULL));
  peak = (long)g_ascii_strtoll (number, NULL, 10);
  g_test_message ("%ld KiB at most", peak);
  g_assert_cmpint (peak, >, MIB);
  return peak;
}

static gboolean
skip_without_program (void)
{
  if (g_file_test (MEASURED_PROGRAM, G_FILE_TEST_IS_EXECUTABLE))
    return FALSE;
  g_test_skip (MEASURED_PROGRAM " is not there; tests/run builds it");
  return TRUE;
}

static void
fill_inbox (const AcceptAccount *account, guint count)
{
  g_autoptr (ImapClient) client = accept_account_client (account);

  for (guint i = 0; i < count; i += BATCH)
    {
      imap_client_append_begin (client, "INBOX");
      for (guint j = i; j < i + BATCH; j++)
        {
          g_autofree char *subject = g_strdup_printf ("small %u", j);
          g_autofree char *text = accept_message_text (subject);

          imap_client_append_add (client, j % 2 == 0 ? "\\Seen" : "", 1600000000 + j, text, strlen (text));
        }
      imap_client_append_end (client);
    }
}

typedef struct
{
  const char *path;
  guint messages;
  long most, again; /* KiB: the first sync, and one that has nothing to do */
} Mailbox;

/* 56 MiB at 100,000 leave 400 octets for a message besides the 16 MiB that any run takes. */
static const Mailbox small_mailbox = { "/accept/memory/10000-messages", 10000, 24 * MIB, 20 * MIB };
static const Mailbox large_mailbox = { "/accept/memory/100000-messages", 100000, 56 * MIB, 32 * MIB };

static void
test_many_messages (gconstpointer data)
{
  const Mailbox *mailbox = data;
  g_autoptr (ServerFixture) server = NULL;
  g_autoptr (AcceptAccount) account = NULL;
  g_autoptr (GPtrArray) files = NULL;

  if (skip_without_program ())
    return;
  server = accept_server_start ("dovecot");
  account = accept_account_new (server, NULL);
  fill_inbox (account, mailbox->messages);
  g_assert_cmpint (measure_sync (account), <, mailbox->most);
  g_assert_cmpint (measure_sync (account), <, mailbox->again);
  files = accept_local_files (account, "INBOX");
  g_assert_cmpuint (files->len, ==, mailbox->messages);
}

/* Written piece by piece, and with a Message-ID. (transfer full): the path. */
static char *
deliver_large (const AcceptAccount *account)
{
  static const char line[] = "All work and no play, sixty-three letters to the line, no more....\n";
  char *path = accept_deliver_subject (account, "INBOX", "S", "large");
  FILE *file = g_fopen (path, "a");

  g_assert_nonnull (file);
  for (gsize i = 0; i < LARGE; i += sizeof line - 1)
    g_assert_cmpint (fputs (line, file), >=, 0);
  g_assert_cmpint (fclose (file), ==, 0);
  return path;
}

static void
assert_same_content (const char *left, const char *right)
{
  const char *const argv[] = { "cmp", left, right, NULL };
  g_autoptr (GError) error = NULL;
  int status;

  g_spawn_sync (NULL, (char **)argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL, &status, &error);
  g_assert_no_error (error);
  g_assert_cmpint (status, ==, 0);
}

/* Up from one Maildir, down into another, beside a small message that says what any run takes. */
static void
test_large_message (void)
{
  g_autoptr (ServerFixture) server = NULL;
  g_autoptr (AcceptAccount) up = NULL;
  g_autoptr (AcceptAccount) down = NULL;
  g_autofree char *from = NULL;
  g_autofree char *to = NULL;
  g_autoptr (GPtrArray) files = NULL;
  long usual;

  if (skip_without_program ())
    return;
  server = accept_server_start ("dovecot");
  up = accept_account_new (server, NULL);
  down = accept_account_new (server, up->user);
  g_free (accept_deliver_subject (up, "INBOX", "S", "small"));
  usual = MAX (measure_sync (up), measure_sync (down));

  from = deliver_large (up);
  g_assert_cmpint (measure_sync (up), <, usual + 4 * MIB);
  g_assert_cmpint (measure_sync (down), <, usual + 4 * MIB);
  files = accept_local_files (down, "INBOX");
  g_assert_cmpuint (files->len, ==, 2);
  for (guint i = 0; i < files->len; i++)
    {
      const AcceptFile *file = g_ptr_array_index (files, i);
      GStatBuf status;

      g_assert_cmpint (g_stat (file->path, &status), ==, 0);
      if (status.st_size > LARGE)
        to = g_strdup (file->path);
    }
  g_assert_nonnull (to);
  assert_same_content (from, to);
}

int
main (int argc, char **argv)
{
  gboolean is_long = argc > 1 && g_str_equal (argv[argc - 1], "--long");
  const Mailbox *mailbox = is_long ? &large_mailbox : &small_mailbox;

  g_test_init (&argc, &argv, NULL);
  g_test_add_data_func (mailbox->path, mailbox, test_many_messages);
  if (!is_long)
    g_test_add_func ("/accept/memory/100-MiB-message", test_large_message);
  return g_test_run ();
}
