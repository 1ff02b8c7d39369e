/* From the greeting to the listed maildrop: what is sent, what is learnt, what is forgotten (C7, C8). */
#include "pop3-fixture.h"

#include <string.h>

typedef struct
{
  const char *description;
  AccountSecurity security;
  gboolean tls;
  gboolean token; /* the password is one */
  guint has;      /* Pop3Capability bits */
  guint lacks;
  const char *listed;
  FakeStep steps[24];
} SuccessRow;

#define CAPA(lines) EXPECT ("CAPA"), SEND ("+OK\r\n" lines ".\r\n")
#define LIST_ALONE EXPECT ("LIST"), SEND (LISTING), EXPECT ("UIDL"), SEND (UNIQUE_IDS)
/* "user=alice" and the token, as XOAUTH2 has them. */
#define XOAUTH2_LINE "dXNlcj1hbGljZQFhdXRoPUJlYXJlciBvcGVuLXNlc2FtZQEB"

static const SuccessRow success_rows[] = {
  { "nothing optional",
    ACCOUNT_SECURITY_NONE,
    FALSE,
    FALSE,
    0,
    ~0u,
    "1:120:- 2:200:-",
    { SEND ("+OK hi\r\n"), EXPECT ("CAPA"), SEND ("-ERR unknown command\r\n"), EXPECT ("USER alice"),
      SEND ("+OK\r\n"), EXPECT ("PASS open sesame"), SEND ("+OK\r\n"), EXPECT ("LIST"), SEND (LISTING),
      EXPECT ("UIDL"), SEND ("-ERR unknown command\r\n") } },
  { "one by one without PIPELINING",
    ACCOUNT_SECURITY_NONE,
    FALSE,
    FALSE,
    POP3_CAPABILITY_UIDL | POP3_CAPABILITY_TOP,
    POP3_CAPABILITY_PIPELINING,
    LISTED,
    { SEND ("+OK hi\r\n"), CAPA ("USER\r\n"), EXPECT ("USER alice"), SEND ("+OK\r\n"),
      EXPECT ("PASS open sesame"), SEND ("+OK\r\n"), CAPA ("UIDL\r\nTOP\r\n"), LIST_ALONE } },
  { "flights with PIPELINING",
    ACCOUNT_SECURITY_NONE,
    FALSE,
    FALSE,
    POP3_CAPABILITY_UIDL,
    POP3_CAPABILITY_STLS,
    LISTED,
    { SEND ("+OK hi\r\n"), CAPA ("USER\r\nPIPELINING\r\n"), EXPECT ("USER alice"),
      EXPECT ("PASS open sesame"), SEND ("+OK\r\n+OK\r\n"), EXPECT ("CAPA"), EXPECT ("LIST"), EXPECT ("UIDL"),
      SEND ("+OK\r\nUIDL\r\n.\r\n" LISTING UNIQUE_IDS) } },
  { "capabilities before login are forgotten",
    ACCOUNT_SECURITY_NONE,
    FALSE,
    FALSE,
    POP3_CAPABILITY_TOP,
    POP3_CAPABILITY_UIDL | POP3_CAPABILITY_PIPELINING,
    "1:120:- 2:200:-",
    { SEND ("+OK hi\r\n"), CAPA ("UIDL\r\nSASL PLAIN\r\n"), EXPECT ("AUTH PLAIN " POP3_PLAIN),
      SEND ("+OK\r\n"), CAPA ("TOP\r\n"), EXPECT ("LIST"), SEND (LISTING), EXPECT ("UIDL"),
      SEND ("-ERR\r\n") } },
  { "CAPA refused after login",
    ACCOUNT_SECURITY_NONE,
    FALSE,
    FALSE,
    POP3_CAPABILITY_UIDL,
    0,
    LISTED,
    { SEND ("+OK hi\r\n"), CAPA ("UIDL\r\nSASL PLAIN\r\n"), EXPECT ("AUTH PLAIN " POP3_PLAIN),
      SEND ("+OK\r\n"), EXPECT ("CAPA"), SEND ("-ERR\r\n"), LIST_ALONE } },
  { "small letters and unknown capabilities",
    ACCOUNT_SECURITY_NONE,
    FALSE,
    FALSE,
    POP3_CAPABILITY_RESP_CODES | POP3_CAPABILITY_AUTH_RESP_CODE,
    POP3_CAPABILITY_UTF8,
    LISTED,
    { SEND ("+OK hi\r\n"), CAPA ("sasl  plain \r\nX-THING a b\r\n\r\n"), EXPECT ("AUTH PLAIN " POP3_PLAIN),
      SEND ("+OK\r\n"), CAPA ("resp-codes\r\nAuth-Resp-Code\r\nLOGIN-DELAY 900\r\n"), LIST_ALONE } },
  { "PLAIN before LOGIN",
    ACCOUNT_SECURITY_NONE,
    FALSE,
    FALSE,
    0,
    0,
    LISTED,
    { SEND ("+OK hi\r\n"), CAPA ("SASL LOGIN PLAIN\r\n"), EXPECT ("AUTH PLAIN " POP3_PLAIN), SEND ("+OK\r\n"),
      CAPA (""), LIST_ALONE } },
  { "the server speaks first",
    ACCOUNT_SECURITY_NONE,
    FALSE,
    FALSE,
    0,
    0,
    LISTED,
    { SEND ("+OK hi\r\n"), CAPA ("SASL LOGIN\r\n"), EXPECT ("AUTH LOGIN"), SEND ("+ VXNlcm5hbWU6\r\n"),
      EXPECT ("YWxpY2U="), SEND ("+ UGFzc3dvcmQ6\r\n"), EXPECT ("b3BlbiBzZXNhbWU="), SEND ("+OK\r\n"),
      CAPA (""), LIST_ALONE } },
  { "SASL mechanisms that are not known here",
    ACCOUNT_SECURITY_NONE,
    FALSE,
    FALSE,
    0,
    0,
    LISTED,
    { SEND ("+OK <1896.697170952@x> APOP is offered\r\n"), CAPA ("SASL CRAM-MD5 NTLM\r\n"),
      EXPECT ("USER alice"), SEND ("+OK\r\n"), EXPECT ("PASS open sesame"), SEND ("+OK\r\n"), CAPA (""),
      LIST_ALONE } },
  { "UTF8 before the login",
    ACCOUNT_SECURITY_NONE,
    FALSE,
    FALSE,
    POP3_CAPABILITY_UTF8,
    0,
    LISTED,
    { SEND ("+OK hi\r\n"), CAPA ("UTF8 USER\r\nSASL PLAIN\r\n"), EXPECT ("UTF8"), SEND ("+OK\r\n"),
      EXPECT ("AUTH PLAIN " POP3_PLAIN), SEND ("+OK\r\n"), CAPA ("UTF8\r\n"), LIST_ALONE } },
  { "UTF8 in the flight of the login, and refused",
    ACCOUNT_SECURITY_NONE,
    FALSE,
    FALSE,
    0,
    0,
    LISTED,
    { SEND ("+OK hi\r\n"), CAPA ("UTF8\r\nPIPELINING\r\nSASL PLAIN\r\n"), EXPECT ("UTF8"),
      EXPECT ("AUTH PLAIN " POP3_PLAIN), SEND ("-ERR\r\n+OK\r\n"), EXPECT ("CAPA"), EXPECT ("LIST"),
      EXPECT ("UIDL"), SEND ("+OK\r\n.\r\n" LISTING UNIQUE_IDS) } },
  { "TLS from the start",
    ACCOUNT_SECURITY_TLS,
    TRUE,
    FALSE,
    0,
    0,
    LISTED,
    { { FAKE_START_TLS },
      SEND ("+OK hi\r\n"),
      CAPA ("SASL PLAIN\r\n"),
      EXPECT ("AUTH PLAIN " POP3_PLAIN),
      SEND ("+OK\r\n"),
      CAPA (""),
      LIST_ALONE } },
  { "STLS at once, CAPA only behind it",
    ACCOUNT_SECURITY_STARTTLS,
    TRUE,
    FALSE,
    0,
    POP3_CAPABILITY_STLS,
    LISTED,
    { SEND ("+OK hi\r\n"),
      EXPECT ("STLS"),
      SEND ("+OK begin\r\n"),
      { FAKE_START_TLS },
      CAPA ("SASL PLAIN\r\n"),
      EXPECT ("AUTH PLAIN " POP3_PLAIN),
      SEND ("+OK\r\n"),
      CAPA (""),
      LIST_ALONE } },
  { "XOAUTH2 in two steps",
    ACCOUNT_SECURITY_NONE,
    FALSE,
    TRUE,
    0,
    0,
    LISTED,
    { SEND ("+OK hi\r\n"), CAPA ("SASL PLAIN XOAUTH2\r\n"), EXPECT ("AUTH XOAUTH2"), SEND ("+ \r\n"),
      EXPECT (XOAUTH2_LINE), SEND ("+OK\r\n"), CAPA (""), LIST_ALONE } },
  { "XOAUTH2 in one where two are refused",
    ACCOUNT_SECURITY_NONE,
    FALSE,
    TRUE,
    0,
    0,
    LISTED,
    { SEND ("+OK hi\r\n"), CAPA ("SASL XOAUTH2\r\n"), EXPECT ("AUTH XOAUTH2"), SEND ("-ERR arguments?\r\n"),
      EXPECT ("AUTH XOAUTH2 " XOAUTH2_LINE), SEND ("+OK\r\n"), CAPA (""), LIST_ALONE } },
  { "OAUTHBEARER before XOAUTH2",
    ACCOUNT_SECURITY_NONE,
    FALSE,
    TRUE,
    0,
    0,
    LISTED,
    { SEND ("+OK hi\r\n"), CAPA ("SASL XOAUTH2 OAUTHBEARER\r\n"),
      EXPECT ("AUTH OAUTHBEARER bixhPWFsaWNlLAFob3N0*"), SEND ("+OK\r\n"), CAPA (""), LIST_ALONE } },
  { "an empty maildrop",
    ACCOUNT_SECURITY_NONE,
    FALSE,
    FALSE,
    0,
    0,
    "",
    { SEND ("+OK hi\r\n"), CAPA ("SASL PLAIN\r\n"), EXPECT ("AUTH PLAIN " POP3_PLAIN), SEND ("+OK\r\n"),
      CAPA (""), EXPECT ("LIST"), SEND ("+OK\r\n.\r\n"), EXPECT ("UIDL"), SEND ("+OK\r\n.\r\n") } },
};

static void
test_success (gconstpointer data)
{
  const SuccessRow *row = data;
  Pop3Fixture fixture;
  g_autofree char *listed = NULL;

  pop3_fixture_init (&fixture);
  fixture.account.security = row->security;
  if (row->token)
    pop3_fixture_use_token (&fixture);
  pop3_fixture_add_steps (&fixture, row->steps);
  pop3_fixture_add_steps (&fixture, (const FakeStep[]){ { FAKE_EXPECT_CLOSE }, { FAKE_END } });
  pop3_fixture_serve (&fixture, row->tls);
  pop3_fixture_open (&fixture);
  listed = pop3_fixture_list (&fixture);
  g_assert_cmpstr (listed, ==, row->listed);
  for (guint bit = POP3_CAPABILITY_STLS; bit <= POP3_CAPABILITY_UTF8; bit <<= 1)
    {
      g_assert_true ((row->has & bit) == 0 || pop3_session_has (fixture.session, bit));
      g_assert_false ((row->lacks & bit) != 0 && pop3_session_has (fixture.session, bit));
    }
  pop3_fixture_clear (&fixture);
}

/* RFC 5034 section 4: a command line has at most 255 octets. */
static void
test_long_response (void)
{
  Pop3Fixture fixture;
  g_autofree char *user = g_strnfill (180, 'u');

  pop3_fixture_init (&fixture);
  fixture.account.user = user;
  pop3_fixture_add_steps (&fixture, (const FakeStep[]){ SEND ("+OK\r\n"),
                                                        CAPA ("SASL PLAIN\r\n"),
                                                        EXPECT ("AUTH PLAIN"),
                                                        SEND ("+ \r\n"),
                                                        EXPECT ("AHV1*"),
                                                        SEND ("+OK\r\n"),
                                                        CAPA (""),
                                                        LIST_ALONE,
                                                        { FAKE_END } });
  pop3_fixture_serve (&fixture, FALSE);
  pop3_fixture_open (&fixture);
  pop3_fixture_clear (&fixture);
}

/* Listings (C7.1): what is an identity, and what is none. */

typedef struct
{
  const char *description;
  const char *listing;
  const char *unique_ids;
  const char *listed; /* (nullable): the session fails */
} ListingRow;

#define SEVENTY "1234567890123456789012345678901234567890123456789012345678901234567890"

static const ListingRow listing_rows[] = {
  { "out of order", "3 30\r\n1 10\r\n2 20\r\n", "2 b\r\n3 c\r\n1 a\r\n", "1:10:a 2:20:b 3:30:c" },
  { "with gaps", "5 50\r\n9 90\r\n", "5 e\r\n9 i\r\n", "5:50:e 9:90:i" },
  { "duplicate UIDLs are none", "1 10\r\n2 20\r\n3 30\r\n4 40\r\n", "1 a\r\n2 b\r\n3 a\r\n4 a\r\n",
    "1:10:- 2:20:b 3:30:- 4:40:-" },
  { "two kinds of duplicates", "1 1\r\n2 1\r\n3 1\r\n4 1\r\n5 1\r\n", "1 a\r\n2 b\r\n3 a\r\n4 b\r\n5 c\r\n",
    "1:1:- 2:1:- 3:1:- 4:1:- 5:1:c" },
  { "UIDLs differ in case alone", "1 10\r\n2 20\r\n", "1 a\r\n2 A\r\n", "1:10:a 2:20:A" },
  { "oversized UIDL", "1 10\r\n2 20\r\n", "1 " SEVENTY "\r\n2 " SEVENTY "x\r\n", "1:10:" SEVENTY " 2:20:-" },
  { "empty UIDL", "1 10\r\n2 20\r\n", "1\r\n2 b\r\n", "1:10:- 2:20:b" },
  { "missing UIDL", "1 10\r\n2 20\r\n", "2 b\r\n", "1:10:- 2:20:b" },
  { "UIDL of a message that is not listed", "1 10\r\n", "1 a\r\n2 b\r\n", "1:10:a" },
  { "control characters", "1 10\r\n", "1 a\x1b[2J\r\n", "1:10:-" },
  { "one number listed twice", "1 10\r\n1 20\r\n2 30\r\n", "1 a\r\n2 b\r\n", "1:10:a 2:30:b" },
  { "one UIDL number twice", "1 10\r\n", "1 a\r\n1 b\r\n", NULL },
  { "no size", "1\r\n", "1 a\r\n", NULL },
  { "number 0", "0 10\r\n", "", NULL },
  { "number out of range", "4294967296 10\r\n", "", NULL },
  { "words", "one message\r\n", "", NULL },
};

static void
serve_listing (FakePeer *peer, gpointer user_data)
{
  const ListingRow *row = user_data;
  g_autofree char *line = NULL;

  fake_peer_printf (peer, "+OK hi\r\n");
  while ((line = fake_peer_read_line (peer)) != NULL)
    {
      if (g_str_equal (line, "CAPA"))
        fake_peer_send (peer, "+OK\r\nPIPELINING\r\nUSER\r\n.\r\n");
      else if (g_str_equal (line, "LIST"))
        fake_peer_printf (peer, "+OK\r\n%s.\r\n", row->listing);
      else if (g_str_equal (line, "UIDL"))
        fake_peer_printf (peer, "+OK\r\n%s.\r\n", row->unique_ids);
      else
        fake_peer_send (peer, "+OK\r\n");
      g_clear_pointer (&line, g_free);
    }
}

static void
test_listing (gconstpointer data)
{
  const ListingRow *row = data;
  Pop3Fixture fixture;

  pop3_fixture_init (&fixture);
  pop3_fixture_serve_programmed (&fixture, serve_listing, (gpointer)row);
  if (row->listed != NULL)
    {
      g_autofree char *listed = NULL;

      pop3_fixture_open (&fixture);
      listed = pop3_fixture_list (&fixture);
      g_assert_cmpstr (listed, ==, row->listed);
    }
  else
    {
      g_autoptr (GError) error = pop3_fixture_open_fails (&fixture);

      g_assert_error (error, POP3_ERROR, POP3_ERROR_PROTOCOL);
    }
  pop3_fixture_clear (&fixture);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  pop3_fixture_add_rows ("/pop3/login/C8", success_rows, G_N_ELEMENTS (success_rows), sizeof success_rows[0],
                         test_success);
  g_test_add_func ("/pop3/login/long-response", test_long_response);
  pop3_fixture_add_rows ("/pop3/listing/C7.1", listing_rows, G_N_ELEMENTS (listing_rows),
                         sizeof listing_rows[0], test_listing);
  return g_test_run ();
}
