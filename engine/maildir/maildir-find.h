/* Where one message's file is now: within the module only. */
#pragma once

#include "maildir-box.h"
#include "maildir-message.h"
#include "../message/text-safe.h"

typedef struct
{
  int fd;     /* of new/ or cur/; the box's */
  char *file; /* name in it */
  gboolean in_new;
} MaildirLocation;

void maildir_location_clear (MaildirLocation *location);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (MaildirLocation, maildir_location_clear)

/* The hint where it is right (and wanted), else a search. GONE. Who then finds the file gone again asks again
 * without the hint, MAILDIR_LOOKS_MAX times in all. */
gboolean maildir_locate (MaildirBox *box, const MaildirPlace *place, gboolean trust_hint,
                         MaildirLocation *location, GError **error);

gboolean maildir_file_has_base (const char *file, const char *base, char separator);

/* GONE; always FALSE. */
gboolean maildir_set_gone (MaildirBox *box, const char *base, GError **error);
