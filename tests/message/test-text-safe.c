/* Contract C8: what a server sends is made safe before it meets a terminal or a log. */
#include "../../engine/message/text-safe.h"

#include <string.h>

static const struct
{
  const char *description;
  const char *text;
  const char *safe;
} rows[] = {
  { "nothing", NULL, "" },
  { "empty", "", "" },
  { "plain text", "NO [ALERT] Disk \\Full", "NO [ALERT] Disk \\Full" },
  { "letters of the world", "Grüße 日本 🙂", "Grüße 日本 🙂" },
  { "line ends and tab", "a\r\nb\tc", "a\\x0D\\x0Ab\\x09c" },
  { "terminal escape", "\x1b[2Jgone", "\\x1B[2Jgone" },
  { "DEL", "a\x7f", "a\\x7F" },
  { "C1 as UTF-8 (CSI, NEL)",
    "\xc2\x9b"
    "2J\xc2\x85",
    "\\u{009B}2J\\u{0085}" },
  { "C1 as a bare octet",
    "\x9b"
    "2J",
    "\\x9B2J" },
  { "invalid, overlong, surrogate", "\xff\xc0\xaf\xed\xa0\x80", "\\xFF\\xC0\\xAF\\xED\\xA0\\x80" },
  { "cut short", "a\xe2\x82", "a\\xE2\\x82" },
  { "bidirectional override",
    "a\u202e"
    "b\u2066\u200f\u061c",
    "a\\u{202E}b\\u{2066}\\u{200F}\\u{061C}" },
  { "line separators", "\u2028\u2029", "\\u{2028}\\u{2029}" },
};

static void
test_table (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *safe = text_make_safe (rows[i].text);

      g_test_message ("%s", rows[i].description);
      g_assert_cmpstr (safe, ==, rows[i].safe);
    }
}

static void
test_nul (void)
{
  g_autofree char *safe = text_make_safe_len ("a\0b", 3);

  g_assert_cmpstr (safe, ==, "a\\x00b");
}

static void
test_cut (void)
{
  g_autofree char *exact = g_strnfill (200, 'a');
  g_autofree char *longer = g_strnfill (201, 'a');
  g_autofree char *escapes = g_strnfill (100, '\n');
  g_autofree char *safe_exact = text_make_safe (exact);
  g_autofree char *safe_longer = text_make_safe (longer);
  g_autofree char *safe_escapes = text_make_safe (escapes);

  g_assert_cmpstr (safe_exact, ==, exact);
  g_assert_cmpuint (strlen (safe_longer), ==, 200);
  g_assert_true (g_str_has_suffix (safe_longer, "aaa..."));
  /* 49 whole escapes of 4 characters: none is cut through. */
  g_assert_cmpuint (strlen (safe_escapes), ==, 49 * 4 + 3);
}

static void
test_random (void)
{
  for (guint round = 0; round < 2000; round++)
    {
      guint8 octets[256];
      gsize length = (gsize)g_test_rand_int_range (0, sizeof octets);
      g_autofree char *safe = NULL;

      for (gsize i = 0; i < length; i++)
        octets[i] = (guint8)g_test_rand_int ();
      safe = text_make_safe_len ((const char *)octets, length);
      g_assert_true (g_utf8_validate (safe, -1, NULL));
      g_assert_cmpint (g_utf8_strlen (safe, -1), <=, 200);
      for (const char *c = safe; *c != '\0'; c = g_utf8_next_char (c))
        g_assert_false (g_unichar_iscntrl (g_utf8_get_char (c)));
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/message/text-safe/C8/table", test_table);
  g_test_add_func ("/message/text-safe/C8/nul", test_nul);
  g_test_add_func ("/message/text-safe/C8/cut", test_cut);
  g_test_add_func ("/message/text-safe/C8/random", test_random);
  return g_test_run ();
}
