/* The Subject of a message, for people: decoded (RFC 2047) and made safe for a terminal. */
#pragma once

#include "account-sync.h"

/* (transfer full): "" where there is none. */
char *subject_decode (const char *raw);

/* (transfer full): as it is shown among other words: in quotation marks, or "(no subject)". */
char *words_subject (const char *decoded);

/* Of the message with this base name; its base name where it has no Subject or can't be read. (transfer full)
 */
char *mailbox_sync_subject (MailboxSync *mailbox, const char *base);
