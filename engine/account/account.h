/* One account's settings: plain data, read from the configuration, never changed afterwards.
 * What each key means and its default: contract C9. Shared between threads; read only. */
#pragma once

#include <glib.h>

typedef enum
{
  ACCOUNT_PROTOCOL_IMAP,
  ACCOUNT_PROTOCOL_POP3,
} AccountProtocol;

typedef enum
{
  ACCOUNT_SECURITY_TLS,      /* TLS from the first byte */
  ACCOUNT_SECURITY_STARTTLS, /* mandatory STARTTLS (RFC 9051 section 6.2.1) */
  ACCOUNT_SECURITY_NONE,     /* plain text; refused unless the connected peer is a loopback address */
} AccountSecurity;

typedef enum
{
  ACCOUNT_LAYOUT_NESTED,    /* INBOX/, Work/2024/ */
  ACCOUNT_LAYOUT_MAILDIRPP, /* INBOX is the root, .Work.2024 */
} AccountLayout;

typedef enum
{
  ACCOUNT_DELETE_TRASH,   /* to the mailbox marked \Trash where there is one */
  ACCOUNT_DELETE_EXPUNGE, /* \Deleted and UID EXPUNGE */
} AccountDelete;

/* gmail: how a message is kept here that Gmail shows by several labels (contract C4.3) */
typedef enum
{
  ACCOUNT_GMAIL_COPY,      /* one file for each; where the file system can, they share their blocks */
  ACCOUNT_GMAIL_HARD_LINK, /* one file with several names, but for drafts */
  ACCOUNT_GMAIL_ALL_MAIL,  /* no labels: All Mail, Drafts, Spam and Trash only */
} AccountGmail;

/* leave-on-server (contract C7.3) */
typedef enum
{
  ACCOUNT_LEAVE_ALWAYS,
  ACCOUNT_LEAVE_DAYS,
  ACCOUNT_LEAVE_NOT,
} AccountLeave;

typedef struct
{
  char *name; /* [account NAME]; [A-Za-z0-9._-], 1 to 64 characters, never starting with a dot */
  AccountProtocol protocol;
  char *host;
  guint16 port;
  AccountSecurity security;
  char *tls_ca_file; /* (nullable) one more trust anchor, PEM */
  char *tls_pin; /* (nullable) "sha256//" and base64 of the SHA-256 of the key (SPKI) or of the certificate */
  char *user;
  char *password_command; /* (nullable) run by /bin/sh -c; its first line is the password */
  char *token_command;    /* (nullable) the same for an OAuth 2.0 access token; then there is no password */
  char *maildir;          /* absolute path */
  AccountLayout layout;
  char **mailboxes;  /* patterns, "!" first excludes, the last match wins; never empty: {"*", NULL} */
  guint timeout;     /* seconds without a byte, 1 to 3600 */
  guint connections; /* at most, 1 to 16 */
  AccountDelete delete_mode;
  gboolean expunge_marked;
  gboolean hold_deletions;  /* FALSE: max-delete=off */
  guint max_delete_count;   /* more than this many and ... */
  guint max_delete_percent; /* ... more than this share, 0 to 100: held (contract C1.4) */
  guint keep_deleted;       /* days in the attic; 0: no attic */
  AccountGmail gmail;
  char info_separator;   /* ':' unless the file system refuses it; one of : ; ! + - */
  AccountLeave leave;    /* POP3 */
  guint leave_days;      /* 1 to 36500, with ACCOUNT_LEAVE_DAYS */
  char *deliver_to;      /* (nullable: IMAP) UTF-8, "/" between levels, INBOX in capitals */
  char *deliver_account; /* (nullable) POP3: the account whose mailbox deliver_to is and whose Maildir this is
                          */
  char *state_dir;       /* $XDG_STATE_HOME/dovetail/NAME: journal.sqlite, attic/, lock, TLS tickets */
} Account;

void account_free (Account *account);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Account, account_free)

/* TRUE when `mailbox` (UTF-8, "/" between levels, INBOX in capitals) is to be synchronized: `*` matches
 * everything,
 * `%` all but "/", and the last pattern of account->mailboxes that matches decides; none matching excludes.
 */
gboolean account_wants_mailbox (const Account *account, const char *mailbox);

/* TRUE when one of account->mailboxes, a "!" before it aside, matches `mailbox`. */
gboolean account_pattern_matches (const char *pattern, const char *mailbox);
