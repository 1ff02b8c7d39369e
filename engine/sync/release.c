/* `dovetail release`: lets through what is held, or gives it back to the side that lost it (contract C1.4).
 * Only the journal changes here; the next sync carries it out. */
#include "../journal/journal-deletions.h"
#include "job-journal.h"
#include "outcome.h"

static gboolean
change_mailbox (const Job *job, Journal *journal, gint64 mailbox, guint *count, GError **error)
{
  return job->restore ? journal_restore_holds (journal, mailbox, count, error)
                      : journal_release_holds (journal, mailbox, count, error);
}

static void
tell_mailbox (const Job *job, Report *self, const JournalMailbox *mailbox, guint count)
{
  g_autofree char *messages = words_count (count, "message");
  const EngineField fields[] = { { .key = "messages", .number = count } };

  if (count == 0)
    return;
  if (job->restore)
    report_fields (self, ENGINE_EVENT_RESULT, mailbox->name, "restored", fields, G_N_ELEMENTS (fields),
                   "%s will be brought back on the side that lost %s", messages, count == 1 ? "it" : "them");
  else
    report_fields (self, ENGINE_EVENT_RESULT, mailbox->name, "released", fields, G_N_ELEMENTS (fields),
                   "the deletion of %s is let through, once", messages);
}

static void
tell_account (Report *self, guint64 total)
{
  if (total > 0)
    report (self, ENGINE_EVENT_RESULT, NULL, "next", "`dovetail sync %s` carries it out", self->account);
  else if (self->left == 0)
    report (self, ENGINE_EVENT_RESULT, NULL, "nothing-held", "nothing is held");
}

/* All or nothing: one transaction. */
static gboolean
change_all (const Job *job, Journal *journal, GPtrArray *mailboxes, guint *counts, GError **error)
{
  gboolean changed = journal_begin (journal, error);

  for (guint i = 0; changed && i < mailboxes->len; i++)
    {
      const JournalMailbox *mailbox = g_ptr_array_index (mailboxes, i);

      changed = change_mailbox (job, journal, mailbox->id, &counts[i], error);
    }
  if (changed && journal_commit (journal, error))
    return TRUE;
  journal_rollback (journal);
  return FALSE;
}

static gboolean
release (const Job *job, Report *self, GError **error)
{
  g_auto (JobJournal) open = { 0 };
  g_autoptr (GPtrArray) mailboxes = NULL;
  g_autofree guint *counts = NULL;
  guint64 total = 0;

  if (!job_journal_open (job, self, &open, error))
    return FALSE;
  if (open.journal == NULL)
    {
      tell_account (self, 0);
      return TRUE;
    }
  mailboxes = job_list_mailboxes (job, self, open.journal, error);
  if (mailboxes == NULL)
    return FALSE;
  counts = g_new0 (guint, mailboxes->len + 1);
  if (!change_all (job, open.journal, mailboxes, counts, error))
    return FALSE;
  for (guint i = 0; i < mailboxes->len; i++)
    {
      tell_mailbox (job, self, g_ptr_array_index (mailboxes, i), counts[i]);
      total += counts[i];
    }
  tell_account (self, total);
  return TRUE;
}

EngineOutcome
job_release (const Job *job)
{
  Report self = job_report (job);
  g_autoptr (GError) error = NULL;

  if (!release (job, &self, &error))
    return report_error (&self, error);
  return self.left > 0 ? ENGINE_OUTCOME_LEFT : ENGINE_OUTCOME_EQUAL;
}
