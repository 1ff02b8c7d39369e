/* A response as one line of text, for tests to compare: every field that is set, and nothing else. */
#pragma once

#include "imap/grammar/imap-response.h"

/* Appends to `text`, line end included. */
void response_to_text (const ImapResponse *response, GString *text);
