/* A small blocking IMAP client for tests: what is really on the server, and changes made "elsewhere".
 *
 * It speaks in clear to a port of 127.0.0.1, shares nothing with the engine that it checks, and ends the test
 * program when the server says anything but OK. Mailbox names are UTF-8. Message bytes go and come exactly as
 * they are.
 */
#pragma once

#include <gio/gio.h>

typedef struct _ImapClient ImapClient;

typedef struct
{
  guint32 uid;
  char *flags;  /* sorted, a space between, without \Recent */
  gint64 date;  /* INTERNALDATE, seconds since the epoch */
  gsize size;   /* RFC822.SIZE */
  GBytes *body; /* BODY[] */
} ImapClientMessage;

ImapClient *
imap_client_new (guint16 port, const char *user, const char *password);
void
imap_client_free (ImapClient *client);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ImapClient, imap_client_free)

/* Sends one command without its tag. (transfer full): all untagged lines of the answer, literals in place. */
char *
imap_client_command (ImapClient *client, const char *format, ...) G_GNUC_PRINTF (2, 3);
/* The same, and says only whether the tagged answer was OK. */
gboolean
imap_client_try (ImapClient *client, const char *format, ...) G_GNUC_PRINTF (2, 3);

/* (transfer full): a mailbox name as it stands in a command, quoted and in modified UTF-7 (RFC 3501, 5.1.3).
 */
char *
imap_client_encode_name (const char *name);

void
imap_client_create (ImapClient *client, const char *mailbox);
void
imap_client_delete (ImapClient *client, const char *mailbox);
void
imap_client_rename (ImapClient *client, const char *mailbox, const char *to);

/* (transfer full): the names of all mailboxes that can be selected, sorted. */
GStrv
imap_client_list (ImapClient *client);
/* (transfer full): the same of LSUB. */
GStrv
imap_client_list_subscribed (ImapClient *client);
/* An item of STATUS: "MESSAGES", "UIDNEXT", "UIDVALIDITY", "UNSEEN". */
guint32
imap_client_status (ImapClient *client, const char *mailbox, const char *item);

/* `flags` as in "\\Seen $Work", "" for none; `date` in seconds since the epoch, 0 for now. The bytes go as
 * they are. Returns the UID, 0 from a server without UIDPLUS. */
guint32
imap_client_append (ImapClient *client, const char *mailbox, const char *flags, gint64 date,
                    gconstpointer data, gsize length);

/* Many messages in one command (MULTIAPPEND): begin, any number of adds, end. An empty one cancels all. */
void
imap_client_append_begin (ImapClient *client, const char *mailbox);
void
imap_client_append_add (ImapClient *client, const char *flags, gint64 date, gconstpointer data, gsize length);
void
imap_client_append_end (ImapClient *client);

/* (transfer container, element-type ImapClientMessage): the mailbox by rising UID, read without marking. */
GPtrArray *
imap_client_fetch_all (ImapClient *client, const char *mailbox);

/* `uids` is a UID set: "3", "1:*", "2,4:6". `change` as in "+FLAGS (\\Seen)". */
void
imap_client_store (ImapClient *client, const char *mailbox, const char *uids, const char *change);
void
imap_client_expunge (ImapClient *client, const char *mailbox, const char *uids);
void
imap_client_move (ImapClient *client, const char *mailbox, const char *uids, const char *to);
void
imap_client_copy (ImapClient *client, const char *mailbox, const char *uids, const char *to);
