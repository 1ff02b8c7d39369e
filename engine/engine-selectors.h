/* What the selectors of a request mean: which accounts, and which mailboxes of each. Pure. */
#pragma once

#include "account/account.h"

typedef struct
{
  const Account *account; /* unowned */
  char **mailboxes;       /* (nullable) each once, INBOX in capitals; NULL: all */
} EngineSelection;

void engine_selection_free (EngineSelection *selection);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (EngineSelection, engine_selection_free)

/* `accounts` of Account; `selectors` (nullable): "ACCOUNT" or "ACCOUNT/MAILBOX", none: everything. An account
 * that is named as a whole is taken as a whole. ENGINE_ERROR_USAGE names the accounts there are. (transfer
 * full) (element-type EngineSelection), in the order of `accounts`. */
GPtrArray *engine_select (GPtrArray *accounts, const char *const *selectors, GError **error);
