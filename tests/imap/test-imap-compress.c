/* COMPRESS=DEFLATE (RFC 4978): what goes through it, what a server can do wrong with it, and what the next
 * run knows of that (C8). */
#include "batch-fixture.h"
#include "imap/imap-memory.h"

#include <string.h>

#define CAPABILITIES "IMAP4rev1 LITERAL+ COMPRESS=DEFLATE"
#define ASKED                                                                                                \
  {                                                                                                          \
    FAKE_EXPECT, "$TAG COMPRESS DEFLATE"                                                                     \
  }
#define ACCEPTED                                                                                             \
  ASKED, { FAKE_SEND, "$TAG OK active\r\n" },                                                                \
  {                                                                                                          \
    FAKE_START_DEFLATE                                                                                       \
  }
#define NOOP                                                                                                 \
  { FAKE_EXPECT, "$TAG NOOP" },                                                                              \
  {                                                                                                          \
    FAKE_SEND, "$TAG OK done\r\n"                                                                            \
  }

typedef struct
{
  const char *description;
  FakeStep steps[8];
  gboolean compressed; /* it is accepted */
  const char *error;   /* (nullable) of the NOOP behind it */
  gboolean remembered; /* the next run does without */
  guint timeout;       /* seconds; 0: many */
} Row;

/* The first deflated octets come with the answer. */
static gboolean
accept_and_go_on (FakePeer *peer, const char *line, gpointer user_data)
{
  static const char behind[] = "* OK deflated\r\n";
  g_autofree char *answer = g_strdup_printf ("%.*s OK active\r\n", (int)strcspn (line, " "), line);
  g_autoptr (GByteArray) together = g_byte_array_new ();
  g_autoptr (GBytes) deflated = NULL;

  fake_peer_start_deflate (peer);
  deflated = fake_peer_deflate (peer, behind, strlen (behind));
  g_byte_array_append (together, (const guint8 *)answer, (guint)strlen (answer));
  g_byte_array_append (together, g_bytes_get_data (deflated, NULL), (guint)g_bytes_get_size (deflated));
  fake_peer_send_raw (peer, together->data, together->len);
  return FALSE;
}

static gboolean
send_half (FakePeer *peer, const char *line, gpointer user_data)
{
  static const char text[] = "* OK a line that never comes to its end\r\n";
  g_autoptr (GBytes) deflated = fake_peer_deflate (peer, text, strlen (text));

  fake_peer_send_raw (peer, g_bytes_get_data (deflated, NULL), g_bytes_get_size (deflated) / 2);
  fake_peer_close (peer);
  return FALSE;
}

/* A line of 64 MiB in 64 KiB. */
static gboolean
send_endless_line (FakePeer *peer, const char *line, gpointer user_data)
{
  const gsize length = 64 * 1024 * 1024;
  g_autofree char *text = g_malloc (length);

  memset (text, 'a', length);
  memcpy (text, "* OK ", strlen ("* OK "));
  fake_peer_send_bytes (peer, text, length);
  return FALSE;
}

static const Row rows[] = {
  { "accepted", { ACCEPTED, NOOP }, .compressed = TRUE },
  { "octet by octet",
    { ACCEPTED, { FAKE_EXPECT, "$TAG NOOP" }, { FAKE_SEND_SLOWLY, "* OK so be it\r\n$TAG OK done\r\n" } },
    .compressed = TRUE },
  { "deflated words behind the answer",
    { { FAKE_CALL, .call = accept_and_go_on }, NOOP },
    .compressed = TRUE },
  { "refused: active already", { ASKED, { FAKE_SEND, "$TAG NO [COMPRESSIONACTIVE] it is\r\n" }, NOOP } },
  { "refused with words behind it",
    { ASKED, { FAKE_SEND, "$TAG NO why\r\n* OK one\r\n* OK two\r\n* OK three\r\n" }, NOOP } },
  { "refused: unknown", { ASKED, { FAKE_SEND, "$TAG BAD what\r\n" }, NOOP } },
  { "plain text behind OK",
    { ASKED,
      { FAKE_SEND, "$TAG OK sure\r\n* 3 EXISTS\r\n* OK and so on, and so on, as if nothing were\r\n" } },
    .compressed = TRUE,
    .error = "",
    .remembered = TRUE },
  { "garbage behind OK",
    { ASKED, { FAKE_SEND, "$TAG OK sure\r\n\xff\xff\xff\xff" } },
    .compressed = TRUE,
    .error = "not compressed as it said",
    .remembered = TRUE },
  { "the stream ends",
    { ASKED, { FAKE_SEND, "$TAG OK sure\r\n" }, { FAKE_SEND, "\x03", 2 } },
    .compressed = TRUE,
    .error = "the compressed stream ended",
    .remembered = TRUE },
  { "the stream is cut",
    { ACCEPTED, { FAKE_CALL, .call = send_half } },
    .compressed = TRUE,
    .error = "closed",
    .remembered = TRUE },
  { "cut when it has proved to work",
    { ACCEPTED, NOOP, { FAKE_CALL, .call = send_half } },
    .compressed = TRUE,
    .error = "closed" },
  { "silent behind OK",
    { ASKED, { FAKE_SEND, "$TAG OK sure\r\n" }, { FAKE_STALL } },
    .compressed = TRUE,
    .error = "silent",
    .remembered = TRUE,
    .timeout = 1 },
  { "a line without an end",
    { ACCEPTED, { FAKE_CALL, .call = send_endless_line } },
    .compressed = TRUE,
    .error = "malformed",
    .remembered = TRUE },
};

static gboolean
is_remembered (ImapSession *session)
{
  g_autofree char *memory = imap_session_get_memory (session);

  g_auto (GStrv) lines = g_strsplit (memory, "\n", -1);
  const gint64 now = g_get_real_time () / G_USEC_PER_SEC;
  const gint64 when = g_ascii_strtoll (lines[2], NULL, 10);

  g_assert_true (when == 0 || (when <= now && when > now - 3600));
  return when != 0;
}

/* What a run knew so many days ago counts for the next one? */
static gboolean
lasts (guint days)
{
  const gint64 then = 1767225600;
  g_autoptr (ImapMemory) before = imap_memory_new ("host:993");
  g_autoptr (ImapMemory) memory = imap_memory_new ("host:993");
  g_autofree char *text = NULL;
  g_autoptr (ImapMemory) read = NULL;

  before->plain = then;
  text = imap_memory_format (before);
  read = imap_memory_parse (text, "host:993");
  g_assert_nonnull (read);
  imap_memory_carry_on (memory, read, then + days * (gint64)(24 * 60 * 60));
  return memory->plain == then;
}

/* It may have been the network that broke off. */
static void
test_tried_again (void)
{
  g_assert_true (lasts (0));
  g_assert_true (lasts (6));
  g_assert_false (lasts (7));
}

/* Until one fails, if that is what is expected: a broken answer may follow a good one. */
static void
run_noops (SessionFixture *fixture, const Row *row)
{
  g_autoptr (GError) error = NULL;
  const guint count = strstr (row->description, "proved") != NULL ? 2 : 1;

  for (guint i = 0; i < count && error == NULL; i++)
    imap_session_noop (fixture->session, &error);
  if (row->error == NULL)
    g_assert_no_error (error);
  else if (error == NULL || strstr (error->message, row->error) == NULL)
    g_error ("%s", error != NULL ? error->message : "it went well");
}

static void
test_row (gconstpointer data)
{
  const Row *row = data;
  SessionFixture fixture;
  g_autoptr (GError) error = NULL;

  session_fixture_init (&fixture);
  if (row->timeout > 0)
    fixture.account.timeout = row->timeout;
  session_fixture_add_login (&fixture, CAPABILITIES);
  session_fixture_add_steps (&fixture, row->steps);
  session_fixture_serve (&fixture, FALSE);
  session_fixture_open (&fixture);
  g_assert_true (imap_session_compress (fixture.session, &error));
  g_assert_no_error (error);
  g_assert_cmpint (imap_session_is_compressed (fixture.session), ==, row->compressed);
  g_assert_true (imap_session_compress (fixture.session, &error)); /* asks no second time */
  run_noops (&fixture, row);
  g_assert_cmpint (is_remembered (fixture.session), ==, row->remembered);
  if (row->timeout > 0)
    fake_server_release (fixture.server);
  session_fixture_clear (&fixture);
}

static void
test_not_offered (void)
{
  static const FakeStep steps[] = { NOOP, { FAKE_END } };
  SessionFixture fixture;
  g_autoptr (GError) error = NULL;

  session_fixture_init (&fixture);
  session_fixture_add_login (&fixture, COMMON_CAPABILITIES);
  session_fixture_add_steps (&fixture, steps);
  session_fixture_serve (&fixture, FALSE);
  session_fixture_open (&fixture);
  g_assert_true (imap_session_compress (fixture.session, &error));
  g_assert_false (imap_session_is_compressed (fixture.session));
  g_assert_true (imap_session_noop (fixture.session, &error));
  g_assert_no_error (error);
  session_fixture_clear (&fixture);
}

/* As inside TLS, both ways and larger than every buffer. */
#define LARGE (3 * 1024 * 1024)

static gboolean
send_large_body (FakePeer *peer, const char *line, gpointer user_data)
{
  g_autoptr (GString) answer = g_string_new (NULL);

  g_string_printf (answer, "* 1 FETCH (UID 1 BODY[] {%d}\r\n", 16 * LARGE);
  for (guint i = 0; i < 16 * LARGE; i++)
    g_string_append_c (answer, 'a');
  g_string_append_printf (answer, ")\r\n%.*s OK done\r\n", (int)strcspn (line, " "), line);
  fake_peer_send_bytes (peer, answer->str, answer->len);
  return FALSE;
}

static void
test_large (gconstpointer data)
{
  const gboolean tls = GPOINTER_TO_INT (data);
  static const FakeStep steps[] = { ACCEPTED,
                                    { FAKE_CALL, .call = send_large_body },
                                    { FAKE_EXPECT, "$TAG APPEND *" },
                                    { FAKE_EXPECT_LITERAL, NULL, LARGE },
                                    { FAKE_EXPECT, "" },
                                    { FAKE_SEND, "$TAG OK stored\r\n" },
                                    { FAKE_END } };
  SessionFixture fixture;
  Record record;
  g_autoptr (ImapUidSet) set = imap_uid_set_new ();
  Source source = { .size = LARGE };
  g_autoptr (GError) error = NULL;

  session_fixture_init (&fixture);
  if (tls)
    {
      fixture.account.security = ACCOUNT_SECURITY_TLS;
      session_fixture_add (&fixture, FAKE_START_TLS, NULL);
    }
  session_fixture_add_login (&fixture, CAPABILITIES);
  session_fixture_add_select (&fixture, "1");
  session_fixture_add_steps (&fixture, steps);
  session_fixture_serve (&fixture, tls);
  session_fixture_open_inbox (&fixture);
  g_assert_true (imap_session_compress (fixture.session, &error));
  g_assert_cmpint (net_connection_is_secure (imap_session_get_connection (fixture.session)), ==, tls);
  batch_fixture_start (&fixture, &record);
  imap_uid_set_add (set, 1);
  imap_batch_uid_fetch (record.batch, set, "(UID BODY.PEEK[])", record_done, &record);
  batch_fixture_wait (&record);
  g_assert_cmpuint (record.body_octets, ==, 16 * LARGE);
  batch_fixture_append (&record, &source, LARGE);
  batch_fixture_wait (&record);
  g_assert_cmpstr (record.done->str, ==, "oo");
  g_assert_cmpuint (net_connection_get_received (imap_session_get_connection (fixture.session)), <, LARGE);
  g_assert_cmpuint (net_connection_get_sent (imap_session_get_connection (fixture.session)), <, LARGE / 16);
  batch_fixture_clear (&fixture, &record);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  session_fixture_add_rows ("/imap/compress", rows, G_N_ELEMENTS (rows), sizeof *rows, test_row);
  g_test_add_func ("/imap/compress/not-offered", test_not_offered);
  g_test_add_func ("/imap/compress/tried-again", test_tried_again);
  g_test_add_data_func ("/imap/compress/large", GINT_TO_POINTER (FALSE), test_large);
  g_test_add_data_func ("/imap/compress/large-in-tls", GINT_TO_POINTER (TRUE), test_large);
  return g_test_run ();
}
