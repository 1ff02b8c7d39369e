#include "far.h"

gboolean
account_sync_is_far (const AccountSync *account)
{
  const gint64 round_trip = imap_session_get_round_trip (account->session);

  return round_trip != G_MAXINT64 && round_trip >= FAR_MICROSECONDS;
}

gboolean
account_sync_compress (AccountSync *account, GError **error)
{
  if (account->octets_ahead < FAR_WORTH_OCTETS || !account_sync_is_far (account))
    return TRUE;
  return imap_session_compress (account->session, error);
}
