/* Moves and copies cost no bytes (C4, C6.1): what crosses the wire when a thousand messages change their
 * mailbox or get into another one too, or a mailbox gets another name, and what becomes of their files. */
#include "accept-sides.h"
#include "imap-proxy.h"

#include <glib/gstdio.h>
#include <string.h>

#define MOVED_MESSAGES 1000
#define MOVED_OCTETS 20000
#define COPIED_MESSAGES_CYRUS 200
#define RENAMED_MESSAGES 500
#define RENAMED_MESSAGES_LONG 5000
#define RENAMED_OCTETS 2000
#define LISTED_OCTETS 100 /* UID, size and flags */
#define BATCH 100
#define SENT_MAX (32 * 1024)
#define FIRST_DATE 1500000000

typedef struct
{
  AcceptAccount *account;
  ImapProxy *proxy;
  guint messages, octets; /* octets of each */
} MoveTest;

static char *
message_text (guint index, guint octets)
{
  g_autofree char *subject = g_strdup_printf ("message %u", index);
  g_autofree char *head = accept_message_text (subject);
  GString *text = g_string_new (head);

  while (text->len < octets)
    g_string_append_printf (text, "Line %" G_GSIZE_FORMAT " of what message %u has to say.\r\n", text->len,
                            index);
  return g_string_free (text, FALSE);
}

static void
fill (const MoveTest *test, const char *mailbox)
{
  g_autoptr (ImapClient) client = accept_account_client (test->account);

  imap_client_create (client, "Work");
  for (guint i = 0; i < test->messages; i++)
    {
      g_autofree char *text = message_text (i, test->octets);

      if (i % BATCH == 0)
        imap_client_append_begin (client, mailbox);
      imap_client_append_add (client, i % 3 == 0 ? "\\Seen" : "", FIRST_DATE + i, text, strlen (text));
      if (i % BATCH == BATCH - 1)
        imap_client_append_end (client);
    }
}

/* Through the proxy, which counts. */
static void
configure (const MoveTest *test)
{
  g_autofree char *more =
      g_strdup_printf ("host=127.0.0.1\nport=%u\nsecurity=none", imap_proxy_get_port (test->proxy));

  accept_account_configure (test->account, more);
}

static void
sync_counted (const MoveTest *test, guint64 *sent, guint64 *received)
{
  g_free (imap_proxy_take_commands (test->proxy));
  imap_proxy_take_octets (test->proxy, sent, received);
  g_free (accept_account_sync (test->account, 0));
  imap_proxy_take_octets (test->proxy, sent, received);
  g_test_message ("sent %" G_GUINT64_FORMAT " octets, received %" G_GUINT64_FORMAT, *sent, *received);
}

static void
assert_in (const MoveTest *test, const char *mailbox)
{
  g_autoptr (GPtrArray) local = accept_local_side (test->account);

  accept_assert_equal (test->account, test->messages);
  g_assert_cmpuint (accept_count_in (local, mailbox), ==, test->messages);
}

/* (transfer full): name and inode of each file, sorted. */
static char *
files_in (const MoveTest *test, const char *mailbox)
{
  g_autoptr (GPtrArray) files = accept_local_files (test->account, mailbox);
  GString *names = g_string_new (NULL);

  for (guint i = 0; i < files->len; i++)
    {
      const AcceptFile *file = g_ptr_array_index (files, i);
      g_autofree char *name = g_path_get_basename (file->path);
      GStatBuf info;

      g_assert_cmpint (g_stat (file->path, &info), ==, 0);
      g_string_append_printf (names, "%s %" G_GUINT64_FORMAT "\n", name, (guint64)info.st_ino);
    }
  return g_string_free (names, FALSE);
}

/* As `mv INBOX/cur/... Work/cur/` does. */
static void
move_here (const MoveTest *test, const char *from, const char *to)
{
  g_autoptr (GPtrArray) files = accept_local_files (test->account, from);

  for (guint i = 0; i < files->len; i++)
    {
      const AcceptFile *file = g_ptr_array_index (files, i);
      g_autofree char *place = g_path_get_dirname (file->path);
      g_autofree char *part = g_path_get_basename (place);
      g_autofree char *name = g_path_get_basename (file->path);
      g_autofree char *path = g_build_filename (test->account->maildir, to, part, name, NULL);

      g_assert_cmpint (g_rename (file->path, path), ==, 0);
    }
}

/* C4.1: neither a body nor a header goes up. */
static void
check_moved_here (const MoveTest *test)
{
  g_autofree char *commands = NULL;
  guint64 sent, received;

  move_here (test, "INBOX", "Work");
  sync_counted (test, &sent, &received);
  commands = imap_proxy_take_commands (test->proxy);
  g_assert_cmpuint (sent, <, SENT_MAX);
  g_assert_null (strstr (commands, "APPEND"));
  g_assert_null (strstr (commands, "BODY.PEEK"));
  assert_in (test, "Work");
}

/* C4.1: what comes is listings and a few header fields; each file keeps its name, and is the same file. */
static void
check_moved_there (const MoveTest *test)
{
  g_autofree char *before = files_in (test, "Work");
  g_autofree char *after = NULL;
  guint64 sent, received;

  {
    g_autoptr (ImapClient) client = accept_account_client (test->account);

    imap_client_move (client, "Work", "1:*", "INBOX");
  }
  sync_counted (test, &sent, &received);
  g_assert_cmpuint (received, <, (guint64)test->messages * test->octets * 3 / 100);
  assert_in (test, "INBOX");
  after = files_in (test, "INBOX");
  g_assert_cmpstr (before, ==, after);
}

/* C1.4: nothing of it is held, and nothing lies in the attic. */
static void
test_moves (gconstpointer kind)
{
  g_autoptr (ServerFixture) server = accept_server_start (kind);
  g_autoptr (AcceptAccount) account = accept_account_new (server, NULL);
  g_autoptr (ImapProxy) proxy = imap_proxy_new (server->imap_port);
  const MoveTest test = { account, proxy, MOVED_MESSAGES, MOVED_OCTETS };
  guint64 sent, received;

  configure (&test);
  fill (&test, "INBOX");
  sync_counted (&test, &sent, &received);
  check_moved_here (&test);
  check_moved_there (&test);
}

/* As `cp INBOX/cur/... Work/cur/` does. */
static void
copy_here (const MoveTest *test, const char *from, const char *to)
{
  g_autofree char *command =
      g_strdup_printf ("cp %s/%s/cur/* %s/%s/cur/ && cp %s/%s/new/* %s/%s/new/", test->account->maildir, from,
                       test->account->maildir, to, test->account->maildir, from, test->account->maildir, to);
  const char *argv[] = { "sh", "-c", command, NULL };
  int status;

  g_assert_true (
      g_spawn_sync (NULL, (char **)argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL, &status, NULL));
  g_assert_true (g_spawn_check_wait_status (status, NULL));
}

static void
assert_copies (const MoveTest *test, const char *mailbox, guint all)
{
  g_autoptr (GPtrArray) local = accept_local_side (test->account);

  accept_assert_equal (test->account, all);
  g_assert_cmpuint (accept_count_in (local, mailbox), ==, test->messages);
}

/* C4: neither a body nor a header goes up. */
static void
check_copied_here (const MoveTest *test)
{
  g_autofree char *commands = NULL;
  guint64 sent, received;

  copy_here (test, "INBOX", "Work");
  sync_counted (test, &sent, &received);
  commands = imap_proxy_take_commands (test->proxy);
  g_assert_cmpuint (sent, <, SENT_MAX);
  g_assert_null (strstr (commands, "APPEND"));
  g_assert_null (strstr (commands, "BODY.PEEK"));
  assert_copies (test, "Work", 2 * test->messages);
}

/* C4.3: what comes is listings and a few header fields. */
static void
check_copied_there (const MoveTest *test)
{
  guint64 sent, received;

  {
    g_autoptr (ImapClient) client = accept_account_client (test->account);

    imap_client_create (client, "More");
    imap_client_copy (client, "Work", "1:*", "More");
  }
  sync_counted (test, &sent, &received);
  g_assert_cmpuint (received, <, (guint64)test->messages * test->octets * 3 / 100);
  assert_copies (test, "More", 3 * test->messages);
}

static void
test_copies (gconstpointer kind)
{
  g_autoptr (ServerFixture) server = accept_server_start (kind);
  g_autoptr (AcceptAccount) account = accept_account_new (server, NULL);
  g_autoptr (ImapProxy) proxy = imap_proxy_new (server->imap_port);
  const guint messages = g_str_equal (kind, "cyrus") ? COPIED_MESSAGES_CYRUS : MOVED_MESSAGES;
  const MoveTest test = { account, proxy, messages, MOVED_OCTETS };
  guint64 sent, received;

  configure (&test);
  fill (&test, "INBOX");
  sync_counted (&test, &sent, &received);
  check_copied_here (&test);
  check_copied_there (&test);
}

/* Of a mailbox that has another name now, no message goes either way, nor a header of one. */
static void
check_renamed (const MoveTest *test, const char *to, const char *files)
{
  g_autofree char *commands = NULL;
  g_autofree char *after = NULL;
  guint64 sent, received;

  sync_counted (test, &sent, &received);
  commands = imap_proxy_take_commands (test->proxy);
  g_assert_cmpuint (sent, <, SENT_MAX);
  g_assert_cmpuint (received, <, (guint64)test->messages * LISTED_OCTETS);
  g_assert_null (strstr (commands, "APPEND"));
  g_assert_null (strstr (commands, "BODY.PEEK"));
  assert_in (test, to);
  after = files_in (test, to);
  g_assert_cmpstr (files, ==, after);
}

static void
test_renamed (const char *kind, guint messages)
{
  g_autoptr (ServerFixture) server = accept_server_start (kind);
  g_autoptr (AcceptAccount) account = accept_account_new (server, NULL);
  g_autoptr (ImapProxy) proxy = imap_proxy_new (server->imap_port);
  const MoveTest test = { account, proxy, messages, RENAMED_OCTETS };
  g_autofree char *from = g_build_filename (account->maildir, "Work", NULL);
  g_autofree char *to = g_build_filename (account->maildir, "Here", NULL);
  g_autofree char *files = NULL;
  guint64 sent, received;

  configure (&test);
  fill (&test, "Work");
  sync_counted (&test, &sent, &received);
  files = files_in (&test, "Work");
  g_assert_cmpint (g_rename (from, to), ==, 0);
  check_renamed (&test, "Here", files);
  {
    g_autoptr (ImapClient) client = accept_account_client (account);

    imap_client_rename (client, "Here", "There");
  }
  check_renamed (&test, "There", files);
}

static void
test_few_renamed (gconstpointer kind)
{
  test_renamed (kind, RENAMED_MESSAGES);
}

static void
test_many_renamed (gconstpointer kind)
{
  test_renamed (kind, RENAMED_MESSAGES_LONG);
}

int
main (int argc, char **argv)
{
  const gboolean is_long = argc > 1 && g_str_equal (argv[argc - 1], "--long");

  g_test_init (&argc, &argv, NULL);
  if (is_long)
    {
      g_test_add_data_func ("/accept/moves/renamed/dovecot", "dovecot", test_many_renamed);
      return g_test_run ();
    }
  g_test_add_data_func ("/accept/moves/dovecot", "dovecot", test_moves);
  g_test_add_data_func ("/accept/moves/cyrus", "cyrus", test_moves);
  g_test_add_data_func ("/accept/moves/renamed/dovecot", "dovecot", test_few_renamed);
  g_test_add_data_func ("/accept/moves/copies/dovecot", "dovecot", test_copies);
  g_test_add_data_func ("/accept/moves/copies/cyrus", "cyrus", test_copies);
  return g_test_run ();
}
