#include "attic-selection.h"

#include "subject.h"
#include "job-journal.h"

#include <string.h>

typedef struct
{
  const Job *job;
  char *subject; /* (nullable) folded */
  GPtrArray *messages;
  gboolean any; /* something of a wanted mailbox is there, whatever the other conditions say */
} Selection;

static void
attic_message_free (gpointer data)
{
  AtticMessage *message = data;

  g_free (message->mailbox);
  g_free (message->file);
  g_free (message->subject);
  g_free (message->keywords);
  g_free (message);
}

/* (transfer full): for comparison, letter case and the ways to write an accent aside. */
static char *
fold (const char *text)
{
  g_autofree char *valid = g_utf8_make_valid (text, -1);
  g_autofree char *cased = g_utf8_casefold (valid, -1);

  return g_utf8_normalize (cased, -1, G_NORMALIZE_ALL);
}

static gboolean
matches (const Selection *selection, const JournalAtticEntry *entry)
{
  g_autofree char *subject = NULL;

  if (selection->job->removed_since > 0 && entry->removed < selection->job->removed_since)
    return FALSE;
  if (selection->subject == NULL)
    return TRUE;
  subject = fold (entry->subject);
  return strstr (subject, selection->subject) != NULL;
}

static gboolean
note_entry (const JournalAtticEntry *entry, gpointer user_data)
{
  Selection *selection = user_data;
  AtticMessage *message;

  if (!job_wants_mailbox (selection->job, entry->mailbox))
    return TRUE;
  selection->any = TRUE;
  if (!matches (selection, entry))
    return TRUE;
  message = g_new0 (AtticMessage, 1);
  *message = (AtticMessage){ .id = entry->id,
                             .mailbox = g_strdup (entry->mailbox),
                             .file = g_strdup (entry->file),
                             .subject = g_strdup (entry->subject),
                             .internal_date = entry->internal_date,
                             .removed = entry->removed,
                             .size = entry->size,
                             .system = entry->system,
                             .keywords = g_strdup (entry->keywords) };
  g_ptr_array_add (selection->messages, message);
  return TRUE;
}

GPtrArray *
attic_select (const Job *job, Report *report, Journal *journal, GError **error)
{
  g_autoptr (GPtrArray) messages = g_ptr_array_new_with_free_func (attic_message_free);
  g_autofree char *subject = job->subject != NULL ? fold (job->subject) : NULL;
  Selection selection = { .job = job, .subject = subject, .messages = messages };
  g_autoptr (GPtrArray) mailboxes = NULL;

  if (!journal_foreach_attic (journal, note_entry, &selection, error))
    return NULL;
  if (selection.any || job->only == NULL)
    return g_steal_pointer (&messages);
  mailboxes = job_list_mailboxes (job, report, journal, error);
  return mailboxes != NULL ? g_steal_pointer (&messages) : NULL;
}

void
attic_message_report (const AtticMessage *message, Report *report, const char *name, const char *prefix)
{
  g_autofree char *removed = words_time (message->removed);
  g_autofree char *size = words_size (message->size);
  g_autofree char *subject = words_subject (message->subject);
  const EngineField fields[] = { { .key = "id", .number = message->id },
                                 { .key = "subject", .string = message->subject },
                                 { .key = "date", .number = message->internal_date },
                                 { .key = "removed", .number = message->removed },
                                 { .key = "octets", .number = (gint64)message->size } };

  report_fields (report, ENGINE_EVENT_RESULT, message->mailbox, name, fields, G_N_ELEMENTS (fields),
                 "%s%s, %s, removed %s", prefix, subject, size, removed);
}
