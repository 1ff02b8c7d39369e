/* Any order of true and false answers, cut anywhere: each command is answered at most once, every wait ends.
 */
#include "batch-fixture.h"

#include <string.h>

#define HOSTILE_ROUNDS 150

static const char *const hostile_lines[] = {
  "A4 OK\r\n",
  "A5 OK [COPYUID 5 1:2 8:9] x\r\n",
  "A5 NO [OVERQUOTA] x\r\n",
  "A6 OK\r\n",
  "A7 NO\r\n",
  "A7 OK [APPENDUID 7 9] x\r\n",
  "A8 BAD\r\n",
  "+ go\r\n",
  "* SEARCH 1 2 4294967295\r\n",
  "* SEARCH\r\n",
  "* OK [COPYUID 5 1:2 8:9] x\r\n",
  "* OK [UIDVALIDITY 7] x\r\n",
  "* 4 EXISTS\r\n",
  "* 1 EXPUNGE\r\n",
  "* VANISHED 1\r\n",
  "* 1 FETCH (UID 1 BODY[] {5}\r\nabcde FLAGS (\\Seen))\r\n",
  "* 1 FETCH (BODY[] NIL UID 4294967295)\r\n",
  "* 9 FETCH (FLAGS ())\r\n",
  "* LIST () NIL x\r\n",
  "* FLAGS ()\r\n",
  "* OK [PERMANENTFLAGS ()] x\r\n",
  "* OK [CAPABILITY] x\r\n",
  "* OK [CLOSED] x\r\n",
  "* ENABLED\r\n",
  "* BYE\r\n",
  "* 1 FETCH (UID 0)\r\n",
};

static void
serve_hostile (FakePeer *peer, gpointer user_data)
{
  GRand *random = user_data;
  g_autoptr (GPtrArray) commands = NULL;
  g_autoptr (GString) said = g_string_new (NULL);
  guint lines = (guint)g_rand_int_range (random, 1, 30);

  if (!batch_fixture_serve_login (peer))
    return;
  commands = batch_fixture_read_lines (peer, 4);
  for (guint i = 0; i < lines; i++)
    g_string_append (said, hostile_lines[g_rand_int_range (random, 0, G_N_ELEMENTS (hostile_lines))]);
  for (gsize done = 0, chunk; done < said->len; done += chunk)
    {
      chunk = (gsize)g_rand_int_range (random, 1, 60);
      chunk = MIN (chunk, said->len - done);
      if (!fake_peer_send_bytes (peer, said->str + done, chunk))
        return;
    }
  fake_peer_close (peer);
}

static void
run_hostile_session (SessionFixture *fixture)
{
  g_autoptr (ImapUidSet) set = imap_uid_set_new ();
  g_autoptr (ImapUidSet) found = imap_uid_set_new ();
  Source source = { .size = 10 };
  Record record;
  g_autoptr (GError) error = NULL;

  batch_fixture_start (fixture, &record);
  imap_uid_set_add_range (set, 1, 2);
  batch_fixture_fetch (&record, 1);
  imap_batch_uid_copy (record.batch, set, "Work", record_done, &record);
  imap_batch_uid_search (record.batch, "ALL", found, record_done, &record);
  batch_fixture_append (&record, &source, 10);
  batch_fixture_fetch (&record, 2);
  if (imap_batch_wait (record.batch, &error))
    g_assert_cmpuint (record.done->len, ==, 5);
  else
    g_assert_nonnull (error);
  g_assert_cmpuint (record.done->len, <=, 5);
  imap_batch_free (record.batch);
  g_clear_pointer (&fixture->session, imap_session_free);
  g_assert_true (record.notified);
  record_clear (&record);
}

static void
test_hostile (void)
{
  for (guint round = 0; round < HOSTILE_ROUNDS; round++)
    {
      SessionFixture fixture;
      GRand *random = g_rand_new_with_seed ((guint32)g_test_rand_int ());

      session_fixture_init (&fixture);
      session_fixture_serve_programmed (&fixture, serve_hostile, random);
      session_fixture_open_inbox (&fixture);
      run_hostile_session (&fixture);
      session_fixture_clear (&fixture);
      g_rand_free (random);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/imap/batch/hostile", test_hostile);
  return g_test_run ();
}
