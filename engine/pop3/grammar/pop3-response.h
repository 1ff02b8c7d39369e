/* What a POP3 server can say in its status line (RFC 1939 section 3, RFC 2449 section 8, RFC 5034 section 4).
 *
 * Strings are octets as the server sent them, NUL-terminated, untrusted: make them safe (text_make_safe)
 * before they meet a terminal, a log or a path.
 */
#pragma once

#include <glib.h>

typedef enum
{
  POP3_STATUS_OK,
  POP3_STATUS_ERR,
  POP3_STATUS_CONTINUE, /* "+ " and a challenge */
} Pop3Status;

typedef enum
{
  POP3_CODE_NONE,
  POP3_CODE_OTHER, /* a response code that is not known here */
  POP3_CODE_IN_USE,
  POP3_CODE_LOGIN_DELAY,
  POP3_CODE_SYS_TEMP, /* RFC 3206 */
  POP3_CODE_SYS_PERM,
  POP3_CODE_AUTH,
  POP3_CODE_UTF8, /* RFC 6856: the message needs UTF8, which was not asked for */
} Pop3CodeType;

typedef struct
{
  Pop3Status status;
  Pop3CodeType code;
  char *text; /* behind the status and the response code; of CONTINUE the challenge; "" when absent */
} Pop3Response;

void pop3_response_free (Pop3Response *response);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Pop3Response, pop3_response_free)

/* (transfer full) (nullable) `line` has no line end; NULL: out of grammar. */
Pop3Response *pop3_response_parse (const char *line, gsize length);

/* "3 1024" of LIST and "3 whqtswO00WBw418f9t5JxYwZ" of UIDL; what stands behind it is passed over. FALSE: out
 * of grammar, or a number out of range. */
gboolean pop3_parse_scan_listing (const char *line, gsize length, guint32 *number, guint64 *size);
/* *uidl is (transfer full) (nullable): NULL when it is not 1 to 70 octets of '!' to '~' (RFC 1939 section 7).
 */
gboolean pop3_parse_unique_id_listing (const char *line, gsize length, guint32 *number, char **uidl);
