/* Messages that came down, or were copied here, become part of the base in groups, while the next ones come
 * (contract C2.1):
 *
 *   coming      their files are whole in tmp/
 *   sealed      the disk works on them, and on the names of the published ones
 *   published   durable; one commit staged them, then they were renamed
 *
 * Once a sealed group is durable, so are the names of the group published before it: the commit that stages
 * the one says "present" of the other. There is at most one group of each kind, which bounds the memory.
 */
#pragma once

#include "account-sync.h"

/* A message whose file is whole in tmp/. */
typedef struct
{
  const PlanOperation *operation;
  char *base;
  MessageFlags flags;
  guint64 remote_size;
  gint64 internal_date;
  MaildirDelivered delivered;
  gint64 row;      /* 0: no row of the journal knows the file */
  guint32 letters; /* of its keywords */
} Arrival;

typedef struct _Arrivals Arrivals;

/* (transfer full). The mailbox's plan must not change meanwhile. */
Arrivals *arrivals_new (MailboxSync *mailbox);
/* Files that no journal row knows are removed: after an error they would stay in tmp/ for nothing. */
void arrivals_free (Arrivals *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Arrivals, arrivals_free)

/* Ends the delivery of a message; `arrival` (transfer full) has all but `delivered`. */
gboolean arrivals_add (Arrivals *self, MaildirDelivery *delivery, Arrival *arrival, GError **error);
/* (transfer full) of an Arrival that was not added. */
void arrival_free (Arrival *arrival);

/* Moves each group on as far as it goes without waiting for the disk; waits only where more have come than a
 * group is to hold. */
gboolean arrivals_go_on (Arrivals *self, GError **error);
/* Until all are present. */
gboolean arrivals_finish (Arrivals *self, GError **error);
