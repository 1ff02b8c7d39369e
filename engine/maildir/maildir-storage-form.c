#include "maildir-storage-form.h"
#include "maildir-file.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#define BUFFER_SIZE (64 * 1024)
/* While widening, a third of the buffer is read and the rest takes it, at most twice as long. */
#define WIDEN_SIZE (BUFFER_SIZE / 3)

struct _MaildirStorageForm
{
  int fd;
  gboolean exact;     /* byte for byte */
  gboolean cr_held;   /* LF form: a CR came last and is not in the buffer yet */
  gboolean cr_before; /* LF form: before that CR another one came */
  guint64 written;    /* octets in the file */
  guint64 line_feeds; /* LF form: LFs in file and buffer, each of which stands for CRLF */
  gsize filled;
  guint8 buffer[BUFFER_SIZE];
};

MaildirStorageForm *
maildir_storage_form_new (int fd)
{
  MaildirStorageForm *form = g_new (MaildirStorageForm, 1);

  form->fd = fd;
  form->exact = FALSE;
  form->cr_held = FALSE;
  form->cr_before = FALSE;
  form->written = 0;
  form->line_feeds = 0;
  form->filled = 0;
  return form;
}

void
maildir_storage_form_free (MaildirStorageForm *form)
{
  g_free (form);
}

static gboolean
write_through (MaildirStorageForm *form, const guint8 *data, gsize length)
{
  form->written += length;
  return maildir_file_write_all (form->fd, data, length);
}

static gboolean
flush (MaildirStorageForm *form)
{
  gsize length = form->filled;

  form->filled = 0;
  return length == 0 || write_through (form, form->buffer, length);
}

static gboolean
put (MaildirStorageForm *form, const guint8 *data, gsize length)
{
  if (length > BUFFER_SIZE - form->filled && !flush (form))
    return FALSE;
  if (length >= BUFFER_SIZE)
    return write_through (form, data, length);
  memcpy (form->buffer + form->filled, data, length);
  form->filled += length;
  return TRUE;
}

static gboolean
put_held_cr (MaildirStorageForm *form)
{
  const guint8 cr = '\r';
  gboolean held = form->cr_held;

  form->cr_held = FALSE;
  return !held || put (form, &cr, 1);
}

static gboolean
read_at (int fd, guint8 *data, gsize length, guint64 offset)
{
  while (length > 0)
    {
      gssize got = pread (fd, data, length, (off_t)offset);

      if (got < 0 && errno == EINTR)
        continue;
      if (got <= 0)
        {
          errno = got == 0 ? EIO : errno; /* somebody cut the file */
          return FALSE;
        }
      data += got;
      length -= (gsize)got;
      offset += (guint64)got;
    }
  return TRUE;
}

static gboolean
write_at (int fd, const guint8 *data, gsize length, guint64 offset)
{
  while (length > 0)
    {
      gssize written = pwrite (fd, data, length, (off_t)offset);

      if (written < 0 && errno == EINTR)
        continue;
      if (written <= 0)
        {
          errno = written == 0 ? EIO : errno;
          return FALSE;
        }
      data += written;
      length -= (gsize)written;
      offset += (guint64)written;
    }
  return TRUE;
}

/* Turns each LF of data into CRLF at `wide`; how long that is. */
static gsize
widen_piece (const guint8 *data, gsize length, guint8 *wide)
{
  gsize filled = 0;

  for (gsize i = 0; i < length; i++)
    {
      if (data[i] == '\n')
        wide[filled++] = '\r';
      wide[filled++] = data[i];
    }
  return filled;
}

/* From LF form to byte for byte. From the end to the start each piece moves towards the end by as many octets
 * as there are LFs before it, so it never covers what is still to be read. */
static gboolean
become_exact (MaildirStorageForm *form)
{
  guint64 from, to;

  if (!flush (form))
    return FALSE;
  from = form->written;
  to = form->written + form->line_feeds;
  form->exact = TRUE;
  form->written = to;
  while (from < to)
    {
      gsize length = (gsize)MIN (from, WIDEN_SIZE);
      gsize wide;

      from -= length;
      if (!read_at (form->fd, form->buffer, length, from))
        return FALSE;
      wide = widen_piece (form->buffer, length, form->buffer + WIDEN_SIZE);
      to -= wide;
      if (!write_at (form->fd, form->buffer + WIDEN_SIZE, wide, to))
        return FALSE;
    }
  return lseek (form->fd, (off_t)form->written, SEEK_SET) >= 0;
}

/* The octets before a line's end, or before the end of what there is: CRs among them are text. */
static gboolean
put_text (MaildirStorageForm *form, const guint8 *data, gsize length)
{
  gboolean ends_in_cr;
  gboolean cr_before;

  if (length == 0)
    return TRUE;
  ends_in_cr = data[length - 1] == '\r';
  cr_before = length > 1 ? data[length - 2] == '\r' : form->cr_held;
  if (!put_held_cr (form) || !put (form, data, length - ends_in_cr))
    return FALSE;
  form->cr_held = ends_in_cr;
  form->cr_before = cr_before;
  return TRUE;
}

/* An LF came. FALSE with errno; *fits tells whether it can be stored in LF form. */
static gboolean
put_line_feed (MaildirStorageForm *form, gboolean *fits)
{
  const guint8 lf = '\n';

  *fits = form->cr_held && !form->cr_before;
  if (!*fits)
    return TRUE;
  form->cr_held = FALSE;
  form->line_feeds++;
  return put (form, &lf, 1);
}

gboolean
maildir_storage_form_write (MaildirStorageForm *form, const guint8 *data, gsize length)
{
  const guint8 *end = data + length;

  while (!form->exact && data < end)
    {
      const guint8 *lf = memchr (data, '\n', (gsize)(end - data));
      gboolean fits = TRUE;

      if (!put_text (form, data, (gsize)((lf != NULL ? lf : end) - data)))
        return FALSE;
      if (lf != NULL && !put_line_feed (form, &fits))
        return FALSE;
      if (!fits && (!become_exact (form) || !put_held_cr (form)))
        return FALSE;
      /* The LF that did not fit is the first octet that goes as it came. */
      data = lf == NULL ? end : fits ? lf + 1 : lf;
    }
  return data == end || put (form, data, (gsize)(end - data));
}

gboolean
maildir_storage_form_finish (MaildirStorageForm *form)
{
  return put_held_cr (form) && flush (form);
}
