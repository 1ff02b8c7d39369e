/* From the greeting to the authenticated session: threats.md section 1, line by line (contract C8). */
#include "session-fixture.h"

#include <string.h>

/* What must never be shown or believed when it came in clear. */
#define LURE "visit evil.example"

/* Sessions that must not come about. The script shows that nothing more was sent than it expects: it ends
 * with the client closing. */
typedef struct
{
  const char *description;
  AccountSecurity security;
  gboolean tls; /* the server can do TLS */
  GQuark (*domain) (void);
  int code;
  const char *shown; /* in the error's message */
  FakeStep steps[12];
} RefusalRow;

#define GREET_STARTTLS                                                                                       \
  {                                                                                                          \
    FAKE_SEND, "* OK [CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED] hi\r\n"                                   \
  }
#define GREET_PLAIN                                                                                          \
  {                                                                                                          \
    FAKE_SEND, "* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN] hi\r\n"                                       \
  }
#define EXPECT_PLAIN                                                                                         \
  {                                                                                                          \
    FAKE_EXPECT, "$TAG AUTHENTICATE PLAIN AGFsaWNlAG9wZW4gc2VzYW1l"                                          \
  }
#define CLOSE                                                                                                \
  {                                                                                                          \
    FAKE_EXPECT_CLOSE                                                                                        \
  }

static const RefusalRow refusal_rows[] = {
  /* STARTTLS stripped or optional. */
  { "starttls: not in the greeting's capabilities",
    ACCOUNT_SECURITY_STARTTLS,
    FALSE,
    imap_error_quark,
    IMAP_ERROR_INSECURE,
    "offers no STARTTLS",
    { { FAKE_SEND, "* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] " LURE "\r\n" }, CLOSE } },
  { "starttls: not in the capabilities asked for",
    ACCOUNT_SECURITY_STARTTLS,
    FALSE,
    imap_error_quark,
    IMAP_ERROR_INSECURE,
    "offers no STARTTLS",
    { { FAKE_SEND, "* OK hi\r\n" },
      { FAKE_EXPECT, "$TAG CAPABILITY" },
      { FAKE_SEND, "* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\n$TAG OK [ALERT] " LURE "\r\n" },
      CLOSE } },
  { "starttls: no capabilities at all",
    ACCOUNT_SECURITY_STARTTLS,
    FALSE,
    imap_error_quark,
    IMAP_ERROR_PROTOCOL,
    "",
    { { FAKE_SEND, "* OK hi\r\n" },
      { FAKE_EXPECT, "$TAG CAPABILITY" },
      { FAKE_SEND, "$TAG OK\r\n" },
      CLOSE } },
  { "starttls: NO",
    ACCOUNT_SECURITY_STARTTLS,
    FALSE,
    imap_error_quark,
    IMAP_ERROR_INSECURE,
    "refused STARTTLS",
    { GREET_STARTTLS,
      { FAKE_EXPECT, "$TAG STARTTLS" },
      { FAKE_SEND, "$TAG NO [ALERT] " LURE "\r\n" },
      CLOSE } },
  { "starttls: BAD",
    ACCOUNT_SECURITY_STARTTLS,
    FALSE,
    imap_error_quark,
    IMAP_ERROR_INSECURE,
    "refused STARTTLS",
    { GREET_STARTTLS, { FAKE_EXPECT, "$TAG STARTTLS" }, { FAKE_SEND, "$TAG BAD " LURE "\r\n" }, CLOSE } },
  { "starttls: OK without a handshake",
    ACCOUNT_SECURITY_STARTTLS,
    FALSE,
    net_error_quark,
    NET_ERROR_CLOSED,
    "",
    { GREET_STARTTLS, { FAKE_EXPECT, "$TAG STARTTLS" }, { FAKE_SEND, "$TAG OK begin\r\n" }, { FAKE_CUT } } },
  { "starttls: BYE",
    ACCOUNT_SECURITY_STARTTLS,
    FALSE,
    imap_error_quark,
    IMAP_ERROR_BYE,
    "",
    { GREET_STARTTLS, { FAKE_EXPECT, "$TAG STARTTLS" }, { FAKE_SEND, "* BYE " LURE "\r\n" }, CLOSE } },
  { "starttls: an untrusted alert before it is not shown",
    ACCOUNT_SECURITY_STARTTLS,
    FALSE,
    imap_error_quark,
    IMAP_ERROR_INSECURE,
    "refused STARTTLS",
    { GREET_STARTTLS,
      { FAKE_EXPECT, "$TAG STARTTLS" },
      { FAKE_SEND, "* OK [ALERT] " LURE "\r\n* NO " LURE "\r\n* BAD " LURE "\r\n$TAG NO no\r\n" },
      CLOSE } },

  /* Response injection. */
  { "injection: a response behind the OK",
    ACCOUNT_SECURITY_STARTTLS,
    TRUE,
    net_error_quark,
    NET_ERROR_PROTOCOL,
    "data before TLS",
    { GREET_STARTTLS,
      { FAKE_EXPECT, "$TAG STARTTLS" },
      { FAKE_SEND, "$TAG OK begin\r\n* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\n" },
      CLOSE } },
  { "injection: half a line behind the OK",
    ACCOUNT_SECURITY_STARTTLS,
    TRUE,
    net_error_quark,
    NET_ERROR_PROTOCOL,
    "data before TLS",
    { GREET_STARTTLS, { FAKE_EXPECT, "$TAG STARTTLS" }, { FAKE_SEND, "$TAG OK begin\r\n* CAPA" }, CLOSE } },
  { "injection: one octet behind the OK",
    ACCOUNT_SECURITY_STARTTLS,
    TRUE,
    net_error_quark,
    NET_ERROR_PROTOCOL,
    "data before TLS",
    { GREET_STARTTLS, { FAKE_EXPECT, "$TAG STARTTLS" }, { FAKE_SEND, "$TAG OK begin\r\n " }, CLOSE } },
  { "injection: the next command's answer in advance",
    ACCOUNT_SECURITY_STARTTLS,
    TRUE,
    imap_error_quark,
    IMAP_ERROR_PROTOCOL,
    "not sent",
    { GREET_STARTTLS,
      { FAKE_EXPECT, "$TAG STARTTLS" },
      { FAKE_SEND, "A2 OK [CAPABILITY IMAP4rev1] x\r\n$TAG OK begin\r\n" },
      CLOSE } },
  { "injection: a continuation",
    ACCOUNT_SECURITY_STARTTLS,
    TRUE,
    imap_error_quark,
    IMAP_ERROR_PROTOCOL,
    "",
    { GREET_STARTTLS, { FAKE_EXPECT, "$TAG STARTTLS" }, { FAKE_SEND, "+ " LURE "\r\n" }, CLOSE } },

  /* PREAUTH. */
  { "preauth: STARTTLS wanted",
    ACCOUNT_SECURITY_STARTTLS,
    FALSE,
    imap_error_quark,
    IMAP_ERROR_INSECURE,
    "PREAUTH",
    { { FAKE_SEND, "* PREAUTH [CAPABILITY IMAP4rev1 STARTTLS] " LURE "\r\n" }, CLOSE } },
  { "preauth: in clear",
    ACCOUNT_SECURITY_NONE,
    FALSE,
    imap_error_quark,
    IMAP_ERROR_INSECURE,
    "PREAUTH",
    { { FAKE_SEND, "* PREAUTH hi\r\n" }, CLOSE } },

  /* Greetings. */
  { "greeting: NO",
    ACCOUNT_SECURITY_NONE,
    FALSE,
    imap_error_quark,
    IMAP_ERROR_PROTOCOL,
    "greeting",
    { { FAKE_SEND, "* NO go away\r\n" }, CLOSE } },
  { "greeting: BAD",
    ACCOUNT_SECURITY_STARTTLS,
    FALSE,
    imap_error_quark,
    IMAP_ERROR_PROTOCOL,
    "greeting",
    { { FAKE_SEND, "* BAD " LURE "\r\n" }, CLOSE } },
  { "greeting: data",
    ACCOUNT_SECURITY_STARTTLS,
    FALSE,
    imap_error_quark,
    IMAP_ERROR_PROTOCOL,
    "greeting",
    { { FAKE_SEND, "* CAPABILITY IMAP4rev1\r\n" }, CLOSE } },
  { "greeting: tagged",
    ACCOUNT_SECURITY_NONE,
    FALSE,
    imap_error_quark,
    IMAP_ERROR_PROTOCOL,
    "greeting",
    { { FAKE_SEND, "A1 OK hi\r\n" }, CLOSE } },
  { "greeting: a continuation",
    ACCOUNT_SECURITY_NONE,
    FALSE,
    imap_error_quark,
    IMAP_ERROR_PROTOCOL,
    "greeting",
    { { FAKE_SEND, "+ hi\r\n" }, CLOSE } },
  { "greeting: another protocol",
    ACCOUNT_SECURITY_NONE,
    FALSE,
    imap_error_quark,
    IMAP_ERROR_PROTOCOL,
    "",
    { { FAKE_SEND, "220 ESMTP\r\n" }, CLOSE } },
  { "greeting: BYE",
    ACCOUNT_SECURITY_NONE,
    FALSE,
    imap_error_quark,
    IMAP_ERROR_BYE,
    "too many",
    { { FAKE_SEND, "* BYE too many connections\r\n" }, CLOSE } },
  { "greeting: BYE before TLS",
    ACCOUNT_SECURITY_STARTTLS,
    FALSE,
    imap_error_quark,
    IMAP_ERROR_BYE,
    "",
    { { FAKE_SEND, "* BYE " LURE "\r\n" }, CLOSE } },
  { "greeting: none, closed",
    ACCOUNT_SECURITY_NONE,
    FALSE,
    net_error_quark,
    NET_ERROR_CLOSED,
    "",
    { { FAKE_CUT } } },

  /* What may be used to log in. */
  { "login: LOGINDISABLED and no mechanism",
    ACCOUNT_SECURITY_NONE,
    FALSE,
    imap_error_quark,
    IMAP_ERROR_INSECURE,
    "LOGINDISABLED",
    { { FAKE_SEND, "* OK [CAPABILITY IMAP4rev1 LOGINDISABLED] hi\r\n" }, CLOSE } },
  { "login: LOGINDISABLED and foreign mechanisms",
    ACCOUNT_SECURITY_NONE,
    FALSE,
    imap_error_quark,
    IMAP_ERROR_INSECURE,
    "LOGINDISABLED",
    { { FAKE_SEND, "* OK [CAPABILITY IMAP4rev1 AUTH=NTLM AUTH=CRAM-MD5 LOGINDISABLED] hi\r\n" }, CLOSE } },

  /* What a refusal means. */
  { "refused: wrong password",
    ACCOUNT_SECURITY_NONE,
    FALSE,
    imap_error_quark,
    IMAP_ERROR_AUTHENTICATION,
    "the server refused the user name or password (“no such luck”); store a new one and run again",
    { GREET_PLAIN, EXPECT_PLAIN, { FAKE_SEND, "$TAG NO [AUTHENTICATIONFAILED] no such luck\r\n" }, CLOSE } },
  { "refused: wrong password and BYE behind it",
    ACCOUNT_SECURITY_NONE,
    FALSE,
    imap_error_quark,
    IMAP_ERROR_AUTHENTICATION,
    "store a new one",
    { GREET_PLAIN, EXPECT_PLAIN, { FAKE_SEND, "$TAG NO wrong\r\n* BYE bye\r\n" }, CLOSE } },
  { "refused: AUTHORIZATIONFAILED",
    ACCOUNT_SECURITY_NONE,
    FALSE,
    imap_error_quark,
    IMAP_ERROR_AUTHENTICATION,
    "",
    { GREET_PLAIN, EXPECT_PLAIN, { FAKE_SEND, "$TAG NO [AUTHORIZATIONFAILED] x\r\n" }, CLOSE } },
  { "refused: EXPIRED",
    ACCOUNT_SECURITY_NONE,
    FALSE,
    imap_error_quark,
    IMAP_ERROR_AUTHENTICATION,
    "expired",
    { GREET_PLAIN, EXPECT_PLAIN, { FAKE_SEND, "$TAG NO [EXPIRED] x\r\n" }, CLOSE } },
  { "refused: CONTACTADMIN",
    ACCOUNT_SECURITY_NONE,
    FALSE,
    imap_error_quark,
    IMAP_ERROR_AUTHENTICATION,
    "administrator",
    { GREET_PLAIN, EXPECT_PLAIN, { FAKE_SEND, "$TAG NO [CONTACTADMIN] x\r\n" }, CLOSE } },
  { "refused: UNAVAILABLE",
    ACCOUNT_SECURITY_NONE,
    FALSE,
    imap_error_quark,
    IMAP_ERROR_BYE,
    "LDAP is down",
    { GREET_PLAIN, EXPECT_PLAIN, { FAKE_SEND, "$TAG NO [UNAVAILABLE] LDAP is down\r\n" }, CLOSE } },
  { "refused: INUSE",
    ACCOUNT_SECURITY_NONE,
    FALSE,
    imap_error_quark,
    IMAP_ERROR_BYE,
    "later",
    { GREET_PLAIN, EXPECT_PLAIN, { FAKE_SEND, "$TAG NO [INUSE] x\r\n" }, CLOSE } },
  { "refused: LIMIT",
    ACCOUNT_SECURITY_NONE,
    FALSE,
    imap_error_quark,
    IMAP_ERROR_BYE,
    "later",
    { GREET_PLAIN, EXPECT_PLAIN, { FAKE_SEND, "$TAG NO [LIMIT] x\r\n" }, CLOSE } },
  { "refused: PRIVACYREQUIRED",
    ACCOUNT_SECURITY_NONE,
    FALSE,
    imap_error_quark,
    IMAP_ERROR_INSECURE,
    "protected",
    { GREET_PLAIN, EXPECT_PLAIN, { FAKE_SEND, "$TAG NO [PRIVACYREQUIRED] x\r\n" }, CLOSE } },
  { "refused: BAD",
    ACCOUNT_SECURITY_NONE,
    FALSE,
    imap_error_quark,
    IMAP_ERROR_AUTHENTICATION,
    "",
    { GREET_PLAIN, EXPECT_PLAIN, { FAKE_SEND, "$TAG BAD x\r\n" }, CLOSE } },
  { "refused: BYE instead of an answer",
    ACCOUNT_SECURITY_NONE,
    FALSE,
    imap_error_quark,
    IMAP_ERROR_BYE,
    "enough",
    { GREET_PLAIN, EXPECT_PLAIN, { FAKE_SEND, "* BYE enough\r\n" }, CLOSE } },
  { "refused: a referral is not followed",
    ACCOUNT_SECURITY_NONE,
    FALSE,
    imap_error_quark,
    IMAP_ERROR_AUTHENTICATION,
    "",
    { GREET_PLAIN, EXPECT_PLAIN, { FAKE_SEND, "$TAG NO [REFERRAL imap://evil.example/] x\r\n" }, CLOSE } },
  { "refused: terminal escapes in the reason",
    ACCOUNT_SECURITY_NONE,
    FALSE,
    imap_error_quark,
    IMAP_ERROR_AUTHENTICATION,
    "\\x1B[31mred",
    { GREET_PLAIN, EXPECT_PLAIN, { FAKE_SEND, "$TAG NO \x1b[31mred\r\n" }, CLOSE } },
  { "refused: SCRAM's OK without a proof",
    ACCOUNT_SECURITY_NONE,
    FALSE,
    imap_error_quark,
    IMAP_ERROR_AUTHENTICATION,
    "impostor",
    { { FAKE_SEND, "* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=SCRAM-SHA-256] hi\r\n" },
      { FAKE_EXPECT, "$TAG AUTHENTICATE SCRAM-SHA-256 *" },
      { FAKE_SEND, "$TAG OK come in\r\n" },
      CLOSE } },
  { "capabilities: none, even when asked after login",
    ACCOUNT_SECURITY_NONE,
    FALSE,
    imap_error_quark,
    IMAP_ERROR_PROTOCOL,
    "capable",
    { GREET_PLAIN,
      EXPECT_PLAIN,
      { FAKE_SEND, "$TAG OK\r\n" },
      { FAKE_EXPECT, "$TAG CAPABILITY" },
      { FAKE_SEND, "$TAG OK\r\n" },
      CLOSE } },
};

static void
test_refusal (gconstpointer data)
{
  const RefusalRow *row = data;
  SessionFixture fixture;
  g_autoptr (GError) error = NULL;

  session_fixture_init (&fixture);
  fixture.account.security = row->security;
  session_fixture_add_steps (&fixture, row->steps);
  session_fixture_serve (&fixture, row->tls);
  error = session_fixture_open_fails (&fixture);
  g_test_message ("%s", error->message);
  g_assert_error (error, row->domain (), row->code);
  g_assert_nonnull (strstr (error->message, row->shown));
  g_assert_null (strstr (error->message, LURE));
  g_assert_null (strstr (fixture.log->str, LURE));
  g_assert_null (strchr (error->message, '\x1b'));
  fake_server_assert_played (fixture.server);
  g_assert_cmpuint (fake_server_get_accepted (fixture.server), ==, 1);
  session_fixture_clear (&fixture);
}

/* Challenges: what breaks the exchange off with "*". The mechanism is LOGIN, which takes two. */
typedef struct
{
  const char *description;
  const char *challenge;
} ChallengeRow;

static const ChallengeRow challenge_rows[] = {
  { "white space inside", "VXNl cm5hbWU6" },
  { "white space at the end", "VXNlcm5hbWU6 " },
  { "padding only", "====" },
  { "padding missing", "VXNlcg" },
  { "padding surplus", "VXNlcg===" },
  { "padding in the middle", "VXNlcg==VXNlcg==" },
  { "bits behind the end", "VXNlch==" },
  { "not base64", "!!!!" },
  { "text", "Password:" },
};

static void
test_challenge (gconstpointer data)
{
  const ChallengeRow *row = data;
  g_autofree char *challenge = g_strdup_printf ("+ %s\r\n", row->challenge);
  FakeStep steps[] = { { FAKE_SEND, "* OK [CAPABILITY IMAP4rev1 AUTH=LOGIN] hi\r\n" },
                       { FAKE_EXPECT, "$TAG AUTHENTICATE LOGIN" },
                       { FAKE_SEND, challenge },
                       { FAKE_EXPECT, "\\*" },
                       { FAKE_EXPECT_CLOSE },
                       { FAKE_END } };
  SessionFixture fixture;
  g_autoptr (GError) error = NULL;

  steps[3].kind = FAKE_EXPECT_REGEX;
  session_fixture_init (&fixture);
  session_fixture_add_steps (&fixture, steps);
  session_fixture_serve (&fixture, FALSE);
  error = session_fixture_open_fails (&fixture);
  g_assert_error (error, IMAP_ERROR, IMAP_ERROR_PROTOCOL);
  session_fixture_clear (&fixture);
}

/* Asks until it is told "*". */
static void
serve_endless_challenges (FakePeer *peer, gpointer user_data)
{
  guint *answers = user_data;
  g_autofree char *command = NULL;

  fake_peer_send (peer, "* OK [CAPABILITY IMAP4rev1 AUTH=LOGIN] hi\r\n");
  command = fake_peer_read_line (peer);
  for (;;)
    {
      g_autofree char *line = NULL;

      fake_peer_send (peer, "+ VXNlcm5hbWU6\r\n");
      line = fake_peer_read_line (peer);
      if (line == NULL || strcmp (line, "*") == 0)
        return;
      ++*answers;
    }
}

static void
test_endless_challenges (void)
{
  SessionFixture fixture;
  g_autoptr (GError) error = NULL;
  guint answers = 0;

  session_fixture_init (&fixture);
  session_fixture_serve_programmed (&fixture, serve_endless_challenges, &answers);
  error = session_fixture_open_fails (&fixture);
  g_assert_nonnull (error);
  fake_server_assert_played (fixture.server);
  g_assert_cmpuint (answers, <=, 10);
  session_fixture_clear (&fixture);
}

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

static void
add_rows (const char *prefix, gconstpointer rows, gsize n_rows, gsize size, GTestDataFunc test)
{
  for (gsize i = 0; i < n_rows; i++)
    {
      /* Every row begins with its description. */
      const char *const *row = (gconstpointer)((const char *)rows + i * size);
      g_autofree char *name = g_strdelimit (g_strdup (*row), " /:", '-');
      g_autofree char *path = g_strdup_printf ("/imap/login/%s/%s", prefix, name);

      g_test_add_data_func (path, row, test);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  add_rows ("refusal", refusal_rows, G_N_ELEMENTS (refusal_rows), sizeof *refusal_rows, test_refusal);
  add_rows ("challenge", challenge_rows, G_N_ELEMENTS (challenge_rows), sizeof *challenge_rows,
            test_challenge);
  add_rows ("success", success_rows, G_N_ELEMENTS (success_rows), sizeof *success_rows, test_success);
  add_rows ("silence", silence_rows, G_N_ELEMENTS (silence_rows), sizeof *silence_rows, test_silence);
  g_test_add_func ("/imap/login/endless-challenges", test_endless_challenges);
  g_test_add_func ("/imap/login/plus-refused-twice", test_plus_refused_twice);
  return g_test_run ();
}
