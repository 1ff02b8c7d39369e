/* decode (encode (name)) is the name; what decodes is valid UTF-8. */
#include "fuzz.h"
#include "imap/grammar/imap-mailbox-name.h"

static void
check_round_trip (const char *name)
{
  g_autofree char *wire = imap_mailbox_name_encode (name);
  g_autofree char *back = NULL;

  g_assert_cmpint (wire != NULL, ==, g_utf8_validate (name, -1, NULL));
  if (wire == NULL)
    return;
  g_assert_true (g_str_is_ascii (wire));
  back = imap_mailbox_name_decode (wire);
  g_assert_cmpstr (back, ==, name);
}

int
LLVMFuzzerTestOneInput (const guint8 *data, size_t size)
{
  g_autofree char *text = g_strndup ((const char *)data, size);
  g_autofree char *name = imap_mailbox_name_decode (text);
  g_autofree char *folded = imap_mailbox_name_fold_inbox (text, '/');
  g_autofree char *twice = imap_mailbox_name_fold_inbox (folded, '/');

  g_assert_cmpstr (folded, ==, twice);
  check_round_trip (text);
  if (name != NULL)
    {
      g_assert_true (g_utf8_validate (name, -1, NULL));
      check_round_trip (name);
    }
  return 0;
}
