/* A call is what the user of the batch asked for: one command, or several when its UID set is too long for
 * one. It is done when the last of them is answered; the worst status wins. */
#include "imap-batch-private.h"

#include <string.h>

#include "../message/text-safe.h"

/* What may stand unwritten before a new command has to wait. */
#define QUEUE_LIMIT (1024 * 1024)
#define ROOM_FOR_EXPUNGED 10000

ImapBatch *
imap_batch_new (ImapSession *session)
{
  ImapBatch *batch;

  g_return_val_if_fail (session != NULL && session->observe == NULL, NULL);
  batch = g_new0 (ImapBatch, 1);
  batch->session = session;
  session->observe = imap_batch_observe;
  session->observe_data = batch;
  return batch;
}

void
imap_batch_free (ImapBatch *batch)
{
  ImapSession *session;

  if (batch == NULL || !imap_session_may_call (batch->session, G_STRFUNC))
    return;
  session = batch->session;
  session->observe = NULL;
  session->sink = NULL;
  imap_requests_detach (session);
  g_queue_clear (&batch->searches);
  g_queue_clear (&batch->moves);
  g_free (batch);
}

void
imap_batch_set_fetch_handler (ImapBatch *batch, ImapFetchFunc fetch, gpointer user_data)
{
  batch->fetch = fetch;
  batch->fetch_data = user_data;
}

void
imap_batch_set_modified_handler (ImapBatch *batch, ImapModifiedFunc modified, gpointer user_data)
{
  batch->modified = modified;
  batch->modified_data = user_data;
}

void
imap_batch_set_vanished (ImapBatch *batch, ImapUidSet *vanished)
{
  batch->vanished = vanished;
}

void
imap_batch_set_body_sink (ImapBatch *batch, const ImapBodySink *sink, gpointer user_data)
{
  batch->session->sink = sink;
  batch->session->sink_data = user_data;
}

static void
call_finalize (gpointer data)
{
  ImapCall *call = data;

  g_clear_pointer (&call->worst, imap_response_free);
  g_clear_pointer (&call->moving, imap_uid_set_free);
  g_clear_pointer (&call->source, g_array_unref);
  g_clear_pointer (&call->target, g_array_unref);
}

static void
call_unref (gpointer data)
{
  ImapCall *call = data;

  g_rc_box_release_full (call, call_finalize);
}

ImapCall *
imap_call_new (ImapBatch *batch, ImapDoneFunc done, gpointer user_data)
{
  ImapCall *call = g_rc_box_new0 (ImapCall);

  call->batch = batch;
  call->done = done;
  call->user_data = user_data;
  return call;
}

void
imap_call_unref (ImapCall *call)
{
  call_unref (call);
}

/* A server that answers a search without its result, or with one that is out of all bounds, must not be taken
 * to have found nothing (contract C1.2).
 */
static void
check_search (ImapCall *call, ImapResult *result)
{
  if (call->found == NULL || (call->found_told && !call->found_too_much) || result->status != IMAP_STATUS_OK)
    return;
  result->status = IMAP_STATUS_BAD;
  result->text =
      call->found_told ? "the server found more than there is" : "the server sent no SEARCH result";
}

static void
call_tell (ImapCall *call)
{
  g_autofree char *text = text_make_safe (call->worst->text);
  ImapCode copied = {
    .type = IMAP_CODE_COPYUID, .number = call->uidvalidity, .source = call->source, .target = call->target
  };
  ImapResult result = { .status = call->worst->status, .code = &call->worst->code, .text = text };

  /* With QRESYNC a MOVE's tagged OK carries HIGHESTMODSEQ (RFC 7162 section 3.2.5). */
  if (call->source != NULL && (result.status == IMAP_STATUS_OK || result.code->type == IMAP_CODE_NONE ||
                               result.code->type == IMAP_CODE_COPYUID))
    result.code = &copied;
  check_search (call, &result);
  if (call->done == NULL)
    return;
  call->batch->session->in_handler++;
  call->done (&result, call->user_data);
  call->batch->session->in_handler--;
}

/* COPYUID is believed when it has as many targets as sources and one UIDVALIDITY for the whole call. */
static void
call_add_copied (ImapCall *call, const ImapCode *code)
{
  if (code->source == NULL || code->target == NULL || code->source->len != code->target->len)
    return;
  if (call->source == NULL)
    {
      call->uidvalidity = code->number;
      call->source = g_array_new (FALSE, FALSE, sizeof (guint32));
      call->target = g_array_new (FALSE, FALSE, sizeof (guint32));
    }
  if (code->number != call->uidvalidity)
    return;
  g_array_append_vals (call->source, code->source->data, code->source->len);
  g_array_append_vals (call->target, code->target->data, code->target->len);
}

static void
tell_modified (ImapBatch *batch, const ImapCode *code)
{
  if (code->type != IMAP_CODE_MODIFIED || batch->modified == NULL)
    return;
  batch->session->in_handler++;
  batch->modified (code->set, batch->modified_data);
  batch->session->in_handler--;
}

void
imap_call_answered (ImapRequest *request, ImapResponse *answer, gpointer user_data)
{
  ImapCall *call = user_data;
  ImapBatch *batch = call->batch;

  if (answer->code.type == IMAP_CODE_COPYUID)
    call_add_copied (call, &answer->code);
  tell_modified (batch, &answer->code);
  /* The enumerators stand in this order: OK, NO, BAD. */
  if (call->worst == NULL || answer->status > call->worst->status)
    {
      g_clear_pointer (&call->worst, imap_response_free);
      call->worst = g_steal_pointer (&answer);
    }
  g_clear_pointer (&answer, imap_response_free);
  batch->outstanding--;
  if (--call->unanswered > 0)
    return;
  if (call->found != NULL)
    g_queue_remove (&batch->searches, call);
  if (call->moving != NULL)
    g_queue_remove (&batch->moves, call);
  call_tell (call);
}

static gboolean
set_has_all (const ImapUidSet *set, const GArray *uids)
{
  for (guint i = 0; i < uids->len; i++)
    if (!imap_uid_set_contains (set, g_array_index (uids, guint32, i)))
      return FALSE;
  return TRUE;
}

/* MOVE tells its COPYUID before its tagged OK (RFC 6851 section 4.3): it belongs to the move that asked for
 * these UIDs. */
static void
observe_copied (ImapBatch *batch, const ImapCode *code)
{
  for (GList *item = batch->moves.head; item != NULL && code->source != NULL; item = item->next)
    {
      ImapCall *call = item->data;

      if (set_has_all (call->moving, code->source))
        {
          call_add_copied (call, code);
          return;
        }
    }
}

/* An answer that names no command is believed when there is but one search that it can be for. */
static ImapCall *
find_search (ImapBatch *batch, const ImapResponse *response)
{
  ImapRequest *request;

  if (response->tag == NULL)
    return batch->searches.length == 1 ? batch->searches.head->data : NULL;
  request = g_hash_table_lookup (batch->session->requests, response->tag);
  return request == NULL ? NULL : imap_request_get_user_data (request, imap_call_answered);
}

/* Each range holds a message. What was expunged since the answer was made leaves some room. */
static gboolean
is_too_much (const ImapSession *session, const ImapUidSet *found, const ImapUidSet *more)
{
  return more != NULL && (guint64)imap_uid_set_n_ranges (found) + imap_uid_set_n_ranges (more) >
                             (guint64)imap_selection_get (session->selection)->exists + ROOM_FOR_EXPUNGED;
}

static void
add_set (ImapUidSet *to, const ImapUidSet *set)
{
  for (guint i = 0; i < imap_uid_set_n_ranges (set); i++)
    imap_uid_set_add_range (to, imap_uid_set_range (set, i)->first, imap_uid_set_range (set, i)->last);
}

static void
observe_search (ImapBatch *batch, const ImapResponse *response)
{
  ImapCall *call = find_search (batch, response);

  if (call == NULL || call->found == NULL)
    return;
  call->found_told = TRUE;
  call->found_too_much |= is_too_much (batch->session, call->found, response->set);
  if (!call->found_too_much && response->set != NULL)
    add_set (call->found, response->set);
}

/* A server may name all UIDs that there are not: as many ranges as it has messages, and some. */
static void
observe_vanished (ImapBatch *batch, const ImapResponse *response)
{
  if (batch->vanished != NULL && response->set != NULL &&
      !is_too_much (batch->session, batch->vanished, response->set))
    add_set (batch->vanished, response->set);
}

static void
observe_fetch (ImapBatch *batch, const ImapFetch *fetch)
{
  if (batch->fetch == NULL || (fetch->present & IMAP_FETCH_UID) == 0)
    return;
  batch->session->in_handler++;
  batch->fetch (fetch, batch->fetch_data);
  batch->session->in_handler--;
}

void
imap_batch_observe (ImapResponse *response, gpointer user_data)
{
  ImapBatch *batch = user_data;

  if (response->type == IMAP_RESPONSE_FETCH)
    observe_fetch (batch, &response->fetch);
  else if (response->type == IMAP_RESPONSE_SEARCH)
    observe_search (batch, response);
  else if (response->type == IMAP_RESPONSE_VANISHED)
    observe_vanished (batch, response);
  else if (response->type == IMAP_RESPONSE_CONDITION && response->code.type == IMAP_CODE_COPYUID)
    observe_copied (batch, &response->code);
  else if (response->type == IMAP_RESPONSE_CONDITION)
    tell_modified (batch, &response->code);
}

static void
wait_for_room (ImapSession *session)
{
  while (net_connection_get_queued (session->connection) + session->outbox_octets > QUEUE_LIMIT &&
         session->failure == NULL)
    imap_session_iterate (session);
}

/* What another batch left under way must be over before data can be taken for ours. */
gboolean
imap_batch_prepare (ImapBatch *batch, const char *function)
{
  ImapSession *session = batch->session;

  if (!imap_session_may_call (session, function))
    return FALSE;
  if (session->detached > 0)
    imap_requests_drain (session);
  wait_for_room (session);
  return session->failure == NULL;
}

gboolean
imap_batch_prepare_selected (ImapBatch *batch, const char *function)
{
  ImapState state = batch->session->state;

  if (state != IMAP_STATE_SELECTED && state != IMAP_STATE_FAILED)
    {
      g_critical ("%s was called with no mailbox selected", function);
      return FALSE;
    }
  return imap_batch_prepare (batch, function);
}

/* One more command of the call. */
void
imap_call_send (ImapCall *call, ImapRequest *request)
{
  call->unanswered++;
  call->batch->outstanding++;
  imap_request_set_done (request, imap_call_answered, g_rc_box_acquire (call), call_unref);
  imap_request_send (request);
  imap_request_unref (request);
}

guint
imap_batch_get_outstanding (const ImapBatch *batch)
{
  return batch->outstanding;
}

gboolean
imap_batch_wait_at_most (ImapBatch *batch, guint n, GError **error)
{
  ImapSession *session = batch->session;

  if (!imap_session_may_call (session, G_STRFUNC))
    {
      imap_session_set_error (session, error, IMAP_ERROR, IMAP_ERROR_PROTOCOL,
                              "waited from inside a handler");
      return FALSE;
    }
  while (batch->outstanding > n && session->failure == NULL)
    imap_session_iterate (session);
  return imap_session_check (session, error);
}

gboolean
imap_batch_wait (ImapBatch *batch, GError **error)
{
  return imap_batch_wait_at_most (batch, 0, error);
}

/* FALSE: a session has failed. */
static gboolean
count_outstanding (ImapBatch *const *batches, guint count, guint *outstanding)
{
  gboolean alive = TRUE;

  *outstanding = 0;
  for (guint i = 0; i < count; i++)
    {
      *outstanding += batches[i]->outstanding;
      alive &= batches[i]->session->failure == NULL;
    }
  return alive;
}

void
imap_batches_wait_for_any (ImapBatch *const *batches, guint count)
{
  g_autofree ImapSession **sessions = g_new (ImapSession *, count);
  guint before, now;

  for (guint i = 0; i < count; i++)
    {
      if (!imap_session_may_call (batches[i]->session, G_STRFUNC))
        return;
      sessions[i] = batches[i]->session;
    }
  if (!count_outstanding (batches, count, &before))
    return;
  for (now = before; now == before && now > 0;)
    {
      imap_sessions_iterate (sessions, count);
      if (!count_outstanding (batches, count, &now))
        return;
    }
}
