/* Files become durable in the background, group by group, while those of the next group are being written: a
 * disk takes its time, which a message that comes from the network need not wait for.
 *
 *   add...   the open group        seal   nothing more comes to it; it is made durable
 *   wait     it is, or is not      meanwhile the next group may be added to
 *
 * A group is made durable by an fsync of each file, in several threads; a large one by a single syncfs, where
 * the file system is known to honour that (maildir-syncfs.h): which is many times cheaper, but waits for
 * other programs' files too.
 *
 * The threads share nothing with their owner but the descriptors that are handed to them. One thread adds,
 * seals and waits.
 */
#pragma once

#include <glib.h>

/* Files under way; adding more waits. */
#define MAILDIR_SYNCER_FILES 64
/* A group of more than so many is large. */
#define MAILDIR_SYNCER_FEW 16

typedef struct _MaildirSyncer MaildirSyncer;

/* (transfer full). `whole_fd` (transfer full): a descriptor for syncfs on the file system that all files lie
 * on, or -1. Threads start with the first work; where none can be, it is done by whoever hands it over. */
MaildirSyncer *maildir_syncer_new (int whole_fd);
/* Waits for what is under way. */
void maildir_syncer_free (MaildirSyncer *syncer);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MaildirSyncer, maildir_syncer_free)

/* Takes the descriptor of a file or a directory over, to be synced and closed. */
void maildir_syncer_add (MaildirSyncer *syncer, int fd);

/* Nothing more comes to the group. The one before must have been waited for. */
void maildir_syncer_seal (MaildirSyncer *syncer);
/* TRUE: to wait for the sealed group would take time. */
gboolean maildir_syncer_is_busy (MaildirSyncer *syncer);
/* Waits until the sealed group is done. FALSE: some file of it is not durable; none is to be trusted. *cause:
 * errno. */
gboolean maildir_syncer_wait (MaildirSyncer *syncer, int *cause);
