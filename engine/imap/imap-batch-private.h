/* What the two files of the batch share. */
#pragma once

#include "imap-batch.h"
#include "imap-session-private.h"

typedef struct
{
  ImapBatch *batch;
  ImapDoneFunc done; /* (nullable) */
  gpointer user_data;
  guint unanswered;        /* commands */
  ImapResponse *worst;     /* (nullable) the worst answer so far */
  ImapUidSet *found;       /* (nullable) SEARCH: the caller's */
  gboolean found_told;     /* a result came */
  gboolean found_too_much; /* it can't be true */
  ImapUidSet *moving;      /* (nullable) MOVE: what was asked for */
  guint64 uidvalidity;     /* with source and target: all COPYUID of the call */
  GArray *source;          /* (nullable) */
  GArray *target;          /* (nullable) */
} ImapCall;

struct _ImapBatch
{
  ImapSession *session;
  guint outstanding;
  ImapFetchFunc fetch; /* (nullable) */
  gpointer fetch_data;
  ImapModifiedFunc modified; /* (nullable) */
  gpointer modified_data;
  ImapUidSet *vanished; /* (nullable) the caller's */
  GQueue searches;      /* ImapCall, under way */
  GQueue moves;         /* ImapCall, under way */
};

ImapCall *imap_call_new (ImapBatch *batch, ImapDoneFunc done, gpointer user_data);
void imap_call_unref (ImapCall *call);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ImapCall, imap_call_unref)
void imap_call_send (ImapCall *call, ImapRequest *request /* (transfer full) */);
void imap_call_answered (ImapRequest *request, ImapResponse *answer, gpointer user_data);

void imap_batch_observe (ImapResponse *response, gpointer user_data);
/* FALSE when nothing may be sent: the session has failed (the wait says so), or a caller's bug (critical). */
gboolean imap_batch_prepare (ImapBatch *batch, const char *function);
gboolean imap_batch_prepare_selected (ImapBatch *batch, const char *function);
