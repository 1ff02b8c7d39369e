#include "imap/grammar/imap-mailbox-name.h"

typedef struct
{
  const char *description;
  const char *name;
  const char *wire;
} Row;

/* Both ways. */
static const Row ROWS[] = {
  { "ASCII", "Work/2024", "Work/2024" },
  { "empty", "", "" },
  { "ampersand", "R&D", "R&-D" },
  { "ampersands alone", "&&", "&-&-" },
  { "RFC 3501's example", "~peter/mail/台北/日本語", "~peter/mail/&U,BTFw-/&ZeVnLIqe-" },
  { "umlaut", "Entwürfe", "Entw&APw-rfe" },
  { "two units", "Éé", "&AMkA6Q-" },
  { "three units need no padding bits", "äöü", "&AOQA9gD8-" },
  { "outside the BMP", "\xf0\x9f\x93\xa7", "&2D3c5w-" },
  { "ampersand behind a shift", "ü&", "&APw-&-" },
  { "minus behind a shift", "ü-", "&APw--" },
  { "a control character", "a\tb", "a&AAk-b" },
  { "DEL", "\x7f", "&AH8-" },
  { "backslash and quote stand for themselves", "a\\b\"c", "a\\b\"c" },
};

static void
test_both_ways (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (ROWS); i++)
    {
      g_autofree char *wire = imap_mailbox_name_encode (ROWS[i].name);
      g_autofree char *name = imap_mailbox_name_decode (ROWS[i].wire);

      g_test_message ("%s", ROWS[i].description);
      g_assert_cmpstr (wire, ==, ROWS[i].wire);
      g_assert_cmpstr (name, ==, ROWS[i].name);
    }
}

/* wire -> name only; NULL: no name */
static const Row DECODE_ROWS[] = {
  { "8-bit UTF-8 as some servers send it", "Entwürfe", "Entwürfe" },
  { "8-bit UTF-8 is taken whole", "ü & &APw-", "ü & &APw-" },
  { "printable in base64 (sloppy encoder)", "ab", "&AGEAYg-" },
  { "two shifts in a row (sloppy encoder)", "üü", "&APw-&APw-" },
  { "slash in base64 decodes: the path mapping escapes it", "../", "&AC4ALgAv-" },
  { "unfinished shift", NULL, "abc&APw" },
  { "ampersand at the end", NULL, "abc&" },
  { "ampersand as it is", NULL, "R&D" },
  { "no base64", NULL, "&A!w-" },
  { "standard base64's slash", NULL, "&U/BTFw-" },
  { "too few bits", NULL, "&A-" },
  { "half a unit too many", NULL, "&APwA-" },
  { "padding bits set", NULL, "&APx-" },
  { "a lone high surrogate", NULL, "&2D0-" },
  { "a lone low surrogate", NULL, "&3Oc-" },
  { "surrogates in the wrong order", NULL, "&3OfYPQ-" },
  { "high, then no surrogate", NULL, "&2D0AYQ-" },
  { "a NUL", NULL, "a&AAA-b" },
  { "invalid UTF-8", NULL, "Entw\xfcrfe" },
  { "UTF-8 of a surrogate", NULL, "\xed\xa0\x80" },
  { "cut UTF-8", NULL, "a\xc3" },
};

static void
test_decode (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (DECODE_ROWS); i++)
    {
      g_autofree char *name = imap_mailbox_name_decode (DECODE_ROWS[i].wire);

      g_test_message ("%s", DECODE_ROWS[i].description);
      g_assert_cmpstr (name, ==, DECODE_ROWS[i].name);
    }
}

static void
test_encode_refuses (void)
{
  g_assert_null (imap_mailbox_name_encode ("Entw\xfcrfe"));
}

static void
test_every_character (void)
{
  for (gunichar c = 1; c <= 0x10ffff; c++)
    {
      char text[16] = "-";
      gint length;

      if (!g_unichar_validate (c))
        continue;
      length = g_unichar_to_utf8 (c, text + 1);
      text[length + 1] = 'z';
      text[length + 2] = '\0';
      {
        g_autofree char *wire = imap_mailbox_name_encode (text);
        g_autofree char *back = imap_mailbox_name_decode (wire);

        g_assert_cmpstr (back, ==, text);
        g_assert_true (g_str_is_ascii (wire));
      }
    }
}

typedef struct
{
  const char *description;
  const char *name;
  char delimiter;
  const char *expected;
} FoldRow;

static const FoldRow FOLD_ROWS[] = {
  { "alone", "inbox", '/', "INBOX" },
  { "in capitals already", "INBOX", '/', "INBOX" },
  { "first level", "Inbox/Sent", '/', "INBOX/Sent" },
  { "first level of Courier", "inbox.inbox", '.', "INBOX.inbox" },
  { "another delimiter", "Inbox.Sent", '/', "Inbox.Sent" },
  { "no delimiter", "inbox", '\0', "INBOX" },
  { "no delimiter, longer", "Inbox/Sent", '\0', "Inbox/Sent" },
  { "only a prefix", "inboxes", '/', "inboxes" },
  { "not the first level", "a/inbox", '/', "a/inbox" },
  { "shorter", "inbo", '/', "inbo" },
  { "empty", "", '/', "" },
  { "Turkish letters are others", "\xc4\xb1nbox", '/', "\xc4\xb1nbox" },
};

static void
test_fold_inbox (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (FOLD_ROWS); i++)
    {
      const FoldRow *row = &FOLD_ROWS[i];
      g_autofree char *folded = imap_mailbox_name_fold_inbox (row->name, row->delimiter);

      g_test_message ("%s", row->description);
      g_assert_cmpstr (folded, ==, row->expected);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/imap/mailbox-name/both-ways", test_both_ways);
  g_test_add_func ("/imap/mailbox-name/decode", test_decode);
  g_test_add_func ("/imap/mailbox-name/encode-refuses", test_encode_refuses);
  g_test_add_func ("/imap/mailbox-name/every-character", test_every_character);
  g_test_add_func ("/imap/mailbox-name/fold-inbox", test_fold_inbox);
  return g_test_run ();
}
