#include "download.h"

#include "download-lane.h"
#include "far.h"
#include "lanes.h"
#include "record-pair.h"
#include "tell.h"

/* A FETCH command asks for so much; for less where several connections may share the work, so that all of
 * them come to its end at about the same time. */
#define COMMAND_OCTETS (4 * 1024 * 1024)
#define SHARED_COMMAND_OCTETS (512 * 1024)
#define LEAST_COMMAND_OCTETS (64 * 1024)

/* Mailboxes that want so little together are asked for in one flight. */
#define FLIGHT_OCTETS (1024 * 1024)

/* Less than this is left to the connections that are at it. */
#define WORTH_SHARING_OCTETS (2 * 1024 * 1024)
/* How long the rate is measured, and the least that must be left for a further connection: with those that
 * work already it would take REST_TIME, and REST_TRIPS round trips. Opening one costs about ten of them.
 */
#define SAMPLE_TIME (G_TIME_SPAN_SECOND / 2)
#define REST_TIME G_TIME_SPAN_SECOND
#define REST_TRIPS 40

/* The connections that fetch from one mailbox; the first is the account's own. */
typedef struct
{
  DownloadSource source;
  guint64 octets;       /* of a command */
  GPtrArray *lanes;     /* of DownloadLane */
  double rate;          /* octets in a microsecond, of one connection; 0: not known */
  gint64 began, waited; /* the sample that it is taken from */
  guint64 came;
} Download;

static DownloadLane *
first_lane (const Download *download)
{
  return g_ptr_array_index (download->lanes, 0);
}

static NetConnection *
first_connection (const Download *download)
{
  return imap_session_get_connection (download->source.mailbox->account->session);
}

static void
begin_sample (Download *download)
{
  download->began = g_get_monotonic_time ();
  download->waited = net_connection_get_waited (first_connection (download));
  download->came = download->source.came;
}

/* What one connection brings in a microsecond, once it is known to be the link that takes the time. */
static void
measure (Download *download)
{
  const gint64 elapsed = g_get_monotonic_time () - download->began;
  const gint64 waited = net_connection_get_waited (first_connection (download)) - download->waited;

  if (download->rate == 0 && elapsed >= SAMPLE_TIME && waited > elapsed / 2)
    download->rate = (double)(download->source.came - download->came) / (double)elapsed;
  if (download->rate == 0 && elapsed >= SAMPLE_TIME)
    begin_sample (download);
}

/* Would another connection save more than it costs? */
static gboolean
pays_to_share (const Download *download)
{
  const AccountSync *account = download->source.mailbox->account;
  double rest;

  if (download->rate == 0 || download->source.octets_left <= WORTH_SHARING_OCTETS ||
      !account_sync_is_far (account))
    return FALSE;
  rest = (double)download->source.octets_left / download->rate / download->lanes->len;
  return rest > REST_TIME && rest > (double)(REST_TRIPS * imap_session_get_round_trip (account->session));
}

static void
wake_lanes (const Download *download)
{
  for (guint i = 0; i < download->lanes->len; i++)
    imap_session_set_resting (download_lane_get_session (g_ptr_array_index (download->lanes, i)), FALSE);
}

static void
join_lane (Download *download, ImapSession *session)
{
  if (account_sync_lead_lane (session, download->source.mailbox))
    g_ptr_array_add (download->lanes, download_lane_new (session, &download->source));
}

/* Connections that were opened for another mailbox. */
static void
join_open_lanes (Download *download)
{
  g_autoptr (GPtrArray) open = g_ptr_array_copy (download->source.mailbox->account->lanes, NULL, NULL);

  for (guint i = 0; i < open->len && download->source.octets_left > WORTH_SHARING_OCTETS; i++)
    join_lane (download, g_ptr_array_index (open, i));
  wake_lanes (download);
}

/* One at a time: meanwhile nobody reads what comes for the others, and then they have to be given more to do.
 */
static void
share (Download *download)
{
  AccountSync *account = download->source.mailbox->account;
  ImapSession *session;

  measure (download);
  if (!account_sync_may_add_lane (account) || !pays_to_share (download))
    return;
  session = account_sync_add_lane (account);
  if (session != NULL)
    join_lane (download, session);
  wake_lanes (download);
}

/* All but the first: what was asked of them is handed out anew. */
static void
leave_lanes (Download *download)
{
  while (download->lanes->len > 1)
    {
      DownloadLane *lane = g_ptr_array_index (download->lanes, download->lanes->len - 1);
      ImapSession *session = download_lane_get_session (lane);

      g_ptr_array_set_size (download->lanes, (gint)download->lanes->len - 1);
      imap_session_set_resting (session, TRUE);
    }
}

/* The run goes on without one that failed. */
static void
lose_lane (Download *download, guint index)
{
  DownloadLane *lane = g_ptr_array_index (download->lanes, index);
  ImapSession *session = download_lane_get_session (lane);

  download_source_give_back (&download->source, lane);
  g_ptr_array_remove_index (download->lanes, index);
  account_sync_drop_lane (download->source.mailbox->account, session);
}

/* FALSE when nothing more can be done: the first connection failed, or the disk. */
static gboolean
check_lanes (Download *download, GError **error)
{
  for (guint i = download->lanes->len; i > 0; i--)
    {
      g_autoptr (GError) local_error = NULL;
      gboolean is_ours;

      if (download_lane_check (g_ptr_array_index (download->lanes, i - 1), &is_ours, &local_error))
        continue;
      if (is_ours || i == 1)
        {
          g_propagate_error (error, g_steal_pointer (&local_error));
          return FALSE;
        }
      lose_lane (download, i - 1);
    }
  return TRUE;
}

/* Where the work is shared, commands get smaller towards its end, so that all come to it together. */
static guint64
octets_of_next (const Download *download)
{
  const guint64 share_of_rest = download->source.octets_left / (4 * download->lanes->len);

  return download->lanes->len == 1 ? download->octets
                                   : CLAMP (share_of_rest, LEAST_COMMAND_OCTETS, download->octets);
}

/* FALSE: nothing is under way any more. */
static gboolean
fill_lanes (Download *download)
{
  guint outstanding = 0;

  for (guint i = 0; i < download->lanes->len; i++)
    {
      DownloadLane *lane = g_ptr_array_index (download->lanes, i);

      while (download_lane_has_room (lane) && download_lane_fetch (lane, octets_of_next (download)))
        continue;
      outstanding += imap_batch_get_outstanding (download_lane_get_batch (lane));
    }
  return outstanding > 0;
}

static void
wait_for_any (Download *download)
{
  g_autofree ImapBatch **batches = g_new (ImapBatch *, download->lanes->len);

  for (guint i = 0; i < download->lanes->len; i++)
    batches[i] = download_lane_get_batch (g_ptr_array_index (download->lanes, i));
  imap_batches_wait_for_any (batches, download->lanes->len);
}

/* What came meanwhile goes its way while the commands in flight are answered. */
static gboolean
fetch_all (Download *download, GError **error)
{
  while (fill_lanes (download))
    {
      wait_for_any (download);
      if (!check_lanes (download, error) || !arrivals_go_on (download->source.arrivals, error))
        return FALSE;
      share (download);
    }
  return check_lanes (download, error);
}

/* What did not come in a set is asked for once more, alone: one bad message must not hold up its neighbours.
 */
static gboolean
fetch_stragglers (Download *download, GError **error)
{
  g_autoptr (GList) uids = g_hash_table_get_keys (download->source.wanted);
  DownloadLane *lane = first_lane (download);
  ImapBatch *batch = download_lane_get_batch (lane);

  for (GList *item = uids; item != NULL || imap_batch_get_outstanding (batch) > 0;)
    {
      if (item != NULL && download_lane_has_room (lane))
        {
          download_lane_ask (lane, GPOINTER_TO_UINT (item->data));
          item = item->next;
          continue;
        }
      imap_batches_wait_for_any (&batch, 1);
      if (!download_lane_check (lane, NULL, error) || !arrivals_go_on (download->source.arrivals, error))
        return FALSE;
    }
  return download_lane_check (lane, NULL, error);
}

/* A message that is gone meanwhile needs no word; one that is still there and does not come is left and
 * named. */
static gboolean
name_missing (const DownloadSource *source, GError **error)
{
  MailboxSync *mailbox = source->mailbox;
  g_autoptr (ImapUidSet) found = imap_uid_set_new ();
  g_autoptr (ImapBatch) batch = imap_batch_new (mailbox->account->session);
  GHashTableIter iter;
  gpointer uid, operation;

  if (g_hash_table_size (source->wanted) == 0)
    return TRUE;
  imap_batch_uid_search (batch, "ALL", found, NULL, NULL);
  if (!imap_batch_wait (batch, error))
    return FALSE;
  g_hash_table_iter_init (&iter, source->wanted);
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

static gboolean
fetch_bodies (Download *download, GError **error)
{
  AccountSync *account = download->source.mailbox->account;
  gboolean done;

  download->lanes = g_ptr_array_new_with_free_func ((GDestroyNotify)download_lane_free);
  g_ptr_array_add (download->lanes, download_lane_new (account->session, &download->source));
  begin_sample (download);
  fill_lanes (download);
  join_open_lanes (download);
  done = fetch_all (download, error);
  leave_lanes (download);
  done = done && fetch_stragglers (download, error);
  g_ptr_array_unref (download->lanes);
  return done;
}

/* The link is gone, the disk is not: what came whole stays. */
static void
settle_rest (Download *download, const GError *cause)
{
  MailboxSync *mailbox = download->source.mailbox;
  g_autoptr (GError) error = NULL;

  if (cause->domain != MAILDIR_ERROR && cause->domain != JOURNAL_ERROR &&
      !arrivals_finish (download->source.arrivals, &error))
    report (&mailbox->account->report, ENGINE_EVENT_WARNING, mailbox->row->name, "not-kept",
            "%s; what this concerns is fetched again", error->message);
}

static gboolean
run_download (Download *download, GError **error)
{
  g_autoptr (GError) cause = NULL;

  if (fetch_bodies (download, &cause))
    return arrivals_finish (download->source.arrivals, error) && name_missing (&download->source, error);
  settle_rest (download, cause);
  g_propagate_error (error, g_steal_pointer (&cause));
  return FALSE;
}

static gboolean
download_mailbox (MailboxSync *mailbox, guint64 octets, GError **error)
{
  Download download = { .octets = octets };
  gboolean done;

  download_source_init (&download.source, mailbox);
  download.source.arrivals = arrivals_new (mailbox);
  done = run_download (&download, error);
  arrivals_free (download.source.arrivals);
  download_source_clear (&download.source);
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
foretell_mailbox (MailboxSync *mailbox, guint64 octets)
{
  ImapSession *session = mailbox->account->session;
  gboolean foretold = imap_session_foretell_select (session, mailbox->row->wire_name, FALSE);
  DownloadSource source;

  download_source_init (&source, mailbox);
  while (foretold && source.left > 0)
    {
      g_autoptr (ImapUidSet) set = download_source_take (&source, NULL, octets);

      foretold = imap_uid_set_is_empty (set) || imap_session_foretell_uid_fetch (session, set, BODY_ITEMS);
    }
  download_source_clear (&source);
  return foretold;
}

/* Returns the index of the first mailbox behind `first` that does not go into the flight. */
static guint
foretell_from (AccountSync *account, guint first, guint64 octets)
{
  guint64 room = FLIGHT_OCTETS;
  guint i;

  for (i = first; i < account->mailboxes->len; i++)
    {
      MailboxSync *mailbox = g_ptr_array_index (account->mailboxes, i);

      if (mailbox->plan != NULL && mailbox_sync_plans (mailbox, PLAN_DOWNLOAD) &&
          !(takes_room (mailbox, &room) && foretell_mailbox (mailbox, octets)))
        break;
    }
  return MAX (i, first + 1);
}

static guint64
octets_of_command (const AccountSync *account)
{
  return account->settings->connections > 1 && account_sync_is_far (account) ? SHARED_COMMAND_OCTETS
                                                                             : COMMAND_OCTETS;
}

static gboolean
download_all (AccountSync *account, GError **error)
{
  const guint64 octets = octets_of_command (account);
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
        foretold = foretell_from (account, i, octets);
      if (!mailbox_sync_select (mailbox, &selected, error))
        return FALSE;
      if (selected && !(account_sync_compress (account, error) && download_mailbox (mailbox, octets, error)))
        return FALSE;
    }
  return TRUE;
}

gboolean
account_sync_download (AccountSync *account, GError **error)
{
  const gboolean done = download_all (account, error);

  account_sync_close_lanes (account);
  return done;
}
