/* A POP3 account beside an IMAP one: brought over byte for byte with its dates (C1.5, C7.1, C7.2), in few
 * round trips, in little memory (C8), and with --long as fast as mpop.
 */
#include "accept-sides.h"
#include "sample-mail.h"

#include <glib/gstdio.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define BATCH 100
#define MIB 1024 /* in KiB, as the kernel counts */
#define LARGE (100 * 1024 * 1024)
#define SEED 1939

/* The IMAP account, and the user whose maildrop is read. */
typedef struct
{
  ServerFixture *server;
  AcceptAccount *account;
  char *old;
} Both;

static ImapClient *
connect_old (const Both *both)
{
  return imap_client_new (both->server->imap_port, both->old, both->server->password);
}

/* `more`: lines of the POP3 account, after those that every test has; a key that stands twice has its last
 * value. */
static void
configure (const Both *both, const char *more)
{
  g_autofree char *work = accept_account_group (both->account, NULL);
  g_autofree char *text =
      g_strdup_printf ("[account work]\n%s[account old]\nprotocol=pop3\nhost=localhost\nport=%u\n"
                       "tls-ca-file=%s\nuser=%s\npassword-command=echo %s\ndeliver-to=work/INBOX\n%s\n",
                       work, both->server->pop3s_port, both->server->ca_file, both->old,
                       both->server->password, more != NULL ? more : "");

  accept_account_configure_whole (both->account, text);
}

static void
both_begin (Both *both, const char *kind)
{
  both->server = accept_server_start (kind);
  both->account = accept_account_new (both->server, NULL);
  both->old = server_fixture_new_user (both->server);
  configure (both, NULL);
}

static void
both_end (Both *both)
{
  accept_account_free (both->account);
  g_free (both->old);
  server_fixture_free (both->server);
}

static char *
run (const Both *both, const char *arguments)
{
  g_auto (AcceptRun) run = accept_account_run (both->account, arguments);

  g_assert_cmpint (run.status, ==, 0);
  return g_steal_pointer (&run.out);
}

/* As a server delivers it: a Received field tells the date that the message has on the server. (transfer
 * full) */
static GBytes *
make_message (guint index, gsize size, gint64 *date)
{
  g_autoptr (SampleMessage) sample = sample_message_new (SEED, index, size);
  g_autoptr (GDateTime) time = g_date_time_new_from_unix_utc (sample->date);
  g_autofree char *received =
      g_date_time_format (time, "Received: from a by b; %a, %d %b %Y %H:%M:%S +0000\r\n");
  GByteArray *bytes = g_byte_array_new ();
  gsize length;
  const guint8 *octets = g_bytes_get_data (sample->bytes, &length);

  g_byte_array_append (bytes, (const guint8 *)received, (guint)strlen (received));
  g_byte_array_append (bytes, octets, (guint)length);
  *date = sample->date;
  return g_byte_array_free_to_bytes (bytes);
}

/* Every `step`-th of so many messages. */
static void
fill (ImapClient *client, guint count, guint step, gsize size)
{
  guint added = 0;

  for (guint i = 0; i < count; i += step)
    {
      gint64 date;
      g_autoptr (GBytes) bytes = make_message (i, size, &date);

      if (added++ % BATCH == 0)
        imap_client_append_begin (client, "INBOX");
      imap_client_append_add (client, "", date, g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes));
      if (added % BATCH == 0 || i + step >= count)
        imap_client_append_end (client);
    }
}

static int
compare_lines (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *)a, *(const char *const *)b);
}

/* (transfer full): a line a message, sorted: its date and the digest of its octets. */
static GPtrArray *
list_inbox (ImapClient *client)
{
  g_autoptr (GPtrArray) messages = imap_client_fetch_all (client, "INBOX");
  GPtrArray *lines = g_ptr_array_new_with_free_func (g_free);

  for (guint i = 0; i < messages->len; i++)
    {
      const ImapClientMessage *message = g_ptr_array_index (messages, i);
      g_autofree char *digest = g_compute_checksum_for_bytes (G_CHECKSUM_SHA256, message->body);

      g_ptr_array_add (lines, g_strdup_printf ("%" G_GINT64_FORMAT " %s", message->date, digest));
    }
  g_ptr_array_sort (lines, compare_lines);
  return lines;
}

static void
assert_brought_over (const Both *both, guint count)
{
  g_autoptr (ImapClient) old = connect_old (both);
  g_autoptr (ImapClient) work = accept_account_client (both->account);
  g_autoptr (GPtrArray) there = list_inbox (old);
  g_autoptr (GPtrArray) here = list_inbox (work);

  g_assert_cmpuint (there->len, ==, count);
  g_assert_cmpuint (here->len, ==, count);
  for (guint i = 0; i < count; i++)
    g_assert_cmpstr (g_ptr_array_index (there, i), ==, g_ptr_array_index (here, i));
  accept_assert_equal (both->account, count);
}

typedef struct
{
  const char *path;
  const char *server;
  guint count, step; /* every step-th is on the IMAP server already */
  gboolean at_once;  /* both accounts in one run, which is the first */
} Bridge;

static const Bridge bridges[] = {
  { "/accept/pop3/bridge/dovecot", "dovecot", 500, 17, FALSE },
  { "/accept/pop3/bridge/dovecot-at-once", "dovecot", 300, 10, TRUE },
  { "/accept/pop3/bridge/cyrus", "cyrus", 200, 17, FALSE },
};

static const Bridge long_bridges[] = {
  { "/accept/pop3/bridge/dovecot-5000", "dovecot", 5000, 17, FALSE },
  { "/accept/pop3/bridge/dovecot-5000-at-once", "dovecot", 5000, 17, TRUE },
  { "/accept/pop3/bridge/cyrus-2000", "cyrus", 2000, 17, FALSE },
};

static void
assert_nothing_to_do (const Both *both)
{
  g_autofree char *out = run (both, "sync");
  const char *first = strstr (out, "nothing to do");

  g_assert_nonnull (first);
  g_assert_nonnull (strstr (first + 1, "nothing to do"));
}

static void
test_bridge (gconstpointer data)
{
  const Bridge *bridge = data;
  Both both;

  both_begin (&both, bridge->server);
  {
    g_autoptr (ImapClient) old = connect_old (&both);
    g_autoptr (ImapClient) work = accept_account_client (both.account);

    fill (old, bridge->count, 1, 2000);
    fill (work, bridge->count, bridge->step, 2000);
  }
  if (!bridge->at_once)
    {
      g_free (run (&both, "sync work"));
      g_free (run (&both, "sync old"));
    }
  g_free (run (&both, bridge->at_once ? "sync" : "sync work"));
  assert_brought_over (&both, bridge->count);
  assert_nothing_to_do (&both);
  assert_brought_over (&both, bridge->count);
  both_end (&both);
}

/* A network with a delay each way. */
typedef struct
{
  GPid pid;
  guint port;
  char *path;
} Network;

static void
network_start (Network *network, const Both *both, guint16 port, const char *delay)
{
  g_autofree char *server_port = g_strdup_printf ("%u", port);
  const char *argv[] = { BENCH_PROXY, server_port, delay, NULL, "0", NULL };
  g_autoptr (GError) error = NULL;
  char line[32] = "";
  int out;

  network->path = accept_account_path (both->account, "network");
  argv[3] = network->path;
  g_spawn_async_with_pipes (NULL, (char **)argv, NULL, G_SPAWN_DO_NOT_REAP_CHILD, NULL, NULL, &network->pid,
                            NULL, &out, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpint (read (out, line, sizeof line - 1), >, 0);
  network->port = (guint)g_ascii_strtoull (line, NULL, 10);
  g_assert_cmpuint (network->port, >, 0);
  close (out);
}

/* Returns the round trips; not the farewell of TLS, which is sent after the last answer and waits for none.
 */
static guint
network_stop (Network *network)
{
  g_autofree char *text = NULL;
  guint connections, round_trips;
  guint64 up, down;

  g_assert_cmpint (kill (network->pid, SIGTERM), ==, 0);
  g_assert_cmpint (waitpid (network->pid, NULL, 0), ==, network->pid);
  g_assert_true (g_file_get_contents (network->path, &text, NULL, NULL));
  g_assert_cmpint (sscanf (text, "%u %" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT " %u", &connections, &up,
                           &down, &round_trips),
                   ==, 4);
  g_test_message ("%u connections, %u round trips", connections, round_trips - 1);
  g_assert_cmpuint (connections, ==, 1);
  g_free (network->path);
  return round_trips - 1;
}

typedef struct
{
  const char *path;
  const char *leave;
  guint most;
} Distance;

static const Distance distances[] = {
  { "/accept/pop3/round-trips/leave", "yes", 10 },
  { "/accept/pop3/round-trips/do-not-leave", "no", 11 },
};

/* 500 messages at 100 ms. */
static void
test_round_trips (gconstpointer data)
{
  const Distance *distance = data;
  g_autofree char *more = NULL;
  Network network;
  Both both;

  both_begin (&both, "dovecot");
  {
    g_autoptr (ImapClient) old = connect_old (&both);

    fill (old, 500, 1, 0);
  }
  network_start (&network, &both, both.server->pop3s_port, "50");
  more = g_strdup_printf ("port=%u\nleave-on-server=%s", network.port, distance->leave);
  configure (&both, more);
  g_free (run (&both, "sync old"));
  g_assert_cmpuint (network_stop (&network), <=, distance->most);
  {
    g_autoptr (GPtrArray) files = accept_local_files (both.account, "INBOX");

    g_assert_cmpuint (files->len, ==, 500);
  }
  both_end (&both);
}

static gboolean
skip_without (const char *program)
{
  g_autofree char *path = g_find_program_in_path (program);

  if (path != NULL)
    return FALSE;
  g_test_skip ("a program is not there; data/install-needs and tests/run bring it");
  return TRUE;
}

/* In KiB. */
static long
measure_import (const Both *both)
{
  g_autofree char *path = accept_account_path (both->account, "peak");
  g_autofree char *arguments = g_strdup_printf ("'%s' '%s' sync old", path, MEASURED_PROGRAM);
  g_autofree char *number = NULL;
  AcceptProcess process;
  g_auto (AcceptRun) run = { 0 };

  accept_process_start (&process, both->account, MEASURE_PEAK, arguments);
  run = accept_process_finish (&process);
  g_assert_cmpint (run.status, ==, 0);
  g_assert_true (g_file_get_contents (path, &number, NULL, NULL));
  g_test_message ("%s KiB at most", number);
  g_assert_cmpint (g_ascii_strtoll (number, NULL, 10), >, MIB);
  return (long)g_ascii_strtoll (number, NULL, 10);
}

static void
append_large (const Both *both)
{
  static const char line[] = "All work and no play, sixty-three letters to the line, no more....\r\n";
  g_autoptr (GString) text = g_string_sized_new (LARGE + 1024);
  g_autoptr (ImapClient) client = connect_old (both);

  g_string_append (text, "Subject: large\r\nDate: Tue, 10 Nov 2020 11:00:00 +0000\r\n\r\n");
  while (text->len < LARGE)
    g_string_append (text, line);
  imap_client_append (client, "INBOX", "", 0, text->str, text->len);
}

/* Beside small messages, which say what any run takes. */
static void
test_memory (void)
{
  Both both;
  long usual;

  if (skip_without (MEASURED_PROGRAM))
    return;
  both_begin (&both, "dovecot");
  {
    g_autoptr (ImapClient) old = connect_old (&both);

    fill (old, 100, 1, 2000);
  }
  usual = measure_import (&both);
  append_large (&both);
  g_assert_cmpint (measure_import (&both), <, usual + 4 * MIB);
  {
    g_autoptr (GPtrArray) files = accept_local_files (both.account, "INBOX");

    g_assert_cmpuint (files->len, ==, 101);
  }
  both_end (&both);
}

/* Seconds that a command of the shell takes. */
static double
time_command (const Both *both, const char *command)
{
  const char *argv[] = { "sh", "-c", command, NULL };
  gint64 begin = g_get_monotonic_time ();
  g_autoptr (GError) error = NULL;
  int status;

  g_spawn_sync (both->account->home, (char **)argv, both->account->environment, G_SPAWN_SEARCH_PATH, NULL,
                NULL, NULL, NULL, &status, &error);
  g_assert_no_error (error);
  g_assert_cmpint (status, ==, 0);
  return (double)(g_get_monotonic_time () - begin) / G_USEC_PER_SEC;
}

static int
compare_times (gconstpointer a, gconstpointer b)
{
  double left = *(const double *)a, right = *(const double *)b;

  return (left > right) - (left < right);
}

#define RUNS 5

/* 2000 messages into an empty Maildir, in turns, now this one first and now the other. */
static void
test_beside_mpop (void)
{
  Both both;
  double ours[RUNS], theirs[RUNS];
  g_autofree char *mpop = NULL;

  if (skip_without ("mpop") || skip_without (MEASURED_PROGRAM))
    return;
  both_begin (&both, "dovecot");
  {
    g_autoptr (ImapClient) old = connect_old (&both);

    fill (old, 2000, 1, 4000);
  }
  mpop = g_strdup_printf ("mkdir -p theirs/cur theirs/new theirs/tmp && mpop -Q --host=localhost "
                          "--port=%u --auth=plain --tls=on --tls-starttls=off --tls-trust-file=%s --user=%s "
                          "--passwordeval='echo %s' --keep=on --received-header=off --uidls-file=uidls "
                          "--delivery=maildir,theirs < /dev/null",
                          both.server->pop3s_port, both.server->ca_file, both.old, both.server->password);
  for (guint i = 0; i < RUNS; i++)
    for (guint turn = 0; turn < 2; turn++)
      {
        time_command (&both, "rm -rf Mail .local theirs uidls && sync");
        if (turn == i % 2)
          ours[i] = time_command (&both, "'" MEASURED_PROGRAM "' sync old > /dev/null");
        else
          theirs[i] = time_command (&both, mpop);
        time_command (&both, "test $(ls Mail/INBOX/new theirs/new 2> /dev/null | grep -c '^1') = 2000");
      }
  for (guint i = 0; i < RUNS; i++)
    g_test_message ("dovetail %.3f s, mpop %.3f s", ours[i], theirs[i]);
  qsort (ours, RUNS, sizeof *ours, compare_times);
  qsort (theirs, RUNS, sizeof *theirs, compare_times);
  g_test_message ("medians: dovetail %.3f s, mpop %.3f s", ours[RUNS / 2], theirs[RUNS / 2]);
  g_assert_cmpfloat (ours[RUNS / 2], <=, theirs[RUNS / 2]);
  both_end (&both);
}

int
main (int argc, char **argv)
{
  gboolean is_long = argc > 1 && g_str_equal (argv[argc - 1], "--long");

  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (bridges); i++)
    {
      const Bridge *bridge = is_long ? &long_bridges[i] : &bridges[i];

      g_test_add_data_func (bridge->path, bridge, test_bridge);
    }
  for (guint i = 0; i < G_N_ELEMENTS (distances) && !is_long; i++)
    g_test_add_data_func (distances[i].path, &distances[i], test_round_trips);
  if (!is_long)
    g_test_add_func ("/accept/pop3/memory", test_memory);
  else
    g_test_add_func ("/accept/pop3/beside-mpop", test_beside_mpop);
  return g_test_run ();
}
