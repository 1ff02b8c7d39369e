/* Errors of the lower layers as exit statuses (contract C9). */
#pragma once

#include "report.h"

/* NET: certificate 77; plain text to a stranger 78; protocol, TLS 69; the rest 75. IMAP: authentication 77;
 * BYE 75; the rest 69. POP3: authentication 77; later 75; the rest 69. SASL, SECRET: 77. MAILDIR: no root, no
 * marker 78; the rest 75. JOURNAL: newer 78; the rest 75. */
EngineOutcome outcome_for_error (const GError *error);

/* Tells the error as the account's last word and returns its outcome. */
EngineOutcome report_error (Report *report, const GError *error);
