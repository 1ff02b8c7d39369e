/* Sessions that must not come about: every threat to a login (contract C8). */
#include "login-scripts.h"

#include <string.h>

#define GREET_STARTTLS                                                                                       \
  {                                                                                                          \
    FAKE_SEND, "* OK [CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED] hi\r\n"                                   \
  }
#define CLOSE                                                                                                \
  {                                                                                                          \
    FAKE_EXPECT_CLOSE                                                                                        \
  }

/* The script shows that nothing more was sent than it expects: it ends
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
    "(“wrong”); store a new one",
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
  { "refused: LOGIN",
    ACCOUNT_SECURITY_NONE,
    FALSE,
    imap_error_quark,
    IMAP_ERROR_AUTHENTICATION,
    "no such luck",
    { { FAKE_SEND, "* OK [CAPABILITY IMAP4rev1] hi\r\n" },
      { FAKE_EXPECT, "$TAG LOGIN alice *" },
      { FAKE_SEND, "$TAG NO no such luck\r\n" },
      CLOSE } },
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

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  session_fixture_add_rows ("/imap/login/refusal", refusal_rows, G_N_ELEMENTS (refusal_rows),
                            sizeof *refusal_rows, test_refusal);
  session_fixture_add_rows ("/imap/login/challenge", challenge_rows, G_N_ELEMENTS (challenge_rows),
                            sizeof *challenge_rows, test_challenge);
  g_test_add_func ("/imap/login/endless-challenges", test_endless_challenges);
  return g_test_run ();
}
