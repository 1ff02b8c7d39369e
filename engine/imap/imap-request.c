/* Invariants: a request is in the session's table from imap_request_send until its tagged answer is complete,
 * and in the outbox as long as a part of it is unwritten; only the outbox's first request can have begun, and
 * while it waits for a continuation nothing behind it is written. */
#include "imap-session-private.h"

#include <string.h>

#include "../message/text-safe.h"

struct _ImapRequest
{
  ImapSession *session;
  char *tag;
  const char *name;
  char *subject; /* (nullable) made safe */
  GPtrArray *parts;
  guint next_part;
  gboolean queued; /* in the outbox */
  gboolean waits;  /* for a continuation before what follows */
  gboolean secret;
  gboolean detached;
  gint64 sent_at; /* monotonic; 0: it follows one that was foretold */
  GQueue streams; /* ImapStream, not begun yet */
  GQueue begun;   /* ImapStream, not ended yet: they end in their order */
  ImapAnswerFunc done;
  gpointer user_data;
  GDestroyNotify destroy;
  ImapResponse *answer; /* (nullable) */
  char *challenge;      /* (nullable) */
};

ImapRequest *
imap_request_new (ImapSession *session, const char *name, ImapCommand *command)
{
  ImapRequest *request = g_rc_box_new0 (ImapRequest);

  request->session = session;
  request->name = name;
  request->tag = g_strdup_printf ("A%u", ++session->last_tag);
  request->parts = imap_command_finish (command, request->tag, imap_capabilities_literal_mode (session));
  imap_command_free (command);
  return request;
}

/* The octets are this request's alone: nobody else has seen them but the connection, which copied them. */
static void
wipe_parts (ImapRequest *request)
{
  for (guint i = 0; i < request->parts->len; i++)
    {
      ImapCommandPart *part = g_ptr_array_index (request->parts, i);
      gsize length;
      gconstpointer octets = g_bytes_get_data (part->octets, &length);

      explicit_bzero ((gpointer)octets, length);
    }
}

static void
drop_streams (ImapRequest *request)
{
  g_queue_clear_full (&request->streams, (GDestroyNotify)imap_stream_abandon);
  g_queue_clear_full (&request->begun, (GDestroyNotify)imap_stream_abandon);
}

static gboolean
is_streaming (const ImapRequest *request)
{
  return !g_queue_is_empty ((GQueue *)&request->streams) || !g_queue_is_empty ((GQueue *)&request->begun);
}

static void
begin_stream (ImapRequest *request)
{
  ImapStream *stream = g_queue_pop_head (&request->streams);

  g_queue_push_tail (&request->begun, stream);
  imap_stream_start (stream, request->session->connection);
}

static void
request_finalize (gpointer data)
{
  ImapRequest *request = data;

  if (request->secret)
    wipe_parts (request);
  if (request->destroy != NULL)
    request->destroy (request->user_data);
  drop_streams (request);
  g_ptr_array_unref (request->parts);
  g_clear_pointer (&request->answer, imap_response_free);
  g_free (request->challenge);
  g_free (request->subject);
  g_free (request->tag);
}

void
imap_request_unref (ImapRequest *request)
{
  g_rc_box_release_full (request, request_finalize);
}

void
imap_request_set_subject (ImapRequest *request, const char *subject)
{
  g_free (request->subject);
  request->subject = text_make_safe (subject);
}

void
imap_request_set_done (ImapRequest *request, ImapAnswerFunc done, gpointer user_data, GDestroyNotify destroy)
{
  request->done = done;
  request->user_data = user_data;
  request->destroy = destroy;
}

void
imap_request_set_secret (ImapRequest *request)
{
  request->secret = TRUE;
}

gpointer
imap_request_get_user_data (const ImapRequest *request, ImapAnswerFunc done)
{
  return request->done == done ? request->user_data : NULL;
}

const ImapResponse *
imap_request_get_answer (const ImapRequest *request)
{
  return request->answer;
}

void
imap_request_keep_answer (ImapRequest *request, ImapResponse *answer)
{
  request->answer = answer;
}

static gsize
parts_length (const ImapRequest *request)
{
  gsize length = 0;

  for (guint i = request->next_part; i < request->parts->len; i++)
    length += g_bytes_get_size (((ImapCommandPart *)g_ptr_array_index (request->parts, i))->octets);
  return length;
}

static void
write_part (ImapRequest *request)
{
  ImapSession *session = request->session;
  const ImapCommandPart *part = g_ptr_array_index (request->parts, request->next_part++);
  gsize length;
  const char *octets = g_bytes_get_data (part->octets, &length);

  net_connection_write (session->connection, octets, length);
  session->outbox_octets -= length;
  request->waits = part->wait;
  if (part->source && !part->wait)
    begin_stream (request);
}

static void
outbox_pop (ImapSession *session)
{
  ImapRequest *request = g_queue_pop_head (&session->outbox);

  session->outbox_octets -= parts_length (request);
  request->queued = FALSE;
  imap_request_unref (request);
}

static void
outbox_flush (ImapSession *session)
{
  ImapRequest *request;

  while ((request = g_queue_peek_head (&session->outbox)) != NULL && !request->waits)
    {
      if (request->next_part == request->parts->len)
        outbox_pop (session);
      else
        write_part (request);
    }
}

void
imap_request_send (ImapRequest *request)
{
  ImapSession *session = request->session;

  session->last_command = request->name;
  if (imap_foretold_take (session, request, request->parts, request->tag) || session->failure != NULL)
    return;
  session->outbox_octets += parts_length (request);
  request->queued = TRUE;
  request->sent_at = g_get_monotonic_time ();
  g_hash_table_insert (session->requests, request->tag, g_rc_box_acquire (request));
  g_queue_push_tail (&session->outbox, g_rc_box_acquire (request));
  outbox_flush (session);
}

void
imap_request_follow (ImapRequest *request, const char *tag)
{
  g_free (request->tag);
  request->tag = g_strdup (tag);
  request->next_part = request->parts->len;
  g_hash_table_insert (request->session->requests, request->tag, g_rc_box_acquire (request));
}

gboolean
imap_requests_continue (ImapSession *session, const ImapResponse *response, GError **error)
{
  ImapRequest *request = g_queue_peek_head (&session->outbox);

  if (request != NULL && request->waits)
    {
      const ImapCommandPart *part = g_ptr_array_index (request->parts, request->next_part - 1);

      request->waits = FALSE;
      if (part->source)
        begin_stream (request);
      outbox_flush (session);
    }
  else if (session->challenged != NULL && session->challenged->challenge == NULL)
    session->challenged->challenge = g_strdup (response->text);
  else
    {
      g_set_error (error, IMAP_ERROR, IMAP_ERROR_PROTOCOL,
                   "the server asked to go on where nothing was to follow");
      return FALSE;
    }
  net_connection_note_progress (session->connection);
  return TRUE;
}

static const char *
status_name (ImapStatus status)
{
  switch (status)
    {
    case IMAP_STATUS_OK:
      return "OK";
    case IMAP_STATUS_NO:
      return "NO";
    case IMAP_STATUS_BAD:
      return "BAD";
    case IMAP_STATUS_PREAUTH:
      return "PREAUTH";
    case IMAP_STATUS_BYE:
      return "BYE";
    }
  return "?";
}

static void
log_answer (const ImapRequest *request, const ImapResponse *answer)
{
  g_autofree char *text = NULL;

  if (request->session->log == NULL)
    return;
  text = imap_session_server_text (request->session, answer->status == IMAP_STATUS_OK ? "" : answer->text);
  imap_session_log (request->session, "%s %s%s%s: %s%s%s", request->tag, request->name,
                    request->subject != NULL ? " " : "", request->subject != NULL ? request->subject : "",
                    status_name (answer->status), *text != '\0' ? " " : "", text);
}

/* The request leaves the table; what is called runs while the session is closed to calls. */
static void
request_complete (ImapRequest *request, ImapResponse *answer)
{
  ImapSession *session = request->session;
  g_autoptr (ImapRequest) held = g_rc_box_acquire (request);

  g_hash_table_remove (session->requests, request->tag);
  if (request->detached)
    {
      session->detached--;
      imap_response_free (answer);
    }
  else if (request->done != NULL)
    request->done (request, answer, request->user_data);
  else
    request->answer = answer;
}

/* A refusal that came while octets were still on their way had to wait for their end. */
static void
stream_ended (gboolean complete, gpointer owner)
{
  ImapRequest *request = owner;

  g_queue_pop_head (&request->begun);
  if (complete && !is_streaming (request) && request->answer != NULL && request->session->failure == NULL)
    request_complete (request, g_steal_pointer (&request->answer));
}

void
imap_request_add_stream (ImapRequest *request, ImapStream *stream)
{
  g_queue_push_tail (&request->streams, stream);
  imap_stream_set_owner (stream, stream_ended, request);
}

/* The answer may come before everything was sent only as a refusal of the literal that is waited for. */
static gboolean
answer_is_in_order (const ImapRequest *request, const ImapResponse *answer)
{
  if (request->answer != NULL)
    return FALSE;
  if (answer->status == IMAP_STATUS_OK)
    return !request->queued && !is_streaming (request);
  return !request->queued || request->waits;
}

static void
note_answer (ImapSession *session, const ImapRequest *request, const ImapResponse *answer)
{
  net_connection_note_progress (session->connection);
  session->deflate_proven = session->deflates;
  if (request->sent_at > 0)
    session->round_trip = MIN (session->round_trip, g_get_monotonic_time () - request->sent_at);
  log_answer (request, answer);
  if (answer->status != IMAP_STATUS_OK)
    session->last_code = answer->code.type;
  else if (answer->code.type == IMAP_CODE_CAPABILITY)
    imap_capabilities_set (session, (const char *const *)answer->code.strings);
}

gboolean
imap_requests_answer (ImapSession *session, ImapResponse *response, GError **error)
{
  g_autoptr (ImapResponse) answer = response;
  ImapRequest *request = answer->tag == NULL ? NULL : g_hash_table_lookup (session->requests, answer->tag);

  if (request == NULL || !answer_is_in_order (request, answer))
    {
      g_set_error (error, IMAP_ERROR, IMAP_ERROR_PROTOCOL, "the server answered a command that was not sent");
      return FALSE;
    }
  note_answer (session, request, answer);
  if (request->queued)
    {
      drop_streams (request);
      outbox_pop (session);
    }
  if (is_streaming (request))
    request->answer = g_steal_pointer (&answer);
  else
    request_complete (request, g_steal_pointer (&answer));
  outbox_flush (session);
  return TRUE;
}

gboolean
imap_request_await (ImapRequest *request, GError **error)
{
  ImapSession *session = request->session;

  while (request->answer == NULL && session->failure == NULL)
    imap_session_iterate (session);
  /* An answer counts, even when the session failed right behind it. */
  return request->answer != NULL || imap_session_check (session, error);
}

gboolean
imap_request_await_ok (ImapRequest *request, GError **error)
{
  g_autofree char *text = NULL;

  if (!imap_request_await (request, error))
    return FALSE;
  if (request->answer->status == IMAP_STATUS_OK)
    return TRUE;
  text = imap_session_server_text (request->session, request->answer->text);
  imap_session_set_error (request->session, error, IMAP_ERROR, IMAP_ERROR_REFUSED,
                          "the server refused %s%s%s: “%s”", request->name,
                          request->subject != NULL ? " " : "",
                          request->subject != NULL ? request->subject : "", text);
  return FALSE;
}

char *
imap_request_take_challenge (ImapRequest *request)
{
  return g_steal_pointer (&request->challenge);
}

gboolean
imap_request_await_challenge (ImapRequest *request, char **challenge, GError **error)
{
  ImapSession *session = request->session;

  while (request->answer == NULL && request->challenge == NULL && session->failure == NULL)
    imap_session_iterate (session);
  *challenge = request->answer == NULL ? imap_request_take_challenge (request) : NULL;
  return request->answer != NULL || *challenge != NULL || imap_session_check (session, error);
}

/* Nothing of it was written: it is as if it had never been asked for. */
static void
request_take_back (ImapRequest *request)
{
  ImapSession *session = request->session;
  g_autoptr (ImapRequest) held = g_rc_box_acquire (request);

  g_queue_remove (&session->outbox, request);
  session->outbox_octets -= parts_length (request);
  imap_request_unref (request);
  g_hash_table_remove (session->requests, request->tag);
}

static void
request_detach (ImapRequest *request)
{
  GDestroyNotify destroy = request->destroy;

  request->detached = TRUE;
  request->session->detached++;
  request->done = NULL;
  request->destroy = NULL;
  if (destroy != NULL)
    destroy (g_steal_pointer (&request->user_data));
}

void
imap_requests_detach (ImapSession *session)
{
  g_autoptr (GList) requests = g_hash_table_get_values (session->requests);

  for (GList *item = requests; item != NULL; item = item->next)
    {
      ImapRequest *request = item->data;

      if (request->queued && request->next_part == 0)
        request_take_back (request);
      else if (!request->detached)
        request_detach (request);
    }
}

void
imap_requests_drain (ImapSession *session)
{
  while (g_hash_table_size (session->requests) > 0 && session->failure == NULL)
    imap_session_iterate (session);
}

void
imap_requests_clear (ImapSession *session)
{
  GHashTableIter iter;
  gpointer request;

  g_hash_table_iter_init (&iter, session->requests);
  while (g_hash_table_iter_next (&iter, NULL, &request))
    drop_streams (request);
  g_queue_clear_full (&session->outbox, (GDestroyNotify)imap_request_unref);
  g_hash_table_remove_all (session->requests);
}
