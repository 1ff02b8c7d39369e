#include "sync-change.h"
#include "sync-content.h"
#include "sync-view.h"

#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>
#include <utime.h>

/* A change taken apart; what is not there is "". */
typedef struct
{
  GStrv words;
  const char *verb, *mailbox, *content, *rest;
} Change;

static void
change_clear (Change *change)
{
  g_strfreev (change->words);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Change, change_clear)

static Change
parse_change (const char *text)
{
  Change change = { .words = g_strsplit (text, " ", 4) };
  guint n = g_strv_length (change.words);

  change.verb = change.words[0];
  change.mailbox = n > 1 ? g_strdelimit (change.words[1], "_", ' ') : "";
  change.content = n > 2 ? change.words[2] : "";
  change.rest = n > 3 ? change.words[3] : "";
  return change;
}

/* The server's side of a change. */
typedef struct
{
  ImapClient *client;
  const SyncNames *names;
  char *mailbox; /* as the server calls it */
} Remote;

/* (transfer full): the UID of the first message of that content. */
static char *
find_uid (const Remote *remote, const Change *change)
{
  g_autoptr (GPtrArray) messages = imap_client_fetch_all (remote->client, remote->mailbox);
  g_autoptr (GBytes) content = sync_content_new (change->content);

  for (guint i = 0; i < messages->len; i++)
    {
      const ImapClientMessage *message = g_ptr_array_index (messages, i);

      if (g_bytes_equal (message->body, content))
        return g_strdup_printf ("%u", message->uid);
    }
  g_error ("%s has no message %s on the server", change->mailbox, change->content);
}

static void
append (const Remote *remote, const Change *change)
{
  g_autoptr (GBytes) content = sync_content_new (change->content);
  gsize length;
  const char *data = g_bytes_get_data (content, &length);

  imap_client_append (remote->client, remote->mailbox, change->rest, sync_content_date (change->content),
                      data, length);
}

/* The name of another mailbox as the server calls it. */
static char *
other_mailbox (const Remote *remote, const char *text)
{
  g_autofree char *name = g_strdelimit (g_strdup (text), "_", ' ');

  return sync_names_on_server (remote->names, name);
}

/* Until the UIDVALIDITY is another: some servers give one by the second. */
static void
renew (ImapClient *client, const char *mailbox)
{
  guint32 before = imap_client_status (client, mailbox, "UIDVALIDITY");
  guint32 after = before;

  while (after == before)
    {
      imap_client_rename (client, mailbox, "Renewed");
      imap_client_create (client, mailbox);
      g_free (imap_client_command (client, "SELECT Renewed"));
      g_free (imap_client_command (client, "UID COPY 1:* %s", mailbox));
      g_free (imap_client_command (client, "UNSELECT"));
      imap_client_delete (client, "Renewed");
      after = imap_client_status (client, mailbox, "UIDVALIDITY");
    }
}

static gboolean
change_mailbox_there (const Remote *remote, const Change *change)
{
  if (g_str_equal (change->verb, "create"))
    imap_client_create (remote->client, remote->mailbox);
  else if (g_str_equal (change->verb, "renew"))
    renew (remote->client, remote->mailbox);
  else if (g_str_equal (change->verb, "delete-mailbox"))
    imap_client_delete (remote->client, remote->mailbox);
  else if (g_str_equal (change->verb, "rename-mailbox"))
    {
      g_autofree char *to = other_mailbox (remote, change->content);

      imap_client_rename (remote->client, remote->mailbox, to);
    }
  else
    return FALSE;
  return TRUE;
}

static void
change_message_there (const Remote *remote, const Change *change)
{
  g_autofree char *uid = find_uid (remote, change);

  if (g_str_equal (change->verb, "flags"))
    imap_client_store (remote->client, remote->mailbox, uid, change->rest);
  else if (g_str_equal (change->verb, "expunge"))
    imap_client_expunge (remote->client, remote->mailbox, uid);
  else if (g_str_equal (change->verb, "move"))
    {
      g_autofree char *to = other_mailbox (remote, change->rest);

      imap_client_move (remote->client, remote->mailbox, uid, to);
    }
  else if (g_str_equal (change->verb, "copy"))
    {
      g_autofree char *to = other_mailbox (remote, change->rest);

      imap_client_copy (remote->client, remote->mailbox, uid, to);
    }
  else
    g_error ("“%s” is no change on the server", change->verb);
}

static void
change_there (SyncCase *sync, ImapClient *client, const char *text)
{
  g_auto (Change) change = parse_change (text);
  g_autofree char *mailbox = sync_names_on_server (&sync->names, change.mailbox);
  const Remote remote = { client, &sync->names, mailbox };

  if (g_str_equal (change.verb, "add"))
    append (&remote, &change);
  else if (!change_mailbox_there (&remote, &change))
    change_message_there (&remote, &change);
}

void
sync_change_one_remote (SyncCase *sync, const char *change)
{
  sync_change_remote (sync, (const char *const[]){ change, NULL });
}

void
sync_change_remote (SyncCase *sync, const char *const *changes)
{
  g_autoptr (ImapClient) client = *changes != NULL ? sync_case_connect (sync) : NULL;

  for (; *changes != NULL; changes++)
    change_there (sync, client, *changes);
}

static void
set_date (const char *path, const char *content)
{
  struct utimbuf times = { .actime = sync_content_date (content), .modtime = sync_content_date (content) };

  g_assert_cmpint (utime (path, &times), ==, 0);
}

/* In the Maildir's form: LF only. Written in place where the file is there. */
static void
write_content (const char *path, const char *content)
{
  g_autoptr (GBytes) bytes = sync_content_new (content);
  g_autoptr (GString) text =
      g_string_new_len (g_bytes_get_data (bytes, NULL), (gssize)g_bytes_get_size (bytes));
  FILE *file = fopen (path, "w");

  g_string_replace (text, "\r\n", "\n", 0);
  g_assert_nonnull (file);
  g_assert_cmpuint (fwrite (text->str, 1, text->len, file), ==, text->len);
  g_assert_cmpint (fclose (file), ==, 0);
  set_date (path, content);
}

static void
rename_file (const char *from, const char *to)
{
  if (g_rename (from, to) < 0)
    g_error ("%s: can't be renamed to %s", from, to);
}

static char *
local_path (SyncCase *sync, const char *mailbox, const char *place, const char *file)
{
  g_autofree char *directory = sync_view_directory (sync, mailbox);

  return g_build_filename (directory, place, file, NULL);
}

static void
create_here (SyncCase *sync, const Change *change)
{
  for (const char *const *place = (const char *const[]){ "tmp", "new", "cur", NULL }; *place != NULL; place++)
    {
      g_autofree char *path = local_path (sync, change->mailbox, *place, "");

      g_assert_cmpint (g_mkdir_with_parents (path, 0700), ==, 0);
    }
}

static void
remove_tree (const char *path)
{
  const char *const argv[] = { "rm", "-rf", "--", path, NULL };
  g_autoptr (GError) error = NULL;

  if (!g_spawn_sync (NULL, (char **)argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL, NULL, &error))
    g_error ("%s", error->message);
}

/* As a mail client does: what lies below stays, and the directory with it. */
static void
delete_mailbox_here (SyncCase *sync, const Change *change)
{
  static const char *const parts[] = { "cur", "new", "tmp", "dovecot-keywords", ".dovetail-name" };
  g_autofree char *directory = sync_view_directory (sync, change->mailbox);

  for (guint i = 0; i < G_N_ELEMENTS (parts); i++)
    {
      g_autofree char *path = g_build_filename (directory, parts[i], NULL);

      remove_tree (path);
    }
  g_rmdir (directory);
}

static void
remove_directory_here (SyncCase *sync, const Change *change)
{
  g_autofree char *directory = sync_view_directory (sync, change->mailbox);

  remove_tree (directory);
}

/* In maildir++ each mailbox below has a directory of its own. */
static void
rename_siblings (SyncCase *sync, const char *from, const char *to)
{
  g_autofree char *below = g_strconcat (from, ".", NULL);
  g_autoptr (GDir) dir = g_dir_open (sync->maildir, 0, NULL);
  const char *entry;

  while ((entry = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename (sync->maildir, entry, NULL);
      g_autofree char *new = NULL;

      if (!g_str_has_prefix (path, below))
        continue;
      new = g_strconcat (to, path + strlen (from), NULL);
      rename_file (path, new);
    }
}

static void
rename_mailbox_here (SyncCase *sync, const Change *change)
{
  g_autofree char *name = g_strdelimit (g_strdup (change->content), "_", ' ');
  g_autofree char *from = sync_view_directory (sync, change->mailbox);
  g_autofree char *directory = sync_names_directory (&sync->names, name);
  g_autofree char *to = g_build_filename (sync->maildir, directory, NULL);
  g_autofree char *parent = g_path_get_dirname (to);

  g_assert_cmpint (g_mkdir_with_parents (parent, 0700), ==, 0);
  rename_file (from, to);
  if (sync->names.maildirpp)
    rename_siblings (sync, from, to);
}

static void
deliver (SyncCase *sync, const Change *change)
{
  static guint counter;
  g_autofree char *base = g_strdup_printf ("1600000000.M%uP1.elsewhere", ++counter);
  g_autofree char *seen = g_strconcat (base, ":2,", change->rest, NULL);
  g_autofree char *tmp = local_path (sync, change->mailbox, "tmp", base);
  g_autofree char *path = *change->rest != '\0' ? local_path (sync, change->mailbox, "cur", seen)
                                                : local_path (sync, change->mailbox, "new", base);

  write_content (tmp, change->content);
  rename_file (tmp, path);
}

/* The base name and the info part of a file. */
static char *
base_of (const SyncFile *file)
{
  const char *info = strstr (file->file, ":2,");

  return info != NULL ? g_strndup (file->file, (gsize)(info - file->file)) : g_strdup (file->file);
}

/* Moves into cur/ with these flags. */
static void
set_letters (SyncCase *sync, const SyncFile *file, const char *letters)
{
  g_autofree char *base = base_of (file);
  g_autofree char *name = g_strconcat (base, ":2,", letters, NULL);
  g_autofree char *path = local_path (sync, file->mailbox, "cur", name);

  rename_file (file->path, path);
}

/* (transfer full): those of one case. */
static char *
letters_of (const SyncFile *file, gboolean capitals)
{
  const char *info = strstr (file->file, ":2,");
  g_autoptr (GString) letters = g_string_new (NULL);

  for (const char *letter = info != NULL ? info + 3 : ""; *letter != '\0'; letter++)
    if (g_ascii_isupper (*letter) == capitals)
      g_string_append_c (letters, *letter);
  return g_strdup (letters->str);
}

static void
change_letters (SyncCase *sync, const SyncFile *file, const Change *change)
{
  g_autofree char *keywords = letters_of (file, FALSE);
  g_autofree char *letters = g_strconcat (change->rest, keywords, NULL);

  set_letters (sync, file, letters);
}

static char
letter_of_keyword (GStrv names, const char *keyword)
{
  for (guint i = 0; i < 26; i++)
    {
      if (*names[i] == '\0')
        {
          g_free (names[i]);
          names[i] = g_strdup (keyword);
        }
      if (g_str_equal (names[i], keyword))
        return (char)('a' + i);
    }
  g_error ("no letter is left for %s", keyword);
}

static void
write_keywords (SyncCase *sync, const char *mailbox, GStrv names)
{
  g_autofree char *path = local_path (sync, mailbox, "dovecot-keywords", NULL);
  g_autoptr (GString) text = g_string_new (NULL);

  for (guint i = 0; i < 26; i++)
    if (*names[i] != '\0')
      g_string_append_printf (text, "%u %s\n", i, names[i]);
  g_assert_true (g_file_set_contents (path, text->str, -1, NULL));
}

static void
reletter (SyncCase *sync, const Change *change)
{
  g_auto (GStrv) names = g_new0 (char *, 27);
  g_autofree char *text = g_strconcat (change->content, " ", change->rest, NULL);
  g_auto (GStrv) given = g_strsplit (g_strstrip (text), " ", -1);

  if (*change->content == '\0')
    {
      g_autofree char *path = local_path (sync, change->mailbox, "dovecot-keywords", NULL);

      g_assert_cmpint (g_unlink (path), ==, 0);
      return;
    }
  for (guint i = 0; i < 26; i++)
    names[i] = g_strdup (i < g_strv_length (given) ? given[i] : "");
  write_keywords (sync, change->mailbox, names);
}

static void
change_keywords (SyncCase *sync, const SyncFile *file, const Change *change)
{
  g_auto (GStrv) keywords = g_strsplit (change->rest, " ", -1);
  g_auto (GStrv) names = sync_view_keywords (sync, file->mailbox);
  g_autofree char *capitals = letters_of (file, TRUE);
  char lower[27] = "", *letter = lower;
  g_autofree char *letters = NULL;

  for (guint i = 0; keywords[i] != NULL && *keywords[i] != '\0'; i++)
    *letter++ = letter_of_keyword (names, keywords[i]);
  write_keywords (sync, file->mailbox, names);
  letters = g_strconcat (capitals, lower, NULL);
  set_letters (sync, file, letters);
}

static void
replace_file (SyncCase *sync, const SyncFile *file, const Change *change)
{
  g_autofree char *tmp = local_path (sync, file->mailbox, "tmp", file->file);

  write_content (tmp, change->rest);
  rename_file (tmp, file->path);
}

/* Only drafts are looked at while their directory stands still (contract C3.1): beside any other message
 * something else moves. */
static void
edit_file (SyncCase *sync, const SyncFile *file, const Change *change)
{
  g_autofree char *other = local_path (sync, file->mailbox, file->place, ".other");

  write_content (file->path, change->rest);
  if (g_str_equal (file->mailbox, "Drafts"))
    return;
  g_assert_true (g_file_set_contents (other, "", 0, NULL));
  g_unlink (other);
}

static void
rename_base (SyncCase *sync, const SyncFile *file)
{
  g_autofree char *name = g_strconcat ("1600000001.other.", file->file, NULL);
  g_autofree char *path = local_path (sync, file->mailbox, file->place, name);

  rename_file (file->path, path);
}

static void
move_file (SyncCase *sync, const SyncFile *file, const Change *change)
{
  g_autofree char *to = g_strdelimit (g_strdup (change->rest), "_", ' ');
  g_autofree char *path = local_path (sync, to, file->place, file->file);

  rename_file (file->path, path);
}

/* As `cp` does: the date is that of the copy. */
static void
duplicate_file (SyncCase *sync, const SyncFile *file, const Change *change)
{
  g_autofree char *to = g_strdelimit (g_strdup (change->rest), "_", ' ');
  g_autofree char *path = local_path (sync, to, file->place, file->file);

  write_content (path, change->content);
  g_assert_cmpint (utime (path, NULL), ==, 0);
}

/* The flags go along, in capitals. */
static void
write_copy (SyncCase *sync, const SyncFile *file, const Change *change, gboolean keeps_date)
{
  g_autofree char *to = g_strdelimit (g_strdup (change->rest), "_", ' ');
  g_autofree char *letters = letters_of (file, TRUE);
  g_autofree char *name = g_strdup_printf ("1600000002.%u.%s:2,%s", g_random_int (), to, letters);
  g_autofree char *path = local_path (sync, to, "cur", name);

  write_content (path, change->content);
  if (!keeps_date)
    g_assert_cmpint (utime (path, NULL), ==, 0);
}

static void
save_file (SyncCase *sync, const SyncFile *file, const Change *change)
{
  write_copy (sync, file, change, FALSE);
  g_unlink (file->path);
}

static void
change_file (SyncCase *sync, const SyncFile *file, const Change *change)
{
  if (g_str_equal (change->verb, "letters"))
    change_letters (sync, file, change);
  else if (g_str_equal (change->verb, "keywords"))
    change_keywords (sync, file, change);
  else if (g_str_equal (change->verb, "unlink"))
    g_unlink (file->path);
  else if (g_str_equal (change->verb, "edit"))
    edit_file (sync, file, change);
  else if (g_str_equal (change->verb, "replace"))
    replace_file (sync, file, change);
  else if (g_str_equal (change->verb, "rename"))
    rename_base (sync, file);
  else if (g_str_equal (change->verb, "move"))
    move_file (sync, file, change);
  else if (g_str_equal (change->verb, "save"))
    save_file (sync, file, change);
  else if (g_str_equal (change->verb, "copy"))
    write_copy (sync, file, change, TRUE);
  else if (g_str_equal (change->verb, "cp"))
    duplicate_file (sync, file, change);
  else
    g_error ("“%s” is no change in a Maildir", change->verb);
}

static const SyncFile *
find_file (const GPtrArray *files, const Change *change)
{
  for (guint i = 0; i < files->len; i++)
    {
      const SyncFile *file = g_ptr_array_index (files, i);

      if (g_str_equal (file->mailbox, change->mailbox) && g_str_equal (file->content, change->content))
        return file;
    }
  g_error ("%s has no file with %s", change->mailbox, change->content);
}

static void
change_here (SyncCase *sync, const Change *change)
{
  g_autoptr (GPtrArray) files = NULL;

  if (g_str_equal (change->verb, "create"))
    create_here (sync, change);
  else if (g_str_equal (change->verb, "delete-mailbox"))
    delete_mailbox_here (sync, change);
  else if (g_str_equal (change->verb, "remove-directory"))
    remove_directory_here (sync, change);
  else if (g_str_equal (change->verb, "rename-mailbox"))
    rename_mailbox_here (sync, change);
  else if (g_str_equal (change->verb, "add"))
    deliver (sync, change);
  else if (g_str_equal (change->verb, "reletter"))
    reletter (sync, change);
  else
    {
      files = sync_view_files (sync);
      change_file (sync, find_file (files, change), change);
    }
}

void
sync_change_one_local (SyncCase *sync, const char *text)
{
  g_auto (Change) change = parse_change (text);

  change_here (sync, &change);
}

void
sync_change_local (SyncCase *sync, const char *const *changes)
{
  for (; *changes != NULL; changes++)
    sync_change_one_local (sync, *changes);
}
