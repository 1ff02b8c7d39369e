/* Which listed message is known (C7.1, C7.2), and the date of one that has none (C1.5). */
#include "journal/journal-pop3.h"
#include "sync/arrival-date.h"
#include "sync/import-memory.h"

#include <glib/gstdio.h>

#include <string.h>

typedef struct
{
  const char *what;
  const char *header;
  gint64 date; /* 0: now */
} DateRow;

#define NOW 1700000000

static const DateRow dates[] = {
  { "Received before Date",
    "Received: by x; Tue, 10 Nov 2020 12:00:00 +0100\r\nDate: Mon, 9 Nov 2020 10:00:00 +0000\r\n",
    1605006000 },
  { "the topmost Received",
    "Received: a;\r\n\tTue, 10 Nov 2020 12:00:00 +0100 (CET)\r\nReceived: b; 1 Jan 2001 00:00:00 +0000\r\n",
    1605006000 },
  { "a semicolon in a comment", "Received: from a (b; c) by d; 10 Nov 2020 11:00:00 GMT\r\n\r\n",
    1605006000 },
  { "a Received without date", "Received: by x\r\nDate: Tue, 10 Nov 2020 11:00:00 +0000\r\n\r\n",
    1605006000 },
  { "a lower Received counts for nothing",
    "Received: x\r\nReceived: y; Mon, 9 Nov 2020 10:00:00 +0000\r\n"
    "Date: Tue, 10 Nov 2020 11:00:00 +0000\r\n\r\n",
    1605006000 },
  { "names in any case, space before the colon, LF", "RECEIVED : by x; Tue, 10 Nov 2020 11:00:00 +0000\n\n",
    1605006000 },
  { "Date alone", "Date: Tue, 10 Nov 2020 11:00:00 +0000\r\n\r\n", 1605006000 },
  { "none", "Subject: a\r\n\r\n", 0 },
  { "empty", "", 0 },
  { "one in the body only", "Subject: a\r\n\r\nDate: Tue, 10 Nov 2020 11:00:00 +0000\r\n", 0 },
  { "a word", "Date: yesterday\r\n\r\n", 0 },
  { "before 1970", "Date: Tue, 10 Nov 1931 11:00:00 +0000\r\n\r\n", 0 },
  { "in a far future", "Date: Tue, 10 Nov 2099 11:00:00 +0000\r\n\r\n", 0 },
  { "an impossible one", "Date: Tue, 99 Nov 2020 45:00:00 +9999\r\n\r\n", 0 },
  { "cut off within the field", "Date: Tue, 10 Nov 2020 11:00:00 +0000", 1605006000 },
};

static void
test_dates (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (dates); i++)
    {
      g_test_message ("%s", dates[i].what);
      g_assert_cmpint (arrival_date (dates[i].header, strlen (dates[i].header), NOW), ==,
                       dates[i].date != 0 ? dates[i].date : NOW);
    }
}

/* A field as long as nobody's, and what a fuzzer would begin with. */
static void
test_hostile_dates (void)
{
  g_autoptr (GString) header = g_string_new ("Received: ");
  static const char octets[] = "Date:\0\0;Received:;;;\r\n :;\n\n\xff\xfe";

  for (guint i = 0; i < 100000; i++)
    g_string_append (header, "x;\r\n\t");
  g_assert_cmpint (arrival_date (header->str, header->len, NOW), ==, NOW);
  for (gsize length = 0; length <= sizeof octets; length++)
    g_assert_cmpint (arrival_date (octets, length, NOW), ==, NOW);
}

typedef struct
{
  char *directory;
  Journal *journal;
  ImportMemory *memory;
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  fixture->directory = g_dir_make_tmp ("dovetail-memory-XXXXXX", &error);
  g_assert_no_error (error);
  fixture->journal = journal_open (fixture->directory, JOURNAL_OPEN_SCRATCH, NULL, &error);
  g_assert_no_error (error);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  import_memory_free (fixture->memory);
  journal_close (fixture->journal);
  g_assert_cmpint (g_rmdir (fixture->directory), ==, 0);
  g_free (fixture->directory);
}

static MessageDigest
digest_of (char letter)
{
  MessageDigest digest;

  memset (digest.bytes, letter, sizeof digest.bytes);
  return digest;
}

/* `digest` 0: passed on. */
static void
store (Fixture *fixture, const char *uidl, char digest, JournalPop3Deleted deleted)
{
  const MessageDigest content = digest_of (digest);
  JournalPop3Message message = { .uidl = uidl, .has_digest = digest != 0, .size = 10, .deleted = deleted };

  memcpy (message.digest, content.bytes, sizeof message.digest);
  memcpy (message.header_digest, content.bytes, sizeof message.header_digest);
  g_assert_true (journal_begin (fixture->journal, NULL));
  g_assert_true (journal_add_pop3_message (fixture->journal, &message, NULL));
  g_assert_true (journal_commit (fixture->journal, NULL));
}

static void
load (Fixture *fixture)
{
  g_autoptr (GError) error = NULL;

  fixture->memory = import_memory_load (fixture->journal, &error);
  g_assert_no_error (error);
}

/* Each row explains one message: the second twin finds none. */
static void
test_one_row_one_message (Fixture *fixture, gconstpointer data)
{
  const MessageDigest twin = digest_of ('t');
  ImportRow *row;

  store (fixture, "old1", 't', JOURNAL_POP3_NOT_DELETED);
  load (fixture);
  row = import_memory_find_free (fixture->memory, &twin);
  g_assert_nonnull (row);
  row = import_memory_identify (fixture->memory, row, "new1", 11);
  g_assert_cmpstr (row->stored.uidl, ==, "new1");
  g_assert_cmpint (row->stored.id, ==, 0);
  g_assert_cmpuint (row->stored.size, ==, 11);
  g_assert_null (import_memory_find_free (fixture->memory, &twin));
  g_assert_cmpuint (import_memory_count_claims (fixture->memory, &twin), ==, 1);
  g_assert_false (import_memory_find_uidl (fixture->memory, "old1")->stored.has_digest);
}

/* A row without UIDL gets one and stays. */
static void
test_uidl_gained (Fixture *fixture, gconstpointer data)
{
  const MessageDigest digest = digest_of ('d');
  ImportRow *row;

  store (fixture, NULL, 'd', JOURNAL_POP3_NOT_DELETED);
  load (fixture);
  row = import_memory_find_free (fixture->memory, &digest);
  g_assert_true (import_memory_identify (fixture->memory, row, "u1", 10) == row);
  g_assert_true (import_memory_find_uidl (fixture->memory, "u1") == row);
  g_assert_true (row->changed);
}

/* What we deleted there is no explanation for a message that comes now; nor is what is listed. */
static void
test_not_free (Fixture *fixture, gconstpointer data)
{
  const MessageDigest deleted = digest_of ('x'), listed = digest_of ('y');

  store (fixture, "u1", 'x', JOURNAL_POP3_DELETED);
  store (fixture, "u2", 'y', JOURNAL_POP3_NOT_DELETED);
  store (fixture, "u3", 0, JOURNAL_POP3_NOT_DELETED);
  load (fixture);
  import_memory_identify (fixture->memory, import_memory_find_uidl (fixture->memory, "u2"), "u2", 10);
  g_assert_null (import_memory_find_free (fixture->memory, &deleted));
  g_assert_null (import_memory_find_free (fixture->memory, &listed));
  g_assert_false (import_memory_find_uidl (fixture->memory, "u2")->changed);
  g_assert_false (import_row_is_free (import_memory_find_uidl (fixture->memory, "u3")));
}

/* The chain of rows with one digest survives the loss of its first, its last and one between. */
static void
test_chain (Fixture *fixture, gconstpointer data)
{
  const MessageDigest digest = digest_of ('d');
  static const char *const uidls[] = { "a", "b", "c", "d" };

  for (guint i = 0; i < G_N_ELEMENTS (uidls); i++)
    store (fixture, uidls[i], 'd', JOURNAL_POP3_NOT_DELETED);
  load (fixture);
  for (guint i = 0; i < G_N_ELEMENTS (uidls); i++)
    {
      g_autofree char *uidl = g_strconcat ("new-", uidls[i], NULL);
      ImportRow *row = import_memory_find_free (fixture->memory, &digest);

      g_assert_nonnull (row);
      import_memory_identify (fixture->memory, row, uidl, 10);
    }
  g_assert_null (import_memory_find_free (fixture->memory, &digest));
  g_assert_cmpuint (import_memory_count_claims (fixture->memory, &digest), ==, 4);
  g_assert_cmpuint (import_memory_get_rows (fixture->memory)->len, ==, 8);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/import/dates", test_dates);
  g_test_add_func ("/import/hostile-dates", test_hostile_dates);
  g_test_add ("/import/memory/one-row-one-message", Fixture, NULL, set_up, test_one_row_one_message,
              tear_down);
  g_test_add ("/import/memory/uidl-gained", Fixture, NULL, set_up, test_uidl_gained, tear_down);
  g_test_add ("/import/memory/not-free", Fixture, NULL, set_up, test_not_free, tear_down);
  g_test_add ("/import/memory/chain", Fixture, NULL, set_up, test_chain, tear_down);
  return g_test_run ();
}
