/* Putting messages into a mailbox durably, in batches, in the order of contract C2.1:
 *
 *   begin, write..., finish    each message: streamed into tmp/BASE, digest taken, mtime set, file synced
 *   maildir_box_sync_tmp       tmp/ entries durable      -> the journal may say "staged"
 *   maildir_box_publish        each message: renamed into new/ or cur/, never replacing
 *   maildir_box_sync           new/ and cur/ durable     -> the journal may say "present"
 *
 * Storage form (contract C1.5): with LF when turning every bare LF of the stored file into CRLF gives the
 * octets that came; any other message byte for byte. Memory: one buffer of 64 KiB, whatever the message.
 */
#pragma once

#include "maildir.h"
#include "maildir-syncer.h"
#include "../message/message-identity.h"

typedef struct _MaildirDelivery MaildirDelivery;

/* Starts tmp/BASE (O_EXCL, 0600). (transfer full) (nullable) */
MaildirDelivery *maildir_delivery_begin (MaildirBox *box, const char *base, GError **error);
gboolean maildir_delivery_write (MaildirDelivery *delivery, const guint8 *data, gsize length, GError **error);

/* Instead of writes: the whole content of the open file `fd`, as it is stored there; shared with it where the
 * file system can (reflink). *digest: the full digest of what was copied. */
gboolean maildir_delivery_copy (MaildirDelivery *delivery, int fd, MessageDigest *digest, GError **error);
/* Instead of either: the file gets another name, if it has this date already. FALSE: it can't (another file
 * system, too many names, none allowed), and the delivery is as it was. */
gboolean
maildir_delivery_link (MaildirDelivery *delivery, int fd, gint64 internal_date, MessageDigest *digest);

typedef struct
{
  MessageIdentity identity;
  guint64 file_size; /* octets of the file as stored */
  gint64 mtime_ns;   /* as set */
} MaildirDelivered;

/* Ends the message: mtime is `internal_date` (seconds since 1970), the file is synced. A failed write, sync
 * or close discards the file. */
gboolean maildir_delivery_finish (MaildirDelivery *delivery, gint64 internal_date,
                                  MaildirDelivered *delivered, GError **error);
/* The same, but the file is added to the syncer's group. */
gboolean maildir_delivery_finish_later (MaildirDelivery *delivery, MaildirSyncer *syncer,
                                        gint64 internal_date, MaildirDelivered *delivered, GError **error);
/* Frees; an unfinished delivery's file is removed. */
void maildir_delivery_free (MaildirDelivery *delivery);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MaildirDelivery, maildir_delivery_free)

gboolean maildir_box_sync_tmp (MaildirBox *box, GError **error);

/* tmp/BASE -> new/BASE when there is neither flag nor letter, else cur/BASE:2,LETTERS. EXISTS, GONE. */
gboolean
maildir_box_publish (MaildirBox *box, const char *base, guint8 system, guint32 letters, GError **error);

gboolean
maildir_box_sync (MaildirBox *box,
                  GError **error); /* fsync of new/ and cur/; DAMAGED when they were replaced meanwhile */

/* The same in the background, for many messages and while more of them come (maildir-syncer.h): what the two
 * above sync is added to the syncer's group. */
MaildirSyncer *maildir_box_syncer_new (MaildirBox *box); /* (transfer full) */
gboolean maildir_box_sync_tmp_later (MaildirBox *box, MaildirSyncer *syncer, GError **error);
gboolean maildir_box_sync_later (MaildirBox *box, MaildirSyncer *syncer, GError **error);
/* Waits for the sealed group. FALSE: nothing in it is to be trusted; DAMAGED as above. */
gboolean maildir_box_wait_synced (MaildirBox *box, MaildirSyncer *syncer, GError **error);

/* TRUE when tmp/BASE exists (after a crash: finish it). */
gboolean maildir_box_has_tmp (MaildirBox *box, const char *base);
gboolean maildir_box_remove_tmp (MaildirBox *box, const char *base, GError **error);

/* Removes regular files of tmp/ that were last touched more than 36 hours before `now` (seconds since 1970):
 * what a crash left of deliveries that never became staged. By ctime, since our own files carry the message's
 * date. Anything that can't be removed is left. */
void maildir_box_clean_tmp (MaildirBox *box, gint64 now);
