/* The selected mailbox: what SELECT said, how it is kept up to date, and what no server may do to it. */
#include "session-fixture.h"

#include <string.h>

static void
begin (SessionFixture *fixture, const char *capabilities, const FakeStep *steps)
{
  session_fixture_init (fixture);
  session_fixture_add_login (fixture, capabilities);
  session_fixture_add_steps (fixture, steps);
  session_fixture_serve (fixture, FALSE);
  session_fixture_open (fixture);
}

/* What SELECT can say, and what is made of it. */

typedef struct
{
  const char *description;
  gboolean examine;
  const char *said;
  ImapSelected selected; /* exists, uidvalidity, uidnext, highestmodseq, expunges, read_only, mailbox_id */
  const char *flags;     /* (nullable) joined by spaces */
  const char *permanent; /* (nullable) NULL: absent */
} SelectRow;

static const SelectRow select_rows[] = {
  { "the usual",
    FALSE,
    "* FLAGS (\\Seen)\r\n* 3 EXISTS\r\n* OK [UIDVALIDITY 7] v\r\n* OK [UIDNEXT 9] n\r\n"
    "* OK [PERMANENTFLAGS (\\Seen \\*)] p\r\n* OK [HIGHESTMODSEQ 12] m\r\n$TAG OK [READ-WRITE] done\r\n",
    { .exists = 3, .uidvalidity = 7, .uidnext = 9, .highestmodseq = 12 },
    "\\Seen",
    "\\Seen \\*" },
  { "EXISTS several times: the last one counts",
    FALSE,
    "* 9 EXISTS\r\n* 2 EXISTS\r\n* OK [UIDVALIDITY 7] v\r\n* 3 EXISTS\r\n$TAG OK done\r\n",
    { .exists = 3, .uidvalidity = 7 },
    NULL,
    NULL },
  { "no UIDVALIDITY", FALSE, "* 1 EXISTS\r\n$TAG OK done\r\n", { .exists = 1 }, NULL, NULL },
  { "UIDVALIDITY out of range",
    FALSE,
    "* 1 EXISTS\r\n* OK [UIDVALIDITY 4294967296] v\r\n$TAG OK done\r\n",
    { .exists = 1 },
    NULL,
    NULL },
  { "UIDVALIDITY zero",
    FALSE,
    "* 1 EXISTS\r\n* OK [UIDVALIDITY 0] v\r\n$TAG OK done\r\n",
    { .exists = 1 },
    NULL,
    NULL },
  { "[READ-ONLY] of a SELECT",
    FALSE,
    "* 1 EXISTS\r\n$TAG OK [READ-ONLY] done\r\n",
    { .exists = 1, .read_only = TRUE },
    NULL,
    NULL },
  { "EXAMINE is read-only whatever the server says",
    TRUE,
    "* 1 EXISTS\r\n$TAG OK [READ-WRITE] done\r\n",
    { .exists = 1, .read_only = TRUE },
    NULL,
    NULL },
  { "PERMANENTFLAGS empty: nothing sticks",
    FALSE,
    "* 1 EXISTS\r\n* OK [PERMANENTFLAGS ()] p\r\n$TAG OK done\r\n",
    { .exists = 1 },
    NULL,
    "" },
  { "NOMODSEQ",
    FALSE,
    "* 1 EXISTS\r\n* OK [HIGHESTMODSEQ 5] m\r\n* OK [NOMODSEQ] n\r\n$TAG OK done\r\n",
    { .exists = 1 },
    NULL,
    NULL },
  { "CLOSED separates two mailboxes",
    FALSE,
    "* 99 EXISTS\r\n* 7 EXPUNGE\r\n* OK [UIDVALIDITY 3] v\r\n* OK [CLOSED] c\r\n* 1 EXISTS\r\n$TAG OK "
    "done\r\n",
    { .exists = 1 },
    NULL,
    NULL },
  { "an EXPUNGE before the EXISTS is the old mailbox's",
    FALSE,
    "* 8 EXPUNGE\r\n* 1 EXISTS\r\n$TAG OK done\r\n",
    { .exists = 1 },
    NULL,
    NULL },
  { "an EXPUNGE behind it counts",
    FALSE,
    "* 4 EXISTS\r\n* 2 EXPUNGE\r\n$TAG OK done\r\n",
    { .exists = 3, .expunges = 1 },
    NULL,
    NULL },
  { "MAILBOXID",
    FALSE,
    "* 1 EXISTS\r\n* OK [MAILBOXID (F22-33)] i\r\n$TAG OK done\r\n",
    { .exists = 1, .mailbox_id = "F22-33" },
    NULL,
    NULL },
  { "data behind the OK in the same octets",
    FALSE,
    "* 4 EXISTS\r\n$TAG OK done\r\n* 5 EXISTS\r\n* 1 EXPUNGE\r\n* VANISHED 7,9\r\n* VANISHED (EARLIER) "
    "1:300\r\n",
    { .exists = 2, .expunges = 2 },
    NULL,
    NULL },
};

static void
assert_words (const char *const *words, const char *expected)
{
  g_autofree char *joined = words == NULL ? NULL : g_strjoinv (" ", (char **)words);

  g_assert_cmpstr (joined, ==, expected);
}

static void
test_select (gconstpointer data)
{
  const SelectRow *row = data;
  SessionFixture fixture;
  g_autoptr (GError) error = NULL;
  const ImapSelected *selected;
  FakeStep steps[] = { { FAKE_EXPECT, row->examine ? "$TAG EXAMINE Work" : "$TAG SELECT Work" },
                       { FAKE_SEND, row->said },
                       { FAKE_EXPECT, "$TAG NOOP" },
                       { FAKE_SEND, "$TAG OK nothing\r\n" },
                       { FAKE_END } };

  begin (&fixture, "IMAP4rev1", steps);
  g_test_message ("%s", row->description);
  selected = imap_session_select (fixture.session, "Work", row->examine, &error);
  g_assert_no_error (error);
  g_assert_true (imap_session_noop (fixture.session, &error));
  g_assert_cmpstr (selected->mailbox, ==, "Work");
  g_assert_cmpuint (selected->exists, ==, row->selected.exists);
  g_assert_cmpuint (selected->uidvalidity, ==, row->selected.uidvalidity);
  g_assert_cmpuint (selected->uidnext, ==, row->selected.uidnext);
  g_assert_cmpuint (selected->highestmodseq, ==, row->selected.highestmodseq);
  g_assert_cmpuint (selected->expunges, ==, row->selected.expunges);
  g_assert_cmpint (selected->read_only, ==, row->selected.read_only);
  g_assert_cmpstr (selected->mailbox_id, ==, row->selected.mailbox_id);
  assert_words (selected->flags, row->flags);
  assert_words (selected->permanent_flags, row->permanent);
  g_assert_true (imap_session_get_selected (fixture.session) == selected);
  session_fixture_clear (&fixture);
}

/* After SELECT: what a server may not do. Each row comes in answer to a NOOP. */

typedef struct
{
  const char *description;
  const char *said;
  const char *complaint; /* (nullable) NULL: it is passed over */
  guint32 exists;
} AfterRow;

static const AfterRow after_rows[] = {
  { "fewer messages without an EXPUNGE", "* 2 EXISTS\r\n$TAG OK\r\n", "none was expunged", 0 },
  { "EXPUNGE of a message that is not there", "* 4 EXPUNGE\r\n$TAG OK\r\n", "number 4 of 3", 0 },
  { "VANISHED of more than there are", "* VANISHED 1:4294967295\r\n$TAG OK\r\n",
    "more messages than there were", 0 },
  { "another UIDVALIDITY", "* OK [UIDVALIDITY 8] moved\r\n$TAG OK\r\n", "changed the UIDVALIDITY", 0 },
  { "a tag that was never sent", "A999 OK\r\n$TAG OK\r\n", "a command that was not sent", 0 },
  { "a continuation out of the blue", "+ go on\r\n$TAG OK\r\n", "asked to go on", 0 },
  { "a greeting again", "* PREAUTH hello\r\n$TAG OK\r\n", "greeted twice", 0 },
  { "no IMAP at all", "220 mail.example.org ESMTP\r\n", "", 0 },
  { "an octet 0", "* OK \0 x\r\n", "malformed", 0 },
  { "one expunged, two more", "* 3 EXPUNGE\r\n* 4 EXISTS\r\n$TAG OK\r\n", NULL, 4 },
  { "FETCH of a message that nobody knows", "* 77 FETCH (FLAGS (\\Seen))\r\n$TAG OK\r\n", NULL, 3 },
  { "FETCH with a body that nobody asked for", "* 1 FETCH (UID 5 BODY[] {3}\r\nabc)\r\n$TAG OK\r\n", NULL,
    3 },
  { "LIST, SEARCH, STATUS, ENABLED and ID unasked",
    "* LIST () \"/\" x\r\n* SEARCH 1 2\r\n* STATUS x (MESSAGES 1)\r\n* ENABLED UTF8=ACCEPT\r\n* ID "
    "NIL\r\n$TAG OK\r\n",
    NULL, 3 },
  { "an alert and a BAD that nobody caused", "* OK [ALERT] \x1b[31mpay\r\n* BAD what\r\n$TAG OK\r\n", NULL,
    3 },
};

static void
test_after_select (gconstpointer data)
{
  const AfterRow *row = data;
  SessionFixture fixture;
  g_autoptr (GError) error = NULL;
  FakeStep steps[] = { { FAKE_EXPECT, "$TAG NOOP" }, { FAKE_SEND, row->said }, { FAKE_END } };

  /* The only row with a NUL: its length can't be measured. */
  if (strstr (row->description, "octet 0") != NULL)
    steps[1].length = strlen ("* OK . x\r\n");
  session_fixture_init (&fixture);
  session_fixture_add_login (&fixture, "IMAP4rev1");
  session_fixture_add_select (&fixture, "3");
  session_fixture_add_steps (&fixture, steps);
  if (row->complaint != NULL)
    session_fixture_add (&fixture, FAKE_EXPECT_CLOSE, NULL);
  session_fixture_serve (&fixture, FALSE);
  session_fixture_open_inbox (&fixture);
  imap_session_noop (fixture.session, &error);
  if (row->complaint == NULL)
    {
      g_assert_no_error (error);
      g_assert_cmpuint (imap_session_get_selected (fixture.session)->exists, ==, row->exists);
      g_assert_null (strchr (fixture.log->str, '\x1b'));
    }
  else
    {
      g_assert_error (error, IMAP_ERROR, IMAP_ERROR_PROTOCOL);
      g_assert_nonnull (strstr (error->message, row->complaint));
      g_assert_nonnull (strstr (error->message, "(last command: NOOP)"));
      g_assert_null (imap_session_get_selected (fixture.session));
      g_clear_error (&error);
      /* The failure is sticky. */
      g_assert_false (imap_session_noop (fixture.session, &error));
      g_assert_error (error, IMAP_ERROR, IMAP_ERROR_PROTOCOL);
    }
  session_fixture_clear (&fixture);
}

/* A mailbox without EXISTS must not be taken to be empty (contract C1.2). */
static void
test_select_without_exists (void)
{
  static const FakeStep steps[] = { { FAKE_EXPECT, "$TAG SELECT INBOX" },
                                    { FAKE_SEND, "* OK [UIDVALIDITY 7] v\r\n$TAG OK done\r\n" },
                                    { FAKE_EXPECT_CLOSE },
                                    { FAKE_END } };
  SessionFixture fixture;
  g_autoptr (GError) error = NULL;

  begin (&fixture, "IMAP4rev1", steps);
  g_assert_null (imap_session_select (fixture.session, "INBOX", FALSE, &error));
  g_assert_error (error, IMAP_ERROR, IMAP_ERROR_PROTOCOL);
  session_fixture_clear (&fixture);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  session_fixture_add_rows ("/imap/selection/select", select_rows, G_N_ELEMENTS (select_rows),
                            sizeof *select_rows, test_select);
  session_fixture_add_rows ("/imap/selection/after", after_rows, G_N_ELEMENTS (after_rows),
                            sizeof *after_rows, test_after_select);
  g_test_add_func ("/imap/selection/without-exists", test_select_without_exists);
  return g_test_run ();
}
