/* A message's file goes from one mailbox to another: a rename, so that its bytes, its date, its flags and
 * mostly its name stay. */
#pragma once

#include "maildir-message.h"

/* Into new/ or cur/ of `to`, as it is in `from`, under `base` and with these keyword letters instead of its
 * own, which are `from_letters`; never replacing. Only while the file has `stamp` (size and mtime) and those
 * letters: else IO "changed meanwhile". GONE; EXISTS. No fsync: maildir_box_sync of both, that of `to` first.
 */
gboolean maildir_message_move (MaildirBox *from, const MaildirPlace *place, const MaildirFileStamp *stamp,
                               guint32 from_letters, MaildirBox *to, const char *base, guint32 letters,
                               GError **error);
