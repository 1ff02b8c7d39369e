/* COMPRESS=DEFLATE (RFC 4978). Nothing is sent between the command and its answer, and what comes behind the
 * answer's line is compressed: input is handed on line by line until then. */
#include "imap-session-private.h"

static gboolean
may_compress (const ImapSession *session)
{
  return imap_session_has (session, IMAP_CAPABILITY_COMPRESS_DEFLATE) && session->learnt->plain == 0 &&
         session->foretold.length == 0 && session->failure == NULL &&
         !net_connection_is_compressed (session->connection);
}

/* A server that refuses once is not asked again. */
static gboolean
go_on_without (ImapSession *session, GError *refusal /* (transfer full) */, GError **error)
{
  if (!g_error_matches (refusal, IMAP_ERROR, IMAP_ERROR_REFUSED))
    {
      g_propagate_error (error, refusal);
      return FALSE;
    }
  g_error_free (refusal);
  session->capabilities &= ~(guint)IMAP_CAPABILITY_COMPRESS_DEFLATE;
  return imap_session_check (session, error);
}

gboolean
imap_session_compress (ImapSession *session, GError **error)
{
  GError *refusal = NULL;
  gboolean accepted;

  if (!may_compress (session))
    return TRUE;
  if (!imap_alone_begin (session, G_STRFUNC, error))
    return FALSE;
  net_connection_set_line_by_line (session->connection, TRUE);
  accepted =
      imap_alone_run (session, "COMPRESS", NULL, imap_command_new ("COMPRESS DEFLATE"), NULL, NULL, &refusal);
  net_connection_set_line_by_line (session->connection, FALSE);
  if (!accepted)
    return go_on_without (session, refusal, error);
  if (!imap_session_check (session, error))
    return FALSE;
  session->deflates = TRUE;
  session->deflate_proven = FALSE;
  return net_connection_start_deflate (session->connection, error);
}

gboolean
imap_session_is_compressed (const ImapSession *session)
{
  return session->deflates;
}

/* A server that says OK and goes on in plain text sends garbage, or waits for what it understands. */
void
imap_compress_note_failure (ImapSession *session, const GError *error)
{
  const gboolean is_garbage = g_error_matches (error, NET_ERROR, NET_ERROR_PROTOCOL) ||
                              g_error_matches (error, IMAP_ERROR, IMAP_ERROR_PROTOCOL);
  const gboolean is_silent = g_error_matches (error, NET_ERROR, NET_ERROR_TIMEOUT) ||
                             g_error_matches (error, NET_ERROR, NET_ERROR_CLOSED) ||
                             g_error_matches (error, IMAP_ERROR, IMAP_ERROR_BYE);

  if (session->deflates && (is_garbage || (is_silent && !session->deflate_proven)))
    session->learnt->plain = g_get_real_time () / G_USEC_PER_SEC;
}
