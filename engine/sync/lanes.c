#include "lanes.h"

/* A server that lets the first connection in answers the next ones soon, or is not worth the wait. */
#define PATIENCE_SECONDS 15u

static guint
n_connections (const AccountSync *account)
{
  return 1 + account->lanes->len;
}

gboolean
account_sync_may_add_lane (const AccountSync *account)
{
  const guint limit = imap_session_get_connection_limit (account->session);

  return account->secret != NULL && n_connections (account) < account->settings->connections &&
         (limit == 0 || n_connections (account) < limit);
}

static void
set_resting (AccountSync *account, gboolean resting)
{
  imap_session_set_resting (account->session, resting);
  for (guint i = 0; resting && i < account->lanes->len; i++)
    imap_session_set_resting (g_ptr_array_index (account->lanes, i), TRUE);
}

static ImapSession *
open_session (AccountSync *account, GError **error)
{
  g_autofree char *memory = imap_session_get_memory (account->session);
  Account settings = *account->settings;
  const ImapOpening opening = {
    .account = &settings,
    .secret = account->secret,
    .memory = memory,
    .context = account->context,
    .cancellable = account->cancellable,
    .log = report_log,
    .log_data = &account->report,
  };

  settings.timeout = MIN (settings.timeout, PATIENCE_SECONDS);
  return imap_session_open (&opening, error);
}

static void
note_limit (AccountSync *account, const GError *error)
{
  imap_session_note_connection_limit (account->session, n_connections (account));
  report (&account->report, ENGINE_EVENT_DEBUG, NULL, "connections",
          "the server takes no further connection (%s); %u of %u are used, more are tried again tomorrow",
          error->message, n_connections (account), account->settings->connections);
}

ImapSession *
account_sync_add_lane (AccountSync *account)
{
  g_autoptr (GError) error = NULL;
  ImapSession *lane;

  set_resting (account, TRUE);
  lane = open_session (account, &error);
  if (lane != NULL && imap_session_is_compressed (account->session) && !imap_session_compress (lane, &error))
    g_clear_pointer (&lane, imap_session_free);
  set_resting (account, FALSE);
  if (lane != NULL)
    {
      imap_session_set_resting (lane, TRUE);
      g_ptr_array_add (account->lanes, lane);
    }
  else if (!g_error_matches (error, NET_ERROR, NET_ERROR_CANCELLED))
    note_limit (account, error);
  return lane;
}

gboolean
account_sync_lead_lane (ImapSession *lane, MailboxSync *mailbox)
{
  AccountSync *account = mailbox->account;
  const ImapSelected *selected;

  set_resting (account, TRUE);
  imap_session_set_resting (lane, FALSE);
  selected = imap_session_select (lane, mailbox->row->wire_name, TRUE, NULL);
  imap_session_set_resting (lane, TRUE);
  set_resting (account, FALSE);
  if (!imap_session_check (lane, NULL))
    account_sync_drop_lane (account, lane);
  return selected != NULL && selected->uidvalidity == mailbox->uidvalidity;
}

void
account_sync_drop_lane (AccountSync *account, ImapSession *lane)
{
  g_autoptr (GError) error = NULL;

  imap_session_check (lane, &error);
  g_ptr_array_remove (account->lanes, lane);
  if (error != NULL && !g_error_matches (error, NET_ERROR, NET_ERROR_CANCELLED))
    note_limit (account, error);
}

void
account_sync_close_lanes (AccountSync *account)
{
  for (guint i = 0; i < account->lanes->len; i++)
    {
      ImapSession *lane = g_ptr_array_index (account->lanes, i);

      imap_session_set_resting (lane, FALSE);
      imap_session_logout (lane);
    }
  g_ptr_array_set_size (account->lanes, 0);
}
