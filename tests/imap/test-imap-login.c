/* From the greeting to the authenticated session: what is sent, what is learnt, what is forgotten (C8). */
#include "login-scripts.h"

#include <string.h>

/* Sessions that come about. */

typedef struct
{
  const char *description;
  AccountSecurity security;
  gboolean tls;
  const char *user;
  guint has; /* ImapCapability bits */
  guint lacks;
  const char *prefix;
  char delimiter;
  const char *encoded; /* "café" on the wire */
  FakeStep steps[20];
} SuccessRow;

#define CAFE_UTF7 "caf&AOk-"
#define CAFE_UTF8 "caf\xc3\xa9"
#define LIST_ROOT                                                                                            \
  { FAKE_EXPECT, "$TAG LIST \"\" \"\"" },                                                                    \
  {                                                                                                          \
    FAKE_SEND, "* LIST (\\Noselect) \".\" \"\"\r\n$TAG OK\r\n"                                               \
  }
#define ID_LINE "ID (\"name\" \"dovetail\" \"version\" \"" DOVETAIL_VERSION "\")"

static const SuccessRow success_rows[] = {
  { "nothing optional",
    ACCOUNT_SECURITY_NONE,
    FALSE,
    "alice",
    0,
    ~0u,
    "",
    '.',
    CAFE_UTF7,
    { { FAKE_SEND, "* OK hi\r\n" },
      { FAKE_EXPECT, "$TAG CAPABILITY" },
      { FAKE_SEND, "* CAPABILITY IMAP4rev1\r\n$TAG OK\r\n" },
      { FAKE_EXPECT, "$TAG LOGIN alice \"open sesame\"" },
      { FAKE_SEND, "$TAG OK\r\n" },
      { FAKE_EXPECT, "$TAG CAPABILITY" },
      { FAKE_SEND, "* CAPABILITY IMAP4rev1\r\n$TAG OK\r\n" },
      LIST_ROOT } },
  { "LOGIN with a literal",
    ACCOUNT_SECURITY_NONE,
    FALSE,
    "\xc3\xa4lice",
    0,
    0,
    "",
    '.',
    CAFE_UTF7,
    { { FAKE_SEND, "* OK [CAPABILITY IMAP4rev1] hi\r\n" },
      { FAKE_EXPECT, "$TAG LOGIN {6}" },
      { FAKE_SEND, "+ go\r\n" },
      { FAKE_EXPECT, "\xc3\xa4lice \"open sesame\"" },
      { FAKE_SEND, "$TAG OK [CAPABILITY IMAP4rev1] in\r\n" },
      LIST_ROOT } },
  { "SASL without an initial response",
    ACCOUNT_SECURITY_NONE,
    FALSE,
    "alice",
    0,
    0,
    "",
    '.',
    CAFE_UTF7,
    { { FAKE_SEND, "* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] hi\r\n" },
      { FAKE_EXPECT, "$TAG AUTHENTICATE PLAIN" },
      { FAKE_SEND, "+ \r\n" },
      { FAKE_EXPECT, "AGFsaWNlAG9wZW4gc2VzYW1l" },
      { FAKE_SEND, "$TAG OK [CAPABILITY IMAP4rev1] in\r\n" },
      LIST_ROOT } },
  { "the server speaks first",
    ACCOUNT_SECURITY_NONE,
    FALSE,
    "alice",
    0,
    0,
    "",
    '.',
    CAFE_UTF7,
    { { FAKE_SEND, "* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=LOGIN] hi\r\n" },
      { FAKE_EXPECT, "$TAG AUTHENTICATE LOGIN" },
      { FAKE_SEND, "+ VXNlcm5hbWU6\r\n" },
      { FAKE_EXPECT, "YWxpY2U=" },
      { FAKE_SEND, "+ UGFzc3dvcmQ6\r\n" },
      { FAKE_EXPECT, "b3BlbiBzZXNhbWU=" },
      { FAKE_SEND, "$TAG OK [CAPABILITY IMAP4rev1] in\r\n" },
      LIST_ROOT } },
  { "capabilities told untagged during login",
    ACCOUNT_SECURITY_NONE,
    FALSE,
    "alice",
    IMAP_CAPABILITY_UIDPLUS,
    0,
    "",
    '.',
    CAFE_UTF7,
    { GREET_PLAIN,
      EXPECT_PLAIN,
      { FAKE_SEND, "* CAPABILITY IMAP4rev1 UIDPLUS\r\n$TAG OK in\r\n" },
      LIST_ROOT } },
  { "capabilities before login are forgotten",
    ACCOUNT_SECURITY_NONE,
    FALSE,
    "alice",
    0,
    IMAP_CAPABILITY_MOVE,
    "",
    '.',
    CAFE_UTF7,
    { { FAKE_SEND, "* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN MOVE NAMESPACE ID] hi\r\n" },
      EXPECT_PLAIN,
      { FAKE_SEND, "$TAG OK in\r\n" },
      { FAKE_EXPECT, "$TAG CAPABILITY" },
      { FAKE_SEND, "* CAPABILITY IMAP4rev1\r\n$TAG OK\r\n" },
      LIST_ROOT } },
  { "everything in one flight",
    ACCOUNT_SECURITY_NONE,
    FALSE,
    "alice",
    IMAP_CAPABILITY_ENABLE | IMAP_CAPABILITY_CONDSTORE | IMAP_CAPABILITY_QRESYNC,
    IMAP_CAPABILITY_REV2,
    "INBOX.",
    '.',
    CAFE_UTF8,
    { GREET_PLAIN,
      EXPECT_PLAIN,
      { FAKE_SEND, "$TAG OK [CAPABILITY IMAP4rev1 ENABLE UTF8=ACCEPT ID NAMESPACE QRESYNC] in\r\n" },
      { FAKE_EXPECT, "$TAG1 ENABLE UTF8=ACCEPT" },
      { FAKE_EXPECT, "$TAG2 " ID_LINE },
      { FAKE_EXPECT, "$TAG3 NAMESPACE" },
      { FAKE_SEND, "* NAMESPACE ((\"INBOX.\" \".\")) NIL NIL\r\n$TAG3 OK\r\n" },
      { FAKE_SEND, "* ID NIL\r\n$TAG2 OK\r\n* ENABLED UTF8=ACCEPT\r\n$TAG1 OK\r\n" } } },
  { "ENABLE without ENABLED changes nothing",
    ACCOUNT_SECURITY_NONE,
    FALSE,
    "alice",
    0,
    0,
    "",
    '.',
    CAFE_UTF7,
    { GREET_PLAIN,
      EXPECT_PLAIN,
      { FAKE_SEND, "$TAG OK [CAPABILITY IMAP4rev1 ENABLE UTF8=ACCEPT] in\r\n" },
      { FAKE_EXPECT, "$TAG1 ENABLE UTF8=ACCEPT" },
      { FAKE_EXPECT, "$TAG2 LIST \"\" \"\"" },
      { FAKE_SEND, "* ENABLED\r\n$TAG1 OK\r\n* LIST (\\Noselect) \".\" \"\"\r\n$TAG2 OK\r\n" } } },
  { "all that is optional is refused",
    ACCOUNT_SECURITY_NONE,
    FALSE,
    "alice",
    0,
    0,
    "",
    '.',
    CAFE_UTF7,
    { GREET_PLAIN,
      EXPECT_PLAIN,
      { FAKE_SEND, "$TAG OK [CAPABILITY IMAP4rev1 ENABLE UTF8=ACCEPT ID NAMESPACE] in\r\n" },
      { FAKE_EXPECT, "$TAG1 ENABLE UTF8=ACCEPT" },
      { FAKE_EXPECT, "$TAG2 " ID_LINE },
      { FAKE_EXPECT, "$TAG3 NAMESPACE" },
      { FAKE_SEND, "$TAG3 NO\r\n$TAG2 BAD\r\n$TAG1 NO\r\n" },
      LIST_ROOT } },
  { "a namespace without its delimiter at the end",
    ACCOUNT_SECURITY_NONE,
    FALSE,
    "alice",
    0,
    0,
    "Mail/",
    '/',
    CAFE_UTF7,
    { GREET_PLAIN,
      EXPECT_PLAIN,
      { FAKE_SEND, "$TAG OK [CAPABILITY IMAP4rev1 NAMESPACE] in\r\n" },
      { FAKE_EXPECT, "$TAG NAMESPACE" },
      { FAKE_SEND, "* NAMESPACE ((\"Mail\" \"/\")) NIL NIL\r\n$TAG OK\r\n" } } },
  { "IMAP4rev2 alone",
    ACCOUNT_SECURITY_NONE,
    FALSE,
    "alice",
    IMAP_CAPABILITY_UIDPLUS | IMAP_CAPABILITY_ESEARCH | IMAP_CAPABILITY_MOVE | IMAP_CAPABILITY_LIST_STATUS |
        IMAP_CAPABILITY_UNSELECT,
    IMAP_CAPABILITY_SPECIAL_USE,
    "",
    '/',
    CAFE_UTF8,
    { GREET_PLAIN,
      EXPECT_PLAIN,
      { FAKE_SEND, "$TAG OK [CAPABILITY IMAP4rev2] in\r\n" },
      { FAKE_EXPECT, "$TAG NAMESPACE" },
      { FAKE_SEND, "* NAMESPACE ((\"\" \"/\")) NIL NIL\r\n$TAG OK\r\n" } } },
  { "mailbox data during login means nothing",
    ACCOUNT_SECURITY_NONE,
    FALSE,
    "alice",
    0,
    0,
    "",
    '.',
    CAFE_UTF7,
    { { FAKE_SEND, "* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN] hi\r\n* 5 EXISTS\r\n* 7 EXPUNGE\r\n* LIST "
                   "() \"x\" y\r\n"
                   "* ENABLED UTF8=ACCEPT\r\n* ID NIL\r\n* 1 FETCH (UID 1 BODY[] {2}\r\nxx)\r\n* NAMESPACE "
                   "((\"z\" \"z\")) NIL "
                   "NIL\r\n* OK [UIDVALIDITY 3] x\r\n" },
      EXPECT_PLAIN,
      { FAKE_SEND, "* 5 EXISTS\r\n* SEARCH 1\r\n$TAG OK [CAPABILITY IMAP4rev1] in\r\n* 3 EXPUNGE\r\n" },
      LIST_ROOT } },

  /* STARTTLS: everything is asked for anew. */
  { "starttls",
    ACCOUNT_SECURITY_STARTTLS,
    TRUE,
    "alice",
    0,
    IMAP_CAPABILITY_MOVE,
    "",
    '.',
    CAFE_UTF7,
    { { FAKE_SEND, "* OK [CAPABILITY IMAP4rev1 STARTTLS SASL-IR AUTH=PLAIN MOVE] " LURE "\r\n" },
      { FAKE_EXPECT, "$TAG STARTTLS" },
      { FAKE_SEND, "* OK [ALERT] " LURE
                   "\r\n* LIST () \"x\" y\r\n* ENABLED UTF8=ACCEPT\r\n* NAMESPACE ((\"evil\" \"e\")) NIL "
                   "NIL\r\n$TAG OK begin\r\n" },
      { FAKE_START_TLS },
      { FAKE_EXPECT, "$TAG CAPABILITY" },
      { FAKE_SEND, "* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\n$TAG OK\r\n" },
      { FAKE_EXPECT, "$TAG AUTHENTICATE PLAIN" },
      { FAKE_SEND, "+ \r\n" },
      { FAKE_EXPECT, "*" },
      { FAKE_SEND, "$TAG OK in\r\n" },
      { FAKE_EXPECT, "$TAG CAPABILITY" },
      { FAKE_SEND, "* CAPABILITY IMAP4rev1\r\n$TAG OK\r\n" },
      LIST_ROOT } },
  { "tls",
    ACCOUNT_SECURITY_TLS,
    TRUE,
    "alice",
    0,
    0,
    "",
    '.',
    CAFE_UTF7,
    { { FAKE_START_TLS },
      GREET_PLAIN,
      EXPECT_PLAIN,
      { FAKE_SEND, "$TAG OK [CAPABILITY IMAP4rev1] in\r\n" },
      LIST_ROOT } },
  { "tls and PREAUTH",
    ACCOUNT_SECURITY_TLS,
    TRUE,
    "alice",
    IMAP_CAPABILITY_MOVE,
    0,
    "",
    '.',
    CAFE_UTF7,
    { { FAKE_START_TLS }, { FAKE_SEND, "* PREAUTH [CAPABILITY IMAP4rev1 MOVE] hi\r\n" }, LIST_ROOT } },
  { "channel binding refused: once without it",
    ACCOUNT_SECURITY_TLS,
    TRUE,
    "alice",
    0,
    0,
    "",
    '.',
    CAFE_UTF7,
    { { FAKE_START_TLS },
      { FAKE_SEND, "* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=SCRAM-SHA-256-PLUS AUTH=PLAIN] hi\r\n" },
      { FAKE_EXPECT, "$TAG AUTHENTICATE SCRAM-SHA-256-PLUS *" },
      { FAKE_SEND, "$TAG NO [AUTHENTICATIONFAILED] binding\r\n" },
      EXPECT_PLAIN,
      { FAKE_SEND, "$TAG OK [CAPABILITY IMAP4rev1] in\r\n" },
      LIST_ROOT } },
};

static void
test_success (gconstpointer data)
{
  const SuccessRow *row = data;
  SessionFixture fixture;
  g_autofree char *encoded = NULL;

  session_fixture_init (&fixture);
  fixture.account.security = row->security;
  fixture.account.user = (char *)row->user;
  session_fixture_add_steps (&fixture, row->steps);
  session_fixture_serve (&fixture, row->tls);
  session_fixture_open (&fixture);
  for (guint bit = 0; bit < 21; bit++)
    {
      if ((row->has & (1u << bit)) != 0)
        g_assert_true (imap_session_has (fixture.session, 1u << bit));
      if ((row->lacks & (1u << bit)) != 0)
        g_assert_false (imap_session_has (fixture.session, 1u << bit));
    }
  g_assert_cmpstr (imap_session_get_prefix (fixture.session), ==, row->prefix);
  g_assert_cmpint (imap_session_get_delimiter (fixture.session), ==, row->delimiter);
  encoded = imap_session_encode_name (fixture.session, CAFE_UTF8);
  g_assert_cmpstr (encoded, ==, row->encoded);
  g_assert_null (imap_session_get_selected (fixture.session));
  g_assert_null (strstr (fixture.log->str, LURE));
  g_assert_true (
      g_str_has_prefix (imap_session_get_tls_description (fixture.session), row->tls ? "TLSv1." : "no"));
  session_fixture_clear (&fixture);
}

/* With a refusal of both, the channel binding is not tried again. */
static void
test_plus_refused_twice (void)
{
  static const FakeStep steps[] = {
    { FAKE_START_TLS },
    { FAKE_SEND, "* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=SCRAM-SHA-256-PLUS AUTH=SCRAM-SHA-256] hi\r\n" },
    { FAKE_EXPECT, "$TAG AUTHENTICATE SCRAM-SHA-256-PLUS *" },
    { FAKE_SEND, "$TAG NO wrong\r\n" },
    { FAKE_EXPECT, "$TAG AUTHENTICATE SCRAM-SHA-256 *" },
    { FAKE_SEND, "$TAG NO wrong\r\n" },
    { FAKE_EXPECT_CLOSE },
    { FAKE_END }
  };
  SessionFixture fixture;
  g_autoptr (GError) error = NULL;

  session_fixture_init (&fixture);
  fixture.account.security = ACCOUNT_SECURITY_TLS;
  session_fixture_add_steps (&fixture, steps);
  session_fixture_serve (&fixture, TRUE);
  error = session_fixture_open_fails (&fixture);
  g_assert_error (error, IMAP_ERROR, IMAP_ERROR_AUTHENTICATION);
  session_fixture_clear (&fixture);
}

/* A server that says nothing is given up, wherever it falls silent. */

typedef struct
{
  const char *description;
  FakeStep steps[6];
} SilenceRow;

static const SilenceRow silence_rows[] = {
  { "no greeting", { { FAKE_STALL } } },
  { "half a greeting", { { FAKE_SEND, "* OK" }, { FAKE_STALL } } },
  { "a trickle of a greeting", { { FAKE_TRICKLE, "* OK [CAPABILITY " } } },
  { "no answer to the login", { GREET_PLAIN, EXPECT_PLAIN, { FAKE_STALL } } },
  { "a trickle of untagged lines", { GREET_PLAIN, EXPECT_PLAIN, { FAKE_TRICKLE, "* OK wait\r\n" } } },
};

static void
test_silence (gconstpointer data)
{
  const SilenceRow *row = data;
  SessionFixture fixture;
  g_autoptr (GError) error = NULL;

  session_fixture_init (&fixture);
  fixture.account.timeout = 1;
  session_fixture_add_steps (&fixture, row->steps);
  session_fixture_serve (&fixture, FALSE);
  error = session_fixture_open_fails (&fixture);
  g_assert_error (error, NET_ERROR, NET_ERROR_TIMEOUT);
  session_fixture_clear (&fixture);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  session_fixture_add_rows ("/imap/login/success", success_rows, G_N_ELEMENTS (success_rows),
                            sizeof *success_rows, test_success);
  session_fixture_add_rows ("/imap/login/silence", silence_rows, G_N_ELEMENTS (silence_rows),
                            sizeof *silence_rows, test_silence);
  g_test_add_func ("/imap/login/plus-refused-twice", test_plus_refused_twice);
  return g_test_run ();
}
