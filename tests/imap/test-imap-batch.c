/* Many commands in flight: each is answered once, whatever the server does (contracts C1.2, C2.1, C8). */
#include "session-fixture.h"

#include <string.h>

/* What the handlers were told. */
typedef struct
{
  ImapBatch *batch;
  GString *done;   /* one letter an answer: o, n, b */
  GString *text;   /* of the last one */
  GString *copied; /* "1>7 2>8" of the last COPYUID */
  guint fetches;
  guint64 uid_sum;
  GChecksum *body;
  guint64 body_octets;
  guint bodies;
  guint64 sink_limit; /* 0: none */
  gboolean notified;
} Record;

static void
record_init (Record *record, ImapBatch *batch)
{
  *record = (Record){ .batch = batch };
  record->done = g_string_new (NULL);
  record->text = g_string_new (NULL);
  record->copied = g_string_new (NULL);
  record->body = g_checksum_new (G_CHECKSUM_SHA256);
}

static void
record_clear (Record *record)
{
  g_string_free (record->done, TRUE);
  g_string_free (record->text, TRUE);
  g_string_free (record->copied, TRUE);
  g_checksum_free (record->body);
}

static void
record_copied (Record *record, const ImapCode *code)
{
  g_string_truncate (record->copied, 0);
  for (guint i = 0; code->type == IMAP_CODE_COPYUID && i < code->source->len; i++)
    g_string_append_printf (record->copied, "%s%u>%u", i > 0 ? " " : "",
                            g_array_index (code->source, guint32, i),
                            g_array_index (code->target, guint32, i));
}

static void
record_done (const ImapResult *result, gpointer user_data)
{
  Record *record = user_data;

  g_string_append_c (record->done, "onb"[result->status]);
  g_string_assign (record->text, result->text);
  record_copied (record, result->code);
}

static void
record_fetch (const ImapFetch *fetch, gpointer user_data)
{
  Record *record = user_data;

  record->fetches++;
  record->uid_sum += fetch->uid;
}

static gboolean
record_body_begin (guint64 size, gpointer user_data)
{
  Record *record = user_data;

  record->bodies++;
  return TRUE;
}

static gboolean
record_body_data (const guint8 *data, gsize length, gpointer user_data)
{
  Record *record = user_data;

  record->body_octets += length;
  g_checksum_update (record->body, data, (gssize)length);
  return record->sink_limit == 0 || record->body_octets < record->sink_limit;
}

static const ImapBodySink record_sink = { record_body_begin, record_body_data };

static void
start_batch (SessionFixture *fixture, Record *record)
{
  ImapBatch *batch = imap_batch_new (fixture->session);

  record_init (record, batch);
  imap_batch_set_fetch_handler (batch, record_fetch, record);
  imap_batch_set_body_sink (batch, &record_sink, record);
}

/* INBOX with three messages is selected, then `steps`. */
static void
begin (SessionFixture *fixture, Record *record, const char *capabilities, const FakeStep *steps)
{
  session_fixture_init (fixture);
  session_fixture_add_login (fixture, capabilities);
  session_fixture_add_select (fixture, "3");
  session_fixture_add_steps (fixture, steps);
  session_fixture_serve (fixture, FALSE);
  session_fixture_open_inbox (fixture);
  start_batch (fixture, record);
}

static void
end (SessionFixture *fixture, Record *record)
{
  imap_batch_free (record->batch);
  session_fixture_clear (fixture);
  record_clear (record);
}

static void
wait_ok (Record *record)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (imap_batch_wait (record->batch, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (imap_batch_get_outstanding (record->batch), ==, 0);
}

static void
fetch_one (Record *record, guint32 uid)
{
  g_autoptr (ImapUidSet) set = imap_uid_set_new ();

  imap_uid_set_add (set, uid);
  imap_batch_uid_fetch (record->batch, set, "(UID FLAGS)", record_done, record);
}

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

static gboolean
serve_login (FakePeer *peer)
{
  static const char *const answers[] = { "OK [CAPABILITY IMAP4rev1] in", "OK listed", "OK selected" };

  fake_peer_send (peer, "* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN] hi\r\n");
  for (gsize i = 0; i < G_N_ELEMENTS (answers); i++)
    {
      g_autofree char *line = fake_peer_read_line (peer);

      if (line == NULL)
        return FALSE;
      if (i == 2)
        fake_peer_send (peer, "* 3 EXISTS\r\n* OK [UIDVALIDITY 7] v\r\n");
      fake_peer_printf (peer, "%.*s %s\r\n", (int)strcspn (line, " "), line, answers[i]);
    }
  return TRUE;
}

static GPtrArray *
read_lines (FakePeer *peer, guint count)
{
  GPtrArray *lines = g_ptr_array_new_with_free_func (g_free);

  while (lines->len < count)
    {
      char *line = fake_peer_read_line (peer);

      if (line == NULL)
        break;
      g_ptr_array_add (lines, line);
    }
  return lines;
}

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

  if (!serve_login (peer))
    return;
  lines = read_lines (peer, pipeline->count);
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

  session_fixture_init (&fixture);
  session_fixture_serve_programmed (&fixture, serve_pipeline, (gpointer)pipeline);
  session_fixture_open_inbox (&fixture);
  start_batch (&fixture, &record);
  for (guint i = 1; i <= pipeline->count; i++)
    fetch_one (&record, i);
  g_assert_cmpuint (imap_batch_get_outstanding (record.batch), ==, pipeline->count);
  wait_ok (&record);
  g_assert_cmpuint (record.done->len, ==, pipeline->count);
  g_assert_cmpuint (strspn (record.done->str, "o"), ==, pipeline->count);
  g_assert_cmpuint (record.fetches, ==, pipeline->count);
  g_assert_cmpuint (record.uid_sum, ==, pipeline->count * (pipeline->count + 1) / 2);
  end (&fixture, &record);
}

/* A window: no more than so many at once. */
static void
test_window (void)
{
  static const Pipeline pipeline = { IN_ORDER, 10 };
  SessionFixture fixture;
  Record record;
  g_autoptr (GError) error = NULL;

  session_fixture_init (&fixture);
  session_fixture_serve_programmed (&fixture, serve_pipeline, (gpointer)&pipeline);
  session_fixture_open_inbox (&fixture);
  start_batch (&fixture, &record);
  for (guint i = 1; i <= 10; i++)
    {
      fetch_one (&record, i);
      g_assert_true (imap_batch_wait_at_most (record.batch, 10, &error));
    }
  g_assert_true (imap_batch_wait_at_most (record.batch, 5, &error));
  g_assert_cmpuint (imap_batch_get_outstanding (record.batch), <=, 5);
  wait_ok (&record);
  end (&fixture, &record);
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

  begin (&fixture, &record, COMMON_CAPABILITIES, steps);
  for (guint i = 1; i <= 3; i++)
    fetch_one (&record, i);
  imap_batch_wait (record.batch, &error);
  g_assert_cmpstr (record.done->str, ==, row->done);
  if (row->domain == NULL)
    g_assert_no_error (error);
  else
    {
      g_assert_error (error, row->domain (), row->code);
      g_assert_nonnull (strstr (error->message, "(last command: UID FETCH)"));
      /* Nothing more is sent, and every wait says the same. */
      fetch_one (&record, 4);
      g_clear_error (&error);
      g_assert_false (imap_batch_wait_at_most (record.batch, 100, &error));
      g_assert_error (error, row->domain (), row->code);
    }
  end (&fixture, &record);
}

static void
test_refusal_reason (void)
{
  static const FakeStep steps[] = { { FAKE_EXPECT, "$TAG UID FETCH 1 *" },
                                    { FAKE_SEND, "$TAG NO [OVERQUOTA] \x1b[31mfull\r\n" },
                                    { FAKE_END } };
  SessionFixture fixture;
  Record record;

  begin (&fixture, &record, COMMON_CAPABILITIES, steps);
  fetch_one (&record, 1);
  wait_ok (&record);
  g_assert_cmpstr (record.text->str, ==, "\\x1B[31mfull");
  g_assert_cmpint (imap_session_get_last_code (fixture.session), ==, IMAP_CODE_OVERQUOTA);
  end (&fixture, &record);
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

  begin (&fixture, &record, COMMON_CAPABILITIES, steps);
  imap_uid_set_add (set, 2);
  imap_batch_uid_store (record.batch, set, "+FLAGS", "\\Seen $Forwarded", record_done, &record);
  wait_ok (&record);
  g_assert_cmpuint (record.fetches, ==, 2);
  g_assert_cmpuint (record.uid_sum, ==, 32);
  imap_batch_uid_fetch_from (record.batch, 5, "(UID) (CHANGEDSINCE 3)", NULL, NULL);
  wait_ok (&record);
  g_assert_true (imap_session_noop (fixture.session, NULL));
  g_assert_cmpuint (record.fetches, ==, 4);
  end (&fixture, &record);
}

/* APPEND. */

typedef struct
{
  Record *record;
  guint64 given;
  guint64 size;     /* how much there is, whatever was announced */
  guint64 fails_at; /* 0: never */
} Source;

static gboolean
pull (guint8 *buffer, gsize size, gsize *length, gpointer user_data, GError **error)
{
  Source *source = user_data;

  if (source->fails_at > 0 && source->given >= source->fails_at)
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_FAILED, "the disk is gone");
      return FALSE;
    }
  *length = (gsize)MIN (size, source->size - source->given);
  if (source->fails_at > 0)
    *length = (gsize)MIN (*length, source->fails_at - source->given);
  memset (buffer, 'x', *length);
  source->given += *length;
  return TRUE;
}

static void
source_notify (gpointer user_data)
{
  Source *source = user_data;

  g_assert_false (source->record->notified);
  source->record->notified = TRUE;
}

static void
append_done (const ImapResult *result, gpointer user_data)
{
  g_assert_true (((Record *)user_data)->notified);
  record_done (result, user_data);
}

static void
append (Record *record, Source *source, guint64 announced)
{
  source->record = record;
  imap_batch_append (record->batch, "INBOX", "\\Seen", 837596665, announced, pull, source, source_notify,
                     append_done, record);
}

#define APPEND_LINE "APPEND INBOX \\(\\\\Seen\\) \"17-Jul-1996 09:44:25 \\+0000\" "

typedef struct
{
  const char *description;
  const char *capabilities;
  guint64 announced, real, fails_at;
  const char *done;
  const char *complaint; /* (nullable) the session fails */
  FakeStep steps[10];
} AppendRow;

#define X10 "xxxxxxxxxx"

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
  Source source = { .size = row->real, .fails_at = row->fails_at };
  SessionFixture fixture;
  Record record;
  g_autoptr (GError) error = NULL;
  FakeStep steps[G_N_ELEMENTS (row->steps)];

  memcpy (steps, row->steps, sizeof steps);
  if (steps[0].kind == FAKE_EXPECT_CLOSE)
    steps[0] = (FakeStep){ .kind = FAKE_CALL, .call = ignore_line };
  begin (&fixture, &record, row->capabilities, steps);
  append (&record, &source, row->announced);
  fetch_one (&record, 1);
  imap_batch_wait (record.batch, &error);
  g_test_message ("%s", error != NULL ? error->message : "no error");
  g_assert_cmpstr (record.done->str, ==, row->done);
  if (row->complaint == NULL)
    g_assert_no_error (error);
  else
    g_assert_nonnull (error);
  if (row->complaint != NULL)
    g_assert_nonnull (strstr (error->message, row->complaint));
  end (&fixture, &record);
  g_assert_true (source.given <= row->real);
}

/* 5 MB up and 5 MB down in one session. */

#define BIG (5 * 1024 * 1024)

static void
send_big_body (FakePeer *peer, const char *tag)
{
  g_autofree char *block = g_malloc (65536);

  for (gsize i = 0; i < 65536; i++)
    block[i] = (char)(i * 31 % 251);
  fake_peer_printf (peer, "* 1 FETCH (UID 1 BODY[] {%d}\r\n", BIG);
  for (gsize done = 0; done < BIG; done += 65536)
    fake_peer_send_bytes (peer, block, 65536);
  fake_peer_printf (peer, " FLAGS ())\r\n%s OK\r\n", tag);
}

static void
serve_big (FakePeer *peer, gpointer user_data)
{
  g_autofree char *fetch = NULL;

  if (!serve_login (peer))
    return;
  fetch = fake_peer_read_line (peer);
  if (fetch == NULL)
    return;
  *strchr (fetch, ' ') = '\0';
  send_big_body (peer, fetch);
  fake_peer_wait_closed (peer);
}

static void
test_big_body (gconstpointer data)
{
  gboolean stops = GPOINTER_TO_INT (data);
  SessionFixture fixture;
  Record record;
  g_autoptr (GError) error = NULL;
  g_autoptr (ImapUidSet) set = imap_uid_set_new ();

  session_fixture_init (&fixture);
  session_fixture_serve_programmed (&fixture, serve_big, NULL);
  session_fixture_open_inbox (&fixture);
  start_batch (&fixture, &record);
  record.sink_limit = stops ? BIG / 2 : 0;
  imap_uid_set_add (set, 1);
  imap_batch_uid_fetch (record.batch, set, "(UID BODY.PEEK[])", record_done, &record);
  imap_batch_wait (record.batch, &error);
  if (stops)
    {
      g_assert_error (error, NET_ERROR, NET_ERROR_CANCELLED);
      g_assert_cmpuint (record.body_octets, <, BIG);
      g_assert_cmpuint (record.fetches, ==, 0);
    }
  else
    {
      g_assert_no_error (error);
      g_assert_cmpuint (record.body_octets, ==, BIG);
      g_assert_cmpuint (record.bodies, ==, 1);
      g_assert_cmpuint (record.fetches, ==, 1);
    }
  end (&fixture, &record);
}

/* SEARCH. */

typedef struct
{
  const char *description;
  const char *capabilities;
  const char *done;
  const char *first, *second; /* what was found */
  FakeStep steps[8];
} SearchRow;

static const SearchRow search_rows[] = {
  { "plain: one at a time",
    "IMAP4rev1",
    "oo",
    "3:4,9",
    "5",
    { { FAKE_EXPECT, "$TAG UID SEARCH ALL" },
      { FAKE_SEND, "* SEARCH 9 4\r\n* SEARCH 3\r\n$TAG OK\r\n" },
      { FAKE_EXPECT, "$TAG UID SEARCH DELETED" },
      { FAKE_SEND, "* SEARCH 5\r\n$TAG OK\r\n" } } },
  { "plain: nothing found",
    "IMAP4rev1",
    "oo",
    "",
    "",
    { { FAKE_EXPECT, "$TAG UID SEARCH ALL" },
      { FAKE_SEND, "* SEARCH\r\n$TAG OK\r\n" },
      { FAKE_EXPECT, "$TAG UID SEARCH DELETED" },
      { FAKE_SEND, "* SEARCH \r\n$TAG OK\r\n" } } },
  { "plain: no result is not an empty one",
    "IMAP4rev1",
    "bn",
    "",
    "",
    { { FAKE_EXPECT, "$TAG UID SEARCH ALL" },
      { FAKE_SEND, "$TAG OK\r\n" },
      { FAKE_EXPECT, "$TAG UID SEARCH DELETED" },
      { FAKE_SEND, "$TAG NO\r\n" } } },
  { "ESEARCH: both at once, answered the other way round",
    "IMAP4rev1 ESEARCH",
    "oo",
    "1:3",
    "7,9",
    { { FAKE_EXPECT, "$TAG1 UID SEARCH RETURN (ALL) ALL" },
      { FAKE_EXPECT, "$TAG2 UID SEARCH RETURN (ALL) DELETED" },
      { FAKE_SEND, "* ESEARCH (TAG \"$TAG2\") UID ALL 7,9\r\n* ESEARCH (TAG \"$TAG1\") UID ALL 1:3\r\n" },
      { FAKE_SEND, "$TAG2 OK\r\n$TAG1 OK\r\n" } } },
  { "ESEARCH: nothing found",
    "IMAP4rev1 ESEARCH",
    "oo",
    "",
    "",
    { { FAKE_EXPECT, "$TAG1 UID SEARCH RETURN (ALL) ALL" },
      { FAKE_EXPECT, "$TAG2 UID SEARCH RETURN (ALL) DELETED" },
      { FAKE_SEND,
        "* ESEARCH (TAG \"$TAG1\") UID\r\n* ESEARCH (TAG \"$TAG2\") UID\r\n$TAG1 OK\r\n$TAG2 OK\r\n" } } },
  { "ESEARCH: no result is not an empty one",
    "IMAP4rev1 ESEARCH",
    "bo",
    "",
    "4",
    { { FAKE_EXPECT, "$TAG1 UID SEARCH RETURN (ALL) ALL" },
      { FAKE_EXPECT, "$TAG2 UID SEARCH RETURN (ALL) DELETED" },
      { FAKE_SEND, "* ESEARCH (TAG \"A77\") UID ALL 1:9\r\n* ESEARCH (TAG \"$TAG2\") UID ALL 4\r\n$TAG1 "
                   "OK\r\n$TAG2 OK\r\n" } } },
};

static void
assert_set (const ImapUidSet *set, const char *expected)
{
  g_autofree char *text = imap_uid_set_to_string (set);

  g_assert_cmpstr (text, ==, expected);
}

static void
test_search (gconstpointer data)
{
  const SearchRow *row = data;
  g_autoptr (ImapUidSet) first = imap_uid_set_new ();
  g_autoptr (ImapUidSet) second = imap_uid_set_new ();
  SessionFixture fixture;
  Record record;

  begin (&fixture, &record, row->capabilities, row->steps);
  imap_batch_uid_search (record.batch, "ALL", first, record_done, &record);
  imap_batch_uid_search (record.batch, "DELETED", second, record_done, &record);
  wait_ok (&record);
  g_assert_cmpstr (record.done->str, ==, row->done);
  assert_set (first, row->first);
  assert_set (second, row->second);
  end (&fixture, &record);
}

/* COPY and MOVE: COPYUID from wherever it comes. */

typedef struct
{
  const char *description;
  gboolean move;
  const char *said;
  const char *done, *copied;
} CopyRow;

static const CopyRow copy_rows[] = {
  { "COPY", FALSE, "$TAG OK [COPYUID 5 1:2 8:9] done\r\n", "o", "1>8 2>9" },
  { "COPY without UIDPLUS", FALSE, "$TAG OK done\r\n", "o", "" },
  { "MOVE tells it untagged", TRUE, "* OK [COPYUID 5 1:2 8:9] x\r\n* 1 EXPUNGE\r\n* 1 EXPUNGE\r\n$TAG OK\r\n",
    "o", "1>8 2>9" },
  { "MOVE tells it in the answer", TRUE, "* 1 EXPUNGE\r\n* 1 EXPUNGE\r\n$TAG OK [COPYUID 5 1:2 8:9] done\r\n",
    "o", "1>8 2>9" },
  { "MOVE of UIDs that were not asked for", TRUE, "* OK [COPYUID 5 3 8] x\r\n$TAG OK\r\n", "o", "" },
  { "two UIDVALIDITYs: the first one counts", TRUE,
    "* OK [COPYUID 5 1 8] x\r\n* OK [COPYUID 6 2 9] x\r\n* 1 EXPUNGE\r\n$TAG OK\r\n", "o", "1>8" },
  { "a refusal keeps its own code", TRUE, "* OK [COPYUID 5 1 8] x\r\n$TAG NO [OVERQUOTA] full\r\n", "n", "" },
};

static void
test_copy (gconstpointer data)
{
  const CopyRow *row = data;
  FakeStep steps[] = { { FAKE_EXPECT,
                         row->move ? "$TAG UID MOVE 1:2 \"To here\"" : "$TAG UID COPY 1:2 \"To here\"" },
                       { FAKE_SEND, row->said },
                       { FAKE_END } };
  g_autoptr (ImapUidSet) set = imap_uid_set_new ();
  SessionFixture fixture;
  Record record;

  begin (&fixture, &record, COMMON_CAPABILITIES, steps);
  imap_uid_set_add_range (set, 1, 2);
  if (row->move)
    imap_batch_uid_move (record.batch, set, "To here", record_done, &record);
  else
    imap_batch_uid_copy (record.batch, set, "To here", record_done, &record);
  wait_ok (&record);
  g_assert_cmpstr (record.done->str, ==, row->done);
  g_assert_cmpstr (record.copied->str, ==, row->copied);
  end (&fixture, &record);
}

/* A set that is too long for one command: several, one answer, the worst. */

#define SPLIT_UIDS 3000

static void
serve_split (FakePeer *peer, gpointer user_data)
{
  guint *commands = user_data;
  guint uids = 0;

  if (!serve_login (peer))
    return;
  while (uids < SPLIT_UIDS)
    {
      g_autofree char *line = fake_peer_read_line (peer);
      g_auto (GStrv) words = g_strsplit (line != NULL ? line : "", " ", 0);
      g_auto (GStrv) numbers = NULL;

      if (g_strv_length (words) != 5 || strlen (line) > 7100)
        {
          fake_peer_fail (peer, "not a UID COPY of moderate length: %.100s", line);
          return;
        }
      numbers = g_strsplit (words[3], ",", 0);
      uids += g_strv_length (numbers);
      ++*commands;
      fake_peer_printf (peer, "%s %s [COPYUID 5 %s %u] x\r\n", words[0], *commands == 2 ? "NO" : "OK",
                        numbers[0], *commands);
    }
  fake_peer_wait_closed (peer);
}

static void
test_split (void)
{
  g_autoptr (ImapUidSet) set = imap_uid_set_new ();
  SessionFixture fixture;
  Record record;
  guint commands = 0;

  for (guint i = 1; i <= SPLIT_UIDS; i++)
    imap_uid_set_add (set, 1000000 + 2 * i);
  session_fixture_init (&fixture);
  session_fixture_serve_programmed (&fixture, serve_split, &commands);
  session_fixture_open_inbox (&fixture);
  start_batch (&fixture, &record);
  imap_batch_uid_copy (record.batch, set, "Work", record_done, &record);
  wait_ok (&record);
  g_assert_cmpuint (commands, >, 3);
  g_assert_cmpstr (record.done->str, ==, "n");
  g_assert_true (g_str_has_prefix (record.copied->str, "1000002>1 "));
  g_assert_cmpuint (imap_uid_set_count (set), ==, SPLIT_UIDS);
  end (&fixture, &record);
}

/* EXPUNGE waits for what is before it, and what is after it waits. */
static void
test_expunge (void)
{
  static const FakeStep steps[] = { { FAKE_EXPECT, "$TAG UID FETCH 1 *" },
                                    { FAKE_SEND, "$TAG OK\r\n" },
                                    { FAKE_EXPECT, "$TAG EXPUNGE" },
                                    { FAKE_SEND, "* 2 EXPUNGE\r\n$TAG OK\r\n" },
                                    { FAKE_EXPECT, "$TAG UID EXPUNGE 3,5" },
                                    { FAKE_SEND, "* VANISHED 3\r\n$TAG OK\r\n" },
                                    { FAKE_END } };
  g_autoptr (ImapUidSet) set = imap_uid_set_new ();
  SessionFixture fixture;
  Record record;

  begin (&fixture, &record, COMMON_CAPABILITIES, steps);
  fetch_one (&record, 1);
  imap_batch_expunge (record.batch, record_done, &record);
  g_assert_cmpstr (record.done->str, ==, "oo");
  imap_uid_set_add (set, 3);
  imap_uid_set_add (set, 5);
  imap_batch_uid_expunge (record.batch, set, record_done, &record);
  wait_ok (&record);
  g_assert_cmpuint (imap_session_get_selected (fixture.session)->exists, ==, 1);
  g_assert_cmpuint (imap_session_get_selected (fixture.session)->expunges, ==, 2);
  end (&fixture, &record);
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

  begin (&fixture, &left, COMMON_CAPABILITIES, steps);
  imap_uid_set_add (set, 1);
  imap_batch_uid_fetch (left.batch, set, "(UID BODY.PEEK[])", record_done, &left);
  fetch_one (&left, 2);
  imap_batch_free (left.batch);
  start_batch (&fixture, &next);
  fetch_one (&next, 3);
  wait_ok (&next);
  g_assert_cmpstr (left.done->str, ==, "");
  g_assert_cmpuint (left.bodies + left.fetches, ==, 0);
  g_assert_cmpstr (next.done->str, ==, "o");
  g_assert_cmpuint (next.fetches, ==, 1);
  g_assert_cmpuint (next.bodies, ==, 0);
  record_clear (&left);
  end (&fixture, &next);
}

/* ... and a command sent alone comes after them. What was not begun is not sent at all. */
static void
test_left_early_with_literal (void)
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

  begin (&fixture, &record, "IMAP4rev1", steps);
  record_init (&other, NULL);
  append (&record, &source, 10);
  unsent.record = &other;
  imap_batch_append (record.batch, "Other", "", 0, 10, pull, &unsent, source_notify, append_done, &other);
  fetch_one (&record, 1);
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

/* A server that reads slowly: adding commands waits for room. */

#define FLOOD 4000

static void
serve_flood (FakePeer *peer, gpointer user_data)
{
  if (!serve_login (peer) || !fake_peer_pause (peer, 200))
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

  session_fixture_init (&fixture);
  session_fixture_serve_programmed (&fixture, serve_flood, NULL);
  session_fixture_open_inbox (&fixture);
  start_batch (&fixture, &record);
  imap_uid_set_add (set, 1);
  for (guint i = 0; i < FLOOD; i++)
    {
      imap_batch_uid_fetch (record.batch, set, items, record_done, &record);
      most = MAX (most, net_connection_get_queued (imap_session_get_connection (fixture.session)));
    }
  wait_ok (&record);
  g_assert_cmpuint (record.done->len, ==, FLOOD);
  g_assert_cmpuint (most, <, 1300000);
  end (&fixture, &record);
}

/* Bugs of the caller are named, and do no harm. */

static void
call_back_in (const ImapResult *result, gpointer user_data)
{
  Record *record = user_data;
  g_autoptr (GError) error = NULL;

  fetch_one (record, 9);
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

  begin (&fixture, &record, COMMON_CAPABILITIES, steps);
  imap_uid_set_add (set, 1);
  imap_batch_uid_fetch (record.batch, set, "(UID)", call_back_in, &record);
  g_test_expect_message ("dovetail", G_LOG_LEVEL_CRITICAL, "*imap_batch_uid_fetch*handler*");
  g_test_expect_message ("dovetail", G_LOG_LEVEL_CRITICAL, "*wait*handler*");
  wait_ok (&record);
  g_test_assert_expected_messages ();
  g_assert_cmpstr (record.done->str, ==, "o");
  end (&fixture, &record);
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

  begin (&fixture, &record, COMMON_CAPABILITIES, steps);
  fetch_one (&record, 1);
  g_test_expect_message ("dovetail", G_LOG_LEVEL_CRITICAL, "*imap_session_noop*under way*");
  g_assert_false (imap_session_noop (fixture.session, &error));
  g_test_assert_expected_messages ();
  g_assert_nonnull (error);
  wait_ok (&record);
  end (&fixture, &record);
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
  start_batch (&fixture, &record);
  imap_uid_set_add (set, 1);
  g_test_expect_message ("dovetail", G_LOG_LEVEL_CRITICAL, "*no mailbox selected*");
  imap_batch_uid_store (record.batch, set, "+FLAGS", "\\Deleted", record_done, &record);
  g_test_expect_message ("dovetail", G_LOG_LEVEL_CRITICAL, "*no mailbox selected*");
  imap_batch_expunge (record.batch, record_done, &record);
  g_test_assert_expected_messages ();
  wait_ok (&record);
  g_assert_cmpstr (record.done->str, ==, "");
  end (&fixture, &record);
}

static void
add_rows (const char *prefix, gconstpointer rows, gsize n_rows, gsize size, GTestDataFunc test)
{
  for (gsize i = 0; i < n_rows; i++)
    {
      /* Every row begins with its description. */
      const char *const *row = (gconstpointer)((const char *)rows + i * size);
      g_autofree char *name = g_strdelimit (g_strdup (*row), " /:,", '-');
      g_autofree char *path = g_strdup_printf ("/imap/batch/%s/%s", prefix, name);

      g_test_add_data_func (path, row, test);
    }
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
  add_rows ("mixed", mixed_rows, G_N_ELEMENTS (mixed_rows), sizeof *mixed_rows, test_mixed);
  g_test_add_func ("/imap/batch/refusal-reason", test_refusal_reason);
  g_test_add_func ("/imap/batch/unilateral-fetch", test_unilateral_fetch);
  add_rows ("append", append_rows, G_N_ELEMENTS (append_rows), sizeof *append_rows, test_append);
  g_test_add_data_func ("/imap/batch/big-body/whole", NULL, test_big_body);
  g_test_add_data_func ("/imap/batch/big-body/stopped", GINT_TO_POINTER (TRUE), test_big_body);
  add_rows ("search", search_rows, G_N_ELEMENTS (search_rows), sizeof *search_rows, test_search);
  add_rows ("copy", copy_rows, G_N_ELEMENTS (copy_rows), sizeof *copy_rows, test_copy);
  g_test_add_func ("/imap/batch/split", test_split);
  g_test_add_func ("/imap/batch/expunge", test_expunge);
  g_test_add_func ("/imap/batch/left-early/fetch", test_left_early);
  g_test_add_func ("/imap/batch/left-early/append", test_left_early_with_literal);
  g_test_add_func ("/imap/batch/back-pressure", test_back_pressure);
  g_test_add_func ("/imap/batch/call-from-handler", test_call_from_handler);
  g_test_add_func ("/imap/batch/session-call-during-batch", test_session_call_during_batch);
  g_test_add_func ("/imap/batch/C8/nothing-without-select", test_nothing_without_select);
  return g_test_run ();
}
