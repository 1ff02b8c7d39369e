/* Commands that are sent before anybody asks for them: one flight, each answer to whoever asks, and the right
 * mailbox selected whatever is asked instead (C8). */
#include "session-fixture.h"

#include <string.h>

#define SELECTED(exists, validity)                                                                           \
  "* " exists " EXISTS\r\n* OK [UIDVALIDITY " validity "] valid\r\n* OK [UIDNEXT 9] next\r\n"
#define ITEMS "(UID FLAGS)"
#define FLIGHT                                                                                               \
  { FAKE_EXPECT, "$TAG1 SELECT One" }, { FAKE_EXPECT, "$TAG2 UID FETCH 1:* (UID FLAGS)" },                   \
      { FAKE_EXPECT, "$TAG3 SELECT Two" },                                                                   \
  {                                                                                                          \
    FAKE_EXPECT, "$TAG4 UID FETCH 1:* (UID FLAGS)"                                                           \
  }
#define ANSWER_ONE                                                                                           \
  SELECTED ("1", "5") "$TAG1 OK [READ-WRITE] in\r\n* 1 FETCH (UID 3 FLAGS (\\Seen))\r\n$TAG2 OK done\r\n"
#define ANSWER_TWO                                                                                           \
  "* OK [CLOSED] left\r\n" SELECTED (                                                                        \
      "2", "6") "$TAG3 OK [READ-WRITE] in\r\n"                                                               \
                "* 1 FETCH (UID 7 FLAGS ())\r\n* 2 FETCH (UID 8 FLAGS ())\r\n$TAG4 OK done\r\n"
#define LOGOUT                                                                                               \
  { FAKE_EXPECT, "$TAG LOGOUT" },                                                                            \
  {                                                                                                          \
    FAKE_END                                                                                                 \
  }

static void
begin_with (SessionFixture *fixture, const char *capabilities, const FakeStep *steps)
{
  session_fixture_init (fixture);
  session_fixture_add_login (fixture, capabilities);
  session_fixture_add_steps (fixture, steps);
  session_fixture_serve (fixture, FALSE);
  session_fixture_open (fixture);
}

static void
begin (SessionFixture *fixture, const FakeStep *steps)
{
  begin_with (fixture, COMMON_CAPABILITIES, steps);
}

static void
foretell_both (SessionFixture *fixture)
{
  static const char *const names[] = { "One", "Two" };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_assert_true (imap_session_foretell_select (fixture->session, names[i], FALSE));
      g_assert_true (imap_session_foretell_uid_fetch_from (fixture->session, 1, ITEMS));
    }
}

static void
end (SessionFixture *fixture)
{
  imap_session_logout (fixture->session);
  session_fixture_clear (fixture);
}

static const ImapSelected *
select_mailbox (SessionFixture *fixture, const char *name, guint exists)
{
  g_autoptr (GError) error = NULL;
  const ImapSelected *selected = imap_session_select (fixture->session, name, FALSE, &error);

  g_assert_no_error (error);
  g_assert_cmpstr (selected->mailbox, ==, name);
  g_assert_cmpuint (selected->exists, ==, exists);
  return selected;
}

static void
note_uid (const ImapFetch *fetch, gpointer user_data)
{
  g_string_append_printf (user_data, "%u ", fetch->uid);
}

static void
assert_fetches (SessionFixture *fixture, const char *uids)
{
  g_autoptr (ImapBatch) batch = imap_batch_new (fixture->session);
  g_autoptr (GString) seen = g_string_new (NULL);
  g_autoptr (GError) error = NULL;

  imap_batch_set_fetch_handler (batch, note_uid, seen);
  imap_batch_uid_fetch_from (batch, 1, ITEMS, NULL, NULL);
  imap_batch_wait (batch, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (seen->str, ==, uids);
}

static void
look_at_both (SessionFixture *fixture)
{
  foretell_both (fixture);
  select_mailbox (fixture, "One", 1);
  assert_fetches (fixture, "3 ");
  select_mailbox (fixture, "Two", 2);
  assert_fetches (fixture, "7 8 ");
}

static void
test_one_flight (void)
{
  static const FakeStep steps[] = { FLIGHT, { FAKE_SEND, ANSWER_ONE ANSWER_TWO }, LOGOUT };
  SessionFixture fixture;

  begin (&fixture, steps);
  look_at_both (&fixture);
  end (&fixture);
}

static void
test_octet_by_octet (void)
{
  static const FakeStep steps[] = { FLIGHT, { FAKE_SEND_SLOWLY, ANSWER_ONE ANSWER_TWO }, LOGOUT };
  SessionFixture fixture;

  begin (&fixture, steps);
  look_at_both (&fixture);
  end (&fixture);
}

static void
assert_search (SessionFixture *fixture, guint64 count)
{
  g_autoptr (ImapBatch) batch = imap_batch_new (fixture->session);
  g_autoptr (ImapUidSet) found = imap_uid_set_new ();
  g_autoptr (GError) error = NULL;

  imap_batch_uid_search (batch, "ALL", found, NULL, NULL);
  imap_batch_wait (batch, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (imap_uid_set_count (found), ==, count);
}

/* A search may be in the flight, also one that nobody asks for in the end. */
static void
test_search (void)
{
  static const FakeStep steps[] = {
    { FAKE_EXPECT, "$TAG1 SELECT One" },
    { FAKE_EXPECT, "$TAG2 UID SEARCH RETURN (ALL) ALL" },
    { FAKE_EXPECT, "$TAG3 SELECT Two" },
    { FAKE_EXPECT, "$TAG4 UID SEARCH RETURN (ALL) ALL" },
    { FAKE_EXPECT, "$TAG5 SELECT Three" },
    { FAKE_SEND,
      SELECTED ("3", "5") "$TAG1 OK [READ-WRITE] in\r\n"
                          "* ESEARCH (TAG \"$TAG2\") UID ALL 3:5\r\n$TAG2 OK done\r\n"
                          "* OK [CLOSED] left\r\n" SELECTED (
                              "2", "6") "$TAG3 OK [READ-WRITE] in\r\n"
                                        "* ESEARCH (TAG \"$TAG4\") UID ALL 7:8\r\n$TAG4 OK done\r\n"
                                        "* OK [CLOSED] left\r\n" SELECTED ("4", "7") "$TAG5 OK in\r\n" },
    LOGOUT
  };
  SessionFixture fixture;

  begin (&fixture, steps);
  g_assert_false (imap_session_has_foretold_select (fixture.session));
  g_assert_true (imap_session_foretell_select (fixture.session, "One", FALSE));
  g_assert_true (imap_session_foretell_uid_search (fixture.session, "ALL"));
  g_assert_true (imap_session_foretell_select (fixture.session, "Two", FALSE));
  g_assert_true (imap_session_foretell_uid_search (fixture.session, "ALL"));
  g_assert_true (imap_session_foretell_select (fixture.session, "Three", FALSE));
  select_mailbox (&fixture, "One", 3);
  assert_search (&fixture, 3);
  select_mailbox (&fixture, "Two", 2);
  g_assert_true (imap_session_has_foretold_select (fixture.session));
  select_mailbox (&fixture, "Three", 4);
  g_assert_false (imap_session_has_foretold_select (fixture.session));
  end (&fixture);
}

/* What nobody asks for any more is passed over. */
static void
test_refused_select (void)
{
  static const FakeStep steps[] = {
    FLIGHT, { FAKE_SEND, "$TAG1 NO not yours\r\n$TAG2 BAD no mailbox\r\n" ANSWER_TWO }, LOGOUT
  };
  SessionFixture fixture;
  g_autoptr (GError) error = NULL;

  begin (&fixture, steps);
  foretell_both (&fixture);
  g_assert_null (imap_session_select (fixture.session, "One", FALSE, &error));
  g_assert_error (error, IMAP_ERROR, IMAP_ERROR_REFUSED);
  select_mailbox (&fixture, "Two", 2);
  assert_fetches (&fixture, "7 8 ");
  end (&fixture);
}

/* The server has moved on to the second mailbox: the first is selected again before anything is asked in it.
 */
static void
test_another_question (void)
{
  static const FakeStep steps[] = { FLIGHT,
                                    { FAKE_SEND, ANSWER_ONE ANSWER_TWO },
                                    { FAKE_EXPECT, "$TAG SELECT One" },
                                    { FAKE_SEND, SELECTED ("4", "5") "$TAG OK [READ-WRITE] in\r\n" },
                                    { FAKE_EXPECT, "$TAG UID SEARCH * ALL" },
                                    { FAKE_SEND, "* ESEARCH (TAG \"$TAG\") UID ALL 3:6\r\n$TAG OK\r\n" },
                                    LOGOUT };
  SessionFixture fixture;
  g_autoptr (GError) error = NULL;
  g_autoptr (ImapUidSet) found = imap_uid_set_new ();
  const ImapSelected *selected;

  begin (&fixture, steps);
  foretell_both (&fixture);
  selected = select_mailbox (&fixture, "One", 1);
  {
    g_autoptr (ImapBatch) batch = imap_batch_new (fixture.session);
    g_autoptr (GString) seen = g_string_new (NULL);

    imap_batch_set_fetch_handler (batch, note_uid, seen);
    imap_batch_uid_search (batch, "ALL", found, NULL, NULL);
    imap_batch_wait (batch, &error);
    g_assert_no_error (error);
    g_assert_cmpstr (seen->str, ==, "");
  }
  g_assert_cmpuint (imap_uid_set_count (found), ==, 4);
  g_assert_true (selected == imap_session_get_selected (fixture.session));
  g_assert_cmpuint (selected->exists, ==, 4);
  g_assert_cmpuint (selected->expunges, ==, 1); /* what was listed may have changed */
  end (&fixture);
}

/* What was asked for and foretold is still answered when something else is asked behind it. */
static void
test_another_question_behind (void)
{
  static const FakeStep steps[] = { FLIGHT,
                                    { FAKE_SEND, ANSWER_ONE ANSWER_TWO },
                                    { FAKE_EXPECT, "$TAG SELECT One" },
                                    { FAKE_SEND, SELECTED ("1", "5") "$TAG OK [READ-WRITE] in\r\n" },
                                    { FAKE_EXPECT, "$TAG UID STORE 3 +FLAGS (\\Seen)" },
                                    { FAKE_SEND, "$TAG OK\r\n" },
                                    LOGOUT };
  SessionFixture fixture;
  g_autoptr (GError) error = NULL;
  g_autoptr (GString) seen = g_string_new (NULL);
  g_autoptr (ImapUidSet) set = imap_uid_set_new ();
  g_autoptr (ImapBatch) batch = NULL;

  begin (&fixture, steps);
  foretell_both (&fixture);
  select_mailbox (&fixture, "One", 1);
  batch = imap_batch_new (fixture.session);
  imap_batch_set_fetch_handler (batch, note_uid, seen);
  imap_batch_uid_fetch_from (batch, 1, ITEMS, NULL, NULL);
  imap_uid_set_add (set, 3);
  imap_batch_uid_store (batch, set, "+FLAGS", "\\Seen", NULL, NULL);
  imap_batch_wait (batch, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (seen->str, ==, "3 ");
  g_clear_pointer (&batch, imap_batch_free);
  end (&fixture);
}

/* Nothing is sent to a mailbox that is not the one that was selected. */
static void
test_became_another (void)
{
  static const FakeStep steps[] = { FLIGHT,
                                    { FAKE_SEND, ANSWER_ONE ANSWER_TWO },
                                    { FAKE_EXPECT, "$TAG SELECT One" },
                                    { FAKE_SEND, SELECTED ("1", "55") "$TAG OK [READ-WRITE] in\r\n" },
                                    { FAKE_EXPECT_CLOSE },
                                    { FAKE_END } };
  SessionFixture fixture;
  g_autoptr (GError) error = NULL;
  g_autoptr (ImapUidSet) set = imap_uid_set_new ();
  g_autoptr (ImapBatch) batch = NULL;

  begin (&fixture, steps);
  foretell_both (&fixture);
  select_mailbox (&fixture, "One", 1);
  batch = imap_batch_new (fixture.session);
  imap_uid_set_add (set, 3);
  imap_batch_uid_store (batch, set, "+FLAGS", "\\Deleted", NULL, NULL);
  g_assert_false (imap_batch_wait (batch, &error));
  g_assert_error (error, IMAP_ERROR, IMAP_ERROR_PROTOCOL);
  g_clear_pointer (&batch, imap_batch_free);
  end (&fixture);
}

/* Nobody asked, and the session ends. */
static void
test_logout (void)
{
  static const FakeStep steps[] = { FLIGHT, LOGOUT };
  SessionFixture fixture;

  begin (&fixture, steps);
  foretell_both (&fixture);
  end (&fixture);
}

/* A literal that has to be waited for can't be foretold. */
static void
test_literal (void)
{
  static const FakeStep steps[] = { LOGOUT };
  SessionFixture fixture;

  begin_with (&fixture, "IMAP4rev1", steps);
  g_assert_false (imap_session_foretell_select (fixture.session, "\xff\xfe", FALSE));
  end (&fixture);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/imap/foretell/one-flight", test_one_flight);
  g_test_add_func ("/imap/foretell/octet-by-octet", test_octet_by_octet);
  g_test_add_func ("/imap/foretell/search", test_search);
  g_test_add_func ("/imap/foretell/refused-select", test_refused_select);
  g_test_add_func ("/imap/foretell/another-question", test_another_question);
  g_test_add_func ("/imap/foretell/another-question-behind", test_another_question_behind);
  g_test_add_func ("/imap/foretell/became-another", test_became_another);
  g_test_add_func ("/imap/foretell/logout", test_logout);
  g_test_add_func ("/imap/foretell/literal", test_literal);
  return g_test_run ();
}
