/* The queue, round by round (contract C5.2 and C5.4). */
#include "journal-fixture.h"
#include "../../engine/journal/journal-queue.h"

typedef struct
{
  const char *key;
  JournalOperationKind kind;
  const char *detail;
  gint64 now;
  gboolean refused;  /* expected */
  gint64 first_seen; /* expected */
} Put;

static void
put (Journal *journal, gint64 mailbox, const Put *row)
{
  g_autoptr (GError) error = NULL;
  gboolean refused = !row->refused;
  JournalOperation operation = { .mailbox = mailbox,
                                 .kind = row->kind,
                                 .key = row->key,
                                 .detail = row->detail,
                                 .subject = "Re: tea",
                                 .first_seen = row->now };

  journal_queue_put (journal, &operation, &refused, &error);
  g_assert_no_error (error);
  g_assert_cmpint (operation.id, >, 0);
  g_assert_cmpint (operation.first_seen, ==, row->first_seen);
  g_assert_cmpint (refused, ==, row->refused);
  g_assert_cmpint (operation.state, ==, row->refused ? JOURNAL_OPERATION_REFUSED : JOURNAL_OPERATION_QUEUED);
}

static void
put_round (Journal *journal, gint64 mailbox, const Put *rows, guint n_rows)
{
  g_autoptr (GError) error = NULL;

  begin (journal);
  journal_queue_begin (journal, mailbox, &error);
  g_assert_no_error (error);
  for (guint i = 0; i < n_rows; i++)
    put (journal, mailbox, &rows[i]);
  journal_queue_end (journal, mailbox, &error);
  g_assert_no_error (error);
  commit (journal);
}

static gboolean
append_operation (const JournalOperation *operation, gpointer text)
{
  g_string_append_printf (text, "%s %s (%s)%s%s;", operation->mailbox_name, operation->key, operation->detail,
                          operation->state == JOURNAL_OPERATION_REFUSED ? " refused: " : "",
                          operation->reason != NULL ? operation->reason : "");
  return TRUE;
}

static void
assert_queue (Journal *journal, gint64 mailbox, const char *expected)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GString) text = g_string_new (NULL);

  journal_queue_foreach (journal, mailbox, append_operation, text, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (text->str, ==, expected);
}

static void
test_rounds (Fixture *fixture, gconstpointer data)
{
  const Put first[] = { { "flags 3", JOURNAL_OPERATION_FLAGS, "+\\Seen", 100, FALSE, 100 },
                        { "upload a", JOURNAL_OPERATION_UPLOAD, "d1", 100, FALSE, 100 },
                        { "delete 9", JOURNAL_OPERATION_DELETE, "", 100, FALSE, 100 } };
  const Put second[] = { { "upload a", JOURNAL_OPERATION_UPLOAD, "d2", 200, FALSE, 100 },
                         { "flags 4", JOURNAL_OPERATION_FLAGS, "-\\Seen", 200, FALSE, 200 } };

  begin (fixture->journal);
  gint64 inbox = add_mailbox (fixture->journal, "INBOX"), work = add_mailbox (fixture->journal, "Archive");
  commit (fixture->journal);

  put_round (fixture->journal, inbox, first, G_N_ELEMENTS (first));
  put_round (fixture->journal, work, first, 1);
  assert_queue (fixture->journal, inbox, "INBOX upload a (d1);INBOX flags 3 (+\\Seen);INBOX delete 9 ();");

  /* Another mailbox's round leaves this one's rows alone; its own drops what was not put again. */
  put_round (fixture->journal, inbox, second, G_N_ELEMENTS (second));
  assert_queue (fixture->journal, 0,
                "Archive flags 3 (+\\Seen);INBOX upload a (d2);INBOX flags 4 (-\\Seen);");

  put_round (fixture->journal, inbox, NULL, 0);
  assert_queue (fixture->journal, 0, "Archive flags 3 (+\\Seen);");
}

static void
refuse (Journal *journal, gint64 mailbox, const char *key)
{
  g_autoptr (GError) error = NULL;

  begin (journal);
  journal_queue_refuse (journal, mailbox, key, "too big", &error);
  g_assert_no_error (error);
  commit (journal);
}

static void
test_refusal (Fixture *fixture, gconstpointer data)
{
  const Put first = { "upload a", JOURNAL_OPERATION_UPLOAD, "d1", 100, FALSE, 100 };
  const Put same = { "upload a", JOURNAL_OPERATION_UPLOAD, "d1", 200, TRUE, 100 };
  const Put other_detail = { "upload a", JOURNAL_OPERATION_UPLOAD, "d2", 300, FALSE, 100 };
  const Put other_kind = { "upload a", JOURNAL_OPERATION_REPLACE, "d2", 400, FALSE, 100 };

  begin (fixture->journal);
  gint64 inbox = add_mailbox (fixture->journal, "INBOX");
  commit (fixture->journal);

  put_round (fixture->journal, inbox, &first, 1);
  refuse (fixture->journal, inbox, "upload a");
  put_round (fixture->journal, inbox, &same, 1);
  assert_queue (fixture->journal, 0, "INBOX upload a (d1) refused: too big;");
  put_round (fixture->journal, inbox, &other_detail, 1);
  assert_queue (fixture->journal, 0, "INBOX upload a (d2);");
  refuse (fixture->journal, inbox, "upload a");
  put_round (fixture->journal, inbox, &other_kind, 1);
  assert_queue (fixture->journal, 0, "INBOX upload a (d2);");
}

/* A person who made room on the server has a way on that does not need another message. */
static void
test_retry (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  const Put first = { "upload x", JOURNAL_OPERATION_UPLOAD, "d", 100, FALSE, 100 };
  const Put again = { "upload x", JOURNAL_OPERATION_UPLOAD, "d", 200, FALSE, 100 };
  guint count = 7;

  begin (fixture->journal);
  gint64 inbox = add_mailbox (fixture->journal, "INBOX");
  gint64 work = add_mailbox (fixture->journal, "Work");
  commit (fixture->journal);
  put_round (fixture->journal, inbox, &first, 1);
  put_round (fixture->journal, work, &first, 1);
  begin (fixture->journal);
  g_assert_true (journal_queue_refuse (fixture->journal, inbox, "upload x", "no", &error));
  g_assert_true (journal_queue_refuse (fixture->journal, work, "upload x", "no", &error));
  g_assert_true (journal_queue_retry (fixture->journal, inbox, &count, &error));
  g_assert_cmpuint (count, ==, 1);
  g_assert_true (journal_queue_retry (fixture->journal, inbox, &count, &error));
  g_assert_cmpuint (count, ==, 0);
  commit (fixture->journal);
  assert_queue (fixture->journal, 0, "INBOX upload x (d);Work upload x (d) refused: no;");
  put_round (fixture->journal, inbox, &again, 1);
}

static void
test_refusal_of_nothing (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  begin (fixture->journal);
  gint64 inbox = add_mailbox (fixture->journal, "INBOX");
  g_assert_false (journal_queue_refuse (fixture->journal, inbox, "upload x", "no", &error));
  g_assert_error (error, JOURNAL_ERROR, JOURNAL_ERROR_IO);
  g_assert_nonnull (strstr (error->message, "upload x"));
  journal_rollback (fixture->journal);
}

static void
test_done (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  const Put rows[] = { { "flags 3", JOURNAL_OPERATION_FLAGS, "+\\Seen", 100, FALSE, 100 },
                       { "flags 4", JOURNAL_OPERATION_FLAGS, "+\\Seen", 100, FALSE, 100 } };

  begin (fixture->journal);
  gint64 inbox = add_mailbox (fixture->journal, "INBOX");
  commit (fixture->journal);
  put_round (fixture->journal, inbox, rows, 2);

  begin (fixture->journal);
  journal_queue_remove (fixture->journal, inbox, "flags 3", &error);
  g_assert_no_error (error);
  journal_queue_remove (fixture->journal, inbox, "never there", &error);
  g_assert_no_error (error);
  commit (fixture->journal);
  assert_queue (fixture->journal, 0, "INBOX flags 4 (+\\Seen);");

  begin (fixture->journal);
  journal_remove_mailbox (fixture->journal, inbox, &error);
  g_assert_no_error (error);
  commit (fixture->journal);
  assert_queue (fixture->journal, 0, "");
}

/* A crash between begin and end leaves the queue of the last whole round, with its times. */
static void
test_cut_round (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  const Put first = { "flags 3", JOURNAL_OPERATION_FLAGS, "+\\Seen", 100, FALSE, 100 };
  const Put again = { "flags 3", JOURNAL_OPERATION_FLAGS, "+\\Seen", 200, FALSE, 100 };

  begin (fixture->journal);
  gint64 inbox = add_mailbox (fixture->journal, "INBOX");
  commit (fixture->journal);
  put_round (fixture->journal, inbox, &first, 1);

  begin (fixture->journal);
  journal_queue_begin (fixture->journal, inbox, &error);
  g_assert_no_error (error);
  commit (fixture->journal);
  journal_close (fixture->journal);

  fixture->journal = fixture_open (fixture);
  assert_queue (fixture->journal, 0, "INBOX flags 3 (+\\Seen);");
  put_round (fixture->journal, inbox, &again, 1);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add ("/journal/queue/C5.2/rounds", Fixture, NULL, fixture_set_up_open, test_rounds,
              fixture_tear_down);
  g_test_add ("/journal/queue/C5.2/cut-round", Fixture, NULL, fixture_set_up_open, test_cut_round,
              fixture_tear_down);
  g_test_add ("/journal/queue/C5.2/done", Fixture, NULL, fixture_set_up_open, test_done, fixture_tear_down);
  g_test_add ("/journal/queue/C5.4/refusal", Fixture, NULL, fixture_set_up_open, test_refusal,
              fixture_tear_down);
  g_test_add ("/journal/queue/C5.4/retry", Fixture, NULL, fixture_set_up_open, test_retry, fixture_tear_down);
  g_test_add ("/journal/queue/C5.4/refusal-of-nothing", Fixture, NULL, fixture_set_up_open,
              test_refusal_of_nothing, fixture_tear_down);
  return g_test_run ();
}
