/* Files that are new here in some mailbox, found by their content, whatever their name: each is given away
 * once. Evidence that what left another mailbox came to this one. */
#pragma once

#include "account-sync.h"

typedef struct
{
  MailboxSync *mailbox;
  PlanOperation *operation; /* of the mailbox's plan; valid until the plan changes */
  const PlanLocal *file;
  gboolean is_taken;
} Newcomer;

typedef struct _Newcomers Newcomers;

/* Those of the plans' operations with a new file that `includes` says. (transfer full) */
typedef gboolean (*NewcomersInclude) (const MailboxSync *mailbox, const PlanOperation *operation,
                                      gpointer user_data);
Newcomers *newcomers_new (AccountSync *account, NewcomersInclude includes, gpointer user_data);
void newcomers_free (Newcomers *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Newcomers, newcomers_free)

/* One of another mailbox than `from` (nullable: of any) with the size and the full digest of `row` (contract
 * C2.4), if any is left that `fits` (nullable) takes, and that is called as the row's file was where
 * `same_name` asks for that. (nullable) */
typedef gboolean (*NewcomersFit) (MailboxSync *from, const PlanBase *row, const Newcomer *newcomer);
const Newcomer *newcomers_take (Newcomers *self, MailboxSync *from, const PlanBase *row, gboolean same_name,
                                NewcomersFit fits);
