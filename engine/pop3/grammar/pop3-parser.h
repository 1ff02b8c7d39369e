/* Bytes to responses: total, bounded, incremental. Any byte string gives responses or "malformed", and the
 * same ones however the bytes were cut. Pure: no GIO, no clock.
 *
 * A response has no mark that tells its shape: the caller says which one is expected next. The lines of a
 * listing and the octets of a message are never held, they go to the take function. A line is bounded by 32
 * KiB, a message by 2 GiB - 1.
 *
 * Tolerated, because servers do it (tests/pop3 has each): a bare LF as line end of a status line or listing;
 * small letters in "+ok"; text missing; a message whose lines end in LF, if its status line did too.
 * Never tolerated: an octet 0 or a lone CR in a status line; a message that ends with anything but a line of
 * one dot. In a message only CRLF ends a line: a bare LF followed by a dot is content and stays as it is, so
 * that nobody can write a message that ends before its end.
 */
#pragma once

#include "pop3-response.h"

typedef enum
{
  POP3_PARSE_COMPLETE,  /* one response; call again for the next */
  POP3_PARSE_NEED_MORE, /* all input was eaten */
  POP3_PARSE_MALFORMED, /* final: the parser answers this for ever */
  POP3_PARSE_STOPPED,   /* the take function returned FALSE: final */
} Pop3ParseResult;

/* What follows +OK. -ERR and a challenge stand alone whatever was expected. */
typedef enum
{
  POP3_SHAPE_LINE,
  POP3_SHAPE_LISTING,
  POP3_SHAPE_MESSAGE,
} Pop3Shape;

/* LISTING: one line without its end, unstuffed. MESSAGE: some octets, at least one. */
typedef gboolean (*Pop3TakeFunc) (const guint8 *data, gsize length, gpointer user_data);

typedef struct
{
  Pop3Shape shape;
  guint64 size; /* MESSAGE: as listed, 0: not known. The last CRLF is left out if the message without it has
                   exactly this size: then the server added it. */
  Pop3TakeFunc take; /* (nullable): dropped */
  gpointer user_data;
} Pop3Expectation;

typedef struct _Pop3Parser Pop3Parser;

Pop3Parser *pop3_parser_new (void);
void pop3_parser_free (Pop3Parser *parser);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Pop3Parser, pop3_parser_free)

/* Between responses only; copied; holds until the next call. The beginning: LINE. */
void pop3_parser_expect (Pop3Parser *parser, const Pop3Expectation *expectation);
/* Nobody wants the rest of the body any more: it is read and dropped. */
void pop3_parser_drop (Pop3Parser *parser);

/* Eats from *data, moving *data and *length behind what was eaten. COMPLETE: *response is (transfer full),
 * and its body was taken. */
Pop3ParseResult
pop3_parser_eat (Pop3Parser *parser, const guint8 **data, gsize *length, Pop3Response **response);

/* TRUE between responses: nothing of a next one was eaten. */
gboolean pop3_parser_is_idle (const Pop3Parser *parser);

/* What was wrong, for the error message. Static storage. */
const char *pop3_parser_get_complaint (const Pop3Parser *parser);
