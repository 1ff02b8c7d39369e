#include "../../engine/message/message-flags.h"

/* Flags from IMAP names separated by spaces, as a server's list has them. */
static MessageFlags
flags_of (MessageKeywordPool *pool, const char *names)
{
  g_auto (GStrv) list = g_strsplit (names, " ", -1);

  return message_flags_from_imap (pool, (const char *const *)list);
}

static void
assert_flags (MessageFlags flags, const char *expected)
{
  g_autofree char *names = message_flags_to_imap (flags);

  g_assert_cmpstr (names, ==, expected);
}

static const struct
{
  const char *description;
  const char *names;
  const char *canonical;
} imap_rows[] = {
  { "none", "", "" },
  { "the six bits", "\\Deleted \\Seen \\Answered $Forwarded \\Flagged \\Draft",
    "\\Draft \\Flagged $Forwarded \\Answered \\Seen \\Deleted" },
  { "any case", "\\SEEN $fORWARDED", "$Forwarded \\Seen" },
  { "only $Forwarded is the bit", "Forwarded \\Forwarded", "Forwarded" },
  { "\\Recent and unknown backslash flags are left out", "\\Recent \\* \\XUnknown \\Seen", "\\Seen" },
  { "keywords sorted, each once", "work todo Apple TODO work", "Apple todo work" },
  { "a name before a longer one", "ab a abc", "a ab abc" },
  { "no atoms", "a(b a)b a{b a%b a*b a\"b a\\b a]b a\x01 a\x7f \xc3\xa4 ok[", "ok[" },
  { "usual keywords", "$MDNSent $Junk NonJunk $label1", "$Junk $label1 $MDNSent NonJunk" },
};

static void
test_imap (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (imap_rows); i++)
    {
      g_autoptr (MessageKeywordPool) pool = message_keyword_pool_new ();

      g_test_message ("%s", imap_rows[i].description);
      assert_flags (flags_of (pool, imap_rows[i].names), imap_rows[i].canonical);
    }
}

static void
test_imap_no_list (void)
{
  g_autoptr (MessageKeywordPool) pool = message_keyword_pool_new ();

  g_assert_true (message_flags_is_empty (message_flags_from_imap (pool, NULL)));
  g_assert_true (message_flags_equal (message_flags_none (), message_flags_from_imap (pool, NULL)));
}

static void
test_intern (void)
{
  g_autoptr (MessageKeywordPool) pool = message_keyword_pool_new ();
  const char *set = message_keyword_pool_intern (pool, "Todo  work ");

  g_assert_cmpstr (set, ==, "Todo work");
  g_assert_true (set == message_keyword_pool_intern (pool, "WORK todo TODO"));
  g_assert_true (set == message_keyword_pool_intern (pool, "Todo work"));
  g_assert_true (set == flags_of (pool, "wORK tODO").keywords);
  g_assert_cmpstr (message_keyword_pool_intern (pool, NULL), ==, "");
  g_assert_true (message_keyword_pool_intern (pool, "(bad)") == message_flags_none ().keywords);
  g_assert_true (message_keyword_pool_intern (pool, "$forwarded") == message_flags_none ().keywords);
}

static void
test_intern_long_name (void)
{
  g_autoptr (MessageKeywordPool) pool = message_keyword_pool_new ();
  g_autofree char *longest = g_strnfill (255, 'k');
  g_autofree char *too_long = g_strnfill (256, 'k');

  g_assert_cmpstr (message_keyword_pool_intern (pool, longest), ==, longest);
  g_assert_cmpstr (message_keyword_pool_intern (pool, too_long), ==, "");
}

static void
test_contain (void)
{
  g_assert_true (message_keywords_contain ("apple todo work", "TODO"));
  g_assert_true (message_keywords_contain ("apple todo work", "work"));
  g_assert_false (message_keywords_contain ("apple todo work", "tod"));
  g_assert_false (message_keywords_contain ("apple todo work", "todos"));
  g_assert_false (message_keywords_contain ("apple todo work", "todo work"));
  g_assert_false (message_keywords_contain ("apple", ""));
  g_assert_false (message_keywords_contain ("", "apple"));
}

static const struct
{
  const char *description;
  const char *a, *b;
  const char *all, *minus, *common;
} set_rows[] = {
  { "both empty", "", "", "", "", "" },
  { "one empty", "\\Seen a", "", "\\Seen a", "\\Seen a", "" },
  { "other empty", "", "\\Seen a", "\\Seen a", "", "" },
  { "equal", "\\Seen a b", "\\Seen A B", "\\Seen a b", "", "\\Seen a b" },
  { "overlap", "\\Seen \\Draft a b ca", "\\Seen b c d", "\\Draft \\Seen a b c ca d", "\\Draft a ca",
    "\\Seen b" },
  { "apart", "b d", "a c e", "a b c d e", "b d", "" },
};

static void
test_sets (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (set_rows); i++)
    {
      g_autoptr (MessageKeywordPool) pool = message_keyword_pool_new ();
      MessageFlags a = flags_of (pool, set_rows[i].a);
      MessageFlags b = flags_of (pool, set_rows[i].b);

      g_test_message ("%s", set_rows[i].description);
      assert_flags (message_flags_union (pool, a, b), set_rows[i].all);
      assert_flags (message_flags_minus (pool, a, b), set_rows[i].minus);
      assert_flags (message_flags_intersect (pool, a, b), set_rows[i].common);
      g_assert_true (
          message_flags_equal (message_flags_union (pool, a, b), message_flags_union (pool, b, a)));
    }
}

static const struct
{
  const char *description;
  const char *base, *remote, *local, *merged;
} merge_rows[] = {
  { "nothing changed", "\\Seen a", "\\Seen a", "\\Seen a", "\\Seen a" },
  { "remote set and cleared", "\\Seen a", "\\Flagged b", "\\Seen a", "\\Flagged b" },
  { "local set and cleared", "\\Seen a", "\\Seen a", "\\Flagged b", "\\Flagged b" },
  { "each changed another flag", "\\Seen a c", "\\Seen \\Flagged c b", "a", "\\Flagged b" },
  { "both set the same", "", "\\Seen a", "\\Seen a", "\\Seen a" },
  { "both cleared the same", "\\Seen a", "", "", "" },
  { "marked deleted is a flag like the others", "\\Seen", "\\Seen \\Deleted", "", "\\Deleted" },
};

static void
test_merge (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (merge_rows); i++)
    {
      g_autoptr (MessageKeywordPool) pool = message_keyword_pool_new ();

      g_test_message ("%s", merge_rows[i].description);
      assert_flags (message_flags_merge (pool, flags_of (pool, merge_rows[i].base),
                                         flags_of (pool, merge_rows[i].remote),
                                         flags_of (pool, merge_rows[i].local)),
                    merge_rows[i].merged);
    }
}

/* Any of the bits, and the keywords k0 to k3. */
static MessageFlags
random_flags (MessageKeywordPool *pool)
{
  g_autoptr (GString) names = g_string_new (NULL);
  MessageFlags flags;

  for (int i = 0; i < 4; i++)
    if (g_test_rand_bit ())
      g_string_append_printf (names, "%c%d ", g_test_rand_bit () ? 'k' : 'K', i);
  flags.keywords = message_keyword_pool_intern (pool, names->str);
  flags.system = (guint8)(g_test_rand_int () & MESSAGE_FLAGS_ALL_SYSTEM);
  return flags;
}

static void
assert_merged_name (gboolean base, gboolean remote, gboolean local, gboolean merged)
{
  g_assert_cmpint (merged, ==, remote != base ? remote : local);
}

/* Flag by flag, and the same whichever side is called remote. */
static void
test_merge_random (void)
{
  g_autoptr (MessageKeywordPool) pool = message_keyword_pool_new ();

  for (guint round = 0; round < 5000; round++)
    {
      MessageFlags base = random_flags (pool);
      MessageFlags remote = random_flags (pool);
      MessageFlags local = random_flags (pool);
      MessageFlags merged = message_flags_merge (pool, base, remote, local);
      static const char *const names[] = { "k0", "k1", "k2", "k3" };

      g_assert_true (message_flags_equal (merged, message_flags_merge (pool, base, local, remote)));
      for (guint bit = 1; bit < MESSAGE_FLAGS_ALL_SYSTEM; bit <<= 1)
        assert_merged_name ((base.system & bit) != 0, (remote.system & bit) != 0, (local.system & bit) != 0,
                            (merged.system & bit) != 0);
      for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
        assert_merged_name (message_keywords_contain (base.keywords, names[i]),
                            message_keywords_contain (remote.keywords, names[i]),
                            message_keywords_contain (local.keywords, names[i]),
                            message_keywords_contain (merged.keywords, names[i]));
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/message/flags/C3.2/imap", test_imap);
  g_test_add_func ("/message/flags/C3.2/no-list", test_imap_no_list);
  g_test_add_func ("/message/flags/intern/canonical", test_intern);
  g_test_add_func ("/message/flags/intern/long-name", test_intern_long_name);
  g_test_add_func ("/message/flags/contain", test_contain);
  g_test_add_func ("/message/flags/sets", test_sets);
  g_test_add_func ("/message/flags/C3/merge", test_merge);
  g_test_add_func ("/message/flags/C3/merge-random", test_merge_random);
  return g_test_run ();
}
