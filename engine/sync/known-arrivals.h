/* Messages that came down and prove to be here already, under another name (contract C2.2). */
#pragma once

#include "arrivals.h"

typedef struct _KnownArrivals KnownArrivals;

/* (transfer full): the plan's UPLOADs that may prove equal to a message on the server. */
KnownArrivals *known_arrivals_new (MailboxSync *mailbox);
void known_arrivals_free (KnownArrivals *self);

/* Takes from `arrivals` (element-type Arrival) those that are here, each local message given away once: the
 * new file goes, its UID joins the old one in the base. */
gboolean known_arrivals_take (KnownArrivals *self, GPtrArray *arrivals, GError **error);
