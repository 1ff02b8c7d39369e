/* Messages that go up together: what upload.c prepares and records, and upload-send.c sends. */
#pragma once

#include "uploads-in-doubt.h"

/* One message on its way up. */
typedef struct
{
  const PlanOperation *operation;
  const LocalContent *content;
  JournalUpload intent; /* strings borrowed from observation and settings */
  MaildirUpload *file;
  ImapStatus status;
  gboolean answered, is_final;
  gboolean cancelled;  /* its command was refused because of it or of another message: it may go up alone */
  char *reason;        /* of a refusal */
  guint32 uid;         /* APPENDUID's, checked; 0: in doubt */
  UploadedMessage now; /* as the server shows it afterwards */
} Upload;

typedef struct
{
  MailboxSync *mailbox;
  GPtrArray *uploads;   /* of Upload; each command takes some of them, next to each other */
  GHashTable *attempts; /* base name -> JournalUpload of an earlier attempt that was not found */
  GHashTable *known;    /* UIDs that belong to some message of the journal */
  guint64 octets;
} UploadBatch;

/* Sends all and waits for the answers, which each Upload takes. Where MULTIAPPEND is offered, what follows on
 * each other goes in one command; that it was refused says nothing yet of each message. */
gboolean upload_batch_send (UploadBatch *batch, GError **error);
/* What the server really keeps of each that it named by APPENDUID: flags, size, date. */
gboolean upload_batch_look (UploadBatch *batch, GError **error);
