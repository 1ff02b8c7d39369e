/* `dovetail status`: what the journal says, with no connection and no lock (contract C5.1). */
#include "../journal/journal-deletions.h"
#include "../journal/journal-pop3.h"
#include "../journal/journal-queue.h"
#include "../journal/journal-unmatched.h"
#include "job-journal.h"
#include "outcome.h"
#include "queue-words.h"
#include "restored.h"

typedef struct
{
  guint queued[JOURNAL_OPERATION_COPY + 1]; /* by kind */
  guint n_refused, n_held, n_left, n_unmatched;
} Pending;

typedef struct
{
  const Job *job;
  Report report;
  Journal *journal;
  GPtrArray *mailboxes; /* (nullable) of the journal, while the queue is told */
  gint64 runs;          /* the process that works on the account now; 0: none */
  Pending pending;

  /* While the attic is counted. */
  guint attic_messages;
  guint64 attic_octets;
} Status;

/* Both a queued and a refused operation: what, which, since when. */
static void
tell_operation (Status *status, const JournalOperation *operation)
{
  g_autofree char *what = words_operation (operation, status->mailboxes);
  g_autofree char *since = words_time (operation->first_seen);
  g_autofree char *selector = words_selector (status->report.account, operation->mailbox_name);
  gboolean is_refused = operation->state == JOURNAL_OPERATION_REFUSED;
  const char *reason = operation->reason != NULL ? operation->reason : "the server gave no reason";
  const EngineField fields[] = { { .key = "operation", .string = queue_kind_word (operation->kind) },
                                 { .key = "subject", .string = operation->subject },
                                 { .key = "since", .number = operation->first_seen },
                                 { .key = "reason", .string = reason } };

  if (is_refused)
    report_fields (&status->report, ENGINE_EVENT_RESULT, operation->mailbox_name, "refused", fields, 4,
                   "refused since %s: %s: %s; tried again when the message changes, or after "
                   "`dovetail release %s`",
                   since, what, reason, selector);
  else
    report_fields (&status->report, ENGINE_EVENT_INFO, operation->mailbox_name, "queued-operation", fields, 3,
                   "queued since %s: %s", since, what);
}

static gboolean
note_operation (const JournalOperation *operation, gpointer user_data)
{
  Status *status = user_data;

  if (!job_wants_mailbox (status->job, operation->mailbox_name))
    return TRUE;
  tell_operation (status, operation);
  if (operation->state == JOURNAL_OPERATION_REFUSED)
    {
      status->pending.n_refused++;
      return TRUE;
    }
  status->pending.queued[operation->kind]++;
  return TRUE;
}

static gboolean
tell_queue (Status *status, GError **error)
{
  g_autoptr (GPtrArray) parts = g_ptr_array_new_with_free_func (g_free);
  EngineField fields[G_N_ELEMENTS (status->pending.queued)];
  g_autofree char *text = NULL;

  status->mailboxes = journal_list_mailboxes (status->journal, error);
  if (status->mailboxes == NULL || !journal_queue_foreach (status->journal, 0, note_operation, status, error))
    return FALSE;
  for (guint kind = 0; kind < G_N_ELEMENTS (fields); kind++)
    {
      guint count = status->pending.queued[kind];

      fields[kind] = (EngineField){ .key = queue_kind_word (kind), .number = count };
      if (count > 0)
        g_ptr_array_add (parts, words_queued (kind, count));
    }
  g_ptr_array_add (parts, NULL);
  text = g_strjoinv (", ", (char **)parts->pdata);
  report_fields (&status->report, ENGINE_EVENT_RESULT, NULL, "queued", fields, G_N_ELEMENTS (fields),
                 "queued for the server: %s", *text != '\0' ? text : "nothing");
  return TRUE;
}

/* The holds of one mailbox and side, until the next one's come. */
typedef struct
{
  Status *status;
  guint held[2], released[2];
  gint64 since[2]; /* the oldest of those held */
} Holds;

static gboolean
note_hold (const JournalHold *hold, gpointer user_data)
{
  Holds *holds = user_data;

  if (hold->released)
    holds->released[hold->side]++;
  else
    {
      if (holds->held[hold->side] == 0 || hold->since < holds->since[hold->side])
        holds->since[hold->side] = hold->since;
      holds->held[hold->side]++;
    }
  return TRUE;
}

static void
tell_side (Holds *holds, const char *mailbox, JournalSide side)
{
  Report *self = &holds->status->report;
  gboolean on_server = side == JOURNAL_SIDE_REMOTE;
  g_autofree char *selector = words_selector (self->account, mailbox);
  g_autofree char *held = words_count (holds->held[side], "message");
  g_autofree char *released = words_count (holds->released[side], "message");
  g_autofree char *since = words_time (holds->since[side]);
  const EngineField fields[] = { { .key = "side", .string = on_server ? "server" : "maildir" },
                                 { .key = "messages", .number = holds->held[side] },
                                 { .key = "since", .number = holds->since[side] } };
  const EngineField released_fields[] = { fields[0], { .key = "messages", .number = holds->released[side] } };

  if (holds->held[side] > 0)
    report_fields (self, ENGINE_EVENT_RESULT, mailbox, "held", fields, G_N_ELEMENTS (fields),
                   "held since %s: the deletion of %s on %s; `dovetail release %s` lets it through, with "
                   "--restore it is undone on the other side",
                   since, held, on_server ? "the server" : "this side", selector);
  if (holds->released[side] > 0)
    report_fields (self, ENGINE_EVENT_RESULT, mailbox, "released", released_fields,
                   G_N_ELEMENTS (released_fields),
                   "let through: the deletion of %s on %s; the next sync carries it out", released,
                   on_server ? "the server" : "this side");
}

static gboolean
count_unmatched (const char *key, gpointer count)
{
  (*(guint *)count)++;
  return TRUE;
}

/* What waits since a new matching found it on one side only, and what `release --restore` gave back. */
static gboolean
tell_waiting (Status *status, const JournalMailbox *mailbox, GError **error)
{
  guint unmatched = 0, restored;

  if (!journal_foreach_unmatched (status->journal, mailbox->id, count_unmatched, &unmatched, error) ||
      !restored_count (status->journal, mailbox->id, &restored, error))
    return FALSE;
  const EngineField fields[] = { { .key = "messages", .number = unmatched } };
  const EngineField restored_fields[] = { { .key = "messages", .number = restored } };
  g_autofree char *selector = words_selector (status->report.account, mailbox->name);
  g_autofree char *waiting = words_count (unmatched, "message");
  g_autofree char *returning = words_count (restored, "message");

  if (unmatched > 0)
    report_fields (&status->report, ENGINE_EVENT_RESULT, mailbox->name, "unmatched", fields, 1,
                   "%s found on one side only after matching again; `dovetail release %s` has the next "
                   "sync copy what is missing",
                   waiting, selector);
  if (restored > 0)
    report_fields (&status->report, ENGINE_EVENT_RESULT, mailbox->name, "restored", restored_fields, 1,
                   "to be brought back on the side that lost them: %s; the next sync carries it out",
                   returning);
  status->pending.n_unmatched += unmatched;
  return TRUE;
}

static gboolean
tell_holds (Status *status, const JournalMailbox *mailbox, GError **error)
{
  Holds holds = { .status = status };

  if (!journal_foreach_hold (status->journal, mailbox->id, note_hold, &holds, error))
    return FALSE;
  tell_side (&holds, mailbox->name, JOURNAL_SIDE_REMOTE);
  tell_side (&holds, mailbox->name, JOURNAL_SIDE_LOCAL);
  status->pending.n_held += holds.held[JOURNAL_SIDE_REMOTE] + holds.held[JOURNAL_SIDE_LOCAL];
  return TRUE;
}

/* (transfer full) (nullable): "5 minutes ago" and the like. */
static char *
words_ago (gint64 seconds)
{
  gint64 ago = g_get_real_time () / G_USEC_PER_SEC - seconds;
  static const struct
  {
    gint64 seconds;
    const char *word;
  } units[] = { { 24 * 60 * 60, "day" }, { 60 * 60, "hour" }, { 60, "minute" }, { 1, "second" } };

  for (guint i = 0; i < G_N_ELEMENTS (units); i++)
    if (ago >= units[i].seconds)
      {
        g_autofree char *count = words_count ((guint64)(ago / units[i].seconds), units[i].word);

        return g_strconcat (count, " ago", NULL);
      }
  return g_strdup ("just now");
}

static gboolean
get_number (Status *status, const char *key, gint64 *number, GError **error)
{
  g_autoptr (GError) local_error = NULL;
  g_autofree char *text = journal_get_fact (status->journal, key, &local_error);

  *number = text != NULL ? g_ascii_strtoll (text, NULL, 10) : 0;
  if (local_error == NULL)
    return TRUE;
  g_propagate_error (error, g_steal_pointer (&local_error));
  return FALSE;
}

/* What the last run could not bring over and named then, beside what is held or refused. */
static gboolean
tell_left (Status *status, GError **error)
{
  g_autoptr (GError) local_error = NULL;
  g_autofree char *text = journal_get_fact (status->journal, "last-left", &local_error);
  g_auto (GStrv) lines = g_strsplit (text != NULL ? text : "", "\n", -1);

  if (local_error != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&local_error));
      return FALSE;
    }
  for (guint i = 0; lines[i] != NULL; i++)
    {
      report (&status->report, ENGINE_EVENT_RESULT, NULL, "left", "left by the last run: %s", lines[i]);
      status->pending.n_left++;
    }
  return TRUE;
}

static const char *
words_outcome (gint64 outcome)
{
  switch (outcome)
    {
    case ENGINE_OUTCOME_REFUSED:
      return "the server refused or broke the protocol";
    case ENGINE_OUTCOME_OFFLINE:
      return "no connection, or interrupted";
    case ENGINE_OUTCOME_AUTHENTICATION:
      return "the password or the server's certificate was not accepted";
    case ENGINE_OUTCOME_CONFIG:
      return "the configuration or the Maildir is not right";
    default:
      return "why is not known";
    }
}

static gboolean
tell_last_sync (Status *status, GError **error)
{
  gint64 last, outcome;
  g_autofree char *time = NULL;
  g_autofree char *ago = NULL;

  if (!get_number (status, "last-sync", &last, error) ||
      !get_number (status, "last-outcome", &outcome, error))
    return FALSE;
  const EngineField fields[] = { { .key = "time", .number = last },
                                 { .key = "last_status", .number = outcome } };

  time = words_time (last);
  ago = words_ago (last);
  if (last == 0)
    report_fields (&status->report, ENGINE_EVENT_RESULT, NULL, "last-sync", fields, G_N_ELEMENTS (fields),
                   "never synchronized completely");
  else
    report_fields (&status->report, ENGINE_EVENT_RESULT, NULL, "last-sync", fields, G_N_ELEMENTS (fields),
                   "last synchronized %s (%s)", time, ago);
  if (outcome == ENGINE_OUTCOME_LEFT && !tell_left (status, error))
    return FALSE;
  if (outcome > ENGINE_OUTCOME_LEFT && status->runs == 0)
    report (&status->report, ENGINE_EVENT_RESULT, NULL, "last-outcome",
            "the last run did not finish: %s; run `dovetail sync %s`", words_outcome (outcome),
            status->report.account);
  return TRUE;
}

static gboolean
tell_mailboxes (Status *status, GError **error)
{
  g_autoptr (GPtrArray) mailboxes = job_list_mailboxes (status->job, &status->report, status->journal, error);
  g_autofree char *messages = NULL;
  guint64 total = 0;

  if (mailboxes == NULL)
    return FALSE;
  for (guint i = 0; i < mailboxes->len; i++)
    {
      const JournalMailbox *mailbox = g_ptr_array_index (mailboxes, i);
      guint count = 0;

      if (!journal_count_messages (status->journal, mailbox->id, &count, error) ||
          !tell_holds (status, mailbox, error) || !tell_waiting (status, mailbox, error))
        return FALSE;
      const EngineField fields[] = { { .key = "messages", .number = count } };
      g_autofree char *in_mailbox = words_count (count, "message");

      report_fields (&status->report, ENGINE_EVENT_INFO, mailbox->name, "mailbox", fields, 1, "%s",
                     in_mailbox);
      total += count;
    }
  const EngineField fields[] = { { .key = "mailboxes", .number = mailboxes->len },
                                 { .key = "messages", .number = (gint64)total } };

  messages = words_count (total, "message");
  report_fields (&status->report, ENGINE_EVENT_RESULT, NULL, "mailboxes", fields, G_N_ELEMENTS (fields),
                 "%u mailbox%s, %s", mailboxes->len, mailboxes->len == 1 ? "" : "es", messages);
  return TRUE;
}

static gboolean
count_kept (const JournalAtticEntry *entry, gpointer user_data)
{
  Status *status = user_data;

  if (job_wants_mailbox (status->job, entry->mailbox))
    {
      status->attic_messages++;
      status->attic_octets += entry->size;
    }
  return TRUE;
}

static gboolean
tell_attic (Status *status, GError **error)
{
  g_autofree char *messages = NULL;
  g_autofree char *size = NULL;

  if (!journal_foreach_attic (status->journal, count_kept, status, error))
    return FALSE;
  if (status->attic_messages == 0)
    return TRUE;
  const EngineField fields[] = { { .key = "messages", .number = status->attic_messages },
                                 { .key = "octets", .number = (gint64)status->attic_octets } };

  messages = words_count (status->attic_messages, "removed message");
  size = words_size (status->attic_octets);
  report_fields (&status->report, ENGINE_EVENT_RESULT, NULL, "attic", fields, G_N_ELEMENTS (fields),
                 "in the attic: %s, %s; `dovetail undelete --list %s` shows them", messages, size,
                 status->report.account);
  return TRUE;
}

static void
tell_running (Status *status)
{
  const EngineField fields[] = { { .key = "process", .number = status->runs } };

  if (status->runs != 0)
    report_fields (&status->report, ENGINE_EVENT_RESULT, NULL, "running", fields, G_N_ELEMENTS (fields),
                   "a sync is running now (process %" G_GINT64_FORMAT
                   "); this is what it has recorded so far",
                   status->runs);
}

/* Of a POP3 account: what is known is not fetched again. */
static gboolean
tell_maildrop (Status *status, GError **error)
{
  guint count;
  g_autofree char *messages = NULL;

  if (!journal_count_pop3_messages (status->journal, &count, error))
    return FALSE;
  messages = words_count (count, "message");
  const EngineField fields[] = { { .key = "messages", .number = count } };

  report_fields (&status->report, ENGINE_EVENT_RESULT, NULL, "maildrop", fields, G_N_ELEMENTS (fields),
                 "%s known, and not fetched again", messages);
  return TRUE;
}

static gboolean
tell_all (Status *status, GError **error)
{
  status->journal = journal_open (status->job->account->state_dir, JOURNAL_OPEN_READ, NULL, error);
  if (status->journal == NULL || !tell_last_sync (status, error))
    return FALSE;
  if (status->job->account->protocol == ACCOUNT_PROTOCOL_POP3)
    return tell_maildrop (status, error);
  return tell_mailboxes (status, error) && tell_queue (status, error) && tell_attic (status, error);
}

static gboolean
is_all_well (const Status *status)
{
  const Pending *pending = &status->pending;

  return pending->n_held == 0 && pending->n_refused == 0 && pending->n_left == 0 &&
         pending->n_unmatched == 0 && status->report.left == 0;
}

EngineOutcome
job_status (const Job *job)
{
  Status status = { .job = job, .report = job_report (job) };
  g_autoptr (GError) error = NULL;
  gboolean told;

  status.runs = journal_lock_holder (job->account->state_dir);
  tell_running (&status);
  told = tell_all (&status, &error);
  g_clear_pointer (&status.mailboxes, g_ptr_array_unref);
  g_clear_pointer (&status.journal, journal_close);
  if (g_error_matches (error, JOURNAL_ERROR, JOURNAL_ERROR_MISSING))
    {
      if (status.runs == 0)
        report (&status.report, ENGINE_EVENT_RESULT, NULL, "last-sync",
                "never synchronized; run `dovetail sync %s`", job->account->name);
      return ENGINE_OUTCOME_EQUAL;
    }
  if (!told)
    return report_error (&status.report, error);
  return is_all_well (&status) ? ENGINE_OUTCOME_EQUAL : ENGINE_OUTCOME_LEFT;
}
