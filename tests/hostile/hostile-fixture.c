#include "hostile-fixture.h"

#include "sync/job.h"

#include <glib/gstdio.h>
#include <string.h>

#define FIRST_DATE 1767225600 /* 2026-01-01 */
#define PASSWORD "secret"

static void
make_settings (Hostile *hostile)
{
  Account *account = &hostile->account;

  account->name = g_strdup ("work");
  account->host = g_strdup ("127.0.0.1");
  account->port = model_server_get_port (hostile->server);
  account->security = ACCOUNT_SECURITY_NONE;
  account->user = g_strdup ("alice");
  account->password_command = g_strdup ("echo " PASSWORD);
  account->maildir = g_build_filename (hostile->directory, "Mail", NULL);
  account->state_dir = g_build_filename (hostile->directory, "state", NULL);
  account->mailboxes = g_strsplit ("*", ";", -1);
  account->timeout = 20;
  account->connections = 1;
  account->hold_deletions = TRUE;
  account->max_delete_count = 10;
  account->max_delete_percent = 50;
  account->keep_deleted = 7;
  account->info_separator = ':';
}

Hostile *
hostile_new (const char *capabilities)
{
  Hostile *hostile = g_new0 (Hostile, 1);

  hostile->directory = g_dir_make_tmp ("dovetail-hostile-XXXXXX", NULL);
  g_assert_nonnull (hostile->directory);
  hostile->server = model_server_new (capabilities);
  hostile->store = model_server_get_store (hostile->server);
  hostile->store->user_data = hostile;
  hostile->expected = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  hostile->said = g_string_new (NULL);
  make_settings (hostile);
  g_assert_cmpint (g_mkdir (hostile->account.maildir, 0700), ==, 0);
  model_store_add_mailbox (hostile->store, "INBOX", "");
  return hostile;
}

static void
remove_tree (const char *path)
{
  g_autoptr (GDir) dir = g_file_test (path, G_FILE_TEST_IS_SYMLINK) ? NULL : g_dir_open (path, 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *child = g_build_filename (path, name, NULL);

      remove_tree (child);
    }
  g_remove (path);
}

void
hostile_free (Hostile *hostile)
{
  Account *account = &hostile->account;

  model_server_free (hostile->server);
  remove_tree (hostile->directory);
  g_hash_table_unref (hostile->expected);
  g_string_free (hostile->said, TRUE);
  g_free (account->name);
  g_free (account->host);
  g_free (account->user);
  g_free (account->password_command);
  g_free (account->maildir);
  g_free (account->state_dir);
  g_strfreev (account->mailboxes);
  g_free (hostile->directory);
  g_free (hostile);
}

/* C0, DEL, C1, bidirectional controls and line ends never meet a terminal (threats, section 2). */
static void
assert_safe (const char *text)
{
  g_assert_true (g_utf8_validate (text, -1, NULL));
  for (const char *c = text; *c != '\0'; c = g_utf8_next_char (c))
    {
      gunichar character = g_utf8_get_char (c);

      if (g_unichar_iscntrl (character) || (character >= 0x202a && character <= 0x202e) ||
          (character >= 0x2066 && character <= 0x2069))
        g_error ("U+%04X in what people are told: %s", character, text);
    }
  g_assert_null (strstr (text, PASSWORD));
}

static void
note_event (const EngineEvent *event, gpointer user_data)
{
  Hostile *hostile = user_data;

  assert_safe (event->text);
  if (event->type == ENGINE_EVENT_DEBUG || event->type == ENGINE_EVENT_PROGRESS)
    return;
  g_string_append_printf (hostile->said, "%s: %s: %s\n", event->mailbox != NULL ? event->mailbox : "",
                          event->name, event->text);
}

static void
tell_log (Hostile *hostile, EngineOutcome outcome)
{
  g_autofree char *log = model_server_get_log (hostile->server);

  g_printerr ("sync ended with %d; it sent\n%sand said\n%s\n", outcome, log, hostile->said->str);
}

EngineOutcome
hostile_sync (Hostile *hostile)
{
  const Job job = { .account = &hostile->account, .event = note_event, .event_data = hostile };
  EngineOutcome outcome;

  g_string_truncate (hostile->said, 0);
  model_server_clear_log (hostile->server);
  outcome = job_sync (&job);
  if (g_test_verbose ())
    tell_log (hostile, outcome);
  model_server_settle (hostile->server);
  if (model_server_get_breach (hostile->server) != NULL)
    g_error ("breach: %s", model_server_get_breach (hostile->server));
  return outcome;
}

void
hostile_status (Hostile *hostile)
{
  const Job job = { .account = &hostile->account, .event = note_event, .event_data = hostile };

  g_string_truncate (hostile->said, 0);
  job_status (&job);
}

GBytes *
hostile_body (const char *mark, gsize size)
{
  GString *body = g_string_new (NULL);

  g_string_append_printf (body,
                          "From: a@example.org\r\nMessage-ID: <%s@example.org>\r\n"
                          "Date: Thu, 1 Jan 2026 00:00:00 +0000\r\nSubject: %s\r\n\r\nThe text of %s.\r\n",
                          mark, mark, mark);
  while (body->len < size)
    g_string_append (body, "One more line of a text that has nothing to say but is long.\r\n");
  size = body->len;
  return g_bytes_new_take (g_string_free (body, FALSE), size);
}

void
hostile_expect (Hostile *hostile, const char *mailbox, const char *mark, int change)
{
  char *key = g_strdup_printf ("%s %s", mailbox, mark);
  int count = GPOINTER_TO_INT (g_hash_table_lookup (hostile->expected, key)) + change;

  g_assert_cmpint (count, >=, 0);
  if (count > 0)
    g_hash_table_insert (hostile->expected, key, GINT_TO_POINTER (count));
  else
    {
      g_hash_table_remove (hostile->expected, key);
      g_free (key);
    }
}

ModelMessage *
hostile_add_there (Hostile *hostile, const char *mailbox, const char *mark, const char *flags)
{
  ModelMailbox *there = model_store_add_mailbox (hostile->store, mailbox, "");
  g_autoptr (GBytes) body = hostile_body (mark, 0);

  hostile_expect (hostile, mailbox, mark, 1);
  return model_mailbox_add (there, body, flags, FIRST_DATE + hostile->added++);
}

void
hostile_add_many_there (Hostile *hostile, const char *mailbox, guint count)
{
  for (guint i = 1; i <= count; i++)
    {
      g_autofree char *mark = g_strdup_printf ("m%u", i);

      hostile_add_there (hostile, mailbox, mark, i % 2 == 0 ? "\\Seen" : "");
    }
}

ModelMessage *
hostile_find_there (Hostile *hostile, const char *mailbox, const char *mark)
{
  ModelMailbox *there = model_store_find (hostile->store, mailbox);

  for (guint i = 0; there != NULL && i < there->messages->len; i++)
    {
      ModelMessage *message = g_ptr_array_index (there->messages, i);
      g_autofree char *found = subject_of_body (message->body);

      if (g_str_equal (found, mark))
        return message;
    }
  return NULL;
}

guint
hostile_count_there (Hostile *hostile, const char *mailbox)
{
  ModelMailbox *there = model_store_find (hostile->store, mailbox);

  return there != NULL ? there->messages->len : 0;
}

void
hostile_expunge_there (Hostile *hostile, const char *mailbox, const char *mark)
{
  ModelMessage *message = hostile_find_there (hostile, mailbox, mark);

  g_assert_nonnull (message);
  model_mailbox_remove (model_store_find (hostile->store, mailbox), message->uid);
  hostile_expect (hostile, mailbox, mark, -1);
}

static void
write_here (Hostile *hostile, const char *mailbox, const char *mark, const char *letters, gsize size)
{
  g_autoptr (GBytes) body = hostile_body (mark, size);
  g_autofree char *base = g_strdup_printf ("%d.%s.here", FIRST_DATE + hostile->added, mark);

  local_write (hostile->account.maildir, mailbox, base, letters, body, FIRST_DATE + hostile->added);
  hostile->added++;
  hostile_expect (hostile, mailbox, mark, 1);
}

void
hostile_add_here (Hostile *hostile, const char *mailbox, const char *mark, const char *letters)
{
  write_here (hostile, mailbox, mark, letters, 0);
}

void
hostile_add_large_here (Hostile *hostile, const char *mailbox, const char *mark, gsize size)
{
  write_here (hostile, mailbox, mark, "", size);
}

/* The index in `files` of the one with this mark, which is there. */
static const LocalFile *
find_here (GPtrArray *files, const char *mailbox, const char *mark)
{
  for (guint i = 0; i < files->len; i++)
    {
      const LocalFile *file = g_ptr_array_index (files, i);

      if (g_str_equal (file->mailbox, mailbox) && g_str_equal (file->mark, mark))
        return file;
    }
  g_error ("%s has no file for %s", mailbox, mark);
}

void
hostile_delete_here (Hostile *hostile, const char *mailbox, const char *mark, const char *trash)
{
  g_autoptr (GPtrArray) files = local_list (hostile->account.maildir);

  g_assert_cmpint (g_unlink (find_here (files, mailbox, mark)->path), ==, 0);
  hostile_expect (hostile, mailbox, mark, -1);
  if (trash != NULL)
    hostile_expect (hostile, trash, mark, 1);
}

void
hostile_flag_here (Hostile *hostile, const char *mailbox, const char *mark, const char *letters)
{
  g_autoptr (GPtrArray) files = local_list (hostile->account.maildir);

  local_set_letters (find_here (files, mailbox, mark), letters);
}

char *
hostile_flags_here (Hostile *hostile, const char *mailbox, const char *mark)
{
  g_autoptr (GPtrArray) files = local_list (hostile->account.maildir);

  return g_strdup (find_here (files, mailbox, mark)->flags);
}

guint
hostile_count_here (Hostile *hostile, const char *mailbox, const char *mark)
{
  g_autoptr (GPtrArray) files = local_list (hostile->account.maildir);
  guint count = 0;

  for (guint i = 0; i < files->len; i++)
    {
      const LocalFile *file = g_ptr_array_index (files, i);

      count += g_str_equal (file->mailbox, mailbox) && (mark == NULL || g_str_equal (file->mark, mark));
    }
  return count;
}

static void
add_line (GPtrArray *lines, const char *mailbox, const char *mark, GBytes *body, gint64 date,
          const char *flags)
{
  g_autofree char *digest = g_compute_checksum_for_bytes (G_CHECKSUM_SHA256, body);
  g_autofree char *sorted = sorted_words (flags);

  g_ptr_array_add (
      lines, g_strdup_printf ("%s %s %.8s %" G_GINT64_FORMAT " %s", mailbox, mark, digest, date, sorted));
}

static int
compare_lines (gconstpointer a, gconstpointer b)
{
  return g_strcmp0 (*(char *const *)a, *(char *const *)b);
}

static char *
join_sorted (GPtrArray *lines)
{
  g_ptr_array_sort (lines, compare_lines);
  g_ptr_array_add (lines, NULL);
  return g_strjoinv ("\n", (char **)lines->pdata);
}

static char *
state_there (Hostile *hostile, gboolean flags)
{
  g_autoptr (GPtrArray) lines = g_ptr_array_new_with_free_func (g_free);

  for (guint i = 0; i < hostile->store->mailboxes->len; i++)
    {
      const ModelMailbox *mailbox = g_ptr_array_index (hostile->store->mailboxes, i);

      for (guint j = 0; j < mailbox->messages->len; j++)
        {
          const ModelMessage *message = g_ptr_array_index (mailbox->messages, j);
          g_autofree char *mark = subject_of_body (message->body);

          add_line (lines, mailbox->name, mark, message->body, message->date, flags ? message->flags : "");
        }
    }
  return join_sorted (lines);
}

static char *
state_here (Hostile *hostile, gboolean flags)
{
  g_autoptr (GPtrArray) files = local_list (hostile->account.maildir);
  g_autoptr (GPtrArray) lines = g_ptr_array_new_with_free_func (g_free);

  for (guint i = 0; i < files->len; i++)
    {
      const LocalFile *file = g_ptr_array_index (files, i);

      add_line (lines, file->mailbox, file->mark, file->wire, file->date, flags ? file->flags : "");
    }
  return join_sorted (lines);
}

static char *
marks_expected (Hostile *hostile)
{
  g_autoptr (GPtrArray) lines = g_ptr_array_new_with_free_func (g_free);
  GHashTableIter iter;
  gpointer key, count;

  g_hash_table_iter_init (&iter, hostile->expected);
  while (g_hash_table_iter_next (&iter, &key, &count))
    for (int i = 0; i < GPOINTER_TO_INT (count); i++)
      g_ptr_array_add (lines, g_strdup (key));
  return join_sorted (lines);
}

static char *
marks_here (Hostile *hostile)
{
  g_autoptr (GPtrArray) files = local_list (hostile->account.maildir);
  g_autoptr (GPtrArray) lines = g_ptr_array_new_with_free_func (g_free);

  for (guint i = 0; i < files->len; i++)
    {
      const LocalFile *file = g_ptr_array_index (files, i);

      g_ptr_array_add (lines, g_strdup_printf ("%s %s", file->mailbox, file->mark));
    }
  return join_sorted (lines);
}

void
hostile_assert_equal (Hostile *hostile, gboolean flags_differ)
{
  g_autofree char *there = state_there (hostile, !flags_differ);
  g_autofree char *here = state_here (hostile, !flags_differ);
  g_autofree char *marks = marks_here (hostile);
  g_autofree char *expected = marks_expected (hostile);

  g_assert_cmpstr (marks, ==, expected);
  g_assert_cmpstr (here, ==, there);
}
