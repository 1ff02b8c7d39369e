/* What this account has taken from its maildrop before, in memory: which listed message is known (contract
 * C7.1, C7.2). Decides and has no effects.
 *
 * A row is *listed* in this session when the maildrop has its message: found by UIDL and size, by TOP, or by
 * full digest after a download. A message number is never an identity, and a UIDL under which the size is
 * another than before is no identity either: the server gave it to another message.
 *
 * A row that is not listed, and whose message was not deleted by us, may be listed under a new UIDL (a server
 * that was moved, or has UIDLs now and had none before): a message that comes with its full digest is that
 * message. So each row explains one message of the maildrop, and real duplicates keep their count.
 */
#pragma once

#include "../journal/journal-pop3.h"
#include "../message/message-identity.h"

typedef struct _ImportRow ImportRow;
struct _ImportRow
{
  JournalPop3Message stored; /* as in the journal; strings are the memory's */
  gboolean listed;
  gboolean delivered; /* in this session: its file is none of those that were here before */
  gboolean changed;   /* since it was read or written */
  ImportRow *next;    /* (nullable) another one with this full digest; the memory's own */
};

typedef struct _ImportMemory ImportMemory;

/* (transfer full) (nullable). Nothing is listed yet. */
ImportMemory *import_memory_load (Journal *journal, GError **error);
void import_memory_free (ImportMemory *memory);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ImportMemory, import_memory_free)

/* All rows: (transfer none, element-type ImportRow). */
const GPtrArray *import_memory_get_rows (const ImportMemory *memory);

/* (nullable) the row with this UIDL, whatever its size. */
ImportRow *import_memory_find_uidl (ImportMemory *memory, const char *uidl);

/* The rows with this full digest that are listed, without those delivered in this session: so many of the
 * files with this content belong to other messages of the maildrop. */
guint import_memory_count_claims (ImportMemory *memory, const MessageDigest *digest);
/* (nullable) one with this full digest whose message may be listed under another identity: see above. */
ImportRow *import_memory_find_free (ImportMemory *memory, const MessageDigest *digest);

/* TRUE when its message may be listed under another identity. */
gboolean import_row_is_free (const ImportRow *row);

/* The message of `row` is listed as `uidl` (nullable) with this size. Where the row has another UIDL, that
 * one is remembered, and another row takes the digest over. Returns the row that now stands for the message;
 * what `changed` tells is to be written, a row with id 0 to be added after the others were. */
ImportRow *import_memory_identify (ImportMemory *memory, ImportRow *row, const char *uidl, guint64 size);
/* A new row, listed: of this message. */
ImportRow *import_memory_add (ImportMemory *memory, const char *uidl, guint64 size,
                              const MessageIdentity *identity, gint64 now);
/* The UIDL of `row` belongs to another message now: the row keeps its digest alone. */
void import_memory_take_uidl (ImportMemory *memory, ImportRow *row);

/* TRUE when leave-on-server no longer protects the message, `days` after it was taken. */
gboolean import_row_is_older (const ImportRow *row, guint days, gint64 now);
