/* Bytes to responses: total, bounded, incremental. Any byte string gives responses or "malformed", and the
 * same ones however the bytes were cut. Pure: no GIO, no clock.
 *
 * The octets of a message body (BODY[] of a FETCH) are never held: they go to the body sink as they come. All
 * else is bounded: a line of 1 MiB (16 MiB for SEARCH, ESEARCH and VANISHED, which list a mailbox), a literal
 * of 1 MiB that is not a body, 4 MiB of them in a response, a body of 2 GiB - 1, nesting of 32.
 *
 * Tolerated, because servers do it (tests/imap has each): text missing after a code; NIL for a string; a
 * stray space before ")" or at the line's end; a bare LF as line end; FETCH items in any order, also after
 * the body; several EXISTS in a row; literal8; a body as quoted string or NIL; 8-bit mailbox names; APPENDUID
 * of 0 (code OTHER); HIGHESTMODSEQ 0; an empty PERMANENTFLAGS; an INTERNALDATE that is no date (absent).
 * Never tolerated: a number out of range, an unbalanced parenthesis, an octet 0 outside message content, a
 * literal where none can stand, ESEARCH results that are not UIDs. A response code that is out of grammar is
 * OTHER; "{5}" at the end of text for people is text.
 */
#pragma once

#include "imap-response.h"

typedef enum
{
  IMAP_PARSE_COMPLETE,  /* one response; call again for the next */
  IMAP_PARSE_NEED_MORE, /* all input was eaten */
  IMAP_PARSE_MALFORMED, /* final: the parser answers this for ever */
  IMAP_PARSE_STOPPED,   /* a sink function returned FALSE: final */
} ImapParseResult;

/* Where a body goes. begin: a body of `size` octets starts (its UID may not be known yet); data: some of it;
 * the end is the FETCH response itself, with IMAP_FETCH_BODY present. Returning FALSE stops the parser. */
typedef struct
{
  gboolean (*begin) (guint64 size, gpointer user_data);
  gboolean (*data) (const guint8 *data, gsize length, gpointer user_data);
} ImapBodySink;

typedef struct _ImapParser ImapParser;

ImapParser *imap_parser_new (void);
void imap_parser_free (ImapParser *parser);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ImapParser, imap_parser_free)

/* Without a sink a body is read and dropped (and still reported as present). `sink` is copied and may be
 * NULL. When it changes amid a response that has a body already, neither sink gets the rest, and
 * IMAP_FETCH_BODY is left out: nobody holds that body. */
void imap_parser_set_body_sink (ImapParser *parser, const ImapBodySink *sink, gpointer user_data);

/* After ENABLE UTF8=ACCEPT mailbox names are UTF-8 and not modified UTF-7 (RFC 6855). */
void imap_parser_set_utf8 (ImapParser *parser, gboolean utf8);

/* Eats from *data, moving *data and *length behind what was eaten. COMPLETE: *response is (transfer full). */
ImapParseResult
imap_parser_eat (ImapParser *parser, const guint8 **data, gsize *length, ImapResponse **response);

/* TRUE between responses: nothing of a next one was eaten. */
gboolean imap_parser_is_idle (const ImapParser *parser);

/* What was wrong, for the error message: "mailbox name expected at octet 17"; static storage or owned by
 * parser. */
const char *imap_parser_get_complaint (const ImapParser *parser);
