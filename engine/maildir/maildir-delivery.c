#include "maildir-delivery.h"
#include "maildir-box.h"
#include "maildir-name.h"
#include "maildir-storage-form.h"
#include "maildir-syncfs.h"
#include "../message/text-safe.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

struct _MaildirDelivery
{
  MaildirBox *box;
  char *base;
  MaildirFd fd; /* -1 once the message is finished or its file discarded */
  MaildirStorageForm *form;
  MessageHasher *hasher;
  gboolean is_copy;
  MessageIdentity copied; /* of a copy */
  gboolean is_link;
  struct stat linked; /* of a link, from before it was read */
};

static void
set_tmp_error (MaildirBox *box, const char *base, int error_number, const char *what, GError **error)
{
  g_autofree char *safe = text_make_safe (base);

  if (error_number == EEXIST)
    g_set_error (error, MAILDIR_ERROR, MAILDIR_ERROR_EXISTS,
                 "%s/tmp/%s: there is a file of that name already", box->label, safe);
  else
    maildir_set_error_from_errno (error, error_number, "%s/tmp/%s: %s", box->label, safe, what);
}

static gboolean
check_base (MaildirBox *box, const char *base, GError **error)
{
  if (maildir_file_is_name (base))
    return TRUE;
  set_tmp_error (box, base, EINVAL, "no name for a message", error);
  return FALSE;
}

MaildirDelivery *
maildir_delivery_begin (MaildirBox *box, const char *base, GError **error)
{
  MaildirDelivery *delivery;
  int fd;

  if (!check_base (box, base, error))
    return NULL;
  fd = openat (box->tmp_fd, base, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (fd < 0)
    {
      set_tmp_error (box, base, errno, "could not be made", error);
      return NULL;
    }
  delivery = g_new0 (MaildirDelivery, 1);
  delivery->box = box;
  delivery->base = g_strdup (base);
  delivery->fd = fd;
  delivery->form = maildir_storage_form_new (fd);
  delivery->hasher = message_hasher_new ();
  return delivery;
}

static void
discard (MaildirDelivery *delivery)
{
  if (delivery->fd < 0)
    return;
  close (maildir_fd_steal (&delivery->fd));
  unlinkat (delivery->box->tmp_fd, delivery->base, 0);
}

static gboolean
fail (MaildirDelivery *delivery, int error_number, GError **error)
{
  discard (delivery);
  set_tmp_error (delivery->box, delivery->base, error_number, "could not be written", error);
  return FALSE;
}

gboolean
maildir_delivery_write (MaildirDelivery *delivery, const guint8 *data, gsize length, GError **error)
{
  if (delivery->fd < 0)
    return fail (delivery, EBADF, error);
  if (!maildir_storage_form_write (delivery->form, data, length))
    return fail (delivery, errno, error);
  message_hasher_update (delivery->hasher, data, length);
  return TRUE;
}

/* FALSE with errno. */
static gboolean
hash_copied (MaildirDelivery *delivery, MessageDigest *digest)
{
  if (lseek (delivery->fd, 0, SEEK_SET) < 0 || !maildir_file_hash (delivery->fd, delivery->hasher))
    return FALSE;
  message_identity_clear (&delivery->copied);
  message_hasher_finish (delivery->hasher, &delivery->copied);
  delivery->is_copy = TRUE;
  *digest = delivery->copied.full;
  return TRUE;
}

gboolean
maildir_delivery_copy (MaildirDelivery *delivery, int fd, MessageDigest *digest, GError **error)
{
  if (delivery->fd < 0)
    return fail (delivery, EBADF, error);
  /* What is hashed is the copy, which nobody else writes to. */
  if (!maildir_file_copy (fd, delivery->fd) || !hash_copied (delivery, digest))
    return fail (delivery, errno, error);
  return TRUE;
}

static gboolean
has_date (int fd, gint64 date, struct stat *info)
{
  return fstat (fd, info) == 0 && info->st_mtim.tv_sec == date && info->st_mtim.tv_nsec == 0;
}

/* The very file that is open, whatever has its old name now. */
static gboolean
link_to_tmp (int fd, int tmp_fd, const char *base)
{
  g_autofree char *path = g_strdup_printf ("/proc/self/fd/%d", fd);
  g_autofree char *name = g_strconcat (base, ".link", NULL);

  if (linkat (AT_FDCWD, path, tmp_fd, name, AT_SYMLINK_FOLLOW) < 0)
    return FALSE;
  if (renameat (tmp_fd, name, tmp_fd, base) == 0)
    return TRUE;
  unlinkat (tmp_fd, name, 0);
  return FALSE;
}

gboolean
maildir_delivery_link (MaildirDelivery *delivery, int fd, gint64 internal_date, MessageDigest *digest)
{
  if (delivery->fd < 0 || !has_date (fd, internal_date, &delivery->linked) ||
      !link_to_tmp (fd, delivery->box->tmp_fd, delivery->base))
    return FALSE;
  delivery->is_link = TRUE;
  /* What can't be read has no digest that anybody expects. */
  if (dup3 (fd, delivery->fd, O_CLOEXEC) < 0 || !hash_copied (delivery, digest))
    *digest = (MessageDigest){ 0 };
  return TRUE;
}

/* mtime before fsync, so that the date is as durable as the text. FALSE with errno. */
static gboolean
settle_file (MaildirDelivery *delivery, gint64 internal_date, struct stat *info)
{
  const struct timespec times[2] = { { .tv_nsec = UTIME_OMIT }, { .tv_sec = (time_t)internal_date } };

  /* Others may write to it under its other names: that has to show. */
  if (delivery->is_link)
    {
      *info = delivery->linked;
      return TRUE;
    }
  return maildir_storage_form_finish (delivery->form) && futimens (delivery->fd, times) == 0 &&
         fstat (delivery->fd, info) == 0;
}

static void
fill_delivered (MaildirDelivery *delivery, const struct stat *info, MaildirDelivered *delivered)
{
  if (delivery->is_copy)
    {
      delivered->identity = delivery->copied;
      delivery->copied = (MessageIdentity){ 0 };
    }
  else
    message_hasher_finish (delivery->hasher, &delivered->identity);
  delivered->file_size = (guint64)info->st_size;
  delivered->mtime_ns = maildir_file_time_ns (&info->st_mtim);
}

gboolean
maildir_delivery_finish (MaildirDelivery *delivery, gint64 internal_date, MaildirDelivered *delivered,
                         GError **error)
{
  struct stat info;

  if (delivery->fd < 0)
    return fail (delivery, EBADF, error);
  if (!settle_file (delivery, internal_date, &info) || fsync (delivery->fd) < 0)
    return fail (delivery, errno, error);
  if (close (maildir_fd_steal (&delivery->fd)) < 0)
    {
      int cause = errno;

      unlinkat (delivery->box->tmp_fd, delivery->base, 0);
      return fail (delivery, cause, error);
    }
  fill_delivered (delivery, &info, delivered);
  return TRUE;
}

gboolean
maildir_delivery_finish_later (MaildirDelivery *delivery, MaildirSyncer *syncer, gint64 internal_date,
                               MaildirDelivered *delivered, GError **error)
{
  struct stat info;

  if (delivery->fd < 0)
    return fail (delivery, EBADF, error);
  if (!settle_file (delivery, internal_date, &info))
    return fail (delivery, errno, error);
  maildir_syncer_add (syncer, maildir_fd_steal (&delivery->fd));
  fill_delivered (delivery, &info, delivered);
  return TRUE;
}

void
maildir_delivery_free (MaildirDelivery *delivery)
{
  discard (delivery);
  maildir_storage_form_free (delivery->form);
  message_hasher_free (delivery->hasher);
  message_identity_clear (&delivery->copied);
  g_free (delivery->base);
  g_free (delivery);
}

static gboolean
sync_directory (MaildirBox *box, int fd, const char *name, GError **error)
{
  if (fsync (fd) == 0)
    return TRUE;
  maildir_set_error_from_errno (error, errno, "%s/%s: could not be made durable", box->label, name);
  return FALSE;
}

gboolean
maildir_box_sync_tmp (MaildirBox *box, GError **error)
{
  return sync_directory (box, box->tmp_fd, "tmp", error);
}

static void
set_publish_error (MaildirBox *box, const char *part, const char *file, int error_number, GError **error)
{
  g_autofree char *safe = text_make_safe (file);

  if (error_number == ENOENT)
    g_set_error (error, MAILDIR_ERROR, MAILDIR_ERROR_GONE, "%s/tmp/%s is not there any more", box->label,
                 safe);
  else if (error_number == EEXIST)
    g_set_error (error, MAILDIR_ERROR, MAILDIR_ERROR_EXISTS, "%s/%s/%s is there already and was not replaced",
                 box->label, part, safe);
  else
    maildir_set_error_from_errno (error, error_number, "%s/%s/%s: could not be put there", box->label, part,
                                  safe);
}

gboolean
maildir_box_publish (MaildirBox *box, const char *base, guint8 system, guint32 letters, GError **error)
{
  gboolean in_new = system == 0 && letters == 0;
  g_autofree char *file =
      in_new ? g_strdup (base) : maildir_name_format (base, box->separator, system, letters, "");

  if (!check_base (box, base, error))
    return FALSE;
  if (maildir_file_rename (box->tmp_fd, base, maildir_box_get_part (box, in_new), file))
    return TRUE;
  set_publish_error (box, in_new ? "new" : "cur", file, errno, error);
  return FALSE;
}

gboolean
maildir_box_sync (MaildirBox *box, GError **error)
{
  return sync_directory (box, box->new_fd, "new", error) && sync_directory (box, box->cur_fd, "cur", error) &&
         maildir_box_check (box, error);
}

MaildirSyncer *
maildir_box_syncer_new (MaildirBox *box)
{
  return maildir_syncer_new (maildir_syncfs_open (box->tmp_fd));
}

static gboolean
sync_directory_later (MaildirBox *box, int fd, const char *name, MaildirSyncer *syncer, GError **error)
{
  int copy = fcntl (fd, F_DUPFD_CLOEXEC, 0);

  if (copy < 0)
    {
      maildir_set_error_from_errno (error, errno, "%s/%s: could not be made durable", box->label, name);
      return FALSE;
    }
  maildir_syncer_add (syncer, copy);
  return TRUE;
}

gboolean
maildir_box_sync_tmp_later (MaildirBox *box, MaildirSyncer *syncer, GError **error)
{
  return sync_directory_later (box, box->tmp_fd, "tmp", syncer, error);
}

gboolean
maildir_box_sync_later (MaildirBox *box, MaildirSyncer *syncer, GError **error)
{
  return sync_directory_later (box, box->new_fd, "new", syncer, error) &&
         sync_directory_later (box, box->cur_fd, "cur", syncer, error);
}

gboolean
maildir_box_wait_synced (MaildirBox *box, MaildirSyncer *syncer, GError **error)
{
  int cause;

  if (maildir_syncer_wait (syncer, &cause))
    return maildir_box_check (box, error);
  maildir_set_error_from_errno (error, cause, "%s: new messages could not be made durable", box->label);
  return FALSE;
}

gboolean
maildir_box_has_tmp (MaildirBox *box, const char *base)
{
  struct stat info;

  return maildir_file_is_name (base) && fstatat (box->tmp_fd, base, &info, AT_SYMLINK_NOFOLLOW) == 0 &&
         S_ISREG (info.st_mode);
}

gboolean
maildir_box_remove_tmp (MaildirBox *box, const char *base, GError **error)
{
  if (!check_base (box, base, error))
    return FALSE;
  if (unlinkat (box->tmp_fd, base, 0) == 0 || errno == ENOENT)
    return TRUE;
  set_tmp_error (box, base, errno, "could not be removed", error);
  return FALSE;
}
