/* Opening and making mailbox directories.
 *
 * A mailbox with only one of cur/ and new/ is damaged and must never be mended by making the other, since
 * the messages of the lost one would look deleted. So that a crash while a mailbox is being made can be told
 * from damage, the file `.dovetail-making` stands in the directory from before the first part until all are
 * durable; who finds it finishes the work.
 */
#include "maildir-box.h"
#include "maildir-path.h"
#include "maildir-root.h"
#include "../message/text-safe.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define NAME_SIZE_MAX 4096
#define PART_FLAGS (O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)

static gboolean
has_entry (int fd, const char *name)
{
  struct stat info;

  return fstatat (fd, name, &info, AT_SYMLINK_NOFOLLOW) == 0;
}

static gboolean
set_damaged (const MaildirBox *box, const char *what, GError **error)
{
  g_set_error (error, MAILDIR_ERROR, MAILDIR_ERROR_DAMAGED, "%s: %s; nothing is taken for deleted",
               box->label, what);
  return FALSE;
}

gboolean
maildir_box_make_parts (int box_fd)
{
  static const char *const parts[] = { "tmp", "new", "cur" };
  g_auto (MaildirFd) mark =
      openat (box_fd, MAILDIR_MAKING_NAME, O_WRONLY | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
  gboolean made = mark >= 0 && fsync (box_fd) == 0;

  for (gsize i = 0; i < G_N_ELEMENTS (parts); i++)
    made = made && (mkdirat (box_fd, parts[i], 0700) == 0 || errno == EEXIST);
  return made && fsync (box_fd) == 0 && unlinkat (box_fd, MAILDIR_MAKING_NAME, 0) == 0 && fsync (box_fd) == 0;
}

static gboolean
make_parts (MaildirBox *box, GError **error)
{
  if (maildir_box_make_parts (box->fd))
    return TRUE;
  maildir_set_error_from_errno (error, errno, "%s: could not be made", box->label);
  return FALSE;
}

static gboolean
is_empty_directory (int fd)
{
  DIR *directory = maildir_file_list (fd);
  guint entries = 0;

  while (directory != NULL && entries < 3 && readdir (directory) != NULL)
    entries++;
  if (directory != NULL)
    closedir (directory);
  return entries < 3; /* "." and ".." */
}

/* A directory that holds neither cur/ nor new/ is a parent of mailboxes, or nothing of ours; an empty one may
 * be where a disk is mounted at other times. */
static gboolean
check_parts (MaildirBox *box, gboolean create, GError **error)
{
  gboolean has_cur = has_entry (box->fd, "cur");
  gboolean has_new = has_entry (box->fd, "new");

  if ((create && !has_cur && !has_new) || has_entry (box->fd, MAILDIR_MAKING_NAME))
    return make_parts (box, error);
  if (!has_cur && !has_new && is_empty_directory (box->fd))
    return set_damaged (box, "the directory is empty; mount its disk, or remove it to delete the mailbox",
                        error);
  if (!has_cur && !has_new)
    {
      g_set_error (error, MAILDIR_ERROR, MAILDIR_ERROR_GONE,
                   "%s: the directory is no mailbox (no cur/, no new/)", box->label);
      return FALSE;
    }
  if (!has_cur)
    return set_damaged (box, "cur/ is missing", error);
  if (!has_new)
    return set_damaged (box, "new/ is missing", error);
  return TRUE;
}

static gboolean
open_part (MaildirBox *box, const char *name, MaildirFd *fd, GError **error)
{
  g_autofree char *reason = NULL;

  *fd = openat (box->fd, name, PART_FLAGS);
  if (*fd >= 0)
    return TRUE;
  reason = g_strdup_printf ("%s/ can't be opened: %s", name, g_strerror (errno));
  return set_damaged (box, reason, error);
}

static gboolean
open_parts (MaildirBox *box, GError **error)
{
  if (mkdirat (box->fd, "tmp", 0700) < 0 && errno != EEXIST)
    {
      maildir_set_error_from_errno (error, errno, "%s/tmp", box->label);
      return FALSE;
    }
  return open_part (box, "new", &box->new_fd, error) && open_part (box, "cur", &box->cur_fd, error) &&
         open_part (box, "tmp", &box->tmp_fd, error);
}

/* Two names with one hash, or a directory that another mailbox has, must not mix their messages. */
static gboolean
check_full_name (MaildirBox *box, const char *mailbox, GError **error)
{
  gsize length;
  g_autofree char *found = maildir_file_read (box->fd, MAILDIR_FULL_NAME_NAME, NAME_SIZE_MAX, &length);
  gboolean absent = found == NULL && errno == ENOENT;

  if (found != NULL && g_str_equal (found, mailbox))
    return TRUE;
  if (absent && maildir_file_replace (box->fd, MAILDIR_FULL_NAME_NAME, MAILDIR_FULL_NAME_TEMPORARY, mailbox,
                                      strlen (mailbox)))
    return TRUE;
  if (found == NULL)
    maildir_set_error_from_errno (error, errno, "%s/" MAILDIR_FULL_NAME_NAME, box->label);
  else
    g_set_error (error, MAILDIR_ERROR, MAILDIR_ERROR_NAME,
                 "%s: the directory belongs to another mailbox, as " MAILDIR_FULL_NAME_NAME " in it says",
                 box->label);
  return FALSE;
}

/* (transfer full): as the account and the layout have it, safe to print. */
static char *
make_label (const Maildir *maildir, const char *directory)
{
  g_autofree char *safe = text_make_safe (directory);

  return *directory != '\0' ? g_strdup_printf ("%s/%s", maildir->path, safe) : g_strdup (maildir->path);
}

/* GONE is said of a Maildir that still has its marker only: of a root that was emptied or replaced under our
 * eyes every mailbox would be gone. */
static void
set_open_error (MaildirBox *box, int error_number, GError **error)
{
  MaildirMarker marker;
  g_autofree char *reason = NULL;

  if (error_number == ENOENT && !maildir_read_marker (box->maildir, &marker, error))
    return;
  if (error_number == ENOENT)
    {
      g_set_error (error, MAILDIR_ERROR, MAILDIR_ERROR_GONE, "%s: there is no such directory", box->label);
      return;
    }
  if (error_number == ENOSPC || error_number == EDQUOT)
    {
      maildir_set_error_from_errno (error, error_number, "%s", box->label);
      return;
    }
  if (error_number == ELOOP || error_number == ENOTDIR)
    reason = g_strdup ("a symbolic link or a file is in its place or on the way");
  else
    reason = g_strdup_printf ("the directory can't be opened: %s", g_strerror (error_number));
  set_damaged (box, reason, error);
}

static MaildirBox *
box_new (Maildir *maildir, const char *directory)
{
  MaildirBox *box = g_new0 (MaildirBox, 1);

  box->maildir = maildir;
  box->fd = box->new_fd = box->cur_fd = box->tmp_fd = -1;
  box->separator = maildir->separator;
  box->label = make_label (maildir, directory);
  return box;
}

MaildirBox *
maildir_box_open (Maildir *maildir, const char *directory, const char *mailbox, gboolean create,
                  GError **error)
{
  g_autoptr (MaildirBox) box = box_new (maildir, directory);

  box->fd = create ? maildir_path_walk (maildir->root_fd, directory, TRUE)
                   : maildir_path_open (maildir->root_fd, directory);
  if (box->fd < 0)
    {
      set_open_error (box, errno, error);
      return NULL;
    }
  if (!check_parts (box, create, error) || !open_parts (box, error))
    return NULL;
  if (create && mailbox != NULL && maildir_directory_is_hashed (directory) &&
      !check_full_name (box, mailbox, error))
    return NULL;
  return g_steal_pointer (&box);
}

void
maildir_box_free (MaildirBox *box)
{
  maildir_fd_close (box->tmp_fd);
  maildir_fd_close (box->cur_fd);
  maildir_fd_close (box->new_fd);
  maildir_fd_close (box->fd);
  g_free (box->label);
  g_free (box);
}

int
maildir_box_get_fd (MaildirBox *box)
{
  return box->fd;
}

char
maildir_box_get_separator (MaildirBox *box)
{
  return box->separator;
}

int
maildir_box_get_part (MaildirBox *box, gboolean in_new)
{
  return in_new ? box->new_fd : box->cur_fd;
}

static gboolean
is_still (int box_fd, const char *name, int part_fd)
{
  struct stat named, opened;

  return fstatat (box_fd, name, &named, AT_SYMLINK_NOFOLLOW) == 0 && fstat (part_fd, &opened) == 0 &&
         named.st_dev == opened.st_dev && named.st_ino == opened.st_ino;
}

gboolean
maildir_box_check (MaildirBox *box, GError **error)
{
  if (!is_still (box->fd, "new", box->new_fd))
    return set_damaged (box, "new/ was taken away or replaced while dovetail was at work", error);
  if (!is_still (box->fd, "cur", box->cur_fd))
    return set_damaged (box, "cur/ was taken away or replaced while dovetail was at work", error);
  return TRUE;
}

char *
maildir_read_full_name (Maildir *maildir, const char *directory, GError **error)
{
  g_auto (MaildirFd) fd = maildir_path_open (maildir->root_fd, directory);
  g_autofree char *label = make_label (maildir, directory);
  g_autofree char *name = NULL;
  gsize length = 0;

  name = fd >= 0 ? maildir_file_read (fd, MAILDIR_FULL_NAME_NAME, NAME_SIZE_MAX, &length) : NULL;
  if (name == NULL)
    {
      maildir_set_error_from_errno (error, errno, "%s/" MAILDIR_FULL_NAME_NAME, label);
      return NULL;
    }
  if (strlen (name) != length || !maildir_is_directory_of (maildir->layout, directory, name))
    {
      g_set_error (error, MAILDIR_ERROR, MAILDIR_ERROR_NAME,
                   "%s: the name in " MAILDIR_FULL_NAME_NAME " is not this directory's", label);
      return NULL;
    }
  return g_steal_pointer (&name);
}
