#include "pop3-batch.h"

#include "../message/text-safe.h"
#include "pop3-session-private.h"

struct _Pop3Batch
{
  Pop3Session *session;
  guint outstanding;
};

/* What the user of the batch asked for: one command. */
typedef struct
{
  Pop3Batch *batch;
  guint index;        /* in session->messages */
  gboolean retrieves; /* the whole of it */
  Pop3DoneFunc done;  /* (nullable) */
  gpointer user_data;
} Call;

Pop3Batch *
pop3_batch_new (Pop3Session *session)
{
  Pop3Batch *batch;

  g_return_val_if_fail (session != NULL && !session->has_batch, NULL);
  batch = g_new0 (Pop3Batch, 1);
  batch->session = session;
  session->has_batch = TRUE;
  return batch;
}

void
pop3_batch_free (Pop3Batch *batch)
{
  if (batch == NULL || !pop3_session_may_call (batch->session, G_STRFUNC))
    return;
  pop3_requests_detach (batch->session);
  batch->session->has_batch = FALSE;
  g_free (batch);
}

static void
answered (const Pop3Response *answer, gpointer user_data)
{
  const Call *call = user_data;
  g_autofree char *text = text_make_safe (answer->text);
  Pop3Result result = { .status = answer->status, .code = answer->code, .text = text };

  call->batch->outstanding--;
  if (call->retrieves && answer->status == POP3_STATUS_OK)
    call->batch->session->retrieved->data[call->index] = 1;
  if (call->done != NULL)
    call->done (&result, call->user_data);
}

/* FALSE when nothing may be sent: the session has failed (the wait says so), or a caller's bug (critical). */
static gboolean
prepare (Pop3Batch *batch, const char *function, guint32 number, guint *index)
{
  Pop3Session *session = batch->session;

  if (!pop3_session_may_call (session, function))
    return FALSE;
  while (session->outbox.length > 0 && session->failure == NULL)
    pop3_session_iterate (session);
  if (session->failure != NULL)
    return FALSE;
  if (session->state != POP3_STATE_TRANSACTION)
    g_critical ("%s was called outside a transaction", function);
  else if (!pop3_listing_find (session, number, index))
    g_critical ("%s was called for a message that is not listed", function);
  else
    return TRUE;
  return FALSE;
}

static Call *
call_new (Pop3Batch *batch, guint index, Pop3DoneFunc done, gpointer user_data)
{
  Call *call = g_new0 (Call, 1);

  call->batch = batch;
  call->index = index;
  call->done = done;
  call->user_data = user_data;
  return call;
}

static void
call_send (Call *call, Pop3Request *request /* (transfer full) */, const char *arguments)
{
  call->batch->outstanding++;
  pop3_request_set_subject (request, arguments);
  pop3_request_set_done (request, answered, call, g_free);
  pop3_request_send (request);
  pop3_request_unref (request);
}

void
pop3_batch_retr (Pop3Batch *batch, guint32 number, Pop3DataFunc data, Pop3DoneFunc done, gpointer user_data)
{
  Pop3Session *session = batch->session;
  g_autofree char *arguments = g_strdup_printf ("%u", number);
  Pop3Request *request;
  Call *call;
  guint index;

  if (!prepare (batch, G_STRFUNC, number, &index))
    return;
  request = pop3_request_new (session, "RETR", arguments, POP3_SHAPE_MESSAGE);
  pop3_request_set_body (request, g_array_index (session->messages, Pop3Message, index).size, data,
                         user_data);
  call = call_new (batch, index, done, user_data);
  call->retrieves = TRUE;
  call_send (call, request, arguments);
}

void
pop3_batch_top (Pop3Batch *batch, guint32 number, guint32 lines, Pop3DataFunc data, Pop3DoneFunc done,
                gpointer user_data)
{
  g_autofree char *arguments = g_strdup_printf ("%u %u", number, lines);
  Pop3Request *request;
  guint index;

  if (!prepare (batch, G_STRFUNC, number, &index))
    return;
  request = pop3_request_new (batch->session, "TOP", arguments, POP3_SHAPE_MESSAGE);
  pop3_request_set_body (request, 0, data, user_data);
  call_send (call_new (batch, index, done, user_data), request, arguments);
}

/* Contract C7.3. */
static gboolean
may_delete (const Pop3Session *session, guint index, const char *uidl)
{
  const Pop3Message *message = &g_array_index (session->messages, Pop3Message, index);

  return uidl != NULL ? g_strcmp0 (uidl, message->uidl) == 0 : session->retrieved->data[index] == 1;
}

void
pop3_batch_dele (Pop3Batch *batch, guint32 number, const char *uidl, Pop3DoneFunc done, gpointer user_data)
{
  g_autofree char *arguments = g_strdup_printf ("%u", number);
  guint index;

  if (!prepare (batch, G_STRFUNC, number, &index))
    return;
  if (!may_delete (batch->session, index, uidl))
    {
      g_critical ("%s was called for a message that was not kept", G_STRFUNC);
      return;
    }
  call_send (call_new (batch, index, done, user_data),
             pop3_request_new (batch->session, "DELE", arguments, POP3_SHAPE_LINE), arguments);
}

guint
pop3_batch_get_outstanding (const Pop3Batch *batch)
{
  return batch->outstanding;
}

gboolean
pop3_batch_wait_at_most (Pop3Batch *batch, guint n, GError **error)
{
  Pop3Session *session = batch->session;

  if (!pop3_session_may_call (session, G_STRFUNC))
    {
      pop3_session_set_error (session, error, POP3_ERROR, POP3_ERROR_PROTOCOL,
                              "waited from inside a handler");
      return FALSE;
    }
  while (batch->outstanding > n && session->failure == NULL)
    pop3_session_iterate (session);
  return pop3_session_check (session, error);
}

gboolean
pop3_batch_wait (Pop3Batch *batch, GError **error)
{
  return pop3_batch_wait_at_most (batch, 0, error);
}
