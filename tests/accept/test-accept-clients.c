/* neomutt and notmuch read and change the Maildir; dovetail carries that to the server, and back. */
#include "accept-sides.h"
#include "imap-proxy.h"

#include <string.h>

#define SENT_MAX 4096

static gboolean
skip_without (const char *program)
{
  g_autofree char *path = g_find_program_in_path (program);
  g_autofree char *reason = g_strdup_printf ("%s is not installed", program);

  if (path == NULL)
    g_test_skip (reason);
  return path == NULL;
}

/* Runs a shell line in the account's home, as its user; it has to succeed. (transfer full): what it printed.
 */
static char *
run_shell (const AcceptAccount *account, const char *line)
{
  const char *const argv[] = { "sh", "-c", line, NULL };
  g_autoptr (GError) error = NULL;
  g_autofree char *err = NULL;
  char *out;
  int status;

  g_spawn_sync (account->home, (char **)argv, account->environment, G_SPAWN_SEARCH_PATH, NULL, NULL, &out,
                &err, &status, &error);
  g_assert_no_error (error);
  g_test_message ("%s\n%s%s", line, out, err);
  g_assert_cmpint (status, ==, 0);
  return out;
}

static void
append_subject (ImapClient *client, const char *mailbox, const char *flags, const char *subject)
{
  g_autofree char *text = accept_message_text (subject);

  imap_client_append (client, mailbox, flags, 1700000000, text, strlen (text));
}

/* (transfer full): the flags of the message on the server that has this subject; NULL: there is none. */
static char *
remote_flags (ImapClient *client, const char *mailbox, const char *subject)
{
  g_autoptr (GPtrArray) messages = imap_client_fetch_all (client, mailbox);
  g_autofree char *line = g_strconcat ("Subject: ", subject, "\r\n", NULL);

  for (guint i = 0; i < messages->len; i++)
    {
      const ImapClientMessage *message = g_ptr_array_index (messages, i);
      gsize length;
      const char *data = g_bytes_get_data (message->body, &length);

      if (g_strstr_len (data, (gssize)length, line) != NULL)
        return g_strdup (message->flags);
    }
  return NULL;
}

static void
assert_remote (ImapClient *client, const char *mailbox, const char *subject, const char *flags)
{
  g_autofree char *found = remote_flags (client, mailbox, subject);

  g_test_message ("%s: %s", mailbox, subject);
  g_assert_cmpstr (found, ==, flags);
}

static AcceptAccount *
make_account (ServerFixture *server)
{
  static const char *const subjects[] = { "read me", "flag me",  "delete me",
                                          "move me", "leave me", "answer me" };
  AcceptAccount *account = accept_account_new (server, NULL);
  g_autoptr (ImapClient) client = accept_account_client (account);

  imap_client_create (client, "Saved");
  for (guint i = 0; i < G_N_ELEMENTS (subjects); i++)
    append_subject (client, "INBOX", "", subjects[i]);
  g_free (accept_account_sync (account, 0));
  accept_assert_equal (account, G_N_ELEMENTS (subjects));
  return account;
}

#define MUTT_COMMON                                                                                          \
  "set mbox_type=Maildir\\n"                                                                                 \
  "set folder=Mail\\nset spoolfile=+INBOX\\nset header_cache=\\n"                                            \
  "set confirmappend=no\\nset confirmcreate=no\\nset delete=yes\\nset quit=yes\\nset mark_old=no\\n"         \
  "set move=no\\nset wait_key=no\\nset editor=true\\nset beep=no\\n"

/* Keys as one types them: search, act on what is found, and leave with the purge that neomutt is set up for.
 */
static void
run_neomutt (const AcceptAccount *account, const char *keys)
{
  g_autofree char *line =
      g_strdup_printf ("printf '" MUTT_COMMON "' > muttrc\n"
                       "printf '%%s\\n' 'push \"%s\"' >> muttrc\n"
                       "TERM=xterm timeout 60 script -qec 'neomutt -n -F muttrc' /dev/null "
                       "< /dev/null > /dev/null\n",
                       keys);

  g_free (run_shell (account, line));
}

static void
test_neomutt (void)
{
  g_autoptr (ServerFixture) server = NULL;
  g_autoptr (AcceptAccount) account = NULL;
  g_autoptr (ImapClient) client = NULL;

  if (skip_without ("neomutt") || skip_without ("script"))
    return;
  server = accept_server_start ("dovecot");
  account = make_account (server);
  client = accept_account_client (account);
  run_neomutt (account, "<search>read me<enter><clear-flag>N"
                        "<search>flag me<enter><flag-message>"
                        "<search>answer me<enter><set-flag>r"
                        "<search>move me<enter><save-message>+Saved<enter>"
                        "<search>delete me<enter><delete-message>"
                        "<quit>");
  g_free (accept_account_sync (account, 0));

  assert_remote (client, "INBOX", "read me", "\\Seen");
  assert_remote (client, "INBOX", "flag me", "\\Flagged");
  assert_remote (client, "INBOX", "answer me", "\\Answered \\Seen");
  assert_remote (client, "INBOX", "leave me", "");
  assert_remote (client, "INBOX", "move me", NULL);
  assert_remote (client, "Saved", "move me", "");
  assert_remote (client, "INBOX", "delete me", NULL);
  assert_remote (client, "Trash", "delete me", "");
  /* neomutt adds a Content-Length to what it saves: another message, and the first one is a deleted one. */
  assert_remote (client, "Trash", "move me", "");
  accept_assert_equal (account, 7);
  g_free (accept_account_sync (account, 0));
  accept_assert_equal (account, 7);
}

/* What the server changed is what neomutt shows. */
static void
test_neomutt_sees_the_server (void)
{
  g_autoptr (ServerFixture) server = NULL;
  g_autoptr (AcceptAccount) account = NULL;
  g_autoptr (ImapClient) client = NULL;
  g_autoptr (GPtrArray) files = NULL;

  if (skip_without ("neomutt") || skip_without ("script"))
    return;
  server = accept_server_start ("dovecot");
  account = make_account (server);
  client = accept_account_client (account);
  imap_client_store (client, "INBOX", "1:2", "+FLAGS (\\Seen \\Flagged)");
  g_free (accept_account_sync (account, 0));
  run_neomutt (account, "<tag-pattern>~F ~R<enter><tag-prefix><save-message>+Saved<enter><quit>");
  g_free (accept_account_sync (account, 0));
  assert_remote (client, "Saved", "read me", "\\Flagged \\Seen");
  assert_remote (client, "Saved", "flag me", "\\Flagged \\Seen");
  files = accept_local_files (account, "Saved");
  g_assert_cmpuint (files->len, ==, 2);
  accept_assert_equal (account, 8);
}

/* From now on the program goes through a proxy, which counts. (transfer full) */
static ImapProxy *
count_octets (const AcceptAccount *account)
{
  ImapProxy *proxy = imap_proxy_new (account->server->imap_port);
  g_autofree char *more =
      g_strdup_printf ("host=127.0.0.1\nport=%u\nsecurity=none", imap_proxy_get_port (proxy));

  accept_account_configure (account, more);
  g_free (accept_account_sync (account, 0));
  g_free (imap_proxy_take_commands (proxy));
  return proxy;
}

/* C4.1: commands went up, and no message. */
static void
assert_nothing_uploaded (ImapProxy *proxy)
{
  g_autofree char *commands = imap_proxy_take_commands (proxy);
  guint64 sent, received;

  imap_proxy_take_octets (proxy, &sent, &received);
  g_test_message ("sent %" G_GUINT64_FORMAT " octets", sent);
  g_assert_cmpuint (sent, <, SENT_MAX);
  g_assert_null (strstr (commands, "APPEND"));
}

/* The file of the message gets this name below Mail, by `mv`. */
static void
move_file (const AcceptAccount *account, const char *subject, const char *to)
{
  g_autofree char *path = accept_find_file (account, "INBOX", subject);
  g_autofree char *quoted = g_shell_quote (path);
  g_autofree char *line = g_strdup_printf ("mv -n %s Mail/%s", quoted, to);

  g_free (run_shell (account, line));
}

/* C4.1: mv keeps the name; mu4e gives a new one with other flags, in the same mailbox or another one. */
static void
test_renames (void)
{
  g_autoptr (ServerFixture) server = accept_server_start ("dovecot");
  g_autoptr (AcceptAccount) account = make_account (server);
  g_autoptr (ImapClient) client = accept_account_client (account);
  g_autoptr (ImapProxy) proxy = count_octets (account);

  move_file (account, "move me", "Saved/cur/");
  move_file (account, "flag me", "Saved/cur/1700000001.6a5b4c3d2e1f0a9b8c7d.here:2,FS");
  move_file (account, "read me", "INBOX/cur/1700000002.6a5b4c3d2e1f0a9b8c7e.here:2,S");
  {
    g_auto (AcceptRun) run = accept_account_run (account, "sync");

    g_assert_cmpint (run.status, ==, 0);
    g_assert_nonnull (strstr (run.out, ": 2 messages moved on the server, 2 changes of flags\n"));
  }
  assert_nothing_uploaded (proxy);
  assert_remote (client, "INBOX", "read me", "\\Seen");
  assert_remote (client, "Saved", "move me", "");
  assert_remote (client, "Saved", "flag me", "\\Flagged \\Seen");
  assert_remote (client, "INBOX", "flag me", NULL);
  accept_assert_equal (account, 6);
}

#define MU " --muhome=mu-home"

/* What mu4e asks of mu: `:rename t` is mu4e-change-filenames-when-moving. */
static void
ask_mu (const AcceptAccount *account, const char *subject, const char *what)
{
  g_autofree char *line = g_strdup_printf ("mu find" MU " 'subject:\"%s\"' --fields i", subject);
  g_autofree char *id = run_shell (account, line);
  g_autofree char *request = g_strdup_printf ("(move :msgid \"%s\" %s)\n(quit)\n", g_strstrip (id), what);
  g_autofree char *path = accept_account_path (account, "request");

  g_assert_true (g_file_set_contents (path, request, -1, NULL));
  g_free (run_shell (account, "mu server" MU " < request > answer && ! grep -a ':error' answer"));
}

/* C4.1: what neomutt has saved once has its Content-Length, and is the same message when it is saved again.
 */
static void
test_neomutt_saves_again (void)
{
  g_autoptr (ServerFixture) server = NULL;
  g_autoptr (AcceptAccount) account = NULL;
  g_autoptr (ImapClient) client = NULL;
  g_autoptr (ImapProxy) proxy = NULL;

  if (skip_without ("neomutt") || skip_without ("script"))
    return;
  server = accept_server_start ("dovecot");
  account = make_account (server);
  client = accept_account_client (account);
  run_neomutt (account, "<search>move me<enter><save-message>+Saved<enter><quit>");
  g_free (accept_account_sync (account, 0));
  proxy = count_octets (account);
  run_neomutt (account,
               "<change-folder>+Saved<enter><search>move me<enter><save-message>+INBOX<enter><quit>");
  g_free (accept_account_sync (account, 0));
  assert_nothing_uploaded (proxy);
  assert_remote (client, "Saved", "move me", NULL);
  assert_remote (client, "INBOX", "move me", "");
  accept_assert_equal (account, 7);
}

/* C3.3, C4.1: mu renames for mu4e, and leaves letters that it does not know out of the new name. */
static void
test_mu (void)
{
  g_autoptr (ServerFixture) server = NULL;
  g_autoptr (AcceptAccount) account = NULL;
  g_autoptr (ImapClient) client = NULL;
  g_autoptr (ImapProxy) proxy = NULL;

  if (skip_without ("mu"))
    return;
  server = accept_server_start ("dovecot");
  account = make_account (server);
  client = accept_account_client (account);
  imap_client_store (client, "INBOX", "1:6", "+FLAGS ($Label1)");
  proxy = count_octets (account);
  g_free (run_shell (account, "mu init" MU " --maildir=\"$HOME/Mail\" --my-address=alice@example.org\n"
                              "mu index" MU));
  ask_mu (account, "move me", ":maildir \"/Saved\" :flags \"+S-N\"");
  ask_mu (account, "flag me", ":maildir \"/Saved\" :flags \"+F\" :rename t");
  ask_mu (account, "read me", ":flags \"+S-u-N\"");
  g_free (accept_account_sync (account, 0));
  assert_nothing_uploaded (proxy);
  assert_remote (client, "Saved", "move me", "$Label1 \\Seen");
  assert_remote (client, "Saved", "flag me", "$Label1 \\Flagged");
  assert_remote (client, "INBOX", "read me", "$Label1 \\Seen");
  assert_remote (client, "INBOX", "leave me", "$Label1");
  accept_assert_equal (account, 6);
}

#define NOTMUCH "NOTMUCH_CONFIG=notmuch-config notmuch "

static void
set_up_notmuch (const AcceptAccount *account)
{
  g_free (run_shell (
      account, "printf '[database]\\npath=%s\\n[user]\\nname=Alice\\n"
               "primary_email=alice@example.org\\n[new]\\ntags=unread;new\\n"
               "ignore=.dovetail;.dovetail.lock;dovecot-keywords\\n"
               "[maildir]\\nsynchronize_flags=true\\n' \"$HOME/Mail\" > notmuch-config\n" NOTMUCH "new"));
}

static void
assert_tags (const AcceptAccount *account, const char *subject, const char *tags)
{
  g_autofree char *line =
      g_strdup_printf (NOTMUCH "search --output=tags 'subject:\"%s\"' | tr '\\n' ' '", subject);
  g_autofree char *found = run_shell (account, line);

  g_assert_cmpstr (g_strstrip (found), ==, tags);
}

static void
test_notmuch (void)
{
  g_autoptr (ServerFixture) server = NULL;
  g_autoptr (AcceptAccount) account = NULL;
  g_autoptr (ImapClient) client = NULL;

  if (skip_without ("notmuch"))
    return;
  server = accept_server_start ("dovecot");
  account = make_account (server);
  client = accept_account_client (account);
  set_up_notmuch (account);
  g_free (run_shell (account, NOTMUCH "tag +flagged -unread -- 'subject:\"flag me\"'\n" NOTMUCH
                                      "tag -unread -- 'subject:\"read me\"'\n" NOTMUCH
                                      "tag +replied -unread -- 'subject:\"answer me\"'"));
  g_free (accept_account_sync (account, 0));
  assert_remote (client, "INBOX", "flag me", "\\Flagged \\Seen");
  assert_remote (client, "INBOX", "read me", "\\Seen");
  assert_remote (client, "INBOX", "answer me", "\\Answered \\Seen");
  assert_remote (client, "INBOX", "leave me", "");
  accept_assert_equal (account, 6);

  imap_client_store (client, "INBOX", "1", "-FLAGS (\\Seen)");
  imap_client_store (client, "INBOX", "5", "+FLAGS (\\Seen \\Flagged)");
  append_subject (client, "INBOX", "\\Seen", "brand new");
  g_free (accept_account_sync (account, 0));
  g_free (run_shell (account, NOTMUCH "new"));
  assert_tags (account, "read me", "new unread");
  assert_tags (account, "leave me", "flagged new");
  assert_tags (account, "brand new", "new");
  g_free (accept_account_sync (account, 0));
  accept_assert_equal (account, 7);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/accept/clients/neomutt", test_neomutt);
  g_test_add_func ("/accept/clients/neomutt-sees-the-server", test_neomutt_sees_the_server);
  g_test_add_func ("/accept/clients/neomutt-saves-again", test_neomutt_saves_again);
  g_test_add_func ("/accept/clients/renames", test_renames);
  g_test_add_func ("/accept/clients/mu", test_mu);
  g_test_add_func ("/accept/clients/notmuch", test_notmuch);
  return g_test_run ();
}
