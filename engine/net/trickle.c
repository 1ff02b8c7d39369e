#include "trickle.h"

void
net_trickle_restart (NetTrickle *trickle)
{
  trickle->octets = 0;
  trickle->waited = 0;
}

void
net_trickle_set_due (NetTrickle *trickle, gboolean is_due)
{
  if (is_due && !trickle->is_due)
    net_trickle_restart (trickle);
  trickle->is_due = is_due;
}

void
net_trickle_count (NetTrickle *trickle, gsize octets)
{
  trickle->octets += octets;
  if (trickle->octets >= NET_TRICKLE_MIN_OCTETS)
    net_trickle_restart (trickle);
}
