/* Where one message is now. Other programs rename it between two looks: "nowhere" is said only when two looks
 * in a row, with nothing moved in between as far as the directories' times tell, have not seen it. */
#include "maildir-find.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

gboolean
maildir_file_has_base (const char *file, const char *base, char separator)
{
  gsize length = maildir_name_base_length (file, separator);

  return strncmp (file, base, length) == 0 && base[length] == '\0';
}

static gboolean
is_regular (int fd, const char *file)
{
  struct stat info;

  return fstatat (fd, file, &info, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG (info.st_mode);
}

/* *found (transfer full): of several files with the base name the first in ASCII order, as in a scan; NULL
 * when there is none. FALSE with errno. */
static gboolean
find_in_part (int fd, const char *base, char separator, char **found)
{
  DIR *directory = maildir_file_list (fd);
  struct dirent *entry;
  int cause;

  if (directory == NULL)
    return FALSE;
  while (errno = 0, (entry = readdir (directory)) != NULL)
    if (maildir_file_has_base (entry->d_name, base, separator) && is_regular (fd, entry->d_name) &&
        (*found == NULL || strcmp (entry->d_name, *found) < 0))
      {
        g_free (*found);
        *found = g_strdup (entry->d_name);
      }
  cause = errno;
  closedir (directory);
  errno = cause;
  return cause == 0;
}

/* new/ before cur/, which is the way a message goes; of two the one in cur/. */
static gboolean
look_for (MaildirBox *box, const char *base, char **file, gboolean *in_new, GError **error)
{
  g_autofree char *file_in_new = NULL;
  g_autofree char *file_in_cur = NULL;

  if (!find_in_part (box->new_fd, base, box->separator, &file_in_new) ||
      !find_in_part (box->cur_fd, base, box->separator, &file_in_cur))
    {
      maildir_set_error_from_errno (error, errno, "%s: the mailbox can't be read", box->label);
      return FALSE;
    }
  *in_new = file_in_cur == NULL;
  *file = file_in_cur != NULL ? g_steal_pointer (&file_in_cur) : g_steal_pointer (&file_in_new);
  return TRUE;
}

static gint64
newest_change (MaildirBox *box)
{
  struct stat in_new = { 0 }, in_cur = { 0 };

  fstat (box->new_fd, &in_new);
  fstat (box->cur_fd, &in_cur);
  return MAX (maildir_file_time_ns (&in_new.st_ctim), maildir_file_time_ns (&in_cur.st_ctim));
}

gboolean
maildir_set_gone (MaildirBox *box, const char *base, GError **error)
{
  g_autofree char *safe = text_make_safe (base);

  g_set_error (error, MAILDIR_ERROR, MAILDIR_ERROR_GONE, "%s: message %s is not there any more", box->label,
               safe);
  return FALSE;
}

gboolean
maildir_box_find (MaildirBox *box, const char *base, char **file, gboolean *in_new, GError **error)
{
  guint quiet_misses = 0;

  if (!maildir_file_is_name (base))
    return maildir_set_gone (box, base, error);
  for (guint looks = 0; looks < MAILDIR_LOOKS_MAX && quiet_misses < 2; looks++)
    {
      gint64 before = newest_change (box);
      gboolean found_in_new;
      char *found = NULL;

      if (!maildir_box_check (box, error) || !look_for (box, base, &found, &found_in_new, error))
        return FALSE;
      if (found != NULL)
        {
          *file = found;
          *in_new = found_in_new;
          return TRUE;
        }
      quiet_misses = newest_change (box) == before ? quiet_misses + 1 : 0;
    }
  if (quiet_misses == 2)
    return maildir_set_gone (box, base, error);
  g_set_error (error, MAILDIR_ERROR, MAILDIR_ERROR_DAMAGED,
               "%s: other programs kept changing the mailbox while it was read; run again", box->label);
  return FALSE;
}

gboolean
maildir_locate (MaildirBox *box, const MaildirPlace *place, gboolean trust_hint, MaildirLocation *location,
                GError **error)
{
  gboolean hinted = trust_hint && place->file != NULL && maildir_file_is_name (place->file) &&
                    maildir_file_has_base (place->file, place->base, box->separator) &&
                    is_regular (maildir_box_get_part (box, place->in_new), place->file);

  maildir_location_clear (location);
  location->in_new = place->in_new;
  if (hinted)
    location->file = g_strdup (place->file);
  else if (!maildir_box_find (box, place->base, &location->file, &location->in_new, error))
    return FALSE;
  location->fd = maildir_box_get_part (box, location->in_new);
  return TRUE;
}

void
maildir_location_clear (MaildirLocation *location)
{
  g_clear_pointer (&location->file, g_free);
}
