/* What goes on the server: only what leave-on-server names, and only what is durable here (C7.3). */
#include "import-fixture.h"

#include <sqlite3.h>
#include <string.h>

/* The journal of the account says that the message is here, and its file is. */
static void
assert_durable (const MaildropMessage *message, gpointer user_data)
{
  ImportFixture *fixture = user_data;
  g_autofree char *path = g_build_filename (fixture->account.state_dir, "journal.sqlite", NULL);
  g_autofree char *subject = subject_of_body (message->bytes);
  g_autofree char *here = import_here (fixture);
  sqlite3 *database = NULL;
  sqlite3_stmt *statement = NULL;

  g_assert_nonnull (strstr (here, subject));
  g_assert_cmpint (sqlite3_open_v2 (path, &database, SQLITE_OPEN_READONLY, NULL), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_prepare_v2 (database, "SELECT count (*) FROM pop3_message WHERE base IS NULL", -1,
                                       &statement, NULL),
                   ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_step (statement), ==, SQLITE_ROW);
  g_assert_cmpint (sqlite3_column_int (statement, 0), >=, 3);
  sqlite3_finalize (statement);
  sqlite3_close (database);
}

/* Three messages that are not to stay. */
static ImportFixture *
make_fixture (void)
{
  ImportFixture *fixture = import_fixture_new ();

  fixture->account.leave = ACCOUNT_LEAVE_NOT;
  fixture->maildrop->deleting = assert_durable;
  fixture->maildrop->deleting_data = fixture;
  import_add (fixture, "u1", "a");
  import_add (fixture, "u2", "b");
  import_add (fixture, "u3", "c");
  return fixture;
}

static guint
count (ImportFixture *fixture, const char *command)
{
  return maildrop_count (fixture->maildrop, command);
}

static guint
left (ImportFixture *fixture)
{
  return maildrop_count_left (fixture->maildrop);
}

/* Three more runs without faults: all is here once, nothing is left there, nothing is fetched again. */
static void
assert_settles (ImportFixture *fixture, guint retrieved)
{
  fixture->maildrop->faults = (MaildropFaults){ .without_uidl = fixture->maildrop->faults.without_uidl };
  import_expect (fixture, ENGINE_OUTCOME_EQUAL, NULL);
  g_assert_cmpuint (count (fixture, "RETR"), ==, retrieved);
  g_assert_cmpuint (left (fixture), ==, 0);
  import_assert_here (fixture, "a b c");
  import_expect (fixture, ENGINE_OUTCOME_EQUAL, "nothing to do");
  import_assert_here (fixture, "a b c");
  import_fixture_free (fixture);
}

static void
test_not_left (void)
{
  ImportFixture *fixture = make_fixture ();

  import_expect (fixture, ENGINE_OUTCOME_EQUAL, "3 messages downloaded, 3 messages deleted on the server");
  g_assert_cmpuint (count (fixture, "DELE"), ==, 3);
  g_assert_cmpuint (left (fixture), ==, 0);
  assert_settles (fixture, 0);
}

static void
test_quit_refused (void)
{
  ImportFixture *fixture = make_fixture ();

  fixture->maildrop->faults.refuse_quit = TRUE;
  import_expect (fixture, ENGINE_OUTCOME_LEFT, "may not have deleted 3 messages");
  g_assert_cmpuint (left (fixture), ==, 3);
  assert_settles (fixture, 0);
}

static void
test_quit_unanswered (void)
{
  ImportFixture *fixture = make_fixture ();

  fixture->maildrop->faults.cut_quit = TRUE;
  import_expect (fixture, ENGINE_OUTCOME_OFFLINE, NULL);
  g_assert_cmpuint (left (fixture), ==, 0);
  assert_settles (fixture, 0);
}

static void
test_quit_lost (void)
{
  ImportFixture *fixture = make_fixture ();

  fixture->maildrop->faults.lose_quit = TRUE;
  import_expect (fixture, ENGINE_OUTCOME_OFFLINE, NULL);
  g_assert_cmpuint (left (fixture), ==, 3);
  assert_settles (fixture, 0);
}

/* Without UIDLs only what was retrieved in the session itself may go. */
static void
test_quit_lost_without_uidl (void)
{
  ImportFixture *fixture = make_fixture ();

  fixture->maildrop->faults.without_uidl = TRUE;
  fixture->maildrop->faults.lose_quit = TRUE;
  import_expect (fixture, ENGINE_OUTCOME_OFFLINE, NULL);
  g_assert_cmpuint (left (fixture), ==, 3);
  assert_settles (fixture, 3);
}

static void
test_cut (void)
{
  ImportFixture *fixture = make_fixture ();

  fixture->maildrop->faults.cut_retr = 2;
  import_expect (fixture, ENGINE_OUTCOME_OFFLINE, NULL);
  g_assert_cmpuint (count (fixture, "DELE"), ==, 0);
  g_assert_cmpuint (left (fixture), ==, 3);
  import_assert_here (fixture, "a");
  assert_settles (fixture, 2);
}

static void
test_dele_refused (void)
{
  ImportFixture *fixture = make_fixture ();

  fixture->maildrop->faults.refuse_dele = TRUE;
  import_expect (fixture, ENGINE_OUTCOME_LEFT, "refused to delete 3 messages: not this one");
  g_assert_cmpuint (left (fixture), ==, 3);
  assert_settles (fixture, 0);
}

/* As Gmail does: said once, and nothing is fetched again. */
static void
test_dele_ignored (void)
{
  ImportFixture *fixture = make_fixture ();

  fixture->maildrop->faults.ignore_dele = TRUE;
  import_expect (fixture, ENGINE_OUTCOME_EQUAL, "3 messages deleted");
  for (guint run = 0; run < 3; run++)
    {
      import_expect (fixture, ENGINE_OUTCOME_EQUAL, NULL);
      g_assert_cmpint (strstr (fixture->said->str, "still lists 3 messages") != NULL, ==, run == 0);
      g_assert_cmpuint (count (fixture, "RETR"), ==, 0);
    }
  import_assert_here (fixture, "a b c");
  assert_settles (fixture, 0);
}

static void
test_days (void)
{
  ImportFixture *fixture = make_fixture ();

  fixture->account.leave = ACCOUNT_LEAVE_DAYS;
  fixture->account.leave_days = 3;
  import_expect (fixture, ENGINE_OUTCOME_EQUAL, "3 messages downloaded");
  import_sql (fixture, "UPDATE pop3_message SET first_seen = first_seen - 3 * 86400 + 600");
  import_expect (fixture, ENGINE_OUTCOME_EQUAL, "nothing to do");
  g_assert_cmpuint (count (fixture, "DELE"), ==, 0);
  import_sql (fixture, "UPDATE pop3_message SET first_seen = first_seen - 600 WHERE uidl = 'u2'");
  import_expect (fixture, ENGINE_OUTCOME_EQUAL, "1 message deleted");
  g_assert_cmpuint (count (fixture, "DELE 2"), ==, 1);
  g_assert_cmpuint (count (fixture, "RETR"), ==, 0);
  g_assert_cmpuint (left (fixture), ==, 2);
  fixture->account.leave = ACCOUNT_LEAVE_NOT;
  assert_settles (fixture, 0);
}

/* TOP saves the download, and never allows a DELE. */
static void
test_days_without_uidl (void)
{
  ImportFixture *fixture = make_fixture ();

  fixture->maildrop->faults.without_uidl = TRUE;
  fixture->account.leave = ACCOUNT_LEAVE_DAYS;
  fixture->account.leave_days = 3;
  import_expect (fixture, ENGINE_OUTCOME_EQUAL, "3 messages downloaded");
  import_expect (fixture, ENGINE_OUTCOME_EQUAL, "nothing to do");
  g_assert_cmpuint (count (fixture, "TOP"), ==, 3);
  g_assert_cmpuint (count (fixture, "RETR"), ==, 0);
  import_sql (fixture, "UPDATE pop3_message SET first_seen = first_seen - 3 * 86400");
  import_expect (fixture, ENGINE_OUTCOME_EQUAL, "3 messages deleted");
  g_assert_cmpuint (count (fixture, "RETR"), ==, 3);
  g_assert_cmpuint (left (fixture), ==, 0);
  import_assert_here (fixture, "a b c");
  assert_settles (fixture, 0);
}

/* A UIDL that another message has now deletes nothing that was not retrieved. */
static void
test_uidl_used_again (void)
{
  ImportFixture *fixture = make_fixture ();
  MaildropMessage *first = g_ptr_array_index (fixture->maildrop->messages, 0);

  fixture->account.leave = ACCOUNT_LEAVE_ALWAYS;
  import_expect (fixture, ENGINE_OUTCOME_EQUAL, "3 messages downloaded");
  first->gone = TRUE;
  import_add (fixture, "u1", "another")->refused = TRUE;
  fixture->account.leave = ACCOUNT_LEAVE_NOT;
  import_expect (fixture, ENGINE_OUTCOME_LEFT, NULL);
  g_assert_cmpuint (left (fixture), ==, 1);
  import_assert_here (fixture, "a b c");
  import_fixture_free (fixture);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/import/delete/not-left", test_not_left);
  g_test_add_func ("/import/delete/quit-refused", test_quit_refused);
  g_test_add_func ("/import/delete/quit-unanswered", test_quit_unanswered);
  g_test_add_func ("/import/delete/quit-lost", test_quit_lost);
  g_test_add_func ("/import/delete/quit-lost-without-uidl", test_quit_lost_without_uidl);
  g_test_add_func ("/import/delete/cut", test_cut);
  g_test_add_func ("/import/delete/dele-refused", test_dele_refused);
  g_test_add_func ("/import/delete/dele-ignored", test_dele_ignored);
  g_test_add_func ("/import/delete/days", test_days);
  g_test_add_func ("/import/delete/days-without-uidl", test_days_without_uidl);
  g_test_add_func ("/import/delete/uidl-used-again", test_uidl_used_again);
  return g_test_run ();
}
