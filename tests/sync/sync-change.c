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

static Change
parse_change (const char *text)
{
  Change change = { .words = g_strsplit (text, " ", 4) };
  guint n = g_strv_length (change.words);

  change.verb = change.words[0];
  change.mailbox = n > 1 ? change.words[1] : "";
  change.content = n > 2 ? change.words[2] : "";
  change.rest = n > 3 ? change.words[3] : "";
  return change;
}

/* (transfer full): the UID of the first message of that content. */
static char *
find_uid (ImapClient *client, const Change *change)
{
  g_autoptr (GPtrArray) messages = imap_client_fetch_all (client, change->mailbox);
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
append (ImapClient *client, const Change *change)
{
  g_autoptr (GBytes) content = sync_content_new (change->content);
  gsize length;
  const char *data = g_bytes_get_data (content, &length);

  imap_client_append (client, change->mailbox, change->rest, sync_content_date (change->content), data,
                      length);
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

static void
change_on_server (ImapClient *client, const Change *change)
{
  g_autofree char *uid = NULL;

  if (g_str_equal (change->verb, "create"))
    {
      imap_client_create (client, change->mailbox);
      return;
    }
  if (g_str_equal (change->verb, "renew"))
    {
      renew (client, change->mailbox);
      return;
    }
  if (g_str_equal (change->verb, "add"))
    {
      append (client, change);
      return;
    }
  uid = find_uid (client, change);
  if (g_str_equal (change->verb, "flags"))
    imap_client_store (client, change->mailbox, uid, change->rest);
  else if (g_str_equal (change->verb, "expunge"))
    imap_client_expunge (client, change->mailbox, uid);
  else if (g_str_equal (change->verb, "move"))
    imap_client_move (client, change->mailbox, uid, change->rest);
  else
    g_error ("“%s” is no change on the server", change->verb);
}

void
sync_change_remote (SyncCase *sync, const char *const *changes)
{
  g_autoptr (ImapClient) client = NULL;

  for (; *changes != NULL; changes++)
    {
      Change change = parse_change (*changes);

      if (client == NULL)
        client = sync_case_connect (sync);
      change_on_server (client, &change);
      g_strfreev (change.words);
    }
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
  return g_build_filename (sync->maildir, mailbox, place, file, NULL);
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
  g_autofree char *path = g_build_filename (sync->maildir, mailbox, "dovecot-keywords", NULL);
  g_autoptr (GString) text = g_string_new (NULL);

  for (guint i = 0; i < 26; i++)
    if (*names[i] != '\0')
      g_string_append_printf (text, "%u %s\n", i, names[i]);
  g_assert_true (g_file_set_contents (path, text->str, -1, NULL));
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
  g_autofree char *path = local_path (sync, change->rest, file->place, file->file);

  rename_file (file->path, path);
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
    write_content (file->path, change->rest);
  else if (g_str_equal (change->verb, "replace"))
    replace_file (sync, file, change);
  else if (g_str_equal (change->verb, "rename"))
    rename_base (sync, file);
  else if (g_str_equal (change->verb, "move"))
    move_file (sync, file, change);
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
  else if (g_str_equal (change->verb, "add"))
    deliver (sync, change);
  else
    {
      files = sync_view_files (sync);
      change_file (sync, find_file (files, change), change);
    }
}

void
sync_change_local (SyncCase *sync, const char *const *changes)
{
  for (; *changes != NULL; changes++)
    {
      Change change = parse_change (*changes);

      change_here (sync, &change);
      g_strfreev (change.words);
    }
}
