/* Holds, deletions let through (contract C1.4) and the attic's list (C3.6). */
#include "../../engine/journal/journal-deletions.h"
#include "../../engine/journal/journal-unmatched.h"
#include "journal-fixture.h"

typedef struct
{
  gint64 inbox, archive;
  gint64 a, b, c; /* two messages of INBOX, one of Archive */
} Rows;

static Rows
add_rows (Journal *journal)
{
  Rows rows;

  begin (journal);
  rows.inbox = add_mailbox (journal, "INBOX");
  rows.archive = add_mailbox (journal, "Archive");
  rows.a = add_message (journal, rows.inbox, 1, "a");
  rows.b = add_message (journal, rows.inbox, 2, "b");
  rows.c = add_message (journal, rows.archive, 1, "c");
  commit (journal);
  return rows;
}

static void
hold (Journal *journal, gint64 message, JournalSide side, gint64 since)
{
  g_autoptr (GError) error = NULL;

  begin (journal);
  journal_put_hold (journal, message, side, since, &error);
  g_assert_no_error (error);
  commit (journal);
}

static gboolean
append_hold (const JournalHold *row, gpointer text)
{
  g_string_append_printf (text, "%s %s %d%s;", row->mailbox_name,
                          row->side == JOURNAL_SIDE_REMOTE ? "remote" : "local", (int)row->since,
                          row->released ? " released" : "");
  return TRUE;
}

static void
assert_holds (Journal *journal, gint64 mailbox, const char *expected)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GString) text = g_string_new (NULL);

  journal_foreach_hold (journal, mailbox, append_hold, text, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (text->str, ==, expected);
}

typedef gboolean (*HoldsFunc) (Journal *journal, gint64 mailbox, guint *count, GError **error);

static void
run_on_holds (Journal *journal, HoldsFunc func, gint64 mailbox, guint expected)
{
  g_autoptr (GError) error = NULL;
  guint count = G_MAXUINT;

  begin (journal);
  func (journal, mailbox, &count, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (count, ==, expected);
  commit (journal);
}

static void
test_put_again (Fixture *fixture, gconstpointer data)
{
  Rows rows = add_rows (fixture->journal);

  hold (fixture->journal, rows.a, JOURNAL_SIDE_REMOTE, 100);
  hold (fixture->journal, rows.a, JOURNAL_SIDE_REMOTE, 200);
  assert_holds (fixture->journal, 0, "INBOX remote 100;");
  run_on_holds (fixture->journal, journal_release_holds, 0, 1);
  hold (fixture->journal, rows.a, JOURNAL_SIDE_REMOTE, 300);
  assert_holds (fixture->journal, 0, "INBOX remote 100 released;");

  /* Let through on one side is not let through on the other. */
  hold (fixture->journal, rows.a, JOURNAL_SIDE_LOCAL, 400);
  assert_holds (fixture->journal, 0, "INBOX local 400;");
}

static void
test_release_by_mailbox (Fixture *fixture, gconstpointer data)
{
  Rows rows = add_rows (fixture->journal);

  hold (fixture->journal, rows.a, JOURNAL_SIDE_REMOTE, 1);
  hold (fixture->journal, rows.b, JOURNAL_SIDE_REMOTE, 2);
  hold (fixture->journal, rows.c, JOURNAL_SIDE_LOCAL, 3);
  run_on_holds (fixture->journal, journal_release_holds, rows.archive, 1);
  assert_holds (fixture->journal, rows.inbox, "INBOX remote 1;INBOX remote 2;");
  run_on_holds (fixture->journal, journal_release_holds, 0, 2);
  run_on_holds (fixture->journal, journal_release_holds, 0, 0);
  assert_holds (fixture->journal, 0,
                "Archive local 3 released;INBOX remote 1 released;INBOX remote 2 released;");
}

static void
test_restore (Fixture *fixture, gconstpointer data)
{
  Rows rows = add_rows (fixture->journal);

  hold (fixture->journal, rows.a, JOURNAL_SIDE_REMOTE, 1);
  hold (fixture->journal, rows.c, JOURNAL_SIDE_REMOTE, 3);
  run_on_holds (fixture->journal, journal_release_holds, rows.archive, 1);
  run_on_holds (fixture->journal, journal_restore_holds, rows.archive, 0);
  run_on_holds (fixture->journal, journal_restore_holds, 0, 1);
  assert_holds (fixture->journal, 0, "Archive remote 3 released;");
  g_assert_cmpuint (count_messages (fixture->journal, rows.inbox), ==, 1);
  g_assert_cmpuint (count_messages (fixture->journal, rows.archive), ==, 1);
}

static void
test_end_of_hold (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  Rows rows = add_rows (fixture->journal);

  hold (fixture->journal, rows.a, JOURNAL_SIDE_REMOTE, 1);
  hold (fixture->journal, rows.b, JOURNAL_SIDE_REMOTE, 2);
  hold (fixture->journal, rows.c, JOURNAL_SIDE_REMOTE, 3);
  begin (fixture->journal);
  journal_remove_hold (fixture->journal, rows.a, &error);
  g_assert_no_error (error);
  journal_remove_message (fixture->journal, rows.b, &error);
  g_assert_no_error (error);
  commit (fixture->journal);
  assert_holds (fixture->journal, 0, "Archive remote 3;");
  g_assert_cmpuint (count_messages (fixture->journal, rows.inbox), ==, 1);

  begin (fixture->journal);
  g_assert_false (journal_put_hold (fixture->journal, rows.b, JOURNAL_SIDE_LOCAL, 1, &error));
  g_assert_error (error, JOURNAL_ERROR, JOURNAL_ERROR_IO); /* no such message: a hold keeps a base row */
  journal_rollback (fixture->journal);
}

static void
note (Journal *journal, gint64 mailbox, JournalSide side, gint64 now, guint count)
{
  g_autoptr (GError) error = NULL;

  begin (journal);
  journal_note_deletions (journal, mailbox, side, now, count, &error);
  g_assert_no_error (error);
  commit (journal);
}

static void
assert_deletions (Journal *journal, gint64 mailbox, JournalSide side, gint64 since, guint expected)
{
  g_autoptr (GError) error = NULL;
  guint count = G_MAXUINT;

  journal_count_deletions (journal, mailbox, side, since, &count, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (count, ==, expected);
}

#define HOUR 3600

static void
test_deletions (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  Rows rows = add_rows (fixture->journal);

  note (fixture->journal, rows.inbox, JOURNAL_SIDE_REMOTE, 100 * HOUR, 3);
  note (fixture->journal, rows.inbox, JOURNAL_SIDE_REMOTE, 101 * HOUR, 4);
  note (fixture->journal, rows.archive, JOURNAL_SIDE_REMOTE, 101 * HOUR, 5);
  note (fixture->journal, rows.inbox, JOURNAL_SIDE_LOCAL, 101 * HOUR, 60);
  assert_deletions (fixture->journal, rows.inbox, JOURNAL_SIDE_REMOTE, 100 * HOUR, 7);
  assert_deletions (fixture->journal, rows.inbox, JOURNAL_SIDE_REMOTE, 100 * HOUR + 1, 4);
  assert_deletions (fixture->journal, rows.inbox, JOURNAL_SIDE_LOCAL, 0, 60);
  assert_deletions (fixture->journal, rows.inbox, JOURNAL_SIDE_REMOTE, 200 * HOUR, 0);
  assert_deletions (fixture->journal, 0, JOURNAL_SIDE_REMOTE, 0, 12);

  /* Deleting a mailbox counts its messages against the account: they are counted beyond its end. */
  begin (fixture->journal);
  journal_remove_mailbox (fixture->journal, rows.archive, &error);
  g_assert_no_error (error);
  gint64 again = add_mailbox (fixture->journal, "Archive");
  commit (fixture->journal);
  assert_deletions (fixture->journal, 0, JOURNAL_SIDE_REMOTE, 0, 12);
  assert_deletions (fixture->journal, again, JOURNAL_SIDE_REMOTE, 0, 0);

  note (fixture->journal, rows.inbox, JOURNAL_SIDE_REMOTE, 149 * HOUR, 1); /* 48 hours after the second */
  assert_deletions (fixture->journal, 0, JOURNAL_SIDE_REMOTE, 0, 10);
}

static gboolean
append_entry (const JournalAtticEntry *entry, gpointer text)
{
  g_string_append_printf (text, "%s/%s \"%s\" %d %d %d %d [%s];", entry->mailbox, entry->file, entry->subject,
                          (int)entry->internal_date, (int)entry->removed, (int)entry->size, entry->system,
                          entry->keywords);
  return TRUE;
}

static gint64
add_entry (Journal *journal, const char *file, gint64 removed)
{
  g_autoptr (GError) error = NULL;
  JournalAtticEntry entry = { .mailbox = "INBOX",
                              .file = file,
                              .subject = "Tea",
                              .internal_date = 5,
                              .removed = removed,
                              .size = 77,
                              .system = 9,
                              .keywords = "a b" };

  journal_add_attic (journal, &entry, &error);
  g_assert_no_error (error);
  return entry.id;
}

static void
test_attic (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GString) text = g_string_new (NULL);

  begin (fixture->journal);
  add_entry (fixture->journal, "old", 10);
  gint64 middle = add_entry (fixture->journal, "middle", 20);
  add_entry (fixture->journal, "new", 30);
  journal_remove_attic (fixture->journal, middle, &error);
  g_assert_no_error (error);
  commit (fixture->journal);

  journal_foreach_attic (fixture->journal, append_entry, text, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (text->str, ==, "INBOX/new \"Tea\" 5 30 77 9 [a b];INBOX/old \"Tea\" 5 10 77 9 [a b];");
}

static gboolean
append_key (const char *key, gpointer text)
{
  g_string_append_printf (text, "%s;", key);
  return TRUE;
}

static void
assert_unmatched (Journal *journal, gint64 mailbox, const char *expected)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GString) text = g_string_new (NULL);

  journal_foreach_unmatched (journal, mailbox, append_key, text, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (text->str, ==, expected);
}

/* C2.3: what waits after a new matching, until it is released or planned no longer. */
static void
test_unmatched (Fixture *fixture, gconstpointer data)
{
  Rows rows = add_rows (fixture->journal);
  g_autoptr (GError) error = NULL;
  guint count = 0;

  begin (fixture->journal);
  g_assert_true (journal_put_unmatched (fixture->journal, rows.inbox, "upload b", &error));
  g_assert_true (journal_put_unmatched (fixture->journal, rows.inbox, "download 7", &error));
  g_assert_true (journal_put_unmatched (fixture->journal, rows.inbox, "upload b", &error));
  g_assert_true (journal_put_unmatched (fixture->journal, rows.archive, "upload c", &error));
  commit (fixture->journal);
  assert_unmatched (fixture->journal, rows.inbox, "download 7;upload b;");

  begin (fixture->journal);
  g_assert_true (journal_remove_unmatched (fixture->journal, rows.inbox, "download 7", &error));
  g_assert_true (journal_release_unmatched (fixture->journal, rows.archive, &count, &error));
  commit (fixture->journal);
  g_assert_cmpuint (count, ==, 1);
  assert_unmatched (fixture->journal, rows.inbox, "upload b;");
  assert_unmatched (fixture->journal, rows.archive, "");

  begin (fixture->journal);
  g_assert_true (journal_remove_mailbox (fixture->journal, rows.inbox, &error));
  commit (fixture->journal);
  assert_unmatched (fixture->journal, rows.inbox, "");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add ("/journal/holds/C1.4/put-again", Fixture, NULL, fixture_set_up_open, test_put_again,
              fixture_tear_down);
  g_test_add ("/journal/holds/C1.4/release-by-mailbox", Fixture, NULL, fixture_set_up_open,
              test_release_by_mailbox, fixture_tear_down);
  g_test_add ("/journal/holds/C1.4/restore", Fixture, NULL, fixture_set_up_open, test_restore,
              fixture_tear_down);
  g_test_add ("/journal/holds/C1.4/end", Fixture, NULL, fixture_set_up_open, test_end_of_hold,
              fixture_tear_down);
  g_test_add ("/journal/unmatched/C2.3/list", Fixture, NULL, fixture_set_up_open, test_unmatched,
              fixture_tear_down);
  g_test_add ("/journal/deletions/C1.4/count", Fixture, NULL, fixture_set_up_open, test_deletions,
              fixture_tear_down);
  g_test_add ("/journal/attic/C3.6/list", Fixture, NULL, fixture_set_up_open, test_attic, fixture_tear_down);
  return g_test_run ();
}
