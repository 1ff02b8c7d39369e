/* The state of one import from a POP3 maildrop, which its flows share (contract C7), and their order:
 *
 *   import-account.c    the whole: open, list, the flows below, what listings lack, close
 *   import-target.c     the mailbox that is delivered to; what a crash left staged
 *   import-memory.c     what was taken before: which listed message is known. Pure
 *   import-headers.c    messages without UIDL that TOP recognises
 *   import-held.c       what the target holds already by full digest
 *   import-retrieve.c   RETR into tmp/          import-settle.c   durable, recorded, visible
 *   import-delete.c     DELE and QUIT
 *
 * Each listed message has at most one row, each row at most one listed message. What becomes of a message
 * that was retrieved, in the order in which they came:
 *
 *   its row has this UIDL and digest (only the size was another)   known
 *   a row with this digest is free (import-memory.h)               known, under its new UIDL
 *   the target holds more files with this digest than there are
 *   listed messages that they belong to                            noted, not delivered
 *   else                                                           delivered
 *
 * So two messages of the maildrop with equal content become two files, and after a lost journal these two
 * files are found for them again; one that was here before is taken for one of them.
 */
#pragma once

#include "../pop3/pop3-batch.h"
#include "import-held.h"
#include "import-memory.h"

typedef struct _Import Import;

/* One listed message. */
typedef struct
{
  const Pop3Message *listed;
  ImportRow *row;     /* (nullable) it is known, and kept durably */
  gboolean retrieved; /* whole, in this session */
  gboolean marked;    /* DELE was answered with +OK */
} ImportMessage;

struct _Import
{
  AccountSync *account;
  ImportTarget target;
  Pop3Session *session;
  ImportMemory *memory;
  ImportHeld *held; /* (nullable) until something is to be retrieved */
  MaildirSyncer *syncer; /* (nullable) until then */
  GArray *messages;    /* of ImportMessage, as listed */
  guint n_unretrieved; /* the server did not give them */
  gint64 now;          /* seconds since 1970 */
};

/* Messages without UIDL that TOP shows to be known get their rows: no download, but no DELE either. */
gboolean import_read_headers (Import *import, GError **error);

/* Retrieves all without a row, and settles them group by group. */
gboolean import_retrieve (Import *import, GError **error);

/* What leave-on-server no longer protects is deleted; QUIT's answer decides whether it was. */
gboolean import_delete_and_quit (Import *import, GError **error);
/* TRUE when leave-on-server tells to delete it. */
gboolean import_wants_deleted (const Import *import, const ImportRow *row);

/* Writes what changed in the memory. Inside a transaction. */
gboolean import_write_rows (Import *import, GError **error);
