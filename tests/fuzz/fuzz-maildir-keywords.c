/* The keywords file as another program may have left it: it is read or refused; a letter that is assigned
 * changes no other, and no line is lost (contract C3.3). */
#include "fuzz.h"
#include "../../engine/maildir/maildir-keywords.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static void
write_file (int fd, const guint8 *data, gsize size)
{
  int file = openat (fd, "dovecot-keywords", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

  g_assert_cmpint (write (file, data, size), ==, (gssize)size);
  close (file);
}

static void
check_assigned (int fd, const MaildirKeywords *before, const MaildirKeywords *assigned, const char *left_out)
{
  g_auto (MaildirKeywords) after = { 0 };

  g_assert_true (maildir_keywords_read (fd, &after, NULL));
  g_assert_true (maildir_keywords_equal (&after, assigned));
  for (guint i = 0; i < G_N_ELEMENTS (before->names); i++)
    if (before->names[i] != NULL)
      g_assert_cmpstr (after.names[i], ==, before->names[i]);
  g_assert_cmpint (maildir_keywords_find (&after, "fresh") < 0, ==, left_out != NULL);
}

/* The file begins with the lines it had. */
static void
check_kept (int fd, const guint8 *data, gsize size)
{
  int file = openat (fd, "dovecot-keywords", O_RDONLY | O_CLOEXEC);
  g_autofree guint8 *content = g_malloc (size + 1);

  g_assert_cmpint (read (file, content, size), ==, (gssize)size);
  g_assert_cmpmem (content, size, data, size);
  close (file);
}

static void
check (int fd, const guint8 *data, gsize size)
{
  g_auto (MaildirKeywords) before = { 0 };
  g_auto (MaildirKeywords) keywords = { 0 };
  g_autofree char *left_out = NULL;
  g_autoptr (GError) error = NULL;

  if (!maildir_keywords_read (fd, &before, &error))
    {
      g_assert_true (size > 64 * 1024 || memchr (data, '\0', size) != NULL);
      return;
    }
  g_assert_true (maildir_keywords_assign (fd, &keywords, "fresh", &left_out, NULL));
  check_assigned (fd, &before, &keywords, left_out);
  check_kept (fd, data, size);
}

int
LLVMFuzzerTestOneInput (const guint8 *data, size_t size)
{
  g_autofree char *path = g_dir_make_tmp ("dovetail-fuzz-XXXXXX", NULL);
  int fd = open (path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

  g_assert_cmpint (fd, >=, 0);
  write_file (fd, data, size);
  check (fd, data, size);
  unlinkat (fd, "dovecot-keywords", 0);
  close (fd);
  g_assert_cmpint (rmdir (path), ==, 0);
  return 0;
}
