/* The header of one message as a list of fields, for the digest and the few values that identify it. */
#pragma once

#include "message-identity.h"

/* Fills message_id, date, subject and the header digest from `header`: normalised lines (CRLF), other tools'
 * left out, up to and with the empty line where there is one. */
void
message_header_read (const GByteArray *header, MessageIdentity *identity);
