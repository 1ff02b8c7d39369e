#include "imap/grammar/imap-uid-set.h"

#include <string.h>

typedef struct
{
  const char *description;
  const char *text;
  const char *expected; /* NULL: not a set */
} ParseRow;

static const ParseRow PARSE_ROWS[] = {
  { "one", "7", "7" },
  { "range", "1:4", "1:4" },
  { "several", "1:4,7,9:12", "1:4,7,9:12" },
  { "reversed range", "4:1", "1:4" },
  { "out of order", "9,1,5", "1,5,9" },
  { "adjacent ones merge", "1,2,3", "1:3" },
  { "overlapping ranges merge", "1:5,3:9", "1:9" },
  { "a range inside another", "1:100,3:9,50", "1:100" },
  { "duplicates", "5,5,5:5", "5" },
  { "the highest", "4294967295", "4294967295" },
  { "everything", "1:4294967295", "1:4294967295" },
  { "the highest merges", "4294967294,4294967295", "4294967294:4294967295" },
  { "empty", "", NULL },
  { "zero", "0", NULL },
  { "zero in a range", "0:5", NULL },
  { "leading zero", "07", NULL },
  { "2^32", "4294967296", NULL },
  { "2^64 + 1", "18446744073709551617", NULL },
  { "many digits", "99999999999999999999999999999999999999", NULL },
  { "star", "1:*", NULL },
  { "negative", "-1", NULL },
  { "signed", "+1", NULL },
  { "leading comma", ",1", NULL },
  { "trailing comma", "1,", NULL },
  { "double comma", "1,,2", NULL },
  { "half a range", "1:", NULL },
  { "half a range, the other", ":1", NULL },
  { "three ends", "1:2:3", NULL },
  { "space", "1, 2", NULL },
  { "trailing space", "1 ", NULL },
};

static void
test_parse (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (PARSE_ROWS); i++)
    {
      const ParseRow *row = &PARSE_ROWS[i];
      g_autoptr (ImapUidSet) set = imap_uid_set_parse (row->text, strlen (row->text));
      g_autofree char *text = set != NULL ? imap_uid_set_to_string (set) : NULL;

      g_test_message ("%s", row->description);
      g_assert_cmpstr (text, ==, row->expected);
    }
}

static void
test_parse_stops_at_length (void)
{
  g_autoptr (ImapUidSet) set = imap_uid_set_parse ("1:4567", 3);
  g_autofree char *text = imap_uid_set_to_string (set);

  g_assert_cmpstr (text, ==, "1:4");
  g_assert_null (imap_uid_set_parse ("1\0002", 3));
}

static void
test_parse_is_bounded (void)
{
  g_autoptr (GString) text = g_string_new ("1");
  g_autoptr (ImapUidSet) set = NULL;

  for (guint i = 1; i < 1000000; i++)
    g_string_append_printf (text, ",%u", 2 * i + 1);
  set = imap_uid_set_parse (text->str, text->len);
  g_assert_nonnull (set);
  g_assert_cmpuint (imap_uid_set_n_ranges (set), ==, 1000000);
  g_string_append (text, ",4000000");
  g_assert_null (imap_uid_set_parse (text->str, text->len));
}

/* Every way to add is checked against a plain table of booleans. */
static void
assert_equals_table (const ImapUidSet *set, const gboolean *table, guint32 size)
{
  guint64 count = 0;
  guint ranges = 0;

  for (guint32 uid = 1; uid < size; uid++)
    {
      g_assert_cmpint (imap_uid_set_contains (set, uid), ==, table[uid]);
      count += table[uid] ? 1 : 0;
      ranges += table[uid] && !table[uid - 1] ? 1 : 0;
    }
  g_assert_cmpuint (imap_uid_set_count (set), ==, count);
  g_assert_cmpuint (imap_uid_set_n_ranges (set), ==, ranges);
  g_assert_cmpint (imap_uid_set_is_empty (set), ==, count == 0);
}

static void
test_add_range_against_table (void)
{
  for (guint round = 0; round < 200; round++)
    {
      g_autoptr (ImapUidSet) one_by_one = imap_uid_set_new ();
      g_autoptr (ImapUidSet) at_once = imap_uid_set_new ();
      gboolean table[64] = { FALSE };
      ImapUidRange ranges[12];

      for (guint i = 0; i < G_N_ELEMENTS (ranges); i++)
        {
          ranges[i].first = (guint32)g_test_rand_int_range (1, 60);
          ranges[i].last = ranges[i].first + (guint32)g_test_rand_int_range (0, 4);
          imap_uid_set_add_range (one_by_one, ranges[i].last, ranges[i].first);
          for (guint32 uid = ranges[i].first; uid <= ranges[i].last; uid++)
            table[uid] = TRUE;
          assert_equals_table (one_by_one, table, G_N_ELEMENTS (table));
        }
      imap_uid_set_add_ranges (at_once, ranges, 6);
      imap_uid_set_add_ranges (at_once, ranges + 6, 6);
      assert_equals_table (at_once, table, G_N_ELEMENTS (table));
    }
}

static void
test_add_at_the_ends (void)
{
  g_autoptr (ImapUidSet) set = imap_uid_set_new ();
  g_autofree char *text = NULL;

  imap_uid_set_add (set, G_MAXUINT32);
  imap_uid_set_add (set, 1);
  imap_uid_set_add (set, G_MAXUINT32);
  imap_uid_set_add (set, G_MAXUINT32 - 1);
  text = imap_uid_set_to_string (set);
  g_assert_cmpstr (text, ==, "1,4294967294:4294967295");
  g_assert_cmpuint (imap_uid_set_range (set, 1)->first, ==, G_MAXUINT32 - 1);
  g_assert_cmpuint (imap_uid_set_range (set, 1)->last, ==, G_MAXUINT32);
  g_assert_false (imap_uid_set_contains (set, 0));
  imap_uid_set_add_range (set, 1, G_MAXUINT32);
  g_assert_cmpuint (imap_uid_set_count (set), ==, G_MAXUINT32);
  g_assert_cmpuint (imap_uid_set_n_ranges (set), ==, 1);
  imap_uid_set_clear (set);
  g_assert_true (imap_uid_set_is_empty (set));
}

static void
test_million (void)
{
  g_autoptr (ImapUidSet) dense = imap_uid_set_new ();
  g_autoptr (ImapUidSet) sparse = imap_uid_set_new ();

  for (guint32 uid = 1; uid <= 1000000; uid++)
    {
      imap_uid_set_add (dense, uid);
      imap_uid_set_add (sparse, 2 * uid);
    }
  g_assert_cmpuint (imap_uid_set_n_ranges (dense), ==, 1);
  g_assert_cmpuint (imap_uid_set_n_ranges (sparse), ==, 1000000);
  for (guint32 uid = 1; uid <= 1000000; uid++)
    {
      g_assert_true (imap_uid_set_contains (sparse, 2 * uid));
      g_assert_false (imap_uid_set_contains (sparse, 2 * uid + 1));
    }
}

typedef struct
{
  const char *description;
  const char *set;
  guint max_uids;
  gsize max_length;
  const char *taken;
  const char *left;
} TakeRow;

static const TakeRow TAKE_ROWS[] = {
  { "all", "1:4,7", 100, 100, "1:4,7", "" },
  { "exactly all", "1:4,7", 5, 5, "1:4,7", "" },
  { "none", "1:4", 0, 100, "", "1:4" },
  { "a range is split", "1:10", 4, 100, "1:4", "5:10" },
  { "one of a range", "1:10", 1, 100, "1", "2:10" },
  { "the last of a range stays", "1:2", 1, 100, "1", "2" },
  { "cut between ranges", "1:4,7,9", 4, 100, "1:4", "7,9" },
  { "cut by length", "100,200,300", 100, 7, "100,200", "300" },
  { "cut by length, one short", "100,200,300", 100, 6, "100", "200,300" },
  { "no room for one", "100", 100, 2, "", "100" },
  { "everything is a lot", "1:4294967295", 2000, 7000, "1:2000", "2001:4294967295" },
  { "the second is split", "1:2,10:20", 5, 100, "1:2,10:12", "13:20" },
};

static void
test_take (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (TAKE_ROWS); i++)
    {
      const TakeRow *row = &TAKE_ROWS[i];
      g_autoptr (ImapUidSet) set = imap_uid_set_parse (row->set, strlen (row->set));
      g_autoptr (ImapUidSet) taken = imap_uid_set_take (set, row->max_uids, row->max_length);
      g_autofree char *taken_text = imap_uid_set_to_string (taken);
      g_autofree char *left_text = imap_uid_set_to_string (set);

      g_test_message ("%s", row->description);
      g_assert_cmpstr (taken_text, ==, row->taken);
      g_assert_cmpstr (left_text, ==, row->left);
    }
}

static void
test_take_until_empty (void)
{
  g_autoptr (ImapUidSet) set = imap_uid_set_new ();
  guint64 total = 0;

  for (guint32 uid = 1; uid <= 20000; uid += 1 + uid % 3)
    imap_uid_set_add (set, uid);
  while (!imap_uid_set_is_empty (set))
    {
      guint64 before = imap_uid_set_count (set);
      g_autoptr (ImapUidSet) taken = imap_uid_set_take (set, 2000, 7000);
      g_autofree char *text = imap_uid_set_to_string (taken);

      g_assert_cmpuint (imap_uid_set_count (taken), >, 0);
      g_assert_cmpuint (imap_uid_set_count (taken), <=, 2000);
      g_assert_cmpuint (strlen (text), <=, 7000);
      g_assert_cmpuint (imap_uid_set_count (set) + imap_uid_set_count (taken), ==, before);
      total += imap_uid_set_count (taken);
    }
  g_assert_cmpuint (total, >, 9000);
}

typedef struct
{
  const char *description;
  const char *text;
  guint max;
  const char *expected; /* space between UIDs; NULL: malformed */
} ListRow;

static const ListRow LIST_ROWS[] = {
  { "one", "5", 10, "5 " },
  { "order kept", "9,3,5", 10, "9 3 5 " },
  { "duplicates kept", "3,3", 10, "3 3 " },
  { "ranges", "304,319:321", 10, "304 319 320 321 " },
  { "a reversed range ascends (RFC 4315)", "4:2", 10, "2 3 4 " },
  { "at the bound", "1:10", 10, "1 2 3 4 5 6 7 8 9 10 " },
  { "beyond the bound", "1:11", 10, NULL },
  { "beyond the bound by many", "1:4294967295", 10, NULL },
  { "beyond the bound in pieces", "1:10,11", 10, NULL },
  { "the highest", "4294967295", 10, "4294967295 " },
  { "zero", "0", 10, NULL },
  { "star", "*", 10, NULL },
  { "empty", "", 10, NULL },
};

static void
test_list (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (LIST_ROWS); i++)
    {
      const ListRow *row = &LIST_ROWS[i];
      g_autoptr (GArray) uids = imap_uid_list_parse (row->text, strlen (row->text), row->max);
      g_autoptr (GString) text = g_string_new (NULL);

      g_test_message ("%s", row->description);
      for (guint j = 0; uids != NULL && j < uids->len; j++)
        g_string_append_printf (text, "%u ", g_array_index (uids, guint32, j));
      g_assert_cmpstr (uids != NULL ? text->str : NULL, ==, row->expected);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/imap/uid-set/parse", test_parse);
  g_test_add_func ("/imap/uid-set/parse-stops-at-length", test_parse_stops_at_length);
  g_test_add_func ("/imap/uid-set/parse-is-bounded", test_parse_is_bounded);
  g_test_add_func ("/imap/uid-set/add-range-against-table", test_add_range_against_table);
  g_test_add_func ("/imap/uid-set/add-at-the-ends", test_add_at_the_ends);
  g_test_add_func ("/imap/uid-set/million", test_million);
  g_test_add_func ("/imap/uid-set/take", test_take);
  g_test_add_func ("/imap/uid-set/take-until-empty", test_take_until_empty);
  g_test_add_func ("/imap/uid-list/parse", test_list);
  return g_test_run ();
}
