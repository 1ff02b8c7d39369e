#include "imap-session-private.h"

/* What a batch that was left early still has under way is waited for first: its data must not be taken for
 * this command's. */
gboolean
imap_alone_begin (ImapSession *session, const char *function, GError **error)
{
  gboolean allowed = imap_session_may_call (session, function);

  if (allowed && session->failure == NULL && g_hash_table_size (session->requests) > session->detached)
    {
      g_critical ("%s was called while a batch has commands under way", function);
      allowed = FALSE;
    }
  if (!allowed)
    {
      imap_session_set_error (session, error, IMAP_ERROR, IMAP_ERROR_PROTOCOL, "%s was called out of turn",
                              function);
      return FALSE;
    }
  imap_requests_drain (session);
  /* What was listed at the login may not be true any more behind another command. */
  g_clear_pointer (&session->listing, imap_listing_free);
  return imap_session_check (session, error);
}

gboolean
imap_alone_run (ImapSession *session, const char *name, const char *subject, ImapCommand *command,
                ImapUntaggedFunc collect, gpointer collect_data, GError **error)
{
  g_autoptr (ImapRequest) request = imap_request_new (session, name, command);
  gboolean succeeded;

  if (subject != NULL)
    imap_request_set_subject (request, subject);
  session->collect = collect;
  session->collect_data = collect_data;
  imap_request_send (request);
  succeeded = imap_request_await_ok (request, error);
  session->collect = NULL;
  return succeeded;
}
