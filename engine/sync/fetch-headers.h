/* Header fields of messages on the server, for pairing and for uploads in doubt (contract C2.1, C2.2). */
#pragma once

#include "account-sync.h"

/* One message on the server, as far as a header tells. */
typedef struct
{
  guint32 uid;
  guint64 size; /* RFC822.SIZE less other tools' lines */
  guint64 remote_size;
  gint64 internal_date;
  MessageFlags flags;
  MessageIdentity identity;   /* message_id, date, header */
  gboolean has_header_digest; /* the whole header was read */
} RemoteHeader;

/* (transfer full) (element-type RemoteHeader) of the messages in `set` that answered. `whole`: all header
 * fields, for the header digest; else Message-ID, Date and other tools' lines only. */
GPtrArray *
mailbox_sync_fetch_set_headers (MailboxSync *mailbox, const ImapUidSet *set, gboolean whole, GError **error);

/* For the new messages of one mailbox where anything is new here too: fills PlanRemote.identity, and the
 * header digest of those that Message-ID, Date and size do not tell apart. */
gboolean mailbox_sync_needs_headers (MailboxSync *mailbox);
/* TRUE when a message is new here, or has other content than the base says. */
gboolean mailbox_sync_has_new_here (MailboxSync *mailbox);
gboolean mailbox_sync_fetch_headers (MailboxSync *mailbox, GError **error);

/* PlanRemote.identity of these new messages: Message-ID and Date; `whole`: the header digest too. */
gboolean
mailbox_sync_fetch_names (MailboxSync *mailbox, const ImapUidSet *set, gboolean whole, GError **error);

/* The full digests of the messages in `set`, their bodies read to nowhere. (transfer full): UID ->
 * MessageDigest, of those that the server gave. */
GHashTable *mailbox_sync_fetch_digests (MailboxSync *mailbox, const ImapUidSet *set, GError **error);
