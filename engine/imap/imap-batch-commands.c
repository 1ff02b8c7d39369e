#include "imap-batch-private.h"

#include "grammar/imap-date.h"

/* "UID FETCH", a set, then `rest` and, unless NULL, a mailbox: as many commands as the set needs. */
typedef struct
{
  const char *name;
  const char *rest;
  const char *mailbox; /* (nullable) */
} SetCommand;

static ImapUidSet *
copy_set (const ImapUidSet *set)
{
  ImapUidSet *copy = imap_uid_set_new ();

  for (guint i = 0; i < imap_uid_set_n_ranges (set); i++)
    imap_uid_set_add_range (copy, imap_uid_set_range (set, i)->first, imap_uid_set_range (set, i)->last);
  return copy;
}

static ImapRequest *
set_request (ImapSession *session, const SetCommand *form, const ImapUidSet *set)
{
  g_autofree char *text = imap_uid_set_to_string (set);
  ImapCommand *command = imap_command_new (form->name);

  imap_command_raw (command, " ");
  imap_command_raw (command, text);
  imap_command_raw (command, form->rest);
  if (form->mailbox != NULL)
    imap_command_astring (command, form->mailbox);
  return imap_request_new (session, form->name, command);
}

static void
send_for_set (ImapCall *call, const SetCommand *form, const ImapUidSet *set)
{
  g_autoptr (ImapUidSet) left = copy_set (set);

  while (!imap_uid_set_is_empty (left))
    {
      g_autoptr (ImapUidSet) part = imap_uid_set_take (left, G_MAXUINT, IMAP_SET_LENGTH);

      imap_call_send (call, set_request (call->batch->session, form, part));
    }
}

static void
run_for_set (ImapBatch *batch, const SetCommand *form, const ImapUidSet *set, ImapDoneFunc done,
             gpointer user_data)
{
  g_autoptr (ImapCall) call = imap_call_new (batch, done, user_data);

  send_for_set (call, form, set);
}

static void
send_text (ImapCall *call, const char *name, ImapCommand *command)
{
  imap_call_send (call, imap_request_new (call->batch->session, name, command));
}

void
imap_batch_uid_fetch (ImapBatch *batch, const ImapUidSet *set, const char *items, ImapDoneFunc done,
                      gpointer user_data)
{
  g_autofree char *rest = g_strconcat (" ", items, NULL);
  SetCommand form = { "UID FETCH", rest, NULL };

  g_return_if_fail (!imap_uid_set_is_empty (set));
  if (imap_batch_prepare_selected (batch, G_STRFUNC))
    run_for_set (batch, &form, set, done, user_data);
}

void
imap_batch_uid_fetch_from (ImapBatch *batch, guint32 first, const char *items, ImapDoneFunc done,
                           gpointer user_data)
{
  g_autoptr (ImapCall) call = NULL;
  ImapCommand *command;

  g_return_if_fail (first > 0);
  if (!imap_batch_prepare_selected (batch, G_STRFUNC))
    return;
  call = imap_call_new (batch, done, user_data);
  command = imap_command_new ("UID FETCH");
  imap_command_rawf (command, " %" G_GUINT32_FORMAT ":* %s", first, items);
  send_text (call, "UID FETCH", command);
}

void
imap_batch_uid_store (ImapBatch *batch, const ImapUidSet *set, const char *mode, const char *flags,
                      ImapDoneFunc done, gpointer user_data)
{
  g_autofree char *rest = g_strdup_printf (" %s (%s)", mode, flags);
  SetCommand form = { "UID STORE", rest, NULL };

  g_return_if_fail (!imap_uid_set_is_empty (set));
  if (imap_batch_prepare_selected (batch, G_STRFUNC))
    run_for_set (batch, &form, set, done, user_data);
}

/* A plain SEARCH answer does not say whose it is. */
static void
wait_for_searches (ImapBatch *batch)
{
  while (batch->searches.length > 0 && batch->session->failure == NULL)
    imap_session_iterate (batch->session);
}

ImapCommand *
imap_search_command (const ImapSession *session, const char *criteria)
{
  ImapCommand *command = imap_command_new ("UID SEARCH");

  imap_command_rawf (command, " %s%s",
                     imap_session_has (session, IMAP_CAPABILITY_ESEARCH) ? "RETURN (ALL) " : "", criteria);
  return command;
}

void
imap_batch_uid_search (ImapBatch *batch, const char *criteria, ImapUidSet *found, ImapDoneFunc done,
                       gpointer user_data)
{
  gboolean extended = imap_session_has (batch->session, IMAP_CAPABILITY_ESEARCH);
  g_autoptr (ImapCall) call = NULL;

  g_return_if_fail (found != NULL);
  if (!imap_batch_prepare_selected (batch, G_STRFUNC))
    return;
  if (!extended)
    wait_for_searches (batch);
  if (batch->session->failure != NULL)
    return;
  call = imap_call_new (batch, done, user_data);
  call->found = found;
  g_queue_push_tail (&batch->searches, call);
  send_text (call, "UID SEARCH", imap_search_command (batch->session, criteria));
}

void
imap_batch_uid_copy (ImapBatch *batch, const ImapUidSet *set, const char *wire_name, ImapDoneFunc done,
                     gpointer user_data)
{
  SetCommand form = { "UID COPY", "", wire_name };

  g_return_if_fail (!imap_uid_set_is_empty (set) && wire_name != NULL);
  if (imap_batch_prepare_selected (batch, G_STRFUNC))
    run_for_set (batch, &form, set, done, user_data);
}

void
imap_batch_uid_move (ImapBatch *batch, const ImapUidSet *set, const char *wire_name, ImapDoneFunc done,
                     gpointer user_data)
{
  SetCommand form = { "UID MOVE", "", wire_name };
  g_autoptr (ImapCall) call = NULL;

  g_return_if_fail (!imap_uid_set_is_empty (set) && wire_name != NULL);
  g_return_if_fail (imap_session_has (batch->session, IMAP_CAPABILITY_MOVE));
  if (!imap_batch_prepare_selected (batch, G_STRFUNC))
    return;
  call = imap_call_new (batch, done, user_data);
  call->moving = copy_set (set);
  g_queue_push_tail (&batch->moves, call);
  send_for_set (call, &form, set);
}

void
imap_batch_uid_expunge (ImapBatch *batch, const ImapUidSet *set, ImapDoneFunc done, gpointer user_data)
{
  SetCommand form = { "UID EXPUNGE", "", NULL };

  g_return_if_fail (!imap_uid_set_is_empty (set));
  g_return_if_fail (imap_session_has (batch->session, IMAP_CAPABILITY_UIDPLUS));
  if (imap_batch_prepare_selected (batch, G_STRFUNC))
    run_for_set (batch, &form, set, done, user_data);
}

void
imap_batch_expunge (ImapBatch *batch, ImapDoneFunc done, gpointer user_data)
{
  g_autoptr (ImapCall) call = NULL;

  if (!imap_batch_prepare_selected (batch, G_STRFUNC) || !imap_batch_wait (batch, NULL))
    return;
  call = imap_call_new (batch, done, user_data);
  send_text (call, "EXPUNGE", imap_command_new ("EXPUNGE"));
  imap_batch_wait (batch, NULL);
}

static void
add_message (ImapCommand *command, const ImapAppend *message)
{
  char date[IMAP_DATE_SIZE];

  imap_date_format (message->internal_date, date);
  if (message->flags != NULL && *message->flags != '\0')
    imap_command_rawf (command, " (%s)", message->flags);
  imap_command_rawf (command, " \"%s\"", date);
  imap_command_stream (command, message->size);
}

static ImapCommand *
append_command (const char *wire_name, const ImapAppend *messages, guint n_messages)
{
  ImapCommand *command = imap_command_new ("APPEND");

  imap_command_astring (command, wire_name);
  for (guint i = 0; i < n_messages; i++)
    add_message (command, &messages[i]);
  return command;
}

static void
add_stream (ImapRequest *request, ImapSession *session, const ImapAppend *message)
{
  imap_request_add_stream (request, imap_stream_new (message->size, message->source, message->source_data,
                                                     message->notify, &session->in_handler));
}

static void
notify_all (const ImapAppend *messages, guint n_messages)
{
  for (guint i = 0; i < n_messages; i++)
    if (messages[i].notify != NULL)
      messages[i].notify (messages[i].source_data);
}

void
imap_batch_append (ImapBatch *batch, const char *wire_name, const ImapAppend *messages, guint n_messages,
                   ImapDoneFunc done, gpointer user_data)
{
  g_autoptr (ImapCall) call = NULL;
  ImapRequest *request;

  g_return_if_fail (n_messages == 1 ||
                    (n_messages > 1 && imap_session_has (batch->session, IMAP_CAPABILITY_MULTIAPPEND)));
  if (!imap_batch_prepare (batch, G_STRFUNC))
    {
      notify_all (messages, n_messages);
      return;
    }
  call = imap_call_new (batch, done, user_data);
  request = imap_request_new (batch->session, "APPEND", append_command (wire_name, messages, n_messages));
  for (guint i = 0; i < n_messages; i++)
    add_stream (request, batch->session, &messages[i]);
  imap_call_send (call, request);
}
