/* What the Maildir that a POP3 account delivers to holds already, by full digest (contract C7.2): the files
 * of all its mailboxes, whoever brought them.
 *
 * A digest is taken from the journal of the Maildir's account or from what was read before, as long as base
 * name, size and time of the file are the same; else the file is read, once.
 */
#pragma once

#include "import-target.h"

typedef struct _ImportHeld ImportHeld;

/* A mailbox that can't be read is reported as left and holds nothing. (transfer full) (nullable) */
ImportHeld *import_held_load (AccountSync *account, const ImportTarget *target, GError **error);
void import_held_free (ImportHeld *held);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ImportHeld, import_held_free)

/* TRUE when more files than `claims` have this content: one of them was read once more and is durable now, so
 * that the server's copy is needed no longer. */
gboolean import_held_has (ImportHeld *held, const MessageDigest *digest, guint claims);
