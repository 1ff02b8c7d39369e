#include "download.h"

#include "arrivals.h"
#include "far.h"
#include "record-pair.h"
#include "tell.h"

/* A FETCH command asks for so much, and so many are in flight. */
#define COMMAND_UIDS 250
#define COMMAND_OCTETS (4 * 1024 * 1024)
#define WINDOW 4
#define BODY_ITEMS "(UID FLAGS INTERNALDATE BODY.PEEK[])"

/* Mailboxes that want so little together are asked for in one flight. */
#define FLIGHT_OCTETS (1024 * 1024)

typedef struct
{
  MailboxSync *mailbox;
  ImapBatch *batch;
  GHashTable *wanted;        /* uid -> PlanOperation, not arrived yet */
  MaildirDelivery *delivery; /* (nullable) the body that is coming */
  char *base;
  guint64 came; /* octets of that body */
  Arrivals *arrivals;
  GError *error; /* ours, from inside a handler */
} Download;

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

static Arrival *
arrival_new (Download *download, const PlanOperation *operation, const PlanRemote *remote,
             const ImapFetch *fetch)
{
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
  return arrival;
}

static void
add_arrival (Download *download, const PlanOperation *operation, const PlanRemote *remote,
             const ImapFetch *fetch)
{
  Arrival *arrival = arrival_new (download, operation, remote, fetch);

  if (!arrivals_add (download->arrivals, download->delivery, arrival, &download->error))
    return;
  g_hash_table_remove (download->wanted, GUINT_TO_POINTER (operation->uid));
  report_progress (&download->mailbox->account->report, download->mailbox->row->name, 1,
                   arrival->delivered.identity.wire_size);
}

/* The response that held the body is complete. A body of nothing where the server announced octets is a fault
 * of the server, not a message. */
static void
end_body (const ImapFetch *fetch, gpointer user_data)
{
  Download *download = user_data;
  const PlanOperation *operation;
  const PlanRemote *remote;

  if (download->delivery == NULL || (fetch->present & IMAP_FETCH_BODY) == 0)
    return;
  operation = g_hash_table_lookup (download->wanted, GUINT_TO_POINTER (fetch->uid));
  remote = operation != NULL ? mailbox_sync_find_remote (download->mailbox, fetch->uid) : NULL;
  if (remote != NULL && download->error == NULL && (download->came > 0 || remote->remote_size == 0))
    add_arrival (download, operation, remote, fetch);
  g_clear_pointer (&download->delivery, maildir_delivery_free);
}

/* Our own error (a full disk) says more than the session's "the sink stopped". */
static gboolean
check (Download *download, gboolean waited, GError **error)
{
  if (download->error == NULL)
    return waited;
  g_clear_error (error);
  g_propagate_error (error, g_steal_pointer (&download->error));
  return FALSE;
}

/* What came meanwhile goes its way while the commands in flight are answered. */
static gboolean
send_fetch (Download *download, const ImapUidSet *set, GError **error)
{
  ImapBatch *batch = download->batch;

  imap_batch_uid_fetch (batch, set, BODY_ITEMS, NULL, NULL);
  return check (download, imap_batch_wait_at_most (batch, WINDOW - 1, error), error) &&
         arrivals_go_on (download->arrivals, error);
}

static gboolean
wait_for_all (Download *download, GError **error)
{
  guint outstanding;

  while ((outstanding = imap_batch_get_outstanding (download->batch)) > 0)
    if (!check (download, imap_batch_wait_at_most (download->batch, outstanding - 1, error), error) ||
        !arrivals_go_on (download->arrivals, error))
      return FALSE;
  return TRUE;
}

/* Wanted messages, newest first, as many as one command asks for; *left counts down to 0. (transfer full) */
static ImapUidSet *
next_set (const MailboxSync *mailbox, GHashTable *wanted, guint *left)
{
  ImapUidSet *set = imap_uid_set_new ();
  guint64 octets = 0;

  while (*left > 0 && imap_uid_set_count (set) < COMMAND_UIDS && octets < COMMAND_OCTETS)
    {
      const PlanRemote *remote = &g_array_index (mailbox->remote, PlanRemote, --*left);

      if (!g_hash_table_contains (wanted, GUINT_TO_POINTER (remote->uid)))
        continue;
      imap_uid_set_add (set, remote->uid);
      octets += remote->size;
    }
  return set;
}

static gboolean
fetch_all (Download *download, GError **error)
{
  for (guint left = download->mailbox->remote->len; left > 0;)
    {
      g_autoptr (ImapUidSet) set = next_set (download->mailbox, download->wanted, &left);

      if (!imap_uid_set_is_empty (set) && !send_fetch (download, set, error))
        return FALSE;
    }
  return wait_for_all (download, error);
}

/* What did not come in a set is asked for once more, alone: one bad message must not hold up its neighbours.
 */
static gboolean
fetch_stragglers (Download *download, GError **error)
{
  g_autoptr (GList) uids = g_hash_table_get_keys (download->wanted);

  for (GList *item = uids; item != NULL; item = item->next)
    {
      g_autoptr (ImapUidSet) set = imap_uid_set_new ();

      imap_uid_set_add (set, GPOINTER_TO_UINT (item->data));
      if (!send_fetch (download, set, error))
        return FALSE;
    }
  return wait_for_all (download, error);
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

/* (transfer full): uid -> PlanOperation */
static GHashTable *
find_wanted (const MailboxSync *mailbox)
{
  GHashTable *wanted = g_hash_table_new (NULL, NULL);

  for (guint i = 0; i < mailbox->plan->len; i++)
    {
      PlanOperation *operation = &g_array_index (mailbox->plan, PlanOperation, i);

      if (operation->kind == PLAN_DOWNLOAD)
        g_hash_table_insert (wanted, GUINT_TO_POINTER (operation->uid), operation);
    }
  return wanted;
}

static gboolean
fetch_bodies (Download *download, GError **error)
{
  static const ImapBodySink sink = { begin_body, add_body };
  g_autoptr (ImapBatch) batch = imap_batch_new (download->mailbox->account->session);
  gboolean done;

  download->batch = batch;
  imap_batch_set_body_sink (batch, &sink, download);
  imap_batch_set_fetch_handler (batch, end_body, download);
  done = fetch_all (download, error) && fetch_stragglers (download, error);
  download->batch = NULL;
  return done;
}

/* The link is gone, the disk is not: what came whole stays. */
static void
settle_rest (Download *download, const GError *cause)
{
  MailboxSync *mailbox = download->mailbox;
  g_autoptr (GError) error = NULL;

  if (cause->domain != MAILDIR_ERROR && cause->domain != JOURNAL_ERROR &&
      !arrivals_finish (download->arrivals, &error))
    report (&mailbox->account->report, ENGINE_EVENT_WARNING, mailbox->row->name, "not-kept",
            "%s; what this concerns is fetched again", error->message);
}

static gboolean
run_download (Download *download, GError **error)
{
  g_autoptr (GError) cause = NULL;

  if (fetch_bodies (download, &cause))
    return arrivals_finish (download->arrivals, error) && name_missing (download, error);
  settle_rest (download, cause);
  g_propagate_error (error, g_steal_pointer (&cause));
  return FALSE;
}

static gboolean
download_mailbox (MailboxSync *mailbox, GError **error)
{
  Download download = { .mailbox = mailbox };
  gboolean done;

  download.wanted = find_wanted (mailbox);
  download.arrivals = arrivals_new (mailbox);
  done = run_download (&download, error);
  g_clear_pointer (&download.delivery, maildir_delivery_free);
  arrivals_free (download.arrivals);
  g_clear_error (&download.error);
  g_free (download.base);
  g_hash_table_unref (download.wanted);
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

/* FALSE when more is wanted than *room, which shrinks. */
static gboolean
takes_room (MailboxSync *mailbox, guint64 *room)
{
  for (guint i = 0; i < mailbox->plan->len; i++)
    {
      const PlanOperation *operation = &g_array_index (mailbox->plan, PlanOperation, i);
      guint64 octets = operation->kind == PLAN_DOWNLOAD
                           ? mailbox_sync_find_remote (mailbox, operation->uid)->remote_size
                           : 0;

      if (octets > *room)
        return FALSE;
      *room -= octets;
    }
  return TRUE;
}

static gboolean
is_small (MailboxSync *mailbox)
{
  guint64 room = FLIGHT_OCTETS;

  return takes_room (mailbox, &room);
}

static gboolean
foretell_mailbox (MailboxSync *mailbox)
{
  ImapSession *session = mailbox->account->session;
  g_autoptr (GHashTable) wanted = find_wanted (mailbox);
  gboolean foretold = imap_session_foretell_select (session, mailbox->row->wire_name, FALSE);

  for (guint left = mailbox->remote->len; foretold && left > 0;)
    {
      g_autoptr (ImapUidSet) set = next_set (mailbox, wanted, &left);

      foretold = imap_uid_set_is_empty (set) || imap_session_foretell_uid_fetch (session, set, BODY_ITEMS);
    }
  return foretold;
}

/* Returns the index of the first mailbox behind `first` that does not go into the flight. */
static guint
foretell_from (AccountSync *account, guint first)
{
  guint64 room = FLIGHT_OCTETS;
  guint i;

  for (i = first; i < account->mailboxes->len; i++)
    {
      MailboxSync *mailbox = g_ptr_array_index (account->mailboxes, i);

      if (mailbox->plan != NULL && mailbox_sync_plans (mailbox, PLAN_DOWNLOAD) &&
          !(takes_room (mailbox, &room) && foretell_mailbox (mailbox)))
        break;
    }
  return MAX (i, first + 1);
}

gboolean
account_sync_download (AccountSync *account, GError **error)
{
  guint foretold = 0;

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
      if (i >= foretold && is_small (mailbox) && !account_sync_compress (account, error))
        return FALSE;
      if (i >= foretold)
        foretold = foretell_from (account, i);
      if (!mailbox_sync_select (mailbox, &selected, error))
        return FALSE;
      if (selected && !(account_sync_compress (account, error) && download_mailbox (mailbox, error)))
        return FALSE;
    }
  return TRUE;
}
