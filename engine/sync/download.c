#include "download.h"

#include "record-pair.h"
#include "subject.h"
#include "tell.h"

#include <string.h>

#define COMMAND_UIDS 100
#define COMMAND_OCTETS (4 * 1024 * 1024)
#define WINDOW 3           /* FETCH commands in flight */
#define GROUP_MESSAGES 500 /* made durable together */
#define GROUP_OCTETS (64 * 1024 * 1024)

/* A message whose file is complete in tmp/. */
typedef struct
{
  const PlanOperation *operation;
  char *base;
  MessageFlags flags;
  guint64 remote_size;
  gint64 internal_date;
  MaildirDelivered delivered;
  gint64 row;
  guint32 letters;
} Arrival;

typedef struct
{
  MailboxSync *mailbox;
  GHashTable *wanted;        /* uid -> PlanOperation, not arrived yet */
  GHashTable *undecided;     /* MessageDigest -> GPtrArray of PlanOperation (UPLOAD) that may prove equal */
  MaildirDelivery *delivery; /* the body that is coming */
  char *base;
  guint64 came;        /* octets of that body */
  GPtrArray *arrivals; /* of Arrival */
  guint64 octets;
  GError *error; /* ours, from inside a handler */
} Download;

static void
arrival_free (gpointer data)
{
  Arrival *arrival = data;

  message_identity_clear (&arrival->delivered.identity);
  g_free (arrival->base);
  g_free (arrival);
}

static gboolean
begin_body (guint64 size, gpointer user_data)
{
  Download *download = user_data;

  g_clear_pointer (&download->delivery, maildir_delivery_free);
  g_free (download->base);
  download->base = maildir_name_generate (g_get_real_time ());
  download->came = 0;
  download->delivery = maildir_delivery_begin (download->mailbox->box, download->base, &download->error);
  return download->delivery != NULL;
}

static gboolean
add_body (const guint8 *data, gsize length, gpointer user_data)
{
  Download *download = user_data;

  download->came += length;
  return maildir_delivery_write (download->delivery, data, length, &download->error);
}

static void
add_arrival (Download *download, const PlanOperation *operation, const ImapFetch *fetch)
{
  const PlanRemote *remote = mailbox_sync_find_remote (download->mailbox, operation->uid);
  Arrival *arrival = g_new0 (Arrival, 1);

  arrival->operation = operation;
  arrival->base = g_steal_pointer (&download->base);
  arrival->remote_size = remote->remote_size;
  arrival->internal_date =
      (fetch->present & IMAP_FETCH_INTERNALDATE) != 0 ? fetch->internal_date : remote->internal_date;
  arrival->flags =
      (fetch->present & IMAP_FETCH_FLAGS) != 0
          ? message_flags_from_imap (download->mailbox->account->pool, (const char *const *)fetch->flags)
          : remote->flags;
  if (maildir_delivery_finish (download->delivery, arrival->internal_date, &arrival->delivered,
                               &download->error))
    {
      g_ptr_array_add (download->arrivals, arrival);
      download->octets += arrival->delivered.file_size;
      g_hash_table_remove (download->wanted, GUINT_TO_POINTER (operation->uid));
      report_progress (&download->mailbox->account->report, download->mailbox->row->name, 1,
                       arrival->delivered.identity.wire_size);
    }
  else
    arrival_free (arrival);
}

/* The response that held the body is complete. A body of nothing where the server announced octets is a fault
 * of the server, not a message. */
static void
end_body (const ImapFetch *fetch, gpointer user_data)
{
  Download *download = user_data;
  const PlanOperation *operation;

  if (download->delivery == NULL || (fetch->present & IMAP_FETCH_BODY) == 0)
    return;
  operation = g_hash_table_lookup (download->wanted, GUINT_TO_POINTER (fetch->uid));
  if (operation != NULL && download->error == NULL &&
      (download->came > 0 || mailbox_sync_find_remote (download->mailbox, fetch->uid)->remote_size == 0))
    add_arrival (download, operation, fetch);
  g_clear_pointer (&download->delivery, maildir_delivery_free);
}

/* A message that is here already under another name: its new file goes, its UID joins the old one. */
static gboolean
pair_arrival (Download *download, const Arrival *arrival, const PlanOperation *upload, GError **error)
{
  MailboxSync *mailbox = download->mailbox;

  g_hash_table_add (mailbox->closed, plan_operation_key (upload));
  if (!maildir_box_remove_tmp (mailbox->box, arrival->base, error) ||
      !journal_begin (mailbox->account->journal, error))
    return FALSE;
  if (mailbox_sync_record_pair (mailbox, arrival->operation->uid, upload->base, error) &&
      journal_commit (mailbox->account->journal, error))
    {
      PlanOperation pair = { .kind = PLAN_PAIR, .uid = arrival->operation->uid, .base = upload->base };

      mailbox_sync_tell (mailbox, &pair, 0, NULL);
      return TRUE;
    }
  journal_rollback (mailbox->account->journal);
  return FALSE;
}

/* One of the new messages here with this very content, each given away once; NULL when there is none left. */
static const PlanOperation *
take_equal_upload (Download *download, const Arrival *arrival)
{
  GPtrArray *alike = arrival->operation->undecided
                         ? g_hash_table_lookup (download->undecided, &arrival->delivered.identity.full)
                         : NULL;

  return alike != NULL && alike->len > 0 ? g_ptr_array_steal_index (alike, alike->len - 1) : NULL;
}

static gboolean
take_known_arrivals (Download *download, GError **error)
{
  for (guint i = download->arrivals->len; i-- > 0;)
    {
      Arrival *arrival = g_ptr_array_index (download->arrivals, i);
      const PlanOperation *upload = take_equal_upload (download, arrival);

      if (upload == NULL)
        continue;
      if (!pair_arrival (download, arrival, upload, error))
        return FALSE;
      g_ptr_array_remove_index_fast (download->arrivals, i);
    }
  return TRUE;
}

static gboolean
assign_letters (Download *download, GError **error)
{
  MailboxSync *mailbox = download->mailbox;
  g_autoptr (GString) names = g_string_new (NULL);

  for (guint i = 0; i < download->arrivals->len; i++)
    {
      const Arrival *arrival = g_ptr_array_index (download->arrivals, i);

      if (*arrival->flags.keywords != '\0')
        g_string_append_printf (names, "%s ", arrival->flags.keywords);
    }
  if (!mailbox_sync_assign_letters (mailbox, names->str, error))
    return FALSE;
  for (guint i = 0; i < download->arrivals->len; i++)
    {
      Arrival *arrival = g_ptr_array_index (download->arrivals, i);

      arrival->letters = mailbox_sync_letters (mailbox, arrival->flags.keywords);
    }
  return TRUE;
}

static gboolean
stage_row (MailboxSync *mailbox, Arrival *arrival, GError **error)
{
  JournalMessage row = {
    .mailbox = mailbox->row->id,
    .uid = arrival->operation->uid,
    .state = JOURNAL_MESSAGE_STAGED,
    .base = arrival->base,
    .system = arrival->flags.system,
    .keywords = arrival->flags.keywords,
    .not_kept_keywords = "",
    .size = arrival->delivered.identity.size,
    .remote_size = arrival->remote_size,
    .file_size = arrival->delivered.file_size,
    .mtime_ns = arrival->delivered.mtime_ns,
    .has_digest = TRUE,
    .internal_date = arrival->internal_date,
  };

  memcpy (row.digest, arrival->delivered.identity.full.bytes, sizeof row.digest);
  if (!journal_add_message (mailbox->account->journal, &row, error))
    return FALSE;
  arrival->row = row.id;
  return TRUE;
}

typedef gboolean (*ArrivalStep) (MailboxSync *mailbox, Arrival *arrival, GError **error);

static gboolean
for_each_arrival (Download *download, ArrivalStep step, GError **error)
{
  for (guint i = 0; i < download->arrivals->len; i++)
    if (!step (download->mailbox, g_ptr_array_index (download->arrivals, i), error))
      return FALSE;
  return TRUE;
}

static gboolean
commit_step (Download *download, ArrivalStep step, GError **error)
{
  Journal *journal = download->mailbox->account->journal;

  return journal_begin (journal, error) &&
         journal_end (journal, for_each_arrival (download, step, error), error);
}

static gboolean
publish_file (MailboxSync *mailbox, Arrival *arrival, GError **error)
{
  return maildir_box_publish (mailbox->box, arrival->base, arrival->flags.system, arrival->letters, error);
}

static gboolean
mark_present (MailboxSync *mailbox, Arrival *arrival, GError **error)
{
  return journal_set_message_state (mailbox->account->journal, arrival->row, JOURNAL_MESSAGE_PRESENT, error);
}

static void
tell_arrivals (const Download *download)
{
  for (guint i = 0; mailbox_sync_is_heard (download->mailbox) && i < download->arrivals->len; i++)
    {
      const Arrival *arrival = g_ptr_array_index (download->arrivals, i);
      g_autofree char *subject = subject_decode (arrival->delivered.identity.subject);

      mailbox_sync_tell (download->mailbox, arrival->operation, 0, subject);
    }
}

/* The order of contract C2.1, for all that arrived since the last time. */
static gboolean
settle_group (Download *download, GError **error)
{
  MaildirBox *box = download->mailbox->box;

  if (!take_known_arrivals (download, error))
    return FALSE;
  if (download->arrivals->len > 0 &&
      !(assign_letters (download, error) && maildir_box_sync_tmp (box, error) &&
        commit_step (download, stage_row, error) && for_each_arrival (download, publish_file, error) &&
        maildir_box_sync (box, error) && commit_step (download, mark_present, error)))
    return FALSE;
  download->mailbox->account->tally.downloaded += download->arrivals->len;
  tell_arrivals (download);
  g_ptr_array_set_size (download->arrivals, 0);
  download->octets = 0;
  return TRUE;
}

/* Our own error (a full disk) says more than the session's "the sink stopped". */
static gboolean
fail (Download *download, GError **error)
{
  if (download->error == NULL)
    return FALSE;
  g_clear_error (error);
  g_propagate_error (error, g_steal_pointer (&download->error));
  return FALSE;
}

static gboolean
send_fetch (Download *download, ImapBatch *batch, const ImapUidSet *set, GError **error)
{
  imap_batch_uid_fetch (batch, set, "(UID FLAGS INTERNALDATE BODY.PEEK[])", NULL, NULL);
  if (!imap_batch_wait_at_most (batch, WINDOW - 1, error) || download->error != NULL)
    return fail (download, error);
  if (download->arrivals->len < GROUP_MESSAGES && download->octets < GROUP_OCTETS)
    return TRUE;
  return settle_group (download, error);
}

/* All wanted messages, newest first, in commands bounded by count and octets. */
static gboolean
fetch_all (Download *download, ImapBatch *batch, GError **error)
{
  MailboxSync *mailbox = download->mailbox;
  g_autoptr (ImapUidSet) set = imap_uid_set_new ();
  guint64 octets = 0;

  for (guint i = mailbox->remote->len; i-- > 0;)
    {
      const PlanRemote *remote = &g_array_index (mailbox->remote, PlanRemote, i);

      if (!g_hash_table_contains (download->wanted, GUINT_TO_POINTER (remote->uid)))
        continue;
      imap_uid_set_add (set, remote->uid);
      octets += remote->size;
      if (imap_uid_set_count (set) < COMMAND_UIDS && octets < COMMAND_OCTETS)
        continue;
      if (!send_fetch (download, batch, set, error))
        return FALSE;
      imap_uid_set_clear (set);
      octets = 0;
    }
  if (!imap_uid_set_is_empty (set) && !send_fetch (download, batch, set, error))
    return FALSE;
  return imap_batch_wait (batch, error) && download->error == NULL ? TRUE : fail (download, error);
}

/* What did not come in a set is asked for once more, alone: one bad message must not hold up its neighbours.
 */
static gboolean
fetch_stragglers (Download *download, ImapBatch *batch, GError **error)
{
  g_autoptr (GList) uids = g_hash_table_get_keys (download->wanted);

  for (GList *item = uids; item != NULL; item = item->next)
    {
      g_autoptr (ImapUidSet) set = imap_uid_set_new ();

      imap_uid_set_add (set, GPOINTER_TO_UINT (item->data));
      if (!send_fetch (download, batch, set, error))
        return FALSE;
    }
  return imap_batch_wait (batch, error) && download->error == NULL ? TRUE : fail (download, error);
}

/* A message that is gone meanwhile needs no word; one that is still there and does not come is left and
 * named. */
static gboolean
name_missing (Download *download, GError **error)
{
  MailboxSync *mailbox = download->mailbox;
  g_autoptr (ImapUidSet) found = imap_uid_set_new ();
  g_autoptr (ImapBatch) batch = imap_batch_new (mailbox->account->session);
  GHashTableIter iter;
  gpointer uid, operation;

  if (g_hash_table_size (download->wanted) == 0)
    return TRUE;
  imap_batch_uid_search (batch, "ALL", found, NULL, NULL);
  if (!imap_batch_wait (batch, error))
    return FALSE;
  g_hash_table_iter_init (&iter, download->wanted);
  while (g_hash_table_iter_next (&iter, &uid, &operation))
    {
      g_hash_table_add (mailbox->closed, plan_operation_key (operation));
      if (!imap_uid_set_contains (found, GPOINTER_TO_UINT (uid)))
        continue;
      mailbox->account->undelivered++;
      report_left (
          &mailbox->account->report, mailbox->row->name, "not-downloaded",
          "the server lists message %u and does not give its text; it is tried again at the next run",
          GPOINTER_TO_UINT (uid));
    }
  return TRUE;
}

static void
add_undecided (Download *download, PlanOperation *operation)
{
  const MessageDigest *digest = &mailbox_sync_find_local (download->mailbox, operation->base)->identity->full;
  GPtrArray *alike = g_hash_table_lookup (download->undecided, digest);

  if (alike == NULL)
    {
      alike = g_ptr_array_new ();
      g_hash_table_insert (download->undecided, (gpointer)digest, alike);
    }
  g_ptr_array_add (alike, operation);
}

static void
collect_operations (Download *download)
{
  MailboxSync *mailbox = download->mailbox;

  for (guint i = 0; i < mailbox->plan->len; i++)
    {
      PlanOperation *operation = &g_array_index (mailbox->plan, PlanOperation, i);

      if (operation->kind == PLAN_DOWNLOAD)
        g_hash_table_insert (download->wanted, GUINT_TO_POINTER (operation->uid), operation);
      if (operation->kind == PLAN_UPLOAD && operation->undecided)
        add_undecided (download, operation);
    }
}

static gboolean
fetch_bodies (Download *download, GError **error)
{
  static const ImapBodySink sink = { begin_body, add_body };
  g_autoptr (ImapBatch) batch = imap_batch_new (download->mailbox->account->session);

  imap_batch_set_body_sink (batch, &sink, download);
  imap_batch_set_fetch_handler (batch, end_body, download);
  return fetch_all (download, batch, error) && fetch_stragglers (download, batch, error);
}

static gboolean
run_download (Download *download, GError **error)
{
  return fetch_bodies (download, error) && settle_group (download, error) && name_missing (download, error);
}

/* After an error: files that no journal row knows would stay in tmp/ for nothing. */
static void
discard_unstaged (Download *download)
{
  for (guint i = 0; i < download->arrivals->len; i++)
    {
      const Arrival *arrival = g_ptr_array_index (download->arrivals, i);

      if (arrival->row == 0)
        maildir_box_remove_tmp (download->mailbox->box, arrival->base, NULL);
    }
}

static gboolean
download_mailbox (MailboxSync *mailbox, GError **error)
{
  Download download = { .mailbox = mailbox };
  gboolean done;

  download.wanted = g_hash_table_new (NULL, NULL);
  download.undecided = g_hash_table_new_full (message_digest_hash, (GEqualFunc)message_digest_equal, NULL,
                                              (GDestroyNotify)g_ptr_array_unref);
  download.arrivals = g_ptr_array_new_with_free_func (arrival_free);
  collect_operations (&download);
  done = run_download (&download, error);
  discard_unstaged (&download);
  g_clear_pointer (&download.delivery, maildir_delivery_free);
  g_clear_error (&download.error);
  g_free (download.base);
  g_hash_table_unref (download.wanted);
  g_hash_table_unref (download.undecided);
  g_ptr_array_unref (download.arrivals);
  return done;
}

static gboolean
pair_all (MailboxSync *mailbox, GError **error)
{
  Journal *journal = mailbox->account->journal;
  gboolean done = TRUE;

  if (!mailbox_sync_plans (mailbox, PLAN_PAIR))
    return TRUE;
  if (!journal_begin (journal, error))
    return FALSE;
  for (guint i = 0; i < mailbox->plan->len && done; i++)
    {
      const PlanOperation *operation = &g_array_index (mailbox->plan, PlanOperation, i);

      done = operation->kind != PLAN_PAIR ||
             mailbox_sync_record_pair (mailbox, operation->uid, operation->base, error);
    }
  if (done && journal_commit (journal, error))
    {
      mailbox_sync_tell_all (mailbox, PLAN_PAIR);
      return TRUE;
    }
  journal_rollback (journal);
  return FALSE;
}

gboolean
account_sync_download (AccountSync *account, GError **error)
{
  for (guint i = 0; i < account->mailboxes->len; i++)
    {
      MailboxSync *mailbox = g_ptr_array_index (account->mailboxes, i);
      gboolean selected;

      if (mailbox->plan == NULL)
        continue;
      if (!pair_all (mailbox, error))
        return FALSE;
      if (!mailbox_sync_plans (mailbox, PLAN_DOWNLOAD))
        continue;
      if (!mailbox_sync_select (mailbox, &selected, error))
        return FALSE;
      if (selected && !download_mailbox (mailbox, error))
        return FALSE;
    }
  return TRUE;
}
