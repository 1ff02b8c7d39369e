/* Invariants: a request is in the outbox until its line is written, then in `sent` until its answer is
 * complete; the head of `sent` is what the response under way answers. */
#include "pop3-session-private.h"

#include <string.h>

#include "../message/text-safe.h"
#include "pop3-batch.h"

struct _Pop3Request
{
  Pop3Session *session;
  const char *name;
  char *line;
  char *subject; /* (nullable) made safe */
  gboolean secret;
  Pop3Expectation expectation; /* its take calls the one below */
  Pop3TakeFunc take;           /* (nullable) */
  gpointer take_data;
  Pop3AnswerFunc done; /* (nullable) */
  gpointer user_data;
  GDestroyNotify destroy;
  Pop3Response *answer; /* (nullable) */
  gboolean awaits_challenge;
  char *challenge; /* (nullable) */
};

Pop3Request *
pop3_request_new (Pop3Session *session, const char *name, const char *arguments, Pop3Shape shape)
{
  Pop3Request *request = g_rc_box_new0 (Pop3Request);

  request->session = session;
  request->name = name;
  request->line =
      g_strconcat (name, arguments != NULL ? " " : "", arguments != NULL ? arguments : "", "\r\n", NULL);
  request->expectation.shape = shape;
  return request;
}

static void
request_finalize (gpointer data)
{
  Pop3Request *request = data;

  if (request->secret)
    explicit_bzero (request->line, strlen (request->line));
  if (request->destroy != NULL)
    request->destroy (request->user_data);
  pop3_response_free (request->answer);
  g_free (request->challenge);
  g_free (request->subject);
  g_free (request->line);
}

void
pop3_request_unref (Pop3Request *request)
{
  g_rc_box_release_full (request, request_finalize);
}

void
pop3_request_set_subject (Pop3Request *request, const char *subject)
{
  g_free (request->subject);
  request->subject = text_make_safe (subject);
}

void
pop3_request_set_secret (Pop3Request *request)
{
  request->secret = TRUE;
}

static gboolean
take_body (const guint8 *data, gsize length, gpointer user_data)
{
  Pop3Request *request = user_data;
  gboolean taken;

  request->session->in_handler++;
  taken = request->take (data, length, request->take_data);
  request->session->in_handler--;
  return taken;
}

void
pop3_request_set_body (Pop3Request *request, guint64 size, Pop3TakeFunc take, gpointer user_data)
{
  request->take = take;
  request->take_data = user_data;
  request->expectation.size = size;
  request->expectation.take = take_body;
  request->expectation.user_data = request;
}

void
pop3_request_set_done (Pop3Request *request, Pop3AnswerFunc done, gpointer user_data, GDestroyNotify destroy)
{
  request->done = done;
  request->user_data = user_data;
  request->destroy = destroy;
}

const Pop3Response *
pop3_request_get_answer (const Pop3Request *request)
{
  return request->answer;
}

static gboolean
has_room (const Pop3Session *session, const Pop3Request *request)
{
  if (session->sent.length == 0)
    return TRUE;
  return pop3_session_has (session, POP3_CAPABILITY_PIPELINING) &&
         session->sent.length < POP3_WINDOW_COMMANDS && session->sent_octets < POP3_WINDOW_OCTETS &&
         request->expectation.size <= POP3_WINDOW_OCTETS - session->sent_octets;
}

static void
outbox_flush (Pop3Session *session)
{
  Pop3Request *request;

  while ((request = g_queue_peek_head (&session->outbox)) != NULL && has_room (session, request))
    {
      net_connection_write (session->connection, request->line, strlen (request->line));
      session->sent_octets += request->expectation.size;
      session->last_command = request->name;
      g_queue_push_tail (&session->sent, g_queue_pop_head (&session->outbox));
    }
}

void
pop3_request_send (Pop3Request *request)
{
  g_queue_push_tail (&request->session->outbox, g_rc_box_acquire (request));
  outbox_flush (request->session);
}

void
pop3_requests_expect (Pop3Session *session)
{
  static const Pop3Expectation line = { .shape = POP3_SHAPE_LINE };
  const Pop3Request *request = g_queue_peek_head (&session->sent);

  session->is_unasked = request == NULL && session->state != POP3_STATE_CONNECTING;
  pop3_parser_expect (session->parser, request != NULL ? &request->expectation : &line);
}

static void
log_answer (const Pop3Request *request, const Pop3Response *answer)
{
  gboolean refused = answer->status != POP3_STATUS_OK;
  g_autofree char *text = NULL;

  if (request->session->log == NULL)
    return;
  text = pop3_session_server_text (request->session, refused ? answer->text : "");
  pop3_session_log (request->session, "%s%s%s: %s%s%s", request->name, request->subject != NULL ? " " : "",
                    request->subject != NULL ? request->subject : "", refused ? "ERR" : "OK",
                    *text != '\0' ? " " : "", text);
}

/* The request has left the queue; what is called runs while the session is closed to calls. */
static void
request_complete (Pop3Request *request, Pop3Response *answer)
{
  Pop3Session *session = request->session;

  log_answer (request, answer);
  request->answer = answer;
  if (request->done == NULL)
    return;
  session->in_handler++;
  request->done (answer, request->user_data);
  session->in_handler--;
}

static gboolean
take_challenge (Pop3Session *session, const Pop3Response *response, GError **error)
{
  Pop3Request *request = g_queue_peek_head (&session->sent);

  if (request->awaits_challenge && request->challenge == NULL)
    {
      request->challenge = g_strdup (response->text);
      net_connection_note_progress (session->connection);
      return TRUE;
    }
  g_set_error (error, POP3_ERROR, POP3_ERROR_PROTOCOL,
               "the server asked to go on where nothing was to follow");
  return FALSE;
}

/* Nobody waits for an answer: only a farewell makes sense. */
static gboolean
refuse_unasked (const Pop3Session *session, const Pop3Response *response, GError **error)
{
  g_autofree char *text = pop3_session_server_text (session, response->text);

  if (response->status == POP3_STATUS_ERR)
    g_set_error (error, POP3_ERROR, POP3_ERROR_LATER, "the server ended the session (“%s”); try again later",
                 text);
  else
    g_set_error (error, POP3_ERROR, POP3_ERROR_PROTOCOL, "the server answered a command that was not sent");
  return FALSE;
}

gboolean
pop3_requests_answer (Pop3Session *session, Pop3Response *response, GError **error)
{
  g_autoptr (Pop3Response) answer = response;
  g_autoptr (Pop3Request) request = NULL;

  if (session->is_unasked)
    return refuse_unasked (session, answer, error);
  if (answer->status == POP3_STATUS_CONTINUE)
    return take_challenge (session, answer, error);
  request = g_queue_pop_head (&session->sent);
  session->sent_octets -= request->expectation.size;
  net_connection_note_progress (session->connection);
  request_complete (request, g_steal_pointer (&answer));
  outbox_flush (session);
  return TRUE;
}

gboolean
pop3_request_await (Pop3Request *request, GError **error)
{
  Pop3Session *session = request->session;

  while (request->answer == NULL && session->failure == NULL)
    pop3_session_iterate (session);
  /* An answer counts, even when the session failed right behind it. */
  return request->answer != NULL || pop3_session_check (session, error);
}

gboolean
pop3_request_await_challenge (Pop3Request *request, char **challenge, GError **error)
{
  Pop3Session *session = request->session;

  request->awaits_challenge = TRUE;
  while (request->answer == NULL && request->challenge == NULL && session->failure == NULL)
    pop3_session_iterate (session);
  *challenge = request->answer == NULL ? g_steal_pointer (&request->challenge) : NULL;
  return request->answer != NULL || *challenge != NULL || pop3_session_check (session, error);
}

static void
request_detach (Pop3Request *request)
{
  GDestroyNotify destroy = request->destroy;

  request->expectation.take = NULL;
  request->done = NULL;
  request->destroy = NULL;
  if (destroy != NULL)
    destroy (g_steal_pointer (&request->user_data));
}

void
pop3_requests_detach (Pop3Session *session)
{
  g_queue_clear_full (&session->outbox, (GDestroyNotify)pop3_request_unref);
  for (GList *item = session->sent.head; item != NULL; item = item->next)
    request_detach (item->data);
  pop3_parser_drop (session->parser);
}

void
pop3_requests_clear (Pop3Session *session)
{
  g_queue_clear_full (&session->outbox, (GDestroyNotify)pop3_request_unref);
  g_queue_clear_full (&session->sent, (GDestroyNotify)pop3_request_unref);
}
