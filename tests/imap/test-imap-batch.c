/* Many commands in flight: each is answered once, whatever the server does (contracts C1.2, C2.1, C8). */
#include "batch-fixture.h"

#include <string.h>

/* A thousand commands, none of which the server answers before it has them all. */

typedef enum
{
  IN_ORDER,
  REVERSED,
  OCTET_BY_OCTET,
} AnswerOrder;

typedef struct
{
  AnswerOrder order;
  guint count;
} Pipeline;

static char *
answer_fetch (const char *line)
{
  const char *command = strstr (line, " UID FETCH ");

  g_assert_nonnull (command);
  return g_strdup_printf ("* 1 FETCH (UID %u FLAGS (\\Seen))\r\n%.*s OK\r\n",
                          (guint)g_ascii_strtoull (command + strlen (" UID FETCH "), NULL, 10),
                          (int)(command - line), line);
}

static void
serve_pipeline (FakePeer *peer, gpointer user_data)
{
  const Pipeline *pipeline = user_data;
  g_autoptr (GPtrArray) lines = NULL;

  if (!batch_fixture_serve_login (peer))
    return;
  lines = batch_fixture_read_lines (peer, pipeline->count);
  if (lines->len < pipeline->count)
    fake_peer_fail (peer, "only %u commands came", lines->len);
  for (guint i = 0; i < lines->len; i++)
    {
      guint index = pipeline->order == REVERSED ? lines->len - 1 - i : i;
      g_autofree char *answer = answer_fetch (lines->pdata[index]);
      gsize chunk = pipeline->order == OCTET_BY_OCTET ? 1 : strlen (answer);

      for (gsize done = 0; answer[done] != '\0'; done += chunk)
        fake_peer_send_bytes (peer, answer + done, chunk);
    }
  fake_peer_wait_closed (peer);
}

static void
test_pipeline (gconstpointer data)
{
  const Pipeline *pipeline = data;
  SessionFixture fixture;
  Record record;

  batch_fixture_init_programmed (&fixture, &record, serve_pipeline, (gpointer)pipeline);
  for (guint i = 1; i <= pipeline->count; i++)
    batch_fixture_fetch (&record, i);
  g_assert_cmpuint (imap_batch_get_outstanding (record.batch), ==, pipeline->count);
  batch_fixture_wait (&record);
  g_assert_cmpuint (record.done->len, ==, pipeline->count);
  g_assert_cmpuint (strspn (record.done->str, "o"), ==, pipeline->count);
  g_assert_cmpuint (record.fetches, ==, pipeline->count);
  g_assert_cmpuint (record.uid_sum, ==, pipeline->count * (pipeline->count + 1) / 2);
  batch_fixture_clear (&fixture, &record);
}

/* A window: no more than so many at once. */
static void
test_window (void)
{
  static const Pipeline pipeline = { IN_ORDER, 10 };
  SessionFixture fixture;
  Record record;
  g_autoptr (GError) error = NULL;

  batch_fixture_init_programmed (&fixture, &record, serve_pipeline, (gpointer)&pipeline);
  for (guint i = 1; i <= 10; i++)
    {
      batch_fixture_fetch (&record, i);
      g_assert_true (imap_batch_wait_at_most (record.batch, 10, &error));
    }
  g_assert_true (imap_batch_wait_at_most (record.batch, 5, &error));
  g_assert_cmpuint (imap_batch_get_outstanding (record.batch), <=, 5);
  batch_fixture_wait (&record);
  batch_fixture_clear (&fixture, &record);
}

/* Three commands, and what becomes of them. */

typedef struct
{
  const char *description;
  FakeStep step;
  const char *done;        /* what the handlers were told */
  GQuark (*domain) (void); /* (nullable) of the failure */
  int code;
} MixedRow;

static const MixedRow mixed_rows[] = {
  { "NO to one of many",
    { FAKE_SEND, "$TAG1 OK\r\n$TAG2 NO [LIMIT] slow down\r\n$TAG3 OK\r\n" },
    "ono",
    NULL,
    0 },
  { "BAD to one of many", { FAKE_SEND, "$TAG1 BAD what\r\n$TAG2 OK\r\n$TAG3 OK\r\n" }, "boo", NULL, 0 },
  { "BYE in the middle",
    { FAKE_SEND, "$TAG1 OK\r\n* BYE over\r\n$TAG2 OK\r\n" },
    "o",
    imap_error_quark,
    IMAP_ERROR_BYE },
  { "nonsense in the middle",
    { FAKE_SEND, "$TAG1 OK\r\n* 1 FETCH (UID 0)\r\n$TAG2 OK\r\n" },
    "o",
    imap_error_quark,
    IMAP_ERROR_PROTOCOL },
  { "a tag answered twice",
    { FAKE_SEND, "$TAG1 OK\r\n$TAG1 OK\r\n$TAG2 OK\r\n" },
    "o",
    imap_error_quark,
    IMAP_ERROR_PROTOCOL },
  { "fewer messages than there were",
    { FAKE_SEND, "$TAG1 OK\r\n* 1 EXISTS\r\n$TAG2 OK\r\n" },
    "o",
    imap_error_quark,
    IMAP_ERROR_PROTOCOL },
  { "end of file before any answer", { FAKE_CUT }, "", net_error_quark, NET_ERROR_CLOSED },
  { "end of file inside a body",
    { FAKE_SEND, "* 1 FETCH (UID 1 BODY[] {100}\r\nabc" },
    "",
    net_error_quark,
    NET_ERROR_CLOSED },
  { "reset", { FAKE_RESET }, "", net_error_quark, NET_ERROR_CLOSED },
};

static void
test_mixed (gconstpointer data)
{
  const MixedRow *row = data;
  FakeStep steps[] = { { FAKE_EXPECT, "$TAG1 UID FETCH 1 (UID FLAGS)" },
                       { FAKE_EXPECT, "$TAG2 UID FETCH 2 *" },
                       { FAKE_EXPECT, "$TAG3 UID FETCH 3 *" },
                       row->step,
                       { FAKE_END } };
  SessionFixture fixture;
  Record record;
  g_autoptr (GError) error = NULL;

  batch_fixture_init (&fixture, &record, COMMON_CAPABILITIES, steps);
  for (guint i = 1; i <= 3; i++)
    batch_fixture_fetch (&record, i);
  imap_batch_wait (record.batch, &error);
  g_assert_cmpstr (record.done->str, ==, row->done);
  if (row->domain == NULL)
    g_assert_no_error (error);
  else
    {
      g_assert_error (error, row->domain (), row->code);
      g_assert_nonnull (strstr (error->message, "(last command: UID FETCH)"));
      /* Nothing more is sent, and every wait says the same. */
      batch_fixture_fetch (&record, 4);
      g_clear_error (&error);
      g_assert_false (imap_batch_wait_at_most (record.batch, 100, &error));
      g_assert_error (error, row->domain (), row->code);
    }
  batch_fixture_clear (&fixture, &record);
}

static void
test_refusal_reason (void)
{
  static const FakeStep steps[] = { { FAKE_EXPECT, "$TAG UID FETCH 1 *" },
                                    { FAKE_SEND, "$TAG NO [OVERQUOTA] \x1b[31mfull\r\n" },
                                    { FAKE_END } };
  SessionFixture fixture;
  Record record;

  batch_fixture_init (&fixture, &record, COMMON_CAPABILITIES, steps);
  batch_fixture_fetch (&record, 1);
  batch_fixture_wait (&record);
  g_assert_cmpstr (record.text->str, ==, "\\x1B[31mfull");
  g_assert_cmpint (imap_session_get_last_code (fixture.session), ==, IMAP_CODE_OVERQUOTA);
  batch_fixture_clear (&fixture, &record);
}

/* FETCH responses that nobody asked for reach the handler when they name a UID. */
static void
test_unilateral_fetch (void)
{
  static const FakeStep steps[] = { { FAKE_EXPECT, "$TAG UID STORE 2 +FLAGS (\\Seen $Forwarded)" },
                                    { FAKE_SEND,
                                      "* 1 FETCH (FLAGS (\\Seen))\r\n* 3 FETCH (UID 30 FLAGS ())\r\n"
                                      "* 2 FETCH (UID 2 FLAGS (\\Seen))\r\n$TAG OK\r\n" },
                                    { FAKE_EXPECT, "$TAG UID FETCH 5:* (UID) (CHANGEDSINCE 3)" },
                                    { FAKE_SEND, "* 3 FETCH (UID 30)\r\n$TAG OK\r\n" },
                                    { FAKE_EXPECT, "$TAG NOOP" },
                                    { FAKE_SEND, "* 3 FETCH (UID 30 FLAGS ())\r\n$TAG OK\r\n" },
                                    { FAKE_END } };
  SessionFixture fixture;
  Record record;
  g_autoptr (ImapUidSet) set = imap_uid_set_new ();

  batch_fixture_init (&fixture, &record, COMMON_CAPABILITIES, steps);
  imap_uid_set_add (set, 2);
  imap_batch_uid_store (record.batch, set, "+FLAGS", "\\Seen $Forwarded", record_done, &record);
  batch_fixture_wait (&record);
  g_assert_cmpuint (record.fetches, ==, 2);
  g_assert_cmpuint (record.uid_sum, ==, 32);
  imap_batch_uid_fetch_from (record.batch, 5, "(UID) (CHANGEDSINCE 3)", NULL, NULL);
  batch_fixture_wait (&record);
  g_assert_true (imap_session_noop (fixture.session, NULL));
  g_assert_cmpuint (record.fetches, ==, 4);
  batch_fixture_clear (&fixture, &record);
}

/* A batch left early: its answers reach nobody, least of all the next batch. */
static void
test_left_early (void)
{
  static const FakeStep steps[] = { { FAKE_EXPECT, "$TAG1 UID FETCH 1 (UID BODY.PEEK[*" },
                                    { FAKE_EXPECT, "$TAG2 UID FETCH 2 (UID FLAGS)" },
                                    { FAKE_SEND, "* 1 FETCH (UID 1 BODY[] {3}\r\nold)\r\n$TAG1 OK\r\n"
                                                 "* 2 FETCH (UID 2 FLAGS ())\r\n$TAG2 NO x\r\n" },
                                    { FAKE_EXPECT, "$TAG UID FETCH 3 (UID FLAGS)" },
                                    { FAKE_SEND, "* 3 FETCH (UID 3 FLAGS ())\r\n$TAG OK\r\n" },
                                    { FAKE_END } };
  g_autoptr (ImapUidSet) set = imap_uid_set_new ();
  SessionFixture fixture;
  Record left, next;

  batch_fixture_init (&fixture, &left, COMMON_CAPABILITIES, steps);
  imap_uid_set_add (set, 1);
  imap_batch_uid_fetch (left.batch, set, "(UID BODY.PEEK[])", record_done, &left);
  batch_fixture_fetch (&left, 2);
  imap_batch_free (left.batch);
  batch_fixture_start (&fixture, &next);
  batch_fixture_fetch (&next, 3);
  batch_fixture_wait (&next);
  g_assert_cmpstr (left.done->str, ==, "");
  g_assert_cmpuint (left.bodies + left.fetches, ==, 0);
  g_assert_cmpstr (next.done->str, ==, "o");
  g_assert_cmpuint (next.fetches, ==, 1);
  g_assert_cmpuint (next.bodies, ==, 0);
  record_clear (&left);
  batch_fixture_clear (&fixture, &next);
}

/* A server that reads slowly: adding commands waits for room. */

#define FLOOD 4000

static void
serve_flood (FakePeer *peer, gpointer user_data)
{
  if (!batch_fixture_serve_login (peer) || !fake_peer_pause (peer, 200))
    return;
  for (guint i = 0; i < FLOOD; i++)
    {
      g_autofree char *line = fake_peer_read_line (peer);

      if (line == NULL)
        return;
      fake_peer_printf (peer, "%.*s OK\r\n", (int)strcspn (line, " "), line);
    }
  fake_peer_wait_closed (peer);
}

static void
test_back_pressure (void)
{
  g_autoptr (ImapUidSet) set = imap_uid_set_new ();
  SessionFixture fixture;
  Record record;
  g_autofree char *field = g_strnfill (1000, 'x');
  g_autofree char *items = g_strdup_printf ("(UID BODY.PEEK[HEADER.FIELDS (%s)])", field);
  gsize most = 0;

  batch_fixture_init_programmed (&fixture, &record, serve_flood, NULL);
  imap_uid_set_add (set, 1);
  for (guint i = 0; i < FLOOD; i++)
    {
      imap_batch_uid_fetch (record.batch, set, items, record_done, &record);
      most = MAX (most, net_connection_get_queued (imap_session_get_connection (fixture.session)));
    }
  batch_fixture_wait (&record);
  g_assert_cmpuint (record.done->len, ==, FLOOD);
  g_assert_cmpuint (most, <, 1300000);
  batch_fixture_clear (&fixture, &record);
}

/* Bugs of the caller are named, and do no harm. */

static void
call_back_in (const ImapResult *result, gpointer user_data)
{
  Record *record = user_data;
  g_autoptr (GError) error = NULL;

  batch_fixture_fetch (record, 9);
  g_assert_false (imap_batch_wait (record->batch, &error));
  g_assert_nonnull (error);
  record_done (result, user_data);
}

static void
test_call_from_handler (void)
{
  static const FakeStep steps[] = { { FAKE_EXPECT, "$TAG UID FETCH 1 *" },
                                    { FAKE_SEND, "$TAG OK\r\n" },
                                    { FAKE_END } };
  g_autoptr (ImapUidSet) set = imap_uid_set_new ();
  SessionFixture fixture;
  Record record;

  batch_fixture_init (&fixture, &record, COMMON_CAPABILITIES, steps);
  imap_uid_set_add (set, 1);
  imap_batch_uid_fetch (record.batch, set, "(UID)", call_back_in, &record);
  g_test_expect_message ("dovetail", G_LOG_LEVEL_CRITICAL, "*imap_batch_uid_fetch*handler*");
  g_test_expect_message ("dovetail", G_LOG_LEVEL_CRITICAL, "*wait*handler*");
  batch_fixture_wait (&record);
  g_test_assert_expected_messages ();
  g_assert_cmpstr (record.done->str, ==, "o");
  batch_fixture_clear (&fixture, &record);
}

static void
test_session_call_during_batch (void)
{
  static const FakeStep steps[] = { { FAKE_EXPECT, "$TAG UID FETCH 1 *" },
                                    { FAKE_SEND, "$TAG OK\r\n" },
                                    { FAKE_END } };
  SessionFixture fixture;
  Record record;
  g_autoptr (GError) error = NULL;

  batch_fixture_init (&fixture, &record, COMMON_CAPABILITIES, steps);
  batch_fixture_fetch (&record, 1);
  g_test_expect_message ("dovetail", G_LOG_LEVEL_CRITICAL, "*imap_session_noop*under way*");
  g_assert_false (imap_session_noop (fixture.session, &error));
  g_test_assert_expected_messages ();
  g_assert_nonnull (error);
  batch_fixture_wait (&record);
  batch_fixture_clear (&fixture, &record);
}

/* C8: nothing that changes or removes is sent before SELECT's tagged OK. */
static void
test_nothing_without_select (void)
{
  static const FakeStep steps[] = { { FAKE_EXPECT, "$TAG SELECT Gone" },
                                    { FAKE_SEND, "* 3 EXISTS\r\n* OK [UIDVALIDITY 7] v\r\n$TAG NO gone\r\n" },
                                    { FAKE_EXPECT_CLOSE },
                                    { FAKE_END } };
  g_autoptr (ImapUidSet) set = imap_uid_set_new ();
  SessionFixture fixture;
  Record record;

  session_fixture_init (&fixture);
  session_fixture_add_login (&fixture, COMMON_CAPABILITIES);
  session_fixture_add_steps (&fixture, steps);
  session_fixture_serve (&fixture, FALSE);
  session_fixture_open (&fixture);
  g_assert_null (imap_session_select (fixture.session, "Gone", FALSE, NULL));
  batch_fixture_start (&fixture, &record);
  imap_uid_set_add (set, 1);
  g_test_expect_message ("dovetail", G_LOG_LEVEL_CRITICAL, "*no mailbox selected*");
  imap_batch_uid_store (record.batch, set, "+FLAGS", "\\Deleted", record_done, &record);
  g_test_expect_message ("dovetail", G_LOG_LEVEL_CRITICAL, "*no mailbox selected*");
  imap_batch_expunge (record.batch, record_done, &record);
  g_test_assert_expected_messages ();
  batch_fixture_wait (&record);
  g_assert_cmpstr (record.done->str, ==, "");
  batch_fixture_clear (&fixture, &record);
}

int
main (int argc, char **argv)
{
  static const Pipeline in_order = { IN_ORDER, 1000 };
  static const Pipeline reversed = { REVERSED, 1000 };
  static const Pipeline slowly = { OCTET_BY_OCTET, 30 };

  g_test_init (&argc, &argv, NULL);
  g_test_add_data_func ("/imap/batch/pipeline/in-order", &in_order, test_pipeline);
  g_test_add_data_func ("/imap/batch/pipeline/reversed", &reversed, test_pipeline);
  g_test_add_data_func ("/imap/batch/pipeline/octet-by-octet", &slowly, test_pipeline);
  g_test_add_func ("/imap/batch/window", test_window);
  session_fixture_add_rows ("/imap/batch/mixed", mixed_rows, G_N_ELEMENTS (mixed_rows), sizeof *mixed_rows,
                            test_mixed);
  g_test_add_func ("/imap/batch/refusal-reason", test_refusal_reason);
  g_test_add_func ("/imap/batch/unilateral-fetch", test_unilateral_fetch);
  g_test_add_func ("/imap/batch/left-early", test_left_early);
  g_test_add_func ("/imap/batch/back-pressure", test_back_pressure);
  g_test_add_func ("/imap/batch/call-from-handler", test_call_from_handler);
  g_test_add_func ("/imap/batch/session-call-during-batch", test_session_call_during_batch);
  g_test_add_func ("/imap/batch/C8/nothing-without-select", test_nothing_without_select);
  return g_test_run ();
}
