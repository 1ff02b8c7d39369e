#include "import-fixture.h"

#include "sync/job.h"

#include <glib/gstdio.h>
#include <sqlite3.h>
#include <string.h>

#define PASSWORD "hunter2"

char *
import_path (ImportFixture *fixture, const char *relative)
{
  return g_build_filename (fixture->directory, relative, NULL);
}

static void
make_settings (ImportFixture *fixture)
{
  Account *account = &fixture->account;

  account->name = g_strdup ("old");
  account->protocol = ACCOUNT_PROTOCOL_POP3;
  account->host = g_strdup ("127.0.0.1");
  account->port = maildrop_get_port (fixture->maildrop);
  account->security = ACCOUNT_SECURITY_NONE;
  account->user = g_strdup ("alice");
  account->password_command = g_strdup ("echo " PASSWORD);
  account->maildir = import_path (fixture, "Mail");
  account->state_dir = import_path (fixture, "state/old");
  account->mailboxes = g_strsplit ("*", ";", -1);
  account->timeout = 20;
  account->connections = 1;
  account->info_separator = ':';
  account->deliver_to = g_strdup ("INBOX");
}

ImportFixture *
import_fixture_new (void)
{
  ImportFixture *fixture = g_new0 (ImportFixture, 1);
  g_autoptr (GError) error = NULL;

  fixture->directory = g_dir_make_tmp ("dovetail-import-XXXXXX", &error);
  g_assert_no_error (error);
  fixture->maildrop = maildrop_new ();
  fixture->said = g_string_new (NULL);
  make_settings (fixture);
  return fixture;
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
import_fixture_free (ImportFixture *fixture)
{
  Account *account = &fixture->account;

  maildrop_free (fixture->maildrop);
  remove_tree (fixture->directory);
  g_string_free (fixture->said, TRUE);
  g_free (account->name);
  g_free (account->host);
  g_free (account->user);
  g_free (account->password_command);
  g_free (account->maildir);
  g_free (account->state_dir);
  g_strfreev (account->mailboxes);
  g_free (account->deliver_to);
  g_free (account->deliver_account);
  g_free (fixture->directory);
  g_free (fixture);
}

static void
note_event (const EngineEvent *event, gpointer user_data)
{
  ImportFixture *fixture = user_data;

  g_assert_true (g_utf8_validate (event->text, -1, NULL));
  g_assert_null (strstr (event->text, PASSWORD));
  for (const char *c = event->text; *c != '\0'; c++)
    g_assert_false (g_ascii_iscntrl (*c));
  if (event->type == ENGINE_EVENT_DEBUG || event->type == ENGINE_EVENT_PROGRESS)
    return;
  g_string_append_printf (fixture->said, "%s: %s: %s\n", event->mailbox != NULL ? event->mailbox : "",
                          event->name, event->text);
}

static EngineOutcome
run_job (ImportFixture *fixture, EngineOutcome (*job_run) (const Job *job), gboolean dry_run)
{
  const Job job = {
    .account = &fixture->account, .event = note_event, .event_data = fixture, .dry_run = dry_run
  };
  EngineOutcome outcome;

  g_string_truncate (fixture->said, 0);
  maildrop_clear_log (fixture->maildrop);
  outcome = job_run (&job);
  g_test_message ("exit %d:\n%s", outcome, fixture->said->str);
  return outcome;
}

EngineOutcome
import_run (ImportFixture *fixture)
{
  return run_job (fixture, job_sync, FALSE);
}

void
import_expect (ImportFixture *fixture, EngineOutcome outcome, const char *says)
{
  g_assert_cmpint (import_run (fixture), ==, outcome);
  if (says != NULL && strstr (fixture->said->str, says) == NULL)
    g_error ("not said: %s\nbut:\n%s", says, fixture->said->str);
}

void
import_dry_run (ImportFixture *fixture)
{
  g_assert_cmpint (run_job (fixture, job_sync, TRUE), ==, ENGINE_OUTCOME_EQUAL);
}

EngineOutcome
import_status (ImportFixture *fixture)
{
  return run_job (fixture, job_status, FALSE);
}

EngineOutcome
import_check (ImportFixture *fixture)
{
  return run_job (fixture, job_check, FALSE);
}

char *
import_text (const char *subject)
{
  return g_strdup_printf ("Received: from a by b; Tue, 10 Nov 2020 12:00:00 +0100\r\n"
                          "Date: Mon, 9 Nov 2020 10:00:00 +0000\r\nFrom: a@example.org\r\n"
                          "Message-ID: <%s@example.org>\r\nSubject: %s\r\n\r\nthe text of %s\r\n",
                          subject, subject, subject);
}

MaildropMessage *
import_add (ImportFixture *fixture, const char *uidl, const char *subject)
{
  g_autofree char *text = import_text (subject);

  return maildrop_add (fixture->maildrop, uidl, text);
}

static int
compare_marks (gconstpointer a, gconstpointer b)
{
  return strcmp ((*(LocalFile *const *)a)->mark, (*(LocalFile *const *)b)->mark);
}

char *
import_here (ImportFixture *fixture)
{
  g_autoptr (GPtrArray) files = local_list (fixture->account.maildir);
  g_autoptr (GString) text = g_string_new (NULL);

  g_ptr_array_sort (files, compare_marks);
  for (guint i = 0; i < files->len; i++)
    g_string_append_printf (text, "%s%s", i > 0 ? " " : "",
                            ((LocalFile *)g_ptr_array_index (files, i))->mark);
  return g_string_free (g_steal_pointer (&text), FALSE);
}

void
import_assert_here (ImportFixture *fixture, const char *subjects)
{
  g_autofree char *here = import_here (fixture);

  g_assert_cmpstr (here, ==, subjects);
}

/* (transfer full): each bare LF made CRLF, as LocalFile has it. */
static GBytes *
normalise (GBytes *bytes)
{
  gsize length;
  const char *octets = g_bytes_get_data (bytes, &length);
  GString *wire = g_string_sized_new (length);

  for (gsize i = 0; i < length; i++)
    g_string_append_printf (wire, "%s%c", octets[i] == '\n' && (i == 0 || octets[i - 1] != '\r') ? "\r" : "",
                            octets[i]);
  return g_string_free_to_bytes (wire);
}

static gboolean
is_of_maildrop (ImportFixture *fixture, const LocalFile *file)
{
  for (guint i = 0; i < fixture->maildrop->messages->len; i++)
    {
      const MaildropMessage *message = g_ptr_array_index (fixture->maildrop->messages, i);
      g_autoptr (GBytes) wire = normalise (message->bytes);

      if (g_bytes_equal (wire, file->wire))
        return TRUE;
    }
  return FALSE;
}

void
import_assert_exact (ImportFixture *fixture)
{
  g_autoptr (GPtrArray) files = local_list (fixture->account.maildir);
  g_autofree char *snapshot = local_snapshot (fixture->account.maildir);

  for (guint i = 0; i < files->len; i++)
    {
      const LocalFile *file = g_ptr_array_index (files, i);

      if (!is_of_maildrop (fixture, file))
        g_error ("%s is none of the maildrop's messages", file->path);
    }
  if (strstr (snapshot, "/INBOX/tmp/") != NULL)
    g_error ("left in tmp/:\n%s", snapshot);
}

void
import_lose_journal (ImportFixture *fixture)
{
  remove_tree (fixture->account.state_dir);
}

void
import_sql (ImportFixture *fixture, const char *sql)
{
  g_autofree char *path = g_build_filename (fixture->account.state_dir, "journal.sqlite", NULL);
  sqlite3 *database = NULL;

  g_assert_cmpint (sqlite3_open (path, &database), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_exec (database, sql, NULL, NULL, NULL), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_close (database), ==, SQLITE_OK);
}
