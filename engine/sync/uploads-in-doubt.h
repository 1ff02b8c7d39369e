/* Uploads that were sent: what makes them part of the base, and what finds them when no answer told (contract
 * C2.1). */
#pragma once

#include "account-sync.h"

/* What the server says of an uploaded message now. */
typedef struct
{
  guint32 uid;
  MessageFlags flags;
  guint64 remote_size;
  gint64 internal_date;
  const char *email_id; /* (nullable) */
  gboolean later;       /* found again later, when others may have changed its flags */
} UploadedMessage;

/* Inside a transaction: the base row of an upload that is known to have arrived; its intent and its queue
 * entry go. The row of a replaced content becomes one without a file, so that the next plan deletes its old
 * UID. */
gboolean mailbox_sync_confirm_upload (MailboxSync *mailbox, const JournalUpload *upload,
                                      const UploadedMessage *message, GError **error);

/* Looks for every unconfirmed upload of the selected mailbox, at and above the UIDNEXT of its intent: by
 * Message-ID and Date, then size and header digest, then the body. What is found becomes part of the base;
 * what is not keeps its intent, so that it is counted when it is sent once more. */
gboolean mailbox_sync_settle_uploads (MailboxSync *mailbox, GError **error);

/* (transfer full) a copy of all columns, strings included. */
JournalUpload *journal_upload_copy (const JournalUpload *upload);
void journal_upload_free (JournalUpload *upload);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (JournalUpload, journal_upload_free)

/* Adds every UID that belongs to a message of the journal. */
gboolean mailbox_sync_collect_uids (MailboxSync *mailbox, GHashTable *uids, GError **error);

/* The mailbox's unconfirmed uploads: (transfer full) (element-type JournalUpload). */
GPtrArray *mailbox_sync_load_uploads (MailboxSync *mailbox, GError **error);

/* The base name given to the row of a replaced content: no file ever has it. */
#define REPLACED_PREFIX "~replaced."
