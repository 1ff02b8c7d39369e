#include "history-files.h"
#include "history-mail.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define N_LETTERS 26

static void
file_free (HistoryFile *file)
{
  g_free (file->mailbox);
  g_free (file->directory);
  g_free (file->name);
  g_free (file->base);
  g_free (file->letters);
  g_free (file->token);
  g_bytes_unref (file->bytes);
  g_free (file->others);
  g_free (file);
}

char *
history_files_directory (HistoryWorld *world, const char *mailbox)
{
  g_autofree char *flat = NULL;

  if (!world->history->maildirpp)
    return g_build_filename (world->maildir, mailbox, NULL);
  if (g_str_equal (mailbox, "INBOX"))
    return g_strdup (world->maildir);
  flat = g_strconcat (".", mailbox, NULL);
  return g_build_filename (world->maildir, g_strdelimit (flat, "/", '.'), NULL);
}

char *
history_file_path (const HistoryFile *file)
{
  return g_build_filename (file->directory, file->in_new ? "new" : "cur", file->name, NULL);
}

/* names[0] is what the letter a stands for. */
static void
read_keywords (const char *directory, char *names[N_LETTERS])
{
  g_autofree char *path = g_build_filename (directory, "dovecot-keywords", NULL);
  g_autofree char *text = NULL;
  g_auto (GStrv) lines = NULL;

  if (!g_file_get_contents (path, &text, NULL, NULL))
    return;
  lines = g_strsplit (text, "\n", -1);
  for (guint i = 0; lines[i] != NULL; i++)
    {
      char *name;
      guint64 index = g_ascii_strtoull (lines[i], &name, 10);

      if (name != lines[i] && *name == ' ' && index < N_LETTERS && names[index] == NULL)
        names[index] = g_strdup (name + 1);
    }
}

static void
clear_keywords (char *names[N_LETTERS])
{
  for (guint i = 0; i < N_LETTERS; i++)
    g_free (names[i]);
}

static void
write_keywords (const char *directory, char *names[N_LETTERS])
{
  g_autofree char *path = g_build_filename (directory, "dovecot-keywords", NULL);
  g_autoptr (GString) text = g_string_new (NULL);

  for (guint i = 0; i < N_LETTERS; i++)
    if (names[i] != NULL)
      g_string_append_printf (text, "%u %s\n", i, names[i]);
  g_assert_true (g_file_set_contents (path, text->str, (gssize)text->len, NULL));
}

gboolean
history_files_rotate_keywords (HistoryWorld *world, const char *mailbox)
{
  g_autofree char *directory = history_files_directory (world, mailbox);
  char *names[N_LETTERS] = { NULL };
  guint last = N_LETTERS, count = 0;
  char *carried;

  read_keywords (directory, names);
  for (guint i = 0; i < N_LETTERS; i++)
    if (names[i] != NULL)
      {
        count++;
        last = i;
      }
  carried = last < N_LETTERS ? names[last] : NULL;
  for (guint i = 0; count > 1 && i < N_LETTERS; i++)
    if (names[i] != NULL)
      {
        char *name = names[i];

        names[i] = carried;
        carried = name;
      }
  if (count > 1)
    write_keywords (directory, names);
  clear_keywords (names);
  return count > 1;
}

static guint
read_letters (const char *letters, char *const names[N_LETTERS], GString *others)
{
  guint flags = 0;

  for (; *letters != '\0'; letters++)
    if (g_ascii_islower (*letters) && names[*letters - 'a'] != NULL)
      flags |= history_flags_from_string (names[*letters - 'a'], others);
    else
      for (guint i = 0; i < HISTORY_FIRST_KEYWORD; i++)
        flags |= history_flag_letter (i) == *letters ? 1u << i : 0;
  return flags;
}

static void
add_file (GPtrArray *files, const char *mailbox, const char *directory, gboolean in_new, const char *name,
          char *const names[N_LETTERS])
{
  HistoryFile *file = g_new0 (HistoryFile, 1);
  const char *info = strstr (name, ":2,");
  g_autoptr (GString) others = g_string_new (NULL);
  g_autofree char *path = NULL;
  char *text;
  gsize length;
  GStatBuf status;

  file->mailbox = g_strdup (mailbox);
  file->directory = g_strdup (directory);
  file->in_new = in_new;
  file->name = g_strdup (name);
  file->base = info != NULL ? g_strndup (name, (gsize)(info - name)) : g_strdup (name);
  file->letters = g_strdup (info != NULL ? info + 3 : "");
  file->flags = read_letters (file->letters, names, others);
  file->others = g_strdup (others->str);
  path = history_file_path (file);
  if (!g_file_get_contents (path, &text, &length, NULL) || g_stat (path, &status) != 0)
    g_error ("%s: %s", path, g_strerror (errno));
  file->bytes = g_bytes_new_take (text, length);
  file->token = history_mail_token (file->bytes);
  file->mtime_ns = status.st_mtim.tv_sec * G_GINT64_CONSTANT (1000000000) + status.st_mtim.tv_nsec;
  g_ptr_array_add (files, file);
}

static void
add_files (GPtrArray *files, const char *mailbox, const char *directory)
{
  char *names[N_LETTERS] = { NULL };

  read_keywords (directory, names);
  for (guint i = 0; i < 2; i++)
    {
      g_autofree char *path = g_build_filename (directory, i == 0 ? "cur" : "new", NULL);
      g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
      const char *name;

      while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
        if (*name != '.')
          add_file (files, mailbox, directory, i == 1, name, names);
    }
  clear_keywords (names);
}

static int
compare_files (gconstpointer a, gconstpointer b)
{
  const HistoryFile *left = *(HistoryFile *const *)a;
  const HistoryFile *right = *(HistoryFile *const *)b;
  int order = strcmp (left->mailbox, right->mailbox);

  if (order == 0)
    order = strcmp (left->token, right->token);
  if (order == 0 && left->flags != right->flags)
    order = left->flags < right->flags ? -1 : 1;
  return order != 0 ? order : strcmp (left->base, right->base);
}

GPtrArray *
history_files_list (HistoryWorld *world)
{
  g_auto (GStrv) mailboxes = history_files_mailboxes (world);
  GPtrArray *files = g_ptr_array_new_with_free_func ((GDestroyNotify)file_free);

  for (guint i = 0; mailboxes[i] != NULL; i++)
    {
      g_autofree char *directory = history_files_directory (world, mailboxes[i]);

      add_files (files, mailboxes[i], directory);
    }
  g_ptr_array_sort (files, compare_files);
  return files;
}

static gboolean
has_cur (const char *directory)
{
  g_autofree char *cur = g_build_filename (directory, "cur", NULL);

  return g_file_test (cur, G_FILE_TEST_IS_DIR);
}

static void
add_nested (GPtrArray *names, const char *directory, const char *prefix)
{
  g_autoptr (GDir) dir = g_dir_open (directory, 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename (directory, name, NULL);
      g_autofree char *mailbox = g_strconcat (prefix, name, NULL);
      g_autofree char *below = g_strconcat (mailbox, "/", NULL);

      if (*name == '.' || g_str_equal (name, "cur") || g_str_equal (name, "new") ||
          g_str_equal (name, "tmp") || !g_file_test (path, G_FILE_TEST_IS_DIR))
        continue;
      if (has_cur (path))
        g_ptr_array_add (names, g_strdup (mailbox));
      add_nested (names, path, below);
    }
}

static void
add_flat (GPtrArray *names, const char *directory)
{
  g_autoptr (GDir) dir = g_dir_open (directory, 0, NULL);
  const char *name;

  if (has_cur (directory))
    g_ptr_array_add (names, g_strdup ("INBOX"));
  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename (directory, name, NULL);

      if (*name == '.' && has_cur (path))
        g_ptr_array_add (names, g_strdelimit (g_strdup (name + 1), ".", '/'));
    }
}

static int
compare_strings (gconstpointer a, gconstpointer b)
{
  return strcmp (*(char *const *)a, *(char *const *)b);
}

GStrv
history_files_mailboxes (HistoryWorld *world)
{
  g_autoptr (GPtrArray) names = g_ptr_array_new ();

  if (world->history->maildirpp)
    add_flat (names, world->maildir);
  else
    add_nested (names, world->maildir, "");
  g_ptr_array_sort (names, compare_strings);
  g_ptr_array_add (names, NULL);
  return (GStrv)g_ptr_array_free (g_steal_pointer (&names), FALSE);
}

void
history_files_make_mailbox (HistoryWorld *world, const char *mailbox)
{
  static const char *const subdirectories[] = { "tmp", "new", "cur" };
  g_autofree char *directory = history_files_directory (world, mailbox);

  if (!has_cur (directory))
    history_model_create_mailbox (world->model, HISTORY_LOCAL, mailbox);
  for (guint i = 0; i < G_N_ELEMENTS (subdirectories); i++)
    {
      g_autofree char *path = g_build_filename (directory, subdirectories[i], NULL);

      g_assert_cmpint (g_mkdir_with_parents (path, 0700), ==, 0);
    }
}

char *
history_files_new_base (HistoryWorld *world)
{
  return g_strdup_printf ("1700000000.h%u.test", ++world->names);
}

void
history_files_write (HistoryWorld *world, const char *mailbox, const char *subdirectory, const char *name,
                     GBytes *bytes, gint64 mtime)
{
  g_autofree char *directory = history_files_directory (world, mailbox);
  g_autofree char *temporary = g_build_filename (directory, "tmp", name, NULL);
  g_autofree char *path = g_build_filename (directory, subdirectory, name, NULL);
  const struct timespec times[] = { { mtime, 0 }, { mtime, 0 } };
  gsize length;
  const char *data = g_bytes_get_data (bytes, &length);

  history_files_make_mailbox (world, mailbox);
  g_assert_true (g_file_set_contents (temporary, data, (gssize)length, NULL));
  g_assert_cmpint (utimensat (AT_FDCWD, temporary, times, 0), ==, 0);
  g_assert_cmpint (g_rename (temporary, path), ==, 0);
}

void
history_file_move (HistoryWorld *world, const HistoryFile *file, const char *mailbox, const char *name)
{
  g_autofree char *from = history_file_path (file);
  g_autofree char *directory = history_files_directory (world, mailbox);
  g_autofree char *to = g_build_filename (directory, "cur", name, NULL);

  history_files_make_mailbox (world, mailbox);
  g_assert_cmpint (g_rename (from, to), ==, 0);
}

/* The keyword's letter, a new one if need be; '\0' when all are taken. */
static char
keyword_letter (const char *directory, char *names[N_LETTERS], const char *keyword)
{
  for (guint i = 0; i < N_LETTERS; i++)
    if (names[i] != NULL && g_ascii_strcasecmp (names[i], keyword) == 0)
      return (char)('a' + i);
  for (guint i = 0; i < N_LETTERS; i++)
    if (names[i] == NULL)
      {
        names[i] = g_strdup (keyword);
        write_keywords (directory, names);
        return (char)('a' + i);
      }
  return '\0';
}

static int
compare_letters (gconstpointer a, gconstpointer b)
{
  return *(const char *)a - *(const char *)b;
}

char *
history_files_name (HistoryWorld *world, const char *mailbox, const char *base, guint flags)
{
  g_autofree char *directory = history_files_directory (world, mailbox);
  char *names[N_LETTERS] = { NULL };
  char letters[HISTORY_N_FLAGS + 1] = { '\0' };
  guint count = 0;

  history_files_make_mailbox (world, mailbox);
  read_keywords (directory, names);
  for (guint i = 0; i < HISTORY_N_FLAGS; i++)
    if ((flags & 1u << i) != 0)
      letters[count++] = i < HISTORY_FIRST_KEYWORD ? history_flag_letter (i)
                                                   : keyword_letter (directory, names, history_flag_name (i));
  clear_keywords (names);
  qsort (letters, count, 1, compare_letters);
  return g_strconcat (base, ":2,", letters, NULL);
}
