#include "import-settle.h"

#include "arrival-date.h"

#include "../message/text-safe.h"

#include <string.h>

#define GROUP_MESSAGES 500 /* made durable together */
#define GROUP_OCTETS (64 * 1024 * 1024)
#define HEADER_MAX (64 * 1024) /* of each message, for its date */
#define STEP 50                /* answers waited for at once */

typedef struct _Retrieve Retrieve;

/* What a handler is told of. */
typedef struct
{
  Retrieve *retrieve;
  ImportMessage *message;
} Wanted;

struct _Retrieve
{
  Import *import;
  Pop3Batch *batch;
  Wanted *wanted;            /* for each listed message */
  ImportMessage *coming;     /* (nullable) the message whose file is open */
  MaildirDelivery *delivery; /* its file */
  char *base;
  guint64 came; /* octets of it */
  GByteArray *header;
  GPtrArray *arrivals; /* of ImportArrival */
  guint64 octets;
  GError *error; /* ours, from inside a handler */
};

static gboolean
begin_file (Retrieve *retrieve, ImportMessage *message)
{
  retrieve->coming = message;
  retrieve->came = 0;
  g_byte_array_set_size (retrieve->header, 0);
  g_free (retrieve->base);
  retrieve->base = maildir_name_generate (g_get_real_time ());
  retrieve->delivery =
      maildir_delivery_begin (retrieve->import->target.box, retrieve->base, &retrieve->error);
  return retrieve->delivery != NULL;
}

static void
end_file (Retrieve *retrieve)
{
  g_clear_pointer (&retrieve->delivery, maildir_delivery_free);
  retrieve->coming = NULL;
}

static void
keep_header (Retrieve *retrieve, const guint8 *data, gsize length)
{
  g_byte_array_append (retrieve->header, data, (guint)MIN (length, HEADER_MAX - retrieve->header->len));
}

static gboolean
take_octets (const guint8 *data, gsize length, gpointer user_data)
{
  Wanted *wanted = user_data;
  Retrieve *retrieve = wanted->retrieve;

  if (retrieve->coming == NULL && !begin_file (retrieve, wanted->message))
    return FALSE;
  retrieve->came += length;
  keep_header (retrieve, data, length);
  return maildir_delivery_write (retrieve->delivery, data, length, &retrieve->error);
}

static void
add_arrival (Retrieve *retrieve, ImportMessage *message)
{
  Import *import = retrieve->import;
  gint64 date = arrival_date ((const char *)retrieve->header->data, retrieve->header->len, import->now);
  MaildirDelivered delivered;

  if (!maildir_delivery_finish_later (retrieve->delivery, import->syncer, date, &delivered, &retrieve->error))
    return;
  message->retrieved = TRUE;
  retrieve->octets += delivered.file_size;
  g_ptr_array_add (retrieve->arrivals,
                   import_arrival_new (message, g_steal_pointer (&retrieve->base), &delivered));
  report_progress (&import->account->report, import->target.mailbox, 1, message->listed->size);
}

static void
leave (Import *import, const Pop3Message *listed, const char *reason)
{
  g_autofree char *uidl = text_make_safe (listed->uidl);

  import->n_unretrieved++;
  report_left (
      &import->account->report, import->target.mailbox, "not-downloaded",
      "the server lists message %u%s%s%s and does not give it%s%s; it is tried again at the next run",
      listed->number, *uidl != '\0' ? " (UIDL " : "", uidl, *uidl != '\0' ? ")" : "",
      *reason != '\0' ? ": " : "", reason);
}

/* A message of nothing where octets were listed is a fault of the server, not a message. */
static void
end_message (const Pop3Result *result, gpointer user_data)
{
  Wanted *wanted = user_data;
  Retrieve *retrieve = wanted->retrieve;
  ImportMessage *message = wanted->message;
  gboolean is_empty = retrieve->coming == NULL;

  if (result->status != POP3_STATUS_OK)
    leave (retrieve->import, message->listed, result->text);
  else if (is_empty && message->listed->size > 0)
    leave (retrieve->import, message->listed, "");
  else if (!is_empty || begin_file (retrieve, message))
    add_arrival (retrieve, message);
  end_file (retrieve);
}

/* Our own error (a full disk) says more than the session's. */
static gboolean
check (Retrieve *retrieve, gboolean waited, GError **error)
{
  if (retrieve->error == NULL)
    return waited;
  g_clear_error (error);
  g_propagate_error (error, g_steal_pointer (&retrieve->error));
  return FALSE;
}

static gboolean
wait_and_settle (Retrieve *retrieve, guint at_most, GError **error)
{
  if (!check (retrieve, pop3_batch_wait_at_most (retrieve->batch, at_most, error), error))
    return FALSE;
  if (retrieve->arrivals->len < GROUP_MESSAGES && retrieve->octets < GROUP_OCTETS)
    return TRUE;
  retrieve->octets = 0;
  return import_settle (retrieve->import, retrieve->arrivals, error);
}

static gboolean
retrieve_all (Retrieve *retrieve, GError **error)
{
  GArray *messages = retrieve->import->messages;

  for (guint i = 0; i < messages->len; i++)
    {
      ImportMessage *message = &g_array_index (messages, ImportMessage, i);

      if (message->row != NULL)
        continue;
      retrieve->wanted[i] = (Wanted){ retrieve, message };
      pop3_batch_retr (retrieve->batch, message->listed->number, take_octets, end_message,
                       &retrieve->wanted[i]);
      if (!wait_and_settle (retrieve, POP3_WINDOW_COMMANDS, error))
        return FALSE;
    }
  for (guint left = pop3_batch_get_outstanding (retrieve->batch); left > 0;
       left = pop3_batch_get_outstanding (retrieve->batch))
    if (!wait_and_settle (retrieve, left > STEP ? left - STEP : 0, error))
      return FALSE;
  return import_settle (retrieve->import, retrieve->arrivals, error);
}

/* The link is gone, the disk is not: what came whole stays. */
static void
settle_rest (Retrieve *retrieve, const GError *cause)
{
  g_autoptr (GError) error = NULL;

  if (cause->domain == MAILDIR_ERROR || cause->domain == JOURNAL_ERROR)
    return;
  if (!import_settle (retrieve->import, retrieve->arrivals, &error))
    report (&retrieve->import->account->report, ENGINE_EVENT_WARNING, retrieve->import->target.mailbox,
            "not-kept", "%s; what this concerns is fetched again", error->message);
}

/* Files that no row knows would stay in tmp/ for nothing. */
static void
discard_unsettled (Retrieve *retrieve)
{
  for (guint i = 0; i < retrieve->arrivals->len; i++)
    {
      const ImportArrival *arrival = g_ptr_array_index (retrieve->arrivals, i);

      if (arrival->row == NULL || arrival->row->stored.id == 0)
        maildir_box_remove_tmp (retrieve->import->target.box, arrival->base, NULL);
    }
}

static gboolean
run (Retrieve *retrieve, GError **error)
{
  g_autoptr (GError) cause = NULL;

  if (retrieve_all (retrieve, &cause))
    return TRUE;
  settle_rest (retrieve, cause);
  discard_unsettled (retrieve);
  g_propagate_error (error, g_steal_pointer (&cause));
  return FALSE;
}

/* FALSE: there is nothing to retrieve. */
static gboolean
announce (Import *import)
{
  guint count = 0;

  for (guint i = 0; i < import->messages->len; i++)
    {
      const ImportMessage *message = &g_array_index (import->messages, ImportMessage, i);

      if (message->row != NULL)
        continue;
      count++;
      report_expect (&import->account->report, 1, message->listed->size);
    }
  return count > 0;
}

gboolean
import_retrieve (Import *import, GError **error)
{
  Retrieve retrieve = { .import = import };
  gboolean done;

  if (!announce (import))
    return TRUE;
  import->held = import_held_load (import->account, &import->target, error);
  if (import->held == NULL)
    return FALSE;
  import->syncer = maildir_box_syncer_new (import->target.box);
  retrieve.wanted = g_new0 (Wanted, import->messages->len);
  retrieve.header = g_byte_array_new ();
  retrieve.arrivals = g_ptr_array_new_with_free_func (import_arrival_free);
  retrieve.batch = pop3_batch_new (import->session);
  done = run (&retrieve, error);
  pop3_batch_free (retrieve.batch);
  end_file (&retrieve);
  g_clear_error (&retrieve.error);
  g_free (retrieve.base);
  g_free (retrieve.wanted);
  g_byte_array_unref (retrieve.header);
  g_ptr_array_unref (retrieve.arrivals);
  return done;
}
