/* Messages that are new on the server, and by what they are known to be one that is here already (contract
 * C4.1): the same id of the content (EMAILID, X-GM-MSGID), else the same Message-ID and Date, which are
 * fetched only where size and INTERNALDATE are the same. Size and INTERNALDATE are always compared: an id is
 * a server's word. Drafts, which share Message-ID and Date with what they were before, and what has none, are
 * known by an id or by their whole text only.
 *
 * Where the other one stays, as with a copy, these fields name two messages: then all header fields have to
 * be the same. One mail that came to two addresses at once may differ in nothing else.
 */
#pragma once

#include "account-sync.h"

typedef struct
{
  MailboxSync *mailbox;
  PlanOperation *download; /* of its plan; valid until the plan changes */
  gboolean is_taken;       /* for the user of the struct */
} Arrived;

const PlanRemote *arrived_message (const Arrived *arrived);

/* Files can come to the mailbox, and its UIDs mean something in the next run too. */
gboolean mailbox_sync_takes_files (const MailboxSync *mailbox);

/* Texts that are equal where messages are alike. (transfer full): (nullable) without an id, without
 * Message-ID or Date. */
char *alike_stamp_key (guint64 remote_size, gint64 internal_date);
char *alike_id_key (const char *email_id, guint64 remote_size, gint64 internal_date);
char *alike_name_key (guint64 remote_size, gint64 internal_date, const MessageIdentity *identity);
/* The same with the header digest, which is valid. */
char *alike_header_key (guint64 remote_size, gint64 internal_date, const MessageIdentity *identity);
/* (nullable) of a new message whose header digest is known. */
char *alike_remote_header_key (const PlanRemote *remote);
/* The server says that these contents (nullable: ids) are different ones, whatever else is the same. */
gboolean alike_ids_differ (const char *a, const char *b);
gboolean alike_is_draft (MessageFlags flags);

/* Puts the item into the group of that key (transfer full). */
void alike_add (GHashTable *groups, char *key, gpointer item);
/* (transfer full): key -> GPtrArray. */
GHashTable *alike_groups_new (void);

/* PlanRemote.identity of those (element-type Arrived) of which it is not known: Message-ID and Date; `whole`:
 * the header digest too. */
gboolean
account_sync_fetch_names (AccountSync *account, const GPtrArray *arrived, gboolean whole, GError **error);
/* The full digests of those (element-type Arrived), their bodies read to nowhere. (transfer full): Arrived ->
 * MessageDigest, of those that the server gave. */
GHashTable *account_sync_fetch_digests (AccountSync *account, const GPtrArray *arrived, GError **error);
