#include "parser-rows.h"
#include "parser-run.h"

#include <string.h>

#define MIB (1 << 20)

/* "malformed" in a row stands for any complaint, so what was complained of is dropped. */
static char *
take_text (ParserRun *run)
{
  char *text = parser_run_take_text (run);
  char *complaint = strstr (text, "malformed: ");

  if (complaint != NULL)
    {
      g_assert_cmpuint (strlen (complaint), >, strlen ("malformed: \n"));
      strcpy (complaint, "malformed");
    }
  return text;
}

/* The parser must live on behind a whole response, and never again behind a malformed one. */
static void
assert_afterwards (ParserRun *run, const char *expected)
{
  const char *line = "* OK [UIDNEXT 9] again\r\n";
  g_autofree char *text = NULL;

  if (g_str_has_suffix (expected, "unfinished\n"))
    return;
  parser_run_feed (run, line, strlen (line));
  text = take_text (run);
  if (g_str_has_suffix (expected, "malformed"))
    g_assert_cmpstr (text, ==, "malformed");
  else
    g_assert_cmpstr (text, ==, "CONDITION OK [UIDNEXT number=9] text=\"again\"\n");
}

/* In pieces of `step` octets, the first one of `first`. */
static void
assert_row (const ParserRow *row, gsize first, gsize step)
{
  g_autoptr (ParserRun) run = parser_run_new (FALSE);
  g_autofree char *text = NULL;
  gsize length = strlen (row->input);
  gsize piece = first;

  for (gsize offset = 0; offset < length; offset += piece, piece = step)
    {
      piece = MIN (piece, length - offset);
      parser_run_feed (run, row->input + offset, piece);
    }
  text = take_text (run);
  g_assert_cmpstr (text, ==, row->expected);
  assert_afterwards (run, row->expected);
}

static void
test_table (gconstpointer data)
{
  const ParserTable *table = data;

  for (gsize i = 0; i < table->n_rows; i++)
    {
      const ParserRow *row = &table->rows[i];
      gsize length = strlen (row->input);

      g_test_message ("%s", row->description);
      assert_row (row, length, length);
      assert_row (row, 1, 1);
      for (gsize cut = 1; cut < length; cut++)
        assert_row (row, cut, length);
    }
}

/* Octets 0 need a length. */
static void
test_octet_zero (void)
{
  const struct
  {
    const char *description;
    const char *input;
    gsize length;
    const char *expected;
  } rows[] = {
    { "in text", "* OK a\0b\r\n", 10, "malformed" },
    { "in an atom", "* 1 FETCH (FLAGS (a\0b))\r\n", 25, "malformed" },
    { "forging a literal's mark", "* LIST () \"/\" \0\0\1\0\0\0\0\0\0\0a\r\n", 27, "malformed" },
    { "in a name's literal", "* LIST () \"/\" {3}\r\na\0b\r\n", 24, "malformed" },
    { "in quotes", "* LIST () \"/\" \"a\0b\"\r\n", 21, "malformed" },
    { "in a header", "* 1 FETCH (BODY[HEADER] {3}\r\na\0b)\r\n", 35,
      "FETCH number=1 sequence=1 present=40 header=\"a\\000b\"\n" },
    { "in a body", "* 1 FETCH (BODY[] {3}\r\na\0b)\r\n", 29,
      "body(3)=\"a\\000b\"\nFETCH number=1 sequence=1 present=80\n" },
    { "in skipped data", "* X ~{3}\r\na\0b\r\n", 15, "OTHER\n" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    for (gsize cut = 0; cut < rows[i].length; cut++)
      {
        g_autoptr (ParserRun) run = parser_run_new (FALSE);
        g_autofree char *text = NULL;

        g_test_message ("%s", rows[i].description);
        parser_run_feed (run, rows[i].input, cut);
        parser_run_feed (run, rows[i].input + cut, rows[i].length - cut);
        text = take_text (run);
        g_assert_cmpstr (text, ==, rows[i].expected);
      }
}

/* RFC 6855 */
static void
test_utf8 (void)
{
  const char *input =
      "* LIST () \"/\" \"R&D \xc3\xbc\"\r\n* LIST () \"/\" \"&APw-\"\r\n* LIST () \"/\" \"\xff\"\r\n";
  g_autoptr (ParserRun) run = parser_run_new (TRUE);
  g_autofree char *text = NULL;

  parser_run_feed (run, input, strlen (input));
  text = take_text (run);
  g_assert_cmpstr (text, ==,
                   "LIST attributes=() delimiter=/ mailbox=\"R&D \\303\\274\" raw=\"R&D \\303\\274\"\n"
                   "LIST attributes=() delimiter=/ mailbox=\"&APw-\" raw=\"&APw-\"\n"
                   "LIST attributes=() delimiter=/ raw=\"\\377\"\n");
}

static void
test_sink_stops (void)
{
  const char *const inputs[] = { "* 1 FETCH (BODY[] {5}\r\nhello)\r\n", "* 1 FETCH (BODY[] \"hello\")\r\n" };

  for (gsize i = 0; i < G_N_ELEMENTS (inputs); i++)
    {
      g_autoptr (ParserRun) run = parser_run_new (FALSE);
      g_autofree char *text = NULL;
      g_autofree char *again = NULL;

      parser_run_stop_sink_after (run, 3);
      parser_run_feed (run, inputs[i], strlen (inputs[i]));
      text = take_text (run);
      g_assert_cmpstr (text, ==, "body(5)=\"hel\"\nstopped\n");
      parser_run_feed (run, "* OK\r\n", 6);
      again = take_text (run);
      g_assert_cmpstr (again, ==, "stopped\n");
    }
}

static void
test_without_sink (void)
{
  g_autoptr (ImapParser) parser = imap_parser_new ();
  g_autoptr (ImapResponse) response = NULL;
  const char *input = "* 1 FETCH (BODY[] {5}\r\nhello UID 3)\r\n";
  const guint8 *data = (const guint8 *)input;
  gsize length = strlen (input);

  g_assert_true (imap_parser_is_idle (parser));
  g_assert_cmpint (imap_parser_eat (parser, &data, &length, &response), ==, IMAP_PARSE_COMPLETE);
  g_assert_cmpuint (response->fetch.present, ==, IMAP_FETCH_BODY | IMAP_FETCH_UID);
  g_assert_cmpuint (length, ==, 0);
  g_assert_true (imap_parser_is_idle (parser));
}

static gboolean
count_begin (guint64 size, gpointer user_data)
{
  *(guint64 *)user_data = size;
  return TRUE;
}

static gboolean
refuse_data (const guint8 *data, gsize length, gpointer user_data)
{
  return FALSE;
}

/* A batch ended early, and the next one came, amid a body: the new sink must not get the old one's tail. */
static void
test_sink_changes_amid_body (void)
{
  const ImapBodySink sink = { count_begin, refuse_data };
  g_autoptr (ImapParser) parser = imap_parser_new ();
  g_autoptr (ImapResponse) response = NULL;
  const char *input = "* 1 FETCH (BODY[] {5}\r\nhello UID 3)\r\n* 2 FETCH (BODY[] {0}\r\n)\r\n";
  const guint8 *data = (const guint8 *)input;
  gsize length = strlen ("* 1 FETCH (BODY[] {5}\r\nhe");
  guint64 begun = 7;

  g_assert_cmpint (imap_parser_eat (parser, &data, &length, &response), ==, IMAP_PARSE_NEED_MORE);
  imap_parser_set_body_sink (parser, &sink, &begun);
  length = strlen ((const char *)data);
  g_assert_cmpint (imap_parser_eat (parser, &data, &length, &response), ==, IMAP_PARSE_COMPLETE);
  g_assert_cmpuint (response->fetch.present, ==, IMAP_FETCH_UID);
  g_assert_cmpuint (begun, ==, 7);
  g_clear_pointer (&response, imap_response_free);
  g_assert_cmpint (imap_parser_eat (parser, &data, &length, &response), ==, IMAP_PARSE_COMPLETE);
  g_assert_cmpuint (response->fetch.present, ==, IMAP_FETCH_BODY);
  g_assert_cmpuint (begun, ==, 0);
}

/* What is behind a response stays: the session must know what came behind a STARTTLS (threats 1). */
static void
test_eats_one_response (void)
{
  g_autoptr (ImapParser) parser = imap_parser_new ();
  g_autoptr (ImapResponse) response = NULL;
  const char *input = "A1 OK begin TLS\r\n* CAPABILITY FORGED\r\n";
  const guint8 *data = (const guint8 *)input;
  gsize length = strlen (input);

  g_assert_cmpint (imap_parser_eat (parser, &data, &length, &response), ==, IMAP_PARSE_COMPLETE);
  g_assert_cmpuint (length, ==, strlen ("* CAPABILITY FORGED\r\n"));
  length = 3;
  g_clear_pointer (&response, imap_response_free);
  g_assert_cmpint (imap_parser_eat (parser, &data, &length, &response), ==, IMAP_PARSE_NEED_MORE);
  g_assert_false (imap_parser_is_idle (parser));
}

/* `head`, then `fill` as often as it takes to make `length` octets, then `tail`; in pieces and whole. */
static char *
parse_filled (const char *head, const char *fill, gsize length, const char *tail, gsize step)
{
  g_autoptr (ParserRun) run = parser_run_new (FALSE);
  g_autoptr (GString) input = g_string_sized_new (length + 64);

  g_string_append (input, head);
  while (input->len + strlen (tail) < length)
    g_string_append (input, fill);
  g_string_append (input, tail);
  for (gsize offset = 0; offset < input->len; offset += step)
    parser_run_feed (run, input->str + offset, MIN (step, input->len - offset));
  return take_text (run);
}

typedef struct
{
  const char *description;
  const char *head;
  const char *fill;
  gsize length;
  const char *tail;
  const char *begins; /* of the result */
} BoundRow;

static const BoundRow BOUND_ROWS[] = {
  { "a line of 1 MiB", "* OK ", "x", MIB, "\n", "CONDITION" },
  { "a line of 1 MiB and one octet", "* OK ", "x", MIB + 2, "\n", "malformed" },
  { "a line without end", "* OK ", "x", 17 * MIB, "", "malformed" },
  { "many flags", "* FLAGS (", "a ", 900000, ")\r\n", "FLAGS" },
  { "quotes of 1 MiB", "* LIST () \"/\" \"", "x", MIB - 1, "\"\r\n", "LIST" },
  { "a search of 3 MiB: a large mailbox without ESEARCH", "* SEARCH", " 4000000", 3 * MIB, "\r\n", "SEARCH" },
  { "a search without end", "* SEARCH", " 4000000", 17 * MIB, "\r\n", "malformed" },
  { "many UIDs vanished", "* VANISHED 1", ",4000000", 3 * MIB, "\r\n", "VANISHED" },
  { "many literals", "* X ", "{0}\r\n ", MIB, "\r\n", "OTHER" },
  { "many literals, too many octets", "* X ", "{10}\r\n0123456789 ", 8 * MIB, "\r\n", "malformed" },
  { "many possible bodies, deep in a list", "* 1 FETCH (X (", "RFC822 {0}\r\n ", MIB, "))\r\n", "FETCH" },
  { "deep nesting", "* X ", "(", 100000, "\r\n", "malformed" },
  { "deep nesting of an item", "* 1 FETCH (X ", "(", 100000, "\r\n", "malformed" },
  { "deep nesting of a section", "* 1 FETCH (BODY[A ", "(", 100000, "\r\n", "malformed" },
  { "many parentheses side by side", "* X ", "()", 100000, "\r\n", "OTHER" },
  { "digits", "* 1 FETCH (UID ", "1", 100000, ")\r\n", "malformed" },
  { "digits of a literal", "* X {", "1", 100000, "}\r\n", "malformed" },
  { "an id of 256 octets", "* 1 FETCH (EMAILID (", "a", 20 + 256 + 4, "))\r\n", "malformed" },
};

static void
test_bounds (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (BOUND_ROWS); i++)
    {
      const BoundRow *row = &BOUND_ROWS[i];
      g_autofree char *whole = parse_filled (row->head, row->fill, row->length, row->tail, row->length * 2);
      g_autofree char *pieces = parse_filled (row->head, row->fill, row->length, row->tail, 4093);

      g_test_message ("%s", row->description);
      g_assert_true (g_str_has_prefix (whole, row->begins));
      g_assert_cmpstr (whole, ==, pieces);
    }
}

static void
test_depth (void)
{
  g_autoptr (GString) good = g_string_new ("* X ");
  g_autoptr (GString) bad = g_string_new ("* X ");
  g_autoptr (ParserRun) run = parser_run_new (FALSE);
  g_autofree char *text = NULL;

  for (guint i = 0; i < 32; i++)
    g_string_append_c (good, '(');
  for (guint i = 0; i < 32; i++)
    g_string_append_c (good, ')');
  g_string_append_printf (bad, "(%s)\r\n", good->str + 4);
  g_string_append (good, "\r\n");
  parser_run_feed (run, good->str, good->len);
  parser_run_feed (run, bad->str, bad->len);
  text = take_text (run);
  g_assert_cmpstr (text, ==, "OTHER\nmalformed");
}

/* A body is never held: 64 MiB pass in pieces. */
static void
test_large_body (void)
{
  g_autoptr (ImapParser) parser = imap_parser_new ();
  g_autoptr (ImapResponse) response = NULL;
  g_autofree guint8 *piece = g_malloc0 (65536);
  const char *head = "* 1 FETCH (BODY[] {67108864}\r\n";
  const guint8 *data = (const guint8 *)head;
  gsize length = strlen (head);

  g_assert_cmpint (imap_parser_eat (parser, &data, &length, &response), ==, IMAP_PARSE_NEED_MORE);
  for (guint i = 0; i < 1024; i++)
    {
      data = piece;
      length = 65536;
      g_assert_cmpint (imap_parser_eat (parser, &data, &length, &response), ==, IMAP_PARSE_NEED_MORE);
    }
  data = (const guint8 *)")\r\n";
  length = 3;
  g_assert_cmpint (imap_parser_eat (parser, &data, &length, &response), ==, IMAP_PARSE_COMPLETE);
  g_assert_cmpuint (response->fetch.present, ==, IMAP_FETCH_BODY);
}

static void
test_complaint (void)
{
  g_autoptr (ParserRun) run = parser_run_new (FALSE);
  g_autofree char *text = NULL;

  parser_run_feed (run, "* 1 FETCH (UID 0)\r\n", 19);
  text = parser_run_take_text (run);
  g_assert_cmpstr (text, ==, "malformed: number above 0 expected at octet 15\n");
}

static void
add_tables (const ParserTable *tables, gsize n_tables)
{
  for (gsize i = 0; i < n_tables; i++)
    g_test_add_data_func (tables[i].path, &tables[i], test_table);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  add_tables (PARSER_VALID_TABLES, N_PARSER_VALID_TABLES);
  add_tables (PARSER_HOSTILE_TABLES, N_PARSER_HOSTILE_TABLES);
  g_test_add_func ("/imap/parser/octet-zero", test_octet_zero);
  g_test_add_func ("/imap/parser/utf8", test_utf8);
  g_test_add_func ("/imap/parser/sink-stops", test_sink_stops);
  g_test_add_func ("/imap/parser/without-sink", test_without_sink);
  g_test_add_func ("/imap/parser/sink-changes-amid-body", test_sink_changes_amid_body);
  g_test_add_func ("/imap/parser/eats-one-response", test_eats_one_response);
  g_test_add_func ("/imap/parser/bounds", test_bounds);
  g_test_add_func ("/imap/parser/depth", test_depth);
  g_test_add_func ("/imap/parser/large-body", test_large_body);
  g_test_add_func ("/imap/parser/complaint", test_complaint);
  return g_test_run ();
}
