/* Files become durable while the next ones are being written: an fsync takes what the disk needs, which a
 * message that comes from the network need not wait for.
 *
 * Threads of its own, which share nothing but the descriptors that are handed to them. One thread adds and
 * waits. No more than MAILDIR_SYNCER_FILES are under way; adding waits then.
 */
#pragma once

#include <glib.h>

#define MAILDIR_SYNCER_FILES 64

typedef struct _MaildirSyncer MaildirSyncer;

/* (transfer full). Threads are started with the first file; where none can be, adding syncs by itself. */
MaildirSyncer *maildir_syncer_new (void);
/* Waits for what is under way. */
void maildir_syncer_free (MaildirSyncer *syncer);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MaildirSyncer, maildir_syncer_free)

/* Takes the descriptor over: syncs and closes it. */
void maildir_syncer_add (MaildirSyncer *syncer, int fd);

/* Waits until all that was added is done. FALSE, once: some file since the last wait is not durable; none of
 * them is to be trusted. *cause: errno. */
gboolean maildir_syncer_wait (MaildirSyncer *syncer, int *cause);
