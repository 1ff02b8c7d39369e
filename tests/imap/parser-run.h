/* One parser and what it answered, as text: the same text for the same octets, however they were cut. */
#pragma once

#include "imap/grammar/imap-parser.h"

typedef struct _ParserRun ParserRun;

/* With a body sink that writes into the text. */
ParserRun *parser_run_new (gboolean utf8);
void parser_run_free (ParserRun *run);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ParserRun, parser_run_free)

/* The sink refuses from this octet of a body on. */
void parser_run_stop_sink_after (ParserRun *run, gsize octets);

void parser_run_feed (ParserRun *run, const void *data, gsize length);

/* Responses, one a line; "body(size)=..." before the FETCH that carries one; at the end "malformed: ...",
 * "stopped" or "unfinished" where that is so. The text is then forgotten, the parser lives on. (transfer
 * full)
 */
char *parser_run_take_text (ParserRun *run);
