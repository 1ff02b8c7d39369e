/* Mail that is on both sides already (C2.2) and numbers that mean nothing any more (C2.3, C1.6), with a
 * Maildir that Debian's mbsync made: nothing is transferred, renamed, deleted or doubled.
 *
 *   test-accept-existing [--long]     a few hundred messages, or 5,000
 */
#include "accept-account.h"
#include "accept-snapshot.h"
#include "imap-proxy.h"

#include <string.h>

#define BODY_OCTETS 3000
#define WORK_SHARE 10 /* Work has this part of INBOX's messages */

typedef struct
{
  const char *path; /* of the test */
  const char *server, *other_server;
  const char *layout;
  guint messages; /* in INBOX */
} Case;

static const Case cases[] = {
  { "/accept/existing/dovecot-nested", "dovecot", "cyrus", "nested", 600 },
  { "/accept/existing/dovecot-maildir++", "dovecot", "dovecot", "maildir++", 300 },
  { "/accept/existing/cyrus-nested", "cyrus", "dovecot", "nested", 200 },
  { "/accept/existing/cyrus-maildir++", "cyrus", "cyrus", "maildir++", 100 },
};

static const Case long_cases[] = {
  { "/accept/existing/dovecot-nested-5000", "dovecot", "cyrus", "nested", 5000 },
  { "/accept/existing/cyrus-maildir++-5000", "cyrus", "dovecot", "maildir++", 5000 },
};

/* One account, all that belongs to it, and what passes on the wire. */
typedef struct
{
  const Case *row;
  ServerFixture *server;
  AcceptAccount *account;
  ImapProxy *proxy;
  guint messages; /* in all */
} Existing;

/* Every tenth is there twice. */
static GBytes *
make_message (const char *mailbox, guint number)
{
  GString *text = g_string_new (NULL);
  guint name = number % 10 == 9 ? number - 1 : number;
  gsize length;

  g_string_append_printf (text,
                          "From: a@example.org\r\nMessage-ID: <%u.%s@example.org>\r\n"
                          "Date: Thu, 1 Jan 2026 00:%02u:%02u +0000\r\nSubject: message %u\r\n\r\n",
                          name, mailbox, name / 60 % 60, name % 60, name);
  while (text->len < BODY_OCTETS + name % 500)
    g_string_append_printf (text, "Line %u of a text that nobody needs to send twice.\r\n", (guint)text->len);
  length = text->len;
  return g_bytes_new_take (g_string_free (text, FALSE), length);
}

static void
fill_mailbox (ImapClient *client, const char *mailbox, guint messages)
{
  static const char *const flags[] = { "", "\\Seen", "\\Seen \\Flagged", "\\Answered" };

  for (guint i = 0; i < messages; i++)
    {
      g_autoptr (GBytes) message = make_message (mailbox, i);
      gsize length;
      const char *data = g_bytes_get_data (message, &length);

      if (i % 100 == 0)
        imap_client_append_begin (client, mailbox);
      imap_client_append_add (client, flags[i % 4], 1767225600 + i, data, length);
      if (i % 100 == 99 || i + 1 == messages)
        imap_client_append_end (client);
    }
}

/* All that is there, as it is, to another server. */
static void
copy_mailbox (ImapClient *from, ImapClient *to, const char *mailbox)
{
  g_autoptr (GPtrArray) messages = imap_client_fetch_all (from, mailbox);

  for (guint i = 0; i < messages->len; i++)
    {
      const ImapClientMessage *message = g_ptr_array_index (messages, messages->len - 1 - i);
      gsize length;
      const char *data = g_bytes_get_data (message->body, &length);

      if (i % 100 == 0)
        imap_client_append_begin (to, mailbox);
      imap_client_append_add (to, message->flags, message->date, data, length);
      if (i % 100 == 99 || i + 1 == messages->len)
        imap_client_append_end (to);
    }
}

/* Another mailbox under the same name, with the same messages: other UIDs, another UIDVALIDITY. */
static void
renew_mailbox (ImapClient *client, const char *mailbox)
{
  guint32 before = imap_client_status (client, mailbox, "UIDVALIDITY");
  guint32 after;

  do
    {
      imap_client_rename (client, mailbox, "Renewed");
      imap_client_create (client, mailbox);
      g_free (imap_client_command (client, "SELECT Renewed"));
      g_free (imap_client_command (client, "UID COPY 1:* %s", mailbox));
      g_free (imap_client_command (client, "UNSELECT"));
      imap_client_delete (client, "Renewed");
      after = imap_client_status (client, mailbox, "UIDVALIDITY");
    }
  while (after == before);
}

static void
configure (Existing *existing, const char *host)
{
  g_autofree char *more =
      g_strdup_printf ("host=%s\nport=%u\nsecurity=none\nlayout=%s\nmailboxes=INBOX;Work\n", host,
                       imap_proxy_get_port (existing->proxy), existing->row->layout);

  accept_account_configure (existing->account, more);
}

static void
run_mbsync (Existing *existing)
{
  AcceptAccount *account = existing->account;
  gboolean nested = g_str_equal (existing->row->layout, "nested");
  g_autofree char *path = accept_account_path (account, "mbsyncrc");
  g_autofree char *place = nested ? g_strdup_printf ("Path %s/\nInbox %s/INBOX\nSubFolders Verbatim",
                                                     account->maildir, account->maildir)
                                  : g_strdup_printf ("Inbox %s\nSubFolders Maildir++", account->maildir);
  g_autofree char *text = g_strdup_printf (
      "IMAPAccount there\nHost 127.0.0.1\nPort %u\nUser %s\nPass %s\nSSLType None\nAuthMechs LOGIN\n\n"
      "IMAPStore there\nAccount there\n\nMaildirStore here\n%s\n\n"
      "Channel all\nFar :there:\nNear :here:\nPatterns INBOX Work\nSync All\nCreate Near\n"
      "CopyArrivalDate yes\nSyncState *\n",
      existing->server->imap_port, account->user, existing->server->password, place);
  const char *argv[] = { "mbsync", "-q", "-c", path, "-a", NULL };
  g_autoptr (GError) error = NULL;
  g_autofree char *said = NULL;
  int status;

  g_assert_cmpint (g_mkdir_with_parents (account->maildir, 0700), ==, 0);
  g_file_set_contents (path, text, -1, &error);
  g_assert_no_error (error);
  g_spawn_sync (account->home, (char **)argv, account->environment, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL,
                &said, &status, &error);
  g_assert_no_error (error);
  if (status != 0)
    g_error ("mbsync: %s", said);
}

/* Every message file with its inode, size and time. (transfer full) */
static char *
list_files (const Existing *existing)
{
  const char *argv[] = { "sh",
                         "-c",
                         "cd \"$1\" && find . \\( -path '*/cur/*' -o -path '*/new/*' \\) -type f "
                         "-printf '%p %i %s %T@\\n' | sort",
                         "sh",
                         existing->account->maildir,
                         NULL };
  char *files = NULL;
  int status;

  g_assert_true (
      g_spawn_sync (NULL, (char **)argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, &files, NULL, &status, NULL));
  g_assert_cmpint (status, ==, 0);
  return files;
}

static guint
count_lines (const char *text)
{
  guint lines = 0;

  for (const char *c = text; *c != '\0'; c++)
    lines += *c == '\n';
  return lines;
}

/* No text of a message was asked for or sent, and the wire has not had room for one either. */
static void
assert_no_transfer (Existing *existing)
{
  g_autofree char *commands = imap_proxy_take_commands (existing->proxy);
  guint64 to_server, to_client;

  imap_proxy_take_octets (existing->proxy, &to_server, &to_client);
  g_test_message ("%" G_GUINT64_FORMAT " octets to the server, %" G_GUINT64_FORMAT " from it", to_server,
                  to_client);
  g_assert_null (strstr (commands, "BODY.PEEK[]"));
  g_assert_null (strstr (commands, "APPEND"));
  g_assert_null (strstr (commands, "EXPUNGE"));
  g_assert_null (strstr (commands, "STORE"));
  g_assert_cmpuint (to_client, <, (guint64)existing->messages * BODY_OCTETS / 2);
  g_assert_cmpuint (to_server, <, (guint64)existing->messages * BODY_OCTETS / 20 + 20000);
}

/* `says` (nullable) for both mailboxes, with how many were paired in INBOX and in Work. */
static void
assert_sync (Existing *existing, const char *says)
{
  g_auto (AcceptRun) run = accept_account_run (existing->account, "sync");

  g_assert_cmpint (run.status, ==, 0);
  if (says != NULL && strstr (run.out, says) == NULL)
    g_error ("it does not say “%s” but:\n%s%s", says, run.out, run.err);
  assert_no_transfer (existing);
}

/* Paired without a transfer, every file as it was; and the run after it has nothing to do. */
static void
assert_paired (Existing *existing, const char *files)
{
  guint work = existing->row->messages / WORK_SHARE;
  g_autofree char *in_work = g_strdup_printf (
      "work/Work: matched by content: %u messages on both sides, 0 only here, 0 only on the server", work);
  g_autofree char *now = NULL;
  g_autofree char *before = NULL;
  g_autofree char *after = NULL;

  assert_sync (existing, in_work);
  now = list_files (existing);
  accept_assert_same_lines (files, now);
  before = accept_maildir_snapshot (existing->account);
  assert_sync (existing, "there was nothing to do");
  after = accept_maildir_snapshot (existing->account);
  accept_assert_same_lines (before, after);
}

static void
start (Existing *existing)
{
  guint work = existing->row->messages / WORK_SHARE;
  g_autoptr (ImapClient) client = NULL;

  existing->server = accept_server_start (existing->row->server);
  existing->account = accept_account_new (existing->server, NULL);
  existing->proxy = imap_proxy_new (existing->server->imap_port);
  existing->messages = existing->row->messages + work;
  configure (existing, "127.0.0.1");
  client = accept_account_client (existing->account);
  imap_client_create (client, "Work");
  fill_mailbox (client, "INBOX", existing->row->messages);
  fill_mailbox (client, "Work", work);
}

static void
lose_journal (Existing *existing)
{
  accept_remove_tree (existing->account->state);
}

static void
reset_uidvalidity (Existing *existing)
{
  g_autoptr (ImapClient) client = accept_account_client (existing->account);

  renew_mailbox (client, "Work");
  if (g_str_equal (existing->row->server, "dovecot"))
    g_free (server_fixture_doveadm (existing->server, "mailbox", "update", "-u", existing->account->user,
                                    "--uid-validity", "4711", "INBOX", NULL));
}

/* The same mail on another server, in another order. */
static void
move_account (Existing *existing)
{
  ServerFixture *old = existing->server;
  ServerFixture *new = accept_server_start (existing->row->other_server);
  g_autofree char *user = server_fixture_new_user (new);
  {
    g_autoptr (ImapClient) from = accept_account_client (existing->account);
    g_autoptr (ImapClient) to = imap_client_new (new->imap_port, user, new->password);

    imap_client_create (to, "Work");
    copy_mailbox (from, to, "INBOX");
    copy_mailbox (from, to, "Work");
  }
  imap_proxy_free (existing->proxy);
  server_fixture_free (old);
  existing->server = existing->account->server = new;
  existing->proxy = imap_proxy_new (new->imap_port);
  g_free (existing->account->user);
  existing->account->user = g_steal_pointer (&user);
  configure (existing, "localhost");
}

static void
assert_counts (Existing *existing)
{
  g_autoptr (ImapClient) client = accept_account_client (existing->account);
  g_autofree char *files = list_files (existing);

  g_assert_cmpuint (imap_client_status (client, "INBOX", "MESSAGES"), ==, existing->row->messages);
  g_assert_cmpuint (imap_client_status (client, "Work", "MESSAGES"), ==,
                    existing->row->messages / WORK_SHARE);
  g_assert_cmpuint (count_lines (files), ==, existing->messages);
}

static void
test_existing (gconstpointer data)
{
  Existing existing = { .row = data };
  g_autofree char *files = NULL;

  start (&existing);
  run_mbsync (&existing);
  files = list_files (&existing);
  g_assert_cmpuint (count_lines (files), ==, existing.messages);
  g_assert_nonnull (strstr (files, ",U=1"));
  g_assert_nonnull (strstr (files, "/new/"));

  assert_paired (&existing, files);
  lose_journal (&existing);
  assert_paired (&existing, files);
  reset_uidvalidity (&existing);
  assert_paired (&existing, files);
  move_account (&existing);
  assert_paired (&existing, files);
  assert_counts (&existing);

  imap_proxy_free (existing.proxy);
  accept_account_free (existing.account);
  server_fixture_free (existing.server);
}

int
main (int argc, char **argv)
{
  gboolean is_long = argc > 1 && g_str_equal (argv[argc - 1], "--long");

  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < (is_long ? G_N_ELEMENTS (long_cases) : G_N_ELEMENTS (cases)); i++)
    {
      const Case *row = is_long ? &long_cases[i] : &cases[i];

      g_test_add_data_func (row->path, row, test_existing);
    }
  return g_test_run ();
}
