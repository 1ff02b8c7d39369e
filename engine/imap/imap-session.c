/* The session's state, its one error, and the loop that turns octets into responses. */
#include "imap-session-private.h"

#include <string.h>

#include "../message/text-safe.h"

G_DEFINE_QUARK (imap - error - quark, imap_error)

static const char *
state_name (ImapState state)
{
  switch (state)
    {
    case IMAP_STATE_CONNECTING:
      return "connecting";
    case IMAP_STATE_GREETED:
      return "greeted";
    case IMAP_STATE_SECURING:
      return "securing";
    case IMAP_STATE_AUTHENTICATED:
      return "authenticated";
    case IMAP_STATE_SELECTED:
      return "selected";
    case IMAP_STATE_LOGGED_OUT:
      return "logged out";
    case IMAP_STATE_FAILED:
      return "failed";
    }
  return "?";
}

static gboolean
may_advance (ImapState from, ImapState to)
{
  if (to == IMAP_STATE_FAILED)
    return TRUE;
  switch (from)
    {
    case IMAP_STATE_CONNECTING: /* the greeting: OK, or PREAUTH inside TLS */
      return to == IMAP_STATE_GREETED || to == IMAP_STATE_AUTHENTICATED;
    case IMAP_STATE_GREETED:
      return to == IMAP_STATE_SECURING || to == IMAP_STATE_AUTHENTICATED;
    case IMAP_STATE_SECURING:
      return to == IMAP_STATE_GREETED;
    case IMAP_STATE_AUTHENTICATED:
    case IMAP_STATE_SELECTED:
      return to == IMAP_STATE_AUTHENTICATED || to == IMAP_STATE_SELECTED || to == IMAP_STATE_LOGGED_OUT;
    case IMAP_STATE_LOGGED_OUT:
    case IMAP_STATE_FAILED:
      return FALSE;
    }
  return FALSE;
}

void
imap_session_advance (ImapSession *session, ImapState to)
{
  if (!may_advance (session->state, to))
    {
      g_critical ("IMAP session: no way from %s to %s", state_name (session->state), state_name (to));
      return;
    }
  if (session->state == to)
    return;
  imap_session_log (session, "%s -> %s", state_name (session->state), state_name (to));
  session->state = to;
}

void
imap_session_log (ImapSession *session, const char *format, ...)
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
imap_session_set_error (const ImapSession *session, GError **error, GQuark domain, int code,
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
imap_session_may_call (const ImapSession *session, const char *function)
{
  if (session->in_handler == 0)
    return TRUE;
  g_critical ("%s was called from inside a handler", function);
  return FALSE;
}

void
imap_session_note_privacy (ImapSession *session)
{
  session->is_private = net_connection_is_secure (session->connection) ||
                        (session->plain_allowed && net_connection_is_loopback (session->connection));
}

char *
imap_session_server_text (const ImapSession *session, const char *text)
{
  return text_make_safe (session->is_private ? text : "");
}

gboolean
imap_session_check (const ImapSession *session, GError **error)
{
  if (session->failure == NULL)
    return TRUE;
  g_propagate_error (error, g_error_copy (session->failure));
  return FALSE;
}

void
imap_session_fail (ImapSession *session, GError *error)
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
  imap_compress_note_failure (session, error);
  g_error_free (error);
  imap_session_log (session, "%s", session->failure->message);
  imap_session_advance (session, IMAP_STATE_FAILED);
}

static gboolean
take_bye (ImapSession *session, const ImapResponse *response, GError **error)
{
  g_autofree char *text = imap_session_server_text (session, response->text);

  g_set_error (error, IMAP_ERROR, IMAP_ERROR_BYE, "the server ended the session (“%s”); try again later",
               text);
  return FALSE;
}

static gboolean
take_condition (ImapSession *session, ImapResponse *response, GError **error)
{
  if (response->status == IMAP_STATUS_BYE)
    return take_bye (session, response, error);
  if (response->status == IMAP_STATUS_PREAUTH)
    {
      g_set_error (error, IMAP_ERROR, IMAP_ERROR_PROTOCOL, "the server greeted twice");
      return FALSE;
    }
  /* Some servers lose their place in what comes with a login, and would be silent about the rest. */
  if (session->hurries && response->status == IMAP_STATUS_BAD)
    {
      g_set_error (error, IMAP_ERROR, IMAP_ERROR_PROTOCOL, "the server can't be talked to before it answers");
      return FALSE;
    }
  if (response->code.type == IMAP_CODE_CAPABILITY && response->status == IMAP_STATUS_OK)
    imap_capabilities_set (session, (const char *const *)response->code.strings);
  if (response->code.type == IMAP_CODE_ALERT || response->status != IMAP_STATUS_OK)
    {
      g_autofree char *text = imap_session_server_text (session, response->text);

      imap_session_log (session, "the server says: %s", text);
    }
  return TRUE;
}

/* Mailbox data means something only after login; whoever waits for it takes it. */
static gboolean
take_data (ImapSession *session, ImapResponse *response, GError **error)
{
  if (session->dropping ||
      (session->state != IMAP_STATE_AUTHENTICATED && session->state != IMAP_STATE_SELECTED))
    return TRUE;
  if (session->collect != NULL)
    session->collect (response, session->collect_data);
  if (session->observe != NULL && session->detached == 0 && session->state == IMAP_STATE_SELECTED)
    session->observe (response, session->observe_data);
  if (session->selecting || session->state == IMAP_STATE_SELECTED)
    return imap_selection_take (session->selection, response, error);
  return TRUE;
}

static gboolean
take_response (ImapSession *session, ImapResponse *taken, GError **error)
{
  g_autoptr (ImapResponse) response = taken;

  if (session->state == IMAP_STATE_CONNECTING)
    return imap_login_greeting (session, response, error);
  switch (response->type)
    {
    case IMAP_RESPONSE_TAGGED:
      return imap_requests_answer (session, g_steal_pointer (&response), error);
    case IMAP_RESPONSE_CONTINUATION:
      return imap_requests_continue (session, response, error);
    case IMAP_RESPONSE_CONDITION:
      return take_condition (session, response, error) && take_data (session, response, error);
    case IMAP_RESPONSE_CAPABILITY:
      imap_capabilities_set (session, (const char *const *)response->strings);
      return TRUE;
    case IMAP_RESPONSE_ENABLED:
    case IMAP_RESPONSE_FLAGS:
    case IMAP_RESPONSE_LIST:
    case IMAP_RESPONSE_STATUS:
    case IMAP_RESPONSE_SEARCH:
    case IMAP_RESPONSE_EXISTS:
    case IMAP_RESPONSE_EXPUNGE:
    case IMAP_RESPONSE_VANISHED:
    case IMAP_RESPONSE_FETCH:
    case IMAP_RESPONSE_NAMESPACE:
    case IMAP_RESPONSE_OTHER:
      return take_data (session, response, error);
    }
  return TRUE;
}

/* One response, or part of one. */
static gboolean
eat (ImapSession *session, const guint8 **data, gsize *length, GError **error)
{
  ImapResponse *response = NULL;

  switch (imap_parser_eat (session->parser, data, length, &response))
    {
    case IMAP_PARSE_COMPLETE:
      return take_response (session, response, error);
    case IMAP_PARSE_NEED_MORE:
      return TRUE;
    case IMAP_PARSE_MALFORMED:
      g_set_error (error, IMAP_ERROR, IMAP_ERROR_PROTOCOL, "the server's answer is malformed: %s",
                   imap_parser_get_complaint (session->parser));
      return FALSE;
    case IMAP_PARSE_STOPPED:
      g_set_error (error, NET_ERROR, NET_ERROR_CANCELLED,
                   "what the server sent could not be stored here; reading was stopped");
      return FALSE;
    }
  return FALSE;
}

static gboolean
take_input (const guint8 *data, gsize length, gpointer user_data, GError **error)
{
  ImapSession *session = user_data;

  while (length > 0 && session->state != IMAP_STATE_LOGGED_OUT)
    {
      if (session->state == IMAP_STATE_SECURING)
        {
          g_set_error (error, NET_ERROR, NET_ERROR_PROTOCOL,
                       "data before TLS: the server sent more behind its answer to STARTTLS");
          return FALSE;
        }
      if (imap_foretold_holds_input (session))
        {
          g_byte_array_append (session->held, data, (guint)length);
          return TRUE;
        }
      if (!eat (session, &data, &length, error))
        return FALSE;
    }
  return TRUE;
}

/* What came before it was asked for. */
static gboolean
take_held (ImapSession *session, GError **error)
{
  g_autoptr (GByteArray) held = session->held;

  session->held = g_byte_array_new ();
  return take_input (held->data, held->len, session, error);
}

/* TRUE when that was possible without the connection: it has to be looked at again. */
static gboolean
go_on_with_held (ImapSession *session)
{
  GError *error = NULL;

  if (session->held->len == 0 || imap_foretold_holds_input (session))
    return FALSE;
  if (!take_held (session, &error))
    imap_session_fail (session, error);
  return TRUE;
}

static gboolean
is_awaiting (const ImapSession *session)
{
  return session->state == IMAP_STATE_CONNECTING || g_hash_table_size (session->requests) > 0;
}

void
imap_sessions_iterate (ImapSession *const *sessions, guint count)
{
  g_autofree NetConnection **connections = g_new (NetConnection *, count);
  g_autofree gboolean *awaiting = g_new (gboolean, count);
  gboolean moved = FALSE;

  for (guint i = 0; i < count; i++)
    {
      connections[i] = sessions[i]->connection;
      awaiting[i] = is_awaiting (sessions[i]);
      moved |= sessions[i]->failure != NULL || go_on_with_held (sessions[i]);
    }
  if (!moved)
    net_connections_iterate (connections, awaiting, count);
  for (guint i = 0; i < count; i++)
    {
      GError *error = NULL;

      if (sessions[i]->failure == NULL && !net_connection_check (connections[i], &error))
        imap_session_fail (sessions[i], error);
    }
}

void
imap_session_iterate (ImapSession *session)
{
  imap_sessions_iterate (&session, 1);
}

static gboolean
sink_is_open (const ImapSession *session)
{
  return session->sink != NULL && !session->dropping && session->detached == 0 &&
         session->state == IMAP_STATE_SELECTED;
}

static gboolean
begin_body (guint64 size, gpointer user_data)
{
  ImapSession *session = user_data;
  gboolean going_on;

  if (!sink_is_open (session))
    return TRUE;
  session->in_handler++;
  going_on = session->sink->begin (size, session->sink_data);
  session->in_handler--;
  return going_on;
}

static gboolean
take_body (const guint8 *data, gsize length, gpointer user_data)
{
  ImapSession *session = user_data;
  gboolean going_on;

  if (!sink_is_open (session))
    return TRUE;
  session->in_handler++;
  going_on = session->sink->data (data, length, session->sink_data);
  session->in_handler--;
  return going_on;
}

static const ImapBodySink body_sink = { begin_body, take_body };

void
imap_session_renew_parser (ImapSession *session)
{
  g_clear_pointer (&session->parser, imap_parser_free);
  session->parser = imap_parser_new ();
  imap_parser_set_body_sink (session->parser, &body_sink, session);
}

void
imap_session_set_utf8 (ImapSession *session)
{
  session->utf8 = TRUE;
  imap_parser_set_utf8 (session->parser, TRUE);
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

static ImapSession *
session_new (const Account *account, GMainContext *context, GCancellable *cancellable)
{
  ImapSession *session = g_new0 (ImapSession, 1);

  session->where = g_strdup_printf (strchr (account->host, ':') != NULL ? "[%s]:%u" : "%s:%u", account->host,
                                    account->port);
  session->plain_allowed = account->security == ACCOUNT_SECURITY_NONE;
  session->prefix = g_strdup ("");
  session->round_trip = G_MAXINT64;
  session->learnt = imap_memory_new (session->where);
  session->requests =
      g_hash_table_new_full (g_str_hash, g_str_equal, NULL, (GDestroyNotify)imap_request_unref);
  g_queue_init (&session->outbox);
  g_queue_init (&session->foretold);
  session->held = g_byte_array_new ();
  imap_session_renew_parser (session);
  session->connection = connection_new (account, context, cancellable);
  net_connection_set_input (session->connection, take_input, session);
  return session;
}

/* (transfer full) (nullable) */
static ImapSession *
log_in (ImapSession *fresh, const Account *account, const char *secret, const ImapMemory *memory,
        gboolean hurries, GError **error)
{
  g_autoptr (ImapSession) session = fresh;
  gboolean done;

  session->memory = memory;
  session->hurries = hurries;
  if (hurries)
    imap_memory_set_greeted (session->learnt, memory->greeted);
  done = imap_login (session, account, secret, error);
  session->memory = NULL;
  session->hurries = FALSE;
  return done ? g_steal_pointer (&session) : NULL;
}

/* TRUE when the failure may come of having been too quick. */
static gboolean
was_hasty (const GError *error)
{
  return g_error_matches (error, NET_ERROR, NET_ERROR_TIMEOUT) ||
         g_error_matches (error, NET_ERROR, NET_ERROR_CLOSED) ||
         g_error_matches (error, IMAP_ERROR, IMAP_ERROR_PROTOCOL);
}

/* TRUE when what was remembered is not so any more. */
static gboolean
was_outdated (const GError *error)
{
  return g_error_matches (error, IMAP_ERROR, IMAP_ERROR_REFUSED);
}

static ImapSession *
session_new_for (const ImapOpening *opening)
{
  ImapSession *session = session_new (opening->account, opening->context, opening->cancellable);

  session->log = opening->log;
  session->log_data = opening->log_data;
  session->lists_at_login = opening->lists_at_login;
  return session;
}

ImapSession *
imap_session_open (const ImapOpening *opening, GError **error)
{
  const Account *account = opening->account;
  ImapSession *session = session_new_for (opening);
  g_autoptr (ImapMemory) memory = imap_memory_parse (opening->memory, session->where);
  gboolean hurries = imap_login_may_hurry (account, memory);
  g_autoptr (GError) hasty = NULL;

  imap_memory_carry_on (session->learnt, memory, g_get_real_time () / G_USEC_PER_SEC);
  session = log_in (session, account, opening->secret, memory, hurries, &hasty);
  if (session == NULL && hurries && (was_hasty (hasty) || was_outdated (hasty)))
    {
      session = session_new_for (opening);
      imap_memory_carry_on (session->learnt, memory, g_get_real_time () / G_USEC_PER_SEC);
      session->learnt->waits = was_hasty (hasty);
      g_clear_error (&hasty);
      session = log_in (session, account, opening->secret, memory, FALSE, &hasty);
    }
  if (session == NULL)
    g_propagate_error (error, g_steal_pointer (&hasty));
  return session;
}

char *
imap_session_get_memory (const ImapSession *session)
{
  return imap_memory_format (session->learnt);
}

void
imap_session_free (ImapSession *session)
{
  if (session == NULL || !imap_session_may_call (session, G_STRFUNC))
    return;
  g_clear_pointer (&session->flight, g_ptr_array_unref);
  g_clear_pointer (&session->listing, imap_listing_free);
  imap_requests_clear (session);
  imap_foretold_clear (session);
  g_byte_array_unref (session->held);
  net_connection_free (session->connection);
  g_hash_table_unref (session->requests);
  imap_parser_free (session->parser);
  imap_selection_free (session->selection);
  imap_capabilities_forget (session);
  imap_memory_free (session->learnt);
  g_clear_error (&session->failure);
  g_free (session->prefix);
  g_free (session->where);
  g_free (session);
}

NetConnection *
imap_session_get_connection (ImapSession *session)
{
  return session->connection;
}

const char *
imap_session_get_tls_description (ImapSession *session)
{
  const char *type = NULL;
  g_autoptr (GBytes) binding = NULL;

  if (!net_connection_is_secure (session->connection))
    return "no TLS";
  binding = net_connection_get_channel_binding (session->connection, &type);
  return g_strcmp0 (type, "tls-unique") == 0 ? "TLSv1.2" : "TLSv1.3";
}

void
imap_session_set_resting (ImapSession *session, gboolean resting)
{
  net_connection_set_resting (session->connection, resting);
}

guint
imap_session_get_connection_limit (const ImapSession *session)
{
  return session->learnt->connections;
}

void
imap_session_note_connection_limit (ImapSession *session, guint limit)
{
  session->learnt->connections = limit;
  session->learnt->counted = g_get_real_time () / G_USEC_PER_SEC;
}

gint64
imap_session_get_round_trip (const ImapSession *session)
{
  return session->round_trip;
}

const char *
imap_session_get_prefix (const ImapSession *session)
{
  return session->prefix;
}

char
imap_session_get_delimiter (const ImapSession *session)
{
  return session->delimiter;
}

ImapCodeType
imap_session_get_last_code (const ImapSession *session)
{
  return session->last_code;
}

const ImapSelected *
imap_session_get_selected (ImapSession *session)
{
  return session->state == IMAP_STATE_SELECTED ? imap_selection_get (session->selection) : NULL;
}
