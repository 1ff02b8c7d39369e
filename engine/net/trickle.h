/* Is a peer that should do something doing it? (contract C8)
 *
 * It must move 1024 octets, or bring a whole response, within each `timeout`. Only time spent waiting for it
 * counts, not what the caller does between two waits. Pure: the caller brings the clock.
 */
#pragma once

#include <glib.h>

#define NET_TRICKLE_MIN_OCTETS 1024

typedef struct
{
  gboolean is_due; /* the peer has something to do */
  gsize octets;    /* moved since the last progress */
  gint64 waited;   /* microseconds since then */
} NetTrickle;

void net_trickle_set_due (NetTrickle *trickle, gboolean is_due);
/* Progress: everything starts anew. */
void net_trickle_restart (NetTrickle *trickle);
/* Octets moved. */
void net_trickle_count (NetTrickle *trickle, gsize octets);
