/* What is to come down of one mailbox, newest first, as it is handed out to the connections that fetch it. */
#pragma once

#include "account-sync.h"
#include "arrivals.h"

typedef struct
{
  MailboxSync *mailbox;
  Arrivals *arrivals;  /* (nullable) the caller's */
  GHashTable *wanted;  /* uid -> PlanOperation: not arrived yet */
  GHashTable *asked;   /* uid -> who was asked for it */
  guint left;          /* of mailbox->remote: what lies behind was handed out */
  guint64 octets_left; /* of what was not handed out */
  guint64 came;        /* octets of messages that arrived */
} DownloadSource;

void download_source_init (DownloadSource *source, MailboxSync *mailbox);
void download_source_clear (DownloadSource *source);

/* The next messages for a command of at most so many octets, unless one alone is larger; empty: all were
 * handed out. (transfer full) */
ImapUidSet *download_source_take (DownloadSource *source, gpointer who, guint64 octets);
/* What was asked of `who` and has not come is handed out anew. */
void download_source_give_back (DownloadSource *source, gpointer who);
/* (nullable) the operation that wants this message. */
const PlanOperation *download_source_find (const DownloadSource *source, guint32 uid);
void download_source_note_arrival (DownloadSource *source, guint32 uid, guint64 octets);
