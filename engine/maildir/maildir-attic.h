/* The attic: what dovetail removed locally, kept for some days (contract C3.6). A directory of plain files,
 * 0700; what they were is in the journal. */
#pragma once

#include "maildir-message.h"

typedef struct _MaildirAttic MaildirAttic;

MaildirAttic *maildir_attic_open (const char *path, GError **error); /* made when missing */
void maildir_attic_free (MaildirAttic *attic);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MaildirAttic, maildir_attic_free)

/* A link to the message's file, else a synced copy, under `name` (durable when it returns). An equal name:
 * replaced only by itself, i.e. success when it is the same file already. */
gboolean maildir_attic_keep (MaildirAttic *attic, const char *name, MaildirBox *box,
                             const MaildirPlace *place, GError **error);
/* A copy back into the mailbox's tmp/BASE, synced, mtime kept: then sync_tmp, publish, sync as any delivery.
 */
gboolean maildir_attic_restore (MaildirAttic *attic, const char *name, MaildirBox *box, const char *base,
                                MaildirFileStamp *stamp, GError **error);
gboolean maildir_attic_remove (MaildirAttic *attic, const char *name, GError **error); /* absent is success */

/* Removes the files that were put there before `before` (seconds since 1970), also those that no journal
 * knows. By ctime, since a kept file carries the message's date. */
void maildir_attic_clean (MaildirAttic *attic, gint64 before);
