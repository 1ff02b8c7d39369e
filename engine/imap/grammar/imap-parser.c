/* Collects the octets of one response, then has them parsed (imap-parse.h).
 *
 * Invariants: `text` holds the response so far, without line ends, literals as marks (imap-reader.h);
 * `remaining` octets of a literal are to come before the line goes on; whatever is decided is decided at a
 * line's end or by a count of octets, never by where the input was cut.
 */
#include "imap-parser.h"

#include <string.h>

#include "imap-parse.h"

#define MAX_LINE (1 << 20)
#define MAX_LONG_LINE (16 << 20) /* of what lists UIDs */
#define MAX_LITERAL (1 << 20)
#define MAX_LITERALS (4 << 20) /* of one response, together */
#define MAX_BODY G_MAXINT32
#define KEPT_CAPACITY (64 << 10) /* a longer text gives its memory back */

struct _ImapParser
{
  GByteArray *text;
  gsize segment;     /* where in `text` the line goes on after the last literal */
  gsize line_octets; /* of this response, literals not counted, line ends in part */
  gsize literal_octets;
  guint64 remaining;
  guint depth; /* of parentheses, up to `segment` */
  gboolean is_fetch;
  gboolean may_hold_literals;
  gboolean has_body; /* a body literal was met */
  gboolean is_body;  /* `remaining` is of the body */
  gboolean is_lost;  /* the sink that had the body's beginning is gone */
  gboolean utf8;
  gboolean has_sink;
  ImapBodySink sink;
  gpointer sink_data;
  ImapParseResult final; /* NEED_MORE as long as the parser lives */
  char *complaint;
};

ImapParser *
imap_parser_new (void)
{
  ImapParser *parser = g_new0 (ImapParser, 1);

  parser->text = g_byte_array_new ();
  parser->final = IMAP_PARSE_NEED_MORE;
  return parser;
}

void
imap_parser_free (ImapParser *parser)
{
  if (parser == NULL)
    return;
  g_byte_array_unref (parser->text);
  g_free (parser->complaint);
  g_free (parser);
}

void
imap_parser_set_body_sink (ImapParser *parser, const ImapBodySink *sink, gpointer user_data)
{
  parser->is_lost = parser->has_body;
  parser->has_sink = sink != NULL;
  if (sink != NULL)
    parser->sink = *sink;
  parser->sink_data = user_data;
}

void
imap_parser_set_utf8 (ImapParser *parser, gboolean utf8)
{
  parser->utf8 = utf8;
}

gboolean
imap_parser_is_idle (const ImapParser *parser)
{
  return parser->text->len == 0 && parser->final == IMAP_PARSE_NEED_MORE;
}

const char *
imap_parser_get_complaint (const ImapParser *parser)
{
  return parser->complaint != NULL ? parser->complaint : "";
}

static ImapParseResult
malformed (ImapParser *parser, const char *complaint)
{
  g_free (parser->complaint);
  parser->complaint = g_strdup (complaint);
  return IMAP_PARSE_MALFORMED;
}

static ImapReader
read_text (const ImapParser *parser)
{
  return (ImapReader){ .data = parser->text->data, .length = parser->text->len, .utf8 = parser->utf8 };
}

static void
reset (ImapParser *parser)
{
  if (parser->text->len > KEPT_CAPACITY)
    {
      g_byte_array_unref (parser->text);
      parser->text = g_byte_array_new ();
    }
  g_byte_array_set_size (parser->text, 0);
  parser->segment = 0;
  parser->line_octets = 0;
  parser->literal_octets = 0;
  parser->depth = 0;
  parser->has_body = FALSE;
  parser->is_lost = FALSE;
}

static gboolean
begin_body (ImapParser *parser, guint64 size)
{
  return !parser->has_sink || parser->sink.begin (size, parser->sink_data);
}

static gboolean
pass_body (ImapParser *parser, const guint8 *data, gsize length)
{
  return !parser->has_sink || parser->is_lost || length == 0 ||
         parser->sink.data (data, length, parser->sink_data);
}

static ImapParseResult
finish_response (ImapParser *parser, ImapResponse **response)
{
  ImapReader reader = read_text (parser);
  g_autoptr (ImapResponse) parsed = NULL;
  g_autoptr (GBytes) body = NULL;

  if (!imap_parse_response (&reader, &parsed, &body))
    {
      g_autofree char *complaint =
          g_strdup_printf ("%s expected at octet %" G_GSIZE_FORMAT, reader.expected, reader.complaint);

      return malformed (parser, complaint);
    }
  if (body != NULL)
    {
      gsize length;
      const guint8 *data = g_bytes_get_data (body, &length);

      if (!begin_body (parser, length) || !pass_body (parser, data, length))
        return IMAP_PARSE_STOPPED;
    }
  if (parser->is_lost)
    parsed->fetch.present &= ~(guint)IMAP_FETCH_BODY;
  reset (parser);
  *response = g_steal_pointer (&parsed);
  return IMAP_PARSE_COMPLETE;
}

typedef struct
{
  gsize start; /* in `text`, of "{" or "~{" */
  guint64 size;
} LiteralHead;

/* "{12}", "{12+}" or "~{12}" at the end of the text, where a value may begin. FALSE with a complaint when its
 * size is out of range; head->start is the text's length when there is none. */
static gboolean
find_literal_head (const ImapParser *parser, LiteralHead *head)
{
  const guint8 *text = parser->text->data;
  ImapReader reader = read_text (parser);
  gsize end = parser->text->len;

  head->start = end;
  if (end == parser->segment || text[--end] != '}')
    return TRUE;
  if (end > parser->segment && text[end - 1] == '+')
    end--;
  reader.length = end;
  while (end > parser->segment && g_ascii_isdigit (text[end - 1]))
    end--;
  reader.offset = end;
  if (end == reader.length || end <= parser->segment || text[--end] != '{')
    return TRUE;
  if (end > parser->segment && text[end - 1] == '~')
    end--;
  if (end <= parser->segment || (text[end - 1] != ' ' && text[end - 1] != '('))
    return TRUE;
  head->start = end;
  return imap_reader_number (&reader, 0, G_MAXINT64, &head->size);
}

/* Counts the parentheses of the segment that ends at `end`, those in quotes aside. A backslash shields only
 * quotes and backslashes, as in imap-reader.c. */
static void
scan_depth (ImapParser *parser, gsize end)
{
  const guint8 *text = parser->text->data;
  gboolean quoted = FALSE;

  for (gsize i = parser->segment; i < end; i++)
    if (text[i] == '"')
      quoted = !quoted;
    else if (quoted && text[i] == '\\' && i + 1 < end && (text[i + 1] == '"' || text[i + 1] == '\\'))
      i++;
    else if (!quoted && text[i] == '(')
      parser->depth++;
    else if (!quoted && text[i] == ')' && parser->depth > 0)
      parser->depth--;
}

/* Does the text up to `end` end with the name of an item that is a whole message? */
static gboolean
ends_with_body_item (const ImapParser *parser, gsize end)
{
  static const char *const items[] = { "BODY[]", "BODY[]<0>", "BINARY[]", "BINARY[]<0>", "RFC822" };
  const char *text = (const char *)parser->text->data;

  while (end > parser->segment && text[end - 1] == ' ')
    end--;
  for (gsize i = 0; i < G_N_ELEMENTS (items); i++)
    {
      gsize length = strlen (items[i]);

      if (end > parser->segment + length &&
          g_ascii_strncasecmp (text + end - length, items[i], length) == 0 &&
          (text[end - length - 1] == ' ' || text[end - length - 1] == '('))
        return TRUE;
    }
  return FALSE;
}

static ImapParseResult
start_body (ImapParser *parser, guint64 size)
{
  if (parser->has_body)
    return malformed (parser, "two message bodies in one FETCH");
  if (size > MAX_BODY)
    return malformed (parser, "message of 2 GiB or more");
  parser->has_body = TRUE;
  imap_reader_append_mark (parser->text, IMAP_MARK_BODY, 0);
  return begin_body (parser, size) ? IMAP_PARSE_NEED_MORE : IMAP_PARSE_STOPPED;
}

static ImapParseResult
start_literal (ImapParser *parser, const LiteralHead *head)
{
  ImapParseResult result = IMAP_PARSE_NEED_MORE;

  scan_depth (parser, head->start);
  parser->is_body = parser->is_fetch && parser->depth == 1 && ends_with_body_item (parser, head->start);
  g_byte_array_set_size (parser->text, (guint)head->start);
  if (parser->is_body)
    result = start_body (parser, head->size);
  else if (head->size > MAX_LITERAL || parser->literal_octets + head->size > MAX_LITERALS)
    result = malformed (parser, "literal too long");
  else
    {
      parser->literal_octets += head->size;
      imap_reader_append_mark (parser->text, IMAP_MARK_LITERAL, head->size);
    }
  parser->remaining = head->size;
  parser->segment = parser->text->len + (parser->is_body ? 0 : head->size);
  return result;
}

/* What the beginning of a response says about the rest. */
static void
classify (ImapParser *parser)
{
  ImapReader reader = read_text (parser);

  parser->may_hold_literals = imap_parse_may_hold_literals (&reader);
  reader = read_text (parser);
  parser->is_fetch = imap_parse_fetch_head (&reader);
}

/* The line end was eaten, the line before it is in the text. */
static ImapParseResult
end_line (ImapParser *parser, ImapResponse **response)
{
  GByteArray *text = parser->text;
  LiteralHead head;

  if (text->len > parser->segment && text->data[text->len - 1] == '\r')
    g_byte_array_set_size (text, text->len - 1);
  if (text->len == 0)
    return malformed (parser, "empty line");
  if (text->len > parser->segment &&
      (memchr (text->data + parser->segment, '\0', text->len - parser->segment) != NULL ||
       memchr (text->data + parser->segment, '\r', text->len - parser->segment) != NULL))
    return malformed (parser, "octet 0 or CR inside a line");
  if (parser->segment == 0)
    classify (parser);
  if (!parser->may_hold_literals)
    return finish_response (parser, response);
  if (!find_literal_head (parser, &head))
    return malformed (parser, "literal size out of range");
  if (head.start == text->len)
    return finish_response (parser, response);
  return start_literal (parser, &head);
}

/* What lists UIDs of a whole mailbox may be longer: not every server has ESEARCH. */
static gsize
line_limit (const ImapParser *parser)
{
  ImapReader reader = read_text (parser);

  if (imap_reader_take (&reader, '*') && imap_reader_space (&reader) &&
      (imap_reader_word (&reader, "SEARCH") || imap_reader_word (&reader, "ESEARCH") ||
       imap_reader_word (&reader, "VANISHED")))
    return MAX_LONG_LINE;
  return MAX_LINE;
}

static ImapParseResult
eat_line (ImapParser *parser, const guint8 **data, gsize *length, ImapResponse **response)
{
  const guint8 *line_end = memchr (*data, '\n', *length);
  gsize eaten = line_end != NULL ? (gsize)(line_end - *data) : *length;

  if (eaten > MAX_LONG_LINE - parser->line_octets)
    return malformed (parser, "line too long");
  parser->line_octets += eaten;
  g_byte_array_append (parser->text, *data, (guint)eaten);
  if (parser->line_octets > MAX_LINE && parser->line_octets > line_limit (parser))
    return malformed (parser, "line too long");
  eaten += line_end != NULL;
  *data += eaten;
  *length -= eaten;
  return line_end != NULL ? end_line (parser, response) : IMAP_PARSE_NEED_MORE;
}

static ImapParseResult
eat_literal (ImapParser *parser, const guint8 **data, gsize *length)
{
  gsize eaten = (gsize)MIN (parser->remaining, *length);
  const guint8 *octets = *data;

  *data += eaten;
  *length -= eaten;
  parser->remaining -= eaten;
  if (parser->is_body)
    return pass_body (parser, octets, eaten) ? IMAP_PARSE_NEED_MORE : IMAP_PARSE_STOPPED;
  g_byte_array_append (parser->text, octets, (guint)eaten);
  return IMAP_PARSE_NEED_MORE;
}

ImapParseResult
imap_parser_eat (ImapParser *parser, const guint8 **data, gsize *length, ImapResponse **response)
{
  ImapParseResult result = parser->final;

  while (result == IMAP_PARSE_NEED_MORE && *length > 0)
    result = parser->remaining > 0 ? eat_literal (parser, data, length)
                                   : eat_line (parser, data, length, response);
  if (result == IMAP_PARSE_MALFORMED || result == IMAP_PARSE_STOPPED)
    parser->final = result;
  return result;
}
