#include "sync-view.h"
#include "sync-content.h"

#include <glib/gstdio.h>
#include <string.h>

static const char *const usual_mailboxes[] = { "INBOX", "Drafts", "Junk", "Sent", "Trash", NULL };

static int
compare_strings (gconstpointer a, gconstpointer b)
{
  return strcmp (*(char *const *)a, *(char *const *)b);
}

/* (transfer full): takes the lines over. */
static GStrv
sort_lines (GPtrArray *lines)
{
  g_ptr_array_sort (lines, compare_strings);
  g_ptr_array_add (lines, NULL);
  return (GStrv)g_ptr_array_free (lines, FALSE);
}

GStrv
sync_view_sort (const char *const *lines)
{
  GPtrArray *copy = g_ptr_array_new ();

  for (; *lines != NULL; lines++)
    g_ptr_array_add (copy, g_strdup (*lines));
  return sort_lines (copy);
}

static void
add_mailbox_line (GPtrArray *lines, const char *mailbox)
{
  if (!g_strv_contains (usual_mailboxes, mailbox))
    g_ptr_array_add (lines, g_strconcat ("mailbox ", mailbox, NULL));
}

/* `flags` sorted, a space between. */
static void
add_message_line (GPtrArray *lines, const char *mailbox, const char *content, const char *flags, gint64 date)
{
  g_autoptr (GString) line = g_string_new (mailbox);

  g_string_append_printf (line, " %s%s%s", content, *flags != '\0' ? " " : "", flags);
  if (*content != '?' && date != sync_content_date (content))
    g_string_append_printf (line, " @%+" G_GINT64_FORMAT, date - sync_content_date (content));
  g_ptr_array_add (lines, g_strdup (line->str));
}

static gboolean
is_synchronized (SyncCase *sync, const char *mailbox)
{
  const char *const *mailboxes = (const char *const *)sync->mailboxes;

  return g_strv_contains (mailboxes, mailbox) || g_strv_contains (mailboxes, "*");
}

/* (transfer full): those of the server that the case synchronizes, and \\Trash, where nothing may be unless
 * it is expected; as the server calls them. */
static GStrv
list_remote (SyncCase *sync, ImapClient *client)
{
  g_auto (GStrv) all = imap_client_list (client);
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();

  for (guint i = 0; all[i] != NULL; i++)
    {
      g_autofree char *name = sync_names_from_server (&sync->names, all[i]);

      if (is_synchronized (sync, name) || g_str_equal (name, "Trash"))
        g_strv_builder_add (builder, all[i]);
    }
  return g_strv_builder_end (builder);
}

GStrv
sync_view_remote (SyncCase *sync)
{
  g_autoptr (ImapClient) client = sync_case_connect (sync);
  g_auto (GStrv) mailboxes = list_remote (sync, client);
  GPtrArray *lines = g_ptr_array_new ();

  for (guint i = 0; mailboxes[i] != NULL; i++)
    {
      g_autoptr (GPtrArray) messages = imap_client_fetch_all (client, mailboxes[i]);
      g_autofree char *name = sync_names_from_server (&sync->names, mailboxes[i]);

      add_mailbox_line (lines, name);
      for (guint j = 0; j < messages->len; j++)
        {
          const ImapClientMessage *message = g_ptr_array_index (messages, j);
          gsize length;
          const char *data = g_bytes_get_data (message->body, &length);
          g_autofree char *content = sync_content_name (data, length);

          add_message_line (lines, name, content, message->flags, message->date);
        }
    }
  return sort_lines (lines);
}

/* TRUE for a directory that may hold further ones of mailboxes. */
static gboolean
has_children (SyncCase *sync, const char *entry)
{
  return !sync->names.maildirpp && *entry != '.' && !g_str_equal (entry, "cur") &&
         !g_str_equal (entry, "new") && !g_str_equal (entry, "tmp");
}

/* Directories with a cur/, relative to the root, in no order. */
static void
collect_local (SyncCase *sync, const char *parent, GPtrArray *names)
{
  g_autofree char *path = g_build_filename (sync->maildir, parent, NULL);
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  const char *entry;

  while (dir != NULL && (entry = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *name = *parent != '\0' ? g_strconcat (parent, "/", entry, NULL) : g_strdup (entry);
      g_autofree char *cur = g_build_filename (path, entry, "cur", NULL);

      if (g_file_test (cur, G_FILE_TEST_IS_DIR))
        g_ptr_array_add (names, g_strdup (name));
      if (has_children (sync, entry))
        collect_local (sync, name, names);
    }
}

/* (transfer full): directories, sorted. */
static GStrv
list_local (SyncCase *sync)
{
  GPtrArray *names = g_ptr_array_new ();
  g_autofree char *root_cur = g_build_filename (sync->maildir, "cur", NULL);

  if (g_file_test (root_cur, G_FILE_TEST_IS_DIR))
    g_ptr_array_add (names, g_strdup (""));
  collect_local (sync, "", names);
  return sort_lines (names);
}

static char *
name_of_directory (SyncCase *sync, const char *directory)
{
  return sync_names_from_directory (&sync->names, sync->maildir, directory);
}

char *
sync_view_directory (SyncCase *sync, const char *mailbox)
{
  g_auto (GStrv) directories = list_local (sync);
  g_autofree char *new = NULL;

  for (guint i = 0; directories[i] != NULL; i++)
    {
      g_autofree char *name = name_of_directory (sync, directories[i]);

      if (g_str_equal (name, mailbox))
        return g_build_filename (sync->maildir, directories[i], NULL);
    }
  new = sync_names_directory (&sync->names, mailbox);
  return g_build_filename (sync->maildir, new, NULL);
}

/* Bytes as they travel: a bare LF gets its CR (contract C1.5; no test content has a CR of its own). */
static char *
name_file_content (const char *path)
{
  g_autofree char *data = NULL;
  g_autoptr (GString) wire = g_string_new (NULL);
  g_autoptr (GError) error = NULL;
  gsize length;

  if (!g_file_get_contents (path, &data, &length, &error))
    g_error ("%s", error->message);
  for (gsize i = 0; i < length; i++)
    {
      if (data[i] == '\n' && (i == 0 || data[i - 1] != '\r'))
        g_string_append_c (wire, '\r');
      g_string_append_c (wire, data[i]);
    }
  return sync_content_name (wire->str, wire->len);
}

static void
file_free (gpointer data)
{
  SyncFile *file = data;

  g_free (file->mailbox);
  g_free (file->place);
  g_free (file->file);
  g_free (file->path);
  g_free (file->content);
  g_free (file);
}

static void
collect_files (SyncCase *sync, const char *directory, const char *place, GPtrArray *files)
{
  g_autofree char *path = g_build_filename (sync->maildir, directory, place, NULL);
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  const char *entry;

  while (dir != NULL && (entry = g_dir_read_name (dir)) != NULL)
    {
      SyncFile *file = g_new0 (SyncFile, 1);
      GStatBuf status;

      file->mailbox = name_of_directory (sync, directory);
      file->place = g_strdup (place);
      file->file = g_strdup (entry);
      file->path = g_build_filename (path, entry, NULL);
      file->content = name_file_content (file->path);
      g_assert_cmpint (g_stat (file->path, &status), ==, 0);
      file->date = status.st_mtime;
      g_ptr_array_add (files, file);
    }
}

GPtrArray *
sync_view_files (SyncCase *sync)
{
  GPtrArray *files = g_ptr_array_new_with_free_func (file_free);
  g_auto (GStrv) directories = list_local (sync);

  for (guint i = 0; directories[i] != NULL; i++)
    {
      collect_files (sync, directories[i], "cur", files);
      collect_files (sync, directories[i], "new", files);
    }
  return files;
}

GStrv
sync_view_keywords (SyncCase *sync, const char *mailbox)
{
  g_autofree char *directory = sync_view_directory (sync, mailbox);
  g_autofree char *path = g_build_filename (directory, "dovecot-keywords", NULL);
  g_autofree char *text = NULL;
  g_auto (GStrv) lines = NULL;
  GStrv names = g_new0 (char *, 27);

  for (guint i = 0; i < 26; i++)
    names[i] = g_strdup ("");
  if (!g_file_get_contents (path, &text, NULL, NULL))
    return names;
  lines = g_strsplit (text, "\n", -1);
  for (guint i = 0; lines[i] != NULL; i++)
    {
      char *name;
      guint64 index = g_ascii_strtoull (lines[i], &name, 10);

      if (name == lines[i] || *name != ' ' || index > 25)
        continue;
      g_free (names[index]);
      names[index] = g_strdup (name + 1);
    }
  return names;
}

static const char *
flag_of_letter (GStrv keywords, char letter)
{
  static const char letters[] = "DFPRST";
  static const char *const flags[] = { "\\Draft",    "\\Flagged", "$Forwarded",
                                       "\\Answered", "\\Seen",    "\\Deleted" };
  const char *found = strchr (letters, letter);

  if (g_ascii_islower (letter))
    return *keywords[letter - 'a'] != '\0' ? keywords[letter - 'a'] : "(unknown letter)";
  return found != NULL ? flags[found - letters] : "(unknown letter)";
}

/* (transfer full): as ImapClientMessage has them. */
static char *
flags_of_file (SyncCase *sync, const SyncFile *file)
{
  const char *info = strstr (file->file, ":2,");
  g_auto (GStrv) keywords = sync_view_keywords (sync, file->mailbox);
  g_autoptr (GPtrArray) flags = g_ptr_array_new ();

  for (const char *letter = info != NULL ? info + 3 : ""; *letter != '\0'; letter++)
    g_ptr_array_add (flags, (gpointer)flag_of_letter (keywords, *letter));
  g_ptr_array_sort (flags, compare_strings);
  g_ptr_array_add (flags, NULL);
  return g_strjoinv (" ", (char **)flags->pdata);
}

GStrv
sync_view_local (SyncCase *sync)
{
  g_autoptr (GPtrArray) files = sync_view_files (sync);
  g_auto (GStrv) directories = list_local (sync);
  GPtrArray *lines = g_ptr_array_new ();

  for (guint i = 0; directories[i] != NULL; i++)
    {
      g_autofree char *name = name_of_directory (sync, directories[i]);

      add_mailbox_line (lines, name);
    }
  for (guint i = 0; i < files->len; i++)
    {
      const SyncFile *file = g_ptr_array_index (files, i);
      g_autofree char *flags = flags_of_file (sync, file);

      add_message_line (lines, file->mailbox, file->content, flags, file->date);
    }
  return sort_lines (lines);
}

static void
add_file_stamp (GPtrArray *lines, const char *path)
{
  GStatBuf status;

  g_assert_cmpint (g_lstat (path, &status), ==, 0);
  g_ptr_array_add (lines,
                   g_strdup_printf ("%s inode %" G_GUINT64_FORMAT " size %" G_GINT64_FORMAT
                                    " mtime %" G_GINT64_FORMAT ".%09ld ctime %" G_GINT64_FORMAT ".%09ld",
                                    path, (guint64)status.st_ino, (gint64)status.st_size,
                                    (gint64)status.st_mtim.tv_sec, status.st_mtim.tv_nsec,
                                    (gint64)status.st_ctim.tv_sec, status.st_ctim.tv_nsec));
}

static void
add_file_stamps (GPtrArray *lines, const char *path)
{
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  const char *entry;

  add_file_stamp (lines, path);
  while (dir != NULL && (entry = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *child = g_build_filename (path, entry, NULL);

      if (g_file_test (child, G_FILE_TEST_IS_DIR))
        add_file_stamps (lines, child);
      else if (!g_str_equal (entry, ".dovetail.lock")) /* says who runs */
        add_file_stamp (lines, child);
    }
}

/* Each untagged line, after the mailbox's name. */
static void
add_answer (GPtrArray *lines, const char *mailbox, const char *answer, const char *what)
{
  g_auto (GStrv) parts = g_strsplit (answer, "\r\n", -1);

  for (guint i = 0; parts[i] != NULL; i++)
    if (strstr (parts[i], what) != NULL)
      g_ptr_array_add (lines, g_strdup_printf ("%s %s", mailbox, parts[i]));
}

static void
add_remote_state (SyncCase *sync, GPtrArray *lines)
{
  g_autoptr (ImapClient) client = sync_case_connect (sync);
  g_auto (GStrv) mailboxes = list_remote (sync, client);

  for (guint i = 0; mailboxes[i] != NULL; i++)
    {
      guint32 count = imap_client_status (client, mailboxes[i], "MESSAGES");
      g_autofree char *name = imap_client_encode_name (mailboxes[i]);
      g_autofree char *status =
          imap_client_command (client, "STATUS %s (UIDVALIDITY UIDNEXT MESSAGES HIGHESTMODSEQ)", name);
      g_autofree char *fetched = NULL;

      add_answer (lines, mailboxes[i], status, "STATUS");
      if (count == 0)
        continue;
      g_free (imap_client_command (client, "EXAMINE %s", name));
      fetched = imap_client_command (client, "UID FETCH 1:* (FLAGS MODSEQ)");
      add_answer (lines, mailboxes[i], fetched, "FETCH");
    }
}

GStrv
sync_view_everything (SyncCase *sync)
{
  GPtrArray *lines = g_ptr_array_new ();

  add_file_stamps (lines, sync->maildir);
  add_file_stamps (lines, sync->attic);
  add_remote_state (sync, lines);
  return sort_lines (lines);
}

guint
sync_view_count_attic (SyncCase *sync)
{
  g_autoptr (GDir) dir = g_dir_open (sync->attic, 0, NULL);
  guint count = 0;

  while (dir != NULL && g_dir_read_name (dir) != NULL)
    count++;
  return count;
}

GStrv
sync_view_subscribed (SyncCase *sync)
{
  g_autoptr (ImapClient) client = sync_case_connect (sync);
  g_auto (GStrv) names = imap_client_list_subscribed (client);
  GPtrArray *lines = g_ptr_array_new ();

  for (guint i = 0; names[i] != NULL; i++)
    g_ptr_array_add (lines, sync_names_from_server (&sync->names, names[i]));
  return sort_lines (lines);
}

GStrv
sync_view_tmp (SyncCase *sync)
{
  g_auto (GStrv) directories = list_local (sync);
  GPtrArray *lines = g_ptr_array_new ();

  for (guint i = 0; directories[i] != NULL; i++)
    {
      g_autofree char *path = g_build_filename (sync->maildir, directories[i], "tmp", NULL);
      g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
      const char *entry;

      while (dir != NULL && (entry = g_dir_read_name (dir)) != NULL)
        g_ptr_array_add (lines, g_build_filename (path, entry, NULL));
    }
  return sort_lines (lines);
}

char *
sync_view_compare (const char *name_a, GStrv a, const char *name_b, GStrv b)
{
  g_autoptr (GString) text = g_string_new (NULL);

  while (*a != NULL || *b != NULL)
    {
      int order = *a == NULL ? 1 : *b == NULL ? -1 : strcmp (*a, *b);

      if (order != 0)
        g_string_append_printf (text, "  only %s: %s\n", order < 0 ? name_a : name_b, order < 0 ? *a : *b);
      a += order <= 0;
      b += order >= 0;
    }
  return text->len > 0 ? g_strdup (text->str) : NULL;
}
