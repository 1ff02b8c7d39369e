/* Contract C7 and C9: POP3 accounts in the configuration, where their mail goes, and access tokens. */
#include "../../engine/account/config.h"

#include <glib/gstdio.h>
#include <string.h>

#define IMAP "[account work]\nhost=imap.example.org\nuser=alice\nmaildir=/m/work\n"
#define POP3 "[account old]\nprotocol=pop3\nhost=pop.example.org\nuser=alice\n"

/* (transfer container) (nullable); the path is taken off the error. */
static GPtrArray *
load (const char *text, GError **error)
{
  g_autofree char *path = NULL;
  g_autoptr (GError) cause = NULL;
  GPtrArray *accounts;
  int fd = g_file_open_tmp ("dovetail-config-XXXXXX", &path, NULL);

  g_close (fd, NULL);
  g_assert_true (g_file_set_contents (path, text, -1, NULL));
  accounts = config_load (path, &cause);
  g_unlink (path);
  if (accounts != NULL)
    return accounts;
  g_assert_true (g_str_has_prefix (cause->message, path));
  g_set_error_literal (error, cause->domain, cause->code, cause->message + strlen (path) + 2);
  return NULL;
}

typedef struct
{
  const char *description;
  const char *text; /* the account "old" is among it */
  guint16 port;
  const char *maildir;
  const char *deliver_account; /* (nullable) */
  const char *deliver_to;
  AccountLeave leave;
  guint leave_days;
  AccountLayout layout;
} GoodRow;

static const GoodRow good_rows[] = {
  { "a Maildir of its own", POP3 "maildir=/m/old\n", 995, "/m/old", NULL, "INBOX" },
  { "port of STLS", POP3 "maildir=/m/old\nsecurity=starttls\n", 110, "/m/old", NULL, "INBOX" },
  { "port without TLS", POP3 "maildir=/m/old\nsecurity=none\n", 110, "/m/old", NULL, "INBOX" },
  { "port as written", POP3 "maildir=/m/old\nport=1110\n", 1110, "/m/old", NULL, "INBOX" },
  { "a mailbox of its own", POP3 "maildir=/m/old\ndeliver-to=Old/2009\n", 995, "/m/old", NULL, "Old/2009" },
  { "INBOX in small letters", POP3 "maildir=/m/old\ndeliver-to=inbox/x\n", 995, "/m/old", NULL, "INBOX/x" },
  { "another account's INBOX", POP3 "deliver-to=work/inbox\n" IMAP, 995, "/m/work", "work", "INBOX" },
  { "another account before it", IMAP POP3 "deliver-to=work/Old/2009\n", 995, "/m/work", "work", "Old/2009" },
  { "another account's layout", IMAP "layout=maildir++\n" POP3 "deliver-to=work/INBOX\n", 995, "/m/work",
    "work", "INBOX", .layout = ACCOUNT_LAYOUT_MAILDIRPP },
  { "a mailbox named as the account itself", POP3 "maildir=/m/old\ndeliver-to=old/INBOX\n", 995, "/m/old",
    NULL, "INBOX" },
  { "a mailbox named as another account", IMAP POP3 "maildir=/m/old\ndeliver-to=work\n", 995, "/m/old", NULL,
    "work" },
  { "two accounts into one",
    IMAP POP3 "deliver-to=work/INBOX\n[account older]\nprotocol=pop3\nhost=h\nuser=a\n"
              "deliver-to=work/INBOX\n",
    995, "/m/work", "work", "INBOX" },
  { "into a POP3 account's Maildir",
    POP3 "deliver-to=pop/INBOX\n[account pop]\nprotocol=pop3\nhost=h\nuser=a\nmaildir=/m/pop\n", 995,
    "/m/pop", "pop", "INBOX" },
  { "left on the server", POP3 "maildir=/m/old\nleave-on-server=yes\n", 995, "/m/old", NULL, "INBOX",
    ACCOUNT_LEAVE_ALWAYS },
  { "not left", POP3 "maildir=/m/old\nleave-on-server=No\n", 995, "/m/old", NULL, "INBOX",
    ACCOUNT_LEAVE_NOT },
  { "left for a while", POP3 "maildir=/m/old\nleave-on-server=14   # days\n", 995, "/m/old", NULL, "INBOX",
    ACCOUNT_LEAVE_DAYS, 14 },
};

static const Account *
find (GPtrArray *accounts, const char *name)
{
  for (guint i = 0; i < accounts->len; i++)
    if (g_str_equal (((const Account *)g_ptr_array_index (accounts, i))->name, name))
      return g_ptr_array_index (accounts, i);
  g_assert_not_reached ();
}

static void
test_good (gconstpointer data)
{
  const GoodRow *row = data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) accounts = load (row->text, &error);
  const Account *account;

  g_assert_no_error (error);
  account = find (accounts, "old");
  g_assert_cmpint (account->protocol, ==, ACCOUNT_PROTOCOL_POP3);
  g_assert_cmpuint (account->port, ==, row->port);
  g_assert_cmpstr (account->maildir, ==, row->maildir);
  g_assert_cmpstr (account->deliver_account, ==, row->deliver_account);
  g_assert_cmpstr (account->deliver_to, ==, row->deliver_to);
  g_assert_cmpint (account->leave, ==, row->leave);
  g_assert_cmpuint (account->leave_days, ==, row->leave_days);
  g_assert_cmpint (account->layout, ==, row->layout);
}

typedef struct
{
  const char *description;
  const char *text;
  const char *message; /* its beginning */
} BadRow;

static const BadRow bad_rows[] = {
  { "no Maildir", POP3, "[account old]: maildir is missing; add a line such as maildir=~/Mail/work" },
  { "no Maildir, and no such account", POP3 "deliver-to=wrok/INBOX\n" IMAP,
    "[account old]: maildir is missing; add a line such as maildir=~/Mail/old, or begin deliver-to with" },
  { "both", POP3 "maildir=/m/old\ndeliver-to=work/INBOX\n" IMAP,
    "[account old]: maildir: by deliver-to the mail goes into the Maildir of [account work]; leave this "
    "line" },
  { "a mailbox that the account leaves out", POP3 "deliver-to=work/Spam\n" IMAP "mailboxes=*;!Spam\n",
    "[account old]: deliver-to: the mailboxes= of [account work] leaves this mailbox out" },
  { "round in a circle",
    POP3 "deliver-to=older/INBOX\n[account older]\nprotocol=pop3\nhost=h\nuser=a\ndeliver-to=old/INBOX\n",
    "[account old]: deliver-to: [account older] has no Maildir of its own" },
  { "by way of another",
    IMAP POP3 "deliver-to=work/INBOX\n[account older]\nprotocol=pop3\nhost=h\nuser=a\ndeliver-to=old/INBOX\n",
    "[account older]: deliver-to: [account old] has no Maildir of its own" },
  { "the same Maildir without saying so", IMAP POP3 "maildir=/m/work\n",
    "[account old]: maildir: “/m/work” is the Maildir of [account work]" },
  { "no mailbox", POP3 "maildir=/m/old\ndeliver-to=work/\n" IMAP,
    "[account old]: deliver-to: “work/” is no mailbox; write a name such as INBOX" },
  { "an empty level", POP3 "maildir=/m/old\ndeliver-to=a//b\n",
    "[account old]: deliver-to: “a//b” is no mailbox" },
  { "a control character", POP3 "maildir=/m/old\ndeliver-to=a\\tb\n", "[account old]: deliver-to: “a" },
  { "leave-on-server in words", POP3 "maildir=/m/old\nleave-on-server=maybe\n",
    "[account old]: leave-on-server: “maybe” is not known here; write yes, no, or a number of days" },
  { "no days", POP3 "maildir=/m/old\nleave-on-server=0\n",
    "[account old]: leave-on-server: “0” is not known" },
  { "too many days", POP3 "maildir=/m/old\nleave-on-server=36501\n",
    "[account old]: leave-on-server: “36501”" },
  { "mailboxes of POP3", POP3 "maildir=/m/old\nmailboxes=*\n",
    "[account old]: mailboxes: means nothing with protocol=pop3; leave the line out" },
  { "gmail of POP3", POP3 "maildir=/m/old\ngmail=hard-link\n", "[account old]: gmail: means nothing" },
  { "max-delete of POP3", POP3 "maildir=/m/old\nmax-delete=off\n",
    "[account old]: max-delete: means nothing" },
  { "deliver-to of IMAP", IMAP "deliver-to=INBOX\n",
    "[account work]: deliver-to: means nothing with protocol=imap; leave the line out" },
  { "deliver-to of IMAP without a Maildir", "[account work]\nhost=h\nuser=a\ndeliver-to=old/INBOX\n" POP3,
    "[account work]: deliver-to: means nothing with protocol=imap" },
  { "leave-on-server of IMAP", IMAP "leave-on-server=no\n",
    "[account work]: leave-on-server: means nothing" },
  { "password and token", IMAP "password-command=echo hunter2\ntoken-command=echo hunter2\n",
    "[account work]: token-command: there is password-command too; leave one of the two lines out" },
};

static void
test_bad (gconstpointer data)
{
  const BadRow *row = data;
  g_autoptr (GError) error = NULL;

  g_assert_null (load (row->text, &error));
  g_assert_error (error, CONFIG_ERROR, CONFIG_ERROR_INVALID);
  g_test_message ("%s", error->message);
  g_assert_true (g_str_has_prefix (error->message, row->message));
  g_assert_null (strstr (error->message, "hunter2"));
}

/* A command is taken as it stands, whatever a key file would make of it. */
static void
test_token_command (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) accounts = load (IMAP "token-command=token show \\t 'a' # b\n", &error);

  g_assert_no_error (error);
  g_assert_cmpstr (find (accounts, "work")->token_command, ==, "token show \\t 'a' # b");
  g_assert_null (find (accounts, "work")->deliver_to);
}

static void
add_rows (const char *prefix, gconstpointer table, gsize n_rows, gsize size, GTestDataFunc test)
{
  for (gsize i = 0; i < n_rows; i++)
    {
      const char *const *row = (gconstpointer)((const char *)table + i * size);
      g_autofree char *name = g_strdelimit (g_strdup (*row), " /:,", '-');
      g_autofree char *path = g_strdup_printf ("%s/%s", prefix, name);

      g_test_add_data_func (path, row, test);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  add_rows ("/account/config/C7/good", good_rows, G_N_ELEMENTS (good_rows), sizeof good_rows[0], test_good);
  add_rows ("/account/config/C7/bad", bad_rows, G_N_ELEMENTS (bad_rows), sizeof bad_rows[0], test_bad);
  g_test_add_func ("/account/config/C9/token-command", test_token_command);
  return g_test_run ();
}
