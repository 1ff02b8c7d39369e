#include "maildir-find.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#define IDENTIFY_TRIES 3

static gboolean
set_file_error (MaildirBox *box, const char *base, int error_number, const char *what, GError **error)
{
  g_autofree char *safe = text_make_safe (base);

  if (error_number == EINVAL)
    g_set_error (error, MAILDIR_ERROR, MAILDIR_ERROR_IO, "%s: %s is no regular file", box->label, safe);
  else
    maildir_set_error_from_errno (error, error_number, "%s: message %s %s", box->label, safe, what);
  return FALSE;
}

static MaildirFileStamp
stamp_of (const struct stat *info)
{
  return (MaildirFileStamp){ .size = (guint64)info->st_size,
                             .mtime_ns = maildir_file_time_ns (&info->st_mtim),
                             .ctime_ns = maildir_file_time_ns (&info->st_ctim) };
}

static gboolean
stamp_equal (const MaildirFileStamp *a, const MaildirFileStamp *b)
{
  return a->size == b->size && a->mtime_ns == b->mtime_ns && a->ctime_ns == b->ctime_ns;
}

int
maildir_message_open (MaildirBox *box, const MaildirPlace *place, MaildirFileStamp *stamp, GError **error)
{
  g_auto (MaildirLocation) location = { 0 };
  struct stat info;

  for (guint looks = 0; looks < MAILDIR_LOOKS_MAX; looks++)
    {
      int fd;

      if (!maildir_locate (box, place, looks == 0, &location, error))
        return -1;
      fd = maildir_file_open (location.fd, location.file, &info);
      if (fd < 0 && errno == ENOENT)
        continue;
      if (fd < 0)
        set_file_error (box, place->base, errno, "can't be read", error);
      else if (stamp != NULL)
        *stamp = stamp_of (&info);
      return fd;
    }
  maildir_set_gone (box, place->base, error);
  return -1;
}

static gboolean
identify_once (MaildirBox *box, const MaildirPlace *place, MessageIdentity *identity,
               MaildirFileStamp *before, MaildirFileStamp *after, GError **error)
{
  g_auto (MaildirFd) fd = maildir_message_open (box, place, before, error);
  g_autoptr (MessageHasher) hasher = message_hasher_new ();
  struct stat info;

  if (fd < 0)
    return FALSE;
  if (!maildir_file_hash (fd, hasher) || fstat (fd, &info) < 0)
    return set_file_error (box, place->base, errno, "can't be read", error);
  *after = stamp_of (&info);
  message_hasher_finish (hasher, identity);
  return TRUE;
}

gboolean
maildir_message_identify (MaildirBox *box, const MaildirPlace *place, MessageIdentity *identity,
                          MaildirFileStamp *stamp, GError **error)
{
  MaildirFileStamp before, after;
  g_autofree char *safe = NULL;

  for (guint tries = 0; tries < IDENTIFY_TRIES; tries++)
    {
      MessageIdentity read = { 0 };

      if (!identify_once (box, place, &read, &before, &after, error))
        return FALSE;
      if (stamp_equal (&before, &after))
        {
          *identity = read;
          if (stamp != NULL)
            *stamp = after;
          return TRUE;
        }
      message_identity_clear (&read);
    }
  safe = text_make_safe (place->base);
  g_set_error (error, MAILDIR_ERROR, MAILDIR_ERROR_IO,
               "%s: message %s kept changing while it was read; run again", box->label, safe);
  return FALSE;
}

/* Finds the message and stats it; the file's place is in *location. */
static gboolean
stat_located (MaildirBox *box, const MaildirPlace *place, MaildirLocation *location, struct stat *info,
              GError **error)
{
  for (guint looks = 0; looks < MAILDIR_LOOKS_MAX; looks++)
    {
      if (!maildir_locate (box, place, looks == 0, location, error))
        return FALSE;
      if (fstatat (location->fd, location->file, info, AT_SYMLINK_NOFOLLOW) == 0)
        return S_ISREG (info->st_mode) || set_file_error (box, place->base, EINVAL, "", error);
      if (errno != ENOENT)
        return set_file_error (box, place->base, errno, "can't be read", error);
    }
  return maildir_set_gone (box, place->base, error);
}

gboolean
maildir_message_stat (MaildirBox *box, const MaildirPlace *place, MaildirFileStamp *stamp, GError **error)
{
  g_auto (MaildirLocation) location = { 0 };
  struct stat info;

  if (!stat_located (box, place, &location, &info, error))
    return FALSE;
  *stamp = stamp_of (&info);
  return TRUE;
}

static gboolean
stat_named (MaildirBox *box, gboolean in_new, const char *file, MaildirFileStamp *stamp)
{
  struct stat info;

  if (!maildir_file_is_name (file) ||
      fstatat (maildir_box_get_part (box, in_new), file, &info, AT_SYMLINK_NOFOLLOW) < 0 ||
      !S_ISREG (info.st_mode))
    return FALSE;
  *stamp = stamp_of (&info);
  return TRUE;
}

gboolean
maildir_message_find (MaildirBox *box, const MaildirPlace *place, char **file, gboolean *in_new,
                      GError **error)
{
  g_auto (MaildirLocation) location = { 0 };

  if (!maildir_locate (box, place, TRUE, &location, error))
    return FALSE;
  *file = g_steal_pointer (&location.file);
  *in_new = location.in_new;
  return TRUE;
}

gboolean
maildir_message_guess (MaildirBox *box, const char *base, guint8 system, guint32 letters, char **file,
                       gboolean *in_new, MaildirFileStamp *stamp)
{
  g_autofree char *named = maildir_name_format (base, box->separator, system, letters, "");

  *in_new = !stat_named (box, FALSE, named, stamp);
  if (*in_new && (system != 0 || letters != 0 || !stat_named (box, TRUE, base, stamp)))
    return FALSE;
  *file = *in_new ? g_strdup (base) : g_steal_pointer (&named);
  return TRUE;
}

gboolean
maildir_message_set_mtime (MaildirBox *box, const MaildirPlace *place, gint64 seconds, GError **error)
{
  const struct timespec times[2] = { { .tv_nsec = UTIME_OMIT }, { .tv_sec = (time_t)seconds } };
  g_auto (MaildirFd) fd = maildir_message_open (box, place, NULL, error);

  if (fd < 0)
    return FALSE;
  if (futimens (fd, times) == 0 && fsync (fd) == 0)
    return TRUE;
  return set_file_error (box, place->base, errno, "can't be given its date", error);
}

gboolean
maildir_message_remove (MaildirBox *box, const MaildirPlace *place, const MaildirFileStamp *stamp,
                        GError **error)
{
  g_auto (MaildirLocation) location = { 0 };
  g_autofree char *safe = NULL;
  struct stat info;

  for (guint looks = 0; looks < MAILDIR_LOOKS_MAX; looks++)
    {
      if (!stat_located (box, place, &location, &info, error))
        return FALSE;
      if ((guint64)info.st_size != stamp->size || maildir_file_time_ns (&info.st_mtim) != stamp->mtime_ns)
        {
          safe = text_make_safe (place->base);
          g_set_error (error, MAILDIR_ERROR, MAILDIR_ERROR_IO,
                       "%s: message %s was changed meanwhile and is kept", box->label, safe);
          return FALSE;
        }
      if (unlinkat (location.fd, location.file, 0) == 0)
        return TRUE;
      if (errno != ENOENT)
        return set_file_error (box, place->base, errno, "can't be removed", error);
    }
  return maildir_set_gone (box, place->base, error);
}

/* What a file name says, and what it is to say; equal flags in one place need no new name. */
static gboolean
needs_rename (const MaildirLocation *location, const MaildirName *name, guint8 system, guint32 letters)
{
  return (location->in_new && (system != 0 || letters != 0)) || name->system != system ||
         name->letters != letters;
}

/* (transfer full): the name with these flags; in new/ one without any has no info part. */
static char *
wanted_file (const MaildirBox *box, const MaildirName *name, gboolean in_new, guint8 system, guint32 letters)
{
  if (in_new && *name->other == '\0')
    return g_strdup (name->base);
  return maildir_name_format (name->base, box->separator, system, letters, name->other);
}

/* FALSE with errno; ENOENT: somebody was faster, look again. */
static gboolean
rename_located (MaildirBox *box, const MaildirLocation *location, guint8 system, guint8 system_mask,
                guint32 letters, guint32 letters_mask, char **file)
{
  g_auto (MaildirName) name = { 0 };
  g_autofree char *wanted = NULL;
  gboolean in_new;

  if (!maildir_name_parse (location->file, box->separator, &name))
    {
      errno = EINVAL;
      return FALSE;
    }
  system = (guint8)((name.system & ~system_mask) | (system & system_mask));
  letters = (name.letters & ~letters_mask) | (letters & letters_mask);
  if (needs_rename (location, &name, system, letters))
    {
      in_new = location->in_new && system == 0 && letters == 0;
      wanted = wanted_file (box, &name, in_new, system, letters);
      if (!maildir_file_rename (location->fd, location->file, maildir_box_get_part (box, in_new), wanted))
        return FALSE;
    }
  *file = wanted != NULL ? g_steal_pointer (&wanted) : g_strdup (location->file);
  return TRUE;
}

gboolean
maildir_message_set_flags (MaildirBox *box, const MaildirPlace *place, guint8 system, guint8 system_mask,
                           guint32 letters, guint32 letters_mask, char **file, GError **error)
{
  g_auto (MaildirLocation) location = { 0 };
  g_autofree char *renamed = NULL;

  for (guint looks = 0; looks < MAILDIR_LOOKS_MAX; looks++)
    {
      if (!maildir_locate (box, place, looks == 0, &location, error))
        return FALSE;
      if (rename_located (box, &location, system, system_mask, letters, letters_mask, &renamed))
        {
          if (file != NULL)
            *file = g_steal_pointer (&renamed);
          return TRUE;
        }
      if (errno == EEXIST)
        {
          g_autofree char *safe = text_make_safe (place->base);

          g_set_error (error, MAILDIR_ERROR, MAILDIR_ERROR_EXISTS,
                       "%s: message %s: a file of the name it would get is there already", box->label, safe);
          return FALSE;
        }
      if (errno != ENOENT)
        return set_file_error (box, place->base, errno, "can't be renamed", error);
    }
  return maildir_set_gone (box, place->base, error);
}
