/* Messages as files: names, letters and keywords as any Maildir client reads and writes them. */
#include "accept-sides.h"

#include <glib/gstdio.h>
#include <string.h>
#include <utime.h>

static void
file_free (AcceptFile *file)
{
  g_free (file->mailbox);
  g_free (file->path);
  g_free (file->flags);
  g_free (file);
}

/* (transfer full): the names of letters a to z; NULL where there is none. */
static char **
read_keywords (const char *directory)
{
  char **names = g_new0 (char *, 26);
  g_autofree char *path = g_build_filename (directory, "dovecot-keywords", NULL);
  g_autofree char *content = NULL;
  g_auto (GStrv) lines = NULL;

  if (!g_file_get_contents (path, &content, NULL, NULL))
    return names;
  lines = g_strsplit (content, "\n", -1);
  for (guint i = 0; lines[i] != NULL; i++)
    {
      const char *space = strchr (lines[i], ' ');
      guint64 index = g_ascii_strtoull (lines[i], NULL, 10);

      if (space != NULL && index < 26)
        names[index] = g_strdup (space + 1);
    }
  return names;
}

static void
free_keywords (char **names)
{
  for (guint i = 0; i < 26; i++)
    g_free (names[i]);
  g_free (names);
}

/* (nullable) */
static const char *
letter_name (char letter, char *const *keywords)
{
  switch (letter)
    {
    case 'D':
      return "\\Draft";
    case 'F':
      return "\\Flagged";
    case 'P':
      return "$Forwarded";
    case 'R':
      return "\\Answered";
    case 'S':
      return "\\Seen";
    case 'T':
      return "\\Deleted";
    default:
      return g_ascii_islower (letter) ? keywords[letter - 'a'] : NULL;
    }
}

static int
compare_strings (gconstpointer a, gconstpointer b)
{
  return strcmp (*(char *const *)a, *(char *const *)b);
}

/* (transfer full) */
static char *
flags_of_name (const char *name, char *const *keywords)
{
  const char *info = strstr (name, ":2,");
  g_autoptr (GPtrArray) flags = g_ptr_array_new ();

  for (const char *letter = info != NULL ? info + 3 : ""; *letter != '\0'; letter++)
    {
      const char *flag = letter_name (*letter, keywords);

      g_assert_nonnull (flag);
      g_ptr_array_add (flags, (gpointer)flag);
    }
  g_ptr_array_sort (flags, compare_strings);
  g_ptr_array_add (flags, NULL);
  return g_strjoinv (" ", (char **)flags->pdata);
}

static void
add_part (GPtrArray *files, const char *mailbox, const char *directory, const char *part,
          char *const *keywords)
{
  g_autofree char *path = g_build_filename (directory, part, NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (GDir) entries = g_dir_open (path, 0, &error);

  g_assert_no_error (error);
  for (const char *name = g_dir_read_name (entries); name != NULL; name = g_dir_read_name (entries))
    {
      AcceptFile *file = g_new0 (AcceptFile, 1);
      GStatBuf status;

      file->mailbox = g_strdup (mailbox);
      file->path = g_build_filename (path, name, NULL);
      file->flags = flags_of_name (name, keywords);
      g_assert_cmpint (g_stat (file->path, &status), ==, 0);
      file->date = status.st_mtime;
      g_ptr_array_add (files, file);
    }
}

static int
compare_files (gconstpointer a, gconstpointer b)
{
  return strcmp ((*(AcceptFile *const *)a)->path, (*(AcceptFile *const *)b)->path);
}

GPtrArray *
accept_local_files (const AcceptAccount *account, const char *mailbox)
{
  GPtrArray *files = g_ptr_array_new_with_free_func ((GDestroyNotify)file_free);
  g_autofree char *directory = g_build_filename (account->maildir, mailbox, NULL);
  char **keywords = read_keywords (directory);

  add_part (files, mailbox, directory, "cur", keywords);
  add_part (files, mailbox, directory, "new", keywords);
  free_keywords (keywords);
  g_ptr_array_sort (files, compare_files);
  return files;
}

static gboolean
has_subject (const char *path, const char *subject)
{
  g_autofree char *content = NULL;
  g_autofree char *line = g_strconcat ("Subject: ", subject, "\n", NULL);

  return g_file_get_contents (path, &content, NULL, NULL) && strstr (content, line) != NULL;
}

char *
accept_find_file (const AcceptAccount *account, const char *mailbox, const char *subject)
{
  g_autoptr (GPtrArray) files = accept_local_files (account, mailbox);
  char *found = NULL;

  for (guint i = 0; i < files->len; i++)
    {
      const AcceptFile *file = g_ptr_array_index (files, i);

      if (!has_subject (file->path, subject))
        continue;
      g_assert_null (found);
      found = g_strdup (file->path);
    }
  if (found == NULL)
    g_error ("%s: no message has the subject %s", mailbox, subject);
  return found;
}

static void
make_mailbox (const char *directory)
{
  static const char *const parts[] = { "cur", "new", "tmp" };

  for (guint i = 0; i < G_N_ELEMENTS (parts); i++)
    {
      g_autofree char *part = g_build_filename (directory, parts[i], NULL);

      g_assert_cmpint (g_mkdir_with_parents (part, 0700), ==, 0);
    }
}

char *
accept_deliver (const AcceptAccount *account, const char *mailbox, const char *letters, gint64 date,
                gconstpointer data, gsize length)
{
  g_autofree char *directory = g_build_filename (account->maildir, mailbox, NULL);
  g_autofree char *unique = g_uuid_string_random ();
  g_autofree char *name = g_strdup_printf ("1700000000.%s.client:2,%s", unique, letters);
  g_autofree char *temporary = g_build_filename (directory, "tmp", name, NULL);
  char *path = g_build_filename (directory, "cur", name, NULL);
  struct utimbuf times = { .actime = (time_t)date, .modtime = (time_t)date };
  g_autoptr (GError) error = NULL;

  make_mailbox (directory);
  g_file_set_contents_full (temporary, data, (gssize)length, G_FILE_SET_CONTENTS_NONE, 0600, &error);
  g_assert_no_error (error);
  if (date != 0)
    g_assert_cmpint (g_utime (temporary, &times), ==, 0);
  g_assert_cmpint (g_rename (temporary, path), ==, 0);
  return path;
}

char *
accept_message_text (const char *subject)
{
  g_autofree char *id = g_uuid_string_random ();

  return g_strdup_printf ("From: Ada <ada@example.org>\r\nTo: Alice <alice@example.org>\r\nSubject: %s\r\n"
                          "Date: Mon, 02 Jan 2023 10:00:00 +0000\r\nMessage-ID: <%s@accept.example>\r\n\r\n"
                          "This is %s.\r\n",
                          subject, id, subject);
}

char *
accept_deliver_subject (const AcceptAccount *account, const char *mailbox, const char *letters,
                        const char *subject)
{
  g_autofree char *text = accept_message_text (subject);
  g_auto (GStrv) lines = g_strsplit (text, "\r\n", -1);
  g_autofree char *unix_text = g_strjoinv ("\n", lines);

  return accept_deliver (account, mailbox, letters, 0, unix_text, strlen (unix_text));
}

void
accept_set_letters (const char *path, const char *letters)
{
  const char *info = strstr (path, ":2,");
  g_autofree char *base = info != NULL ? g_strndup (path, (gsize)(info - path)) : g_strdup (path);
  g_autofree char *to = g_strconcat (base, ":2,", letters, NULL);

  g_assert_cmpint (g_rename (path, to), ==, 0);
}
