/* What a maildrop holds comes into a mailbox, each message once, whatever the server can't do (C7.1). */
#include "import-fixture.h"

#include <glib/gstdio.h>
#include <string.h>

typedef struct
{
  const char *path;
  MaildropFaults faults;
  gboolean same_uidls;      /* the same UIDL for two messages */
  gboolean retrieves_again; /* what is known can't be told without RETR */
} Kind;

static const Kind kinds[] = {
  { "everything", { 0 } },
  { "no-pipelining", { .without_pipelining = TRUE } },
  { "no-uidl", { .without_uidl = TRUE } },
  { "no-uidl-no-top", { .without_uidl = TRUE, .without_top = TRUE }, FALSE, TRUE },
  { "no-uidl-no-pipelining", { .without_uidl = TRUE, .without_pipelining = TRUE } },
  { "same-uidls", { .without_top = FALSE }, TRUE },
  { "same-uidls-no-top", { .without_top = TRUE }, TRUE, TRUE },
};

/* Two are real duplicates; the others are what a line-by-line protocol may spoil. */
static void
fill (ImportFixture *fixture, const Kind *kind)
{
  fixture->maildrop->faults = kind->faults;
  import_add (fixture, "u1", "plain");
  import_add (fixture, "u2", "twin");
  import_add (fixture, kind->same_uidls ? "u1" : "u3", "twin");
  maildrop_add (
      fixture->maildrop, "u4",
      "Subject: dots\r\nDate: Mon, 9 Nov 2020 10:00:00 +0000\r\n\r\n.\r\n..\r\n.leading\r\nend\r\n");
  maildrop_add (fixture->maildrop, "u5", "Subject: unended\r\n\r\nno line end here");
  maildrop_add (fixture->maildrop, "u6", "Subject: bare\r\n\r\nbare\nLF, bare\rCR\r\n\r\n");
  maildrop_add (fixture->maildrop, kind->same_uidls ? "u1" : "u7", "Subject: headeronly\r\n\r\n");
}

#define FILLED "bare dots headeronly plain twin twin unended"

static void
test_story (gconstpointer data)
{
  const Kind *kind = data;
  ImportFixture *fixture = import_fixture_new ();
  g_autofree char *before = NULL;
  g_autofree char *after = NULL;

  fill (fixture, kind);
  import_expect (fixture, ENGINE_OUTCOME_EQUAL, "7 messages downloaded");
  import_assert_here (fixture, FILLED);
  import_assert_exact (fixture);
  g_assert_cmpuint (maildrop_count (fixture->maildrop, "RETR"), ==, 7);
  g_assert_cmpuint (maildrop_count (fixture->maildrop, "DELE"), ==, 0);

  /* Nothing new: nothing is written. */
  before = local_snapshot (fixture->account.maildir);
  import_expect (fixture, ENGINE_OUTCOME_EQUAL, NULL);
  after = local_snapshot (fixture->account.maildir);
  g_assert_cmpstr (before, ==, after);
  if (!kind->retrieves_again)
    g_assert_cmpuint (maildrop_count (fixture->maildrop, "RETR"), ==, 0);

  /* One more, and one more of the twins. */
  import_add (fixture, "u8", "new");
  import_add (fixture, "u9", "twin");
  import_expect (fixture, ENGINE_OUTCOME_EQUAL, "2 messages downloaded");
  import_assert_here (fixture, "bare dots headeronly new plain twin twin twin unended");

  /* A listing that shrinks and grows again, which moves all numbers. */
  for (guint i = 0; i < 3; i++)
    ((MaildropMessage *)g_ptr_array_index (fixture->maildrop->messages, i))->hidden = TRUE;
  import_expect (fixture, ENGINE_OUTCOME_EQUAL, NULL);
  for (guint i = 0; i < 3; i++)
    ((MaildropMessage *)g_ptr_array_index (fixture->maildrop->messages, i))->hidden = FALSE;
  import_expect (fixture, ENGINE_OUTCOME_EQUAL, NULL);
  import_assert_here (fixture, "bare dots headeronly new plain twin twin twin unended");

  /* All is found again in the Maildir (C7.2). */
  import_lose_journal (fixture);
  import_expect (fixture, ENGINE_OUTCOME_EQUAL, "9 messages matched");
  import_assert_here (fixture, "bare dots headeronly new plain twin twin twin unended");
  import_expect (fixture, ENGINE_OUTCOME_EQUAL, NULL);
  import_assert_here (fixture, "bare dots headeronly new plain twin twin twin unended");
  import_assert_exact (fixture);
  import_fixture_free (fixture);
}

/* C7.1: what the user removed does not come back. */
static void
test_removed_here (gconstpointer data)
{
  const Kind *kind = data;
  ImportFixture *fixture = import_fixture_new ();
  g_autoptr (GPtrArray) files = NULL;

  fill (fixture, kind);
  import_expect (fixture, ENGINE_OUTCOME_EQUAL, NULL);
  files = local_list (fixture->account.maildir);
  for (guint i = 0; i < files->len; i++)
    g_assert_cmpint (g_unlink (((LocalFile *)g_ptr_array_index (files, i))->path), ==, 0);
  import_add (fixture, "u8", "new");
  import_expect (fixture, ENGINE_OUTCOME_EQUAL, "1 message downloaded");
  import_assert_here (fixture, "new");
  import_fixture_free (fixture);
}

/* C7.1: cut within each message in turn; what came whole stays, the rest comes next time. */
static void
test_cut (gconstpointer data)
{
  const Kind *kind = data;

  for (guint cut = 1; cut <= 7; cut++)
    {
      ImportFixture *fixture = import_fixture_new ();
      guint retrieved;

      fill (fixture, kind);
      fixture->maildrop->faults.cut_retr = cut;
      import_expect (fixture, ENGINE_OUTCOME_OFFLINE, NULL);
      import_assert_exact (fixture);
      fixture->maildrop->faults.cut_retr = 0;
      import_expect (fixture, ENGINE_OUTCOME_EQUAL, NULL);
      retrieved = maildrop_count (fixture->maildrop, "RETR");
      import_assert_here (fixture, FILLED);
      import_assert_exact (fixture);
      if (!kind->retrieves_again)
        g_assert_cmpuint (retrieved, <=, 7 - cut + 1 + (kind->faults.without_uidl ? 2 : 0));
      import_fixture_free (fixture);
    }
}

/* C1.5: the date a message arrived, octets as they came. */
static void
test_dates_and_octets (void)
{
  ImportFixture *fixture = import_fixture_new ();
  static const char bare[] = "Subject: bare\r\n\r\nbare\nLF, bare\rCR\r\n\r\n";
  g_autoptr (GPtrArray) files = NULL;

  import_add (fixture, "u1", "a");
  maildrop_add (fixture->maildrop, "u2", bare);
  import_expect (fixture, ENGINE_OUTCOME_EQUAL, NULL);
  files = local_list (fixture->account.maildir);
  g_assert_cmpuint (files->len, ==, 2);
  for (guint i = 0; i < files->len; i++)
    {
      const LocalFile *file = g_ptr_array_index (files, i);
      g_autofree char *content = NULL;
      gsize length;

      g_assert_true (g_file_get_contents (file->path, &content, &length, NULL));
      if (g_str_equal (file->mark, "a"))
        {
          g_assert_cmpint (file->date, ==, 1605006000);
          g_assert_null (strchr (content, '\r'));
          continue;
        }
      g_assert_cmpmem (content, length, bare, strlen (bare));
      g_assert_cmpint (ABS (file->date - g_get_real_time () / G_USEC_PER_SEC), <, 600);
    }
  import_fixture_free (fixture);
}

/* One message that can't be had holds up nothing else, is named, and comes when it can be had. */
static void
test_refused_message (void)
{
  ImportFixture *fixture = import_fixture_new ();
  MaildropMessage *broken;

  import_add (fixture, "u1", "a");
  broken = import_add (fixture, "u2", "b");
  import_add (fixture, "u3", "c");
  broken->refused = TRUE;
  fixture->account.leave = ACCOUNT_LEAVE_NOT;
  import_expect (fixture, ENGINE_OUTCOME_LEFT, "this one is broken");
  import_assert_here (fixture, "a c");
  g_assert_cmpuint (maildrop_count (fixture->maildrop, "DELE 2"), ==, 0);
  g_assert_cmpuint (maildrop_count_left (fixture->maildrop), ==, 1);
  broken->refused = FALSE;
  import_expect (fixture, ENGINE_OUTCOME_EQUAL, NULL);
  import_assert_here (fixture, "a b c");
  g_assert_cmpuint (maildrop_count_left (fixture->maildrop), ==, 0);
  import_fixture_free (fixture);
}

/* A UIDL that the server gives to another message is no identity: both messages are here in the end. */
static void
test_uidl_used_again (void)
{
  ImportFixture *fixture = import_fixture_new ();
  MaildropMessage *first = import_add (fixture, "u1", "first");

  import_expect (fixture, ENGINE_OUTCOME_EQUAL, NULL);
  first->gone = TRUE;
  import_add (fixture, "u1", "another");
  fixture->account.leave = ACCOUNT_LEAVE_NOT;
  import_expect (fixture, ENGINE_OUTCOME_EQUAL, "1 message downloaded");
  import_assert_here (fixture, "another first");
  import_expect (fixture, ENGINE_OUTCOME_EQUAL, "nothing to do");
  import_fixture_free (fixture);
}

/* A server that was moved gives new UIDLs to all: nothing is delivered again, nor when the old ones return.
 */
static void
test_uidls_change (void)
{
  ImportFixture *fixture = import_fixture_new ();
  GPtrArray *messages = fixture->maildrop->messages;

  import_add (fixture, "u1", "a");
  import_add (fixture, "u2", "twin");
  import_add (fixture, "u3", "twin");
  import_expect (fixture, ENGINE_OUTCOME_EQUAL, "3 messages downloaded");
  for (guint round = 0; round < 2; round++)
    {
      for (guint i = 0; i < messages->len; i++)
        ((MaildropMessage *)g_ptr_array_index (messages, i))->uidl[0] = round == 0 ? 'x' : 'u';
      import_expect (fixture, ENGINE_OUTCOME_EQUAL, NULL);
      g_assert_cmpuint (maildrop_count (fixture->maildrop, "RETR"), ==, round == 0 ? 3 : 0);
      import_assert_here (fixture, "a twin twin");
    }
  fixture->maildrop->faults.without_uidl = TRUE;
  import_expect (fixture, ENGINE_OUTCOME_EQUAL, NULL);
  import_assert_here (fixture, "a twin twin");
  fixture->maildrop->faults.without_uidl = FALSE;
  import_expect (fixture, ENGINE_OUTCOME_EQUAL, NULL);
  import_assert_here (fixture, "a twin twin");
  import_fixture_free (fixture);
}

/* Another host, or another user, whose UIDLs may be the same for other messages. */
static void
test_another_user (void)
{
  ImportFixture *fixture = import_fixture_new ();

  import_add (fixture, "u1", "a");
  import_expect (fixture, ENGINE_OUTCOME_EQUAL, NULL);
  g_free (fixture->account.user);
  fixture->account.user = g_strdup ("bob");
  import_add (fixture, "u2", "b");
  import_expect (fixture, ENGINE_OUTCOME_EQUAL, "user is now");
  g_assert_cmpuint (maildrop_count (fixture->maildrop, "RETR"), ==, 2);
  import_assert_here (fixture, "a b");
  import_fixture_free (fixture);
}

/* What a listing lacks is remembered for a year, and no longer. */
static void
test_year (void)
{
  ImportFixture *fixture = import_fixture_new ();
  MaildropMessage *message = import_add (fixture, "u1", "a");

  import_expect (fixture, ENGINE_OUTCOME_EQUAL, NULL);
  message->hidden = TRUE;
  import_expect (fixture, ENGINE_OUTCOME_EQUAL, NULL);
  import_sql (fixture, "UPDATE pop3_message SET unlisted = unlisted - 364 * 86400");
  import_expect (fixture, ENGINE_OUTCOME_EQUAL, NULL);
  g_assert_cmpint (import_status (fixture), ==, ENGINE_OUTCOME_EQUAL);
  g_assert_nonnull (strstr (fixture->said->str, "1 message known"));
  import_sql (fixture, "UPDATE pop3_message SET unlisted = unlisted - 3 * 86400");
  import_expect (fixture, ENGINE_OUTCOME_EQUAL, NULL);
  g_assert_cmpint (import_status (fixture), ==, ENGINE_OUTCOME_EQUAL);
  g_assert_nonnull (strstr (fixture->said->str, "0 messages known"));
  import_fixture_free (fixture);
}

/* C9: what a server says at the login decides the exit status. */
static void
test_login_answers (void)
{
  static const struct
  {
    const char *answer;
    EngineOutcome outcome;
  } rows[] = {
    { "-ERR [IN-USE] somebody reads it", ENGINE_OUTCOME_OFFLINE },
    { "-ERR [LOGIN-DELAY] too soon", ENGINE_OUTCOME_OFFLINE },
    { "-ERR [SYS/TEMP] disk", ENGINE_OUTCOME_OFFLINE },
    { "-ERR [SYS/PERM] gone", ENGINE_OUTCOME_REFUSED },
    { "-ERR [AUTH] no", ENGINE_OUTCOME_AUTHENTICATION },
    { "-ERR no", ENGINE_OUTCOME_AUTHENTICATION },
  };
  ImportFixture *fixture = import_fixture_new ();

  import_add (fixture, "u1", "a");
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      fixture->maildrop->faults.login_answer = rows[i].answer;
      g_test_message ("%s", rows[i].answer);
      import_expect (fixture, rows[i].outcome, NULL);
    }
  fixture->maildrop->faults.login_answer = NULL;
  import_expect (fixture, ENGINE_OUTCOME_EQUAL, NULL);
  import_assert_here (fixture, "a");
  import_fixture_free (fixture);
}

/* `sync --dry-run` says what would be done and does nothing, on either side. */
static void
test_dry_run (void)
{
  ImportFixture *fixture = import_fixture_new ();
  g_autofree char *before = NULL;
  g_autofree char *after = NULL;

  import_add (fixture, "u1", "a");
  import_dry_run (fixture);
  g_assert_nonnull (strstr (fixture->said->str, "1 message ("));
  g_assert_false (g_file_test (fixture->account.maildir, G_FILE_TEST_EXISTS));
  g_assert_false (g_file_test (fixture->account.state_dir, G_FILE_TEST_EXISTS));
  g_assert_cmpuint (maildrop_count (fixture->maildrop, "RETR"), ==, 0);

  import_expect (fixture, ENGINE_OUTCOME_EQUAL, NULL);
  before = local_snapshot (fixture->account.maildir);
  fixture->account.leave = ACCOUNT_LEAVE_NOT;
  import_add (fixture, "u2", "b");
  import_dry_run (fixture);
  g_assert_nonnull (strstr (fixture->said->str, "would be downloaded"));
  g_assert_nonnull (strstr (fixture->said->str, "2 messages ("));
  after = local_snapshot (fixture->account.maildir);
  g_assert_cmpstr (before, ==, after);
  g_assert_cmpuint (maildrop_count_left (fixture->maildrop), ==, 2);

  import_expect (fixture, ENGINE_OUTCOME_EQUAL, NULL);
  import_dry_run (fixture);
  g_assert_nonnull (strstr (fixture->said->str, "nothing would be done"));
  import_fixture_free (fixture);
}

/* `check`: what the server is, and what it lacks. */
static void
test_check (void)
{
  ImportFixture *fixture = import_fixture_new ();

  import_add (fixture, "u1", "a");
  g_assert_cmpint (import_check (fixture), ==, ENGINE_OUTCOME_EQUAL);
  g_assert_nonnull (strstr (fixture->said->str, "1 message on the server"));
  g_assert_null (strstr (fixture->said->str, "lacks"));
  g_assert_cmpuint (maildrop_count (fixture->maildrop, "RETR"), ==, 0);
  fixture->maildrop->faults.without_uidl = TRUE;
  fixture->maildrop->faults.without_pipelining = TRUE;
  g_assert_cmpint (import_check (fixture), ==, ENGINE_OUTCOME_EQUAL);
  g_assert_nonnull (strstr (fixture->said->str, "lacks UIDL"));
  g_assert_nonnull (strstr (fixture->said->str, "lacks PIPELINING"));
  g_assert_false (g_file_test (fixture->account.maildir, G_FILE_TEST_EXISTS));
  import_fixture_free (fixture);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++)
    {
      g_autofree char *story = g_strconcat ("/import/story/", kinds[i].path, NULL);
      g_autofree char *removed = g_strconcat ("/import/removed-here/", kinds[i].path, NULL);
      g_autofree char *cut = g_strconcat ("/import/cut/", kinds[i].path, NULL);

      g_test_add_data_func (story, &kinds[i], test_story);
      g_test_add_data_func (removed, &kinds[i], test_removed_here);
      g_test_add_data_func (cut, &kinds[i], test_cut);
    }
  g_test_add_func ("/import/dates-and-octets", test_dates_and_octets);
  g_test_add_func ("/import/refused-message", test_refused_message);
  g_test_add_func ("/import/uidl-used-again", test_uidl_used_again);
  g_test_add_func ("/import/uidls-change", test_uidls_change);
  g_test_add_func ("/import/another-user", test_another_user);
  g_test_add_func ("/import/year", test_year);
  g_test_add_func ("/import/login-answers", test_login_answers);
  g_test_add_func ("/import/dry-run", test_dry_run);
  g_test_add_func ("/import/check", test_check);
  return g_test_run ();
}
