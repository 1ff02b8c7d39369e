/* Contract C1.5 and C8: octets to responses, whole, cut anywhere, and hostile. */
#include "pop3-parser-run.h"

#include <string.h>

typedef struct
{
  const char *description;
  const char *shapes;
  const char *input;
  const char *expected;
} Row;

static const Row rows[] = {
  /* Status lines. */
  { "OK with text", "l", "+OK Hello there\r\n", "OK \"Hello there\"\n" },
  { "OK alone", "l", "+OK\r\n", "OK \"\"\n" },
  { "OK with a trailing space", "l", "+OK \r\n", "OK \"\"\n" },
  { "ERR", "l", "-ERR no such message\r\n", "ERR \"no such message\"\n" },
  { "small letters", "l", "+ok\r\n-err no\r\n", "OK \"\"\nERR \"no\"\n" },
  { "bare LF", "l", "+OK one\n-ERR two\n", "OK \"one\"\nERR \"two\"\n" },
  { "8-bit text", "l", "+OK \xc3\xa9\xff\r\n", "OK \"\\303\\251\\377\"\n" },
  { "challenge", "l", "+ cmVhbG0=\r\n", "CONTINUE \"cmVhbG0=\"\n" },
  { "empty challenge", "l", "+ \r\n+\r\n", "CONTINUE \"\"\nCONTINUE \"\"\n" },
  { "challenge that begins with OK", "l", "+ OKAY\r\n", "CONTINUE \"OKAY\"\n" },
  { "challenge that looks like a code", "l", "+ [AUTH] x\r\n", "CONTINUE \"[AUTH] x\"\n" },
  { "unfinished", "l", "+OK", "unfinished\n" },
  { "nothing", "l", "", "" },

  /* Response codes (RFC 2449, 3206, 6856). */
  { "in use", "l", "-ERR [IN-USE] Do you have another POP session?\r\n",
    "ERR in-use \"Do you have another POP session?\"\n" },
  { "login delay", "l", "-ERR [LOGIN-DELAY] wait\r\n", "ERR login-delay \"wait\"\n" },
  { "temporary", "l", "-ERR [SYS/TEMP] disk\r\n", "ERR sys/temp \"disk\"\n" },
  { "permanent", "l", "-ERR [SYS/PERM] gone\r\n", "ERR sys/perm \"gone\"\n" },
  { "credentials", "l", "-ERR [AUTH] no\r\n", "ERR auth \"no\"\n" },
  { "code in small letters", "l", "-ERR [sys/temp]\r\n", "ERR sys/temp \"\"\n" },
  { "code without a space", "l", "-ERR [AUTH]no\r\n", "ERR auth \"no\"\n" },
  { "UTF8 code", "l", "-ERR [UTF8] say UTF8 first\r\n", "ERR utf8 \"say UTF8 first\"\n" },
  { "unknown code", "l", "-ERR [EXPIRED/YES] x\r\n", "ERR other \"x\"\n" },
  { "code on OK", "l", "+OK [MAYBE] x\r\n", "OK other \"x\"\n" },
  { "code that is not closed", "l", "-ERR [AUTH no\r\n", "ERR \"[AUTH no\"\n" },
  { "empty code", "l", "-ERR [] x\r\n", "ERR \"[] x\"\n" },
  { "code with a space", "l", "-ERR [IN USE] x\r\n", "ERR \"[IN USE] x\"\n" },

  /* Listings. */
  { "listing", "s", "+OK 2 messages\r\n1 120\r\n2 200\r\n.\r\n", "1 120|2 200|\nOK \"2 messages\"\n" },
  { "empty listing", "s", "+OK\r\n.\r\n", "OK \"\"\n" },
  { "stuffed line", "s", "+OK\r\n..x\r\n...\r\n.\r\n", ".x|..|\nOK \"\"\n" },
  { "line that ought to be stuffed", "s", "+OK\r\n.x\r\n.\r\n", "x|\nOK \"\"\n" },
  { "empty line in a listing", "s", "+OK\r\n\r\n.\r\n", "|\nOK \"\"\n" },
  { "listing with bare LF", "s", "+OK\n1 2\n.\n", "1 2|\nOK \"\"\n" },
  { "refused listing", "s", "-ERR no\r\n+OK\r\n1 1\r\n.\r\n", "ERR \"no\"\n1 1|\nOK \"\"\n" },
  { "listings in a row", "ssl", "+OK\r\n1 1\r\n.\r\n+OK\r\n1 a\r\n.\r\n+OK\r\n",
    "1 1|\nOK \"\"\n1 a|\nOK \"\"\nOK \"\"\n" },
  { "OK inside a listing", "s", "+OK\r\n+OK\r\n.\r\n", "+OK|\nOK \"\"\n" },
  { "listing without its end", "s", "+OK\r\n1 1\r\n", "1 1|\nunfinished\n" },

  /* Messages: only CRLF "." CRLF ends them (C1.5). */
  { "message", "m", "+OK\r\nA: b\r\n\r\nc\r\n.\r\n", "A: b\\015\\012\\015\\012c\\015\\012\nOK \"\"\n" },
  { "empty message", "m", "+OK\r\n.\r\n", "OK \"\"\n" },
  { "empty line alone", "m", "+OK\r\n\r\n.\r\n", "\\015\\012\nOK \"\"\n" },
  { "refused message", "m", "-ERR\r\n+OK\r\na\r\n.\r\n", "ERR \"\"\na\\015\\012\nOK \"\"\n" },
  { "stuffed dots", "m", "+OK\r\n..\r\n...\r\n..a\r\n.\r\n",
    ".\\015\\012..\\015\\012.a\\015\\012\nOK \"\"\n" },
  { "dots inside a line stay", "m", "+OK\r\na.\r\nb..c\r\n.\r\n", "a.\\015\\012b..c\\015\\012\nOK \"\"\n" },
  { "dot not stuffed", "m", "+OK\r\n.a\r\n.\r\n", "a\\015\\012\nOK \"\"\n" },
  { "bare LF stays", "m", "+OK\r\na\nb\r\n.\r\n", "a\\012b\\015\\012\nOK \"\"\n" },
  { "bare CR stays", "m", "+OK\r\na\rb\r\r\n.\r\n", "a\\015b\\015\\015\\012\nOK \"\"\n" },
  { "dot behind a bare LF is content", "m", "+OK\r\na\n.\r\nb\n..\r\n.\r\n",
    "a\\012.\\015\\012b\\012..\\015\\012\nOK \"\"\n" },
  { "dot between bare LFs is content", "m", "+OK\r\na\n.\n+OK\r\n.\r\n",
    "a\\012.\\012+OK\\015\\012\nOK \"\"\n" },
  { "dot behind a bare CR is content", "m", "+OK\r\na\r.\r\nb\r\n.\r\n",
    "a\\015.\\015\\012b\\015\\012\nOK \"\"\n" },
  { "dot before a bare LF", "m", "+OK\r\na\r\n.\nb\r\n.\r\n", "a\\015\\012\\012b\\015\\012\nOK \"\"\n" },
  { "dot before a bare CR", "m", "+OK\r\na\r\n.\rb\r\n.\r\n", "a\\015\\012\\015b\\015\\012\nOK \"\"\n" },
  { "dot before two CR", "m", "+OK\r\na\r\n.\r\r\n.\r\n", "a\\015\\012\\015\\015\\012\nOK \"\"\n" },
  { "CR before the end", "m", "+OK\r\n\r\r\n.\r\n", "\\015\\015\\012\nOK \"\"\n" },
  { "octet 0 in a message", "m", "+OK\r\na\\0b\r\n.\r\n", "a\\000b\\015\\012\nOK \"\"\n" },
  { "truncated: no dot", "m", "+OK\r\na\r\n", "a\nunfinished\n" },
  { "truncated: a dot without its line end", "m", "+OK\r\na\r\n.", "a\nunfinished\n" },
  { "truncated: a dot and CR", "m", "+OK\r\na\r\n.\r", "a\nunfinished\n" },
  { "truncated: LF alone behind the dot", "m", "+OK\r\na\r\n.\n", "a\\015\\012\\012\nunfinished\n" },
  { "messages in a row", "mm", "+OK\r\na\r\n.\r\n+OK\r\n.\r\n+OK\r\n..\r\n.\r\n",
    "a\\015\\012\nOK \"\"\nOK \"\"\n.\\015\\012\nOK \"\"\n" },
  { "LF server", "m", "+OK\na\n..b\nc\r\n.\n+OK\n.\n", "a\\012.b\\012c\\015\\012\nOK \"\"\nOK \"\"\n" },
  { "LF server with CRLF at the end", "m", "+OK\na\n.\r\n", "a\\012\nOK \"\"\n" },

  /* The line end that a server had to add. */
  { "listed size shows no line end", "m3", "+OK\r\nabc\r\n.\r\n", "abc\nOK \"\"\n" },
  { "listed size shows a line end", "m5", "+OK\r\nabc\r\n.\r\n", "abc\\015\\012\nOK \"\"\n" },
  { "listed size is of another message", "m9", "+OK\r\nabc\r\n.\r\n", "abc\\015\\012\nOK \"\"\n" },
  { "listed size is too small", "m2", "+OK\r\nabc\r\n.\r\n", "abc\\015\\012\nOK \"\"\n" },
  { "no line end behind an empty line", "m3", "+OK\r\na\r\n\r\n.\r\n", "a\\015\\012\nOK \"\"\n" },
  { "no line end behind a stuffed dot", "m4", "+OK\r\na\r\n..\r\n.\r\n", "a\\015\\012.\nOK \"\"\n" },
  { "listed as empty", "m0", "+OK\r\nabc\r\n.\r\n", "abc\\015\\012\nOK \"\"\n" },

  /* Malformed. */
  { "no status", "l", "Hello\r\n", "malformed: a line with +OK or -ERR was expected\n" },
  { "IMAP", "l", "* OK hi\r\n", "malformed: a line with +OK or -ERR was expected\n" },
  { "OK run together", "l", "+OKAY\r\n", "malformed: a line with +OK or -ERR was expected\n" },
  { "challenge run together", "l", "+abcd\r\n", "malformed: a line with +OK or -ERR was expected\n" },
  { "empty line", "l", "\r\n", "malformed: a line with +OK or -ERR was expected\n" },
  { "octet 0 in a status line", "l", "+OK a\\0b\r\n", "malformed: a line with +OK or -ERR was expected\n" },
  { "CR in a status line", "l", "+OK a\rb\r\n", "malformed: a line with +OK or -ERR was expected\n" },
  { "nothing counts behind what is malformed", "l", "+OK\r\nx\r\n+OK\r\n",
    "OK \"\"\nmalformed: a line with +OK or -ERR was expected\n" },
  { "a listing where none is expected", "l", "+OK\r\n1 120\r\n",
    "OK \"\"\nmalformed: a line with +OK or -ERR was expected\n" },
};

/* "\0" is written as two characters in the tables. */
static GString *
make_input (const char *text)
{
  GString *input = g_string_new (NULL);

  for (; *text != '\0'; text++)
    if (text[0] == '\\' && text[1] == '0')
      {
        g_string_append_c (input, '\0');
        text++;
      }
    else
      g_string_append_c (input, *text);
  return input;
}

/* The octets, cut behind `first` and then every `step`. */
static void
assert_cut (const Row *row, const GString *input, gsize first, gsize step)
{
  g_autoptr (Pop3ParserRun) run = pop3_parser_run_new (row->shapes);
  g_autofree char *text = NULL;
  gsize end;

  for (gsize offset = 0; offset < input->len; offset = end)
    {
      end = MIN (offset + (offset == 0 ? first : step), input->len);
      pop3_parser_run_feed (run, input->str + offset, end - offset);
    }
  text = pop3_parser_run_take_text (run);
  g_assert_cmpstr (text, ==, row->expected);
}

static void
test_row (gconstpointer data)
{
  const Row *row = data;
  GString *input = make_input (row->input);

  assert_cut (row, input, MAX (input->len, 1), 1);
  assert_cut (row, input, 1, 1);
  assert_cut (row, input, 2, 2);
  for (gsize cut = 1; cut < input->len; cut++)
    assert_cut (row, input, cut, input->len);
  g_string_free (input, TRUE);
}

/* Every message of up to seven octets of those that matter, stuffed as RFC 1939 section 3 says, comes back
 * as it was (C1.5). */
static void
test_round_trip (void)
{
  static const char octets[] = { '\r', '\n', '.', 'a' };

  for (guint code = 0; code < (1u << 14) * 2; code++)
    {
      guint length = code >> 14 != 0 ? 7 : code % 7;
      g_autoptr (Pop3ParserRun) run = pop3_parser_run_new ("m");
      g_autoptr (GString) message = g_string_new (NULL);
      g_autoptr (GString) wire = g_string_new ("+OK\r\n");
      g_autoptr (GString) expected = g_string_new (NULL);
      g_autofree char *text = NULL;

      for (guint i = 0; i < length; i++)
        g_string_append_c (message, octets[code >> (2 * i) & 3]);
      g_string_append (message, "\r\n");
      for (gsize i = 0; i < message->len; i++)
        {
          if (message->str[i] == '.' && (i == 0 || (i >= 2 && memcmp (message->str + i - 2, "\r\n", 2) == 0)))
            g_string_append_c (wire, '.');
          g_string_append_c (wire, message->str[i]);
        }
      g_string_append (wire, ".\r\n");
      for (gsize i = 0; i < message->len; i++)
        g_string_append_printf (expected, g_ascii_isprint (message->str[i]) ? "%c" : "\\%03o",
                                message->str[i]);
      g_string_append (expected, "\nOK \"\"\n");
      pop3_parser_run_feed (run, wire->str, 5 + code % (wire->len - 5));
      pop3_parser_run_feed (run, wire->str + 5 + code % (wire->len - 5),
                            wire->len - 5 - code % (wire->len - 5));
      text = pop3_parser_run_take_text (run);
      g_assert_cmpstr (text, ==, expected->str);
    }
}

static void
assert_line_of (gsize length, const char *expected)
{
  g_autoptr (Pop3ParserRun) run = pop3_parser_run_new ("l");
  g_autofree char *line = g_strnfill (length, 'x');
  g_autofree char *text = NULL;

  memcpy (line, "+OK ", 4);
  pop3_parser_run_feed (run, line, length);
  pop3_parser_run_feed (run, "\n", 1);
  text = pop3_parser_run_take_text (run);
  g_assert_true (g_str_has_prefix (text, expected));
}

static void
test_line_limit (void)
{
  assert_line_of (32 * 1024, "OK");
  assert_line_of (32 * 1024 + 1, "malformed: line too long");
}

/* C8: memory does not grow with a message; what is not taken is dropped. */
static void
test_stopped (void)
{
  g_autoptr (Pop3ParserRun) run = pop3_parser_run_new ("m");
  g_autofree char *text = NULL;

  pop3_parser_run_stop_after (run, 3);
  pop3_parser_run_feed (run, "+OK\r\nabcdef\r\n.\r\n+OK\r\n", 21);
  text = pop3_parser_run_take_text (run);
  g_assert_cmpstr (text, ==, "abc\nstopped\n");
}

static gboolean
count (const guint8 *data, gsize length, gpointer user_data)
{
  *(gsize *)user_data += length;
  return TRUE;
}

static void
eat (Pop3Parser *parser, const char *text, gboolean completes)
{
  const guint8 *data = (const guint8 *)text;
  gsize length = strlen (text);
  g_autoptr (Pop3Response) response = NULL;

  g_assert_cmpint (pop3_parser_eat (parser, &data, &length, &response), ==,
                   completes ? POP3_PARSE_COMPLETE : POP3_PARSE_NEED_MORE);
  g_assert_cmpuint (length, ==, 0);
}

static void
test_dropped (void)
{
  g_autoptr (Pop3Parser) parser = pop3_parser_new ();
  gsize taken = 0;
  Pop3Expectation expectation = { POP3_SHAPE_MESSAGE, 0, count, &taken };

  pop3_parser_expect (parser, &expectation);
  eat (parser, "+OK\r\nabc", FALSE);
  pop3_parser_drop (parser);
  eat (parser, "def\r\n.\r\n", TRUE);
  g_assert_cmpuint (taken, ==, 3);
  g_assert_true (pop3_parser_is_idle (parser));
}

typedef struct
{
  const char *description;
  const char *line;
  gboolean valid;
  guint32 number;
  guint64 size;
  const char *uidl; /* (nullable) */
} ListingRow;

#define SEVENTY "1234567890123456789012345678901234567890123456789012345678901234567890"

static const ListingRow scan_rows[] = {
  { "scan listing", "1 120", TRUE, 1, 120 },
  { "more behind it", "3 4 some words", TRUE, 3, 4 },
  { "spaces and a tab", " 3 \t 4 ", TRUE, 3, 4 },
  { "size 0", "3 0", TRUE, 3, 0 },
  { "the greatest", "4294967295 9223372036854775807", TRUE, G_MAXUINT32, G_MAXINT64 },
  { "leading zeros", "03 0004", TRUE, 3, 4 },
  { "number 0", "0 4", FALSE },
  { "number too great", "4294967296 4", FALSE },
  { "number far too great", "18446744073709551617 4", FALSE },
  { "size too great", "1 9223372036854775808", FALSE },
  { "no size", "1", FALSE },
  { "no number", "", FALSE },
  { "a sign", "-1 4", FALSE },
  { "a plus", "1 +4", FALSE },
  { "hexadecimal", "0x1 4", FALSE },
  { "words", "one two", FALSE },
};

static const ListingRow unique_id_rows[] = {
  { "unique id", "1 whqtswO00WBw418f9t5JxYwZ", TRUE, 1, 0, "whqtswO00WBw418f9t5JxYwZ" },
  { "every allowed octet counts", "1 !\"#[]~", TRUE, 1, 0, "!\"#[]~" },
  { "70 octets", "2 " SEVENTY, TRUE, 2, 0, SEVENTY },
  { "oversized", "2 " SEVENTY "1", TRUE, 2, 0, NULL },
  { "none", "2", TRUE, 2, 0, NULL },
  { "none but a space", "2 ", TRUE, 2, 0, NULL },
  { "a control character", "2 a\x01", TRUE, 2, 0, NULL },
  { "8-bit", "2 \xc3\xa9", TRUE, 2, 0, NULL },
  { "DEL", "2 a\x7f", TRUE, 2, 0, NULL },
  { "words behind it", "2 abc def", TRUE, 2, 0, "abc" },
  { "no number behind", "abc 2", FALSE },
  { "number zero", "0 abc", FALSE },
};

static void
test_scan (gconstpointer data)
{
  const ListingRow *row = data;
  g_autofree char *line = g_memdup2 (row->line, MAX (strlen (row->line), 1));
  guint32 number = 0;
  guint64 size = 0;

  g_assert_cmpint (pop3_parse_scan_listing (line, strlen (row->line), &number, &size), ==, row->valid);
  if (!row->valid)
    return;
  g_assert_cmpuint (number, ==, row->number);
  g_assert_cmpuint (size, ==, row->size);
}

static void
test_unique_id (gconstpointer data)
{
  const ListingRow *row = data;
  g_autofree char *line = g_memdup2 (row->line, MAX (strlen (row->line), 1));
  g_autofree char *uidl = NULL;
  guint32 number = 0;

  g_assert_cmpint (pop3_parse_unique_id_listing (line, strlen (row->line), &number, &uidl), ==, row->valid);
  if (!row->valid)
    return;
  g_assert_cmpuint (number, ==, row->number);
  g_assert_cmpstr (uidl, ==, row->uidl);
}

static void
add_rows (const char *prefix, gconstpointer table, gsize n_rows, gsize size, GTestDataFunc test)
{
  for (gsize i = 0; i < n_rows; i++)
    {
      const char *const *row = (gconstpointer)((const char *)table + i * size);
      g_autofree char *name = g_strdelimit (g_strdup (*row), " /:,", '-');
      g_autofree char *path = g_strdup_printf ("%s/%s", prefix, name);

      g_test_add_data_func (path, row, test);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  add_rows ("/pop3/parser", rows, G_N_ELEMENTS (rows), sizeof rows[0], test_row);
  add_rows ("/pop3/scan-listing", scan_rows, G_N_ELEMENTS (scan_rows), sizeof scan_rows[0], test_scan);
  add_rows ("/pop3/unique-id-listing", unique_id_rows, G_N_ELEMENTS (unique_id_rows),
            sizeof unique_id_rows[0], test_unique_id);
  g_test_add_func ("/pop3/parser/round-trip", test_round_trip);
  g_test_add_func ("/pop3/parser/line-limit", test_line_limit);
  g_test_add_func ("/pop3/parser/stopped", test_stopped);
  g_test_add_func ("/pop3/parser/dropped", test_dropped);
  return g_test_run ();
}
