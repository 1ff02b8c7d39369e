#include "import.h"

#include "job-journal.h"

typedef struct
{
  Import *import;
  guint n_sent, n_marked;
  char *refusal; /* (nullable) the server's words for the first that it did not mark */
} Deletion;

gboolean
import_wants_deleted (const Import *import, const ImportRow *row)
{
  const Account *settings = import->account->settings;

  switch (settings->leave)
    {
    case ACCOUNT_LEAVE_ALWAYS:
      return FALSE;
    case ACCOUNT_LEAVE_DAYS:
      return import_row_is_older (row, settings->leave_days, import->now);
    case ACCOUNT_LEAVE_NOT:
      return TRUE;
    }
  g_assert_not_reached ();
}

/* Contract C7.3: durable under this very UIDL, or retrieved whole in this session. */
static gboolean
may_be_deleted (const ImportMessage *message)
{
  return message->row != NULL && (message->listed->uidl != NULL || message->retrieved);
}

typedef struct
{
  Deletion *deletion;
  ImportMessage *message;
} Sent;

static void
note_answer (const Pop3Result *result, gpointer user_data)
{
  const Sent *sent = user_data;
  Deletion *deletion = sent->deletion;

  sent->message->marked = result->status == POP3_STATUS_OK;
  if (sent->message->marked)
    deletion->n_marked++;
  else if (deletion->refusal == NULL)
    deletion->refusal = g_strdup (result->text);
}

static gboolean
mark (Deletion *deletion, Sent *sent, GError **error)
{
  Import *import = deletion->import;
  g_autoptr (Pop3Batch) batch = pop3_batch_new (import->session);

  for (guint i = 0; i < import->messages->len; i++)
    {
      ImportMessage *message = &g_array_index (import->messages, ImportMessage, i);

      if (!may_be_deleted (message) || !import_wants_deleted (import, message->row))
        continue;
      sent[i] = (Sent){ deletion, message };
      deletion->n_sent++;
      pop3_batch_dele (batch, message->listed->number, message->listed->uidl, note_answer, &sent[i]);
      if (!pop3_batch_wait_at_most (batch, POP3_WINDOW_COMMANDS, error))
        return FALSE;
    }
  return pop3_batch_wait (batch, error);
}

/* What the server kept before, and was told again to delete, does not count once more. */
static gboolean
record_deleted (Import *import, GError **error)
{
  Journal *journal = import->account->journal;

  for (guint i = 0; i < import->messages->len; i++)
    {
      const ImportMessage *message = &g_array_index (import->messages, ImportMessage, i);

      if (!message->marked || message->row->stored.deleted != JOURNAL_POP3_NOT_DELETED)
        continue;
      message->row->stored.deleted = JOURNAL_POP3_DELETED;
      message->row->changed = TRUE;
      import->account->tally.deleted++;
    }
  return journal_begin (journal, error) && journal_end (journal, import_write_rows (import, error), error);
}

static void
report_refused (const Deletion *deletion)
{
  guint refused = deletion->n_sent - deletion->n_marked;
  g_autofree char *count = words_count (refused, "message");

  if (refused > 0)
    report_left (&deletion->import->account->report, NULL, "not-deleted",
                 "the server refused to delete %s: %s; they stay there and are tried again at the next run",
                 count, *deletion->refusal != '\0' ? deletion->refusal : "it gave no reason");
}

/* Without its +OK it is not known what the server deleted: the next listing tells. */
static gboolean
quit (Deletion *deletion, GError **error)
{
  Import *import = deletion->import;
  g_autoptr (GError) local_error = NULL;
  g_autofree char *count = words_count (deletion->n_marked, "message");

  if (pop3_session_quit (import->session, &local_error))
    return deletion->n_marked == 0 || record_deleted (import, error);
  if (deletion->n_marked == 0)
    return TRUE;
  if (g_error_matches (local_error, POP3_ERROR, POP3_ERROR_REFUSED))
    {
      report_left (&import->account->report, NULL, "not-deleted",
                   "the server may not have deleted %s as it was told: %s; the next run looks again", count,
                   local_error->message);
      return TRUE;
    }
  g_propagate_error (error, g_steal_pointer (&local_error));
  return FALSE;
}

gboolean
import_delete_and_quit (Import *import, GError **error)
{
  Deletion deletion = { .import = import };
  g_autofree Sent *sent = g_new0 (Sent, import->messages->len);
  gboolean done = mark (&deletion, sent, error);

  if (done)
    report_refused (&deletion);
  done = done && quit (&deletion, error);
  g_free (deletion.refusal);
  return done;
}
