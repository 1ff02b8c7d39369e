/* A base whose UIDs mean nothing any more, and journals, Maildirs and servers from a backup (C1.6, C2.2,
 * C2.3): nothing is deleted, nothing doubled, and what is on both sides is not transferred. */
#include "hostile-edit.h"
#include "hostile-steps.h"

#include <glib/gstdio.h>
#include <string.h>

#define DOWNLOADS "UID FETCH *INTERNALDATE BODY.PEEK[])"
#define DIGESTS "UID FETCH * (UID BODY.PEEK[])"
#define UPLOADS "APPEND *"
#define WITH_IDS "UIDPLUS MOVE ESEARCH NAMESPACE UNSELECT SPECIAL-USE LIST-EXTENDED OBJECTID"
#define PLAIN "Subject: plain\r\n\r\ntext\r\n"

/* As after a restored backup: other UIDs for the same messages. */
static void
renumber (Hostile *hostile)
{
  ModelMailbox *mailbox = model_store_find (hostile->store, "INBOX");

  mailbox->uidvalidity += 7;
  for (guint i = 0; i < mailbox->messages->len; i++)
    ((ModelMessage *)g_ptr_array_index (mailbox->messages, i))->uid += 3;
  mailbox->uidnext += 3;
}

static Hostile *
start (guint messages)
{
  Hostile *hostile = hostile_new (NULL);

  hostile_add_many_there (hostile, "INBOX", messages);
  hostile_expect_sync (hostile, ENGINE_OUTCOME_EQUAL, NULL);
  return hostile;
}

static guint
count_sent (Hostile *hostile, const char *commands)
{
  return model_server_count (hostile->server, commands);
}

static void
assert_no_transfer (Hostile *hostile)
{
  g_assert_cmpuint (count_sent (hostile, DOWNLOADS ";" DIGESTS ";" UPLOADS), ==, 0);
}

/* The next sync ends equal, and the one after it finds nothing to do. */
static void
finish (Hostile *hostile)
{
  g_autofree char *before = NULL;
  g_autofree char *after = NULL;

  hostile_expect_sync (hostile, ENGINE_OUTCOME_EQUAL, NULL);
  before = local_snapshot (hostile->account.maildir);
  hostile_expect_sync (hostile, ENGINE_OUTCOME_EQUAL, "nothing to do");
  after = local_snapshot (hostile->account.maildir);
  g_assert_cmpstr (before, ==, after);
  g_assert_cmpuint (count_sent (hostile, MODEL_CHANGES), ==, 0);
  assert_no_transfer (hostile);
  hostile_assert_equal (hostile, FALSE);
  hostile_free (hostile);
}

/* A re-paired message keeps its base and its pending changes. */
static void
test_pending_changes (void)
{
  Hostile *hostile = start (8);

  renumber (hostile);
  hostile_flag_here (hostile, "INBOX", "m3", "FS");
  hostile_flag_here (hostile, "INBOX", "m4", "");
  model_message_change_flags (model_store_find (hostile->store, "INBOX"),
                              hostile_find_there (hostile, "INBOX", "m5"), '+', "\\Answered");
  hostile_delete_here (hostile, "INBOX", "m2", NULL);
  hostile_overwrite_here (hostile, "INBOX", "m6", 900);
  hostile_add_here (hostile, "INBOX", "written", "S");
  hostile_add_there (hostile, "INBOX", "new", "");
  hostile_expect_sync (hostile, ENGINE_OUTCOME_EQUAL,
                       "matched by content: 8 messages on both sides, 1 only here, 1 only on the server");
  g_assert_nonnull (strstr (hostile->said->str, "reset UIDVALIDITY (1000, now 1007)"));
  g_assert_cmpuint (count_sent (hostile, DIGESTS), ==, 1);
  g_assert_cmpuint (count_sent (hostile, DOWNLOADS), ==, 1);
  g_assert_cmpuint (count_sent (hostile, UPLOADS), ==, 2);
  {
    g_autofree char *flagged = hostile_flags_here (hostile, "INBOX", "m3");
    g_autofree char *unread = hostile_flags_here (hostile, "INBOX", "m4");

    g_assert_cmpstr (flagged, ==, "\\Flagged \\Seen");
    g_assert_cmpstr (unread, ==, "");
    g_assert_null (hostile_find_there (hostile, "INBOX", "m2"));
  }
  finish (hostile);
}

/* Of two with one size and date nobody knows which was deleted here: both come back. */
static void
test_uncertain_deletion (void)
{
  Hostile *hostile = hostile_new (NULL);

  hostile_add_many_there (hostile, "INBOX", 5);
  hostile_find_there (hostile, "INBOX", "m3")->date = hostile_find_there (hostile, "INBOX", "m2")->date;
  hostile_expect_sync (hostile, ENGINE_OUTCOME_EQUAL, NULL);
  renumber (hostile);
  hostile_delete_here (hostile, "INBOX", "m2", NULL);
  hostile_delete_here (hostile, "INBOX", "m3", NULL);
  hostile_expect (hostile, "INBOX", "m2", 1);
  hostile_expect (hostile, "INBOX", "m3", 1);
  hostile_expect_sync (hostile, ENGINE_OUTCOME_EQUAL, "2 only on the server");
  hostile_assert_none_removed (hostile);
  finish (hostile);
}

/* Another message stands in the place of the one that was deleted here. */
static void
test_false_deletion (void)
{
  Hostile *hostile = start (5);
  ModelMessage *message;

  renumber (hostile);
  hostile_delete_here (hostile, "INBOX", "m2", NULL);
  message = hostile_find_there (hostile, "INBOX", "m2");
  g_bytes_unref (message->body);
  message->body = hostile_body ("x2", 0);
  hostile_expect (hostile, "INBOX", "x2", 1);
  hostile_expect_sync (hostile, ENGINE_OUTCOME_EQUAL, "1 only on the server");
  hostile_assert_none_removed (hostile);
  finish (hostile);
}

/* The server added a line to each: Message-ID and Date are on each side once. */
static void
test_other_sizes (void)
{
  Hostile *hostile = start (5);
  ModelMailbox *mailbox = model_store_find (hostile->store, "INBOX");
  g_autofree char *before = NULL;
  g_autofree char *after = NULL;

  renumber (hostile);
  for (guint i = 0; i < mailbox->messages->len; i++)
    {
      ModelMessage *message = g_ptr_array_index (mailbox->messages, i);
      g_autoptr (GString) text = g_string_new ("X-Moved: yes\r\n");
      gsize length;
      const char *data = g_bytes_get_data (message->body, &length);

      g_string_append_len (text, data, length);
      g_bytes_unref (message->body);
      message->body = g_bytes_new (text->str, text->len);
    }
  hostile_expect_sync (hostile, ENGINE_OUTCOME_EQUAL, "5 messages on both sides, 0 only here");
  assert_no_transfer (hostile);
  before = local_snapshot (hostile->account.maildir);
  hostile_expect_sync (hostile, ENGINE_OUTCOME_EQUAL, "nothing to do");
  after = local_snapshot (hostile->account.maildir);
  g_assert_cmpstr (before, ==, after);
  assert_no_transfer (hostile);
  hostile_free (hostile);
}

/* Drafts, and messages without Message-ID: only their whole text says which is which. Each keeps its own
 * flags. */
static void
test_by_text (void)
{
  Hostile *hostile = hostile_new (NULL);
  ModelMailbox *mailbox = model_store_find (hostile->store, "INBOX");

  hostile_add_there (hostile, "INBOX", "d1", "\\Draft");
  hostile_add_there (hostile, "INBOX", "d2", "\\Draft \\Seen");
  for (guint i = 0; i < 3; i++)
    {
      g_autofree char *text = g_strdup_printf ("Subject: plain\r\n\r\ntext %u\r\n", i);
      g_autoptr (GBytes) body = g_bytes_new (text, strlen (text));

      model_mailbox_add (mailbox, body, i == 1 ? "\\Flagged" : "", 1767300000 + i);
      hostile_expect (hostile, "INBOX", "plain", 1);
    }
  hostile_expect_sync (hostile, ENGINE_OUTCOME_EQUAL, NULL);
  renumber (hostile);
  hostile_flag_here (hostile, "INBOX", "d1", "DF");
  hostile_expect_sync (hostile, ENGINE_OUTCOME_EQUAL, "5 messages on both sides, 0 only here");
  g_assert_cmpuint (count_sent (hostile, DIGESTS), ==, 1);
  g_assert_cmpuint (count_sent (hostile, DOWNLOADS ";" UPLOADS), ==, 0);
  finish (hostile);
}

/* Drafts, one of which was deleted here, and one without Message-ID: an EMAILID says which is which, and no
 * text is read. Of two that are the same message it says nothing. */
static void
test_by_email_id (void)
{
  Hostile *hostile = hostile_new (WITH_IDS);
  ModelMailbox *mailbox = model_store_find (hostile->store, "INBOX");
  static const char *const names[] = { "d1", "d2", "d3", "twice", "twice" };
  g_autoptr (GBytes) plain = g_bytes_new_static (PLAIN, strlen (PLAIN));

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    hostile_add_there (hostile, "INBOX", names[i], i < 3 ? "\\Draft" : "");
  ((ModelMessage *)g_ptr_array_index (mailbox->messages, 4))->date =
      ((ModelMessage *)g_ptr_array_index (mailbox->messages, 3))->date;
  model_mailbox_add (mailbox, plain, "\\Flagged", 1767300000);
  hostile_expect (hostile, "INBOX", "plain", 1);
  hostile_expect_sync (hostile, ENGINE_OUTCOME_EQUAL, NULL);
  renumber (hostile);
  hostile_flag_here (hostile, "INBOX", "d1", "DF");
  hostile_delete_here (hostile, "INBOX", "d2", NULL);
  hostile_expect_sync (hostile, ENGINE_OUTCOME_EQUAL, "6 messages on both sides, 0 only here");
  assert_no_transfer (hostile);
  g_assert_null (hostile_find_there (hostile, "INBOX", "d2"));
  finish (hostile);
}

/* A client gave a file another name, and the server other UIDs. */
static void
test_renamed_here (void)
{
  Hostile *hostile = start (4);
  g_autofree char *path = hostile_file_here (hostile, "INBOX", "m2");
  g_autofree char *other = hostile_path_here (hostile, "INBOX/cur/1770000000.other.here:2,F");

  renumber (hostile);
  g_assert_cmpint (g_rename (path, other), ==, 0);
  hostile_expect_sync (hostile, ENGINE_OUTCOME_EQUAL, "4 messages on both sides, 0 only here");
  assert_no_transfer (hostile);
  finish (hostile);
}

/* What only ever grows is lower, or the mailbox is another one, under the same UIDVALIDITY. */
typedef struct
{
  const char *name;
  const char *before, *after; /* what SELECT says beside the usual */
  const char *says;
} SelectCase;

static const SelectCase select_cases[] = {
  { "highestmodseq-lower", "* OK [HIGHESTMODSEQ 90] highest\r\n", "* OK [HIGHESTMODSEQ 50] highest\r\n",
    "HIGHESTMODSEQ fell (90, now 50)" },
  { "mailboxid-other", "* OK [MAILBOXID (abc)] this\r\n", "* OK [MAILBOXID (def)] that\r\n",
    "another mailbox under this name" },
};

static void
test_select (gconstpointer data)
{
  const SelectCase *row = data;
  const ModelFault before[] = { { MODEL_PREPEND, "SELECT *", row->before }, { MODEL_FAULTS_END } };
  const ModelFault after[] = { { MODEL_PREPEND, "SELECT *", row->after }, { MODEL_FAULTS_END } };
  Hostile *hostile = hostile_new (NULL);
  ModelMailbox *mailbox = model_store_find (hostile->store, "INBOX");
  g_autofree char *kept = NULL;

  hostile_add_many_there (hostile, "INBOX", 5);
  model_server_set_faults (hostile->server, before);
  hostile_expect_sync (hostile, ENGINE_OUTCOME_EQUAL, NULL);
  hostile_expect_sync (hostile, ENGINE_OUTCOME_EQUAL, "nothing to do");

  /* UID 2 was given anew, to m6. */
  model_mailbox_remove (mailbox, 2);
  hostile_add_there (hostile, "INBOX", "m6", "");
  hostile_find_there (hostile, "INBOX", "m6")->uid = 2;
  g_ptr_array_insert (mailbox->messages, 1,
                      g_ptr_array_steal_index (mailbox->messages, mailbox->messages->len - 1));
  model_server_set_faults (hostile->server, after);
  hostile_expect_sync (hostile, ENGINE_OUTCOME_EQUAL, row->says);
  hostile_assert_none_removed (hostile);
  kept = hostile_file_here (hostile, "INBOX", "m2");
  g_assert_cmpuint (hostile_count_mark_there (hostile, "INBOX", "m2"), ==, 1);
  finish (hostile);
}

static void
no_uidvalidity (ModelTurn *turn)
{
  edit_drop_lines (turn, "[UIDVALIDITY");
}

static const ModelFault without_uidvalidity[] = { { MODEL_EDIT, "SELECT *", .call = no_uidvalidity },
                                                  { MODEL_FAULTS_END } };

/* New ones go both ways; nothing is deleted or changed by a UID, in any run; once there is a UIDVALIDITY,
 * what was left is done. */
static void
test_no_uidvalidity (void)
{
  Hostile *hostile = start (6);

  model_server_set_faults (hostile->server, without_uidvalidity);
  hostile_delete_here (hostile, "INBOX", "m2", NULL);
  hostile_flag_here (hostile, "INBOX", "m3", "F");
  model_message_change_flags (model_store_find (hostile->store, "INBOX"),
                              hostile_find_there (hostile, "INBOX", "m3"), '+', "\\Answered");
  hostile_overwrite_here (hostile, "INBOX", "m5", 900);
  for (guint run = 0; run < 3; run++)
    {
      g_autofree char *here = g_strdup_printf ("here%u", run);
      g_autofree char *there = g_strdup_printf ("there%u", run);

      hostile_add_here (hostile, "INBOX", here, "");
      hostile_add_there (hostile, "INBOX", there, "");
      hostile_expect_sync (hostile, ENGINE_OUTCOME_LEFT, "no UIDVALIDITY");
      g_assert_cmpuint (count_sent (hostile, MODEL_REMOVES ";UID STORE *"), ==, 0);
      g_assert_cmpuint (count_sent (hostile, UPLOADS), ==, 1);
      g_assert_cmpuint (hostile_count_here (hostile, "INBOX", there), ==, 1);
      g_assert_cmpuint (hostile_count_mark_there (hostile, "INBOX", here), ==, 1);
      renumber (hostile);
    }
  g_assert_cmpuint (hostile_count_mark_there (hostile, "INBOX", "m2"), ==, 1);
  model_server_set_faults (hostile->server, NULL);
  hostile_expect_sync (hostile, ENGINE_OUTCOME_EQUAL, NULL);
  {
    g_autofree char *flags = hostile_flags_here (hostile, "INBOX", "m3");

    g_assert_cmpstr (flags, ==, "\\Answered \\Flagged");
  }
  finish (hostile);
}

/* A mailbox from the first sync on without a UIDVALIDITY, then with one. */
static void
test_never_uidvalidity (void)
{
  Hostile *hostile = hostile_new (NULL);

  model_server_set_faults (hostile->server, without_uidvalidity);
  hostile_add_many_there (hostile, "INBOX", 4);
  hostile_expect_sync (hostile, ENGINE_OUTCOME_LEFT, "no UIDVALIDITY");
  renumber (hostile);
  hostile_expect_sync (hostile, ENGINE_OUTCOME_LEFT, "no UIDVALIDITY");
  assert_no_transfer (hostile);
  model_server_set_faults (hostile->server, NULL);
  renumber (hostile);
  finish (hostile);
}

/* m1 to m20 there are others now. */
static void
exchange_twenty (Hostile *hostile)
{
  ModelMailbox *mailbox = model_store_find (hostile->store, "INBOX");

  for (guint i = 0; i < 20; i++)
    {
      g_autofree char *mark = g_strdup_printf ("x%u", i + 1);

      model_mailbox_remove (mailbox, ((ModelMessage *)g_ptr_array_index (mailbox->messages, 0))->uid);
      hostile_add_there (hostile, "INBOX", mark, "");
    }
}

/* More than 10 and more than half without a partner: held until released, and all of it is here and there
 * then. */
static void
test_held (gconstpointer data)
{
  const gboolean *restore = data;
  Hostile *hostile = start (24);

  renumber (hostile);
  exchange_twenty (hostile);
  for (guint run = 0; run < 2; run++)
    {
      hostile_expect_sync (hostile, ENGINE_OUTCOME_LEFT,
                           "held: 20 messages only here and 20 only on the server");
      assert_no_transfer (hostile);
      hostile_assert_none_removed (hostile);
    }
  hostile_status (hostile);
  g_assert_nonnull (strstr (hostile->said->str, "40 messages"));

  /* What is new meanwhile is not held. */
  hostile_add_here (hostile, "INBOX", "written", "");
  hostile_add_there (hostile, "INBOX", "new", "");
  hostile_expect_sync (hostile, ENGINE_OUTCOME_LEFT, "held: 20 messages");
  g_assert_cmpuint (count_sent (hostile, UPLOADS), ==, 1);
  g_assert_cmpuint (hostile_count_here (hostile, "INBOX", "new"), ==, 1);
  if (*restore)
    hostile_restore (hostile);
  else
    hostile_release (hostile);
  finish (hostile);
}

/* An account that holds nothing is told so. */
static void
test_hold_is_off (void)
{
  Hostile *hostile = start (24);

  hostile->account.hold_deletions = FALSE;
  renumber (hostile);
  exchange_twenty (hostile);
  hostile_expect_sync (hostile, ENGINE_OUTCOME_EQUAL, "20 only here, 20 only on the server");
  finish (hostile);
}

/* A listing that lacks some would double them. */
static void
hide_third (ModelTurn *turn)
{
  edit_drop_message (turn, 6);
}

static void
test_incomplete (void)
{
  static const ModelFault faults[] = { { MODEL_EDIT, "UID FETCH *", .call = hide_third },
                                       { MODEL_FAULTS_END } };
  Hostile *hostile = start (5);

  renumber (hostile);
  model_server_set_faults (hostile->server, faults);
  hostile_expect_sync (hostile, ENGINE_OUTCOME_LEFT, "not all of this mailbox could be seen");
  g_assert_cmpuint (count_sent (hostile, MODEL_CHANGES), ==, 0);
  model_server_set_faults (hostile->server, NULL);
  finish (hostile);
}

/* Sent, not answered, and then the server gave other UIDs. */
static void
test_upload_in_doubt (void)
{
  static const ModelFault faults[] = { { MODEL_CUT_AFTER, "APPEND *" }, { MODEL_FAULTS_END } };
  Hostile *hostile = start (5);

  hostile_add_here (hostile, "INBOX", "written", "S");
  model_server_set_faults (hostile->server, faults);
  hostile_expect_sync (hostile, ENGINE_OUTCOME_OFFLINE, NULL);
  model_server_set_faults (hostile->server, NULL);
  renumber (hostile);
  hostile_expect_sync (hostile, ENGINE_OUTCOME_EQUAL, NULL);
  assert_no_transfer (hostile);
  finish (hostile);
}

static void
copy_tree (const char *from, const char *to)
{
  const char *argv[] = { "sh", "-c", "rm -rf \"$2\" && cp -a \"$1\" \"$2\"", "sh", from, to, NULL };
  int status;

  g_assert_true (
      g_spawn_sync (NULL, (char **)argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL, &status, NULL));
  g_assert_cmpint (status, ==, 0);
}

/* What a backup may bring back, one without the other. */
typedef struct
{
  const char *name;
  gboolean journal, maildir, server;
} BackupCase;

static const BackupCase backups[] = {
  { "journal", TRUE, FALSE, FALSE },
  { "maildir", FALSE, TRUE, FALSE },
  { "server", FALSE, FALSE, TRUE },
  { "journal-and-server", TRUE, FALSE, TRUE },
  { "maildir-and-server", FALSE, TRUE, TRUE },
  { "journal-and-maildir", TRUE, TRUE, FALSE },
};

/* After the backup m1 was deleted on both sides, m2 flagged, m3 lost its flag, new4 came and new5 was written
 * here. */
static void
live_on (Hostile *hostile)
{
  ModelMailbox *mailbox = model_store_find (hostile->store, "INBOX");

  hostile_expunge_there (hostile, "INBOX", "m1");
  model_message_change_flags (mailbox, hostile_find_there (hostile, "INBOX", "m2"), '+', "\\Flagged");
  model_message_change_flags (mailbox, hostile_find_there (hostile, "INBOX", "m4"), '-', "\\Seen");
  hostile_add_there (hostile, "INBOX", "new4", "");
  hostile_add_here (hostile, "INBOX", "new5", "S");
  hostile_expect_sync (hostile, ENGINE_OUTCOME_EQUAL, NULL);
  hostile_expect_sync (hostile, ENGINE_OUTCOME_EQUAL, "nothing to do");
}

static GPtrArray *
copy_messages (const ModelMailbox *mailbox)
{
  GPtrArray *copies = g_ptr_array_new ();

  for (guint i = 0; i < mailbox->messages->len; i++)
    {
      const ModelMessage *message = g_ptr_array_index (mailbox->messages, i);
      ModelMessage *copy = g_memdup2 (message, sizeof *message);

      copy->flags = g_strdup (message->flags);
      copy->body = g_bytes_ref (message->body);
      g_ptr_array_add (copies, copy);
    }
  return copies;
}

static void
restore_messages (ModelMailbox *mailbox, GPtrArray *copies, guint32 uidnext)
{
  g_ptr_array_set_size (mailbox->messages, 0);
  for (guint i = 0; i < copies->len; i++)
    g_ptr_array_add (mailbox->messages, g_ptr_array_index (copies, i));
  mailbox->uidnext = uidnext;
}

static void
free_messages (GPtrArray *copies)
{
  for (guint i = 0; i < copies->len; i++)
    {
      ModelMessage *message = g_ptr_array_index (copies, i);

      g_free (message->flags);
      g_bytes_unref (message->body);
      g_free (message);
    }
}

/* Both sides are united: m1 is back where one side brought it back, and nothing is gone. */
static void
test_backup (gconstpointer data)
{
  const BackupCase *row = data;
  Hostile *hostile = start (6);
  ModelMailbox *mailbox = model_store_find (hostile->store, "INBOX");
  g_autofree char *journal = hostile_path (hostile, "journal.backup");
  g_autofree char *maildir = hostile_path (hostile, "maildir.backup");
  g_autoptr (GPtrArray) server = copy_messages (mailbox);
  guint32 uidnext = mailbox->uidnext;
  gboolean is_consistent = row->journal && row->maildir;

  copy_tree (hostile->account.state_dir, journal);
  copy_tree (hostile->account.maildir, maildir);
  live_on (hostile);
  if (row->journal)
    copy_tree (journal, hostile->account.state_dir);
  if (row->maildir)
    copy_tree (maildir, hostile->account.maildir);
  if (row->server)
    restore_messages (mailbox, server, uidnext);
  else
    free_messages (server);

  /* A Maildir and a journal that belong together are as if nothing had been synchronized since. */
  if ((row->maildir || row->server) && !is_consistent)
    hostile_expect (hostile, "INBOX", "m1", 1);
  if (row->maildir && row->server)
    {
      hostile_expect (hostile, "INBOX", "new4", -1);
      hostile_expect (hostile, "INBOX", "new5", -1);
    }
  hostile_expect_sync (hostile, ENGINE_OUTCOME_EQUAL, NULL);
  hostile_assert_none_removed (hostile);
  finish (hostile);
}

/* The configuration names another host or user; the mail is the same. */
static void
test_rebound (gconstpointer data)
{
  Hostile *hostile = start (20);

  g_free (hostile->account.host);
  hostile->account.host = g_strdup ("localhost");
  renumber (hostile);
  hostile_flag_here (hostile, "INBOX", "m2", "");
  hostile_delete_here (hostile, "INBOX", "m3", NULL);
  hostile_expect (hostile, "INBOX", "m3", 1);
  hostile_expect_sync (hostile, ENGINE_OUTCOME_EQUAL,
                       "19 messages on both sides, 0 only here, 1 only on the server");
  g_assert_cmpuint (count_sent (hostile, DOWNLOADS), ==, 1);
  g_assert_cmpuint (count_sent (hostile, DIGESTS ";" UPLOADS ";" MODEL_REMOVES), ==, 0);
  {
    g_autofree char *flags = hostile_flags_here (hostile, "INBOX", "m2");

    g_assert_cmpstr (flags, ==, "\\Seen");
  }
  finish (hostile);
}

/* Somebody else's account by mistake: nothing is mixed, and back at the right one all is as it was. */
static void
test_wrong_account (void)
{
  Hostile *hostile = start (20);
  ModelMailbox *mailbox = model_store_find (hostile->store, "INBOX");
  GPtrArray *own = mailbox->messages;

  hostile_add_there (hostile, "Work", "w1", "");
  hostile_expect_sync (hostile, ENGINE_OUTCOME_EQUAL, NULL);
  mailbox->messages = g_ptr_array_new ();
  g_free (hostile->account.host);
  hostile->account.host = g_strdup ("localhost");
  hostile_expect_sync (hostile, ENGINE_OUTCOME_LEFT, "INBOX: held: held: 20 messages only here");
  g_assert_cmpuint (count_sent (hostile, UPLOADS), ==, 0);

  g_ptr_array_unref (mailbox->messages);
  mailbox->messages = own;
  g_free (hostile->account.host);
  hostile->account.host = g_strdup ("127.0.0.1");
  hostile_expect_sync (hostile, ENGINE_OUTCOME_EQUAL, "20 messages on both sides, 0 only here");
  assert_no_transfer (hostile);
  finish (hostile);
}

/* A first sync onto mail that is there already, and after a lost journal: what is equal is paired, holds or
 * not. */
static void
test_lost_journal (void)
{
  Hostile *hostile = start (30);
  g_autofree char *before = local_snapshot (hostile->account.maildir);
  g_autofree char *after = NULL;
  g_autofree char *nothing = hostile_path (hostile, "nothing");

  hostile_write (nothing, "");
  copy_tree (nothing, hostile->account.state_dir);
  g_assert_cmpint (g_remove (hostile->account.state_dir), ==, 0);
  for (guint i = 0; i < 20; i++)
    {
      g_autofree char *mark = g_strdup_printf ("h%u", i);

      hostile_add_there (hostile, "INBOX", mark, "");
    }
  hostile_expect_sync (hostile, ENGINE_OUTCOME_EQUAL,
                       "30 messages on both sides, 0 only here, 20 only on the server");
  g_assert_cmpuint (count_sent (hostile, UPLOADS ";" DIGESTS), ==, 0);
  after = local_snapshot (hostile->account.maildir);
  g_assert_cmpstr (before, !=, after);
  finish (hostile);
}

/* What was held is named by UIDs; under another UIDVALIDITY they are other messages', which nobody held. */
static void
test_held_under_old_uids (void)
{
  Hostile *hostile = start (15);
  ModelMailbox *mailbox = model_store_find (hostile->store, "INBOX");
  g_autoptr (GPtrArray) own = g_ptr_array_new ();

  while (mailbox->messages->len > 0)
    g_ptr_array_add (own, g_ptr_array_steal_index (mailbox->messages, 0));
  mailbox->uidvalidity = 2000;
  mailbox->uidnext = 1;
  for (guint i = 0; i < 14; i++)
    {
      hostile_add_there (hostile, "INBOX", "other", "");
      hostile_expect (hostile, "INBOX", "other", -1);
    }
  for (guint run = 0; run < 2; run++)
    {
      hostile_expect_sync (hostile, ENGINE_OUTCOME_LEFT, "15 messages only here and 14 only on the server");
      assert_no_transfer (hostile);
      renumber (hostile);
    }

  g_ptr_array_set_size (mailbox->messages, 0);
  mailbox->uidvalidity = 3000;
  mailbox->uidnext = 1;
  hostile_add_there (hostile, "INBOX", "new", "");
  hostile_add_there (hostile, "INBOX", "newer", "");
  for (guint i = 0; i < own->len; i++)
    {
      ((ModelMessage *)g_ptr_array_index (own, i))->uid = mailbox->uidnext++;
      g_ptr_array_add (mailbox->messages, g_ptr_array_index (own, i));
    }
  hostile_expect_sync (hostile, ENGINE_OUTCOME_EQUAL,
                       "15 messages on both sides, 0 only here, 2 only on the server");
  finish (hostile);
}

static const gboolean by_release = FALSE, by_restore = TRUE;

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/hostile/rematch/C2.3/pending-changes", test_pending_changes);
  g_test_add_func ("/hostile/rematch/C2.3/uncertain-deletion", test_uncertain_deletion);
  g_test_add_func ("/hostile/rematch/C2.3/false-deletion", test_false_deletion);
  g_test_add_func ("/hostile/rematch/C2.3/other-sizes", test_other_sizes);
  g_test_add_func ("/hostile/rematch/C2.3/by-text", test_by_text);
  g_test_add_func ("/hostile/rematch/C2.3/by-email-id", test_by_email_id);
  g_test_add_func ("/hostile/rematch/C2.3/renamed-here", test_renamed_here);
  for (guint i = 0; i < G_N_ELEMENTS (select_cases); i++)
    {
      g_autofree char *path = g_strconcat ("/hostile/rematch/C2.3/", select_cases[i].name, NULL);

      g_test_add_data_func (path, &select_cases[i], test_select);
    }
  g_test_add_func ("/hostile/rematch/C2.3/no-uidvalidity", test_no_uidvalidity);
  g_test_add_func ("/hostile/rematch/C2.3/never-uidvalidity", test_never_uidvalidity);
  g_test_add_data_func ("/hostile/rematch/C2.3/held-and-released", &by_release, test_held);
  g_test_add_data_func ("/hostile/rematch/C2.3/held-and-restored", &by_restore, test_held);
  g_test_add_func ("/hostile/rematch/C2.3/held-under-old-uids", test_held_under_old_uids);
  g_test_add_func ("/hostile/rematch/C2.3/hold-is-off", test_hold_is_off);
  g_test_add_func ("/hostile/rematch/C2.3/incomplete", test_incomplete);
  g_test_add_func ("/hostile/rematch/C2.1/upload-in-doubt", test_upload_in_doubt);
  for (guint i = 0; i < G_N_ELEMENTS (backups); i++)
    {
      g_autofree char *path = g_strconcat ("/hostile/rematch/C1.6/backup-of-", backups[i].name, NULL);

      g_test_add_data_func (path, &backups[i], test_backup);
    }
  g_test_add_data_func ("/hostile/rematch/C1.6/rebound", NULL, test_rebound);
  g_test_add_func ("/hostile/rematch/C1.6/wrong-account", test_wrong_account);
  g_test_add_func ("/hostile/rematch/C2.2/lost-journal", test_lost_journal);
  return g_test_run ();
}
