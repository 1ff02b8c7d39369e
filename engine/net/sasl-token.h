/* What a client says that has an access token instead of a password: OAUTHBEARER (RFC 7628) and XOAUTH2, its
 * forerunner, which some servers have alone. Pure. */
#pragma once

#include "sasl.h"

/* (transfer full): to be wiped. `mechanism` is "OAUTHBEARER" or "XOAUTH2". An error when the token can't be
 * one. */
char *sasl_token_first_response (const char *mechanism, const SaslCredentials *credentials, GError **error);

/* The answer to the server's words about a token that it refuses; it refuses for good only then. Static. */
const char *sasl_token_last_response (const char *mechanism);
