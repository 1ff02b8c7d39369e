/* Invariants: `line` holds the beginning of a line whose end has not come; `response` is the status line that
 * was read while its body is under way; whatever is decided is decided at a line's end or by a count of
 * octets, never by where the input was cut. */
#include "pop3-parser.h"

#include <string.h>

#include "pop3-unstuff.h"

#define MAX_LINE (32 * 1024)
#define MAX_MESSAGE G_MAXINT32

struct _Pop3Parser
{
  Pop3Expectation expected;
  GByteArray *line;
  Pop3Response *response; /* (nullable) */
  Pop3Unstuff unstuff;    /* MESSAGE */
  gsize message_octets;   /* MESSAGE: on the wire, so far */
  Pop3ParseResult final;  /* NEED_MORE as long as the parser lives */
  const char *complaint;
};

Pop3Parser *
pop3_parser_new (void)
{
  Pop3Parser *parser = g_new0 (Pop3Parser, 1);

  parser->line = g_byte_array_new ();
  parser->final = POP3_PARSE_NEED_MORE;
  parser->complaint = "";
  return parser;
}

void
pop3_parser_free (Pop3Parser *parser)
{
  if (parser == NULL)
    return;
  g_byte_array_unref (parser->line);
  pop3_response_free (parser->response);
  g_free (parser);
}

gboolean
pop3_parser_is_idle (const Pop3Parser *parser)
{
  return parser->line->len == 0 && parser->response == NULL && parser->final == POP3_PARSE_NEED_MORE;
}

void
pop3_parser_expect (Pop3Parser *parser, const Pop3Expectation *expectation)
{
  g_return_if_fail (parser->line->len == 0 && parser->response == NULL);
  parser->expected = *expectation;
}

void
pop3_parser_drop (Pop3Parser *parser)
{
  parser->expected.take = NULL;
  parser->unstuff.take = NULL;
}

const char *
pop3_parser_get_complaint (const Pop3Parser *parser)
{
  return parser->complaint;
}

static Pop3ParseResult
malformed (Pop3Parser *parser, const char *complaint)
{
  parser->complaint = complaint;
  return POP3_PARSE_MALFORMED;
}

static Pop3ParseResult
complete (Pop3Parser *parser, Pop3Response **response)
{
  *response = g_steal_pointer (&parser->response);
  return POP3_PARSE_COMPLETE;
}

static Pop3ParseResult
end_status_line (Pop3Parser *parser, gsize length, gboolean bare_lf, Pop3Response **response)
{
  parser->response = pop3_response_parse ((const char *)parser->line->data, length);
  if (parser->response == NULL)
    return malformed (parser, "a line with +OK or -ERR was expected");
  if (parser->response->status != POP3_STATUS_OK)
    return complete (parser, response);
  switch (parser->expected.shape)
    {
    case POP3_SHAPE_LINE:
      return complete (parser, response);
    case POP3_SHAPE_LISTING:
      return POP3_PARSE_NEED_MORE;
    case POP3_SHAPE_MESSAGE:
      parser->message_octets = 0;
      pop3_unstuff_begin (&parser->unstuff, &parser->expected, bare_lf);
      return POP3_PARSE_NEED_MORE;
    }
  return POP3_PARSE_NEED_MORE;
}

static Pop3ParseResult
end_listing_line (Pop3Parser *parser, gsize length, Pop3Response **response)
{
  const guint8 *line = parser->line->data;
  gsize stuffed = length > 0 && line[0] == '.' ? 1 : 0;

  if (length == 1 && stuffed == 1)
    return complete (parser, response);
  if (parser->expected.take != NULL &&
      !parser->expected.take (line + stuffed, length - stuffed, parser->expected.user_data))
    return POP3_PARSE_STOPPED;
  return POP3_PARSE_NEED_MORE;
}

/* The LF was eaten, what stands before it is in the line. */
static Pop3ParseResult
end_line (Pop3Parser *parser, Pop3Response **response)
{
  gsize length = parser->line->len;
  gboolean bare_lf = length == 0 || parser->line->data[length - 1] != '\r';
  Pop3ParseResult result;

  if (!bare_lf)
    length--;
  /* An empty array may have no data at all. */
  g_byte_array_append (parser->line, (const guint8 *)"", 1);
  result = parser->response == NULL ? end_status_line (parser, length, bare_lf, response)
                                    : end_listing_line (parser, length, response);
  g_byte_array_set_size (parser->line, 0);
  return result;
}

static Pop3ParseResult
eat_line (Pop3Parser *parser, const guint8 **data, gsize *length, Pop3Response **response)
{
  const guint8 *line_end = memchr (*data, '\n', *length);
  gsize eaten = line_end != NULL ? (gsize)(line_end - *data) : *length;

  if (eaten > MAX_LINE - parser->line->len)
    return malformed (parser, "line too long");
  g_byte_array_append (parser->line, *data, (guint)eaten);
  eaten += line_end != NULL;
  *data += eaten;
  *length -= eaten;
  return line_end != NULL ? end_line (parser, response) : POP3_PARSE_NEED_MORE;
}

static Pop3ParseResult
eat_message (Pop3Parser *parser, const guint8 **data, gsize *length, Pop3Response **response)
{
  gsize allowed = MIN (*length, MAX_MESSAGE - parser->message_octets);
  gsize left = allowed;

  if (allowed == 0)
    return malformed (parser, "message of 2 GiB or more");
  if (!pop3_unstuff_eat (&parser->unstuff, data, &left))
    return POP3_PARSE_STOPPED;
  *length -= allowed - left;
  parser->message_octets += allowed - left;
  return parser->unstuff.state == POP3_UNSTUFF_END ? complete (parser, response) : POP3_PARSE_NEED_MORE;
}

static gboolean
is_in_message (const Pop3Parser *parser)
{
  return parser->response != NULL && parser->expected.shape == POP3_SHAPE_MESSAGE;
}

Pop3ParseResult
pop3_parser_eat (Pop3Parser *parser, const guint8 **data, gsize *length, Pop3Response **response)
{
  Pop3ParseResult result = parser->final;

  while (result == POP3_PARSE_NEED_MORE && *length > 0)
    result = is_in_message (parser) ? eat_message (parser, data, length, response)
                                    : eat_line (parser, data, length, response);
  if (result == POP3_PARSE_MALFORMED || result == POP3_PARSE_STOPPED)
    parser->final = result;
  return result;
}
