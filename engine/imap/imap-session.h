/* One authenticated IMAP session (RFC 9051; IMAP4rev1, RFC 3501, with nothing optional is enough).
 *
 * States, each entered through one guarded function:
 *   CONNECTING -> GREETED -> (STARTTLS) -> AUTHENTICATED <-> SELECTED -> LOGGED_OUT;   any -> FAILED
 * CONNECTING: no server word is believed. GREETED: only CAPABILITY, STARTTLS, AUTHENTICATE, LOGIN, LOGOUT may
 * be sent, the last but one only inside TLS (loopback without TLS excepted); there a login may also fly ahead
 * of the greeting, and what looks only behind it: its answers count in AUTHENTICATED. AUTHENTICATED:
 * capabilities were asked for anew after TLS and after login. SELECTED: selected mailbox known, UIDVALIDITY
 * seen. FAILED: sticky error.
 *
 * A session belongs to one thread. Functions here send one command alone and wait for its answer; what may be
 * pipelined goes through ImapBatch. A tagged NO or BAD is IMAP_ERROR_REFUSED with the server's text made
 * safe; the session lives on. Anything that breaks the protocol or the link fails the session.
 */
#pragma once

#include <gio/gio.h>
#include "../net/connection.h"
#include "../account/account.h"
#include "grammar/imap-response.h"

#define IMAP_ERROR (imap_error_quark ())
GQuark imap_error_quark (void);
typedef enum
{
  IMAP_ERROR_PROTOCOL,       /* out of grammar or out of state; names the last command */
  IMAP_ERROR_AUTHENTICATION, /* the server refused name, password or token, or failed to prove itself */
  IMAP_ERROR_INSECURE,       /* STARTTLS missing, refused or stripped; PREAUTH without TLS; LOGINDISABLED */
  IMAP_ERROR_REFUSED,        /* tagged NO or BAD to one command */
  IMAP_ERROR_BYE,            /* the server ended the session, with its reason; try again later */
} ImapError;

typedef enum
{
  IMAP_CAPABILITY_LITERAL_PLUS = 1 << 0,
  IMAP_CAPABILITY_LITERAL_MINUS = 1 << 1,
  IMAP_CAPABILITY_UIDPLUS = 1 << 2,
  IMAP_CAPABILITY_ESEARCH = 1 << 3,
  IMAP_CAPABILITY_LIST_EXTENDED = 1 << 4,
  IMAP_CAPABILITY_LIST_STATUS = 1 << 5,
  IMAP_CAPABILITY_SPECIAL_USE = 1 << 6,
  IMAP_CAPABILITY_UNSELECT = 1 << 7,
  IMAP_CAPABILITY_ENABLE = 1 << 8,
  IMAP_CAPABILITY_CONDSTORE = 1 << 9,
  IMAP_CAPABILITY_QRESYNC = 1 << 10,
  IMAP_CAPABILITY_MOVE = 1 << 11,
  IMAP_CAPABILITY_NAMESPACE = 1 << 12,
  IMAP_CAPABILITY_ID = 1 << 13,
  IMAP_CAPABILITY_SASL_IR = 1 << 14,
  IMAP_CAPABILITY_STARTTLS = 1 << 15,
  IMAP_CAPABILITY_LOGINDISABLED = 1 << 16,
  IMAP_CAPABILITY_UTF8_ACCEPT = 1 << 17,
  IMAP_CAPABILITY_OBJECTID = 1 << 18,
  IMAP_CAPABILITY_REV2 = 1 << 19,
  IMAP_CAPABILITY_XLIST = 1 << 20,
  IMAP_CAPABILITY_MULTIAPPEND = 1 << 21,
  IMAP_CAPABILITY_COMPRESS_DEFLATE = 1 << 22,
  IMAP_CAPABILITY_X_GM_EXT_1 = 1 << 23,
} ImapCapability; /* REV2 implies what RFC 9051 makes mandatory; the session sets those bits */

/* What SELECT or EXAMINE said. `exists`, `expunges`, `read_only`, `flags` and `permanent_flags` follow what
 * comes later; `uidnext` and `highestmodseq` do not: a later one would vouch for what was never listed. */
typedef struct
{
  const char *mailbox; /* wire name as given to select */
  guint32
      uidvalidity; /* 0 when the server sent none, or one out of range: nothing may be deleted on its word */
  guint32 uidnext; /* 0 when not told */
  guint32 exists;  /* messages now: EXISTS, less EXPUNGE and VANISHED since */
  guint expunges;  /* EXPUNGE and VANISHED responses since SELECT: what was listed may have changed */
  guint64 highestmodseq; /* 0: none, or NOMODSEQ */
  gboolean read_only;
  const char *const *flags; /* (nullable) FLAGS response */
  const char *const
      *permanent_flags;   /* (nullable) NULL when the server sent no PERMANENTFLAGS: all flags stick */
  const char *mailbox_id; /* (nullable) MAILBOXID of SELECT */
} ImapSelected;

typedef struct _ImapSession ImapSession;

/* One line an event for the log ("A3 SELECT Work: OK"): never a password, a body or untreated server text. */
typedef void (*ImapLogFunc) (const char *line, gpointer user_data);

typedef struct
{
  const Account *account;
  const char *secret;      /* the password or, with token-command, the access token: during the call only */
  const char *memory;      /* (nullable) what imap_session_get_memory gave in an earlier run */
  gboolean lists_at_login; /* the mailboxes are asked for in the flight behind the login */
  GMainContext *context;
  GCancellable *cancellable; /* (nullable) */
  ImapLogFunc log;           /* (nullable) */
  gpointer log_data;
} ImapOpening;

/* Connects, secures, authenticates, learns capabilities, namespace and special uses; sends ID with name and
 * version only. With a memory of the server the login is sent before its greeting, and what is to be learnt
 * right behind the login's last word; where that is not taken, it is done once more, step by step. On failure
 * *error says what, where and what to do: domains NET_ERROR, SASL_ERROR, IMAP_ERROR. (transfer full)
 * (nullable)
 */
ImapSession *imap_session_open (const ImapOpening *opening, GError **error);
/* What spares the next run round trips; no secret is in it. (transfer full) */
char *imap_session_get_memory (const ImapSession *session);
void imap_session_free (ImapSession *session); /* no farewell: imap_session_logout first where one is due */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ImapSession, imap_session_free)

gboolean imap_session_has (const ImapSession *session, ImapCapability capability);
/* TRUE when QRESYNC (RFC 7162) was enabled at the login, and the server said so. */
gboolean imap_session_tells_vanished (const ImapSession *session);
NetConnection *imap_session_get_connection (ImapSession *session);
const char *imap_session_get_tls_description (ImapSession *session); /* for `check`: "TLSv1.3", or "no TLS" */

/* The shortest time in which a command was answered so far, in microseconds: no less than a round trip, and
 * hardly more when a light command was among them. G_MAXINT64: none was. */
gint64 imap_session_get_round_trip (const ImapSession *session);

/* FALSE with a copy of the sticky error when the session has failed. */
gboolean imap_session_check (const ImapSession *session, GError **error);
/* While nobody waits for this one, and others of its context are waited for. */
void imap_session_set_resting (ImapSession *session, gboolean resting);

/* How many connections the server took when it was last asked for more, within the last day; 0: never told.
 */
guint imap_session_get_connection_limit (const ImapSession *session);
void imap_session_note_connection_limit (ImapSession *session, guint limit);

/* COMPRESS DEFLATE (RFC 4978), a round trip with nothing else under way. TRUE also where it can't be had:
 * not offered, refused, TLS compresses already, or found broken in an earlier run; and where something is
 * foretold: ask again later. */
gboolean imap_session_compress (ImapSession *session, GError **error);
gboolean imap_session_is_compressed (const ImapSession *session);

/* Prefix of the personal namespace, decoded UTF-8 with the delimiter at its end, "" for none; delimiter '\0'
 * = NIL. */
const char *imap_session_get_prefix (const ImapSession *session);
char imap_session_get_delimiter (const ImapSession *session);

/* The first of these two takes what was listed at the login, if nothing else was asked for since.
 *
 * LIST "" "*" with special uses where offered: (transfer container, element-type ImapListItem). A name listed
 * twice is there once; \Noselect and \NonExistent items are in it. */
GPtrArray *imap_session_list (ImapSession *session, GError **error);
/* The same, and *statuses (transfer container, element-type ImapMailboxStatus) of what can be selected: by
 * LIST-STATUS where offered, else by pipelined STATUS. A mailbox whose STATUS was refused has none. */
GPtrArray *imap_session_list_with_status (ImapSession *session, GPtrArray **statuses, GError **error);

/* TRUE when `item` has the attribute (ASCII case aside), e.g. "\\Trash". XLIST-era names count too. */
gboolean imap_list_item_has (const ImapListItem *item, const char *attribute);

/* SELECT (EXAMINE when `examine`). Returns what is valid until the next select, owned by the session; its
 * values follow later responses. After IMAP_ERROR_REFUSED no mailbox is selected. */
const ImapSelected *
imap_session_select (ImapSession *session, const char *wire_name, gboolean examine, GError **error);
/* SELECT, UID FETCH and UID SEARCH sent before they are asked for, in the order in which they will be: a
 * later select or batch with the very same command finds it under way. Only while nothing is under way;
 * answers are not read before they are asked for. Another command than those foretold costs the answers, and
 * a SELECT of the mailbox selected now. What is left undone by FALSE is merely not foretold. */
gboolean imap_session_foretell_select (ImapSession *session, const char *wire_name, gboolean examine);
gboolean imap_session_foretell_uid_fetch (ImapSession *session, const ImapUidSet *set, const char *items);
gboolean imap_session_foretell_uid_fetch_from (ImapSession *session, guint32 first, const char *items);
gboolean imap_session_foretell_uid_search (ImapSession *session, const char *criteria);
/* TRUE while a SELECT is that nobody has asked for yet. */
gboolean imap_session_has_foretold_select (const ImapSession *session);

/* The mailbox selected now, or NULL. */
const ImapSelected *imap_session_get_selected (ImapSession *session);

/* UNSELECT; without it EXAMINE of a mailbox that can't exist; never CLOSE, which expunges. */
gboolean imap_session_unselect (ImapSession *session, GError **error);

gboolean imap_session_noop (ImapSession *session, GError **error);
/* Fills in the numbers; the strings of *status stay NULL. */
gboolean
imap_session_status (ImapSession *session, const char *wire_name, ImapMailboxStatus *status, GError **error);
/* CREATE and SUBSCRIBE. [ALREADYEXISTS] is success. */
gboolean imap_session_create (ImapSession *session, const char *wire_name, GError **error);

/* SUBSCRIBE: a refusal is no failure. */
gboolean imap_session_subscribe (ImapSession *session, const char *wire_name, GError **error);

/* RENAME, which takes what lies below along (RFC 9051 section 6.3.6); the subscription follows. */
gboolean imap_session_rename (ImapSession *session, const char *from, const char *to, GError **error);
/* DELETE and UNSUBSCRIBE. A mailbox that is gone already is success. It must not be the selected one. */
gboolean imap_session_delete (ImapSession *session, const char *wire_name, GError **error);

/* UTF-8 mailbox name -> what this session sends (modified UTF-7, or UTF-8 after ENABLE). (transfer full) */
char *imap_session_encode_name (ImapSession *session, const char *mailbox);

/* The response code of the last tagged NO, so that a caller can tell OVERQUOTA from TOOBIG. */
ImapCodeType imap_session_get_last_code (const ImapSession *session);

/* LOGOUT, then close, without waiting for the answer. Bounded by the timeout; errors are of no interest. */
void imap_session_logout (ImapSession *session);
