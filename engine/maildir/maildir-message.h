/* One message's file: reading, flags in its name, removing. Each call finds the file by its base name where
 * the hint (file name of the last scan) has gone stale; regular files only, O_NOFOLLOW. */
#pragma once

#include "maildir-scan.h"
#include "../message/message-identity.h"

/* Where a message was when last seen. */
typedef struct
{
  const char *base;
  const char *file; /* (nullable) hint */
  gboolean in_new;
} MaildirPlace;

typedef struct
{
  guint64 size;
  gint64 mtime_ns, ctime_ns;
} MaildirFileStamp;

/* Open for reading: (transfer full) descriptor >= 0, or -1 with GONE or IO. *stamp (nullable) is the open
 * file's. */
int
maildir_message_open (MaildirBox *box, const MaildirPlace *place, MaildirFileStamp *stamp, GError **error);

/* Size, digests and header values of the file's message; EAGAIN-like changes while reading are GONE-free: the
 * stamp before equals the stamp after, else the read is repeated (3 times, then IO). */
gboolean maildir_message_identify (MaildirBox *box, const MaildirPlace *place, MessageIdentity *identity,
                                   MaildirFileStamp *stamp, GError **error);

/* The file as an upload: each bare LF made CRLF, nothing else changed; pulled in pieces. */
typedef struct _MaildirUpload MaildirUpload;
MaildirUpload *
maildir_upload_open (MaildirBox *box, const MaildirPlace *place, MaildirFileStamp *stamp, GError **error);
gboolean maildir_upload_read (guint8 *buffer, gsize size, gsize *length, gpointer upload, GError **error);
/* TRUE when size, mtime and ctime of the file are still `stamp` (contract C3.1). */
gboolean maildir_upload_is_unchanged (MaildirUpload *upload, const MaildirFileStamp *stamp);
void maildir_upload_free (MaildirUpload *upload);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MaildirUpload, maildir_upload_free)

/* Renames to the wanted flags (new/ -> cur/ when any is set; a file in cur/ stays there), never replacing.
 * Only the bits in the masks are touched, others stay as the file has them now: a client may have changed
 * them meanwhile. *file (transfer full) (nullable pointer) is the new name. No fsync: maildir_box_sync. */
gboolean
maildir_message_set_flags (MaildirBox *box, const MaildirPlace *place, guint8 system, guint8 system_mask,
                           guint32 letters, guint32 letters_mask, char **file, GError **error);

/* *file (transfer full) is its name now. */
gboolean maildir_message_find (MaildirBox *box, const MaildirPlace *place, char **file, gboolean *in_new,
                               GError **error);
gboolean
maildir_message_stat (MaildirBox *box, const MaildirPlace *place, MaildirFileStamp *stamp, GError **error);
/* Without reading a directory: TRUE when a file stands where this program would have put the message with
 * these flags. *file (transfer full) is its name. FALSE says nothing: others write letters in another order.
 */
gboolean maildir_message_guess (MaildirBox *box, const char *base, guint8 system, guint32 letters,
                                char **file, gboolean *in_new, MaildirFileStamp *stamp);
gboolean
maildir_message_set_mtime (MaildirBox *box, const MaildirPlace *place, gint64 seconds, GError **error);

/* Unlinks, only while the file still has `stamp` (size and mtime); else IO "changed meanwhile", nothing
 * removed. */
gboolean maildir_message_remove (MaildirBox *box, const MaildirPlace *place, const MaildirFileStamp *stamp,
                                 GError **error);
