/* Contract C9: the configuration, and that every complaint names file, group and key. */
#include "../../engine/account/config.h"

#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#define MINIMUM "host=imap.example.org\nuser=alice\nmaildir=/m/work\n"
#define WORK "[account work]\n" MINIMUM
#define PIN "sha256//47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="

typedef struct
{
  char *directory;
  char *path;
} Fixture;

static void
fixture_set_up (Fixture *fixture, gconstpointer data)
{
  fixture->directory = g_dir_make_tmp ("dovetail-config-XXXXXX", NULL);
  fixture->path = g_build_filename (fixture->directory, "config", NULL);
}

static void
fixture_tear_down (Fixture *fixture, gconstpointer data)
{
  g_remove (fixture->path);
  g_assert_cmpint (g_rmdir (fixture->directory), ==, 0);
  g_free (fixture->path);
  g_free (fixture->directory);
}

static GPtrArray *
load (Fixture *fixture, const char *text, GError **error)
{
  g_assert_true (g_file_set_contents (fixture->path, text, -1, NULL));
  return config_load (fixture->path, error);
}

static const Account *
load_first (Fixture *fixture, const char *text, GPtrArray **accounts)
{
  g_autoptr (GError) error = NULL;

  *accounts = load (fixture, text, &error);
  g_assert_no_error (error);
  return g_ptr_array_index (*accounts, 0);
}

static void
assert_mailboxes (const Account *account, const char *expected)
{
  g_autofree char *joined = g_strjoinv ("|", account->mailboxes);

  g_assert_cmpstr (joined, ==, expected);
}

static void
test_defaults (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GPtrArray) accounts = NULL;
  const Account *account = load_first (fixture, WORK, &accounts);
  g_autofree char *state = g_build_filename (g_get_user_state_dir (), "dovetail", "work", NULL);

  g_assert_cmpuint (accounts->len, ==, 1);
  g_assert_cmpstr (account->name, ==, "work");
  g_assert_cmpint (account->protocol, ==, ACCOUNT_PROTOCOL_IMAP);
  g_assert_cmpstr (account->host, ==, "imap.example.org");
  g_assert_cmpuint (account->port, ==, 993);
  g_assert_cmpint (account->security, ==, ACCOUNT_SECURITY_TLS);
  g_assert_null (account->tls_ca_file);
  g_assert_null (account->tls_pin);
  g_assert_cmpstr (account->user, ==, "alice");
  g_assert_null (account->password_command);
  g_assert_cmpstr (account->maildir, ==, "/m/work");
  g_assert_cmpint (account->layout, ==, ACCOUNT_LAYOUT_NESTED);
  assert_mailboxes (account, "*");
  g_assert_cmpuint (account->timeout, ==, 60);
  g_assert_cmpuint (account->connections, ==, 3);
  g_assert_cmpint (account->delete_mode, ==, ACCOUNT_DELETE_TRASH);
  g_assert_false (account->expunge_marked);
  g_assert_true (account->hold_deletions);
  g_assert_cmpuint (account->max_delete_count, ==, 10);
  g_assert_cmpuint (account->max_delete_percent, ==, 50);
  g_assert_cmpuint (account->keep_deleted, ==, 7);
  g_assert_cmpint (account->gmail, ==, ACCOUNT_GMAIL_COPY);
  g_assert_cmpint (account->info_separator, ==, ':');
  g_assert_cmpstr (account->state_dir, ==, state);
}

/* The contract's example, other values in it so that each is seen to arrive. */
static void
test_every_key (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GPtrArray) accounts = NULL;
  const Account *account = load_first (fixture,
                                       "# my mail\n[account work.2-x_Y]\n"
                                       "protocol=imap                     # or pop3\n"
                                       "host=::1\n"
                                       "port = 1143                       # default: by protocol\n"
                                       "security=none\t# tls | starttls | none\n"
                                       "tls-ca-file=~/ca.pem          # one more trust anchor\n"
                                       "user=EXAMPLE\\\\alice#1\n"
                                       "password-command=pass show work # \\t 'x'  \n"
                                       "maildir=~/Mail/work/\n"
                                       "layout=Maildir++\n"
                                       "mailboxes=*; !Spam ;;#news # patterns\n"
                                       "timeout=5\n"
                                       "connections=16\n"
                                       "delete=expunge\n"
                                       "expunge-marked=yes\n"
                                       "max-delete=3  5%                # or off\n"
                                       "keep-deleted=0\n"
                                       "gmail=Hard-Link\n"
                                       "info-separator=;\n"
                                       "tls-pin=" PIN "\n",
                                       &accounts);
  g_autofree char *ca_file = g_build_filename (g_get_home_dir (), "ca.pem", NULL);
  g_autofree char *maildir = g_build_filename (g_get_home_dir (), "Mail/work", NULL);

  g_assert_cmpstr (account->name, ==, "work.2-x_Y");
  g_assert_cmpstr (account->host, ==, "::1");
  g_assert_cmpuint (account->port, ==, 1143);
  g_assert_cmpint (account->security, ==, ACCOUNT_SECURITY_NONE);
  g_assert_cmpstr (account->tls_ca_file, ==, ca_file);
  g_assert_cmpstr (account->user, ==, "EXAMPLE\\alice#1");
  g_assert_cmpstr (account->password_command, ==, "pass show work # \\t 'x'");
  g_assert_cmpstr (account->maildir, ==, maildir);
  g_assert_cmpint (account->layout, ==, ACCOUNT_LAYOUT_MAILDIRPP);
  assert_mailboxes (account, "*|!Spam|#news");
  g_assert_cmpuint (account->timeout, ==, 5);
  g_assert_cmpuint (account->connections, ==, 16);
  g_assert_cmpint (account->delete_mode, ==, ACCOUNT_DELETE_EXPUNGE);
  g_assert_true (account->expunge_marked);
  g_assert_cmpuint (account->max_delete_count, ==, 3);
  g_assert_cmpuint (account->max_delete_percent, ==, 5);
  g_assert_cmpuint (account->keep_deleted, ==, 0);
  g_assert_cmpint (account->gmail, ==, ACCOUNT_GMAIL_HARD_LINK);
  g_assert_cmpint (account->info_separator, ==, ';');
  g_assert_cmpstr (account->tls_pin, ==, PIN);
}

static void
test_port_by_security (Fixture *fixture, gconstpointer data)
{
  static const struct
  {
    const char *security;
    guint16 port;
  } rows[] = { { "tls", 993 }, { "STARTTLS", 143 }, { "none", 143 } };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *text = g_strdup_printf (WORK "security=%s\n", rows[i].security);
      g_autoptr (GPtrArray) accounts = NULL;

      g_assert_cmpuint (load_first (fixture, text, &accounts)->port, ==, rows[i].port);
    }
}

static void
test_hold_off (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GPtrArray) accounts = NULL;

  g_assert_false (load_first (fixture, WORK "max-delete=off\n", &accounts)->hold_deletions);
}

static void
test_file_order (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GPtrArray) accounts = NULL;
  const Account *first = load_first (fixture,
                                     "[account z]\nhost=h\nuser=u\nmaildir=/m/z\n"
                                     "[account a]\nhost=h\nuser=u\nmaildir=/m/za\n",
                                     &accounts);
  const Account *second = g_ptr_array_index (accounts, 1);

  g_assert_cmpuint (accounts->len, ==, 2);
  g_assert_cmpstr (first->name, ==, "z");
  g_assert_cmpstr (second->name, ==, "a");
}

static const struct
{
  const char *description;
  const char *text;
  const char *message; /* how the message goes on behind "PATH: " */
} error_rows[] = {
  { "empty file", "", "there is no account; write a line [account work]" },
  { "not a key file", WORK "hunter2\n", "line 5 is neither [account NAME] nor KEY=VALUE nor a # comment" },
  { "key before a group", "# x\n\nhost=h\n" WORK, "line 3 stands before the first [account NAME]" },
  { "another group", "[work]\n" MINIMUM, "[work]: this is no account; write [account NAME]" },
  { "group without name", "[account ]\n" MINIMUM, "[account ]: this is no account" },
  { "name with a dot first", "[account ..]\n" MINIMUM, "[account ..]: this is no account" },
  { "name with a slash", "[account a/b]\n" MINIMUM, "[account a/b]: this is no account" },
  { "no host", "[account work]\nuser=a\nmaildir=/m\n",
    "[account work]: host is missing; add a line such as host=imap.example.org" },
  { "no user", "[account work]\nhost=h\nmaildir=/m\n",
    "[account work]: user is missing; add a line such as user=alice" },
  { "no maildir", "[account work]\nhost=h\nuser=a\n",
    "[account work]: maildir is missing; add a line such as maildir=~/Mail/work" },
  { "unknown key", WORK "timout=3\n",
    "[account work]: timout: there is no such key; the nearest is timeout, write that or leave the line "
    "out" },
  { "unknown key, much missing", WORK "password=hunter2\n",
    "[account work]: password: there is no such key; the nearest is password-command" },
  { "unknown key, a letter and much missing", WORK "pasword=hunter2\n",
    "[account work]: pasword: there is no such key; the nearest is password-command" },
  { "unknown key, two letters swapped", WORK "hots=h\n",
    "[account work]: hots: there is no such key; the nearest is host" },
  { "unknown key, the end missing", WORK "pass-cmd=hunter2\n",
    "[account work]: pass-cmd: there is no such key; the nearest is password-command" },
  { "unknown key, near to nothing", WORK "subscribed=yes\n",
    "[account work]: subscribed: there is no such key; leave the line out, or write one of protocol, "
    "host, " },
  { "unknown key of one letter", WORK "x=1\n",
    "[account work]: x: there is no such key; leave the line out" },
  { "localized key", WORK "host[de]=h\n",
    "[account work]: host[de]: there is no such key; the nearest is host" },
  { "empty value", WORK "tls-ca-file=\n",
    "[account work]: tls-ca-file: the value is empty; write one, or leave the line out" },
  { "bad escape", WORK "user=EXAMPLE\\alice\n", "[account work]: user: the value is not UTF-8 or holds" },
  { "not UTF-8", WORK "user=\xff\n", "[account work]: user: the value is not UTF-8" },
  { "protocol", WORK "protocol=jmap\n",
    "[account work]: protocol: “jmap” is not known here; write imap or pop3" },
  { "port is no number", WORK "port=99x\n",
    "[account work]: port: “99x” is not a port; write a number from 1 to 65535" },
  { "port too high", WORK "port=65536\n", "[account work]: port: “65536” is not a port" },
  { "port 0", WORK "port=0\n", "[account work]: port: “0” is not a port" },
  { "negative port", WORK "port=-1\n", "[account work]: port: “-1” is not a port" },
  { "host with port", WORK "host=h:993\n",
    "[account work]: host: “h:993” is no host name; write the name alone" },
  { "host as URL", WORK "host=imaps//h\n", "[account work]: host: “imaps//h” is no host name" },
  { "security", WORK "security=ssl\n",
    "[account work]: security: “ssl” is not known here; write tls or starttls or none" },
  { "no security with an address of another machine",
    "[account work]\nhost=192.0.2.7\nuser=a\nmaildir=/m\nsecurity=none\n",
    "[account work]: security: “none” is for a server on this machine only, and 192.0.2.7 is another; write "
    "security=tls, or starttls" },
  { "no security with an address of another machine, IPv6",
    "[account work]\nsecurity=none\nhost=2001:db8::7\nuser=a\nmaildir=/m\n",
    "[account work]: security: “none” is for a server on this machine only" },
  { "relative path", WORK "tls-ca-file=ca.pem\n",
    "[account work]: tls-ca-file: “ca.pem” is no absolute path; write one that begins with / or ~/" },
  { "another user's home", WORK "maildir=~bob/Mail\n",
    "[account work]: maildir: “~bob/Mail” is no absolute path" },
  { "the root as Maildir", WORK "maildir=//\n", "[account work]: maildir: “//” is the whole file system" },
  { "pin without prefix", WORK "tls-pin=abc\n", "[account work]: tls-pin: “abc” is no pin" },
  { "pin too short", WORK "tls-pin=sha256//AAAA\n", "[account work]: tls-pin: “sha256//AAAA” is no pin" },
  { "pin with other characters", WORK "tls-pin=sha256//47DEQpj8HBSa+/TImW+5 JCeuQeRkm5NMpJWZG3hSuFU=\n",
    "[account work]: tls-pin: " },
  { "layout", WORK "layout=flat\n",
    "[account work]: layout: “flat” is not known here; write nested or maildir++" },
  { "no patterns", WORK "mailboxes=; ;\n", "[account work]: mailboxes: “; ;” names no mailbox" },
  { "empty exclusion", WORK "mailboxes=*;!\n", "[account work]: mailboxes: “*;!” excludes nothing" },
  { "only exclusions", WORK "mailboxes=!Spam;!Trash\n",
    "[account work]: mailboxes: “!Spam;!Trash” only excludes, so that no mailbox is left; write first" },
  { "timeout", WORK "timeout=0\n", "[account work]: timeout: “0” is no timeout; write seconds" },
  { "connections", WORK "connections=17\n", "[account work]: connections: “17” is no number of connections" },
  { "delete", WORK "delete=yes\n",
    "[account work]: delete: “yes” is not known here; write trash or expunge" },
  { "expunge-marked", WORK "expunge-marked=maybe\n",
    "[account work]: expunge-marked: “maybe” is not known here" },
  { "max-delete without share", WORK "max-delete=10\n", "[account work]: max-delete: “10” is no limit" },
  { "max-delete without percent", WORK "max-delete=10 50\n",
    "[account work]: max-delete: “10 50” is no limit" },
  { "max-delete over all", WORK "max-delete=10 101%\n", "[account work]: max-delete: “10 101%” is no limit" },
  { "keep-deleted", WORK "keep-deleted=a week\n",
    "[account work]: keep-deleted: “a week” is no number of days" },
  { "gmail", WORK "gmail=links\n",
    "[account work]: gmail: “links” is not known here; write copy or hard-link or all-mail" },
  { "info-separator", WORK "info-separator=::\n", "[account work]: info-separator: “::” is no separator" },
  { "terminal escapes are not passed on", WORK "port=\x1b[2J\n",
    "[account work]: port: “\\x1B[2J” is not a port" },
};

static void
assert_refused (Fixture *fixture, const char *text, const char *message)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *expected = g_strdup_printf ("%s: %s", fixture->path, message);

  g_assert_null (load (fixture, text, &error));
  g_assert_error (error, CONFIG_ERROR, CONFIG_ERROR_INVALID);
  g_test_message ("%s", error->message);
  g_assert_true (g_str_has_prefix (error->message, expected));
  g_assert_null (strstr (error->message, "hunter2"));
}

static void
test_errors (Fixture *fixture, gconstpointer data)
{
  for (gsize i = 0; i < G_N_ELEMENTS (error_rows); i++)
    {
      g_test_message ("%s", error_rows[i].description);
      assert_refused (fixture, error_rows[i].text, error_rows[i].message);
    }
}

static void
test_missing (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *expected = g_strdup_printf ("%s: there is no such file; write one", fixture->path);

  g_assert_null (config_load (fixture->path, &error));
  g_assert_error (error, CONFIG_ERROR, CONFIG_ERROR_MISSING);
  g_assert_true (g_str_has_prefix (error->message, expected));
}

static void
test_directory (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *expected = g_strdup_printf ("%s: is no regular file", fixture->directory);

  g_assert_null (config_load (fixture->directory, &error));
  g_assert_error (error, CONFIG_ERROR, CONFIG_ERROR_INVALID);
  g_assert_true (g_str_has_prefix (error->message, expected));
}

/* Below the fixture's directory D: D/real exists, D/link leads to it. */
static const struct
{
  const char *description;
  const char *first, *second;
  const char *conflict; /* (nullable) */
} root_rows[] = {
  { "apart", "a", "b", NULL },
  { "one name begins with the other", "work", "work2", NULL },
  { "the same", "a", "a", "is the Maildir" },
  { "the same, written otherwise", "a/../a/.", "a//", "is the Maildir" },
  { "inside", "a", "a/b", "lies inside the Maildir" },
  { "around", "a/b/c", "a", "holds the Maildir" },
  { "the same by a link", "real", "link", "is the Maildir" },
  { "not there yet, below a link", "real/new/mail", "link/new", "holds the Maildir" },
  { "beside each other below a link", "real/a", "link/b", NULL },
};

static void
check_roots (Fixture *fixture, const char *first, const char *second, const char *conflict)
{
  g_autofree char *text = g_strdup_printf ("[account one]\nhost=h\nuser=u\nmaildir=%s/%s\n"
                                           "[account two]\nhost=h\nuser=u\nmaildir=%s/%s\n",
                                           fixture->directory, first, fixture->directory, second);
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) accounts = load (fixture, text, &error);

  if (conflict == NULL)
    {
      g_assert_no_error (error);
      return;
    }
  g_assert_null (accounts);
  g_assert_error (error, CONFIG_ERROR, CONFIG_ERROR_INVALID);
  g_assert_nonnull (strstr (error->message, "[account two]: maildir: "));
  g_assert_nonnull (strstr (error->message, conflict));
  g_assert_nonnull (strstr (error->message, "of [account one]"));
}

static void
test_roots (Fixture *fixture, gconstpointer data)
{
  g_autofree char *real = g_build_filename (fixture->directory, "real", NULL);
  g_autofree char *link_path = g_build_filename (fixture->directory, "link", NULL);

  g_assert_cmpint (g_mkdir (real, 0700), ==, 0);
  g_assert_cmpint (symlink ("real", link_path), ==, 0);
  for (gsize i = 0; i < G_N_ELEMENTS (root_rows); i++)
    {
      g_test_message ("%s", root_rows[i].description);
      check_roots (fixture, root_rows[i].first, root_rows[i].second, root_rows[i].conflict);
    }
  g_assert_cmpint (g_unlink (link_path), ==, 0);
  g_assert_cmpint (g_rmdir (real), ==, 0);
}

static void
test_default_path (void)
{
  g_autofree char *path = config_default_path ();
  g_autofree char *expected = g_build_filename (g_get_user_config_dir (), "dovetail", "config", NULL);

  g_assert_cmpstr (path, ==, expected);
}

static void
add (const char *path, void (*test) (Fixture *, gconstpointer))
{
  g_test_add (path, Fixture, NULL, fixture_set_up, test, fixture_tear_down);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  add ("/account/config/C9/defaults", test_defaults);
  add ("/account/config/C9/every-key", test_every_key);
  add ("/account/config/C9/port-by-security", test_port_by_security);
  add ("/account/config/C1.4/hold-off", test_hold_off);
  add ("/account/config/file-order", test_file_order);
  add ("/account/config/C9/errors", test_errors);
  add ("/account/config/C9/missing", test_missing);
  add ("/account/config/directory", test_directory);
  add ("/account/config/C1.6/roots", test_roots);
  g_test_add_func ("/account/config/C9/default-path", test_default_path);
  return g_test_run ();
}
