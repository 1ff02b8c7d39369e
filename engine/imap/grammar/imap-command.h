/* Commands to bytes (RFC 9051 section 9). Pure.
 *
 * A command is a list of parts: octets to send, and literals in between. How a literal's start is written
 * depends on the server: LITERAL+ and LITERAL- need no answer (RFC 7888), else the sender waits for a
 * continuation. What a command and its parts held is wiped when they are freed: it may be a password.
 */
#pragma once

#include <glib.h>

typedef enum
{
  IMAP_LITERAL_SYNC,  /* {n} and wait for "+" */
  IMAP_LITERAL_PLUS,  /* {n+} whatever the size */
  IMAP_LITERAL_MINUS, /* {n+} up to 4096 octets, else {n} and wait */
} ImapLiteralMode;

typedef struct
{
  GBytes *octets;
  gboolean wait;   /* after these octets a continuation must come before the next part is sent */
  gboolean source; /* after these octets (and the continuation, with `wait`) the caller's stream follows
                      (APPEND's message), then the next part */
} ImapCommandPart;

typedef struct _ImapCommand ImapCommand;

/* Without tag and CRLF, e.g. "UID FETCH". (transfer full) */
ImapCommand *imap_command_new (const char *text);
void imap_command_free (ImapCommand *command);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ImapCommand, imap_command_free)

/* Appends octets as they are, no space before them. The caller vouches that they are in the grammar; a line
 * end in them is refused (g_critical). */
void imap_command_raw (ImapCommand *command, const char *text);
void imap_command_rawf (ImapCommand *command, const char *format, ...) G_GNUC_PRINTF (2, 3);

/* A space and an astring: atom, quoted or literal, whichever the octets need. No NUL. */
void imap_command_astring (ImapCommand *command, const char *string);

/* A space and a literal of `size` octets that the caller streams (APPEND). */
void imap_command_stream (ImapCommand *command, guint64 size);

/* The finished parts, tag and CRLF included. (transfer full) (element-type ImapCommandPart) */
GPtrArray *imap_command_finish (ImapCommand *command, const char *tag, ImapLiteralMode mode);
