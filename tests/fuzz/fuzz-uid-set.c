/* A set is the same after it was written and read, and after it was taken apart; a list holds no other UIDs
 * than the set of the same text. */
#include "fuzz.h"
#include "imap/grammar/imap-uid-set.h"

#include <string.h>

static void
check_list (const char *text, gsize length, const ImapUidSet *set)
{
  g_autoptr (GArray) uids = imap_uid_list_parse (text, length, 1000);

  for (guint i = 0; uids != NULL && i < uids->len; i++)
    g_assert_true (imap_uid_set_contains (set, g_array_index (uids, guint32, i)));
}

int
LLVMFuzzerTestOneInput (const guint8 *data, size_t size)
{
  const char *text = (const char *)data;
  g_autoptr (ImapUidSet) set = imap_uid_set_parse (text, size);
  g_autoptr (ImapUidSet) taken = NULL;
  g_autoptr (ImapUidSet) again = NULL;
  g_autoptr (ImapUidSet) joined = imap_uid_set_new ();
  g_autofree char *written = NULL;
  g_autofree char *rewritten = NULL;
  g_autofree char *rejoined = NULL;

  if (set == NULL)
    return 0;
  check_list (text, size, set);
  written = imap_uid_set_to_string (set);
  again = imap_uid_set_parse (written, strlen (written));
  rewritten = imap_uid_set_to_string (again);
  g_assert_cmpstr (rewritten, ==, written);
  g_assert_cmpuint (imap_uid_set_count (again), ==, imap_uid_set_count (set));

  taken = imap_uid_set_take (set, 1 + (guint)size % 40, 30);
  for (guint i = imap_uid_set_n_ranges (taken); i > 0; i--)
    imap_uid_set_add_range (joined, imap_uid_set_range (taken, i - 1)->first,
                            imap_uid_set_range (taken, i - 1)->last);
  for (guint i = imap_uid_set_n_ranges (set); i > 0; i--)
    imap_uid_set_add_ranges (joined, imap_uid_set_range (set, i - 1), 1);
  rejoined = imap_uid_set_to_string (joined);
  g_assert_cmpstr (rejoined, ==, written);
  return 0;
}
