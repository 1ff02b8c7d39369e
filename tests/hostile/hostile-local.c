#include "hostile-local.h"

#include <glib/gstdio.h>
#include <string.h>
#include <utime.h>

static void
local_file_free (gpointer data)
{
  LocalFile *file = data;

  g_free (file->mailbox);
  g_free (file->path);
  g_free (file->flags);
  g_free (file->mark);
  g_bytes_unref (file->wire);
  g_free (file);
}

static int
compare_words (gconstpointer a, gconstpointer b)
{
  return g_strcmp0 (*(char *const *)a, *(char *const *)b);
}

char *
sorted_words (const char *words)
{
  g_auto (GStrv) list = g_strsplit (words, " ", -1);
  g_autoptr (GPtrArray) sorted = g_ptr_array_new ();

  for (guint i = 0; list[i] != NULL; i++)
    if (*list[i] != '\0')
      g_ptr_array_add (sorted, list[i]);
  g_ptr_array_sort (sorted, compare_words);
  g_ptr_array_add (sorted, NULL);
  return g_strjoinv (" ", (char **)sorted->pdata);
}

char *
subject_of_body (GBytes *body)
{
  gsize length;
  const char *data = g_bytes_get_data (body, &length);
  g_autofree char *text = g_strndup (data != NULL ? data : "", length);
  const char *subject = strstr (text, "Subject: ");

  if (subject == NULL)
    return g_strdup ("");
  subject += strlen ("Subject: ");
  return g_strndup (subject, strcspn (subject, "\r\n"));
}

static GBytes *
to_wire (const char *data, gsize length)
{
  GString *wire = g_string_sized_new (length);

  for (gsize i = 0; i < length; i++)
    {
      if (data[i] == '\n' && (i == 0 || data[i - 1] != '\r'))
        g_string_append_c (wire, '\r');
      g_string_append_c (wire, data[i]);
    }
  length = wire->len;
  return g_bytes_new_take (g_string_free (wire, FALSE), length);
}

/* The keyword of a letter in the directory's dovecot-keywords. (transfer full) (nullable) */
static char *
keyword_of (const char *directory, char letter)
{
  g_autofree char *path = g_build_filename (directory, "dovecot-keywords", NULL);
  g_autofree char *text = NULL;
  g_autofree char *prefix = g_strdup_printf ("%d ", letter - 'a');
  g_auto (GStrv) lines = NULL;

  if (!g_file_get_contents (path, &text, NULL, NULL))
    return NULL;
  lines = g_strsplit (text, "\n", -1);
  for (guint i = 0; lines[i] != NULL; i++)
    if (g_str_has_prefix (lines[i], prefix))
      return g_strdup (lines[i] + strlen (prefix));
  return NULL;
}

static char *
flags_of (const char *directory, const char *name)
{
  static const char letters[] = "DFPRST";
  static const char *const words[] = { "\\Draft",    "\\Flagged", "$Forwarded",
                                       "\\Answered", "\\Seen",    "\\Deleted" };
  const char *info = strstr (name, ":2,");
  g_autoptr (GString) flags = g_string_new (NULL);

  for (const char *c = info != NULL ? info + 3 : ""; *c != '\0'; c++)
    {
      const char *known = strchr (letters, *c);
      g_autofree char *word = known != NULL ? g_strdup (words[known - letters]) : keyword_of (directory, *c);

      g_string_append_printf (flags, "%s ", word != NULL ? word : "?");
    }
  return sorted_words (flags->str);
}

static void
add_file (GPtrArray *files, const char *directory, const char *mailbox, const char *part, const char *name)
{
  LocalFile *file = g_new0 (LocalFile, 1);
  g_autofree char *data = NULL;
  gsize length;
  GStatBuf info;

  file->mailbox = g_strdup (mailbox);
  file->path = g_build_filename (directory, part, name, NULL);
  file->flags = flags_of (directory, name);
  g_assert_true (g_file_get_contents (file->path, &data, &length, NULL));
  g_assert_cmpint (g_stat (file->path, &info), ==, 0);
  file->date = info.st_mtime;
  file->wire = to_wire (data, length);
  file->mark = subject_of_body (file->wire);
  g_ptr_array_add (files, file);
}

static void
list_part (GPtrArray *files, const char *directory, const char *mailbox, const char *part)
{
  g_autofree char *path = g_build_filename (directory, part, NULL);
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    add_file (files, directory, mailbox, part, name);
}

static gboolean
is_part (const char *name)
{
  return g_str_equal (name, "cur") || g_str_equal (name, "new") || g_str_equal (name, "tmp");
}

static void
list_directory (GPtrArray *files, const char *directory, const char *mailbox)
{
  g_autoptr (GDir) dir = g_dir_open (directory, 0, NULL);
  const char *name;

  list_part (files, directory, mailbox, "cur");
  list_part (files, directory, mailbox, "new");
  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename (directory, name, NULL);
      g_autofree char *below = *mailbox == '\0' ? g_strdup (name) : g_strconcat (mailbox, "/", name, NULL);

      if (!is_part (name) && g_file_test (path, G_FILE_TEST_IS_DIR))
        list_directory (files, path, below);
    }
}

GPtrArray *
local_list (const char *maildir)
{
  GPtrArray *files = g_ptr_array_new_with_free_func (local_file_free);

  list_directory (files, maildir, "");
  return files;
}

void
local_write (const char *maildir, const char *mailbox, const char *base, const char *letters, GBytes *body,
             gint64 date)
{
  gsize length;
  const char *data = g_bytes_get_data (body, &length);
  g_autoptr (GString) text = g_string_sized_new (length);
  g_autofree char *name = *letters == '\0' ? g_strdup (base) : g_strconcat (base, ":2,", letters, NULL);
  g_autofree char *directory = g_build_filename (maildir, mailbox, *letters == '\0' ? "new" : "cur", NULL);
  g_autofree char *path = g_build_filename (directory, name, NULL);
  struct utimbuf times = { date, date };

  for (gsize i = 0; i < length; i++)
    if (data[i] != '\r' || i + 1 == length || data[i + 1] != '\n')
      g_string_append_c (text, data[i]);
  for (guint i = 0; i < 3; i++)
    {
      static const char *const parts[] = { "cur", "new", "tmp" };
      g_autofree char *part = g_build_filename (maildir, mailbox, parts[i], NULL);

      g_assert_cmpint (g_mkdir_with_parents (part, 0700), ==, 0);
    }
  g_assert_true (g_file_set_contents (path, text->str, text->len, NULL));
  g_assert_cmpint (utime (path, &times), ==, 0);
}

void
local_set_letters (const LocalFile *file, const char *letters)
{
  g_autofree char *directory = g_path_get_dirname (file->path);
  g_autofree char *mailbox = g_path_get_dirname (directory);
  g_autofree char *name = g_path_get_basename (file->path);
  g_autofree char *base = g_strndup (name, strcspn (name, ":"));
  g_autofree char *renamed = g_strconcat (base, ":2,", letters, NULL);
  g_autofree char *path = g_build_filename (mailbox, "cur", renamed, NULL);

  g_assert_cmpint (g_rename (file->path, path), ==, 0);
}

static void
add_paths (GPtrArray *paths, const char *directory)
{
  g_autoptr (GDir) dir = g_dir_open (directory, 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      char *path = g_build_filename (directory, name, NULL);

      g_ptr_array_add (paths, path);
      if (g_file_test (path, G_FILE_TEST_IS_DIR))
        add_paths (paths, path);
    }
}

char *
local_snapshot (const char *maildir)
{
  g_autoptr (GPtrArray) paths = g_ptr_array_new_with_free_func (g_free);

  add_paths (paths, maildir);
  g_ptr_array_sort (paths, compare_words);
  g_ptr_array_add (paths, NULL);
  return g_strjoinv ("\n", (char **)paths->pdata);
}
