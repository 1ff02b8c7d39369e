#include "job-journal.h"

#include "../message/text-safe.h"

#include <string.h>

Report
job_report (const Job *job)
{
  return (Report){
    .account = job->account->name, .func = job->event, .user_data = job->event_data, .detail = job->detail
  };
}

void
job_journal_clear (JobJournal *journal)
{
  g_clear_pointer (&journal->journal, journal_close);
  g_clear_pointer (&journal->lock, journal_unlock);
}

gboolean
job_journal_open (const Job *job, Report *self, JobJournal *journal, GError **error)
{
  const char *state_dir = job->account->state_dir;
  g_autofree char *path = g_build_filename (state_dir, "journal.sqlite", NULL);
  g_autofree char *set_aside = NULL;

  if (!g_file_test (path, G_FILE_TEST_EXISTS))
    return TRUE;
  journal->lock = journal_lock (state_dir, error);
  if (journal->lock == NULL)
    return FALSE;
  journal->journal = journal_open (state_dir, JOURNAL_OPEN_WRITE, &set_aside, error);
  if (set_aside != NULL)
    report (self, ENGINE_EVENT_WARNING, NULL, "journal-damaged",
            "the journal was damaged and was set aside as %s; run `dovetail sync %s`: messages will be "
            "matched again "
            "by content, nothing is deleted",
            set_aside, self->account);
  return journal->journal != NULL;
}

gboolean
job_wants_mailbox (const Job *job, const char *mailbox)
{
  return job->only == NULL || g_strv_contains (job->only, mailbox);
}

static gboolean
holds_mailbox (GPtrArray *mailboxes, const char *name)
{
  for (guint i = 0; i < mailboxes->len; i++)
    if (g_str_equal (((const JournalMailbox *)g_ptr_array_index (mailboxes, i))->name, name))
      return TRUE;
  return FALSE;
}

GPtrArray *
job_list_mailboxes (const Job *job, Report *self, Journal *journal, GError **error)
{
  g_autoptr (GPtrArray) mailboxes = journal_list_mailboxes (journal, error);

  if (mailboxes == NULL)
    return NULL;
  for (guint i = mailboxes->len; i-- > 0;)
    if (!job_wants_mailbox (job, ((const JournalMailbox *)g_ptr_array_index (mailboxes, i))->name))
      g_ptr_array_remove_index (mailboxes, i);
  for (guint i = 0; job->only != NULL && job->only[i] != NULL; i++)
    if (!holds_mailbox (mailboxes, job->only[i]))
      {
        g_autofree char *safe = text_make_safe (job->only[i]);

        report_left (self, safe, "unknown-mailbox",
                     "no mailbox of this name is known; `dovetail status %s -v` lists those that are",
                     self->account);
      }
  return g_steal_pointer (&mailboxes);
}

char *
words_count (guint64 count, const char *one)
{
  return g_strdup_printf ("%" G_GUINT64_FORMAT " %s%s", count, one, count == 1 ? "" : "s");
}

/* Letters beyond ASCII mean nothing to a shell. */
static gboolean
needs_quotes (const char *text)
{
  for (; *text != '\0'; text++)
    if ((guchar)*text < 0x80 && !g_ascii_isalnum (*text) && strchr ("/._-%+@:,", *text) == NULL)
      return TRUE;
  return FALSE;
}

char *
words_selector (const char *account, const char *mailbox)
{
  g_autofree char *selector = g_strconcat (account, "/", mailbox, NULL);

  return needs_quotes (selector) ? g_shell_quote (selector) : g_steal_pointer (&selector);
}

/* g_format_size puts a no-break space between number and unit, which a plain terminal may not have. */
char *
words_size (guint64 octets)
{
  g_autofree char *text = g_format_size (octets);
  g_auto (GStrv) parts = g_strsplit (text, "\u00a0", -1);

  return g_strjoinv (" ", parts);
}

char *
words_time (gint64 seconds)
{
  g_autoptr (GDateTime) time = g_date_time_new_from_unix_local (seconds);

  return time != NULL ? g_date_time_format (time, "%Y-%m-%d %H:%M") : g_strdup ("an unknown time");
}
