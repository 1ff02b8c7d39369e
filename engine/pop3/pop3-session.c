/* The session's state, its one error, and the loop that turns octets into responses. */
#include "pop3-session-private.h"

#include <string.h>

#include "../message/text-safe.h"

G_DEFINE_QUARK (pop3 - error - quark, pop3_error)

static const char *
state_name (Pop3State state)
{
  switch (state)
    {
    case POP3_STATE_CONNECTING:
      return "connecting";
    case POP3_STATE_GREETED:
      return "greeted";
    case POP3_STATE_SECURING:
      return "securing";
    case POP3_STATE_TRANSACTION:
      return "transaction";
    case POP3_STATE_QUITTING:
      return "quitting";
    case POP3_STATE_CLOSED:
      return "closed";
    case POP3_STATE_FAILED:
      return "failed";
    }
  return "?";
}

static gboolean
may_advance (Pop3State from, Pop3State to)
{
  if (to == POP3_STATE_FAILED)
    return TRUE;
  switch (from)
    {
    case POP3_STATE_CONNECTING: /* the greeting */
      return to == POP3_STATE_GREETED;
    case POP3_STATE_GREETED: /* STLS; AUTH or PASS */
      return to == POP3_STATE_SECURING || to == POP3_STATE_TRANSACTION;
    case POP3_STATE_SECURING: /* the handshake */
      return to == POP3_STATE_GREETED;
    case POP3_STATE_TRANSACTION: /* pop3_session_quit */
      return to == POP3_STATE_QUITTING;
    case POP3_STATE_QUITTING: /* QUIT was answered */
      return to == POP3_STATE_CLOSED;
    case POP3_STATE_CLOSED:
    case POP3_STATE_FAILED:
      return FALSE;
    }
  return FALSE;
}

void
pop3_session_advance (Pop3Session *session, Pop3State to)
{
  if (!may_advance (session->state, to))
    {
      g_critical ("POP3 session: no way from %s to %s", state_name (session->state), state_name (to));
      return;
    }
  pop3_session_log (session, "%s -> %s", state_name (session->state), state_name (to));
  session->state = to;
}

void
pop3_session_log (Pop3Session *session, const char *format, ...)
{
  g_autofree char *line = NULL;
  va_list arguments;

  if (session->log == NULL)
    return;
  va_start (arguments, format);
  line = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  session->in_handler++;
  session->log (line, session->log_data);
  session->in_handler--;
}

void
pop3_session_set_error (const Pop3Session *session, GError **error, GQuark domain, int code,
                        const char *format, ...)
{
  g_autofree char *message = NULL;
  va_list arguments;

  va_start (arguments, format);
  message = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  g_set_error (error, domain, code, "%s: %s", session->where, message);
}

gboolean
pop3_session_may_call (const Pop3Session *session, const char *function)
{
  if (session->in_handler == 0)
    return TRUE;
  g_critical ("%s was called from inside a handler", function);
  return FALSE;
}

void
pop3_session_note_privacy (Pop3Session *session)
{
  session->is_private = net_connection_is_secure (session->connection) ||
                        (session->plain_allowed && net_connection_is_loopback (session->connection));
}

char *
pop3_session_server_text (const Pop3Session *session, const char *text)
{
  return text_make_safe (session->is_private ? text : "");
}

gboolean
pop3_session_check (const Pop3Session *session, GError **error)
{
  if (session->failure == NULL)
    return TRUE;
  g_propagate_error (error, g_error_copy (session->failure));
  return FALSE;
}

void
pop3_session_fail (Pop3Session *session, GError *error)
{
  if (session->failure != NULL)
    {
      g_error_free (error);
      return;
    }
  if (!g_str_has_prefix (error->message, session->where))
    g_prefix_error (&error, "%s: ", session->where);
  session->failure = session->last_command == NULL
                         ? g_error_copy (error)
                         : g_error_new (error->domain, error->code, "%s (last command: %s)", error->message,
                                        session->last_command);
  g_error_free (error);
  pop3_session_log (session, "%s", session->failure->message);
  pop3_session_advance (session, POP3_STATE_FAILED);
}

void
pop3_session_iterate (Pop3Session *session)
{
  gboolean awaiting = session->state == POP3_STATE_CONNECTING || session->sent.length > 0;
  GError *error = NULL;

  if (session->failure == NULL && !net_connection_iterate (session->connection, awaiting, &error))
    pop3_session_fail (session, error);
}

static gboolean
take_response (Pop3Session *session, Pop3Response *taken, GError **error)
{
  g_autoptr (Pop3Response) response = taken;

  if (session->state == POP3_STATE_CONNECTING)
    return pop3_login_greeting (session, response, error);
  return pop3_requests_answer (session, g_steal_pointer (&response), error);
}

static gboolean
refuse_malformed (const Pop3Session *session, GError **error)
{
  if (session->state == POP3_STATE_CONNECTING)
    g_set_error (error, POP3_ERROR, POP3_ERROR_PROTOCOL,
                 "the server's greeting is not one of POP3; check host and port");
  else
    g_set_error (error, POP3_ERROR, POP3_ERROR_PROTOCOL, "the server's answer is malformed: %s",
                 pop3_parser_get_complaint (session->parser));
  return FALSE;
}

static gboolean
refuse_stopped (const Pop3Session *session, GError **error)
{
  if (session->complaint != NULL)
    g_set_error (error, POP3_ERROR, POP3_ERROR_PROTOCOL, "the server's answer is malformed: %s",
                 session->complaint);
  else
    g_set_error (error, NET_ERROR, NET_ERROR_CANCELLED,
                 "what the server sent could not be stored here; reading was stopped");
  return FALSE;
}

/* One response, or part of one. */
static gboolean
eat (Pop3Session *session, const guint8 **data, gsize *length, GError **error)
{
  Pop3Response *response = NULL;

  if (pop3_parser_is_idle (session->parser))
    pop3_requests_expect (session);
  switch (pop3_parser_eat (session->parser, data, length, &response))
    {
    case POP3_PARSE_COMPLETE:
      return take_response (session, response, error);
    case POP3_PARSE_NEED_MORE:
      return TRUE;
    case POP3_PARSE_MALFORMED:
      return refuse_malformed (session, error);
    case POP3_PARSE_STOPPED:
      return refuse_stopped (session, error);
    }
  return FALSE;
}

static gboolean
take_input (const guint8 *data, gsize length, gpointer user_data, GError **error)
{
  Pop3Session *session = user_data;

  while (length > 0 && session->state != POP3_STATE_CLOSED)
    {
      if (session->state == POP3_STATE_SECURING)
        {
          g_set_error (error, NET_ERROR, NET_ERROR_PROTOCOL,
                       "data before TLS: the server sent more behind its answer to STLS");
          return FALSE;
        }
      if (!eat (session, &data, &length, error))
        return FALSE;
    }
  return TRUE;
}

void
pop3_session_renew_parser (Pop3Session *session)
{
  g_clear_pointer (&session->parser, pop3_parser_free);
  session->parser = pop3_parser_new ();
}

static NetConnection *
connection_new (const Account *account, GMainContext *context, GCancellable *cancellable)
{
  g_autofree char *ticket_file =
      account->state_dir == NULL ? NULL : g_build_filename (account->state_dir, "tls-ticket", NULL);
  NetEndpoint endpoint = {
    .host = account->host,
    .port = account->port,
    .tls_from_start = account->security == ACCOUNT_SECURITY_TLS,
    .allow_plain = account->security == ACCOUNT_SECURITY_NONE,
    .tls_ca_file = account->tls_ca_file,
    .tls_pin = account->tls_pin,
    .ticket_file = ticket_file,
    .ticket_user = account->user,
    .timeout = account->timeout,
  };

  return net_connection_new (&endpoint, context, cancellable);
}

static void
clear_message (gpointer data)
{
  g_free ((char *)((Pop3Message *)data)->uidl);
}

static Pop3Session *
session_new (const Account *account, GMainContext *context, GCancellable *cancellable)
{
  Pop3Session *session = g_new0 (Pop3Session, 1);

  session->where = g_strdup_printf (strchr (account->host, ':') != NULL ? "[%s]:%u" : "%s:%u", account->host,
                                    account->port);
  session->plain_allowed = account->security == ACCOUNT_SECURITY_NONE;
  session->capabilities = pop3_capabilities_new ();
  session->messages = g_array_new (FALSE, TRUE, sizeof (Pop3Message));
  g_array_set_clear_func (session->messages, clear_message);
  session->retrieved = g_byte_array_new ();
  pop3_session_renew_parser (session);
  session->connection = connection_new (account, context, cancellable);
  net_connection_set_input (session->connection, take_input, session);
  return session;
}

Pop3Session *
pop3_session_open (const Account *account, const char *secret, GMainContext *context,
                   GCancellable *cancellable, Pop3LogFunc log, gpointer log_data, GError **error)
{
  g_autoptr (Pop3Session) session = session_new (account, context, cancellable);

  session->log = log;
  session->log_data = log_data;
  if (!pop3_login (session, account, secret, error))
    return NULL;
  return g_steal_pointer (&session);
}

void
pop3_session_free (Pop3Session *session)
{
  if (session == NULL || !pop3_session_may_call (session, G_STRFUNC))
    return;
  pop3_requests_clear (session);
  net_connection_free (session->connection);
  pop3_parser_free (session->parser);
  pop3_capabilities_free (session->capabilities);
  g_array_unref (session->messages);
  g_byte_array_unref (session->retrieved);
  g_clear_error (&session->failure);
  g_free (session->where);
  g_free (session);
}

gboolean
pop3_session_has (const Pop3Session *session, Pop3Capability capability)
{
  return (session->capabilities->bits & capability) != 0;
}

NetConnection *
pop3_session_get_connection (Pop3Session *session)
{
  return session->connection;
}

const char *
pop3_session_get_tls_description (Pop3Session *session)
{
  const char *type = NULL;
  g_autoptr (GBytes) binding = NULL;

  if (!net_connection_is_secure (session->connection))
    return "no TLS";
  binding = net_connection_get_channel_binding (session->connection, &type);
  return g_strcmp0 (type, "tls-unique") == 0 ? "TLSv1.2" : "TLSv1.3";
}

const GArray *
pop3_session_get_messages (const Pop3Session *session)
{
  return session->messages;
}

/* The server said what became of the messages: nothing behind it counts. */
static gboolean
judge_quit (Pop3Session *session, const Pop3Response *answer, GError **error)
{
  g_autofree char *text = NULL;

  if (session->failure == NULL)
    pop3_session_advance (session, POP3_STATE_CLOSED);
  if (answer->status == POP3_STATUS_OK)
    return TRUE;
  text = pop3_session_server_text (session, answer->text);
  pop3_session_set_error (session, error, POP3_ERROR, POP3_ERROR_REFUSED,
                          "the server did not delete all that it was told to (“%s”); what is left is tried "
                          "again with the next sync",
                          text);
  return FALSE;
}

gboolean
pop3_session_quit (Pop3Session *session, GError **error)
{
  g_autoptr (Pop3Request) request = NULL;

  if (!pop3_session_may_call (session, G_STRFUNC) ||
      (session->state != POP3_STATE_TRANSACTION && session->state != POP3_STATE_FAILED))
    {
      pop3_session_set_error (session, error, POP3_ERROR, POP3_ERROR_PROTOCOL, "QUIT was called out of turn");
      return FALSE;
    }
  if (!pop3_session_check (session, error))
    return FALSE;
  request = pop3_request_new (session, "QUIT", NULL, POP3_SHAPE_LINE);
  pop3_session_advance (session, POP3_STATE_QUITTING);
  pop3_request_send (request);
  if (!pop3_request_await (request, error))
    return FALSE;
  net_connection_close (session->connection);
  return judge_quit (session, pop3_request_get_answer (request), error);
}
