/* Sessions that must not come about: every threat to a login (contract C8), and why a server said no. */
#include "pop3-fixture.h"

#include <string.h>

/* What must never be shown or believed when it came in clear. */
#define LURE "visit evil.example"

/* The script shows that nothing more was sent than it expects: it ends with the client closing. */
typedef struct
{
  const char *description;
  AccountSecurity security;
  gboolean tls; /* the server can do TLS */
  gboolean token;
  GQuark (*domain) (void);
  int code;
  const char *shown; /* in the error's message */
  FakeStep steps[14];
} RefusalRow;

#define CLOSE                                                                                                \
  {                                                                                                          \
    FAKE_EXPECT_CLOSE                                                                                        \
  }
#define GREET SEND ("+OK hi\r\n")
#define CAPA(lines) EXPECT ("CAPA"), SEND ("+OK\r\n" lines ".\r\n")
#define PLAIN_REFUSED(answer)                                                                                \
  GREET, CAPA ("SASL PLAIN\r\n"), EXPECT ("AUTH PLAIN " POP3_PLAIN), SEND (answer "\r\n"), CLOSE

static const RefusalRow refusal_rows[] = {
  /* STLS stripped or optional. */
  { "stls: refused",
    ACCOUNT_SECURITY_STARTTLS,
    TRUE,
    FALSE,
    pop3_error_quark,
    POP3_ERROR_INSECURE,
    "refused STLS",
    { SEND ("+OK " LURE "\r\n"), EXPECT ("STLS"), SEND ("-ERR [SYS/TEMP] " LURE "\r\n"), CLOSE } },
  { "stls: OK without a handshake",
    ACCOUNT_SECURITY_STARTTLS,
    FALSE,
    FALSE,
    net_error_quark,
    NET_ERROR_CLOSED,
    "",
    { GREET, EXPECT ("STLS"), SEND ("+OK\r\n"), { FAKE_CUT } } },
  { "stls: turned away before it",
    ACCOUNT_SECURITY_STARTTLS,
    TRUE,
    FALSE,
    pop3_error_quark,
    POP3_ERROR_LATER,
    "turns connections away",
    { SEND ("-ERR " LURE "\r\n"), CLOSE } },
  { "stls: a challenge",
    ACCOUNT_SECURITY_STARTTLS,
    TRUE,
    FALSE,
    pop3_error_quark,
    POP3_ERROR_PROTOCOL,
    "",
    { GREET, EXPECT ("STLS"), SEND ("+ " LURE "\r\n"), CLOSE } },

  /* Response injection. */
  { "injection: a response behind the OK",
    ACCOUNT_SECURITY_STARTTLS,
    TRUE,
    FALSE,
    net_error_quark,
    NET_ERROR_PROTOCOL,
    "data before TLS",
    { GREET, EXPECT ("STLS"), SEND ("+OK begin\r\n+OK\r\nSASL PLAIN\r\n.\r\n"), CLOSE } },
  { "injection: one octet behind the OK",
    ACCOUNT_SECURITY_STARTTLS,
    TRUE,
    FALSE,
    net_error_quark,
    NET_ERROR_PROTOCOL,
    "data before TLS",
    { GREET, EXPECT ("STLS"), SEND ("+OK begin\r\n+"), CLOSE } },
  /* The greeting. */
  { "greeting: a challenge",
    ACCOUNT_SECURITY_NONE,
    FALSE,
    FALSE,
    pop3_error_quark,
    POP3_ERROR_PROTOCOL,
    "greeting is not one of POP3",
    { SEND ("+ go on\r\n"), CLOSE } },
  { "greeting: another protocol",
    ACCOUNT_SECURITY_NONE,
    FALSE,
    FALSE,
    pop3_error_quark,
    POP3_ERROR_PROTOCOL,
    "greeting is not one of POP3",
    { SEND ("* OK IMAP4rev1 ready\r\n"), CLOSE } },
  { "greeting: in use",
    ACCOUNT_SECURITY_NONE,
    FALSE,
    FALSE,
    pop3_error_quark,
    POP3_ERROR_LATER,
    "another session",
    { SEND ("-ERR [IN-USE] locked\r\n"), CLOSE } },

  /* RFC 2449 and 3206: who is to act. */
  { "codes: wrong password",
    ACCOUNT_SECURITY_NONE,
    FALSE,
    FALSE,
    pop3_error_quark,
    POP3_ERROR_AUTHENTICATION,
    "refused the user name or password (“no”)",
    { PLAIN_REFUSED ("-ERR no") } },
  { "codes: AUTH",
    ACCOUNT_SECURITY_NONE,
    FALSE,
    FALSE,
    pop3_error_quark,
    POP3_ERROR_AUTHENTICATION,
    "(“no”)",
    { GREET, CAPA ("SASL PLAIN\r\nAUTH-RESP-CODE\r\n"), EXPECT ("AUTH PLAIN " POP3_PLAIN),
      SEND ("-ERR [AUTH] no\r\n"), CLOSE } },
  { "codes: not the password",
    ACCOUNT_SECURITY_NONE,
    FALSE,
    FALSE,
    pop3_error_quark,
    POP3_ERROR_REFUSED,
    "does not say that user name or password are wrong",
    { GREET, CAPA ("SASL PLAIN\r\nAUTH-RESP-CODE\r\n"), EXPECT ("AUTH PLAIN " POP3_PLAIN),
      SEND ("-ERR POP is off\r\n"), CLOSE } },
  { "codes: in use",
    ACCOUNT_SECURITY_NONE,
    FALSE,
    FALSE,
    pop3_error_quark,
    POP3_ERROR_LATER,
    "another session has this mailbox open",
    { PLAIN_REFUSED ("-ERR [IN-USE] locked") } },
  { "codes: login delay",
    ACCOUNT_SECURITY_NONE,
    FALSE,
    FALSE,
    pop3_error_quark,
    POP3_ERROR_LATER,
    "more time between two logins",
    { PLAIN_REFUSED ("-ERR [LOGIN-DELAY] 900 s") } },
  { "codes: temporary",
    ACCOUNT_SECURITY_NONE,
    FALSE,
    FALSE,
    pop3_error_quark,
    POP3_ERROR_LATER,
    "trouble at the moment",
    { PLAIN_REFUSED ("-ERR [SYS/TEMP] disk") } },
  { "codes: permanent",
    ACCOUNT_SECURITY_NONE,
    FALSE,
    FALSE,
    pop3_error_quark,
    POP3_ERROR_REFUSED,
    "ask whoever runs it",
    { PLAIN_REFUSED ("-ERR [SYS/PERM] broken") } },
  { "codes: an unsafe text is made safe",
    ACCOUNT_SECURITY_NONE,
    FALSE,
    FALSE,
    pop3_error_quark,
    POP3_ERROR_AUTHENTICATION,
    "(“\\x1B[2J”)",
    { PLAIN_REFUSED ("-ERR \x1b[2J") } },

  /* USER and PASS. */
  { "user: refused, and PASS is not sent",
    ACCOUNT_SECURITY_NONE,
    FALSE,
    FALSE,
    pop3_error_quark,
    POP3_ERROR_AUTHENTICATION,
    "who",
    { GREET, CAPA ("USER\r\n"), EXPECT ("USER alice"), SEND ("-ERR who\r\n"), CLOSE } },
  { "user: PASS refused",
    ACCOUNT_SECURITY_NONE,
    FALSE,
    FALSE,
    pop3_error_quark,
    POP3_ERROR_AUTHENTICATION,
    "wrong",
    { GREET, CAPA ("USER\r\n"), EXPECT ("USER alice"), SEND ("+OK\r\n"), EXPECT ("PASS open sesame"),
      SEND ("-ERR wrong\r\n"), CLOSE } },

  /* SASL. */
  { "sasl: a challenge that is not base64",
    ACCOUNT_SECURITY_NONE,
    FALSE,
    FALSE,
    pop3_error_quark,
    POP3_ERROR_PROTOCOL,
    "not base64",
    { GREET,
      CAPA ("SASL LOGIN\r\n"),
      EXPECT ("AUTH LOGIN"),
      SEND ("+ Username:\r\n"),
      { FAKE_EXPECT_REGEX, "\\*" },
      CLOSE } },
  { "sasl: SCRAM without the server's proof",
    ACCOUNT_SECURITY_NONE,
    FALSE,
    FALSE,
    pop3_error_quark,
    POP3_ERROR_AUTHENTICATION,
    "impostor",
    { GREET, CAPA ("SASL SCRAM-SHA-256\r\n"), EXPECT ("AUTH SCRAM-SHA-256 *"), SEND ("+OK in\r\n"), CLOSE } },
  { "sasl: a challenge where none is due",
    ACCOUNT_SECURITY_NONE,
    FALSE,
    FALSE,
    pop3_error_quark,
    POP3_ERROR_PROTOCOL,
    "nothing was to follow",
    { GREET, EXPECT ("CAPA"), SEND ("+ VXNlcm5hbWU6\r\n"), CLOSE } },

  /* Tokens: the words come in a challenge, and want an answer. */
  { "token: refused by XOAUTH2",
    ACCOUNT_SECURITY_NONE,
    FALSE,
    TRUE,
    pop3_error_quark,
    POP3_ERROR_AUTHENTICATION,
    "the server refused the access token (“{\"status\":\"401\"}”); see that token-command",
    { GREET, CAPA ("SASL XOAUTH2\r\n"), EXPECT ("AUTH XOAUTH2"), SEND ("+ \r\n"), EXPECT ("dXNlcj1h*"),
      SEND ("+ eyJzdGF0dXMiOiI0MDEifQ==\r\n"), EXPECT (""), SEND ("-ERR Authentication failed\r\n"),
      CLOSE } },
  { "token: refused by OAUTHBEARER",
    ACCOUNT_SECURITY_NONE,
    FALSE,
    TRUE,
    pop3_error_quark,
    POP3_ERROR_AUTHENTICATION,
    "{\"status\":\"401\"}",
    { GREET, CAPA ("SASL OAUTHBEARER\r\n"), EXPECT ("AUTH OAUTHBEARER bixhPW*"),
      SEND ("+ eyJzdGF0dXMiOiI0MDEifQ==\r\n"), EXPECT ("AQ=="), SEND ("-ERR\r\n"), CLOSE } },
  { "token: refused without words",
    ACCOUNT_SECURITY_NONE,
    FALSE,
    TRUE,
    pop3_error_quark,
    POP3_ERROR_AUTHENTICATION,
    "(“expired”)",
    { GREET, CAPA ("SASL XOAUTH2\r\n"), EXPECT ("AUTH XOAUTH2"), SEND ("+ \r\n"), EXPECT ("dXNlcj1h*"),
      SEND ("-ERR [AUTH] expired\r\n"), CLOSE } },
  { "token: a server without, which never sees it",
    ACCOUNT_SECURITY_NONE,
    FALSE,
    TRUE,
    pop3_error_quark,
    POP3_ERROR_REFUSED,
    "takes no access tokens",
    { GREET, CAPA ("SASL PLAIN\r\nUSER\r\n"), CLOSE } },

  /* The listing. */
  { "listing: LIST refused",
    ACCOUNT_SECURITY_NONE,
    FALSE,
    FALSE,
    pop3_error_quark,
    POP3_ERROR_REFUSED,
    "refused LIST: “no”",
    { GREET, EXPECT ("CAPA"), SEND ("-ERR\r\n"), EXPECT ("USER alice"), SEND ("+OK\r\n"), EXPECT ("PASS *"),
      SEND ("+OK\r\n"), EXPECT ("LIST"), SEND ("-ERR no\r\n"), EXPECT ("UIDL"), SEND ("-ERR\r\n"), CLOSE } },
  { "listing: UIDL has trouble where it is offered",
    ACCOUNT_SECURITY_NONE,
    FALSE,
    FALSE,
    pop3_error_quark,
    POP3_ERROR_LATER,
    "trouble at the moment",
    { GREET, CAPA ("SASL PLAIN\r\n"), EXPECT ("AUTH *"), SEND ("+OK\r\n"), CAPA ("UIDL\r\n"), EXPECT ("LIST"),
      SEND (LISTING), EXPECT ("UIDL"), SEND ("-ERR [SYS/TEMP] x\r\n"), CLOSE } },
  { "listing: cut off",
    ACCOUNT_SECURITY_NONE,
    FALSE,
    FALSE,
    net_error_quark,
    NET_ERROR_CLOSED,
    "last command: LIST",
    { GREET,
      CAPA ("SASL PLAIN\r\n"),
      EXPECT ("AUTH *"),
      SEND ("+OK\r\n"),
      CAPA (""),
      EXPECT ("LIST"),
      SEND ("+OK\r\n1 120\r\n"),
      { FAKE_CUT } } },
};

static void
test_refusal (gconstpointer data)
{
  const RefusalRow *row = data;
  Pop3Fixture fixture;
  g_autoptr (GError) error = NULL;

  pop3_fixture_init (&fixture);
  fixture.account.security = row->security;
  if (row->token)
    pop3_fixture_use_token (&fixture);
  pop3_fixture_add_steps (&fixture, row->steps);
  pop3_fixture_serve (&fixture, row->tls);
  error = pop3_fixture_open_fails (&fixture);
  g_test_message ("%s", error->message);
  g_assert_error (error, row->domain (), row->code);
  g_assert_nonnull (strstr (error->message, row->shown));
  g_assert_null (strstr (error->message, LURE));
  g_assert_null (strstr (fixture.log->str, LURE));
  pop3_fixture_clear (&fixture);
}

/* A certificate for another host: not one octet of POP3 is said (C8). */
static void
test_untrusted (void)
{
  Pop3Fixture fixture;
  g_autoptr (GError) error = NULL;
  static const FakeStep steps[] = {
    SEND ("+OK hi\r\n"), EXPECT ("STLS"), SEND ("+OK\r\n"), { FAKE_START_TLS_FAILS }, { FAKE_END }
  };

  pop3_fixture_init (&fixture);
  fixture.account.security = ACCOUNT_SECURITY_STARTTLS;
  pop3_fixture_add_steps (&fixture, steps);
  pop3_fixture_serve (&fixture, TRUE);
  fixture.account.tls_ca_file = NULL;
  error = pop3_fixture_open_fails (&fixture);
  g_assert_error (error, NET_ERROR, NET_ERROR_CERTIFICATE);
  pop3_fixture_clear (&fixture);
}

static void
answer_in_advance (FakePeer *peer, gpointer user_data)
{
  g_autofree char *line = NULL;

  fake_peer_send (peer, user_data);
  line = fake_peer_read_line (peer);
  if (g_strcmp0 (line, "STLS") != 0)
    fake_peer_fail (peer, "instead of STLS came %s", line);
  fake_peer_send (peer, "K\r\n");
  g_free (line);
  while ((line = fake_peer_read_line (peer)) != NULL)
    {
      if (g_str_has_prefix (line, "CAPA") || g_str_has_prefix (line, "AUTH") ||
          g_str_has_prefix (line, "USER"))
        fake_peer_fail (peer, "in clear came %s", line);
      g_clear_pointer (&line, g_free);
    }
}

/* An answer that was there before STLS was sent leads to a handshake, and to nothing else. */
static void
test_answer_in_advance (gconstpointer data)
{
  Pop3Fixture fixture;
  g_autoptr (GError) error = NULL;

  pop3_fixture_init (&fixture);
  fixture.account.security = ACCOUNT_SECURITY_STARTTLS;
  pop3_fixture_serve_programmed (&fixture, answer_in_advance, (gpointer)data);
  error = pop3_fixture_open_fails (&fixture);
  g_assert_true (error->domain == NET_ERROR);
  pop3_fixture_clear (&fixture);
}

/* A password that would be a second command. */
static void
test_password_with_line_end (void)
{
  Pop3Fixture fixture;
  g_autoptr (GError) error = NULL;
  static const FakeStep steps[] = { GREET, CAPA ("USER\r\n"), CLOSE, { FAKE_END } };

  pop3_fixture_init (&fixture);
  fixture.secret = "open\rDELE 1";
  pop3_fixture_add_steps (&fixture, steps);
  pop3_fixture_serve (&fixture, FALSE);
  error = pop3_fixture_open_fails (&fixture);
  g_assert_error (error, POP3_ERROR, POP3_ERROR_AUTHENTICATION);
  pop3_fixture_clear (&fixture);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  pop3_fixture_add_rows ("/pop3/login-refused/C8", refusal_rows, G_N_ELEMENTS (refusal_rows),
                         sizeof refusal_rows[0], test_refusal);
  g_test_add_func ("/pop3/login-refused/C8/untrusted", test_untrusted);
  g_test_add_data_func ("/pop3/login-refused/C8/answer-in-advance", "+OK hi\r\n+OK begin\r\n",
                        test_answer_in_advance);
  g_test_add_data_func ("/pop3/login-refused/C8/half-an-answer-in-advance", "+OK hi\r\n+O",
                        test_answer_in_advance);
  g_test_add_func ("/pop3/login-refused/C8/password-with-line-end", test_password_with_line_end);
  return g_test_run ();
}
