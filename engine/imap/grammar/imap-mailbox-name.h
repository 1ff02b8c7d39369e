/* Mailbox names on the wire: modified UTF-7 (RFC 3501 section 5.1.3) to and from UTF-8. Pure. */
#pragma once

#include <glib.h>

/* (transfer full) (nullable): NULL when `name` is not valid UTF-8. */
char *imap_mailbox_name_encode (const char *name);

/* (transfer full) (nullable): NULL when `wire` is no modified UTF-7 (unfinished shift, lone surrogate, an
 * octet >= 128 that is not UTF-8, a NUL). Names with valid 8-bit UTF-8, as some servers send, are taken as
 * they are. Lenient where an encoder was sloppy (a printable character in base64): decoding need not be
 * reversible, raw names are kept. */
char *imap_mailbox_name_decode (const char *wire);

/* INBOX in any ASCII case, alone or as the first level before `delimiter`, becomes "INBOX" (RFC 9051
 * section 5.1). (transfer full) */
char *imap_mailbox_name_fold_inbox (const char *name, char delimiter);
