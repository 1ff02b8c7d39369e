/* Messages that left one mailbox on the server and came into another (contract C4.1): their files follow. */
#pragma once

#include "origins.h"

/* A row that is gone on the server, the file here that holds its message, and where that is on the server
 * now. */
typedef struct
{
  MailboxSync *from;     /* of the row */
  guint index;           /* of the row in from->base */
  MailboxSync *at;       /* where the file is: `from`, or another one into which it was moved here */
  const char *base;      /* its name there */
  const PlanLocal *file; /* (nullable) where it is new in `at` */
  MailboxSync *to;
  guint32 uid;            /* in `to` */
  MaildirFileStamp stamp; /* of the file, whose content is the row's */
} Follow;

/* Of the plans: a message that is new on the server in one mailbox, and a row that is gone there from
 * another, are one (arrived.h), where that names one message only and the file still has the row's digest.
 * They become a PLAN_FOLLOW in the row's mailbox instead of a download and a removal; account->follows says
 * where to. A message that was moved here too goes where the server has it (contract C4.2). */
gboolean account_sync_plan_follows (AccountSync *account, GError **error);
/* The move of a PLAN_FOLLOW. */
const Follow *mailbox_sync_find_follow (MailboxSync *mailbox, const PlanOperation *operation);
