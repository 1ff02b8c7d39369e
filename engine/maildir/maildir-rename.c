/* Mailbox directories that get another place, or go. */
#include "maildir-box.h"
#include "maildir-path.h"
#include "maildir-root.h"
#include "../message/text-safe.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* A directory and its name in it. */
typedef struct
{
  MaildirFd parent_fd;
  char *name; /* in it */
} Entry;

static void
entry_clear (Entry *entry)
{
  maildir_fd_close (entry->parent_fd);
  g_free (entry->name);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Entry, entry_clear)

static gboolean
set_error (const Maildir *maildir, const char *directory, const char *what, GError **error)
{
  int error_number = errno;
  g_autofree char *safe = text_make_safe (directory);

  if (error_number == EEXIST || error_number == ENOTEMPTY)
    g_set_error (error, MAILDIR_ERROR, MAILDIR_ERROR_EXISTS, "%s/%s: something is there already",
                 maildir->path, safe);
  else
    maildir_set_error_from_errno (error, error_number, "%s/%s: %s", maildir->path, safe, what);
  return FALSE;
}

/* With `make`, the directories above it are made. FALSE with errno. */
static gboolean
open_entry (const Maildir *maildir, const char *directory, gboolean make, Entry *entry)
{
  const char *slash = strrchr (directory, '/');
  g_autofree char *parent = g_strndup (directory, slash != NULL ? (gsize)(slash - directory) : 0);

  entry->name = g_strdup (slash != NULL ? slash + 1 : directory);
  entry->parent_fd = make && *parent != '\0' ? maildir_path_walk (maildir->root_fd, parent, TRUE)
                                             : maildir_path_open (maildir->root_fd, parent);
  return entry->parent_fd >= 0;
}

gboolean
maildir_has_directory (Maildir *maildir, const char *directory)
{
  g_auto (Entry) entry = { -1, NULL };
  struct stat info;

  return open_entry (maildir, directory, FALSE, &entry) &&
         fstatat (entry.parent_fd, entry.name, &info, AT_SYMLINK_NOFOLLOW) == 0;
}

guint64
maildir_cur_inode (Maildir *maildir, const char *directory)
{
  g_auto (MaildirFd) fd = maildir_path_open (maildir->root_fd, directory);
  struct stat info;

  return fd >= 0 && fstatat (fd, "cur", &info, AT_SYMLINK_NOFOLLOW) == 0 ? info.st_ino : 0;
}

/* The file that says a hashed directory's name is right before the directory has that name, and gone after
 * it. FALSE with errno. */
static gboolean
write_full_name (int fd, const char *directory, const char *mailbox)
{
  return !maildir_directory_is_hashed (directory) ||
         maildir_file_replace (fd, MAILDIR_FULL_NAME_NAME, MAILDIR_FULL_NAME_TEMPORARY, mailbox,
                               strlen (mailbox));
}

static void
drop_full_name (int fd, const char *directory)
{
  if (!maildir_directory_is_hashed (directory))
    unlinkat (fd, MAILDIR_FULL_NAME_NAME, 0);
}

/* Never replaces, not even an empty directory, which may be a mount point: EEXIST. Where the file system
 * can't promise that, a look before has to do. FALSE with errno. */
static gboolean
rename_directory (const Entry *from, const Entry *to)
{
  struct stat info;

  if (renameat2 (from->parent_fd, from->name, to->parent_fd, to->name, RENAME_NOREPLACE) == 0)
    return TRUE;
  if (errno != EINVAL && errno != ENOSYS)
    return FALSE;
  if (fstatat (to->parent_fd, to->name, &info, AT_SYMLINK_NOFOLLOW) == 0)
    {
      errno = EEXIST;
      return FALSE;
    }
  return renameat (from->parent_fd, from->name, to->parent_fd, to->name) == 0;
}

static gboolean
is_below (const char *directory, const char *above)
{
  return g_str_has_prefix (directory, above) && directory[strlen (above)] == '/';
}

#define ASIDE " (moving)"

/* A directory can't move into itself: it steps aside, so that another can be made where it was. After a crash
 * in between it is a mailbox whose directory was renamed. FALSE with errno. */
static gboolean
step_aside (Entry *source)
{
  g_autofree char *name = g_strconcat (source->name, ASIDE, NULL);
  const Entry aside = { source->parent_fd, name };

  if (!rename_directory (source, &aside))
    return FALSE;
  g_free (source->name);
  source->name = g_steal_pointer (&name);
  return TRUE;
}

/* After a failure; errno stays. */
static void
step_back (const Entry *aside)
{
  int error_number = errno;
  g_autofree char *name = g_strndup (aside->name, strlen (aside->name) - strlen (ASIDE));
  const Entry back = { aside->parent_fd, name };

  unlinkat (back.parent_fd, back.name, AT_REMOVEDIR);
  rename_directory (aside, &back);
  errno = error_number;
}

static gboolean
move_below_itself (const Maildir *maildir, Entry *source, const char *to, Entry *target)
{
  if (!step_aside (source))
    return FALSE;
  if (open_entry (maildir, to, TRUE, target) && rename_directory (source, target))
    return TRUE;
  step_back (source);
  return FALSE;
}

gboolean
maildir_rename_mailbox (Maildir *maildir, const char *from, const char *to, const char *mailbox,
                        GError **error)
{
  g_auto (Entry) source = { -1, NULL };
  g_auto (Entry) target = { -1, NULL };
  g_auto (MaildirFd) fd = maildir_path_open (maildir->root_fd, from);
  gboolean moved;

  g_return_val_if_fail (*from != '\0' && *to != '\0', FALSE);
  if (fd < 0 || !open_entry (maildir, from, FALSE, &source) || !write_full_name (fd, to, mailbox))
    return set_error (maildir, from, "the directory can't be renamed", error);
  if (is_below (to, from))
    moved = move_below_itself (maildir, &source, to, &target);
  else
    moved = open_entry (maildir, to, TRUE, &target) && rename_directory (&source, &target);
  if (!moved || fsync (target.parent_fd) < 0 || fsync (source.parent_fd) < 0)
    return set_error (maildir, to, "the directory can't get this name", error);
  drop_full_name (fd, to);
  return TRUE;
}

/* FALSE with errno. */
static gboolean
remove_parts (int fd)
{
  static const char *const parts[] = { "tmp", "new", "cur" };
  g_auto (MaildirFd) mark =
      openat (fd, MAILDIR_MAKING_NAME, O_WRONLY | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);

  if (mark < 0 || fsync (fd) < 0)
    return FALSE;
  for (gsize i = 0; i < G_N_ELEMENTS (parts); i++)
    if (unlinkat (fd, parts[i], AT_REMOVEDIR) < 0 && errno != ENOENT)
      return FALSE;
  return TRUE;
}

/* Whatever is left in the directory now is other programs', or a mailbox below. */
static gboolean
remove_rest (Entry *entry, int fd)
{
  static const char *const files[] = { "dovecot-keywords", MAILDIR_FULL_NAME_NAME, MAILDIR_MAKING_NAME };

  for (gsize i = 0; i < G_N_ELEMENTS (files); i++)
    if (unlinkat (fd, files[i], 0) < 0 && errno != ENOENT)
      return FALSE;
  if (fsync (fd) < 0)
    return FALSE;
  if (unlinkat (entry->parent_fd, entry->name, AT_REMOVEDIR) < 0 && errno != ENOTEMPTY && errno != EEXIST &&
      errno != ENOENT)
    return FALSE;
  return fsync (entry->parent_fd) == 0;
}

gboolean
maildir_remove_mailbox (Maildir *maildir, const char *directory, gboolean *removed, GError **error)
{
  g_auto (Entry) entry = { -1, NULL };
  g_auto (MaildirFd) fd = maildir_path_open (maildir->root_fd, directory);

  *removed = TRUE;
  if (*directory == '\0' || (fd < 0 && errno == ENOENT))
    return TRUE;
  if (fd < 0 || !open_entry (maildir, directory, FALSE, &entry))
    return set_error (maildir, directory, "the directory can't be removed", error);
  if (remove_parts (fd))
    return remove_rest (&entry, fd) ||
           set_error (maildir, directory, "the directory can't be removed", error);
  *removed = FALSE;
  if ((errno == ENOTEMPTY || errno == EEXIST) && maildir_box_make_parts (fd))
    return TRUE;
  return set_error (maildir, directory, "the directory can't be removed", error);
}
