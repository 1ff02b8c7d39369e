/* Facts, mailboxes, messages, uploads: what is put in comes back. */
#include "journal-fixture.h"
#include "../../engine/journal/journal-prints.h"
#include "../../engine/message/message-print.h"

static void
test_facts (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *none = journal_get_fact (fixture->journal, "host", &error);

  g_assert_no_error (error);
  g_assert_null (none);
  begin (fixture->journal);
  g_assert_true (journal_set_fact (fixture->journal, "host", "one", &error));
  g_assert_true (journal_set_fact (fixture->journal, "host", "two", &error));
  commit (fixture->journal);
  g_autofree char *value = journal_get_fact (fixture->journal, "host", &error);
  g_assert_cmpstr (value, ==, "two");

  begin (fixture->journal);
  g_assert_true (journal_set_fact (fixture->journal, "host", NULL, &error));
  commit (fixture->journal);
  g_assert_null (journal_get_fact (fixture->journal, "host", &error));
  g_assert_no_error (error);
}

static void
test_rollback (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  journal_rollback (fixture->journal); /* harmless outside */
  begin (fixture->journal);
  g_assert_true (journal_set_fact (fixture->journal, "host", "one", &error));
  journal_rollback (fixture->journal);
  g_assert_null (journal_get_fact (fixture->journal, "host", &error));
  g_assert_no_error (error);
}

static void
test_mailboxes (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  JournalMailbox full = { .name = (char *)"Tr\xc3\xa4sh",
                          .wire_name = (char *)"INBOX.Tr&AOQ-sh",
                          .directory = (char *)".Tr\xc3\xa4sh",
                          .uidvalidity = G_MAXUINT32,
                          .uidnext = G_MAXUINT32,
                          .highestmodseq = G_MAXINT64,
                          .special_use = (char *)"\\Trash",
                          .refresh = JOURNAL_REFRESH_REBOUND,
                          .mailbox_id = (char *)"F2212ea87-6097" };

  begin (fixture->journal);
  g_assert_true (journal_put_mailbox (fixture->journal, &full, &error));
  gint64 inbox = add_mailbox (fixture->journal, "INBOX");
  commit (fixture->journal);

  g_autoptr (GPtrArray) list = journal_list_mailboxes (fixture->journal, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (list->len, ==, 2);
  JournalMailbox *first = list->pdata[0], *second = list->pdata[1];
  g_assert_cmpint (first->id, ==, inbox);
  g_assert_cmpstr (first->name, ==, "INBOX");
  g_assert_null (first->wire_name);
  g_assert_null (first->special_use);
  g_assert_cmpint (first->refresh, ==, JOURNAL_REFRESH_NONE);
  g_assert_null (first->mailbox_id);
  g_assert_cmpstr (second->name, ==, full.name);
  g_assert_cmpstr (second->wire_name, ==, full.wire_name);
  g_assert_cmpstr (second->directory, ==, full.directory);
  g_assert_cmpuint (second->uidvalidity, ==, full.uidvalidity);
  g_assert_cmpuint (second->uidnext, ==, full.uidnext);
  g_assert_cmpuint (second->highestmodseq, ==, full.highestmodseq);
  g_assert_cmpstr (second->special_use, ==, full.special_use);
  g_assert_cmpint (second->refresh, ==, JOURNAL_REFRESH_REBOUND);
  g_assert_cmpstr (second->mailbox_id, ==, full.mailbox_id);

  begin (fixture->journal);
  second->uidnext = 5;
  g_free (g_steal_pointer (&second->wire_name));
  g_assert_true (journal_put_mailbox (fixture->journal, second, &error));
  g_assert_true (journal_remove_mailbox (fixture->journal, inbox, &error));
  commit (fixture->journal);
  g_autoptr (GPtrArray) after = journal_list_mailboxes (fixture->journal, &error);
  g_assert_cmpuint (after->len, ==, 1);
  JournalMailbox *only = after->pdata[0];
  g_assert_cmpuint (only->uidnext, ==, 5);
  g_assert_null (only->wire_name);
}

typedef struct
{
  GPtrArray *bases;
  guint stop_after; /* 0: never */
  JournalMessage last;
} Walk;

static gboolean
note_message (const JournalMessage *message, gpointer user_data)
{
  Walk *walk = user_data;

  g_ptr_array_add (walk->bases, g_strdup (message->base));
  walk->last = *message;
  return walk->bases->len != walk->stop_after;
}

static GPtrArray *
walk_bases (Journal *journal, gint64 mailbox, guint stop_after)
{
  g_autoptr (GError) error = NULL;
  Walk walk = { .bases = g_ptr_array_new_with_free_func (g_free), .stop_after = stop_after };

  journal_foreach_message (journal, mailbox, note_message, &walk, &error);
  g_assert_no_error (error);
  return walk.bases;
}

static gboolean
note_print (guint32 uid, guint64 print, gpointer user_data)
{
  *(guint64 *)user_data = print;
  return TRUE;
}

/* The print that the index has for the only message of a mailbox. */
static guint64
only_print (Journal *journal, gint64 mailbox)
{
  g_autoptr (GError) error = NULL;
  guint64 print = 0;

  g_assert_true (journal_foreach_print (journal, mailbox, note_print, &print, &error));
  return print;
}

/* Whatever is written of a message, its print says what its file must look like. */
static void
test_prints (Fixture *fixture, gconstpointer data)
{
  Journal *journal = fixture->journal;
  g_autoptr (GError) error = NULL;

  begin (journal);
  gint64 inbox = add_mailbox (journal, "INBOX");
  JournalMessage message = { .mailbox = inbox,
                             .uid = 7,
                             .state = JOURNAL_MESSAGE_STAGED,
                             .base = "one",
                             .system = 2,
                             .keywords = "todo",
                             .not_kept_system = 4,
                             .not_kept_keywords = "",
                             .file_size = 10,
                             .mtime_ns = 20 };

  g_assert_true (journal_add_message (journal, &message, &error));
  g_assert_cmpuint (only_print (journal, inbox), ==, MESSAGE_PRINT_NONE); /* staged: no part of the base */
  g_assert_true (journal_set_message_state (journal, message.id, JOURNAL_MESSAGE_PRESENT, &error));
  g_assert_cmpuint (only_print (journal, inbox), ==, message_print ("one", 6, "todo", 10, 20));
  g_assert_true (journal_set_message_base (journal, message.id, "two", &error));
  g_assert_cmpuint (only_print (journal, inbox), ==, message_print ("two", 6, "todo", 10, 20));
  g_assert_true (journal_set_message_stamps (journal, message.id, 11, 21, &error));
  g_assert_cmpuint (only_print (journal, inbox), ==, message_print ("two", 6, "todo", 11, 21));
  g_assert_true (journal_set_message_flags (journal, message.id, 1, "", 0, "", &error));
  g_assert_cmpuint (only_print (journal, inbox), ==, message_print ("two", 1, "", 11, 21));
  g_assert_true (journal_set_message_flags (journal, message.id, 1, "", 0, "todo", &error));
  g_assert_cmpuint (only_print (journal, inbox), ==, MESSAGE_PRINT_NONE);
  message.state = JOURNAL_MESSAGE_PRESENT;
  g_assert_true (journal_update_message (journal, &message, &error));
  g_assert_cmpuint (only_print (journal, inbox), ==, message_print ("one", 6, "todo", 10, 20));
  g_assert_no_error (error);
  commit (journal);
}

typedef gboolean (*WalkFunc) (Journal *journal, gint64 mailbox, JournalMessageFunc func, gpointer user_data,
                              GError **error);

/* What a walk over some of the messages finds, as one text. */
static void
assert_walk (Journal *journal, WalkFunc walk, gint64 mailbox, const char *expected)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) bases = g_ptr_array_new_with_free_func (g_free);
  Walk notes = { .bases = bases };
  g_autofree char *found = NULL;

  walk (journal, mailbox, note_message, &notes, &error);
  g_assert_no_error (error);
  g_ptr_array_add (bases, NULL);
  found = g_strjoinv (" ", (char **)bases->pdata);
  g_assert_cmpstr (found, ==, expected);
}

/* Staged ones, and drafts on either side. */
static void
test_some (Fixture *fixture, gconstpointer data)
{
  static const struct
  {
    const char *base;
    JournalMessageState state;
    guint8 system, not_kept;
  } messages[] = { { "plain", JOURNAL_MESSAGE_PRESENT, 2, 0 },
                   { "draft", JOURNAL_MESSAGE_PRESENT, 3, 0 },
                   { "draft-here", JOURNAL_MESSAGE_PRESENT, 2, 1 },
                   { "staged", JOURNAL_MESSAGE_STAGED, 0, 0 } };
  g_autoptr (GError) error = NULL;

  begin (fixture->journal);
  gint64 inbox = add_mailbox (fixture->journal, "INBOX");
  gint64 other = add_mailbox (fixture->journal, "Other");
  for (guint i = 0; i < 2 * G_N_ELEMENTS (messages); i++)
    {
      guint kind = i % G_N_ELEMENTS (messages);
      JournalMessage message = { .mailbox = i < G_N_ELEMENTS (messages) ? inbox : other,
                                 .uid = i + 1,
                                 .state = messages[kind].state,
                                 .base = messages[kind].base,
                                 .system = messages[kind].system,
                                 .keywords = "",
                                 .not_kept_system = messages[kind].not_kept,
                                 .not_kept_keywords = "" };

      g_assert_true (journal_add_message (fixture->journal, &message, &error));
    }
  commit (fixture->journal);
  assert_walk (fixture->journal, journal_foreach_staged, inbox, "staged");
  assert_walk (fixture->journal, journal_foreach_draft, other, "draft draft-here");
}

/* One message by each of its names; none of another mailbox; and how many there are. */
static void
test_find (Fixture *fixture, gconstpointer data)
{
  Journal *journal = fixture->journal;
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) bases = g_ptr_array_new_with_free_func (g_free);
  Walk walk = { .bases = bases };
  JournalBaseCount count;

  begin (journal);
  gint64 inbox = add_mailbox (journal, "INBOX");
  gint64 other = add_mailbox (journal, "Other");
  JournalMessage one = { .mailbox = inbox,
                         .uid = 7,
                         .state = JOURNAL_MESSAGE_PRESENT,
                         .base = "one",
                         .keywords = "",
                         .not_kept_keywords = "" };
  JournalMessage two = one;
  two.uid = 9;
  two.base = "two";
  two.state = JOURNAL_MESSAGE_STAGED;
  g_assert_true (journal_add_message (journal, &one, &error) && journal_add_message (journal, &two, &error));
  commit (journal);

  g_assert_true (journal_find_uid (journal, inbox, 7, note_message, &walk, &error));
  g_assert_true (journal_find_base (journal, inbox, "two", note_message, &walk, &error));
  g_assert_true (journal_find_id (journal, inbox, one.id, note_message, &walk, &error));
  g_assert_cmpuint (bases->len, ==, 3);
  g_assert_cmpstr (bases->pdata[0], ==, "one");
  g_assert_cmpstr (bases->pdata[1], ==, "two");
  g_assert_cmpstr (bases->pdata[2], ==, "one");
  g_assert_true (journal_find_uid (journal, inbox, 8, note_message, &walk, &error));
  g_assert_true (journal_find_uid (journal, other, 7, note_message, &walk, &error));
  g_assert_true (journal_find_base (journal, other, "two", note_message, &walk, &error));
  g_assert_true (journal_find_id (journal, other, one.id, note_message, &walk, &error));
  g_assert_cmpuint (bases->len, ==, 3);
  g_assert_true (journal_count_base (journal, inbox, &count, &error));
  g_assert_cmpuint (count.messages, ==, 1);
  g_assert_cmpuint (count.highest_uid, ==, 9);
  g_assert_true (journal_count_base (journal, other, &count, &error));
  g_assert_cmpuint (count.messages + count.highest_uid, ==, 0);
  g_assert_no_error (error);
}

/* strcmp's order, whatever the octets: a scan of the directory is merged with it. */
static void
test_order (Fixture *fixture, gconstpointer data)
{
  static const char *const bases[] = { "b",  "a",  "B", "a.1", "a-1", "\xff\xfe", "\xc3\xa4",
                                       "aa", "10", "9", "~",   "A",   "a b",      "\x01" };

  begin (fixture->journal);
  gint64 inbox = add_mailbox (fixture->journal, "INBOX");
  for (guint i = 0; i < G_N_ELEMENTS (bases); i++)
    add_message (fixture->journal, inbox, i + 1, bases[i]);
  commit (fixture->journal);

  g_autoptr (GPtrArray) walked = walk_bases (fixture->journal, inbox, 0);
  g_assert_cmpuint (walked->len, ==, G_N_ELEMENTS (bases));
  for (guint i = 1; i < walked->len; i++)
    g_assert_cmpint (strcmp (walked->pdata[i - 1], walked->pdata[i]), <, 0);

  g_autoptr (GPtrArray) some = walk_bases (fixture->journal, inbox, 3);
  g_assert_cmpuint (some->len, ==, 3);
}

static JournalMessage
full_message (gint64 mailbox)
{
  JournalMessage message = make_message (mailbox, G_MAXUINT32, "1700000000.M1P2.host");

  message.state = JOURNAL_MESSAGE_STAGED;
  message.system = 0x3f;
  message.keywords = "todo urgent";
  message.not_kept_system = 0x20;
  message.not_kept_keywords = "local";
  message.size = G_GUINT64_CONSTANT (5000000000);
  message.remote_size = G_GUINT64_CONSTANT (5000000001);
  message.file_size = G_GUINT64_CONSTANT (4999999999);
  message.mtime_ns = G_GINT64_CONSTANT (1700000000123456789);
  message.has_digest = TRUE;
  memset (message.digest, 0xa5, sizeof message.digest);
  message.internal_date = -3600;
  return message;
}

static gboolean
compare_message (const JournalMessage *got, gpointer user_data)
{
  const JournalMessage *expected = user_data;

  g_assert_cmpint (got->id, ==, expected->id);
  g_assert_cmpint (got->mailbox, ==, expected->mailbox);
  g_assert_cmpuint (got->uid, ==, expected->uid);
  g_assert_cmpint (got->state, ==, expected->state);
  g_assert_cmpstr (got->base, ==, expected->base);
  g_assert_cmpuint (got->system, ==, expected->system);
  g_assert_cmpstr (got->keywords, ==, expected->keywords);
  g_assert_cmpuint (got->not_kept_system, ==, expected->not_kept_system);
  g_assert_cmpstr (got->not_kept_keywords, ==, expected->not_kept_keywords);
  g_assert_cmpuint (got->size, ==, expected->size);
  g_assert_cmpuint (got->remote_size, ==, expected->remote_size);
  g_assert_cmpuint (got->file_size, ==, expected->file_size);
  g_assert_cmpint (got->mtime_ns, ==, expected->mtime_ns);
  g_assert_cmpint (got->has_digest, ==, expected->has_digest);
  if (expected->has_digest)
    g_assert_cmpmem (got->digest, 32, expected->digest, 32);
  g_assert_cmpint (got->internal_date, ==, expected->internal_date);
  return TRUE;
}

static void
assert_only_message (Journal *journal, JournalMessage *expected)
{
  g_autoptr (GError) error = NULL;

  g_assert_cmpuint (count_messages (journal, expected->mailbox), ==, 1);
  journal_foreach_message (journal, expected->mailbox, compare_message, expected, &error);
  g_assert_no_error (error);
}

static void
test_message_columns (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  begin (fixture->journal);
  gint64 inbox = add_mailbox (fixture->journal, "INBOX"), archive = add_mailbox (fixture->journal, "Archive");
  JournalMessage message = full_message (inbox);
  g_assert_true (journal_add_message (fixture->journal, &message, &error));
  commit (fixture->journal);
  assert_only_message (fixture->journal, &message);

  begin (fixture->journal);
  message.state = JOURNAL_MESSAGE_PRESENT;
  g_assert_true (journal_set_message_state (fixture->journal, message.id, JOURNAL_MESSAGE_PRESENT, &error));
  message.system = 1;
  message.keywords = "";
  message.not_kept_system = 2;
  message.not_kept_keywords = "x";
  g_assert_true (journal_set_message_flags (fixture->journal, message.id, 1, "", 2, "x", &error));
  message.base = "renamed";
  g_assert_true (journal_set_message_base (fixture->journal, message.id, "renamed", &error));
  message.file_size = 17;
  message.mtime_ns = 18;
  g_assert_true (journal_set_message_stamps (fixture->journal, message.id, 17, 18, &error));
  commit (fixture->journal);
  assert_only_message (fixture->journal, &message);

  begin (fixture->journal);
  message.mailbox = archive;
  message.uid = 1;
  message.base = "moved";
  message.has_digest = FALSE;
  g_assert_true (journal_update_message (fixture->journal, &message, &error));
  commit (fixture->journal);
  assert_only_message (fixture->journal, &message);
  g_assert_cmpuint (count_messages (fixture->journal, inbox), ==, 0);

  begin (fixture->journal);
  g_assert_true (journal_remove_message (fixture->journal, message.id, &error));
  g_assert_true (journal_remove_message (fixture->journal, message.id, &error));
  add_message (fixture->journal, inbox, 1, "stays");
  gint64 next = add_message (fixture->journal, archive, 1, "moved");
  g_assert_cmpint (next, !=, message.id); /* an id in memory can't name another message */
  g_assert_true (journal_remove_messages (fixture->journal, archive, &error));
  commit (fixture->journal);
  g_assert_cmpuint (count_messages (fixture->journal, archive), ==, 0);
  g_assert_cmpuint (count_messages (fixture->journal, inbox), ==, 1);
}

/* Nor do ids that a rolled back transaction, or another handle, has taken come back. */
static void
test_message_ids (Fixture *fixture, gconstpointer data)
{
  g_autoptr (Journal) other = fixture_open (fixture);
  g_autoptr (GHashTable) ids = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);

  begin (fixture->journal);
  gint64 inbox = add_mailbox (fixture->journal, "INBOX");
  commit (fixture->journal);

  for (guint32 uid = 1; uid <= 60; uid++)
    {
      Journal *journal = uid % 3 == 0 ? other : fixture->journal;
      g_autofree char *base = g_strdup_printf ("%u", uid);

      begin (journal);
      gint64 id = add_message (journal, inbox, uid, base);
      if (uid % 10 == 1)
        {
          journal_rollback (journal);
          continue;
        }
      commit (journal);
      g_assert_true (g_hash_table_add (ids, g_memdup2 (&id, sizeof id)));
    }
}

static const struct
{
  const char *description;
  guint32 uid;
  const char *base;
} refused_messages[] = {
  { "the UID is taken", 1, "other" },
  { "the base name is taken", 2, "taken" },
  { "0 is no UID", 0, "other" },
};

static void
test_refused_messages (Fixture *fixture, gconstpointer data)
{
  begin (fixture->journal);
  gint64 inbox = add_mailbox (fixture->journal, "INBOX");
  add_message (fixture->journal, inbox, 1, "taken");
  commit (fixture->journal);

  for (guint i = 0; i < G_N_ELEMENTS (refused_messages); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (GError) again = NULL;
      JournalMessage message = make_message (inbox, refused_messages[i].uid, refused_messages[i].base);

      g_test_message ("%s", refused_messages[i].description);
      begin (fixture->journal);
      add_message (fixture->journal, inbox, 100, "good");
      g_assert_false (journal_add_message (fixture->journal, &message, &error));
      g_assert_error (error, JOURNAL_ERROR, JOURNAL_ERROR_IO);

      /* The half that went well must not be committed by a caller who overlooked the error. */
      g_assert_false (journal_commit (fixture->journal, &again));
      g_assert_error (again, JOURNAL_ERROR, JOURNAL_ERROR_IO);
      journal_rollback (fixture->journal);
      g_assert_cmpuint (count_messages (fixture->journal, inbox), ==, 1);
    }
}

static void
test_update_of_nothing (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  begin (fixture->journal);
  g_assert_false (journal_set_message_state (fixture->journal, 12, JOURNAL_MESSAGE_PRESENT, &error));
  g_assert_error (error, JOURNAL_ERROR, JOURNAL_ERROR_IO);
  g_assert_nonnull (strstr (error->message, "message 12"));
  journal_rollback (fixture->journal);
}

static gboolean
note_staged (const JournalMessage *message, gpointer user_data)
{
  g_string_append_printf (user_data, "%s ", message->base);
  return TRUE;
}

/* The staged messages of a mailbox, "a b ". */
static void
assert_staged (Journal *journal, gint64 mailbox, const char *expected)
{
  g_autoptr (GString) bases = g_string_new (NULL);
  g_autoptr (GError) error = NULL;

  g_assert_true (journal_foreach_staged (journal, mailbox, note_staged, bases, &error));
  g_assert_no_error (error);
  g_assert_cmpstr (bases->str, ==, expected);
}

/* C2.1: a group of staged messages becomes part of the base, whole or not at all. */
static void
test_present (Fixture *fixture, gconstpointer data)
{
  Journal *journal = fixture->journal;
  g_autoptr (GError) error = NULL;
  gint64 ids[5];

  begin (journal);
  gint64 inbox = add_mailbox (journal, "INBOX"), archive = add_mailbox (journal, "Archive");
  for (guint i = 0; i < G_N_ELEMENTS (ids); i++)
    {
      g_autofree char *base = g_strdup_printf ("b%u", i);
      JournalMessage message = make_message (i == 2 ? archive : inbox, i + 1, base);

      message.state = JOURNAL_MESSAGE_STAGED;
      g_assert_true (journal_add_message (journal, &message, &error));
      ids[i] = message.id;
    }
  g_assert_true (journal_set_messages_present (journal, inbox, ids[1], ids[3], 2, &error));
  g_assert_no_error (error);
  commit (journal);
  assert_staged (journal, inbox, "b0 b4 ");
  assert_staged (journal, archive, "b2 ");
  begin (journal);
  g_assert_false (journal_set_messages_present (journal, inbox, ids[3], ids[4], 2, &error));
  g_assert_error (error, JOURNAL_ERROR, JOURNAL_ERROR_IO);
  journal_rollback (journal);
  assert_staged (journal, inbox, "b0 b4 ");
}

/* C2.3: under a new UIDVALIDITY two messages may trade their UIDs. */
static void
test_new_uids (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  JournalMessage a, b;

  begin (fixture->journal);
  gint64 inbox = add_mailbox (fixture->journal, "INBOX");
  a = make_message (inbox, 1, "a");
  b = make_message (inbox, 2, "b");
  g_assert_true (journal_add_message (fixture->journal, &a, &error));
  g_assert_true (journal_add_message (fixture->journal, &b, &error));
  commit (fixture->journal);

  begin (fixture->journal);
  g_assert_true (journal_clear_uids (fixture->journal, inbox, &error));
  a.uid = 2;
  b.uid = 1;
  g_assert_true (journal_update_message (fixture->journal, &a, &error));
  g_assert_true (journal_update_message (fixture->journal, &b, &error));
  g_assert_true (journal_remove_message (fixture->journal, b.id, &error));
  commit (fixture->journal);
  assert_only_message (fixture->journal, &a);
}

static gboolean
walk_again (const JournalMessage *message, gpointer journal)
{
  g_autoptr (GPtrArray) walked = walk_bases (journal, message->mailbox, 0);

  g_assert_cmpuint (walked->len, ==, 2);
  return TRUE;
}

static void
test_walk_within_walk (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  begin (fixture->journal);
  gint64 inbox = add_mailbox (fixture->journal, "INBOX");
  add_message (fixture->journal, inbox, 1, "a");
  add_message (fixture->journal, inbox, 2, "b");
  commit (fixture->journal);
  journal_foreach_message (fixture->journal, inbox, walk_again, fixture->journal, &error);
  g_assert_no_error (error);
}

static JournalUpload
make_upload (gint64 mailbox, gint64 replaces)
{
  JournalUpload upload = { .mailbox = mailbox,
                           .base = "draft",
                           .replaces = replaces,
                           .uidvalidity = 7,
                           .uidnext = 8,
                           .size = 9,
                           .wire_size = 10,
                           .message_id = "<a@b>",
                           .internal_date = 11,
                           .system = 12,
                           .keywords = "k",
                           .file_size = 13,
                           .mtime_ns = 14,
                           .attempts = 2 };

  memset (upload.digest, 1, 32);
  memset (upload.header_digest, 2, 32);
  return upload;
}

static gboolean
compare_upload (const JournalUpload *got, gpointer user_data)
{
  JournalUpload *expected = user_data;

  g_assert_cmpint (got->id, ==, expected->id);
  g_assert_cmpint (got->mailbox, ==, expected->mailbox);
  g_assert_cmpstr (got->base, ==, "draft");
  g_assert_cmpint (got->replaces, ==, expected->replaces);
  g_assert_cmpuint (got->uidvalidity, ==, 7);
  g_assert_cmpuint (got->uidnext, ==, 8);
  g_assert_cmpuint (got->size, ==, 9);
  g_assert_cmpuint (got->wire_size, ==, 10);
  g_assert_cmpmem (got->digest, 32, expected->digest, 32);
  g_assert_cmpmem (got->header_digest, 32, expected->header_digest, 32);
  g_assert_cmpstr (got->message_id, ==, "<a@b>");
  g_assert_null (got->date);
  g_assert_cmpint (got->internal_date, ==, 11);
  g_assert_cmpuint (got->system, ==, 12);
  g_assert_cmpstr (got->keywords, ==, "k");
  g_assert_cmpuint (got->file_size, ==, 13);
  g_assert_cmpint (got->mtime_ns, ==, 14);
  g_assert_cmpuint (got->attempts, ==, 2);
  expected->system = 99; /* seen */
  return TRUE;
}

static void
assert_upload (Journal *journal, const JournalUpload *expected, gboolean there)
{
  g_autoptr (GError) error = NULL;
  JournalUpload upload = *expected;

  journal_foreach_upload (journal, expected->mailbox, compare_upload, &upload, &error);
  g_assert_no_error (error);
  g_assert_cmpint (upload.system == 99, ==, there);
}

/* C2.1: the intent outlives the process, and the message it replaces. */
static void
test_uploads (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  begin (fixture->journal);
  gint64 inbox = add_mailbox (fixture->journal, "INBOX"),
         old = add_message (fixture->journal, inbox, 3, "old");
  JournalUpload upload = make_upload (inbox, old);
  g_assert_true (journal_add_upload (fixture->journal, &upload, &error));
  commit (fixture->journal);
  journal_close (fixture->journal);
  fixture->journal = fixture_open (fixture);
  assert_upload (fixture->journal, &upload, TRUE);

  begin (fixture->journal);
  g_assert_true (journal_remove_message (fixture->journal, old, &error));
  commit (fixture->journal);
  upload.replaces = 0;
  assert_upload (fixture->journal, &upload, TRUE);

  begin (fixture->journal);
  g_assert_true (journal_remove_upload (fixture->journal, upload.id, &error));
  commit (fixture->journal);
  assert_upload (fixture->journal, &upload, FALSE);
}

static void
assert_unmarked (Journal *journal, gint64 mailbox, guint32 uidvalidity, const char *uids)
{
  g_autoptr (GError) error = NULL;
  guint32 got_uidvalidity = 0;
  g_autofree char *got = journal_get_unmarked (journal, mailbox, &got_uidvalidity, &error);

  g_assert_no_error (error);
  g_assert_cmpstr (got, ==, uids);
  g_assert_cmpuint (got_uidvalidity, ==, uidvalidity);
}

static void
set_unmarked (Journal *journal, gint64 mailbox, guint32 uidvalidity, const char *uids)
{
  g_autoptr (GError) error = NULL;

  begin (journal);
  g_assert_true (journal_set_unmarked (journal, mailbox, uidvalidity, uids, &error));
  commit (journal);
}

static void
test_unmarked (Fixture *fixture, gconstpointer data)
{
  begin (fixture->journal);
  gint64 inbox = add_mailbox (fixture->journal, "INBOX");
  commit (fixture->journal);
  assert_unmarked (fixture->journal, inbox, 0, NULL);
  set_unmarked (fixture->journal, inbox, 7, "1:3");
  set_unmarked (fixture->journal, inbox, 8, "4,6");
  assert_unmarked (fixture->journal, inbox, 8, "4,6");
  set_unmarked (fixture->journal, inbox, 0, NULL);
  assert_unmarked (fixture->journal, inbox, 0, NULL);
}

/* Everything that hangs on a mailbox goes with it, and nothing of another. */
static void
test_remove_mailbox (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  begin (fixture->journal);
  gint64 inbox = add_mailbox (fixture->journal, "INBOX"), archive = add_mailbox (fixture->journal, "Archive");
  add_message (fixture->journal, inbox, 1, "a");
  add_message (fixture->journal, archive, 1, "a");
  JournalUpload upload = make_upload (inbox, 0);
  g_assert_true (journal_add_upload (fixture->journal, &upload, &error));
  commit (fixture->journal);
  set_unmarked (fixture->journal, inbox, 7, "1");

  begin (fixture->journal);
  g_assert_true (journal_remove_mailbox (fixture->journal, inbox, &error));
  commit (fixture->journal);
  g_assert_cmpuint (count_messages (fixture->journal, inbox), ==, 0);
  g_assert_cmpuint (count_messages (fixture->journal, archive), ==, 1);
  assert_upload (fixture->journal, &upload, FALSE);
  assert_unmarked (fixture->journal, inbox, 0, NULL);
}

/* A first sync's batches; with -m perf their speed is demanded as well. */
static void
test_bulk (Fixture *fixture, gconstpointer data)
{
  const guint batches = g_test_perf () ? 20 : 2;
  gint64 inbox;

  begin (fixture->journal);
  inbox = add_mailbox (fixture->journal, "INBOX");
  commit (fixture->journal);

  g_test_timer_start ();
  for (guint batch = 0; batch < batches; batch++)
    {
      begin (fixture->journal);
      for (guint i = 1; i <= 10000; i++)
        {
          g_autofree char *base =
              g_strdup_printf ("%u.M%uP4711_%u.host.example", 1700000000 + batch * 10000 + i, batch, i);
          add_message (fixture->journal, inbox, batch * 10000 + i, base);
        }
      commit (fixture->journal);
    }
  double seconds = g_test_timer_elapsed ();
  g_assert_cmpuint (count_messages (fixture->journal, inbox), ==, batches * 10000);
  if (g_test_perf ())
    g_assert_cmpfloat (batches * 10000 / seconds, >, 100000);
  g_test_maximized_result (batches * 10000 / seconds, "messages added a second");

  g_test_timer_start ();
  g_autoptr (GPtrArray) walked = walk_bases (fixture->journal, inbox, 0);
  g_test_minimized_result (g_test_timer_elapsed (), "seconds to walk %u messages", walked->len);
}

int
main (int argc, char **argv)
{
  static const struct
  {
    const char *path;
    void (*func) (Fixture *fixture, gconstpointer data);
  } tests[] = {
    { "/journal/facts", test_facts },
    { "/journal/rollback", test_rollback },
    { "/journal/mailboxes/columns", test_mailboxes },
    { "/journal/mailboxes/remove", test_remove_mailbox },
    { "/journal/mailboxes/C3.5/unmarked", test_unmarked },
    { "/journal/messages/columns", test_message_columns },
    { "/journal/messages/ids", test_message_ids },
    { "/journal/messages/order", test_order },
    { "/journal/messages/some", test_some },
    { "/journal/messages/find", test_find },
    { "/journal/messages/C3.1/prints", test_prints },
    { "/journal/messages/refused", test_refused_messages },
    { "/journal/messages/update-of-nothing", test_update_of_nothing },
    { "/journal/messages/C2.1/present", test_present },
    { "/journal/messages/C2.3/new-uids", test_new_uids },
    { "/journal/messages/walk-within-walk", test_walk_within_walk },
    { "/journal/messages/bulk", test_bulk },
    { "/journal/uploads/C2.1/intent", test_uploads },
  };

  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (tests); i++)
    g_test_add (tests[i].path, Fixture, NULL, fixture_set_up_open, tests[i].func, fixture_tear_down);
  return g_test_run ();
}
