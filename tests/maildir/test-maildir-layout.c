/* Mailbox names and directories: contract C6.5 and C6.6, threats.md 3. */
#include "../../engine/maildir/maildir.h"

#include <string.h>

static const AccountLayout layouts[] = { ACCOUNT_LAYOUT_NESTED, ACCOUNT_LAYOUT_MAILDIRPP };

static const struct
{
  const char *description;
  const char *mailbox;
  const char *nested;
  const char *maildirpp;
} map_rows[] = {
  { "INBOX", "INBOX", "INBOX", "" },
  { "beneath INBOX", "INBOX/Lists", "INBOX/Lists", ".INBOX.Lists" },
  { "levels", "Work/2024", "Work/2024", ".Work.2024" },
  { "a dot inside", "a.b/c", "a.b/c", ".a%2Eb.c" },
  { "a leading dot", ".hidden/.too", "%2Ehidden/%2Etoo", ".%2Ehidden.%2Etoo" },
  { "the directory itself", "a/./b", "a/%2E/b", ".a.%2E.b" },
  { "the directory above", "../../etc/passwd", "%2E./%2E./etc/passwd", ".%2E%2E.%2E%2E.etc.passwd" },
  { "an absolute path", "/etc/passwd", "%/etc/passwd", ".%.etc.passwd" },
  { "nothing between slashes", "a//b/", "a/%/b/%", ".a.%.b.%" },
  { "a percent sign", "50% off", "50%25 off", ".50%25 off" },
  { "an escape taken literally", "%2E%2E", "%252E%252E", ".%252E%252E" },
  { "the mark of a hash taken literally", "%~0123456789abcdef", "%25~0123456789abcdef",
    ".%25~0123456789abcdef" },
  { "a lone percent sign", "%", "%25", ".%25" },
  { "parts of a Maildir", "cur/new/tmp", "%63ur/%6Eew/%74mp", ".%63ur.%6Eew.%74mp" },
  { "in any case", "Cur/NEW/tMp", "%43ur/%4EEW/%74Mp", ".%43ur.%4EEW.%74Mp" },
  { "only as whole components", "curs/renew", "curs/renew", ".curs.renew" },
  { "controls", "a\nb\x7f\x01", "a%0Ab%7F%01", ".a%0Ab%7F%01" },
  { "C1 controls", "a\xc2\x85z", "a%C2%85z", ".a%C2%85z" },
  { "other characters with that octet", "\xc2\xa0\xc3\x85", "\xc2\xa0\xc3\x85", ".\xc2\xa0\xc3\x85" },
  { "NFC", "caf\xc3\xa9", "caf\xc3\xa9", ".caf\xc3\xa9" },
  { "spaces and what a shell knows", "a `b` $c *", "a `b` $c *", ".a `b` $c *" },
  { "a backslash", "a\\b", "a\\b", ".a\\b" },
};

static void
test_map (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (map_rows); i++)
    for (gsize j = 0; j < G_N_ELEMENTS (layouts); j++)
      {
        g_autoptr (GError) error = NULL;
        g_autofree char *directory = maildir_directory_for_mailbox (layouts[j], map_rows[i].mailbox, &error);
        g_autofree char *back = NULL;

        g_test_message ("%s", map_rows[i].description);
        g_assert_no_error (error);
        g_assert_cmpstr (directory, ==, j == 0 ? map_rows[i].nested : map_rows[i].maildirpp);
        back = maildir_mailbox_for_directory (layouts[j], directory);
        g_assert_cmpstr (back, ==, map_rows[i].mailbox);
        g_assert_false (maildir_directory_is_hashed (directory));
      }
}

static void
test_inbox_case (void)
{
  g_autofree char *alone = maildir_directory_for_mailbox (ACCOUNT_LAYOUT_NESTED, "inBox", NULL);
  g_autofree char *root = maildir_directory_for_mailbox (ACCOUNT_LAYOUT_MAILDIRPP, "inBox", NULL);
  g_autofree char *below = maildir_directory_for_mailbox (ACCOUNT_LAYOUT_NESTED, "inbox/a", NULL);
  g_autofree char *other = maildir_directory_for_mailbox (ACCOUNT_LAYOUT_NESTED, "inboxes", NULL);

  g_assert_cmpstr (alone, ==, "INBOX");
  g_assert_cmpstr (root, ==, "");
  g_assert_cmpstr (below, ==, "INBOX/a");
  g_assert_cmpstr (other, ==, "inboxes");
}

/* Nothing that the map would not make is taken for a mailbox's directory. */
static void
test_no_mailbox (void)
{
  const struct
  {
    const char *description;
    AccountLayout layout;
    const char *directory;
  } rows[] = {
    { "the root", ACCOUNT_LAYOUT_NESTED, "" },
    { "hidden", ACCOUNT_LAYOUT_NESTED, ".notmuch" },
    { "hidden, further down", ACCOUNT_LAYOUT_NESTED, "a/.notmuch" },
    { "a part of a mailbox", ACCOUNT_LAYOUT_NESTED, "a/cur" },
    { "inbox, which is INBOX", ACCOUNT_LAYOUT_NESTED, "inbox" },
    { "a bare percent sign", ACCOUNT_LAYOUT_NESTED, "50% off" },
    { "an escape that is not needed", ACCOUNT_LAYOUT_NESTED, "%41bc" },
    { "an escape in small letters", ACCOUNT_LAYOUT_NESTED, "%2ehidden" },
    { "an escaped slash", ACCOUNT_LAYOUT_NESTED, "a%2Fb" },
    { "an escaped NUL", ACCOUNT_LAYOUT_NESTED, "a%00b" },
    { "a cut escape", ACCOUNT_LAYOUT_NESTED, "a%2" },
    { "hashed", ACCOUNT_LAYOUT_NESTED, "a%~0123456789abcdef" },
    { "beneath a hashed one", ACCOUNT_LAYOUT_NESTED, "a%~0123456789abcdef/b" },
    { "no UTF-8", ACCOUNT_LAYOUT_NESTED, "a\xff" },
    { "no UTF-8 once it is decoded", ACCOUNT_LAYOUT_NESTED, "a%C2%FF" },
    { "NFD", ACCOUNT_LAYOUT_NESTED, "cafe\xcc\x81" },
    { "no dot", ACCOUNT_LAYOUT_MAILDIRPP, "Work" },
    { "two dots", ACCOUNT_LAYOUT_MAILDIRPP, "..Work" },
    { "a dot at the end", ACCOUNT_LAYOUT_MAILDIRPP, ".Work." },
    { "only a dot", ACCOUNT_LAYOUT_MAILDIRPP, "." },
    { "INBOX, which is the root", ACCOUNT_LAYOUT_MAILDIRPP, ".INBOX" },
    { "a slash", ACCOUNT_LAYOUT_MAILDIRPP, ".a/b" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *mailbox = maildir_mailbox_for_directory (rows[i].layout, rows[i].directory);

      g_test_message ("%s", rows[i].description);
      g_assert_null (mailbox);
    }
}

static void
test_refused (void)
{
  g_autofree char *deep = g_strnfill (200, '/');
  g_autofree char *longest = g_strnfill (4001, 'x');
  g_autoptr (GString) widened = g_string_new (NULL);

  for (gsize i = 1; i < 200; i += 2)
    deep[i - 1] = 'x';
  deep[200] = '\0';
  for (guint i = 0; i < 40; i++)
    {
      g_autofree char *controls = g_strnfill (80, '\x01');

      g_string_append_printf (widened, "%s%s", i > 0 ? "/" : "", controls);
    }

  const struct
  {
    const char *description;
    const char *mailbox;
    gboolean refused[2]; /* nested, maildir++ */
  } rows[] = {
    { "no name", "", { TRUE, TRUE } },
    { "no UTF-8", "a\xff", { TRUE, TRUE } },
    { "UTF-8 in a longer form than needed", "\xc0\xaf", { TRUE, TRUE } },
    { "101 levels", deep, { TRUE, TRUE } },
    { "4001 octets", longest, { TRUE, TRUE } },
    { "escapes that make the path longer than the kernel takes", widened->str, { TRUE, FALSE } },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    for (gsize j = 0; j < G_N_ELEMENTS (layouts); j++)
      {
        g_autoptr (GError) error = NULL;
        g_autofree char *directory = maildir_directory_for_mailbox (layouts[j], rows[i].mailbox, &error);

        g_test_message ("%s", rows[i].description);
        if (rows[i].refused[j])
          g_assert_error (error, MAILDIR_ERROR, MAILDIR_ERROR_NAME);
        else
          g_assert_no_error (error);
        g_assert_cmpint (directory == NULL, ==, rows[i].refused[j]);
      }
}

static void
assert_components_fit (const char *directory)
{
  g_auto (GStrv) components = g_strsplit (directory, "/", -1);

  for (char **component = components; *component != NULL; component++)
    g_assert_cmpuint (strlen (*component), <=, 255);
}

/* At every length around the limit, with characters of each length: whole characters, one hash, no clash. */
static void
test_long (void)
{
  const char *const fills[] = { "x", "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x93\xa7", "%", "." };
  g_autoptr (GHashTable) seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (fills); i++)
    for (gsize j = 0; j < G_N_ELEMENTS (layouts); j++)
      for (guint length = 50; length < 300; length++)
        {
          g_autoptr (GString) name = g_string_new ("a");
          g_autofree char *directory = NULL;
          g_autofree char *back = NULL;
          gboolean hashed;

          for (guint k = 0; k < length; k++)
            g_string_append (name, fills[i]);
          directory = maildir_directory_for_mailbox (layouts[j], name->str, NULL);
          g_assert_nonnull (directory);
          assert_components_fit (directory);
          g_assert_true (g_utf8_validate (directory, -1, NULL));
          hashed = maildir_directory_is_hashed (directory);
          if (strlen (name->str) > 255)
            g_assert_true (hashed);
          back = maildir_mailbox_for_directory (layouts[j], directory);
          g_assert_cmpstr (back, ==, hashed ? NULL : name->str);
          g_assert_true (g_hash_table_add (seen, g_strdup_printf ("%" G_GSIZE_FORMAT "%s", j, directory)));
        }
}

/* A mailbox beneath one with a long name is beneath its directory. */
static void
test_long_parent (void)
{
  g_autofree char *parent = g_strnfill (300, 'p');
  g_autofree char *child = g_strconcat (parent, "/child", NULL);
  g_autofree char *parent_directory = maildir_directory_for_mailbox (ACCOUNT_LAYOUT_NESTED, parent, NULL);
  g_autofree char *child_directory = maildir_directory_for_mailbox (ACCOUNT_LAYOUT_NESTED, child, NULL);
  g_autofree char *expected = g_strconcat (parent_directory, "/child", NULL);

  g_assert_cmpstr (child_directory, ==, expected);
  g_assert_true (maildir_directory_is_hashed (child_directory));
}

/* Names that one directory could stand for get different ones when that is asked for. */
static void
test_fold (void)
{
  const char *const pairs[][2] = { { "Work", "work" },
                                   { "caf\xc3\xa9", "cafe\xcc\x81" },
                                   { "CAF\xc3\x89", "caf\xc3\xa9" },
                                   { "stra\xc3\x9f"
                                     "e",
                                     "STRASSE" } };

  for (gsize i = 0; i < G_N_ELEMENTS (pairs); i++)
    for (gsize j = 0; j < G_N_ELEMENTS (layouts); j++)
      {
        g_autofree char *a = maildir_directory_for_mailbox (layouts[j], pairs[i][0], NULL);
        g_autofree char *b = maildir_directory_for_mailbox (layouts[j], pairs[i][1], NULL);
        g_autofree char *a_fold = maildir_directory_fold (a);
        g_autofree char *b_fold = maildir_directory_fold (b);
        g_autofree char *b_hashed = maildir_directory_hashed (layouts[j], pairs[i][1], NULL);
        g_autofree char *a_hashed = maildir_directory_hashed (layouts[j], pairs[i][0], NULL);
        g_autofree char *b_hashed_fold = maildir_directory_fold (b_hashed);

        g_assert_cmpstr (a_fold, ==, b_fold);
        g_assert_cmpstr (b_hashed_fold, !=, a_fold);
        g_assert_cmpstr (a_hashed, !=, b_hashed);
        g_assert_true (maildir_directory_is_hashed (b_hashed));
      }
}

static void
test_fold_no_utf8 (void)
{
  g_autofree char *fold = maildir_directory_fold ("A\xff");

  g_assert_cmpstr (fold, ==, "a\xff");
}

static const char *const nasty[] = { "",
                                     ".",
                                     "..",
                                     "/",
                                     "//",
                                     "%",
                                     "%%",
                                     "%25",
                                     "%2E",
                                     "%2F",
                                     "%~",
                                     "cur",
                                     "CUR",
                                     "new",
                                     "tmp",
                                     "a",
                                     "A",
                                     "b",
                                     "\n",
                                     "\x7f",
                                     "\x1b",
                                     "\xc2\x80",
                                     "\xc2\x9f",
                                     "\xc2\xa0",
                                     "\xcc\x81",
                                     "e\xcc\x81",
                                     "\xc3\xa9",
                                     "\xef\xbd\xa1",
                                     "\xe2\x80\xae",
                                     "~",
                                     "INBOX",
                                     "inbox",
                                     " ",
                                     ":",
                                     ".Trash",
                                     "\\",
                                     "\xe2\x84\xaa",
                                     "\xe2\x89\xa0",
                                     "0",
                                     "x",
                                     "\xf0\x9f\x93\xa7" };

static char *
random_name (void)
{
  GString *name = g_string_new (NULL);
  int parts = g_test_rand_int_range (1, 9);

  for (int i = 0; i < parts; i++)
    {
      g_string_append (name, nasty[g_test_rand_int_range (0, G_N_ELEMENTS (nasty))]);
      if (g_test_rand_bit ())
        g_string_append_c (name, '/');
    }
  if (g_test_rand_int_range (0, 16) == 0)
    for (int i = 0; i < 60; i++)
      g_string_append (name, nasty[g_test_rand_int_range (0, G_N_ELEMENTS (nasty))]);
  return g_string_free (name, FALSE);
}

static void
assert_stays_inside (AccountLayout layout, const char *directory)
{
  g_auto (GStrv) components = g_strsplit (directory, "/", -1);

  if (layout == ACCOUNT_LAYOUT_MAILDIRPP)
    {
      g_assert_null (strchr (directory, '/'));
      g_assert_true (*directory == '\0' ||
                     (*directory == '.' && directory[1] != '.' && directory[1] != '\0'));
      return;
    }
  for (char **component = components; *component != NULL; component++)
    {
      g_assert_cmpint (**component, !=, '\0');
      g_assert_cmpint (**component, !=, '.');
      g_assert_cmpint (g_ascii_strcasecmp (*component, "cur"), !=, 0);
      g_assert_cmpint (g_ascii_strcasecmp (*component, "new"), !=, 0);
      g_assert_cmpint (g_ascii_strcasecmp (*component, "tmp"), !=, 0);
    }
}

/* What the two names have in common when they may share a directory: NFC and INBOX's case. */
static char *
canonical (const char *mailbox)
{
  char *composed = g_utf8_normalize (mailbox, -1, G_NORMALIZE_DEFAULT_COMPOSE);

  if (g_ascii_strncasecmp (composed, "INBOX", 5) == 0 && (composed[5] == '\0' || composed[5] == '/'))
    memcpy (composed, "INBOX", 5);
  return composed;
}

/* C6.6: reversible, injective, beneath the root, whatever a server thinks of. */
static void
test_property (void)
{
  g_autoptr (GHashTable) owners = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);

  for (guint round = 0; round < 20000; round++)
    {
      g_autofree char *mailbox = random_name ();
      g_autofree char *expected = canonical (mailbox);

      for (gsize j = 0; j < G_N_ELEMENTS (layouts); j++)
        {
          g_autofree char *directory = maildir_directory_for_mailbox (layouts[j], mailbox, NULL);
          g_autofree char *back = NULL;
          g_autofree char *key = NULL;
          const char *owner;

          if (directory == NULL)
            continue;
          assert_components_fit (directory);
          assert_stays_inside (layouts[j], directory);
          for (const char *next = directory; *next != '\0'; next++)
            g_assert_true ((guchar)*next >= 0x20 && *next != 0x7f);
          back = maildir_mailbox_for_directory (layouts[j], directory);
          if (!maildir_directory_is_hashed (directory))
            g_assert_cmpstr (back, ==, expected);
          key = g_strdup_printf ("%" G_GSIZE_FORMAT " %s", j, directory);
          owner = g_hash_table_lookup (owners, key);
          if (owner != NULL)
            g_assert_cmpstr (owner, ==, expected);
          g_hash_table_insert (owners, g_steal_pointer (&key), g_strdup (expected));
        }
    }
}

/* C6.6: directories that a person made in another way than this program would. */
static void
test_foreign (void)
{
  static const struct
  {
    const char *description, *directory;
    const char *nested, *maildirpp; /* (nullable): no mailbox */
  } rows[] = {
    { "as this program writes it", "Work/2024", "Work/2024", NULL },
    { "the same in maildir++", ".Work.2024", ".Work.2024", "Work/2024" },
    { "decomposed", "Cafe\xcc\x81", "Caf\xc3\xa9", NULL },
    { "decomposed in maildir++", ".Cafe\xcc\x81.x", ".Caf\xc3\xa9.x", "Caf\xc3\xa9/x" },
    { "a lone percent sign behind a name", "100%", "100%", NULL },
    { "the same in maildir++", ".100%", ".100%", "100%" },
    { "no escape", "50%zz", "50%zz", NULL },
    { "an escape that need not be", "%41", "A", NULL },
    { "an escaped dot", ".a%2Eb", ".a.b", "a.b" },
    { "INBOX in another spelling", "Inbox", "INBOX", NULL },
    { "below INBOX in another spelling", "inbox/x", "INBOX/x", NULL },
    { "the same in maildir++", ".inbox.x", ".inbox.x", "INBOX/x" },
    { "a separator that is none", "a%2Fb", NULL, NULL },
    { "an end that is none", "a%00b", "a%00b", NULL },
    { "no name on a level", "..a", "..a", NULL },
    { "nothing on a level", "%/a", NULL, NULL },
    { "a hashed one, whose file tells", "Work%~0123456789abcdef", NULL, NULL },
    { "not UTF-8", "a\xff", NULL, NULL },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *nested =
          maildir_mailbox_for_foreign_directory (ACCOUNT_LAYOUT_NESTED, rows[i].directory);
      g_autofree char *maildirpp =
          maildir_mailbox_for_foreign_directory (ACCOUNT_LAYOUT_MAILDIRPP, rows[i].directory);

      g_test_message ("%s", rows[i].description);
      g_assert_cmpstr (nested, ==, rows[i].nested);
      g_assert_cmpstr (maildirpp, ==, rows[i].maildirpp);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/maildir/layout/map", test_map);
  g_test_add_func ("/maildir/layout/inbox-case", test_inbox_case);
  g_test_add_func ("/maildir/layout/no-mailbox", test_no_mailbox);
  g_test_add_func ("/maildir/layout/refused", test_refused);
  g_test_add_func ("/maildir/layout/long", test_long);
  g_test_add_func ("/maildir/layout/long-parent", test_long_parent);
  g_test_add_func ("/maildir/layout/fold", test_fold);
  g_test_add_func ("/maildir/layout/fold-no-utf8", test_fold_no_utf8);
  g_test_add_func ("/maildir/layout/C6.6/foreign", test_foreign);
  g_test_add_func ("/maildir/layout/property", test_property);
  return g_test_run ();
}
