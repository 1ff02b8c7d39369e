#include "hostile-steps.h"

#include "sync/job.h"

#include <glib/gstdio.h>
#include <string.h>

static void
note_event (const EngineEvent *event, gpointer user_data)
{
  Hostile *hostile = user_data;

  if (event->type == ENGINE_EVENT_DEBUG || event->type == ENGINE_EVENT_PROGRESS)
    return;
  g_string_append_printf (hostile->said, "%s: %s: %s\n", event->mailbox != NULL ? event->mailbox : "",
                          event->name, event->text);
}

static EngineOutcome
run_job (Hostile *hostile, EngineOutcome (*run) (const Job *job), Job job)
{
  EngineOutcome outcome;

  job.account = &hostile->account;
  job.event = note_event;
  job.event_data = hostile;
  g_string_truncate (hostile->said, 0);
  model_server_clear_log (hostile->server);
  outcome = run (&job);
  model_server_settle (hostile->server);
  if (model_server_get_breach (hostile->server) != NULL)
    g_error ("breach: %s", model_server_get_breach (hostile->server));
  return outcome;
}

static void
assert_ended (Hostile *hostile, EngineOutcome outcome, EngineOutcome expected, const char *says)
{
  g_autofree char *log = model_server_get_log (hostile->server);

  if (outcome != expected)
    g_error ("outcome %d, expected %d; it said:\n%s\nand sent:\n%s", outcome, expected, hostile->said->str,
             log);
  if (says != NULL && strstr (hostile->said->str, says) == NULL)
    g_error ("it does not say “%s” but:\n%s", says, hostile->said->str);
}

void
hostile_expect_sync (Hostile *hostile, EngineOutcome expected, const char *says)
{
  assert_ended (hostile, run_job (hostile, job_sync, (Job){ 0 }), expected, says);
}

void
hostile_expect_sync_of (Hostile *hostile, const char *mailbox, EngineOutcome expected, const char *says)
{
  const char *only[] = { mailbox, NULL };

  assert_ended (hostile, run_job (hostile, job_sync, (Job){ .only = only }), expected, says);
}

void
hostile_explain (Hostile *hostile)
{
  run_job (hostile, job_sync, (Job){ .dry_run = TRUE });
}

void
hostile_release (Hostile *hostile)
{
  run_job (hostile, job_release, (Job){ 0 });
}

void
hostile_restore (Hostile *hostile)
{
  run_job (hostile, job_release, (Job){ .restore = TRUE });
}

void
hostile_assert_none_removed (Hostile *hostile)
{
  g_autofree char *log = model_server_get_log (hostile->server);

  if (model_server_count (hostile->server, MODEL_REMOVES) > 0)
    g_error ("the server was told to remove something:\n%s", log);
}

char *
hostile_path (Hostile *hostile, const char *relative)
{
  return g_build_filename (hostile->directory, relative, NULL);
}

char *
hostile_path_here (Hostile *hostile, const char *relative)
{
  return g_build_filename (hostile->account.maildir, relative, NULL);
}

char *
hostile_file_here (Hostile *hostile, const char *mailbox, const char *mark)
{
  g_autoptr (GPtrArray) files = local_list (hostile->account.maildir);

  for (guint i = 0; i < files->len; i++)
    {
      const LocalFile *file = g_ptr_array_index (files, i);

      if (g_str_equal (file->mailbox, mailbox) && g_str_equal (file->mark, mark))
        return g_strdup (file->path);
    }
  g_error ("%s has no file for %s", mailbox, mark);
}

static char *
mark_of (guint number)
{
  return g_strdup_printf ("m%u", number);
}

static void
make_mailbox_here (Hostile *hostile, const char *mailbox)
{
  static const char *const parts[] = { "cur", "new", "tmp" };

  for (guint i = 0; i < G_N_ELEMENTS (parts); i++)
    {
      g_autofree char *part = g_build_filename (hostile->account.maildir, mailbox, parts[i], NULL);

      g_assert_cmpint (g_mkdir_with_parents (part, 0700), ==, 0);
    }
}

void
hostile_move_here (Hostile *hostile, const char *from, guint first, guint last, const char *to)
{
  make_mailbox_here (hostile, to);
  for (guint i = first; i <= last; i++)
    {
      g_autofree char *mark = mark_of (i);
      g_autofree char *old = hostile_file_here (hostile, from, mark);
      g_autofree char *name = g_path_get_basename (old);
      g_autofree char *path = g_build_filename (hostile->account.maildir, to, "cur", name, NULL);

      g_assert_cmpint (g_rename (old, path), ==, 0);
    }
}

void
hostile_expect_moved (Hostile *hostile, const char *from, guint first, guint last, const char *to)
{
  for (guint i = first; i <= last; i++)
    {
      g_autofree char *mark = mark_of (i);

      hostile_expect (hostile, from, mark, -1);
      hostile_expect (hostile, to, mark, 1);
    }
}

void
hostile_overwrite (const char *path, const char *mark, gsize size)
{
  g_autoptr (GBytes) body = hostile_body (mark, size);
  gsize length;
  const char *data = g_bytes_get_data (body, &length);
  g_autoptr (GString) text = g_string_new_len (data, length);
  FILE *file = fopen (path, "w");

  g_string_replace (text, "\r\n", "\n", 0);
  g_assert_nonnull (file);
  g_assert_cmpuint (fwrite (text->str, 1, text->len, file), ==, text->len);
  g_assert_cmpint (fclose (file), ==, 0);
}

void
hostile_overwrite_here (Hostile *hostile, const char *mailbox, const char *mark, gsize size)
{
  g_autofree char *path = hostile_file_here (hostile, mailbox, mark);

  hostile_overwrite (path, mark, size);
}

guint
hostile_count_attic (Hostile *hostile)
{
  g_autofree char *path = g_build_filename (hostile->account.state_dir, "attic", NULL);
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  guint count = 0;

  while (dir != NULL && g_dir_read_name (dir) != NULL)
    count++;
  return count;
}

void
hostile_write (const char *path, const char *text)
{
  g_autoptr (GError) error = NULL;

  if (!g_file_set_contents (path, text, -1, &error))
    g_error ("%s", error->message);
}

guint
hostile_count_mark_there (Hostile *hostile, const char *mailbox, const char *mark)
{
  ModelMailbox *there = model_store_find (hostile->store, mailbox);
  guint count = 0;

  for (guint i = 0; there != NULL && i < there->messages->len; i++)
    {
      ModelMessage *message = g_ptr_array_index (there->messages, i);
      g_autofree char *found = subject_of_body (message->body);

      count += g_str_equal (found, mark);
    }
  return count;
}
