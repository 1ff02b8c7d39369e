/* Flags as IMAP names them: sets are canonical, and the operations on them are those of sets. Three lines of
 * names: base, remote, local. */
#include "fuzz.h"
#include "../../engine/message/message-flags.h"

#include <string.h>

static MessageFlags
read_flags (MessageKeywordPool *pool, const char *line)
{
  g_auto (GStrv) names = g_strsplit (line, " ", 200);

  return message_flags_from_imap (pool, (const char *const *)names);
}

static void
check_round_trip (MessageKeywordPool *pool, MessageFlags flags)
{
  g_autofree char *text = message_flags_to_imap (flags);

  g_assert_true (message_flags_equal (read_flags (pool, text), flags));
  g_assert_true (message_keyword_pool_intern (pool, flags.keywords) == flags.keywords);
}

static void
check_sets (MessageKeywordPool *pool, MessageFlags a, MessageFlags b)
{
  MessageFlags both = message_flags_intersect (pool, a, b);
  MessageFlags only = message_flags_minus (pool, a, b);

  g_assert_true (message_flags_equal (message_flags_union (pool, both, only), a));
  g_assert_true (message_flags_is_empty (message_flags_intersect (pool, only, b)));
  g_assert_true (message_flags_equal (message_flags_union (pool, a, b), message_flags_union (pool, b, a)));
}

static void
check_merge (MessageKeywordPool *pool, MessageFlags base, MessageFlags remote, MessageFlags local)
{
  g_assert_true (message_flags_equal (message_flags_merge (pool, base, base, local), local));
  g_assert_true (message_flags_equal (message_flags_merge (pool, base, remote, base), remote));
  g_assert_true (message_flags_equal (message_flags_merge (pool, base, remote, local),
                                      message_flags_merge (pool, base, local, remote)));
}

int
LLVMFuzzerTestOneInput (const guint8 *data, size_t size)
{
  g_autofree char *text = g_strndup ((const char *)data, size);
  g_auto (GStrv) lines = g_strsplit (text, "\n", 3);
  g_autoptr (MessageKeywordPool) pool = message_keyword_pool_new ();
  MessageFlags flags[3];

  for (guint i = 0, n = g_strv_length (lines); i < G_N_ELEMENTS (flags); i++)
    {
      flags[i] = read_flags (pool, i < n ? lines[i] : "");
      check_round_trip (pool, flags[i]);
    }
  check_sets (pool, flags[0], flags[1]);
  check_merge (pool, flags[0], flags[1], flags[2]);
  return 0;
}
