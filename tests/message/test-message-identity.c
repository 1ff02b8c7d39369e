/* The identity of contract C1.5 and C2.2: the same for a file, for what went over the wire, and for what
 * other tools made of it. */
#include "../../engine/message/message-identity.h"

#include <string.h>

static void
identify_octets (const void *data, gsize length, MessageIdentity *identity)
{
  g_autoptr (MessageHasher) hasher = message_hasher_new ();

  message_hasher_update (hasher, data, length);
  message_hasher_finish (hasher, identity);
}

static void
identify (const char *text, MessageIdentity *identity)
{
  identify_octets (text, strlen (text), identity);
}

static void
assert_same_identity (const MessageIdentity *a, const MessageIdentity *b)
{
  g_assert_cmpuint (a->size, ==, b->size);
  g_assert_true (message_digest_equal (&a->full, &b->full));
  g_assert_true (message_digest_equal (&a->header, &b->header));
  g_assert_cmpstr (a->message_id, ==, b->message_id);
  g_assert_cmpstr (a->date, ==, b->date);
  g_assert_cmpstr (a->subject, ==, b->subject);
}

static void
assert_digest_of (const MessageDigest *digest, const char *text)
{
  g_autofree char *expected = g_compute_checksum_for_string (G_CHECKSUM_SHA256, text, -1);
  g_autofree char *found = message_digest_to_string (digest);

  g_assert_cmpstr (found, ==, expected);
}

static const struct
{
  const char *description;
  const char *text;
  const char *normalised; /* what size and full digest are of */
  const char *fields;     /* what the header digest is of */
  guint64 left_out;       /* octets of other tools' lines */
} rows[] = {
  { "nothing", "", "", "", 0 },
  { "a file", "A: b\n\nbody\n", "A: b\r\n\r\nbody\r\n", "A: b\n", 0 },
  { "the wire", "A: b\r\n\r\nbody\r\n", "A: b\r\n\r\nbody\r\n", "A: b\n", 0 },
  { "mixed line ends", "A: b\n\r\nx\r\ny\n", "A: b\r\n\r\nx\r\ny\r\n", "A: b\n", 0 },
  { "bare CR stays", "A: b\n\na\rb\r\r\n", "A: b\r\n\r\na\rb\r\r\n", "A: b\n", 0 },
  { "CR at the end", "A: b\n\nx\r", "A: b\r\n\r\nx\r", "A: b\n", 0 },
  { "header without end", "A: b\nC: d", "A: b\r\nC: d", "A: b\nC: d\n", 0 },
  { "only the empty line", "\n", "\r\n", "", 0 },
  { "body without header", "\nX-TUID: 1\n", "\r\nX-TUID: 1\r\n", "", 0 },
  { "sorted", "B: 2\nA: 1\n\n", "B: 2\r\nA: 1\r\n\r\n", "A: 1\nB: 2\n", 0 },
  { "unfolded, trailing space dropped", "A: b \n\tc\t \nD:\n e\n\n", "A: b \r\n\tc\t \r\nD:\r\n e\r\n\r\n",
    "A: b \tc\nD: e\n", 0 },
  { "mbsync's line", "A: b\nX-TUID: abcdef\n\nbody", "A: b\r\n\r\nbody", "A: b\n", 16 },
  { "OfflineIMAP's line, any case", "x-offlineimap: 1\r\nA: b\r\n\r\n", "A: b\r\n\r\n", "A: b\n", 18 },
  { "folded, then another field", "X-TUID:\n a\n\tb\nA: b\n\n", "A: b\r\n\r\n", "A: b\n", 17 },
  { "a fold of a field that stays", "A: b\n X-TUID: c\n\n", "A: b\r\n X-TUID: c\r\n\r\n", "A: b X-TUID: c\n",
    0 },
  { "a first line that is folded", " a\nA: b\n\n", " a\r\nA: b\r\n\r\n", " a\nA: b\n", 0 },
  { "longer and shorter names", "X-TUIDs: 1\nX-TUI: 2\nX-OfflineIMAP2: 3\nX-TUID\n\n",
    "X-TUIDs: 1\r\nX-TUI: 2\r\nX-OfflineIMAP2: 3\r\nX-TUID\r\n\r\n",
    "X-OfflineIMAP2: 3\nX-TUI: 2\nX-TUID\nX-TUIDs: 1\n", 0 },
  { "in the body it is text", "A: b\n\nX-TUID: 1\n", "A: b\r\n\r\nX-TUID: 1\r\n", "A: b\n", 0 },
  { "ends within the line left out", "A: b\nX-TUID: 1", "A: b\r\n", "A: b\n", 9 },
  { "short first line at the end", "X-TU", "X-TU", "X-TU\n", 0 },
};

static void
test_table (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_auto (MessageIdentity) identity = { 0 };

      g_test_message ("%s", rows[i].description);
      identify (rows[i].text, &identity);
      g_assert_cmpuint (identity.size, ==, strlen (rows[i].normalised));
      g_assert_cmpuint (identity.wire_size, ==, identity.size + rows[i].left_out);
      assert_digest_of (&identity.full, rows[i].normalised);
      assert_digest_of (&identity.header, rows[i].fields);
    }
}

static const struct
{
  const char *description;
  const char *header;
  const char *message_id, *date, *subject;
} value_rows[] = {
  { "none", "A: b\n\n", NULL, NULL, NULL },
  { "plain", "Message-ID: <a@b>\nDate: Mon, 1 Jan 2024 00:00:00 +0000\nSubject: Hi\n\n", "<a@b>",
    "Mon, 1 Jan 2024 00:00:00 +0000", "Hi" },
  { "any case, no space, much space", "MESSAGE-id:<a@b>\ndate:  x \t\nSUBJECT \t: y\n\n", "<a@b>", "x", "y" },
  { "folded", "Message-ID:\r\n <a@b>\r\nSubject: a\r\n\tb\r\n \r\n\r\n", "<a@b>", NULL, "a\tb" },
  { "empty", "Message-ID: \nDate:\nSubject:\n \n\n", NULL, NULL, NULL },
  { "the first counts", "Message-ID: 1\nMessage-ID: 2\n\n", "1", NULL, NULL },
  { "not from the body", "A: b\n\nSubject: no\n", NULL, NULL, NULL },
  { "not another name", "Message-IDs: 1\nXDate: 2\nSubject-X: 3\nSubject\n\n", NULL, NULL, NULL },
  { "without the empty line", "Subject: last", NULL, NULL, "last" },
};

static void
test_values (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (value_rows); i++)
    {
      g_auto (MessageIdentity) identity = { 0 };

      g_test_message ("%s", value_rows[i].description);
      identify (value_rows[i].header, &identity);
      g_assert_cmpstr (identity.message_id, ==, value_rows[i].message_id);
      g_assert_cmpstr (identity.date, ==, value_rows[i].date);
      g_assert_cmpstr (identity.subject, ==, value_rows[i].subject);
    }
}

static void
test_nul_octets (void)
{
  static const char text[] = "A: b\0c\n\n\0\n";
  static const char normalised[] = "A: b\0c\r\n\r\n\0\r\n";
  g_auto (MessageIdentity) file = { 0 };
  g_auto (MessageIdentity) wire = { 0 };

  identify_octets (text, sizeof text - 1, &file);
  identify_octets (normalised, sizeof normalised - 1, &wire);
  g_assert_cmpuint (file.size, ==, sizeof normalised - 1);
  assert_same_identity (&file, &wire);
}

/* A server's BODY[HEADER], or a few fields of it. */
static void
test_from_header (void)
{
  static const char fields[] = "X-TUID: 123456\r\nDate: d\r\nMessage-ID: <m>\r\n\r\n";
  g_auto (MessageIdentity) whole = { 0 };
  g_auto (MessageIdentity) part = { 0 };
  g_auto (MessageIdentity) empty = { 0 };
  gsize other_tools = 0;

  identify ("Date: d\nX-TUID: 123456\nMessage-ID: <m>\n\nbody\n", &whole);
  message_identity_from_header ((const guint8 *)fields, sizeof fields - 1, &part, &other_tools);
  g_assert_true (message_digest_equal (&whole.header, &part.header));
  g_assert_cmpstr (part.message_id, ==, "<m>");
  g_assert_cmpstr (part.date, ==, "d");
  g_assert_cmpuint (other_tools, ==, 16);

  message_identity_from_header (NULL, 0, &empty, NULL);
  g_assert_null (empty.message_id);
}

/* A header over the limit: the rest counts for the full digest only, and the body is still found. */
static void
test_long_header (void)
{
  g_autoptr (GString) text = g_string_new ("Subject: s\n");
  g_autoptr (GString) other_end = NULL;
  g_auto (MessageIdentity) identity = { 0 };
  g_auto (MessageIdentity) other = { 0 };

  while (text->len < MESSAGE_HEADER_MAX + 1000)
    g_string_append (text, "X-Filler: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n");
  other_end = g_string_new (text->str);
  g_string_append (text, "X-TUID: 1\nMessage-ID: late\n\nX-TUID: body\n");
  g_string_append (other_end, "Message-ID: other\n\nX-TUID: body\n");

  identify (text->str, &identity);
  identify (other_end->str, &other);
  g_assert_cmpstr (identity.subject, ==, "s");
  g_assert_null (identity.message_id);
  g_assert_cmpuint (identity.wire_size - identity.size, ==, 11);
  g_assert_true (message_digest_equal (&identity.header, &other.header));
  g_assert_false (message_digest_equal (&identity.full, &other.full));
}

/* One line far longer than the digest's pieces. */
static void
test_long_line (void)
{
  g_autofree char *line = g_strnfill (300 * 1024, 'x');
  g_autofree char *text = g_strconcat ("A: b\r\n\r\n", line, NULL);
  g_auto (MessageIdentity) identity = { 0 };

  identify (text, &identity);
  g_assert_cmpuint (identity.size, ==, strlen (text));
  assert_digest_of (&identity.full, text);
}

static void
test_reuse (void)
{
  g_autoptr (MessageHasher) hasher = message_hasher_new ();
  g_auto (MessageIdentity) first = { 0 };
  g_auto (MessageIdentity) again = { 0 };

  message_hasher_update (hasher, (const guint8 *)"X-TUID: x\r", 10);
  message_hasher_finish (hasher, &first);
  g_assert_cmpuint (first.size, ==, 0);
  message_hasher_update (hasher, (const guint8 *)"\n", 1);
  message_hasher_finish (hasher, &again);
  g_assert_cmpuint (again.size, ==, 2);
  assert_digest_of (&again.full, "\r\n");
}

/* Text made of the pieces that could go wrong; LF only. */
static GString *
random_message (void)
{
  static const char *const pieces[] = { "\n",
                                        "\n\n",
                                        "X-TUID:",
                                        "X-TUID: 1\n",
                                        "x-OfflineImap: 2\n",
                                        "Message-ID: <a>\n",
                                        " ",
                                        "\tfolded\n",
                                        "Date: d\n",
                                        "Subject: \n",
                                        "X-",
                                        "a",
                                        ": b ",
                                        "\nX-TUID:",
                                        "\n x\n",
                                        "\xff\xfe",
                                        "X-OfflineIMAP:3\n",
                                        "zzzzzzzzzzzzzzzzzzzzzzz" };
  GString *text = g_string_new (NULL);
  int n = g_test_rand_int_range (0, 30);

  for (int i = 0; i < n; i++)
    g_string_append (text, pieces[g_test_rand_int_range (0, G_N_ELEMENTS (pieces))]);
  return text;
}

static void
identify_in_cuts (const GString *text, int longest, MessageIdentity *identity)
{
  g_autoptr (MessageHasher) hasher = message_hasher_new ();

  for (gsize at = 0; at < text->len;)
    {
      gsize wanted = (gsize)g_test_rand_int_range (1, longest + 1);
      gsize length = MIN (wanted, text->len - at);
      g_autofree guint8 *copy = g_memdup2 (text->str + at, length);

      message_hasher_update (hasher, copy, length);
      at += length;
    }
  message_hasher_finish (hasher, identity);
}

static void
test_any_cutting (void)
{
  for (guint round = 0; round < 1000; round++)
    {
      g_autoptr (GString) file = random_message ();
      g_autoptr (GString) wire = g_string_new (file->str);
      g_auto (MessageIdentity) whole = { 0 };
      g_auto (MessageIdentity) cut = { 0 };
      g_auto (MessageIdentity) octets = { 0 };

      g_string_replace (wire, "\n", "\r\n", 0);
      identify (file->str, &whole);
      identify_in_cuts (wire, 7, &cut);
      identify_in_cuts (file, 1, &octets);
      assert_same_identity (&whole, &cut);
      assert_same_identity (&whole, &octets);
      g_assert_cmpuint (whole.wire_size, ==, wire->len);
      g_assert_cmpuint (cut.wire_size, ==, wire->len);
    }
}

/* Bare CRs anywhere: only the cutting varies. */
static void
test_any_cutting_with_cr (void)
{
  for (guint round = 0; round < 1000; round++)
    {
      g_autoptr (GString) text = random_message ();
      g_auto (MessageIdentity) whole = { 0 };
      g_auto (MessageIdentity) cut = { 0 };

      for (int i = g_test_rand_int_range (0, 10); i > 0; i--)
        g_string_insert_c (text, g_test_rand_int_range (0, (int)text->len + 1), '\r');
      identify (text->str, &whole);
      identify_in_cuts (text, 3, &cut);
      assert_same_identity (&whole, &cut);
      g_assert_cmpuint (whole.wire_size, ==, cut.wire_size);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/message/identity/C1.5/table", test_table);
  g_test_add_func ("/message/identity/C2.2/values", test_values);
  g_test_add_func ("/message/identity/nul-octets", test_nul_octets);
  g_test_add_func ("/message/identity/from-header", test_from_header);
  g_test_add_func ("/message/identity/C8/long-header", test_long_header);
  g_test_add_func ("/message/identity/C8/long-line", test_long_line);
  g_test_add_func ("/message/identity/reuse", test_reuse);
  g_test_add_func ("/message/identity/C1.5/any-cutting", test_any_cutting);
  g_test_add_func ("/message/identity/any-cutting-with-cr", test_any_cutting_with_cr);
  return g_test_run ();
}
