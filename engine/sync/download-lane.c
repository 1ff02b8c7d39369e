#include "download-lane.h"

/* Commands in flight. */
#define WINDOW 4

struct _DownloadLane
{
  ImapSession *session;
  DownloadSource *source;
  ImapBatch *batch;
  MaildirDelivery *delivery; /* (nullable) the body that is coming */
  char *base;
  guint64 came;  /* octets of that body */
  GError *error; /* ours, from inside a handler */
};

static gboolean
begin_body (guint64 size, gpointer user_data)
{
  DownloadLane *lane = user_data;

  g_clear_pointer (&lane->delivery, maildir_delivery_free);
  g_free (lane->base);
  lane->base = maildir_name_generate (g_get_real_time ());
  lane->came = 0;
  lane->delivery = maildir_delivery_begin (lane->source->mailbox->box, lane->base, &lane->error);
  return lane->delivery != NULL;
}

static gboolean
add_body (const guint8 *data, gsize length, gpointer user_data)
{
  DownloadLane *lane = user_data;

  lane->came += length;
  return maildir_delivery_write (lane->delivery, data, length, &lane->error);
}

static Arrival *
arrival_new (DownloadLane *lane, const PlanOperation *operation, const PlanRemote *remote,
             const ImapFetch *fetch)
{
  MessageKeywordPool *pool = lane->source->mailbox->account->pool;
  Arrival *arrival = g_new0 (Arrival, 1);

  arrival->operation = operation;
  arrival->base = g_steal_pointer (&lane->base);
  arrival->remote_size = remote->remote_size;
  arrival->internal_date =
      (fetch->present & IMAP_FETCH_INTERNALDATE) != 0 ? fetch->internal_date : remote->internal_date;
  arrival->flags = (fetch->present & IMAP_FETCH_FLAGS) != 0
                       ? message_flags_from_imap (pool, (const char *const *)fetch->flags)
                       : remote->flags;
  return arrival;
}

static void
add_arrival (DownloadLane *lane, const PlanOperation *operation, const PlanRemote *remote,
             const ImapFetch *fetch)
{
  MailboxSync *mailbox = lane->source->mailbox;
  Arrival *arrival = arrival_new (lane, operation, remote, fetch);

  if (!arrivals_add (lane->source->arrivals, lane->delivery, arrival, &lane->error))
    return;
  download_source_note_arrival (lane->source, fetch->uid, lane->came);
  report_progress (&mailbox->account->report, mailbox->row->name, 1, arrival->delivered.identity.wire_size);
}

/* The response that held the body is complete. A body of nothing where the server announced octets is a fault
 * of the server, not a message. */
static void
end_body (const ImapFetch *fetch, gpointer user_data)
{
  DownloadLane *lane = user_data;
  const PlanOperation *operation;
  const PlanRemote *remote;

  if (lane->delivery == NULL || (fetch->present & IMAP_FETCH_BODY) == 0)
    return;
  operation = download_source_find (lane->source, fetch->uid);
  remote = operation != NULL ? mailbox_sync_find_remote (lane->source->mailbox, fetch->uid) : NULL;
  if (remote != NULL && lane->error == NULL && (lane->came > 0 || remote->remote_size == 0))
    add_arrival (lane, operation, remote, fetch);
  g_clear_pointer (&lane->delivery, maildir_delivery_free);
}

DownloadLane *
download_lane_new (ImapSession *session, DownloadSource *source)
{
  static const ImapBodySink sink = { begin_body, add_body };
  DownloadLane *lane = g_new0 (DownloadLane, 1);

  lane->session = session;
  lane->source = source;
  lane->batch = imap_batch_new (session);
  imap_batch_set_body_sink (lane->batch, &sink, lane);
  imap_batch_set_fetch_handler (lane->batch, end_body, lane);
  return lane;
}

void
download_lane_free (DownloadLane *lane)
{
  imap_batch_free (lane->batch);
  g_clear_pointer (&lane->delivery, maildir_delivery_free);
  g_clear_error (&lane->error);
  g_free (lane->base);
  g_free (lane);
}

ImapBatch *
download_lane_get_batch (DownloadLane *lane)
{
  return lane->batch;
}

ImapSession *
download_lane_get_session (DownloadLane *lane)
{
  return lane->session;
}

gboolean
download_lane_has_room (DownloadLane *lane)
{
  return imap_batch_get_outstanding (lane->batch) < WINDOW;
}

gboolean
download_lane_fetch (DownloadLane *lane, guint64 octets)
{
  g_autoptr (ImapUidSet) set = download_source_take (lane->source, lane, octets);

  if (imap_uid_set_is_empty (set))
    return FALSE;
  imap_batch_uid_fetch (lane->batch, set, BODY_ITEMS, NULL, NULL);
  return TRUE;
}

void
download_lane_ask (DownloadLane *lane, guint32 uid)
{
  g_autoptr (ImapUidSet) set = imap_uid_set_new ();

  imap_uid_set_add (set, uid);
  imap_batch_uid_fetch (lane->batch, set, BODY_ITEMS, NULL, NULL);
}

/* Our own error (a full disk) says more than the session's "the sink stopped". */
gboolean
download_lane_check (DownloadLane *lane, gboolean *is_ours, GError **error)
{
  if (is_ours != NULL)
    *is_ours = lane->error != NULL;
  if (lane->error == NULL)
    return imap_batch_wait_at_most (lane->batch, G_MAXUINT, error);
  g_propagate_error (error, g_steal_pointer (&lane->error));
  return FALSE;
}
