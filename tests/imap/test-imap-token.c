/* Accounts with token-command: XOAUTH2 and OAUTHBEARER, and nothing else, get the access token (C8). */
#include "login-scripts.h"

#include <string.h>

#define TOKEN "open-sesame"
#define XOAUTH2_LINE "dXNlcj1hbGljZQFhdXRoPUJlYXJlciBvcGVuLXNlc2FtZQEB"
/* The words {"status":"401"} */
#define WORDS "eyJzdGF0dXMiOiI0MDEifQ=="

typedef struct
{
  const char *description;
  int code;          /* ImapError; -1: the session comes about */
  const char *shown; /* in the error's message */
  FakeStep steps[12];
} TokenRow;

#define GREET(capabilities)                                                                                  \
  {                                                                                                          \
    FAKE_SEND, "* OK [CAPABILITY IMAP4rev1 " capabilities "] hi\r\n"                                         \
  }
#define WELCOME                                                                                              \
  { FAKE_SEND, "$TAG OK [CAPABILITY IMAP4rev1] in\r\n" }, { FAKE_EXPECT, "$TAG LIST \"\" \"\"" },            \
  {                                                                                                          \
    FAKE_SEND, "* LIST (\\Noselect) \"/\" \"\"\r\n$TAG OK\r\n"                                               \
  }
#define CLOSE                                                                                                \
  {                                                                                                          \
    FAKE_EXPECT_CLOSE                                                                                        \
  }

static const TokenRow rows[] = {
  { "XOAUTH2 at once",
    -1,
    "",
    { GREET ("SASL-IR AUTH=PLAIN AUTH=XOAUTH2"),
      { FAKE_EXPECT, "$TAG AUTHENTICATE XOAUTH2 " XOAUTH2_LINE },
      WELCOME } },
  { "XOAUTH2 in two steps",
    -1,
    "",
    { GREET ("AUTH=XOAUTH2"),
      { FAKE_EXPECT, "$TAG AUTHENTICATE XOAUTH2" },
      { FAKE_SEND, "+ \r\n" },
      { FAKE_EXPECT, XOAUTH2_LINE },
      WELCOME } },
  { "OAUTHBEARER first",
    -1,
    "",
    { GREET ("SASL-IR AUTH=XOAUTH2 AUTH=OAUTHBEARER"),
      { FAKE_EXPECT, "$TAG AUTHENTICATE OAUTHBEARER bixhPWFsaWNlLAFob3N0*" },
      WELCOME } },
  { "refused by XOAUTH2",
    IMAP_ERROR_AUTHENTICATION,
    "refused the access token (“{\"status\":\"401\"}”); see that token-command",
    { GREET ("SASL-IR AUTH=XOAUTH2"),
      { FAKE_EXPECT, "$TAG AUTHENTICATE XOAUTH2 " XOAUTH2_LINE },
      { FAKE_SEND, "+ " WORDS "\r\n" },
      { FAKE_EXPECT, "" },
      { FAKE_SEND, "$TAG NO SASL failed\r\n" },
      CLOSE } },
  { "refused by OAUTHBEARER",
    IMAP_ERROR_AUTHENTICATION,
    "{\"status\":\"401\"}",
    { GREET ("SASL-IR AUTH=OAUTHBEARER"),
      { FAKE_EXPECT, "$TAG AUTHENTICATE OAUTHBEARER *" },
      { FAKE_SEND, "+ " WORDS "\r\n" },
      { FAKE_EXPECT, "AQ==" },
      { FAKE_SEND, "$TAG NO [AUTHENTICATIONFAILED] no\r\n" },
      CLOSE } },
  { "a server without",
    IMAP_ERROR_REFUSED,
    "takes no access tokens",
    { GREET ("SASL-IR AUTH=PLAIN AUTH=LOGIN"), CLOSE } },
};

static void
test_token (gconstpointer data)
{
  const TokenRow *row = data;
  SessionFixture fixture;
  g_autoptr (GError) error = NULL;

  session_fixture_init (&fixture);
  fixture.account.token_command = (char *)"print-token";
  session_fixture_add_steps (&fixture, row->steps);
  session_fixture_serve (&fixture, FALSE);
  fixture.session = imap_session_open (
      &(const ImapOpening){ .account = &fixture.account, .secret = TOKEN, .context = fixture.context },
      &error);
  if (row->code < 0)
    g_assert_no_error (error);
  if (row->code >= 0)
    {
      g_assert_error (error, IMAP_ERROR, row->code);
      g_assert_nonnull (strstr (error->message, row->shown));
      g_assert_null (strstr (error->message, TOKEN));
    }
  session_fixture_clear (&fixture);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  session_fixture_add_rows ("/imap/token/C8", rows, G_N_ELEMENTS (rows), sizeof rows[0], test_token);
  return g_test_run ();
}
