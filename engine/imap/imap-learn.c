/* What has to be learnt after login, in one flight: it needs no answer of its own parts. Refusals are no
 * failure: all of this is optional. */
#include "imap-session-private.h"

#include <string.h>

static void
learn_namespace (ImapSession *session, const char *prefix, char delimiter)
{
  gboolean bare = prefix == NULL || *prefix == '\0';
  gboolean closed = bare || delimiter == '\0' || prefix[strlen (prefix) - 1] == delimiter;

  g_free (session->prefix);
  session->prefix = closed ? g_strdup (bare ? "" : prefix) : g_strdup_printf ("%s%c", prefix, delimiter);
  session->delimiter = delimiter;
}

static void
learn_enabled (ImapSession *session, const char *const *words)
{
  if (imap_capabilities_contain (words, "UTF8=ACCEPT"))
    imap_session_set_utf8 (session);
  session->tells_vanished |= imap_capabilities_contain (words, "QRESYNC");
}

static void
learn (ImapResponse *response, gpointer user_data)
{
  ImapSession *session = user_data;

  if (response->type == IMAP_RESPONSE_ENABLED)
    learn_enabled (session, (const char *const *)response->strings);
  else if (response->type == IMAP_RESPONSE_NAMESPACE)
    learn_namespace (session, response->prefix, response->delimiter);
  else if (response->type == IMAP_RESPONSE_LIST && session->delimiter == '\0')
    session->delimiter = response->list.delimiter;
  if (session->listing != NULL)
    imap_listing_take (session->listing, response);
}

static void
flight_add (GPtrArray *flight, ImapSession *session, const char *name, const char *text)
{
  ImapRequest *request = imap_request_new (session, name, imap_command_new (text));

  imap_request_send (request);
  g_ptr_array_add (flight, request);
}

static gboolean
flight_await (GPtrArray *flight, GError **error)
{
  for (guint i = 0; i < flight->len; i++)
    if (!imap_request_await (g_ptr_array_index (flight, i), error))
      return FALSE;
  g_ptr_array_set_size (flight, 0);
  return TRUE;
}

/* LIST "" "" tells the delimiter where neither NAMESPACE nor a listing does. */
void
imap_learn_send (ImapSession *session)
{
  GPtrArray *flight = g_ptr_array_new_with_free_func ((GDestroyNotify)imap_request_unref);

  session->flight = flight;
  session->collect = learn;
  session->collect_data = session;
  if (imap_session_has (session, IMAP_CAPABILITY_ENABLE) &&
      imap_session_has (session, IMAP_CAPABILITY_UTF8_ACCEPT))
    flight_add (flight, session, "ENABLE", "ENABLE UTF8=ACCEPT");
  if (session->lists_at_login && imap_session_has (session, IMAP_CAPABILITY_ENABLE) &&
      imap_session_has (session, IMAP_CAPABILITY_QRESYNC))
    flight_add (flight, session, "ENABLE", "ENABLE QRESYNC");
  if (imap_session_has (session, IMAP_CAPABILITY_ID))
    flight_add (flight, session, "ID", "ID (\"name\" \"dovetail\" \"version\" \"" DOVETAIL_VERSION "\")");
  if (imap_session_has (session, IMAP_CAPABILITY_NAMESPACE))
    flight_add (flight, session, "NAMESPACE", "NAMESPACE");
  else if (!session->lists_at_login)
    flight_add (flight, session, "LIST", "LIST \"\" \"\"");
  if (session->lists_at_login)
    session->listing = imap_listing_begin (session);
}

gboolean
imap_learn_await (ImapSession *session, GError **error)
{
  g_autoptr (GPtrArray) flight = g_steal_pointer (&session->flight);
  gboolean learnt = flight_await (flight, error) &&
                    (session->listing == NULL || imap_listing_await (session->listing, error));

  if (learnt && session->delimiter == '\0' &&
      (session->listing != NULL || imap_session_has (session, IMAP_CAPABILITY_NAMESPACE)))
    {
      flight_add (flight, session, "LIST", "LIST \"\" \"\"");
      learnt = flight_await (flight, error);
    }
  session->collect = NULL;
  return learnt && imap_session_check (session, error);
}
