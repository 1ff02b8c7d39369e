/* One parser and what it answered, as text: the same text for the same octets, however they were cut. */
#pragma once

#include "pop3/grammar/pop3-parser.h"

typedef struct _Pop3ParserRun Pop3ParserRun;

/* `shapes`: of the responses in turn, a letter each, over and over: "l" a line, "s" a listing, "m" a message,
 * a digit behind it its listed size. */
Pop3ParserRun *pop3_parser_run_new (const char *shapes);
void pop3_parser_run_free (Pop3ParserRun *run);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Pop3ParserRun, pop3_parser_run_free)

/* The take function refuses from this octet on. */
void pop3_parser_run_stop_after (Pop3ParserRun *run, gsize octets);

void pop3_parser_run_feed (Pop3ParserRun *run, const void *data, gsize length);

/* (transfer full) Responses, one a line, each behind what was taken for it; at the end "malformed: ...",
 * "stopped" or "unfinished" where that is so. */
char *pop3_parser_run_take_text (Pop3ParserRun *run);
