/* A login that does not wait for a server it remembers: round trips saved, and nothing believed too early
 * (C8). */
#include "session-fixture.h"

#include <string.h>

#define OFFERED "IMAP4rev1 SASL-IR AUTH=PLAIN"
#define ADMITTED "IMAP4rev1 SASL-IR NAMESPACE"
#define LOGIN "AUTHENTICATE PLAIN AGFsaWNlAG9wZW4gc2VzYW1l"
#define LISTED "* LIST () \"/\" INBOX\r\n* LIST () \"/\" Work\r\n"
#define PERSONAL "* NAMESPACE ((\"\" \"/\")) NIL NIL\r\n"

/* All of it before the server has said a word. */
#define UNHEARD                                                                                              \
  { FAKE_EXPECT, "$TAG1 " LOGIN }, { FAKE_EXPECT, "$TAG2 NAMESPACE" },                                       \
  {                                                                                                          \
    FAKE_EXPECT, "$TAG3 LIST \"\" \"*\""                                                                     \
  }
#define LIST_AGAIN                                                                                           \
  { FAKE_EXPECT, "$TAG LIST \"\" \"*\"" },                                                                   \
  {                                                                                                          \
    FAKE_SEND, LISTED "$TAG OK\r\n"                                                                          \
  }
#define STEP_BY_STEP                                                                                         \
  { FAKE_SEND, "* OK [CAPABILITY " OFFERED "] hi\r\n" }, { FAKE_EXPECT, "$TAG " LOGIN },                     \
      { FAKE_SEND, "$TAG OK [CAPABILITY " ADMITTED "] in\r\n" }, { FAKE_EXPECT, "$TAG1 NAMESPACE" },         \
      { FAKE_EXPECT, "$TAG2 LIST \"\" \"*\"" },                                                              \
  {                                                                                                          \
    FAKE_SEND, PERSONAL "$TAG1 OK\r\n" LISTED "$TAG2 OK\r\n"                                                 \
  }
#define END                                                                                                  \
  { FAKE_EXPECT_CLOSE },                                                                                     \
  {                                                                                                          \
    FAKE_END                                                                                                 \
  }

typedef struct
{
  const char *description;
  const char *after_where; /* the memory, behind its first line */
  const char *remembered;  /* for the next run, likewise */
  FakeStep steps[20];
} HurryRow;

#define KNOWN "\n\n\n\n\n" OFFERED "\n" ADMITTED
#define KNOWN_TO_WAIT "\nwaits\n\n\n\n" OFFERED "\n" ADMITTED

static const HurryRow rows[] = {
  { "nothing is waited for",
    KNOWN,
    KNOWN,
    { UNHEARD,
      { FAKE_SEND, "* OK [CAPABILITY " OFFERED "] hi\r\n$TAG1 OK [CAPABILITY " ADMITTED "] in\r\n" },
      { FAKE_SEND, PERSONAL "$TAG2 OK\r\n" LISTED "$TAG3 OK\r\n" },
      END } },
  { "a greeting that does not say what is offered",
    KNOWN,
    KNOWN,
    { UNHEARD,
      { FAKE_SEND, "* OK hi\r\n$TAG1 OK [CAPABILITY " ADMITTED "] in\r\n" },
      { FAKE_SEND, PERSONAL "$TAG2 OK\r\n" LISTED "$TAG3 OK\r\n" },
      END } },
  { "nothing is known of this server", "", KNOWN, { STEP_BY_STEP, END } },
  { "a server that has to be waited for", KNOWN_TO_WAIT, KNOWN_TO_WAIT, { STEP_BY_STEP, END } },
  { "the login's answer does not say what is offered",
    KNOWN,
    KNOWN,
    { UNHEARD,
      { FAKE_SEND, "* OK hi\r\n$TAG1 OK in\r\n" PERSONAL "$TAG2 OK\r\n" LISTED "$TAG3 OK\r\n" },
      { FAKE_EXPECT, "$TAG CAPABILITY" },
      { FAKE_SEND, "* CAPABILITY " ADMITTED "\r\n$TAG OK\r\n" },
      END } },
  { "what is offered after the login has changed",
    KNOWN,
    "\n\n\n\n\n" OFFERED "\n" ADMITTED " UIDPLUS",
    { UNHEARD,
      { FAKE_SEND, "* OK hi\r\n$TAG1 OK [CAPABILITY " ADMITTED " UIDPLUS] in\r\n" },
      { FAKE_SEND, PERSONAL "$TAG2 OK\r\n* LIST () \"/\" Old\r\n$TAG3 OK\r\n" },
      LIST_AGAIN,
      END } },
  { "the listing is refused",
    KNOWN,
    KNOWN,
    { UNHEARD,
      { FAKE_SEND, "* OK hi\r\n$TAG1 OK [CAPABILITY " ADMITTED "] in\r\n" PERSONAL
                   "$TAG2 OK\r\n* LIST () \"/\" Half\r\n$TAG3 NO later\r\n" },
      LIST_AGAIN,
      END } },
  { "mailboxes told before the login succeeded are not believed",
    KNOWN,
    KNOWN,
    { UNHEARD,
      { FAKE_SEND, "* OK hi\r\n* LIST () \"/\" Evil\r\n$TAG1 OK [CAPABILITY " ADMITTED "] in\r\n" },
      { FAKE_SEND, PERSONAL "$TAG2 OK\r\n" LISTED "$TAG3 OK\r\n" },
      END } },
  { "a server that drops early words",
    KNOWN,
    KNOWN_TO_WAIT,
    { UNHEARD, { FAKE_NEXT_CONNECTION }, STEP_BY_STEP, END } },
  { "a server that calls early words bad",
    KNOWN,
    KNOWN_TO_WAIT,
    { UNHEARD,
      { FAKE_SEND, "* OK hi\r\n$TAG1 BAD not yet\r\n" },
      { FAKE_NEXT_CONNECTION },
      STEP_BY_STEP,
      END } },
  { "a server that loses its place in what comes with the login",
    KNOWN,
    KNOWN_TO_WAIT,
    { UNHEARD,
      { FAKE_SEND, "* OK hi\r\n$TAG1 OK [CAPABILITY " ADMITTED "] in\r\n* BAD Invalid tag\r\n" },
      { FAKE_NEXT_CONNECTION },
      STEP_BY_STEP,
      END } },
  { "another mechanism is offered now",
    KNOWN,
    KNOWN,
    { UNHEARD,
      { FAKE_SEND, "* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=EXTERNAL] hi\r\n$TAG1 NO unknown mechanism\r\n" },
      { FAKE_NEXT_CONNECTION },
      STEP_BY_STEP,
      END } },
};

static char *
memory_of (const SessionFixture *fixture, const char *after_where)
{
  return g_strdup_printf ("127.0.0.1:%u%s", fixture->account.port, after_where);
}

static void
assert_lists (SessionFixture *fixture)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) items = imap_session_list (fixture->session, &error);

  g_assert_no_error (error);
  g_assert_cmpuint (items->len, ==, 2);
  g_assert_cmpstr (((ImapListItem *)g_ptr_array_index (items, 0))->mailbox, ==, "INBOX");
  g_assert_cmpstr (((ImapListItem *)g_ptr_array_index (items, 1))->mailbox, ==, "Work");
}

static void
test_succeeds (gconstpointer data)
{
  const HurryRow *row = data;
  SessionFixture fixture;
  g_autofree char *memory = NULL;
  g_autofree char *expected = NULL;
  g_autofree char *learnt = NULL;

  session_fixture_init (&fixture);
  session_fixture_add_steps (&fixture, row->steps);
  session_fixture_serve (&fixture, FALSE);
  fixture.memory = memory = memory_of (&fixture, row->after_where);
  session_fixture_open (&fixture);
  assert_lists (&fixture);
  g_assert_cmpstr (imap_session_get_prefix (fixture.session), ==, "");
  g_assert_cmpint (imap_session_get_delimiter (fixture.session), ==, '/');
  learnt = imap_session_get_memory (fixture.session);
  expected = memory_of (&fixture, row->remembered);
  g_assert_cmpstr (learnt, ==, expected);
  session_fixture_clear (&fixture);
}

/* Logins that fail for good: nothing is tried a second time. */

typedef struct
{
  const char *description;
  int code; /* ImapError */
  FakeStep steps[8];
} FailureRow;

static const FailureRow failures[] = {
  { "the password is refused",
    IMAP_ERROR_AUTHENTICATION,
    { UNHEARD,
      { FAKE_SEND, "* OK [CAPABILITY " OFFERED "] hi\r\n$TAG1 NO [AUTHENTICATIONFAILED] no\r\n" },
      END } },
  { "the server turns everybody away", IMAP_ERROR_BYE, { UNHEARD, { FAKE_SEND, "* BYE not now\r\n" }, END } },
};

static void
test_fails (gconstpointer data)
{
  const FailureRow *row = data;
  SessionFixture fixture;
  g_autofree char *memory = NULL;
  g_autoptr (GError) error = NULL;

  session_fixture_init (&fixture);
  session_fixture_add_steps (&fixture, row->steps);
  session_fixture_serve (&fixture, FALSE);
  fixture.memory = memory = memory_of (&fixture, KNOWN);
  error = session_fixture_open_fails (&fixture);
  g_assert_error (error, IMAP_ERROR, row->code);
  g_assert_cmpuint (fake_server_get_accepted (fixture.server), ==, 1);
  session_fixture_clear (&fixture);
}

/* What a proxy may do that answers a login and drops what came with it: it is given up after the timeout, and
 * the next connection waits. */
static void
test_is_given_up (void)
{
  static const FakeStep steps[] = {
    UNHEARD, { FAKE_SEND, "* OK hi\r\n" }, { FAKE_EXPECT_CLOSE }, { FAKE_NEXT_CONNECTION }, STEP_BY_STEP, END
  };
  SessionFixture fixture;
  g_autofree char *memory = NULL;

  session_fixture_init (&fixture);
  fixture.account.timeout = 1;
  session_fixture_add_steps (&fixture, steps);
  session_fixture_serve (&fixture, FALSE);
  fixture.memory = memory = memory_of (&fixture, KNOWN);
  session_fixture_open (&fixture);
  assert_lists (&fixture);
  session_fixture_clear (&fixture);
}

/* Before STARTTLS nothing is known of who is there. */
static void
test_starttls_waits (void)
{
  static const FakeStep steps[] = { { FAKE_SEND, "* OK [CAPABILITY IMAP4rev1 STARTTLS] hi\r\n" },
                                    { FAKE_EXPECT, "$TAG STARTTLS" },
                                    { FAKE_SEND, "$TAG OK go\r\n" },
                                    { FAKE_START_TLS },
                                    { FAKE_EXPECT, "$TAG CAPABILITY" },
                                    { FAKE_SEND, "* CAPABILITY " OFFERED "\r\n$TAG OK\r\n" },
                                    { FAKE_EXPECT, "$TAG " LOGIN },
                                    { FAKE_SEND, "$TAG OK [CAPABILITY IMAP4rev1] in\r\n" },
                                    { FAKE_EXPECT, "$TAG LIST \"\" \"*\"" },
                                    { FAKE_SEND, LISTED "$TAG OK\r\n" },
                                    END };
  SessionFixture fixture;
  g_autofree char *memory = NULL;

  session_fixture_init (&fixture);
  fixture.account.security = ACCOUNT_SECURITY_STARTTLS;
  session_fixture_add_steps (&fixture, steps);
  session_fixture_serve (&fixture, TRUE);
  fixture.memory = memory = memory_of (&fixture, KNOWN);
  session_fixture_open (&fixture);
  assert_lists (&fixture);
  session_fixture_clear (&fixture);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  session_fixture_add_rows ("/imap/hurry/", rows, G_N_ELEMENTS (rows), sizeof rows[0], test_succeeds);
  session_fixture_add_rows ("/imap/hurry/fails/", failures, G_N_ELEMENTS (failures), sizeof failures[0],
                            test_fails);
  g_test_add_func ("/imap/hurry/given-up", test_is_given_up);
  g_test_add_func ("/imap/hurry/starttls", test_starttls_waits);
  return g_test_run ();
}
