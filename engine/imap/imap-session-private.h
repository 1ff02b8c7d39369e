/* What the files of the session share. Everything here is for one thread, like the session. */
#pragma once

#include "imap-memory.h"
#include "imap-request.h"
#include "imap-selection.h"
#include "grammar/imap-parser.h"

typedef enum
{
  IMAP_STATE_CONNECTING,
  IMAP_STATE_GREETED,
  IMAP_STATE_SECURING, /* STARTTLS was accepted: not one more octet may come before the handshake */
  IMAP_STATE_AUTHENTICATED,
  IMAP_STATE_SELECTED,
  IMAP_STATE_LOGGED_OUT,
  IMAP_STATE_FAILED,
} ImapState;

/* Untagged data that belongs to an authenticated session; it may take things out of the response. */
typedef void (*ImapUntaggedFunc) (ImapResponse *response, gpointer user_data);

typedef struct _ImapListing ImapListing;

struct _ImapSession
{
  char *where; /* "host:port" */
  NetConnection *connection;
  ImapParser *parser;
  ImapState state;
  GError *failure;        /* (nullable) sticky */
  gboolean plain_allowed; /* security=none: the connection saw to it that the peer is a loopback address */
  gboolean is_private; /* TLS is verified, or the peer is a loopback address and plain text was asked for */
  guint in_handler;    /* > 0: the caller's code runs; it may not come back in */
  ImapLogFunc log;
  gpointer log_data;

  char **capability_words; /* (nullable) as the server wrote them */
  guint capabilities;      /* ImapCapability bits */
  gboolean utf8;           /* mailbox names are UTF-8 on the wire */
  gboolean tells_vanished; /* QRESYNC is enabled, by the server's own word */
  char *prefix;
  char delimiter;
  ImapCodeType last_code;
  gint64 round_trip;       /* the shortest so far */
  gboolean deflates;       /* COMPRESS was accepted */
  gboolean deflate_proven; /* and something was understood since */

  guint last_tag;
  const char *last_command; /* (nullable) static */
  GHashTable *requests;     /* tag -> ImapRequest */
  GQueue outbox;            /* ImapRequest, the first one perhaps begun */
  gsize outbox_octets;
  guint detached;          /* of `requests`, those that nobody waits for any more */
  ImapRequest *challenged; /* (nullable) AUTHENTICATE: takes continuations as challenges */

  const ImapMemory *memory; /* (nullable) of the last run; during the login only */
  gboolean hurries;         /* the greeting is not waited for */
  ImapMemory *learnt;       /* for the next run */
  gboolean lists_at_login;
  GQueue foretold;      /* see imap-foretell.c */
  GByteArray *held;     /* input that nobody has asked for yet */
  gboolean dropping;    /* what comes is an answer to what was foretold and not asked for */
  GPtrArray *flight;    /* (nullable) ImapRequest: what is being learnt */
  ImapListing *listing; /* (nullable) that was begun with it */

  ImapSelection *selection; /* (nullable) */
  gboolean selecting;

  ImapUntaggedFunc collect; /* (nullable) of the command sent alone */
  gpointer collect_data;
  ImapUntaggedFunc observe; /* (nullable) of the batch */
  gpointer observe_data;
  const ImapBodySink *sink; /* (nullable) of the batch */
  gpointer sink_data;
};

/* imap-session.c */
void imap_session_advance (ImapSession *session, ImapState to);
/* Waits for something to happen and handles it; a failure is recorded in the session. */
void imap_session_iterate (ImapSession *session);
/* The same for several sessions of one context at once. */
void imap_sessions_iterate (ImapSession *const *sessions, guint count);
/* Makes `error` (transfer full) the sticky one, with place and last command in its message. */
void imap_session_fail (ImapSession *session, GError *error);
/* An error that names the place. */
void imap_session_set_error (const ImapSession *session, GError **error, GQuark domain, int code,
                             const char *format, ...) G_GNUC_PRINTF (5, 6);
void imap_session_log (ImapSession *session, const char *format, ...) G_GNUC_PRINTF (2, 3);
/* FALSE, with a critical warning, from inside a handler. */
gboolean imap_session_may_call (const ImapSession *session, const char *function);
/* After the connection is open, and after STARTTLS: looks whether it is private now. */
void imap_session_note_privacy (ImapSession *session);
/* (transfer full) the server's words made safe; "" for what came in clear where TLS is wanted. */
char *imap_session_server_text (const ImapSession *session, const char *text);
/* A parser that knows nothing of what came before. */
void imap_session_renew_parser (ImapSession *session);
void imap_session_set_utf8 (ImapSession *session);

/* imap-foretell.c */
void imap_foretold_clear (ImapSession *session);
/* TRUE: input has to wait until somebody asks for it. */
gboolean imap_foretold_holds_input (const ImapSession *session);
/* TRUE when the request, of these parts, is under way already and is to be awaited. What was foretold before
 * it is read and dropped. */
gboolean
imap_foretold_take (ImapSession *session, ImapRequest *request, const GPtrArray *parts, const char *tag);

/* imap-mailboxes.c */
ImapCommand *imap_select_command (const char *wire_name, gboolean examine);
/* The mailbox that is believed to be selected, after the server was led elsewhere. FALSE: it is another now.
 */
gboolean imap_select_again (ImapSession *session, GError **error);

/* imap-batch-commands.c: UID SEARCH, by ESEARCH where offered */
ImapCommand *imap_search_command (const ImapSession *session, const char *criteria);

/* Servers take lines of 8000 octets (RFC 7162 section 4); a set leaves room for the rest. */
#define IMAP_SET_LENGTH 7000

/* imap-alone.c: may a command be sent alone now? FALSE with an error; a critical warning for a caller's bug
 */
gboolean imap_alone_begin (ImapSession *session, const char *function, GError **error);
/* Sends `command` (transfer full) alone and demands OK. `collect` (nullable) sees the untagged data. */
gboolean imap_alone_run (ImapSession *session, const char *name, const char *subject, ImapCommand *command,
                         ImapUntaggedFunc collect, gpointer collect_data, GError **error);

/* imap-list.c: a listing that is begun in a flight, for the first call that lists */
ImapListing *imap_listing_begin (ImapSession *session);
/* Moves LIST and STATUS data out of the response. */
void imap_listing_take (ImapListing *listing, ImapResponse *response);
gboolean imap_listing_await (ImapListing *listing, GError **error);
void imap_listing_free (ImapListing *listing);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ImapListing, imap_listing_free)

/* imap-compress.c: tells the next run when it was compression that broke the session */
void imap_compress_note_failure (ImapSession *session, const GError *error);

/* imap-learn.c: sends the flight; waits for it. Between them nobody else may collect untagged data. */
void imap_learn_send (ImapSession *session);
gboolean imap_learn_await (ImapSession *session, GError **error);

/* imap-status.c: mailboxes beyond IMAP_MAX_MAILBOXES are passed over: nobody has that many */
#define IMAP_MAX_MAILBOXES 100000
const char *imap_status_items (const ImapSession *session);
GPtrArray *imap_status_array_new (void);
/* Moves a STATUS response into `user_data`, an array of ImapMailboxStatus. */
void imap_status_collect (ImapResponse *response, gpointer user_data);
/* STATUS of each selectable ImapListItem, pipelined; one that is refused is left out. */
gboolean imap_status_ask_all (ImapSession *session, GPtrArray *items, GPtrArray *statuses, GError **error);

/* imap-capabilities.c */
gboolean imap_capabilities_contain (const char *const *words, const char *word);
void imap_capabilities_set (ImapSession *session, const char *const *words);
void imap_capabilities_forget (ImapSession *session);
gboolean imap_capabilities_ask (ImapSession *session, GError **error);
/* (transfer full): the mechanisms of AUTH= */
GStrv imap_capabilities_mechanisms (const ImapSession *session);
ImapLiteralMode imap_capabilities_literal_mode (const ImapSession *session);

/* imap-login.c */
gboolean imap_login (ImapSession *session, const Account *account, const char *secret, GError **error);
/* TRUE when the account's server may be talked to as it was in the last run, unheard. */
gboolean imap_login_may_hurry (const Account *account, const ImapMemory *memory);
gboolean imap_login_greeting (ImapSession *session, const ImapResponse *response, GError **error);

/* imap-authenticate.c */
gboolean imap_authenticate (ImapSession *session, const Account *account, const char *secret, GError **error);
