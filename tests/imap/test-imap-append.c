/* APPEND: the message streams when the server is ready for it, whole or not at all (contract C2.1). */
#include "batch-fixture.h"

#include <string.h>

#define X10 "xxxxxxxxxx"

#define APPEND_MESSAGE " \\(\\\\Seen\\) \"17-Jul-1996 09:44:25 \\+0000\" "
#define APPEND_LINE "APPEND INBOX" APPEND_MESSAGE

typedef struct
{
  const char *description;
  const char *capabilities;
  guint64 announced, real, fails_at;
  const char *done;
  const char *complaint; /* (nullable) the session fails */
  FakeStep steps[10];
  guint count; /* messages in the command; 0: one */
} AppendRow;

static const AppendRow append_rows[] = {
  { "synchronizing: what comes later waits",
    "IMAP4rev1",
    10,
    10,
    0,
    "oo",
    NULL,
    { { FAKE_EXPECT_REGEX, "$TAG1 " APPEND_LINE "\\{10\\}" },
      { FAKE_SEND, "+ go\r\n" },
      { FAKE_EXPECT_LITERAL, X10 "\r\n", 12 },
      { FAKE_EXPECT, "$TAG2 UID FETCH 1 *" },
      { FAKE_SEND, "$TAG2 OK\r\n$TAG1 OK [APPENDUID 7 100] done\r\n" } } },
  { "synchronizing, refused: the message is not sent",
    "IMAP4rev1",
    10,
    10,
    0,
    "no",
    NULL,
    { { FAKE_EXPECT_REGEX, "$TAG1 " APPEND_LINE "\\{10\\}" },
      { FAKE_SEND, "$TAG1 NO [TRYCREATE] no such mailbox\r\n" },
      { FAKE_EXPECT, "$TAG2 UID FETCH 1 *" },
      { FAKE_SEND, "$TAG2 OK\r\n" } } },
  { "synchronizing, BAD: the message is not sent",
    "IMAP4rev1",
    10,
    10,
    0,
    "bo",
    NULL,
    { { FAKE_EXPECT_REGEX, "$TAG1 " APPEND_LINE "\\{10\\}" },
      { FAKE_SEND, "$TAG1 BAD syntax\r\n" },
      { FAKE_EXPECT, "$TAG2 UID FETCH 1 *" },
      { FAKE_SEND, "$TAG2 OK\r\n" } } },
  { "synchronizing, OK before the message: a lie",
    "IMAP4rev1",
    10,
    10,
    0,
    "",
    "not sent",
    { { FAKE_EXPECT_REGEX, "$TAG1 " APPEND_LINE "\\{10\\}" },
      { FAKE_SEND, "$TAG1 OK\r\n" },
      { FAKE_EXPECT_CLOSE } } },
  { "what waits can't be answered",
    "IMAP4rev1",
    10,
    10,
    0,
    "",
    "not sent",
    { { FAKE_EXPECT_REGEX, "$TAG1 " APPEND_LINE "\\{10\\}" },
      { FAKE_SEND, "A5 NO\r\n" },
      { FAKE_EXPECT_CLOSE } } },
  { "LITERAL+: nothing waits",
    "IMAP4rev1 LITERAL+",
    10,
    10,
    0,
    "oo",
    NULL,
    { { FAKE_EXPECT_REGEX, "$TAG1 " APPEND_LINE "\\{10\\+\\}" },
      { FAKE_EXPECT_LITERAL, X10 "\r\n", 12 },
      { FAKE_EXPECT, "$TAG2 UID FETCH 1 *" },
      { FAKE_SEND, "$TAG1 OK\r\n$TAG2 OK\r\n" } } },
  { "LITERAL-: a small one does not wait",
    "IMAP4rev1 LITERAL-",
    10,
    10,
    0,
    "oo",
    NULL,
    { { FAKE_EXPECT_REGEX, "$TAG1 " APPEND_LINE "\\{10\\+\\}" },
      { FAKE_EXPECT_LITERAL, X10 "\r\n", 12 },
      { FAKE_EXPECT, "$TAG2 UID FETCH 1 *" },
      { FAKE_SEND, "$TAG1 OK\r\n$TAG2 OK\r\n" } } },
  { "LITERAL-: a big one does",
    "IMAP4rev1 LITERAL-",
    4097,
    4097,
    0,
    "oo",
    NULL,
    { { FAKE_EXPECT_REGEX, "$TAG1 " APPEND_LINE "\\{4097\\}" },
      { FAKE_SEND, "+ \r\n" },
      { FAKE_EXPECT_LITERAL, NULL, 4099 },
      { FAKE_EXPECT, "$TAG2 UID FETCH 1 *" },
      { FAKE_SEND, "$TAG1 OK\r\n$TAG2 OK\r\n" } } },
  { "LITERAL+, refused while it is sent",
    "IMAP4rev1 LITERAL+",
    3000000,
    3000000,
    0,
    "no",
    NULL,
    { { FAKE_EXPECT_REGEX, "$TAG1 " APPEND_LINE "\\{3000000\\+\\}" },
      { FAKE_SEND, "$TAG1 NO [TOOBIG] too big\r\n" },
      { FAKE_EXPECT_LITERAL, NULL, 3000002 },
      { FAKE_EXPECT, "$TAG2 UID FETCH 1 *" },
      { FAKE_SEND, "$TAG2 OK\r\n" } } },
  { "nothing at all",
    "IMAP4rev1 LITERAL+",
    0,
    0,
    0,
    "oo",
    NULL,
    { { FAKE_EXPECT_REGEX, "$TAG1 " APPEND_LINE "\\{0\\+\\}" },
      { FAKE_EXPECT_LITERAL, "\r\n", 2 },
      { FAKE_EXPECT, "$TAG2 UID FETCH 1 *" },
      { FAKE_SEND, "$TAG1 OK\r\n$TAG2 OK\r\n" } } },
  { "the source is shorter than announced",
    "IMAP4rev1 LITERAL+",
    10,
    9,
    0,
    "",
    "changed while it was being sent",
    { { FAKE_EXPECT_CLOSE } } },
  { "the source is longer than announced",
    "IMAP4rev1 LITERAL+",
    10,
    11,
    0,
    "",
    "changed while it was being sent",
    { { FAKE_EXPECT_CLOSE } } },
  { "the source fails", "IMAP4rev1 LITERAL+", 10, 10, 4, "", "the disk is gone", { { FAKE_EXPECT_CLOSE } } },
  { "the link is lost before the message may go",
    "IMAP4rev1",
    10,
    10,
    0,
    "",
    "closed",
    { { FAKE_EXPECT_REGEX, "$TAG1 " APPEND_LINE "\\{10\\}" }, { FAKE_CUT } } },
  { "several: nothing waits",
    "IMAP4rev1 LITERAL+ MULTIAPPEND",
    10,
    10,
    0,
    "oo",
    NULL,
    { { FAKE_EXPECT_REGEX, "$TAG1 " APPEND_LINE "\\{10\\+\\}" },
      { FAKE_EXPECT_LITERAL, X10, 10 },
      { FAKE_EXPECT_REGEX, APPEND_MESSAGE "\\{10\\+\\}" },
      { FAKE_EXPECT_LITERAL, X10 "\r\n", 12 },
      { FAKE_EXPECT, "$TAG2 UID FETCH 1 *" },
      { FAKE_SEND, "$TAG1 OK [APPENDUID 7 100:101] done\r\n$TAG2 OK\r\n" } },
    2 },
  { "several, synchronizing: each waits",
    "IMAP4rev1 MULTIAPPEND",
    10,
    10,
    0,
    "oo",
    NULL,
    { { FAKE_EXPECT_REGEX, "$TAG1 " APPEND_LINE "\\{10\\}" },
      { FAKE_SEND, "+ go\r\n" },
      { FAKE_EXPECT_LITERAL, X10, 10 },
      { FAKE_EXPECT_REGEX, APPEND_MESSAGE "\\{10\\}" },
      { FAKE_SEND, "+ on\r\n" },
      { FAKE_EXPECT_LITERAL, X10 "\r\n", 12 },
      { FAKE_EXPECT, "$TAG2 UID FETCH 1 *" },
      { FAKE_SEND, "$TAG1 OK\r\n$TAG2 OK\r\n" } },
    2 },
  { "several, synchronizing, the second refused: neither it nor the third is sent",
    "IMAP4rev1 MULTIAPPEND",
    10,
    10,
    0,
    "no",
    NULL,
    { { FAKE_EXPECT_REGEX, "$TAG1 " APPEND_LINE "\\{10\\}" },
      { FAKE_SEND, "+ go\r\n" },
      { FAKE_EXPECT_LITERAL, X10, 10 },
      { FAKE_EXPECT_REGEX, APPEND_MESSAGE "\\{10\\}" },
      { FAKE_SEND, "$TAG1 NO [OVERQUOTA] full\r\n" },
      { FAKE_EXPECT, "$TAG2 UID FETCH 1 *" },
      { FAKE_SEND, "$TAG2 OK\r\n" } },
    3 },
  { "several, synchronizing, OK before the second: a lie",
    "IMAP4rev1 MULTIAPPEND",
    10,
    10,
    0,
    "",
    "not sent",
    { { FAKE_EXPECT_REGEX, "$TAG1 " APPEND_LINE "\\{10\\}" },
      { FAKE_SEND, "+ go\r\n" },
      { FAKE_EXPECT_LITERAL, X10, 10 },
      { FAKE_EXPECT_REGEX, APPEND_MESSAGE "\\{10\\}" },
      { FAKE_SEND, "$TAG1 OK\r\n" },
      { FAKE_EXPECT_CLOSE } },
    2 },
  { "several, refused while they are sent",
    "IMAP4rev1 LITERAL+ MULTIAPPEND",
    3000000,
    3000000,
    0,
    "no",
    NULL,
    { { FAKE_EXPECT_REGEX, "$TAG1 " APPEND_LINE "\\{3000000\\+\\}" },
      { FAKE_SEND, "$TAG1 NO [TOOBIG] too big\r\n" },
      { FAKE_EXPECT_LITERAL, NULL, 3000000 },
      { FAKE_EXPECT_REGEX, APPEND_MESSAGE "\\{3000000\\+\\}" },
      { FAKE_EXPECT_LITERAL, NULL, 3000002 },
      { FAKE_EXPECT, "$TAG2 UID FETCH 1 *" },
      { FAKE_SEND, "$TAG2 OK\r\n" } },
    2 },
  { "several, the sources are shorter than announced",
    "IMAP4rev1 LITERAL+ MULTIAPPEND",
    10,
    9,
    0,
    "",
    "changed while it was being sent",
    { { FAKE_EXPECT_CLOSE } },
    3 },
};

/* The client closes in the middle of what it wrote: the fake server reads it, so that it sees the end. */
static gboolean
ignore_line (FakePeer *peer, const char *line, gpointer user_data)
{
  return TRUE;
}

static void
test_append (gconstpointer data)
{
  const AppendRow *row = data;
  Source sources[3];
  SessionFixture fixture;
  Record record;
  g_autoptr (GError) error = NULL;
  FakeStep steps[G_N_ELEMENTS (row->steps)];

  memcpy (steps, row->steps, sizeof steps);
  if (steps[0].kind == FAKE_EXPECT_CLOSE)
    steps[0] = (FakeStep){ .kind = FAKE_CALL, .call = ignore_line };
  batch_fixture_init (&fixture, &record, row->capabilities, steps);
  for (gsize i = 0; i < G_N_ELEMENTS (sources); i++)
    sources[i] = (Source){ .size = row->real, .fails_at = row->fails_at };
  batch_fixture_append_all (&record, sources, MAX (row->count, 1), row->announced);
  batch_fixture_fetch (&record, 1);
  imap_batch_wait (record.batch, &error);
  g_test_message ("%s", error != NULL ? error->message : "no error");
  g_assert_cmpstr (record.done->str, ==, row->done);
  if (row->complaint == NULL)
    g_assert_no_error (error);
  else
    g_assert_nonnull (error);
  if (row->complaint != NULL)
    g_assert_nonnull (strstr (error->message, row->complaint));
  batch_fixture_clear (&fixture, &record);
  for (gsize i = 0; i < G_N_ELEMENTS (sources); i++)
    g_assert_true (sources[i].given <= row->real);
}

/* A batch left early: what was begun is finished before a command is sent alone; the rest is not sent at all.
 */
static void
test_left_early (void)
{
  static const FakeStep steps[] = { { FAKE_EXPECT, "$TAG1 APPEND INBOX *{10}" },
                                    { FAKE_SEND, "+ go\r\n" },
                                    { FAKE_EXPECT_LITERAL, X10 "\r\n", 12 },
                                    { FAKE_SEND, "$TAG1 OK\r\n" },
                                    { FAKE_EXPECT, "$TAG NOOP" },
                                    { FAKE_SEND, "$TAG OK\r\n" },
                                    { FAKE_END } };
  Source source = { .size = 10 };
  Source unsent = { .size = 10 };
  SessionFixture fixture;
  Record record, other;
  g_autoptr (GError) error = NULL;

  batch_fixture_init (&fixture, &record, "IMAP4rev1", steps);
  record_init (&other, record.batch);
  batch_fixture_append (&record, &source, 10);
  batch_fixture_append (&other, &unsent, 10);
  batch_fixture_fetch (&record, 1);
  imap_batch_free (record.batch);
  g_assert_true (other.notified);
  g_assert_false (record.notified);
  g_assert_true (imap_session_noop (fixture.session, &error));
  g_assert_no_error (error);
  g_assert_true (record.notified);
  g_assert_cmpstr (record.done->str, ==, "");
  session_fixture_clear (&fixture);
  record_clear (&record);
  record_clear (&other);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  session_fixture_add_rows ("/imap/append", append_rows, G_N_ELEMENTS (append_rows), sizeof *append_rows,
                            test_append);
  g_test_add_func ("/imap/append/left-early", test_left_early);
  return g_test_run ();
}
