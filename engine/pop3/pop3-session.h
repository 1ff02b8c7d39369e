/* One authenticated POP3 session (RFC 1939; with nothing optional is enough: RFC 2449, 2595, 3206, 5034,
 * 6856).
 *
 * States, each entered through one guarded function:
 *   CONNECTING -> GREETED -> (SECURING -> GREETED) -> TRANSACTION -> QUITTING -> CLOSED;   any -> FAILED
 * CONNECTING: no server word is believed. GREETED: only CAPA, STLS, UTF8, AUTH, USER and PASS may be sent,
 * the last three only inside verified TLS (loopback without TLS excepted). SECURING: STLS was accepted, and
 * not one more octet may come before the handshake. TRANSACTION: capabilities were asked for anew after TLS
 * and after login, the maildrop is listed. QUITTING: QUIT was sent, its answer decides. FAILED: sticky error.
 *
 * A session belongs to one thread. Commands on messages go through Pop3Batch. -ERR to one command is
 * POP3_ERROR_REFUSED with the server's text made safe; the session lives on. Anything that breaks the
 * protocol or the link fails the session; the server then deletes nothing (RFC 1939 section 6).
 *
 * Round trips, with a server that has PIPELINING: CAPA; login; CAPA, LIST and UIDL together.
 */
#pragma once

#include <gio/gio.h>
#include "../account/account.h"
#include "../net/connection.h"
#include "grammar/pop3-response.h"

#define POP3_ERROR (pop3_error_quark ())
GQuark pop3_error_quark (void);
typedef enum
{
  POP3_ERROR_PROTOCOL,       /* out of grammar or out of state; names the last command */
  POP3_ERROR_AUTHENTICATION, /* the server refused name, password or token, or failed to prove itself */
  POP3_ERROR_INSECURE,       /* STLS missing, refused or stripped; no TLS and so no login */
  POP3_ERROR_REFUSED,        /* -ERR to one command, and [SYS/PERM]: someone has to act */
  POP3_ERROR_LATER, /* [IN-USE], [LOGIN-DELAY], [SYS/TEMP], or the server ended the session: try again later
                     */
} Pop3Error;

typedef enum
{
  POP3_CAPABILITY_STLS = 1 << 0,
  POP3_CAPABILITY_USER = 1 << 1,
  POP3_CAPABILITY_TOP = 1 << 2,
  POP3_CAPABILITY_UIDL = 1 << 3,
  POP3_CAPABILITY_PIPELINING = 1 << 4,
  POP3_CAPABILITY_RESP_CODES = 1 << 5,
  POP3_CAPABILITY_AUTH_RESP_CODE = 1 << 6,
  POP3_CAPABILITY_UTF8 = 1 << 7,
} Pop3Capability;

/* One message of the maildrop. */
typedef struct
{
  guint32 number; /* for commands of this session only: a message number is never an identity (contract C7) */
  guint64 size;   /* octets, as the server counts them */
  const char *uidl; /* (nullable) NULL when it is no identity: the server told none, or one that is not 1 to
                       70 octets of '!' to '~', or the same to several messages. Then the full digest is. */
} Pop3Message;

/* More than anybody has; a listing that is longer fails the session. */
#define POP3_MAX_MESSAGES 1000000

typedef struct _Pop3Session Pop3Session;

/* One line an event for the log ("RETR 3: OK"): never a password, a body or untreated server text. */
typedef void (*Pop3LogFunc) (const char *line, gpointer user_data);

/* Connects, secures, authenticates, learns capabilities and lists the maildrop. `secret`: the password, or
 * with token-command the access token; used during the call only. On failure *error says what, where and what
 * to do: domains NET_ERROR, SASL_ERROR, POP3_ERROR. (transfer full) (nullable) */
Pop3Session *
pop3_session_open (const Account *account, const char *secret, GMainContext *context,
                   GCancellable *cancellable, Pop3LogFunc log, gpointer log_data, GError **error);
/* Without pop3_session_quit the server deletes nothing. */
void pop3_session_free (Pop3Session *session);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Pop3Session, pop3_session_free)

gboolean pop3_session_has (const Pop3Session *session, Pop3Capability capability);
NetConnection *pop3_session_get_connection (Pop3Session *session);
const char *pop3_session_get_tls_description (Pop3Session *session); /* "TLSv1.3", or "no TLS" */

/* The maildrop as it was listed, by ascending number: (transfer none, element-type Pop3Message). */
const GArray *pop3_session_get_messages (const Pop3Session *session);

/* QUIT behind all that is under way, then close. TRUE: the server said +OK, what DELE marked is gone. FALSE:
 * it is not known which of them are gone; the next listing tells. Bounded by the timeout. */
gboolean pop3_session_quit (Pop3Session *session, GError **error);
