/* data/config.example: the program reads it, as it is and with every line taken in; what it calls a default
 * is one (contract C9). */
#include "../../engine/account/config-keys.h"
#include "words.h"

#include <glib/gstdio.h>
#include <string.h>

/* (transfer full): the file, loaded after each "#" that `pattern` finds at the start of a line was taken
 * away. */
static GPtrArray *
load_example (const char *pattern)
{
  g_autofree char *text = source_text ("data/config.example");
  g_autofree char *path = NULL;
  g_autoptr (GRegex) comment = g_regex_new (pattern, G_REGEX_MULTILINE, 0, NULL);
  g_autofree char *taken_in = g_regex_replace_literal (comment, text, -1, 0, "", 0, NULL);
  g_autoptr (GError) error = NULL;
  GPtrArray *accounts;
  int fd = g_file_open_tmp ("dovetail-example-XXXXXX", &path, &error);

  g_assert_no_error (error);
  g_close (fd, NULL);
  g_assert_true (g_file_set_contents (path, taken_in, -1, &error));
  accounts = config_load (path, &error);
  g_unlink (path);
  g_assert_no_error (error);
  return accounts;
}

static const Account *
account_named (GPtrArray *accounts, const char *name)
{
  for (guint i = 0; i < accounts->len; i++)
    {
      const Account *account = g_ptr_array_index (accounts, i);

      if (g_str_equal (account->name, name))
        return account;
    }
  g_error ("no account %s", name);
}

static void
test_as_it_is (void)
{
  g_autoptr (GPtrArray) accounts = load_example ("(?!)");

  g_assert_cmpuint (accounts->len, ==, 1);
  g_assert_cmpstr (account_named (accounts, "work")->password_command, ==, "pass show work");
}

/* Every key of the program is shown, and every line that looks like a key is one. */
static void
test_taken_in (void)
{
  g_autoptr (GPtrArray) accounts = load_example ("^#(?=[a-z-]+=|\\[)");
  g_autofree char *text = source_text ("data/config.example");
  g_autofree char *shown = words_matching (text, "^#?([a-z-]+)=");

  g_assert_cmpuint (accounts->len, ==, 3);
  g_assert_nonnull (account_named (accounts, "work")->tls_pin);
  g_assert_cmpstr (account_named (accounts, "home")->user, ==, "alice@example.net");
  for (const ConfigKey *key = config_keys (); key->name != NULL; key++)
    {
      g_autofree char *without = words_without (shown, key->name);

      if (g_str_equal (without, shown))
        g_error ("%s is not shown", key->name);
    }
}

static void
test_defaults (void)
{
  g_autoptr (GPtrArray) plain = load_example ("(?!)");
  g_autoptr (GPtrArray) taken_in = load_example ("^#(?=[a-z-]+=|\\[)");
  const Account *a = account_named (plain, "work"), *b = account_named (taken_in, "work");

  g_assert_cmpint (a->protocol, ==, b->protocol);
  g_assert_cmpint (a->security, ==, b->security);
  g_assert_cmpint (a->port, ==, b->port);
  g_assert_cmpint (a->layout, ==, b->layout);
  g_assert_true (g_strv_equal ((const char *const *)a->mailboxes, (const char *const *)b->mailboxes));
  g_assert_cmpuint (a->timeout, ==, b->timeout);
  g_assert_cmpuint (a->connections, ==, b->connections);
  g_assert_cmpint (a->delete_mode, ==, b->delete_mode);
  g_assert_cmpint (a->expunge_marked, ==, b->expunge_marked);
  g_assert_cmpint (a->hold_deletions, ==, b->hold_deletions);
  g_assert_cmpuint (a->max_delete_count, ==, b->max_delete_count);
  g_assert_cmpuint (a->max_delete_percent, ==, b->max_delete_percent);
  g_assert_cmpuint (a->keep_deleted, ==, b->keep_deleted);
  g_assert_cmpint (a->gmail, ==, b->gmail);
  g_assert_cmpint (a->info_separator, ==, b->info_separator);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/data/example/as-it-is", test_as_it_is);
  g_test_add_func ("/data/example/taken-in", test_taken_in);
  g_test_add_func ("/data/example/defaults", test_defaults);
  return g_test_run ();
}
