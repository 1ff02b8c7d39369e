/* Which directories of a Maildir are mailboxes. The walk goes by descriptors, so that a directory that is
 * replaced by a symbolic link meanwhile can't lead it out. */
#include "maildir-root.h"

#include "../message/text-safe.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define LEVELS_MAX 100

typedef struct
{
  Maildir *maildir;
  gboolean everywhere; /* hidden directories too, and new/ without cur/ counts */
  GPtrArray *found;
} Walk;

static gboolean
walk_directory (Walk *walk, int parent_fd, const char *name, const char *path, guint level, GError **error);

static void
set_damaged (const Walk *walk, const char *path, int error_number, GError **error)
{
  g_autofree char *safe = text_make_safe (path);

  g_set_error (error, MAILDIR_ERROR, MAILDIR_ERROR_DAMAGED,
               "%s/%s: the directory can't be read: %s; nothing is taken for deleted", walk->maildir->path,
               safe, g_strerror (error_number));
}

static gboolean
is_part_of_mailbox (const char *name)
{
  return g_str_equal (name, "cur") || g_str_equal (name, "new") || g_str_equal (name, "tmp");
}

static gboolean
is_directory (int parent_fd, const struct dirent *entry)
{
  struct stat info;

  if (entry->d_type != DT_UNKNOWN)
    return entry->d_type == DT_DIR;
  return fstatat (parent_fd, entry->d_name, &info, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR (info.st_mode);
}

/* Is this a directory to look into? lost+found is every disk's own and nobody's mailbox. */
static gboolean
is_candidate (const Walk *walk, const char *name, guint level)
{
  gboolean hidden = *name == '.';

  if (g_str_equal (name, ".") || g_str_equal (name, "..") || is_part_of_mailbox (name) ||
      (level == 0 && g_str_equal (name, "lost+found")))
    return FALSE;
  if (walk->everywhere)
    return TRUE;
  switch (walk->maildir->layout)
    {
    case ACCOUNT_LAYOUT_NESTED:
      return !hidden;
    case ACCOUNT_LAYOUT_MAILDIRPP:
      return hidden && level == 0;
    }
  g_return_val_if_reached (FALSE);
}

/* cur/ as a symbolic link or as a file counts: opening that mailbox says what is wrong with it, while leaving
 * it out would look like a deletion. */
static gboolean
makes_mailbox (const Walk *walk, const char *name)
{
  return g_str_equal (name, "cur") || (walk->everywhere && g_str_equal (name, "new"));
}

static gboolean
walk_entries (Walk *walk, DIR *directory, const char *path, guint level, GError **error)
{
  gboolean is_mailbox = FALSE;
  struct dirent *entry;

  while (errno = 0, (entry = readdir (directory)) != NULL)
    {
      g_autofree char *below = NULL;

      is_mailbox = is_mailbox || makes_mailbox (walk, entry->d_name);
      if (level >= LEVELS_MAX || !is_candidate (walk, entry->d_name, level) ||
          !is_directory (dirfd (directory), entry))
        continue;
      below = *path != '\0' ? g_strconcat (path, "/", entry->d_name, NULL) : g_strdup (entry->d_name);
      if (!walk_directory (walk, dirfd (directory), entry->d_name, below, level + 1, error))
        return FALSE;
    }
  if (errno != 0)
    {
      set_damaged (walk, path, errno, error);
      return FALSE;
    }
  if (is_mailbox)
    g_ptr_array_add (walk->found, g_strdup (path));
  return TRUE;
}

static gboolean
walk_directory (Walk *walk, int parent_fd, const char *name, const char *path, guint level, GError **error)
{
  int fd = openat (parent_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  DIR *directory = fd >= 0 ? fdopendir (fd) : NULL;
  gboolean walked;

  /* Removed or replaced since its name was read: not there. */
  if (fd < 0 && (errno == ENOENT || errno == ELOOP || errno == ENOTDIR))
    return TRUE;
  if (directory == NULL)
    {
      set_damaged (walk, path, errno, error);
      maildir_fd_close (fd);
      return FALSE;
    }
  walked = walk_entries (walk, directory, path, level, error);
  closedir (directory);
  return walked;
}

static int
compare_paths (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *)a, *(const char *const *)b);
}

char **
maildir_list_directories (Maildir *maildir, GError **error)
{
  g_autoptr (GPtrArray) found = g_ptr_array_new_with_free_func (g_free);
  Walk walk = { .maildir = maildir, .found = found };

  if (!walk_directory (&walk, maildir->root_fd, ".", "", 0, error))
    return NULL;
  g_ptr_array_sort (found, compare_paths);
  g_ptr_array_add (found, NULL);
  return (char **)g_ptr_array_steal (found, NULL);
}

gboolean
maildir_is_empty (Maildir *maildir)
{
  g_autoptr (GPtrArray) found = g_ptr_array_new_with_free_func (g_free);
  Walk walk = { .maildir = maildir, .found = found, .everywhere = TRUE };

  return walk_directory (&walk, maildir->root_fd, ".", "", 0, NULL) && found->len == 0;
}
