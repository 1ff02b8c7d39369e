#include "maildir-find.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#define BUFFER_SIZE (64 * 1024)

struct _MaildirUpload
{
  MaildirFd fd;
  char *label;      /* for messages */
  gboolean cr_last; /* the octet given out last was a CR: an LF behind it is not bare */
  gsize next, filled;
  guint8 buffer[BUFFER_SIZE];
};

MaildirUpload *
maildir_upload_open (MaildirBox *box, const MaildirPlace *place, MaildirFileStamp *stamp, GError **error)
{
  int fd = maildir_message_open (box, place, stamp, error);
  g_autofree char *safe = NULL;
  MaildirUpload *upload;

  if (fd < 0)
    return NULL;
  safe = text_make_safe (place->base);
  upload = g_new (MaildirUpload, 1);
  upload->fd = fd;
  upload->label = g_strdup_printf ("%s: message %s", box->label, safe);
  upload->cr_last = FALSE;
  upload->next = upload->filled = 0;
  return upload;
}

void
maildir_upload_free (MaildirUpload *upload)
{
  maildir_fd_close (upload->fd);
  g_free (upload->label);
  g_free (upload);
}

/* FALSE with errno; nothing is in the buffer at the end of the file. */
static gboolean
refill (MaildirUpload *upload)
{
  gssize got;

  do
    got = read (upload->fd, upload->buffer, BUFFER_SIZE);
  while (got < 0 && errno == EINTR);
  upload->next = 0;
  upload->filled = got > 0 ? (gsize)got : 0;
  return got >= 0;
}

/* Up to the next LF, as it is; how many octets went to `output`. */
static gsize
give_text (MaildirUpload *upload, guint8 *output, gsize size)
{
  const guint8 *text = upload->buffer + upload->next;
  gsize available = MIN (upload->filled - upload->next, size);
  const guint8 *lf = memchr (text, '\n', available);
  gsize length = lf != NULL ? (gsize)(lf - text) : available;

  if (length == 0)
    return 0;
  memcpy (output, text, length);
  upload->next += length;
  upload->cr_last = text[length - 1] == '\r';
  return length;
}

/* At an LF: first the CR it lacks, then the LF itself. */
static guint8
give_line_end (MaildirUpload *upload)
{
  upload->cr_last = !upload->cr_last;
  if (upload->cr_last)
    return '\r';
  upload->next++;
  return '\n';
}

gboolean
maildir_upload_read (guint8 *buffer, gsize size, gsize *length, gpointer user_data, GError **error)
{
  MaildirUpload *upload = user_data;
  gsize given = 0;

  while (given < size)
    {
      gsize text;

      if (upload->next == upload->filled && !refill (upload))
        {
          maildir_set_error_from_errno (error, errno, "%s can't be read", upload->label);
          return FALSE;
        }
      if (upload->filled == 0)
        break;
      text = give_text (upload, buffer + given, size - given);
      given += text;
      if (text == 0)
        buffer[given++] = give_line_end (upload);
    }
  *length = given;
  return TRUE;
}

gboolean
maildir_upload_is_unchanged (MaildirUpload *upload, const MaildirFileStamp *stamp)
{
  struct stat info;

  return fstat (upload->fd, &info) == 0 && (guint64)info.st_size == stamp->size &&
         maildir_file_time_ns (&info.st_mtim) == stamp->mtime_ns &&
         maildir_file_time_ns (&info.st_ctim) == stamp->ctime_ns;
}
