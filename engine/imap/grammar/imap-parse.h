/* One collected response to its struct. Internal to the grammar; imap-parser.c collects.
 *
 * Each function reads what its name says and nothing behind it; the reader stands behind the space that leads
 * to it unless said otherwise.
 */
#pragma once

#include "imap-reader.h"
#include "imap-response.h"

/* The whole text. `inline_body`: a body given as quoted string or NIL, which must still go to the sink.
 * Both (transfer full). */
gboolean imap_parse_response (ImapReader *reader, ImapResponse **response, GBytes **inline_body);

/* May the response that begins so hold literals? Conditions and continuations end in text for people, where
 * "{5}" is just text. */
gboolean imap_parse_may_hold_literals (ImapReader *reader);
/* Takes "* 12 FETCH"; merely tries. */
gboolean imap_parse_fetch_head (ImapReader *reader);

/* "[" code "]" where there is one; never fails: what is no known code is OTHER, what is no code at all is
 * left as text. */
void imap_parse_code (ImapReader *reader, ImapCode *code);

gboolean imap_parse_fetch (ImapReader *reader, ImapResponse *response, GBytes **inline_body);

gboolean imap_parse_list (ImapReader *reader, ImapResponse *response);
gboolean imap_parse_status (ImapReader *reader, ImapResponse *response);
gboolean imap_parse_namespace (ImapReader *reader, ImapResponse *response);

/* These stand at the space, if any, behind the response's name. */
gboolean imap_parse_search (ImapReader *reader, ImapResponse *response);
gboolean imap_parse_esearch (ImapReader *reader, ImapResponse *response);
gboolean imap_parse_vanished (ImapReader *reader, ImapResponse *response);
