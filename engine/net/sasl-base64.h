/* SASL challenges and responses as IMAP and POP3 write them on a line: base64 (RFC 4648 section 4). */
#pragma once

#include <glib.h>

/* What a line of either protocol may bring. */
#define SASL_MAX_CHALLENGE_LENGTH 16384

/* (transfer full) (nullable): NULL unless `text` is exactly what an encoder writes: no white space, no
 * missing, surplus or dirty padding. "" is an empty challenge. */
GBytes *sasl_decode_challenge (const char *text);

/* (transfer full): for sasl_wipe. An empty response is "". Wipes and frees `response` (transfer full). */
char *sasl_encode_response (GBytes *response);
/* `text` is (nullable). */
void sasl_wipe (char *text);
