/* `dovetail release`: lets through what is held or waits, has what was refused tried again, or gives what is
 * held back to the side that lost it (contract C1.4, C2.3, C5.4). Only the journal changes here; the next
 * sync carries it out. */
#include "../journal/journal-deletions.h"
#include "../journal/journal-queue.h"
#include "../journal/journal-unmatched.h"
#include "job-journal.h"
#include "outcome.h"
#include "restored.h"

/* What becomes of one mailbox. */
typedef struct
{
  guint restored, released, unmatched, retried;
} Released;

static gboolean
restore_mailbox (Journal *journal, gint64 mailbox, Released *released, GError **error)
{
  return journal_restore_holds (journal, mailbox, &released->restored, error) &&
         restored_add (journal, mailbox, released->restored, error) &&
         journal_release_unmatched (journal, mailbox, &released->unmatched, error);
}

static gboolean
release_mailbox (Journal *journal, gint64 mailbox, Released *released, GError **error)
{
  return journal_release_holds (journal, mailbox, &released->released, error) &&
         journal_release_unmatched (journal, mailbox, &released->unmatched, error) &&
         journal_queue_retry (journal, mailbox, &released->retried, error);
}

static void
tell_mailbox (Report *self, const char *mailbox, const Released *released)
{
  const struct
  {
    guint count;
    const char *name, *words, *noun;
  } parts[] = {
    { released->restored, "restored", "to be brought back on the side that lost them", "message" },
    { released->released, "released", "deletions let through, once", "message" },
    { released->unmatched, "unmatched-released", "to be copied to the other side", "message" },
    { released->retried, "retried", "to be tried again", "refused change" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (parts); i++)
    {
      g_autofree char *count = words_count (parts[i].count, parts[i].noun);
      const EngineField fields[] = { { .key = "count", .number = parts[i].count } };

      if (parts[i].count > 0)
        report_fields (self, ENGINE_EVENT_RESULT, mailbox, parts[i].name, fields, G_N_ELEMENTS (fields),
                       "%s: %s", parts[i].words, count);
    }
}

static guint64
total (const Released *released)
{
  return (guint64)released->restored + released->released + released->unmatched + released->retried;
}

static void
tell_account (const Job *job, Report *self, guint64 count)
{
  if (count > 0)
    report (self, ENGINE_EVENT_RESULT, NULL, "next", "`dovetail sync %s` carries it out", self->account);
  else if (self->left == 0)
    report (self, ENGINE_EVENT_RESULT, NULL, "nothing-held",
            job->restore ? "nothing is held" : "nothing is held or refused");
}

/* All or nothing: one transaction. */
static gboolean
change_all (const Job *job, Journal *journal, GPtrArray *mailboxes, Released *released, GError **error)
{
  gboolean changed = TRUE;

  if (!journal_begin (journal, error))
    return FALSE;
  for (guint i = 0; changed && i < mailboxes->len; i++)
    {
      gint64 mailbox = ((const JournalMailbox *)g_ptr_array_index (mailboxes, i))->id;

      changed = job->restore ? restore_mailbox (journal, mailbox, &released[i], error)
                             : release_mailbox (journal, mailbox, &released[i], error);
    }
  return journal_end (journal, changed, error);
}

static gboolean
release (const Job *job, Report *self, GError **error)
{
  g_auto (JobJournal) open = { 0 };
  g_autoptr (GPtrArray) mailboxes = NULL;
  g_autofree Released *released = NULL;
  guint64 count = 0;

  if (!job_journal_open (job, self, &open, error))
    return FALSE;
  if (open.journal == NULL)
    {
      tell_account (job, self, 0);
      return TRUE;
    }
  mailboxes = job_list_mailboxes (job, self, open.journal, error);
  if (mailboxes == NULL)
    return FALSE;
  released = g_new0 (Released, mailboxes->len + 1);
  if (!change_all (job, open.journal, mailboxes, released, error))
    return FALSE;
  for (guint i = 0; i < mailboxes->len; i++)
    {
      tell_mailbox (self, ((const JournalMailbox *)g_ptr_array_index (mailboxes, i))->name, &released[i]);
      count += total (&released[i]);
    }
  tell_account (job, self, count);
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
