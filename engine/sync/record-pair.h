/* A message on the server and a file here prove to be one (contract C2.2). */
#pragma once

#include "account-sync.h"

/* The base row of the pair, inside the caller's transaction. Its flags are what both have, or had where they
 * come from (origins.h): the next plan brings the rest over, to both sides. */
gboolean mailbox_sync_record_pair (MailboxSync *mailbox, guint32 uid, const char *base, GError **error);
