/* Exit statuses and words of the built program (C9, C5.1, C8). */
#include "accept-sides.h"
#include "fake-server.h"
#include "test-certificates.h"

#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

static void
assert_run (const AcceptAccount *account, const char *arguments, int status, const char *says)
{
  g_auto (AcceptRun) run = accept_account_run (account, arguments);

  g_assert_cmpint (run.status, ==, status);
  if (!g_regex_match_simple (says, run.err, G_REGEX_DOTALL, 0))
    g_error ("“%s” is missing in: %s", says, run.err);
  g_assert_null (strstr (run.err, "secret"));
  g_assert_null (strstr (run.out, "secret"));
}

typedef struct
{
  const char *name;
  const char *more; /* lines of the configuration */
  const char *arguments;
  int status;
  const char *says; /* a regular expression */
} Row;

static const Row rows[] = {
  { "wrong-password", "password-command=echo wrong-word", "sync", 77, "work: .*password" },
  { "password-command-fails", "password-command=echo my-vault is locked >&2; exit 3", "sync", 77,
    "password-command" },
  { "password-command-is-silent", "password-command=true", "sync", 77, "password" },
  { "unknown-host", "host=no-such-host.invalid", "sync", 75, "no-such-host.invalid" },
  { "nobody-listens", "port=1", "sync", 75, "localhost" },
  { "no-authority", "tls-ca-file=/nonexistent/ca.pem", "sync", 77, "ca.pem .No such file.*nothing was sent" },
  { "clear-to-a-stranger", "host=192.0.2.1\nsecurity=none\ntimeout=2", "sync", 78, "192.0.2.1 is another" },
  { "unknown-key", "pasword-command=x", "sync", 78, "password-command" },
  { "bad-value", "timeout=soon", "sync", 78, "timeout" },
  { "unknown-command", NULL, "synch", 64, "sync" },
  { "unknown-option", NULL, "sync --no-such-option", 64, "no-such-option" },
  { "unknown-account", NULL, "sync wrok", 64, "wrok.*work|work" },
  { "no-command", NULL, "", 64, "command" },
};

static void
test_row (gconstpointer data)
{
  const Row *row = data;
  g_autoptr (ServerFixture) server = accept_server_start ("dovecot");
  g_autoptr (AcceptAccount) account = accept_account_new (server, NULL);

  accept_account_configure (account, row->more);
  assert_run (account, row->arguments, row->status, row->says);
}

static void
test_no_configuration (void)
{
  g_autoptr (ServerFixture) server = accept_server_start ("dovecot");
  g_autoptr (AcceptAccount) account = accept_account_new (server, NULL);
  g_autofree char *path = accept_account_path (account, ".config/dovetail/config");

  assert_run (account, "--config nowhere.conf sync", 78, "nowhere.conf");
  g_assert_cmpint (g_unlink (path), ==, 0);
  assert_run (account, "sync", 78, "config.*\\[account");
}

/* C5.1: what was done offline is counted, kept, and carried out when the server is back. */
static void
test_offline (void)
{
  g_autoptr (ServerFixture) server = accept_server_start ("dovecot");
  g_autoptr (AcceptAccount) account = accept_account_new (server, NULL);
  g_autoptr (ImapClient) client = accept_account_client (account);
  g_autofree char *text = accept_message_text ("one");
  g_autofree char *other = accept_message_text ("two");
  g_autofree char *flagged = NULL;
  g_autofree char *deleted = NULL;
  g_auto (AcceptRun) status = { 0 };

  imap_client_append (client, "INBOX", "", 0, text, strlen (text));
  imap_client_append (client, "INBOX", "", 0, other, strlen (other));
  g_clear_pointer (&client, imap_client_free);
  g_free (accept_account_sync (account, 0));
  server_fixture_halt (server);

  flagged = accept_find_file (account, "INBOX", "one");
  accept_set_letters (flagged, "FS");
  deleted = accept_find_file (account, "INBOX", "two");
  g_assert_cmpint (g_unlink (deleted), ==, 0);
  g_free (accept_deliver_subject (account, "INBOX", "S", "three"));
  for (guint i = 0; i < 2; i++)
    {
      g_auto (AcceptRun) run = accept_account_run (account, "sync");

      g_assert_cmpint (run.status, ==, 75);
      g_assert_nonnull (strstr (run.out, " 3 changes"));
    }
  status = accept_account_run (account, "status");
  g_assert_cmpint (status.status, ==, 0);
  g_assert_nonnull (strstr (status.out, "queued"));

  server_fixture_resume (server);
  g_free (accept_account_sync (account, 0));
  accept_assert_equal (account, 3);
}

typedef struct
{
  const char *name;
  TestCertificate certificate;
  const char *says;
} Distrust;

static const Distrust distrusts[] = {
  { "expired", TEST_CERTIFICATE_EXPIRED, "certificate.*expired.*2020.*nothing was sent" },
  { "untrusted", TEST_CERTIFICATE_UNTRUSTED, "certificate.*nothing was sent" },
  { "wrong-host", TEST_CERTIFICATE_WRONG_HOST, "certificate.*nothing was sent" },
};

/* C8: the handshake is where it ends. */
static void
test_certificate (gconstpointer data)
{
  const Distrust *distrust = data;
  const FakeStep steps[] = { { FAKE_START_TLS_FAILS, NULL, 0, NULL, NULL },
                             { FAKE_END, NULL, 0, NULL, NULL } };
  g_autoptr (ServerFixture) server = accept_server_start ("dovecot");
  g_autoptr (AcceptAccount) account = accept_account_new (server, NULL);
  g_autoptr (TestCertificates) certificates = test_certificates_new ();
  g_autoptr (FakeServer) fake =
      fake_server_new (steps, test_certificates_get (certificates, distrust->certificate));
  g_autofree char *more = g_strdup_printf ("port=%u\ntls-ca-file=%s", fake_server_get_port (fake),
                                           test_certificates_get_ca_file (certificates));

  accept_account_configure (account, more);
  assert_run (account, "sync", 77, distrust->says);
  fake_server_assert_played (fake);
}

/* The second process on an account does nothing, and names the first. */
static void
test_two_at_once (void)
{
  g_autoptr (ServerFixture) server = accept_server_start ("dovecot");
  g_autoptr (AcceptAccount) account = accept_account_new (server, NULL);
  g_autofree char *go_on = accept_account_path (account, "go-on");
  g_autofree char *waiting = accept_account_path (account, "waiting");
  g_autofree char *more = g_strdup_printf (
      "password-command=touch '%s'; until test -e '%s'; do sleep 0.05; done; echo secret", waiting, go_on);
  g_autofree char *names = NULL;
  g_autoptr (GError) error = NULL;
  AcceptProcess first;
  g_auto (AcceptRun) run = { 0 };

  accept_account_configure (account, more);
  accept_process_start (&first, account, NULL, "sync");
  while (!g_file_test (waiting, G_FILE_TEST_EXISTS) && kill (first.pid, 0) == 0)
    g_usleep (10000);
  names = g_strdup_printf ("process %d", (int)first.pid);
  assert_run (account, "sync", 75, names);
  g_file_set_contents (go_on, "", 0, &error);
  g_assert_no_error (error);
  run = accept_process_finish (&first);
  g_assert_cmpint (run.status, ==, 0);
}

/* Side by side: what happens to one account is nothing to the other, and the worst is the exit status. */
static void
test_accounts_side_by_side (void)
{
  static const struct
  {
    const char *more;
    int status;
  } failures[] = { { "port=1", 75 }, { "password-command=echo wrong", 77 }, { NULL, 0 } };
  g_autoptr (ServerFixture) server = accept_server_start ("dovecot");

  for (guint i = 0; i < G_N_ELEMENTS (failures); i++)
    {
      g_autoptr (AcceptAccount) account = accept_account_new (server, NULL);
      g_autoptr (AcceptAccount) other = accept_account_new (server, NULL);
      g_autoptr (ImapClient) client = accept_account_client (account);
      g_autofree char *text = accept_message_text ("hello");
      g_autofree char *good = accept_account_group (account, NULL);
      g_autofree char *bad = accept_account_group (other, failures[i].more);
      g_autofree char *both = g_strconcat ("[account failing]\n", bad, "[account work]\n", good, NULL);

      imap_client_append (client, "INBOX", "\\Seen", 1700000000, text, strlen (text));
      g_free (accept_deliver_subject (account, "INBOX", "S", "written here"));
      accept_account_configure_whole (account, both);
      g_free (accept_account_sync (account, failures[i].status));
      accept_assert_equal (account, 2);
    }
}

static void
add_rows (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *path = g_strconcat ("/accept/exits/", rows[i].name, NULL);

      g_test_add_data_func (path, &rows[i], test_row);
    }
  for (guint i = 0; i < G_N_ELEMENTS (distrusts); i++)
    {
      g_autofree char *path = g_strconcat ("/accept/exits/certificate/", distrusts[i].name, NULL);

      g_test_add_data_func (path, &distrusts[i], test_certificate);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  add_rows ();
  g_test_add_func ("/accept/exits/no-configuration", test_no_configuration);
  g_test_add_func ("/accept/exits/C5.1/offline", test_offline);
  g_test_add_func ("/accept/exits/two-at-once", test_two_at_once);
  g_test_add_func ("/accept/exits/accounts-side-by-side", test_accounts_side_by_side);
  return g_test_run ();
}
