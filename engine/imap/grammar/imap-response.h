/* Everything a server can say, typed (RFC 9051 section 9 and the extensions named beside each field).
 *
 * A response is one line with its literals. Strings are octets as the server sent them, NUL-terminated,
 * untrusted: make them safe (text_make_safe) before they meet a terminal, a log or a path. Mailbox names are
 * already decoded to valid UTF-8, or NULL with `raw` set when that can't be done.
 */
#pragma once

#include "imap-uid-set.h"

typedef enum
{
  IMAP_STATUS_OK,
  IMAP_STATUS_NO,
  IMAP_STATUS_BAD,
  IMAP_STATUS_PREAUTH,
  IMAP_STATUS_BYE,
} ImapStatus;

typedef enum
{
  IMAP_CODE_NONE,
  IMAP_CODE_OTHER, /* unknown or malformed: has a name, is otherwise ignored */
  IMAP_CODE_ALERT,
  IMAP_CODE_ALREADYEXISTS,
  IMAP_CODE_APPENDUID, /* uidvalidity, target */
  IMAP_CODE_AUTHENTICATIONFAILED,
  IMAP_CODE_AUTHORIZATIONFAILED,
  IMAP_CODE_CANNOT,
  IMAP_CODE_CAPABILITY, /* strings */
  IMAP_CODE_CLOSED,
  IMAP_CODE_CONTACTADMIN,
  IMAP_CODE_COPYUID, /* uidvalidity, source, target */
  IMAP_CODE_EXPIRED,
  IMAP_CODE_EXPUNGEISSUED,
  IMAP_CODE_HIGHESTMODSEQ, /* number */
  IMAP_CODE_INUSE,
  IMAP_CODE_LIMIT,
  IMAP_CODE_MAILBOXID, /* text: the id (RFC 8474) */
  IMAP_CODE_MODIFIED,  /* set (RFC 7162) */
  IMAP_CODE_NOMODSEQ,
  IMAP_CODE_NONEXISTENT,
  IMAP_CODE_NOPERM,
  IMAP_CODE_OVERQUOTA,
  IMAP_CODE_PERMANENTFLAGS, /* strings */
  IMAP_CODE_PRIVACYREQUIRED,
  IMAP_CODE_READ_ONLY,
  IMAP_CODE_READ_WRITE,
  IMAP_CODE_SERVERBUG,
  IMAP_CODE_TOOBIG,
  IMAP_CODE_TRYCREATE,
  IMAP_CODE_UIDNEXT, /* number */
  IMAP_CODE_UIDNOTSTICKY,
  IMAP_CODE_UIDVALIDITY, /* number */
  IMAP_CODE_UNAVAILABLE,
} ImapCodeType;

typedef struct
{
  ImapCodeType type;
  char *name;      /* (nullable) as sent, for OTHER */
  guint64 number;  /* UIDVALIDITY, UIDNEXT, HIGHESTMODSEQ; of APPENDUID and COPYUID the UIDVALIDITY */
  char **strings;  /* (nullable) CAPABILITY, PERMANENTFLAGS */
  char *text;      /* (nullable) MAILBOXID */
  ImapUidSet *set; /* (nullable) MODIFIED */
  GArray *source;  /* (nullable) guint32, COPYUID in the order sent */
  GArray *target;  /* (nullable) guint32, COPYUID and APPENDUID */
} ImapCode;

typedef enum
{
  IMAP_RESPONSE_TAGGED,
  IMAP_RESPONSE_CONDITION,    /* untagged OK NO BAD PREAUTH BYE */
  IMAP_RESPONSE_CONTINUATION, /* text */
  IMAP_RESPONSE_CAPABILITY,   /* strings */
  IMAP_RESPONSE_ENABLED,      /* strings */
  IMAP_RESPONSE_FLAGS,        /* strings */
  IMAP_RESPONSE_LIST,         /* list; LSUB and XLIST too */
  IMAP_RESPONSE_STATUS,       /* mailbox_status */
  IMAP_RESPONSE_SEARCH,       /* set, never NULL; SEARCH, and ESEARCH's ALL (then tag) */
  IMAP_RESPONSE_EXISTS,       /* number */
  IMAP_RESPONSE_EXPUNGE,      /* number (a sequence number) */
  IMAP_RESPONSE_VANISHED,     /* set, earlier */
  IMAP_RESPONSE_FETCH,        /* fetch */
  IMAP_RESPONSE_NAMESPACE,    /* prefix, delimiter of the first personal namespace */
  IMAP_RESPONSE_OTHER,        /* RECENT, ID, SORT, anything unknown: ignored */
} ImapResponseType;

typedef struct
{
  char **attributes; /* "\\Noselect", "\\Trash" ... never NULL */
  char delimiter;    /* '\0' for NIL */
  char *mailbox;     /* (nullable) UTF-8, decoded, the server's delimiter kept; INBOX in capitals */
  char *raw;         /* as sent (modified UTF-7 or UTF-8): what commands must send back */
  char *old_name;    /* (nullable) OLDNAME, decoded (RFC 9051 section 6.3.9.7) */
} ImapListItem;

typedef enum
{
  IMAP_STATUS_ITEM_MESSAGES = 1 << 0,
  IMAP_STATUS_ITEM_UIDNEXT = 1 << 1,
  IMAP_STATUS_ITEM_UIDVALIDITY = 1 << 2,
  IMAP_STATUS_ITEM_UNSEEN = 1 << 3,
  IMAP_STATUS_ITEM_HIGHESTMODSEQ = 1 << 4,
} ImapStatusItem;

typedef struct
{
  char *mailbox; /* (nullable) decoded */
  char *raw;
  guint present; /* ImapStatusItem bits */
  guint32 messages, uidnext, uidvalidity, unseen;
  guint64 highestmodseq;
} ImapMailboxStatus;

typedef enum
{
  IMAP_FETCH_UID = 1 << 0,
  IMAP_FETCH_FLAGS = 1 << 1,
  IMAP_FETCH_SIZE = 1 << 2,
  IMAP_FETCH_INTERNALDATE = 1 << 3,
  IMAP_FETCH_MODSEQ = 1 << 4,
  IMAP_FETCH_EMAILID = 1 << 5,
  IMAP_FETCH_HEADER = 1 << 6, /* BODY[HEADER] or BODY[HEADER.FIELDS ...]: in `header` */
  IMAP_FETCH_BODY = 1 << 7,   /* BODY[]: was streamed to the body sink; NIL or "" counts as an empty body */
} ImapFetchItem;

typedef struct
{
  guint present;    /* ImapFetchItem bits: what this response held */
  guint32 sequence; /* message sequence number: for expunge accounting inside the session only */
  guint32 uid;
  guint64 size;         /* RFC822.SIZE, octets */
  gint64 internal_date; /* seconds since 1970-01-01 UTC */
  guint64 modseq;
  char *email_id; /* (nullable) EMAILID (RFC 8474) or X-GM-MSGID in decimal */
  char **flags;   /* (nullable) NULL-terminated */
  GBytes *header; /* (nullable) at most 1 MiB */
} ImapFetch;

typedef struct
{
  ImapResponseType type;
  char *tag;         /* TAGGED; of ESEARCH the correlated tag (nullable) */
  ImapStatus status; /* TAGGED, CONDITION */
  ImapCode code;     /* TAGGED, CONDITION; type NONE when absent */
  char *text;        /* TAGGED, CONDITION, CONTINUATION: human text or challenge; "" when absent */
  guint64 number;
  char **strings;
  ImapUidSet *set;
  gboolean earlier; /* VANISHED (EARLIER) */
  ImapListItem list;
  ImapMailboxStatus mailbox_status;
  ImapFetch fetch;
  char *prefix;   /* (nullable) NAMESPACE, decoded */
  char delimiter; /* NAMESPACE */
} ImapResponse;

ImapResponse *imap_response_new (ImapResponseType type);
void imap_response_free (ImapResponse *response);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ImapResponse, imap_response_free)
