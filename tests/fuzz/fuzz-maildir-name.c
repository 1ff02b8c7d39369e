/* File names: what was read is written again. Mailbox names: reversible, and nothing leaves the root
 * (contract C6.6). The first octet chooses separator and layout, the rest is the name. */
#include "fuzz.h"
#include "../../engine/maildir/maildir-name.h"
#include "../../engine/maildir/maildir.h"

#include <string.h>

static void
check_file_name (const char *file, char separator)
{
  g_auto (MaildirName) name = { 0 };
  g_auto (MaildirName) again = { 0 };
  g_autofree char *formatted = NULL;

  if (!maildir_name_parse (file, separator, &name))
    return;
  formatted = maildir_name_format (name.base, separator, name.system, name.letters, name.other);
  if (!maildir_name_parse (formatted, separator, &again))
    {
      g_assert_cmpuint (strlen (formatted), >, 255);
      return;
    }
  g_assert_cmpstr (again.base, ==, name.base);
  g_assert_cmpstr (again.other, ==, name.other);
  g_assert_cmpuint (again.system, ==, name.system);
  g_assert_cmpuint (again.letters, ==, name.letters);
}

static void
check_component (const char *component)
{
  const char *const forbidden[] = { "", ".", "..", "cur", "new", "tmp" };

  g_assert_cmpuint (strlen (component), <=, 255);
  for (gsize i = 0; i < G_N_ELEMENTS (forbidden); i++)
    g_assert_cmpint (g_ascii_strcasecmp (component, forbidden[i]), !=, 0);
  for (const char *next = component; *next != '\0'; next++)
    g_assert_true ((guchar)*next >= 0x20 && *next != 0x7f);
}

static void
check_directory (AccountLayout layout, const char *directory)
{
  g_auto (GStrv) components = g_strsplit (directory, "/", -1);

  g_assert_true (g_utf8_validate (directory, -1, NULL));
  if (layout == ACCOUNT_LAYOUT_MAILDIRPP && *directory == '\0')
    return;
  for (char **component = components; *component != NULL; component++)
    check_component (*component);
  g_assert_cmpint (*directory == '.', ==, layout == ACCOUNT_LAYOUT_MAILDIRPP);
  if (layout == ACCOUNT_LAYOUT_MAILDIRPP)
    g_assert_cmpuint (g_strv_length (components), ==, 1);
}

static void
check_mailbox (AccountLayout layout, const char *mailbox)
{
  g_autofree char *directory = maildir_directory_for_mailbox (layout, mailbox, NULL);
  g_autofree char *hashed = maildir_directory_hashed (layout, mailbox, NULL);
  g_autofree char *back = NULL;
  g_autofree char *again = NULL;

  if (hashed != NULL)
    check_directory (layout, hashed);
  if (directory == NULL)
    return;
  check_directory (layout, directory);
  back = maildir_mailbox_for_directory (layout, directory);
  g_assert_cmpint (back == NULL, ==, maildir_directory_is_hashed (directory));
  if (back == NULL)
    return;
  again = maildir_directory_for_mailbox (layout, back, NULL);
  g_assert_cmpstr (again, ==, directory);
}

/* The other way: what counts as a mailbox's directory is that mailbox's directory. */
static void
check_found_directory (AccountLayout layout, const char *directory)
{
  g_autofree char *mailbox = maildir_mailbox_for_directory (layout, directory);
  g_autofree char *fold = maildir_directory_fold (directory);
  g_autofree char *again = NULL;

  g_assert_nonnull (fold);
  if (mailbox == NULL)
    return;
  again = maildir_directory_for_mailbox (layout, mailbox, NULL);
  g_assert_cmpstr (again, ==, directory);
}

int
LLVMFuzzerTestOneInput (const guint8 *data, size_t size)
{
  static const char separators[] = ":;!+-";
  guint8 choice = size > 0 ? data[0] : 0;
  g_autofree char *text = size > 0 ? g_strndup ((const char *)data + 1, size - 1) : g_strdup ("");
  AccountLayout layout = choice & 1 ? ACCOUNT_LAYOUT_MAILDIRPP : ACCOUNT_LAYOUT_NESTED;

  check_file_name (text, separators[(choice >> 1) % 5]);
  check_mailbox (layout, text);
  check_found_directory (layout, text);
  return 0;
}
