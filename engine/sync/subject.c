#include "subject.h"

#include "../message/text-safe.h"

#include <gmime/gmime.h>
#include <unistd.h>

#define HEADER_OCTETS (64 * 1024)

char *
subject_decode (const char *raw)
{
  static gsize is_ready = 0;

  if (g_once_init_enter (&is_ready))
    {
      g_mime_init ();
      g_once_init_leave (&is_ready, 1);
    }

  g_autofree char *decoded = raw != NULL ? g_mime_utils_header_decode_text (NULL, raw) : NULL;

  return text_make_safe (decoded != NULL ? decoded : raw);
}

char *
words_subject (const char *decoded)
{
  return *decoded != '\0' ? g_strdup_printf ("“%s”", decoded) : g_strdup ("(no subject)");
}

char *
mailbox_sync_subject (MailboxSync *mailbox, const char *base)
{
  MaildirPlace place = mailbox_sync_place (mailbox, base);
  g_auto (MessageIdentity) identity = { 0 };
  g_autofree guint8 *octets = g_malloc (HEADER_OCTETS);
  int fd = mailbox->box != NULL ? maildir_message_open (mailbox->box, &place, NULL, NULL) : -1;
  gssize length = fd >= 0 ? read (fd, octets, HEADER_OCTETS) : -1;

  if (fd >= 0)
    close (fd);
  if (length > 0)
    message_identity_from_header (octets, length, &identity, NULL);
  return identity.subject != NULL ? subject_decode (identity.subject) : text_make_safe (base);
}
