#include "import-settle.h"

#include "subject.h"

#include <string.h>

ImportArrival *
import_arrival_new (ImportMessage *message, char *base, const MaildirDelivered *delivered)
{
  ImportArrival *arrival = g_new0 (ImportArrival, 1);

  arrival->message = message;
  arrival->base = base;
  arrival->delivered = *delivered;
  return arrival;
}

void
import_arrival_free (gpointer data)
{
  ImportArrival *arrival = data;

  message_identity_clear (&arrival->delivered.identity);
  g_free (arrival->base);
  g_free (arrival);
}

/* (nullable): the row of a message that was taken before. */
static ImportRow *
find_row (Import *import, const ImportArrival *arrival)
{
  const Pop3Message *listed = arrival->message->listed;
  const MessageDigest *digest = &arrival->delivered.identity.full;
  ImportRow *row = listed->uidl != NULL ? import_memory_find_uidl (import->memory, listed->uidl) : NULL;

  if (row != NULL && row->stored.has_digest && memcmp (row->stored.digest, digest, sizeof *digest) == 0)
    return row;
  if (row != NULL)
    import_memory_take_uidl (import->memory, row);
  return import_memory_find_free (import->memory, digest);
}

/* See import.h. */
static void
decide (Import *import, ImportArrival *arrival)
{
  const Pop3Message *listed = arrival->message->listed;
  const MessageIdentity *identity = &arrival->delivered.identity;
  ImportRow *row = find_row (import, arrival);

  if (row != NULL)
    {
      arrival->row = import_memory_identify (import->memory, row, listed->uidl, listed->size);
      return;
    }
  arrival->is_new = !import_held_has (import->held, &identity->full,
                                      import_memory_count_claims (import->memory, &identity->full));
  arrival->row = import_memory_add (import->memory, listed->uidl, listed->size, identity, import->now);
  arrival->row->delivered = arrival->is_new;
  if (arrival->is_new)
    arrival->row->stored.base = arrival->base;
}

typedef gboolean (*ArrivalFunc) (Import *import, ImportArrival *arrival, GError **error);

static gboolean
for_each_new (Import *import, GPtrArray *arrivals, ArrivalFunc func, GError **error)
{
  for (guint i = 0; i < arrivals->len; i++)
    {
      ImportArrival *arrival = g_ptr_array_index (arrivals, i);

      if (arrival->is_new && !func (import, arrival, error))
        return FALSE;
    }
  return TRUE;
}

static gboolean
publish (Import *import, ImportArrival *arrival, GError **error)
{
  return maildir_box_publish (import->target.box, arrival->base, 0, 0, error);
}

static gboolean
record_present (Import *import, ImportArrival *arrival, GError **error)
{
  JournalPop3File file = { .base = arrival->base,
                           .size = arrival->delivered.file_size,
                           .mtime_ns = arrival->delivered.mtime_ns };

  memcpy (file.digest, arrival->delivered.identity.full.bytes, sizeof file.digest);
  return journal_set_pop3_message_present (import->account->journal, arrival->row->stored.id, error) &&
         journal_put_pop3_file (import->account->journal, &file, error);
}

static gboolean
commit_rows (Import *import, GError **error)
{
  Journal *journal = import->account->journal;

  return journal_begin (journal, error) && journal_end (journal, import_write_rows (import, error), error);
}

static gboolean
commit_present (Import *import, GPtrArray *arrivals, GError **error)
{
  Journal *journal = import->account->journal;

  return journal_begin (journal, error) &&
         journal_end (journal, for_each_new (import, arrivals, record_present, error), error);
}

/* Only the own Maildir's generation is ours to raise. */
static gboolean
raise_generation (Import *import, GError **error)
{
  return import->target.other != NULL || account_sync_raise_generation (import->account, error);
}

static gboolean
decide_all (Import *import, GPtrArray *arrivals, guint *n_new, GError **error)
{
  for (guint i = 0; i < arrivals->len; i++)
    {
      ImportArrival *arrival = g_ptr_array_index (arrivals, i);

      decide (import, arrival);
      if (!arrival->is_new && !maildir_box_remove_tmp (import->target.box, arrival->base, error))
        return FALSE;
      *n_new += arrival->is_new;
    }
  return TRUE;
}

static gboolean
make_durable (Import *import, GPtrArray *arrivals, GError **error)
{
  MaildirBox *box = import->target.box;

  if (!raise_generation (import, error) || !maildir_box_sync_tmp_later (box, import->syncer, error))
    return FALSE;
  maildir_syncer_seal (import->syncer);
  return maildir_box_wait_synced (box, import->syncer, error) && commit_rows (import, error) &&
         for_each_new (import, arrivals, publish, error) && maildir_box_sync (box, error) &&
         commit_present (import, arrivals, error);
}

static void
tell (Import *import, const ImportArrival *arrival)
{
  Report *self = &import->account->report;
  const MessageIdentity *identity = &arrival->delivered.identity;
  g_autofree char *subject = NULL;
  g_autofree char *quoted = NULL;

  if (!report_wants (self, ENGINE_EVENT_INFO))
    return;
  subject = subject_decode (identity->subject);
  quoted = words_subject (subject);
  const EngineField fields[] = { { .key = "subject", .string = subject },
                                 { .key = "octets", .number = (gint64)identity->wire_size } };

  report_fields (self, ENGINE_EVENT_INFO, import->target.mailbox, arrival->is_new ? "downloaded" : "matched",
                 fields, G_N_ELEMENTS (fields), "%s %s%s", quoted,
                 arrival->is_new ? "delivered into "
                                 : "not delivered: known already, or held in the Maildir of ",
                 import->target.label);
}

static void
finish (Import *import, GPtrArray *arrivals)
{
  for (guint i = 0; i < arrivals->len; i++)
    {
      ImportArrival *arrival = g_ptr_array_index (arrivals, i);

      arrival->row->stored.base = NULL;
      arrival->message->row = arrival->row;
      if (arrival->is_new)
        import->account->tally.downloaded++;
      else
        import->account->tally.paired++;
      tell (import, arrival);
    }
  g_ptr_array_set_size (arrivals, 0);
}

gboolean
import_settle (Import *import, GPtrArray *arrivals, GError **error)
{
  guint n_new = 0;

  if (arrivals->len == 0)
    return TRUE;
  if (!decide_all (import, arrivals, &n_new, error) ||
      !(n_new > 0 ? make_durable (import, arrivals, error) : commit_rows (import, error)))
    return FALSE;
  finish (import, arrivals);
  return TRUE;
}
