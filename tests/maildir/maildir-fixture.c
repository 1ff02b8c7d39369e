#include "maildir-fixture.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void
remove_tree (const char *path)
{
  struct stat info;

  if (lstat (path, &info) < 0)
    return;
  if (S_ISDIR (info.st_mode))
    {
      g_autoptr (GDir) directory = NULL;
      const char *name;

      chmod (path, 0700);
      directory = g_dir_open (path, 0, NULL);
      while (directory != NULL && (name = g_dir_read_name (directory)) != NULL)
        {
          g_autofree char *below = g_build_filename (path, name, NULL);

          remove_tree (below);
        }
    }
  g_assert_no_errno (g_remove (path));
}

void
maildir_fixture_init (MaildirFixture *fixture, AccountLayout layout)
{
  const MaildirMarker marker = { .id = "0123456789abcdef0123456789abcdef", .generation = 1 };
  g_autoptr (GError) error = NULL;

  fixture->path = g_dir_make_tmp ("dovetail-maildir-XXXXXX", &error);
  g_assert_no_error (error);
  fixture->account = (Account){ .maildir = g_build_filename (fixture->path, "mail", NULL),
                                .layout = layout,
                                .info_separator = ':' };
  fixture->maildir = maildir_open (&fixture->account, TRUE, &error);
  g_assert_no_error (error);
  maildir_write_marker (fixture->maildir, &marker, &error);
  g_assert_no_error (error);
}

void
maildir_fixture_clear (MaildirFixture *fixture)
{
  if (fixture->path == NULL)
    return;
  g_clear_pointer (&fixture->maildir, maildir_free);
  remove_tree (fixture->path);
  g_clear_pointer (&fixture->path, g_free);
  g_clear_pointer (&fixture->account.maildir, g_free);
}

MaildirBox *
maildir_fixture_inbox (MaildirFixture *fixture)
{
  g_autoptr (GError) error = NULL;
  MaildirBox *box = maildir_box_open (fixture->maildir, "INBOX", "INBOX", TRUE, &error);

  g_assert_no_error (error);
  return box;
}

char *
maildir_fixture_path (const MaildirFixture *fixture, const char *relative)
{
  return g_build_filename (fixture->account.maildir, relative, NULL);
}

void
maildir_fixture_put (const MaildirFixture *fixture, const char *relative, const char *content)
{
  maildir_fixture_put_octets (fixture, relative, content, strlen (content));
}

/* In place: no temporary file, which would move the directory's mtime for a file that is there. */
void
maildir_fixture_put_octets (const MaildirFixture *fixture, const char *relative, const void *content,
                            gsize length)
{
  g_autofree char *path = maildir_fixture_path (fixture, relative);
  int fd = open (path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

  g_assert_no_errno (fd);
  g_assert_cmpint (write (fd, content, length), ==, (gssize)length);
  g_assert_no_errno (close (fd));
}

char *
maildir_fixture_get (const MaildirFixture *fixture, const char *relative, gsize *length)
{
  g_autofree char *path = maildir_fixture_path (fixture, relative);
  g_autoptr (GError) error = NULL;
  char *content = NULL;

  g_file_get_contents (path, &content, length, &error);
  g_assert_no_error (error);
  return content;
}

void
maildir_fixture_make_directory (const MaildirFixture *fixture, const char *relative)
{
  g_autofree char *path = maildir_fixture_path (fixture, relative);

  g_assert_no_errno (g_mkdir_with_parents (path, 0700));
}

gboolean
maildir_fixture_has (const MaildirFixture *fixture, const char *relative)
{
  g_autofree char *path = maildir_fixture_path (fixture, relative);
  struct stat info;

  return lstat (path, &info) == 0;
}

void
maildir_fixture_remove (const MaildirFixture *fixture, const char *relative)
{
  g_autofree char *path = maildir_fixture_path (fixture, relative);

  remove_tree (path);
}

void
maildir_fixture_age (const MaildirFixture *fixture, const char *relative, gint64 seconds)
{
  g_autofree char *path = maildir_fixture_path (fixture, relative);
  const struct timespec times[2] = { { .tv_nsec = UTIME_OMIT }, { .tv_sec = seconds, .tv_nsec = 1 } };

  g_assert_no_errno (utimensat (AT_FDCWD, path, times, AT_SYMLINK_NOFOLLOW));
}
