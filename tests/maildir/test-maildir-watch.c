/* A look carried on by what the kernel tells (contract C1.2: nothing is missed; else it says so). */
#include "maildir-fixture.h"

#include "../../engine/maildir/maildir-watch.h"

#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

/* What happens to INBOX, which held "a" (seen), "b" and, not opened yet, "c". */
typedef struct
{
  const char *description;
  const char *from, *to; /* (nullable) renamed, beneath INBOX; without `from` made, without `to` removed */
  const char *from2, *to2;
  const char *bases;   /* what is told of; NULL: the directories have to be read */
  const char *entries; /* of these */
} WatchRow;

static const WatchRow watch_rows[] = {
  { "nothing", NULL, NULL, NULL, NULL, "", "" },
  { "a flag", "cur/a:2,S", "cur/a:2,FS", NULL, NULL, "a", "cur/a:2,FS" },
  { "a flag, and back", "cur/a:2,S", "cur/a:2,FS", "cur/a:2,FS", "cur/a:2,S", "a", "cur/a:2,S" },
  { "opened", "new/c", "cur/c:2,S", NULL, NULL, "c", "cur/c:2,S" },
  { "delivered", NULL, "new/d", NULL, NULL, "d", "new/d" },
  { "delivered and gone", NULL, "new/d", "new/d", NULL, "d", "" },
  { "removed", "cur/a:2,S", NULL, NULL, NULL, "a", "" },
  { "moved in from tmp", "tmp/e", "cur/e:2,S", NULL, NULL, "e", "cur/e:2,S" },
  { "moved away", "cur/b:2,", "tmp/b", NULL, NULL, "b", "" },
  { "another name", "cur/b:2,", "cur/f:2,", NULL, NULL, "b f", "cur/f:2," },
  { "two of them", "cur/a:2,S", "cur/a:2,", "cur/b:2,", "cur/b:2,S", "a b", "cur/a:2, | cur/b:2,S" },
  { "written into", NULL, "cur/b:2,", NULL, NULL, "b", "cur/b:2," },
  { "what is no message", NULL, "cur/.hidden", NULL, NULL, "", "" },
  { "two files of one name", NULL, "cur/d:2,S", NULL, "cur/d:2,F", NULL, "" },
  { "a directory of that name", NULL, "cur/directory/x", NULL, NULL, NULL, "" },
  { "another letter for a keyword", NULL, "dovecot-keywords", NULL, NULL, NULL, "" },
};

static void
do_one (const MaildirFixture *fixture, const char *from, const char *to)
{
  g_autofree char *old = from != NULL ? g_strconcat ("INBOX/", from, NULL) : NULL;
  g_autofree char *new = to != NULL ? g_strconcat ("INBOX/", to, NULL) : NULL;
  g_autofree char *old_path = old != NULL ? maildir_fixture_path (fixture, old) : NULL;
  g_autofree char *new_path = new != NULL ? maildir_fixture_path (fixture, new) : NULL;

  if (old != NULL && new != NULL)
    g_assert_no_errno (rename (old_path, new_path));
  else if (old != NULL)
    g_assert_no_errno (unlink (old_path));
  else if (new != NULL && g_str_has_suffix (new, "/x"))
    maildir_fixture_make_directory (fixture, "INBOX/cur/directory");
  else if (new != NULL)
    maildir_fixture_put (fixture, new, "0 other\n");
}

static int
compare_names (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *)a, *(const char *const *)b);
}

/* (transfer full) */
static char *
join_sorted (GHashTable *names)
{
  guint length;
  g_autofree gpointer *keys = g_hash_table_get_keys_as_array (names, &length);

  qsort (keys, length, sizeof *keys, compare_names);
  return g_strjoinv (" ", (char **)keys);
}

/* Those of them that the look has now, "cur/a:2,S | new/b". (transfer full) */
static char *
describe (const MaildirScan *scan, GHashTable *bases)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < scan->entries->len; i++)
    {
      const MaildirEntry *entry = &g_array_index (scan->entries, MaildirEntry, i);

      if (g_hash_table_contains (bases, entry->base))
        g_string_append_printf (text, "%s%s/%s", text->len > 0 ? " | " : "", entry->in_new ? "new" : "cur",
                                entry->file);
    }
  return g_string_free (text, FALSE);
}

/* A look whose times vouch for something. (transfer full) */
static MaildirScan *
look (MaildirBox *box)
{
  for (;;)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (MaildirScan) scan = maildir_scan (box, &error);

      g_assert_no_error (error);
      if (!scan->racy)
        return g_steal_pointer (&scan);
    }
}

static void
begin (MaildirFixture *fixture, MaildirBox **box)
{
  maildir_fixture_init (fixture, ACCOUNT_LAYOUT_NESTED);
  *box = maildir_fixture_inbox (fixture);
  maildir_fixture_put (fixture, "INBOX/dovecot-keywords", "0 todo\n");
  maildir_fixture_put (fixture, "INBOX/cur/a:2,S", "hello");
  maildir_fixture_put (fixture, "INBOX/cur/b:2,", "hello");
  maildir_fixture_put (fixture, "INBOX/new/c", "hello");
  maildir_fixture_put (fixture, "INBOX/tmp/e", "hello");
}

static void
test_row (gconstpointer data)
{
  const WatchRow *row = data;
  g_auto (MaildirFixture) fixture = { 0 };
  g_autoptr (MaildirBox) box = NULL;
  g_autoptr (MaildirScan) scan = NULL;
  g_autoptr (MaildirWatch) watch = NULL;
  g_autoptr (GHashTable) bases = NULL;
  g_autofree char *told = NULL;
  g_autofree char *entries = NULL;
  g_autofree char *mark = NULL;
  g_autofree char *now = NULL;

  begin (&fixture, &box);
  scan = look (box);
  watch = maildir_watch_new (box, scan);
  g_assert_nonnull (watch);
  do_one (&fixture, row->from, row->to);
  do_one (&fixture, row->from2, row->to2);
  bases = maildir_watch_follow (watch, scan);
  g_assert_cmpint (bases != NULL, ==, row->bases != NULL);
  if (bases == NULL)
    return;
  told = join_sorted (bases);
  entries = describe (scan, bases);
  g_assert_cmpstr (told, ==, row->bases);
  g_assert_cmpstr (entries, ==, row->entries);

  /* It is as good as a look: its times vouch for it, and others change nothing unseen. */
  g_assert_true (maildir_scan_is_current (box, scan));
  mark = maildir_scan_mark (box, scan);
  now = maildir_box_mark (box);
  g_assert_nonnull (mark);
  g_assert_cmpstr (mark, ==, now);
}

/* What came between the look and the watch is nobody's. */
static void
test_too_late (void)
{
  g_auto (MaildirFixture) fixture = { 0 };
  g_autoptr (MaildirBox) box = NULL;
  g_autoptr (MaildirScan) scan = NULL;
  g_autoptr (MaildirWatch) watch = NULL;

  begin (&fixture, &box);
  scan = look (box);
  maildir_fixture_put (&fixture, "INBOX/cur/d:2,", "hello");
  watch = maildir_watch_new (box, scan);
  g_assert_null (watch);
}

/* A second call goes on where the first one was; keywords that are added change nothing. */
static void
test_twice (void)
{
  g_auto (MaildirFixture) fixture = { 0 };
  g_autoptr (MaildirBox) box = NULL;
  g_autoptr (MaildirScan) scan = NULL;
  g_autoptr (MaildirWatch) watch = NULL;

  begin (&fixture, &box);
  scan = look (box);
  watch = maildir_watch_new (box, scan);
  for (guint i = 0; i < 2; i++)
    {
      g_autoptr (GHashTable) bases = NULL;

      do_one (&fixture, i == 0 ? "cur/a:2,S" : "cur/a:2,a", i == 0 ? "cur/a:2,a" : "cur/a:2,Sa");
      if (i == 1)
        maildir_fixture_put (&fixture, "INBOX/dovecot-keywords", "0 todo\n1 later\n");
      bases = maildir_watch_follow (watch, scan);
      g_assert_nonnull (bases);
      g_assert_cmpstr (maildir_scan_find (scan, "a")->file, ==, i == 0 ? "a:2,a" : "a:2,Sa");
      g_assert_cmpuint (scan->entries->len, ==, 3);
    }
  g_assert_cmpint (maildir_keywords_find (&scan->keywords, "later"), ==, 1);
}

/* A directory that is not the one that was opened any more. */
static void
test_replaced (void)
{
  g_auto (MaildirFixture) fixture = { 0 };
  g_autoptr (MaildirBox) box = NULL;
  g_autoptr (MaildirScan) scan = NULL;
  g_autoptr (MaildirWatch) watch = NULL;
  g_autoptr (GHashTable) bases = NULL;

  begin (&fixture, &box);
  scan = look (box);
  watch = maildir_watch_new (box, scan);
  do_one (&fixture, "cur", "old");
  maildir_fixture_make_directory (&fixture, "INBOX/cur");
  bases = maildir_watch_follow (watch, scan);
  g_assert_null (bases);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (watch_rows); i++)
    {
      g_autofree char *path = g_strdup_printf ("/maildir/watch/%s", watch_rows[i].description);

      g_test_add_data_func (path, &watch_rows[i], test_row);
    }
  g_test_add_func ("/maildir/watch/too-late", test_too_late);
  g_test_add_func ("/maildir/watch/twice", test_twice);
  g_test_add_func ("/maildir/watch/replaced", test_replaced);
  return g_test_run ();
}
