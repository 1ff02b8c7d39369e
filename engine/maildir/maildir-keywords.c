/* The file is Dovecot's: written as Dovecot writes it, into `dovecot-keywords.lock`, which keeps other
 * writers out while it exists and then becomes the file. Ours is a hard link to a file of our own: one that a
 * crash left is known by that, and nobody has to wait until it is stale. Dovecot takes the file for unchanged
 * while its mtime (in seconds) is, so a new one gets a later mtime. */
#include "maildir-keywords.h"
#include "maildir-file.h"
#include "maildir-name.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define FILE_NAME "dovecot-keywords"
#define LOCK_NAME "dovecot-keywords.lock"
#define OWN_NAME ".dovetail-keywords" /* the lock's other name, by which we know it for ours */
#define FILE_SIZE_MAX (64 * 1024)
#define LETTERS 26
#define LOCK_TRIES 20
#define LOCK_PAUSE_US 25000
#define LOCK_STALE_SECONDS 120 /* as Dovecot has it */

void
maildir_keywords_clear (MaildirKeywords *keywords)
{
  for (guint i = 0; i < LETTERS; i++)
    g_clear_pointer (&keywords->names[i], g_free);
  keywords->present = FALSE;
}

void
maildir_keywords_free (MaildirKeywords *keywords)
{
  maildir_keywords_clear (keywords);
  g_free (keywords);
}

/* flag-keyword, an atom (RFC 9051 section 9): what can't be one has no meaning here. */
static gboolean
is_keyword (const char *name)
{
  if (*name == '\0')
    return FALSE;
  for (const char *next = name; *next != '\0'; next++)
    if (*next <= ' ' || *next > '~' || strchr ("(){%*\"\\]", *next) != NULL)
      return FALSE;
  return TRUE;
}

/* The index a line begins with, or LETTERS where there is none; *name is what follows. */
static guint
line_index (const char *line, const char **name)
{
  guint index = 0;
  const char *next = line;

  while (g_ascii_isdigit (*next) && index < LETTERS)
    index = index * 10 + (guint)g_ascii_digit_value (*next++);
  if (next == line || *next != ' ')
    return LETTERS;
  *name = next + 1;
  return MIN (index, LETTERS);
}

/* *taken: the letters that a line stands for, whether or not we understand its name. */
static void
parse (const char *content, MaildirKeywords *keywords, guint32 *taken)
{
  g_auto (GStrv) lines = g_strsplit (content, "\n", -1);

  *taken = 0;
  for (char **line = lines; *line != NULL; line++)
    {
      const char *name;
      guint index = line_index (*line, &name);

      if (index == LETTERS)
        continue;
      *taken |= 1u << index;
      g_free (keywords->names[index]);
      keywords->names[index] = is_keyword (name) ? g_strdup (name) : NULL;
    }
}

void
maildir_keywords_parse (const char *content, MaildirKeywords *keywords)
{
  guint32 taken;

  parse (content, keywords, &taken);
  keywords->present = TRUE;
}

char *
maildir_keywords_to_string (const MaildirKeywords *keywords)
{
  GString *content = g_string_new (NULL);

  for (guint i = 0; i < LETTERS; i++)
    if (keywords->names[i] != NULL)
      g_string_append_printf (content, "%u %s\n", i, keywords->names[i]);
  return g_string_free (content, FALSE);
}

/* *content (transfer full): "" when there is no file. */
static gboolean
read_file (int mailbox_fd, MaildirKeywords *keywords, char **content, guint32 *taken, GError **error)
{
  gsize length = 0;
  g_autofree char *found = maildir_file_read (mailbox_fd, FILE_NAME, FILE_SIZE_MAX, &length);

  if (found == NULL && errno != ENOENT)
    {
      const char *why = errno == EINVAL  ? "not a regular file"
                        : errno == EFBIG ? "larger than 64 KiB, which no list of 26 keywords is"
                                         : g_strerror (errno);
      g_set_error (error, MAILDIR_ERROR, MAILDIR_ERROR_IO, FILE_NAME ": %s", why);
      return FALSE;
    }
  if (found != NULL && strlen (found) != length)
    {
      g_set_error_literal (error, MAILDIR_ERROR, MAILDIR_ERROR_IO, FILE_NAME ": there is a NUL in it");
      return FALSE;
    }
  maildir_keywords_clear (keywords);
  keywords->present = found != NULL;
  *content = found != NULL ? g_steal_pointer (&found) : g_strdup ("");
  parse (*content, keywords, taken);
  return TRUE;
}

gboolean
maildir_keywords_read (int mailbox_fd, MaildirKeywords *keywords, GError **error)
{
  g_autofree char *content = NULL;
  guint32 taken;

  return read_file (mailbox_fd, keywords, &content, &taken, error);
}

gboolean
maildir_keywords_equal (const MaildirKeywords *a, const MaildirKeywords *b)
{
  for (guint i = 0; i < LETTERS; i++)
    if (g_strcmp0 (a->names[i], b->names[i]) != 0)
      return FALSE;
  return a->present == b->present;
}

MessageFlags
maildir_keywords_to_flags (const MaildirKeywords *keywords, guint32 letters, MessageKeywordPool *pool)
{
  const char *names[27];
  guint n_names = 0;

  for (guint letter = 0; letter < 26; letter++)
    if ((letters & (1u << letter)) != 0 && keywords->names[letter] != NULL)
      names[n_names++] = keywords->names[letter];
  names[n_names] = NULL;
  return message_flags_from_imap (pool, names);
}

int
maildir_keywords_find (const MaildirKeywords *keywords, const char *name)
{
  for (int i = 0; i < LETTERS; i++)
    if (keywords->names[i] != NULL && g_ascii_strcasecmp (keywords->names[i], name) == 0)
      return i;
  return -1;
}

guint32
maildir_keywords_letters (const MaildirKeywords *keywords, const char *names)
{
  g_auto (GStrv) list = *names != '\0' ? g_strsplit (names, " ", -1) : NULL;
  guint32 letters = 0;

  for (guint i = 0; list != NULL && list[i] != NULL; i++)
    {
      int letter = *list[i] != '\0' ? maildir_keywords_find (keywords, list[i]) : -1;

      letters |= letter >= 0 ? 1u << letter : 0;
    }
  return letters;
}

static gboolean
know_all (const MaildirKeywords *keywords, char **names)
{
  for (char **name = names; *name != NULL; name++)
    if (is_keyword (*name) && maildir_keywords_find (keywords, *name) < 0)
      return FALSE;
  return TRUE;
}

/* The letters of one file name, whatever the info separator is. */
static guint32
letters_of_file (const char *file)
{
  const char *info = g_strrstr (file, "2,");
  guint32 letters;
  guint8 system;

  if (info == NULL || info == file)
    return 0;
  maildir_name_read_letters (info + 2, &system, &letters, NULL);
  return letters;
}

/* A letter that files carry and no line explains (the keywords file was lost, another program's letters) must
 * not be given a meaning, or those messages would get a keyword nobody gave them. FALSE with errno. */
static gboolean
add_letters_of_part (int mailbox_fd, const char *part, guint32 *taken)
{
  g_auto (MaildirFd) fd = openat (mailbox_fd, part, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  DIR *directory = fd >= 0 ? maildir_file_list (fd) : NULL;
  struct dirent *entry;
  int cause;

  if (directory == NULL)
    return errno == ENOENT;
  while (errno = 0, (entry = readdir (directory)) != NULL)
    *taken |= letters_of_file (entry->d_name);
  cause = errno;
  closedir (directory);
  errno = cause;
  return cause == 0;
}

/* Puts each name that lacks a letter on a free one and its line into `content`. FALSE when nothing was. */
static gboolean
add_names (MaildirKeywords *keywords, char **names, guint32 taken, GString *content)
{
  gboolean added = FALSE;

  if (content->len > 0 && content->str[content->len - 1] != '\n')
    g_string_append_c (content, '\n');
  for (char **name = names; *name != NULL; name++)
    {
      guint index = 0;

      if (!is_keyword (*name) || maildir_keywords_find (keywords, *name) >= 0)
        continue;
      while (index < LETTERS && (taken & (1u << index)) != 0)
        index++;
      if (index == LETTERS)
        break;
      taken |= 1u << index;
      keywords->names[index] = g_strdup (*name);
      keywords->present = TRUE;
      g_string_append_printf (content, "%u %s\n", index, *name);
      added = TRUE;
    }
  return added;
}

static gboolean
is_stale (int mailbox_fd)
{
  struct stat info;

  return fstatat (mailbox_fd, LOCK_NAME, &info, AT_SYMLINK_NOFOLLOW) == 0 &&
         g_get_real_time () / G_USEC_PER_SEC - info.st_mtime > LOCK_STALE_SECONDS;
}

/* A lock that is linked to our own file was left by a run that was killed: the Maildir's own lock lets only
 * one run at a time come here. */
static gboolean
is_left_by_us (int mailbox_fd)
{
  struct stat lock, own;

  return fstatat (mailbox_fd, LOCK_NAME, &lock, AT_SYMLINK_NOFOLLOW) == 0 &&
         fstatat (mailbox_fd, OWN_NAME, &own, AT_SYMLINK_NOFOLLOW) == 0 && lock.st_dev == own.st_dev &&
         lock.st_ino == own.st_ino;
}

static int
create_exclusively (int mailbox_fd, const char *name)
{
  return openat (mailbox_fd, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
}

/* The descriptor of the new lock, or -1 with errno. A file system without hard links gets a plain lock. */
static int
create_lock (int mailbox_fd)
{
  g_auto (MaildirFd) own = -1;

  unlinkat (mailbox_fd, OWN_NAME, 0);
  own = create_exclusively (mailbox_fd, OWN_NAME);
  if (own < 0)
    return -1;
  if (linkat (mailbox_fd, OWN_NAME, mailbox_fd, LOCK_NAME, 0) == 0)
    return maildir_fd_steal (&own);
  return errno == EEXIST ? -1 : create_exclusively (mailbox_fd, LOCK_NAME);
}

/* The descriptor of the lock file, or -1 with errno. */
static int
take_lock (int mailbox_fd)
{
  int fd = -1;

  if (is_left_by_us (mailbox_fd))
    unlinkat (mailbox_fd, LOCK_NAME, 0);
  for (guint tries = 0; fd < 0 && tries < LOCK_TRIES; tries++)
    {
      fd = create_lock (mailbox_fd);
      if (fd >= 0 || errno != EEXIST)
        break;
      if (is_stale (mailbox_fd))
        unlinkat (mailbox_fd, LOCK_NAME, 0);
      else
        g_usleep (LOCK_PAUSE_US);
      errno = EEXIST;
    }
  return fd;
}

/* The new file keeps the old one's permissions and gets a later mtime. */
static gboolean
follow_old_file (int mailbox_fd, int fd)
{
  struct stat old, fresh;
  struct timespec times[2] = { { .tv_nsec = UTIME_OMIT } };

  if (fstatat (mailbox_fd, FILE_NAME, &old, AT_SYMLINK_NOFOLLOW) < 0)
    return errno == ENOENT;
  if (fchmod (fd, old.st_mode & 0777) < 0 || fstat (fd, &fresh) < 0)
    return FALSE;
  times[1].tv_sec = MAX (fresh.st_mtime, old.st_mtime + 1);
  return futimens (fd, times) == 0;
}

/* FALSE with errno. */
static gboolean
write_locked (int mailbox_fd, MaildirFd *lock, const GString *content)
{
  return maildir_file_write_all (*lock, content->str, content->len) && follow_old_file (mailbox_fd, *lock) &&
         fsync (*lock) == 0 && close (maildir_fd_steal (lock)) == 0 &&
         renameat (mailbox_fd, LOCK_NAME, mailbox_fd, FILE_NAME) == 0 && fsync (mailbox_fd) == 0;
}

static gboolean
set_write_error (int error_number, GError **error)
{
  if (error_number == EEXIST)
    g_set_error_literal (error, MAILDIR_ERROR, MAILDIR_ERROR_IO,
                         FILE_NAME ": another program holds " LOCK_NAME "; run again when it is done");
  else
    maildir_set_error_from_errno (error, error_number, FILE_NAME ": could not be written");
  return FALSE;
}

/* With the lock held: reads anew, adds, writes. */
static gboolean
assign_locked (int mailbox_fd, MaildirFd *lock, MaildirKeywords *keywords, char **names, GError **error)
{
  g_autofree char *content = NULL;
  g_autoptr (GString) fresh = NULL;
  guint32 taken;

  if (!read_file (mailbox_fd, keywords, &content, &taken, error))
    return FALSE;
  if (!add_letters_of_part (mailbox_fd, "new", &taken) || !add_letters_of_part (mailbox_fd, "cur", &taken))
    return set_write_error (errno, error);
  fresh = g_string_new (content);
  if (add_names (keywords, names, taken, fresh) && !write_locked (mailbox_fd, lock, fresh))
    {
      set_write_error (errno, error);
      maildir_keywords_clear (keywords);
      return FALSE;
    }
  return TRUE;
}

static gboolean
assign_new (int mailbox_fd, MaildirKeywords *keywords, char **names, GError **error)
{
  g_auto (MaildirFd) lock = take_lock (mailbox_fd);
  gboolean assigned;

  if (lock < 0)
    {
      set_write_error (errno, error);
      unlinkat (mailbox_fd, OWN_NAME, 0);
      return FALSE;
    }
  assigned = assign_locked (mailbox_fd, &lock, keywords, names, error);
  if (!assigned || lock >= 0)
    unlinkat (mailbox_fd, LOCK_NAME, 0);
  unlinkat (mailbox_fd, OWN_NAME, 0);
  return assigned;
}

/* (transfer full) (nullable) */
static char *
names_without_letter (const MaildirKeywords *keywords, char **names)
{
  GString *left = g_string_new (NULL);

  for (char **name = names; *name != NULL; name++)
    if (**name != '\0' && maildir_keywords_find (keywords, *name) < 0)
      g_string_append_printf (left, "%s%s", left->len > 0 ? " " : "", *name);
  return g_string_free (left, left->len == 0);
}

gboolean
maildir_keywords_assign (int mailbox_fd, MaildirKeywords *keywords, const char *names, char **left_out,
                         GError **error)
{
  g_auto (GStrv) wanted = g_strsplit (names, " ", -1);

  if (!maildir_keywords_read (mailbox_fd, keywords, error))
    return FALSE;
  if (!know_all (keywords, wanted) && !assign_new (mailbox_fd, keywords, wanted, error))
    return FALSE;
  if (left_out != NULL)
    *left_out = names_without_letter (keywords, wanted);
  return TRUE;
}
