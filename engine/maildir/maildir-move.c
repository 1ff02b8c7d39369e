#include "maildir-move.h"

#include "maildir-find.h"

#include <errno.h>
#include <fcntl.h>

static gboolean
set_changed (MaildirBox *box, const char *base, GError **error)
{
  g_autofree char *safe = text_make_safe (base);

  g_set_error (error, MAILDIR_ERROR, MAILDIR_ERROR_IO, "%s: message %s was changed meanwhile and is kept",
               box->label, safe);
  return FALSE;
}

static gboolean
is_as_known (const MaildirLocation *location, const MaildirFileStamp *stamp)
{
  struct stat info;

  return fstatat (location->fd, location->file, &info, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG (info.st_mode) &&
         (guint64)info.st_size == stamp->size && maildir_file_time_ns (&info.st_mtim) == stamp->mtime_ns;
}

static gboolean
rename_into (const MaildirLocation *location, const MaildirName *name, MaildirBox *to, const char *base,
             guint32 letters)
{
  gboolean in_new = location->in_new && name->system == 0 && letters == 0;
  g_autofree char *file = in_new
                              ? g_strdup (base)
                              : maildir_name_format (base, to->separator, name->system, letters, name->other);

  return maildir_file_rename (location->fd, location->file, maildir_box_get_part (to, in_new), file);
}

gboolean
maildir_message_move (MaildirBox *from, const MaildirPlace *place, const MaildirFileStamp *stamp,
                      guint32 from_letters, MaildirBox *to, const char *base, guint32 letters, GError **error)
{
  g_auto (MaildirLocation) location = { 0 };
  g_auto (MaildirName) name = { 0 };
  g_autofree char *safe = NULL;

  if (!maildir_box_check (to, error) || !maildir_locate (from, place, TRUE, &location, error))
    return FALSE;
  if (!is_as_known (&location, stamp) || !maildir_name_parse (location.file, from->separator, &name) ||
      name.letters != from_letters)
    return set_changed (from, place->base, error);
  if (rename_into (&location, &name, to, base, letters))
    return TRUE;
  safe = text_make_safe (base);
  if (errno == EEXIST)
    g_set_error (error, MAILDIR_ERROR, MAILDIR_ERROR_EXISTS, "%s: there is a message %s already", to->label,
                 safe);
  else if (errno == ENOENT)
    return maildir_set_gone (from, place->base, error);
  else
    maildir_set_error_from_errno (error, errno, "%s: message %s can't be moved here", to->label, safe);
  return FALSE;
}
