/* Looking at a mailbox: contract C1.2, C3.3; field-notes.md 3(g): while other programs rename. */
#include "maildir-fixture.h"
#include "../../engine/message/message-print.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static MaildirScan *
scan_box (MaildirBox *box)
{
  g_autoptr (GError) error = NULL;
  MaildirScan *scan = maildir_scan (box, &error);

  g_assert_no_error (error);
  return scan;
}

/* "new/file size flags letters" of each, separated by " | ". */
static char *
describe (const MaildirScan *scan)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < scan->entries->len; i++)
    {
      const MaildirEntry *entry = &g_array_index (scan->entries, MaildirEntry, i);

      g_string_append_printf (text, "%s%s/%s %" G_GUINT64_FORMAT " %x %x", i > 0 ? " | " : "",
                              entry->in_new ? "new" : "cur", entry->file, entry->size, (guint)entry->system,
                              entry->letters);
    }
  return g_string_free (text, FALSE);
}

static void
test_entries (void)
{
  g_auto (MaildirFixture) fixture = { 0 };
  g_autoptr (MaildirBox) box = NULL;
  g_autoptr (MaildirScan) scan = NULL;
  g_autofree char *text = NULL;
  g_autofree char *link = NULL;
  g_autofree char *fifo = NULL;

  maildir_fixture_init (&fixture, ACCOUNT_LAYOUT_NESTED);
  box = maildir_fixture_inbox (&fixture);
  maildir_fixture_put (&fixture, "INBOX/cur/b:2,Sa", "hello");
  maildir_fixture_put (&fixture, "INBOX/cur/c", "");
  maildir_fixture_put (&fixture, "INBOX/new/a", "x");
  maildir_fixture_put (&fixture, "INBOX/new/d:2,F", "xy");
  maildir_fixture_put (&fixture, "INBOX/cur/.hidden", "x");
  maildir_fixture_put (&fixture, "INBOX/tmp/e", "x");
  maildir_fixture_make_directory (&fixture, "INBOX/cur/directory");
  link = maildir_fixture_path (&fixture, "INBOX/cur/link:2,S");
  g_assert_no_errno (symlink ("b:2,Sa", link));
  fifo = maildir_fixture_path (&fixture, "INBOX/new/fifo");
  g_assert_no_errno (mkfifo (fifo, 0600));
  scan = scan_box (box);
  text = describe (scan);
  g_assert_cmpstr (text, ==, "new/a 1 0 0 | cur/b:2,Sa 5 10 1 | cur/c 0 0 0 | new/d:2,F 2 2 0");
  g_assert_cmpuint (scan->doubles->len, ==, 0);
  g_assert_true (maildir_scan_is_current (box, scan));
}

/* The first is known as it is, the second as it was: what was done to it since is found. */
static const struct
{
  const char *description;
  const char *before, *after; /* beneath INBOX */
  const char *touched;        /* (nullable) new content */
  gboolean found_first, found_second, has_double;
  const char *entries;
} change_rows[] = {
  { "nothing", "cur/b:2,S", "cur/b:2,S", NULL, TRUE, TRUE, FALSE, "" },
  { "opened, without a flag", "new/b", "cur/b:2,", NULL, TRUE, TRUE, FALSE, "" },
  { "in another order", "cur/b:2,FS", "cur/b:2,SF", NULL, TRUE, TRUE, FALSE, "" },
  { "a flag", "cur/b:2,S", "cur/b:2,FS", NULL, TRUE, FALSE, FALSE, "cur/b:2,FS 5 12 0" },
  { "a keyword", "cur/b:2,S", "cur/b:2,Sa", NULL, TRUE, FALSE, FALSE, "cur/b:2,Sa 5 10 1" },
  { "a letter for the same keyword", "cur/b:2,Sa", "cur/b:2,Sb", NULL, TRUE, TRUE, FALSE, "" },
  { "another size", "cur/b:2,S", "cur/b:2,S", "longer content", TRUE, FALSE, FALSE, "cur/b:2,S 14 10 0" },
  { "another name", "cur/b:2,S", "cur/c:2,S", NULL, TRUE, FALSE, FALSE, "cur/c:2,S 5 10 0" },
  { "the first one's name", "cur/b:2,S", "new/a", NULL, TRUE, FALSE, TRUE, "" },
};

#define AGED_NS G_GINT64_CONSTANT (1600000000000000001) /* as maildir_fixture_age leaves it */

static void
put_at (const MaildirFixture *fixture, const char *relative, const char *content, gint64 seconds)
{
  g_autofree char *path = g_strconcat ("INBOX/", relative, NULL);

  maildir_fixture_put (fixture, path, content);
  maildir_fixture_age (fixture, path, seconds);
}

static void
check_change (gsize row)
{
  g_auto (MaildirFixture) fixture = { 0 };
  g_autoptr (MaildirBox) box = NULL;
  g_autoptr (MessageKeywordPool) pool = message_keyword_pool_new ();
  g_autoptr (MaildirKnown) known = maildir_known_new ();
  g_autoptr (MaildirScan) scan = NULL;
  g_autoptr (GError) error = NULL;
  g_auto (MaildirName) name = { 0 };
  g_autofree char *text = NULL;

  maildir_fixture_init (&fixture, ACCOUNT_LAYOUT_NESTED);
  box = maildir_fixture_inbox (&fixture);
  maildir_fixture_put (&fixture, "INBOX/dovecot-keywords", "0 todo\n1 ToDo\n");
  g_assert_true (maildir_name_parse (strchr (change_rows[row].before, '/') + 1, ':', &name));
  put_at (&fixture, "cur/a:2,", "hello", 1600000000);
  put_at (&fixture, change_rows[row].after,
          change_rows[row].touched != NULL ? change_rows[row].touched : "hello", 1600000000);
  maildir_known_add (known, MESSAGE_PRINT_NONE);
  maildir_known_add (known, message_print ("a", 0, "", 5, AGED_NS));
  maildir_known_add (known,
                     message_print (name.base, name.system, name.letters != 0 ? "todo" : "", 5, AGED_NS));
  scan = maildir_scan_changed (box, known, pool, &error);
  g_assert_no_error (error);
  text = describe (scan);
  g_assert_cmpstr (text, ==, change_rows[row].entries);
  g_assert_false (maildir_known_was_found (known, 0));
  g_assert_cmpint (maildir_known_was_found (known, 1), ==, change_rows[row].found_first);
  g_assert_cmpint (maildir_known_was_found (known, 2), ==, change_rows[row].found_second);
  g_assert_cmpint (scan->has_known_double, ==, change_rows[row].has_double);
}

static void
test_changed (void)
{
  for (gsize row = 0; row < G_N_ELEMENTS (change_rows); row++)
    {
      g_test_message ("%s", change_rows[row].description);
      check_change (row);
    }
}

/* Around the size of a batch, each name is seen once. */
static void
test_batches (void)
{
  static const guint counts[] = { 511, 512, 2047, 2048, 2049, 4096 };
  g_auto (MaildirFixture) fixture = { 0 };
  g_autoptr (MaildirBox) box = NULL;
  guint made = 0;

  maildir_fixture_init (&fixture, ACCOUNT_LAYOUT_NESTED);
  box = maildir_fixture_inbox (&fixture);
  for (gsize i = 0; i < G_N_ELEMENTS (counts); i++)
    {
      g_autoptr (MaildirScan) scan = NULL;

      for (; made < counts[i]; made++)
        {
          g_autofree char *name = g_strdup_printf ("INBOX/cur/m%u:2,", made);

          maildir_fixture_put (&fixture, name, "x");
        }
      scan = scan_box (box);
      g_assert_cmpuint (scan->entries->len, ==, counts[i]);
      g_assert_cmpuint (scan->doubles->len, ==, 0);
    }
}

/* Without a look into the directories nothing is named, and their mark is the same as a look's. */
static void
test_unread (void)
{
  g_auto (MaildirFixture) fixture = { 0 };
  g_autoptr (MaildirBox) box = NULL;
  g_autoptr (MaildirScan) scan = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *mark = NULL;
  g_autofree char *now = NULL;

  maildir_fixture_init (&fixture, ACCOUNT_LAYOUT_NESTED);
  box = maildir_fixture_inbox (&fixture);
  maildir_fixture_put (&fixture, "INBOX/cur/a:2,S", "hello");
  maildir_fixture_put (&fixture, "INBOX/dovecot-keywords", "0 todo\n");
  scan = maildir_scan_unread (box, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (scan->entries->len, ==, 0);
  g_assert_cmpint (maildir_keywords_find (&scan->keywords, "todo"), ==, 0);
  mark = maildir_scan_mark (box, scan);
  now = maildir_box_mark (box);
  g_assert_cmpstr (mark, ==, now);
  g_assert_true (maildir_scan_is_current (box, scan));
  maildir_fixture_put (&fixture, "INBOX/cur/b:2,S", "hello");
  maildir_fixture_age (&fixture, "INBOX/cur", 1600000000);
  g_assert_false (maildir_scan_is_current (box, scan));
}

static void
test_facts (void)
{
  g_auto (MaildirFixture) fixture = { 0 };
  g_autoptr (MaildirBox) box = NULL;
  g_autoptr (MaildirScan) scan = NULL;
  const MaildirEntry *entry;

  maildir_fixture_init (&fixture, ACCOUNT_LAYOUT_NESTED);
  box = maildir_fixture_inbox (&fixture);
  maildir_fixture_put (&fixture, "INBOX/cur/b:2,S", "hello");
  maildir_fixture_age (&fixture, "INBOX/cur/b:2,S", 1600000000);
  scan = scan_box (box);
  entry = maildir_scan_find (scan, "b");
  g_assert_nonnull (entry);
  g_assert_cmpint (entry->mtime_ns, ==, G_GINT64_CONSTANT (1600000000000000001));
  g_assert_cmpint (entry->ctime_ns, >, entry->mtime_ns);
  g_assert_cmpuint (entry->inode, >, 0);
  g_assert_null (maildir_scan_find (scan, "a"));
  g_assert_null (maildir_scan_find (scan, "c"));
  g_assert_null (maildir_scan_find (scan, "b:2,S"));
}

static void
test_find_each (void)
{
  g_auto (MaildirFixture) fixture = { 0 };
  g_autoptr (MaildirBox) box = NULL;
  g_autoptr (MaildirScan) scan = NULL;

  maildir_fixture_init (&fixture, ACCOUNT_LAYOUT_NESTED);
  box = maildir_fixture_inbox (&fixture);
  for (guint i = 0; i < 100; i++)
    {
      g_autofree char *file = g_strdup_printf ("INBOX/cur/%u.host:2,", i * 37 % 100);
      maildir_fixture_put (&fixture, file, "");
    }
  scan = scan_box (box);
  g_assert_cmpuint (scan->entries->len, ==, 100);
  for (guint i = 0; i < 100; i++)
    {
      g_autofree char *base = g_strdup_printf ("%u.host", i);
      g_assert_cmpstr (maildir_scan_find (scan, base)->base, ==, base);
      if (i > 0)
        g_assert_cmpstr (g_array_index (scan->entries, MaildirEntry, i - 1).base, <,
                         g_array_index (scan->entries, MaildirEntry, i).base);
    }
}

static void
test_doubles (void)
{
  g_auto (MaildirFixture) fixture = { 0 };
  g_autoptr (MaildirBox) box = NULL;
  g_autoptr (MaildirScan) scan = NULL;
  g_autofree char *text = NULL;

  maildir_fixture_init (&fixture, ACCOUNT_LAYOUT_NESTED);
  box = maildir_fixture_inbox (&fixture);
  maildir_fixture_put (&fixture, "INBOX/new/a", "1");
  maildir_fixture_put (&fixture, "INBOX/cur/a:2,S", "22");
  maildir_fixture_put (&fixture, "INBOX/cur/a:2,FS", "333");
  maildir_fixture_put (&fixture, "INBOX/cur/b:2,", "");
  scan = scan_box (box);
  text = describe (scan);
  g_assert_cmpstr (text, ==, "cur/a:2,FS 3 12 0 | cur/b:2, 0 0 0");
  g_assert_cmpuint (scan->doubles->len, ==, 2);
  g_assert_cmpstr (g_ptr_array_index (scan->doubles, 0), ==, "a:2,S");
  g_assert_cmpstr (g_ptr_array_index (scan->doubles, 1), ==, "a");
}

static void
test_is_current (void)
{
  const struct
  {
    const char *description;
    const char *put; /* (nullable) */
    gboolean current;
  } rows[] = {
    { "nothing happened", NULL, TRUE },
    { "a delivery", "INBOX/new/z", FALSE },
    { "a file in cur", "INBOX/cur/z:2,", FALSE },
    { "something in tmp", "INBOX/tmp/z", TRUE },
    { "C3.1 a file rewritten in place does not show", "INBOX/cur/a:2,", TRUE },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_auto (MaildirFixture) fixture = { 0 };
      g_autoptr (MaildirBox) box = NULL;
      g_autoptr (MaildirScan) scan = NULL;

      g_test_message ("%s", rows[i].description);
      maildir_fixture_init (&fixture, ACCOUNT_LAYOUT_NESTED);
      box = maildir_fixture_inbox (&fixture);
      maildir_fixture_put (&fixture, "INBOX/cur/a:2,", "");
      maildir_fixture_age (&fixture, "INBOX/cur", 1600000000);
      maildir_fixture_age (&fixture, "INBOX/new", 1600000000);
      scan = scan_box (box);
      if (rows[i].put != NULL)
        maildir_fixture_put (&fixture, rows[i].put, "x");
      g_assert_cmpint (maildir_scan_is_current (box, scan), ==, rows[i].current);
    }
}

/* C1.2: a directory that is taken away while it is open gives no empty answer. */
static void
test_taken_away (void)
{
  const char *const parts[] = { "INBOX/cur", "INBOX/new", "INBOX" };

  for (gsize i = 0; i < G_N_ELEMENTS (parts); i++)
    for (int again = 0; again <= 1; again++)
      {
        g_auto (MaildirFixture) fixture = { 0 };
        g_autoptr (MaildirBox) box = NULL;
        g_autoptr (MaildirScan) scan = NULL;
        g_autoptr (GError) error = NULL;

        maildir_fixture_init (&fixture, ACCOUNT_LAYOUT_NESTED);
        box = maildir_fixture_inbox (&fixture);
        maildir_fixture_put (&fixture, "INBOX/cur/a:2,", "");
        scan = scan_box (box);
        maildir_fixture_remove (&fixture, parts[i]);
        if (again)
          {
            maildir_fixture_make_directory (&fixture, "INBOX/cur");
            maildir_fixture_make_directory (&fixture, "INBOX/new");
          }
        g_assert_false (maildir_scan_is_current (box, scan));
        g_assert_null (maildir_scan (box, &error));
        g_assert_error (error, MAILDIR_ERROR, MAILDIR_ERROR_DAMAGED);
      }
}

static void
test_bad_keywords (void)
{
  g_auto (MaildirFixture) fixture = { 0 };
  g_autoptr (MaildirBox) box = NULL;
  g_autoptr (GError) error = NULL;

  maildir_fixture_init (&fixture, ACCOUNT_LAYOUT_NESTED);
  box = maildir_fixture_inbox (&fixture);
  maildir_fixture_make_directory (&fixture, "INBOX/dovecot-keywords");
  g_assert_null (maildir_scan (box, &error));
  g_assert_error (error, MAILDIR_ERROR, MAILDIR_ERROR_IO);
}

#define BUSY_MESSAGES 40

typedef struct
{
  const MaildirFixture *fixture;
  gint stop;
} Renamer;

/* Another mail client: each message from new/ to cur/, then through its flags, for ever. */
static gpointer
rename_all_the_time (gpointer data)
{
  Renamer *renamer = data;
  g_autofree char *directory = maildir_fixture_path (renamer->fixture, "INBOX");
  const char *const forms[] = { "new/%u.host", "cur/%u.host:2,", "cur/%u.host:2,S", "cur/%u.host:2,FS" };
  int fd = open (directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

  for (guint round = 0; g_atomic_int_get (&renamer->stop) == 0; round++)
    for (guint i = 0; i < BUSY_MESSAGES; i++)
      {
        guint from = round < 3 ? round : 2 + (round - 2) % 2, to = round < 3 ? round + 1 : 5 - from;
        char old[64], fresh[64];

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        snprintf (old, sizeof old, forms[from], i);
        snprintf (fresh, sizeof fresh, forms[to], i);
#pragma GCC diagnostic pop
        renameat (fd, old, fd, fresh);
        if (i == 0)
          g_usleep (200);
      }
  close (fd);
  return NULL;
}

/* C1.2: whatever the moment, a look that is believed has every message, and a search finds it. */
static void
test_busy (void)
{
  g_auto (MaildirFixture) fixture = { 0 };
  g_autoptr (MaildirBox) box = NULL;
  Renamer renamer = { .fixture = &fixture };
  GThread *thread;
  guint believed = 0;

  maildir_fixture_init (&fixture, ACCOUNT_LAYOUT_NESTED);
  box = maildir_fixture_inbox (&fixture);
  for (guint i = 0; i < BUSY_MESSAGES; i++)
    {
      g_autofree char *file = g_strdup_printf ("INBOX/new/%u.host", i);
      maildir_fixture_put (&fixture, file, "x");
    }
  thread = g_thread_new ("renamer", rename_all_the_time, &renamer);
  for (guint i = 0; i < 300; i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (MaildirScan) scan = maildir_scan (box, &error);
      g_autofree char *base = g_strdup_printf ("%u.host", i % BUSY_MESSAGES);
      g_autofree char *file = NULL;
      gboolean in_new;

      if (scan == NULL)
        g_assert_error (error, MAILDIR_ERROR, MAILDIR_ERROR_DAMAGED);
      else
        g_assert_cmpuint (scan->entries->len, ==, BUSY_MESSAGES);
      believed += scan != NULL;
      g_clear_error (&error);
      if (!maildir_box_find (box, base, &file, &in_new, &error))
        g_assert_error (error, MAILDIR_ERROR, MAILDIR_ERROR_DAMAGED);
    }
  g_atomic_int_set (&renamer.stop, 1);
  g_thread_join (thread);
  g_test_message ("%u of 300 looks were quiet enough", believed);
}

static void
test_find_file (void)
{
  const struct
  {
    const char *base;
    const char *file; /* (nullable) NULL: GONE */
    gboolean in_new;
  } rows[] = {
    { "a", "a", TRUE },       { "b", "b:2,S", FALSE }, { "c", "c:2,F", FALSE },     { "link", NULL, FALSE },
    { "b:2,S", NULL, FALSE }, { "", NULL, FALSE },     { "../cur/b", NULL, FALSE }, { "bb", NULL, FALSE },
  };
  g_auto (MaildirFixture) fixture = { 0 };
  g_autoptr (MaildirBox) box = NULL;
  g_autofree char *link = NULL;

  maildir_fixture_init (&fixture, ACCOUNT_LAYOUT_NESTED);
  box = maildir_fixture_inbox (&fixture);
  maildir_fixture_put (&fixture, "INBOX/new/a", "");
  maildir_fixture_put (&fixture, "INBOX/cur/b:2,S", "");
  maildir_fixture_put (&fixture, "INBOX/cur/c:2,S", "");
  maildir_fixture_put (&fixture, "INBOX/cur/c:2,F", "");
  maildir_fixture_put (&fixture, "INBOX/new/c", "");
  link = maildir_fixture_path (&fixture, "INBOX/cur/link:2,S");
  g_assert_no_errno (symlink ("b:2,S", link));
  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autofree char *file = NULL;
      gboolean in_new = FALSE;

      g_assert_cmpint (maildir_box_find (box, rows[i].base, &file, &in_new, &error), ==,
                       rows[i].file != NULL);
      if (rows[i].file == NULL)
        g_assert_error (error, MAILDIR_ERROR, MAILDIR_ERROR_GONE);
      g_assert_cmpstr (file, ==, rows[i].file);
      g_assert_cmpint (in_new, ==, rows[i].in_new);
    }
}

static void
test_large (void)
{
  g_auto (MaildirFixture) fixture = { 0 };
  g_autoptr (MaildirBox) box = NULL;
  g_autoptr (MaildirScan) scan = NULL;
  guint count = g_test_perf () ? 100000 : 5000;

  maildir_fixture_init (&fixture, ACCOUNT_LAYOUT_NESTED);
  box = maildir_fixture_inbox (&fixture);
  for (guint i = 0; i < count; i++)
    {
      g_autofree char *file = g_strdup_printf ("INBOX/cur/%u.M%06uP4242Q%uRabcdef0123456789.host:2,S",
                                               1600000000 + i, i * 7919 % 1000000, i);
      maildir_fixture_put (&fixture, file, "");
    }
  maildir_fixture_age (&fixture, "INBOX/cur", 1600000000);
  g_test_timer_start ();
  scan = scan_box (box);
  g_test_timer_elapsed ();
  g_test_minimized_result (g_test_timer_last (), "a look at %u messages: %.3f s", count,
                           g_test_timer_last ());
  g_assert_cmpuint (scan->entries->len, ==, count);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/maildir/scan/C3.1/changed", test_changed);
  g_test_add_func ("/maildir/scan/unread", test_unread);
  g_test_add_func ("/maildir/scan/batches", test_batches);
  g_test_add_func ("/maildir/scan/entries", test_entries);
  g_test_add_func ("/maildir/scan/facts", test_facts);
  g_test_add_func ("/maildir/scan/find-each", test_find_each);
  g_test_add_func ("/maildir/scan/doubles", test_doubles);
  g_test_add_func ("/maildir/scan/C1.2/is-current", test_is_current);
  g_test_add_func ("/maildir/scan/C1.2/taken-away", test_taken_away);
  g_test_add_func ("/maildir/scan/bad-keywords", test_bad_keywords);
  g_test_add_func ("/maildir/scan/C1.2/busy", test_busy);
  g_test_add_func ("/maildir/scan/find-file", test_find_file);
  g_test_add_func ("/maildir/scan/large", test_large);
  return g_test_run ();
}
