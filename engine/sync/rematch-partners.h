/* Which message on the server is which row of a base whose UIDs mean nothing (see rematch.h). */
#pragma once

#include "account-sync.h"

/* One mailbox while its base is paired. */
typedef struct
{
  MailboxSync *mailbox;
  GPtrArray *files;   /* of PlanLocal: what has the content of each base row now; NULL: nothing here */
  GPtrArray *others;  /* of PlanLocal: no base row's */
  guint32 *found;     /* of each base row: index in `remote` of the observation, plus 1; 0: no partner */
  gboolean *is_taken; /* of each remote message */
} Rematch;

/* Fills `files`, `others`, `found` and `is_taken`, empty on entry, from the observation. Writes nothing. */
gboolean rematch_find_partners (Rematch *rematch, GError **error);
