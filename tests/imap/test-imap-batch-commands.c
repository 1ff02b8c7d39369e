/* What the commands of a batch bring: bodies, search results, COPYUID (contracts C1.2, C4.2). */
#include "batch-fixture.h"

#include <string.h>

/* A body of 5 MB passes through; a sink that has enough stops it. */

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

  if (!batch_fixture_serve_login (peer))
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

  batch_fixture_init_programmed (&fixture, &record, serve_big, NULL);
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
  batch_fixture_clear (&fixture, &record);
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
  { "ESEARCH: an answer that names neither is for neither",
    "IMAP4rev1 ESEARCH",
    "bb",
    "",
    "",
    { { FAKE_EXPECT, "$TAG1 UID SEARCH RETURN (ALL) ALL" },
      { FAKE_EXPECT, "$TAG2 UID SEARCH RETURN (ALL) DELETED" },
      { FAKE_SEND, "* SEARCH 1 2\r\n* SEARCH\r\n$TAG1 OK\r\n$TAG2 OK\r\n" } } },
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

  batch_fixture_init (&fixture, &record, row->capabilities, row->steps);
  imap_batch_uid_search (record.batch, "ALL", first, record_done, &record);
  imap_batch_uid_search (record.batch, "DELETED", second, record_done, &record);
  batch_fixture_wait (&record);
  g_assert_cmpstr (record.done->str, ==, row->done);
  assert_set (first, row->first);
  assert_set (second, row->second);
  batch_fixture_clear (&fixture, &record);
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
  { "MOVE with QRESYNC", TRUE,
    "* OK [COPYUID 5 1:2 8:9] x\r\n* VANISHED 1:2\r\n$TAG OK [HIGHESTMODSEQ 9] done\r\n", "o", "1>8 2>9" },
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

  batch_fixture_init (&fixture, &record, COMMON_CAPABILITIES, steps);
  imap_uid_set_add_range (set, 1, 2);
  if (row->move)
    imap_batch_uid_move (record.batch, set, "To here", record_done, &record);
  else
    imap_batch_uid_copy (record.batch, set, "To here", record_done, &record);
  batch_fixture_wait (&record);
  g_assert_cmpstr (record.done->str, ==, row->done);
  g_assert_cmpstr (record.copied->str, ==, row->copied);
  batch_fixture_clear (&fixture, &record);
}

/* A set that is too long for one command: several, one answer, the worst. */

#define SPLIT_UIDS 3000

static void
serve_split (FakePeer *peer, gpointer user_data)
{
  guint *commands = user_data;
  guint uids = 0;

  if (!batch_fixture_serve_login (peer))
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
  batch_fixture_init_programmed (&fixture, &record, serve_split, &commands);
  imap_batch_uid_copy (record.batch, set, "Work", record_done, &record);
  batch_fixture_wait (&record);
  g_assert_cmpuint (commands, >, 3);
  g_assert_cmpstr (record.done->str, ==, "n");
  g_assert_true (g_str_has_prefix (record.copied->str, "1000002>1 "));
  g_assert_cmpuint (imap_uid_set_count (set), ==, SPLIT_UIDS);
  batch_fixture_clear (&fixture, &record);
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

  batch_fixture_init (&fixture, &record, COMMON_CAPABILITIES, steps);
  batch_fixture_fetch (&record, 1);
  imap_batch_expunge (record.batch, record_done, &record);
  g_assert_cmpstr (record.done->str, ==, "oo");
  imap_uid_set_add (set, 3);
  imap_uid_set_add (set, 5);
  imap_batch_uid_expunge (record.batch, set, record_done, &record);
  batch_fixture_wait (&record);
  g_assert_cmpuint (imap_session_get_selected (fixture.session)->exists, ==, 1);
  g_assert_cmpuint (imap_session_get_selected (fixture.session)->expunges, ==, 2);
  batch_fixture_clear (&fixture, &record);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_data_func ("/imap/batch/big-body/whole", NULL, test_big_body);
  g_test_add_data_func ("/imap/batch/big-body/stopped", GINT_TO_POINTER (TRUE), test_big_body);
  session_fixture_add_rows ("/imap/batch/search", search_rows, G_N_ELEMENTS (search_rows),
                            sizeof *search_rows, test_search);
  session_fixture_add_rows ("/imap/batch/copy", copy_rows, G_N_ELEMENTS (copy_rows), sizeof *copy_rows,
                            test_copy);
  g_test_add_func ("/imap/batch/split", test_split);
  g_test_add_func ("/imap/batch/expunge", test_expunge);
  return g_test_run ();
}
